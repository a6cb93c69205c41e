//! `import`, `batches`, `formats`.

use crate::args::{self, Global, Import};
use crate::output::Output;
use retake_api::dto::import::{Batch, Batches, ImportFile, ImportReport, ImportRequest, KeptRequest, KeptView};
use retake_api::dto::{Empty, IdRequest, job::Progress};
use retake_api::{ApiError, Core, handlers};
use retake_model::{Code, Exit};
use std::fmt::Write;
use std::sync::Arc;

/// `retake import`.
pub async fn run(core: Arc<Core>, args: &Import, output: &Output) -> Result<Exit, ApiError> {
    let request = ImportRequest {
        paths: args.paths.clone(),
        format: args.format.clone(),
        map: args.map.clone(),
        dry_run: args.dry_run,
    };
    let cancel = super::cancel_on_interrupt();
    let quiet_line = |progress: &Progress| output.progress(&progress_line(progress));
    let outcome = handlers::import::import_now(&core, &request, &cancel, &quiet_line);
    output.progress_done();
    let (report, error) = match outcome {
        Ok(report) => (report, None),
        Err(handlers::import::ImportFailure { report: Some(report), error }) => (*report, Some(error)),
        Err(handlers::import::ImportFailure { report: None, error }) => return Err(error),
    };
    output.document("import", &report, |text| write_report(text, &report));
    match error {
        Some(error) => Err(error),
        None if report.state == "cancelled" => Ok(Exit::Interrupted),
        None => Ok(Exit::Done),
    }
}

fn progress_line(progress: &Progress) -> String {
    let mut line = String::from("import");
    if let (Some(done), Some(total)) = (progress.done, progress.total)
        && total > 0
    {
        let _ = write!(line, " {} %", done.saturating_mul(100) / total);
    }
    if let Some(records) = progress.records {
        let _ = write!(line, "  {records} records");
    }
    if let Some(rate) = progress.rate {
        let _ = write!(line, "  {rate:.0}/s");
    }
    line
}

fn write_report(text: &mut String, report: &ImportReport) {
    for file in &report.files {
        let _ = writeln!(text, "{}  ({})", file.path, file.format);
        let _ = writeln!(text, "  {}", counters(file));
        warnings(text, file);
    }
    for skipped in &report.skipped {
        let _ = writeln!(text, "skipped {}: {} {}", skipped.path, skipped.code, skipped.message);
        for nearest in skipped.nearest.iter().take(3) {
            let _ = writeln!(text, "  {}: {}", nearest.format, nearest.why);
        }
    }
    let totals = &report.totals;
    let _ = writeln!(
        text,
        "{} traces, {} spans, {} audit events, {} duplicates, {} rejected in {:.1} s",
        totals.traces,
        totals.spans,
        totals.audit_events,
        totals.duplicates,
        totals.rejected,
        totals.elapsed_ms / 1000.0
    );
    if let Some(batch_id) = &report.batch_id {
        let _ = writeln!(text, "batch {batch_id}");
    }
}

fn counters(file: &ImportFile) -> String {
    let pairs = [
        ("traces", file.traces),
        ("spans", file.spans),
        ("log records", file.log_records),
        ("messages", file.messages),
        ("tool calls", file.tool_calls),
        ("documents", file.documents),
        ("audit events", file.audit_events),
        ("scores", file.scores),
        ("exchanges", file.exchanges),
        ("duplicates", file.duplicates),
        ("rejected", file.rejected),
    ];
    let shown: Vec<String> = pairs.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{n} {word}")).collect();
    if shown.is_empty() { "nothing new".to_owned() } else { shown.join(", ") }
}

fn warnings(text: &mut String, file: &ImportFile) {
    for (rule, n) in &file.redactions {
        let _ = writeln!(text, "  removed {n} × {rule}");
    }
    for warning in &file.warnings {
        let place = warning.example.line.map_or_else(
            || format!("byte {}", warning.example.byte_offset),
            |line| format!("line {line}, byte {}", warning.example.byte_offset),
        );
        let _ = writeln!(text, "  warning {} × {}: {} ({place})", warning.code, warning.count, warning.example.message);
    }
}

