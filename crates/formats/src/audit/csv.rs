//! Audit events as CSV. The delimiter is the one under which most columns are known.

use super::names::covers;
use super::recognise::Recogniser;
use super::{fact, recogniser};
use crate::sink::{FormatError, Input, Sink};
use crate::splitter::Place;
use crate::table::{Reading, SAMPLES, header_of, preamble, read_rows, samples, stored_row, table};
use crate::time::DayOrder;
use crate::{Context, Format, Head, Strength, Verdict};
use retake_model::{AuditEvent, Code, Fact, JsonMap, Mapped};
use std::borrow::Cow;

/// The format.
pub struct AuditCsv;

const NAME: &str = "audit-csv";

impl Format for AuditCsv {
    fn name(&self) -> &'static str {
        NAME
    }
    fn title(&self) -> &'static str {
        "Audit log (CSV)"
    }
    fn signals(&self) -> &'static [&'static str] {
        &["audit"]
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["csv", "tsv", "txt"]
    }
    fn lacks(&self) -> &'static [&'static str] {
        &["the time zone, unless each time names it: UTC is taken", "trace ids on every event"]
    }

    fn detect(&self, head: &Head<'_>) -> Verdict {
        let Some(text) = head.text() else { return Verdict::not_mine("not text") };
        if text.trim_start().starts_with(['{', '[']) {
            return Verdict::not_mine("JSON, not rows of columns");
        }
        let (bytes, told) = preamble(text.as_bytes());
        let (delimiter, names) = header_of(bytes, told);
        if names.len() < 3 {
            return Verdict::not_mine("the first line is no header of three or more columns");
        }
        let (known, enough) = covers(&names);
        let mut recogniser = Recogniser::new(None);
        if let Some(fields) = samples(bytes, delimiter, SAMPLES).iter().find_map(|record| recogniser.audits(record)) {
            let reason = format!("columns for {} between {:?}", fields.join(", "), char::from(delimiter));
            return Verdict::mine(Strength::Generic, reason);
        }
        if !enough {
            let (header, regular) = table(bytes, delimiter, head.is_whole());
            return super::declined::verdict(&header, delimiter, &samples(bytes, delimiter, SAMPLES), regular);
        }
        let fields: Vec<&str> = known.into_iter().collect();
        let reason = format!("columns for {} between {:?}", fields.join(", "), char::from(delimiter));
        Verdict::mine(Strength::Generic, reason)
    }

    fn parse(&self, input: Input<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), FormatError> {
        let mut recogniser = recogniser(context.mapping).map_err(FormatError::Mapping)?;
        let outcome = read_rows(input.reader, context, sink, &mut recogniser);
        sink.mapping(recogniser.report());
        outcome
    }

    fn remap(&self, body: &[u8], mapping: Option<&str>) -> Mapped {
        let Ok(mut recogniser) = recogniser(mapping) else { return Mapped::Raw };
        let Some(stored) = stored_row(body, recogniser.delimiter()) else { return Mapped::Raw };
        recogniser.set_order(stored.order);
        let event = recogniser.event(&stored.record, &mut Vec::new());
        event.map_or(Mapped::Raw, |event| Mapped::Audit(Box::new(event)))
    }
}

impl Reading for Recogniser {
    type Said = AuditEvent;

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
    fn read(&mut self, record: &JsonMap, issues: &mut Vec<(Code, String)>) -> Result<AuditEvent, (Code, String)> {
        let none = || (Code::RecordUnreadable, "the row has neither actor nor action nor decision".to_owned());
        self.event(record, issues).ok_or_else(none)
    }
    fn fact(&self, context: &Context<'_>, event: AuditEvent, body: Vec<u8>, place: Place) -> Fact {
        fact(context, NAME, event, body, place)
    }
}
