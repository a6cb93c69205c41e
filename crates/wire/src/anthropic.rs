//! Anthropic Messages. Source of truth: the Anthropic API reference and recorded bodies.
//!
//! The top-level `system` is a message of role `system` at the front. Blocks that must go back unchanged (`thinking`,
//! `redacted_thinking`, server tools) are opaque in requests; in answers the text of thinking is also shown as reasoning.
//! Usage counts cached tokens beside the input.

use crate::fields::{self, RecordedForms};
use crate::{Encoded, Loss, WireError, provider_message};
use retake_model::{Answer, ContentState, FinishReason, JsonMap, Message, Part, Request, Role, ToolDefinition, Usage};
use serde_json::{Value, json};

mod encode;
mod stream;

pub use encode::{INVENTED_MAX_TOKENS, encode_request};
pub use stream::StreamDecoder;

/// Name of the API.
pub const NAME: &str = "anthropic";

/// True for a body with messages of the two roles and one of Anthropic's own marks.
pub fn looks_like_request(body: &Value) -> bool {
    let Some(messages) = body.get("messages").and_then(Value::as_array) else { return false };
    if body.get("choices").is_some() {
        return false;
    }
    let two_roles =
        messages.iter().all(|m| matches!(m.get("role").and_then(Value::as_str), Some("user" | "assistant")));
    let blocks = messages.iter().filter_map(|m| m.get("content")?.as_array()).flatten();
    let own_block = |block: &Value| {
        let kind = block.get("type").and_then(Value::as_str);
        matches!(kind, Some("tool_use" | "tool_result" | "thinking" | "redacted_thinking" | "document"))
            || (kind == Some("image") && block.get("source").is_some())
            || block.get("cache_control").is_some()
    };
    let tools = body.get("tools").and_then(Value::as_array);
    let own_tool = |tool: &Value| tool.get("input_schema").is_some();
    let own_field = ["system", "anthropic_version", "stop_sequences", "thinking", "top_k"]
        .into_iter()
        .any(|key| body.get(key).is_some());
    let claude = body.get("model").and_then(Value::as_str).is_some_and(|model| model.starts_with("claude"));
    two_roles
        && body.get("max_tokens").is_some()
        && (own_field || claude || blocks.into_iter().any(own_block) || tools.into_iter().flatten().any(own_tool))
}

/// True for a message: `type: message` with a list of content blocks.
pub fn looks_like_answer(body: &Value) -> bool {
    body.get("type").is_some_and(|t| t == "message") && body.get("content").is_some_and(Value::is_array)
}

/// Reads a request.
pub fn decode_request(body: &Value) -> Result<Request, WireError> {
    let object = fields::object(body, "the body")?;
    let mut decoded = Vec::new();
    if let Some(system) = object.get("system").filter(|system| !system.is_null()) {
        let form = json!({"system": system});
        decoded.push((decode_form(&form, "the body")?, form));
    }
    for (at, message) in fields::list(object, "messages")?.iter().enumerate() {
        decoded.push((decode_message(message, &format!("messages[{at}]"))?, message.clone()));
    }
    let mut request = Request { api: Some(NAME.into()), ..Request::default() };
    for (key, value) in object {
        match (key.as_str(), value) {
            ("messages", _) => {}
            ("system", Value::String(_) | Value::Array(_)) => {}
            ("model", Value::String(model)) => request.model = Some(model.clone()),
            ("tools", Value::Array(tools)) if !tools.is_empty() => {
                request.tools = tools.iter().map(decode_tool).collect();
            }
            _ => {
                request.params.insert(key.clone(), value.clone());
            }
        }
    }
    request.recorded_forms = fields::forms_to_keep(&decoded, encode::one_message);
    request.messages = decoded.into_iter().map(|(message, _)| message).collect();
    Ok(request)
}

/// Reads a recorded form: a message, or `{"system": …}` for the system text.
fn decode_form(form: &Value, path: &str) -> Result<Message, WireError> {
    let Some(system) = form.get("system").filter(|_| form.get("role").is_none()) else {
        return decode_message(form, path);
    };
    let parts = match system {
        Value::String(text) => vec![Part::Text { text: text.clone() }],
        Value::Array(blocks) => blocks.iter().map(decode_block).collect(),
        other => return Err(WireError::shape("system", format!("is {} and no text or list", fields::kind(other)))),
    };
    Ok(Message { role: Role::System, parts, name: None, content_state: ContentState::Present })
}

/// Reads one tool definition; a server tool keeps its form only.
pub fn decode_tool(tool: &Value) -> ToolDefinition {
    let mut definition = ToolDefinition {
        name: fields::text(tool, "name").or_else(|| fields::text(tool, "type")).unwrap_or_default(),
        description: tool.get("description").and_then(Value::as_str).map(str::to_owned),
        parameters: tool.get("input_schema").cloned().unwrap_or(Value::Null),
        raw: None,
    };
    if encode::tool(&definition) != *tool {
        definition.raw = Some(tool.clone());
    }
    definition
}

