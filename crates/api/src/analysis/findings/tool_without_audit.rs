//! `tool_without_audit`: a tool call that no audit event tells of, whatever the basis of the join.
//!
//! It is judged only where the audit log could have told: it covers the time (an event within a day), it does not leave
//! the tenant out, a row of it could be joined to the trace, and either the policy demands audit for the tool or the log
//! tells of tools. A policy that lists tools and demands nothing for this one leaves the log to show that it is audited.
//! A call with some rows but not all that the policy demands is no finding; the Audit view shows what is missing.

use super::Rule;
use crate::analysis::event::{Act, is_about_a_tool};
use crate::analysis::evidence::Evidence;
use crate::analysis::join::keys_of;
use crate::analysis::tool_run::{Outcome, ToolRun};
use retake_model::{Finding, FindingCode, Severity};
use serde_json::json;

pub(super) const RULE: Rule = Rule { code: FindingCode::ToolWithoutAudit, judge };

/// Why a call owes an audit event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owed {
    ByPolicy,
    AsElsewhere,
    AsOtherTools,
}

impl Owed {
    fn as_str(self) -> &'static str {
        match self {
            Self::ByPolicy => "the policy demands it",
            Self::AsElsewhere => "the audit log tells of other calls of this tool",
            Self::AsOtherTools => "the audit log tells of calls of other tools",
        }
    }
}

fn judge(evidence: &Evidence<'_>) -> Vec<Finding> {
    let keys = keys_of(evidence.spans);
    let joinable = evidence.survey().can_join(!keys.request_ids.is_empty(), !keys.users.is_empty());
    let left_out = evidence.tenant.as_deref().is_some_and(|tenant| evidence.survey().log_leaves_out(tenant));
    if !joinable || left_out {
        return Vec::new();
    }
    let time_of_trace = keys.start_ns;
    evidence
        .runs
        .iter()
        .filter(|run| run.outcome != Outcome::NoSuchTool && evidence.events_of(run).next().is_none())
        .filter_map(|run| finding(evidence, run, owed(evidence, run, run.start_ns.or(time_of_trace)?)?))
        .collect()
}

fn owed(evidence: &Evidence<'_>, run: &ToolRun, time_ns: i64) -> Option<Owed> {
    let (policy, survey) = (evidence.policy(), evidence.survey());
    if !survey.covers(time_ns) {
        return None;
    }
    let elsewhere = survey.audits_tool(&run.name);
    match policy.tool(&run.name).and_then(|rules| rules.audit.as_ref()) {
        Some(demanded) if demanded.is_empty() => None,
        _ if !elsewhere && speaks_otherwise(evidence) => None,
        Some(_) => Some(Owed::ByPolicy),
        None if elsewhere => Some(Owed::AsElsewhere),
        None if !policy.tools.is_empty() => None,
        None => {
            let tools: Vec<&str> = evidence.runs.iter().map(|run| run.name.as_str()).collect();
            survey.covers_tools(time_ns, &tools).then_some(Owed::AsOtherTools)
        }
    }
}

/// True when the log tells of a check, a confirmation or an invocation in this trace without naming a tool that we know: it
/// may call the tool by another name altogether.
fn speaks_otherwise(evidence: &Evidence<'_>) -> bool {
    evidence.events.iter().any(|row| row.act != Act::Other && row.tool.is_none() && !is_about_a_tool(&row.event))
}

fn finding(evidence: &Evidence<'_>, run: &ToolRun, owed: Owed) -> Option<Finding> {
    let demanded = evidence.policy().tool(&run.name).and_then(|rules| rules.audit.clone()).unwrap_or_default();
    let ran = run.outcome == Outcome::Ran;
    let severity = if ran && owed != Owed::AsOtherTools { Severity::High } else { Severity::Medium };
    let what = if ran { "ran" } else { "was called" };
    Some(Finding {
        trace_id: evidence.trace_id.clone(),
        span_id: run.span_id.clone(),
        code: FindingCode::ToolWithoutAudit,
        severity,
        subject: run.name.clone(),
        message: format!("Tool {} {what} and no audit event tells of it; {}.", run.name, owed.as_str()),
        evidence: json!({
            "tool": run.name,
            "tool_call_id": run.call_id,
            "time_ns": run.start_ns.map(|time| time.to_string()),
            "ran": ran,
            "owed_because": owed.as_str(),
            "missing": demanded,
            "audit_events_of_trace": evidence.events.len(),
            "seen_in": if run.from_messages { "messages" } else { "tool span" },
        }),
    })
}
