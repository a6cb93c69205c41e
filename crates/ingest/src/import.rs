//! The import itself.

use crate::report::{FileInProgress, add};
use crate::sink::{PipeSink, ToWriter};
use crate::source::{Walk, walk};
use crate::unpack::{self, Member, Trouble, Visitor};
use crate::{IngestError, RetakeProjector, Source};
use crossbeam_channel::{Receiver, Sender, bounded};
use retake_formats::audit::{self, Fit};
use retake_formats::mapping::{Mapping, MappingKind};
use retake_formats::{Context, Detection, Format, FormatError, Head, Input, WarningAt, by_name, detect, redact};
use retake_model::Code;
use retake_store::{BatchHandle, BatchRow, Cancel, Counters, OpenMode, Preparer, SkippedFile, StoreError, Workspace};
use std::cell::Cell;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// How to import.
#[derive(Clone, Default)]
pub struct ImportOptions {
    /// Name of the format of every file; `None` detects it for each.
    pub format: Option<String>,
    /// Text of a mapping file.
    pub mapping: Option<String>,
    /// Projects and prices.
    pub projector: Arc<RetakeProjector>,
    /// Stops the import; complete records are kept.
    pub cancel: Cancel,
    /// Now, for the batch.
    pub now_ns: i64,
}

/// How far an import is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// File under way, archive members after `!`.
    pub path: String,
    /// Unpacked bytes read of all files.
    pub bytes: u64,
    /// Unpacked bytes read of this file.
    pub file_bytes: u64,
    /// Bytes of all named files as they stand on the disk; `None` with a pipe among them.
    pub total_bytes: Option<u64>,
    /// Records found.
    pub records: u64,
}

/// Imports `sources` into `workspace` as one batch.
///
/// Files that are no exports are named in the report's `skipped`. An error carries the report of what was done before it.
pub fn import(
    workspace: &Workspace,
    sources: Vec<Source>,
    options: &ImportOptions,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<BatchRow, IngestError> {
    let forced = match &options.format {
        Some(name) => Some(by_name(name).ok_or_else(|| IngestError::UnknownFormat(name.clone()))?),
        None => None,
    };
    let mapping = options.mapping.as_deref().map(Mapping::parse).transpose().map_err(IngestError::Mapping)?;
    let names: Vec<String> = sources.iter().map(Source::name).collect();
    let (to_writer, from_parser) = bounded(1);
    let hash_key = workspace.workspace_key();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("import-writer".to_owned());
        let writer = thread
            .spawn_scoped(scope, || write(workspace, &names, options, from_parser))
            .map_err(|error| StoreError::Failed(error.to_string()))?;
        let mut reader = Reader {
            forced,
            mapping,
            alone: matches!(sources.as_slice(), [Source::Path(path)] if !path.is_dir())
                || matches!(sources.as_slice(), [Source::Stdin(_) | Source::Bytes { .. }]),
            options,
            hash_key,
            preparer: workspace.preparer(options.projector.as_ref()),
            to_writer,
            on_progress,
            progress: Progress { total_bytes: total_bytes(&sources), ..Progress::default() },
            files: Vec::new(),
            skipped: Vec::new(),
            ambiguous: None,
            fatal: None,
            current: String::new(),
        };
        let unreadable = reader.sources(sources);
        let Reader { to_writer, files, skipped, ambiguous, fatal, .. } = reader;
        drop(to_writer);
        let written = match writer.join() {
            Ok(written) => written?,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let report = finish(workspace, options, names.clone(), written, files, skipped)?;
        outcome(report, options, unreadable, ambiguous, fatal)
    })
}

/// Counts what an import would add to `workspace`, or to an empty one, and changes nothing.
///
/// It imports into a copy, since what is new shows only when records meet: content that comes later, a tool call that is
/// seen in two spans. A copy of a gigabyte takes some seconds and its size in the folder for temporary files.
pub fn dry_run(
    workspace: Option<&Workspace>,
    sources: Vec<Source>,
    options: &ImportOptions,
    on_progress: &mut dyn FnMut(&Progress),
) -> Result<BatchRow, IngestError> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("dry-run.retake");
    if let Some(workspace) = workspace {
        workspace.copy_to(&path)?;
    }
    let scratch = Workspace::open(&path, OpenMode::Create)?;
    import(&scratch, sources, options, on_progress)
}

