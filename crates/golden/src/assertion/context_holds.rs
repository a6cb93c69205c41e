//! `context_holds`: a document stood in the context that the model was given, in a version if asked.

use super::{AssertionType, Cache, Expectation, Held, Observation, Subject, field, read};
use retake_compare::DocumentFacts;
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Documents that a reason lists.
const LISTED: usize = 20;

pub(super) const TYPE: AssertionType = AssertionType {
    name: "context_holds",
    about: "A document is in the context, in `version` if given; `placed` wants it in the prompt itself.",
    example: "context_holds:KB-17@3",
    main_field: "document",
    from_value,
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `context_holds`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ContextHoldsFields")]
struct Fields {
    /// Id of the document.
    document: String,
    /// Version, as the source writes it.
    #[serde(default, deserialize_with = "version")]
    version: Option<String>,
    /// Whether it must stand in the prompt, not only among what was retrieved.
    placed: Option<bool>,
}

/// A version is text; a file may well hold it as a bare number.
fn version<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// `ID` or `ID@VERSION`.
fn from_value(value: &str) -> Result<JsonMap, String> {
    match value.rsplit_once('@') {
        _ if value.is_empty() => Err("a document's id is missing".to_owned()),
        Some((id, version)) if !id.is_empty() && !version.is_empty() => {
            let mut fields = field("document", id);
            fields.insert("version".to_owned(), version.into());
            Ok(fields)
        }
        _ => Ok(field("document", value)),
    }
}

fn prepare(fields: JsonMap, _: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    if fields.document.is_empty() {
        return Err("`document` is empty".to_owned());
    }
    Ok(Box::new(fields))
}

impl Expectation for Fields {
    fn expected(&self, not: bool) -> String {
        let version = self.version.as_deref().map(|v| format!(" version {v}")).unwrap_or_default();
        let place = if self.placed == Some(true) { "prompt" } else { "context" };
        let there = if not { "does not hold" } else { "holds" };
        format!("the {place} {there} {}{version}", self.document)
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(documents) = subject.documents else { return Observation::unknown("the documents of the context") };
        let named: Vec<&DocumentFacts> = documents
            .iter()
            .filter(|document| {
                document.document_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(&self.document))
            })
            .collect();
        let mut unknown = None;
        let mut held = false;
        for document in &named {
            let version = match (&self.version, &document.version) {
                (None, _) => Some(true),
                (Some(_), None) => None,
                (Some(wanted), Some(version)) => Some(same_version(wanted, version)),
            };
            let placed = if self.placed == Some(true) { document.placed } else { Some(true) };
            match (version, placed) {
                (Some(true), Some(true)) => held = true,
                (Some(false), _) | (_, Some(false)) => {}
                (None, _) => unknown = Some(format!("the version of {}", self.document)),
                (_, None) => unknown = Some(format!("whether {} stood in the prompt", self.document)),
            }
        }
        match unknown {
            Some(what) if !held => {
                Observation { held: Held::NotRecorded(what), ..Observation::new(false, "", Vec::new()) }
            }
            _ => Observation::new(held, describe(documents), Vec::new()),
        }
    }
}

/// `3`, `v3` and `V3` are one version.
fn same_version(a: &str, b: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches(['v', 'V']).to_owned();
    a == b || bare(a) == bare(b)
}

fn describe(documents: &[DocumentFacts]) -> String {
    if documents.is_empty() {
        return "the context holds no document".to_owned();
    }
    let mut list: Vec<String> = documents
        .iter()
        .take(LISTED)
        .map(|document| {
            let id = document.document_id.as_deref().unwrap_or("a document without id");
            let version = document.version.as_deref().map(|v| format!("@{v}")).unwrap_or_default();
            let left_out = if document.placed == Some(false) { " (not placed)" } else { "" };
            format!("{id}{version}{left_out}")
        })
        .collect();
    if documents.len() > LISTED {
        list.push(format!("{} more", documents.len() - LISTED));
    }
    format!("the context holds {}", list.join(", "))
}
