//! Providers against a real HTTP server on loopback.

use crate::common::{KEY, answers, at, chunk_text, doing, plan, run_plan, source, variant};
use retake_model::{Answer, Code, Part, TakeStatus};
use retake_replay::request_hash;
use retake_replay::run::{self, MemoryLog, TakeResult};
use retake_testkit::loopback::{Cut, Loopback, Options, Reply};
use serde_json::json;
use std::sync::Arc;

const TEXT: &str = "Zwölf Tage, sagt das Handbuch 🛶.";

async fn one(reply: Reply, spec: &str) -> (TakeResult, Loopback, Arc<MemoryLog>) {
    let server = Loopback::start(vec![reply]);
    let mut variant = variant(&format!("provider=openai-compatible,{spec}"));
    variant.base_url = Some(server.base_url());
    let (outcome, log) = run_plan(&plan("How long?", variant, 1, None)).await;
    let result = outcome.results.into_iter().next().expect("one take");
    (result, server, log)
}

fn code(result: &TakeResult) -> Option<Code> {
    result.error.as_ref().map(|error| error.code)
}

#[tokio::test]
async fn a_stream_is_kept_as_it_came_and_the_body_is_the_recorded_one() {
    let reply = Reply::text(TEXT).tool_call("c", "find", json!({"q": "x"})).usage(30, 7);
    let (take, server, log) = one(reply, "retries=0").await;
    assert_eq!((take.status, take.answer.output_text().as_str()), (TakeStatus::Done, TEXT));
    assert_eq!(take.answer.tool_calls().first().map(|call| call.arguments.clone()), Some(json!({"q": "x"})));
    assert_eq!(chunk_text(&log, &take.take_id), TEXT);
    assert_eq!((take.answer.usage.input_tokens(), take.answer.usage.output_tokens()), (Some(30), Some(7)));
    assert_eq!(take.cost_usd_nanos, Some(30 * 150 + 7 * 600));
    assert!(take.ttft_ms.zip(take.latency_ms).is_some_and(|(first, whole)| first <= whole));
    let requests = server.requests();
    let received = requests.first().expect("one request");
    assert_eq!(received.path, "/v1/chat/completions");
    assert_eq!(received.headers.get("x-retake-take-id"), Some(&take.take_id));
    assert_eq!(received.headers.get("authorization"), Some(&format!("Bearer {KEY}")));
    assert_eq!(
        received.body,
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "How long?"}], "max_tokens": 100, "stream": true, "stream_options": {"include_usage": true}})
    );
    let started = log.started();
    assert_eq!(started.first().map(|start| &start.body), Some(&received.body), "what is kept is what was sent");
    assert!(!format!("{:?} {:?} {started:?} {:?}", take, log.ledger_events(), log).contains(KEY));
}

#[tokio::test]
async fn streams_in_pieces_of_any_size_give_the_same_take() {
    let (whole, ..) = one(Reply::text(TEXT).usage(3, 4), "retries=0").await;
    for bytes in 1..24 {
        let (take, ..) = one(Reply::text(TEXT).usage(3, 4).split_bytes(bytes), "retries=0").await;
        assert_eq!(
            (take.status, &take.answer.parts, &take.answer.usage),
            (whole.status, &whole.answer.parts, &whole.answer.usage),
            "{bytes} bytes"
        );
    }
}

#[tokio::test]
async fn a_stream_that_ends_early_keeps_what_came_and_is_no_answer() {
    for cut in [Cut::Break(600), Cut::End(600)] {
        let (take, _server, log) = one(Reply::text(TEXT).cut(cut), "retries=3").await;
        assert_eq!((take.status, code(&take)), (TakeStatus::Failed, Some(Code::ProviderCutShort)), "{cut:?}");
        let kept = take.answer.output_text();
        assert!(!kept.is_empty() && TEXT.starts_with(&kept), "{cut:?}: {kept:?}");
        assert_eq!(chunk_text(&log, &take.take_id), kept);
        assert_eq!(take.attempts, 1, "what was received is not asked for again");
    }
}

