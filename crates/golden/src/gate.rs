//! The decision of a set: from its rows, its threshold and its baseline to a verdict with reasons.
//!
//! Live answers against a baseline with repeats are judged by three states: pass when the interval of the paired
//! difference lies above minus the margin, fail when it lies below, a case tagged `critical` certainly regressed or an
//! answer broke its schema, else inconclusive, with how many cases would decide. In all other checks a case that passed in the baseline and fails now
//! is a regression and fails the gate.

use crate::baseline::Baseline;
use crate::check::{CaseReport, SLACK, Verdict};
use crate::set::{FileError, LoadedSet};
use crate::stats;
use retake_model::counted;

/// Largest drop that a live check accepts unless the set says otherwise.
const MARGIN: f64 = 0.02;
/// Fewest repeats from which a single case can be said to have regressed.
const FEWEST_REPEATS: u32 = 6;
/// False discovery rate over the cases.
const FALSE_DISCOVERIES: f64 = 0.1;
/// Types of assertions that no repeat may fail, however well the others do.
const HARD: [&str; 1] = ["json_schema"];
/// Tag of cases whose certain regression fails a live check by itself.
const CRITICAL: &str = "critical";

pub(crate) struct Facts<'a> {
    pub(crate) set: &'a LoadedSet,
    pub(crate) cases: &'a [CaseReport],
    pub(crate) errors: &'a [FileError],
    /// `None` when there is none, or when it is being replaced.
    pub(crate) baseline: Option<&'a Baseline>,
    /// From the command line.
    pub(crate) threshold: Option<f64>,
    pub(crate) live: bool,
}

pub(crate) struct Decision {
    pub(crate) score: Option<f64>,
    pub(crate) threshold: f64,
    pub(crate) verdict: Verdict,
    pub(crate) regressions: Vec<String>,
    pub(crate) reasons: Vec<String>,
}

pub(crate) fn decide(facts: &Facts<'_>) -> Decision {
    let stated = facts.threshold.or(facts.set.file.threshold);
    let threshold = stated.unwrap_or(1.0);
    let score = share(facts.cases.iter());
    let repeated = facts.baseline.filter(|baseline| facts.live && baseline.cases.values().any(|case| case.repeats > 1));
    let mut reasons = Vec::new();
    let mut verdict = Verdict::Pass;
    let mut raise = |to: Verdict, reason: String| {
        verdict = verdict.max(to);
        reasons.push(reason);
    };

    let failures: u32 = facts.cases.iter().map(|case| case.failures).sum();
    if failures > 0 {
        raise(
            Verdict::Error,
            format!(
                "{} {} missing: the provider or the network failed",
                counted(failures, "answer"),
                if failures == 1 { "is" } else { "are" }
            ),
        );
    }
    for error in facts.errors {
        raise(Verdict::Fail, format!("{} {}: {}", error.code, error.file, error.message));
    }
    // With a repeated baseline the difference decides; a threshold counts there only if somebody stated one.
    if stated.is_some() || repeated.is_none() {
        match score {
            Some(score) if score + SLACK < threshold => {
                raise(Verdict::Fail, format!("the score {} is below the threshold {threshold}", rounded(score)));
            }
            None if failures == 0 && !facts.cases.is_empty() => {
                raise(Verdict::Fail, "no case has a weight".to_owned());
            }
            _ => {}
        }
    }
    for (tag, &wanted) in &facts.set.file.tag_thresholds {
        let tagged = share(facts.cases.iter().filter(|case| case.tags.contains(tag)));
        match tagged {
            Some(score) if score + SLACK < wanted => {
                raise(
                    Verdict::Fail,
                    format!("the score {} of the tag {tag} is below its threshold {wanted}", rounded(score)),
                );
            }
            _ => {}
        }
    }
    let regressions = match (repeated, facts.baseline) {
        (Some(baseline), _) => {
            let found = certain_regressions(facts.cases, baseline);
            for (to, reason) in live_state(facts, baseline, &found) {
                raise(to, reason);
            }
            found
        }
        (None, Some(baseline)) => {
            let found = flips(facts.cases, baseline);
            if !found.is_empty() {
                raise(Verdict::Fail, format!("passed in the baseline and fail now: {}", found.join(", ")));
            }
            found
        }
        (None, None) => Vec::new(),
    };
    Decision { score, threshold, verdict, regressions, reasons }
}

/// Weighted share of the rows that passed. Rows without an answer are left out; `None` when nothing has weight.
fn share<'a>(rows: impl Iterator<Item = &'a CaseReport>) -> Option<f64> {
    let (mut passed, mut whole) = (0.0, 0.0);
    for row in rows.filter(|row| row.verdict != Verdict::Error) {
        whole += row.weight;
        if row.verdict == Verdict::Pass {
            passed += row.weight;
        }
    }
    (whole > 0.0).then(|| passed / whole)
}

