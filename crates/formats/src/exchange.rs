//! Recorded exchanges with the OpenAI (chat, Responses, completions) and Anthropic messages APIs: request and response, one
//! of the two, or a row of a batch, as one JSON document, an array or lines. The body is what went over the wire, so it can
//! be replayed exactly.
//!
//! An exchange has no trace of its own: it is one trace of one span, named by the provider's id of the answer, else by a
//! hash of what it holds.

use crate::detect::Outline;
use crate::hash::content_hash;
use crate::records::object_of;
use crate::sink::{FormatError, Input, Sink};
use crate::splitter::Place;
use crate::time::ns_from_value;
use crate::vocabulary::attributes::{json_in, scalar_text};
use crate::vocabulary::who;
use crate::{Context, Format, Head, Strength, Verdict};
use retake_model::{
    Answer, Code, EntityKey, Fact, FactKind, FactRank, Id, JsonMap, Mapped, Message, Role, Span, SpanKind, SpanStatus,
};
use retake_wire::{Api, CutReason, StreamEnd, WireError, api};
use serde_json::Value;

mod streams;

/// The format.
pub struct Exchange;

const NAME: &str = "exchange";
const WRAPPERS: [&str; 5] = ["exchanges", "interactions", "records", "calls", "data"];
/// Names of the two halves, request and response.
const PAIRS: [(&str, &str); 8] = [
    ("request", "response"),
    ("request", "events"),
    ("request", "chunks"),
    ("request_body", "response_body"),
    ("body", "response"),
    ("input", "output"),
    ("params", "result"),
    ("requestBody", "responseBody"),
];

impl Format for Exchange {
    fn name(&self) -> &'static str {
        NAME
    }
    fn title(&self) -> &'static str {
        "Recorded exchanges (OpenAI chat, Responses and completions, Anthropic messages; batch rows)"
    }
    fn signals(&self) -> &'static [&'static str] {
        &["exchanges", "messages", "tool_calls", "usage"]
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["json", "jsonl"]
    }
    fn lacks(&self) -> &'static [&'static str] {
        &["retrieval and tool spans", "durations, unless they stand beside the bodies"]
    }

    fn detect(&self, head: &Head<'_>) -> Verdict {
        let outline = head.outline();
        if !outline.is_json() {
            return Verdict::not_mine("not JSON");
        }
        if let Some(what) = foreign(outline) {
            return Verdict::near(what, 2);
        }
        if streams::outlined(outline) {
            return Verdict::mine(Strength::Shape, "objects are events of a Responses stream");
        }
        let mut near = 0;
        for prefix in std::iter::once(String::new()).chain(WRAPPERS.iter().map(|wrapper| format!("{wrapper}[]."))) {
            let request = |at: &str| {
                outline.has_under(&format!("{prefix}{at}messages[].role"))
                    || other_request(outline, &format!("{prefix}{at}"))
            };
            let answer = |at: &str| {
                outline.has_under(&format!("{prefix}{at}choices[].message"))
                    || outline.has(&format!("{prefix}{at}choices[].text"))
                    || (outline.string(&format!("{prefix}{at}object")) == Some("response")
                        && outline.has(&format!("{prefix}{at}output")))
                    || (outline.has(&format!("{prefix}{at}output[].type"))
                        && outline.has(&format!("{prefix}{at}status")))
                    || (outline.string(&format!("{prefix}{at}type")) == Some("message")
                        && outline.has(&format!("{prefix}{at}content")))
            };
            for (sent, got) in PAIRS {
                let (sent_at, got_at) = (
                    [format!("{sent}."), format!("{sent}.body.")],
                    [format!("{got}."), format!("{got}.body."), format!("{got}.message.")],
                );
                let both = sent_at.iter().any(|at| request(at)) && outline.has(&format!("{prefix}{got}"));
                let answered = got_at.iter().any(|at| answer(at));
                if both
                    || (answered
                        && (outline.has(&format!("{prefix}custom_id")) || outline.has(&format!("{prefix}{sent}"))))
                {
                    return Verdict::mine(Strength::Shape, format!("objects have `{sent}` and `{got}` of a model API"));
                }
                if sent_at.iter().any(|at| request(at)) && outline.has(&format!("{prefix}custom_id")) {
                    return Verdict::mine(Strength::Shape, "rows of a batch with a request body");
                }
            }
            if answer("") {
                return Verdict::mine(Strength::Shape, "objects are answers of a model API");
            }
            if request("") && outline.has(&format!("{prefix}model")) {
                return Verdict::mine(
                    Strength::Shape,
                    "objects are requests to a model API: `model` and what is asked",
                );
            }
            near = near.max(outline.count(&["messages", "model", "choices", "request", "response"]));
        }
        let raw_halves = PAIRS.iter().any(|(sent, got)| {
            let text = |name: &str| outline.has(name) && !outline.has_under(&format!("{name}."));
            text(sent) && text(got)
        });
        if raw_halves && halves_in_text(head) {
            return Verdict::mine(Strength::Shape, "objects have the bodies of a model API as text");
        }
        Verdict::near(
            "objects are neither requests nor answers of a known model API",
            u8::try_from(near).unwrap_or_default(),
        )
    }

    fn parse(&self, input: Input<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), FormatError> {
        streams::each(input.reader, context, sink)
    }

    fn remap(&self, body: &[u8], _mapping: Option<&str>) -> Mapped {
        let span = object_of(body).and_then(|record| span_of(&record, &mut Vec::new()).ok());
        span.map_or(Mapped::Raw, |span| Mapped::Span(Box::new(span)))
    }
}

