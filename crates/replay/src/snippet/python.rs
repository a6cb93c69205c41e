//! A Python program with `requests`. The body is a Python literal, so that it can be edited.

use super::Parts;
use serde_json::Value;

pub(super) fn write(parts: &Parts) -> String {
    let mut headers = String::new();
    for (name, value) in &parts.headers {
        let value = match value.split_once("{key}") {
            Some((before, after)) => {
                let key = format!("os.environ[{}]", literal(&Value::from(parts.variable.as_str()), 0));
                let ends = [(before, true), (after, false)]
                    .map(|(text, _)| (!text.is_empty()).then(|| literal(&Value::from(text), 0)));
                let [before, after] = ends;
                before.into_iter().chain([key]).chain(after).collect::<Vec<_>>().join(" + ")
            }
            None => literal(&Value::from(*value), 0),
        };
        headers.push_str(&format!("        {}: {value},\n", literal(&Value::from(*name), 0)));
    }
    format!(
        "import os\n\nimport requests\n\nbody = {}\n\nanswer = requests.post(\n    {},\n    headers={{\n{headers}    }},\n    json=body,\n    timeout=600,\n)\nanswer.raise_for_status()\nprint(answer.json())\n",
        literal(&parts.body, 0),
        literal(&Value::from(parts.url.as_str()), 0),
    )
}

/// A value as a Python literal, indented like JSON. JSON strings are Python strings; the words differ.
fn literal(value: &Value, depth: usize) -> String {
    let inner = "    ".repeat(depth + 1);
    let outer = "    ".repeat(depth);
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Array(items) if !items.is_empty() => {
            let items: String = items.iter().map(|item| format!("{inner}{},\n", literal(item, depth + 1))).collect();
            format!("[\n{items}{outer}]")
        }
        Value::Object(object) if !object.is_empty() => {
            let entries = object
                .iter()
                .map(|(key, value)| format!("{inner}{}: {},\n", Value::from(key.as_str()), literal(value, depth + 1)));
            format!("{{\n{}{outer}}}", entries.collect::<String>())
        }
        other => other.to_string(),
    }
}
