//! The published message types to OTLP/JSON: ids in hex, 64-bit integers as strings, fields with their default left out.

use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{Span, span};
use retake_model::Id;

/// Writes one JSON object field by field.
pub struct Writer {
    out: Vec<u8>,
    empty: bool,
}

impl Writer {
    /// An open object.
    pub fn object() -> Self {
        Self { out: vec![b'{'], empty: true }
    }

    /// Adds a field with a value that is JSON already.
    pub fn raw(&mut self, key: &str, json: &[u8]) {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        push_string(&mut self.out, key);
        self.out.push(b':');
        self.out.extend_from_slice(json);
    }

    /// Adds a text, unless it is empty.
    pub fn text(&mut self, key: &str, text: &str) {
        if !text.is_empty() {
            let mut json = Vec::with_capacity(text.len() + 2);
            push_string(&mut json, text);
            self.raw(key, &json);
        }
    }

    /// Adds an integer, unless it is 0; `quoted` for 64 bits.
    pub fn integer(&mut self, key: &str, n: i128, quoted: bool) {
        if n != 0 {
            let json = if quoted { format!("\"{n}\"") } else { n.to_string() };
            self.raw(key, json.as_bytes());
        }
    }

    /// Adds an array of values that are JSON already, unless it is empty.
    pub fn list(&mut self, key: &str, items: impl Iterator<Item = Vec<u8>>) {
        let mut json = vec![b'['];
        for item in items {
            if json.len() > 1 {
                json.push(b',');
            }
            json.extend(item);
        }
        if json.len() > 1 {
            json.push(b']');
            self.raw(key, &json);
        }
    }

