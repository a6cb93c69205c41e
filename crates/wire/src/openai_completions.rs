//! OpenAI's legacy completions: a prompt in, texts out. Source of truth: the OpenAI API reference, *Completions*.
//!
//! The prompt is a message of the user here. Answers have the form of chat completions but for `text` in place of a message.

use crate::sse::SseParser;
use crate::stream::{Collector, CutShort, Decode, StreamEnd, StreamEvent};
use crate::{Encoded, Loss, WireError, fields, openai_chat};
use retake_model::{Answer, FinishReason, JsonMap, Message, Part, Request, Role};
use serde_json::{Value, json};

/// Name of the API.
pub const NAME: &str = "openai-completions";

/// True for a body with a model and a prompt in text. A picture is asked for with a prompt too.
pub fn looks_like_request(body: &Value) -> bool {
    let Some(object) = body.as_object() else { return false };
    let foreign =
        ["messages", "input", "choices", "size", "quality", "image", "seconds", "max_tokens_to_sample", "response"];
    let picture = |model: &str| ["dall-e", "image", "sora"].iter().any(|word| model.contains(word));
    let model = object.get("model").and_then(Value::as_str);
    model.is_some_and(|model| !picture(model))
        && prompt(object).is_some()
        && !foreign.iter().any(|key| object.contains_key(*key))
}

/// True for choices with texts.
pub fn looks_like_answer(body: &Value) -> bool {
    let choices = body.get("choices").and_then(Value::as_array);
    choices.is_some_and(|choices| {
        !choices.is_empty()
            && choices.iter().all(|c| c.get("text").is_some_and(Value::is_string) && c.get("message").is_none())
    })
}

/// One prompt; several in one call have answers of their own and are not one conversation.
fn prompt(object: &JsonMap) -> Option<&str> {
    match object.get("prompt")? {
        Value::String(text) => Some(text),
        Value::Array(items) => match items.as_slice() {
            [Value::String(text)] => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// Reads a request.
pub fn decode_request(body: &Value) -> Result<Request, WireError> {
    let object = fields::object(body, "the body")?;
    let text = prompt(object).ok_or_else(|| WireError::shape("prompt", "is no single text"))?;
    let mut request = Request {
        api: Some(NAME.into()),
        messages: vec![Message::text(Role::User, text)],
        recorded_forms: object.get("prompt").cloned().into_iter().collect(),
        ..Request::default()
    };
    for (key, value) in object {
        match (key.as_str(), value) {
            ("prompt", _) => {}
            ("model", Value::String(model)) => request.model = Some(model.clone()),
            _ => {
                request.params.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(request)
}

/// Writes a request: the texts of its messages in order, one prompt.
pub fn encode_request(request: &Request) -> Encoded {
    let own = request.api.as_deref() == Some(NAME);
    let mut losses = Vec::new();
    let mut body = JsonMap::new();
    if let Some(model) = &request.model {
        body.insert("model".into(), json!(model));
    }
    let form = request.recorded_forms.first().filter(|_| own);
    let recorded = form.and_then(|form| match form {
        Value::Array(items) => items.first()?.as_str(),
        other => other.as_str(),
    });
    let texts: Vec<String> = request.messages.iter().map(Message::joined_text).collect();
    let text = texts.join("\n\n");
    let whole = request.messages.len() == 1 && recorded == Some(text.as_str());
    body.insert("prompt".into(), form.filter(|_| whole).cloned().unwrap_or_else(|| json!(text)));
    let is_text = |message: &Message| message.parts.iter().all(|part| matches!(part, Part::Text { .. }));
    if request.messages.len() > 1 || !request.messages.iter().all(is_text) {
        losses.push(Loss::changed("messages", "a completion has one prompt in text and no roles"));
    }
    if !request.tools.is_empty() {
        losses.push(Loss::dropped("tools", "a completion calls no tools"));
    }
    body.extend(request.params.clone());
    Encoded { body: Value::Object(body), losses }
}

/// Decoder of one stream: chunks with `choices[].text`, then `[DONE]`.
#[derive(Debug, Default)]
pub struct StreamDecoder {
    sse: SseParser,
    collector: Collector,
    identified: bool,
    ended: bool,
    finished: bool,
}

impl Decode for StreamDecoder {
    fn push(&mut self, bytes: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let from = out.len();
        let events = self.sse.push(bytes)?;
        let read = events.iter().try_for_each(|event| self.event(&event.data, out));
        self.collector.take_all(out.get(from..).unwrap_or_default());
        read
    }

    fn finish(mut self: Box<Self>, _: StreamEnd) -> Result<Answer, CutShort> {
        let mut events = Vec::new();
        if let Some(event) = self.sse.finish() {
            // A last line that was cut in its middle says nothing; the stream is short then, which the end mark tells.
            let _cut = self.event(&event.data, &mut events);
        }
        self.collector.take_all(&events);
        self.collector.end(self.ended || self.finished)
    }

    fn so_far(&self) -> Answer {
        self.collector.so_far()
    }
}

impl StreamDecoder {
    fn event(&mut self, data: &str, out: &mut Vec<StreamEvent>) -> Result<(), WireError> {
        let Some(chunk) = openai_chat::stream::chunk(data, &mut self.ended, out)? else { return Ok(()) };
        if !std::mem::replace(&mut self.identified, true) {
            out.extend(fields::text(&chunk, "id").map(StreamEvent::Id));
            out.extend(fields::text(&chunk, "model").map(StreamEvent::Model));
        }
        let choices = chunk.get("choices").and_then(Value::as_array);
        // Of several choices the first, as in a whole answer.
        for choice in choices.into_iter().flatten().filter(|c| c.get("index").and_then(Value::as_u64).unwrap_or(0) == 0)
        {
            out.extend(fields::text(choice, "text").map(|text| StreamEvent::Text { block: 0, text }));
            if let Some(word) = fields::text(choice, "finish_reason") {
                self.finished = true;
                out.push(StreamEvent::Finish(FinishReason::parse(&word)));
            }
        }
        if let Some(usage) = chunk.get("usage").filter(|usage| usage.is_object()) {
            out.push(StreamEvent::Usage(openai_chat::usage(usage)));
        }
        Ok(())
    }
}
