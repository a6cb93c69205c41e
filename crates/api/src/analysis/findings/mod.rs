//! Findings: rules over one trace. One file per rule and one line in [`all`].
//!
//! A rule reports what the evidence shows and nothing else: what cannot be judged (no owner, no audit log that covers
//! the time) is no finding.

mod denied_but_executed;
mod leak;
mod tool_without_audit;

use super::evidence::Evidence;
use retake_model::{Finding, FindingCode};

/// A rule.
pub struct Rule {
    /// Its code.
    pub code: FindingCode,
    /// What it reports on one trace.
    pub judge: fn(&Evidence<'_>) -> Vec<Finding>,
}

/// Version of the rules; findings made by another one are made again.
pub const RULES_VERSION: u32 = 1;

/// Every rule.
pub fn all() -> &'static [Rule] {
    &[leak::RULE, tool_without_audit::RULE, denied_but_executed::RULE]
}

/// Findings on one trace, worst first, then by span and subject.
pub fn judge(evidence: &Evidence<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = all().iter().flat_map(|rule| (rule.judge)(evidence)).collect();
    sort(&mut findings);
    findings
}

/// The order in which findings are shown: worst first.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.severity.cmp(&a.severity).then_with(|| {
            (a.code, &a.trace_id, &a.span_id, &a.subject).cmp(&(b.code, &b.trace_id, &b.span_id, &b.subject))
        })
    });
}

/// An audit event as evidence.
fn event_json(row: &super::join::JoinedEvent) -> serde_json::Value {
    let event = &row.event;
    serde_json::json!({
        "event_id": event.event_id,
        "time_ns": event.time_ns.map(|time| time.to_string()),
        "actor": event.actor,
        "role": event.role,
        "action": event.action,
        "resource": event.resource,
        "decision": row.decision.as_str(),
        "reason": event.reason,
        "joined_by": row.basis.as_str(),
    })
}