fn total_bytes(sources: &[Source]) -> Option<u64> {
    let mut total = 0;
    for source in sources {
        total += match source {
            Source::Stdin(_) => return None,
            Source::Bytes { bytes, .. } => bytes.len() as u64,
            Source::Path(path) => {
                let files = if path.is_dir() { walk(path).ok()?.files } else { vec![path.clone()] };
                files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|meta| meta.len()).sum()
            }
        };
    }
    Some(total)
}

/// What the writing thread did.
#[derive(Default)]
struct Written {
    batch: Option<BatchHandle>,
    counters: Vec<Counters>,
}

/// The writing thread: begins the batch with the first file that is understood.
fn write(
    workspace: &Workspace,
    names: &[String],
    options: &ImportOptions,
    from_parser: Receiver<ToWriter>,
) -> Result<Written, StoreError> {
    let mut written = Written::default();
    let mut file = None;
    for message in from_parser {
        match message {
            ToWriter::File(number, path, mapped) => {
                if written.batch.is_none() {
                    let mapping = options.mapping.as_deref();
                    written.batch =
                        Some(workspace.begin_batch(names, redact::RULES_VERSION, mapping, options.now_ns)?);
                }
                if let Some(batch) = &mut written.batch {
                    batch.map_with(options.mapping.as_deref().filter(|_| mapped));
                    file = Some((number, workspace.add_file(batch, &path)?));
                }
                written.counters.resize_with(number + 1, Counters::default);
            }
            ToWriter::Facts(facts) => {
                let (Some(batch), Some((number, file))) = (&mut written.batch, file) else { continue };
                let appended = workspace.append(batch, file, facts, options.projector.as_ref())?;
                if let Some(counters) = written.counters.get_mut(number) {
                    add(counters, &appended.counters);
                }
            }
        }
    }
    Ok(written)
}

fn finish(
    workspace: &Workspace,
    options: &ImportOptions,
    sources: Vec<String>,
    written: Written,
    files: Vec<FileInProgress>,
    skipped: Vec<SkippedFile>,
) -> Result<BatchRow, StoreError> {
    let mut counters = written.counters.into_iter();
    let mut totals = Counters::default();
    let files = files
        .into_iter()
        .map(|file| {
            let mut report = file.report;
            add(&mut report.counters, &counters.next().unwrap_or_default());
            add(&mut totals, &report.counters);
            report
        })
        .collect();
    let state = if options.cancel.is_cancelled() { "cancelled" } else { "done" };
    let row = BatchRow {
        batch_id: written.batch.as_ref().map(|batch| batch.batch_id.clone()).unwrap_or_default(),
        at_ns: options.now_ns,
        sources,
        state: state.to_owned(),
        totals,
        files,
        skipped,
        rules_version: redact::RULES_VERSION,
    };
    if let Some(batch) = written.batch {
        workspace.finish_batch(batch, &row)?;
    }
    Ok(row)
}

