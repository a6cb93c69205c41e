//! The check: scores, verdicts, baselines, live answers.

use crate::set;
use retake_compare::TakeFacts;
use retake_golden::{
    AnswerError, Answers, Attempt, CheckOptions, CheckReport, GoldenError, LoadedCase, Verdict, bench, check, load,
};
use retake_model::{Code, Coded, Exit};
use std::path::Path;

const DAYS: &str = "assertions:\n  - type: contains\n    value: 9 days\n";
const GOOD: &str = r#"{"output_text": "It takes 9 days.", "latency_ms": 10}"#;
const BAD: &str = r#"{"output_text": "It takes 4 days.", "latency_ms": 10}"#;

fn run(dir: &Path, options: &CheckOptions) -> CheckReport {
    check(&load(&[dir.to_owned()]).unwrap(), options, &Answers::Recorded).unwrap()
}

#[test]
fn a_good_answer_passes_and_a_bad_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let report = run(&set(folder.path(), "", &[("a", DAYS, GOOD), ("b", DAYS, GOOD)]), &CheckOptions::default());
    assert_eq!((report.verdict, report.exit(), report.sets[0].score), (Verdict::Pass, Exit::Done, Some(1.0)));
    let report = run(&set(folder.path(), "", &[("b", DAYS, BAD)]), &CheckOptions::default());
    assert_eq!((report.verdict, report.exit(), report.sets[0].score), (Verdict::Fail, Exit::GateFailed, Some(0.5)));
    let case = &report.sets[0].cases[1];
    assert_eq!((case.case_id.as_str(), case.verdict, case.score), ("b", Verdict::Fail, Some(0.0)));
    assert!(case.assertions[0].reason.as_ref().unwrap().contains("4 days"));
    let document = serde_json::to_value(&report).unwrap();
    for field in ["name", "score", "threshold", "verdict", "cases", "regressions", "errors"] {
        assert!(document["sets"][0].get(field).is_some(), "{field}");
    }
    for field in ["type", "passed", "score", "reason"] {
        assert!(document["sets"][0]["cases"][1]["assertions"][0].get(field).is_some(), "{field}");
    }
}

#[test]
fn weights_and_thresholds_count() {
    let folder = tempfile::tempdir().unwrap();
    let heavy = format!("weight: 3\n{DAYS}");
    let dir = set(folder.path(), "threshold: 0.75\n", &[("a", &heavy, GOOD), ("b", DAYS, BAD)]);
    assert_eq!(run(&dir, &CheckOptions::default()).verdict, Verdict::Pass);
    let strict = CheckOptions { threshold: Some(0.76), ..CheckOptions::default() };
    assert_eq!(run(&dir, &strict).verdict, Verdict::Fail);
    let two_of_three = "threshold: 0.66\nassertions:\n  - {type: contains, value: 9 days}\n  - {type: contains, value: It}\n  - {type: contains, value: never}\n";
    let dir = set(folder.path(), "", &[("a", two_of_three, GOOD), ("b", DAYS, GOOD)]);
    assert_eq!(run(&dir, &CheckOptions::default()).verdict, Verdict::Pass);
    let advisory = "assertions:\n  - {type: contains, value: 9 days}\n  - {type: latency, max_ms: 1, weight: 0}\n";
    let dir = set(folder.path(), "", &[("a", advisory, GOOD)]);
    let report = run(&dir, &CheckOptions::default());
    assert_eq!(report.verdict, Verdict::Pass);
    assert!(!report.sets[0].cases[0].assertions[1].passed, "shown, not scored");
    let tagged = format!("tags: [money]\n{DAYS}");
    let dir =
        set(folder.path(), "threshold: 0.1\ntag_thresholds: {money: 1}\n", &[("a", DAYS, GOOD), ("b", &tagged, BAD)]);
    let report = run(&dir, &CheckOptions::default());
    assert_eq!(report.verdict, Verdict::Fail);
    assert!(report.sets[0].reasons[0].contains("money"), "{:?}", report.sets[0].reasons);
}

