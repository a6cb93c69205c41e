//! One decoded record with its resource and scope, and the fact made of it.

use super::decode::{self, Issues};
use super::encode::{self, Writer};
use crate::hash::content_hash;
use crate::json::{Fault, Json};
use crate::raw::{self, rejected};
use crate::sink::{Sink, Stop, WarningAt};
use crate::splitter::{Cut, Place};
use crate::{Context, vocabulary};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use retake_model::{Code, EntityKey, Fact, FactKind, FactRank, Id, Mapped};

/// Name of the format that can map these facts again, whichever encoding they came in.
pub(crate) const BODY_FORMAT: &str = "otlp-json";

/// Spans or log records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Spans,
    Logs,
}

/// A decoded record.
pub(crate) enum Record {
    Span(Box<Span>),
    Log(Box<LogRecord>),
}

/// Resource and scope of a record, decoded once for all records that share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    pub resource: Resource,
    pub scope: InstrumentationScope,
    /// As they stood in the file; empty when there was none.
    pub resource_json: Vec<u8>,
    pub scope_json: Vec<u8>,
    resource_bytes: Vec<u8>,
    scope_bytes: Vec<u8>,
}

impl Surroundings {
    pub fn set_resource(&mut self, resource: Resource, json: Vec<u8>) {
        self.resource_bytes = resource.encode_to_vec();
        self.resource = resource;
        self.resource_json = json;
    }

    pub fn set_scope(&mut self, scope: InstrumentationScope, json: Vec<u8>) {
        self.scope_bytes = scope.encode_to_vec();
        self.scope = scope;
        self.scope_json = json;
    }

    /// The minimal document that holds one record.
    pub fn document(&self, signal: Signal, record: &[u8]) -> Vec<u8> {
        let (outer, middle, inner) = match signal {
            Signal::Spans => ("resourceSpans", "scopeSpans", "spans"),
            Signal::Logs => ("resourceLogs", "scopeLogs", "logRecords"),
        };
        let mut scope = Writer::object();
        if !self.scope_json.is_empty() {
            scope.raw("scope", &self.scope_json);
        }
        scope.list(inner, std::iter::once(record.to_vec()));
        let mut resource = Writer::object();
        if !self.resource_json.is_empty() {
            resource.raw("resource", &self.resource_json);
        }
        resource.list(middle, std::iter::once(scope.close()));
        let mut document = Writer::object();
        document.list(outer, std::iter::once(resource.close()));
        document.close()
    }
}

/// Decodes a record that was cut out of OTLP/JSON.
pub(crate) fn from_json(signal: Signal, bytes: &[u8], issues: &mut Issues) -> Result<Record, (Code, String)> {
    let parsed = Json::parse(bytes).map_err(|fault| (code_of(fault), fault.to_string()))?;
    if let Some(key) = parsed.repeated_key {
        issues.push(repeated(&key));
    }
    if !matches!(parsed.value, Json::Object(_)) {
        return Err((Code::RecordUnreadable, "the record is no JSON object".into()));
    }
    Ok(match signal {
        Signal::Spans => Record::Span(Box::new(decode::span(&parsed.value, issues))),
        Signal::Logs => Record::Log(Box::new(decode::log_record(&parsed.value, issues))),
    })
}

/// What is said of a key that an object repeats.
pub(crate) fn repeated(key: &str) -> (Code, String) {
    (Code::DuplicateKey, format!("the key {key:?} stands twice in one object"))
}

pub(crate) fn code_of(fault: Fault) -> Code {
    match fault {
        Fault::At(..) => Code::RecordUnreadable,
        Fault::TooDeep => Code::NestingTooDeep,
        Fault::NotUtf8(_) => Code::InvalidUtf8,
    }
}

/// Turns records into facts and pushes them.
pub(crate) struct Emitter<'c, 's> {
    pub context: Context<'c>,
    pub sink: &'s mut dyn Sink,
}

impl Emitter<'_, '_> {
    pub fn warn(&mut self, code: Code, message: impl Into<String>, place: Place) {
        let line = Some(place.line).filter(|line| *line > 0);
        self.sink.warning(WarningAt { code, message: message.into(), line, byte_offset: place.offset });
    }

    /// A record that is kept raw only.
    pub fn reject(&mut self, code: Code, message: impl Into<String>, cut: Cut) -> Result<(), Stop> {
        self.warn(code, message, cut.place);
        raw::keep(&self.context, BODY_FORMAT, &cut.bytes, cut.place, self.sink)
    }

