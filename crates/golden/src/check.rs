//! The check: judges answers against the cases of golden sets and gives one verdict that CI can gate on.
//!
//! Score of a case: weighted share of its assertions that passed. Score of a set: weighted share of its cases that passed.
//! Recorded answers have no sampling noise, so each case that passed in the baseline and fails now is a regression and
//! fails the gate. Live answers with a repeated baseline are judged by the paired difference (`gate.rs`). A provider's
//! failure is counted apart and never scored.

use crate::assertion::{AssertionResult, Subject};
use crate::baseline::{self, Accepted, Baseline};
use crate::error::GoldenError;
use crate::gate::{self, Facts};
use crate::set::{self, FileError, LoadedCase, LoadedSet};
use retake_compare::TakeFacts;
use retake_model::{Code, Exit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Shares are compared with this much slack, so that thirds add up.
pub(crate) const SLACK: f64 = 1e-9;

/// Outcome of a check, a set or a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Good.
    Pass,
    /// The sample cannot tell.
    Inconclusive,
    /// Bad.
    Fail,
    /// A provider or the network failed; nothing was judged by it.
    Error,
}

impl Verdict {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }

    /// Exit status of the command line.
    pub fn exit(self) -> Exit {
        match self {
            Self::Pass => Exit::Done,
            Self::Inconclusive => Exit::Undecided,
            Self::Fail => Exit::GateFailed,
            Self::Error => Exit::Provider,
        }
    }
}

/// What a check may be told.
#[derive(Debug, Clone, Default)]
pub struct CheckOptions {
    /// Share of the cases that must pass, before that of `set.yaml`.
    pub threshold: Option<f64>,
    /// Baseline file; else the set's own `baseline.json`, if there is one.
    pub baseline: Option<PathBuf>,
    /// Accept the results: write them as the baseline instead of comparing with it.
    pub update_baseline: bool,
}

/// Which answers are judged.
pub enum Answers<'a> {
    /// Those recorded in the cases.
    Recorded,
    /// Those of takes that are there already (`--takes`).
    Takes(&'a (dyn Fn(&LoadedCase) -> Vec<Attempt> + Sync)),
    /// Those of takes that were sent for this check (`--live`).
    Live(&'a (dyn Fn(&LoadedCase) -> Vec<Attempt> + Sync)),
}

/// One answer to a case under a variant, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Name of the variant.
    pub variant: String,
    /// From 0.
    pub repeat: u32,
    /// The answer.
    pub answer: Result<TakeFacts, AnswerError>,
}

/// Why there is no answer: a failure of the provider or the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerError {
    /// Code.
    pub code: Code,
    /// Message.
    pub message: String,
}

/// Result of a check. The fields of the command line's document stand first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The worst of the sets' verdicts.
    pub verdict: Verdict,
    /// Sets in the order in which they were named.
    pub sets: Vec<SetReport>,
}

/// Result of one set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SetReport {
    /// Name.
    pub name: String,
    /// Weighted share of the cases that passed; `None` when none could be judged.
    pub score: Option<f64>,
    /// Share that was wanted.
    pub threshold: f64,
    /// Outcome.
    pub verdict: Verdict,
    /// Cases, one row for each variant.
    pub cases: Vec<CaseReport>,
    /// Ids of the cases that passed in the baseline and fail now.
    pub regressions: Vec<String>,
    /// Files that could not be used.
    pub errors: Vec<FileError>,
    /// Folder.
    pub dir: String,
    /// Why the verdict is what it is, one sentence each; empty for a pass.
    pub reasons: Vec<String>,
}

/// Result of one case under one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseReport {
    /// Id.
    pub case_id: String,
    /// Outcome.
    pub verdict: Verdict,
    /// Weighted share of the assertions that passed, over all repeats; `None` when nothing could be judged.
    pub score: Option<f64>,
    /// Whether repeats had different verdicts.
    pub flaky: bool,
    /// Assertions in the order of the file.
    pub assertions: Vec<AssertionResult>,
    /// The answer that the evidence of the assertions stands in; nothing where several were judged.
    pub answer: Option<String>,
    /// Name of the variant; `original` for the recorded answer.
    pub variant: String,
    /// Repeats that were judged.
    pub repeats: u32,
    /// Repeats that passed.
    pub passed: u32,
    /// Repeats without an answer.
    pub failures: u32,
    /// Why nothing or not everything could be judged.
    pub error: Option<AnswerError>,
    /// Ids of the takes.
    pub take_ids: Vec<String>,
    /// The case's file.
    pub file: String,
    /// Line of each assertion in it.
    pub lines: Vec<u64>,
    /// Weight in the set.
    pub weight: f64,
    /// Tags, the set's own included.
    pub tags: Vec<String>,
}

impl CheckReport {
    /// Exit status of the command line.
    pub fn exit(&self) -> Exit {
        self.verdict.exit()
    }
}

