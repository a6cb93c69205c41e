//! The request behind a span, and how exactly each of its fields is known.
//!
//! Sources, best first: the body itself, the importer's canonical request, a body that the SDK wrote into the span, and
//! the span's own fields. Fields that only say how an answer travels (`stream`, `stream_options`) are listed and do not
//! count for the level.

use retake_model::{ContentState, Fidelity, FieldFidelity, JsonMap, Message, Part, Request, Role, Span};
use retake_wire::{api, openai_responses};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the redactor leaves in place of a secret; the rule's name and `⟧` follow.
pub const REDACTED: &str = "⟦redacted:";
/// The lowest level that is sent without being asked for: a default that the record does not contradict.
pub const ACCEPTED_LEVEL: Fidelity = Fidelity::Assumed;
const TRANSPORT: [&str; 2] = ["stream", "stream_options"];
/// Names that vocabularies give one parameter.
const SAME: [&[&str]; 2] = [&["stop", "stop_sequences"], &["max_tokens", "max_completion_tokens", "max_output_tokens"]];

/// A rebuilt request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rebuilt {
    /// The request.
    pub request: Request,
    /// The worst state of a field that the model sees.
    pub level: Fidelity,
    /// Field by field.
    pub fields: Vec<FieldFidelity>,
}

impl Rebuilt {
    fn new(request: Request, fields: Vec<FieldFidelity>) -> Self {
        let counts = |field: &&FieldFidelity| !TRANSPORT.contains(&field.path.as_str());
        let level = fields.iter().filter(counts).map(|field| field.state).max().unwrap_or(Fidelity::Lost);
        Self { request, level, fields }
    }

    /// The fields that set the level when it is below [`ACCEPTED_LEVEL`], a clause each, at most five.
    pub fn weakest(&self) -> Vec<String> {
        let weak = self.fields.iter().filter(|field| field.state == self.level && field.state > ACCEPTED_LEVEL);
        let told = weak.filter(|field| !TRANSPORT.contains(&field.path.as_str()));
        told.take(5).map(|field| format!("{}: {}", field.path, field.why)).collect()
    }
}

/// Rebuilds the request of a model call. Always gives one; what is missing is `lost` and named.
pub fn rebuild(span: &Span) -> Rebuilt {
    let body = span.request_body.as_ref();
    let decoded = body.and_then(|body| (api::detect_request(body)?.decode_request)(body).ok());
    match (decoded, &span.request) {
        (Some(request), _) if span.body_verbatim => {
            let fields = fields_of(&request, Fidelity::Verbatim, "the body was captured");
            Rebuilt::new(request, fields)
        }
        (_, Some(request)) if span.body_verbatim || body.is_none() => {
            let state = if span.body_verbatim { Fidelity::Verbatim } else { Fidelity::Exact };
            let fields = fields_of(request, state, "recorded with the exchange");
            Rebuilt::new(request.clone(), fields)
        }
        (Some(request), _) => from_sdk_body(request, span),
        (None, _) => from_fields(span),
    }
}

/// Places of removed secrets in a request, as paths; empty when it can be sent.
pub fn redacted_paths(request: &Request) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, message) in request.messages.iter().enumerate() {
        for (p, part) in message.parts.iter().enumerate() {
            if serde_json::to_value(part).is_ok_and(|part| holds_redacted(&part)) {
                paths.push(format!("messages[{at}].parts[{p}]"));
            }
        }
    }
    for (at, tool) in request.tools.iter().enumerate() {
        if serde_json::to_value(tool).is_ok_and(|tool| holds_redacted(&tool)) {
            paths.push(format!("tools[{at}]"));
        }
    }
    paths.extend(request.params.iter().filter(|(_, value)| holds_redacted(value)).map(|(key, _)| key.clone()));
    paths
}

fn holds_redacted(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(REDACTED),
        Value::Array(items) => items.iter().any(holds_redacted),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains(REDACTED) || holds_redacted(value)),
        _ => false,
    }
}

