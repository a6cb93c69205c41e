//! Audit logs: JSON lines or arrays, and CSV with any common delimiter. Columns and words are recognised by common names or
//! by a mapping file; what was taken for what is told. Times without a zone are UTC unless the mapping names one.

mod csv;
mod decision_words;
mod declined;
mod fields;
mod json;
mod named_columns;
mod names;
mod profiles;
mod recognise;
mod tokens;

pub use csv::AuditCsv;
pub use json::AuditJson;
pub(crate) use recognise::Recogniser;

use crate::hash::content_hash;
use crate::mapping::Mapping;
use crate::splitter::Place;
use crate::{Context, Format, Head};
use retake_model::{AuditEvent, EntityKey, Fact, FactKind, FactRank, JsonMap, Mapped};

/// The format of a file that a mapping was given for, when the columns that it names are there.
pub fn format_for_mapping(head: &Head<'_>, mapping: &Mapping) -> Option<&'static dyn Format> {
    let columns = mapping.columns();
    let enough = columns.len().min(2);
    if head.outline().is_json() {
        let there = columns.iter().filter(|(_, column)| head.outline().has_anywhere(column)).count();
        return (there >= enough).then_some(&AuditJson as &dyn Format);
    }
    let header = csv::header_line(head.text()?)?;
    let there = columns.iter().filter(|(_, column)| header.contains(column)).count();
    (there >= enough.max(1)).then_some(&AuditCsv as &dyn Format)
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