/// Judges loaded sets.
///
/// # Errors
/// A baseline that is named and missing or cannot be read or written. Whatever is wrong with a case is in the report.
pub fn check(sets: &[LoadedSet], options: &CheckOptions, answers: &Answers<'_>) -> Result<CheckReport, GoldenError> {
    if options.threshold.is_some_and(|threshold| !(0.0..=1.0).contains(&threshold)) {
        return Err(GoldenError::Usage { why: "the threshold must lie between 0 and 1".to_owned() });
    }
    if options.baseline.is_some() && options.update_baseline && sets.len() > 1 {
        return Err(GoldenError::Usage { why: "one baseline file cannot hold the results of several sets".to_owned() });
    }
    let reports = sets.iter().map(|set| check_set(set, sets.len(), options, answers)).collect::<Result<Vec<_>, _>>()?;
    let verdict = reports.iter().map(|set| set.verdict).max().unwrap_or(Verdict::Fail);
    Ok(CheckReport { verdict, sets: reports })
}

fn check_set(
    set: &LoadedSet,
    n_sets: usize,
    options: &CheckOptions,
    answers: &Answers<'_>,
) -> Result<SetReport, GoldenError> {
    let path = options.baseline.clone().unwrap_or_else(|| set.dir.join(set::BASELINE));
    let known = baseline::read(&path)?;
    if let (Some(named), None, false) = (&options.baseline, &known, options.update_baseline) {
        return Err(GoldenError::Unreadable { path: named.clone(), why: "there is no such file".to_owned() });
    }
    // One file named for several sets is meant for the set that it was written for.
    let known = known.filter(|known| options.baseline.is_none() || n_sets == 1 || known.set == set.file.name);
    let mut cases = judge_all(set, answers);
    let mut errors = set.errors.clone();
    for (row, case) in cases.iter().zip(rows_to_cases(set, &cases)) {
        errors.extend(file_error(row, case));
    }
    if set.cases.is_empty() && set.errors.is_empty() {
        errors.push(FileError {
            code: Code::SetEmpty,
            file: set.dir.display().to_string(),
            line: None,
            column: None,
            message: "the set has no cases".to_owned(),
        });
    }
    let facts = Facts {
        set,
        cases: &cases,
        errors: &errors,
        baseline: known.as_ref().filter(|_| !options.update_baseline),
        threshold: options.threshold,
        live: matches!(answers, Answers::Live(_)),
    };
    let decision = gate::decide(&facts);
    if options.update_baseline && decision.verdict != Verdict::Error {
        baseline::write(&path, &accepted(set, &cases, known, !errors.is_empty())?)?;
    }
    for row in &mut cases {
        row.tags.dedup();
    }
    Ok(SetReport {
        name: set.file.name.clone(),
        score: decision.score,
        threshold: decision.threshold,
        verdict: decision.verdict,
        cases,
        regressions: decision.regressions,
        errors,
        dir: set.dir.display().to_string(),
        reasons: decision.reasons,
    })
}

fn rows_to_cases<'a>(set: &'a LoadedSet, rows: &[CaseReport]) -> Vec<Option<&'a LoadedCase>> {
    let by_id: BTreeMap<&str, &LoadedCase> = set.cases.iter().map(|case| (case.case.id.as_str(), case)).collect();
    rows.iter().map(|row| by_id.get(row.case_id.as_str()).copied()).collect()
}

/// The error of a file that kept a case from being judged: a missing recording, or no assertion.
fn file_error(row: &CaseReport, case: Option<&LoadedCase>) -> Option<FileError> {
    if row.verdict != Verdict::Fail || row.repeats > 0 {
        return None;
    }
    let error = row.error.as_ref()?;
    match case.map(|case| &case.recorded) {
        Some(Err(missing)) if missing.message == error.message => Some(missing.clone()),
        _ => Some(FileError {
            code: error.code,
            file: row.file.clone(),
            line: Some(1),
            column: Some(1),
            message: error.message.clone(),
        }),
    }
}

/// Below this many cases a second thread costs more than it brings.
const CASES_A_THREAD: usize = 256;

