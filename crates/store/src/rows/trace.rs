//! What is read of traces, and what the analysis says of them.

use retake_model::{AuditEvent, Decision, Finding, Id, SpanKind, SpanStatus};
use serde::{Deserialize, Serialize};

/// One row of a list: a trace (with its root or only model call) or a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words are the command line's contract; units are in the names")]
pub struct ListRow {
    pub trace_id: Id,
    pub span_id: Id,
    pub kind: SpanKind,
    pub name: String,
    /// First words of the last user message (or the root's input), for people.
    pub question: Option<String>,
    /// First words of the answer.
    pub answer: Option<String>,
    pub start_ns: Option<i64>,
    pub duration_ms: Option<f64>,
    pub ttft_ms: Option<f64>,
    pub status: SpanStatus,
    pub tenant: Option<String>,
    pub feature: Option<String>,
    pub user: Option<String>,
    pub conversation: Option<String>,
    pub environment: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    /// `name@version`, or what is known of it.
    pub prompt: Option<String>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub cost_usd_nanos: Option<i64>,
    /// Findings by code, then `error`, `retry`, `no_content`, `clock_skew`, `parent_missing`, `log_only`.
    pub flags: Vec<String>,
    /// Text around the first match of the query's words.
    pub snippet: Option<String>,
    pub n_spans: u32,
}

/// A trace as the detail view needs it: its spans, or the first of them, without message content (see [`retake_model::Span`] of a single read for that).
#[derive(Debug, Clone, PartialEq)]
pub struct TraceRow {
    /// Id.
    pub trace_id: Id,
    /// Roll-ups in the form of a list row.
    pub summary: ListRow,
    /// Earliest start of its spans.
    pub start_ns: Option<i64>,
    /// Latest end of its spans, or start of one whose end is not known.
    pub end_ns: Option<i64>,
    /// Spans by start, parents before children when times are equal.
    pub spans: Vec<SpanRow>,
}

/// A span of a tree.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the words are the command line's contract; units are in the names")]
pub struct SpanRow {
    pub span_id: Id,
    pub parent_span_id: Option<Id>,
    pub kind: SpanKind,
    pub name: String,
    pub start_ns: Option<i64>,
    pub end_ns: Option<i64>,
    pub status: SpanStatus,
    pub ttft_ms: Option<f64>,
    pub model: Option<String>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub cost_usd_nanos: Option<i64>,
    pub n_documents: u32,
    pub flags: Vec<String>,
}

/// What an id or a unique prefix of one names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Named {
    Trace(Id),
    Span { trace_id: Id, span_id: Id },
    Take(String),
    Run(String),
    Batch(String),
}

/// Where audit events are looked for when a trace asks for its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AuditKeys {
    /// Trace ids.
    pub trace_ids: Vec<Id>,
    /// Request ids.
    pub request_ids: Vec<String>,
    /// (actor, from_ns, to_ns), both ends in.
    pub actors: Vec<(String, i64, i64)>,
}

/// An audit event with the text that shows it again.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Stable key within the workspace, for identity only.
    pub audit_pk: i64,
    /// The event.
    pub event: AuditEvent,
}

/// What the analysis says about a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Trace.
    pub trace_id: Id,
    /// Audit events that belong to it: span, or `None` for the trace as a whole, and what was decided.
    pub joined: Vec<(Option<Id>, Decision)>,
    /// Its findings, worst first.
    pub findings: Vec<Finding>,
}
