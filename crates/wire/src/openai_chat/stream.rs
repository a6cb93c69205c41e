//! The stream of a chat completion: `chat.completion.chunk` events, then `[DONE]`.
//!
//! What compatible servers do otherwise and is understood: no `[DONE]` after a finish reason; usage in the last content
//! chunk, in a chunk without choices or under `x_groq`; ids of tool calls repeated, empty or changed under one index; calls
//! without an index; reasoning as `reasoning_content` or `reasoning`; content as a list of parts; an error object within
//! the stream.

use super::*;
use crate::sse::{SseEvent, SseParser};
use crate::stream::{Collector, CutShort, Decode, StreamEnd, StreamEvent};

/// Decoder of one stream; see [`Decode`].
#[derive(Debug, Default)]
pub struct StreamDecoder {
    sse: SseParser,
    collector: Collector,
    calls: Vec<Call>,
    ended: bool,
    finished: bool,
    counted: bool,
    identified: (bool, bool),
}

/// A tool call under way. `slot` is the vendor's index, under which a second call may appear.
#[derive(Debug)]
struct Call {
    slot: Option<u64>,
    id: Option<String>,
    name: String,
    /// Arguments that came before the name; the call is announced once it has one.
    held: String,
    announced: bool,
    /// True once the arguments so far are a whole JSON value, for servers that send no index.
    arguments: String,
}

impl Decode for StreamDecoder {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let from = out.len();
        let events = self.sse.push(bytes)?;
        let read = events.iter().try_for_each(|event| self.event(event, out));
        self.collector.take_all(out.get(from..).unwrap_or_default());
        read
    }

    fn finish(mut self: Box<Self>, end: StreamEnd) -> Result<Answer, CutShort> {
        let mut events = Vec::new();
        let mut torn = end == StreamEnd::Broken;
        if let Some(event) = self.sse.finish() {
            // A last line that was cut in its middle says nothing.
            torn |= self.event(&event, &mut events).is_err();
        }
        self.announce_nameless(&mut events);
        self.collector.take_all(&events);
        // Many compatible servers close after the last chunk and send no end mark.
        let whole = self.ended || (self.finished && (self.counted || !torn));
        self.collector.end(whole)
    }

    fn so_far(&self) -> Answer {
        self.collector.so_far()
    }
}

/// Reads the data of one event, in chat and in completions: a chunk, the end mark or an error of the provider.
pub(crate) fn chunk(data: &str, ended: &mut bool, out: &mut Vec<StreamEvent>) -> Result<Option<Value>, WireError> {
    let data = data.trim();
    if data.is_empty() || *ended {
        return Ok(None);
    }
    if data == "[DONE]" {
        *ended = true;
        return Ok(None);
    }
    let chunk: Value = serde_json::from_str(data)
        .map_err(|why| WireError::NotJson { what: "an event of the stream".into(), why: why.to_string() })?;
    match provider_message(&chunk) {
        Some(error) => {
            out.push(StreamEvent::Error { code: error.code, message: error.message });
            Ok(None)
        }
        None => Ok(Some(chunk)),
    }
}

impl StreamDecoder {
    fn event(&mut self, event: &SseEvent, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let Some(chunk) = chunk(&event.data, &mut self.ended, out)? else { return Ok(()) };
        if let Some(id) = fields::text(&chunk, "id").filter(|_| !self.identified.0) {
            self.identified.0 = true;
            out.push(StreamEvent::Id(id));
        }
        if let Some(model) = fields::text(&chunk, "model").filter(|_| !self.identified.1) {
            self.identified.1 = true;
            out.push(StreamEvent::Model(model));
        }
        let choices = chunk.get("choices").and_then(Value::as_array);
        let first = choices.into_iter().flatten().find(|c| c.get("index").and_then(Value::as_u64).unwrap_or(0) == 0);
        if let Some(choice) = first {
            self.choice(choice, out);
        }
        let reported = chunk.get("usage").filter(|u| u.is_object()).or_else(|| chunk.pointer("/x_groq/usage"));
        if let Some(reported) = reported {
            let counted = usage(reported);
            if !counted.is_empty() {
                self.counted = true;
                out.push(StreamEvent::Usage(counted));
            }
            if let Some(cost) = reported_cost(&chunk) {
                out.push(StreamEvent::Cost(cost));
            }
        }
        Ok(())
    }

