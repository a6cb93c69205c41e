//! OTLP/JSON to the published message types, leniently. What was bent is told as an issue.

use crate::json::Json;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{Span, Status, span, status};
use retake_model::Code;

/// Things worth a warning that do not reject the record.
pub(crate) type Issues = Vec<(Code, String)>;

pub(crate) fn resource(json: &Json<'_>, issues: &mut Issues) -> Resource {
    Resource { attributes: attributes(json, issues), ..Resource::default() }
}

pub(crate) fn scope(json: &Json<'_>, issues: &mut Issues) -> InstrumentationScope {
    InstrumentationScope {
        name: text(json, &["name"]),
        version: text(json, &["version"]),
        attributes: attributes(json, issues),
        ..InstrumentationScope::default()
    }
}

pub(crate) fn span(json: &Json<'_>, issues: &mut Issues) -> Span {
    let status = json.get("status").map(|status| Status {
        message: text(status, &["message"]),
        code: enumeration(status.get("code"), |name| status::StatusCode::from_str_name(name).map(|code| code as i32)),
    });
    Span {
        trace_id: id(json.any(&["traceId", "trace_id"]), 16),
        span_id: id(json.any(&["spanId", "span_id"]), 8),
        parent_span_id: id(json.any(&["parentSpanId", "parent_span_id"]), 8),
        trace_state: text(json, &["traceState", "trace_state"]),
        flags: number(json.get("flags")).and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
        name: text(json, &["name"]),
        kind: enumeration(json.get("kind"), |name| span::SpanKind::from_str_name(name).map(|kind| kind as i32)),
        start_time_unix_nano: nanos(json.any(&["startTimeUnixNano", "start_time_unix_nano"]), "start time", issues),
        end_time_unix_nano: nanos(json.any(&["endTimeUnixNano", "end_time_unix_nano"]), "end time", issues),
        attributes: attributes(json, issues),
        events: json.any(&["events"]).map_or(&[][..], Json::list).iter().map(|e| event(e, issues)).collect(),
        links: json.any(&["links"]).map_or(&[][..], Json::list).iter().map(|l| link(l, issues)).collect(),
        status: status.filter(|status| *status != Status::default()),
        dropped_attributes_count: count(json, &["droppedAttributesCount", "dropped_attributes_count"]),
        dropped_events_count: count(json, &["droppedEventsCount", "dropped_events_count"]),
        dropped_links_count: count(json, &["droppedLinksCount", "dropped_links_count"]),
    }
}

fn event(json: &Json<'_>, issues: &mut Issues) -> span::Event {
    span::Event {
        time_unix_nano: nanos(json.any(&["timeUnixNano", "time_unix_nano"]), "event time", issues),
        name: text(json, &["name"]),
        attributes: attributes(json, issues),
        dropped_attributes_count: count(json, &["droppedAttributesCount", "dropped_attributes_count"]),
    }
}

fn link(json: &Json<'_>, issues: &mut Issues) -> span::Link {
    span::Link {
        trace_id: id(json.any(&["traceId", "trace_id"]), 16),
        span_id: id(json.any(&["spanId", "span_id"]), 8),
        trace_state: text(json, &["traceState", "trace_state"]),
        attributes: attributes(json, issues),
        dropped_attributes_count: count(json, &["droppedAttributesCount", "dropped_attributes_count"]),
        flags: number(json.get("flags")).and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
    }
}

pub(crate) fn log_record(json: &Json<'_>, issues: &mut Issues) -> LogRecord {
    LogRecord {
        time_unix_nano: nanos(json.any(&["timeUnixNano", "time_unix_nano"]), "time", issues),
        observed_time_unix_nano: nanos(
            json.any(&["observedTimeUnixNano", "observed_time_unix_nano"]),
            "observed time",
            issues,
        ),
        severity_number: enumeration(json.any(&["severityNumber", "severity_number"]), |name| {
            SeverityNumber::from_str_name(name).map(|severity| severity as i32)
        }),
        severity_text: text(json, &["severityText", "severity_text"]),
        body: json.get("body").map(|body| any_value(body, issues)).filter(|body| body.value.is_some()),
        attributes: attributes(json, issues),
        dropped_attributes_count: count(json, &["droppedAttributesCount", "dropped_attributes_count"]),
        flags: number(json.get("flags")).and_then(|n| u32::try_from(n).ok()).unwrap_or_default(),
        trace_id: id(json.any(&["traceId", "trace_id"]), 16),
        span_id: id(json.any(&["spanId", "span_id"]), 8),
        event_name: text(json, &["eventName", "event_name"]),
    }
}