fn rounded(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

fn flips(rows: &[CaseReport], baseline: &Baseline) -> Vec<String> {
    let mut ids: Vec<String> = rows
        .iter()
        .filter(|row| row.verdict == Verdict::Fail)
        .filter(|row| baseline.cases.get(&row.case_id).is_some_and(|accepted| accepted.is_pass()))
        .map(|row| row.case_id.clone())
        .collect();
    ids.dedup();
    ids
}

/// Cases whose pass rate certainly dropped: Fisher's exact test, with the false discovery rate held over all cases
/// (Benjamini and Hochberg).
#[expect(clippy::cast_precision_loss, reason = "case counts are small")]
fn certain_regressions(rows: &[CaseReport], baseline: &Baseline) -> Vec<String> {
    let mut tested: Vec<(f64, &str)> = rows
        .iter()
        .filter(|row| row.repeats >= FEWEST_REPEATS)
        .filter_map(|row| {
            let accepted = baseline.cases.get(&row.case_id).filter(|accepted| accepted.repeats >= FEWEST_REPEATS)?;
            let p = stats::fisher_drop(accepted.passed, accepted.repeats, row.passed, row.repeats);
            Some((p, row.case_id.as_str()))
        })
        .collect();
    tested.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    let n = tested.len() as f64;
    let last = tested.iter().enumerate().rposition(|(i, (p, _))| *p <= FALSE_DISCOVERIES * (i + 1) as f64 / n);
    let mut ids: Vec<String> =
        tested.iter().take(last.map_or(0, |last| last + 1)).map(|(_, id)| (*id).to_owned()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// What a live check against a repeated baseline says beside the threshold.
fn live_state(facts: &Facts<'_>, baseline: &Baseline, regressed: &[String]) -> Vec<(Verdict, String)> {
    let named = |keep: &dyn Fn(&CaseReport) -> bool| {
        facts.cases.iter().filter(|case| keep(case)).map(|case| case.case_id.as_str()).collect::<Vec<_>>().join(", ")
    };
    let mut states = Vec::new();
    let critical = named(&|case| regressed.contains(&case.case_id) && case.tags.iter().any(|tag| tag == CRITICAL));
    if !critical.is_empty() {
        states.push((Verdict::Fail, format!("critical cases regressed: {critical}")));
    }
    let broken = named(&|case| {
        case.assertions.iter().any(|a| HARD.contains(&a.kind.as_str()) && !a.not && a.weight > 0.0 && !a.passed)
    });
    if !broken.is_empty() {
        states.push((Verdict::Fail, format!("answers broke their form: {broken}")));
    }
    let (state, reason) = compare_live(facts, baseline);
    if state != Verdict::Pass {
        states.push((state, reason));
    }
    states
}

fn compare_live(facts: &Facts<'_>, baseline: &Baseline) -> (Verdict, String) {
    let margin = facts.set.file.margin.unwrap_or(MARGIN);
    let differences: Vec<f64> = facts
        .cases
        .iter()
        .filter(|row| row.repeats > 0)
        .filter_map(|row| {
            let accepted = baseline.cases.get(&row.case_id).filter(|accepted| accepted.repeats > 0)?;
            let rate = |passed: u32, repeats: u32| f64::from(passed) / f64::from(repeats);
            Some(rate(row.passed, row.repeats) - rate(accepted.passed, accepted.repeats))
        })
        .collect();
    // Nothing got worse anywhere: there is no drop to be uncertain about.
    if !differences.is_empty() && differences.iter().all(|d| *d >= 0.0) {
        return (Verdict::Pass, String::new());
    }
    let Some(interval) = stats::paired(&differences) else {
        let reason = format!(
            "the baseline holds {} of these; at least 2 are needed to compare with it",
            counted(differences.len(), "case")
        );
        return (Verdict::Inconclusive, reason);
    };
    let shown = format!(
        "the pass rate changed by {} [{}, {}] against the baseline, {} is accepted",
        rounded(interval.mean),
        rounded(interval.low),
        rounded(interval.high),
        -margin
    );
    if interval.low > -margin {
        (Verdict::Pass, shown)
    } else if interval.high < -margin {
        (Verdict::Fail, shown)
    } else {
        let needed = stats::pairs_needed(interval.deviation, margin);
        let more = needed.saturating_sub(differences.len()).max(1);
        (
            Verdict::Inconclusive,
            format!("{shown}; about {} more, or more repeats of these, would decide", counted(more, "case")),
        )
    }
}