    fn choice(&mut self, choice: &Value, out: &mut Vec<StreamEvent>) {
        // A server that was asked to stream and cannot sends the whole message in one chunk.
        let delta = choice.get("delta").or_else(|| choice.get("message")).unwrap_or(&Value::Null);
        if let Some(text) = ["reasoning_content", "reasoning"].into_iter().find_map(|key| fields::text(delta, key)) {
            out.push(StreamEvent::Reasoning { block: 0, text });
        }
        match delta.get("content") {
            Some(Value::String(text)) if !text.is_empty() => {
                out.push(StreamEvent::Text { block: 0, text: text.clone() })
            }
            Some(Value::Array(items)) => {
                for part in items.iter().flat_map(decode_part) {
                    match part {
                        Part::Text { text } => out.push(StreamEvent::Text { block: 0, text }),
                        Part::Reasoning { text } => out.push(StreamEvent::Reasoning { block: 0, text }),
                        Part::Opaque { json, .. } => out.push(StreamEvent::Opaque { vendor: NAME, json }),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        if let Some(refusal) = fields::text(delta, "refusal") {
            out.push(StreamEvent::Text { block: 1, text: refusal });
        }
        for call in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.call(call, out);
        }
        if let Some(call) = delta.get("function_call").filter(|call| call.is_object()) {
            self.call(&json!({"index": 0, "function": call}), out);
        }
        if let Some(word) = fields::text(choice, "finish_reason") {
            self.finished = true;
            out.push(StreamEvent::Finish(FinishReason::parse(&word)));
        }
    }

    fn call(&mut self, piece: &Value, out: &mut Vec<StreamEvent>) {
        let slot = piece.get("index").and_then(Value::as_u64);
        let id = fields::text(piece, "id");
        let function = piece.get("function").unwrap_or(&Value::Null);
        let name = fields::text(function, "name");
        let arguments = match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(value) => value.to_string(),
        };
        let at = self.open_call(slot, id.as_deref(), name.as_deref());
        let at = at.unwrap_or_else(|| {
            let (id, name) = (id.clone(), String::new());
            self.calls.push(Call { slot, id, name, held: String::new(), announced: false, arguments: String::new() });
            self.calls.len() - 1
        });
        let Some(call) = self.calls.get_mut(at) else { return };
        let index = u32::try_from(at).unwrap_or(u32::MAX);
        if call.id.is_none() {
            call.id = id;
        }
        if call.name.is_empty() {
            call.name = name.unwrap_or_default();
        }
        call.arguments.push_str(&arguments);
        call.held.push_str(&arguments);
        if !call.announced && !call.name.is_empty() {
            call.announced = true;
            out.push(StreamEvent::ToolCallStart { index, id: call.id.clone(), name: call.name.clone() });
        }
        if call.announced && !call.held.is_empty() {
            out.push(StreamEvent::ToolArguments { index, text: std::mem::take(&mut call.held) });
        }
    }

    /// The call that a piece continues; `None` begins a new one.
    fn open_call(&self, slot: Option<u64>, id: Option<&str>, name: Option<&str>) -> Option<usize> {
        let with_slot = |slot: u64| self.calls.iter().rposition(|call| call.slot == Some(slot));
        match slot {
            Some(slot) => {
                let at = with_slot(slot)?;
                let call = self.calls.get(at)?;
                let other_id = matches!((id, call.id.as_deref()), (Some(new), Some(old)) if new != old);
                (!(other_id && name.is_some())).then_some(at)
            }
            None => {
                if let Some(id) = id {
                    let same = self.calls.iter().rposition(|call| call.id.as_deref() == Some(id));
                    let whole = same.and_then(|at| self.calls.get(at)).is_some_and(|call| is_whole(&call.arguments));
                    // The same id again with a name, after whole arguments, is a second call of a careless server.
                    return if whole && name.is_some() { None } else { same };
                }
                let last = self.calls.len().checked_sub(1)?;
                let whole = self.calls.get(last).is_some_and(|call| is_whole(&call.arguments));
                if name.is_some() && whole { None } else { Some(last) }
            }
        }
    }

    fn announce_nameless(&mut self, out: &mut Vec<StreamEvent>) {
        for (at, call) in self.calls.iter_mut().enumerate().filter(|(_, call)| !call.announced) {
            let index = u32::try_from(at).unwrap_or(u32::MAX);
            out.push(StreamEvent::ToolCallStart { index, id: call.id.clone(), name: String::new() });
            out.push(StreamEvent::ToolArguments { index, text: std::mem::take(&mut call.held) });
        }
    }
}

fn is_whole(arguments: &str) -> bool {
    !arguments.is_empty() && serde_json::from_str::<Value>(arguments).is_ok()
}
