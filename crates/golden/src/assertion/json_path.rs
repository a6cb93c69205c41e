//! `json_path`: a JSON path (RFC 9535) of the answer exists, equals a value or matches a pattern.

use super::locate::shorten;
use super::{AssertionType, Cache, Expectation, Observation, Subject, field, json_schema, read};
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;
use std::sync::Arc;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "json_path",
    about: "A JSON path of the answer exists; with `equals` or `matches`, every value there fits.",
    example: "json_path:$.refund.days=45",
    main_field: "path",
    from_value,
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `json_path`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JsonPathFields")]
struct Fields {
    /// RFC 9535 path, begins with `$`.
    path: String,
    /// Value that each place must have; numbers are compared by value.
    #[serde(default, deserialize_with = "present")]
    equals: Option<Value>,
    /// Pattern that each place must match as text.
    matches: Option<String>,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

struct Place {
    text: String,
    path: JsonPath,
    equals: Option<Value>,
    matches: Option<Arc<::regex::Regex>>,
}

/// `PATH`, `PATH=JSON` (a bare word is text) or `PATH~PATTERN`.
fn from_value(value: &str) -> Result<JsonMap, String> {
    if value.is_empty() {
        return Err("a path is missing".to_owned());
    }
    if JsonPath::parse(value).is_ok() {
        return Ok(field("path", value));
    }
    // The signs also stand in filters, so the first split whose left side is a path is the one that was meant.
    for (at, sign) in value.char_indices().filter(|(_, c)| matches!(c, '=' | '~')) {
        let (path, rest) = value.split_at(at);
        if JsonPath::parse(path.trim()).is_err() {
            continue;
        }
        let rest = rest.get(1..).unwrap_or_default().trim();
        let mut fields = field("path", path.trim());
        if sign == '~' {
            fields.insert("matches".to_owned(), rest.into());
        } else {
            fields.insert("equals".to_owned(), serde_json::from_str(rest).unwrap_or_else(|_| rest.into()));
        }
        return Ok(fields);
    }
    Ok(field("path", value))
}

fn prepare(fields: JsonMap, cache: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    let path = JsonPath::parse(&fields.path).map_err(|error| format!("the path {:?}: {error}", fields.path))?;
    let matches = fields.matches.as_deref().map(|pattern| cache.pattern(pattern)).transpose()?;
    Ok(Box::new(Place { text: fields.path, path, equals: fields.equals, matches }))
}

impl Place {
    fn fits(&self, value: &Value) -> bool {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        self.equals.as_ref().is_none_or(|want| retake_compare::json::equal(want, value))
            && self.matches.as_ref().is_none_or(|pattern| pattern.is_match(&text(value)))
    }
}

impl Expectation for Place {
    fn expected(&self, not: bool) -> String {
        let (is, fits, there) = if not { ("is not", "does not match", "is not") } else { ("is", "matches", "is") };
        match (&self.equals, &self.matches) {
            (None, None) => format!("{} {there} in the answer", self.text),
            (Some(value), None) => format!("{} {is} {value}", self.text),
            (None, Some(pattern)) => format!("{} {fits} /{}/", self.text, pattern.as_str()),
            (Some(value), Some(pattern)) => format!("{} {is} {value} and {fits} /{}/", self.text, pattern.as_str()),
        }
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(answer) = subject.take.output_text.as_deref() else {
            return Observation::unknown("the answer's text");
        };
        let Some(value) = subject.json() else {
            return Observation::new(false, json_schema::not_json(answer), Vec::new());
        };
        let nodes = self.path.query(value);
        let shown = |value: &Value| shorten(&value.to_string(), 120);
        match (nodes.first(), nodes.iter().find(|node| !self.fits(node))) {
            (None, _) => Observation::new(false, format!("{} is not in the answer", self.text), Vec::new()),
            (Some(_), Some(other)) => Observation::new(false, format!("it is {}", shown(other)), Vec::new()),
            (Some(first), None) => Observation::new(true, format!("it is {}", shown(first)), Vec::new()),
        }
    }
}
