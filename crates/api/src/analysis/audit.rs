//! What the audit log owes for the tool calls of a trace and does not tell. A gap is shown in the Audit view and in the
//! report; only a call without any row is a finding.

use super::evidence::Evidence;
use super::naming::words;
use super::policy::Confirmation;
use super::tool_run::{Outcome, ToolRun};
use retake_model::Id;

/// Actions that are missing for one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Tool span.
    pub span_id: Id,
    /// Tool.
    pub tool: String,
    /// When it was called.
    pub time_ns: Option<i64>,
    /// Actions of the policy that no row records; `any audit event` when there is no policy and no row.
    pub actions: Vec<String>,
}

/// Gaps of a trace, by time. What only follows a call (its invocation, a confirmation) is not owed for one that was
/// turned away.
pub fn gaps(evidence: &Evidence<'_>) -> Vec<Gap> {
    evidence.runs.iter().filter_map(|run| gap(evidence, run)).collect()
}

fn gap(evidence: &Evidence<'_>, run: &ToolRun) -> Option<Gap> {
    let covered = run.start_ns.is_some_and(|time| evidence.survey().covers(time));
    if !covered || run.outcome == Outcome::NoSuchTool {
        return None;
    }
    let rules = evidence.policy().tool(&run.name);
    let mut demanded = rules.and_then(|rules| rules.audit.clone()).unwrap_or_default();
    let ran = run.outcome == Outcome::Ran;
    if rules.is_some_and(|rules| rules.confirmation == Confirmation::Required)
        && !demanded.iter().any(|action| is_confirmation(action))
    {
        demanded.push("confirmation".to_owned());
    }
    let recorded = |action: &String| {
        evidence.events_of(run).any(|row| row.event.action.as_deref().is_some_and(|told| same_action(told, action)))
    };
    let mut actions: Vec<String> =
        demanded.iter().filter(|action| ran || is_check(action)).filter(|action| !recorded(action)).cloned().collect();
    let silent = evidence.events_of(run).next().is_none();
    let told_elsewhere = || evidence.survey().audits_tool(&run.name);
    if demanded.is_empty() && silent && rules.is_none_or(|rules| rules.audit.is_none()) && told_elsewhere() {
        actions.push("any audit event".to_owned());
    }
    (!actions.is_empty()).then(|| Gap {
        span_id: run.span_id.clone(),
        tool: run.name.clone(),
        time_ns: run.start_ns,
        actions,
    })
}

fn same_action(told: &str, demanded: &str) -> bool {
    told.eq_ignore_ascii_case(demanded) || words(told) == words(demanded)
}

fn is_check(action: &str) -> bool {
    words(action).iter().any(|word| {
        matches!(word.as_str(), "permission" | "check" | "authorize" | "authorization" | "access" | "evaluate")
    })
}

fn is_confirmation(action: &str) -> bool {
    words(action).iter().any(|word| word.starts_with("confirm") || word.starts_with("approv"))
}
