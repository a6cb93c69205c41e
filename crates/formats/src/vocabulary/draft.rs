//! A span while it is mapped, and what holds for every vocabulary: ids, times, outcome, events, links, surroundings.

use super::attributes::{Attributes, value_of};
use super::who;
use crate::otlp::record::{Surroundings, id};
use opentelemetry_proto::tonic::trace::v1 as wire;
use retake_model::{Code, JsonMap, Message, Part, Span, SpanEvent, SpanKind, SpanLink, SpanStatus, Usage};
use serde_json::Value;

/// A span under way.
pub(crate) struct Draft<'i> {
    pub attributes: Attributes,
    pub span: Span,
    pub issues: &'i mut Vec<(Code, String)>,
}

/// Maps a decoded span.
pub(crate) fn map_span(wire: wire::Span, around: &Surroundings, issues: &mut Vec<(Code, String)>) -> Span {
    let status = wire.status.unwrap_or_default();
    let span = Span {
        trace_id: Some(id(&wire.trace_id, 16)),
        span_id: Some(id(&wire.span_id, 8)),
        parent_span_id: (!wire.parent_span_id.is_empty() && wire.parent_span_id.iter().any(|b| *b != 0))
            .then(|| id(&wire.parent_span_id, 8)),
        name: Some(wire.name).filter(|name| !name.is_empty()),
        start_ns: ns(wire.start_time_unix_nano),
        end_ns: ns(wire.end_time_unix_nano),
        status: match status.code {
            1 => SpanStatus::Ok,
            2 => SpanStatus::Error,
            _ => SpanStatus::Unset,
        },
        status_message: Some(status.message).filter(|message| !message.is_empty()),
        resource: resource_map(around),
        links: wire
            .links
            .into_iter()
            .map(|link| SpanLink {
                trace_id: id(&link.trace_id, 16),
                span_id: id(&link.span_id, 8),
                attributes: plain(link.attributes),
            })
            .collect(),
        events: wire
            .events
            .into_iter()
            .map(|event| SpanEvent {
                time_ns: ns(event.time_unix_nano).unwrap_or_default(),
                name: event.name,
                attributes: plain(event.attributes),
            })
            .collect(),
        ..Span::default()
    };
    if let (Some(start), Some(end)) = (span.start_ns, span.end_ns)
        && end < start
    {
        issues.push((Code::ClockSkew, format!("the span ends {} ns before it starts", start - end)));
    }
    let attributes = Attributes::new(wire.attributes, issues);
    let mut draft = Draft { attributes, span, issues };
    super::genai::take_detail_events(&mut draft);
    for vocabulary in super::all() {
        if vocabulary.claims(&draft.attributes) {
            vocabulary.apply(&mut draft);
        }
    }
    draft.outcome();
    // Writers differ in the case of vendors' names (`OpenAI`, `openai`).
    if let Some(provider) = &mut draft.span.provider {
        provider.make_ascii_lowercase();
    }
    if draft.span.kind.is_none() {
        draft.span.kind = Some(plain_kind(&draft.attributes, wire.kind));
    }
    let Draft { attributes, mut span, issues } = draft;
    let resource = std::mem::take(&mut span.resource);
    who::fill(&mut span, &attributes, &resource);
    span.resource = resource;
    check_sum(&attributes, &span.usage, issues);
    span.attributes = attributes.into_rest();
    finish(&mut span);
    span
}

/// What can be told only when all records of a span are together: messages from events, the reason of the end.
pub fn finish(span: &mut Span) {
    super::genai::messages_from_events(span);
    if span.finish_reason.is_none()
        && let Some(output) = &span.output
        && output.iter().any(|message| message.parts.iter().any(|part| matches!(part, Part::ToolCall { .. })))
        && span.status != SpanStatus::Error
    {
        span.finish_reason = Some("tool_calls".into());
    }
}

fn ns(nanos: u64) -> Option<i64> {
    i64::try_from(nanos).ok().filter(|n| *n > 0)
}

pub(crate) fn plain(pairs: Vec<opentelemetry_proto::tonic::common::v1::KeyValue>) -> JsonMap {
    pairs.into_iter().map(|pair| (pair.key, pair.value.map_or(Value::Null, value_of))).collect()
}

