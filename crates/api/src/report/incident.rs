//! The incident report of a trace, in Markdown: who asked what and got which answer, what the model had seen, which tools
//! ran and who had allowed them, what is wrong with evidence, and what was tried. To be pasted into a ticket.
//!
//! Redacted: personal data is masked, the text of another tenant's documents and rows is left out. Times are UTC.

mod documents;
mod findings;
mod summary;
mod takes;
mod timeline;
mod tools;

use super::markdown::escape;
use super::mask::Masker;
use crate::analysis::context::{Context, context};
use crate::analysis::evidence::Evidence;
use retake_model::{Fidelity, FieldFidelity, Finding, Id};

/// What goes into a report.
#[derive(Debug, Clone, Copy)]
pub struct IncidentReport<'a> {
    /// The trace.
    pub evidence: &'a Evidence<'a>,
    /// Its findings, worst first.
    pub findings: &'a [Finding],
    /// Replays of its calls, oldest first.
    pub takes: &'a [TakeFact],
    /// How exactly the answering call could be rebuilt: its worst level, and the fields.
    pub fidelity: Option<(Fidelity, &'a [FieldFidelity])>,
    /// When the report is made.
    pub made_ns: Option<i64>,
}

/// A replay as the report tells it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TakeFact {
    /// Take.
    pub take_id: String,
    /// Call that was replayed.
    pub span_id: Option<Id>,
    /// Variant's name.
    pub variant: String,
    /// What the variant changed in the request, one clause each; empty: nothing.
    pub changed: Vec<String>,
    /// Provider and model.
    pub provider: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// `done`, `failed`, …
    pub status: String,
    /// Answer.
    pub answer: Option<String>,
    /// Tool calls as `name(arguments)`.
    pub tool_calls: Vec<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Time to the whole answer.
    pub latency_ms: Option<f64>,
    /// Cost.
    pub cost_usd_nanos: Option<i64>,
    /// Fidelity of the request that was sent.
    pub fidelity: Option<Fidelity>,
}

/// What the sections share.
struct Report<'a> {
    input: IncidentReport<'a>,
    context: Context,
    masker: Masker,
}

/// Writes the report.
pub fn incident_markdown(input: &IncidentReport<'_>) -> String {
    let mut report = Report { input: *input, context: context(input.evidence, None), masker: Masker::default() };
    let sections = [
        report.summary(),
        report.findings(),
        report.documents(),
        report.tools(),
        report.timeline(),
        report.takes(),
        report.fidelity(),
    ];
    let mut text = sections.into_iter().filter(|section| !section.is_empty()).collect::<Vec<_>>().join("\n");
    text.push_str(&report.footer());
    text
}

impl Report<'_> {
    fn evidence(&self) -> &Evidence<'_> {
        self.input.evidence
    }

    /// Masked, for a code span or a fence.
    fn text(&mut self, text: &str) -> String {
        self.masker.mask(text)
    }

    /// Masked and escaped, for a sentence.
    fn words(&mut self, text: &str) -> String {
        escape(&self.masker.mask(text))
    }

    fn footer(&self) -> String {
        let masked: Vec<String> = self.masker.counts().map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
        let masked = if masked.is_empty() {
            "no personal data was found to mask".to_owned()
        } else {
            format!("masked: {}", masked.join(", "))
        };
        let made = self.input.made_ns.map(|ns| format!(" on {}", time(ns))).unwrap_or_default();
        format!(
            "\n---\nMade by Retake{made}. Redacted: {masked}; texts of other tenants are left out. Times are UTC.\n"
        )
    }
}

/// `2026-11-12 11:30:13.079`, UTC.
fn time(ns: i64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(stamp) => {
            let millis = ns.rem_euclid(1_000_000_000) / 1_000_000;
            format!("{}.{millis:03}", stamp.strftime("%Y-%m-%d %H:%M:%S"))
        }
        Err(_) => format!("{ns} ns"),
    }
}

/// `2026-11-12`, UTC.
fn date(ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(ns))
        .map_or_else(|_| format!("{ns} ns"), |stamp| stamp.strftime("%Y-%m-%d").to_string())
}

/// A duration as people say it.
fn duration(ms: f64) -> String {
    if ms >= 60_000.0 {
        format!("{:.0} min {:.0} s", (ms / 60_000.0).floor(), (ms % 60_000.0) / 1000.0)
    } else if ms >= 1000.0 {
        format!("{:.2} s", ms / 1000.0)
    } else if ms >= 10.0 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// Nano-dollars as dollars.
fn dollars(usd_nanos: i64) -> String {
    let text = format!("{:.6}", usd_nanos as f64 / 1e9);
    let text = text.trim_end_matches('0');
    let decimals = text.split('.').nth(1).map_or(0, str::len);
    format!("${text}{}", "0".repeat(2_usize.saturating_sub(decimals)))
}
