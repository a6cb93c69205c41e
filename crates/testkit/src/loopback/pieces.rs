//! A reply as bytes with waits between them, in the shape of either API.

use super::reply::{Reply, ToolCall, words};
use serde_json::{Value, json};
use std::time::Duration;

/// Which API was called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    OpenAi,
    Anthropic,
}

/// Bytes after a wait.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Piece {
    pub wait: Duration,
    pub bytes: Vec<u8>,
}

/// What the answer says of its request.
pub(super) struct Asked<'a> {
    pub api: Api,
    pub body: &'a Value,
    pub body_bytes: usize,
    /// Counts requests from 1.
    pub number: usize,
}

impl Asked<'_> {
    pub fn streams(&self) -> bool {
        self.body.get("stream").and_then(Value::as_bool).unwrap_or(false)
    }

    fn model(&self, reply: &Reply) -> String {
        reply
            .model
            .clone()
            .or_else(|| self.body.get("model").and_then(Value::as_str).map(str::to_owned))
            .unwrap_or_else(|| "loopback".into())
    }

    fn last_user_text(&self) -> String {
        let messages = self.body.get("messages").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let last = messages.iter().rev().find(|message| message["role"] == "user");
        match last.map(|message| &message["content"]) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
            _ => String::new(),
        }
    }
}

/// The whole answer of a reply: its text, or the echo.
pub(super) fn answer_tokens(reply: &Reply, asked: &Asked) -> Vec<String> {
    if reply.echo { words(&asked.last_user_text()) } else { reply.tokens.clone() }
}

/// The body in pieces, before it is split or cut.
pub(super) fn pieces(reply: &Reply, asked: &Asked) -> Vec<Piece> {
    let first = Duration::from_millis(reply.first_token_ms);
    let whole = |bytes: Vec<u8>, wait: Duration| vec![Piece { wait, bytes }];
    if let Some(body) = &reply.body {
        return whole(body.clone().into_bytes(), first);
    }
    if reply.status >= 400 {
        return whole(error_body(reply, asked.api).to_string().into_bytes(), first);
    }
    let tokens = answer_tokens(reply, asked);
    if !asked.streams() {
        let pace = Duration::from_millis(reply.pace_ms);
        let body = match asked.api {
            Api::OpenAi => openai_whole(reply, asked, &tokens),
            Api::Anthropic => anthropic_whole(reply, asked, &tokens),
        };
        let tokens = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        return whole(body.to_string().into_bytes(), first + pace * tokens.saturating_sub(1));
    }
    let mut stream = Stream { pieces: Vec::new(), reply, tokens_sent: 0 };
    let complete = match asked.api {
        Api::OpenAi => openai_stream(&mut stream, asked, &tokens),
        Api::Anthropic => anthropic_stream(&mut stream, asked, &tokens),
    };
    if complete.is_none() {
        let error = error_body(reply, asked.api);
        match asked.api {
            Api::OpenAi => stream.event(None, &error),
            Api::Anthropic => stream.event(Some("error"), &error),
        }
    }
    stream.pieces
}

/// Bytes of the pieces, for cuts and splits.
pub(super) fn shape(pieces: Vec<Piece>, split_bytes: Option<usize>, keep_bytes: Option<usize>) -> Vec<Piece> {
    let mut left = keep_bytes.unwrap_or(usize::MAX);
    let mut shaped = Vec::new();
    for mut piece in pieces {
        if left == 0 {
            break;
        }
        piece.bytes.truncate(left);
        left -= piece.bytes.len();
        match split_bytes.filter(|size| *size > 0) {
            None => shaped.push(piece),
            Some(size) => {
                for (at, bytes) in piece.bytes.chunks(size).enumerate() {
                    let wait = if at == 0 { piece.wait } else { Duration::ZERO };
                    shaped.push(Piece { wait, bytes: bytes.to_vec() });
                }
            }
        }
    }
    shaped
}

/// Events of a stream; tokens are paced and counted.
struct Stream<'a> {
    pieces: Vec<Piece>,
    reply: &'a Reply,
    tokens_sent: usize,
}

