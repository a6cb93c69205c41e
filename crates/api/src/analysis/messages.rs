//! The prompt as the model saw it: every message with its parts, what is missing, who stands behind it, and which pieces
//! are retrieved documents. Offsets are characters of the message's text: its text parts and tool results, joined by a
//! line break.

use super::context::{ContextDocument, context};
use super::evidence::Evidence;
use retake_model::{Id, Message, Part, Request, Role, Span};

/// Whether a text speaks for the application.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Written by the application, or by the model on its behalf.
    Trusted,
    /// Written by somebody else: a user, a tool's source, a document.
    Untrusted,
}

impl Trust {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Untrusted => "untrusted",
        }
    }
}

/// A retrieved passage within a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// First character.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// Document.
    pub document_id: Option<String>,
}

/// A message of a model call.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenMessage<'a> {
    /// The message.
    pub message: &'a Message,
    /// True for what the model wrote.
    pub output: bool,
    /// Who stands behind it; its bands are untrusted in any case.
    pub trust: Trust,
    /// Size, estimated.
    pub estimated_tokens: u32,
    /// Retrieved passages, by start; they may overlap.
    pub bands: Vec<Band>,
    /// Earlier model call of the trace that had the message first; `None` when it is this one.
    pub introduced_by: Option<Id>,
}

/// Messages of one model call, input and then output.
pub fn messages<'a>(evidence: &Evidence<'a>, call: &'a Span) -> Vec<SeenMessage<'a>> {
    let documents = context(evidence, call.span_id.as_ref()).documents;
    let earlier: Vec<&Span> = evidence
        .model_calls()
        .into_iter()
        .filter(|other| other.span_id != call.span_id && other.start_ns.zip(call.start_ns).is_some_and(|(a, b)| a < b))
        .collect();
    let input = call.input.iter().flatten().enumerate().map(|(at, message)| SeenMessage {
        message,
        output: false,
        trust: trust_of(message),
        estimated_tokens: estimated_tokens(message),
        bands: bands_of(at, &documents),
        introduced_by: earlier.iter().find(|other| has(other, message)).and_then(|other| other.span_id.clone()),
    });
    let output = call.output.iter().flatten().map(|message| SeenMessage {
        message,
        output: true,
        trust: trust_of(message),
        estimated_tokens: estimated_tokens(message),
        bands: Vec::new(),
        introduced_by: None,
    });
    input.chain(output).collect()
}

/// Who stands behind a message: system and assistant texts are the application's, users and tools are not.
fn trust_of(message: &Message) -> Trust {
    let tool_result = message.parts.iter().any(|part| matches!(part, Part::ToolResult { .. }));
    match message.role {
        Role::User | Role::Tool => Trust::Untrusted,
        _ if tool_result => Trust::Untrusted,
        Role::System | Role::Assistant => Trust::Trusted,
    }
}

fn bands_of(message: usize, documents: &[ContextDocument]) -> Vec<Band> {
    let mut bands: Vec<Band> = documents
        .iter()
        .flat_map(|known| {
            let here = known.placed.iter().filter(move |place| usize::try_from(place.message) == Ok(message));
            here.map(|place| Band {
                start: place.start,
                end: place.end,
                document_id: known.document.document_id.clone(),
            })
        })
        .collect();
    bands.sort_by_key(|band| (band.start, band.end));
    bands.dedup();
    bands
}

fn estimated_tokens(message: &Message) -> u32 {
    let request = Request { messages: vec![message.clone()], ..Request::default() };
    u32::try_from(retake_wire::estimate::input_tokens(&request)).unwrap_or(0)
}

/// True when a model call carried the message, in what it got or in what it wrote.
fn has(call: &Span, message: &Message) -> bool {
    let written = call.output.iter().flatten();
    call.input.iter().flatten().chain(written).any(|other| other.role == message.role && other.parts == message.parts)
}
