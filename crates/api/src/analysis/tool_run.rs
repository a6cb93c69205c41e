//! What ran: tool executions of a trace, from tool spans, or from the messages when nothing else recorded them.
//!
//! A model's *request* for a tool is no execution. Without a tool span, a call counts as carried out when a model call of
//! the trace asked for it in its output and a later one got the result; calls that only stand in the history (earlier
//! turns, examples in the prompt) do not.

use super::ancestry::Ancestry;
use retake_model::{Id, Part, Span, SpanKind, SpanStatus};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// One execution of a tool, repeated attempts of one call taken together.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolRun {
    /// Tool span, or the model call that asked for it.
    pub span_id: Id,
    /// Further spans of the same call: attempts, inner spans of the same execution.
    pub also: Vec<Id>,
    /// Tool name.
    pub name: String,
    /// Id of the call.
    pub call_id: Option<String>,
    /// Arguments.
    pub arguments: Option<Value>,
    /// Result as text.
    pub result: Option<String>,
    /// Start.
    pub start_ns: Option<i64>,
    /// End.
    pub end_ns: Option<i64>,
    /// What came of it.
    pub outcome: Outcome,
    /// True when only messages tell of it.
    pub from_messages: bool,
}

/// What came of a tool call, as far as its span and result tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It ran.
    Ran,
    /// It ended in an error; whether it had an effect cannot be told.
    Failed,
    /// It was turned away.
    Refused,
    /// There is no such tool.
    NoSuchTool,
}

/// Executions of a trace by start.
pub fn tool_runs(spans: &[Span]) -> Vec<ToolRun> {
    let mut tools: Vec<&Span> =
        spans.iter().filter(|span| span.kind == Some(SpanKind::Tool) && span.span_id.is_some()).collect();
    tools.sort_by_key(|span| (span.start_ns, std::cmp::Reverse(span.end_ns)));
    let ancestry = Ancestry::of(spans);
    let mut runs: Vec<ToolRun> = Vec::new();
    let mut by_span: HashMap<Id, usize> = HashMap::new();
    let mut by_call: HashMap<(String, String), usize> = HashMap::new();
    for span in tools {
        let Some(run) = run_of_span(span) else { continue };
        let span_id = run.span_id.clone();
        let call = run.call_id.clone().map(|call_id| (run.name.clone(), call_id));
        // Another attempt of the same call, or an inner span of the same execution.
        let attempt = call.as_ref().and_then(|call| by_call.get(call)).copied();
        let outer = || {
            let mut above = ancestry.above(&span_id).filter_map(|id| by_span.get(id).copied());
            above.find(|at| {
                runs.get(*at).is_some_and(|known| {
                    let other_call = known.call_id.is_some() && run.call_id.is_some() && known.call_id != run.call_id;
                    known.name == run.name && !other_call
                })
            })
        };
        let at = match attempt.or_else(outer) {
            Some(at) => {
                if let Some(known) = runs.get_mut(at) {
                    merge(known, run);
                }
                at
            }
            None => {
                runs.push(run);
                runs.len() - 1
            }
        };
        by_span.insert(span_id, at);
        by_call.extend(call.map(|call| (call, at)));
    }
    let from_messages = runs_in_messages(spans, &runs);
    runs.extend(from_messages);
    runs.sort_by(|a, b| (a.start_ns, &a.span_id).cmp(&(b.start_ns, &b.span_id)));
    runs
}

/// Name of the tool that a span of kind `tool` ran.
pub fn tool_name(span: &Span) -> Option<&str> {
    let named = span.tool.as_ref().map(|tool| tool.name.as_str()).filter(|name| !name.is_empty());
    named.or_else(|| {
        let name = span.name.as_deref()?;
        let bare =
            ["execute_tool ", "tools/call ", "tool ", "Tool: "].iter().find_map(|prefix| name.strip_prefix(prefix));
        Some(bare.unwrap_or(name)).filter(|name| !name.is_empty())
    })
}

