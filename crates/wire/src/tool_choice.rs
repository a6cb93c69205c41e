//! `tool_choice` between the OpenAI and the Anthropic form.

use serde_json::{Value, json};

/// From OpenAI's (`auto`, `required`, `none`, a function) to Anthropic's. `None` when it has no counterpart.
pub(crate) fn to_anthropic(choice: &Value) -> Option<Value> {
    Some(match choice {
        Value::String(word) => match word.as_str() {
            "auto" => json!({"type": "auto"}),
            "required" | "any" => json!({"type": "any"}),
            "none" => json!({"type": "none"}),
            _ => return None,
        },
        Value::Object(object) => match object.get("type").and_then(Value::as_str) {
            Some("function") => {
                let name = choice.pointer("/function/name").or_else(|| object.get("name"))?;
                json!({"type": "tool", "name": name})
            }
            Some("auto" | "any" | "tool" | "none") => choice.clone(),
            _ => return None,
        },
        _ => return None,
    })
}

/// From Anthropic's to OpenAI's, with whether parallel calls are allowed when it says so.
pub(crate) fn to_openai(choice: &Value) -> Option<(Value, Option<bool>)> {
    let parallel = choice.get("disable_parallel_tool_use").and_then(Value::as_bool).map(|disabled| !disabled);
    let choice = match choice.get("type").and_then(Value::as_str)? {
        "auto" => json!("auto"),
        "any" => json!("required"),
        "none" => json!("none"),
        "tool" => json!({"type": "function", "function": {"name": choice.get("name")?}}),
        _ => return None,
    };
    Some((choice, parallel))
}