/// Reads one message. A message that holds tool results only has the role `tool`. `path` names it in errors.
pub fn decode_message(message: &Value, path: &str) -> Result<Message, WireError> {
    let object = fields::object(message, path)?;
    let word = object.get("role").and_then(Value::as_str).unwrap_or_default();
    let role = Role::parse(word)
        .ok_or_else(|| WireError::shape(format!("{path}.role"), format!("is {word:?}, which is no role")))?;
    let parts = match object.get("content") {
        Some(Value::String(text)) => vec![Part::Text { text: text.clone() }],
        Some(Value::Array(blocks)) => blocks.iter().map(decode_block).collect(),
        Some(Value::Null) | None => Vec::new(),
        Some(other) => {
            return Err(WireError::shape(
                format!("{path}.content"),
                format!("is {} and no text or list", fields::kind(other)),
            ));
        }
    };
    let results = !parts.is_empty() && parts.iter().all(|part| matches!(part, Part::ToolResult { .. }));
    let role = if results && role == Role::User { Role::Tool } else { role };
    Ok(Message { role, parts, name: None, content_state: ContentState::Present })
}

fn decode_block(block: &Value) -> Part {
    known_block(block).unwrap_or_else(|| Part::Opaque { vendor: NAME.into(), json: block.clone() })
}

fn known_block(block: &Value) -> Option<Part> {
    match block.get("type").and_then(Value::as_str)? {
        "text" => Some(Part::Text { text: block.get("text")?.as_str()?.to_owned() }),
        "image" => {
            let (url, media_type) = source(block.get("source")?)?;
            Some(Part::Image { url, media_type })
        }
        "document" => {
            let (url, media_type) = source(block.get("source")?)?;
            Some(Part::File { url, name: fields::text(block, "title"), media_type })
        }
        "tool_use" => Some(Part::ToolCall {
            id: fields::text(block, "id"),
            name: block.get("name")?.as_str()?.to_owned(),
            arguments: block.get("input").cloned().unwrap_or_else(|| json!({})),
        }),
        "tool_result" => Some(Part::ToolResult {
            id: fields::text(block, "tool_use_id"),
            name: None,
            text: result_text(block.get("content").unwrap_or(&Value::Null)),
            is_error: block.get("is_error").and_then(Value::as_bool).unwrap_or(false),
        }),
        _ => None,
    }
}

/// Text of a tool result: its text blocks, joined.
fn result_text(content: &Value) -> String {
    crate::openai_chat::plain_text(content)
}

/// Address and media type of an image or document source.
fn source(source: &Value) -> Option<(String, Option<String>)> {
    let media_type = fields::text(source, "media_type");
    match source.get("type")?.as_str()? {
        "base64" => {
            let data = source.get("data")?.as_str()?;
            Some((
                format!("data:{};base64,{data}", media_type.as_deref().unwrap_or("application/octet-stream")),
                media_type,
            ))
        }
        "url" => Some((fields::text(source, "url")?, media_type)),
        "file" => Some((fields::text(source, "file_id")?, media_type)),
        _ => None,
    }
}

/// Reads an answer. An error body is [`WireError::ErrorBody`].
pub fn decode_answer(body: &Value) -> Result<Answer, WireError> {
    let object = fields::object(body, "the body")?;
    if !object.contains_key("content")
        && let Some(error) = provider_message(body)
    {
        return Err(WireError::ErrorBody { code: error.code, message: error.message });
    }
    Ok(Answer {
        response_id: fields::text(body, "id"),
        model: fields::text(body, "model"),
        parts: fields::list(object, "content")?.iter().flat_map(answer_block).collect(),
        finish_reason: fields::text(body, "stop_reason").map(|word| FinishReason::parse(&word)),
        usage: body.get("usage").map(usage).unwrap_or_default(),
        reported_usd_nanos: None,
    })
}

/// A block of an answer: thinking is shown as reasoning and kept as the block that goes back.
fn answer_block(block: &Value) -> Vec<Part> {
    match block.get("type").and_then(Value::as_str) {
        Some("text") if block.get("text").is_some_and(|text| text == "") => Vec::new(),
        Some("thinking") => {
            let text = fields::text(block, "thinking").unwrap_or_default();
            vec![Part::Reasoning { text }, decode_block(block)]
        }
        _ => vec![decode_block(block)],
    }
}

/// The one message of an answer.
pub fn answer_messages(body: &Value) -> Result<Vec<Message>, WireError> {
    let answer = decode_answer(body)?;
    Ok(vec![Message { role: Role::Assistant, parts: answer.parts, name: None, content_state: ContentState::Present }])
}

/// Reads a usage object.
pub fn usage(usage: &Value) -> Usage {
    Usage::from_exclusive(
        fields::count(usage, "input_tokens"),
        fields::count(usage, "output_tokens"),
        fields::count(usage, "cache_read_input_tokens"),
        fields::count(usage, "cache_creation_input_tokens"),
    )
}