    /// The closed object.
    pub fn close(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}

fn push_string(out: &mut Vec<u8>, text: &str) {
    // A string always serialises, and a `Vec` always takes it.
    let _ = serde_json::to_writer(out, text);
}

pub(crate) fn resource_json(resource: &Resource) -> Vec<u8> {
    let mut object = Writer::object();
    object.list("attributes", resource.attributes.iter().map(key_value_json));
    object.close()
}

pub(crate) fn scope_json(scope: &InstrumentationScope) -> Vec<u8> {
    let mut object = Writer::object();
    object.text("name", &scope.name);
    object.text("version", &scope.version);
    object.list("attributes", scope.attributes.iter().map(key_value_json));
    object.close()
}

/// A span as OTLP/JSON.
pub fn span_json(span: &Span) -> Vec<u8> {
    let mut object = Writer::object();
    object.text("traceId", &id_text(&span.trace_id, 16));
    object.text("spanId", &id_text(&span.span_id, 8));
    object.text("traceState", &span.trace_state);
    object.text("parentSpanId", &id_text(&span.parent_span_id, 8));
    object.integer("flags", i128::from(span.flags), false);
    object.text("name", &span.name);
    object.integer("kind", i128::from(span.kind), false);
    object.integer("startTimeUnixNano", i128::from(span.start_time_unix_nano), true);
    object.integer("endTimeUnixNano", i128::from(span.end_time_unix_nano), true);
    object.list("attributes", span.attributes.iter().map(key_value_json));
    object.integer("droppedAttributesCount", i128::from(span.dropped_attributes_count), false);
    object.list("events", span.events.iter().map(event_json));
    object.integer("droppedEventsCount", i128::from(span.dropped_events_count), false);
    object.list("links", span.links.iter().map(link_json));
    object.integer("droppedLinksCount", i128::from(span.dropped_links_count), false);
    if let Some(status) = &span.status {
        let mut inner = Writer::object();
        inner.text("message", &status.message);
        inner.integer("code", i128::from(status.code), false);
        object.raw("status", &inner.close());
    }
    object.close()
}

/// A log record as OTLP/JSON.
pub fn log_record_json(record: &LogRecord) -> Vec<u8> {
    let mut object = Writer::object();
    object.integer("timeUnixNano", i128::from(record.time_unix_nano), true);
    object.integer("observedTimeUnixNano", i128::from(record.observed_time_unix_nano), true);
    object.integer("severityNumber", i128::from(record.severity_number), false);
    object.text("severityText", &record.severity_text);
    if let Some(body) = &record.body {
        object.raw("body", &any_value_json(body));
    }
    object.list("attributes", record.attributes.iter().map(key_value_json));
    object.integer("droppedAttributesCount", i128::from(record.dropped_attributes_count), false);
    object.integer("flags", i128::from(record.flags), false);
    object.text("traceId", &id_text(&record.trace_id, 16));
    object.text("spanId", &id_text(&record.span_id, 8));
    object.text("eventName", &record.event_name);
    object.close()
}

fn event_json(event: &span::Event) -> Vec<u8> {
    let mut object = Writer::object();
    object.integer("timeUnixNano", i128::from(event.time_unix_nano), true);
    object.text("name", &event.name);
    object.list("attributes", event.attributes.iter().map(key_value_json));
    object.integer("droppedAttributesCount", i128::from(event.dropped_attributes_count), false);
    object.close()
}

fn link_json(link: &span::Link) -> Vec<u8> {
    let mut object = Writer::object();
    object.text("traceId", &id_text(&link.trace_id, 16));
    object.text("spanId", &id_text(&link.span_id, 8));
    object.text("traceState", &link.trace_state);
    object.list("attributes", link.attributes.iter().map(key_value_json));
    object.integer("droppedAttributesCount", i128::from(link.dropped_attributes_count), false);
    object.integer("flags", i128::from(link.flags), false);
    object.close()
}

/// Ids as they are read back: hex for W3C ones, the text for others.
pub(crate) fn id_text(bytes: &[u8], n: usize) -> String {
    if bytes.len() == n {
        return Id::from_bytes(bytes).as_str().to_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => Id::from_bytes(bytes).as_str().to_owned(),
    }
}

fn key_value_json(pair: &KeyValue) -> Vec<u8> {
    let mut object = Writer::object();
    let mut key = Vec::new();
    push_string(&mut key, &pair.key);
    object.raw("key", &key);
    if let Some(value) = &pair.value {
        object.raw("value", &any_value_json(value));
    }
    object.close()
}

fn any_value_json(value: &AnyValue) -> Vec<u8> {
    let mut object = Writer::object();
    match &value.value {
        None | Some(Value::StringValueStrindex(_)) => {}
        Some(Value::StringValue(text)) => {
            let mut json = Vec::with_capacity(text.len() + 2);
            push_string(&mut json, text);
            object.raw("stringValue", &json);
        }
        Some(Value::BoolValue(b)) => object.raw("boolValue", b.to_string().as_bytes()),
        Some(Value::IntValue(n)) => object.raw("intValue", format!("\"{n}\"").as_bytes()),
        Some(Value::DoubleValue(x)) => object.raw("doubleValue", double_json(*x).as_bytes()),
        Some(Value::ArrayValue(array)) => {
            let mut inner = Writer::object();
            inner.list("values", array.values.iter().map(any_value_json));
            object.raw("arrayValue", &inner.close());
        }
        Some(Value::KvlistValue(list)) => {
            let mut inner = Writer::object();
            inner.list("values", list.values.iter().map(key_value_json));
            object.raw("kvlistValue", &inner.close());
        }
        Some(Value::BytesValue(bytes)) => object.raw("bytesValue", format!("\"{}\"", base64(bytes)).as_bytes()),
    }
    object.close()
}

fn double_json(x: f64) -> String {
    if x.is_nan() {
        "\"NaN\"".into()
    } else if x.is_infinite() {
        if x > 0.0 { "\"Infinity\"".into() } else { "\"-Infinity\"".into() }
    } else {
        serde_json::to_string(&x).unwrap_or_else(|_| "0".into())
    }
}

/// Standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |i: usize| u32::from(chunk.get(i).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for i in 0..4 {
            if i <= chunk.len() {
                out.push(char::from(ALPHABET[(bits >> (18 - 6 * i)) as usize & 63]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Json;
    use crate::otlp::decode;

    #[test]
    fn what_is_written_is_read_back() {
        let text = r#"{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"a \"b\"","kind":3,
            "startTimeUnixNano":"1","endTimeUnixNano":"2","attributes":[{"key":"l","value":{"arrayValue":{"values":[{"intValue":"1"},
            {"doubleValue":0.1},{"kvlistValue":{"values":[{"key":"b","value":{"bytesValue":"AAEC/w=="}}]}},{}]}}}],
            "events":[{"name":"e","timeUnixNano":"3"}],"links":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174"}],
            "status":{"code":2,"message":"m"}}"#;
        let mut issues = Vec::new();
        let first = decode::span(&Json::parse(text.as_bytes()).expect("valid").value, &mut issues);
        let written = span_json(&first);
        let second = decode::span(&Json::parse(&written).expect("valid").value, &mut issues);
        assert_eq!(first, second);
        assert!(issues.is_empty());
    }
}
