//! Canonical request to an OpenAI chat body, with what it cannot carry.

use super::*;

/// Writes a request. One that was recorded in this API goes out field for field as it came.
pub fn encode_request(request: &Request) -> Encoded {
    let mut losses = Vec::new();
    let own = request.api.as_deref() == Some(NAME);
    let foreign = request.api.is_some() && !own;
    let mut body = JsonMap::new();
    match request.api.as_deref() {
        Some(crate::openai_responses::NAME) => {
            losses.push(Loss::changed(
                "api",
                "recorded as a call of the Responses API; it goes out as a chat completion",
            ));
        }
        Some(crate::openai_completions::NAME) => losses.push(Loss::changed(
            "api",
            "recorded as a call of the completions API; its prompt goes out as a message of the user",
        )),
        _ => {}
    }
    if let Some(model) = &request.model {
        body.insert("model".into(), json!(model));
    }
    body.insert("messages".into(), Value::Array(messages(request, own, &mut losses)));
    let tools: Vec<Value> = request
        .tools
        .iter()
        .enumerate()
        .filter_map(|(at, tool)| encode_tool(tool, own, foreign, &format!("tools[{at}]"), &mut losses))
        .collect();
    if !tools.is_empty() {
        body.insert("tools".into(), Value::Array(tools));
    }
    for (key, value) in &request.params {
        if own {
            body.insert(key.clone(), value.clone());
        } else if request.api.as_deref().is_some_and(|api| api.starts_with("openai-")) {
            sibling_param(key, value, &mut body, &mut losses);
        } else {
            param(key, value, foreign, &mut body, &mut losses);
        }
    }
    Encoded { body: Value::Object(body), losses }
}

/// A field of a request that was recorded elsewhere. Names of Anthropic's that mean the same are renamed; from a body
/// of another vendor what OpenAI does not know is dropped, from span fields it goes out as recorded.
fn param(key: &str, value: &Value, foreign: bool, body: &mut JsonMap, losses: &mut Vec<Loss>) {
    let path = format!("params.{key}");
    match key {
        "stop_sequences" => {
            body.insert("stop".into(), value.clone());
        }
        "tool_choice" if value.get("type").is_some_and(|t| t != "function") => {
            match crate::tool_choice::to_openai(value) {
                Some((choice, parallel)) => {
                    body.insert(key.into(), choice);
                    if let Some(parallel) = parallel {
                        body.insert("parallel_tool_calls".into(), json!(parallel));
                    }
                }
                None if foreign => losses.push(Loss::dropped(path, "OpenAI has no such tool choice")),
                None => {
                    body.insert(key.into(), value.clone());
                }
            }
        }
        "metadata" if foreign => match value.get("user_id") {
            Some(user) => {
                body.insert("user".into(), user.clone());
            }
            None => losses.push(Loss::dropped(path, "OpenAI keeps metadata for stored completions only")),
        },
        "max_tokens" | "temperature" | "top_p" | "stream" | "model" => {
            body.insert(key.into(), value.clone());
        }
        "thinking" if foreign => losses.push(Loss::dropped(path, "OpenAI has no thinking budget")),
        _ if foreign => losses.push(Loss::dropped(path, "OpenAI chat has no such field")),
        _ => {
            body.insert(key.into(), value.clone());
        }
    }
}

/// A field of another API of OpenAI's: most have the same name here, some another form.
fn sibling_param(key: &str, value: &Value, body: &mut JsonMap, losses: &mut Vec<Loss>) {
    let path = format!("params.{key}");
    match key {
        "max_output_tokens" => {
            body.insert("max_tokens".into(), value.clone());
        }
        "reasoning" => match value.get("effort") {
            Some(effort) if !effort.is_null() => {
                body.insert("reasoning_effort".into(), effort.clone());
            }
            _ => {}
        },
        "text" => {
            if let Some(verbosity) = value.get("verbosity").filter(|verbosity| !verbosity.is_null()) {
                body.insert("verbosity".into(), verbosity.clone());
            }
            match value.get("format").and_then(|format| Some((format, format.get("type")?.as_str()?))) {
                Some((format, "json_schema")) => {
                    let mut schema = format.as_object().cloned().unwrap_or_default();
                    schema.shift_remove("type");
                    body.insert("response_format".into(), json!({"type": "json_schema", "json_schema": schema}));
                }
                Some((format, "json_object")) => {
                    body.insert("response_format".into(), format.clone());
                }
                _ => {}
            }
        }
        "tool_choice" => match (value.get("type").and_then(Value::as_str), value.get("name")) {
            (None, _) => {
                body.insert(key.into(), value.clone());
            }
            (Some("function"), Some(name)) => {
                body.insert(key.into(), json!({"type": "function", "function": {"name": name}}));
            }
            _ => losses.push(Loss::dropped(path, "a chat completion has no such tool choice")),
        },
        "previous_response_id" | "conversation" | "prompt" if !value.is_null() => {
            losses.push(Loss::dropped(path, "OpenAI holds what it names, and the record does not"));
        }
        "include"
        | "truncation"
        | "background"
        | "max_tool_calls"
        | "echo"
        | "suffix"
        | "best_of"
        | "previous_response_id"
        | "conversation"
        | "prompt" => {
            if !value.is_null() {
                losses.push(Loss::dropped(path, "a chat completion has no such field"));
            }
        }
        "logprobs" if value.is_number() => {
            body.insert("logprobs".into(), json!(true));
            body.insert("top_logprobs".into(), value.clone());
        }
        "top_logprobs" => {
            body.insert("logprobs".into(), json!(true));
            body.insert(key.into(), value.clone());
        }
        _ => {
            body.insert(key.into(), value.clone());
        }
    }
}

