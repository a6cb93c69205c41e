//! Votes on takes: kept with the takes, one in force on the same takes, taken back one by one.

use crate::replaying::{home_with, replay_args, variant, words};
use retake_testkit::loopback::{Loopback, Reply};
use retake_tests::{Home, in_repository};
use serde_json::Value;

/// A home with one call and a take of it: its span, the run and the take.
fn home_with_take() -> (Home, String, String, String) {
    let provider = Loopback::answering(|_| Reply::text("On its way since Monday [DOC-1]."));
    let (home, calls) = home_with(1);
    let args = replay_args(&[&calls[0].span_id()], &[variant(&provider, "openai-compatible", "")], &provider);
    let run = home.retake(&words(&args)).ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (home, calls[0].span_id(), text(&run["run_id"]), text(&run["takes"][0]["take_id"]))
}

#[test]
fn a_vote_is_kept_with_its_takes_and_taken_back() {
    let (home, span, run, take) = home_with_take();
    let before = home.retake(&["compare", &span, &take]).ok();
    assert_eq!(before["vote"], Value::Null);
    let voted = home.retake(&["compare", &span, &take, "--vote", "2", "--note", " names the day "]).ok();
    let vote = &voted["vote"];
    assert_eq!(
        (&vote["choice"], &vote["winner"], &vote["note"]),
        (&"take".into(), &take.clone().into(), &"names the day".into()),
        "{vote:#}"
    );
    assert_eq!(
        (&vote["takes"][0], &vote["takes"][1], &vote["blind"]),
        (&span.clone().into(), &take.clone().into(), &false.into())
    );
    let other = home.retake(&["compare", &take, &span, "--vote", "tie"]).ok();
    assert_eq!(
        (&other["vote"]["choice"], &other["vote"]["winner"]),
        (&"tie".into(), &Value::Null),
        "another order is the same question"
    );
    for (document, place) in [
        (home.retake(&["runs", "show", &run]).ok(), "run"),
        (home.retake(&["show", &span, "--as", "takes"]).ok(), "call"),
    ] {
        let votes = document["votes"].as_array().unwrap();
        assert_eq!(
            (votes.len(), &votes[0]["choice"]),
            (1, &"tie".into()),
            "{place}: only what is in force: {votes:#?}"
        );
    }
    let back = home.retake(&["compare", &span, &take, "--vote", "undo"]).ok();
    assert_eq!(back["vote"]["winner"], take.as_str(), "the vote before it is in force again");
    let none = home.retake(&["compare", &span, &take, "--vote", "undo"]).ok();
    assert_eq!(none["vote"], Value::Null);
    assert_eq!(home.retake(&["runs", "show", &run]).ok()["votes"], serde_json::json!([]));
    home.retake(&["compare", &span, &take, "--vote", "undo"]).error(3);
}

#[test]
fn what_is_no_vote_is_refused_and_changes_nothing() {
    let (home, span, _, take) = home_with_take();
    for wrong in ["3", "0", "left", ""] {
        home.retake(&["compare", &span, &take, "--vote", wrong]).error(2);
    }
    home.retake(&["compare", &span, &take, "--note", "alone"]).error(2);
    home.retake(&["compare", &span, "--vote", "1"]).error(2);
    assert_eq!(home.retake(&["compare", &span, &take]).ok()["vote"], Value::Null);
    let nine: Vec<&str> = std::iter::once("compare").chain(std::iter::repeat_n(span.as_str(), 9)).collect();
    home.retake(&nine).error(2);
}

#[test]
fn votes_outlive_the_call_that_they_were_about() {
    let (home, span, run, take) = home_with_take();
    home.retake(&["compare", &span, &take, "--vote", "both-bad"]).ok();
    let batches = home.retake(&["batches", "list"]).ok();
    home.retake(&["batches", "undo", batches["batches"][0]["batch_id"].as_str().unwrap(), "--yes"]).ok();
    let shown = home.retake(&["runs", "show", &run]).ok();
    assert_eq!(shown["votes"][0]["choice"], "both_bad", "{shown:#}");
    let file = in_repository("fixtures/sample/traces.jsonl");
    home.retake(&["import", file.to_str().unwrap()]).ok();
    assert_eq!(home.retake(&["runs", "show", &run]).ok()["votes"].as_array().map(Vec::len), Some(1));
}
