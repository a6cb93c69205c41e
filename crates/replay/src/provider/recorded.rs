//! Answers from recordings, offline. A miss is an error and never a made-up answer.

use super::{Call, EventSink, Provider, Way};
use crate::{ProviderError, request_hash};
use futures_util::future::BoxFuture;
use retake_model::{Answer, Part, Request};
use retake_wire::stream::arguments_to_text;
use retake_wire::{Encoded, StreamEvent, api, openai_chat};

/// Recordings.
pub(super) struct Recorded;

impl Provider for Recorded {
    fn name(&self) -> &'static str {
        "recorded"
    }
    fn title(&self) -> &'static str {
        "Recorded answers"
    }
    fn default_base_url(&self) -> Option<&'static str> {
        None
    }
    fn key_variables(&self) -> &'static [&'static str] {
        &[]
    }
    fn is_offline(&self) -> bool {
        true
    }
    fn encode(&self, request: &Request, _stream: bool) -> Encoded {
        let own = request.api.as_deref().and_then(api::by_name);
        let encoded = own.map_or_else(|| openai_chat::encode_request(request), |api| (api.encode_request)(request));
        // Nothing is sent, so nothing is lost on the way.
        Encoded { losses: Vec::new(), ..encoded }
    }
    fn send<'a>(
        &'a self,
        call: &'a Call,
        way: &'a Way,
        sink: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, ProviderError>> {
        Box::pin(async move {
            sink.sending(0);
            let answer = (way.recordings)(&request_hash(&call.request)).ok_or(ProviderError::RecordingMissing)?;
            events_of(&answer).into_iter().for_each(|event| sink.event(event));
            Ok(answer)
        })
    }
    fn models<'a>(&'a self, _call: &'a Call, _way: &'a Way) -> BoxFuture<'a, Result<Vec<String>, ProviderError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// A whole answer as the events of a stream.
pub(super) fn events_of(answer: &Answer) -> Vec<StreamEvent> {
    let mut events = Vec::new();
    events.extend(answer.response_id.clone().map(StreamEvent::Id));
    events.extend(answer.model.clone().map(StreamEvent::Model));
    let mut calls = 0;
    for (block, part) in answer.parts.iter().enumerate() {
        let block = u32::try_from(block).unwrap_or(u32::MAX);
        match part {
            Part::Text { text } => events.push(StreamEvent::Text { block, text: text.clone() }),
            Part::Reasoning { text } => events.push(StreamEvent::Reasoning { block, text: text.clone() }),
            Part::ToolCall { id, name, arguments } => {
                events.push(StreamEvent::ToolCallStart { index: calls, id: id.clone(), name: name.clone() });
                events.push(StreamEvent::ToolArguments { index: calls, text: arguments_to_text(arguments) });
                calls += 1;
            }
            Part::Opaque { vendor, json } => {
                let vendor = api::by_name(vendor).map_or("other", |api| api.name);
                events.push(StreamEvent::Opaque { vendor, json: json.clone() });
            }
            _ => {}
        }
    }
    events.extend(answer.finish_reason.clone().map(StreamEvent::Finish));
    if !answer.usage.is_empty() {
        events.push(StreamEvent::Usage(answer.usage));
    }
    events.extend(answer.reported_usd_nanos.map(StreamEvent::Cost));
    events
}
