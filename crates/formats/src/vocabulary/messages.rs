//! Messages in the shapes that instrumentations write them: GenAI parts, the bodies of the APIs, plain text.

use super::attributes::{json_in, scalar_text};
use retake_model::{ContentState, Message, Part, Role, ToolDefinition};
use serde_json::Value;

/// Messages of a list, of one object, or of a plain text. `fallback` is the role of what names none.
pub(crate) fn messages_of(value: &Value, fallback: Role) -> Option<Vec<Message>> {
    match value {
        Value::Array(items) => Some(items.iter().filter_map(|item| message_of(item, fallback)).collect()),
        Value::Object(object) => match object.get("messages").or_else(|| object.get("input")) {
            Some(inner @ Value::Array(_)) => messages_of(inner, fallback),
            _ => message_of(value, fallback).map(|message| vec![message]),
        },
        Value::String(text) => match json_in(value) {
            Some(inner @ (Value::Array(_) | Value::Object(_))) if looks_like_messages(&inner) => {
                messages_of(&inner, fallback)
            }
            _ if text.is_empty() => None,
            _ => Some(vec![Message::text(fallback, text.clone())]),
        },
        _ => None,
    }
}

/// True for objects with a role, parts or content.
pub(crate) fn looks_like_messages(value: &Value) -> bool {
    let one = |item: &Value| {
        item.as_object().is_some_and(|o| {
            o.contains_key("role") || o.contains_key("parts") || (o.contains_key("content") && o.contains_key("type"))
        })
    };
    match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(one),
        Value::Object(object) => one(value) || object.get("messages").is_some_and(looks_like_messages),
        _ => false,
    }
}

/// One message.
pub(crate) fn message_of(value: &Value, fallback: Role) -> Option<Message> {
    let Value::Object(object) = value else {
        return scalar_text(value).map(|text| Message::text(fallback, text));
    };
    // An OpenAI choice: `{index, finish_reason, message: {…}}`.
    if let Some(inner) = object.get("message").filter(|inner| inner.is_object()) {
        return message_of(inner, fallback);
    }
    let word = object.get("role").and_then(Value::as_str);
    let role = word.and_then(Role::parse).unwrap_or(fallback);
    let name = object.get("name").and_then(scalar_text);
    if let Some(Value::Array(items)) = object.get("parts") {
        let mut parts: Vec<Part> = items.iter().map(part_of).collect();
        // Writers put an empty text before a tool call.
        if parts.len() > 1 {
            parts.retain(|part| !matches!(part, Part::Text { text } if text.is_empty()));
        }
        let name = name.filter(|_| role != Role::Tool);
        return Some(Message { role, parts, name, content_state: ContentState::Present });
    }
    // A role that is a tool's name, as some agents write results.
    let body = match word {
        Some(word) if Role::parse(word).is_none() => {
            let mut fixed = object.clone();
            fixed.insert("role".into(), Value::from("tool"));
            fixed.entry("name").or_insert_with(|| Value::from(word));
            Value::Object(fixed)
        }
        None => {
            let mut fixed = object.clone();
            fixed.insert("role".into(), Value::from(fallback.as_str()));
            Value::Object(fixed)
        }
        _ => value.clone(),
    };
    let decode = if has_anthropic_blocks(object.get("content")) {
        retake_wire::anthropic::decode_message
    } else {
        retake_wire::openai_chat::decode_message
    };
    Some(decode(&body, "message").unwrap_or_else(|_| Message {
        role,
        parts: vec![Part::Opaque { vendor: "unknown".into(), json: value.clone() }],
        name: None,
        content_state: ContentState::Present,
    }))
}

fn has_anthropic_blocks(content: Option<&Value>) -> bool {
    content.and_then(Value::as_array).is_some_and(|blocks| {
        blocks.iter().any(|block| {
            matches!(block.get("type").and_then(Value::as_str), Some("tool_use" | "tool_result" | "thinking"))
                || (block.get("type").and_then(Value::as_str) == Some("image") && block.get("source").is_some())
        })
    })
}

