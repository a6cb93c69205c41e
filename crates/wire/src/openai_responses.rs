//! OpenAI Responses. Source of truth: the OpenAI API reference, *Create a model response* and *Streaming events*.
//!
//! A request is `instructions` and a list of items; what an assistant did in one turn (its reasoning, texts, calls) is several
//! items there and one message here. Reasoning items and those of tools that run at OpenAI stay opaque: they mean something
//! to OpenAI alone. Usage counts cached tokens inside the input and reasoning inside the output.

use crate::fields;
use crate::openai_chat::{decode_tool, plain_text, usage};
use crate::stream::arguments_from_text;
use crate::{WireError, provider_message};
use retake_model::{Answer, FinishReason, JsonMap, Message, Part, Request, Role};
use serde_json::{Value, json};

mod encode;
mod stream;

pub use encode::encode_request;
pub use stream::StreamDecoder;

/// Name of the API.
pub const NAME: &str = "openai-responses";
/// Parameters that stand for content which OpenAI holds and the body does not.
pub const HELD_ELSEWHERE: [&str; 3] = ["previous_response_id", "conversation", "prompt"];

/// True for a body with an input (a text or items) and without messages. An embedding has an input too.
pub fn looks_like_request(body: &Value) -> bool {
    let Some(object) = body.as_object() else { return false };
    if ["messages", "output", "choices", "encoding_format", "dimensions", "input_type"]
        .iter()
        .any(|key| object.contains_key(*key))
    {
        return false;
    }
    let is_item = |item: &Value| item.get("role").is_some() || item.get("type").and_then(Value::as_str).is_some();
    match object.get("input") {
        Some(Value::String(_)) => {
            let own =
                ["instructions", "max_output_tokens", "previous_response_id", "reasoning", "text", "store", "include"];
            let model = object.get("model").and_then(Value::as_str);
            let other =
                model.is_some_and(|model| ["embed", "tts", "moderation"].iter().any(|word| model.contains(word)));
            own.iter().any(|key| object.contains_key(*key))
                || (model.is_some() && !other && !object.contains_key("voice"))
        }
        Some(Value::Array(items)) => {
            !items.is_empty()
                && items.iter().all(is_item)
                && (object.contains_key("model") || object.contains_key("instructions") || object.contains_key("tools"))
        }
        _ => false,
    }
}

/// True for a response object.
pub fn looks_like_answer(body: &Value) -> bool {
    body.get("output").is_some_and(Value::is_array)
        && (body.get("object").and_then(Value::as_str) == Some("response")
            || (body.get("status").is_some() && body.get("id").is_some()))
}

/// True for one event of a stream, as recorders write it to a line.
pub fn looks_like_event(value: &Value) -> bool {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    kind.starts_with("response.")
        && ["response", "delta", "item", "part", "text", "arguments", "output_index", "sequence_number"]
            .iter()
            .any(|key| value.get(*key).is_some())
}

/// Reads a request.
pub fn decode_request(body: &Value) -> Result<Request, WireError> {
    let object = fields::object(body, "the body")?;
    let mut request = Request { api: Some(NAME.into()), ..Request::default() };
    let mut decoded: Vec<(Message, Value)> = Vec::new();
    if let Some(Value::String(text)) = object.get("instructions") {
        decoded.push((Message::text(Role::System, text.clone()), json!({"instructions": text})));
    }
    match object.get("input") {
        Some(Value::String(text)) => decoded.push((Message::text(Role::User, text.clone()), json!(text))),
        Some(Value::Array(items)) => decoded.extend(grouped(items)?),
        Some(other) => {
            return Err(WireError::shape("input", format!("is {} and no text or list", fields::kind(other))));
        }
        None => return Err(WireError::shape("input", "is missing")),
    }
    for (key, value) in object {
        match (key.as_str(), value) {
            ("input", _) | ("instructions", Value::String(_)) => {}
            ("model", Value::String(model)) => request.model = Some(model.clone()),
            ("tools", Value::Array(tools)) if !tools.is_empty() => {
                request.tools = tools.iter().map(decode_tool).collect();
            }
            _ => {
                request.params.insert(key.clone(), value.clone());
            }
        }
    }
    request.recorded_forms = decoded.iter().map(|(_, form)| form.clone()).collect();
    request.messages = decoded.into_iter().map(|(message, _)| message).collect();
    Ok(request)
}

/// The message of a recorded form: instructions, a text, or the items of one turn.
fn of_form(form: &Value) -> Option<Message> {
    match form {
        Value::String(text) => Some(Message::text(Role::User, text.clone())),
        Value::Object(object) => Some(Message::text(Role::System, object.get("instructions")?.as_str()?)),
        Value::Array(items) => match <[(Message, Value); 1]>::try_from(grouped(items).ok()?) {
            Ok([(message, _)]) => Some(message),
            Err(_) => None,
        },
        _ => None,
    }
}

/// Items as messages, each with the list of items that it is made of.
fn grouped(items: &[Value]) -> Result<Vec<(Message, Value)>, WireError> {
    let mut groups: Vec<(Message, Vec<Value>)> = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let message = decode_item(item, &format!("input[{at}]"))?;
        match groups.last_mut() {
            Some((last, forms)) if last.role == Role::Assistant && message.role == Role::Assistant => {
                last.parts.extend(message.parts);
                forms.push(item.clone());
            }
            _ => groups.push((message, vec![item.clone()])),
        }
    }
    Ok(groups.into_iter().map(|(message, forms)| (message, Value::Array(forms))).collect())
}