fn run_of_span(span: &Span) -> Option<ToolRun> {
    let tool = span.tool.as_ref();
    let result = tool.and_then(|tool| tool.result.clone()).or_else(|| span.output_value.clone());
    let error = [span.status_message.as_deref(), span.error_type.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ");
    Some(ToolRun {
        span_id: span.span_id.clone()?,
        also: Vec::new(),
        name: tool_name(span)?.to_owned(),
        call_id: tool.and_then(|tool| tool.call_id.clone()),
        arguments: tool.and_then(|tool| tool.arguments.clone()),
        outcome: outcome(span.status == SpanStatus::Error, &error, result.as_deref()),
        result,
        start_ns: span.start_ns,
        end_ns: span.end_ns,
        from_messages: false,
    })
}

/// Puts another attempt or inner span into a run: it ran when one of them did.
fn merge(known: &mut ToolRun, other: ToolRun) {
    if other.outcome == Outcome::Ran && known.outcome != Outcome::Ran {
        known.also.push(std::mem::replace(&mut known.span_id, other.span_id));
        known.outcome = Outcome::Ran;
        known.result = other.result.or(known.result.take());
    } else {
        known.also.push(other.span_id);
        known.result = known.result.take().or(other.result);
    }
    known.arguments = known.arguments.take().or(other.arguments);
    known.call_id = known.call_id.take().or(other.call_id);
    known.start_ns = known.start_ns.into_iter().chain(other.start_ns).min();
    known.end_ns = known.end_ns.into_iter().chain(other.end_ns).max();
}

fn runs_in_messages(spans: &[Span], known: &[ToolRun]) -> Vec<ToolRun> {
    let mut calls: Vec<&Span> =
        spans.iter().filter(|span| span.kind == Some(SpanKind::Llm) && span.span_id.is_some()).collect();
    calls.sort_by_key(|span| span.start_ns);
    let names: HashSet<&str> = known.iter().map(|run| run.name.as_str()).collect();
    let call_ids: HashSet<&str> = known.iter().filter_map(|run| run.call_id.as_deref()).collect();
    let mut runs = Vec::new();
    for (at, span) in calls.iter().enumerate() {
        for part in span.output.iter().flatten().flat_map(|message| &message.parts) {
            let Part::ToolCall { id, name, arguments } = part else { continue };
            let spanned = names.contains(name.as_str()) || id.as_deref().is_some_and(|id| call_ids.contains(id));
            if spanned {
                continue;
            }
            let Some((later, text, is_error)) = result_of(&calls[at + 1..], id.as_deref(), name) else { continue };
            runs.extend(span.span_id.clone().map(|span_id| ToolRun {
                span_id,
                also: Vec::new(),
                name: name.clone(),
                call_id: id.clone(),
                arguments: Some(arguments.clone()),
                outcome: outcome(is_error, "", Some(&text)),
                result: Some(text),
                start_ns: span.end_ns.or(span.start_ns),
                end_ns: later.start_ns,
                from_messages: true,
            }));
        }
    }
    runs
}

/// The result that a later model call got for a call: by id, else the last one of that name.
fn result_of<'s>(later: &[&'s Span], id: Option<&str>, name: &str) -> Option<(&'s Span, String, bool)> {
    later.iter().find_map(|span| {
        span.input.iter().flatten().rev().flat_map(|message| message.parts.iter().rev()).find_map(|part| match part {
            Part::ToolResult { id: result_id, name: result_name, text, is_error } => {
                let same = match (id, result_id.as_deref()) {
                    (Some(id), Some(result_id)) => id == result_id,
                    _ => result_name.as_deref() == Some(name),
                };
                same.then(|| (*span, text.clone(), *is_error))
            }
            _ => None,
        })
    })
}

/// What came of a call, from the span's status, its error words and the result.
fn outcome(is_error: bool, error: &str, result: Option<&str>) -> Outcome {
    let told = result.and_then(told_failure);
    if is_error || told.is_some() {
        let words = format!("{error} {}", told.as_deref().unwrap_or_default());
        return match () {
            () if is_unknown_tool(&words) => Outcome::NoSuchTool,
            () if is_refusal(&words) => Outcome::Refused,
            // A failed status beside a result that tells no failure: the work was done, something after it broke.
            () if is_error && told.is_none() && result.is_some_and(|text| !text.trim().is_empty()) => Outcome::Ran,
            () => Outcome::Failed,
        };
    }
    Outcome::Ran
}

