//! Reads the OpenInference attributes of a Collector's JSON lines into spans, far enough for these tests and independent
//! of the product's importer. The folder with real files is not part of the repository.

use retake_model::{
    AuditEvent, Decision, Document, Id, JsonMap, Message, Part, Retrieval, Role, Span, SpanKind, SpanStatus,
    ToolExecution,
};
use serde_json::Value;
use std::path::PathBuf;

/// The real incident: spans, audit events, policy and expected findings. `None`, and a line that says so, without it.
pub(crate) struct RealIncident {
    pub spans: Vec<Span>,
    pub events: Vec<AuditEvent>,
    pub policy: String,
    pub truth: Value,
}

pub(crate) fn real_incident() -> Option<RealIncident> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real/incident");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let Some(traces) = read("traces.jsonl") else {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    };
    let lines =
        |text: String| text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect::<Vec<_>>();
    Some(RealIncident {
        spans: lines(traces).iter().flat_map(spans_of).collect(),
        events: lines(read("audit.jsonl")?).iter().map(event_of).collect(),
        policy: read("policy.yaml")?,
        truth: serde_json::from_str(&read("truth.json")?).expect("JSON"),
    })
}

fn spans_of(line: &Value) -> Vec<Span> {
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    list(line, "resourceSpans")
        .iter()
        .flat_map(|resource| list(resource, "scopeSpans"))
        .flat_map(|scope| list(&scope, "spans"))
        .map(|span| span_of(&span))
        .collect()
}

