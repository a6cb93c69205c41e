//! Canonical request to a Responses body, with what it cannot carry.

use super::*;
use crate::fields::RecordedForms;
use crate::stream::arguments_to_text;
use crate::{Encoded, Loss};

/// Fields of other APIs that Responses has under the same name.
const SAME: [&str; 12] = [
    "temperature",
    "top_p",
    "stream",
    "user",
    "metadata",
    "store",
    "service_tier",
    "parallel_tool_calls",
    "top_logprobs",
    "prompt_cache_key",
    "safety_identifier",
    "truncation",
];

/// Writes a request. One that was recorded in this API goes out field for field as it came.
pub fn encode_request(request: &Request) -> Encoded {
    let own = request.api.as_deref() == Some(NAME);
    let mut losses = Vec::new();
    let mut body = JsonMap::new();
    if let Some(model) = &request.model {
        body.insert("model".into(), json!(model));
    }
    let mut forms = RecordedForms::new(if own { &request.recorded_forms } else { &[] }, of_form);
    let mut items = Vec::new();
    let mut bare = None;
    for (at, message) in request.messages.iter().enumerate() {
        match forms.of(message) {
            Some(Value::Array(recorded)) => items.extend(recorded.iter().cloned()),
            Some(Value::Object(instructions)) => body.extend(instructions.clone()),
            Some(Value::String(text)) => bare = Some(text.clone()),
            _ => match message.parts.as_slice() {
                [Part::Text { text }] if at == 0 && message.role == Role::System => {
                    body.insert("instructions".into(), json!(text));
                }
                _ => encode_message(message, at, &mut items, &mut losses),
            },
        }
    }
    let input = match bare {
        Some(text) if items.is_empty() => Value::String(text),
        Some(text) => {
            items.insert(0, json!({"role": "user", "content": text}));
            Value::Array(items)
        }
        None => Value::Array(items),
    };
    body.insert("input".into(), input);
    let mut tools = Vec::new();
    for (at, tool) in request.tools.iter().enumerate() {
        match &tool.raw {
            Some(raw) if own || raw.get("function").is_none() && raw.get("input_schema").is_none() => tools.push(raw.clone()),
            _ if tool.parameters.is_null() && tool.raw.is_some() => {
                losses.push(Loss::dropped(format!("tools[{at}]"), format!("`{}` runs at another vendor", tool.name)));
            }
            _ => tools.push(json!({"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters})),
        }
    }
    if !tools.is_empty() {
        body.insert("tools".into(), Value::Array(tools));
    }
    for (key, value) in &request.params {
        let name = match key.as_str() {
            "max_tokens" | "max_completion_tokens" if !own => "max_output_tokens",
            key => key,
        };
        if own || name == "max_output_tokens" || SAME.contains(&name) || (name == "tool_choice" && value.is_string()) {
            body.insert(name.to_owned(), value.clone());
        } else {
            losses.push(Loss::dropped(format!("params.{key}"), "Responses has no such field"));
        }
    }
    Encoded { body: Value::Object(body), losses }
}

fn encode_message(message: &Message, at: usize, items: &mut Vec<Value>, losses: &mut Vec<Loss>) {
    let mut content = Vec::new();
    let mut others = Vec::new();
    for (p, part) in message.parts.iter().enumerate() {
        let path = format!("messages[{at}].parts[{p}]");
        let text_kind = if message.role == Role::Assistant { "output_text" } else { "input_text" };
        match part {
            Part::Text { text } => content.push(json!({"type": text_kind, "text": text})),
            Part::Image { url, .. } => content.push(json!({"type": "input_image", "image_url": url})),
            Part::File { url, name, .. } => {
                let key = if fields::data_url(url).is_some() {
                    "file_data"
                } else if url.contains("://") {
                    "file_url"
                } else {
                    "file_id"
                };
                let mut file = JsonMap::new();
                file.insert("type".into(), json!("input_file"));
                file.insert(key.into(), json!(url));
                if let Some(name) = name {
                    file.insert("filename".into(), json!(name));
                }
                content.push(Value::Object(file));
            }
            Part::ToolCall { id, name, arguments } => others.push(
                json!({"type": "function_call", "call_id": id, "name": name, "arguments": arguments_to_text(arguments)}),
            ),
            Part::ToolResult { id, text, .. } => {
                others.push(json!({"type": "function_call_output", "call_id": id, "output": text}));
            }
            Part::Opaque { vendor, json } if vendor == NAME => {
                // An item stands for itself, a part of a message's content within it.
                let in_content = json.get("type").and_then(Value::as_str).is_some_and(|kind| kind == "refusal");
                if in_content { content.push(json.clone()) } else { others.push(json.clone()) }
            }
            Part::Reasoning { .. } => losses.push(Loss::dropped(path, "reasoning is not sent back")),
            Part::Opaque { vendor, .. } => losses.push(Loss::dropped(path, format!("a block of {vendor} has no counterpart"))),
        }
    }
    if !content.is_empty() {
        let role = if message.role == Role::Tool { Role::User } else { message.role };
        items.push(json!({"role": role.as_str(), "content": content}));
    }
    items.extend(others);
}
