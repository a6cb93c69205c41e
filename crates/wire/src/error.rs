//! What can be wrong with a body, and the provider's own words in an error body.

use retake_model::{Code, Coded};
use serde_json::Value;

/// A body, stream or price file that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WireError {
    /// Something is missing or has another type than the API gives it.
    #[error("{path} {problem}")]
    Shape {
        /// Path in the body; `the body` for the body itself.
        path: String,
        /// What is wrong, one clause.
        problem: String,
    },
    /// The text is no JSON.
    #[error("{what} is no JSON: {why}")]
    NotJson {
        /// What was read.
        what: String,
        /// The parser's words.
        why: String,
    },
    /// A line of a stream is longer than any provider writes.
    #[error("an event of the stream is larger than {limit_bytes} bytes")]
    EventTooLarge {
        /// The bound.
        limit_bytes: usize,
    },
    /// An error body stands where an answer was expected.
    #[error("the body is an error of the provider: {message}")]
    ErrorBody {
        /// The provider's code or type.
        code: Option<String>,
        /// The provider's own message.
        message: String,
    },
    /// A price file that cannot be used.
    #[error("the price file cannot be used: {why}")]
    Prices {
        /// What is wrong, with the model where there is one.
        why: String,
    },
}

impl WireError {
    pub(crate) fn shape(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Shape { path: path.into(), problem: problem.into() }
    }
}

impl Coded for WireError {
    fn code(&self) -> Code {
        match self {
            Self::Shape { .. } | Self::NotJson { .. } => Code::BodyUnreadable,
            Self::EventTooLarge { .. } => Code::ProviderBadAnswer,
            Self::ErrorBody { .. } => Code::ProviderRefused,
            Self::Prices { .. } => Code::PricesUnreadable,
        }
    }
}

/// A provider's own words about an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderMessage {
    /// Its code or type, as `rate_limit_error`.
    pub code: Option<String>,
    /// Its message.
    pub message: String,
}

/// The provider's message in an error body of any of the known shapes: OpenAI, Azure, Anthropic, Gemini (also wrapped in
/// an array), FastAPI `detail`, Ollama's plain string, vLLM's `object: error`. `None` when the body is no error.
pub fn provider_message(body: &Value) -> Option<ProviderMessage> {
    let body = match body {
        Value::Array(items) => items.first()?,
        other => other,
    };
    match body.get("error") {
        Some(Value::String(message)) => return Some(ProviderMessage { code: None, message: message.clone() }),
        Some(error @ Value::Object(_)) => {
            let message = text(error, "message").or_else(|| text(error, "msg")).unwrap_or_else(|| error.to_string());
            let code = ["code", "type", "status"].into_iter().find_map(|key| text(error, key));
            return Some(ProviderMessage { code, message });
        }
        _ => {}
    }
    if body.get("object").and_then(Value::as_str) == Some("error")
        || body.get("type").and_then(Value::as_str) == Some("error")
    {
        return Some(ProviderMessage {
            code: text(body, "code"),
            message: text(body, "message").unwrap_or_else(|| body.to_string()),
        });
    }
    let has_answer = ["choices", "content", "output"].into_iter().any(|key| body.get(key).is_some());
    if has_answer {
        return None;
    }
    match body.get("detail") {
        Some(Value::String(message)) => return Some(ProviderMessage { code: None, message: message.clone() }),
        Some(detail) => return Some(ProviderMessage { code: None, message: detail.to_string() }),
        None => {}
    }
    text(body, "message").map(|message| ProviderMessage { code: text(body, "code"), message })
}

fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_of_every_vendor_are_found() {
        for (body, code, message) in [
            (json!({"error": {"message": "no", "type": "t", "code": null}}), Some("t"), "no"),
            (json!({"error": {"code": 429, "message": "slow", "status": "X"}}), Some("429"), "slow"),
            (json!([{"error": {"code": 400, "message": "bad"}}]), Some("400"), "bad"),
            (
                json!({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}),
                Some("overloaded_error"),
                "busy",
            ),
            (json!({"error": "model not found"}), None, "model not found"),
            (json!({"detail": "Not Found"}), None, "Not Found"),
            (json!({"object": "error", "message": "len", "code": 40303}), Some("40303"), "len"),
            (json!({"message": "invalid api token"}), None, "invalid api token"),
        ] {
            let got = provider_message(&body).expect("an error body");
            assert_eq!((got.code.as_deref(), got.message.as_str()), (code, message), "{body}");
        }
        assert_eq!(provider_message(&json!({"choices": [], "message": "x"})), None);
    }
}