/// Whether a place holds a request to Responses or completions, as far as an outline tells.
fn other_request(outline: &Outline, at: &str) -> bool {
    let has = |name: &str| outline.has(&format!("{at}{name}"));
    if has("output") || has("messages") {
        return false;
    }
    let own = ["instructions", "max_output_tokens", "reasoning", "tools", "text", "store", "stream", "temperature"];
    let items = has("input[].role") || has("input[].type");
    let asked = has("input") && !outline.has_under(&format!("{at}input.")) && own.iter().any(|name| has(name));
    let prompt = has("prompt") && (has("max_tokens") || has("temperature") || has("stop") || has("stream"));
    has("model") && (items || asked || prompt)
}

/// Records of other kinds that hold a call's bodies among other things, and would be half read as bare exchanges.
fn foreign(outline: &Outline) -> Option<&'static str> {
    const KINDS: &[(&str, &[&str])] = &[
        ("recorded HTTP (nock), which is not read", &["scope", "method", "path", "response"]),
        ("recorded HTTP, which is not read", &["interactions[].request", "interactions[].response"]),
        ("a sample of an evaluation log, which is not read", &["epoch", "target", "messages", "output"]),
        ("a sample of an evaluation log, which is not read", &["eval", "samples", "plan"]),
        ("rows of a trace, which is not read", &["trace_id", "dotted_order", "run_type"]),
    ];
    let kind = KINDS.iter().find(|(_, marks)| outline.count(marks) == marks.len()).map(|(what, _)| *what);
    kind.or_else(|| outline.has_under("gen_ai.").then_some("attributes of one span without its export"))
}

/// Bodies written as JSON in a text cannot be seen in an outline: the first whole record is looked into.
fn halves_in_text(head: &Head<'_>) -> bool {
    let whole = head.is_whole().then(|| head.bytes());
    let first = head.lines().next();
    first.into_iter().chain(whole).filter_map(object_of).any(|record| halves(&record).is_some())
}

fn fact(
    context: &Context<'_>,
    record: &JsonMap,
    bytes: &[u8],
    place: Place,
    issues: &mut Vec<(Code, String)>,
) -> Result<Fact, (Code, String)> {
    let span = span_of(record, issues)?;
    let (Some(trace_id), Some(span_id)) = (&span.trace_id, &span.span_id) else {
        return Err((Code::BodyUnreadable, "the exchange has no id".to_owned()));
    };
    let compact = Value::Object(record.clone()).to_string();
    let entity = EntityKey::span(NAME, trace_id, span_id);
    let content_hash = content_hash(context.hash_key, &[NAME.as_bytes(), compact.as_bytes()]);
    let half = half_of_batch(record).is_some();
    Ok(Fact {
        record: if half { EntityKey::content(b'e', &content_hash, 0) } else { entity.clone() },
        entity,
        content_hash,
        format: NAME,
        kind: FactKind::Exchange,
        rank: FactRank::VerbatimBody,
        updated_ns: span.end_ns.or(span.start_ns).unwrap_or_default(),
        mapped: Mapped::Span(Box::new(span)),
        body: bytes.to_vec(),
        byte_offset: place.offset,
        line: Some(place.line),
    })
}

