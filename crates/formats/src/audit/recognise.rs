//! What the columns and words of an audit log mean: a mapping first, then common names.

use super::decision_words::{decision_of, is_yes_no};
use super::fields::Fields;
use super::names::normalised;
use crate::detect::Outline;
use crate::mapping::path::is_blank as is_empty;
use crate::mapping::{LITERAL, Mapping, NamedColumns, unreadable_time};
use crate::time::{DayOrder, ns_from_value, ns_in_format, ns_in_order, zone};
use jiff::tz::TimeZone;
use retake_model::{AuditEvent, Code, Decision, Id, JsonMap};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Names that records of traces, conversations, evaluations and data sets have, and audit logs do not.
const OTHERS: &[&str] = &[
    "messages",
    "choices",
    "conversations",
    "conversation",
    "spans",
    "span_kind",
    "parent_span_id",
    "parent_id",
    "parent_uuid",
    "parent_observation_id",
    "observations",
    "run_type",
    "dotted_order",
    "span_context",
    "span_attributes",
    "local_endpoint",
    "process_id",
    "references",
    "grading_result",
    "expected_output",
    "question",
    "answer",
    "prompt",
    "completion",
    "call_type",
    "spend",
    "response_cost",
    "session_meta",
    "is_sidechain",
    "payload",
];

/// True when a list of events stands in a record that is a conversation, an evaluation or the like.
pub(super) fn is_of_something_else(outline: &Outline, wrappers: &[&str]) -> bool {
    let wrapped = wrappers.iter().any(|name| outline.has_under(&format!("{name}[].")));
    wrapped && outline.paths().any(|path| !path.contains('.') && OTHERS.contains(&normalised(path).as_str()))
}

/// Reads events with a mapping or without, and remembers what was taken for what.
pub(crate) struct Recogniser {
    mapping: Option<Mapping>,
    zone: Option<TimeZone>,
    order: Option<DayOrder>,
    named: NamedColumns,
    taken: BTreeMap<&'static str, String>,
    kept: BTreeSet<String>,
    words: BTreeMap<String, &'static str>,
}

impl Recogniser {
    pub fn new(mapping: Option<Mapping>) -> Self {
        let zone = mapping.as_ref().and_then(|m| m.time.as_ref()?.zone.as_deref()).and_then(zone);
        let named = NamedColumns::new(mapping.as_ref());
        Self {
            mapping,
            zone,
            order: None,
            named,
            taken: BTreeMap::new(),
            kept: BTreeSet::new(),
            words: BTreeMap::new(),
        }
    }

    pub fn delimiter(&self) -> Option<u8> {
        self.mapping.as_ref()?.delimiter_byte()
    }

    /// What the mapping names, as far as records had it.
    pub fn named_columns(&self) -> &NamedColumns {
        &self.named
    }

    /// The order of dates with slashes, for all rows of a file: what some of these rows prove, and none contradicts.
    pub fn order_of(&self, records: &[JsonMap]) -> Option<DayOrder> {
        if self.format().is_some() {
            return None;
        }
        let mut proven = records.iter().filter_map(|record| {
            let names: Vec<(String, &String)> = record.keys().map(|key| (normalised(key), key)).collect();
            let fields = Fields::of(record, self.mapping.as_ref(), &names);
            DayOrder::of(fields.found.get("time")?.1.as_str()?)
        });
        let first = proven.next()?;
        proven.all(|other| other == first).then_some(first)
    }

    /// How the mapping says that times are written.
    fn format(&self) -> Option<&str> {
        self.mapping.as_ref()?.time.as_ref()?.format.as_deref()
    }