#[tokio::test]
async fn a_stream_without_an_end_mark_is_whole_once_it_says_why_it_ended() {
    let said = "data: {\"choices\":[{\"delta\":{\"content\":\"Friday\"}}]}\n\n";
    let stop = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let of = |body: String| one(Reply::body(body).header("content-type", "text/event-stream"), "retries=0");
    let (take, ..) = of(format!("{said}{stop}")).await;
    assert_eq!((take.status, take.answer.output_text().as_str()), (TakeStatus::Done, "Friday"), "{:?}", take.error);
    let (take, ..) = of(said.to_owned()).await;
    assert_eq!((take.status, code(&take)), (TakeStatus::Failed, Some(Code::ProviderCutShort)));
}

#[tokio::test]
async fn what_stands_before_a_broken_event_is_kept() {
    let body = "data: {\"choices\":[{\"delta\":{\"content\":\"Friday\"}}]}\n\ndata: {nonsense\n\n";
    let (take, _server, log) = one(Reply::body(body).header("content-type", "text/event-stream"), "retries=0").await;
    assert_eq!((take.status, code(&take)), (TakeStatus::Failed, Some(Code::ProviderBadAnswer)));
    assert_eq!((take.answer.output_text(), chunk_text(&log, &take.take_id)), ("Friday".into(), "Friday".into()));
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_is_the_same() {
    let (take, server, log) = one(Reply::text(TEXT).usage(3, 4), "retries=0,stream=false").await;
    assert_eq!(
        (take.status, take.answer.output_text().as_str(), chunk_text(&log, &take.take_id).as_str()),
        (TakeStatus::Done, TEXT, TEXT)
    );
    assert_eq!(server.requests().first().and_then(|r| r.body.get("stream").cloned()), None);
}

#[tokio::test]
async fn anthropic_is_spoken_with_or_without_v1() {
    for path in ["/v1", ""] {
        let server = Loopback::start(vec![Reply::text(TEXT).usage(3, 4)]);
        let mut variant = variant("provider=anthropic,model=claude-haiku-4-5,retries=0");
        variant.base_url = Some(server.origin() + path);
        let (outcome, _log) = run_plan(&plan("How long?", variant, 1, None)).await;
        let take = outcome.results.first().expect("one take");
        assert_eq!(
            (take.status, take.answer.output_text().as_str(), take.cost_usd_nanos),
            (TakeStatus::Done, TEXT, Some(3_000 + 20_000)),
            "{:?}",
            take.error
        );
        let requests = server.requests();
        let received = requests.first().expect("one request");
        assert_eq!(
            (received.path.as_str(), received.headers.get("x-api-key").map(String::as_str)),
            ("/v1/messages", Some(KEY))
        );
        assert!(received.headers.contains_key("anthropic-version") && !received.headers.contains_key("authorization"));
    }
}

#[tokio::test]
async fn errors_are_the_providers_own_and_never_hold_the_key() {
    for (status, want, attempts) in [
        (400, Code::ProviderRefused, 1),
        (404, Code::ProviderRefused, 1),
        (422, Code::ProviderRefused, 1),
        (429, Code::ProviderRateLimited, 3),
        (500, Code::ProviderRefused, 3),
        (529, Code::ProviderRefused, 3),
    ] {
        let reply = Reply::status(status).message(&format!("no, {KEY} said so")).header("retry-after-ms", "1");
        let (take, server, _log) = one(reply, "retries=2").await;
        assert_eq!((take.status, code(&take), take.attempts), (TakeStatus::Failed, Some(want), attempts), "{status}");
        assert_eq!(server.count(), attempts as usize, "{status}");
        let error = take.error.expect("an error");
        assert!(error.message.contains("said so") && error.message.contains(&status.to_string()), "{}", error.message);
        assert_eq!((error.status, error.body.is_some_and(|body| body.contains("said so"))), (Some(status), true));
        assert_eq!(take.cost_usd_nanos, None);
    }
}

#[tokio::test]
async fn an_error_that_is_no_json_is_kept_in_its_own_words() {
    let page = format!("<html><head><title>502 Bad Gateway</title></head><body>edge-7 lost {KEY}</body></html>");
    for (body, kept) in
        [(page.as_str(), "edge-7 lost ⟦key⟧"), ("  upstream is asleep\n", "answered 502: upstream is asleep")]
    {
        let reply = Reply { status: 502, ..Reply::body(body) }.header("content-type", "text/html");
        let (take, ..) = one(reply, "retries=0").await;
        let error = take.error.expect("an error");
        assert_eq!((error.code, error.status), (Code::ProviderRefused, Some(502)));
        assert!(error.message.contains(kept) && !error.message.contains(KEY), "{}", error.message);
    }
    let long = format!("<p>{}</p>", "wörter ".repeat(2000));
    let (take, ..) = one(Reply { status: 500, ..Reply::body(long) }, "retries=0").await;
    let message = take.error.expect("an error").message;
    assert!((3000..=4096 + 64).contains(&message.len()), "{} bytes", message.len());
    let (take, ..) =
        one(Reply::body("<html>Log in to the network</html>").header("content-type", "text/html"), "retries=0").await;
    let error = take.error.expect("an error");
    assert_eq!(error.code, Code::ProviderBadAnswer);
    assert!(error.message.contains("Log in to the network"), "{}", error.message);
}

#[tokio::test]
async fn a_wrong_key_is_said_of_the_connection() {
    for status in [401, 403] {
        let (take, server, log) = one(Reply::status(status).message(&format!("bad key {KEY}")), "retries=3").await;
        assert_eq!((code(&take), server.count()), (Some(Code::ProviderKeyRejected), 1));
        let shown = format!("{take:?} {log:?}");
        assert!(shown.contains("openai-compatible") && !shown.contains(KEY), "{shown}");
    }
    let server =
        Loopback::with(Options { key: Some(KEY.into()), replies: vec![Reply::text("in")], ..Options::default() })
            .expect("a port");
    let (outcome, _log) = run_plan(&plan("q", at(&server.base_url()), 1, None)).await;
    assert_eq!(outcome.results.first().map(|take| take.status), Some(TakeStatus::Done));
}

#[tokio::test]
async fn retry_after_is_respected_and_should_retry_false_wins() {
    let server = Loopback::start(vec![Reply::status(429).header("retry-after", "1"), Reply::text("then")]);
    let (outcome, _log) = run_plan(&plan(
        "q",
        variant(&format!("provider=openai-compatible,base-url={},retries=1", server.base_url())),
        1,
        None,
    ))
    .await;
    assert_eq!(outcome.results.first().map(|take| (take.status, take.attempts)), Some((TakeStatus::Done, 2)));
    let times: Vec<u64> = server.requests().iter().map(|request| request.at_ms).collect();
    assert!(matches!(times.as_slice(), [first, second] if second - first >= 1000), "{times:?}");
    let (take, server, _log) = one(Reply::status(503).header("x-should-retry", "false"), "retries=5").await;
    assert_eq!((take.status, server.count()), (TakeStatus::Failed, 1));
    let (take, server, _log) = one(Reply::status(429).header("retry-after", "86400"), "retries=5").await;
    assert_eq!((take.status, server.count()), (TakeStatus::Failed, 1), "a day is not waited for");
    assert!(take.error.is_some_and(|error| error.message.contains("86400 s")));
}

#[tokio::test]
async fn deadlines_end_a_call_and_keep_what_came() {
    for reply in [Reply::text(TEXT).delay_ms(60_000), Reply::text(TEXT).first_token_ms(60_000)] {
        let (take, ..) = one(reply, "first-token-timeout=50ms,retries=0").await;
        assert_eq!((code(&take), take.answer.parts.len()), (Some(Code::ProviderTimeout), 0));
        assert!(take.error.is_some_and(|error| error.message.contains("first token")));
    }
    let (take, _server, log) =
        one(Reply::text(TEXT).cut(Cut::Stall(600)), "timeout=400ms,first-token-timeout=300ms").await;
    assert_eq!(code(&take), Some(Code::ProviderTimeout));
    assert!(!take.answer.output_text().is_empty(), "the first tokens came in time");
    assert_eq!(chunk_text(&log, &take.take_id), take.answer.output_text());
}

#[tokio::test]
async fn bodies_that_are_no_answer_are_said_to_be_none() {
    for (body, want) in [
        ("{", Code::ProviderBadAnswer),
        ("<html>", Code::ProviderBadAnswer),
        ("", Code::ProviderBadAnswer),
        (r#"{"a":1}"#, Code::ProviderBadAnswer),
        (r#"{"error":{"message":"inside"}}"#, Code::ProviderRefused),
    ] {
        let (take, ..) = one(Reply::body(body), "retries=0").await;
        assert_eq!(code(&take), Some(want), "{body:?}: {:?}", take.error);
    }
    let (take, ..) = one(Reply::text(TEXT).error_after_tokens(2), "retries=3").await;
    assert_eq!((code(&take), take.attempts), (Some(Code::ProviderRefused), 1), "{:?}", take.error);
    assert!(!take.answer.output_text().is_empty());
}

#[tokio::test]
async fn nobody_there_is_said_and_redirects_are_not_followed() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
    let (outcome, _log) = run_plan(&plan("q", at(&format!("http://{free}/v1")), 1, None)).await;
    assert_eq!(outcome.results.first().and_then(code), Some(Code::ProviderUnreachable));
    let told = outcome.results.first().and_then(|take| take.error.clone());
    let words = format!("nothing answers at {free}");
    assert!(format!("{told:?}").contains(&words), "{told:?}");
    let elsewhere = Loopback::start(vec![Reply::text("stolen")]);
    let (take, ..) =
        one(Reply::status(307).header("location", &(elsewhere.base_url() + "/chat/completions")), "retries=0").await;
    assert_eq!((take.status, elsewhere.count()), (TakeStatus::Failed, 0));
}

#[tokio::test]
async fn only_allowed_destinations_are_contacted() {
    let server = Loopback::start(vec![Reply::text("x")]);
    let mut plan = plan("q", at(&server.base_url()), 1, None);
    plan.allowed_destinations = vec!["127.0.0.1:1".into()];
    let log = Arc::new(MemoryLog::default());
    let error = run::execute(&plan, &doing(&log)).await.expect_err("not allowed");
    assert_eq!((retake_model::Coded::code(&error), server.count(), log.started().len()), (Code::DestinationNew, 0, 0));
}

#[tokio::test]
async fn recordings_answer_offline_and_a_miss_is_an_error() {
    let source = source("q");
    let answer = Answer {
        parts: vec![Part::Text { text: "kept".into() }],
        finish_reason: Some(retake_model::FinishReason::Stop),
        ..Answer::default()
    };
    let known = [(request_hash(&source.rebuilt.request), answer)].into();
    let plan = crate::common::plan_of(
        &[source],
        &[variant("provider=recorded"), variant("provider=recorded,temperature=1")],
        1,
        None,
    )
    .expect("a plan");
    assert_eq!((plan.estimate().cost_usd_nanos, plan.estimate().destinations.len()), (Some(0), 0));
    let log = Arc::new(MemoryLog::default());
    let doing = run::Doing { recordings: answers(known), ..doing(&log) };
    let outcome = run::execute(&plan, &doing).await.expect("a run");
    let texts: Vec<(TakeStatus, String, bool, Option<Code>)> =
        outcome.results.iter().map(|take| (take.status, take.answer.output_text(), take.cached, code(take))).collect();
    assert_eq!(
        texts,
        [
            (TakeStatus::Done, "kept".into(), true, None),
            (TakeStatus::Failed, String::new(), true, Some(Code::RecordingMissing))
        ]
    );
    assert_eq!(log.ledger_events().len(), 0);
}
