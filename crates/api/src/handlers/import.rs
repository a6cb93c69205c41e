//! Import: now for the command line, as a job for the window; batches and their undo; formats.

use super::connect::price_table;
use super::job::RunningJob;
use crate::dto::import::{
    Batch, Batches, FormatInfo, Formats, ImportFile, ImportReport, ImportRequest, ImportTextRequest, ImportTotals,
    Kept, KeptRequest, KeptView, Nearest, Skipped, Undone, Warning, WarningExample,
};
use crate::dto::job::{JobStarted, Progress};
use crate::dto::{Empty, IdRequest, Ns};
use crate::{ApiError, Core};
use retake_ingest::{ImportOptions, IngestError, RetakeProjector, Source};
use retake_model::{Code, Coded};
use retake_store::{BatchRow, Cancel, FileReport};
use retake_wire::pricing::PriceTable;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often progress is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// An import that ended with an error, and what was done before it.
#[derive(Debug)]
pub struct ImportFailure {
    /// What was done.
    pub report: Option<Box<ImportReport>>,
    /// Why it ended.
    pub error: ApiError,
}

impl From<ApiError> for ImportFailure {
    fn from(error: ApiError) -> Self {
        Self { report: None, error }
    }
}

/// Imports on this thread. `-` is standard input.
///
/// # Errors
/// With the report of what was done before it.
pub fn import_now(
    core: &Core,
    request: &ImportRequest,
    cancel: &CancellationToken,
    progress: &dyn Fn(&Progress),
) -> Result<ImportReport, ImportFailure> {
    let sources = request.paths.iter().map(|path| match path.as_str() {
        "-" => Source::Stdin(Box::new(std::io::stdin())),
        path => Source::Path(PathBuf::from(path)),
    });
    import_sources(core, sources.collect(), request, cancel, progress)
}

fn import_sources(
    core: &Core,
    sources: Vec<Source>,
    request: &ImportRequest,
    cancel: &CancellationToken,
    progress: &dyn Fn(&Progress),
) -> Result<ImportReport, ImportFailure> {
    let mapping = request.map.as_ref().map(|path| {
        std::fs::read_to_string(path).map_err(|why| ApiError::new(Code::InputUnreadable, format!("{why}: {path}")))
    });
    let prices = if core.workspace().is_ok() { price_table(core)? } else { PriceTable::builtin().clone() };
    let stop = Cancel::default();
    let options = ImportOptions {
        format: request.format.clone(),
        mapping: mapping.transpose()?,
        projector: Arc::new(RetakeProjector::new(prices)),
        cancel: stop.clone(),
        now_ns: core.host().now_ns(),
    };
    let started = Instant::now();
    let mut told = started;
    let mut on_progress = |now: &retake_ingest::Progress| {
        if cancel.is_cancelled() {
            stop.cancel();
        }
        if told.elapsed() >= PROGRESS_EVERY {
            told = Instant::now();
            progress(&progress_of(now, started.elapsed()));
        }
    };
    let outcome = match core.workspace() {
        there if request.dry_run => retake_ingest::dry_run(there.ok(), sources, &options, &mut on_progress),
        Ok(workspace) => retake_ingest::import(workspace, sources, &options, &mut on_progress),
        Err(error) => return Err(error.into()),
    };
    let elapsed = started.elapsed();
    let view = |row: &BatchRow| report_of(row, elapsed, request.dry_run);
    match outcome {
        Ok(row) => {
            if !request.dry_run {
                super::investigate::refresh_findings_of_batch(core, &row.batch_id)?;
                core.host().emit("workspace", "import");
            }
            Ok(view(&row))
        }
        Err(error) => {
            let report = error.report().map(|row| {
                if !row.batch_id.is_empty() && !request.dry_run {
                    // What was kept is judged like any other record; the import's own error is the one to tell.
                    if let Err(why) = super::investigate::refresh_findings_of_batch(core, &row.batch_id) {
                        tracing::error!(%why, "findings were not made");
                    }
                }
                Box::new(view(row))
            });
            core.host().emit("workspace", "import");
            Err(ImportFailure { report, error: api_error(&error) })
        }
    }
}

fn api_error(error: &IngestError) -> ApiError {
    ApiError { code: error.code(), message: error.to_string(), hint: error.hint(), span: None }
}

fn progress_of(now: &retake_ingest::Progress, elapsed: Duration) -> Progress {
    let seconds = elapsed.as_secs_f64().max(0.001);
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = now.records as f64 / seconds;
    #[expect(clippy::cast_precision_loss, reason = "time left for people")]
    let left_ms = now
        .total_bytes
        .filter(|total| *total > now.bytes && now.bytes > 0)
        .map(|total| (total - now.bytes) as f64 * seconds * 1000.0 / now.bytes as f64);
    Progress {
        done: Some(now.bytes),
        total: now.total_bytes,
        unit: "bytes".to_owned(),
        records: Some(now.records),
        rate: Some(rate),
        left_ms,
    }
}

