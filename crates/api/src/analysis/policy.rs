//! The policy file: which documents belong to whom, what roles may see and do, which tools are irreversible and what
//! audit they owe, how audit rows join. Written by the product's owner, checked against what was recorded.
//!
//! Source of truth: this file's types; `retake schema policy` prints them. Every section is optional: without one, what
//! the traces and the audit log say by themselves is used. Times are milliseconds.

mod tools;
mod words;

pub use tools::unknown_tools;
pub use words::{Tenants, Word, Words};

use super::naming::names_tool;
use retake_golden::yaml::{Hole, hole_at};
use retake_model::{Code, Coded, JoinBasis, Span};
use schemars::JsonSchema;
use serde::de::Deserializer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the form that this program writes and the newest that it reads.
pub const POLICY_VERSION: u32 = 1;

/// The keys of the file.
const SECTIONS: &[&str] = &["version", "tenants", "documents", "roles", "tools", "citations", "audit_join", "who"];

/// What the owner of a product has laid down.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Version of the form; 1.
    pub version: Option<u32>,
    /// Tenants by name, as a list, or as a map from the name to other names of the same tenant.
    pub tenants: Tenants,
    /// Documents.
    #[serde(deserialize_with = "or_default")]
    pub documents: DocumentRules,
    /// Roles by name.
    #[serde(deserialize_with = "map_or_default")]
    pub roles: BTreeMap<String, RoleRules>,
    /// Tools by name.
    #[serde(deserialize_with = "map_or_default")]
    pub tools: BTreeMap<String, ToolRules>,
    /// Citations in answers.
    #[serde(deserialize_with = "or_default")]
    pub citations: CitationRules,
    /// How audit rows join traces.
    #[serde(deserialize_with = "or_default")]
    pub audit_join: JoinRules,
    /// Further attribute names for who asked, tried before the usual ones.
    #[serde(deserialize_with = "or_default")]
    pub who: WhoNames,
}

/// Which documents belong to whom.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentRules {
    /// Metadata field (or fields) of a document, and of a row of a tool's result, that names its owner.
    pub owner_field: Words,
    /// The word (or words) in that field that means *every tenant may see it*.
    pub shared: Words,
    /// Owner by the beginning of the document's id: a tenant, or the shared word.
    pub prefixes: BTreeMap<String, String>,
    /// Sources whose text was written by users: data, never instructions.
    pub untrusted_sources: Vec<String>,
    /// True when an older version may not be placed once a newer one exists.
    pub newest_version_required: bool,
    /// Newest version by document id, beside what the workspace has seen.
    pub versions: BTreeMap<String, Word>,
}

/// What a role may use and see.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RoleRules {
    /// Tools that it may use.
    pub tools: Option<Vec<String>>,
    /// Sources of documents that it may see.
    pub sources: Option<Vec<String>>,
}

/// What a tool is, and the audit that it owes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ToolRules {
    /// True when its effect cannot be taken back.
    pub irreversible: bool,
    /// Whether a person must say yes first.
    pub confirmation: Confirmation,
    /// Actions that the audit log owes for each call; absent: nothing is laid down; empty: none is owed.
    pub audit: Option<Vec<String>>,
}

/// Whether a person must confirm a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// Always.
    #[serde(alias = "true", alias = "yes", alias = "always", alias = "mandatory")]
    Required,
    /// When the application thinks so.
    Optional,
    /// Not.
    #[default]
    #[serde(alias = "false", alias = "no", alias = "never", alias = "not_required")]
    None,
}

/// How an answer cites, and what it may cite.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CitationRules {
    /// The form, with `ID` in the place of the document's id: `[ID]`.
    pub form: Option<String>,
    /// True when only documents that stand in the prompt may be cited.
    pub must_be_placed: bool,
}

/// How audit rows join traces.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JoinRules {
    /// Bases in the order in which they are tried; one that is not named is not used.
    #[schemars(with = "Vec<String>")]
    pub order: Vec<JoinBasis>,
    /// For *actor and time*: how far outside the trace's root span a row may lie.
    pub window_ms: u64,
}

impl Default for JoinRules {
    fn default() -> Self {
        Self { order: vec![JoinBasis::TraceId, JoinBasis::RequestId, JoinBasis::ActorAndTime], window_ms: 2000 }
    }
}

