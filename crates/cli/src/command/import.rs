//! `import`, `batches`, `formats`.

use crate::args::{self, Global, Import};
use crate::output::Output;
use retake_api::dto::import::{Batch, Batches, ImportFile, ImportReport, ImportRequest, KeptRequest, KeptView};
use retake_api::dto::{Empty, IdRequest, job::Progress};
use retake_api::{ApiError, Core, handlers};
use retake_model::{Code, Exit, counted};
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
    // Why each format declined helps with the one file that was named; of a folder it would bury the rest.
    let nearest = matches!(args.paths.as_slice(), [only] if report.skipped.iter().all(|skipped| skipped.path == *only));
    output.document("import", &report, |text| write_report(text, &report, nearest));
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
        let _ = write!(line, "  {}", counted(records, "record"));
    }
    if let Some(rate) = progress.rate {
        let _ = write!(line, "  {rate:.0}/s");
    }
    line
}

/// `nearest`: also why each format declined a file that was skipped.
fn write_report(text: &mut String, report: &ImportReport, nearest: bool) {
    for file in &report.files {
        let _ = writeln!(text, "{}  ({})", file.path, file.format);
        let _ = writeln!(text, "  {}", counters(file));
        warnings(text, file);
    }
    for skipped in &report.skipped {
        let _ = writeln!(text, "skipped {}: {} {}", skipped.path, skipped.code, skipped.message);
        for declined in skipped.nearest.iter().take(if nearest { 3 } else { 0 }) {
            let _ = writeln!(text, "  {}: {}", declined.format, declined.why);
        }
    }
    let totals = &report.totals;
    let _ = writeln!(
        text,
        "{}, {}, {}, {}, {} rejected in {:.1} s",
        counted(totals.traces, "trace"),
        counted(totals.spans, "span"),
        counted(totals.audit_events, "audit event"),
        counted(totals.duplicates, "duplicate"),
        totals.rejected,
        totals.elapsed_ms / 1000.0
    );
    if let Some(batch_id) = &report.batch_id {
        let _ = writeln!(text, "batch {batch_id}");
    }
}

fn counters(file: &ImportFile) -> String {
    let pairs = [
        ("trace", file.traces),
        ("span", file.spans),
        ("log record", file.log_records),
        ("message", file.messages),
        ("tool call", file.tool_calls),
        ("document", file.documents),
        ("audit event", file.audit_events),
        ("score", file.scores),
        ("exchange", file.exchanges),
        ("duplicate", file.duplicates),
    ];
    let mut shown: Vec<String> = pairs.iter().filter(|(_, n)| *n > 0).map(|(word, n)| counted(n, word)).collect();
    if file.rejected > 0 {
        shown.push(format!("{} rejected", file.rejected));
    }
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
                    "Remove what batch {} brought ({}, {})?",
                    batch.batch_id,
                    counted(batch.spans, "span"),
                    counted(batch.audit_events, "audit event")
                ),
                global,
            )?;
            let undone = handlers::import::batch_undo(core, IdRequest { id: batch.batch_id }).await?;
            output.document("batches-undo", &undone, |text| {
                let _ = writeln!(
                    text,
                    "removed {}: {}, {}, {}",
                    counted(undone.records, "record"),
                    counted(undone.spans, "span"),
                    counted(undone.traces, "trace"),
                    counted(undone.audit_events, "audit event")
                );
            });
        }
    }
    Ok(Exit::Done)
}

fn batch_line(text: &mut String, batch: &Batch) {
    let _ = writeln!(
        text,
        "{}  {}  {:>14}  {:>18}  {}  {}",
        batch.batch_id,
        super::search::time(batch.at_ns.0),
        counted(batch.spans, "span"),
        counted(batch.audit_events, "audit event"),
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