fn span_of(span: &Value) -> Span {
    let attributes: JsonMap = span["attributes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| Some((entry["key"].as_str()?.to_owned(), any_value(&entry["value"]))))
        .collect();
    let text = |key: &str| attributes.get(key).and_then(Value::as_str).map(str::to_owned);
    let ns = |key: &str| span[key].as_str().and_then(|text| text.parse().ok());
    let kind = text("openinference.span.kind").and_then(|kind| SpanKind::parse(&kind.to_lowercase()));
    let retrieved = documents(&attributes, "retrieval.documents");
    let reranked = documents(&attributes, "reranker.output_documents");
    let has_documents = !retrieved.is_empty() || !reranked.is_empty();
    Span {
        trace_id: span["traceId"].as_str().map(Id::new),
        span_id: span["spanId"].as_str().map(Id::new),
        parent_span_id: span["parentSpanId"].as_str().filter(|id| !id.is_empty()).map(Id::new),
        kind,
        name: span["name"].as_str().map(str::to_owned),
        start_ns: ns("startTimeUnixNano"),
        end_ns: ns("endTimeUnixNano"),
        status: match span["status"]["code"].as_i64() {
            Some(2) => SpanStatus::Error,
            Some(1) => SpanStatus::Ok,
            _ => SpanStatus::Unset,
        },
        status_message: span["status"]["message"].as_str().map(str::to_owned),
        tenant: text("tenant.id"),
        user: text("user.id"),
        user_role: text("user.role"),
        feature: text("feature.name"),
        request_id: text("request.id"),
        prompt_name: attributes.get("llm.prompt_template.version").map(|_| "support-answer".to_owned()),
        prompt_version: text("llm.prompt_template.version"),
        request_model: text("llm.model_name"),
        provider: text("llm.system"),
        input: messages(&attributes, "llm.input_messages"),
        output: messages(&attributes, "llm.output_messages"),
        input_value: text("input.value").filter(|_| kind != Some(SpanKind::Llm)),
        output_value: text("output.value").filter(|_| kind != Some(SpanKind::Llm)),
        retrieval: has_documents.then(|| Retrieval {
            query: text("input.value").or_else(|| text("reranker.query")),
            documents: if retrieved.is_empty() { reranked } else { retrieved },
            input_documents: documents(&attributes, "reranker.input_documents"),
        }),
        tool: text("tool.name").map(|name| ToolExecution {
            name,
            call_id: text("tool_call.id"),
            arguments: text("tool.parameters").and_then(|json| serde_json::from_str(&json).ok()),
            result: text("output.value"),
            description: text("tool.description"),
        }),
        ..Span::default()
    }
}

fn any_value(value: &Value) -> Value {
    match value.as_object().and_then(|object| object.iter().next()) {
        Some((kind, inner)) if kind == "intValue" => {
            inner.as_str().and_then(|n| n.parse::<i64>().ok()).map_or(inner.clone(), Value::from)
        }
        Some((_, inner)) => inner.clone(),
        None => Value::Null,
    }
}

fn documents(attributes: &JsonMap, prefix: &str) -> Vec<Document> {
    (0..)
        .map_while(|n| {
            let field = |name: &str| attributes.get(&format!("{prefix}.{n}.document.{name}"));
            let id = field("id")?.as_str().map(str::to_owned);
            let metadata: JsonMap = field("metadata")
                .and_then(Value::as_str)
                .and_then(|json| serde_json::from_str(json).ok())
                .unwrap_or_default();
            let word = |name: &str| metadata.get(name).and_then(Value::as_str).map(str::to_owned);
            let date = word("updated_at").and_then(|date| format!("{date}T00:00:00Z").parse::<jiff::Timestamp>().ok());
            Some(Document {
                document_id: id,
                rank: n + 1,
                score: field("score").and_then(Value::as_f64),
                version: metadata.get("version").map(ToString::to_string),
                updated_ns: date.and_then(|date| i64::try_from(date.as_nanosecond()).ok()),
                tenant: word("tenant"),
                title: word("title"),
                source: word("source"),
                content: field("content").and_then(Value::as_str).map(str::to_owned),
                score_kind: None,
                metadata,
            })
        })
        .collect()
}

fn messages(attributes: &JsonMap, prefix: &str) -> Option<Vec<Message>> {
    let messages: Vec<Message> = (0..)
        .map_while(|n| {
            let text = |name: &str| {
                attributes.get(&format!("{prefix}.{n}.message.{name}")).and_then(Value::as_str).map(str::to_owned)
            };
            let role = Role::parse(&text("role")?)?;
            let mut parts = Vec::new();
            match (text("content"), text("tool_call_id")) {
                (Some(text), Some(id)) => {
                    parts.push(Part::ToolResult { id: Some(id), name: None, text, is_error: false })
                }
                (Some(text), None) => parts.push(Part::Text { text }),
                _ => {}
            }
            parts.extend((0..).map_while(|m| {
                let call = |name: &str| text(&format!("tool_calls.{m}.tool_call.{name}"));
                let arguments = call("function.arguments")
                    .map_or(Value::Null, |json| serde_json::from_str(&json).unwrap_or(Value::String(json)));
                Some(Part::ToolCall { name: call("function.name")?, id: call("id"), arguments })
            }));
            Some(Message { role, parts, name: None, content_state: Default::default() })
        })
        .collect();
    (!messages.is_empty()).then_some(messages)
}

fn event_of(row: &Value) -> AuditEvent {
    let text = |key: &str| row[key].as_str().map(str::to_owned);
    AuditEvent {
        event_id: text("event_id"),
        time_ns: text("ts")
            .and_then(|ts| ts.parse::<jiff::Timestamp>().ok())
            .and_then(|ts| i64::try_from(ts.as_nanosecond()).ok()),
        actor: row["actor"]["id"].as_str().map(str::to_owned),
        role: row["actor"]["role"].as_str().map(str::to_owned),
        tenant: text("tenant"),
        action: text("action"),
        resource: text("resource"),
        decision: text("decision").and_then(|word| Decision::parse(&word)).unwrap_or_default(),
        reason: text("reason"),
        request_id: text("request_id"),
        trace_id: text("trace_id").map(Id::new),
        ..AuditEvent::default()
    }
}
