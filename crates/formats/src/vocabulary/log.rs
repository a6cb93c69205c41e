//! Log records: content of a model call that comes later or in another file, events of a span, audit events.

use super::Vocabulary;
use super::attributes::{Attributes, value_of};
use super::draft::{Draft, plain};
use super::genai::{DETAILS, GenAi, score_of};
use crate::otlp::record::{Surroundings, id};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use retake_model::{AuditEvent, Code, JsonMap, Span, SpanEvent};
use serde_json::Value;

/// What a log record says about its span. Names that the span itself states are left to it; its start stands for the
/// call's where no span comes.
pub(crate) fn map_log(log: LogRecord, _around: &Surroundings, issues: &mut Vec<(Code, String)>) -> Span {
    let mut span =
        Span { trace_id: Some(id(&log.trace_id, 16)), span_id: Some(id(&log.span_id, 8)), ..Span::default() };
    let nanos = if log.time_unix_nano > 0 { log.time_unix_nano } else { log.observed_time_unix_nano };
    let time_ns = i64::try_from(nanos).unwrap_or_default();
    let mut attributes = plain(log.attributes);
    let name = name_of(&log.event_name, &attributes);
    span.start_ns = Some(time_ns).filter(|time_ns| *time_ns > 0);
    let body = log.body.map(value_of).unwrap_or(Value::Null);
    if name.as_deref() == Some(DETAILS) || attributes.contains_key("gen_ai.input.messages") {
        if let Value::Object(fields) = body {
            for (key, value) in fields {
                attributes.entry(key).or_insert(value);
            }
        }
        return content_of(span, attributes, issues);
    }
    if name.as_deref() == Some("gen_ai.evaluation.result")
        && let Some(score) = score_of(&attributes)
    {
        span.scores.push(score);
        return span;
    }
    // A message event: its body holds the message. Any other record is an event of the span.
    match body {
        Value::Object(fields) => {
            for (key, value) in fields {
                attributes.entry(key).or_insert(value);
            }
        }
        Value::Null => {}
        other => {
            attributes.entry("body").or_insert(other);
        }
    }
    attributes.remove("event.name");
    if !log.severity_text.is_empty() {
        attributes.entry("severity").or_insert(Value::from(log.severity_text));
    }
    // Messages are made of events when all of the span's records are together: each record may hold one of several.
    span.events.push(SpanEvent { time_ns, name: name.unwrap_or_else(|| "log".into()), attributes });
    span
}

fn name_of(event_name: &str, attributes: &JsonMap) -> Option<String> {
    let attribute = || attributes.get("event.name").and_then(Value::as_str).map(str::to_owned);
    Some(event_name.to_owned()).filter(|name| !name.is_empty()).or_else(attribute)
}

fn content_of(span: Span, attributes: JsonMap, issues: &mut Vec<(Code, String)>) -> Span {
    let mut own = Attributes::default();
    own.fill_from(attributes);
    let mut draft = Draft { attributes: own, span, issues };
    GenAi.apply(&mut draft);
    let found = draft.span;
    Span {
        trace_id: found.trace_id,
        span_id: found.span_id,
        start_ns: found.start_ns,
        input: found.input,
        output: found.output,
        tools: found.tools,
        finish_reason: found.finish_reason,
        params: found.params,
        usage: found.usage,
        response_id: found.response_id,
        response_model: found.response_model,
        request_model: found.request_model,
        provider: found.provider,
        ..Span::default()
    }
}

/// The audit event that a log record is, when its fields say so. Body and attributes are looked at together.
pub(crate) fn audit_of_log(log: &LogRecord) -> Option<AuditEvent> {
    let name = name_of(&log.event_name, &JsonMap::new());
    if name.as_deref().is_some_and(|name| name.starts_with("gen_ai.")) {
        return None;
    }
    let mut fields = plain(log.attributes.clone());
    match log.body.clone().map(value_of) {
        Some(Value::Object(body)) => {
            for (key, value) in body {
                fields.entry(key).or_insert(value);
            }
        }
        Some(text @ Value::String(_)) => {
            if let Some(Value::Object(body)) = super::attributes::json_in(&text) {
                for (key, value) in body {
                    fields.entry(key).or_insert(value);
                }
            }
        }
        _ => {}
    }
    if fields.keys().any(|key| key.starts_with("gen_ai.")) {
        return None;
    }
    let mut event = crate::audit::event_of_attributes(&fields)?;
    let nanos = if log.time_unix_nano > 0 { log.time_unix_nano } else { log.observed_time_unix_nano };
    event.time_ns = event.time_ns.or_else(|| i64::try_from(nanos).ok().filter(|n| *n > 0));
    if event.trace_id.is_none() && !log.trace_id.is_empty() {
        event.trace_id = Some(id(&log.trace_id, 16));
    }
    if event.span_id.is_none() && !log.span_id.is_empty() {
        event.span_id = Some(id(&log.span_id, 8));
    }
    Some(event)
}
