//! The stream of a message: `message_start`, blocks by index, `message_delta`, `message_stop`; `ping` and unknown events
//! are passed over, `error` may come at any time.

use super::*;
use crate::sse::{SseEvent, SseParser};
use crate::stream::{Collector, CutShort, Decode, StreamEnd, StreamEvent};

/// Decoder of one stream; see [`Decode`].
#[derive(Debug, Default)]
pub struct StreamDecoder {
    sse: SseParser,
    collector: Collector,
    blocks: Vec<(u64, Block)>,
    calls: u32,
    ended: bool,
    finished: bool,
    counted: bool,
    content: bool,
}

#[derive(Debug)]
enum Block {
    Text,
    Call(u32),
    /// A block that goes back unchanged; its deltas are put into it and it is told when it is whole.
    Kept {
        json: Value,
        input: String,
    },
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
        let whole = self.ended || (self.finished && self.counted);
        self.collector.end(whole)
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
        let data: Value = serde_json::from_str(data)
            .map_err(|why| WireError::NotJson { what: "an event of the stream".into(), why: why.to_string() })?;
        let kind = data.get("type").and_then(Value::as_str).or(event.event.as_deref()).unwrap_or_default().to_owned();
        let index = data.get("index").and_then(Value::as_u64).unwrap_or(0);
        match kind.as_str() {
            "message_start" => self.start(data.get("message").unwrap_or(&Value::Null), out),
            "content_block_start" => self.block_start(index, data.get("content_block").unwrap_or(&Value::Null), out),
            "content_block_delta" => self.block_delta(index, data.get("delta").unwrap_or(&Value::Null), out),
            "content_block_stop" => self.block_stop(index, out),
            "message_delta" => {
                if let Some(word) = data.pointer("/delta/stop_reason").and_then(Value::as_str) {
                    self.finished = true;
                    out.push(StreamEvent::Finish(FinishReason::parse(word)));
                }
                if let Some(reported) = data.get("usage").map(usage).filter(|usage| !usage.is_empty()) {
                    self.counted = true;
                    out.push(StreamEvent::Usage(reported));
                }
            }
            "message_stop" => self.ended = true,
            _ => {
                if let Some(error) = provider_message(&data) {
                    out.push(StreamEvent::Error { code: error.code, message: error.message });
                }
            }
        }
        Ok(())
    }

    fn start(&mut self, message: &Value, out: &mut Vec<StreamEvent>) {
        // A second beginning before anything came is a careless server; after content it is another message, and an answer
        // made of two is none.
        if self.content {
            let message = "a second message began within the first".to_owned();
            out.push(StreamEvent::Error { code: Some("spliced_stream".into()), message });
            self.ended = true;
            return;
        }
        out.extend(fields::text(message, "id").map(StreamEvent::Id));
        out.extend(fields::text(message, "model").map(StreamEvent::Model));
        out.extend(message.get("usage").map(usage).filter(|usage| !usage.is_empty()).map(StreamEvent::Usage));
    }

    fn block_start(&mut self, index: u64, block: &Value, out: &mut Vec<StreamEvent>) {
        self.content = true;
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let opened = match block.get("type").and_then(Value::as_str) {
            Some("text") => {
                out.extend(fields::text(block, "text").map(|text| StreamEvent::Text { block: number, text }));
                Block::Text
            }
            Some("tool_use") => {
                let call = self.calls;
                self.calls += 1;
                let name = fields::text(block, "name").unwrap_or_default();
                out.push(StreamEvent::ToolCallStart { index: call, id: fields::text(block, "id"), name });
                // Arguments come in deltas; a block that has them already is whole.
                if let Some(input) = block.get("input").and_then(Value::as_object).filter(|input| !input.is_empty()) {
                    out.push(StreamEvent::ToolArguments {
                        index: call,
                        text: Value::Object(input.clone()).to_string(),
                    });
                }
                Block::Call(call)
            }
            kind => {
                if kind == Some("thinking")
                    && let Some(text) = fields::text(block, "thinking")
                {
                    out.push(StreamEvent::Reasoning { block: number, text });
                }
                Block::Kept { json: block.clone(), input: String::new() }
            }
        };
        self.blocks.retain(|(of, _)| *of != index);
        self.blocks.push((index, opened));
    }

    fn block_delta(&mut self, index: u64, delta: &Value, out: &mut Vec<StreamEvent>) {
        let number = u32::try_from(index).unwrap_or(u32::MAX);
        let block = self.blocks.iter_mut().find(|(of, _)| *of == index).map(|(_, block)| block);
        match (delta.get("type").and_then(Value::as_str), block) {
            (Some("text_delta"), _) => {
                out.extend(fields::text(delta, "text").map(|text| StreamEvent::Text { block: number, text }));
            }
            (Some("input_json_delta"), Some(Block::Call(call))) => {
                let (index, text) = (*call, fields::text(delta, "partial_json"));
                out.extend(text.map(|text| StreamEvent::ToolArguments { index, text }));
            }
            (Some("input_json_delta"), Some(Block::Kept { input, .. })) => {
                input.push_str(delta.get("partial_json").and_then(Value::as_str).unwrap_or_default());
            }
            (Some("thinking_delta"), block) => {
                let Some(text) = fields::text(delta, "thinking") else { return };
                if let Some(Block::Kept { json, .. }) = block {
                    append(json, "thinking", &text);
                }
                out.push(StreamEvent::Reasoning { block: number, text });
            }
            (Some("signature_delta"), Some(Block::Kept { json, .. })) => {
                append(json, "signature", delta.get("signature").and_then(Value::as_str).unwrap_or_default());
            }
            _ => {}
        }
    }

    fn block_stop(&mut self, index: u64, out: &mut Vec<StreamEvent>) {
        let Some(at) = self.blocks.iter().position(|(of, _)| *of == index) else { return };
        if let (_, Block::Kept { mut json, input }) = self.blocks.remove(at) {
            if !input.is_empty()
                && let Some(object) = json.as_object_mut()
            {
                object.insert("input".into(), crate::stream::arguments_from_text(&input));
            }
            out.push(StreamEvent::Opaque { vendor: NAME, json });
        }
    }
}

fn append(block: &mut Value, key: &str, text: &str) {
    let Some(object) = block.as_object_mut() else { return };
    match object.get_mut(key) {
        Some(Value::String(so_far)) => so_far.push_str(text),
        _ => {
            object.insert(key.into(), json!(text));
        }
    }
}
