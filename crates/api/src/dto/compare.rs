//! `compare`: takes side by side.

use super::{document, replay::Take};

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
        /// JSON pointer.
        pub path: String,
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
    }

    /// What to compare.
    pub struct CompareRequest {
        /// Takes; a span's id stands for its recorded answer.
        pub takes: Vec<String>,
        /// `word` (default) or `line`.
        #[serde(default)]
        pub unit: Option<String>,
    }
}