#[test]
fn nothing_passes_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    let code = |report: &CheckReport| report.sets[0].errors.first().map(|error| error.code);
    let dir = set(folder.path(), "", &[]);
    let report = run(&dir, &CheckOptions { threshold: Some(0.0), ..CheckOptions::default() });
    assert_eq!((report.verdict, code(&report)), (Verdict::Fail, Some(Code::SetEmpty)), "an empty set");

    let dir = set(folder.path(), "", &[("a", DAYS, GOOD)]);
    std::fs::remove_file(dir.join("cassettes/a.json")).unwrap();
    let report = run(&dir, &CheckOptions { threshold: Some(0.0), ..CheckOptions::default() });
    assert_eq!((report.verdict, code(&report)), (Verdict::Fail, Some(Code::CassetteMissing)), "a missing recording");
    assert!(report.sets[0].errors[0].message.contains("cassettes/a.json"));
    assert_eq!(report.sets[0].cases[0].verdict, Verdict::Fail);

    for answer in ["5", r#"{"output_txt": "x"}"#, "{"] {
        let report = run(&set(folder.path(), "", &[("a", DAYS, answer)]), &CheckOptions::default());
        assert_eq!((report.verdict, code(&report)), (Verdict::Fail, Some(Code::CassetteMissing)), "{answer}");
    }
    for empty in ["", "assertions: []\n", "assertions:\n  - {type: contains, value: 9, weight: 0}\n"] {
        let report = run(
            &set(folder.path(), "", &[("a", empty, GOOD)]),
            &CheckOptions { threshold: Some(0.0), ..CheckOptions::default() },
        );
        assert_eq!(
            (report.verdict, code(&report)),
            (Verdict::Fail, Some(Code::CaseUnreadable)),
            "no assertion: {empty}"
        );
    }
    let report = run(
        &set(folder.path(), "threshold: 0\n", &[("a", DAYS, GOOD), ("b", "wrong: 1\n", GOOD)]),
        &CheckOptions::default(),
    );
    assert_eq!(
        (report.verdict, report.sets[0].score),
        (Verdict::Fail, Some(1.0)),
        "an unreadable case fails, the other is judged"
    );
    let report = run(
        &set(&folder.path().join("w"), "", &[("a", &format!("weight: 0\n{DAYS}"), GOOD)]),
        &CheckOptions::default(),
    );
    assert_eq!(report.verdict, Verdict::Fail, "a set in which nothing has weight");
    assert_eq!(
        check(&[], &CheckOptions::default(), &Answers::Recorded).unwrap().verdict,
        Verdict::Fail,
        "no set at all"
    );
}

#[test]
fn what_passed_in_the_baseline_must_not_fail() {
    let folder = tempfile::tempdir().unwrap();
    let dir = set(folder.path(), "threshold: 0.1\n", &[("a", DAYS, GOOD), ("b", DAYS, GOOD), ("c", DAYS, BAD)]);
    let update = CheckOptions { update_baseline: true, ..CheckOptions::default() };
    assert_eq!(run(&dir, &update).verdict, Verdict::Pass);
    let report = run(&dir, &CheckOptions::default());
    assert_eq!(
        (report.verdict, report.sets[0].regressions.len()),
        (Verdict::Pass, 0),
        "what failed before is no regression"
    );
    let dir = set(folder.path(), "threshold: 0.1\n", &[("b", DAYS, BAD)]);
    let report = run(&dir, &CheckOptions::default());
    assert_eq!((report.verdict, report.sets[0].regressions.as_slice()), (Verdict::Fail, ["b".to_owned()].as_slice()));
    assert!(report.sets[0].reasons.iter().any(|reason| reason.contains('b')));
    // Accepting it makes it the new baseline.
    assert_eq!(run(&dir, &update).verdict, Verdict::Pass);
    assert_eq!(run(&dir, &CheckOptions::default()).verdict, Verdict::Pass);

    let named = |path: &str| CheckOptions { baseline: Some(dir.join(path)), ..CheckOptions::default() };
    let sets = load(std::slice::from_ref(&dir)).unwrap();
    let error = |options| check(&sets, &options, &Answers::Recorded).unwrap_err();
    assert!(matches!(error(named("none.json")), GoldenError::Unreadable { .. }));
    for text in ["{", r#"{"version": 9, "set": "x", "cases": {}, "new": 1}"#] {
        std::fs::write(dir.join("odd.json"), text).unwrap();
        assert_eq!(error(named("odd.json")).code(), Code::InputUnreadable, "{text}");
    }
}

fn attempt(variant: &str, repeat: u32, text: &str) -> Attempt {
    let take = TakeFacts {
        output_text: Some(text.to_owned()),
        take_id: Some(format!("{variant}{repeat}")),
        ..TakeFacts::default()
    };
    Attempt { variant: variant.to_owned(), repeat, answer: Ok(take) }
}

fn failure(variant: &str, repeat: u32) -> Attempt {
    let error = AnswerError { code: Code::ProviderTimeout, message: "no answer in time".to_owned() };
    Attempt { variant: variant.to_owned(), repeat, answer: Err(error) }
}

fn judge(
    dir: &Path,
    live: bool,
    options: &CheckOptions,
    attempts: &(dyn Fn(&LoadedCase) -> Vec<Attempt> + Sync),
) -> CheckReport {
    let sets = load(&[dir.to_owned()]).unwrap();
    let answers = if live { Answers::Live(attempts) } else { Answers::Takes(attempts) };
    check(&sets, options, &answers).unwrap()
}

