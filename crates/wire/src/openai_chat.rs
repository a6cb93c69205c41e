//! OpenAI chat completions, also as spoken by compatible servers (llama.cpp, vLLM, LiteLLM, OpenRouter, Groq, Mistral,
//! DeepSeek). Source of truth: the OpenAI API reference, and recorded bodies for what compatible servers do otherwise.
//!
//! Fields of the body that are no message, tool or model stay in [`Request::params`] as recorded. Usage counts cached
//! tokens inside the input and reasoning inside the output.

use crate::fields::{self, RecordedForms};
use crate::stream::{arguments_from_text, arguments_to_text};
use crate::{Encoded, Loss, WireError, provider_message};
use retake_model::{Answer, FinishReason, JsonMap, Message, Part, Request, Role, ToolDefinition, Usage};
use serde_json::{Value, json};

mod encode;
pub(crate) mod stream;

pub use encode::encode_request;
pub use stream::StreamDecoder;

/// Name of the API.
pub const NAME: &str = "openai";

/// True for a body with a list of messages that have roles, and without Anthropic's own marks.
pub fn looks_like_request(body: &Value) -> bool {
    let Some(messages) = body.get("messages").and_then(Value::as_array) else { return false };
    let roles = messages.iter().all(|m| m.get("role").and_then(Value::as_str).and_then(Role::parse).is_some());
    roles && body.get("choices").is_none() && !crate::anthropic::looks_like_request(body)
}

/// True for a completion, a list of choices with messages.
pub fn looks_like_answer(body: &Value) -> bool {
    let choices = body.get("choices").and_then(Value::as_array);
    choices.is_some_and(|choices| {
        let object = body.get("object").and_then(Value::as_str);
        choices.iter().all(|c| c.get("message").is_some_and(Value::is_object))
            && (!choices.is_empty() || object == Some("chat.completion"))
    })
}

