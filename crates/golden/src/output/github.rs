//! Annotations of GitHub Actions: one workflow command for each failed assertion, on its own line in the case's file.

use super::reasons;
use crate::check::{CaseReport, CheckReport, Verdict};
use std::fmt::Write as _;

/// The commands, one a line. `relative` turns a path as the report names it into one relative to the repository.
pub fn print(report: &CheckReport, relative: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut annotate = |file: &str, line: Option<u64>, column: Option<u64>, title: &str, message: &str| {
        let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
        let column = column.map(|column| format!(",col={column}")).unwrap_or_default();
        let _ = writeln!(
            out,
            "::error file={}{line}{column},title={}::{}",
            property(&relative(file)),
            property(title),
            data(message)
        );
    };
    for set in &report.sets {
        for error in &set.errors {
            annotate(&error.file, error.line, error.column, &format!("{}: {}", set.name, error.code), &error.message);
        }
        for case in set.cases.iter().filter(|case| case.verdict != Verdict::Pass) {
            let title = format!("{}: {}", set.name, case.case_id);
            let failed = failed_lines(case);
            for (line, message) in &failed {
                annotate(&case.file, Some(*line), None, &title, message);
            }
            if failed.is_empty() && set.errors.iter().all(|error| error.file != case.file) {
                annotate(&case.file, Some(1), None, &title, &reasons(case).join("; "));
            }
        }
        let shown = !set.errors.is_empty() || set.cases.iter().any(|case| case.verdict != Verdict::Pass);
        if set.verdict != Verdict::Pass && !shown {
            annotate(&format!("{}/set.yaml", set.dir), Some(1), None, &set.name, &set.reasons.join("; "));
        }
    }
    out
}

fn failed_lines(case: &CaseReport) -> Vec<(u64, String)> {
    case.assertions
        .iter()
        .zip(&case.lines)
        .filter(|(assertion, _)| !assertion.passed && assertion.weight > 0.0)
        .map(|(assertion, line)| {
            let not = if assertion.not { "not-" } else { "" };
            ((*line).max(1), format!("{not}{}: {}", assertion.kind, assertion.reason.as_deref().unwrap_or("failed")))
        })
        .collect()
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