fn decode_item(item: &Value, path: &str) -> Result<Message, WireError> {
    let of = |role: Role, parts: Vec<Part>| Message { role, parts, name: None, content_state: Default::default() };
    if let Value::String(text) = item {
        return Ok(Message::text(Role::User, text.clone()));
    }
    let kind = item.get("type").and_then(Value::as_str);
    match kind {
        Some("function_call" | "custom_tool_call") => Ok(of(Role::Assistant, vec![decode_call(item, path)?])),
        Some("function_call_output" | "custom_tool_call_output") => {
            let text = plain_text(item.get("output").unwrap_or(&Value::Null));
            let result = Part::ToolResult { id: fields::text(item, "call_id"), name: None, text, is_error: false };
            Ok(of(Role::Tool, vec![result]))
        }
        Some("message") | None => {
            fields::object(item, path)?;
            let word = item.get("role").and_then(Value::as_str).unwrap_or("user");
            let role = Role::parse(word)
                .ok_or_else(|| WireError::shape(format!("{path}.role"), format!("is {word:?}, which is no role")))?;
            Ok(of(role, decode_content(item.get("content").unwrap_or(&Value::Null))))
        }
        Some(_) => Ok(of(Role::Assistant, vec![opaque(item)])),
    }
}

fn opaque(item: &Value) -> Part {
    Part::Opaque { vendor: NAME.into(), json: item.clone() }
}

fn decode_call(item: &Value, path: &str) -> Result<Part, WireError> {
    let name = fields::text(item, "name").ok_or_else(|| WireError::shape(path, "has no function name"))?;
    let arguments = match item.get("arguments").or_else(|| item.get("input")) {
        Some(Value::String(text)) => arguments_from_text(text),
        Some(Value::Null) | None => Value::Object(JsonMap::new()),
        Some(value) => value.clone(),
    };
    Ok(Part::ToolCall { id: fields::text(item, "call_id").or_else(|| fields::text(item, "id")), name, arguments })
}

fn decode_content(content: &Value) -> Vec<Part> {
    match content {
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![Part::Text { text: text.clone() }],
        Value::Array(parts) => parts.iter().map(decode_part).collect(),
        _ => Vec::new(),
    }
}

fn decode_part(part: &Value) -> Part {
    let media_type = |url: &str| fields::data_url(url).map(|(media_type, _)| media_type.to_owned());
    match part.get("type").and_then(Value::as_str) {
        Some("input_text" | "output_text" | "text") => match part.get("text").and_then(Value::as_str) {
            Some(text) => Part::Text { text: text.to_owned() },
            None => opaque(part),
        },
        Some("input_image") => match fields::text(part, "image_url").or_else(|| fields::text(part, "file_id")) {
            Some(url) => Part::Image { media_type: media_type(&url), url },
            None => opaque(part),
        },
        Some("input_file") => {
            let url = ["file_data", "file_url", "file_id"].iter().find_map(|key| fields::text(part, key));
            match url {
                Some(url) => Part::File { media_type: media_type(&url), url, name: fields::text(part, "filename") },
                None => opaque(part),
            }
        }
        _ => opaque(part),
    }
}

/// Reads a response object. One that failed is [`WireError::ErrorBody`].
pub fn decode_answer(body: &Value) -> Result<Answer, WireError> {
    let object = fields::object(body, "the body")?;
    if let Some(error) = provider_message(body).filter(|_| body.get("error").is_some_and(|e| !e.is_null())) {
        return Err(WireError::ErrorBody { code: error.code, message: error.message });
    }
    let mut answer = head(body);
    for (at, item) in fields::list(object, "output")?.iter().enumerate() {
        answer.parts.extend(decode_item(item, &format!("output[{at}]"))?.parts);
    }
    answer.finish_reason = finish_reason(body);
    Ok(answer)
}

/// Id, model and usage of a response object.
fn head(body: &Value) -> Answer {
    Answer {
        response_id: fields::text(body, "id"),
        model: fields::text(body, "model"),
        usage: body.get("usage").map(usage).unwrap_or_default(),
        ..Answer::default()
    }
}

/// Why a response ended: its status does not say that it ended in calls, its items do.
fn finish_reason(body: &Value) -> Option<FinishReason> {
    let calls =
        |item: &Value| matches!(item.get("type").and_then(Value::as_str), Some("function_call" | "custom_tool_call"));
    match body.get("status").and_then(Value::as_str)? {
        "completed" => {
            let output = body.get("output").and_then(Value::as_array);
            let called = output.is_some_and(|items| items.iter().any(calls));
            Some(if called { FinishReason::ToolCalls } else { FinishReason::Stop })
        }
        "incomplete" => match body.pointer("/incomplete_details/reason").and_then(Value::as_str) {
            Some("max_output_tokens") | None => Some(FinishReason::Length),
            Some(word) => Some(FinishReason::parse(word)),
        },
        "failed" => Some(FinishReason::Error),
        "in_progress" | "queued" => None,
        word => Some(FinishReason::parse(word)),
    }
}

/// The message of a response object: everything that it holds is one turn.
pub fn answer_messages(body: &Value) -> Result<Vec<Message>, WireError> {
    let parts = decode_answer(body)?.parts;
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Message { role: Role::Assistant, parts, name: None, content_state: Default::default() }])
}