/// The words of a result that says it failed; `None` when it does not.
fn told_failure(result: &str) -> Option<String> {
    let text = result.trim();
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return told_in_json(&value, 0);
    }
    let head: String = text.chars().take(200).collect::<String>().to_lowercase();
    const STARTS: &[&str] = &[
        "error",
        "exception",
        "traceback",
        "permission denied",
        "permissiondenied",
        "permissionerror",
        "access denied",
        "forbidden",
        "unauthorized",
        "unauthorised",
        "not allowed",
        "not permitted",
        "denied",
        "refused",
        "http 4",
        "http 5",
        "401",
        "403",
        "failed",
    ];
    STARTS.iter().any(|start| head.starts_with(start)).then_some(head)
}

fn told_in_json(value: &Value, depth: u8) -> Option<String> {
    let object = match value {
        Value::String(text) if depth < 3 => return told_failure(text),
        Value::Array(items) if depth < 3 && !items.is_empty() => {
            // A list of content blocks fails when each of its texts does.
            let told: Vec<String> = items.iter().filter_map(|item| told_in_json(item, depth + 1)).collect();
            return (told.len() == items.len()).then(|| told.join(" "));
        }
        Value::Object(object) => object,
        _ => return None,
    };
    let truthy = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty() && !text.eq_ignore_ascii_case("none"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    };
    let all = || value.to_string().to_lowercase();
    for key in ["error", "errors", "exception", "isError", "is_error", "denied", "refused"] {
        if object.get(key).is_some_and(truthy) {
            return Some(all());
        }
    }
    for key in ["ok", "success", "allowed", "authorized", "permitted", "executed"] {
        if object.get(key) == Some(&Value::Bool(false)) {
            return Some(format!("{key} false {}", all()));
        }
    }
    for key in ["status", "outcome", "result", "state", "code", "decision"] {
        let failed = match object.get(key) {
            Some(Value::String(word)) => is_failed_state(word),
            Some(Value::Number(number)) => {
                number.as_i64().is_some_and(|n| (400..600).contains(&n)) && matches!(key, "status" | "code")
            }
            _ => false,
        };
        if failed {
            return Some(all());
        }
    }
    match (object.get("type").and_then(Value::as_str), object.get("text").and_then(Value::as_str)) {
        (Some("text"), Some(text)) if depth < 3 => told_failure(text),
        _ => None,
    }
}

/// A state that says that the call failed. `blocked` or `rejected` may as well be the state of the thing asked for.
fn is_failed_state(word: &str) -> bool {
    let word = word.to_lowercase().replace(['_', '-'], " ");
    const STATES: &[&str] = &[
        "error",
        "failed",
        "failure",
        "denied",
        "forbidden",
        "unauthorized",
        "unauthorised",
        "refused",
        "permission denied",
        "access denied",
        "not allowed",
        "not permitted",
        "disallowed",
    ];
    STATES.contains(&word.as_str())
}

fn is_refusal(words: &str) -> bool {
    let words = words.to_lowercase().replace(['_', '-'], " ");
    const SIGNS: &[&str] = &[
        "denied",
        "permission",
        "forbidden",
        "unauthorized",
        "unauthorised",
        "not authorized",
        "not authorised",
        "not allowed",
        "not permitted",
        "may not",
        "refused",
        "blocked",
        "rejected",
        "disallowed",
        "401",
        "403",
        "allowed false",
        "authorized false",
        "permitted false",
        "declined",
    ];
    SIGNS.iter().any(|sign| words.contains(sign))
}

fn is_unknown_tool(words: &str) -> bool {
    let words = words.to_lowercase();
    [
        "unknown tool",
        "no such tool",
        "unknown function",
        "no such function",
        "not a valid tool",
        "invalid tool",
        "toolnotfound",
    ]
    .iter()
    .any(|sign| words.contains(sign))
        || (words.contains("tool") && words.contains("not found"))
}
