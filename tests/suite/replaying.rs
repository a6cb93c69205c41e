//! Runs against a provider on loopback: what it receives, what is kept, what is paid for.

use retake_model::ChunkKind;
use retake_store::{ChunkRow, OpenMode, Workspace};
use retake_testkit::loopback::{Cut, Loopback, Reply};
use retake_tests::Home;
use retake_tests::traces::{Call, lines};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A home with so many calls imported.
pub fn home_with(calls: u64) -> (Home, Vec<Call>) {
    let home = Home::new();
    let calls: Vec<Call> =
        (1..=calls).map(|n| Call::new(n, &format!("Where is parcel {n}?"), "On its way [DOC-1].")).collect();
    let path = home.file("calls.jsonl", lines(&calls));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    (home, calls)
}

/// `provider=…,base-url=…` of the provider on loopback, with more keys after it.
pub fn variant(provider: &Loopback, kind: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(",{more}") };
    format!("name=v,provider={kind},base-url={}{more}", provider.base_url())
}

/// The words that allow a run to the provider.
pub fn allowed(provider: &Loopback) -> Vec<String> {
    ["--yes", "--allow-unpriced", "--allow-destination"]
        .map(str::to_owned)
        .into_iter()
        .chain([format!("127.0.0.1:{}", provider.port())])
        .collect()
}

pub fn replay_args(target: &[&str], variants: &[String], provider: &Loopback) -> Vec<String> {
    let mut args = vec!["replay".to_owned()];
    args.extend(target.iter().map(|word| (*word).to_owned()));
    for variant in variants {
        args.extend(["--variant".to_owned(), variant.clone()]);
    }
    args.extend(allowed(provider));
    args
}

pub fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

#[test]
fn the_request_that_is_sent_is_the_recorded_one() {
    for (kind, path) in [("openai-compatible", "/v1/chat/completions"), ("anthropic", "/v1/messages")] {
        let provider = Loopback::start(vec![Reply::text("It arrives on Friday [DOC-1].").usage(31, 9)]);
        let (home, calls) = home_with(1);
        let args = replay_args(
            &[&calls[0].span_id()],
            &[variant(&provider, kind, if kind == "anthropic" { "max-tokens=64" } else { "" })],
            &provider,
        );
        let run = home.retake(&words(&args)).ok();
        assert_eq!(run["status"], "done", "{run:#}");
        let take = &run["takes"][0];
        assert_eq!(take["output_text"], "It arrives on Friday [DOC-1].", "{run:#}");
        assert_eq!(take["finish_reason"], "stop", "{run:#}");
        // Its model has no price: what was paid is not known, and is not nothing.
        assert!(take["cost_usd_nanos"].is_null() && run["spent_usd_nanos"].is_null(), "{run:#}");
        assert_eq!(
            (&take["usage"]["input_tokens"], &take["usage"]["output_tokens"]),
            (&31.into(), &9.into()),
            "{run:#}"
        );
        let received = provider.requests();
        assert_eq!((received.len(), received[0].path.as_str()), (1, path));
        let body = &received[0].body;
        assert_eq!(body["model"], "small", "{body:#}");
        assert!(
            body.to_string().contains("Where is parcel 1?") && body.to_string().contains("Answer from the sources."),
            "{body:#}"
        );
        assert_eq!(body["temperature"].as_f64(), Some(0.0), "{body:#}");
        let take_id = take["take_id"].as_str().unwrap();
        assert!(
            received[0].headers.values().any(|value| value.contains(take_id)),
            "the take's id is in a header: {:?}",
            received[0].headers
        );
    }
}

