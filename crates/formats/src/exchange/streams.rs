//! Streamed answers as recorders keep them: the text of the stream, a list of its events, or one event a line, with the
//! request on the line before. Lines of one response are one record; its body is a document of ours that holds them.

use super::{NAME, WRAPPERS, fact};
use crate::detect::Outline;
use crate::raw::rejected;
use crate::records::{each_object, object_of};
use crate::sink::{FormatError, Sink, Stop, WarningAt};
use crate::splitter::Place;
use crate::{Context, MAX_RECORD_BYTES};
use retake_model::{Code, Fact, JsonMap};
use retake_wire::openai_responses;
use serde_json::Value;
use std::cell::RefCell;
use std::io::Read;

/// Whether the first record, or one after a request, is an event of a Responses stream.
pub(super) fn outlined(outline: &Outline) -> bool {
    let kind = outline.string("type").unwrap_or_default();
    kind.starts_with("response.")
        && (outline.has_under("response.")
            || ["sequence_number", "delta", "output_index"].iter().any(|key| outline.has(key)))
}

/// A list of events as the text of their stream; `None` for any other value.
pub(super) fn of_list(value: &Value) -> Option<String> {
    let events = value.as_array().filter(|events| !events.is_empty())?;
    let mut text = String::new();
    for event in events {
        let kind = event.get("type").and_then(Value::as_str);
        let of_chat = event
            .get("object")
            .and_then(Value::as_str)
            .is_some_and(|kind| kind.ends_with(".chunk") || kind == "text_completion");
        let of_anthropic = kind.is_some_and(|kind| {
            kind.starts_with("message_") || kind.starts_with("content_block_") || kind == "ping" || kind == "error"
        });
        if !(of_chat || of_anthropic || openai_responses::looks_like_event(event)) {
            return None;
        }
        if let Some(kind) = kind {
            text.push_str(&format!("event: {kind}\n"));
        }
        text.push_str(&format!("data: {event}\n\n"));
    }
    if events.iter().any(|event| event.get("object").is_some()) {
        // Recorders leave the end mark out; a chunk that gives the reason says as much.
        let ended = |event: &Value| event.pointer("/choices/0/finish_reason").is_some_and(|reason| !reason.is_null());
        if events.iter().any(ended) {
            text.push_str("data: [DONE]\n\n");
        }
    }
    Some(text)
}

/// The API whose stream a text is.
pub(super) fn api_of(text: &str) -> &'static str {
    if text.contains("event: message_start") {
        "anthropic"
    } else if text.contains("event: response.")
        || text.contains("\"type\":\"response.")
        || text.contains("\"type\": \"response.")
    {
        openai_responses::NAME
    } else if text.contains("\"text_completion\"") {
        retake_wire::openai_completions::NAME
    } else {
        "openai"
    }
}

/// Lines that belong together.
#[derive(Default)]
struct Held {
    request: Option<Vec<u8>>,
    events: Vec<Vec<u8>>,
    bytes: usize,
    place: Option<Place>,
    /// Records that are whole, to go out before the next one.
    ready: Vec<Fact>,
    /// The record at hand was taken into this and does not go out itself.
    taken: bool,
}

impl Held {
    fn take(&mut self, bytes: &[u8], place: Place) {
        self.place.get_or_insert(place);
        self.bytes += bytes.len();
        self.taken = true;
    }

    /// Makes a record of what is held.
    fn close(&mut self, context: &Context<'_>) {
        let Some(place) = self.place.take() else { return };
        let (request, events) = (self.request.take(), std::mem::take(&mut self.events));
        self.bytes = 0;
        let body = match (request, events.is_empty()) {
            (Some(request), true) => request,
            (request, _) => {
                let mut body = b"{".to_vec();
                if let Some(request) = request {
                    body.extend_from_slice(b"\"request\":");
                    body.extend(request);
                    body.push(b',');
                }
                body.extend_from_slice(b"\"events\":[");
                body.extend(events.join(&b','));
                body.extend_from_slice(b"]}");
                body
            }
        };
        let made = object_of(&body).and_then(|record| fact(context, &record, &body, place, &mut Vec::new()).ok());
        self.ready.push(made.unwrap_or_else(|| rejected(context, NAME, body, place)));
    }
}

/// Takes what [`Held`] has ready before each record, and leaves out what went into it.
struct Joining<'s, 'h> {
    sink: &'s mut dyn Sink,
    held: &'h RefCell<Held>,
}

impl Joining<'_, '_> {
    fn drain(&mut self) -> Result<bool, Stop> {
        let (ready, taken) = {
            let mut held = self.held.borrow_mut();
            (std::mem::take(&mut held.ready), std::mem::take(&mut held.taken))
        };
        ready.into_iter().try_for_each(|fact| self.sink.fact(fact))?;
        Ok(taken)
    }
}

impl Sink for Joining<'_, '_> {
    fn fact(&mut self, fact: Fact) -> Result<(), Stop> {
        if self.drain()? { Ok(()) } else { self.sink.fact(fact) }
    }
    fn warning(&mut self, warning: WarningAt) {
        self.sink.warning(warning);
    }
    fn progress(&mut self, bytes: u64) -> Result<(), Stop> {
        self.sink.progress(bytes)
    }
    fn mapping(&mut self, taken: Value) {
        self.sink.mapping(taken);
    }
}

/// Reads a file of exchanges.
pub(super) fn each<'a>(
    reader: Box<dyn Read + 'a>,
    context: &Context<'_>,
    sink: &mut dyn Sink,
) -> Result<(), FormatError> {
    let held = RefCell::new(Held::default());
    let mut joining = Joining { sink, held: &held };
    each_object(reader, &WRAPPERS, NAME, context, &mut joining, &mut |record, bytes, place, issues| {
        one(context, &held, record, bytes, place, issues)
    })?;
    held.borrow_mut().close(context);
    joining.drain()?;
    Ok(())
}

fn one(
    context: &Context<'_>,
    held: &RefCell<Held>,
    record: JsonMap,
    bytes: &[u8],
    place: Place,
    issues: &mut Vec<(Code, String)>,
) -> Result<Fact, (Code, String)> {
    let mut held = held.borrow_mut();
    let value = Value::Object(record);
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    // An error ends a stream that is under way; alone it is no event.
    if openai_responses::looks_like_event(&value) || (kind == "error" && !held.events.is_empty()) {
        let begins = kind == "response.created" || (kind == "response.queued" && held.events.is_empty());
        if (begins && !held.events.is_empty()) || held.bytes + bytes.len() > MAX_RECORD_BYTES {
            held.close(context);
        }
        let ends = ["response.completed", "response.incomplete", "response.failed", "response.cancelled", "error"];
        held.take(bytes, place);
        held.events.push(bytes.to_vec());
        if ends.contains(&kind) {
            held.close(context);
        }
        // Stands in for a record that has gone into another one.
        return Ok(rejected(context, NAME, Vec::new(), place));
    }
    held.close(context);
    let streamed = value.get("stream").and_then(Value::as_bool) == Some(true);
    if streamed && openai_responses::looks_like_request(&value) {
        held.take(bytes, place);
        held.request = Some(bytes.to_vec());
        return Ok(rejected(context, NAME, Vec::new(), place));
    }
    match value {
        Value::Object(record) => fact(context, &record, bytes, place, issues),
        _ => Err((Code::RecordUnreadable, "the record is no JSON object".to_owned())),
    }
}