fn messages(request: &Request, own: bool, losses: &mut Vec<Loss>) -> Vec<Value> {
    let mut forms =
        RecordedForms::new(if own { &request.recorded_forms } else { &[] }, |form| decode_message(form, "").ok());
    // What a server took without ids it takes again.
    let ids = if own { CallIds::default() } else { CallIds::of(&request.messages) };
    let mut out = Vec::new();
    for (at, message) in request.messages.iter().enumerate() {
        match forms.of(message) {
            Some(form) => out.push(form.clone()),
            None => encode_message(message, &ids, at, losses, &mut out),
        }
    }
    out
}

/// The form of a message that stands for itself alone, for telling which recorded forms must be kept.
pub(super) fn one_message(message: &Message) -> Option<Value> {
    let mut out = Vec::new();
    let mut losses = Vec::new();
    encode_message(message, &CallIds::default(), 0, &mut losses, &mut out);
    if out.len() == 1 && losses.is_empty() { out.pop() } else { None }
}

/// Ids for calls and results that were recorded without one: the n-th call without an id is answered by the n-th result.
#[derive(Default)]
struct CallIds {
    invented: Vec<((usize, usize), String)>,
}

impl CallIds {
    fn of(messages: &[Message]) -> Self {
        let mut invented = Vec::new();
        let mut open: Vec<(String, String)> = Vec::new();
        let mut n = 0;
        for (m, message) in messages.iter().enumerate() {
            for (p, part) in message.parts.iter().enumerate() {
                match part {
                    Part::ToolCall { id: None, name, .. } => {
                        let id = format!("call_{n}");
                        n += 1;
                        open.push((name.clone(), id.clone()));
                        invented.push(((m, p), id));
                    }
                    Part::ToolResult { id: None, name, .. } => {
                        let same =
                            name.as_ref().and_then(|name| open.iter().position(|(of, _)| of == name)).unwrap_or(0);
                        if same < open.len() {
                            invented.push(((m, p), open.remove(same).1));
                        }
                    }
                    _ => {}
                }
            }
        }
        Self { invented }
    }

    fn at(&self, message: usize, part: usize) -> Option<&str> {
        self.invented.iter().find(|(at, _)| *at == (message, part)).map(|(_, id)| id.as_str())
    }
}