/// A body that the SDK wrote into the span: it may lack what was added below the SDK, which the parameters may have.
fn from_sdk_body(mut request: Request, span: &Span) -> Rebuilt {
    let why = "recorded by the SDK";
    let shorter = span.input.as_ref().is_some_and(|input| input.len() > request.messages.len());
    if let Some(input) = span.input.as_ref().filter(|_| shorter) {
        request.messages.clone_from(input);
    }
    if request.tools.is_empty() {
        request.tools = span.tools.clone().unwrap_or_default();
    }
    for (key, value) in clean_params(span) {
        let known = |key: &&str| request.params.contains_key(*key);
        let named_otherwise = SAME.iter().any(|names| names.contains(&key.as_str()) && names.iter().any(known));
        if !named_otherwise {
            request.params.entry(key).or_insert(value);
        }
    }
    if request.model.is_none() {
        request.model.clone_from(&span.request_model);
    }
    let mut fields = fields_of(&request, Fidelity::Exact, why);
    transport_fields(&request, span, &mut fields);
    Rebuilt::new(request, fields)
}

fn from_fields(span: &Span) -> Rebuilt {
    let mut request = Request {
        model: span.request_model.clone(),
        messages: span.input.clone().unwrap_or_default(),
        tools: span.tools.clone().unwrap_or_default(),
        params: clean_params(span),
        ..Request::default()
    };
    let recorded_tools = span.params.as_ref().and_then(|params| params.get("tools")).and_then(Value::as_array);
    if let Some(tools) = recorded_tools.filter(|_| request.tools.is_empty()) {
        request.tools = tools.iter().map(retake_wire::openai_chat::decode_tool).collect();
    }
    let mut fields = fields_of(&request, Fidelity::Exact, "recorded in the span");
    if request.model.is_none() {
        match &span.response_model {
            Some(model) => {
                request.model = Some(model.clone());
                fields.push(field("model", Fidelity::Derived, "only the model that answered is recorded"));
            }
            None => fields.push(field("model", Fidelity::Lost, "not recorded")),
        }
    }
    if span.input.is_none() {
        fields.push(field("messages", Fidelity::Lost, "their content was not recorded"));
    }
    derived_from_flattening(&request, &mut fields);
    let calls =
        |messages: &[Message]| messages.iter().flat_map(|m| &m.parts).any(|part| matches!(part, Part::ToolCall { .. }));
    if request.tools.is_empty() {
        if calls(span.output.as_deref().unwrap_or_default()) {
            fields.push(field("tools", Fidelity::Lost, "the answer calls a tool, and no definition is recorded"));
        } else if calls(&request.messages) {
            fields.push(field("tools", Fidelity::Assumed, "earlier turns call tools, and no definition is recorded"));
        }
    }
    if span.params.is_none() {
        fields.push(field("params", Fidelity::Assumed, "no parameter is recorded; the provider's defaults apply"));
    }
    transport_fields(&request, span, &mut fields);
    Rebuilt::new(request, fields)
}

/// Parameters without what the other fields hold.
fn clean_params(span: &Span) -> JsonMap {
    let mut params = span.params.clone().unwrap_or_default();
    for key in ["model", "messages", "tools"] {
        params.remove(key);
    }
    if let Some(n) = params.remove("choice_count").or_else(|| params.remove("choice.count")) {
        params.entry("n").or_insert(n);
    }
    params
}