    pub fn set_order(&mut self, order: Option<DayOrder>) {
        self.order = order;
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

    /// The fields that make a record one of an audit log: when, who, and what was done or decided. `None` when it is none,
    /// or something else that has times and users too.
    pub fn audits(&mut self, record: &JsonMap) -> Option<Vec<&'static str>> {
        let whole = unwrapped(record);
        let record = whole.as_ref().unwrap_or(record);
        let names: Vec<(String, &String)> = record.keys().map(|key| (normalised(key), key)).collect();
        let fields = Fields::of(record, self.mapping.as_ref(), &names);
        let has = |list: &[&str]| names.iter().any(|(name, _)| list.contains(&name.as_str()));
        let said = |value: &Value| value.get("role").is_some() || value.get("content").is_some();
        let other =
            has(OTHERS) || record.get("message").is_some_and(said) || (has(&["start_time"]) && has(&["end_time"]));
        let event = self.event(record, &mut Vec::new())?;
        let acted = event.action.is_some() && (event.actor.is_some() || event.decision != Decision::Unknown);
        let decided = event.actor.is_some() && event.resource.is_some() && event.decision != Decision::Unknown;
        // When, who, what and the outcome together are telling, whatever their names.
        let whole = ["time", "actor", "action", "decision"].iter().all(|field| fields.found.contains_key(field));
        // So are these with what it was done to, when the time and the outcome can be read.
        let named = |field: &str, list: &[&str]| {
            fields.found.get(field).is_some_and(|(column, _)| list.contains(&normalised(column).as_str()))
        };
        let read = event.time_ns.is_some() && event.decision != Decision::Unknown;
        let short = whole && read && event.resource.is_some() && named("action", &["event", "event_name", "what"]);
        let telling = fields.telling || short || (whole && fields.found.len() >= 6);
        let sure = fields.profile.is_some() || (!other && telling);
        // A time that cannot be read is told later; the rest must then leave no doubt.
        let timed = event.time_ns.is_some() || (whole && fields.telling);
        let enough = timed && (acted || decided) && sure && fields.found.len() >= 3;
        enough.then(|| fields.found.keys().copied().collect())
    }

    /// One event. Problems worth a warning go to `issues`. `None` when the record has nothing of an event in it.
    pub fn event(&mut self, record: &JsonMap, issues: &mut Vec<(Code, String)>) -> Option<AuditEvent> {
        let unwrapped = unwrapped(record);
        let record = unwrapped.as_ref().unwrap_or(record);
        let names: Vec<(String, &String)> = record.keys().map(|key| (normalised(key), key)).collect();
        let mut fields = Fields::of(record, self.mapping.as_ref(), &names);
        self.named.look_at(record);
        let mut event = AuditEvent::default();
        self.fill(&mut event, &mut fields, record, &names, issues);
        for (field, (column, _)) in &fields.found {
            self.taken.entry(field).or_insert_with(|| column.clone());
        }
        for (key, value) in record {
            if !fields.used.contains(key) && !is_empty(value) {
                event.attributes.insert(key.clone(), value.clone());
                if self.kept.len() < 64 {
                    self.kept.insert(key.clone());
                }
            }
        }
        (event.action.is_some() || event.actor.is_some() || event.decision != Decision::Unknown).then_some(event)
    }