fn encode_message(message: &Message, ids: &CallIds, at: usize, losses: &mut Vec<Loss>, out: &mut Vec<Value>) {
    let mut content: Vec<Value> = Vec::new();
    let mut calls: Vec<Value> = Vec::new();
    for (p, part) in message.parts.iter().enumerate() {
        let path = format!("messages[{at}].parts[{p}]");
        match part {
            Part::ToolResult { id, name, text, is_error } => {
                if *is_error {
                    losses.push(Loss::dropped(format!("{path}.is_error"), "OpenAI has no mark for a failed tool"));
                }
                let invented = ids.at(at, p);
                if id.is_none() && invented.is_some() {
                    losses.push(Loss::invented(format!("{path}.id"), "the record has no call id"));
                }
                let mut result = JsonMap::new();
                result.insert("role".into(), json!("tool"));
                if let Some(id) = id.as_deref().or(invented) {
                    result.insert("tool_call_id".into(), json!(id));
                }
                if let Some(name) = name {
                    result.insert("name".into(), json!(name));
                }
                result.insert("content".into(), json!(text));
                out.push(Value::Object(result));
            }
            Part::ToolCall { id, name, arguments } => {
                let invented = ids.at(at, p);
                if id.is_none() && invented.is_some() {
                    losses.push(Loss::invented(format!("{path}.id"), "the record has no call id"));
                }
                let mut call = JsonMap::new();
                if let Some(id) = id.as_deref().or(invented) {
                    call.insert("id".into(), json!(id));
                }
                call.insert("type".into(), json!("function"));
                call.insert("function".into(), json!({"name": name, "arguments": arguments_to_text(arguments)}));
                calls.push(Value::Object(call));
            }
            other => content.extend(encode_part(other, &path, losses)),
        }
    }
    let results_only =
        !message.parts.is_empty() && message.parts.iter().all(|part| matches!(part, Part::ToolResult { .. }));
    if results_only || (content.is_empty() && calls.is_empty() && message.role == Role::Tool) {
        return;
    }
    let mut object = JsonMap::new();
    let role = if message.role == Role::Tool { Role::User } else { message.role };
    object.insert("role".into(), json!(role.as_str()));
    if let Some(name) = &message.name {
        object.insert("name".into(), json!(name));
    }
    object.insert("content".into(), content_value(content));
    if !calls.is_empty() {
        object.insert("tool_calls".into(), Value::Array(calls));
    }
    out.push(Value::Object(object));
}

/// A single text is written as text, as every server takes it; a message without content has an empty one.
fn content_value(mut content: Vec<Value>) -> Value {
    match content.as_mut_slice() {
        [] => json!(""),
        [one] if one.get("type").is_some_and(|t| t == "text") => {
            one.get_mut("text").map(Value::take).unwrap_or_default()
        }
        _ => Value::Array(content),
    }
}

fn encode_part(part: &Part, path: &str, losses: &mut Vec<Loss>) -> Option<Value> {
    match part {
        Part::Text { text } => Some(json!({"type": "text", "text": text})),
        Part::Image { url, .. } => {
            if !url.contains(':') {
                losses.push(Loss::dropped(path, "a file id of another vendor names nothing here"));
                return None;
            }
            Some(json!({"type": "image_url", "image_url": {"url": url}}))
        }
        Part::File { url, name, .. } => {
            let mut file = JsonMap::new();
            if let Some(name) = name {
                file.insert("filename".into(), json!(name));
            }
            if fields::data_url(url).is_some() {
                file.insert("file_data".into(), json!(url));
            } else if !url.contains("://") {
                file.insert("file_id".into(), json!(url));
            } else {
                losses.push(Loss::dropped(path, "OpenAI chat takes files as data or by id, not by URL"));
                return None;
            }
            Some(json!({"type": "file", "file": file}))
        }
        Part::Reasoning { .. } => {
            losses.push(Loss::dropped(path, "reasoning is not sent back"));
            None
        }
        Part::Opaque { vendor, json } if vendor == NAME => Some(json.clone()),
        Part::Opaque { vendor, json } => {
            let kind = json.get("type").and_then(Value::as_str).unwrap_or("block");
            losses.push(Loss::dropped(path, format!("`{kind}` of {vendor} has no counterpart")));
            None
        }
        Part::ToolCall { .. } | Part::ToolResult { .. } => None,
    }
}

fn encode_tool(
    definition: &ToolDefinition,
    own: bool,
    foreign: bool,
    path: &str,
    losses: &mut Vec<Loss>,
) -> Option<Value> {
    let Some(raw) = &definition.raw else { return Some(tool(definition)) };
    let is_function = raw.get("function").is_some_and(Value::is_object);
    if own
        || is_function
        || (!foreign && raw.get("type").is_some_and(|t| t != "function") && raw.get("input_schema").is_none())
    {
        return Some(raw.clone());
    }
    if definition.parameters.is_null() {
        losses.push(Loss::dropped(path, format!("`{}` runs at another vendor", definition.name)));
        return None;
    }
    if foreign {
        losses.push(Loss::changed(path, "only name, description and schema move between vendors"));
    }
    Some(tool(definition))
}

/// The plain form of a function.
pub(super) fn tool(definition: &ToolDefinition) -> Value {
    let mut function = JsonMap::new();
    function.insert("name".into(), json!(definition.name));
    if let Some(description) = &definition.description {
        function.insert("description".into(), json!(description));
    }
    if !definition.parameters.is_null() {
        function.insert("parameters".into(), definition.parameters.clone());
    }
    json!({"type": "function", "function": function})
}
