//! Audit events as JSON: lines, an array, or the list within one object.

use super::{Recogniser, fact, recogniser};
use crate::records::{each_object, first_records, object_of};
use crate::sink::{FormatError, Input, Sink, WarningAt};
use crate::{Context, Format, Head, Strength, Verdict};
use retake_model::{Code, Mapped};

/// The format.
pub struct AuditJson;

const NAME: &str = "audit-json";
/// Records that are looked at to recognise a file.
const SAMPLES: usize = 40;
pub(crate) const WRAPPERS: [&str; 7] = ["events", "Records", "records", "items", "data", "entries", "logs"];

impl Format for AuditJson {
    fn name(&self) -> &'static str {
        NAME
    }
    fn title(&self) -> &'static str {
        "Audit log (JSON lines or array)"
    }
    fn signals(&self) -> &'static [&'static str] {
        &["audit"]
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["jsonl", "ndjson", "json"]
    }
    fn lacks(&self) -> &'static [&'static str] {
        &["trace ids on every event: others are joined by request id, or by actor and time"]
    }

    fn detect(&self, head: &Head<'_>) -> Verdict {
        let outline = head.outline();
        if !outline.is_json() {
            return Verdict::not_mine("not JSON");
        }
        if super::recognise::is_of_something_else(outline, &WRAPPERS) {
            return Verdict::near("a list of events within a record of something else", 1);
        }
        let mut recogniser = Recogniser::new(None);
        // Logs of other things have a row now and then that looks like one of these.
        let sampled = first_records(head.bytes(), &WRAPPERS, SAMPLES);
        let read: Vec<_> = sampled.iter().filter_map(|record| recogniser.audits(record)).collect();
        if let Some(fields) = read.first().filter(|_| read.len() * 2 > sampled.len()) {
            return Verdict::mine(Strength::Generic, format!("objects have {}", fields.join(", ")));
        }
        let mut nearest = Vec::new();
        for prefix in std::iter::once(String::new()).chain(WRAPPERS.iter().map(|wrapper| format!("{wrapper}[]."))) {
            let names: Vec<String> = outline
                .paths()
                .filter_map(|path| path.strip_prefix(prefix.as_str()))
                .filter(|name| !name.contains('.') && !name.contains("[]"))
                .map(super::names::normalised)
                .collect();
            let (known, enough) = super::names::covers(&names);
            if enough && sampled.is_empty() {
                let fields: Vec<&str> = known.into_iter().collect();
                return Verdict::mine(Strength::Generic, format!("objects have {}", fields.join(", ")));
            }
            if known.len() > nearest.len() {
                nearest = known.into_iter().collect();
            }
        }
        let missing: Vec<&str> =
            ["time", "actor", "action", "decision"].into_iter().filter(|field| !nearest.contains(field)).collect();
        let why = if missing.is_empty() {
            "objects have no field that only an audit log has".to_owned()
        } else {
            format!("objects have no field for {}", missing.join(", "))
        };
        Verdict::near(why, u8::try_from(4 - missing.len().min(4)).unwrap_or_default())
    }

    fn parse(&self, input: Input<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), FormatError> {
        let mut recogniser = recogniser(context.mapping).map_err(FormatError::Mapping)?;
        let mut n_records = 0u64;
        let outcome = each_object(input.reader, &WRAPPERS, NAME, context, sink, &mut |record, bytes, place, issues| {
            n_records += 1;
            match recogniser.event(&record, issues) {
                Some(event) => Ok(fact(context, NAME, event, bytes.to_vec(), place)),
                None => {
                    Err((Code::RecordUnreadable, "the record has neither actor nor action nor decision".to_owned()))
                }
            }
        });
        if outcome.is_ok() && n_records > 0 {
            for (field, column) in recogniser.named_columns().unseen() {
                let message = format!("the mapping takes {field} from {column:?}, which no record has");
                sink.warning(WarningAt { code: Code::FieldUnmapped, message, line: None, byte_offset: 0 });
            }
        }
        sink.mapping(recogniser.report());
        outcome
    }

    fn remap(&self, body: &[u8], mapping: Option<&str>) -> Mapped {
        let Ok(mut recogniser) = recogniser(mapping) else { return Mapped::Raw };
        let event = object_of(body).and_then(|record| recogniser.event(&record, &mut Vec::new()));
        event.map_or(Mapped::Raw, |event| Mapped::Audit(Box::new(event)))
    }
}
