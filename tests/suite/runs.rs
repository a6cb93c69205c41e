//! Runs seen from outside: plans, pasted requests, cancelling from another process, interruption, limits, exports.

use crate::replaying::{allowed, home_with, replay_args, variant, words};
use retake_testkit::loopback::{Loopback, Reply};
use retake_tests::{Home, Run};
use serde_json::Value;
use std::time::{Duration, Instant};

#[track_caller]
fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(120), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_plan_file_says_what_variants_would() {
    let provider = Loopback::answering(|_| Reply::text("planned"));
    let (home, calls) = home_with(1);
    let base = format!("provider: openai-compatible, base-url: {}", provider.base_url());
    let plan =
        format!("- {{name: cool, {base}, temperature: 0.5, seed: 7}}\n- {{name: bare, {base}, drop-doc: DOC-1}}\n");
    let path = home.file("plan.yaml", plan);
    let mut args = vec!["replay".to_owned(), calls[0].span_id(), "--plan".into(), path.to_str().unwrap().into()];
    args.extend(["--repeats".to_owned(), "2".to_owned()]);
    args.extend(allowed(&provider));
    let run = home.retake(&words(&args)).ok();
    assert_eq!(run["counts"]["done"], 4, "{run:#}");
    let bodies: Vec<Value> = provider.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies.iter().filter(|body| body["temperature"] == 0.5 && body["seed"] == 7).count(), 2, "{bodies:#?}");
    assert_eq!(bodies.iter().filter(|body| !body.to_string().contains("four days")).count(), 2, "{bodies:#?}");
    let wrong = home.file("wrong.yaml", "- {name: x, colour: blue}\n");
    let error = home.retake(&["replay", &calls[0].span_id(), "--plan", wrong.to_str().unwrap(), "--estimate"]).error(2);
    assert!(error["message"].as_str().unwrap().contains("colour"), "{error}");
}

#[test]
fn a_pasted_curl_command_is_sent_without_its_key() {
    let provider = Loopback::start(vec![Reply::text("pasted")]);
    let (home, _) = home_with(1);
    let key = "sk-PASTED0000000000000000000000000000000001";
    let body = r#"{"model":"small","messages":[{"role":"user","content":"It'\''s me"}],"top_k":3}"#;
    let curl = format!(
        "curl {}/chat/completions \\\n  -H 'Authorization: Bearer {key}' \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'",
        provider.base_url()
    );
    let args = replay_args(&["--request", "-"], &[variant(&provider, "openai-compatible", "")], &provider);
    let run = home.retake_with_input(&words(&args), curl.as_bytes());
    assert_eq!(run.ok()["takes"][0]["output_text"], "pasted", "{run}");
    let received = provider.requests();
    assert_eq!(received[0].body["messages"][0]["content"], "It's me", "{:#}", received[0].body);
    assert_eq!(received[0].body["top_k"], 3);
    for entry in std::fs::read_dir(home.path("")).unwrap().flatten().filter(|entry| entry.path().is_file()) {
        let bytes = std::fs::read(entry.path()).unwrap();
        let there = bytes.windows(key.len()).any(|window| window == key.as_bytes());
        assert!(!there, "the pasted key stands in {}", entry.path().display());
    }
    home.retake_with_input(&words(&args), b"neither JSON nor curl").error(3);
}

#[test]
fn a_run_is_cancelled_from_another_process() {
    let (home, _) = home_with(6);
    let tokens: Vec<String> = (0..400).map(|n| format!(" t{n}")).collect();
    let provider = Loopback::answering(move |_| Reply::tokens(tokens.clone()).pace_ms(50));
    let mut args = replay_args(&["--query", ""], &[variant(&provider, "openai-compatible", "")], &provider);
    args.extend(["--concurrency".to_owned(), "2".to_owned()]);
    let child = home.start(&words(&args));
    soon("two calls are under way", || provider.count() == 2);
    let runs = home.retake(&["runs", "list"]).ok();
    assert_eq!(runs["runs"][0]["status"], "running", "{runs:#}");
    let id = runs["runs"][0]["run_id"].as_str().unwrap().to_owned();
    home.retake(&["runs", "resume", &id, "--yes"]).error(6);
    home.retake(&["runs", "cancel", &id]).ok();
    let run = Run::end_of(child, &words(&args));
    assert_eq!(run.exit, 130, "{run}");
    let document = run.document();
    assert_eq!((&document["status"], provider.count()), (&"cancelled".into(), 2), "{run}");
    let kept = document["takes"].as_array().unwrap().iter().filter(|take| take["status"] == "cancelled");
    assert!(kept.clone().count() == 2 && kept.clone().all(|take| take["output_text"].is_string()), "{run}");
    let again = home.retake(&["runs", "cancel", &id]).ok();
    assert_eq!(again["status"], "cancelled", "{again:#}");
}