fn outcome(
    report: BatchRow,
    options: &ImportOptions,
    unreadable: Option<(PathBuf, String)>,
    ambiguous: Option<(String, Vec<(&'static str, String)>)>,
    fatal: Option<FormatError>,
) -> Result<BatchRow, IngestError> {
    if let Some(FormatError::Mapping(why)) = fatal {
        return Err(IngestError::Mapping(why));
    }
    let report = Box::new(report);
    if options.cancel.is_cancelled() {
        return Err(IngestError::Cancelled { report });
    }
    if let Some((path, why)) = unreadable {
        return Err(IngestError::Unreadable { path, why, report });
    }
    if report.files.is_empty() {
        if let Some((path, claims)) = ambiguous {
            let claims = claims.into_iter().map(|(format, why)| (format.to_owned(), why)).collect();
            return Err(IngestError::Ambiguous { path, claims, report });
        }
        return Err(IngestError::NotUnderstood { report });
    }
    let totals = &report.totals;
    let found = totals.spans
        + totals.log_records
        + totals.audit_events
        + totals.scores
        + totals.exchanges
        + totals.duplicates
        + totals.messages;
    let troubled = totals.rejected > 0 || report.files.iter().any(|file| !file.warnings.is_empty());
    if found == 0 && troubled {
        return Err(IngestError::NotUnderstood { report });
    }
    Ok(*report)
}

/// The reading side.
struct Reader<'a> {
    forced: Option<&'static dyn Format>,
    mapping: Option<Mapping>,
    /// One file was named: a mapping that does not fit is a mistake, not another file's.
    alone: bool,
    options: &'a ImportOptions,
    hash_key: [u8; 32],
    preparer: Preparer<'a>,
    to_writer: Sender<ToWriter>,
    on_progress: &'a mut dyn FnMut(&Progress),
    progress: Progress,
    files: Vec<FileInProgress>,
    skipped: Vec<SkippedFile>,
    ambiguous: Option<(String, Vec<(&'static str, String)>)>,
    fatal: Option<FormatError>,
    current: String,
}

impl Reader<'_> {
    /// Reads everything; gives the first named path that cannot be read or holds nothing.
    fn sources(&mut self, sources: Vec<Source>) -> Option<(PathBuf, String)> {
        let mut unreadable = None;
        for source in sources {
            let before = self.skipped.len();
            let goes_on = match source {
                Source::Path(path) if path.is_dir() => {
                    let (goes_on, why) = self.folder(&path);
                    if let Some(why) = why {
                        unreadable.get_or_insert((path, why));
                    }
                    goes_on
                }
                Source::Path(path) => {
                    let goes_on = unpack::visit_file(&path, self);
                    let failed = self.skipped.get(before..).unwrap_or_default();
                    if let Some(file) = failed.iter().find(|file| file.code == Code::InputUnreadable) {
                        unreadable.get_or_insert((path, file.message.clone()));
                    }
                    goes_on
                }
                Source::Stdin(reader) => unpack::visit_stream("-".to_owned(), reader, self),
                Source::Bytes { name, bytes } => unpack::visit_bytes(name, &bytes, self),
            };
            if !goes_on {
                break;
            }
        }
        unreadable
    }

    /// Reads what is in a folder; also gives why it gave nothing, if it did.
    fn folder(&mut self, path: &Path) -> (bool, Option<String>) {
        let left_out = |path: &Path, message: &str| Trouble {
            path: path.display().to_string(),
            code: Code::InputUnreadable,
            message: message.to_owned(),
        };
        let (found, why) = match walk(path) {
            Ok(found) if found.files.is_empty() => (found, Some("the folder holds no file".to_owned())),
            Ok(found) => (found, None),
            Err(error) => (Walk::default(), Some(error.to_string())),
        };
        for (path, message) in &found.left_out {
            self.trouble(left_out(path, message));
        }
        if let Some(why) = &why {
            self.trouble(left_out(path, why));
        }
        (found.files.iter().all(|file| unpack::visit_file(file, self)), why)
    }

    /// Whether the mapping is of a log of model calls, which nobody reads without it.
    fn maps_traces(&self) -> bool {
        self.mapping.as_ref().is_some_and(|mapping| mapping.kind == MappingKind::Traces)
    }

    /// How a member is read, or why it is skipped.
    fn way_of(&mut self, path: &str, head: &[u8], whole: bool) -> Result<Way, SkippedFile> {
        let skipped =
            |code: Code, message: String, nearest| SkippedFile { path: path.to_owned(), code, message, nearest };
        if head.is_empty() && self.forced.is_none() {
            return Err(skipped(Code::InputNotUnderstood, "the file is empty".to_owned(), Vec::new()));
        }
        let head = Head::new(head, whole);
        let fit = self.mapping.as_ref().map_or(Fit::Any(None), |mapping| audit::fit(&head, mapping));
        // Of JSON the first records only were looked at, so that a lone log is read to its end before it is told.
        let missing = match &fit {
            Fit::Misses(why) if !(self.alone && head.outline().is_json() && !self.maps_traces()) => Some(why.clone()),
            _ => None,
        };
        let way = |format: &'static dyn Format| Way {
            format,
            missing: missing.clone().filter(|_| format.signals() == ["audit"]),
        };
        if let Some(format) = self.forced {
            return Ok(way(format));
        }
        let otherwise = match fit {
            Fit::Named(format) => return Ok(way(format)),
            Fit::Any(format) => format,
            Fit::Misses(_) => None,
        };
        match detect(&head) {
            Detection::Found(format) => Ok(way(format)),
            Detection::Ambiguous(claims) => {
                let names: Vec<&str> = claims.iter().map(|(name, _)| *name).collect();
                let message = format!("may be {}", names.join(" or "));
                let nearest = claims.iter().map(|(name, why)| ((*name).to_owned(), why.clone())).collect();
                self.ambiguous.get_or_insert((path.to_owned(), claims));
                Err(skipped(Code::FormatAmbiguous, message, nearest))
            }
            Detection::Unknown(declined) => match (otherwise, missing) {
                (Some(format), _) => Ok(Way { format, missing: None }),
                // Nobody claims a table, and the mapping that was to say what it is does not.
                (None, Some(why)) if !head.outline().is_json() || self.maps_traces() => {
                    Err(skipped(Code::MappingInvalid, why, Vec::new()))
                }
                (None, _) => {
                    let nearest = declined.into_iter().map(|d| (d.format.to_owned(), d.why)).collect();
                    Err(skipped(Code::InputNotUnderstood, "no format claims it".to_owned(), nearest))
                }
            },
        }
    }
}

/// How a member is read.
struct Way {
    format: &'static dyn Format,
    /// Why it is read without the mapping.
    missing: Option<String>,
}

/// Counts what a parser read, also where it reports no progress.
struct Metered<R> {
    inner: R,
    bytes: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(out)?;
        self.bytes.set(self.bytes.get() + n as u64);
        Ok(n)
    }
}

