//! Cassettes: the recorded answer of a case, `cassettes/<case>.json`, versioned. Token counts are inclusive totals, as
//! everywhere outside the store: `input_tokens` includes cache reads and writes, `output_tokens` includes reasoning.

use retake_compare::TakeFacts;
use retake_model::{FinishReason, ToolCall, Usage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Newest version that this program reads, and the one that it writes.
pub const VERSION: u64 = 1;

/// The file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cassette {
    /// Version of this form, 1.
    pub version: u64,
    /// Id of the case.
    #[serde(rename = "case")]
    pub case_id: String,
    /// What the model answered.
    pub answer: RecordedAnswer,
}

/// A recorded answer. What is not known is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecordedAnswer {
    /// Model that answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Text; empty when the model wrote none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_text: Option<String>,
    /// Tool calls in order; an empty list when there were none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<RecordedCall>>,
    /// `stop`, `length`, `tool_calls`, `content_filter`, `error` or a vendor's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<RecordedUsage>,
    /// From sending to the end, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<f64>,
    /// From sending to the first token, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<f64>,
    /// Cost in nano-dollars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_usd_nanos: Option<i64>,
}

/// A tool call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedCall {
    /// The vendor's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Tool name.
    pub name: String,
    /// Arguments as a JSON value.
    #[serde(default)]
    pub arguments: Value,
}

/// Token totals.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecordedUsage {
    /// All input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<i64>,
    /// All output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<i64>,
    /// Input read from a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_tokens: Option<i64>,
    /// Input written to a cache.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_tokens: Option<i64>,
    /// Output that is reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_tokens: Option<i64>,
}

impl Cassette {
    /// Reads a file. A newer version is refused; unknown fields are errors.
    ///
    /// # Errors
    /// Line, column (both from 1, 0 when unknown) and message.
    pub fn read(bytes: &[u8]) -> Result<Self, (u64, u64, String)> {
        match serde_json::from_slice::<Self>(bytes) {
            Ok(cassette) if cassette.version > VERSION => Err((1, 1, newer(cassette.version))),
            Ok(cassette) => Ok(cassette),
            Err(error) => match serde_json::from_slice::<VersionOnly>(bytes) {
                Ok(VersionOnly { version }) if version > VERSION => Err((1, 1, newer(version))),
                _ => Err((error.line() as u64, error.column() as u64, error.to_string())),
            },
        }
    }

    /// The file's text, ends with a line break.
    pub fn print(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What every file of a set begins with, for reading files that are newer than the program.
#[derive(Deserialize)]
pub(crate) struct VersionOnly {
    pub(crate) version: u64,
}

pub(crate) fn newer(version: u64) -> String {
    format!("the file has version {version}, this program reads up to {VERSION}; update Retake")
}

impl From<&TakeFacts> for RecordedAnswer {
    fn from(take: &TakeFacts) -> Self {
        let usage = RecordedUsage {
            input_tokens: take.usage.input_tokens(),
            output_tokens: take.usage.output_tokens(),
            cache_read_tokens: take.usage.cache_read_tokens,
            cache_write_tokens: take.usage.cache_write_tokens,
            reasoning_tokens: take.usage.reasoning_tokens,
        };
        Self {
            model: take.model.clone(),
            output_text: take.output_text.clone(),
            tool_calls: take.tool_calls.as_ref().map(|calls| {
                calls
                    .iter()
                    .map(|call| RecordedCall {
                        id: call.id.clone(),
                        name: call.name.clone(),
                        arguments: call.arguments.clone(),
                    })
                    .collect()
            }),
            finish_reason: take.finish_reason.as_ref().map(|reason| reason.as_str().to_owned()),
            usage: (usage != RecordedUsage::default()).then_some(usage),
            latency_ms: take.latency_ms,
            ttft_ms: take.ttft_ms,
            cost_usd_nanos: take.cost_usd_nanos,
        }
    }
}

impl From<RecordedAnswer> for TakeFacts {
    fn from(answer: RecordedAnswer) -> Self {
        let usage = answer.usage.unwrap_or_default();
        Self {
            take_id: None,
            variant: Some("original".to_owned()),
            model: answer.model,
            output_text: answer.output_text,
            tool_calls: answer.tool_calls.map(|calls| {
                calls
                    .into_iter()
                    .map(|call| ToolCall { id: call.id, name: call.name, arguments: call.arguments })
                    .collect()
            }),
            finish_reason: answer.finish_reason.as_deref().map(FinishReason::parse),
            latency_ms: answer.latency_ms,
            ttft_ms: answer.ttft_ms,
            usage: Usage::from_inclusive(
                usage.input_tokens,
                usage.output_tokens,
                usage.cache_read_tokens,
                usage.cache_write_tokens,
                usage.reasoning_tokens,
            ),
            cost_usd_nanos: answer.cost_usd_nanos,
            documents: None,
        }
    }
}
