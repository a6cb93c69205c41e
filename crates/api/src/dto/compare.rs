//! `compare`: takes side by side.

use super::{Ns, document, replay::Take};

document! {
    /// One step of a text diff. The joins of all `a` and of all `b` are the two texts.
    pub struct TextOp {
        /// `equal`, `delete`, `insert`, `replace`.
        pub op: String,
        /// Piece of the first text.
        pub a: String,
        /// Piece of the second text.
        pub b: String,
    }

    /// Diff of two texts.
    pub struct TextDiff {
        /// 0 to 1.
        pub similarity: f64,
        /// Steps.
        pub ops: Vec<TextOp>,
    }

    /// One difference of two JSON values.
    pub struct JsonChange {
        /// JSON pointer in the first value; of an addition, in the second.
        pub path: String,
        /// JSON pointer in the second value, where it stands at another place there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        pub to: Option<String>,
        /// `add`, `remove`, `change`, `move`.
        pub op: String,
        /// Value in the first.
        #[ts(type = "unknown")]
        pub a: Option<serde_json::Value>,
        /// Value in the second.
        #[ts(type = "unknown")]
        pub b: Option<serde_json::Value>,
    }

    /// Aligned tool calls.
    pub struct ToolCallPair {
        /// `equal`, `changed`, `only_a`, `only_b`.
        pub op: String,
        /// Call of the first.
        pub a: Option<super::replay::ToolCallView>,
        /// Call of the second.
        pub b: Option<super::replay::ToolCallView>,
        /// Differences of the arguments.
        pub changes: Vec<JsonChange>,
    }

    /// Second minus first; `null` when either is unknown.
    pub struct Deltas {
        /// Cost.
        pub cost_usd_nanos: Option<i64>,
        /// Latency.
        pub latency_ms: Option<f64>,
        /// First token.
        pub ttft_ms: Option<f64>,
        /// Input and output tokens together.
        pub tokens: Option<i64>,
    }

    /// The first take against one other.
    pub struct Pair {
        /// The other take.
        pub take_id: String,
        /// Text.
        pub text: TextDiff,
        /// JSON, when both answers are JSON.
        pub json: Option<Vec<JsonChange>>,
        /// Tool calls.
        pub tool_calls: Vec<ToolCallPair>,
        /// Deltas.
        pub deltas: Deltas,
    }

    /// Comparison. The top-level fields are the first take against the second.
    pub struct Comparison {
        /// Takes in the order given.
        pub takes: Vec<Take>,
        /// Text.
        pub text: TextDiff,
        /// JSON, when both answers are JSON.
        pub json: Option<Vec<JsonChange>>,
        /// Tool calls.
        pub tool_calls: Vec<ToolCallPair>,
        /// Deltas.
        pub deltas: Deltas,
        /// The first take against each further one.
        pub pairs: Vec<Pair>,
        /// The vote in force on exactly these takes, in whatever order.
        #[serde(default)]
        pub vote: Option<Vote>,
    }

    /// What to compare.
    pub struct CompareRequest {
        /// Takes; a span's id stands for its recorded answer.
        pub takes: Vec<String>,
        /// `word` (default) or `line`.
        #[serde(default)]
        pub unit: Option<String>,
    }

    /// A vote on takes side by side.
    pub struct Vote {
        /// Id.
        pub vote_id: String,
        /// When.
        pub at_ns: Ns,
        /// The takes in the order in which they were shown; a span's id stands for its recorded answer.
        pub takes: Vec<String>,
        /// `take` (one is better), `tie`, `both_bad`.
        pub choice: String,
        /// The better take.
        pub winner: Option<String>,
        /// Why, in the voter's words.
        pub note: Option<String>,
        /// Whether the names of the takes were hidden.
        pub blind: bool,
    }

    /// A vote to keep. It takes the place of an earlier one on the same takes.
    pub struct VoteRequest {
        /// Takes in the order in which they were shown; a span's id stands for its recorded answer.
        pub takes: Vec<String>,
        /// `take`, `tie`, `both_bad`.
        pub choice: String,
        /// The better one of the takes, for `take`.
        #[serde(default)]
        pub winner: Option<String>,
        /// Why.
        #[serde(default)]
        pub note: Option<String>,
        /// Whether the names of the takes were hidden.
        #[serde(default)]
        pub blind: bool,
    }

    /// Which vote to take back.
    pub struct VoteUndoRequest {
        /// Its takes, in any order.
        pub takes: Vec<String>,
    }

    /// The vote in force after a change.
    pub struct Voted {
        /// The vote; `null` when there is none.
        pub vote: Option<Vote>,
    }

    /// The takes of one case under one variant, against the recorded answer.
    pub struct MatrixCell {
        /// The take of the first repeat.
        pub take_id: String,
        /// State: `done` when every repeat is, else of the first repeat that is not.
        pub status: String,
        /// Repeats.
        pub repeats: u32,
        /// Repeats that say the same as the recorded answer; `null` while none can be compared.
        pub same: Option<u32>,
        /// `same`, `words`, `tool_calls` (which weigh more than words); `null` when it cannot be compared.
        pub verdict: Option<String>,
        /// Words that differ, of the repeat that differs most.
        pub words: Option<u32>,
        /// Tool calls that differ, of the repeat that differs most.
        pub tool_calls: Option<u32>,
        /// Means over the repeats; `null` when one is unknown.
        pub deltas: Deltas,
    }

    /// One case of a run.
    pub struct MatrixRow {
        /// Trace.
        pub trace_id: Option<String>,
        /// Span.
        pub span_id: Option<String>,
        /// The last that the user said.
        pub question: Option<String>,
        /// One cell a variant; `null` where the call was left out.
        pub cells: Vec<Option<MatrixCell>>,
        /// 0 (every variant says what was recorded) to 1 (no word in common, or other tool calls, or failed): the mean
        /// over the variants; `null` while nothing can be compared.
        pub disagreement: Option<f64>,
    }

    /// A run as cases by variants.
    pub struct Matrix {
        /// Run.
        pub run_id: String,
        /// State of the run.
        pub status: String,
        /// Variants in the order of the plan.
        pub variants: Vec<String>,
        /// Cases in the order of the plan.
        pub rows: Vec<MatrixRow>,
    }
}
