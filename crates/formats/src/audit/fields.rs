//! Which column or path of a record is which field: the mapping first, then a published form, then listed names, then
//! names within objects, then the words of names, and last what a value can only be (a time, a trace id).

use super::names::{CONTEXTS, NAMES, TELLING, normalised};
use super::profiles::{Profile, at, profile_of};
use super::recognise::{named, plain};
use super::tokens::field_of;
use crate::mapping::path::{is_blank as is_empty, value_at};
use crate::mapping::{LITERAL, Mapping};
use crate::time::ns_from_text;
use retake_model::JsonMap;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Objects that hold what was sent or came back, not who did what: their fields are not those of the event.
const PAYLOADS: &[&str] = &[
    "input",
    "output",
    "payload",
    "body",
    "arguments",
    "args",
    "params",
    "parameters",
    "request_parameters",
    "response_elements",
    "before",
    "after",
    "old",
    "new",
    "old_value",
    "new_value",
    "changes",
    "diff",
    "headers",
    "device",
    "geo",
    "client",
    "host",
    "user_agent",
    "usage",
];

/// Fields of one record, with the column or path and its value.
#[derive(Default)]
pub(super) struct Fields {
    pub found: BTreeMap<&'static str, (String, Value)>,
    /// Columns of the record that need not be kept beside the event.
    pub used: BTreeSet<String>,
    pub profile: Option<&'static Profile>,
    /// True when a name that only an audit log has is among them.
    pub telling: bool,
}

impl Fields {
    pub fn of(record: &JsonMap, mapping: Option<&Mapping>, names: &[(String, &String)]) -> Self {
        let mut fields = Self::default();
        for (field, column) in mapping.map(Mapping::columns).unwrap_or_default() {
            if let Some(value) = value_at(record, column) {
                fields.used.insert(column.split('.').next().unwrap_or(column).to_owned());
                fields.used.insert(column.to_owned());
                fields.found.insert(field, (column.to_owned(), value.into_owned()));
            }
        }
        for (field, text) in mapping.map(Mapping::literals).unwrap_or_default() {
            fields.found.entry(field).or_insert_with(|| (format!("{LITERAL}{text}"), Value::from(text)));
        }
        fields.published(record);
        if fields.profile.is_none_or(|profile| profile.open) {
            fields.listed(record, names);
            fields.within(record);
            fields.nested(record);
            fields.by_words(record, names);
            fields.by_value(record);
        }
        fields.telling |= fields.found.values().any(|(column, _)| {
            let leaf = column.rsplit('.').next().unwrap_or(column);
            [column.as_str(), leaf].iter().any(|name| TELLING.contains(&normalised(name).as_str()))
        });
        fields
    }

    fn lacks(&self, field: &str) -> bool {
        !self.found.contains_key(field)
    }

    fn published(&mut self, record: &JsonMap) {
        let Some(profile) = profile_of(record) else { return };
        self.profile = Some(profile);
        self.telling = true;
        for (field, places) in profile.fields {
            let hit = places.iter().find_map(|place| Some((place, at(record, place)?)));
            let Some((place, value)) = hit.filter(|_| self.lacks(field)) else { continue };
            if !place.contains('>') {
                self.used.insert((*place).to_owned());
            }
            self.found.insert(field, (place.replace('>', "."), value.clone()));
        }
        // What the list of names knows besides (a tool's call id, a trace id of the application's own).
        for (field, candidates) in NAMES {
            if matches!(*field, "trace_id" | "span_id" | "tool_call_id") && self.lacks(field) {
                let hit = record.iter().find(|(key, value)| {
                    candidates.first() == Some(&normalised(key).as_str()) && plain(value).is_some()
                });
                if let Some((key, value)) = hit {
                    self.used.insert(key.clone());
                    self.found.insert(field, (key.clone(), value.clone()));
                }
            }
        }
    }

    /// Columns of a listed name. An object counts where its name or id can be told.
    fn listed(&mut self, record: &JsonMap, names: &[(String, &String)]) {
        for (field, candidates) in NAMES {
            if !self.lacks(field) {
                continue;
            }
            let hit = candidates.iter().find_map(|candidate| {
                names
                    .iter()
                    .filter(|(name, key)| name == candidate && !self.used.contains(*key))
                    .find_map(|(_, key)| Some((*key, record.get(*key).filter(|value| stands_for(field, key, value))?)))
            });
            if let Some((key, value)) = hit {
                self.used.insert(key.clone());
                self.found.insert(field, (key.clone(), value.clone()));
            }
        }
    }