impl Stream<'_> {
    fn event(&mut self, name: Option<&str>, data: &Value) {
        self.push(Duration::ZERO, name, &data.to_string());
    }

    /// `None` when the reply is to fail here.
    fn token(&mut self, name: Option<&str>, data: &Value) -> Option<()> {
        if self.reply.error_after_tokens.is_some_and(|tokens| self.tokens_sent >= tokens) {
            return None;
        }
        let wait_ms = if self.tokens_sent == 0 { self.reply.first_token_ms } else { self.reply.pace_ms };
        self.tokens_sent += 1;
        self.push(Duration::from_millis(wait_ms), name, &data.to_string());
        Some(())
    }

    fn push(&mut self, wait: Duration, name: Option<&str>, data: &str) {
        let name = name.map(|name| format!("event: {name}\n")).unwrap_or_default();
        self.pieces.push(Piece { wait, bytes: format!("{name}data: {data}\n\n").into_bytes() });
    }
}

fn openai_stream(stream: &mut Stream, asked: &Asked, tokens: &[String]) -> Option<()> {
    let reply = stream.reply;
    let id = format!("chatcmpl-loopback-{}", asked.number);
    let chunk = |delta: Value, finish: Value| {
        json!({"id": id, "object": "chat.completion.chunk", "created": 1_790_000_000, "model": asked.model(reply),
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})
    };
    stream.event(None, &chunk(json!({"role": "assistant", "content": ""}), Value::Null));
    for token in &reply.reasoning {
        stream.token(None, &chunk(json!({"reasoning_content": token}), Value::Null))?;
    }
    for token in tokens {
        stream.token(None, &chunk(json!({"content": token}), Value::Null))?;
    }
    for (index, call) in reply.tool_calls.iter().enumerate() {
        let head = json!({"index": index, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}});
        stream.token(None, &chunk(json!({"tool_calls": [head]}), Value::Null))?;
        for part in argument_parts(call) {
            let part = json!({"index": index, "function": {"arguments": part}});
            stream.token(None, &chunk(json!({"tool_calls": [part]}), Value::Null))?;
        }
    }
    if reply.error_after_tokens.is_some() {
        return None;
    }
    stream.event(None, &chunk(json!({}), json!(finish(reply))));
    if !reply.no_usage && asked.body["stream_options"]["include_usage"] == true {
        let mut last = chunk(json!({}), Value::Null);
        last["choices"] = json!([]);
        last["usage"] = openai_usage(reply, asked, tokens);
        stream.event(None, &last);
    }
    stream.push(Duration::ZERO, None, "[DONE]");
    Some(())
}

fn openai_whole(reply: &Reply, asked: &Asked, tokens: &[String]) -> Value {
    let mut message = json!({"role": "assistant", "content": tokens.concat()});
    if !reply.reasoning.is_empty() {
        message["reasoning_content"] = json!(reply.reasoning.concat());
    }
    if !reply.tool_calls.is_empty() {
        if tokens.is_empty() {
            message["content"] = Value::Null;
        }
        let call = |call: &ToolCall| json!({"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments.to_string()}});
        message["tool_calls"] = reply.tool_calls.iter().map(call).collect();
    }
    let mut body = json!({"id": format!("chatcmpl-loopback-{}", asked.number), "object": "chat.completion",
        "created": 1_790_000_000, "model": asked.model(reply),
        "choices": [{"index": 0, "message": message, "finish_reason": finish(reply)}]});
    if !reply.no_usage {
        body["usage"] = openai_usage(reply, asked, tokens);
    }
    body
}

fn openai_usage(reply: &Reply, asked: &Asked, tokens: &[String]) -> Value {
    let (input, output) = usage(reply, asked, tokens);
    let mut usage = json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output});
    if let Some(cached) = reply.cached_tokens {
        usage["prompt_tokens_details"] = json!({"cached_tokens": cached});
    }
    usage
}

