//! What the columns and words of an audit log mean: a mapping first, then common names.

use super::names::{CONTEXTS, NAMES, normalised};
use crate::mapping::Mapping;
use crate::time::{ns_from_value, zone};
use jiff::tz::TimeZone;
use retake_model::{AuditEvent, Code, Decision, Id, JsonMap};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Reads events with a mapping or without, and remembers what was taken for what.
pub(crate) struct Recogniser {
    mapping: Option<Mapping>,
    zone: Option<TimeZone>,
    taken: BTreeMap<&'static str, String>,
    kept: BTreeSet<String>,
    words: BTreeMap<String, &'static str>,
}

impl Recogniser {
    pub fn new(mapping: Option<Mapping>) -> Self {
        let zone = mapping.as_ref().and_then(|m| m.time.as_ref()?.zone.as_deref()).and_then(zone);
        Self { mapping, zone, taken: BTreeMap::new(), kept: BTreeSet::new(), words: BTreeMap::new() }
    }

    pub fn delimiter(&self) -> Option<u8> {
        self.mapping.as_ref()?.delimiter_byte()
    }

    /// What was taken for what, for the report.
    pub fn report(&self) -> Value {
        let mut report = JsonMap::new();
        for (field, column) in &self.taken {
            report.insert((*field).to_owned(), Value::from(column.as_str()));
        }
        if !self.words.is_empty() {
            report.insert("decisions".into(), json!(self.words));
        }
        if !self.kept.is_empty() {
            report.insert("kept".into(), json!(self.kept));
        }
        Value::Object(report)
    }

    /// One event. Problems worth a warning go to `issues`. `None` when the record has nothing of an event in it.
    pub fn event(&mut self, record: &JsonMap, issues: &mut Vec<(Code, String)>) -> Option<AuditEvent> {
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut found: BTreeMap<&'static str, (String, Value)> = BTreeMap::new();
        if let Some(mapping) = &self.mapping {
            for (field, column) in mapping.columns() {
                if let Some(value) = at_path(record, column) {
                    used.insert(column.split('.').next().unwrap_or(column).to_owned());
                    used.insert(column.to_owned());
                    found.insert(field, (column.to_owned(), value.clone()));
                }
            }
        }
        let names: Vec<(String, &String)> = record.keys().map(|key| (normalised(key), key)).collect();
        for (field, candidates) in NAMES {
            if found.contains_key(field) {
                continue;
            }
            let hit = candidates.iter().find_map(|candidate| {
                names.iter().find(|(name, key)| name == candidate && !used.contains(*key)).map(|(_, key)| *key)
            });
            if let Some(key) = hit
                && let Some(value) = record.get(key).filter(|value| !is_empty(value))
            {
                used.insert(key.clone());
                found.insert(field, (key.clone(), value.clone()));
            }
        }
        self.look_within(record, &mut found);
        let mut event = AuditEvent::default();
        self.fill(&mut event, &found, record, &names, &mut used, issues);
        for (field, (column, _)) in &found {
            self.taken.entry(field).or_insert_with(|| column.clone());
        }
        for (key, value) in record {
            if !used.contains(key) && !is_empty(value) {
                event.attributes.insert(key.clone(), value.clone());
                if self.kept.len() < 64 {
                    self.kept.insert(key.clone());
                }
            }
        }
        (event.action.is_some() || event.actor.is_some() || event.decision != Decision::Unknown).then_some(event)
    }

