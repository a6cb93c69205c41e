//! Audit events: who did what to which resource, and what was decided.

use crate::{Id, JsonMap};
use serde::{Deserialize, Serialize};

/// What a permission check said. A human's confirmation is an event of its own, not a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Granted.
    Allowed,
    /// Refused.
    Denied,
    /// A person was asked.
    Asked,
    /// The row does not tell, or uses a word that no rule maps.
    #[default]
    Unknown,
}

impl Decision {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Asked => "asked",
            Self::Unknown => "unknown",
        }
    }

    /// Reads the common words of logs (`allow`, `granted`, `refused`, `blocked`, …), case folded.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_lowercase().as_str() {
            "allow" | "allowed" | "grant" | "granted" | "permit" | "permitted" | "ok" | "success" | "succeeded"
            | "approved" | "accept" | "accepted" | "true" | "yes" | "pass" | "passed" => Self::Allowed,
            "deny" | "denied" | "refuse" | "refused" | "block" | "blocked" | "forbid" | "forbidden" | "reject"
            | "rejected" | "failure" | "unauthorized" | "false" | "no" => Self::Denied,
            "ask" | "asked" | "pending" | "confirm" | "challenge" => Self::Asked,
            _ => return None,
        })
    }
}

/// One audit event.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditEvent {
    /// The log's own id.
    pub event_id: Option<String>,
    /// Time; `None` when the row has none that can be read.
    pub time_ns: Option<i64>,
    /// Who.
    pub actor: Option<String>,
    /// In which role.
    pub role: Option<String>,
    /// Whose data.
    pub tenant: Option<String>,
    /// What was done: `permission.check`, `tool.invoke`, `confirmation.given`, …
    pub action: Option<String>,
    /// To what: `tool:apply_credit`, …
    pub resource: Option<String>,
    /// Outcome.
    pub decision: Decision,
    /// Why, in the log's words.
    pub reason: Option<String>,
    /// Joins the application's request.
    pub request_id: Option<String>,
    /// Joins the trace.
    pub trace_id: Option<Id>,
    /// Joins the span.
    pub span_id: Option<Id>,
    /// Joins a tool call.
    pub tool_call_id: Option<String>,
    /// All other fields as recorded.
    pub attributes: JsonMap,
}

/// How an audit event was joined to a trace, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinBasis {
    /// Same trace id.
    TraceId,
    /// Same request id.
    RequestId,
    /// Same actor, within the time window.
    ActorAndTime,
}

impl JoinBasis {
    /// The word in documents and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TraceId => "trace_id",
            Self::RequestId => "request_id",
            Self::ActorAndTime => "actor_and_time",
        }
    }
}
