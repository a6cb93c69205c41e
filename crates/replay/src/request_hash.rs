//! The address of a request by its content: what recordings and caches are looked up by.

use retake_model::Request;
use serde_json::Value;

/// Fields that say how an answer travels and not what it is.
const TRANSPORT: [&str; 2] = ["stream", "stream_options"];

/// Hash of a request: model, messages, tools and parameters, whatever the order of keys, the API that it was recorded in,
/// or whether it streams. Lower-case hex of blake3.
pub fn request_hash(request: &Request) -> String {
    let mut params = request.params.clone();
    for key in TRANSPORT {
        params.remove(key);
    }
    let tools: Vec<Value> = request
        .tools
        .iter()
        .map(|tool| serde_json::json!({"name": tool.name, "description": tool.description, "parameters": tool.parameters}))
        .collect();
    let messages: Vec<Value> = request.messages.iter().map(|m| serde_json::to_value(m).unwrap_or_default()).collect();
    let whole = serde_json::json!({"model": request.model, "messages": messages, "tools": tools, "params": params});
    let mut hasher = blake3::Hasher::new();
    feed(&whole, &mut hasher);
    hasher.finalize().to_hex().to_string()
}

/// Writes a value with sorted keys; lengths keep neighbours apart.
fn feed(value: &Value, hasher: &mut blake3::Hasher) {
    match value {
        Value::Object(object) => {
            hasher.update(format!("o{}:", object.len()).as_bytes());
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            for (key, value) in entries {
                hasher.update(format!("{}:{key}", key.len()).as_bytes());
                feed(value, hasher);
            }
        }
        Value::Array(items) => {
            hasher.update(format!("a{}:", items.len()).as_bytes());
            for item in items {
                feed(item, hasher);
            }
        }
        Value::String(text) => {
            hasher.update(format!("s{}:{text}", text.len()).as_bytes());
        }
        // 0 and 0.0 are one number.
        Value::Number(number) => {
            let text = match number.as_f64() {
                Some(float) => format!("n{float};"),
                None => format!("n{number};"),
            };
            hasher.update(text.as_bytes());
        }
        Value::Bool(_) | Value::Null => {
            hasher.update(format!("{value};").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use retake_model::{Message, Role};
    use serde_json::json;

    #[test]
    fn what_does_not_change_the_answer_does_not_change_the_hash() {
        let of = |params: Value| {
            let params = params.as_object().cloned().unwrap_or_default();
            request_hash(&Request { messages: vec![Message::text(Role::User, "hi")], params, ..Request::default() })
        };
        assert_eq!(
            of(json!({"temperature": 0, "seed": 7})),
            of(json!({"stream": true, "seed": 7, "temperature": 0.0}))
        );
        assert_ne!(of(json!({"temperature": 0})), of(json!({"temperature": 0.1})));
        assert_ne!(of(json!({})), request_hash(&Request::default()));
    }
}
