//! Errors of the language: a code, the place in characters, what is wrong and what would fit.

use retake_model::{Code, Coded};
use serde::{Deserialize, Serialize};

/// A place in the query's text, in characters (Unicode scalar values), end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// First character.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// `QuerySyntax`, `QueryUnknownField`, `QueryBadValue` or `QuerySortUnknown`.
    pub code: Code,
    /// Where.
    pub span: Place,
    /// What is wrong.
    pub message: String,
    /// What would fit.
    pub hint: String,
}

impl Coded for QueryError {
    fn code(&self) -> Code {
        self.code
    }

    fn hint(&self) -> Option<String> {
        Some(self.hint.clone())
    }

    fn span(&self) -> Option<(usize, usize)> {
        Some((self.span.start, self.span.end))
    }
}