    /// Names of fields that are unlikely to mean anything else, looked for within objects of the record.
    fn look_within(&self, record: &JsonMap, found: &mut BTreeMap<&'static str, (String, Value)>) {
        const SAFE: &[&str] =
            &["trace_id", "span_id", "request_id", "tool_call_id", "tenant", "role", "actor", "decision", "resource"];
        for (key, value) in record {
            let Value::Object(inner) = value else { continue };
            let own = normalised(key);
            let nested_actor = found.get("actor").is_some_and(|(column, _)| column == key);
            if !CONTEXTS.contains(&own.as_str()) && !nested_actor {
                continue;
            }
            for (name, value) in inner {
                let normal = normalised(name);
                for field in SAFE.iter().copied().filter(|field| !found.contains_key(field)).collect::<Vec<_>>() {
                    let candidates = NAMES.iter().find(|(f, _)| *f == field).map_or(&[][..], |(_, c)| c);
                    // Within a context only explicit names count.
                    let explicit = candidates.iter().take(8).any(|candidate| *candidate == normal);
                    let kubernetes = field == "decision" && normal == "authorization_k8s_io_decision";
                    let generic = nested_actor && matches!(field, "actor" | "decision" | "resource");
                    if (explicit || kubernetes) && !generic && !is_empty(value) {
                        let column = format!("{key}.{name}");
                        found.insert(
                            NAMES.iter().find(|(f, _)| *f == field).map_or("", |(f, _)| f),
                            (column, value.clone()),
                        );
                    }
                }
            }
        }
    }

    fn fill(
        &mut self,
        event: &mut AuditEvent,
        found: &BTreeMap<&'static str, (String, Value)>,
        record: &JsonMap,
        names: &[(String, &String)],
        used: &mut BTreeSet<String>,
        issues: &mut Vec<(Code, String)>,
    ) {
        let get = |field: &str| found.get(field).map(|(_, value)| value);
        let text = |field: &str| get(field).and_then(plain);
        event.event_id = text("event_id");
        event.actor = get("actor").and_then(|value| {
            named(
                value,
                &[
                    "id",
                    "user_id",
                    "userId",
                    "name",
                    "username",
                    "email",
                    "arn",
                    "userName",
                    "uid",
                    "principalId",
                    "sub",
                ],
            )
        });
        event.role = text("role");
        event.tenant = get("tenant").and_then(|value| named(value, &["id", "name", "slug"]));
        event.action = get("action").and_then(|value| named(value, &["type", "name", "id"]));
        event.reason = get("reason").map(|value| plain(value).unwrap_or_else(|| value.to_string()));
        event.request_id = get("request_id").and_then(|value| named(value, &["id", "request_id", "requestId"]));
        event.tool_call_id = text("tool_call_id");
        if let Some(text) = text("trace_id") {
            // A `traceparent` holds both ids.
            let parts: Vec<&str> = text.split('-').collect();
            if let [version, trace, span, _] = parts.as_slice()
                && version.len() == 2
                && trace.len() == 32
                && span.len() == 16
            {
                event.trace_id = Some(Id::new(*trace));
                event.span_id = Some(Id::new(*span));
            } else {
                event.trace_id = Some(Id::new(text.strip_prefix("0x").unwrap_or(&text)));
            }
        }
        if event.span_id.is_none() {
            event.span_id = text("span_id").map(Id::new);
        }
        event.resource = self.resource(get("resource"), record, names, used);
        event.decision = self.decision(found.get("decision"), record, issues);
        if let Some((column, value)) = found.get("time") {
            event.time_ns = ns_from_value(value, self.zone.as_ref());
            if event.time_ns.is_none() {
                let shown = plain(value).unwrap_or_default();
                issues.push((Code::TimeUnreadable, format!("{column:?} holds {shown:?}")));
            }
        }
    }

    /// `tool:apply_credit`: an object with type and name, two columns, or a tool's own column.
    fn resource(
        &mut self,
        value: Option<&Value>,
        record: &JsonMap,
        names: &[(String, &String)],
        used: &mut BTreeSet<String>,
    ) -> Option<String> {
        let mut column = |candidates: &[&str]| {
            let (_, key) = names.iter().find(|(name, _)| candidates.contains(&name.as_str()))?;
            let text = plain(record.get(*key)?)?;
            used.insert((*key).clone());
            Some(text)
        };
        if let Some(Value::Object(object)) = value {
            let part = |names: &[&str]| names.iter().find_map(|name| plain(object.get(*name)?));
            let kind = part(&["type", "kind", "resource", "resource_type"]);
            let name = part(&["name", "id", "uid", "arn", "path"]);
            return match (kind, name) {
                (Some(kind), Some(name)) => Some(format!("{kind}:{name}")),
                (kind, name) => kind.or(name),
            };
        }
        if let Some(Value::Array(list)) = value {
            let names: Vec<String> =
                list.iter().filter_map(|item| named(item, &["ARN", "name", "id", "uid"])).collect();
            return Some(names.join(", ")).filter(|text| !text.is_empty());
        }
        let name = value.and_then(plain);
        if let Some(name) = name {
            if name.contains(':') {
                return Some(name);
            }
            let kind =
                column(&["resource_type", "object_type", "target_type", "entity_type", "resource_kind", "object_kind"]);
            return Some(kind.map_or(name.clone(), |kind| format!("{kind}:{name}")));
        }
        column(&["tool", "tool_name", "function", "function_name"])
            .map(|tool| if tool.contains(':') { tool } else { format!("tool:{tool}") })
    }