/// The two bodies of a record, each with the API that it is of.
struct Halves {
    request: Option<(&'static Api, Value)>,
    answer: Option<Half>,
}

enum Half {
    Body(&'static Api, Value),
    /// A stream as it came.
    Stream(String),
    /// An error body.
    Error(Value),
}

fn halves(record: &JsonMap) -> Option<Halves> {
    // A pair of which both halves are there goes before one of which the answer has another name.
    let both = |(sent, got): &(&str, &str)| record.contains_key(*sent) && record.contains_key(*got);
    let (pairs, halves): (Vec<_>, Vec<_>) = PAIRS.into_iter().partition(both);
    for (sent, got) in pairs.into_iter().chain(halves) {
        let request = record.get(sent).and_then(request_in);
        let answer = record.get(got).and_then(answer_in);
        let whole =
            request.is_some() || (answer.is_some() && (record.contains_key(sent) || record.contains_key("custom_id")));
        let of_batch = record.contains_key("custom_id");
        if whole && (request.is_some() || of_batch || !matches!(answer, Some(Half::Error(_)))) {
            // A plain request fits two APIs: the answer tells, else the form of the batch.
            let told = match &answer {
                Some(Half::Body(api, _)) => Some(*api),
                None if of_batch && sent == "params" => api::by_name("anthropic"),
                _ => None,
            };
            let request = request.map(|(guess, body)| (told.unwrap_or(guess), body));
            return Some(Halves { request, answer });
        }
    }
    let whole = Value::Object(record.clone());
    if let Some(api) = api::detect_answer(&whole) {
        return Some(Halves { request: None, answer: Some(Half::Body(api, whole)) });
    }
    if let Some(answer) = ["events", "chunks"].iter().find_map(|name| answer_in(record.get(*name)?)) {
        return Some(Halves { request: None, answer: Some(answer) });
    }
    let api = api::detect_request(&whole).filter(|_| record.contains_key("model"))?;
    // A request that stands bare, maybe with its answer beside its own fields.
    let answer = ["response", "answer", "completion", "output"].iter().find_map(|name| answer_in(record.get(*name)?));
    Some(Halves { request: Some((api, whole)), answer })
}

fn request_in(value: &Value) -> Option<(&'static Api, Value)> {
    let value = json_in(value)?;
    if let Some(api) = api::detect_request(&value) {
        return Some((api, value));
    }
    ["body", "json", "parsed_body", "data", "payload"].iter().find_map(|name| {
        let inner = json_in(value.get(*name)?)?;
        Some((api::detect_request(&inner)?, inner))
    })
}

fn answer_in(value: &Value) -> Option<Half> {
    if let Value::String(text) = value
        && (text.starts_with("data:") || text.starts_with("event:") || text.starts_with(": "))
    {
        return Some(Half::Stream(text.clone()));
    }
    if let Some(text) = streams::of_list(value) {
        return Some(Half::Stream(text));
    }
    let value = json_in(value)?;
    if let Some(api) = api::detect_answer(&value) {
        return Some(Half::Body(api, value));
    }
    for name in ["body", "json", "parsed_body", "message", "data", "payload", "content"] {
        if let Some(half) = value.get(name).and_then(answer_in) {
            return Some(half);
        }
    }
    (value.get("error").is_some_and(|error| !error.is_null())).then_some(Half::Error(value))
}

fn span_of(record: &JsonMap, issues: &mut Vec<(Code, String)>) -> Result<Span, (Code, String)> {
    let Some(halves) = halves(record) else {
        return Err((Code::BodyUnreadable, "the record holds no request or answer of a known model API".to_owned()));
    };
    let mut span = Span { kind: Some(SpanKind::Llm), ..Span::default() };
    if let Some((api, body)) = &halves.request {
        request(&mut span, api, body, issues);
    }
    let api = halves.request.as_ref().map(|(api, _)| *api);
    match halves.answer {
        Some(Half::Body(api, body)) => answer(&mut span, api, &body),
        Some(Half::Stream(text)) => stream(&mut span, api, &text),
        Some(Half::Error(body)) => error(&mut span, &body),
        None => {}
    }
    let failed = record.get("error").filter(|error| !error.is_null());
    if let Some(failed) = failed.filter(|_| span.output.is_none()) {
        error(&mut span, &Value::Object([("error".to_owned(), failed.clone())].into_iter().collect()));
    }
    surroundings(&mut span, record);
    if span.name.is_none() && half_of_batch(record).is_none() {
        span.name = Some("chat".to_owned());
    }
    // The halves of a batch stand in two files, in any order: its own id of the call joins them.
    let id = half_of_batch(record).or_else(|| span.response_id.clone()).unwrap_or_else(|| {
        let said = Value::Object(record.clone()).to_string();
        format!("exchange-{}", blake3::hash(said.as_bytes()).to_hex().get(..24).unwrap_or_default())
    });
    let named = |names: &[&str]| who::in_object(record, names);
    span.trace_id = Some(Id::new(named(&["trace_id", "traceId", "trace.id"]).unwrap_or_else(|| id.clone())));
    span.span_id = Some(Id::new(named(&["span_id", "spanId", "span.id"]).unwrap_or(id)));
    Ok(span)
}

/// The id of a call in a batch, when the record holds one half of it.
fn half_of_batch(record: &JsonMap) -> Option<String> {
    let whole = PAIRS.iter().any(|(sent, got)| record.contains_key(*sent) && record.contains_key(*got));
    record.get("custom_id").filter(|_| !whole).and_then(scalar_text)
}

fn request(span: &mut Span, api: &Api, body: &Value, issues: &mut Vec<(Code, String)>) {
    span.provider = Some(api.vendor().to_owned());
    match (api.decode_request)(body) {
        Ok(request) => {
            span.request_model = request.model.clone();
            span.input = Some(request.messages.clone()).filter(|messages| !messages.is_empty());
            span.tools = Some(request.tools.clone()).filter(|tools| !tools.is_empty());
            span.streamed = request.params.get("stream").and_then(Value::as_bool);
            span.params = Some(request.params.clone()).filter(|params| !params.is_empty());
            span.request = Some(request);
        }
        Err(error) => issues.push((Code::BodyUnreadable, error.to_string())),
    }
    span.request_body = Some(body.clone());
    span.body_verbatim = true;
    span.name = Some(match &span.request_model {
        Some(model) => format!("chat {model}"),
        None => "chat".to_owned(),
    });
}

fn answer(span: &mut Span, api: &Api, body: &Value) {
    span.provider.get_or_insert_with(|| api.vendor().to_owned());
    match (api.decode_answer)(body) {
        Ok(decoded) => {
            span.output = (api.answer_messages)(body).ok().filter(|messages| !messages.is_empty());
            answered(span, decoded);
        }
        Err(WireError::ErrorBody { .. }) => {
            error(span, body);
            span.response_id = body.get("id").and_then(scalar_text);
            span.response_model = body.get("model").and_then(scalar_text);
        }
        Err(_) => {}
    }
    if span.start_ns.is_none() {
        let at = body.get("created").or_else(|| body.get("created_at"));
        span.start_ns = at.and_then(|value| ns_from_value(value, None));
    }
}

fn answered(span: &mut Span, answer: Answer) {
    span.response_id = answer.response_id;
    span.response_model = answer.model;
    span.finish_reason = answer.finish_reason.map(|reason| reason.as_str().to_owned());
    span.usage = answer.usage;
    span.reported_usd_nanos = answer.reported_usd_nanos;
    span.status = SpanStatus::Ok;
    if span.name.is_none() {
        span.name = Some(match &span.response_model {
            Some(model) => format!("chat {model}"),
            None => "chat".to_owned(),
        });
    }
}

fn stream(span: &mut Span, api: Option<&'static Api>, text: &str) {
    let Some(api) = api.or_else(|| api::by_name(streams::api_of(text))) else { return };
    let mut decoder = (api.stream)();
    let pushed = decoder.push(text.as_bytes(), &mut Vec::new());
    let (decoded, cut) = match decoder.finish(StreamEnd::Closed) {
        Ok(answer) => (answer, None),
        Err(cut) => (*cut.answer, Some(cut.why)),
    };
    span.streamed = Some(true);
    span.provider.get_or_insert_with(|| api.vendor().to_owned());
    if !decoded.parts.is_empty() {
        let parts = decoded.parts.clone();
        span.output =
            Some(vec![Message { role: Role::Assistant, parts, name: None, content_state: Default::default() }]);
    }
    answered(span, decoded);
    match cut {
        Some(CutReason::Error { code, message }) => {
            span.status = SpanStatus::Error;
            span.error_type = code;
            span.status_message = Some(message);
        }
        Some(CutReason::Ended) => {
            span.status = SpanStatus::Error;
            span.status_message = Some(CutReason::Ended.to_string());
        }
        None => {}
    }
    if let Err(problem) = pushed {
        span.status = SpanStatus::Error;
        span.status_message = Some(problem.to_string());
    }
}

fn error(span: &mut Span, body: &Value) {
    // A batch wraps the API's error body in one of its own.
    let body = body.get("error").filter(|inner| inner.get("error").is_some_and(Value::is_object)).unwrap_or(body);
    span.status = SpanStatus::Error;
    if let Some(said) = retake_wire::provider_message(body) {
        span.error_type = said.code;
        span.status_message = Some(said.message);
    } else {
        span.status_message = body.get("error").map(|error| scalar_text(error).unwrap_or_else(|| error.to_string()));
    }
}

/// Times, who and what else stands beside the bodies.
fn surroundings(span: &mut Span, record: &JsonMap) {
    let time = |names: &[&str]| names.iter().find_map(|name| ns_from_value(record.get(*name)?, None));
    if let Some(start) =
        time(&["start_time", "started_at", "request_time", "timestamp", "time", "ts", "created_at", "date"])
    {
        span.start_ns = Some(start);
    }
    span.end_ns =
        time(&["end_time", "ended_at", "finished_at", "response_time"]).filter(|end| *end > 1_000_000_000_000_000_000);
    let number = |names: &[&str]| names.iter().find_map(|name| record.get(*name)?.as_f64()).filter(|x| *x >= 0.0);
    if span.end_ns.is_none()
        && let (Some(start), Some(ms)) =
            (span.start_ns, number(&["latency_ms", "duration_ms", "elapsed_ms", "delay_ms"]))
    {
        span.end_ns = Some(start + (ms * 1e6).round() as i64);
    }
    let ttft = number(&["ttft_ms", "time_to_first_token_ms", "time_to_first_token"]);
    span.ttft_ns = ttft.map(|ms| (ms * 1e6).round() as i64);
    span.api_base = ["base_url", "api_base"].iter().find_map(|name| record.get(*name).and_then(scalar_text));
    let metadata = match record.get("metadata").and_then(json_in) {
        Some(Value::Object(metadata)) => metadata,
        _ => JsonMap::new(),
    };
    let sent = match span.request_body.as_ref().and_then(|body| body.get("metadata")) {
        Some(Value::Object(metadata)) => metadata.clone(),
        _ => JsonMap::new(),
    };
    let first = |names: &[&str]| [record, &metadata, &sent].into_iter().find_map(|bag| who::in_object(bag, names));
    span.tenant = first(who::TENANT);
    span.feature = first(who::FEATURE);
    span.user = first(who::USER);
    span.user_role = who::in_object(&metadata, who::ROLE);
    span.conversation = first(who::CONVERSATION);
    span.request_id = who::in_object(record, who::REQUEST).or_else(|| who::in_object(&metadata, who::REQUEST));
    span.environment = first(who::ENVIRONMENT);
    let halves: Vec<&str> = PAIRS.iter().flat_map(|(sent, got)| [*sent, *got]).collect();
    let bare = span.request_body.as_ref().and_then(Value::as_object).is_some_and(|body| body.len() == record.len());
    for (name, value) in record {
        let small = matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)) || name == "metadata";
        if small && !bare && !halves.contains(&name.as_str()) {
            span.attributes.insert(name.clone(), value.clone());
        }
    }
}
