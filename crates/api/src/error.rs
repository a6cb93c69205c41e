//! The one error that leaves a handler.

use retake_model::{Code, Coded};
use serde::{Deserialize, Serialize};

/// Place in a text that the user wrote, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema, ts_rs::TS)]
pub struct TextSpan {
    /// First character.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// Code, message and hint, as the window shows them and the command line prints them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    /// Stable code; its exit status is [`Code::exit`].
    pub code: Code,
    /// What happened, naming the thing.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where, for errors about a query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<TextSpan>,
}

impl ApiError {
    /// An error of this crate, with the code's own remedy as hint.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: Some(code.remedy().to_owned()), span: None }
    }

    /// The same with another hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same for who sits at a window: where the hint is the code's own remedy, or begins with it, that of the window.
    #[must_use]
    pub fn in_window(mut self) -> Self {
        let (remedy, window) = (self.code.remedy(), self.code.remedy_in_window());
        self.hint = self.hint.map(|hint| match hint.strip_prefix(remedy) {
            Some(more) => format!("{window}{more}"),
            None => hint,
        });
        self
    }

    /// A defect of ours that reached the border, with what is known of it.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::new(Code::Internal, what.to_string())
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ApiError {}

impl<E: Coded> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self {
            code: error.code(),
            message: error.to_string(),
            hint: error.hint(),
            span: error.span().map(|(start, end)| TextSpan { start, end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remedies_of_the_window_name_no_option_and_keep_what_is_added() {
        let error = ApiError::new(Code::InputNotUnderstood, "no format claims a.txt");
        let more = format!("{} The nearest was otlp-json: no spans.", Code::InputNotUnderstood.remedy());
        let hint = error.clone().with_hint(more).in_window().hint.unwrap_or_default();
        assert!(hint.starts_with(Code::InputNotUnderstood.remedy_in_window()) && hint.ends_with("no spans."), "{hint}");
        assert_eq!(error.with_hint("Own words.").in_window().hint.as_deref(), Some("Own words."));
        for code in Code::ALL {
            assert!(!code.remedy_in_window().contains("`--"), "{code}: {}", code.remedy_in_window());
        }
    }
}
