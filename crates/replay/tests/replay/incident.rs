//! The recorded incident, which is no part of the repository: rebuilt requests equal the bodies that were sent, and a
//! variant without a document equals the body without its line. Skipped where it is not at hand.
//!
//! With `RETAKE_MODEL_SERVER` set to the base URL of its model server, the bad answer is replayed as well.

use retake_model::{Document, Fidelity, Id, JsonMap, Message, Part, Retrieval, Role, Span, SpanKind, ToolDefinition};
use retake_replay::run::{Permissions, check};
use retake_replay::{Source, Variant, rebuild, variant};
use retake_wire::openai_chat;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

type Attributes = BTreeMap<String, Value>;

/// Spans of the incident as attributes: what an importer starts from.
fn recorded() -> Option<Vec<(Value, Attributes)>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real/incident/traces.jsonl");
    let Ok(text) = std::fs::read_to_string(path) else {
        retake_testkit::skip("recordings", "the recorded incident is not at hand");
        return None;
    };
    let mut spans = Vec::new();
    for line in text.lines() {
        let document: Value = serde_json::from_str(line).expect("JSON lines");
        let found = document["resourceSpans"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|r| r["scopeSpans"].as_array().into_iter().flatten())
            .flat_map(|s| s["spans"].as_array().into_iter().flatten());
        for span in found {
            let attributes = span["attributes"].as_array().into_iter().flatten().map(|attribute| {
                let value = attribute["value"].as_object().and_then(|v| v.values().next()).cloned().unwrap_or_default();
                (attribute["key"].as_str().unwrap_or_default().to_owned(), value)
            });
            spans.push((span.clone(), attributes.collect()));
        }
    }
    Some(spans)
}

fn text<'a>(attributes: &'a Attributes, key: &str) -> Option<&'a str> {
    attributes.get(key).and_then(Value::as_str)
}

fn messages(attributes: &Attributes) -> Vec<Message> {
    (0..)
        .map_while(|n| {
            let key = |name: &str| format!("llm.input_messages.{n}.message.{name}");
            let role = Role::parse(text(attributes, &key("role"))?).expect("a role");
            let content = text(attributes, &key("content"));
            let mut parts = Vec::new();
            match (role, content) {
                (Role::Tool, content) => parts.push(Part::ToolResult {
                    id: text(attributes, &key("tool_call_id")).map(str::to_owned),
                    name: None,
                    text: content.unwrap_or_default().into(),
                    is_error: false,
                }),
                (_, Some(content)) => parts.push(Part::Text { text: content.into() }),
                _ => {}
            }
            parts.extend((0..).map_while(|m| {
                let key = |name: &str| key(&format!("tool_calls.{m}.tool_call.{name}"));
                let arguments = serde_json::from_str(text(attributes, &key("function.arguments"))?).expect("JSON");
                Some(Part::ToolCall {
                    id: text(attributes, &key("id")).map(str::to_owned),
                    name: text(attributes, &key("function.name"))?.into(),
                    arguments,
                })
            }));
            Some(Message { role, parts, name: None, content_state: Default::default() })
        })
        .collect()
}

fn documents(attributes: &Attributes, prefix: &str) -> Vec<Document> {
    (0u32..)
        .map_while(|n| {
            let id = text(attributes, &format!("{prefix}.{n}.document.id"))?.to_owned();
            let content = text(attributes, &format!("{prefix}.{n}.document.content")).map(str::to_owned);
            Some(Document { document_id: Some(id), content, rank: n + 1, ..Document::default() })
        })
        .collect()
}