/// One part of the GenAI conventions.
fn part_of(part: &Value) -> Part {
    let opaque = || Part::Opaque { vendor: "otel".into(), json: part.clone() };
    let Value::Object(object) = part else {
        return scalar_text(part).map_or_else(opaque, |text| Part::Text { text });
    };
    let text = |names: &[&str]| names.iter().find_map(|name| object.get(*name)).and_then(scalar_text);
    let content = || match object.get("content").or_else(|| object.get("text")) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Null) | None => None,
        Some(other) => Some(other.to_string()),
    };
    match object.get("type").and_then(Value::as_str).unwrap_or("text") {
        "text" => content().map_or_else(opaque, |text| Part::Text { text }),
        "reasoning" | "thinking" => content().map_or_else(opaque, |text| Part::Reasoning { text }),
        "tool_call" => match text(&["name"]) {
            Some(name) => Part::ToolCall { id: text(&["id"]), name, arguments: arguments_of(object.get("arguments")) },
            None => opaque(),
        },
        "tool_call_response" | "tool_response" | "tool_result" => Part::ToolResult {
            id: text(&["id", "tool_call_id"]),
            name: text(&["name"]),
            text: ["response", "result", "content"]
                .iter()
                .find_map(|name| object.get(*name))
                .map(text_of_result)
                .unwrap_or_default(),
            is_error: object.get("is_error").and_then(Value::as_bool).unwrap_or(false),
        },
        "blob" => media(
            object,
            text(&["content", "data"]).map(|data| {
                let mime = text(&["mime_type", "media_type"]).unwrap_or_else(|| "application/octet-stream".into());
                format!("data:{mime};base64,{data}")
            }),
        )
        .unwrap_or_else(opaque),
        "uri" => media(object, text(&["uri", "url"])).unwrap_or_else(opaque),
        "file" => media(object, text(&["file_id", "id", "uri"])).unwrap_or_else(opaque),
        _ => opaque(),
    }
}

fn media(object: &retake_model::JsonMap, url: Option<String>) -> Option<Part> {
    let media_type = object.get("mime_type").or_else(|| object.get("media_type")).and_then(scalar_text);
    let modality = object.get("modality").and_then(Value::as_str).unwrap_or_default();
    let picture = modality == "image" || media_type.as_deref().is_some_and(|m| m.starts_with("image/"));
    let url = url?;
    Some(if picture {
        Part::Image { url, media_type }
    } else {
        Part::File { url, name: object.get("name").and_then(scalar_text), media_type }
    })
}

/// Arguments as a JSON value: an object, the JSON in a text, or the text itself when it is not JSON.
pub(crate) fn arguments_of(value: Option<&Value>) -> Value {
    match value {
        None | Some(Value::Null) => Value::Object(retake_model::JsonMap::new()),
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone())),
        Some(other) => other.clone(),
    }
}

/// A result as text: a text as it is, anything else as its JSON.
pub(crate) fn text_of_result(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Tool definitions of a list in any API's shape; a definition may be JSON in a text.
pub(crate) fn tools_of(value: &Value) -> Option<Vec<ToolDefinition>> {
    let Value::Array(items) = value else { return None };
    let tools: Vec<ToolDefinition> = items.iter().filter_map(|item| tool_of(&json_in(item)?)).collect();
    (!tools.is_empty()).then_some(tools)
}

/// One tool definition.
pub(crate) fn tool_of(tool: &Value) -> Option<ToolDefinition> {
    let object = tool.as_object()?;
    if object.contains_key("input_schema") {
        return Some(retake_wire::anthropic::decode_tool(tool));
    }
    if object.contains_key("function") {
        return Some(retake_wire::openai_chat::decode_tool(tool));
    }
    // GenAI flattens OpenAI's form: `{type, name, description, parameters}`.
    let name = object.get("name").and_then(scalar_text)?;
    Some(ToolDefinition {
        name,
        description: object.get("description").and_then(scalar_text),
        parameters: object.get("parameters").map(|p| json_in(p).unwrap_or_else(|| p.clone())).unwrap_or(Value::Null),
        raw: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_and_bodies_say_the_same() {
        let parts = json!([{"role": "assistant", "parts": [{"type": "text", "content": ""},
            {"type": "tool_call", "id": "c1", "name": "look", "arguments": "{\"a\": 1}"}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": {"b": 2}}]}]);
        let bodies = json!([{"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function",
            "function": {"name": "look", "arguments": "{\"a\": 1}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "{\"b\":2}"}]);
        assert_eq!(messages_of(&parts, Role::User), messages_of(&bodies, Role::User));
    }

    #[test]
    fn text_of_a_person_that_is_json_stays_text() {
        let said = Value::from("{\"a\": 1}");
        assert_eq!(messages_of(&said, Role::User), Some(vec![Message::text(Role::User, "{\"a\": 1}")]));
    }
}
