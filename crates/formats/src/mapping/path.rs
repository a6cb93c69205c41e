//! Where a value stands in a record: a column of that name, else a path with dots. A path goes on into JSON that stands in
//! a text, as tables have it, and by number into a list.

use retake_model::JsonMap;
use serde_json::Value;
use std::borrow::Cow;

/// The value at a path; empty ones are none.
pub(crate) fn value_at<'v>(record: &'v JsonMap, path: &str) -> Option<Cow<'v, Value>> {
    place_of(record, path).filter(|value| !is_blank(value))
}

/// The value at a path, be it empty.
pub(crate) fn place_of<'v>(record: &'v JsonMap, path: &str) -> Option<Cow<'v, Value>> {
    if let Some(value) = record.get(path) {
        return Some(Cow::Borrowed(value));
    }
    // Names of columns may hold dots themselves: the longest one that is there is where the path begins.
    let (own, rest) = path.match_indices('.').rev().find_map(|(at, _)| {
        let (name, rest) = path.split_at_checked(at)?;
        Some((record.get(name)?, rest.get(1..)?))
    })?;
    within(Cow::Borrowed(own), rest)
}

fn within<'v>(value: Cow<'v, Value>, path: &str) -> Option<Cow<'v, Value>> {
    let mut at = decoded(value);
    for step in path.split('.') {
        at = match at {
            Cow::Borrowed(value) => decoded(Cow::Borrowed(step_into(value, step)?)),
            Cow::Owned(value) => decoded(Cow::Owned(step_into(&value, step)?.clone())),
        };
    }
    Some(at)
}

fn step_into<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    match value {
        Value::Object(object) => object.get(step),
        Value::Array(list) => list.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

/// JSON that stands in a text.
fn decoded(value: Cow<'_, Value>) -> Cow<'_, Value> {
    match value.as_str().map(str::trim_start) {
        Some(text) if text.starts_with(['{', '[']) => match serde_json::from_str(text) {
            Ok(inner) => Cow::Owned(inner),
            Err(_) => value,
        },
        _ => value,
    }
}

/// Null, and text of nothing but blanks.
pub(crate) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_go_through_objects_lists_and_json_in_text() {
        let Value::Object(record) = json!({
            "a": {"b": [{"c": 1}]}, "dotted.name": "x", "cell": "{\"k\": {\"n\": 2}}", "empty": " "
        }) else {
            panic!("no object")
        };
        let at = |path: &str| value_at(&record, path).map(Cow::into_owned);
        assert_eq!(at("a.b.0.c"), Some(json!(1)));
        assert_eq!(at("dotted.name"), Some(json!("x")));
        assert_eq!(at("cell.k.n"), Some(json!(2)));
        for none in ["a.b.1.c", "a.x", "empty", "cell.k.n.o", "nowhere", ""] {
            assert_eq!(at(none), None, "{none}");
        }
        assert!(place_of(&record, "empty").is_some());
    }
}
