//! Between parser and writer: redacts each record, gathers records to slices, reports progress, looks for a cancel.

use crate::import::Progress;
use crate::report::FileInProgress;
use crossbeam_channel::Sender;
use retake_formats::{Format, Sink, Stop, WarningAt, by_name, redact};
use retake_model::Fact;
use retake_store::{Cancel, Prepared, Preparer};
use serde_json::Value;

/// Records of a slice at most.
const SLICE_RECORDS: usize = 1024;
/// Bytes of bodies of a slice, about.
const SLICE_BYTES: usize = 2 << 20;

/// What goes to the writer.
pub(crate) enum ToWriter {
    /// Records of a file follow: its number, its path, and whether it is read with the mapping.
    File(usize, String, bool),
    /// Records.
    Facts(Vec<Prepared>),
}

pub(crate) struct PipeSink<'a, 'p> {
    pub file: &'a mut FileInProgress,
    pub to_writer: &'a Sender<ToWriter>,
    pub cancel: &'a Cancel,
    pub mapping: Option<&'a str>,
    pub on_progress: &'a mut dyn FnMut(&Progress),
    pub progress: Progress,
    pub preparer: &'a mut Preparer<'p>,
    pub waiting: Vec<Prepared>,
    pub waiting_bytes: usize,
}

impl PipeSink<'_, '_> {
    /// Sends what waits.
    pub fn flush(&mut self) -> Result<(), Stop> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.waiting_bytes = 0;
        self.to_writer.send(ToWriter::Facts(std::mem::take(&mut self.waiting))).map_err(|_| Stop)
    }
}

impl Sink for PipeSink<'_, '_> {
    fn fact(&mut self, mut fact: Fact) -> Result<(), Stop> {
        if let Some(redacted) = redact::redact_bytes(&fact.body) {
            self.file.redacted(&redacted.counts);
            fact.body = redacted.bytes;
            if let Some(format) = by_name(fact.format).filter(|_| fact.mapped != retake_model::Mapped::Raw) {
                fact.mapped = Format::remap(format, &fact.body, self.mapping);
            }
        }
        self.progress.records += 1;
        self.waiting_bytes += fact.body.len() + 512;
        self.waiting.push(self.preparer.prepare(fact));
        if self.waiting.len() >= SLICE_RECORDS || self.waiting_bytes >= SLICE_BYTES {
            self.flush()?;
        }
        if self.cancel.is_cancelled() { Err(Stop) } else { Ok(()) }
    }

    fn warning(&mut self, warning: WarningAt) {
        self.file.warning(warning);
    }

    fn progress(&mut self, bytes: u64) -> Result<(), Stop> {
        if bytes >= self.progress.file_bytes + (1 << 20) {
            self.progress.bytes += bytes - self.progress.file_bytes;
            self.progress.file_bytes = bytes;
            (self.on_progress)(&self.progress);
        }
        if self.cancel.is_cancelled() { Err(Stop) } else { Ok(()) }
    }

    fn mapping(&mut self, taken: Value) {
        self.file.report.mapping = Some(taken);
    }
}
