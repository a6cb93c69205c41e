//! The canonical request and answer: what goes to a provider and what comes back, free of any vendor's shape.

use crate::{JsonMap, Message, ToolDefinition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request to a model. System text is a message of role `system`, in its place.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    /// Shape that it was recorded in: `openai` (chat), `anthropic`; `None` when rebuilt from span fields.
    pub api: Option<String>,
    /// Model asked for.
    pub model: Option<String>,
    /// Messages in order.
    pub messages: Vec<Message>,
    /// Tools offered.
    pub tools: Vec<ToolDefinition>,
    /// All other fields of the body as recorded, known and unknown: `temperature`, `max_tokens`, `seed`, `tool_choice`,
    /// `response_format`, `grammar`, `cache_prompt`, … Same vendor: they go out as they are.
    pub params: JsonMap,
    /// Messages of the recorded body whose own form says more than `messages` does (an explicit empty content, the
    /// spacing of tool arguments, vendor's extra keys). A message that is still equal goes out in this form; an edited
    /// one does not. Written by `wire`, empty elsewhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recorded_forms: Vec<Value>,
}

/// How exactly a field of a request could be rebuilt, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fidelity {
    /// The body itself was captured.
    Verbatim,
    /// The body was captured and secrets were removed from it.
    VerbatimRedacted,
    /// Recorded as such, in another encoding.
    Exact,
    /// Follows from what was recorded.
    Derived,
    /// A default that the record does not contradict.
    Assumed,
    /// Cannot be told.
    Lost,
}

impl Fidelity {
    /// The word in documents and options.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verbatim => "verbatim",
            Self::VerbatimRedacted => "verbatim_redacted",
            Self::Exact => "exact",
            Self::Derived => "derived",
            Self::Assumed => "assumed",
            Self::Lost => "lost",
        }
    }

    /// Inverse of [`Fidelity::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Verbatim, Self::VerbatimRedacted, Self::Exact, Self::Derived, Self::Assumed, Self::Lost]
            .into_iter()
            .find(|level| level.as_str() == word)
    }
}

/// Fidelity of one field, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldFidelity {
    /// Path in the request body: `messages[0].content`, `temperature`.
    pub path: String,
    /// State.
    pub state: Fidelity,
    /// Why, one clause.
    pub why: String,
}

/// The model's request for a tool, as a take reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Vendor's id.
    pub id: Option<String>,
    /// Tool name.
    pub name: String,
    /// Arguments as a JSON value; a string when the model wrote something that is not JSON.
    pub arguments: Value,
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// Complete.
    Stop,
    /// Cut by the token limit.
    Length,
    /// The model asks for tools.
    ToolCalls,
    /// Withheld by a filter.
    ContentFilter,
    /// The provider reported an error within the answer.
    Error,
    /// Another vendor's word.
    #[serde(untagged)]
    Other(String),
}

impl FinishReason {
    /// Reads any vendor's word.
    pub fn parse(word: &str) -> Self {
        match word {
            "stop" | "end_turn" | "STOP" | "stop_sequence" | "completed" => Self::Stop,
            "length" | "max_tokens" | "MAX_TOKENS" => Self::Length,
            "tool_calls" | "tool_use" | "tool_call" | "function_call" => Self::ToolCalls,
            "content_filter" | "refusal" | "SAFETY" | "guardrail_intervened" => Self::ContentFilter,
            "error" => Self::Error,
            other => Self::Other(other.to_owned()),
        }
    }

    /// The word in documents.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
            Self::Error => "error",
            Self::Other(word) => word,
        }
    }
}

/// An answer of a model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// The provider's id.
    pub response_id: Option<String>,
    /// Model that answered.
    pub model: Option<String>,
    /// Content in order: text, reasoning, tool calls, opaque blocks.
    pub parts: Vec<crate::Part>,
    /// Why it ended; `None` when the stream ended without saying.
    pub finish_reason: Option<FinishReason>,
    /// Tokens.
    pub usage: crate::Usage,
    /// Cost in nano-dollars that the provider or gateway stated.
    pub reported_usd_nanos: Option<i64>,
}

impl Answer {
    /// All text parts joined without a separator, as they streamed.
    pub fn output_text(&self) -> String {
        self.parts
            .iter()
            .filter_map(|part| match part {
                crate::Part::Text { text } => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    /// Tool calls in order.
    pub fn tool_calls(&self) -> Vec<ToolCall> {
        self.parts
            .iter()
            .filter_map(|part| match part {
                crate::Part::ToolCall { id, name, arguments } => {
                    Some(ToolCall { id: id.clone(), name: name.clone(), arguments: arguments.clone() })
                }
                _ => None,
            })
            .collect()
    }
}