/// Further attribute names.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WhoNames {
    /// Whose data.
    pub tenant: Words,
    /// Who asked.
    pub user: Words,
    /// In which role.
    pub role: Words,
    /// Product function.
    pub feature: Words,
    /// Session or thread.
    pub conversation: Words,
    /// `production`, `staging`, …
    pub environment: Words,
    /// The application's id of the request.
    pub request_id: Words,
    /// Actors of the audit log who go by another name in traces: actor → user.
    pub actors: BTreeMap<String, String>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// `RTK-X001` with line and column: not YAML, an unknown key, a value of another kind, a newer version.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let body = text.trim_start_matches('\u{feff}');
        if is_blank(body) {
            return Ok(Self::default());
        }
        let head: Head = serde_saphyr::from_str(body).map_err(|why| PolicyError::from_yaml(body, &why))?;
        if let Some(version) = head.version.filter(|version| *version != u64::from(POLICY_VERSION)) {
            let why = if version > u64::from(POLICY_VERSION) {
                format!("version {version} was written for a newer Retake; this one reads version {POLICY_VERSION}")
            } else {
                format!("there is no version {version}; this one reads version {POLICY_VERSION}")
            };
            return Err(PolicyError::at_key(body, "version", why));
        }
        let policy: Self = serde_saphyr::from_str(body).map_err(|why| PolicyError::from_yaml(body, &why))?;
        policy.check(body)?;
        Ok(policy)
    }

    /// What cannot be said by the types.
    fn check(&self, text: &str) -> Result<(), PolicyError> {
        if let Some(form) = self.citations.form.as_deref().filter(|form| !form.contains("ID")) {
            return Err(PolicyError::at_key(text, "form", format!("{form:?} has no `ID` in it")));
        }
        if self.documents.prefixes.contains_key("") {
            return Err(PolicyError::at_key(text, "prefixes", "a prefix is empty".to_owned()));
        }
        Ok(())
    }

    /// True when `word` is one that this policy declares as shared.
    pub fn is_shared(&self, word: &str) -> bool {
        let word = word.trim();
        if self.documents.shared.0.is_empty() { word == "*" } else { self.documents.shared.0.iter().any(|s| s == word) }
    }

    /// Owner of a document by its id, from the longest prefix that fits. A prefix that ends in a letter or digit must be
    /// followed by something else: `KB` is the prefix of `KB-7` and not of `KBX-7`.
    pub fn owner_by_prefix(&self, document_id: &str) -> Option<&str> {
        self.documents
            .prefixes
            .iter()
            .filter(|(prefix, _)| has_prefix(document_id, prefix))
            .max_by_key(|(prefix, _)| prefix.len())
            .map(|(_, owner)| owner.as_str())
    }

    /// Rules of a tool, by the name that a trace gives it.
    pub fn tool(&self, name: &str) -> Option<&ToolRules> {
        self.tools.get(name).or_else(|| {
            let same = |known: &str| names_tool(known, name) || names_tool(name, known);
            self.tools.iter().find(|(known, _)| same(known)).map(|(_, rules)| rules)
        })
    }

    /// Fills who asked from the attribute names of [`WhoNames`]; what they name wins over what the importer took.
    pub fn apply_who(&self, span: &mut Span) {
        let names = &self.who;
        let found = |words: &Words| words.0.iter().find_map(|name| attribute_text(span, name));
        let (tenant, user, role) = (found(&names.tenant), found(&names.user), found(&names.role));
        let (feature, conversation) = (found(&names.feature), found(&names.conversation));
        let (environment, request_id) = (found(&names.environment), found(&names.request_id));
        for (slot, value) in [
            (&mut span.tenant, tenant),
            (&mut span.user, user),
            (&mut span.user_role, role),
            (&mut span.feature, feature),
            (&mut span.conversation, conversation),
            (&mut span.environment, environment),
            (&mut span.request_id, request_id),
        ] {
            if value.is_some() {
                *slot = value;
            }
        }
    }
}

/// The JSON Schema of the policy file.
pub fn policy_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Policy).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".into(), "Retake policy".into());
    }
    schema
}

/// Why a policy file cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy file{}: {message}", place(*line, *column))]
pub struct PolicyError {
    /// What is wrong.
    pub message: String,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Column, from 1.
    pub column: Option<u64>,
    /// Characters of the text.
    pub span: Option<(usize, usize)>,
}

impl Coded for PolicyError {
    fn code(&self) -> Code {
        Code::PolicyInvalid
    }
    fn span(&self) -> Option<(usize, usize)> {
        self.span
    }
}