    /// Names of fields that are unlikely to mean anything else, looked for within objects of the record.
    fn within(&mut self, record: &JsonMap) {
        const SAFE: &[&str] =
            &["trace_id", "span_id", "request_id", "tool_call_id", "tenant", "role", "actor", "decision", "resource"];
        for (key, value) in record {
            let Value::Object(inner) = value else { continue };
            let own = normalised(key);
            let nested_actor = self.found.get("actor").is_some_and(|(column, _)| column == key);
            if !CONTEXTS.contains(&own.as_str()) && !nested_actor {
                continue;
            }
            for (name, value) in inner {
                let normal = normalised(name);
                for field in SAFE.iter().copied().filter(|field| self.lacks(field)).collect::<Vec<_>>() {
                    let candidates = NAMES.iter().find(|(f, _)| *f == field).map_or(&[][..], |(_, c)| c);
                    // Within a context only explicit names count.
                    let explicit = candidates.iter().take(8).any(|candidate| *candidate == normal);
                    let generic = nested_actor && matches!(field, "actor" | "decision" | "resource");
                    if explicit && !generic && !is_empty(value) {
                        self.found.insert(field, (format!("{key}.{name}"), value.clone()));
                    }
                }
            }
        }
    }

    /// Scalars within objects, by their whole path (`event: {action}` is `event_action`), then by its words.
    fn nested(&mut self, record: &JsonMap) {
        let mut leaves = Vec::new();
        for (key, value) in record {
            if let Value::Object(inner) = value
                && !PAYLOADS.contains(&normalised(key).as_str())
            {
                leaves_of(inner, key, 1, &mut leaves);
            }
        }
        for (field, candidates) in NAMES {
            if !self.lacks(field) {
                continue;
            }
            let hit = candidates.iter().find_map(|candidate| leaves.iter().find(|leaf| leaf.joined == *candidate));
            if let Some(leaf) = hit {
                self.found.insert(field, (leaf.path.clone(), leaf.value.clone()));
            }
        }
        for leaf in &leaves {
            let taken = self.found.values().any(|(path, _)| *path == leaf.path);
            let field = field_of(&leaf.joined, |field| self.lacks(field));
            if let Some(field) = field.filter(|_| !taken) {
                self.found.insert(field, (leaf.path.clone(), leaf.value.clone()));
            }
        }
    }

    fn by_words(&mut self, record: &JsonMap, names: &[(String, &String)]) {
        for (name, key) in names {
            let Some(value) = record.get(*key).filter(|value| plain(value).is_some()) else { continue };
            if self.used.contains(*key) {
                continue;
            }
            if let Some(field) = field_of(name, |field| self.lacks(field)) {
                self.used.insert((*key).clone());
                self.found.insert(field, ((*key).clone(), value.clone()));
            }
        }
    }

    /// What a value can only be, whatever its column is called.
    fn by_value(&mut self, record: &JsonMap) {
        for (key, value) in record {
            let Value::String(text) = value else { continue };
            if self.used.contains(key) {
                continue;
            }
            let field = match () {
                () if self.lacks("time") && is_moment(text) => "time",
                () if self.lacks("trace_id") && is_trace_id(text) => "trace_id",
                () => continue,
            };
            self.used.insert(key.clone());
            self.found.insert(field, (key.clone(), value.clone()));
        }
    }
}

/// Whether a value can be this field: an object only where something in it names it.
fn stands_for(field: &str, key: &str, value: &Value) -> bool {
    if is_empty(value) {
        return false;
    }
    let Value::Object(object) = value else { return true };
    match field {
        "actor" | "resource" | "tenant" => true,
        "action" if normalised(key) == "event" => false,
        "action" => named(value, &["type", "name", "id"]).is_some() && !object.contains_key("action"),
        "decision" => named(value, &["result", "outcome", "decision", "status", "code"]).is_some(),
        "request_id" => named(value, &["id", "request_id", "requestId"]).is_some() && object.len() <= 3,
        "reason" => true,
        _ => false,
    }
}

struct Leaf {
    path: String,
    joined: String,
    value: Value,
}

fn leaves_of(object: &JsonMap, above: &str, depth: u8, out: &mut Vec<Leaf>) {
    for (key, value) in object {
        if out.len() >= 256 {
            return;
        }
        let path = format!("{above}.{key}");
        match value {
            Value::Object(inner) if depth < 3 && !PAYLOADS.contains(&normalised(key).as_str()) => {
                leaves_of(inner, &path, depth + 1, out);
            }
            value if plain(value).is_some() => {
                out.push(Leaf { joined: normalised(&path), value: value.clone(), path });
            }
            _ => {}
        }
    }
}

/// A whole moment: a date and a clock time.
fn is_moment(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    text.len() <= 48 && digits >= 10 && text.contains(':') && ns_from_text(text, None).is_some()
}

fn is_trace_id(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [one] => one.len() == 32 && hex(one) && one.bytes().any(|b| b != b'0'),
        [version, trace, span, _] => (version.len(), trace.len(), span.len()) == (2, 32, 16) && hex(trace),
        _ => false,
    }
}
