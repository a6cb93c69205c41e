//! Attributes of one record as JSON values, read by name, with what was taken out of them for content remembered.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use retake_model::{Code, JsonMap};
use serde_json::Value;
use std::collections::BTreeMap;

/// Attributes by name. Of a name that stands twice the last wins.
#[derive(Debug, Default)]
pub(crate) struct Attributes {
    map: JsonMap,
    /// Names and prefixes (ending in `.`) whose values now stand elsewhere in the span.
    moved: Vec<String>,
}

impl Attributes {
    pub fn new(pairs: Vec<KeyValue>, issues: &mut Vec<(Code, String)>) -> Self {
        let mut map = JsonMap::new();
        for pair in pairs {
            let value = pair.value.map_or(Value::Null, value_of);
            if map.contains_key(&pair.key) {
                issues.push((Code::DuplicateKey, format!("the attribute {:?} stands twice", pair.key)));
            }
            map.insert(pair.key, value);
        }
        Self { map, moved: Vec::new() }
    }

    /// Takes over what it does not have yet.
    pub fn fill_from(&mut self, other: JsonMap) {
        for (name, value) in other {
            self.map.entry(name).or_insert(value);
        }
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    pub fn has_prefix(&self, prefix: &str) -> bool {
        self.map.keys().any(|name| name.starts_with(prefix))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.map.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A scalar as text; empty text is nothing.
    pub fn text(&self, name: &str) -> Option<String> {
        scalar_text(self.get(name)?)
    }

    /// The first of these that is there.
    pub fn any_text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    pub fn integer(&self, name: &str) -> Option<i64> {
        integer(self.get(name)?)
    }

    pub fn any_integer(&self, names: &[&str]) -> Option<i64> {
        names.iter().find_map(|name| self.integer(name))
    }

    pub fn float(&self, name: &str) -> Option<f64> {
        match self.get(name)? {
            Value::Number(n) => n.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub fn boolean(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Bool(b) => Some(*b),
            Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// A structured value, or the JSON in a text.
    pub fn json(&self, name: &str) -> Option<Value> {
        json_in(self.get(name)?)
    }

    /// The value of this name now stands elsewhere in the span.
    pub fn moved(&mut self, name: impl Into<String>) {
        self.moved.push(name.into());
    }

    /// `prefix.0.a.b`, `prefix.1.a.b`, … as one object of dotted names per index, in the order of the indexes.
    pub fn indexed(&self, prefix: &str) -> Vec<Flat> {
        let mut rows: BTreeMap<u32, Flat> = BTreeMap::new();
        for (name, value) in &self.map {
            let Some((index, rest)) = index_of(name, prefix) else { continue };
            rows.entry(index).or_default().0.insert(rest.to_owned(), value.clone());
        }
        rows.into_values().collect()
    }

    /// What was not moved.
    pub fn into_rest(mut self) -> JsonMap {
        if !self.moved.is_empty() {
            let moved = std::mem::take(&mut self.moved);
            self.map.retain(|name, _| {
                !moved.iter().any(|gone| name == gone || (gone.ends_with('.') && name.starts_with(gone.as_str())))
            });
        }
        self.map
    }
}

/// A flattened object: dotted names.
#[derive(Debug, Default, Clone)]
pub(crate) struct Flat(pub JsonMap);

impl Flat {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub fn text(&self, name: &str) -> Option<String> {
        scalar_text(self.get(name)?)
    }

    pub fn indexed(&self, prefix: &str) -> Vec<Flat> {
        let mut rows: BTreeMap<u32, Flat> = BTreeMap::new();
        for (name, value) in &self.0 {
            let Some((index, rest)) = index_of(name, prefix) else { continue };
            rows.entry(index).or_default().0.insert(rest.to_owned(), value.clone());
        }
        rows.into_values().collect()
    }

    /// As a nested object: `a.b` is `b` within `a`.
    pub fn nested(&self) -> Value {
        let mut out = JsonMap::new();
        for (name, value) in &self.0 {
            let mut at = &mut out;
            let mut steps = name.split('.').peekable();
            while let Some(step) = steps.next() {
                if steps.peek().is_none() {
                    at.insert(step.to_owned(), value.clone());
                    break;
                }
                let inner = at.entry(step.to_owned()).or_insert_with(|| Value::Object(JsonMap::new()));
                if !inner.is_object() {
                    *inner = Value::Object(JsonMap::new());
                }
                let Value::Object(inner) = inner else { break };
                at = inner;
            }
        }
        Value::Object(out)
    }
}

/// `prefix.7.rest` → (7, `rest`).
fn index_of<'a>(name: &'a str, prefix: &str) -> Option<(u32, &'a str)> {
    let rest = name.strip_prefix(prefix)?.strip_prefix('.')?;
    let (index, rest) = rest.split_once('.').unwrap_or((rest, ""));
    Some((index.parse().ok()?, rest))
}

/// A scalar as text; empty text, lists and objects are nothing.
pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        _ => None,
    }
}

/// An integer written as a number (also `3.0`) or a text.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64().or_else(|| {
            let float = n.as_f64()?;
            (float.fract() == 0.0 && float.abs() < 9.0e15).then_some(float as i64)
        }),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A structured value, or the JSON in a text. A text that is no JSON object or list is nothing.
pub(crate) fn json_in(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => {
            let text = text.trim_start();
            if !text.starts_with(['{', '[']) {
                return None;
            }
            serde_json::from_str(text).ok()
        }
        Value::Array(_) | Value::Object(_) => Some(value.clone()),
        _ => None,
    }
}

/// A value of the wire as JSON. Bytes are base64; what is not finite is null.
pub(crate) fn value_of(value: AnyValue) -> Value {
    match value.value {
        None | Some(any_value::Value::StringValueStrindex(_)) => Value::Null,
        Some(any_value::Value::StringValue(text)) => Value::String(text),
        Some(any_value::Value::BoolValue(b)) => Value::Bool(b),
        Some(any_value::Value::IntValue(n)) => Value::from(n),
        Some(any_value::Value::DoubleValue(x)) => serde_json::Number::from_f64(x).map_or(Value::Null, Value::Number),
        Some(any_value::Value::ArrayValue(array)) => Value::Array(array.values.into_iter().map(value_of).collect()),
        Some(any_value::Value::KvlistValue(list)) => Value::Object(
            list.values.into_iter().map(|pair| (pair.key, pair.value.map_or(Value::Null, value_of))).collect(),
        ),
        Some(any_value::Value::BytesValue(bytes)) => Value::String(crate::otlp::base64_of(&bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flattened_rows_come_in_the_order_of_their_numbers() {
        let mut attributes = Attributes::default();
        for (name, value) in [("m.10.a.b", "x"), ("m.2.a", "y"), ("m.2.c", "z"), ("mm.1.a", "no")] {
            attributes.map.insert(name.into(), value.into());
        }
        let rows = attributes.indexed("m");
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].text("a").as_deref(), Some("y"));
        assert_eq!(rows[1].nested(), serde_json::json!({"a": {"b": "x"}}));
    }

    #[test]
    fn only_text_that_is_json_is_json() {
        assert_eq!(json_in(&Value::from("123")), None);
        assert_eq!(json_in(&Value::from("[1")), None);
        assert_eq!(json_in(&Value::from(" [1]")), Some(serde_json::json!([1])));
    }
}
