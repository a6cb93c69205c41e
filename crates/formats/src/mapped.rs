//! Logs of model calls that only a mapping explains: JSON lines, arrays and tables, one record a span. Never claims a file
//! by itself. What the mapping does not name stays with the span as an attribute.

mod row;
mod span;

use crate::audit::Fit;
use crate::hash::content_hash;
use crate::mapping::{Mapping, NamedColumns};
use crate::records::{each_object, object_of};
use crate::redact::redact_bytes;
use crate::sink::{FormatError, Input, Sink, WarningAt};
use crate::splitter::Place;
use crate::table::{Reading, read_rows, stored_row};
use crate::time::DayOrder;
use crate::{Context, Format, Head, Verdict};
use retake_model::{Code, EntityKey, Fact, FactKind, FactRank, Id, JsonMap, Mapped, Span};
use span::SpanReader;
use std::borrow::Cow;
use std::io::{Cursor, Read};

/// The format.
pub struct MappedTraces;

const NAME: &str = "mapped-traces";
/// Keys under which an object holds the list of its records.
pub(crate) const WRAPPERS: [&str; 10] =
    ["traces", "spans", "rows", "events", "records", "Records", "items", "data", "entries", "logs"];

impl Format for MappedTraces {
    fn name(&self) -> &'static str {
        NAME
    }
    fn title(&self) -> &'static str {
        "Any log of model calls, by a mapping (JSON lines, arrays, CSV)"
    }
    fn signals(&self) -> &'static [&'static str] {
        &["traces", "messages", "documents", "usage", "cost"]
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["jsonl", "json", "csv", "tsv"]
    }
    fn lacks(&self) -> &'static [&'static str] {
        &["whatever the mapping names no column for"]
    }

    fn detect(&self, _: &Head<'_>) -> Verdict {
        Verdict::not_mine("it is read with a mapping of kind traces only")
    }

    fn parse(&self, input: Input<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), FormatError> {
        let mut reader = reader(context.mapping).map_err(FormatError::Mapping)?;
        let Input { reader: mut bytes, .. } = input;
        let mut head = Vec::new();
        bytes.by_ref().take(64).read_to_end(&mut head)?;
        let is_json = is_json(&head);
        let bytes: Box<dyn Read + '_> = Box::new(Cursor::new(head).chain(bytes));
        let outcome = if is_json {
            each_object(bytes, &WRAPPERS, NAME, context, sink, &mut |record, body, place, issues| {
                let span = reader.span(&record, issues)?;
                Ok(fact(context, span, body.to_vec(), place))
            })
        } else {
            read_rows(bytes, context, sink, &mut reader)
        };
        if outcome.is_ok() && is_json && reader.n_records() > 0 {
            for (field, column) in reader.named_columns().unseen() {
                let message = format!("the mapping takes {field} from {column:?}, which no record has");
                sink.warning(WarningAt { code: Code::FieldUnmapped, message, line: None, byte_offset: 0 });
            }
        }
        sink.mapping(reader.report());
        outcome
    }

    fn remap(&self, body: &[u8], mapping: Option<&str>) -> Mapped {
        let Ok(mut reader) = reader(mapping) else { return Mapped::Raw };
        let record = if is_json(body) {
            object_of(body)
        } else {
            stored_row(body, reader.delimiter()).map(|row| {
                reader.set_order(row.order);
                row.record
            })
        };
        let span = record.and_then(|record| reader.span(&record, &mut Vec::new()).ok());
        span.map_or(Mapped::Raw, |span| Mapped::Span(Box::new(with_ids(span, body))))
    }
}

/// What a mapping of model calls is to a file, as far as the file's first bytes tell.
pub(crate) fn fit(head: &Head<'_>, mapping: &Mapping) -> Fit {
    if head.outline().is_json() {
        let columns = mapping.columns();
        // A path may go on by number into a list, or into JSON that stands in a text: its first step tells.
        let there = |column: &str| {
            let first = column.split('.').next().unwrap_or(column);
            head.outline().has_anywhere(column) || head.outline().has_anywhere(first)
        };
        return match columns.iter().find(|(_, column)| there(column)) {
            Some(_) => Fit::Named(&MappedTraces),
            None => {
                let (field, column) = columns.first().copied().unwrap_or_default();
                Fit::Misses(format!("it takes {field} from {column:?}, which the first records do not have"))
            }
        };
    }
    let Some(header) = head.text().and_then(|text| crate::table::columns(text, mapping.delimiter_byte())) else {
        return Fit::Any(None);
    };
    match NamedColumns::new(Some(mapping)).check(&header) {
        Ok(()) => Fit::Named(&MappedTraces),
        Err(why) => Fit::Misses(why),
    }
}

/// Whether records are JSON, from the first bytes.
pub(crate) fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

fn reader(mapping: Option<&str>) -> Result<SpanReader, String> {
    let text = mapping.ok_or_else(|| "the format mapped-traces is read with a mapping of kind traces".to_owned())?;
    SpanReader::new(Mapping::parse(text)?)
}

/// Gives a span the ids that its record does not have: a hash of the record as it is kept. Redacting is done before, so
/// that the kept record gives the same id, and the id tells nothing of what was removed.
fn with_ids(mut span: Span, body: &[u8]) -> Span {
    if span.span_id.is_none() {
        let redacted = redact_bytes(body);
        let kept = redacted.as_ref().map_or(body, |redacted| redacted.bytes.as_slice());
        let hash = blake3::hash(kept.trim_ascii()).to_hex();
        span.span_id = Some(Id::new(format!("record-{}", hash.get(..24).unwrap_or_default())));
    }
    if span.trace_id.is_none() {
        span.trace_id.clone_from(&span.span_id);
    }
    span
}

fn fact(context: &Context<'_>, span: Span, body: Vec<u8>, place: Place) -> Fact {
    let span = with_ids(span, &body);
    let hash = content_hash(context.hash_key, &[NAME.as_bytes(), body.trim_ascii()]);
    let entity = match (&span.trace_id, &span.span_id) {
        (Some(trace_id), Some(span_id)) => EntityKey::span(NAME, trace_id, span_id),
        _ => EntityKey::content(b's', &hash, 0),
    };
    Fact {
        record: entity.clone(),
        entity,
        content_hash: hash,
        format: NAME,
        kind: FactKind::Span,
        rank: FactRank::FullExport,
        updated_ns: span.end_ns.or(span.start_ns).unwrap_or_default(),
        mapped: Mapped::Span(Box::new(span)),
        body,
        byte_offset: place.offset,
        line: Some(place.line),
    }
}

impl Reading for SpanReader {
    type Said = Span;

    fn name(&self) -> &'static str {
        NAME
    }
    fn delimiter(&self) -> Option<u8> {
        Self::delimiter(self)
    }
    fn look_ahead(&mut self, rows: &[JsonMap]) -> Option<DayOrder> {
        let order = self.order_of(rows);
        self.set_order(order);
        order
    }
    fn check(&self, columns: &[Cow<'_, str>]) -> Result<(), String> {
        self.named_columns().check(columns)
    }
    fn read(&mut self, record: &JsonMap, issues: &mut Vec<(Code, String)>) -> Result<Span, (Code, String)> {
        self.span(record, issues)
    }
    fn fact(&self, context: &Context<'_>, span: Span, body: Vec<u8>, place: Place) -> Fact {
        fact(context, span, body, place)
    }
}
