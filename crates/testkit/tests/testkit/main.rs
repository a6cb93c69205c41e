//! The loopback provider against a client that speaks plain HTTP.

use retake_testkit::loopback::{Cut, Loopback, Options, Reply};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

/// Sends one request and reads to the end of the connection; the body is decoded from its chunks.
fn call(provider: &Loopback, path: &str, headers: &str, body: &Value) -> (u16, String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", provider.port())).unwrap();
    let body = body.to_string();
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nhost: loopback\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, rest) = text.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), unchunk(rest))
}

fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        if size == 0 || after.len() < size {
            body.push_str(if size == 0 { "" } else { after });
            break;
        }
        body.push_str(&after[..size]);
        rest = after[size..].trim_start_matches("\r\n");
    }
    body
}

fn events(body: &str) -> Vec<Value> {
    body.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn ask(stream: bool) -> Value {
    json!({"model": "small", "stream": stream, "stream_options": {"include_usage": true},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How long\ndo refunds take?"}]})
}

#[test]
fn both_apis_say_the_same_whole_and_streamed() {
    let reply =
        Reply::text("Twelve days, see KB-7.").tool_call("call_1", "lookup", json!({"account": "B-12", "days": 12}));
    let provider = Loopback::start(vec![reply.usage(40, 9)]);

    let (status, _, whole) = call(&provider, "/v1/chat/completions", "", &ask(false));
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let message = &whole["choices"][0]["message"];
    assert_eq!(status, 200);
    assert_eq!(message["content"], "Twelve days, see KB-7.");
    assert_eq!(whole["usage"]["prompt_tokens"], 40);

    let (_, head, streamed) = call(&provider, "/v1/chat/completions", "", &ask(true));
    assert!(head.contains("text/event-stream"), "{head}");
    assert!(streamed.ends_with("data: [DONE]\n\n"));
    let events_of = events(&streamed);
    let joined = |pointer: &str| -> String {
        events_of.iter().filter_map(|event| event.pointer(pointer).and_then(Value::as_str)).collect()
    };
    assert_eq!(joined("/choices/0/delta/content"), "Twelve days, see KB-7.");
    let arguments = joined("/choices/0/delta/tool_calls/0/function/arguments");
    assert_eq!(arguments, message["tool_calls"][0]["function"]["arguments"]);
    assert_eq!(joined("/choices/0/finish_reason"), "tool_calls");
    assert_eq!(events_of.last().unwrap()["usage"]["completion_tokens"], 9);

    let (_, _, whole) = call(&provider, "/v1/messages", "", &ask(false));
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["content"][0]["text"], "Twelve days, see KB-7.");
    assert_eq!(whole["content"][1]["input"], json!({"account": "B-12", "days": 12}));
    assert_eq!(whole["stop_reason"], "tool_use");
    let (_, _, streamed) = call(&provider, "/v1/messages", "", &ask(true));
    let events_of = events(&streamed);
    let joined = |pointer: &str| -> String {
        events_of.iter().filter_map(|event| event.pointer(pointer).and_then(Value::as_str)).collect()
    };
    assert_eq!(joined("/delta/text"), "Twelve days, see KB-7.");
    assert_eq!(serde_json::from_str::<Value>(&joined("/delta/partial_json")).unwrap()["days"], 12);
    assert_eq!(events_of.last().unwrap()["type"], "message_stop");
}

#[test]
fn replies_go_in_order_and_the_last_stays() {
    let provider = Loopback::start(vec![
        Reply::status(429).header("retry-after", "2"),
        Reply::echo(),
        Reply::text("special").when("B-99"),
    ]);
    let (status, head, body) = call(&provider, "/v1/messages", "", &ask(false));
    assert_eq!(status, 429);
    assert!(head.contains("retry-after: 2"), "{head}");
    assert!(body.contains("rate_limit_error"), "{body}");
    for _ in 0..2 {
        let (_, _, body) = call(&provider, "/v1/chat/completions", "", &ask(false));
        assert!(body.contains(r"How long\ndo refunds take?"), "{body}");
    }
    let (_, _, body) =
        call(&provider, "/v1/chat/completions", "x-mark: 7\r\n", &json!({"user": "B-99", "messages": []}));
    assert!(body.contains("special"), "{body}");
    let requests = provider.requests();
    assert_eq!(requests.len(), 4);
    assert_eq!(requests[3].headers.get("x-mark").map(String::as_str), Some("7"));
    assert_eq!(requests[0].path, "/v1/messages");
    assert!(requests.iter().all(|request| request.answered));
}

#[test]
fn a_body_is_cut_at_the_byte_and_split_anywhere() {
    let whole = call(&Loopback::start(vec![Reply::text("a b c")]), "/v1/chat/completions", "", &ask(true)).2;
    let split = Loopback::start(vec![Reply::text("a b c").split_bytes(1)]);
    assert_eq!(call(&split, "/v1/chat/completions", "", &ask(true)).2, whole);
    for cut in [Cut::Break(100), Cut::End(100)] {
        let provider = Loopback::start(vec![Reply::text("a b c").cut(cut)]);
        assert_eq!(call(&provider, "/v1/chat/completions", "", &ask(true)).2, whole[..100], "{cut:?}");
        assert!(!provider.requests()[0].answered);
    }
}

#[test]
fn an_error_within_a_stream_follows_its_tokens() {
    let provider = Loopback::start(vec![Reply::text("a b c").error_after_tokens(2).message("overloaded")]);
    let events = events(&call(&provider, "/v1/messages", "", &ask(true)).2);
    let deltas = events.iter().filter(|event| event["type"] == "content_block_delta").count();
    assert_eq!((deltas, events.last().unwrap()["error"]["message"].as_str()), (2, Some("overloaded")));
}

#[test]
fn a_wrong_key_is_refused() {
    let options = Options { key: Some("sk-right".into()), replies: vec![Reply::text("in")], ..Options::default() };
    let provider = Loopback::with(options).unwrap();
    assert_eq!(call(&provider, "/v1/messages", "x-api-key: sk-wrong\r\n", &ask(false)).0, 401);
    assert_eq!(call(&provider, "/v1/messages", "x-api-key: sk-right\r\n", &ask(false)).0, 200);
    assert_eq!(call(&provider, "/v1/chat/completions", "authorization: Bearer sk-right\r\n", &ask(false)).0, 200);
}