/// Reads a request.
pub fn decode_request(body: &Value) -> Result<Request, WireError> {
    let object = fields::object(body, "the body")?;
    let mut decoded = Vec::new();
    for (at, message) in fields::list(object, "messages")?.iter().enumerate() {
        decoded.push((decode_message(message, &format!("messages[{at}]"))?, message.clone()));
    }
    let mut request = Request { api: Some(NAME.into()), ..Request::default() };
    for (key, value) in object {
        match (key.as_str(), value) {
            ("messages", _) => {}
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

/// Reads one tool definition; one of a kind that is no function keeps its form only.
pub fn decode_tool(tool: &Value) -> ToolDefinition {
    let function = tool.get("function").filter(|f| f.is_object());
    let flat = if tool.get("name").is_some() { Some(tool) } else { None };
    let of = function.or(flat);
    let name = of.and_then(|f| fields::text(f, "name")).or_else(|| fields::text(tool, "type")).unwrap_or_default();
    let mut definition = ToolDefinition {
        name,
        description: of.and_then(|f| f.get("description")).and_then(Value::as_str).map(str::to_owned),
        parameters: of.and_then(|f| f.get("parameters")).cloned().unwrap_or(Value::Null),
        raw: None,
    };
    if encode::tool(&definition) != *tool {
        definition.raw = Some(tool.clone());
    }
    definition
}

/// Reads one message of a request or an answer. `path` names it in errors.
pub fn decode_message(message: &Value, path: &str) -> Result<Message, WireError> {
    let object = fields::object(message, path)?;
    let word = object.get("role").and_then(Value::as_str).unwrap_or("assistant");
    let role = Role::parse(word)
        .ok_or_else(|| WireError::shape(format!("{path}.role"), format!("is {word:?}, which is no role")))?;
    let mut parts = Vec::new();
    if let Some(text) = ["reasoning_content", "reasoning"].into_iter().find_map(|key| fields::text(message, key)) {
        parts.push(Part::Reasoning { text });
    }
    let content = object.get("content").unwrap_or(&Value::Null);
    if role == Role::Tool {
        let id = fields::text(message, "tool_call_id");
        let name = fields::text(message, "name");
        parts.push(Part::ToolResult { id, name, text: plain_text(content), is_error: false });
        return Ok(Message { role, parts, name: None, content_state: Default::default() });
    }
    match content {
        Value::Null => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => parts.push(Part::Text { text: text.clone() }),
        Value::Array(items) => parts.extend(items.iter().flat_map(decode_part)),
        other => {
            return Err(WireError::shape(
                format!("{path}.content"),
                format!("is {} and no text or list", fields::kind(other)),
            ));
        }
    }
    if let Some(refusal) = fields::text(message, "refusal") {
        parts.push(Part::Opaque { vendor: NAME.into(), json: json!({"type": "refusal", "refusal": refusal}) });
    }
    let calls = object.get("tool_calls").and_then(Value::as_array);
    for (at, call) in calls.into_iter().flatten().enumerate() {
        parts.push(decode_call(call, &format!("{path}.tool_calls[{at}]"))?);
    }
    if let Some(call) = object.get("function_call").filter(|call| call.is_object()) {
        parts.push(decode_call(&json!({"function": call}), &format!("{path}.function_call"))?);
    }
    Ok(Message { role, parts, name: fields::text(message, "name"), content_state: Default::default() })
}

fn decode_call(call: &Value, path: &str) -> Result<Part, WireError> {
    let function = call.get("function").or_else(|| call.get("custom")).unwrap_or(call);
    let name = fields::text(function, "name").ok_or_else(|| WireError::shape(path, "has no function name"))?;
    let arguments = match function.get("arguments").or_else(|| function.get("input")) {
        Some(Value::String(text)) => arguments_from_text(text),
        Some(Value::Null) | None => Value::Object(JsonMap::new()),
        Some(value) => value.clone(),
    };
    Ok(Part::ToolCall { id: fields::text(call, "id"), name, arguments })
}

fn decode_part(part: &Value) -> Vec<Part> {
    if let Value::String(text) = part {
        return vec![Part::Text { text: text.clone() }];
    }
    let opaque = || vec![Part::Opaque { vendor: NAME.into(), json: part.clone() }];
    match part.get("type").and_then(Value::as_str) {
        Some("text") => match part.get("text").and_then(Value::as_str) {
            Some(text) => vec![Part::Text { text: text.to_owned() }],
            None => opaque(),
        },
        Some("image_url") => {
            let url = part.pointer("/image_url/url").or_else(|| part.get("image_url")).and_then(Value::as_str);
            match url {
                Some(url) => vec![Part::Image {
                    url: url.to_owned(),
                    media_type: fields::data_url(url).map(|(media_type, _)| media_type.to_owned()),
                }],
                None => opaque(),
            }
        }
        Some("file") => {
            let file = part.get("file").unwrap_or(&Value::Null);
            match fields::text(file, "file_data").or_else(|| fields::text(file, "file_id")) {
                Some(url) => vec![Part::File {
                    media_type: fields::data_url(&url).map(|(media_type, _)| media_type.to_owned()),
                    url,
                    name: fields::text(file, "filename"),
                }],
                None => opaque(),
            }
        }
        // Mistral's reasoning models answer with blocks of thinking.
        Some("thinking") => vec![Part::Reasoning { text: plain_text(part.get("thinking").unwrap_or(&Value::Null)) }],
        _ => opaque(),
    }
}

/// Texts of a content field: a string, or a list of parts of which the texts are joined.
pub(crate) fn plain_text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let texts = items.iter().map(|item| match item {
                Value::String(text) => text.as_str(),
                other => other.get("text").and_then(Value::as_str).unwrap_or_default(),
            });
            texts.collect()
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Reads an answer; of several choices the first. An error body is [`WireError::ErrorBody`].
pub fn decode_answer(body: &Value) -> Result<Answer, WireError> {
    let choices = choices(body)?;
    let mut answer = Answer {
        response_id: fields::text(body, "id"),
        model: fields::text(body, "model"),
        usage: body.get("usage").map(usage).unwrap_or_default(),
        reported_usd_nanos: reported_cost(body),
        ..Answer::default()
    };
    let Some(choice) = choices.first() else { return Ok(answer) };
    if let Some(message) = choice.get("message") {
        answer.parts = decode_message(message, "choices[0].message")?.parts;
    } else if let Some(text) = fields::text(choice, "text") {
        answer.parts.push(Part::Text { text });
    }
    answer.finish_reason = fields::text(choice, "finish_reason").map(|word| FinishReason::parse(&word));
    Ok(answer)
}

/// The messages of all choices.
pub fn answer_messages(body: &Value) -> Result<Vec<Message>, WireError> {
    let mut messages = Vec::new();
    for (at, choice) in choices(body)?.iter().enumerate() {
        if let Some(message) = choice.get("message") {
            messages.push(decode_message(message, &format!("choices[{at}].message"))?);
        } else if let Some(text) = fields::text(choice, "text") {
            messages.push(Message::text(Role::Assistant, text));
        }
    }
    Ok(messages)
}

fn choices(body: &Value) -> Result<&Vec<Value>, WireError> {
    let object = fields::object(body, "the body")?;
    match provider_message(body) {
        Some(error) if !object.contains_key("choices") || object.get("error").is_some_and(|e| !e.is_null()) => {
            Err(WireError::ErrorBody { code: error.code, message: error.message })
        }
        _ => fields::list(object, "choices"),
    }
}

/// Reads a usage object: OpenAI's, and what DeepSeek, LiteLLM and OpenRouter add to it.
pub fn usage(usage: &Value) -> Usage {
    let none = Value::Null;
    let input_details =
        usage.get("prompt_tokens_details").or_else(|| usage.get("input_tokens_details")).unwrap_or(&none);
    let output_details =
        usage.get("completion_tokens_details").or_else(|| usage.get("output_tokens_details")).unwrap_or(&none);
    let cache_read = fields::count(input_details, "cached_tokens")
        .or_else(|| fields::count(usage, "prompt_cache_hit_tokens"))
        .or_else(|| fields::count(usage, "cache_read_input_tokens"));
    let cache_write = fields::count(input_details, "cache_write_tokens")
        .or_else(|| fields::count(input_details, "cache_creation_tokens"))
        .or_else(|| fields::count(usage, "cache_creation_input_tokens"));
    let mut found = Usage::from_inclusive(
        fields::count(usage, "prompt_tokens").or_else(|| fields::count(usage, "input_tokens")),
        fields::count(usage, "completion_tokens").or_else(|| fields::count(usage, "output_tokens")),
        cache_read,
        cache_write,
        fields::count(output_details, "reasoning_tokens"),
    );
    // Audio is counted inside both totals; the buckets are disjoint.
    if let (Some(audio), Some(input)) =
        (fields::count(input_details, "audio_tokens").filter(|n| *n > 0), found.uncached_input_tokens)
    {
        found.audio_input_tokens = Some(audio);
        found.uncached_input_tokens = Some((input - audio).max(0));
    }
    if let (Some(audio), Some(output)) =
        (fields::count(output_details, "audio_tokens").filter(|n| *n > 0), found.output_text_tokens)
    {
        found.audio_output_tokens = Some(audio);
        found.output_text_tokens = Some((output - audio).max(0));
    }
    found
}

/// Cost that a gateway states in the body (OpenRouter's `usage.cost`), in nano-dollars.
fn reported_cost(body: &Value) -> Option<i64> {
    body.pointer("/usage/cost").and_then(fields::usd_nanos)
}
