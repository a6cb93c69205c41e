//! The documents that the command line prints, by name, with their JSON Schemas.

use crate::dto::{
    check, compare, connect, import, investigate, mapping, metrics, promote, prompt, replay, search, workspace,
};
use serde::Serialize;
use serde_json::{Value, json};

/// A document as printed: `"schema": "retake.<name>/<n>"` first, then the fields of its body.
#[derive(Serialize)]
pub struct Document<'a, T> {
    schema: String,
    #[serde(flatten)]
    body: &'a T,
}

/// The document of this name.
pub fn document<'a, T: Serialize>(name: &str, body: &'a T) -> Document<'a, T> {
    Document { schema: format!("retake.{name}/{}", version(name)), body }
}

/// Version of a document. A change of meaning raises it.
fn version(_name: &str) -> u32 {
    1
}

macro_rules! documents {
    ($($name:literal => $type:ty,)*) => {
        /// Names of all documents.
        pub const NAMES: &[&str] = &[$($name),*];

        /// JSON Schema of a document; `None` for an unknown name.
        pub fn json_schema(name: &str) -> Option<Value> {
            let schema = match name {
                $($name => schemars::schema_for!($type),)*
                _ => return None,
            };
            let mut schema = schema.to_value();
            if let Some(object) = schema.as_object_mut() {
                let id = format!("retake.{name}/{}", version(name));
                object.insert("title".to_owned(), Value::from(id.clone()));
                let properties = object.entry("properties").or_insert_with(|| json!({}));
                if let Some(properties) = properties.as_object_mut() {
                    properties.insert("schema".to_owned(), json!({"const": id}));
                }
                let required = object.entry("required").or_insert_with(|| json!([]));
                if let Some(required) = required.as_array_mut() {
                    required.insert(0, Value::from("schema"));
                }
            }
            Some(schema)
        }
    };
}

/// The error document.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ErrorDocument {
    /// The error.
    pub error: ErrorBody,
}

/// Body of an error.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ErrorBody {
    /// Stable code, as `RTK-I002`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Place in the query, in characters; absent when the error has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<crate::error::TextSpan>,
}

documents! {
    "import" => import::ImportReport,
    "batches" => import::Batches,
    "batches-undo" => import::Undone,
    "batches-kept" => import::Kept,
    "formats" => import::Formats,
    "mapping-suggest" => mapping::MappingSample,
    "mapping-preview" => mapping::MappingPreview,
    "search" => search::SearchPage,
    "show-tree" => investigate::Tree,
    "show-messages" => investigate::Messages,
    "show-request" => investigate::RequestView,
    "show-context" => investigate::Context,
    "show-audit" => investigate::Audit,
    "show-takes" => replay::Takes,
    "show-raw" => investigate::Raw,
    "context" => investigate::Context,
    "findings" => investigate::Findings,
    "report" => investigate::Report,
    "estimate" => replay::Estimate,
    "replay" => replay::Run,
    "runs" => replay::Runs,
    "compare" => compare::Comparison,
    "prompt" => prompt::Prompts,
    "prompt-show" => prompt::PromptDetail,
    "prompt-new" => prompt::PromptNew,
    "prompt-diff" => prompt::PromptDiff,
    "prompt-get" => prompt::PromptText,
    "promote" => promote::Promoted,
    "check" => check::Check,
    "export" => workspace::Exported,
    "metrics" => metrics::Metrics,
    "metrics-calls" => metrics::Calls,
    "connect" => connect::Connections,
    "connect-local" => connect::LocalServers,
    "connect-test" => connect::ConnectTest,
    "secret" => connect::Secrets,
    "pricing" => connect::Pricing,
    "pricing-import" => connect::PricingImported,
    "policy-show" => connect::PolicyView,
    "workspace-copy" => workspace::Copied,
    "doctor" => workspace::Doctor,
    "error" => ErrorDocument,
}