    fn fill(
        &mut self,
        event: &mut AuditEvent,
        fields: &mut Fields,
        record: &JsonMap,
        names: &[(String, &String)],
        issues: &mut Vec<(Code, String)>,
    ) {
        let Fields { found, used, profile, .. } = fields;
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
                let text = text.rsplit_once("/traces/").map_or(text.as_str(), |(_, id)| id);
                event.trace_id = Some(Id::new(text.strip_prefix("0x").unwrap_or(text)));
            }
        }
        if event.span_id.is_none() {
            event.span_id = text("span_id").map(Id::new);
        }
        event.resource = self.resource(get("resource"), record, names, used);
        let decided = profile.and_then(|profile| profile.decide).filter(|_| !found.contains_key("decision"));
        event.decision = match decided.and_then(|decide| decide(record)) {
            Some((decision, word)) => self.heard(&word, decision),
            None => self.decision(found.get("decision"), issues),
        };
        self.keep_word(event, found.get("decision"));
        if let Some((column, value)) = found.get("time") {
            event.time_ns = self.time(column, value, record, names, used);
            if event.time_ns.is_none() {
                let shown = plain(value).unwrap_or_default();
                issues.push(unreadable_time(column, &shown, self.format()));
            }
        }
    }

    /// The word of the decision stays beside its meaning when it is another one.
    fn keep_word(&self, event: &mut AuditEvent, found: Option<&(String, Value)>) {
        let own = |column: &str| !column.contains('.') && !column.starts_with(LITERAL);
        let Some((column, value)) = found.filter(|(column, _)| own(column)) else { return };
        let Some(word) = plain(value) else { return };
        if !word.eq_ignore_ascii_case(event.decision.as_str()) {
            event.attributes.insert(column.clone(), Value::from(word));
        }
    }

    /// The time: a column, maybe the clock beside a column of days, in the zone that a column names.
    fn time(
        &self,
        column: &str,
        value: &Value,
        record: &JsonMap,
        names: &[(String, &String)],
        used: &mut BTreeSet<String>,
    ) -> Option<i64> {
        let beside = |list: &[&str], last: &[&str]| {
            names.iter().find(|(name, key)| {
                let hit = list.contains(&name.as_str()) || last.iter().any(|word| name.ends_with(word));
                hit && key.as_str() != column
            })
        };
        let zone_column =
            beside(&["zone", "tz", "timezone", "time_zone", "utc_offset", "offset"], &["_tz", "_zone", "_timezone"]);
        let named_zone = zone_column.and_then(|(_, key)| zone(&plain(record.get(*key)?)?));
        let at = named_zone.as_ref().or(self.zone.as_ref());
        let alone = self.ns_of(value, at).filter(|_| !is_day(value));
        if alone.is_some() {
            return alone;
        }
        let other = if is_day(value) {
            beside(&["time", "clock", "hour", "time_of_day"], &["_time", "_clock"])
        } else {
            beside(&["date", "day"], &["_date", "_day"])
        };
        let joined = other.and_then(|(_, key)| {
            let (own, other) = (plain(value)?, plain(record.get(*key)?)?);
            let text = if is_day(value) { format!("{own} {other}") } else { format!("{other} {own}") };
            let ns = self.ns_of(&Value::from(text), at)?;
            used.insert((*key).clone());
            Some(ns)
        });
        joined.or_else(|| self.ns_of(value, at))
    }

    /// A time as the mapping says that it is written; without one, as it looks or as other rows have proven it.
    fn ns_of(&self, value: &Value, zone: Option<&TimeZone>) -> Option<i64> {
        if let Some(format) = self.format() {
            return ns_in_format(&plain(value)?, format, zone);
        }
        let read = ns_from_value(value, zone);
        read.or_else(|| ns_in_order(value.as_str()?, self.order?, zone))
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

    fn decision(&mut self, found: Option<&(String, Value)>, issues: &mut Vec<(Code, String)>) -> Decision {
        let Some((column, value)) = found else { return Decision::Unknown };
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
        if self.words.len() < 32 && !word.is_empty() {
            self.words.insert(word.to_owned(), decision.as_str());
        }
        decision
    }
}

/// A day without a clock time.
fn is_day(value: &Value) -> bool {
    matches!(value, Value::String(text) if !text.contains(':') && text.contains(['-', '.', '/']) && text.len() <= 12)
}

/// The event within a record of a platform that writes it as a text (`properties.log`).
fn unwrapped(record: &JsonMap) -> Option<JsonMap> {
    let Value::Object(properties) = record.get("properties")? else { return None };
    let text = properties.get("log")?.as_str().filter(|text| text.starts_with('{'))?;
    serde_json::from_str(text).ok()
}

/// A scalar as text; a list of scalars joined.
pub(crate) fn plain(value: &Value) -> Option<String> {
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
pub(crate) fn named(value: &Value, fields: &[&str]) -> Option<String> {
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
        let mut want = event(records[0].clone()).0;
        assert_eq!(want.attributes.get("decision"), Some(&json!("deny")), "the log's own word stays");
        want.attributes.clear();
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
