//! What people read: the same facts as the documents, in sentences.

use crate::replaying::{home_with, replay_args, variant, words};
use retake_testkit::loopback::{Cut, Loopback, Reply};
use retake_tests::traces::{Call, document};
use retake_tests::{Home, Run};
use serde_json::{Value, json};

/// Runs `retake` on the workspace of a home as a person does.
fn said(home: &Home, args: &[&str]) -> Run {
    let mut command = home.bare(&["--workspace"]);
    command.arg(home.workspace()).args(args);
    Run::of(command)
}

#[test]
fn a_cost_that_is_not_known_is_a_dash() {
    let (home, calls) = home_with(1);
    let provider = Loopback::start(vec![Reply::text("It arrives on Friday, says the sheet.").cut(Cut::Break(700))]);
    let args = replay_args(
        &[&calls[0].span_id()],
        &[variant(&provider, "openai-compatible", "model=nobody-knows-its-price,retries=0")],
        &provider,
    );
    let run = home.retake(&words(&args));
    run.error(4);
    assert_eq!(run.document()["spent_usd_nanos"], Value::Null, "{run}");
    let run_id = run.document()["run_id"].as_str().unwrap().to_owned();
    let shown = said(&home, &["runs", "show", &run_id]);
    assert!(!shown.stdout.contains("$0.0") && shown.stdout.lines().next().unwrap().ends_with('—'), "{shown}");
}

#[test]
fn one_thing_is_singular() {
    let home = Home::new();
    let call = Call::new(1, "Where is it?", "On its way.");
    let path = home.file("call.jsonl", document(vec![call.spans()[2].clone()]));
    let imported = said(&home, &["import", path.to_str().unwrap()]);
    assert!(imported.stdout.contains("1 trace, 1 span, 0 audit events, 0 duplicates, 0 rejected"), "{imported}");
    assert!(imported.stdout.contains("  1 trace, 1 span, "), "{imported}");
    let listed = said(&home, &["batches", "list"]);
    assert!(listed.stdout.contains(" 1 span ") && !listed.stdout.contains("1 spans"), "{listed}");
    let estimate = said(&home, &["replay", &call.span_id(), "--variant", "provider=recorded", "--estimate"]);
    assert!(estimate.stdout.contains("1 request × 1 variant × 1 = 1 call to"), "{estimate}");
}

#[test]
fn messages_of_a_trace_say_which_call_they_are_of() {
    let home = Home::new();
    let call = Call::new(1, "Where is it?", "On its way.");
    let mut spans = call.spans();
    let mut first = spans[2].clone();
    first["spanId"] = json!("00000000000000aa");
    first["startTimeUnixNano"] = json!((call.start_ns + 70_000_000).to_string());
    first["endTimeUnixNano"] = json!((call.start_ns + 90_000_000).to_string());
    spans.push(first);
    let path = home.file("calls.jsonl", document(spans));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let shown = said(&home, &["show", &call.trace_id(), "--as", "messages"]);
    assert!(shown.stdout.contains(&format!("span {}", call.span_id())), "{shown}");
    assert!(shown.stdout.contains("model call 2 of 2 of this trace"), "{shown}");
    assert!(shown.stdout.contains("00000000000000aa"), "{shown}");
    let (alone, calls) = home_with(1);
    let shown = said(&alone, &["show", &calls[0].trace_id(), "--as", "messages"]);
    assert!(!shown.stdout.contains("model call"), "{shown}");
}

#[test]
fn an_error_of_a_set_is_told_once() {
    let (home, calls) = home_with(1);
    home.retake(&["promote", &calls[0].span_id(), "--set", "golden", "--assert", "contains:way", "--yes"]).ok();
    home.file("golden/cases/broken.yaml", "assertions: [");
    let checked = said(&home, &["check", "golden"]);
    assert_eq!(checked.exit, 1, "{checked}");
    let told = |text: &str| checked.stdout.matches(text).count() + checked.stderr.matches(text).count();
    assert_eq!(told("RTK-G003"), 1, "{checked}");
    let checked = Run::of(home.bare(&["--json", "check", "golden"])).document();
    assert_eq!(checked["sets"][0]["errors"][0]["code"], "RTK-G003", "{checked:#}");
}

#[test]
fn a_policy_is_summed_up_and_a_tool_that_nobody_calls_is_told() {
    let home = Home::new();
    let call = Call::new(1, "Where is it?", "On its way.");
    let mut spans = call.spans();
    spans[1]["name"] = json!("execute_tool refund");
    spans[1]["attributes"] = json!([
        {"key": "gen_ai.operation.name", "value": {"stringValue": "execute_tool"}},
        {"key": "gen_ai.tool.name", "value": {"stringValue": "refund"}},
        {"key": "gen_ai.tool.call.id", "value": {"stringValue": "c1"}}
    ]);
    let path = home.file("calls.jsonl", document(spans));
    let policy = home.file(
        "policy.yaml",
        "tenants: [north, south]\nroles: {agent: {tools: [refund]}}\ntools: {refundd: {irreversible: true}}\n",
    );
    let set = said(&home, &["policy", "set", policy.to_str().unwrap()]);
    assert_eq!(set.stdout, "policy set: 2 tenants, 1 role, 1 tool\n", "{set}");
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let set = said(&home, &["policy", "set", policy.to_str().unwrap()]);
    assert!(set.stdout.ends_with("warning: no trace calls `refundd`; did you mean `refund`?\n"), "{set}");
    let document = home.retake(&["policy", "set", policy.to_str().unwrap()]).ok();
    assert_eq!(document["warnings"], json!(["no trace calls `refundd`; did you mean `refund`?"]), "{document:#}");
    assert!(said(&home, &["policy", "show"]).stdout.starts_with("tenants:"));
}

#[test]
fn a_key_that_is_not_there_is_wrong_usage() {
    let home = Home::new();
    for input in [&b""[..], b"\n", b"  \n"] {
        let run = home.retake_with_input(&["secret", "set", "lo"], input);
        let error = run.error(2);
        assert!(error["message"].as_str().unwrap().contains("no key"), "{run}");
        assert!(error["hint"].as_str().unwrap().contains("standard input"), "{run}");
    }
}

#[test]
fn a_query_that_stands_alone_is_told_its_place() {
    let home = Home::new();
    let run = Run::of(home.bare(&["metrics", "tenant:acme"]));
    assert!(run.stderr.ends_with("A query of `metrics` is written --query 'tenant:acme'.\n"), "{run}");
    assert!(!Run::of(home.bare(&["metrics", "--no-such-thing"])).stderr.contains("--query '"), "{run}");
}
