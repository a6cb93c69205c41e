//! `denied_but_executed`: a call that was denied ran all the same.
//!
//! A denial is a row about the tool, joined by any basis, whose decision is *denied* and that was written before the call
//! had ended (checks inside the tool's own span count). A grant or a confirmation for the same call lifts it when it came
//! after the denial and before the call began; so does the denied question itself, asked again and answered with yes. A call that ended refused or in an error did not run, unless the audit log
//! itself says that it was carried out.

use super::{Rule, event_json};
use crate::analysis::event::{Act, time_resolution_ns};
use crate::analysis::evidence::Evidence;
use crate::analysis::join::{JoinedEvent, same_actor};
use crate::analysis::tool_run::{Outcome, ToolRun};
use retake_model::{Decision, Finding, FindingCode, Severity};
use serde_json::json;

pub(super) const RULE: Rule = Rule { code: FindingCode::DeniedButExecuted, judge };

fn judge(evidence: &Evidence<'_>) -> Vec<Finding> {
    evidence
        .runs
        .iter()
        .filter_map(|run| {
            let rows: Vec<&JoinedEvent> = evidence.events_of(run).collect();
            let denial = standing_denial(run, &rows)?;
            let invoked = rows.iter().copied().find(|row| is_invoked(row, denial));
            let ran = run.outcome == Outcome::Ran || (run.outcome != Outcome::NoSuchTool && invoked.is_some());
            ran.then(|| finding(evidence, run, denial, invoked))
        })
        .collect()
}

/// The last denial before the call that nothing lifted.
fn standing_denial<'e>(run: &ToolRun, rows: &[&'e JoinedEvent]) -> Option<&'e JoinedEvent> {
    let denial = rows.iter().copied().rfind(|row| is_denial(run, row, rows))?;
    let lifted = rows.iter().any(|row| lifts(run, row, denial));
    (!lifted).then_some(denial)
}

fn is_denial(run: &ToolRun, row: &JoinedEvent, rows: &[&JoinedEvent]) -> bool {
    if row.decision != Decision::Denied {
        return false;
    }
    let Some(time_ns) = row.event.time_ns else { return row.act != Act::Invoke };
    let latest = match (row.act, ends_well(run, row, rows)) {
        // A row that records an invocation may say how the call ended: then only one before the call is a decision.
        (Act::Invoke, false) => run.start_ns,
        _ => run.end_ns.or(run.start_ns).map(|end| end.saturating_add(time_resolution_ns(time_ns))),
    };
    latest.is_none_or(|latest| time_ns <= latest)
}

/// True when a row *invoked, denied* cannot mean that the call failed: it was one attempt, its result is there and tells
/// of no failure, and the log tells neither of a failure nor of a later success.
fn ends_well(run: &ToolRun, row: &JoinedEvent, rows: &[&JoinedEvent]) -> bool {
    let reason = row.event.reason.as_deref().unwrap_or_default().to_lowercase();
    let failure = ["timeout", "timed out", "error", "exception", "unavailable", "failed"]
        .iter()
        .any(|word| reason.contains(word));
    let succeeded = rows.iter().any(|other| is_invoked(other, row));
    let told = run.result.as_deref().is_some_and(|result| !result.trim().is_empty());
    run.outcome == Outcome::Ran && run.also.is_empty() && told && !failure && !succeeded
}

/// A yes to the same call after the denial and before the call began (or, when the check lies inside the call, ended).
fn lifts(run: &ToolRun, row: &JoinedEvent, denial: &JoinedEvent) -> bool {
    let permits = match row.act {
        Act::Check | Act::Confirmation => true,
        // Words that say nothing of their kind: the same question, asked again and answered otherwise, counts.
        Act::Other | Act::Invoke => asks_again(row, denial),
    };
    if row.decision != Decision::Allowed || !permits {
        return false;
    }
    // Without times nobody can say what came first: the yes is believed.
    let (Some(yes), Some(no)) = (row.event.time_ns, denial.event.time_ns) else { return true };
    let inside = run.start_ns.is_some_and(|start| no >= start);
    let before = if inside { run.end_ns.or(run.start_ns) } else { run.start_ns };
    yes >= no && before.is_none_or(|before| yes <= before)
}

/// True when two rows tell of the same action for the same actor on the same resource.
fn asks_again(row: &JoinedEvent, denial: &JoinedEvent) -> bool {
    let (again, first) = (&row.event, &denial.event);
    let same = |a: &Option<String>, b: &Option<String>| {
        let folded = |text: &Option<String>| text.as_deref().map(|text| text.trim().to_lowercase());
        folded(a) == folded(b)
    };
    let actor = match (&again.actor, &first.actor) {
        (Some(again), Some(first)) => same_actor(again, first),
        (again, first) => again == first,
    };
    row.act == denial.act
        && row.tool == denial.tool
        && actor
        && first.action.is_some()
        && same(&again.action, &first.action)
        && same(&again.resource, &first.resource)
}

/// The audit log says that the call was carried out after it was denied.
fn is_invoked(row: &JoinedEvent, denial: &JoinedEvent) -> bool {
    let after = row.event.time_ns.zip(denial.event.time_ns).is_none_or(|(row, denial)| row >= denial);
    row.act == Act::Invoke && row.decision == Decision::Allowed && after
}

fn finding(evidence: &Evidence<'_>, run: &ToolRun, denial: &JoinedEvent, invoked: Option<&JoinedEvent>) -> Finding {
    let who = match (&denial.event.actor, &denial.event.role) {
        (Some(actor), Some(role)) => format!(" to {actor} ({role})"),
        (Some(actor), None) => format!(" to {actor}"),
        _ => String::new(),
    };
    Finding {
        trace_id: evidence.trace_id.clone(),
        span_id: run.span_id.clone(),
        code: FindingCode::DeniedButExecuted,
        severity: Severity::High,
        subject: run.name.clone(),
        message: format!("Tool {} was denied{who} and ran all the same.", run.name),
        evidence: json!({
            "tool": run.name,
            "tool_call_id": run.call_id,
            "started_ns": run.start_ns.map(|time| time.to_string()),
            "irreversible": evidence.policy().tool(&run.name).map(|rules| rules.irreversible),
            "denied": event_json(denial),
            "invoked": invoked.map(event_json),
            "seen_in": if run.from_messages { "messages" } else { "tool span" },
        }),
    }
}
