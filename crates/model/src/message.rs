//! Messages as a model sees them: a role and parts in order.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Author of a message. `developer` is kept as [`Role::System`]; the raw record keeps the vendor's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Instructions of the application.
    System,
    /// The person (or program) that asks.
    User,
    /// The model.
    Assistant,
    /// What a tool gave back.
    Tool,
}

impl Role {
    /// The word in documents and columns.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }

    /// Reads a vendor's word; `None` for a word that is no role.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "system" | "developer" => Self::System,
            "user" | "human" => Self::User,
            "assistant" | "model" | "ai" => Self::Assistant,
            "tool" | "function" => Self::Tool,
            _ => return None,
        })
    }
}

/// Whether the content of something is there, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentState {
    /// All of it.
    #[default]
    Present,
    /// The source did not record it.
    Absent,
    /// Removed, by the source or by us; the hole names the rule.
    Redacted,
    /// Cut by the source.
    Truncated,
    /// Held elsewhere: the source has a reference only.
    External,
}

/// One part of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Plain text.
    Text {
        /// The text.
        text: String,
    },
    /// A picture: a `data:` URL, a remote URL or a vendor's file id.
    Image {
        /// Address as recorded.
        url: String,
        /// Media type when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
    },
    /// The model's request for a tool.
    ToolCall {
        /// Id that pairs it with its result; some vendors give none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Tool name.
        name: String,
        /// Arguments as a JSON value; a string when the model wrote something that is not JSON.
        arguments: Value,
    },
    /// What went back to the model.
    ToolResult {
        /// Id of the call that it answers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Tool name when the source says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The result as text (JSON results are their JSON text as recorded).
        text: String,
        /// True when the tool reported an error.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    /// Reasoning that the vendor shows.
    Reasoning {
        /// The text.
        text: String,
    },
    /// A file.
    File {
        /// Address, `data:` URL or vendor's file id.
        url: String,
        /// Name when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Media type when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
    },
    /// A block that must go back unchanged (signatures, redacted reasoning, server tools).
    Opaque {
        /// Vendor whose block it is: `openai`, `anthropic`, …
        vendor: String,
        /// The block as recorded.
        json: Value,
    },
}

impl Part {
    /// Text that a reader or a search would see; empty for pictures and opaque blocks.
    pub fn plain_text(&self) -> &str {
        match self {
            Self::Text { text } | Self::Reasoning { text } | Self::ToolResult { text, .. } => text,
            _ => "",
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Author.
    pub role: Role,
    /// Content, in order.
    pub parts: Vec<Part>,
    /// Name of the participant, where the API has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether `parts` is all of it.
    #[serde(default)]
    pub content_state: ContentState,
}

impl Message {
    /// A message of one text.
    pub fn text(role: Role, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::Text { text: text.into() }], name: None, content_state: ContentState::Present }
    }

    /// Texts of all text parts, joined by a line break.
    pub fn joined_text(&self) -> String {
        let texts: Vec<&str> = self
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Text { text } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        texts.join("\n")
    }
}

/// What the model was offered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// Tool name.
    pub name: String,
    /// Description for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// JSON Schema of the arguments.
    #[serde(default)]
    pub parameters: Value,
    /// The definition as recorded, when it holds more than the three fields (strict mode, vendor's built-in tool).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<Value>,
}