/// Attributes: the list of the standard, or the plain object that some tools write.
fn attributes(json: &Json<'_>, issues: &mut Issues) -> Vec<KeyValue> {
    match json.get("attributes") {
        Some(Json::List(items)) => items.iter().filter_map(|item| key_value(item, issues)).collect(),
        Some(Json::Object(fields)) => fields
            .iter()
            .map(|(key, value)| KeyValue { key: key.to_string(), value: Some(plain_value(value)), key_strindex: 0 })
            .collect(),
        _ => Vec::new(),
    }
}

fn key_value(json: &Json<'_>, issues: &mut Issues) -> Option<KeyValue> {
    let key = json.get("key")?.text()?.to_owned();
    let value = json.get("value").map(|value| any_value(value, issues));
    Some(KeyValue { key, value, key_strindex: 0 })
}

fn any_value(json: &Json<'_>, issues: &mut Issues) -> AnyValue {
    let Json::Object(fields) = json else { return plain_value(json) };
    let mut value = None;
    for (key, inner) in fields {
        if matches!(inner, Json::Null) {
            continue;
        }
        let found = match key.as_ref() {
            "stringValue" | "string_value" => inner.text().map(|text| Value::StringValue(text.to_owned())),
            "boolValue" | "bool_value" => boolean(inner).map(Value::BoolValue),
            "intValue" | "int_value" => number(Some(inner)).map(Value::IntValue),
            "doubleValue" | "double_value" => double(inner, issues).map(Value::DoubleValue),
            "arrayValue" | "array_value" => Some(Value::ArrayValue(ArrayValue {
                values: inner.get("values").unwrap_or(inner).list().iter().map(|v| any_value(v, issues)).collect(),
            })),
            "kvlistValue" | "kvlist_value" => Some(Value::KvlistValue(KeyValueList {
                values: inner
                    .get("values")
                    .unwrap_or(inner)
                    .list()
                    .iter()
                    .filter_map(|v| key_value(v, issues))
                    .collect(),
            })),
            "bytesValue" | "bytes_value" => inner.text().and_then(base64).map(Value::BytesValue),
            _ => None,
        };
        value = found.or(value);
    }
    AnyValue { value }
}

/// A JSON value where the standard wants a typed one.
fn plain_value(json: &Json<'_>) -> AnyValue {
    let value = match json {
        Json::Null => None,
        Json::Bool(b) => Some(Value::BoolValue(*b)),
        Json::Number(text) => match text.parse::<i64>() {
            Ok(n) => Some(Value::IntValue(n)),
            Err(_) => text.parse::<f64>().ok().map(Value::DoubleValue),
        },
        Json::Text(text) => Some(Value::StringValue(text.to_string())),
        Json::List(items) => Some(Value::ArrayValue(ArrayValue { values: items.iter().map(plain_value).collect() })),
        Json::Object(fields) => Some(Value::KvlistValue(KeyValueList {
            values: fields
                .iter()
                .map(|(key, value)| KeyValue { key: key.to_string(), value: Some(plain_value(value)), key_strindex: 0 })
                .collect(),
        })),
    };
    AnyValue { value }
}

fn text(json: &Json<'_>, keys: &[&str]) -> String {
    json.any(keys).and_then(Json::text).unwrap_or_default().to_owned()
}

fn count(json: &Json<'_>, keys: &[&str]) -> u32 {
    number(json.any(keys)).and_then(|n| u32::try_from(n).ok()).unwrap_or_default()
}

