//! A mapping file: which column of a log means what. YAML, documented by [`Mapping::schema`].

pub mod columns;
mod fields;
mod named_columns;
mod numbers;
pub(crate) mod path;
pub mod suggest;

pub use fields::{FieldMapping, Need, TIME, Target, targets};
pub(crate) use named_columns::NamedColumns;
pub use numbers::DecimalMark;
pub(crate) use numbers::is_written_number;

use retake_model::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A mapping of a log of audit events or of model calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// What the log holds.
    pub kind: MappingKind,
    /// Delimiter of a CSV file, one character; found by itself when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// What stands before the decimals of written numbers, where it is not a plain point: `comma` for `1.416,50`, `point`
    /// for `1,416.50`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalMark>,
    /// When an event happened, or a call began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeMapping>,
    /// Column, or path in nested JSON with dots, of each field.
    #[serde(default)]
    pub fields: FieldMapping,
    /// What a field is where its column has nothing or none is named: `environment: production`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
    /// What the words of an audit log mean. Common words need no entry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decisions: BTreeMap<String, DecisionWord>,
}

/// What a log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MappingKind {
    /// Audit events.
    Audit,
    /// Model calls, tool calls, retrievals: one record is one span.
    Traces,
}

impl MappingKind {
    /// The word in mapping files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Traces => "traces",
        }
    }
}

/// Stands before the text of a value that a mapping states, where else the column is named.
pub(crate) const LITERAL: &str = "= ";

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
        mapping.check_fields()?;
        Ok(mapping)
    }

    /// Refuses fields that logs of this kind do not have.
    fn check_fields(&self) -> Result<(), String> {
        let known = |name: &str| FieldMapping::TARGETS.iter().find(|target| target.name == name);
        for target in FieldMapping::TARGETS {
            let named = self.fields.get(target.name).is_some() || self.values.contains_key(target.name);
            if named && !target.is_of(self.kind) {
                return Err(format!("logs of kind {} have no field {:?}", self.kind.as_str(), target.name));
            }
        }
        match self.values.keys().find(|name| known(name).is_none()) {
            Some(name) => Err(format!("values: there is no field {name:?}")),
            None if self.kind == MappingKind::Traces && self.columns().is_empty() => {
                Err("it names no column; a log of model calls is read by its mapping alone".to_owned())
            }
            None => Ok(()),
        }
    }

    /// The text of its file.
    pub fn to_yaml(&self) -> Result<String, String> {
        serde_saphyr::to_string(self).map_err(|error| error.to_string())
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
        let time = self.time.as_ref().and_then(|time| time.field.as_deref());
        let fields = FieldMapping::TARGETS.iter().map(|target| (target.name, self.fields.get(target.name)));
        std::iter::once((TIME.name, time)).chain(fields).filter_map(|(field, column)| Some((field, column?))).collect()
    }

    /// Values that it states, by field.
    pub(crate) fn literals(&self) -> Vec<(&'static str, &str)> {
        FieldMapping::TARGETS
            .iter()
            .filter_map(|target| Some((target.name, self.values.get(target.name)?.as_str())))
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
        assert_eq!(mapping.columns(), [("time", "when"), ("trace_id", "ctx.trace"), ("actor", "who")]);
        assert!(Mapping::parse("kind: audit\nfields: {acter: who}").is_err_and(|why| why.contains("acter")));
        assert!(
            Mapping::parse("kind: audit\ntime: {zone: Nowhere/Town}").is_err_and(|why| why.contains("Nowhere/Town"))
        );
        assert!(Mapping::parse("kind: audit\ndecisions: {ok: fine}").is_err());
        let format = |format: &str| Mapping::parse(&format!("kind: audit\ntime: {{field: when, format: {format:?}}}"));
        assert!(format("%d/%m/%Y %H:%M:%S").is_ok());
        let traces = "kind: traces\nfields: {input: question}\nvalues: {environment: production}\n";
        let mapping = Mapping::parse(traces).expect("valid");
        assert_eq!(Mapping::parse(&mapping.to_yaml().expect("written")), Ok(mapping));
        for (wrong, named) in [
            ("kind: traces", "no column"),
            ("kind: traces\nfields: {input: q, decision: d}", "decision"),
            ("kind: audit\nfields: {input: q}", "input"),
            ("kind: audit\nvalues: {colour: red}", "colour"),
            ("kind: audit\nfields: {actor: a}\nfields: {role: r}", "fields"),
            ("kind: audit\nfields: {actor: a, actor: b}", "actor"),
        ] {
            assert!(
                Mapping::parse(wrong).is_err_and(|why| why.contains(named)),
                "{wrong}: {:?}",
                Mapping::parse(wrong)
            );
        }
        assert!(format("%d/%m/%Y %!").is_err_and(|why| why.contains("%d/%m/%Y %!")));
    }
}
