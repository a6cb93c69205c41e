//! Plain rows that cross the border of this crate. Integers of the workspace (`*_pk`) stay inside the process: documents use ids.

use retake_model::{
    AuditEvent, ChunkKind, Decision, FactKind, Finding, Id, RunStatus, Span, SpanKind, SpanStatus, TakeStatus,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What one import counted, per file and in total. All are *new* things but for `duplicates`, `rejected` and `bytes`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the words are the command line's contract")]
pub struct Counters {
    pub bytes: u64,
    pub traces: u64,
    pub spans: u64,
    pub log_records: u64,
    pub messages: u64,
    pub tool_calls: u64,
    pub documents: u64,
    pub audit_events: u64,
    pub scores: u64,
    pub exchanges: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

/// One warning of an import: a code, how often, and the first example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Code.
    pub code: retake_model::Code,
    /// How often.
    pub count: u64,
    /// First example.
    pub example: WarningExample,
}

/// First example of a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningExample {
    /// What exactly.
    pub message: String,
    /// Line, from 1, where the format has lines.
    pub line: Option<u64>,
    /// Byte offset in the unpacked file.
    pub byte_offset: u64,
}

/// A file of a batch, as the import report shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// Path as named, archive members after `!`.
    pub path: String,
    /// Format.
    pub format: String,
    /// Counters.
    pub counters: Counters,
    /// Redactions by rule.
    pub redactions: BTreeMap<String, u64>,
    /// Warnings.
    pub warnings: Vec<Warning>,
    /// What was taken for what in a log without a mapping (`{"actor": "user", …}`), for audit files.
    pub mapping: Option<Value>,
}

/// A file that was skipped, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedFile {
    /// Path.
    pub path: String,
    /// Code.
    pub code: retake_model::Code,
    /// Why.
    pub message: String,
    /// Formats that came nearest and why they declined: (format, why).
    pub nearest: Vec<(String, String)>,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchRow {
    /// UUIDv7.
    pub batch_id: String,
    /// When it was made.
    pub at_ns: i64,
    /// Paths as named.
    pub sources: Vec<String>,
    /// `running`, `done`, `cancelled`, `interrupted`.
    pub state: String,
    /// Totals.
    pub totals: Counters,
    /// Per file.
    pub files: Vec<FileReport>,
    /// Skipped.
    pub skipped: Vec<SkippedFile>,
    /// Version of the redaction rules.
    pub rules_version: u32,
}

/// What an undo removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Removed {
    pub facts: u64,
    pub spans: u64,
    pub traces: u64,
    pub audit_events: u64,
    pub bytes: u64,
}

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

/// A raw record behind an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawRecord {
    /// Batch that brought it.
    pub batch_id: String,
    /// Path of the file.
    pub path: String,
    /// Offset in the unpacked file.
    pub byte_offset: u64,
    /// Format.
    pub source: String,
    /// Kind of record.
    pub kind: FactKind,
    /// The record as it came, redacted.
    pub body: Vec<u8>,
}

/// A trace as the detail view needs it: all spans, without message content (see [`Span`] of a single read for that).
#[derive(Debug, Clone, PartialEq)]
pub struct TraceRow {
    /// Id.
    pub trace_id: Id,
    /// Roll-ups in the form of a list row.
    pub summary: ListRow,
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

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// UUIDv7.
    pub run_id: String,
    /// State.
    pub status: RunStatus,
    /// Start.
    pub started_ns: i64,
    /// The plan as JSON (versioned by its writer).
    pub plan: Value,
    /// Spending limit in nano-dollars.
    pub max_usd_nanos: Option<i64>,
    /// Reserved and settled so far.
    pub spent_usd_nanos: i64,
}

/// A take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeRow {
    /// UUIDv7.
    pub take_id: String,
    /// Run.
    pub run_id: String,
    /// Position of the slot in the plan: the same for a take and the one that replaces it after an interruption.
    pub slot: u32,
    /// Trace and span that it replays; `None` for a pasted request.
    pub trace_id: Option<Id>,
    /// Span.
    pub span_id: Option<Id>,
    /// Variant's name.
    pub variant: String,
    /// Repeat, from 0.
    pub repeat: u32,
    /// State.
    pub status: TakeStatus,
    /// When it was sent.
    pub started_ns: Option<i64>,
    /// The finished take as JSON (answer, usage, cost, latency, error, fidelity, request sent), versioned by its writer.
    pub result: Option<Value>,
}

/// A committed piece of a live take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkRow {
    /// 0, 1, 2 … without gaps.
    pub seq: u32,
    /// Microseconds since the take was sent.
    pub at_us: i64,
    /// What it carries.
    pub kind: ChunkKind,
    /// Which tool call, for arguments.
    pub index: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A prompt version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptVersionRow {
    /// Prompt.
    pub name: String,
    /// Counts from 1.
    pub version: u32,
    /// Content address.
    pub hash: String,
    /// The template.
    pub text: String,
    /// When it was made.
    pub created_ns: i64,
    /// Labels that stand on it now.
    pub labels: Vec<String>,
}

