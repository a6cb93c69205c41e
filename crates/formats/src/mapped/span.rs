//! One record of a log of model calls as a span, by a mapping. Times without a zone are UTC unless the mapping names one;
//! what cannot be read is unknown, and said.

use super::row::{Row, ns};
use crate::audit::plain;
use crate::mapping::path::value_at;
use crate::mapping::{LITERAL, Mapping, NamedColumns, unreadable_time};
use crate::time::{DayOrder, ns_from_value, ns_in_format, ns_in_order, zone};
use jiff::tz::TimeZone;
use retake_model::{Code, Id, JsonMap, Span};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Columns that are named in the report as kept beside what was mapped.
const KEPT_SHOWN: usize = 64;

/// Reads spans, and remembers what was taken for what.
pub(super) struct SpanReader {
    mapping: Mapping,
    zone: Option<TimeZone>,
    order: Option<DayOrder>,
    named: NamedColumns,
    taken: BTreeMap<&'static str, String>,
    kept: BTreeSet<String>,
    n_records: u64,
}

impl SpanReader {
    pub fn new(mapping: Mapping) -> Result<Self, String> {
        if mapping.kind != crate::mapping::MappingKind::Traces {
            return Err(format!("its kind is {}, and traces are read with kind traces", mapping.kind.as_str()));
        }
        let zone = mapping.time.as_ref().and_then(|time| time.zone.as_deref()).and_then(zone);
        let named = NamedColumns::new(Some(&mapping));
        Ok(Self { mapping, zone, order: None, named, taken: BTreeMap::new(), kept: BTreeSet::new(), n_records: 0 })
    }

    pub fn delimiter(&self) -> Option<u8> {
        self.mapping.delimiter_byte()
    }

    pub fn named_columns(&self) -> &NamedColumns {
        &self.named
    }

    pub fn n_records(&self) -> u64 {
        self.n_records
    }

    pub fn set_order(&mut self, order: Option<DayOrder>) {
        self.order = order;
    }

    /// The order of dates with slashes, for all rows of a file: what some of these rows prove, and none contradicts.
    pub fn order_of(&self, rows: &[JsonMap]) -> Option<DayOrder> {
        let time = self.mapping.time.as_ref()?;
        if time.format.is_some() {
            return None;
        }
        let column = time.field.as_deref()?;
        let mut proven = rows.iter().filter_map(|row| DayOrder::of(value_at(row, column)?.as_str()?));
        let first = proven.next()?;
        proven.all(|other| other == first).then_some(first)
    }

    /// What was taken for what.
    pub fn report(&self) -> Value {
        let mut report: JsonMap =
            self.taken.iter().map(|(field, column)| ((*field).to_owned(), Value::from(column.as_str()))).collect();
        if !self.kept.is_empty() {
            report.insert("kept".into(), json!(self.kept));
        }
        Value::Object(report)
    }

    /// The span of a record; without ids where the mapping names no column for them.
    pub fn span(&mut self, record: &JsonMap, issues: &mut Vec<(Code, String)>) -> Result<Span, (Code, String)> {
        self.n_records += 1;
        self.named.look_at(record);
        let mut row = Row { found: BTreeMap::new(), decimal: self.mapping.decimal, used: BTreeSet::new(), issues };
        for (field, column) in self.mapping.columns() {
            if let Some(value) = value_at(record, column) {
                row.used.insert(column);
                row.found.insert(field, (column.to_owned(), value.into_owned()));
            }
        }
        for (field, text) in self.mapping.literals() {
            row.found.entry(field).or_insert_with(|| (format!("{LITERAL}{text}"), Value::from(text)));
        }
        let mut span = Span::default();
        self.ids(&mut span, &row)?;
        self.times(&mut span, &mut row);
        row.outcome(&mut span);
        row.surroundings(&mut span);
        row.usage(&mut span);
        row.content(&mut span);
        for (key, value) in record {
            if !row.used.contains(key.as_str()) && !crate::mapping::path::is_blank(value) {
                span.attributes.insert(key.clone(), value.clone());
                if self.kept.len() < KEPT_SHOWN {
                    self.kept.insert(key.clone());
                }
            }
        }
        for (field, (column, _)) in row.found {
            self.taken.entry(field).or_insert(column);
        }
        Ok(span)
    }

    /// Ids as the record has them. A column for one that a record leaves empty is a record that cannot be placed.
    fn ids(&self, span: &mut Span, row: &Row<'_, '_>) -> Result<(), (Code, String)> {
        let named = |field: &str| self.mapping.fields.get(field);
        let missing = |column: &str| format!("{column:?} is empty");
        span.trace_id = row.text("trace_id").map(|text| Id::new(text.strip_prefix("0x").unwrap_or(&text)));
        span.span_id = row.text("span_id").map(|text| Id::new(text.strip_prefix("0x").unwrap_or(&text)));
        if let (Some(column), None) = (named("trace_id"), &span.trace_id) {
            return Err((Code::SpanWithoutTraceId, missing(column)));
        }
        if let (Some(column), None) = (named("span_id"), &span.span_id) {
            return Err((Code::SpanWithoutSpanId, missing(column)));
        }
        span.parent_span_id = row.text("parent_span_id").map(Id::new);
        span.request_id = row.text("request_id");
        if span.trace_id.is_none() && span.span_id.is_none() {
            // One request, one call: a trace that is named may hold several.
            span.span_id = span.request_id.clone().map(Id::new);
        }
        Ok(())
    }

    fn times(&self, span: &mut Span, row: &mut Row<'_, '_>) {
        span.start_ns = self.time(row, "time");
        span.end_ns = self.time(row, "end_time");
        let duration = row.number("duration_ms").or_else(|| row.number("duration_s").map(|s| s * 1e3)).and_then(ns);
        match (span.start_ns, span.end_ns, duration) {
            (Some(start), None, Some(ns)) => span.end_ns = start.checked_add(ns),
            (None, Some(end), Some(ns)) => span.start_ns = end.checked_sub(ns),
            _ => {}
        }
        if let (Some(start), Some(end)) = (span.start_ns, span.end_ns)
            && end < start
        {
            row.issues.push((Code::ClockSkew, format!("the span ends {} ns before it starts", start - end)));
        }
        span.ttft_ns = row.number("ttft_ms").and_then(ns);
    }

    fn time(&self, row: &mut Row<'_, '_>, field: &'static str) -> Option<i64> {
        let (column, value) = row.found.get(field)?;
        let format = self.mapping.time.as_ref().and_then(|time| time.format.as_deref());
        let zone = self.zone.as_ref();
        let read = match format {
            Some(format) => plain(value).and_then(|text| ns_in_format(&text, format, zone)),
            None => ns_from_value(value, zone).or_else(|| ns_in_order(value.as_str()?, self.order?, zone)),
        };
        if read.is_none() {
            let shown = plain(value).unwrap_or_default();
            row.issues.push(unreadable_time(column, &shown, format));
        }
        read
    }
}
