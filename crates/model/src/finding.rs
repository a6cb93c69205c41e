//! Findings: what is wrong, on what, and the evidence.

use serde::{Deserialize, Serialize};

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
}

impl Severity {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Rule that a finding comes from; the word is what `has:` takes in a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// A document, or a row of a tool's result, of another tenant.
    Leak,
    /// A tool ran and no audit event tells of it.
    ToolWithoutAudit,
    /// A call that was denied ran all the same.
    DeniedButExecuted,
}

impl FindingCode {
    /// Every code.
    pub const ALL: [Self; 3] = [Self::Leak, Self::ToolWithoutAudit, Self::DeniedButExecuted];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::ToolWithoutAudit => "tool_without_audit",
            Self::DeniedButExecuted => "denied_but_executed",
        }
    }

    /// Inverse of [`FindingCode::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }
}

/// One finding on one span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Trace.
    pub trace_id: crate::Id,
    /// Span that it stands on.
    pub span_id: crate::Id,
    /// Rule.
    pub code: FindingCode,
    /// How bad.
    pub severity: Severity,
    /// What it is about: a document id, a tool name.
    pub subject: String,
    /// One sentence.
    pub message: String,
    /// Facts behind it, as a JSON object.
    pub evidence: serde_json::Value,
}
