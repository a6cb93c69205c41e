//! From one API to the other, with what is lost on the way.

use retake_wire::{anthropic, api, openai_chat};
use serde_json::{Value, json};

#[test]
fn conversions_match_their_expected_form() {
    retake_testkit::each("wire/*/*.request.json", |fixture| {
        let body: Value = serde_json::from_slice(&fixture.bytes()).expect("JSON");
        let from = api::by_name(&fixture.folder()).expect("the folder is named after an API");
        let to = api::all().iter().find(|other| other.name != from.name).expect("two APIs");
        let request = (from.decode_request)(&body).expect("a request");
        let encoded = (to.encode_request)(&request);
        assert!((to.decode_request)(&encoded.body).is_ok(), "the other API reads it");
        fixture.expect_json("other-api.expected", &json!({"body": encoded.body, "losses": encoded.losses}));
    });
}

#[test]
fn tools_and_their_results_survive_the_way_there_and_back() {
    let body = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "q"},
        {"role": "assistant", "content": "", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{\"x\":1}"}},
            {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "a", "content": "one"},
        {"role": "tool", "tool_call_id": "b", "content": "two"},
        {"role": "user", "content": "and?"}],
        "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}]});
    let there = anthropic::encode_request(&openai_chat::decode_request(&body).expect("a request")).body;
    assert_eq!(
        there["messages"][2]["content"].as_array().map(Vec::len),
        Some(3),
        "results and the next text in one user message: {there}"
    );
    let back = openai_chat::encode_request(&anthropic::decode_request(&there).expect("a request")).body;
    assert_eq!(back["messages"], body["messages"]);
    assert_eq!(back["tools"], body["tools"]);
}

#[test]
fn what_cannot_be_carried_is_named() {
    let body = json!({"model": "m", "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "q"}, {"role": "system", "content": "b"}],
        "seed": 7, "frequency_penalty": 1, "grammar": "g", "temperature": 1.5, "n": 2, "logprobs": true});
    let encoded = anthropic::encode_request(&openai_chat::decode_request(&body).expect("a request"));
    let lost: Vec<(&str, &str)> = encoded.losses.iter().map(|loss| (loss.path.as_str(), loss.what.as_str())).collect();
    for want in [
        ("messages", "changed"),
        ("params.seed", "dropped"),
        ("params.frequency_penalty", "dropped"),
        ("params.grammar", "dropped"),
        ("params.temperature", "changed"),
        ("params.n", "dropped"),
        ("params.logprobs", "dropped"),
        ("params.max_tokens", "invented"),
    ] {
        assert!(lost.contains(&want), "{want:?} is not in {lost:?}");
    }
}

#[test]
fn a_schema_of_the_answer_goes_to_the_output_format() {
    let schema = json!({"type": "object", "properties": {"days": {"type": "integer"}}});
    let encode = |format: Value| {
        let body = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "q"}], "response_format": format});
        anthropic::encode_request(&openai_chat::decode_request(&body).expect("a request"))
    };
    let named = encode(json!({"type": "json_schema", "json_schema": {"name": "n", "strict": true, "schema": schema}}));
    assert_eq!(named.body["output_config"]["format"], json!({"type": "json_schema", "schema": schema}));
    assert!(named.losses.is_empty(), "{:?}", named.losses);
    let free = encode(json!({"type": "json_object"}));
    assert_eq!((free.body.get("output_config"), free.losses.len()), (None, 1), "{:?}", free.losses);
}
