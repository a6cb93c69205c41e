//! JSON Schemas of the files of a golden set, for `retake schema` and for editors. They are written into `.schema/` of a
//! set, and each file points there, so that completion works without a network.

use crate::assertion;
use crate::case::CaseFile;
use crate::cassette::Cassette;
use crate::set::SetFile;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::Value;
use std::borrow::Cow;

/// Folder of the schemas in a set.
pub const FOLDER: &str = ".schema";

/// Schema of `cases/*.yaml`.
pub fn case() -> Value {
    generate::<CaseFile>("A golden case of Retake")
}

/// Schema of `set.yaml`.
pub fn set() -> Value {
    generate::<SetFile>("A golden set of Retake")
}

/// Schema of `cassettes/*.json`.
pub fn cassette() -> Value {
    generate::<Cassette>("The recorded answer of a golden case")
}

/// Schema of one assertion.
pub fn assertion() -> Value {
    generate::<AnyAssertion>("An assertion of a golden case")
}

fn generate<T: JsonSchema>(title: &str) -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// Stands for an assertion of any type in a schema.
pub(crate) struct AnyAssertion;

impl JsonSchema for AnyAssertion {
    fn schema_name() -> Cow<'static, str> {
        "Assertion".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let types: Vec<Value> = assertion::all()
            .iter()
            .map(|kind| {
                let fields = (kind.schema)(generator);
                // The fields' own schema closes the map, so the common fields must be named beside them.
                let own = resolved(fields, generator);
                let mut properties = own.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
                properties.insert("type".to_owned(), serde_json::json!({ "enum": [kind.name, format!("not-{}", kind.name)] }));
                properties.insert("not".to_owned(), serde_json::json!({ "type": "boolean", "description": "Whether the opposite is expected." }));
                properties.insert("weight".to_owned(), serde_json::json!({ "type": "number", "minimum": 0, "description": "Share in the case's score, 1 unless set." }));
                properties.insert("because".to_owned(), serde_json::json!({ "type": "string", "description": "Why it is expected." }));
                if kind.main_field != "value" {
                    properties.insert("value".to_owned(), serde_json::json!({ "description": format!("Short for `{}`.", kind.main_field) }));
                }
                serde_json::json!({
                    "type": "object",
                    "description": format!("{} On the command line: `{}`.", kind.about, kind.example),
                    "properties": properties,
                    "required": ["type"],
                    "additionalProperties": false,
                })
            })
            .collect();
        json_schema!({ "oneOf": types })
    }
}

/// The schema that a reference points to.
fn resolved(schema: Schema, generator: &SchemaGenerator) -> Value {
    let value = schema.to_value();
    let name = value.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    match name.and_then(|name| generator.definitions().get(name)) {
        Some(definition) => definition.clone(),
        None => value,
    }
}