#[test]
fn dropped_documents_and_other_words_change_the_request_and_nothing_else_does() {
    let provider = Loopback::answering(|received| {
        Reply::text(if received.body_text.contains("four days") { "Four days." } else { "I do not know." })
    });
    let (home, calls) = home_with(1);
    let base = format!("provider=openai-compatible,base-url={}", provider.base_url());
    let variants = [
        format!("name=same,{base}"),
        format!("name=without,{base},drop-doc=DOC-1"),
        format!("name=terse,{base},system=Be terse."),
    ];
    let run = home.retake(&words(&replay_args(&[&calls[0].span_id()], &variants, &provider))).ok();
    let text = |name: &str| {
        let takes = run["takes"].as_array().unwrap();
        takes.iter().find(|take| take["variant"] == name).unwrap_or_else(|| panic!("{run:#}"))["output_text"].clone()
    };
    assert_eq!(
        (text("same"), text("without"), text("terse")),
        ("Four days.".into(), "I do not know.".into(), "Four days.".into())
    );
    let bodies: Vec<Value> = provider.requests().into_iter().map(|request| request.body).collect();
    assert!(
        bodies.iter().any(
            |body| body.to_string().contains("Be terse.") && !body.to_string().contains("Answer from the sources.")
        )
    );
}

#[test]
fn nothing_is_sent_without_leave() {
    let provider = Loopback::start(vec![Reply::text("sent")]);
    let (home, calls) = home_with(1);
    let span = calls[0].span_id();
    let spec = variant(&provider, "openai-compatible", "");
    let destination = format!("127.0.0.1:{}", provider.port());
    for args in [
        &["replay", &span, "--variant", &spec, "--yes", "--allow-unpriced"][..],
        &["replay", &span, "--variant", &spec, "--allow-destination", &destination, "--allow-unpriced"],
        &["replay", &span, "--variant", &spec, "--yes", "--allow-destination", &destination],
        &[
            "replay",
            &span,
            "--variant",
            &format!("{spec},colour=blue"),
            "--yes",
            "--allow-unpriced",
            "--allow-destination",
            &destination,
        ],
    ] {
        home.retake(args).error(2);
    }
    let estimate = home.retake(&["replay", &span, "--variant", &spec, "--estimate"]).ok();
    assert_eq!(estimate["calls"], 1, "{estimate:#}");
    assert!(estimate["destinations"].to_string().contains("127.0.0.1"), "{estimate:#}");
    assert_eq!(provider.count(), 0);
}

#[test]
fn a_streams_cuts_do_not_change_the_take() {
    let (home, calls) = home_with(1);
    let answers: Vec<(Value, Value)> = [None, Some(1), Some(2), Some(7), Some(64)]
        .into_iter()
        .map(|split| {
            let mut reply = Reply::text("Ankunft am Freitag, 到货 周五 🙂.").tool_call(
                "call_1",
                "track",
                serde_json::json!({"parcel": "P-1", "n": 3}),
            );
            reply.split_bytes = split;
            let provider = Loopback::start(vec![reply]);
            let run = home
                .retake(&words(&replay_args(
                    &[&calls[0].span_id()],
                    &[variant(&provider, "openai-compatible", "")],
                    &provider,
                )))
                .ok();
            (run["takes"][0]["output_text"].clone(), run["takes"][0]["tool_calls"].clone())
        })
        .collect();
    assert_eq!(answers[0].0, "Ankunft am Freitag, 到货 周五 🙂.");
    assert_eq!(answers[0].1[0]["arguments"], serde_json::json!({"parcel": "P-1", "n": 3}));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
}

/// Every recorded stream of `fixtures/wire`, whole ones and those that end early or in an error, in one piece and byte by
/// byte over HTTP.
#[test]
fn a_stream_that_comes_byte_by_byte_is_the_same_take() {
    let (home, calls) = home_with(1);
    let mut streams = 0;
    for (api, kind) in [("openai", "openai-compatible"), ("anthropic", "anthropic")] {
        for entry in std::fs::read_dir(retake_tests::in_repository("fixtures/wire").join(api)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".stream.sse") {
                continue;
            }
            streams += 1;
            let body = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
            let take = |split: Option<usize>| {
                let mut reply = Reply::body(body.clone()).header("content-type", "text/event-stream");
                reply.split_bytes = split;
                let provider = Loopback::start(vec![reply]);
                let more = if kind == "anthropic" { "retries=0,max-tokens=64" } else { "retries=0" };
                let args = replay_args(&[&calls[0].span_id()], &[variant(&provider, kind, more)], &provider);
                let run = home.retake(&words(&args));
                assert!([0, 4].contains(&run.exit), "{name}: {run}");
                let take = run.document()["takes"][0].clone();
                let told = ["status", "output_text", "tool_calls", "finish_reason", "model", "usage", "error"];
                told.map(|field| (field, take[field].clone()))
            };
            assert_eq!(take(Some(1)), take(None), "{api}/{name}");
        }
    }
    assert!(streams >= 10, "{streams} recorded streams");
}

