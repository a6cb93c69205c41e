//! Canonical request to an Anthropic body, with what it cannot carry.

use super::*;

/// `max_tokens` when the request has none: the field is required.
pub const INVENTED_MAX_TOKENS: i64 = 4096;

/// Writes a request. One that was recorded in this API goes out field for field as it came.
pub fn encode_request(request: &Request) -> Encoded {
    let mut losses = Vec::new();
    let own = request.api.as_deref() == Some(NAME);
    let mut body = JsonMap::new();
    if let Some(model) = &request.model {
        body.insert("model".into(), json!(model));
    }
    let mut forms =
        RecordedForms::new(if own { &request.recorded_forms } else { &[] }, |form| decode_form(form, "").ok());
    if let Some(system) = system(request, own, &mut forms, &mut losses) {
        body.insert("system".into(), system);
    }
    body.insert("messages".into(), Value::Array(messages(request, own, &mut forms, &mut losses)));
    let tools: Vec<Value> = request
        .tools
        .iter()
        .enumerate()
        .filter_map(|(at, tool)| encode_tool(tool, own, &format!("tools[{at}]"), &mut losses))
        .collect();
    if !tools.is_empty() {
        body.insert("tools".into(), Value::Array(tools));
    }
    for (key, value) in &request.params {
        if own {
            body.insert(key.clone(), value.clone());
        } else {
            param(key, value, request.api.is_none(), &mut body, &mut losses);
        }
    }
    if !body.contains_key("max_tokens") {
        losses.push(Loss::invented(
            "params.max_tokens",
            format!("Anthropic asks for a limit; {INVENTED_MAX_TOKENS} is sent"),
        ));
        body.insert("max_tokens".into(), json!(INVENTED_MAX_TOKENS));
    }
    Encoded { body: Value::Object(body), losses }
}

/// A field of a request that was recorded elsewhere. `unbound` is one rebuilt from span fields, which may have
/// Anthropic's own names.
fn param(key: &str, value: &Value, unbound: bool, body: &mut JsonMap, losses: &mut Vec<Loss>) {
    let path = format!("params.{key}");
    match key {
        "max_tokens" | "top_p" | "stream" | "stop_sequences" | "top_k" => {
            body.insert(key.into(), value.clone());
        }
        "max_completion_tokens" | "max_output_tokens" => {
            body.insert("max_tokens".into(), value.clone());
        }
        "temperature" => match value.as_f64() {
            Some(t) if t > 1.0 => {
                losses.push(Loss::changed(path, "Anthropic's temperature ends at 1"));
                body.insert(key.into(), json!(1));
            }
            _ => {
                body.insert(key.into(), value.clone());
            }
        },
        "stop" => {
            let list = if value.is_string() { json!([value]) } else { value.clone() };
            if !list.is_null() {
                body.insert("stop_sequences".into(), list);
            }
        }
        "tool_choice" => match crate::tool_choice::to_anthropic(value) {
            Some(mut choice) => {
                if let Some(disabled) = body.remove("disable_parallel_tool_use") {
                    choice["disable_parallel_tool_use"] = disabled;
                }
                body.insert(key.into(), choice);
            }
            None => losses.push(Loss::dropped(path, "Anthropic has no such tool choice")),
        },
        "parallel_tool_calls" => {
            if value == &Value::Bool(false) {
                let choice = body.entry("tool_choice").or_insert_with(|| json!({"type": "auto"}));
                choice["disable_parallel_tool_use"] = json!(true);
            }
        }
        "user" => {
            body.insert("metadata".into(), json!({"user_id": value}));
        }
        "thinking" if unbound => {
            body.insert(key.into(), value.clone());
        }
        // It asks for usage in the stream, which Anthropic always sends.
        "stream_options" => {}
        "n" if value == &json!(1) => {}
        "response_format" if value.get("type").is_some_and(|t| t == "text") => {}
        "response_format" => response_format(value, path, body, losses),
        _ => losses.push(Loss::dropped(path, "Anthropic has no such field")),
    }
}

/// A JSON schema of the answer goes into `output_config.format`.
fn response_format(value: &Value, path: String, body: &mut JsonMap, losses: &mut Vec<Loss>) {
    let Some(schema) = value.get("json_schema").and_then(|named| named.get("schema")).filter(|it| it.is_object())
    else {
        losses.push(Loss::dropped(path, "Anthropic takes a JSON schema of the answer and has no other JSON mode"));
        return;
    };
    let config = body.entry("output_config").or_insert_with(|| json!({}));
    config["format"] = json!({"type": "json_schema", "schema": schema});
    let strict = value.pointer("/json_schema/strict").and_then(Value::as_bool);
    if strict == Some(false) {
        losses.push(Loss::changed(path, "Anthropic always holds the answer to the schema"));
    }
}

