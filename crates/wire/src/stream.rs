//! Events of a streamed answer, the same for every API, and the answer that they add up to.
//!
//! The law: any split of the bytes gives the same events, and the events add up to what the API sends when it is not
//! asked to stream.

use crate::WireError;
use retake_model::{Answer, FinishReason, JsonMap, Part, Usage};
use serde_json::Value;

/// One thing that a stream says.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamEvent {
    /// The provider's id of the answer.
    Id(String),
    /// The model that answers.
    Model(String),
    /// Answer text; `block` tells blocks of text apart where an API has several.
    Text {
        /// Content block.
        block: u32,
        /// The piece.
        text: String,
    },
    /// Reasoning that the vendor shows.
    Reasoning {
        /// Content block.
        block: u32,
        /// The piece.
        text: String,
    },
    /// A tool call begins. `index` counts the calls of the answer from 0.
    ToolCallStart {
        /// Which call.
        index: u32,
        /// The vendor's id; `None` when it gave none.
        id: Option<String>,
        /// Tool name.
        name: String,
    },
    /// A piece of the arguments of call `index`.
    ToolArguments {
        /// Which call.
        index: u32,
        /// The piece.
        text: String,
    },
    /// A block that must go back unchanged (signed reasoning, a server tool's result), once it is whole.
    Opaque {
        /// The vendor.
        vendor: &'static str,
        /// The block.
        json: Value,
    },
    /// Why the answer ended.
    Finish(FinishReason),
    /// Tokens so far; later events complete or replace earlier ones.
    Usage(Usage),
    /// Cost that the provider or gateway stated, in nano-dollars.
    Cost(i64),
    /// The provider reports an error within the stream.
    Error {
        /// Its code or type.
        code: Option<String>,
        /// Its own message.
        message: String,
    },
}

/// A stream that ended before its end mark, or with an error: what came is kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{why}")]
pub struct CutShort {
    /// The answer so far.
    pub answer: Box<Answer>,
    /// Events that came.
    pub events: usize,
    /// Why it is not whole.
    pub why: CutReason,
}

/// Why a stream is not whole.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CutReason {
    /// It closed without its end mark.
    #[error("the stream ended before its last event")]
    Ended,
    /// The provider reported an error in it.
    #[error("the provider reported an error within the stream: {message}")]
    Error {
        /// Its code or type.
        code: Option<String>,
        /// Its own message.
        message: String,
    },
}

/// How the bytes of a stream came to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEnd {
    /// The server closed it in good order.
    Closed,
    /// The connection broke, or nobody knows.
    Broken,
}

/// A decoder of one stream.
pub trait Decode: Send {
    /// Takes the next bytes and puts what they say into `out`. An event that is no JSON is an error, and what stood
    /// before it is in `out`; a field of another type than the API's is passed over.
    fn push(&mut self, bytes: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), WireError>;
    /// Ends the stream: events of a last line that was not closed are counted too.
    fn finish(self: Box<Self>, end: StreamEnd) -> Result<Answer, CutShort>;
    /// The answer so far, for a stream that is given up.
    fn so_far(&self) -> Answer;
}

/// Adds events up to an answer.
#[derive(Debug, Default, Clone)]
pub struct Collector {
    answer: Answer,
    slots: Vec<Slot>,
    events: usize,
    error: Option<(Option<String>, String)>,
}

#[derive(Debug, Clone)]
enum Slot {
    Text(u32, String),
    Reasoning(u32, String),
    Call { index: u32, id: Option<String>, name: String, arguments: String },
    Opaque(&'static str, Value),
}

impl Collector {
    /// Takes events.
    pub fn take_all(&mut self, events: &[StreamEvent]) {
        events.iter().for_each(|event| self.take(event));
    }