/// A move of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelMove {
    /// Prompt.
    pub name: String,
    /// Label.
    pub label: String,
    /// Version that it stood on before.
    pub from_version: Option<u32>,
    /// Version that it stands on since.
    pub to_version: Option<u32>,
    /// When.
    pub at_ns: i64,
}

/// A named way to a provider. Keys are never here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRow {
    /// Name.
    pub name: String,
    /// `openai`, `openai-compatible`, `anthropic`.
    pub kind: String,
    /// Base URL.
    pub base_url: String,
}

/// A finding with the flag that it was made by the current rules.
pub type FindingRow = Finding;

/// A span with everything, and the spans of its own trace are told apart by ids.
pub type FullSpan = Span;

/// What was sent to where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it; units are in the names")]
pub struct LedgerRow {
    pub at_ns: i64,
    pub destination: String,
    pub why: String,
    pub bytes_sent: u64,
    pub bytes_received: u64,
    pub take_id: Option<String>,
}

/// A job: import, run, check; the truth about long work that survives a reload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// UUIDv7.
    pub job_id: String,
    /// `import`, `undo`, `run`, `check`, `export`.
    pub kind: String,
    /// One line for people.
    pub title: String,
    /// `running`, `done`, `failed`, `cancelled`, `interrupted`.
    pub state: String,
    /// Start.
    pub started_ns: i64,
    /// End.
    pub ended_ns: Option<i64>,
    /// Last progress document.
    pub progress: Value,
    /// Result or error document.
    pub result: Option<Value>,
}

/// One event of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobEventRow {
    /// 0, 1, 2 …
    pub seq: u32,
    /// When.
    pub at_ns: i64,
    /// Document.
    pub event: Value,
}

/// What one call of `append` added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appended {
    /// New things of these records, counted by the difference of the projection before and after.
    pub counters: Counters,
}

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Of {
    Traces,
    Spans,
}

/// Stops a search, an export or an undo: set by another thread, looked at between slices.
#[derive(Debug, Clone, Default)]
pub struct Cancel(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Cancel {
    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// True once asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// What a search asks for.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Traces or spans.
    pub of: Of,
    /// Order.
    pub sort: retake_query::Sort,
    /// Rows of a page.
    pub limit: usize,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Fields whose values are counted over the whole result.
    pub facets: Vec<String>,
    /// Stops it.
    pub cancel: Cancel,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            of: Of::Traces,
            sort: retake_query::Sort::default(),
            limit: 50,
            after: None,
            facets: Vec::new(),
            cancel: Cancel::default(),
        }
    }
}

/// Counted values by field, in the order asked for; most frequent first.
pub type Facets = Vec<(String, Vec<(String, u64)>)>;

/// A page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// Rows in order.
    pub rows: Vec<ListRow>,
    /// Size of the whole result.
    pub total: u64,
    /// False while texts that were just imported are not yet all looked through.
    pub total_exact: bool,
    /// Counted values by field, in the order asked for; most frequent first.
    pub facets: Facets,
    /// Cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

/// A result held in the core: ids in order, asked for by rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultSet {
    /// Names it in later calls.
    pub id: u64,
    /// How many rows.
    pub len: u64,
}

/// One column of a histogram over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramBucket {
    /// Left end, in.
    pub start_ns: i64,
    /// Right end, out.
    pub end_ns: i64,
    /// Traces that start within.
    pub n: u64,
    /// Those with an error.
    pub n_errors: u64,
}

/// One model call as the metrics see it. Unknown is `None`.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the words are the command line's contract; units are in the names")]
pub struct MetricPoint {
    pub trace_id: Id,
    pub span_id: Id,
    pub kind: SpanKind,
    pub time_ns: Option<i64>,
    pub tenant: Option<String>,
    pub user: Option<String>,
    pub feature: Option<String>,
    pub conversation: Option<String>,
    pub environment: Option<String>,
    pub provider: Option<String>,
    pub model: Option<String>,
    pub prompt: Option<String>,
    pub name: String,
    pub status: SpanStatus,
    pub latency_ms: Option<f64>,
    pub ttft_ms: Option<f64>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub cost_usd_nanos: Option<i64>,
    /// `rollup` and `duplicate` points are counted as requests, their tokens and cost are not summed.
    pub usage_scope: retake_model::UsageScope,
}

/// One check of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `integrity`, `foreign_keys`, `text_index`, `text_references`, `version`.
    pub id: String,
    /// Passed.
    pub ok: bool,
    /// What was seen.
    pub message: String,
    /// What to do, when not ok.
    pub hint: Option<String>,
}

/// A saved view of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewRow {
    /// Name.
    pub name: String,
    /// Query as text.
    pub query: String,
    /// Sort as text.
    pub sort: String,
}

/// A price table that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricingRow {
    /// `YYYY-MM-DD` from which it holds.
    pub date: String,
    /// Where it came from.
    pub source: String,
    /// The table as JSON text, in the form that `wire` reads.
    pub json: String,
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

/// Newest version of a document that any retrieval in the workspace has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentVersion {
    /// Document.
    pub document_id: String,
    /// Version as the source wrote it.
    pub version: Option<String>,
    /// When it was changed.
    pub updated_ns: Option<i64>,
    /// When a retrieval first showed it.
    pub first_seen_ns: Option<i64>,
}