fn anthropic_stream(stream: &mut Stream, asked: &Asked, tokens: &[String]) -> Option<()> {
    let reply = stream.reply;
    let mut message = anthropic_whole(reply, asked, tokens);
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    if !reply.no_usage {
        message["usage"]["output_tokens"] = json!(1);
    }
    stream.event(Some("message_start"), &json!({"type": "message_start", "message": message}));
    stream.event(Some("ping"), &json!({"type": "ping"}));
    let mut blocks = 0;
    let delta = |index: usize, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let groups = [("thinking", &reply.reasoning[..]), ("text", tokens)];
    for (kind, tokens) in groups {
        if tokens.is_empty() {
            continue;
        }
        let start = json!({"type": "content_block_start", "index": blocks, "content_block": {"type": kind, kind: ""}});
        stream.event(Some("content_block_start"), &start);
        for token in tokens {
            let data = delta(blocks, json!({"type": format!("{kind}_delta"), kind: token}));
            stream.token(Some("content_block_delta"), &data)?;
        }
        stream.event(Some("content_block_stop"), &json!({"type": "content_block_stop", "index": blocks}));
        blocks += 1;
    }
    for call in &reply.tool_calls {
        let block = json!({"type": "tool_use", "id": call.id, "name": call.name, "input": {}});
        let start = json!({"type": "content_block_start", "index": blocks, "content_block": block});
        stream.event(Some("content_block_start"), &start);
        for part in argument_parts(call) {
            let data = delta(blocks, json!({"type": "input_json_delta", "partial_json": part}));
            stream.token(Some("content_block_delta"), &data)?;
        }
        stream.event(Some("content_block_stop"), &json!({"type": "content_block_stop", "index": blocks}));
        blocks += 1;
    }
    if reply.error_after_tokens.is_some() {
        return None;
    }
    let mut last =
        json!({"type": "message_delta", "delta": {"stop_reason": anthropic_finish(reply), "stop_sequence": null}});
    if !reply.no_usage {
        last["usage"] = json!({"output_tokens": usage(reply, asked, tokens).1});
    }
    stream.event(Some("message_delta"), &last);
    stream.event(Some("message_stop"), &json!({"type": "message_stop"}));
    Some(())
}

fn anthropic_whole(reply: &Reply, asked: &Asked, tokens: &[String]) -> Value {
    let mut content = Vec::new();
    if !reply.reasoning.is_empty() {
        content.push(json!({"type": "thinking", "thinking": reply.reasoning.concat(), "signature": "loopback"}));
    }
    if !tokens.is_empty() {
        content.push(json!({"type": "text", "text": tokens.concat()}));
    }
    for call in &reply.tool_calls {
        content.push(json!({"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments}));
    }
    let mut body = json!({"id": format!("msg_loopback_{}", asked.number), "type": "message", "role": "assistant",
        "model": asked.model(reply), "content": content, "stop_reason": anthropic_finish(reply), "stop_sequence": null});
    if !reply.no_usage {
        let (input, output) = usage(reply, asked, tokens);
        // Anthropic's input excludes what came from the cache.
        let cached = reply.cached_tokens.unwrap_or(0);
        body["usage"] = json!({"input_tokens": input.saturating_sub(cached), "output_tokens": output, "cache_read_input_tokens": cached, "cache_creation_input_tokens": 0});
    }
    body
}

/// Input and output tokens: as told, else four bytes of the request a token, and the tokens that were sent.
fn usage(reply: &Reply, asked: &Asked, tokens: &[String]) -> (u64, u64) {
    let counted = tokens.len() + reply.reasoning.len() + 8 * reply.tool_calls.len();
    (reply.input_tokens.unwrap_or(asked.body_bytes as u64 / 4), reply.output_tokens.unwrap_or(counted as u64))
}

fn finish(reply: &Reply) -> &str {
    reply.finish_reason.as_deref().unwrap_or(if reply.tool_calls.is_empty() { "stop" } else { "tool_calls" })
}

fn anthropic_finish(reply: &Reply) -> &str {
    match finish(reply) {
        "stop" => "end_turn",
        "length" => "max_tokens",
        "tool_calls" => "tool_use",
        "content_filter" => "refusal",
        other => other,
    }
}

/// The arguments in pieces that split words, as providers send them.
fn argument_parts(call: &ToolCall) -> Vec<String> {
    let text: Vec<char> = call.arguments.to_string().chars().collect();
    text.chunks(7).map(|part| part.iter().collect()).collect()
}

fn error_body(reply: &Reply, api: Api) -> Value {
    let message = reply.message.clone().unwrap_or_else(|| format!("loopback was told to answer {}", reply.status));
    let kind = match reply.status {
        400 | 404 | 422 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    };
    match api {
        Api::OpenAi => json!({"error": {"message": message, "type": kind, "param": null, "code": null}}),
        Api::Anthropic => json!({"type": "error", "error": {"type": kind, "message": message}}),
    }
}