    fn decision(
        &mut self,
        found: Option<&(String, Value)>,
        record: &JsonMap,
        issues: &mut Vec<(Code, String)>,
    ) -> Decision {
        let Some((column, value)) = found else {
            // CloudTrail: an error code or nothing.
            return match record.get("errorCode").and_then(Value::as_str) {
                Some(code) if code.contains("Denied") || code.contains("Unauthorized") => Decision::Denied,
                None if record.contains_key("eventSource") && record.contains_key("eventName") => Decision::Allowed,
                _ => Decision::Unknown,
            };
        };
        let Some(word) = named(value, &["result", "outcome", "decision", "status", "code"]) else {
            return Decision::Unknown;
        };
        if let Some(mapping) = &self.mapping {
            let own = mapping.decisions.iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(word.trim()));
            if let Some((_, means)) = own {
                return self.heard(&word, means.decision());
            }
        }
        let name = normalised(column.rsplit('.').next().unwrap_or(column));
        let yes_means_no = matches!(name.as_str(), "denied" | "blocked" | "refused" | "rejected");
        let decision = decision_of(&word);
        let decision = match decision {
            Some(Decision::Allowed) if yes_means_no && is_yes_no(&word) => Some(Decision::Denied),
            Some(Decision::Denied) if yes_means_no && is_yes_no(&word) => Some(Decision::Allowed),
            other => other,
        };
        match decision {
            Some(decision) => self.heard(&word, decision),
            None => {
                issues.push((
                    Code::FieldUnmapped,
                    format!("{column:?} holds the word {word:?}, which means neither allowed nor denied"),
                ));
                Decision::Unknown
            }
        }
    }

    fn heard(&mut self, word: &str, decision: Decision) -> Decision {
        if self.words.len() < 32 {
            self.words.insert(word.to_owned(), decision.as_str());
        }
        decision
    }
}

fn is_yes_no(word: &str) -> bool {
    matches!(word.trim().to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "1" | "0" | "y" | "n")
}

/// The meaning of a log's word: the model's list, then stems and HTTP status codes.
fn decision_of(word: &str) -> Option<Decision> {
    if let Some(decision) = Decision::parse(word) {
        return Some(decision);
    }
    let word = word.trim().to_lowercase();
    if let Ok(code) = word.parse::<u16>() {
        return match code {
            1 | 200..=299 => Some(Decision::Allowed),
            0 | 401 | 403 => Some(Decision::Denied),
            _ => Some(Decision::Unknown),
        };
    }
    let begins = |stems: &[&str]| stems.iter().any(|stem| word.starts_with(stem));
    if matches!(word.as_str(), "n" | "f") {
        return Some(Decision::Denied);
    }
    if matches!(word.as_str(), "y" | "t") {
        return Some(Decision::Allowed);
    }
    if begins(&[
        "den",
        "refus",
        "block",
        "forbid",
        "reject",
        "prohib",
        "unauth",
        "disallow",
        "not allow",
        "not_allow",
        "not permit",
        "not_permit",
        "not grant",
        "no access",
        "no_access",
        "declin",
        "fail",
        "veto",
        "revok",
        "insufficient",
    ]) {
        return Some(Decision::Denied);
    }
    if begins(&[
        "allow",
        "grant",
        "permit",
        "approv",
        "accept",
        "authori",
        "success",
        "confirmed",
        "complet",
        "done",
        "executed",
    ]) {
        return Some(Decision::Allowed);
    }
    if begins(&["ask", "pend", "challeng", "confirm", "review", "await", "escalat"]) {
        return Some(Decision::Asked);
    }
    matches!(word.as_str(), "unknown" | "none" | "n/a" | "-" | "not applicable" | "info").then_some(Decision::Unknown)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// A scalar as text; a list of scalars joined.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(n) => Some(n.to_string()),
        Value::Bool(b) => Some(b.to_string()),
        Value::Array(list) => {
            let texts: Vec<String> = list.iter().filter_map(plain).collect();
            Some(texts.join(",")).filter(|text| !text.is_empty())
        }
        _ => None,
    }
}

