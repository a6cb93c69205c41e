//! Audit logs: JSON lines or arrays, and CSV with any common delimiter. Columns and words are recognised by common names or
//! by a mapping file; what was taken for what is told. Times without a zone are UTC unless the mapping names one.

mod csv;
mod decision_words;
mod declined;
mod fields;
mod json;
pub(crate) mod names;
mod profiles;
mod recognise;
mod tokens;

pub use csv::AuditCsv;
pub use json::AuditJson;
pub(crate) use recognise::{Recogniser, plain};

use crate::hash::content_hash;
use crate::mapping::{Mapping, MappingKind, NamedColumns};
use crate::splitter::Place;
use crate::{Context, Format, Head};
use retake_model::{AuditEvent, EntityKey, Fact, FactKind, FactRank, JsonMap, Mapped};

/// What a mapping is to a file, as far as the file's first bytes tell.
pub enum Fit {
    /// The columns that it names are there: the file is read as this.
    Named(&'static dyn Format),
    /// The file is a log or table without a column that it names; this says which, and which there are.
    Misses(String),
    /// It names no column: a log that is recognised by itself uses what it says of times and words. Where nobody knows the
    /// file better, it is read as this.
    Any(Option<&'static dyn Format>),
}

/// Whether a file has what a mapping names.
pub fn fit(head: &Head<'_>, mapping: &Mapping) -> Fit {
    if mapping.kind == MappingKind::Traces {
        return crate::mapped::fit(head, mapping);
    }
    let columns = mapping.columns();
    let is_json = head.outline().is_json();
    let Some((field, column)) = columns.first() else { return Fit::Any(is_json.then_some(&AuditJson as &dyn Format)) };
    if is_json {
        let there = columns.iter().filter(|(_, column)| head.outline().has_anywhere(column)).count();
        return match there {
            0 => Fit::Misses(format!("it takes {field} from {column:?}, which the first records do not have")),
            _ if there >= columns.len().min(2) => Fit::Named(&AuditJson),
            _ => Fit::Any(None),
        };
    }
    let Some(header) = head.text().and_then(|text| crate::table::columns(text, mapping.delimiter_byte())) else {
        return Fit::Any(None);
    };
    match NamedColumns::new(Some(mapping)).check(&header) {
        Ok(()) => Fit::Named(&AuditCsv),
        Err(why) => Fit::Misses(why),
    }
}

/// The event within the attributes of a log record, when they are those of an audit log.
pub(crate) fn event_of_attributes(attributes: &JsonMap) -> Option<AuditEvent> {
    let names: Vec<String> = attributes.keys().map(|name| names::normalised(name)).collect();
    let (known, _) = names::covers(&names);
    let has = |field: &str| known.contains(field);
    if !(has("action") && has("actor") && (has("decision") || has("resource"))) {
        return None;
    }
    Recogniser::new(None).event(attributes, &mut Vec::new())
}

/// A fact of an event. Its identity is the log's own id, else what the event says, so that both encodings of a log agree.
fn fact(context: &Context<'_>, format: &'static str, event: AuditEvent, body: Vec<u8>, place: Place) -> Fact {
    let whole = serde_json::to_vec(&event).unwrap_or_default();
    let hash = content_hash(context.hash_key, &[b"audit", &whole]);
    let entity = match &event.event_id {
        Some(id) => EntityKey::audit(id),
        None => {
            let bare = AuditEvent { attributes: JsonMap::new(), ..event.clone() };
            let said = serde_json::to_vec(&bare).unwrap_or_default();
            EntityKey::content(b'a', &content_hash(context.hash_key, &[b"audit", &said]), 0)
        }
    };
    // Kubernetes writes an event at each stage, under one id: the last stage knows most.
    let stage = event.attributes.get("stageTimestamp").and_then(|value| crate::time::ns_from_value(value, None));
    Fact {
        record: entity.clone(),
        entity,
        content_hash: hash,
        format,
        kind: FactKind::AuditEvent,
        rank: FactRank::FullExport,
        updated_ns: stage.or(event.time_ns).unwrap_or_default(),
        mapped: Mapped::Audit(Box::new(event)),
        body,
        byte_offset: place.offset,
        line: Some(place.line),
    }
}

fn recogniser(mapping: Option<&str>) -> Result<Recogniser, String> {
    Ok(Recogniser::new(mapping.map(Mapping::parse).transpose()?))
}