fn system(request: &Request, own: bool, forms: &mut RecordedForms<'_>, losses: &mut Vec<Loss>) -> Option<Value> {
    let messages: Vec<(usize, &Message)> =
        request.messages.iter().enumerate().filter(|(_, message)| message.role == Role::System).collect();
    if own
        && let [(_, only)] = messages.as_slice()
        && let Some(form) = forms.of(only)
    {
        return form.get("system").cloned();
    }
    let first_other = request.messages.iter().position(|message| message.role != Role::System).unwrap_or(usize::MAX);
    if messages.len() > 1 || messages.iter().any(|(at, _)| *at > first_other) {
        losses.push(Loss::changed("messages", "Anthropic has one system text in front: several were merged into it"));
    }
    let mut blocks = Vec::new();
    for (at, message) in messages {
        for (p, part) in message.parts.iter().enumerate() {
            blocks.extend(encode_part(part, &format!("messages[{at}].parts[{p}]"), own, losses));
        }
    }
    match blocks.as_mut_slice() {
        [] => None,
        [one] if one.get("type").is_some_and(|t| t == "text") && one.as_object().is_some_and(|o| o.len() == 2) => {
            one.get_mut("text").map(Value::take)
        }
        _ => Some(Value::Array(blocks)),
    }
}

fn messages(request: &Request, own: bool, forms: &mut RecordedForms<'_>, losses: &mut Vec<Loss>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    let mut call_ids: Vec<(String, String)> = Vec::new();
    let mut invented = 0;
    for (at, message) in request.messages.iter().enumerate().filter(|(_, message)| message.role != Role::System) {
        if let Some(form) = forms.of(message) {
            out.push(form.clone());
            continue;
        }
        let mut message = message.clone();
        fill_ids(&mut message, at, &mut call_ids, &mut invented, losses);
        let Some(encoded) = encode_message(&message, at, own, losses) else { continue };
        // Roles alternate, and all results of parallel calls stand in one message.
        match out.last_mut().filter(|last| !own && last.get("role") == encoded.get("role")) {
            Some(last) => append_blocks(last, &encoded),
            None => out.push(encoded),
        }
    }
    out
}

/// Gives calls without an id one, and their results the same, in order.
fn fill_ids(message: &mut Message, at: usize, open: &mut Vec<(String, String)>, n: &mut usize, losses: &mut Vec<Loss>) {
    for (p, part) in message.parts.iter_mut().enumerate() {
        match part {
            Part::ToolCall { id: id @ None, name, .. } => {
                let new = format!("toolu_{n}");
                *n += 1;
                losses.push(Loss::invented(format!("messages[{at}].parts[{p}].id"), "the record has no call id"));
                open.push((name.clone(), new.clone()));
                *id = Some(new);
            }
            Part::ToolResult { id: id @ None, name, .. } if !open.is_empty() => {
                let same = name.as_ref().and_then(|name| open.iter().position(|(of, _)| of == name)).unwrap_or(0);
                *id = Some(open.remove(same).1);
            }
            _ => {}
        }
    }
}

fn append_blocks(last: &mut Value, next: &Value) {
    let blocks = |content: Option<&Value>| match content {
        Some(Value::Array(items)) => items.clone(),
        Some(Value::String(text)) => vec![json!({"type": "text", "text": text})],
        _ => Vec::new(),
    };
    let mut all = blocks(last.get("content"));
    all.extend(blocks(next.get("content")));
    last["content"] = Value::Array(all);
}

/// The form of a message that stands for itself alone, for telling which recorded forms must be kept.
pub(super) fn one_message(message: &Message) -> Option<Value> {
    let mut losses = Vec::new();
    if message.role == Role::System {
        let alone = Request { messages: vec![message.clone()], ..Request::default() };
        let system = system(&alone, true, &mut RecordedForms::new(&[], |_| None), &mut losses)?;
        return losses.is_empty().then(|| json!({"system": system}));
    }
    let encoded = encode_message(message, 0, true, &mut losses)?;
    losses.is_empty().then_some(encoded)
}

fn encode_message(message: &Message, at: usize, own: bool, losses: &mut Vec<Loss>) -> Option<Value> {
    let mut blocks = Vec::new();
    for (p, part) in message.parts.iter().enumerate() {
        blocks.extend(encode_part(part, &format!("messages[{at}].parts[{p}]"), own, losses));
    }
    // Results stand before everything else of their message.
    blocks.sort_by_key(|block| block.get("type").is_some_and(|t| t != "tool_result"));
    if blocks.is_empty() {
        return None;
    }
    let role = if message.role == Role::Assistant { "assistant" } else { "user" };
    let content = match blocks.as_mut_slice() {
        [one] if one.get("type").is_some_and(|t| t == "text") => {
            one.get_mut("text").map(Value::take).unwrap_or_default()
        }
        _ => Value::Array(blocks),
    };
    Some(json!({"role": role, "content": content}))
}