/// A scalar, or the first of these fields of an object.
fn named(value: &Value, fields: &[&str]) -> Option<String> {
    match value {
        Value::Object(object) => fields.iter().find_map(|field| match object.get(*field) {
            Some(inner @ Value::Object(_)) => named(inner, fields),
            Some(inner) => plain(inner),
            None => None,
        }),
        Value::String(text) if text.starts_with('{') => {
            serde_json::from_str(text).ok().and_then(|inner: Value| named(&inner, fields)).or_else(|| plain(value))
        }
        other => plain(other),
    }
}

/// A column of this name, else a path with dots.
fn at_path<'v>(record: &'v JsonMap, path: &str) -> Option<&'v Value> {
    if let Some(value) = record.get(path) {
        return Some(value).filter(|value| !is_empty(value));
    }
    let mut at: Option<&Value> = None;
    for step in path.split('.') {
        at = match at {
            None => record.get(step),
            Some(Value::Object(inner)) => inner.get(step),
            _ => None,
        };
        at?;
    }
    at.filter(|value| !is_empty(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(record: Value) -> (AuditEvent, Vec<(Code, String)>) {
        let mut issues = Vec::new();
        let mut recogniser = Recogniser::new(None);
        let Value::Object(record) = record else { panic!("no object") };
        (recogniser.event(&record, &mut issues).expect("an event"), issues)
    }

    #[test]
    fn many_spellings_are_one_event() {
        let records = [
            json!({"ts": "2026-11-12T08:06:22Z", "event_id": "e1", "actor": {"id": "u1", "role": "member"}, "tenant": "north",
                   "action": "tool.invoke", "resource": "tool:refund", "decision": "deny", "request_id": "r1"}),
            json!({"occurredAt": "2026-11-12 08:06:22", "id": "e1", "User": "u1", "userRole": "member", "Customer": "north",
                   "operation": "tool.invoke", "object": "tool:refund", "outcome": "refused", "correlationId": "r1"}),
            json!({"timestamp": 1794470782, "eventId": "e1", "principal": "u1", "role": "member", "org_id": "north",
                   "event_type": "tool.invoke", "resource_type": "tool", "resource_id": "refund", "allowed": false,
                   "context": {"requestId": "r1"}}),
            json!({"when": "2026-11-12T09:06:22+01:00", "audit_id": "e1", "performed_by": "u1", "actor_role": "member",
                   "tenant_id": "north", "activity": "tool.invoke", "tool": "refund", "blocked": "yes", "x-request-id": "r1"}),
        ];
        let want = event(records[0].clone()).0;
        for record in &records {
            let (mut got, issues) = event(record.clone());
            got.attributes.clear();
            assert_eq!(got, want, "{record}");
            assert!(issues.is_empty(), "{issues:?}");
        }
        assert_eq!(want.decision, Decision::Denied);
        assert_eq!(want.time_ns, Some(1_794_470_782_000_000_000));
    }

    #[test]
    fn a_word_or_time_that_cannot_be_read_is_told() {
        let (event, issues) = event(json!({"ts": "soon", "actor": "u", "action": "a", "decision": "maybe"}));
        assert_eq!((event.time_ns, event.decision), (None, Decision::Unknown));
        let codes: Vec<Code> = issues.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes, [Code::FieldUnmapped, Code::TimeUnreadable]);
    }
}