#[test]
fn takes_are_judged_by_variant_and_repeats_may_be_flaky() {
    let folder = tempfile::tempdir().unwrap();
    let dir = set(folder.path(), "", &[("a", DAYS, BAD)]);
    let report =
        judge(&dir, false, &CheckOptions::default(), &|_| vec![attempt("v1", 0, "9 days"), attempt("v2", 0, "4 days")]);
    let rows: Vec<_> = report.sets[0].cases.iter().map(|row| (row.variant.as_str(), row.verdict)).collect();
    assert_eq!((report.verdict, rows), (Verdict::Fail, vec![("v1", Verdict::Pass), ("v2", Verdict::Fail)]));
    let report =
        judge(&dir, false, &CheckOptions::default(), &|_| vec![attempt("v", 1, "4 days"), attempt("v", 0, "9 days")]);
    let row = &report.sets[0].cases[0];
    assert_eq!((row.flaky, row.verdict, row.passed, row.repeats), (true, Verdict::Fail, 1, 2));
    assert_eq!((row.assertions[0].passed, row.assertions[0].score, row.take_ids.len()), (false, 0.5, 2));
    let dir = set(folder.path(), "repeat_threshold: 0.5\n", &[]);
    let report =
        judge(&dir, false, &CheckOptions::default(), &|_| vec![attempt("v", 1, "4 days"), attempt("v", 0, "9 days")]);
    assert_eq!((report.verdict, report.sets[0].cases[0].flaky), (Verdict::Pass, true), "flaky, and said so");
    let report = judge(&dir, false, &CheckOptions::default(), &|_| Vec::new());
    assert_eq!(
        (report.verdict, report.sets[0].errors[0].code),
        (Verdict::Fail, Code::CassetteMissing),
        "a run without the case"
    );
}

#[test]
fn a_provider_failure_is_an_error_and_never_scored() {
    let folder = tempfile::tempdir().unwrap();
    let dir = set(folder.path(), "", &[("a", DAYS, GOOD), ("b", DAYS, GOOD)]);
    let update = CheckOptions { update_baseline: true, ..CheckOptions::default() };
    let report = judge(&dir, true, &update, &|case| {
        vec![if case.case.id == "a" { failure("v", 0) } else { attempt("v", 0, "9 days") }]
    });
    assert_eq!((report.verdict, report.exit(), report.sets[0].score), (Verdict::Error, Exit::Provider, Some(1.0)));
    let row = &report.sets[0].cases[0];
    assert_eq!((row.verdict, row.score, row.failures), (Verdict::Error, None, 1));
    assert_eq!(row.error.as_ref().unwrap().code, Code::ProviderTimeout);
    assert!(report.sets[0].errors.is_empty(), "no file is wrong");
    assert!(!dir.join("baseline.json").exists(), "nothing is accepted from a broken run");
}

#[test]
fn live_repeats_are_judged_in_three_states() {
    let folder = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (0..20).map(|i| format!("c{i:02}")).collect();
    let cases: Vec<(&str, &str, &str)> = ids.iter().map(|id| (id.as_str(), DAYS, GOOD)).collect();
    let dir = set(folder.path(), "", &cases);
    let repeats = |passed: u32| {
        (0..10).map(|i| attempt("v", i, if i < passed { "9 days" } else { "4 days" })).collect::<Vec<_>>()
    };
    let index = |case: &LoadedCase| case.case.id[1..].parse::<u32>().unwrap();
    let update = CheckOptions { update_baseline: true, threshold: Some(0.0), ..CheckOptions::default() };
    judge(&dir, true, &update, &|_| repeats(9));

    let options = CheckOptions::default();
    let report = judge(&dir, true, &options, &|_| repeats(9));
    assert_eq!(report.verdict, Verdict::Pass, "flaky as before is no drop: {:?}", report.sets[0].reasons);
    let report = judge(&dir, true, &options, &|case| repeats(if index(case) % 2 == 0 { 10 } else { 8 }));
    assert_eq!((report.verdict, report.exit()), (Verdict::Inconclusive, Exit::Undecided), "up here, down there");
    assert!(report.sets[0].reasons[0].contains("would decide"), "{:?}", report.sets[0].reasons);
    let report = judge(&dir, true, &options, &|case| repeats(5 + index(case) % 2));
    assert_eq!(report.verdict, Verdict::Fail, "a certain drop");

    let critical = format!("tags: [critical]\n{DAYS}");
    let dir = set(folder.path(), "margin: 0.5\n", &[("c07", &critical, GOOD)]);
    let report = judge(&dir, true, &options, &|case| repeats(if index(case) == 7 { 0 } else { 9 }));
    assert_eq!((report.verdict, report.sets[0].regressions.as_slice()), (Verdict::Fail, ["c07".to_owned()].as_slice()));
}

#[test]
fn many_cases_are_judged_in_order() {
    let folder = tempfile::tempdir().unwrap();
    bench::write_set(folder.path(), 700).unwrap();
    let report = bench::bench_check(folder.path()).unwrap();
    assert_eq!((report.verdict, report.sets[0].cases.len()), (Verdict::Pass, 700), "{:?}", report.sets[0].reasons);
    let ids: Vec<&str> = report.sets[0].cases.iter().map(|case| case.case_id.as_str()).collect();
    assert!(ids.is_sorted());
}
