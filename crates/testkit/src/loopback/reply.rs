//! What the provider is told to answer. The JSON form is what `--script FILE` of the binary takes, one object a line.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// Only for a request whose body holds this text; such replies go first and are not used up.
    pub when: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// Headers beside the usual ones; one of these names replaces it.
    pub headers: BTreeMap<String, String>,
    /// The answer in tokens. Streams send one event for each.
    pub tokens: Vec<String>,
    /// Answers with the last user message, word by word, instead of the tokens.
    pub echo: bool,
    /// Reasoning before the answer.
    pub reasoning: Vec<String>,
    /// Tool calls after the answer.
    pub tool_calls: Vec<ToolCall>,
    /// Finish reason in OpenAI's words; by default `stop`, or `tool_calls` with any. Anthropic's word is derived.
    pub finish_reason: Option<String>,
    /// The whole body as it is, instead of a well-formed one; `{` say.
    pub body: Option<String>,
    /// The provider's own message when the status is an error.
    pub message: Option<String>,
    /// Wait before the response begins, in milliseconds.
    pub delay_ms: u64,
    /// Wait after the headers and before the first token, in milliseconds.
    pub first_token_ms: u64,
    /// Wait before each further token, in milliseconds.
    pub pace_ms: u64,
    /// How the body ends before its end.
    pub cut: Option<Cut>,
    /// Sends the body in pieces of this many bytes, whatever the events are.
    pub split_bytes: Option<usize>,
    /// An error event after this many tokens of a stream.
    pub error_after_tokens: Option<usize>,
    /// Reported usage; by default counted from the request's bytes and the tokens.
    pub input_tokens: Option<u64>,
    /// See `input_tokens`.
    pub output_tokens: Option<u64>,
    /// Part of the input that came from a cache.
    pub cached_tokens: Option<u64>,
    /// Leaves the usage out.
    pub no_usage: bool,
    /// Model named in the answer; by default the one asked for.
    pub model: Option<String>,
}

/// A premature end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The connection breaks after so many bytes of the body.
    Break(usize),
    /// The body ends as if complete after so many bytes.
    End(usize),
    /// Nothing more comes after so many bytes, and the connection stays open.
    Stall(usize),
}

impl Cut {
    /// The number of bytes that still go out.
    pub(super) fn after_bytes(self) -> usize {
        match self {
            Self::Break(bytes) | Self::End(bytes) | Self::Stall(bytes) => bytes,
        }
    }
}

/// A tool call of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Id of the call.
    pub id: String,
    /// Name of the tool.
    pub name: String,
    /// Its arguments; streams send them in pieces.
    pub arguments: Value,
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            when: None,
            status: 200,
            headers: BTreeMap::new(),
            tokens: Vec::new(),
            echo: false,
            reasoning: Vec::new(),
            tool_calls: Vec::new(),
            finish_reason: None,
            body: None,
            message: None,
            delay_ms: 0,
            first_token_ms: 0,
            pace_ms: 0,
            cut: None,
            split_bytes: None,
            error_after_tokens: None,
            input_tokens: None,
            output_tokens: None,
            cached_tokens: None,
            no_usage: false,
            model: None,
        }
    }
}

impl Reply {
    /// An answer of one token a word; the tokens join to the text.
    pub fn text(text: &str) -> Self {
        Self { tokens: words(text), ..Self::default() }
    }

    /// An answer of these tokens.
    pub fn tokens<T: Into<String>>(tokens: impl IntoIterator<Item = T>) -> Self {
        Self { tokens: tokens.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    /// An answer that is the last user message.
    pub fn echo() -> Self {
        Self { echo: true, ..Self::default() }
    }

    /// An answer with this status; from 400 on an error in the words of the API.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// A body as it is, with status 200.
    pub fn body(body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..Self::default() }
    }

    /// Only for requests whose body holds the text.
    #[must_use]
    pub fn when(mut self, text: impl Into<String>) -> Self {
        self.when = Some(text.into());
        self
    }

    /// Adds or replaces a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_ascii_lowercase(), value.to_owned());
        self
    }

    /// Adds a tool call.
    #[must_use]
    pub fn tool_call(mut self, id: &str, name: &str, arguments: Value) -> Self {
        self.tool_calls.push(ToolCall { id: id.into(), name: name.into(), arguments });
        self
    }

    /// Sets the provider's own error message.
    #[must_use]
    pub fn message(mut self, message: &str) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Sets the finish reason, in OpenAI's words.
    #[must_use]
    pub fn finish(mut self, reason: &str) -> Self {
        self.finish_reason = Some(reason.into());
        self
    }

    /// Waits before each token but the first.
    #[must_use]
    pub fn pace_ms(mut self, pace_ms: u64) -> Self {
        self.pace_ms = pace_ms;
        self
    }

    /// Waits before the response begins.
    #[must_use]
    pub fn delay_ms(mut self, delay_ms: u64) -> Self {
        self.delay_ms = delay_ms;
        self
    }

    /// Waits between the headers and the first token.
    #[must_use]
    pub fn first_token_ms(mut self, first_token_ms: u64) -> Self {
        self.first_token_ms = first_token_ms;
        self
    }

    /// Ends the body early.
    #[must_use]
    pub fn cut(mut self, cut: Cut) -> Self {
        self.cut = Some(cut);
        self
    }

    /// Sends the body in pieces of so many bytes.
    #[must_use]
    pub fn split_bytes(mut self, bytes: usize) -> Self {
        self.split_bytes = Some(bytes);
        self
    }

    /// Sends an error event after so many tokens.
    #[must_use]
    pub fn error_after_tokens(mut self, tokens: usize) -> Self {
        self.error_after_tokens = Some(tokens);
        self
    }

    /// Reports this usage.
    #[must_use]
    pub fn usage(mut self, input_tokens: u64, output_tokens: u64) -> Self {
        self.input_tokens = Some(input_tokens);
        self.output_tokens = Some(output_tokens);
        self
    }
}

/// A text in words, each with the space before it: they join to the text.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut ended = true;
    for c in text.chars() {
        // A word ends before the first space after it.
        if words.is_empty() || (c.is_whitespace() && !ended) {
            words.push(String::new());
        }
        ended = c.is_whitespace();
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_join_to_the_text() {
        for text in ["", " ", "one", "Refunds take  12 days.\nNot more. ", "日本語 です"] {
            assert_eq!(words(text).concat(), text);
        }
        assert_eq!(words("a b\nc"), ["a", " b", "\nc"]);
    }
}
