//! The APIs that bodies can be written in, one line each.

use crate::{Decode, Encoded, WireError, anthropic, openai_chat, openai_completions, openai_responses};
use retake_model::{Answer, Message, Request};
use serde_json::Value;

/// One API: how its bodies are read and written.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    /// Name, as in [`Request::api`].
    pub name: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Path of the endpoint below the base URL that ends in `/v1`.
    pub endpoint: &'static str,
    /// Body to request.
    pub decode_request: fn(&Value) -> Result<Request, WireError>,
    /// Request to body.
    pub encode_request: fn(&Request) -> Encoded,
    /// Body to answer (the first choice).
    pub decode_answer: fn(&Value) -> Result<Answer, WireError>,
    /// The messages of an answer's body, one per choice.
    pub answer_messages: fn(&Value) -> Result<Vec<Message>, WireError>,
    /// Whether a body has the shape of a request.
    pub looks_like_request: fn(&Value) -> bool,
    /// Whether a body has the shape of an answer.
    pub looks_like_answer: fn(&Value) -> bool,
    /// A decoder for a new stream.
    pub stream: fn() -> Box<dyn Decode>,
}

const ALL: &[Api] = &[
    Api {
        name: anthropic::NAME,
        title: "Anthropic Messages",
        endpoint: "/messages",
        decode_request: anthropic::decode_request,
        encode_request: anthropic::encode_request,
        decode_answer: anthropic::decode_answer,
        answer_messages: anthropic::answer_messages,
        looks_like_request: anthropic::looks_like_request,
        looks_like_answer: anthropic::looks_like_answer,
        stream: || Box::<anthropic::StreamDecoder>::default(),
    },
    Api {
        name: openai_chat::NAME,
        title: "OpenAI chat completions",
        endpoint: "/chat/completions",
        decode_request: openai_chat::decode_request,
        encode_request: openai_chat::encode_request,
        decode_answer: openai_chat::decode_answer,
        answer_messages: openai_chat::answer_messages,
        looks_like_request: openai_chat::looks_like_request,
        looks_like_answer: openai_chat::looks_like_answer,
        stream: || Box::<openai_chat::StreamDecoder>::default(),
    },
    Api {
        name: openai_responses::NAME,
        title: "OpenAI Responses",
        endpoint: "/responses",
        decode_request: openai_responses::decode_request,
        encode_request: openai_responses::encode_request,
        decode_answer: openai_responses::decode_answer,
        answer_messages: openai_responses::answer_messages,
        looks_like_request: openai_responses::looks_like_request,
        looks_like_answer: openai_responses::looks_like_answer,
        stream: || Box::<openai_responses::StreamDecoder>::default(),
    },
    Api {
        name: openai_completions::NAME,
        title: "OpenAI completions",
        endpoint: "/completions",
        decode_request: openai_completions::decode_request,
        encode_request: openai_completions::encode_request,
        decode_answer: openai_chat::decode_answer,
        answer_messages: openai_chat::answer_messages,
        looks_like_request: openai_completions::looks_like_request,
        looks_like_answer: openai_completions::looks_like_answer,
        stream: || Box::<openai_completions::StreamDecoder>::default(),
    },
];

impl Api {
    /// The vendor as traces and price tables name it.
    pub fn vendor(&self) -> &'static str {
        self.name.split_once('-').map_or(self.name, |(vendor, _)| vendor)
    }
}

/// Every API. The stricter shape stands first: Anthropic's requests look like OpenAI's without their own marks.
pub fn all() -> &'static [Api] {
    ALL
}

/// An API by its name.
pub fn by_name(name: &str) -> Option<&'static Api> {
    ALL.iter().find(|api| api.name == name)
}

/// The API whose request a body is.
pub fn detect_request(body: &Value) -> Option<&'static Api> {
    ALL.iter().find(|api| (api.looks_like_request)(body))
}

/// The API whose answer a body is.
pub fn detect_answer(body: &Value) -> Option<&'static Api> {
    ALL.iter().find(|api| (api.looks_like_answer)(body))
}
