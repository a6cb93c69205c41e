//! What an audit event says: which kind of act it records, what was decided, about which tool.
//!
//! Logs differ in their words; the decision's word decides, the action's words say what kind of row it is.

use super::naming::{is_toolish, names_tool, same_words, words};
use retake_model::{AuditEvent, Decision};
use serde_json::Value;

/// What kind of act a row records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Act {
    /// A permission was evaluated.
    Check,
    /// A person was asked, or answered.
    Confirmation,
    /// Something was carried out.
    Invoke,
    /// Anything else.
    Other,
}

/// Kind of act, from the words of the action.
pub fn act_of(event: &AuditEvent) -> Act {
    let words = words(event.action.as_deref().unwrap_or_default());
    let any = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if any(&[
        "permission",
        "permissions",
        "authorize",
        "authorise",
        "authorization",
        "authorisation",
        "authz",
        "access",
        "acl",
        "rbac",
        "policy",
        "entitlement",
    ]) {
        Act::Check
    } else if any(&[
        "confirm",
        "confirmed",
        "confirmation",
        "approve",
        "approved",
        "approval",
        "consent",
        "signoff",
        "acknowledge",
        "acknowledged",
        "human",
    ]) {
        Act::Confirmation
    } else if any(&[
        "check",
        "checked",
        "evaluate",
        "evaluated",
        "decide",
        "decision",
        "allow",
        "allowed",
        "deny",
        "denied",
        "grant",
        "granted",
        "refuse",
        "refused",
        "block",
        "blocked",
        "guard",
    ]) {
        Act::Check
    } else if any(&[
        "invoke",
        "invoked",
        "invocation",
        "execute",
        "executed",
        "execution",
        "call",
        "called",
        "run",
        "ran",
        "perform",
        "performed",
        "start",
        "started",
        "finish",
        "finished",
        "complete",
        "completed",
        "use",
        "used",
        "dispatch",
        "dispatched",
        "exec",
    ]) {
        Act::Invoke
    } else {
        Act::Other
    }
}

/// What was decided: the row's own decision, else a word among its other fields, else a word of the action
/// (`permission.denied`).
pub fn decision_of(event: &AuditEvent) -> Decision {
    if event.decision != Decision::Unknown {
        return event.decision;
    }
    const FIELDS: &[&str] =
        &["decision", "outcome", "effect", "result", "verdict", "allowed", "granted", "authorized", "status"];
    let from_fields = FIELDS.iter().find_map(|field| match event.attributes.get(*field)? {
        Value::String(word) => decision_word(word),
        Value::Bool(flag) => Some(if *flag { Decision::Allowed } else { Decision::Denied }),
        _ => None,
    });
    let from_action =
        || words(event.action.as_deref().unwrap_or_default()).iter().rev().find_map(|word| past_word(word));
    from_fields.or_else(from_action).unwrap_or_default()
}

/// The words of [`Decision::parse`] and some more of the kind.
fn decision_word(word: &str) -> Option<Decision> {
    Decision::parse(word).or_else(|| {
        let folded: String = word.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        Some(match folded.as_str() {
            "disallow" | "disallowed" | "decline" | "declined" | "prohibited" | "unauthorised" | "notallowed"
            | "notauthorized" | "notpermitted" | "permissiondenied" | "accessdenied" => Decision::Denied,
            "authorized" | "authorised" | "confirmed" | "permitall" => Decision::Allowed,
            "requested" | "required" | "needsapproval" | "needsconfirmation" => Decision::Asked,
            _ => return None,
        })
    })
}

/// A word of an action that tells the outcome. Plain verbs (`allow`, `confirm`) name the act, not its outcome.
fn past_word(word: &str) -> Option<Decision> {
    Some(match word {
        "denied" | "refused" | "rejected" | "forbidden" | "blocked" | "declined" | "disallowed" | "deny" | "reject" => {
            Decision::Denied
        }
        "granted" | "allowed" | "approved" | "confirmed" | "permitted" | "given" | "grant" => Decision::Allowed,
        "requested" | "asked" | "pending" => Decision::Asked,
        _ => return None,
    })
}

/// Which of `tools` the event is about: by its resource, then a field that names a tool, then its action. A resource
/// that says it is a tool and names none of them is about another one.
pub fn tool_of<'t>(event: &AuditEvent, tools: &[&'t str]) -> Option<&'t str> {
    let longest =
        |text: &str| tools.iter().copied().filter(|tool| names_tool(text, tool)).max_by_key(|tool| tool.len());
    let resource = event.resource.as_deref().unwrap_or_default();
    if let Some(tool) = longest(resource) {
        return Some(tool);
    }
    if is_toolish(resource) && words(resource).len() > 1 {
        return None;
    }
    if let Some(named) = named_tool(event) {
        return longest(named);
    }
    let action = event.action.as_deref().unwrap_or_default();
    longest(action).or_else(|| tools.iter().copied().find(|tool| same_words(action, resource, tool)))
}

/// A field beside the resource that holds a tool's name.
pub fn named_tool(event: &AuditEvent) -> Option<&str> {
    const FIELDS: &[&str] =
        &["tool", "tool_name", "toolName", "tool.name", "function", "function_name", "gen_ai.tool.name"];
    FIELDS.iter().find_map(|field| match event.attributes.get(*field)? {
        Value::String(name) => Some(name.as_str()),
        Value::Object(tool) => tool.get("name").and_then(Value::as_str),
        _ => None,
    })
}

/// True when the row is about some tool, known or not.
pub fn is_about_a_tool(event: &AuditEvent) -> bool {
    let text = |field: &Option<String>| is_toolish(field.as_deref().unwrap_or_default());
    text(&event.resource) || text(&event.action) || event.tool_call_id.is_some() || named_tool(event).is_some()
}

/// How far the written time may be from the real one: logs cut to seconds or milliseconds.
pub fn time_resolution_ns(time_ns: i64) -> i64 {
    match time_ns {
        t if t % 1_000_000_000 == 0 => 1_000_000_000,
        t if t % 1_000_000 == 0 => 1_000_000,
        t if t % 1_000 == 0 => 1_000,
        _ => 0,
    }
}