/// Imports files as a job.
///
/// # Errors
/// Those of the database; those of the import are in the job.
pub async fn import_start(core: Arc<Core>, request: ImportRequest) -> Result<JobStarted, ApiError> {
    let title = match request.paths.as_slice() {
        [] => {
            return Err(
                ApiError::new(Code::UsageInvalid, "there is nothing to import").with_hint("Name at least one file.")
            );
        }
        [one] => format!("import {}", file_name(one)),
        [first, rest @ ..] => format!("import {} and {} more", file_name(first), rest.len()),
    };
    let paths: Vec<PathBuf> = request.paths.iter().map(PathBuf::from).collect();
    core.choose(&paths);
    let sources = paths.into_iter().map(Source::Path).collect();
    start(&core, title, sources, request)
}

/// Imports a pasted text as a job.
///
/// # Errors
/// As [`import_start`].
pub async fn import_text(core: Arc<Core>, request: ImportTextRequest) -> Result<JobStarted, ApiError> {
    let source = Source::Bytes { name: "pasted text".to_owned(), bytes: request.text.into_bytes() };
    let request = ImportRequest { paths: Vec::new(), format: None, map: None, dry_run: false };
    start(&core, "import pasted text".to_owned(), vec![source], request)
}

fn start(
    core: &Arc<Core>,
    title: String,
    sources: Vec<Source>,
    request: ImportRequest,
) -> Result<JobStarted, ApiError> {
    let job = RunningJob::start(core, "import", &title)?;
    let started = JobStarted { job_id: job.job_id.clone() };
    let core = Arc::clone(core);
    tokio::task::spawn_blocking(move || {
        let cancel = job.cancel.clone();
        let outcome = import_sources(&core, sources, &request, &cancel, &|progress| job.progress(progress));
        job.end(match outcome {
            Ok(report) => serde_json::to_value(report).map_err(ApiError::internal),
            Err(failure) => Err(failure.error),
        });
    });
    Ok(started)
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Batches, newest first.
///
/// # Errors
/// Those of the database.
pub async fn batches_list(core: Arc<Core>, _: Empty) -> Result<Batches, ApiError> {
    core.blocking(|core| {
        let rows = core.workspace()?.batches()?;
        Ok(Batches { batches: rows.into_iter().map(Batch::from).collect() })
    })
    .await
}

/// One batch.
///
/// # Errors
/// `RTK-S010` for an unknown one.
pub async fn batch_get(core: Arc<Core>, request: IdRequest) -> Result<Batch, ApiError> {
    core.blocking(move |core| Ok(core.workspace()?.batch(bare(&request.id))?.into())).await
}

/// So much of a kept record is shown in a list.
const KEPT_TEXT_BYTES: usize = 16 << 10;

/// Records of a batch that could not be read and are kept as they came.
///
/// # Errors
/// `RTK-S010` for an unknown batch.
pub async fn batch_kept(core: Arc<Core>, request: KeptRequest) -> Result<Kept, ApiError> {
    core.blocking(move |core| {
        let workspace = core.workspace()?;
        let batch_id = workspace.batch(bare(&request.id))?.batch_id;
        let limit = usize::try_from(request.limit.unwrap_or(100)).unwrap_or(usize::MAX).min(500);
        let (records, total) = workspace.kept_records(&batch_id, request.from, limit, KEPT_TEXT_BYTES)?;
        let records = records.into_iter().map(|record| KeptView {
            path: record.path,
            byte_offset: record.byte_offset,
            source: record.source,
            bytes: record.n_bytes,
            truncated: record.n_bytes > record.begin.len() as u64,
            text: String::from_utf8_lossy(&record.begin).into_owned(),
        });
        Ok(Kept { batch_id, records: records.collect(), total })
    })
    .await
}

/// Writes a kept record whole: the one at this place of the file.
///
/// # Errors
/// `RTK-S010` for an unknown batch or a place where none begins, `RTK-A002` when it cannot be written.
pub fn kept_to(
    core: &Core,
    id: &str,
    path: Option<&str>,
    byte_offset: u64,
    out: &mut dyn Write,
) -> Result<(), ApiError> {
    let workspace = core.workspace()?;
    let batch_id = workspace.batch(bare(id))?.batch_id;
    workspace.each_part_of_kept_record(&batch_id, path, byte_offset, &mut |part: &[u8]| {
        out.write_all(part).map_err(|why| ApiError::new(Code::OutputUnwritable, why.to_string()))
    })
}

fn bare(id: &str) -> &str {
    id.strip_prefix("batch:").unwrap_or(id)
}

/// Removes exactly what a batch brought.
///
/// # Errors
/// `RTK-S010` for an unknown one.
pub async fn batch_undo(core: Arc<Core>, request: IdRequest) -> Result<Undone, ApiError> {
    core.blocking(move |core| {
        let workspace = core.workspace()?;
        let batch_id = workspace.batch(bare(&request.id))?.batch_id;
        let touched = super::investigate::traces_of_batch(core, &batch_id)?;
        // A log's silence means something for every tool call of its time: without it all traces are judged anew.
        let had_log = !workspace.audit_events_of_batch(&batch_id)?.is_empty();
        let projector = RetakeProjector::new(price_table(core)?);
        let removed = retake_ingest::undo(workspace, &batch_id, &projector, &Cancel::default())?;
        if had_log {
            super::investigate::refresh_all_findings(core)?;
        } else {
            super::investigate::refresh_findings(core, &touched)?;
        }
        core.host().emit("workspace", "import");
        Ok(Undone {
            batch_id,
            records: removed.facts,
            spans: removed.spans,
            traces: removed.traces,
            audit_events: removed.audit_events,
            bytes: removed.bytes,
        })
    })
    .await
}

/// What is understood.
///
/// # Errors
/// None.
pub async fn formats(_: Arc<Core>, _: Empty) -> Result<Formats, ApiError> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let formats = retake_formats::all().iter().map(|format| FormatInfo {
        name: format.name().to_owned(),
        title: format.title().to_owned(),
        signals: words(format.signals()),
        extensions: words(format.extensions()),
        lacks: words(format.lacks()),
    });
    Ok(Formats { formats: formats.collect() })
}

