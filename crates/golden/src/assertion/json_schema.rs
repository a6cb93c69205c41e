//! `json_schema`: the answer is JSON (bare, or in its one fenced block) and valid against a schema.

use super::locate::shorten;
use super::{AssertionType, Cache, Expectation, Observation, Subject, field, read};
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Violations that a reason lists.
const LISTED: usize = 3;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "json_schema",
    about: "The answer is JSON and valid against a JSON Schema; a fenced block is unwrapped.",
    example: r#"json_schema:{"type":"object","required":["days"]}"#,
    main_field: "schema",
    from_value,
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `json_schema`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JsonSchemaFields")]
struct Fields {
    /// The schema: a map, or true for any JSON.
    schema: Value,
}

struct Valid(Arc<jsonschema::Validator>);

fn from_value(value: &str) -> Result<JsonMap, String> {
    let schema: Value = serde_json::from_str(value).map_err(|error| format!("the schema is not JSON: {error}"))?;
    Ok(field("schema", schema))
}

fn prepare(fields: JsonMap, cache: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    Ok(Box::new(Valid(cache.schema(&fields.schema)?)))
}

impl Expectation for Valid {
    fn expected(&self, not: bool) -> String {
        format!("the answer {} JSON of the given schema", if not { "is not" } else { "is" })
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(answer) = subject.take.output_text.as_deref() else {
            return Observation::unknown("the answer's text");
        };
        let Some(value) = subject.json() else {
            return Observation::new(false, not_json(answer), Vec::new());
        };
        let violations: Vec<String> = self
            .0
            .iter_errors(value)
            .take(LISTED + 1)
            .map(|error| {
                let place = error.instance_path().to_string();
                format!("at {}: {}", if place.is_empty() { "$" } else { &place }, shorten(&error.to_string(), 200))
            })
            .collect();
        if violations.is_empty() {
            return Observation::new(true, "it is valid", Vec::new());
        }
        let more = if violations.len() > LISTED { "; and more" } else { "" };
        let shown = violations.iter().take(LISTED).cloned().collect::<Vec<_>>().join("; ");
        Observation::new(false, format!("{shown}{more}"), Vec::new())
    }
}

/// Why an answer cannot be read as JSON, as a clause.
pub(super) fn not_json(answer: &str) -> String {
    if answer.trim().is_empty() {
        return "the answer is empty".to_owned();
    }
    let why = serde_json::from_str::<Value>(answer.trim()).err().map(|error| error.to_string()).unwrap_or_default();
    format!("the answer is not JSON ({why}): \"{}\"", shorten(answer, 100))
}