fn span_of(raw: &Value, attributes: &Attributes, with_body: bool) -> Span {
    let kind = text(attributes, "openinference.span.kind").and_then(|word| SpanKind::parse(&word.to_lowercase()));
    let tools: Vec<ToolDefinition> = (0..)
        .map_while(|n| text(attributes, &format!("llm.tools.{n}.tool.json_schema")))
        .map(|schema| openai_chat::decode_tool(&serde_json::from_str(schema).expect("JSON")))
        .collect();
    let params: Option<JsonMap> =
        text(attributes, "llm.invocation_parameters").map(|json| serde_json::from_str(json).expect("JSON"));
    let retrieved =
        [documents(attributes, "retrieval.documents"), documents(attributes, "reranker.output_documents")].concat();
    Span {
        trace_id: raw["traceId"].as_str().map(Id::new),
        span_id: raw["spanId"].as_str().map(Id::new),
        kind,
        provider: text(attributes, "llm.system").map(str::to_owned),
        request_model: params.as_ref().and_then(|p| p.get("model")?.as_str().map(str::to_owned)),
        input: (kind == Some(SpanKind::Llm)).then(|| messages(attributes)),
        tools: (!tools.is_empty()).then_some(tools),
        params,
        request_body: with_body
            .then(|| serde_json::from_str(text(attributes, "input.value").unwrap_or("null")).unwrap_or_default()),
        retrieval: (!retrieved.is_empty()).then(|| Retrieval { documents: retrieved, ..Retrieval::default() }),
        ..Span::default()
    }
}

/// The body as the incident's own proof builds it from the attributes.
fn sent_body(attributes: &Attributes) -> Value {
    let mut body: JsonMap =
        serde_json::from_str(text(attributes, "llm.invocation_parameters").unwrap_or("{}")).expect("JSON");
    let mut list = Vec::new();
    for (n, message) in messages(attributes).iter().enumerate() {
        let key = |name: &str| format!("llm.input_messages.{n}.message.{name}");
        let mut object =
            json!({"role": message.role.as_str(), "content": text(attributes, &key("content")).unwrap_or_default()});
        if let Some(id) = text(attributes, &key("tool_call_id")) {
            object["tool_call_id"] = json!(id);
        }
        let calls: Vec<Value> = (0..).map_while(|m| {
            let key = |name: &str| key(&format!("tool_calls.{m}.tool_call.{name}"));
            Some(json!({"id": text(attributes, &key("id")), "type": "function", "function": {"name": text(attributes, &key("function.name"))?, "arguments": text(attributes, &key("function.arguments"))?}}))
        }).collect();
        if !calls.is_empty() {
            object["tool_calls"] = json!(calls);
        }
        list.push(object);
    }
    body.insert("messages".into(), json!(list));
    let tools: Vec<Value> = (0..)
        .map_while(|n| text(attributes, &format!("llm.tools.{n}.tool.json_schema")))
        .map(|schema| serde_json::from_str(schema).expect("JSON"))
        .collect();
    if !tools.is_empty() {
        body.insert("tools".into(), json!(tools));
    }
    Value::Object(body)
}

fn is_call(attributes: &Attributes) -> bool {
    text(attributes, "openinference.span.kind") == Some("LLM")
}

#[test]
fn rebuilt_requests_are_the_bodies_that_were_sent() {
    let Some(spans) = recorded() else { return };
    let mut calls = 0;
    for (raw, attributes) in spans.iter().filter(|(_, attributes)| is_call(attributes)) {
        let want = sent_body(attributes);
        let rebuilt = rebuild(&span_of(raw, attributes, true));
        assert_eq!(openai_chat::encode_request(&rebuilt.request).body, want, "with the SDK's body");
        assert_eq!(rebuilt.level, Fidelity::Exact, "{:?}", rebuilt.fields);
        // Without the SDK's body the spacing of argument texts is lost, and said to be.
        let rebuilt = rebuild(&span_of(raw, attributes, false));
        let mut got = openai_chat::encode_request(&rebuilt.request).body;
        let said = rebuilt
            .fields
            .iter()
            .any(|field| field.path.ends_with("function.arguments") && field.state == Fidelity::Derived);
        let differs = got != want;
        assert!(!differs || said, "{:?}", rebuilt.fields);
        for (got, want) in
            got["messages"].as_array_mut().into_iter().flatten().zip(want["messages"].as_array().into_iter().flatten())
        {
            if got.get("tool_calls").is_some() {
                got["tool_calls"] = want["tool_calls"].clone();
            }
        }
        assert_eq!(got, want, "but for that spacing");
        calls += 1;
    }
    assert_eq!(calls, 72);
}