/// `retake batches`.
pub async fn batches(
    core: Arc<Core>,
    command: &args::Batches,
    global: &Global,
    output: &Output,
) -> Result<Exit, ApiError> {
    match command {
        args::Batches::List => {
            let list = handlers::import::batches_list(core, Empty {}).await?;
            output.document("batches", &list, |text| {
                for batch in &list.batches {
                    batch_line(text, batch);
                }
            });
        }
        args::Batches::Show { id } => {
            let batch = handlers::import::batch_get(core, IdRequest { id: id.clone() }).await?;
            let shown = Batches { batches: vec![batch.clone()] };
            output.document("batches", &shown, |text| {
                batch_line(text, &batch);
                for file in &batch.files {
                    let _ = writeln!(text, "  {} ({}): {}", file.path, file.format, counters(file));
                    warnings(text, file);
                }
            });
        }
        args::Batches::Kept { id, at: Some(at), file, .. } => {
            let (id, at, file) = (id.clone(), *at, file.clone());
            core.blocking(move |core| {
                let mut out = std::io::stdout().lock();
                handlers::import::kept_to(core, &id, file.as_deref(), at, &mut out)
            })
            .await?;
        }
        args::Batches::Kept { id, limit, from, .. } => {
            let request = KeptRequest { id: id.clone(), from: *from, limit: Some(*limit) };
            let kept = handlers::import::batch_kept(core, request).await?;
            output.document("batches-kept", &kept, |text| {
                for record in &kept.records {
                    let KeptView { path, byte_offset, source, bytes, .. } = record;
                    let _ = writeln!(text, "{path} at byte {byte_offset}, read as {source}: {bytes} bytes");
                    let line: String = record.text.chars().take(200).collect();
                    let _ = writeln!(text, "  {}", line.escape_debug());
                }
                let shown = *from + kept.records.len() as u64;
                if shown < kept.total {
                    let _ = writeln!(text, "{} more: --from {shown}", kept.total - shown);
                }
            });
        }
        args::Batches::Undo { id } => {
            let batch = handlers::import::batch_get(Arc::clone(&core), IdRequest { id: id.clone() }).await?;
            super::ask::confirm(
                &format!(
                    "Remove what batch {} brought ({} spans, {} audit events)?",
                    batch.batch_id, batch.spans, batch.audit_events
                ),
                global,
            )?;
            let undone = handlers::import::batch_undo(core, IdRequest { id: batch.batch_id }).await?;
            output.document("batches-undo", &undone, |text| {
                let _ = writeln!(
                    text,
                    "removed {} records: {} spans, {} traces, {} audit events",
                    undone.records, undone.spans, undone.traces, undone.audit_events
                );
            });
        }
    }
    Ok(Exit::Done)
}

fn batch_line(text: &mut String, batch: &Batch) {
    let _ = writeln!(
        text,
        "{}  {}  {:>8} spans  {:>6} audit  {}  {}",
        batch.batch_id,
        super::search::time(batch.at_ns.0),
        batch.spans,
        batch.audit_events,
        batch.state,
        batch.sources.join(" ")
    );
}

/// `retake formats`.
pub async fn formats(core: Arc<Core>, output: &Output) -> Result<Exit, ApiError> {
    let list = handlers::import::formats(core, Empty {}).await?;
    output.document("formats", &list, |text| {
        for format in &list.formats {
            let _ = writeln!(text, "{:<22} {}", format.name, format.title);
            if !format.lacks.is_empty() {
                let _ = writeln!(text, "{:<22} usually lacks {}", "", format.lacks.join(", "));
            }
        }
    });
    if list.formats.is_empty() { Err(ApiError::new(Code::Internal, "no format is built in")) } else { Ok(Exit::Done) }
}
