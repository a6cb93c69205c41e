//! `replay`, `runs`, takes and their chunks.

use super::{Ns, compare::Vote, document};

document! {
    /// Tokens of a take, inclusive totals.
    pub struct UsageView {
        /// Input, cache included.
        pub input_tokens: Option<i64>,
        /// Output, reasoning included.
        pub output_tokens: Option<i64>,
        /// Read from a cache.
        pub cache_read_tokens: Option<i64>,
        /// Written to a cache.
        pub cache_write_tokens: Option<i64>,
        /// Reasoning.
        pub reasoning_tokens: Option<i64>,
    }

    /// A tool call of an answer.
    pub struct ToolCallView {
        /// Vendor's id.
        pub id: Option<String>,
        /// Tool.
        pub name: String,
        /// Arguments as a JSON value.
        #[ts(type = "unknown")]
        pub arguments: serde_json::Value,
    }

    /// An error of a take.
    pub struct TakeError {
        /// Code.
        pub code: String,
        /// Message.
        pub message: String,
        /// What to do, where that depends on the take: which connection's key, say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub hint: Option<String>,
    }

    /// A take.
    pub struct Take {
        /// Id; for a recorded answer the span's id.
        pub take_id: String,
        /// Run; `null` for a recorded answer.
        pub run_id: Option<String>,
        /// Trace that it replays.
        pub trace_id: Option<String>,
        /// Span that it replays.
        pub span_id: Option<String>,
        /// Variant.
        pub variant: String,
        /// Repeat, from 0.
        pub repeat: u32,
        /// `done`, `failed`, `interrupted`, `cancelled`, `pending`.
        pub status: String,
        /// Answer text; what was committed of an unfinished one.
        pub output_text: Option<String>,
        /// Tool calls.
        pub tool_calls: Vec<ToolCallView>,
        /// Why it ended.
        pub finish_reason: Option<String>,
        /// Provider.
        pub provider: Option<String>,
        /// Model.
        pub model: Option<String>,
        /// From sending to the end.
        pub latency_ms: Option<f64>,
        /// From sending to the first token.
        pub ttft_ms: Option<f64>,
        /// Tokens.
        pub usage: UsageView,
        /// Cost.
        pub cost_usd_nanos: Option<i64>,
        /// Fidelity of the request.
        pub fidelity: Option<String>,
        /// Whether a cache answered.
        pub cached: bool,
        /// Error.
        pub error: Option<TakeError>,
        /// When it was sent.
        pub started_ns: Option<Ns>,
        /// The body that was sent.
        #[ts(type = "unknown")]
        pub request: Option<serde_json::Value>,
    }

    /// What is done and what is left.
    pub struct RunCounts {
        /// Finished.
        pub done: u32,
        /// Failed.
        pub failed: u32,
        /// Without a finished take.
        pub pending: u32,
    }

    /// A call that cannot be sent, beside others that can.
    pub struct LeftOutView {
        /// Trace.
        pub trace_id: Option<String>,
        /// Span.
        pub span_id: Option<String>,
        /// Variant.
        pub variant: String,
        /// Code: `RTK-R004` for a removed secret, `RTK-R005` where nothing was recorded.
        pub code: String,
        /// Why, in words.
        pub message: String,
    }

    /// A run.
    pub struct Run {
        /// Id.
        pub run_id: String,
        /// `running`, `done`, `failed`, `interrupted`, `cancelled`, `stopped`.
        pub status: String,
        /// Counts.
        pub counts: RunCounts,
        /// Start.
        pub started_ns: Ns,
        /// Spent so far; `null` when a call that was paid for has no known price.
        pub spent_usd_nanos: Option<i64>,
        /// Limit.
        pub max_usd_nanos: Option<i64>,
        /// Destinations.
        pub destinations: Vec<String>,
        /// Takes in the order of the plan.
        pub takes: Vec<Take>,
        /// Calls that cannot be sent and have no take.
        #[serde(default)]
        #[ts(as = "Option<Vec<LeftOutView>>", optional)]
        pub left_out: Vec<LeftOutView>,
        /// Votes in force on its takes, newest first.
        #[serde(default)]
        pub votes: Vec<Vote>,
    }

    /// A run to read.
    pub struct RunRequest {
        /// Id in full or as a unique prefix.
        pub id: String,
        /// Only the takes of this span; the counts are of the whole run.
        #[serde(default)]
        pub span_id: Option<String>,
    }

    /// A run to go on with: what has no finished take is sent.
    pub struct ResumeRequest {
        /// Id in full or as a unique prefix.
        pub id: String,
        /// Calls that failed are sent again as well.
        #[serde(default)]
        pub failed: bool,
        /// Only the call of this take, and also when it failed.
        #[serde(default)]
        pub take_id: Option<String>,
    }

    /// A run in a list.
    pub struct RunSummary {
        /// Id.
        pub run_id: String,
        /// State.
        pub status: String,
        /// Start.
        pub started_ns: Ns,
        /// Counts.
        pub counts: RunCounts,
        /// Names of its variants.
        pub variants: Vec<String>,
    }

    /// Runs, newest first.
    pub struct Runs {
        /// Runs.
        pub runs: Vec<RunSummary>,
    }

    /// What a conversion cannot keep.
    pub struct LossView {
        /// Variant.
        pub variant: String,
        /// Path in the request.
        pub path: String,
        /// What happens to it.
        pub what: String,
        /// Why.
        pub why: String,
    }

    /// Estimate of a run.
    pub struct Estimate {
        /// Calls.
        pub calls: u32,
        /// Input tokens, estimated.
        pub input_tokens: u64,
        /// Output tokens at most.
        pub output_tokens: u64,
        /// Cost at most; `null` when a model has no price.
        pub cost_usd_nanos: Option<i64>,
        /// `host:port` that would be contacted.
        pub destinations: Vec<String>,
        /// Destinations that this workspace has not been allowed before.
        pub new_destinations: Vec<String>,
        /// Models without a price.
        pub unpriced: Vec<String>,
        /// What conversions lose.
        pub losses: Vec<LossView>,
        /// Calls that cannot be sent and are left out of the run.
        #[serde(default)]
        #[ts(as = "Option<Vec<LeftOutView>>", optional)]
        pub left_out: Vec<LeftOutView>,
        /// Lowest fidelity of the requests.
        pub fidelity: Option<String>,
        /// The plan in a sentence.
        pub sentence: String,
    }

    /// A variant as the window builds it; the command line's SPEC is the same in text.
    pub struct VariantInput {
        /// Name.
        #[serde(default)]
        pub name: Option<String>,
        /// SPEC of the command line (`provider=…,drop-doc=…`), or `original`.
        #[serde(default)]
        pub spec: Option<String>,
        /// Messages replaced, by index.
        #[serde(default)]
        pub messages: Vec<MessageEdit>,
        /// Parameters set (`null` removes).
        #[serde(default)]
        #[ts(type = "Record<string, unknown>")]
        pub params: Option<serde_json::Value>,
    }

    /// A request to be written as a program.
    pub struct ReplaySnippetRequest {
        /// What is replayed, and under which variant; the first of each counts.
        pub replay: ReplayRequest,
        /// `curl`, `python`, `typescript`.
        pub language: String,
    }

    /// An edited message.
    pub struct MessageEdit {
        /// Index in the request.
        pub index: u32,
        /// New text.
        pub text: String,
    }

    /// A run to plan or start.
    pub struct ReplayRequest {
        /// Traces or spans, in full or as a unique prefix.
        #[serde(default)]
        pub ids: Vec<String>,
        /// Query over traces instead.
        #[serde(default)]
        pub query: Option<String>,
        /// A pasted request (JSON body, curl command) instead.
        #[serde(default)]
        pub request: Option<String>,
        /// Variants.
        #[serde(default)]
        pub variants: Vec<VariantInput>,
        /// A plan file's text instead of variants.
        #[serde(default)]
        pub plan: Option<String>,
        /// Repeats.
        #[serde(default)]
        pub repeats: Option<u32>,
        /// Spending limit in dollars.
        #[serde(default)]
        pub max_usd: Option<f64>,
        /// Calls at once.
        #[serde(default)]
        pub concurrency: Option<u32>,
        /// Lowest fidelity that is accepted.
        #[serde(default)]
        pub accept_fidelity: Option<String>,
        /// Destinations that may be contacted.
        #[serde(default)]
        pub allow_destinations: Vec<String>,
        /// Whether models without a price may be called.
        #[serde(default)]
        pub allow_unpriced: bool,
    }

    /// A started run.
    pub struct Started {
        /// Run.
        pub run_id: String,
        /// Job.
        pub job_id: String,
    }

    /// Chunks that the caller has not seen.
    pub struct ChunksRequest {
        /// Take.
        pub take_id: String,
        /// Last number seen; `null` from the start.
        #[serde(default)]
        pub seen: Option<u32>,
    }

    /// One committed chunk.
    pub struct Chunk {
        /// Number.
        pub seq: u32,
        /// Since sending.
        pub at_ms: f64,
        /// `text`, `reasoning`, `tool_arguments`, `event`.
        pub kind: String,
        /// Which tool call.
        pub index: u32,
        /// Text.
        pub text: String,
    }

    /// Chunks.
    pub struct Chunks {
        /// In order.
        pub chunks: Vec<Chunk>,
        /// Last number.
        pub last_seq: Option<u32>,
        /// State of the take.
        pub status: String,
    }

    /// Takes of a span.
    pub struct Takes {
        /// Takes, newest first; the recorded answer last, as variant `original`.
        pub takes: Vec<Take>,
        /// Votes in force that any of them stands in, newest first.
        #[serde(default)]
        pub votes: Vec<Vote>,
    }

    /// What was sent to where.
    pub struct LedgerEntry {
        /// When.
        pub at_ns: Ns,
        /// `host:port`.
        pub destination: String,
        /// Why.
        pub why: String,
        /// Bytes sent.
        pub bytes_sent: u64,
        /// Bytes received.
        pub bytes_received: u64,
        /// Take.
        pub take_id: Option<String>,
    }

    /// Ledger, newest first.
    pub struct Ledger {
        /// Calls since midnight UTC.
        pub calls_today: u64,
        /// Bytes sent in their bodies.
        pub bytes_sent_today: u64,
        /// Entries.
        pub entries: Vec<LedgerEntry>,
    }
}

impl ReplayRequest {
    /// One span under one SPEC; nothing else is said.
    pub fn of(span: String, spec: String) -> Self {
        let variant = VariantInput { name: None, spec: Some(spec), messages: Vec::new(), params: None };
        Self {
            ids: vec![span],
            query: None,
            request: None,
            variants: vec![variant],
            plan: None,
            repeats: None,
            max_usd: None,
            concurrency: None,
            accept_fidelity: None,
            allow_destinations: Vec::new(),
            allow_unpriced: false,
        }
    }
}