#[test]
fn an_interrupted_run_ends_with_130_and_keeps_what_came() {
    let (home, calls) = home_with(1);
    let tokens: Vec<String> = (0..400).map(|n| format!(" t{n}")).collect();
    let provider = Loopback::answering(move |_| Reply::tokens(tokens.clone()).pace_ms(50));
    let args = replay_args(&[&calls[0].span_id()], &[variant(&provider, "openai-compatible", "")], &provider);
    let child = home.start(&words(&args));
    soon("a token was kept", || {
        let shown = home.retake(&["show", &calls[0].span_id(), "--as", "takes"]);
        shown.exit == 0 && shown.stdout.contains(" t2")
    });
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let run = Run::end_of(child, &words(&args));
    assert_eq!(run.exit, 130, "{run}");
    assert!(run.document()["takes"][0]["output_text"].as_str().unwrap().contains(" t2"), "{run}");
}

#[test]
fn fifty_calls_at_once_stay_below_the_limit() {
    let (home, _) = home_with(50);
    let prices = r#"{"small": {"input_cost_per_token": 0.000001, "output_cost_per_token": 0.000001, "litellm_provider": "openai", "mode": "chat"}}"#;
    home.retake(&["pricing", "import", home.file("prices.json", prices).to_str().unwrap(), "--yes"]).ok();
    let provider = Loopback::answering(|_| Reply::text("ok").usage(1000, 1000).delay_ms(300));
    let mut args =
        replay_args(&["--query", ""], &[variant(&provider, "openai-compatible", "max-tokens=1000")], &provider);
    args.extend(["--concurrency", "50", "--max-usd", "0.02"].map(str::to_owned));
    let run = home.retake(&words(&args));
    run.error(5);
    let document = run.document();
    assert_eq!(document["status"], "stopped", "{run}");
    // What the provider bills for is what counts, not what we wrote down.
    let billed = provider.count() as u64 * 2_000_000;
    assert!(
        billed <= 20_000_000 && provider.most_at_once() > 2,
        "{billed} nano-dollars, {} at once",
        provider.most_at_once()
    );
    let id = document["run_id"].as_str().unwrap();
    let before = provider.count();
    home.retake(&["runs", "resume", id, "--yes"]).error(5);
    assert!((provider.count() as u64) * 2_000_000 <= 20_000_000, "{before} calls, then {}", provider.count());
    let shown = home.retake(&["runs", "show", id]).ok();
    assert_eq!(shown["takes"].as_array().map(Vec::len), Some(50), "a take that waits is there once: {shown:#}");
}

#[test]
fn exports_of_every_form_hold_their_records() {
    let (home, calls) = home_with(3);
    for (format, least) in [("jsonl", 9), ("otlp-json", 9), ("canonical", 9)] {
        let file = format!("{format}.out");
        let export = home.retake(&["export", "--query", "", "--format", format, "-o", &file]).ok();
        assert!(export["records"].as_u64().unwrap() >= least, "{format}: {export:#}");
        let text = std::fs::read_to_string(home.path(&file)).unwrap();
        assert!(calls.iter().all(|call| text.contains(&call.trace_id())), "{format}: {text}");
        assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{format}: {text}");
        let printed = home.retake(&["export", "--query", "", "--format", format]);
        assert!(printed.exit == 0 && printed.stdout == text, "{format}: {printed}");
        let one = home.retake(&["export", "--query", &format!("id:{}", calls[0].trace_id()), "--format", format]);
        assert!(one.stdout.contains(&calls[0].trace_id()) && !one.stdout.contains(&calls[1].trace_id()), "{one}");
    }
    let back = Home::new();
    let file = home.path("otlp-json.out");
    assert_eq!(back.retake(&["import", file.to_str().unwrap()]).ok()["totals"]["spans"], 9);
    home.retake(&["export", "--query", "", "--format", "nonsense"]).error(2);
}

#[test]
fn a_date_to_retry_at_is_waited_for() {
    let (home, calls) = home_with(1);
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(3);
    let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let provider = Loopback::start(vec![Reply::status(503).header("retry-after", &date), Reply::text("Now.")]);
    let args = replay_args(&[&calls[0].span_id()], &[variant(&provider, "openai-compatible", "")], &provider);
    let run = home.retake(&words(&args)).ok();
    assert_eq!(run["takes"][0]["output_text"], "Now.", "{run:#}");
    let received = provider.requests();
    assert!(received[1].at_ms - received[0].at_ms >= 900, "{} ms", received[1].at_ms - received[0].at_ms);
}

#[test]
fn a_case_without_its_recording_is_named_and_fails() {
    let (home, calls) = home_with(1);
    let case = home
        .retake(&[
            "promote",
            &calls[0].span_id(),
            "--set",
            "golden",
            "--name",
            "lost",
            "--no-suggest",
            "--assert",
            "contains:way",
        ])
        .ok();
    for entry in std::fs::read_dir(home.path("golden/cassettes")).unwrap().flatten() {
        std::fs::remove_file(entry.path()).unwrap();
    }
    let check = Run::of(home.bare(&["--json", "check", "golden", "--junit", "junit.xml"]));
    assert_eq!(check.exit, 1, "{check}");
    let set = check.document()["sets"][0].clone();
    assert_eq!((&set["verdict"], &set["cases"][0]["case_id"]), (&"fail".into(), &case["case_id"]), "{check}");
    assert!(set["cases"][0]["error"].as_str().unwrap().contains("RTK-G004"), "{check}");
    assert!(set["errors"][0]["message"].as_str().is_some_and(|message| !message.is_empty()), "{check}");
    assert!(std::fs::read_to_string(home.path("junit.xml")).unwrap().contains("name=\"lost\""));
}
