//! A request that was recorded in an API goes out field for field as it came.

use proptest::prelude::*;
use retake_wire::{StreamEnd, api};
use serde_json::{Value, json};

#[test]
fn recorded_requests_go_out_as_they_came() {
    retake_testkit::each("wire/*/*.request.json", |fixture| {
        let body: Value = serde_json::from_slice(&fixture.bytes()).expect("JSON");
        let api = api::by_name(&fixture.folder()).expect("the folder is named after an API");
        assert_eq!(api::detect_request(&body).map(|found| found.name), Some(api.name), "{}", fixture.name());
        let request = (api.decode_request)(&body).expect("a request");
        let encoded = (api.encode_request)(&request);
        assert_eq!(encoded.body, body, "{}", fixture.name());
        assert_eq!(encoded.losses, [], "{}", fixture.name());
        let stored = serde_json::from_value(serde_json::to_value(&request).expect("JSON")).expect("a request");
        assert_eq!((api.encode_request)(&stored).body, body, "after storing");
    });
}

#[test]
fn an_edited_message_leaves_the_others_alone() {
    let body = json!({"model": "m", "messages": [
        {"role": "user", "content": [{"type": "text", "text": "a"}]},
        {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{ }"}}]},
        {"role": "user", "content": [{"type": "text", "text": "a"}]}]});
    let mut request = retake_wire::openai_chat::decode_request(&body).expect("a request");
    request.messages.remove(0);
    let encoded = retake_wire::openai_chat::encode_request(&request).body;
    assert_eq!(encoded["messages"].as_array().map(Vec::as_slice), body["messages"].as_array().and_then(|m| m.get(1..)));
}

fn text() -> impl Strategy<Value = String> {
    "[ -~é🛶\n]{0,12}"
}

fn arguments() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("{}".to_owned()),
        Just(String::new()),
        Just("{ \"a\": [1, 2.0] }".to_owned()),
        Just("\"text\"".to_owned()),
        Just("nope".to_owned()),
        Just("5".to_owned())
    ]
}

fn extra() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!(0)),
        Just(json!(0.0)),
        Just(json!({"a": [true]})),
        text().prop_map(|t| json!(t))
    ]
}

fn openai_message() -> impl Strategy<Value = Value> {
    let content = prop_oneof![
        text().prop_map(|t| json!(t)),
        prop::collection::vec(
            prop_oneof![
                text().prop_map(|t| json!({"type": "text", "text": t})),
                Just(json!({"type": "image_url", "image_url": {"url": "https://a/b"}})),
                extra().prop_map(|e| json!({"type": "odd", "x": e}))
            ],
            0..3
        )
        .prop_map(Value::Array),
        Just(Value::Null),
    ];
    let calls = prop::collection::vec((text(), arguments()), 0..3).prop_map(|calls| {
        let calls = calls.into_iter().map(
            |(id, arguments)| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": arguments}}),
        );
        calls.collect::<Vec<_>>()
    });
    (
        prop_oneof![Just("system"), Just("developer"), Just("user"), Just("assistant"), Just("tool")],
        content,
        calls,
        prop::option::of(extra()),
        any::<bool>(),
    )
        .prop_map(|(role, content, calls, extra, with_content)| {
            let mut message = json!({"role": role});
            if with_content || role == "user" {
                message["content"] = content;
            }
            if role == "assistant" && !calls.is_empty() {
                message["tool_calls"] = json!(calls);
            }
            if role == "tool" {
                message["tool_call_id"] = json!("1");
            }
            if let Some(extra) = extra {
                message["extra"] = extra;
            }
            message
        })
}

fn anthropic_message() -> impl Strategy<Value = Value> {
    let block = prop_oneof![
        text().prop_map(|t| json!({"type": "text", "text": t})),
        text().prop_map(|t| json!({"type": "text", "text": t, "cache_control": {"type": "ephemeral"}})),
        extra().prop_map(|e| json!({"type": "thinking", "thinking": "x", "signature": e})),
        extra().prop_map(|e| json!({"type": "tool_use", "id": "1", "name": "f", "input": e})),
        (text(), any::<bool>())
            .prop_map(|(t, e)| json!({"type": "tool_result", "tool_use_id": "1", "content": t, "is_error": e})),
    ];
    let content = prop_oneof![text().prop_map(|t| json!(t)), prop::collection::vec(block, 0..4).prop_map(Value::Array)];
    (prop_oneof![Just("user"), Just("assistant")], content)
        .prop_map(|(role, content)| json!({"role": role, "content": content}))
}

proptest! {
    /// Decode, then encode, is nothing done.
    #[test]
    fn openai_bodies_survive(messages in prop::collection::vec(openai_message(), 0..6), extra in extra(), tools in prop::option::of(extra())) {
        let mut body = json!({"model": "m", "messages": messages, "grammar": extra});
        if let Some(tools) = tools {
            body["tools"] = json!([tools]);
        }
        let request = retake_wire::openai_chat::decode_request(&body).expect("the shape is right");
        prop_assert_eq!(retake_wire::openai_chat::encode_request(&request).body, body);
    }

    /// Decode, then encode, is nothing done.
    #[test]
    fn anthropic_bodies_survive(messages in prop::collection::vec(anthropic_message(), 0..6), system in prop::option::of(prop_oneof![text().prop_map(|t| json!(t)), Just(json!([{"type": "text", "text": "s", "cache_control": {}}])), Just(json!([]))]), extra in extra()) {
        let mut body = json!({"model": "m", "max_tokens": 5, "messages": messages, "extra": extra});
        if let Some(system) = system {
            body["system"] = system;
        }
        let request = retake_wire::anthropic::decode_request(&body).expect("the shape is right");
        prop_assert_eq!(retake_wire::anthropic::encode_request(&request).body, body);
    }

    /// No bytes make a decoder panic, and no JSON makes a codec panic.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), value in json_value()) {
        for api in api::all() {
            let mut stream = (api.stream)();
            let _outcome = stream.push(&bytes, &mut Vec::new());
            let _outcome = stream.push(format!("data: {value}\n\n").as_bytes(), &mut Vec::new());
            let _outcome = stream.finish(StreamEnd::Closed);
            let _outcome = ((api.decode_request)(&value), (api.decode_answer)(&value), (api.answer_messages)(&value));
            if let Ok(request) = (api.decode_request)(&json!({"messages": [value], "tools": [value], "system": value})) {
                for target in api::all() {
                    let _body = (target.encode_request)(&request);
                }
            }
        }
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z]{0,4}".prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        let key = prop_oneof![
            Just("choices"),
            Just("delta"),
            Just("message"),
            Just("content"),
            Just("role"),
            Just("tool_calls"),
            Just("function"),
            Just("index"),
            Just("usage"),
            Just("error"),
            Just("type"),
            Just("content_block"),
            Just("text"),
            Just("id"),
            Just("name"),
            Just("input"),
            Just("arguments"),
            Just("messages"),
            Just("source")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((key, inner), 0..5)
                .prop_map(|entries| Value::Object(entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}
