//! A check's report in the forms of other programs: JUnit XML, a Markdown summary, annotations of GitHub Actions.

pub mod github;
pub mod junit;
pub mod markdown;

use crate::check::{CaseReport, Verdict};

/// Why a case did not pass: the reasons of its failed assertions that count, or the error that kept it from being judged.
fn reasons(case: &CaseReport) -> Vec<String> {
    let mut list: Vec<String> = case.error.iter().map(|error| format!("{} {}", error.code, error.message)).collect();
    if case.verdict != Verdict::Pass {
        list.extend(case.assertions.iter().filter(|a| !a.passed && a.weight > 0.0).map(|assertion| {
            let not = if assertion.not { "not-" } else { "" };
            format!("{not}{}: {}", assertion.kind, assertion.reason.as_deref().unwrap_or("failed"))
        }));
    }
    list
}

/// The id, with the variant where a check had several.
fn label(case: &CaseReport, several: bool) -> String {
    if several { format!("{} ({})", case.case_id, case.variant) } else { case.case_id.clone() }
}

/// Whether the rows are of more than one variant.
fn several_variants(cases: &[CaseReport]) -> bool {
    cases.first().is_some_and(|first| cases.iter().any(|case| case.variant != first.variant))
}