fn report_of(row: &BatchRow, elapsed: Duration, dry_run: bool) -> ImportReport {
    let mut redactions: BTreeMap<String, u64> = BTreeMap::new();
    for (rule, n) in row.files.iter().flat_map(|file| &file.redactions) {
        *redactions.entry(rule.clone()).or_default() += n;
    }
    let totals = &row.totals;
    ImportReport {
        batch_id: Some(row.batch_id.clone()).filter(|id| !dry_run && !id.is_empty()),
        state: row.state.clone(),
        files: row.files.iter().map(file_view).collect(),
        skipped: row.skipped.iter().map(skipped_view).collect(),
        totals: ImportTotals {
            bytes: totals.bytes,
            traces: totals.traces,
            spans: totals.spans,
            log_records: totals.log_records,
            messages: totals.messages,
            tool_calls: totals.tool_calls,
            documents: totals.documents,
            audit_events: totals.audit_events,
            scores: totals.scores,
            exchanges: totals.exchanges,
            duplicates: totals.duplicates,
            rejected: totals.rejected,
            redactions,
            elapsed_ms: elapsed.as_secs_f64() * 1000.0,
        },
    }
}

fn file_view(file: &FileReport) -> ImportFile {
    let counters = &file.counters;
    ImportFile {
        path: file.path.clone(),
        format: file.format.clone(),
        bytes: counters.bytes,
        traces: counters.traces,
        spans: counters.spans,
        log_records: counters.log_records,
        messages: counters.messages,
        tool_calls: counters.tool_calls,
        documents: counters.documents,
        audit_events: counters.audit_events,
        scores: counters.scores,
        exchanges: counters.exchanges,
        duplicates: counters.duplicates,
        rejected: counters.rejected,
        redactions: file.redactions.clone(),
        warnings: file.warnings.iter().map(warning_view).collect(),
        mapping: file.mapping.clone(),
    }
}

fn warning_view(warning: &retake_store::Warning) -> Warning {
    let example = &warning.example;
    Warning {
        code: warning.code.as_str().to_owned(),
        count: warning.count,
        example: WarningExample {
            message: example.message.clone(),
            line: example.line,
            byte_offset: example.byte_offset,
        },
    }
}

fn skipped_view(skipped: &retake_store::SkippedFile) -> Skipped {
    let nearest = skipped.nearest.iter().map(|(format, why)| Nearest { format: format.clone(), why: why.clone() });
    Skipped {
        path: skipped.path.clone(),
        code: skipped.code.as_str().to_owned(),
        message: skipped.message.clone(),
        nearest: nearest.collect(),
    }
}

impl From<BatchRow> for Batch {
    fn from(row: BatchRow) -> Self {
        let mut warnings: Vec<Warning> = Vec::new();
        for warning in row.files.iter().flat_map(|file| &file.warnings) {
            match warnings.iter_mut().find(|known| known.code == warning.code.as_str()) {
                Some(known) => known.count += warning.count,
                None => warnings.push(warning_view(warning)),
            }
        }
        let totals = &row.totals;
        Self {
            at_ns: Ns(row.at_ns),
            state: row.state.clone(),
            sources: row.sources.clone(),
            bytes: totals.bytes,
            traces: totals.traces,
            spans: totals.spans,
            log_records: totals.log_records,
            messages: totals.messages,
            tool_calls: totals.tool_calls,
            documents: totals.documents,
            audit_events: totals.audit_events,
            scores: totals.scores,
            exchanges: totals.exchanges,
            duplicates: totals.duplicates,
            rejected: totals.rejected,
            warnings,
            files: row.files.iter().map(file_view).collect(),
            skipped: row.skipped.iter().map(skipped_view).collect(),
            batch_id: row.batch_id,
        }
    }
}