/// One line for each field of a request, in one state but for holes.
fn fields_of(request: &Request, state: Fidelity, why: &str) -> Vec<FieldFidelity> {
    let mut fields = Vec::new();
    if request.api.as_deref() == Some(openai_responses::NAME) {
        for key in openai_responses::HELD_ELSEWHERE {
            if request.params.get(key).is_some_and(|value| !value.is_null()) {
                let why = format!("`{key}` names what the provider holds, and the record does not");
                fields.push(field("messages", Fidelity::Lost, &why));
            }
        }
    }
    if request.model.is_some() {
        fields.push(field("model", state, why));
    }
    for (at, message) in request.messages.iter().enumerate() {
        fields.push(message_field(message, at, state, why));
    }
    for (at, tool) in request.tools.iter().enumerate() {
        let redacted = serde_json::to_value(tool).is_ok_and(|tool| holds_redacted(&tool));
        fields.push(holed(format!("tools[{at}]"), state, why, redacted));
    }
    for (key, value) in &request.params {
        fields.push(holed(key.clone(), state, why, holds_redacted(value)));
    }
    fields
}

fn message_field(message: &Message, at: usize, state: Fidelity, why: &str) -> FieldFidelity {
    let path = format!("messages[{at}].content");
    match message.content_state {
        ContentState::Absent => field(path, Fidelity::Lost, "the source did not record it"),
        ContentState::Truncated => field(path, Fidelity::Lost, "the source cut it"),
        ContentState::External => field(path, Fidelity::Lost, "the source has a reference only"),
        ContentState::Present | ContentState::Redacted => {
            let redacted = serde_json::to_value(&message.parts).is_ok_and(|parts| holds_redacted(&parts));
            let by_source = message.content_state == ContentState::Redacted && !redacted;
            if by_source {
                return field(path, Fidelity::Lost, "the source redacted it");
            }
            holed(path, state, why, redacted)
        }
    }
}

fn holed(path: impl Into<String>, state: Fidelity, why: &str, redacted: bool) -> FieldFidelity {
    if !redacted {
        return field(path, state, why);
    }
    // Of a captured body the level says that something was removed. Any other field is no longer exact; it can be sent when
    // a variant puts something else in the place of the hole, and is refused when none does.
    let state =
        if state <= Fidelity::VerbatimRedacted { Fidelity::VerbatimRedacted } else { state.max(Fidelity::Derived) };
    field(path, state, "a secret was removed from it on import")
}

/// What a flattened or structured span form cannot tell: the spacing of argument texts, and whether a message beside tool
/// calls had an empty content or none.
fn derived_from_flattening(request: &Request, fields: &mut Vec<FieldFidelity>) {
    for (at, message) in request.messages.iter().enumerate() {
        let calls = message.parts.iter().filter(|part| matches!(part, Part::ToolCall { .. }));
        for (n, call) in calls.enumerate() {
            if matches!(call, Part::ToolCall { arguments, .. } if arguments.as_object().is_some_and(|o| !o.is_empty()))
            {
                let path = format!("messages[{at}].tool_calls[{n}].function.arguments");
                fields.push(field(path, Fidelity::Derived, "recorded as a value; the spacing of its text is not"));
            }
        }
        let bare = message.parts.iter().all(|part| matches!(part, Part::ToolCall { .. }));
        if message.role == Role::Assistant && bare && !message.parts.is_empty() {
            let path = format!("messages[{at}].content");
            if let Some(content) = fields.iter_mut().find(|field| field.path == path) {
                *content = field(path, Fidelity::Derived, "it had no text; an empty one is sent");
            }
        }
    }
}

fn transport_fields(request: &Request, span: &Span, fields: &mut Vec<FieldFidelity>) {
    if request.params.contains_key("stream") {
        return;
    }
    match span.streamed {
        Some(true) => fields.push(field("stream", Fidelity::Derived, "the answer was streamed")),
        Some(false) => {
            fields.push(field("stream", Fidelity::Derived, "the answer was not streamed; a take asks for a stream"))
        }
        None => fields.push(field("stream", Fidelity::Assumed, "not recorded; a take asks for a stream")),
    }
    fields.push(field("stream_options", Fidelity::Assumed, "a take asks for usage in the stream"));
}

fn field(path: impl Into<String>, state: Fidelity, why: &str) -> FieldFidelity {
    FieldFidelity { path: path.into(), state, why: why.to_owned() }
}