#[test]
fn a_providers_failure_is_told_and_what_came_is_kept() {
    let (home, calls) = home_with(1);
    let failures: Vec<(Reply, &str)> = vec![
        (Reply::status(500).message("the model fell over"), "RTK-P001"),
        // What a provider says of a wrong key may hold the key.
        (Reply::status(401), "RTK-P007"),
        (Reply::status(400).message("grammar is not known"), "RTK-P001"),
        (Reply::body("{\"choices\": ["), "RTK-P006"),
        (Reply::text("one two three four").cut(Cut::Break(420)), "RTK-P005"),
        (Reply::text("one two three four").cut(Cut::End(420)), "RTK-P005"),
        (Reply::text("late").delay_ms(5000), "RTK-P004"),
    ];
    for (reply, code) in failures {
        let told = reply.message.clone();
        let is_cut = reply.cut.is_some();
        let provider = Loopback::start(vec![reply]);
        let spec = variant(&provider, "openai-compatible", "retries=0,first-token-timeout=1s,timeout=4s");
        let run = home.retake(&words(&replay_args(&[&calls[0].span_id()], &[spec], &provider)));
        run.error(4);
        let document = run.document();
        let take = &document["takes"][0];
        assert_eq!((&take["status"], &take["error"]["code"]), (&"failed".into(), &code.into()), "{run}");
        if let Some(told) = told {
            assert!(take["error"]["message"].as_str().unwrap().contains(&told), "{run}");
        }
        assert_eq!(take["finish_reason"], "error", "{run}");
        if is_cut {
            assert!(take["output_text"].as_str().is_some_and(|text| text.starts_with("one")), "{run}");
        }
        assert_eq!(document["counts"]["failed"], 1, "{run}");
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let spec = format!("provider=openai-compatible,base-url=http://{nobody}/v1,retries=0");
    let run = home.retake(&[
        "replay",
        &calls[0].span_id(),
        "--variant",
        &spec,
        "--yes",
        "--allow-unpriced",
        "--allow-destination",
        &nobody.to_string(),
    ]);
    run.error(4);
    assert_eq!(run.document()["takes"][0]["error"]["code"], "RTK-P003", "{run}");
    assert_eq!(run.document()["takes"][0]["finish_reason"], "error", "{run}");
}

#[test]
fn a_refusal_for_haste_is_waited_out() {
    let provider = Loopback::start(vec![Reply::status(429).header("retry-after", "2"), Reply::text("Now.")]);
    let (home, calls) = home_with(1);
    let run = home
        .retake(&words(&replay_args(&[&calls[0].span_id()], &[variant(&provider, "openai-compatible", "")], &provider)))
        .ok();
    assert_eq!(run["takes"][0]["output_text"], "Now.", "{run:#}");
    let received = provider.requests();
    assert_eq!(received.len(), 2);
    assert!(received[1].at_ms - received[0].at_ms >= 1900, "retry-after was not respected");
}

#[test]
fn a_spending_limit_is_never_passed() {
    let (home, _) = home_with(50);
    let prices = home.file("prices.json", PRICES);
    let provider = Loopback::answering(|_| Reply::text("ok").usage(1000, 1000).delay_ms(30));
    // Whatever an import of prices reads, a known price is what makes a limit bind.
    let imported = home.retake(&["pricing", "import", prices.to_str().unwrap(), "--yes"]);
    let spec = variant(
        &provider,
        "openai-compatible",
        if imported.exit == 0 { "max-tokens=1000" } else { "model=gpt-4o-mini,max-tokens=1000" },
    );
    let run = home.retake(&[
        "replay",
        "--query",
        "",
        "--variant",
        &spec,
        "--concurrency",
        "50",
        "--max-usd",
        "0.01",
        "--yes",
        "--allow-destination",
        &format!("127.0.0.1:{}", provider.port()),
    ]);
    let document = run.document();
    let spent: u64 =
        document["takes"].as_array().unwrap().iter().filter_map(|take| take["cost_usd_nanos"].as_u64()).sum();
    assert!(spent <= 10_000_000, "{spent} nano-dollars: {run}");
    assert!(provider.count() > 0, "{run}");
    if imported.exit == 0 {
        assert_eq!(run.exit, 5, "{run}");
        assert_eq!(document["status"], "stopped", "{run}");
        assert!(provider.count() < 50);
    }
}

/// A thousand tokens of `small` cost a tenth of a cent in and a tenth of a cent out.
const PRICES: &str = r#"{"small": {"input_cost_per_token": 0.000001, "output_cost_per_token": 0.000001, "litellm_provider": "openai", "mode": "chat"}}"#;

#[test]
fn a_killed_run_says_interrupted_and_resumes_without_paying_twice() {
    let calls = 30;
    let (home, _) = home_with(calls);
    let provider = Loopback::answering(|_| Reply::text("a b c d").pace_ms(20));
    let args = {
        let mut args = replay_args(&["--query", ""], &[variant(&provider, "openai-compatible", "")], &provider);
        args.extend(["--concurrency".to_owned(), "2".to_owned()]);
        args
    };
    let mut child = home.start(&words(&args));
    let start = Instant::now();
    while provider.requests().iter().filter(|request| request.answered).count() < 10 {
        assert!(start.elapsed() < Duration::from_secs(120), "the run does not get on");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let runs = home.retake(&["runs", "list"]).ok();
    let id = runs["runs"][0]["run_id"].as_str().unwrap().to_owned();
    assert_eq!(runs["runs"][0]["status"], "interrupted", "{runs:#}");
    let shown = home.retake(&["runs", "show", &id]).ok();
    for take in shown["takes"].as_array().unwrap() {
        if take["status"] == "interrupted" {
            assert!("a b c d".starts_with(take["output_text"].as_str().unwrap_or_default()), "{take:#}");
        }
    }
    let resumed = home.retake(&["runs", "resume", &id, "--yes"]).ok();
    assert_eq!((&resumed["status"], &resumed["counts"]["done"]), (&"done".into(), &calls.into()), "{resumed:#}");
    let takes = resumed["takes"].as_array().unwrap();
    let with = |status: &str| takes.iter().filter(|take| take["status"] == status).count() as u64;
    assert_eq!((with("done"), with("pending")), (calls, 0), "{resumed:#}");
    let shown_waiting = |run: &Value| -> Vec<Value> {
        let takes = run["takes"].as_array().unwrap().iter();
        takes.filter(|take| take["status"] == "pending").map(|take| take["take_id"].clone()).collect()
    };
    for waiting in shown_waiting(&shown) {
        let take = takes.iter().find(|take| take["take_id"] == waiting);
        assert_eq!(
            take.map(|take| &take["status"]),
            Some(&"done".into()),
            "a take that waited is the one that is sent"
        );
    }
    let sent = provider.count() as u64;
    assert!(
        (calls..=calls + 2).contains(&sent),
        "{sent} calls for {calls} takes: only those in flight may be sent again"
    );
    home.retake(&["runs", "resume", &id, "--yes"]).ok();
    assert_eq!(provider.count() as u64, sent, "a finished run sends nothing");
}

#[test]
fn a_take_that_is_killed_keeps_the_tokens_that_were_committed() {
    let (home, calls) = home_with(1);
    let tokens: Vec<String> = (0..60).map(|n| format!(" t{n:02}")).collect();
    let provider = Loopback::start(vec![Reply::tokens(tokens.clone()).pace_ms(100)]);
    let args = replay_args(&[&calls[0].span_id()], &[variant(&provider, "openai-compatible", "")], &provider);
    let mut child = home.start(&words(&args));
    let start = Instant::now();
    // The workspace is read as another program would, so that the tenth token is seen as soon as it is on disk.
    let text_on_disk = || -> Option<(String, Vec<ChunkRow>)> {
        let workspace = Workspace::open(&home.workspace(), OpenMode::Existing).ok()?;
        let run = workspace.runs().ok()?.into_iter().next()?;
        let take = workspace.takes_of_run(&run.run_id).ok()?.into_iter().next()?;
        let chunks = workspace.chunks(&take.take_id, None).ok()?;
        Some((take.take_id, chunks))
    };
    let joined = |chunks: &[ChunkRow]| -> String {
        chunks
            .iter()
            .filter(|chunk| chunk.kind == ChunkKind::Text)
            .map(|chunk| String::from_utf8(chunk.bytes.clone()).unwrap())
            .collect()
    };
    loop {
        assert!(start.elapsed() < Duration::from_secs(60), "no token was committed");
        std::thread::sleep(Duration::from_millis(20));
        if text_on_disk().is_some_and(|(_, chunks)| joined(&chunks).contains(" t09")) {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let (take_id, chunks) = text_on_disk().unwrap();
    let texts: Vec<&ChunkRow> = chunks.iter().filter(|chunk| chunk.kind == ChunkKind::Text).collect();
    for (n, (chunk, token)) in texts.iter().zip(&tokens).enumerate() {
        assert_eq!(String::from_utf8_lossy(&chunk.bytes), *token, "chunk {n} is token {n}");
    }
    assert!((10..60).contains(&texts.len()), "{} tokens", texts.len());
    assert!(chunks.iter().enumerate().all(|(n, chunk)| chunk.seq as usize == n), "numbers have no gaps");
    assert!(texts.windows(2).all(|pair| pair[0].at_us < pair[1].at_us), "each came after the one before");

    let runs = home.retake(&["runs", "list"]).ok();
    let shown = home.retake(&["runs", "show", runs["runs"][0]["run_id"].as_str().unwrap()]).ok();
    let take = &shown["takes"][0];
    assert_eq!((&take["status"], &take["take_id"]), (&"interrupted".into(), &take_id.as_str().into()), "{shown:#}");
    assert_eq!(take["output_text"], joined(&chunks), "what is shown is what was committed, no more and no less");
    assert_eq!(take["finish_reason"], Value::Null, "{shown:#}");
    let again = home.retake(&["show", &calls[0].span_id(), "--as", "takes"]).ok();
    assert_eq!(again["takes"][0]["output_text"], take["output_text"], "{again:#}");
}

#[test]
fn a_pasted_request_is_sent_and_kept() {
    let provider = Loopback::start(vec![Reply::text("pasted")]);
    let home = Home::new();
    let path = home.file("a.jsonl", lines(&[Call::new(1, "x", "y")]));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let body = r#"{"model":"small","messages":[{"role":"user","content":"Say pasted."}],"grammar":"root ::= \"x\""}"#;
    let args = replay_args(&["--request", "-"], &[variant(&provider, "openai-compatible", "")], &provider);
    let run = home.retake_with_input(&words(&args), body.as_bytes()).ok();
    assert_eq!(run["takes"][0]["output_text"], "pasted", "{run:#}");
    assert_eq!(provider.requests()[0].body["grammar"], "root ::= \"x\"", "unknown parameters go out as they are");
    assert_eq!(
        home.retake(&["runs", "show", run["run_id"].as_str().unwrap()]).ok()["takes"][0]["output_text"],
        "pasted"
    );
}

#[test]
fn a_replay_of_nothing_is_wrong_usage() {
    let (home, _) = home_with(1);
    let run = home.retake(&["replay", "--variant", "provider=recorded"]);
    assert_eq!(run.error(2)["code"], "RTK-A001", "{run}");
    assert_eq!(
        home.retake(&["replay", "--query", "nothing-like-it", "--variant", "original"]).error(3)["code"],
        "RTK-R005"
    );
}