fn encode_part(part: &Part, path: &str, own: bool, losses: &mut Vec<Loss>) -> Option<Value> {
    match part {
        Part::Text { text } if text.is_empty() && !own => None,
        Part::Text { text } => Some(json!({"type": "text", "text": text})),
        Part::Image { url, media_type } => {
            let source = encode_source(url, media_type.as_deref(), own);
            if source.is_none() {
                losses.push(Loss::dropped(path, "a file id of another vendor names nothing here"));
            }
            Some(json!({"type": "image", "source": source?}))
        }
        Part::File { url, name, media_type } => {
            let source = encode_source(url, media_type.as_deref(), own);
            if source.is_none() {
                losses.push(Loss::dropped(path, "a file id of another vendor names nothing here"));
            }
            let mut block = json!({"type": "document", "source": source?});
            if let Some(name) = name {
                block["title"] = json!(name);
            }
            Some(block)
        }
        Part::ToolCall { id, name, arguments } => {
            let input = match arguments {
                Value::Object(_) => arguments.clone(),
                _ if own => arguments.clone(),
                _ => {
                    losses.push(Loss::changed(path, "arguments that are no JSON object cannot be sent; `{}` is sent"));
                    json!({})
                }
            };
            let mut block = json!({"type": "tool_use"});
            if let Some(id) = id {
                block["id"] = json!(allowed_id(id, path, own, false, losses));
            }
            block["name"] = json!(name);
            block["input"] = input;
            Some(block)
        }
        Part::ToolResult { id, text, is_error, .. } => {
            let mut block = json!({"type": "tool_result"});
            if let Some(id) = id {
                block["tool_use_id"] = json!(allowed_id(id, path, own, true, losses));
            }
            block["content"] = json!(text);
            if *is_error {
                block["is_error"] = json!(true);
            }
            Some(block)
        }
        // Thinking goes back as its signed block, which stands beside the reasoning.
        Part::Reasoning { .. } if own => None,
        Part::Reasoning { .. } => {
            losses.push(Loss::dropped(path, "reasoning of another vendor has no signature"));
            None
        }
        Part::Opaque { vendor, json } if vendor == NAME => Some(json.clone()),
        Part::Opaque { vendor, json } => {
            let kind = json.get("type").and_then(Value::as_str).unwrap_or("block");
            losses.push(Loss::dropped(path, format!("`{kind}` of {vendor} has no counterpart")));
            None
        }
    }
}

/// Ids may hold letters, digits, `_` and `-` only; the same id is changed the same way on both sides.
fn allowed_id(id: &str, path: &str, own: bool, silent: bool, losses: &mut Vec<Loss>) -> String {
    if own {
        return id.to_owned();
    }
    let allowed: String = id.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    if allowed != id && !silent {
        losses.push(Loss::changed(format!("{path}.id"), "Anthropic's ids hold letters, digits, `_` and `-` only"));
    }
    allowed
}

fn encode_source(url: &str, media_type: Option<&str>, own: bool) -> Option<Value> {
    if let Some((of_url, data)) = fields::data_url(url) {
        return Some(json!({"type": "base64", "media_type": media_type.unwrap_or(of_url), "data": data}));
    }
    if url.contains("://") {
        return Some(json!({"type": "url", "url": url}));
    }
    own.then(|| json!({"type": "file", "file_id": url}))
}

fn encode_tool(definition: &ToolDefinition, own: bool, path: &str, losses: &mut Vec<Loss>) -> Option<Value> {
    let Some(raw) = &definition.raw else { return Some(tool(definition)) };
    if own || raw.get("input_schema").is_some() {
        return Some(raw.clone());
    }
    if definition.parameters.is_null() && raw.get("function").is_none() {
        losses.push(Loss::dropped(path, format!("`{}` runs at another vendor", definition.name)));
        return None;
    }
    let plain = crate::openai_chat::decode_tool(&json!({"type": "function", "function": raw.get("function")}));
    if plain.raw.is_some() {
        losses.push(Loss::changed(path, "only name, description and schema move between vendors"));
    }
    Some(tool(definition))
}

/// The plain form of a tool. A schema is required.
pub(super) fn tool(definition: &ToolDefinition) -> Value {
    let mut object = JsonMap::new();
    object.insert("name".into(), json!(definition.name));
    if let Some(description) = &definition.description {
        object.insert("description".into(), json!(description));
    }
    let schema = &definition.parameters;
    let schema = if schema.is_null() { json!({"type": "object", "properties": {}}) } else { schema.clone() };
    object.insert("input_schema".into(), schema);
    Value::Object(object)
}
