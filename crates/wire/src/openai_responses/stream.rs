//! The stream of a response: named events with a growing response, the last of which holds the whole.

use super::*;
use crate::sse::{SseEvent, SseParser};
use crate::stream::{Collector, CutShort, Decode, StreamEnd, StreamEvent};
use std::collections::{BTreeMap, BTreeSet};

/// Decoder of one stream; see [`Decode`].
#[derive(Debug, Default)]
pub struct StreamDecoder {
    sse: SseParser,
    collector: Collector,
    /// Blocks of text, by item and place in it.
    blocks: BTreeMap<(u32, u32), u32>,
    /// Calls that were announced, by item.
    calls: BTreeSet<u32>,
    /// Calls whose arguments came in pieces.
    argued: BTreeSet<u32>,
    /// Items of which something was said, so that what their last event repeats is not said twice.
    told: BTreeSet<u32>,
    identified: bool,
    named: bool,
    ended: bool,
}

impl Decode for StreamDecoder {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let from = out.len();
        let events = self.sse.push(bytes)?;
        let read = events.iter().try_for_each(|event| self.event(event, out));
        self.collector.take_all(out.get(from..).unwrap_or_default());
        read
    }

    fn finish(mut self: Box<Self>, _: StreamEnd) -> Result<Answer, CutShort> {
        let mut events = Vec::new();
        if let Some(event) = self.sse.finish() {
            // A last line that was cut in its middle says nothing; the stream is short then, which the end mark tells.
            let _cut = self.event(&event, &mut events);
        }
        self.collector.take_all(&events);
        self.collector.end(self.ended)
    }

    fn so_far(&self) -> Answer {
        self.collector.so_far()
    }
}

impl StreamDecoder {
    fn event(&mut self, event: &SseEvent, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let data = event.data.trim();
        if data.is_empty() || data == "[DONE]" || self.ended {
            return Ok(());
        }
        let value: Value = serde_json::from_str(data)
            .map_err(|why| WireError::NotJson { what: "an event of the stream".into(), why: why.to_string() })?;
        let kind = value.get("type").and_then(Value::as_str).or(event.event.as_deref()).unwrap_or_default().to_owned();
        let number =
            |key: &str| value.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        let (item_at, part_at) = (number("output_index"), number("content_index"));
        let delta = value.get("delta").and_then(Value::as_str).filter(|delta| !delta.is_empty());
        match kind.as_str() {
            "response.output_text.delta" => {
                if let Some(delta) = delta {
                    self.text(item_at, part_at, delta, out);
                }
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                if let Some(delta) = delta {
                    self.argued.insert(item_at);
                    out.push(StreamEvent::ToolArguments { index: item_at, text: delta.to_owned() });
                }
            }
            "response.output_item.added" => {
                if let Some(item) = value.get("item") {
                    self.announce(item_at, item, out);
                }
            }
            "response.output_item.done" => {
                if let Some(item) = value.get("item") {
                    self.item(item_at, item, out);
                }
            }
            "response.completed" | "response.incomplete" | "response.failed" | "response.cancelled" => {
                self.end(value.get("response").unwrap_or(&Value::Null), out);
            }
            "error" => self.error(&value, out),
            _ => {
                if let Some(response) = value.get("response") {
                    self.head(response, out);
                } else if value.get("error").is_some_and(|error| !error.is_null()) {
                    self.error(&value, out);
                }
            }
        }
        Ok(())
    }

    fn text(&mut self, item_at: u32, part_at: u32, text: &str, out: &mut Vec<StreamEvent>) {
        let next = u32::try_from(self.blocks.len()).unwrap_or(u32::MAX);
        let block = *self.blocks.entry((item_at, part_at)).or_insert(next);
        self.told.insert(item_at);
        out.push(StreamEvent::Text { block, text: text.to_owned() });
    }

    fn error(&self, value: &Value, out: &mut Vec<StreamEvent>) {
        let inner = value.get("error").filter(|error| error.is_object()).unwrap_or(value);
        let message = fields::text(inner, "message").unwrap_or_else(|| "the provider gave no message".to_owned());
        out.push(StreamEvent::Error { code: fields::text(inner, "code"), message });
    }

    fn head(&mut self, response: &Value, out: &mut Vec<StreamEvent>) {
        if let Some(id) = fields::text(response, "id").filter(|_| !self.identified) {
            self.identified = true;
            out.push(StreamEvent::Id(id));
        }
        if let Some(model) = fields::text(response, "model").filter(|_| !self.named) {
            self.named = true;
            out.push(StreamEvent::Model(model));
        }
    }

    /// A call is announced with its first event.
    fn announce(&mut self, at: u32, item: &Value, out: &mut Vec<StreamEvent>) {
        let call = matches!(item.get("type").and_then(Value::as_str), Some("function_call" | "custom_tool_call"));
        if let Some(name) = fields::text(item, "name").filter(|_| call && self.calls.insert(at)) {
            let id = fields::text(item, "call_id").or_else(|| fields::text(item, "id"));
            out.push(StreamEvent::ToolCallStart { index: at, id, name });
        }
    }

    /// An item that is whole: what its pieces have not told yet.
    fn item(&mut self, at: u32, item: &Value, out: &mut Vec<StreamEvent>) {
        match item.get("type").and_then(Value::as_str) {
            Some("function_call" | "custom_tool_call") => {
                self.announce(at, item, out);
                let arguments = fields::text(item, "arguments").or_else(|| fields::text(item, "input"));
                if let Some(text) = arguments.filter(|_| self.argued.insert(at)) {
                    out.push(StreamEvent::ToolArguments { index: at, text });
                }
            }
            Some("message") | None => {
                let told = self.told.contains(&at);
                let content = item.get("content").unwrap_or(&Value::Null);
                for (n, part) in decode_content(content).into_iter().enumerate() {
                    match part {
                        Part::Text { text } if !told => self.text(at, u32::try_from(n).unwrap_or(u32::MAX), &text, out),
                        Part::Opaque { json, .. } => out.push(StreamEvent::Opaque { vendor: NAME, json }),
                        _ => {}
                    }
                }
                self.told.insert(at);
            }
            Some(_) if self.told.insert(at) => out.push(StreamEvent::Opaque { vendor: NAME, json: item.clone() }),
            Some(_) => {}
        }
    }

    fn end(&mut self, response: &Value, out: &mut Vec<StreamEvent>) {
        self.head(response, out);
        // A recorder may have kept the last event alone.
        if self.told.is_empty() && self.calls.is_empty() {
            let items = response.get("output").and_then(Value::as_array);
            for (at, item) in items.into_iter().flatten().enumerate() {
                self.item(u32::try_from(at).unwrap_or(u32::MAX), item, out);
            }
        }
        if let Some(counted) = response.get("usage").filter(|usage| usage.is_object()) {
            out.push(StreamEvent::Usage(usage(counted)));
        }
        if response.get("error").is_some_and(|error| !error.is_null()) {
            self.error(response, out);
        } else if let Some(reason) = finish_reason(response) {
            let called = !self.calls.is_empty() && reason == FinishReason::Stop;
            out.push(StreamEvent::Finish(if called { FinishReason::ToolCalls } else { reason }));
        }
        self.ended = true;
    }
}
