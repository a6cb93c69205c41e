//! A Markdown summary for a pull request: the verdict, a table of sets, the cases that did not pass with their reasons.

use super::{label, reasons, several_variants};
use crate::check::{CheckReport, SetReport, Verdict};
use std::fmt::Write as _;

/// The document.
pub fn print(report: &CheckReport) -> String {
    let mut out = format!("# Retake check: {}\n\n", report.verdict.as_str());
    out.push_str("| set | verdict | score | threshold | passed | failed | errors | flaky |\n");
    out.push_str("| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for set in &report.sets {
        let count = |verdict| set.cases.iter().filter(|case| case.verdict == verdict).count();
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            text(&set.name),
            set.verdict.as_str(),
            set.score.map_or_else(|| "—".to_owned(), percent),
            percent(set.threshold),
            count(Verdict::Pass),
            count(Verdict::Fail),
            count(Verdict::Error),
            set.cases.iter().filter(|case| case.flaky).count(),
        );
    }
    for set in report.sets.iter().filter(|set| set.verdict != Verdict::Pass || set.cases.iter().any(|case| case.flaky))
    {
        details(set, &mut out);
    }
    out
}

fn details(set: &SetReport, out: &mut String) {
    let _ = writeln!(out, "\n## {}\n", text(&set.name));
    for reason in &set.reasons {
        let _ = writeln!(out, "- {}", text(reason));
    }
    let several = several_variants(&set.cases);
    for case in &set.cases {
        let regressed = if set.regressions.contains(&case.case_id) { ", regressed" } else { "" };
        let flaky = if case.flaky {
            format!(", flaky: {} of {} repeats passed", case.passed, case.repeats)
        } else {
            String::new()
        };
        if case.verdict == Verdict::Pass && !case.flaky {
            continue;
        }
        let _ = writeln!(out, "\n### {}: {}{regressed}{flaky}\n", text(&label(case, several)), case.verdict.as_str());
        for reason in reasons(case) {
            let _ = writeln!(out, "- {}", text(&reason));
        }
    }
}

/// A share in percent, with up to two places.
fn percent(share: f64) -> String {
    format!("{} %", (share * 10_000.0).round() / 100.0)
}

/// Text on one line that Markdown shows as it is.
fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.split_whitespace().collect::<Vec<_>>().join(" ").chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
