//! The recorded incident beside the repository, replayed through the command: what the provider receives is what was
//! recorded, but for the fields that the fidelity report lists. Skipped where the incident is not at hand.

use crate::replaying::{replay_args, variant, words};
use retake_testkit::loopback::{Loopback, Reply};
use retake_tests::{Home, real};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Recorded attributes of every model call, by span id.
fn recorded(text: &str) -> BTreeMap<String, Map<String, Value>> {
    let mut calls = BTreeMap::new();
    for line in text.lines() {
        let document: Value = serde_json::from_str(line).unwrap();
        let lists = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        for span in lists(&document, "resourceSpans")
            .iter()
            .flat_map(|resource| lists(resource, "scopeSpans"))
            .flat_map(|scope| lists(&scope, "spans"))
        {
            let attributes: Map<String, Value> = lists(&span, "attributes")
                .iter()
                .filter_map(|pair| {
                    let value = pair["value"].as_object()?.values().next()?.clone();
                    Some((pair["key"].as_str()?.to_owned(), value))
                })
                .collect();
            if attributes.get("openinference.span.kind").is_some_and(|kind| kind == "LLM") {
                calls.insert(span["spanId"].as_str().unwrap().to_owned(), attributes);
            }
        }
    }
    calls
}

#[test]
fn what_is_sent_is_what_was_recorded() {
    let Some(path) = real("incident/traces.jsonl") else { return };
    let home = Home::new();
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let all = recorded(&std::fs::read_to_string(&path).unwrap());
    let provider = Loopback::answering(|_| Reply::text("ok"));
    // What was removed as a secret cannot be sent: such a call is refused, and nothing goes out.
    let (secret, calls): (BTreeMap<_, _>, BTreeMap<_, _>) = all
        .into_iter()
        .partition(|(_, attributes)| attributes.values().any(|value| value.to_string().contains("sk-FAKE")));
    let (span, _) = secret.first_key_value().unwrap();
    let refused = home.retake(&words(&replay_args(&[span], &[variant(&provider, "openai-compatible", "")], &provider)));
    assert_eq!((&refused.error(5)["code"], provider.count()), (&"RTK-R004".into(), 0), "{refused}");
    let mut args = vec!["replay".to_owned()];
    args.extend(calls.keys().cloned());
    args.extend(replay_args(&[], &[variant(&provider, "openai-compatible", "")], &provider).into_iter().skip(1));
    let run = home.retake(&words(&args)).ok();
    assert_eq!(run["counts"]["done"], calls.len(), "one take for each call");
    let received = provider.requests();
    for take in run["takes"].as_array().unwrap() {
        let id = take["take_id"].as_str().unwrap();
        let sent = received.iter().find(|request| request.headers.values().any(|value| value.contains(id))).unwrap();
        let span = take["span_id"].as_str().unwrap();
        let attributes = &calls[span];
        let mut body = sent.body.as_object().unwrap().clone();
        let shown = home.retake(&["show", span, "--as", "request"]).ok();
        for field in shown["fidelity"]["fields"].as_array().unwrap() {
            let path = field["path"].as_str().unwrap();
            if matches!(field["state"].as_str(), Some("assumed" | "derived" | "lost")) && !path.contains(['.', '[']) {
                body.remove(path);
            }
        }
        let messages = body.remove("messages").unwrap();
        for (at, message) in messages.as_array().unwrap().iter().enumerate() {
            let field = |name: &str| attributes.get(&format!("llm.input_messages.{at}.message.{name}"));
            assert_eq!(Some(&message["role"]), field("role"), "{span}");
            if let Some(content) = field("content") {
                assert_eq!(&message["content"], content, "{span}");
            }
        }
        assert!(
            !attributes
                .contains_key(&format!("llm.input_messages.{}.message.role", messages.as_array().unwrap().len()))
        );
        for (at, tool) in body.remove("tools").unwrap_or_default().as_array().into_iter().flatten().enumerate() {
            let schema = attributes[&format!("llm.tools.{at}.tool.json_schema")].as_str().unwrap();
            assert_eq!(*tool, serde_json::from_str::<Value>(schema).unwrap(), "{span}");
        }
        let params: Map<String, Value> =
            serde_json::from_str(attributes["llm.invocation_parameters"].as_str().unwrap()).unwrap();
        body.retain(|key, _| !matches!(key.as_str(), "stream" | "stream_options") || params.contains_key(key));
        let number = |map: &Map<String, Value>| -> BTreeMap<String, String> {
            map.iter()
                .filter(|(key, _)| *key != "model")
                .map(|(key, value)| (key.clone(), value.as_f64().map_or_else(|| value.to_string(), |n| n.to_string())))
                .collect()
        };
        assert_eq!(number(&body), number(&params), "{span}");
    }
}