fn boolean(json: &Json<'_>) -> Option<bool> {
    match json {
        Json::Bool(b) => Some(*b),
        Json::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// An integer as a number or a string; never through a float when it is written whole.
fn number(json: Option<&Json<'_>>) -> Option<i64> {
    let text = match json? {
        Json::Number(text) => text,
        Json::Text(text) => text.as_ref(),
        _ => return None,
    };
    text.parse::<i64>().ok().or_else(|| {
        let float = text.parse::<f64>().ok()?;
        (float.is_finite() && float.fract() == 0.0 && float.abs() < 9.2e18).then_some(float as i64)
    })
}

fn double(json: &Json<'_>, issues: &mut Issues) -> Option<f64> {
    let text = match json {
        Json::Number(text) => text,
        Json::Text(text) => text.as_ref(),
        _ => return None,
    };
    let value = match text.parse::<f64>() {
        Ok(value) => value,
        Err(_) if text == "-NaN" => f64::NAN,
        Err(_) => return None,
    };
    if !value.is_finite() {
        issues.push((Code::NumberNotFinite, format!("a double is {value}")));
    }
    Some(value)
}

/// A time in nanoseconds; 0, negative and unreadable are unknown.
fn nanos(json: Option<&Json<'_>>, what: &str, issues: &mut Issues) -> u64 {
    let Some(json) = json else { return 0 };
    match number(Some(json)) {
        Some(n) => u64::try_from(n).unwrap_or(0),
        None => {
            if !matches!(json, Json::Text(text) if text.is_empty()) {
                issues.push((Code::TimeUnreadable, format!("a {what} is no integer of nanoseconds")));
            }
            0
        }
    }
}

fn enumeration(json: Option<&Json<'_>>, by_name: impl Fn(&str) -> Option<i32>) -> i32 {
    match json {
        Some(Json::Text(name)) => by_name(name).or_else(|| name.parse().ok()).unwrap_or_default(),
        other => number(other).and_then(|n| i32::try_from(n).ok()).unwrap_or_default(),
    }
}

/// The bytes of an id of `n` bytes. Ids of other systems are kept as their text, which is then no W3C id.
fn id(json: Option<&Json<'_>>, n: usize) -> Vec<u8> {
    let text = match json {
        Some(Json::Text(text)) => text.trim(),
        Some(Json::Number(text)) => text,
        _ => return Vec::new(),
    };
    let bare = text.strip_prefix("0x").or_else(|| text.strip_prefix("tr-")).unwrap_or(text);
    if let Some(bytes) = hex(bare).filter(|bytes| bytes.len() == n) {
        return nonzero(bytes);
    }
    // 64-bit trace ids of older systems.
    if n == 16
        && let Some(bytes) = hex(bare).filter(|bytes| bytes.len() == 8)
    {
        let mut padded = vec![0; 8];
        padded.extend(bytes);
        return nonzero(padded);
    }
    if let Some(bytes) = base64(text).filter(|bytes| bytes.len() == n && text.ends_with('=')) {
        return nonzero(bytes);
    }
    if text.len() == 36
        && let Some(bytes) = hex(&text.replace('-', "")).filter(|bytes| bytes.len() == n)
    {
        return nonzero(bytes);
    }
    text.as_bytes().to_vec()
}

fn nonzero(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.iter().all(|b| *b == 0) { Vec::new() } else { bytes }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    if text.is_empty() || !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    text.as_bytes().chunks_exact(2).map(|pair| Some((digit(*pair.first()?)? << 4) | digit(*pair.get(1)?)?)).collect()
}

/// Base64, standard or URL alphabet, with or without padding.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut n_bits) = (0u32, 0u32);
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(six);
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            out.push((bits >> n_bits) as u8);
            bits &= (1 << n_bits) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (Span, Issues) {
        let mut issues = Issues::new();
        let parsed = Json::parse(text.as_bytes()).expect("valid");
        (span(&parsed.value, &mut issues), issues)
    }

    #[test]
    fn ids_in_every_spelling_are_the_same() {
        let hex = "5b8efff798038103d269b633813fc60c";
        for spelling in [
            "5B8EFFF798038103D269B633813FC60C",
            "0x5b8efff798038103d269b633813fc60c",
            "W47/95gDgQPSabYzgT/GDA==",
            "5b8efff7-9803-8103-d269-b633813fc60c",
            "tr-5b8efff798038103d269b633813fc60c",
        ] {
            let (span, _) = parsed(&format!(r#"{{"traceId":"{spelling}"}}"#));
            assert_eq!(retake_model::Id::from_bytes(&span.trace_id).as_str(), hex, "{spelling}");
        }
        assert!(parsed(r#"{"traceId":"00000000000000000000000000000000"}"#).0.trace_id.is_empty());
    }

    #[test]
    fn integers_enums_and_names_are_taken_in_both_forms() {
        let camel = parsed(
            r#"{"startTimeUnixNano":"1700000000000000001","kind":3,"status":{"code":2},
                "attributes":[{"key":"n","value":{"intValue":"9007199254740993"}}]}"#,
        );
        let snake = parsed(
            r#"{"start_time_unix_nano":1700000000000000001,"kind":"SPAN_KIND_CLIENT","status":{"code":"STATUS_CODE_ERROR"},
                "attributes":[{"key":"n","value":{"int_value":9007199254740993,"string_value":null}}]}"#,
        );
        assert_eq!(camel, snake);
    }

    #[test]
    fn a_double_that_is_no_number_is_told() {
        let (span, issues) =
            parsed(r#"{"attributes":[{"key":"x","value":{"doubleValue":"NaN"}},{"key":"y","value":{}}]}"#);
        assert_eq!(span.attributes.len(), 2);
        assert_eq!(issues.first().map(|(code, _)| *code), Some(Code::NumberNotFinite));
    }
}
