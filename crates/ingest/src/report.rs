//! The report of an import while it grows.

use retake_formats::WarningAt;
use retake_store::{Counters, FileReport, Warning, WarningExample};
use std::collections::BTreeMap;

/// Report of one file.
pub(crate) struct FileInProgress {
    pub report: FileReport,
}

impl FileInProgress {
    pub fn new(path: String, format: &str) -> Self {
        Self {
            report: FileReport {
                path,
                format: format.to_owned(),
                counters: Counters::default(),
                redactions: BTreeMap::new(),
                warnings: Vec::new(),
                mapping: None,
            },
        }
    }

    /// Counts a warning; keeps the first example of each code. Examples may quote the input, so they are redacted too.
    pub fn warning(&mut self, warning: WarningAt) {
        match self.report.warnings.iter_mut().find(|known| known.code == warning.code) {
            Some(known) => known.count += 1,
            None => self.report.warnings.push(Warning {
                code: warning.code,
                count: 1,
                example: WarningExample {
                    message: retake_formats::redact::redact_text(&warning.message),
                    line: warning.line,
                    byte_offset: warning.byte_offset,
                },
            }),
        }
    }

    pub fn redacted(&mut self, counts: &BTreeMap<&'static str, u64>) {
        for (rule, n) in counts {
            *self.report.redactions.entry((*rule).to_owned()).or_default() += n;
        }
    }
}

/// Adds everything that is counted.
pub(crate) fn add(total: &mut Counters, more: &Counters) {
    let Counters {
        bytes,
        traces,
        spans,
        log_records,
        messages,
        tool_calls,
        documents,
        audit_events,
        scores,
        exchanges,
        duplicates,
        rejected,
    } = more;
    total.bytes += bytes;
    total.traces += traces;
    total.spans += spans;
    total.log_records += log_records;
    total.messages += messages;
    total.tool_calls += tool_calls;
    total.documents += documents;
    total.audit_events += audit_events;
    total.scores += scores;
    total.exchanges += exchanges;
    total.duplicates += duplicates;
    total.rejected += rejected;
}