/// Attributes of the resource, then name, version and attributes of the scope.
pub(crate) fn resource_map(around: &Surroundings) -> JsonMap {
    let mut map = plain(around.resource.attributes.clone());
    let scope = &around.scope;
    for (key, text) in [("otel.scope.name", &scope.name), ("otel.scope.version", &scope.version)] {
        if !text.is_empty() {
            map.insert(key.into(), Value::from(text.as_str()));
        }
    }
    for (key, value) in plain(scope.attributes.clone()) {
        map.entry(key).or_insert(value);
    }
    map
}

/// Kind of a span that no vocabulary knows.
fn plain_kind(attributes: &Attributes, otel_kind: i32) -> SpanKind {
    let http = ["http.request.method", "http.method", "http.url", "url.full", "http.route", "http.target"];
    if http.iter().any(|name| attributes.has(name)) {
        return SpanKind::Http;
    }
    let other = ["db.", "messaging.", "rpc.", "faas.", "aws."].iter().any(|prefix| attributes.has_prefix(prefix));
    if otel_kind == wire::span::SpanKind::Client as i32 && !other { SpanKind::Http } else { SpanKind::Other }
}

fn check_sum(attributes: &Attributes, usage: &Usage, issues: &mut Vec<(Code, String)>) {
    let stated =
        attributes.any_integer(&["gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"]);
    if let (Some(stated), Some(input)) = (stated, usage.input_tokens()) {
        let parts = input + usage.output_tokens().unwrap_or(0);
        if stated != parts {
            issues.push((Code::SumDiffers, format!("the source states {stated} tokens, its parts make {parts}")));
        }
    }
}

impl Draft<'_> {
    /// Error class and message from attributes and the exception event.
    fn outcome(&mut self) {
        let exception = self.span.events.iter().rev().find(|event| event.name == "exception").cloned();
        let of_event = |key: &str| exception.as_ref()?.attributes.get(key)?.as_str().map(str::to_owned);
        let span = &mut self.span;
        let stated = self.attributes.any_text(&["error.type", "exception.type"]);
        if span.status == SpanStatus::Error || stated.is_some() {
            span.error_type = stated.map(|text| class_name(&text)).or_else(|| of_event("exception.type"));
            if span.error_type.is_none() {
                let code = self.attributes.any_integer(&["http.response.status_code", "http.status_code"]);
                span.error_type = code.filter(|code| *code >= 400).map(|code| code.to_string());
            }
        }
        if span.status == SpanStatus::Error && span.status_message.is_none() {
            span.status_message = of_event("exception.message")
                .or_else(|| self.attributes.any_text(&["error.message", "exception.message"]));
        }
        if span.status == SpanStatus::Unset && span.error_type.is_some() {
            span.status = SpanStatus::Error;
        }
    }

    pub fn set_input(&mut self, messages: Option<Vec<Message>>) {
        if self.span.input.is_none() {
            self.span.input = messages.filter(|messages| !messages.is_empty());
        }
    }

    pub fn set_output(&mut self, messages: Option<Vec<Message>>) {
        if self.span.output.is_none() {
            self.span.output = messages.filter(|messages| !messages.is_empty());
        }
    }

    pub fn set_kind(&mut self, kind: SpanKind) {
        self.span.kind.get_or_insert(kind);
    }

    /// Fills a text from the first attribute that is there.
    pub fn text(&self, slot: &Option<String>, names: &[&str]) -> Option<String> {
        slot.clone().or_else(|| self.attributes.any_text(names))
    }
}

/// `<class 'openai.APIConnectionError'>`, as some versions write it, is `openai.APIConnectionError`.
fn class_name(text: &str) -> String {
    text.strip_prefix("<class '").and_then(|rest| rest.strip_suffix("'>")).unwrap_or(text).to_owned()
}

/// Dollars to nano-dollars, rounded once.
pub(crate) fn usd_nanos(usd: f64) -> Option<i64> {
    let nanos = (usd * 1e9).round();
    (usd.is_finite() && (0.0..9.0e18).contains(&nanos)).then_some(nanos as i64)
}