impl PolicyError {
    /// An error about a file that says nothing.
    pub(crate) fn empty() -> Self {
        Self { message: Hole::File.message(SECTIONS), line: Some(1), column: Some(1), span: None }
    }

    fn from_yaml(text: &str, why: &serde_saphyr::Error) -> Self {
        let bare = why.without_snippet();
        let place = bare.location().filter(|place| place.line() > 0);
        let span = place.map(|place| {
            let start = usize::try_from(place.span().offset()).unwrap_or(0);
            (start, start + usize::try_from(place.span().len()).unwrap_or(0).max(1))
        });
        // The library repeats the place at the front or the end of its message; ours says it once.
        let message = bare.render_with_formatter(&serde_saphyr::UserMessageFormatter);
        let message = match place {
            Some(place) => without_place(&message, place.line(), place.column()),
            None => message,
        };
        // A key without a value is named; a parser would say which type it expected there.
        let hole = place.and_then(|place| hole_at(text, place.line(), place.column()));
        let message = hole.map_or(message, |hole| hole.message(SECTIONS));
        Self { message, line: place.map(|p| p.line()), column: place.map(|p| p.column()), span }
    }

    /// An error about the first line that starts with `key:`.
    fn at_key(text: &str, key: &str, message: String) -> Self {
        let mut offset = 0;
        for (n, line) in text.lines().enumerate() {
            let indent = line.chars().take_while(|c| c.is_whitespace()).count();
            let in_flow = line.find(&format!("{key}:")).map(|at| line[..at].chars().count());
            if let Some(column) = in_flow.filter(|_| !line.trim_start().starts_with('#')) {
                let start = offset + column.max(indent);
                return Self {
                    message: format!("`{key}`: {message}"),
                    line: Some(n as u64 + 1),
                    column: Some(column as u64 + 1),
                    span: Some((start, start + key.chars().count())),
                };
            }
            offset += line.chars().count() + 1;
        }
        Self { message: format!("`{key}`: {message}"), line: None, column: None, span: None }
    }
}

/// Only what tells whether the rest can be read.
#[derive(Deserialize)]
struct Head {
    #[serde(default)]
    version: Option<u64>,
}

fn place(line: Option<u64>, column: Option<u64>) -> String {
    match (line, column) {
        (Some(line), Some(column)) => format!(", line {line}, column {column}"),
        _ => String::new(),
    }
}

fn without_place(message: &str, line: u64, column: u64) -> String {
    let mut text = message.to_owned();
    for form in [
        format!(" at line {line}, column {column}"),
        format!(" at line {line} column {column}"),
        format!("line {line} column {column}: "),
        format!("line {line}, column {column}: "),
        format!("{line}:{column}: "),
    ] {
        text = text.replace(&form, "");
    }
    text.trim().trim_start_matches("error: ").to_owned()
}

/// True when a file holds nothing but comments.
pub(crate) fn is_blank(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---" || line == "..."
    })
}

fn has_prefix(document_id: &str, prefix: &str) -> bool {
    let Some(rest) = document_id.strip_prefix(prefix) else { return false };
    let open_end = prefix.chars().next_back().is_some_and(char::is_alphanumeric);
    !open_end || !rest.chars().next().is_some_and(char::is_alphanumeric)
}

/// Text of an attribute of a span, its `metadata` or its resource.
fn attribute_text(span: &Span, name: &str) -> Option<String> {
    let text = |value: &serde_json::Value| match value {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        serde_json::Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    let in_metadata = || match span.attributes.get("metadata")? {
        serde_json::Value::String(json) => text(
            serde_json::from_str::<serde_json::Value>(json)
                .ok()?
                .get(name.strip_prefix("metadata.").unwrap_or(name))?,
        ),
        value => text(value.get(name.strip_prefix("metadata.").unwrap_or(name))?),
    };
    span.attributes.get(name).and_then(text).or_else(in_metadata).or_else(|| span.resource.get(name).and_then(text))
}

/// A section whose name stands there with nothing below it is an empty one.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The same for each entry of a section.
fn map_or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<BTreeMap<String, T>, D::Error> {
    let entries: Option<BTreeMap<String, Option<T>>> = Option::deserialize(deserializer)?;
    Ok(entries.unwrap_or_default().into_iter().map(|(name, rules)| (name, rules.unwrap_or_default())).collect())
}