    /// A record cut out of JSON.
    pub fn json(&mut self, signal: Signal, around: &Surroundings, cut: Cut) -> Result<(), Stop> {
        if cut.depth > crate::MAX_DEPTH {
            return self.reject(Code::NestingTooDeep, format!("a record is nested {} levels deep", cut.depth), cut);
        }
        let mut issues = Issues::new();
        match from_json(signal, &cut.bytes, &mut issues) {
            Ok(record) => {
                let body = around.document(signal, &cut.bytes);
                self.emit(record, around, body, cut.place, issues)
            }
            Err((code, message)) => self.reject(code, message, cut),
        }
    }

    /// A decoded record.
    pub fn emit(
        &mut self,
        record: Record,
        around: &Surroundings,
        body: Vec<u8>,
        place: Place,
        mut issues: Issues,
    ) -> Result<(), Stop> {
        if let Record::Log(log) = &record
            && log.event_name == "retake.record"
            && let Some(facts) = enclosed(&self.context, &log.attributes, place)
        {
            return facts.into_iter().try_for_each(|fact| self.sink.fact(fact));
        }
        let fact = match record {
            Record::Span(span) => span_fact(&self.context, *span, around, body, place, &mut issues),
            Record::Log(log) => log_fact(&self.context, *log, around, body, place, &mut issues),
        };
        for (code, message) in issues {
            self.warn(code, message, place);
        }
        self.sink.fact(fact)
    }
}

fn span_fact(
    context: &Context<'_>,
    span: Span,
    around: &Surroundings,
    body: Vec<u8>,
    place: Place,
    issues: &mut Issues,
) -> Fact {
    let missing = if span.trace_id.is_empty() {
        Some((Code::SpanWithoutTraceId, "trace id"))
    } else if span.span_id.is_empty() {
        Some((Code::SpanWithoutSpanId, "id of its own"))
    } else {
        None
    };
    if let Some((code, what)) = missing {
        issues.push((code, format!("the span {:?} has no {what}", span.name)));
        return rejected(context, BODY_FORMAT, body, place);
    }
    let content_hash =
        content_hash(context.hash_key, &[&around.resource_bytes, &around.scope_bytes, &span.encode_to_vec()]);
    let (trace_id, span_id) = (id(&span.trace_id, 16), id(&span.span_id, 8));
    let updated_ns = i64::try_from(span.end_time_unix_nano).unwrap_or_default();
    let mapped = vocabulary::map_span(span, around, issues);
    let entity = EntityKey::span("otlp", &trace_id, &span_id);
    Fact {
        record: entity.clone(),
        entity,
        content_hash,
        format: BODY_FORMAT,
        kind: FactKind::Span,
        rank: FactRank::FullExport,
        updated_ns,
        mapped: Mapped::Span(Box::new(mapped)),
        body,
        byte_offset: place.offset,
        line: Some(place.line).filter(|line| *line > 0),
    }
}

fn log_fact(
    context: &Context<'_>,
    log: LogRecord,
    around: &Surroundings,
    body: Vec<u8>,
    place: Place,
    issues: &mut Issues,
) -> Fact {
    let hash = content_hash(context.hash_key, &[&around.resource_bytes, &around.scope_bytes, &log.encode_to_vec()]);
    let record = EntityKey::content(b'l', &hash, 0);
    let of_span = !log.trace_id.is_empty() && !log.span_id.is_empty();
    let entity =
        if of_span { EntityKey::span("otlp", &id(&log.trace_id, 16), &id(&log.span_id, 8)) } else { record.clone() };
    let nanos = if log.time_unix_nano > 0 { log.time_unix_nano } else { log.observed_time_unix_nano };
    let mapped = map_log(log, around, issues);
    let (kind, entity, record) = match &mapped {
        Mapped::Audit(event) => {
            let entity = event.event_id.as_deref().map_or(entity, EntityKey::audit);
            (FactKind::AuditEvent, entity.clone(), entity)
        }
        _ => (FactKind::LogRecord, entity, record),
    };
    Fact {
        entity,
        record,
        content_hash: hash,
        format: BODY_FORMAT,
        kind,
        rank: FactRank::FullExport,
        updated_ns: i64::try_from(nanos).unwrap_or_default(),
        mapped,
        body,
        byte_offset: place.offset,
        line: Some(place.line).filter(|line| *line > 0),
    }
}

