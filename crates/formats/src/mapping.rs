//! A mapping file: which column of a log means what. YAML, documented by [`Mapping::schema`].

use retake_model::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mapping of an audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What the log holds.
    pub kind: MappingKind,
    /// Delimiter of a CSV file, one character; found by itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// The time of an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeMapping>,
    /// Column, or path in nested JSON with dots, of each field. Fields that are not named are recognised by themselves.
    #[serde(default)]
    pub fields: FieldMapping,
    /// What the log's own words mean. Common words need no entry.
    #[serde(default)]
    pub decisions: BTreeMap<String, DecisionWord>,
}

/// What a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MappingKind {
    /// Audit events.
    Audit,
}

/// Where the time stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeMapping {
    /// Column or path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How a time is written, in `strptime` directives: `%d/%m/%Y %H:%M:%S`. Where day and clock stand in two columns, both
    /// with a blank between them. Common forms are recognised by themselves when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Zone of times that name none: `Europe/Berlin`, `UTC`, `+01:00`. UTC when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
}

/// Column or path of each field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FieldMapping {
    /// The log's own id of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// In which role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Whose data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// To what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// What was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The application's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// The span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// The tool call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

/// What a word of the log means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionWord {
    /// Granted.
    Allowed,
    /// Refused.
    Denied,
    /// A person was asked.
    Asked,
    /// Neither.
    Unknown,
}

impl DecisionWord {
    /// The decision.
    pub fn decision(self) -> retake_model::Decision {
        match self {
            Self::Allowed => retake_model::Decision::Allowed,
            Self::Denied => retake_model::Decision::Denied,
            Self::Asked => retake_model::Decision::Asked,
            Self::Unknown => retake_model::Decision::Unknown,
        }
    }
}

impl Mapping {
    /// Reads the text of a mapping file; an error says what and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mapping: Self = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        if let Some(delimiter) = &mapping.delimiter
            && mapping.delimiter_byte().is_none()
        {
            return Err(format!("the delimiter {delimiter:?} is not one character"));
        }
        if let Some(zone) = mapping.time.as_ref().and_then(|time| time.zone.as_deref())
            && crate::time::zone(zone).is_none()
        {
            return Err(format!("no time zone is named {zone:?}"));
        }
        if let Some(format) = mapping.time.as_ref().and_then(|time| time.format.as_deref())
            && let Some(fault) = crate::time::format_fault(format)
        {
            return Err(format!("the time format {format:?} cannot be used: {fault}"));
        }
        Ok(mapping)
    }

    /// The delimiter as a byte.
    pub fn delimiter_byte(&self) -> Option<u8> {
        match self.delimiter.as_deref()? {
            "tab" | "\\t" | "\t" => Some(b'\t'),
            one if one.len() == 1 => one.bytes().next(),
            _ => None,
        }
    }

    /// Its JSON Schema.
    pub fn schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Named columns by field.
    pub(crate) fn columns(&self) -> Vec<(&'static str, &str)> {
        let f = &self.fields;
        let time = self.time.as_ref().and_then(|time| time.field.as_deref());
        [
            ("time", time),
            ("event_id", f.event_id.as_deref()),
            ("actor", f.actor.as_deref()),
            ("role", f.role.as_deref()),
            ("tenant", f.tenant.as_deref()),
            ("action", f.action.as_deref()),
            ("resource", f.resource.as_deref()),
            ("decision", f.decision.as_deref()),
            ("reason", f.reason.as_deref()),
            ("request_id", f.request_id.as_deref()),
            ("trace_id", f.trace_id.as_deref()),
            ("span_id", f.span_id.as_deref()),
            ("tool_call_id", f.tool_call_id.as_deref()),
        ]
        .into_iter()
        .filter_map(|(field, column)| Some((field, column?)))
        .collect()
    }
}

/// What is said of a time that cannot be read: the key of the mapping that says how it is written, with an example.
pub(crate) fn unreadable_time(column: &str, shown: &str, format: Option<&str>) -> (Code, String) {
    let message = match format {
        Some(format) => {
            format!("{column:?} holds {shown:?}, which is not written as the mapping's time.format {format:?}")
        }
        None => {
            let example = if shown.contains('.') { "%d.%m.%Y %H:%M:%S" } else { "%d/%m/%Y %H:%M:%S" };
            format!(
                "{column:?} holds {shown:?}; say how it is written with time.format in a mapping: \
                 time: {{field: {column:?}, format: {example:?}}}"
            )
        }
    };
    (Code::TimeUnreadable, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_form_is_read_and_a_mistake_is_named() {
        let text = "kind: audit\ndelimiter: ';'\ntime: {field: when, zone: Europe/Berlin}\nfields: {actor: who, trace_id: ctx.trace}\ndecisions: {granted: allowed, blocked: denied}\n";
        let mapping = Mapping::parse(text).expect("valid");
        assert_eq!(mapping.delimiter_byte(), Some(b';'));
        assert_eq!(mapping.columns(), [("time", "when"), ("actor", "who"), ("trace_id", "ctx.trace")]);
        assert!(Mapping::parse("kind: audit\nfields: {acter: who}").is_err_and(|why| why.contains("acter")));
        assert!(
            Mapping::parse("kind: audit\ntime: {zone: Nowhere/Town}").is_err_and(|why| why.contains("Nowhere/Town"))
        );
        assert!(Mapping::parse("kind: audit\ndecisions: {ok: fine}").is_err());
        let format = |format: &str| Mapping::parse(&format!("kind: audit\ntime: {{field: when, format: {format:?}}}"));
        assert!(format("%d/%m/%Y %H:%M:%S").is_ok());
        assert!(format("%d/%m/%Y %!").is_err_and(|why| why.contains("%d/%m/%Y %!")));
    }
}