fn judge_all(set: &LoadedSet, answers: &Answers<'_>) -> Vec<CaseReport> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = match answers {
        Answers::Recorded => cores.min(set.cases.len() / CASES_A_THREAD + 1),
        Answers::Takes(_) | Answers::Live(_) => 1,
    };
    if threads == 1 {
        return set.cases.iter().flat_map(|case| judge_case(set, case, answers)).collect();
    }
    let chunk = set.cases.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = set
            .cases
            .chunks(chunk)
            .map(|cases| {
                scope.spawn(move || cases.iter().flat_map(|case| judge_case(set, case, answers)).collect::<Vec<_>>())
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// Rows of one case, one for each variant.
fn judge_case(set: &LoadedSet, case: &LoadedCase, answers: &Answers<'_>) -> Vec<CaseReport> {
    match answers {
        Answers::Recorded => match &case.recorded {
            Ok(take) => vec![judge_attempts(set, case, "original", &[Ok(take)])],
            Err(missing) => vec![unjudged(set, case, missing.code, missing.message.clone())],
        },
        Answers::Takes(attempts) | Answers::Live(attempts) => {
            let attempts = attempts(case);
            if attempts.is_empty() {
                let message = format!("there is no take of case {:?} to judge", case.case.id);
                return vec![unjudged(set, case, Code::CassetteMissing, message)];
            }
            let mut variants: Vec<&str> = Vec::new();
            for attempt in &attempts {
                if !variants.contains(&attempt.variant.as_str()) {
                    variants.push(&attempt.variant);
                }
            }
            variants
                .into_iter()
                .map(|variant| {
                    let mut own: Vec<&Attempt> = attempts.iter().filter(|attempt| attempt.variant == variant).collect();
                    own.sort_by_key(|attempt| attempt.repeat);
                    let answers: Vec<_> = own.iter().map(|attempt| attempt.answer.as_ref()).collect();
                    judge_attempts(set, case, variant, &answers)
                })
                .collect()
        }
    }
}

fn row(set: &LoadedSet, case: &LoadedCase, variant: &str) -> CaseReport {
    let mut tags = set.file.tags.clone();
    tags.extend(case.case.tags.iter().cloned());
    tags.sort();
    tags.dedup();
    CaseReport {
        case_id: case.case.id.clone(),
        verdict: Verdict::Fail,
        score: None,
        flaky: false,
        assertions: Vec::new(),
        answer: None,
        variant: variant.to_owned(),
        repeats: 0,
        passed: 0,
        failures: 0,
        error: None,
        take_ids: Vec::new(),
        file: case.path.display().to_string(),
        lines: case.assertion_lines.clone(),
        weight: case.case.weight.unwrap_or(1.0),
        tags,
    }
}

/// A case that nothing can be judged of fails: it is never left out.
fn unjudged(set: &LoadedSet, case: &LoadedCase, code: Code, message: String) -> CaseReport {
    CaseReport { score: Some(0.0), error: Some(AnswerError { code, message }), ..row(set, case, "original") }
}

fn judge_attempts(
    set: &LoadedSet,
    case: &LoadedCase,
    variant: &str,
    answers: &[Result<&TakeFacts, &AnswerError>],
) -> CaseReport {
    let mut report = row(set, case, variant);
    let whole: f64 = case.assertions.iter().map(|assertion| assertion.weight).sum();
    if whole <= 0.0 {
        let message = format!("the case {:?} expects nothing: no assertion of it has a weight", case.case.id);
        report.error = Some(AnswerError { code: Code::CaseUnreadable, message });
        report.score = Some(0.0);
        return report;
    }
    let wanted = case.case.threshold.unwrap_or(1.0);
    let mut total = 0.0;
    for answer in answers {
        let take = match answer {
            Ok(take) => take,
            Err(error) => {
                report.failures += 1;
                report.error.get_or_insert_with(|| (*error).clone());
                continue;
            }
        };
        report.take_ids.extend(take.take_id.clone());
        let subject = Subject::new(take, case.documents.as_deref());
        let results: Vec<AssertionResult> = case.assertions.iter().map(|assertion| assertion.judge(&subject)).collect();
        let passed: f64 = results.iter().filter(|result| result.passed).map(|result| result.weight).sum();
        let score = passed / whole;
        total += score;
        report.repeats += 1;
        report.answer = take.output_text.clone().filter(|_| report.repeats == 1);
        report.passed += u32::from(score + SLACK >= wanted);
        merge(&mut report.assertions, results);
    }
    let n = f64::from(report.repeats);
    if report.repeats == 0 {
        report.verdict = Verdict::Error;
        return report;
    }
    for assertion in &mut report.assertions {
        assertion.score /= n;
    }
    report.score = Some(total / n);
    report.flaky = report.passed > 0 && report.passed < report.repeats;
    let share = f64::from(report.passed) / n;
    let enough = share + SLACK >= set.file.repeat_threshold.unwrap_or(1.0) && report.passed > 0;
    report.verdict = if enough { Verdict::Pass } else { Verdict::Fail };
    report
}

/// Adds a repeat's results: an assertion passes when it passes in each, and keeps its first failure's reason.
fn merge(sums: &mut Vec<AssertionResult>, results: Vec<AssertionResult>) {
    if sums.is_empty() {
        *sums = results;
        return;
    }
    for (sum, result) in sums.iter_mut().zip(results) {
        sum.score += result.score;
        if sum.passed && !result.passed {
            sum.passed = false;
            sum.reason = result.reason;
            sum.evidence = result.evidence;
        }
    }
}

/// The results as a baseline. What could not be judged keeps what was accepted before.
fn accepted(
    set: &LoadedSet,
    rows: &[CaseReport],
    known: Option<Baseline>,
    keep: bool,
) -> Result<Baseline, GoldenError> {
    let mut cases = BTreeMap::new();
    for row in rows {
        let result = Accepted { passed: row.passed, repeats: row.repeats };
        if row.repeats > 0 && cases.insert(row.case_id.clone(), result).is_some() {
            return Err(GoldenError::Usage { why: "a baseline holds the results of one variant; name one".to_owned() });
        }
    }
    if let (true, Some(known)) = (keep, known) {
        for (id, result) in known.cases {
            cases.entry(id).or_insert(result);
        }
    }
    Ok(Baseline { version: baseline::VERSION, set: set.file.name.clone(), cases })
}
