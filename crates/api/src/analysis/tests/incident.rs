//! The real incident: exactly what its truth says, nothing on its traps, with the policy and without.

use super::{Made, real_incident};
use crate::analysis::policy::Policy;
use std::collections::BTreeSet;

fn expected(truth: &serde_json::Value) -> BTreeSet<String> {
    ["leak", "tool_without_audit", "denied_but_executed"]
        .iter()
        .flat_map(|code| {
            truth["expected"][code].as_array().expect("a list").iter().map(move |row| {
                format!("{code} {} {}", row[0].as_str().expect("a trace"), row[1].as_str().expect("a subject"))
            })
        })
        .collect()
}

#[test]
fn the_findings_are_those_of_the_truth_and_no_others() {
    let Some(real) = real_incident() else { return };
    let made = Made { spans: real.spans, events: real.events, policy: Policy::parse(&real.policy).expect("a policy") };
    assert_eq!(made.report().into_iter().collect::<BTreeSet<_>>(), expected(&real.truth));
    let findings = made.findings();
    assert_eq!(findings.len(), 3);
    let leak = findings.iter().find(|f| f.code.as_str() == "leak").expect("a leak");
    assert_eq!(leak.span_id.as_str(), real.truth["bad"]["retriever_span"]);
    assert_eq!(leak.evidence["placed_in_prompt"], true);
    let denied = findings.iter().find(|f| f.code.as_str() == "denied_but_executed").expect("a denied call");
    assert_eq!(denied.span_id.as_str(), real.truth["bad"]["tool_span"]);
    assert_eq!(denied.evidence["denied"]["joined_by"], "request_id");
    assert_eq!(denied.evidence["invoked"]["joined_by"], "actor_and_time");
    let silent = findings.iter().find(|f| f.code.as_str() == "tool_without_audit").expect("an unaudited call");
    assert_eq!(silent.span_id.as_str(), real.truth["tool_without_audit"]["span_id"]);
}

#[test]
fn without_a_policy_the_files_say_enough() {
    let Some(real) = real_incident() else { return };
    let made = Made { spans: real.spans, events: real.events, policy: Policy::default() };
    assert_eq!(made.report().into_iter().collect::<BTreeSet<_>>(), expected(&real.truth));
}

#[test]
fn without_the_audit_log_only_the_leak_can_be_told() {
    let Some(real) = real_incident() else { return };
    let made = Made { spans: real.spans, events: vec![], policy: Policy::parse(&real.policy).expect("a policy") };
    assert!(made.report().iter().all(|line| line.starts_with("leak ")), "{:?}", made.report());
    assert_eq!(made.report().len(), 1);
}
