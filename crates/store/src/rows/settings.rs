//! Prompts, connections, prices, kept questions, checks.

use serde::{Deserialize, Serialize};

/// A prompt version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptVersionRow {
    /// Prompt.
    pub name: String,
    /// Counts from 1.
    pub version: u32,
    /// Content address.
    pub hash: String,
    /// The template.
    pub text: String,
    /// When it was made.
    pub created_ns: i64,
    /// Labels that stand on it now.
    pub labels: Vec<String>,
}

/// A move of a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelMove {
    /// Prompt.
    pub name: String,
    /// Label.
    pub label: String,
    /// Version that it stood on before.
    pub from_version: Option<u32>,
    /// Version that it stands on since.
    pub to_version: Option<u32>,
    /// When.
    pub at_ns: i64,
}

/// A named way to a provider. Keys are never here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionRow {
    /// Name.
    pub name: String,
    /// `openai`, `openai-compatible`, `anthropic`.
    pub kind: String,
    /// Base URL.
    pub base_url: String,
}

/// One check of `doctor`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `integrity`, `foreign_keys`, `text_index`, `text_references`, `version`.
    pub id: String,
    /// Passed.
    pub ok: bool,
    /// What was seen.
    pub message: String,
    /// What to do, when not ok.
    pub hint: Option<String>,
}

/// A saved view of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewRow {
    /// Name.
    pub name: String,
    /// Query as text.
    pub query: String,
    /// Sort as text.
    pub sort: String,
}

/// A price table that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricingRow {
    /// `YYYY-MM-DD` from which it holds.
    pub date: String,
    /// Where it came from.
    pub source: String,
    /// The table as JSON text, in the form that `wire` reads.
    pub json: String,
}