#[test]
fn without_a_document_is_without_its_line() {
    let Some(spans) = recorded() else { return };
    let mut dropped = 0;
    let mut by_trace: BTreeMap<String, Vec<&(Value, Attributes)>> = BTreeMap::new();
    for span in &spans {
        by_trace.entry(span.0["traceId"].to_string()).or_default().push(span);
    }
    for trace in by_trace.values() {
        let all: Vec<Span> = trace.iter().map(|(raw, attributes)| span_of(raw, attributes, true)).collect();
        for ((_, attributes), span) in trace.iter().zip(&all).filter(|((_, attributes), _)| is_call(attributes)) {
            let source = Source::of(span, &all);
            let system = source.rebuilt.request.messages.first().map(Message::joined_text).unwrap_or_default();
            let placed: Vec<String> = system
                .lines()
                .filter_map(|line| Some(line.strip_prefix('[')?.split_once("] ")?.0.to_owned()))
                .collect();
            for id in placed {
                let applied =
                    variant::apply(&Variant { drop_docs: vec![id.clone()], ..Variant::default() }, &source, &|_, _| {
                        None
                    })
                    .expect("it is placed");
                let mut want = sent_body(attributes);
                let cut: Vec<&str> = system.split('\n').filter(|line| !line.starts_with(&format!("[{id}] "))).collect();
                assert_eq!(cut.len(), system.split('\n').count() - 1);
                want["messages"][0]["content"] = json!(cut.join("\n"));
                assert_eq!(openai_chat::encode_request(&applied.request).body, want, "{id}");
                dropped += 1;
            }
        }
    }
    assert!(dropped > 100, "{dropped}");
}

#[tokio::test]
async fn the_bad_answer_comes_again_and_goes_with_its_cause() {
    let Some(spans) = recorded() else { return };
    let Ok(base_url) = std::env::var("RETAKE_MODEL_SERVER") else {
        return retake_testkit::skip("model-server", "RETAKE_MODEL_SERVER names no model server");
    };
    let grammar = |attributes: &Attributes| {
        text(attributes, "llm.invocation_parameters").is_some_and(|json| json.contains("grammar"))
    };
    let wrong = "17 days";
    let bad = spans
        .iter()
        .find(|(_, a)| {
            is_call(a)
                && grammar(a)
                && text(a, "llm.output_messages.0.message.content").is_some_and(|answer| answer.contains(wrong))
        })
        .expect("the bad answer");
    let trace: Vec<Span> = spans
        .iter()
        .filter(|(raw, _)| raw["traceId"] == bad.0["traceId"])
        .map(|(raw, a)| span_of(raw, a, true))
        .collect();
    let source = Source::of(&span_of(&bad.0, &bad.1, true), &trace);
    let as_it_was = crate::common::variant(&format!("name=original,provider=openai-compatible,base-url={base_url}"));
    let variants = [
        as_it_was.clone(),
        Variant { name: "without".into(), drop_docs: vec!["KB-114".into()], ..as_it_was.clone() },
        Variant { name: "other".into(), drop_docs: vec!["KB-130".into()], ..as_it_was },
    ];
    let mut plan = crate::common::plan_of(&[source], &variants, 1, None).expect("a plan");
    plan.concurrency = 1;
    check(&plan, &Permissions { destinations: plan.allowed_destinations.clone(), unpriced: true, fidelity: None })
        .expect("allowed");
    let (outcome, log) = crate::common::run_plan(&plan).await;
    let answers: Vec<String> = outcome.results.iter().map(|take| take.answer.output_text()).collect();
    eprintln!("{answers:#?}");
    assert_eq!(answers.first().map(String::as_str), text(&bad.1, "llm.output_messages.0.message.content"));
    assert_eq!(answers.iter().map(|answer| answer.contains(wrong)).collect::<Vec<_>>(), [true, false, true]);
    for take in &outcome.results {
        assert_eq!(crate::common::chunk_text(&log, &take.take_id), take.answer.output_text());
        assert!(take.ttft_ms.is_some() && take.answer.usage.input_tokens().is_some(), "{take:?}");
    }
}
