//! `show`, `context`, `findings`, `report`: what a trace holds.

use super::{Ns, document};

document! {
    /// A span of a tree.
    pub struct TreeSpan {
        /// Id.
        pub span_id: String,
        /// Parent; `null` is a root.
        pub parent_span_id: Option<String>,
        /// Kind.
        pub kind: String,
        /// Operation name.
        pub name: String,
        /// Start.
        pub start_ns: Option<Ns>,
        /// Duration.
        pub duration_ms: Option<f64>,
        /// Until the first token.
        pub ttft_ms: Option<f64>,
        /// `ok`, `error`, `unset`.
        pub status: String,
        /// Findings and structural flags.
        pub flags: Vec<String>,
        /// Model.
        pub model: Option<String>,
        /// Input tokens.
        pub input_tokens: Option<i64>,
        /// Output tokens.
        pub output_tokens: Option<i64>,
        /// Cost.
        pub cost_usd_nanos: Option<i64>,
        /// Documents retrieved.
        pub n_documents: u32,
    }

    /// A trace as a tree.
    pub struct Tree {
        /// Trace.
        pub trace_id: String,
        /// Roll-ups.
        pub summary: super::search::Row,
        /// Request id of the application.
        pub request_id: Option<String>,
        /// Role of who asked.
        pub user_role: Option<String>,
        /// Earliest start of all its spans: where the time axis begins.
        pub start_ns: Option<super::Ns>,
        /// Latest end of all its spans.
        pub end_ns: Option<super::Ns>,
        /// Spans by start: all, or the first of them where the question bounds them (`summary.n_spans` is how many there are).
        pub spans: Vec<TreeSpan>,
    }

    /// A trace.
    pub struct TraceRequest {
        /// Its id, or what leads to it.
        pub id: String,
        /// Spans to give at most; all without it. `trace_spans` gives the others.
        #[serde(default)]
        pub spans: Option<u32>,
    }

    /// Further spans of a trace.
    pub struct SpansRequest {
        /// Trace.
        pub trace_id: String,
        /// Spans to leave out, in the order of the tree's.
        pub from: u32,
        /// Spans to give, 20,000 at most.
        pub count: u32,
    }

    /// Spans of a trace.
    pub struct Spans {
        /// Those that were asked for; none beyond the last.
        pub spans: Vec<TreeSpan>,
    }

    /// Words within a trace.
    pub struct FindRequest {
        /// Trace.
        pub trace_id: String,
        /// What is looked for, as it stands.
        pub text: String,
        /// Capitals and small letters are two.
        #[serde(default)]
        pub match_case: bool,
        /// Nothing of a word beside it.
        #[serde(default)]
        pub whole_word: bool,
        /// Hits to leave out.
        pub from: u32,
        /// Hits to give, 500 at most.
        pub count: u32,
    }

    /// A place of a trace where words stand.
    pub struct FoundPlace {
        /// Span.
        pub span_id: String,
        /// `name`, `status`, `message`, `tools`, `input`, `output`, `attributes`, `document`.
        pub section: String,
        /// Index of the message; id of the document.
        pub at: Option<String>,
        /// Part of the message.
        pub part: Option<u32>,
        /// `text`, `name`, `title` or `json`.
        pub field: String,
        /// JSON pointer of the member whose key or value it is.
        pub path: Option<String>,
        /// Which of those there, from 0.
        pub nth: u32,
    }

    /// Places in the order of the spans.
    pub struct Found {
        /// Those that were asked for.
        pub places: Vec<FoundPlace>,
        /// How many there are.
        pub total: u64,
    }

    /// Where a piece of a message came from.
    pub struct Band {
        /// First character.
        pub start: u32,
        /// One past the last.
        pub end: u32,
        /// Document.
        pub document_id: Option<String>,
    }

    /// A part of a message, flattened: fields that its type does not have are `null`.
    pub struct PartView {
        /// `text`, `image`, `tool_call`, `tool_result`, `reasoning`, `file`, `opaque`.
        #[serde(rename = "type")]
        #[ts(rename = "type")]
        pub kind: String,
        /// Text, for text, reasoning and tool results.
        pub text: Option<String>,
        /// Id of a tool call.
        pub id: Option<String>,
        /// Tool or file name.
        pub name: Option<String>,
        /// Arguments of a tool call.
        #[ts(type = "unknown")]
        pub arguments: Option<serde_json::Value>,
        /// Address of an image or file.
        pub url: Option<String>,
        /// Media type.
        pub media_type: Option<String>,
        /// Whether a tool reported an error.
        pub is_error: Option<bool>,
        /// A vendor's block, as recorded.
        #[ts(type = "unknown")]
        pub json: Option<serde_json::Value>,
    }

    /// A message as the model saw it.
    pub struct MessageView {
        /// `system`, `user`, `assistant`, `tool`.
        pub role: String,
        /// `input` or `output`.
        pub direction: String,
        /// Parts in order.
        pub parts: Vec<PartView>,
        /// `present`, `absent`, `redacted`, `truncated`, `external`.
        pub content_state: String,
        /// Span that first carried the message in this conversation; `null` when it is this one.
        pub introduced_by: Option<String>,
        /// `trusted` or `untrusted`.
        pub trust: String,
        /// Size, estimated.
        pub estimated_tokens: u32,
        /// Retrieved passages within the joined text.
        pub bands: Vec<Band>,
    }

    /// A tool that was offered.
    pub struct ToolView {
        /// Name.
        pub name: String,
        /// Description.
        pub description: Option<String>,
        /// JSON Schema of the arguments.
        #[ts(type = "unknown")]
        pub parameters: serde_json::Value,
    }

    /// Messages of one model call.
    pub struct Messages {
        /// Trace.
        pub trace_id: String,
        /// Model call.
        pub span_id: String,
        /// Model calls of the trace in order, for stepping.
        pub calls: Vec<String>,
        /// Messages: input, then output.
        pub messages: Vec<MessageView>,
        /// Tools that were offered.
        pub tools: Vec<ToolView>,
    }

    /// Where a document stands.
    pub struct PlacedView {
        /// Message index.
        pub message: u32,
        /// First character.
        pub start: u32,
        /// One past the last.
        pub end: u32,
    }

    /// A retrieved document.
    pub struct DocumentView {
        /// Id.
        pub document_id: Option<String>,
        /// 1 is the first.
        pub rank: u32,
        /// Rank after reranking.
        pub rerank: Option<u32>,
        /// Score of the retriever.
        pub score: Option<f64>,
        /// What the score is.
        pub score_kind: Option<String>,
        /// Score of the reranker.
        pub rerank_score: Option<f64>,
        /// Version.
        pub version: Option<String>,
        /// Newest version that the workspace knows, when it is another one.
        pub newer_version: Option<String>,
        /// Last change.
        pub updated_ns: Option<Ns>,
        /// Owner.
        pub tenant: Option<String>,
        /// Title.
        pub title: Option<String>,
        /// Collection.
        pub source: Option<String>,
        /// Passage.
        pub content: Option<String>,
        /// Placements in the prompt of the model call.
        pub placed: Vec<PlacedView>,
        /// Whether it was cut.
        pub truncated: bool,
        /// Whether the answer names it.
        pub cited: bool,
        /// Whether it belongs to another tenant.
        pub foreign: bool,
        /// Whether its source is written by users, as the policy says.
        pub untrusted: bool,
        /// Span that retrieved it.
        pub span_id: String,
    }

    /// A finding.
    pub struct FindingView {
        /// Trace.
        pub trace_id: String,
        /// Span.
        pub span_id: String,
        /// Rule.
        pub code: String,
        /// `high`, `medium`, `low`, `info`.
        pub severity: String,
        /// What it is about.
        pub subject: String,
        /// One sentence.
        pub message: String,
        /// Facts.
        #[ts(type = "unknown")]
        pub evidence: serde_json::Value,
    }

    /// Context of a trace or call.
    pub struct Context {
        /// Trace.
        pub trace_id: String,
        /// Model call whose prompt is meant.
        pub span_id: Option<String>,
        /// The question to the retriever.
        pub query: Option<String>,
        /// Documents by rank.
        pub documents: Vec<DocumentView>,
        /// Findings on this trace.
        pub findings: Vec<FindingView>,
    }

    /// Findings.
    pub struct Findings {
        /// Findings, worst first.
        pub findings: Vec<FindingView>,
    }

    /// An audit event of a trace.
    pub struct AuditView {
        /// Time.
        pub time_ns: Option<Ns>,
        /// Who.
        pub actor: Option<String>,
        /// Role.
        pub role: Option<String>,
        /// What.
        pub action: Option<String>,
        /// To what.
        pub resource: Option<String>,
        /// `allowed`, `denied`, `asked`, `unknown`.
        pub decision: String,
        /// Tenant.
        pub tenant: Option<String>,
        /// `trace_id`, `request_id`, `actor_and_time`.
        pub joined_by: String,
        /// The log's own id.
        pub event_id: Option<String>,
        /// Why.
        pub reason: Option<String>,
        /// Span that it is about.
        pub span_id: Option<String>,
    }

    /// What should be in the audit log and is not.
    pub struct MissingAudit {
        /// Tool span.
        pub span_id: String,
        /// Tool.
        pub tool: String,
        /// When it ran.
        pub time_ns: Option<Ns>,
        /// Actions that are missing.
        pub actions: Vec<String>,
    }

    /// Audit events of a trace, by time.
    pub struct Audit {
        /// Trace.
        pub trace_id: String,
        /// Events.
        pub events: Vec<AuditView>,
        /// Gaps.
        pub missing: Vec<MissingAudit>,
    }

    /// A record as it came.
    pub struct RawView {
        /// Batch.
        pub batch_id: String,
        /// File.
        pub path: String,
        /// Offset.
        pub byte_offset: u64,
        /// Format.
        pub source: String,
        /// `span`, `log_record`, `exchange`, `audit_event`, `score`, `rejected`.
        pub kind: String,
        /// The record; JSON when it is.
        #[ts(type = "unknown")]
        pub body: serde_json::Value,
    }

    /// Raw records of an entity.
    pub struct Raw {
        /// Records.
        pub records: Vec<RawView>,
    }

    /// Fidelity of one field.
    pub struct FieldFidelityView {
        /// Path in the body.
        pub path: String,
        /// `verbatim` … `lost`.
        pub state: String,
        /// Why.
        pub why: String,
    }

    /// Fidelity of a request.
    pub struct FidelityView {
        /// Worst level that matters.
        pub level: String,
        /// By field.
        pub fields: Vec<FieldFidelityView>,
    }

    /// A rebuilt request.
    pub struct RequestView {
        /// Trace.
        pub trace_id: String,
        /// Model call.
        pub span_id: String,
        /// Fidelity.
        pub fidelity: FidelityView,
        /// The body.
        #[ts(type = "unknown")]
        pub request: serde_json::Value,
    }

    /// An incident report.
    pub struct Report {
        /// Trace.
        pub trace_id: String,
        /// `md`.
        pub format: String,
        /// The text.
        pub text: String,
    }

    /// A report that was written to a file.
    pub struct SavedReport {
        /// File; nothing when the dialog was dismissed.
        pub path: Option<String>,
    }

    /// A span with its attributes.
    pub struct SpanDetail {
        /// Trace.
        pub trace_id: String,
        /// Span.
        pub span_id: String,
        /// Name.
        pub name: String,
        /// Kind.
        pub kind: String,
        /// Status message.
        pub status_message: Option<String>,
        /// Error class.
        pub error_type: Option<String>,
        /// Input of a span that is no model call.
        pub input_value: Option<String>,
        /// Output of a span that is no model call.
        pub output_value: Option<String>,
        /// Attributes.
        #[ts(type = "Record<string, unknown>")]
        pub attributes: serde_json::Value,
        /// Resource.
        #[ts(type = "Record<string, unknown>")]
        pub resource: serde_json::Value,
        /// Events.
        #[ts(type = "unknown")]
        pub events: serde_json::Value,
    }

    /// A span within a trace.
    pub struct SpanRequest {
        /// Trace.
        pub trace_id: String,
        /// Span; for views of a model call the nearest one is taken when absent.
        #[serde(default)]
        pub span_id: Option<String>,
    }

    /// Findings of a query.
    pub struct FindingsRequest {
        /// Query over traces; all when absent.
        #[serde(default)]
        pub query: Option<String>,
    }

    /// A snippet.
    pub struct SnippetRequest {
        /// Trace.
        pub trace_id: String,
        /// Span.
        #[serde(default)]
        pub span_id: Option<String>,
        /// `curl`, `python`, `typescript`.
        pub language: String,
    }

    /// Plain text.
    pub struct Text {
        /// The text.
        pub text: String,
    }
}