impl Visitor for Reader<'_> {
    fn member(&mut self, member: Member<'_>) -> bool {
        if self.options.cancel.is_cancelled() {
            return false;
        }
        let Member { path, head, whole, reader, reopen } = member;
        let outcome = self.way_of(&path, &head, whole);
        drop(head);
        let mistaken = match &outcome {
            Ok(way) => way.missing.clone(),
            Err(skipped) => Some(skipped.message.clone()).filter(|_| skipped.code == Code::MappingInvalid),
        };
        if let Some(why) = mistaken.filter(|_| self.alone && !path.contains('!')) {
            self.fatal = Some(FormatError::Mapping(why));
            return false;
        }
        let Way { format, missing } = match outcome {
            Ok(way) => way,
            Err(skipped) => {
                self.skipped.push(skipped);
                return true;
            }
        };
        let mapping = self.options.mapping.as_deref().filter(|_| missing.is_none());
        self.current.clone_from(&path);
        let in_archive = path.contains('!');
        let mut file = FileInProgress::new(path.clone(), format.name());
        if let Some(why) = missing {
            let message = format!("read without the mapping: {why}");
            file.warning(WarningAt { code: Code::MappingInvalid, message, line: None, byte_offset: 0 });
        }
        if self.to_writer.send(ToWriter::File(self.files.len(), path.clone(), mapping.is_some())).is_err() {
            return false;
        }
        let read = Rc::new(Cell::new(0));
        let mut sink = PipeSink {
            file: &mut file,
            to_writer: &self.to_writer,
            cancel: &self.options.cancel,
            mapping,
            on_progress: self.on_progress,
            progress: Progress { path, file_bytes: 0, ..self.progress.clone() },
            preparer: &mut self.preparer,
            waiting: Vec::new(),
            waiting_bytes: 0,
        };
        (sink.on_progress)(&sink.progress);
        let context = Context { hash_key: &self.hash_key, mapping };
        let input = Input { reader: Box::new(Metered { inner: reader, bytes: Rc::clone(&read) }), reopen };
        let outcome = format.parse(input, &context, &mut sink);
        let flushed = sink.flush();
        let mut progress = sink.progress;
        progress.bytes += read.get().saturating_sub(progress.file_bytes);
        progress.file_bytes = read.get();
        self.progress = progress;
        (self.on_progress)(&self.progress);
        file.report.counters.bytes = read.get();
        let goes_on = match outcome {
            Ok(()) => flushed.is_ok(),
            Err(FormatError::Stopped) => false,
            Err(FormatError::Read(error)) => {
                file.warning(WarningAt {
                    code: unpack::code_of(&error, in_archive),
                    message: error.to_string(),
                    line: None,
                    byte_offset: read.get(),
                });
                flushed.is_ok()
            }
            Err(error @ FormatError::Mapping(_)) => {
                self.fatal = Some(error);
                false
            }
        };
        self.files.push(file);
        goes_on
    }

    fn trouble(&mut self, trouble: Trouble) -> bool {
        let Trouble { path, code, message } = trouble;
        self.skipped.push(SkippedFile { path, code, message, nearest: Vec::new() });
        !self.options.cancel.is_cancelled()
    }
}
