//! Token usage in disjoint buckets, so that sums count each token once.

use serde::{Deserialize, Serialize};

/// Tokens of one call. Buckets are disjoint; the inclusive totals are derived. `None` is unknown.
///
/// The convention of the source is sorted out on import: OpenAI, OTel and OpenInference count cached tokens *inside*
/// the input, Anthropic and Bedrock beside it; Gemini counts thoughts beside the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Input that was neither read from nor written to a cache.
    pub uncached_input_tokens: Option<i64>,
    /// Input read from a cache.
    pub cache_read_tokens: Option<i64>,
    /// Input written to a cache.
    pub cache_write_tokens: Option<i64>,
    /// Output that is not reasoning.
    pub output_text_tokens: Option<i64>,
    /// Reasoning.
    pub reasoning_tokens: Option<i64>,
    /// Audio in.
    pub audio_input_tokens: Option<i64>,
    /// Audio out.
    pub audio_output_tokens: Option<i64>,
}

impl Usage {
    /// From a source that counts cache inside the input and reasoning inside the output (OpenAI, OTel, OpenInference).
    pub fn from_inclusive(
        input: Option<i64>,
        output: Option<i64>,
        cache_read: Option<i64>,
        cache_write: Option<i64>,
        reasoning: Option<i64>,
    ) -> Self {
        let without = |total: i64, parts: i64| (total - parts).max(0);
        Self {
            uncached_input_tokens: input.map(|n| without(n, cache_read.unwrap_or(0) + cache_write.unwrap_or(0))),
            cache_read_tokens: cache_read,
            cache_write_tokens: cache_write,
            output_text_tokens: output.map(|n| without(n, reasoning.unwrap_or(0))),
            reasoning_tokens: reasoning,
            audio_input_tokens: None,
            audio_output_tokens: None,
        }
    }

    /// From a source that counts cache beside the input (Anthropic, Bedrock).
    pub fn from_exclusive(
        input: Option<i64>,
        output: Option<i64>,
        cache_read: Option<i64>,
        cache_write: Option<i64>,
    ) -> Self {
        Self {
            uncached_input_tokens: input,
            cache_read_tokens: cache_read,
            cache_write_tokens: cache_write,
            output_text_tokens: output,
            ..Self::default()
        }
    }

    /// All input, cached or not. `None` when no input bucket is known.
    pub fn input_tokens(&self) -> Option<i64> {
        sum(&[self.uncached_input_tokens, self.cache_read_tokens, self.cache_write_tokens, self.audio_input_tokens])
    }

    /// All output, reasoning included. `None` when no output bucket is known.
    pub fn output_tokens(&self) -> Option<i64> {
        sum(&[self.output_text_tokens, self.reasoning_tokens, self.audio_output_tokens])
    }

    /// True when nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn sum(buckets: &[Option<i64>]) -> Option<i64> {
    buckets.iter().flatten().copied().reduce(|a, b| a + b)
}

/// Whether a span's usage is its own or repeats what other spans carry. Sums take [`UsageScope::Own`] only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageScope {
    /// Tokens of this call.
    #[default]
    Own,
    /// A total over the calls below.
    Rollup,
    /// The same numbers as a call below.
    Duplicate,
}
