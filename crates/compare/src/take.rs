//! Comparison of whole takes: text, JSON, tool calls, and the deltas of cost, latency and tokens.
//!
//! Deltas are the second minus the first; `None` when either side does not know the number.

use crate::json::{self, JsonChange};
use crate::text::{TextDiff, diff_words};
use crate::tool_calls::{self, CallRow};
use retake_model::{FinishReason, ToolCall, Usage};
use serde::{Deserialize, Serialize};

/// What is known of one answer, recorded or replayed: the facts that comparison and assertions judge by.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TakeFacts {
    /// Id of the take, or of the span whose recorded answer this is.
    pub take_id: Option<String>,
    /// Name of the variant; `original` for a recorded answer.
    pub variant: Option<String>,
    /// Model that answered.
    pub model: Option<String>,
    /// Answer text; `None` when it was not recorded, empty when the model wrote none.
    pub output_text: Option<String>,
    /// Tool calls in order; `None` when it is not known whether there were any.
    pub tool_calls: Option<Vec<ToolCall>>,
    /// Why the answer ended.
    pub finish_reason: Option<FinishReason>,
    /// From sending to the end.
    pub latency_ms: Option<f64>,
    /// From sending to the first token.
    pub ttft_ms: Option<f64>,
    /// Tokens.
    pub usage: Usage,
    /// Cost shown for it.
    pub cost_usd_nanos: Option<i64>,
    /// Documents of its context; `None` when they are those of the recorded request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<DocumentFacts>>,
}

/// What is known of one document of a context.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentFacts {
    /// Id in the knowledge base.
    pub document_id: Option<String>,
    /// Version as the source wrote it.
    pub version: Option<String>,
    /// Whether it stood in the prompt; `None` when that cannot be told.
    pub placed: Option<bool>,
    /// The passage.
    pub content: Option<String>,
}

/// Second minus first.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Deltas {
    /// Cost.
    pub cost_usd_nanos: Option<i64>,
    /// Latency.
    pub latency_ms: Option<f64>,
    /// Time to the first token.
    pub ttft_ms: Option<f64>,
    /// Input and output together.
    pub tokens: Option<i64>,
    /// Input, cached or not.
    pub input_tokens: Option<i64>,
    /// Output, reasoning included.
    pub output_tokens: Option<i64>,
}

/// The difference of two takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Index of the first take.
    pub a: usize,
    /// Index of the second take.
    pub b: usize,
    /// Words; `None` when the text of either is not recorded.
    pub text: Option<TextDiff>,
    /// Structure, when both answers are JSON; an empty list is the same value.
    pub json: Option<Vec<JsonChange>>,
    /// Tool calls; `None` when those of either are not recorded.
    pub tool_calls: Option<Vec<CallRow>>,
    /// Numbers.
    pub deltas: Deltas,
}

/// Two or more takes, the first against each other one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The takes as given.
    pub takes: Vec<TakeFacts>,
    /// First against second, first against third, …
    pub pairs: Vec<Pair>,
}

/// Compares the first take against each other one. Fewer than two takes make no pair.
pub fn compare(takes: &[TakeFacts]) -> Comparison {
    let pairs = match takes.split_first() {
        Some((first, others)) => others.iter().enumerate().map(|(i, other)| pair(first, other, i + 1)).collect(),
        None => Vec::new(),
    };
    Comparison { takes: takes.to_vec(), pairs }
}

fn pair(a: &TakeFacts, b: &TakeFacts, index: usize) -> Pair {
    let texts = a.output_text.as_deref().zip(b.output_text.as_deref());
    let values = texts.and_then(|(a, b)| Some((json_answer(a)?, json_answer(b)?)));
    Pair {
        a: 0,
        b: index,
        text: texts.map(|(a, b)| diff_words(a, b)),
        json: values.map(|(a, b)| json::diff(&a, &b)),
        tool_calls: a.tool_calls.as_deref().zip(b.tool_calls.as_deref()).map(|(a, b)| tool_calls::align(a, b)),
        deltas: deltas(a, b),
    }
}

/// An answer that is a JSON object or list. A bare word or number is JSON too, but nobody wants it shown as a tree.
fn json_answer(text: &str) -> Option<serde_json::Value> {
    json::parse_answer(text).filter(|value| value.is_object() || value.is_array())
}

fn deltas(a: &TakeFacts, b: &TakeFacts) -> Deltas {
    let whole = |a: Option<i64>, b: Option<i64>| a.zip(b).and_then(|(a, b)| b.checked_sub(a));
    let tokens = |usage: &Usage| usage.input_tokens().zip(usage.output_tokens()).map(|(input, output)| input + output);
    Deltas {
        cost_usd_nanos: whole(a.cost_usd_nanos, b.cost_usd_nanos),
        latency_ms: a.latency_ms.zip(b.latency_ms).map(|(a, b)| b - a),
        ttft_ms: a.ttft_ms.zip(b.ttft_ms).map(|(a, b)| b - a),
        tokens: whole(tokens(&a.usage), tokens(&b.usage)),
        input_tokens: whole(a.usage.input_tokens(), b.usage.input_tokens()),
        output_tokens: whole(a.usage.output_tokens(), b.usage.output_tokens()),
    }
}