    /// Takes one event.
    pub fn take(&mut self, event: &StreamEvent) {
        self.events += 1;
        match event {
            StreamEvent::Id(id) => self.answer.response_id = Some(id.clone()),
            StreamEvent::Model(model) => self.answer.model = Some(model.clone()),
            StreamEvent::Text { block, text } => {
                let found = self.slots.iter_mut().find_map(|slot| match slot {
                    Slot::Text(of, so_far) if of == block => Some(so_far),
                    _ => None,
                });
                match found {
                    Some(so_far) => so_far.push_str(text),
                    None => self.slots.push(Slot::Text(*block, text.clone())),
                }
            }
            StreamEvent::Reasoning { block, text } => {
                let found = self.slots.iter_mut().find_map(|slot| match slot {
                    Slot::Reasoning(of, so_far) if of == block => Some(so_far),
                    _ => None,
                });
                match found {
                    Some(so_far) => so_far.push_str(text),
                    None => self.slots.push(Slot::Reasoning(*block, text.clone())),
                }
            }
            StreamEvent::ToolCallStart { index, id, name } => {
                self.slots.push(Slot::Call {
                    index: *index,
                    id: id.clone(),
                    name: name.clone(),
                    arguments: String::new(),
                });
            }
            StreamEvent::ToolArguments { index, text } => {
                let found = self.slots.iter_mut().find_map(|slot| match slot {
                    Slot::Call { index: of, arguments, .. } if of == index => Some(arguments),
                    _ => None,
                });
                if let Some(arguments) = found {
                    arguments.push_str(text);
                }
            }
            StreamEvent::Opaque { vendor, json } => self.slots.push(Slot::Opaque(vendor, json.clone())),
            StreamEvent::Finish(reason) => self.answer.finish_reason = Some(reason.clone()),
            StreamEvent::Usage(usage) => self.answer.usage = later_usage(&self.answer.usage, usage),
            StreamEvent::Cost(usd_nanos) => self.answer.reported_usd_nanos = Some(*usd_nanos),
            StreamEvent::Error { code, message } => self.error = Some((code.clone(), message.clone())),
        }
    }

    /// The answer so far. Arguments that are not whole JSON stay text.
    pub fn so_far(&self) -> Answer {
        let mut answer = self.answer.clone();
        answer.parts = self
            .slots
            .iter()
            .map(|slot| match slot {
                Slot::Text(_, text) => Part::Text { text: text.clone() },
                Slot::Reasoning(_, text) => Part::Reasoning { text: text.clone() },
                Slot::Call { id, name, arguments, .. } => {
                    Part::ToolCall { id: id.clone(), name: name.clone(), arguments: arguments_from_text(arguments) }
                }
                Slot::Opaque(vendor, json) => Part::Opaque { vendor: (*vendor).to_owned(), json: json.clone() },
            })
            .collect();
        answer
    }

    /// The whole answer, or what there is of it. `whole` is what the API's end mark says.
    pub fn end(self, whole: bool) -> Result<Answer, CutShort> {
        let answer = self.so_far();
        let why = match self.error {
            Some((code, message)) => CutReason::Error { code, message },
            None if whole => return Ok(answer),
            None => CutReason::Ended,
        };
        Err(CutShort { answer: Box::new(answer), events: self.events, why })
    }
}

/// Tool arguments as a JSON value. Text that is no JSON, or only a JSON string, stays as it is; nothing is `{}`.
pub fn arguments_from_text(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(JsonMap::new());
    }
    match serde_json::from_str::<Value>(text) {
        Ok(Value::String(_)) | Err(_) => Value::String(text.to_owned()),
        Ok(value) => value,
    }
}

/// Inverse of [`arguments_from_text`], compact.
pub fn arguments_to_text(arguments: &Value) -> String {
    match arguments {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Usage after a later report: a bucket that it states replaces, one that it does not state stays.
fn later_usage(so_far: &Usage, later: &Usage) -> Usage {
    Usage {
        uncached_input_tokens: later.uncached_input_tokens.or(so_far.uncached_input_tokens),
        cache_read_tokens: later.cache_read_tokens.or(so_far.cache_read_tokens),
        cache_write_tokens: later.cache_write_tokens.or(so_far.cache_write_tokens),
        output_text_tokens: later.output_text_tokens.or(so_far.output_text_tokens),
        reasoning_tokens: later.reasoning_tokens.or(so_far.reasoning_tokens),
        audio_input_tokens: later.audio_input_tokens.or(so_far.audio_input_tokens),
        audio_output_tokens: later.audio_output_tokens.or(so_far.audio_output_tokens),
    }
}