fn map_log(log: LogRecord, around: &Surroundings, issues: &mut Issues) -> Mapped {
    if let Some(event) = vocabulary::audit_of_log(&log) {
        return Mapped::Audit(Box::new(event));
    }
    if log.trace_id.is_empty() || log.span_id.is_empty() {
        return Mapped::Raw;
    }
    Mapped::Span(Box::new(vocabulary::map_log(log, around, issues)))
}

const ENCLOSED_FORMAT: &str = "retake.record.format";
const ENCLOSED_KIND: &str = "retake.record.kind";
const ENCLOSED_BODY: &str = "retake.record.body";

/// A record of another format within a log record, as our export writes it.
pub(crate) fn enclose(format: &str, kind: FactKind, body: &[u8]) -> Vec<u8> {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
    let pair = |key: &str, text: String| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(Value::StringValue(text)) }),
        key_strindex: 0,
    };
    let log = LogRecord {
        event_name: "retake.record".into(),
        attributes: vec![
            pair(ENCLOSED_FORMAT, format.to_owned()),
            pair(ENCLOSED_KIND, kind.as_str().to_owned()),
            pair(ENCLOSED_BODY, String::from_utf8_lossy(body).into_owned()),
        ],
        ..LogRecord::default()
    };
    Surroundings::default().document(Signal::Logs, &encode::log_record_json(&log))
}

/// The record of another format that an export of ours carries inside a log record.
fn enclosed(
    context: &Context<'_>,
    attributes: &[opentelemetry_proto::tonic::common::v1::KeyValue],
    place: Place,
) -> Option<Vec<Fact>> {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let text = |name: &str| {
        attributes.iter().find(|pair| pair.key == name).and_then(|pair| match pair.value.as_ref()?.value.as_ref()? {
            Value::StringValue(text) => Some(text.as_str()),
            _ => None,
        })
    };
    let (format, kind, body) = (text(ENCLOSED_FORMAT)?, text(ENCLOSED_KIND)?, text(ENCLOSED_BODY)?);
    let format = crate::by_name(format)?;
    if kind == FactKind::Rejected.as_str() {
        return Some(vec![rejected(context, format.name(), body.as_bytes().to_vec(), place)]);
    }
    let mut facts = crate::sink::Gather::default();
    format.parse(crate::Input::bytes(body.as_bytes()), context, &mut facts).ok()?;
    for fact in &mut facts.facts {
        (fact.byte_offset, fact.line) = (place.offset, Some(place.line).filter(|line| *line > 0));
    }
    Some(facts.facts)
}

/// Id of the bytes: hex when it has the standard's length, else the text that was kept.
pub(crate) fn id(bytes: &[u8], n: usize) -> Id {
    Id::new(encode::id_text(bytes, n))
}

/// Maps the minimal document of one record again.
pub(crate) fn remap(body: &[u8]) -> Mapped {
    let Ok(parsed) = Json::parse(body) else { return Mapped::Raw };
    for (outer, middle, inner, signal) in [
        ("resourceSpans", "scopeSpans", "spans", Signal::Spans),
        ("resourceLogs", "scopeLogs", "logRecords", Signal::Logs),
    ] {
        let Some(resource) = parsed.value.get(outer).and_then(|list| list.list().first()) else { continue };
        let Some(scope) = resource.get(middle).and_then(|list| list.list().first()) else { continue };
        let Some(record) = scope.get(inner).and_then(|list| list.list().first()) else { continue };
        let mut issues = Issues::new();
        let mut around = Surroundings::default();
        if let Some(json) = resource.get("resource") {
            around.resource = decode::resource(json, &mut issues);
        }
        if let Some(json) = scope.get("scope") {
            around.scope = decode::scope(json, &mut issues);
        }
        return match signal {
            Signal::Spans => {
                let span = decode::span(record, &mut issues);
                if span.trace_id.is_empty() || span.span_id.is_empty() {
                    return Mapped::Raw;
                }
                Mapped::Span(Box::new(vocabulary::map_span(span, &around, &mut issues)))
            }
            Signal::Logs => map_log(decode::log_record(record, &mut issues), &around, &mut issues),
        };
    }
    Mapped::Raw
}
