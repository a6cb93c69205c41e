//! Tools that a policy names and no trace calls: a rule for a tool of another name is never applied, and nobody would see it.

use super::Policy;
use crate::analysis::naming::names_tool;
use retake_query::distance;
use std::collections::BTreeSet;

/// One sentence for each tool of the policy that is none of those that traces call. Without any call nothing is said:
/// traces of tools may still be to come.
pub fn unknown_tools(policy: &Policy, called: &[String]) -> Vec<String> {
    if called.is_empty() {
        return Vec::new();
    }
    let of_roles = policy.roles.values().flat_map(|role| role.tools.iter().flatten());
    let named: BTreeSet<&String> = policy.tools.keys().chain(of_roles).filter(|name| *name != "*").collect();
    let is_called = |name: &str| called.iter().any(|tool| names_tool(name, tool) || names_tool(tool, name));
    named.into_iter().filter(|name| !is_called(name)).map(|name| sentence(name, called)).collect()
}

fn sentence(name: &str, called: &[String]) -> String {
    let folded = name.to_lowercase();
    let nearest = called.iter().map(|tool| (distance(&folded, &tool.to_lowercase()), tool)).min();
    match nearest.filter(|(far, _)| *far <= 2.max(name.chars().count() / 3)) {
        Some((_, near)) => format!("no trace calls `{name}`; did you mean `{near}`?"),
        None => format!("no trace calls `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_that_no_trace_calls_is_told_with_the_nearest() {
        let policy = Policy::parse(
            "tools: {refundd: {irreversible: true}, apply_credit: {}}\nroles: {agent: {tools: [applyCredit, teleport]}}",
        )
        .unwrap();
        let called = ["refund".to_owned(), "apply_credit".to_owned()];
        let told = ["no trace calls `refundd`; did you mean `refund`?", "no trace calls `teleport`"];
        assert_eq!(unknown_tools(&policy, &called), told);
        assert!(unknown_tools(&policy, &[]).is_empty());
    }
}
