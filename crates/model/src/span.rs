//! A span: one timed operation of a trace, with all that its source said about it.

use crate::{Id, JsonMap, Message, Request, Retrieval, ToolDefinition, Usage, UsageScope};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words are the field's own")]
pub enum SpanKind {
    Llm,
    Embedding,
    Retriever,
    Reranker,
    Tool,
    Agent,
    Chain,
    Guardrail,
    Evaluator,
    Prompt,
    Http,
    #[default]
    Other,
}

impl SpanKind {
    /// Every kind, in the order in which pickers show them.
    pub const ALL: [Self; 12] = [
        Self::Llm,
        Self::Embedding,
        Self::Retriever,
        Self::Reranker,
        Self::Tool,
        Self::Agent,
        Self::Chain,
        Self::Guardrail,
        Self::Evaluator,
        Self::Prompt,
        Self::Http,
        Self::Other,
    ];

    /// The word in documents, columns and queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Embedding => "embedding",
            Self::Retriever => "retriever",
            Self::Reranker => "reranker",
            Self::Tool => "tool",
            Self::Agent => "agent",
            Self::Chain => "chain",
            Self::Guardrail => "guardrail",
            Self::Evaluator => "evaluator",
            Self::Prompt => "prompt",
            Self::Http => "http",
            Self::Other => "other",
        }
    }

    /// Inverse of [`SpanKind::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// Outcome as the source reported it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanStatus {
    /// Not stated. Shown as ok when nothing contradicts it.
    #[default]
    Unset,
    /// Stated as good.
    Ok,
    /// Stated as failed.
    Error,
}

impl SpanStatus {
    /// The word in documents and queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unset => "unset",
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

/// What a tool span really ran.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ToolExecution {
    /// Tool name.
    pub name: String,
    /// Id of the call that it executes, when recorded.
    pub call_id: Option<String>,
    /// Arguments as a JSON value (a string when they are not JSON).
    pub arguments: Option<Value>,
    /// Result as text.
    pub result: Option<String>,
    /// Description.
    pub description: Option<String>,
}

/// Something that happened at one time within a span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanEvent {
    /// Time.
    pub time_ns: i64,
    /// Name, `exception` for errors.
    pub name: String,
    /// Attributes.
    #[serde(default)]
    pub attributes: JsonMap,
}

/// A link to another span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpanLink {
    /// Trace of the other span.
    pub trace_id: Id,
    /// The other span.
    pub span_id: Id,
    /// Attributes.
    #[serde(default)]
    pub attributes: JsonMap,
}

/// Who gave a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreSource {
    /// A person.
    Human,
    /// A model as judge.
    Model,
    /// A program.
    Code,
    /// Not stated.
    Unknown,
}

/// An evaluation, annotation or piece of feedback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Name, as `thumbs`.
    pub name: String,
    /// Number, when there is one.
    pub value: Option<f64>,
    /// Label, when there is one.
    pub label: Option<String>,
    /// Why.
    pub explanation: Option<String>,
    /// By whom.
    pub source: ScoreSource,
}

/// One span, as one record says it or as the projection of all records about it. Fields that a record does not state
/// are `None` or empty: the projection takes, field by field, the value of the better record.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Span {
    /// Trace that it belongs to.
    pub trace_id: Option<Id>,
    /// Its id.
    pub span_id: Option<Id>,
    /// Parent; `None` is a root.
    pub parent_span_id: Option<Id>,
    /// Kind; `None` when the record does not tell (a log record).
    pub kind: Option<SpanKind>,
    /// Operation name.
    pub name: Option<String>,
    /// Start.
    pub start_ns: Option<i64>,
    /// End; `None` when unknown or never written. An end before the start is kept and flagged by the store.
    pub end_ns: Option<i64>,
    /// Outcome.
    pub status: SpanStatus,
    /// The source's words about the outcome.
    pub status_message: Option<String>,
    /// Class of the error: exception type, HTTP status or the vendor's word.
    pub error_type: Option<String>,

    /// Whose data.
    pub tenant: Option<String>,
    /// Who asked.
    pub user: Option<String>,
    /// Role of who asked.
    pub user_role: Option<String>,
    /// Product function.
    pub feature: Option<String>,
    /// Conversation, session or thread id.
    pub conversation: Option<String>,
    /// `production`, `staging`, …
    pub environment: Option<String>,
    /// The application's own id of the request, joins audit events.
    pub request_id: Option<String>,
    /// `service.name`.
    pub service: Option<String>,

    /// Prompt name.
    pub prompt_name: Option<String>,
    /// Prompt version as the source wrote it.
    pub prompt_version: Option<String>,
    /// Template text.
    pub prompt_template: Option<String>,
    /// Variables poured into the template.
    pub prompt_variables: Option<JsonMap>,

    /// `openai`, `anthropic`, `aws.bedrock`, …
    pub provider: Option<String>,
    /// Model asked for.
    pub request_model: Option<String>,
    /// Model that answered.
    pub response_model: Option<String>,
    /// The provider's id of the answer.
    pub response_id: Option<String>,
    /// Base URL that was called, when recorded.
    pub api_base: Option<String>,
    /// Messages of a model call that went in; `None` when the record carries none.
    pub input: Option<Vec<Message>>,
    /// Messages that came out (one per choice).
    pub output: Option<Vec<Message>>,
    /// Tools that were offered.
    pub tools: Option<Vec<ToolDefinition>>,
    /// Invocation parameters as recorded, unknown ones too (`temperature`, `grammar`, …), without model and messages.
    pub params: Option<JsonMap>,
    /// The request body itself, when it was captured.
    pub request_body: Option<Value>,
    /// True when `request_body` is what went over the wire (a recorded exchange), not a reconstruction of an SDK.
    pub body_verbatim: bool,
    /// `input.value` of a span that is no model call.
    pub input_value: Option<String>,
    /// `output.value` of a span that is no model call.
    pub output_value: Option<String>,
    /// Why the answer ended, canonical word or the vendor's own.
    pub finish_reason: Option<String>,
    /// From sending to the first token.
    pub ttft_ns: Option<i64>,
    /// Whether the answer was streamed, when known.
    pub streamed: Option<bool>,

    /// Tokens.
    pub usage: Usage,
    /// Whether `usage` is this span's own. Set by the projection of the trace.
    pub usage_scope: UsageScope,
    /// Cost that the source stated; a stated zero stays zero.
    pub reported_usd_nanos: Option<i64>,
    /// Cost from the price table, never mixed with the reported one.
    pub computed_usd_nanos: Option<i64>,

    /// Retrieval or rerank.
    pub retrieval: Option<Retrieval>,
    /// Tool execution.
    pub tool: Option<ToolExecution>,
    /// Scores.
    pub scores: Vec<Score>,
    /// Events.
    pub events: Vec<SpanEvent>,
    /// Links.
    pub links: Vec<SpanLink>,
    /// All attributes as recorded, message content excepted (it is in `input`, `output`, `retrieval`).
    pub attributes: JsonMap,
    /// Resource and scope attributes (`service.name`, `telemetry.sdk.*`; scope as `otel.scope.name`, `.version`).
    pub resource: JsonMap,
    /// True when a cache of the gateway or application answered.
    pub cache_hit: Option<bool>,
    /// The request as canonical form, filled by an importer that knows it better than the fields above (an exchange).
    pub request: Option<Request>,
}

impl Span {
    /// True for kinds whose usage and cost count: model calls, embeddings, reranks.
    pub fn is_model_call(&self) -> bool {
        matches!(self.kind, Some(SpanKind::Llm | SpanKind::Embedding | SpanKind::Reranker))
    }
}
