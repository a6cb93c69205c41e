//! A case: `cases/<id>.yaml`, one golden request with what is expected of its answers.
//!
//! The file's own form is [`CaseFile`]: strict, versioned, ordered for reading (what is expected first, the request
//! below). [`Case`] is the same in canonical nouns. Law: reading what was written gives the same case.

use crate::assertion::Assertion;
use crate::yaml::{self, Position, YamlError};
use retake_compare::DocumentFacts;
use retake_model::{ContentState, JsonMap, Message, Part, Request, Role, ToolDefinition};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_saphyr::Spanned;

/// Newest version that this program reads, and the one that it writes.
pub const VERSION: u64 = 1;

/// One golden case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Case {
    /// Id, unique in its set.
    pub id: String,
    /// Name for people.
    pub name: Option<String>,
    /// Free words; thresholds can be set by tag.
    pub tags: Vec<String>,
    /// Share in the set's score; `None` is 1.
    pub weight: Option<f64>,
    /// Weighted share of its assertions that must pass; `None` is all.
    pub threshold: Option<f64>,
    /// What is expected.
    pub assertions: Vec<Assertion>,
    /// Where it came from.
    pub origin: Option<Origin>,
    /// Path of the recorded answer, relative to the set: `cassettes/<id>.json`.
    pub recorded: Option<String>,
    /// The request.
    pub request: Request,
    /// Documents of its context, frozen; `None` when they were not recorded.
    pub documents: Option<Vec<CaseDocument>>,
    /// Values of the prompt template's variables.
    pub variables: Option<JsonMap>,
}

/// Where a case came from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Origin {
    /// Source: an import's format, a gateway, a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Trace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span_id: Option<String>,
    /// Take, when a replayed answer was promoted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub take_id: Option<String>,
    /// When the request was made, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Who promoted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A frozen document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CaseDocument {
    /// Id in the knowledge base.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Version as the source wrote it.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "text_or_number")]
    pub version: Option<String>,
    /// Whether it stood in the prompt; absent when that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placed: Option<bool>,
    /// The passage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

impl From<&CaseDocument> for DocumentFacts {
    fn from(document: &CaseDocument) -> Self {
        Self {
            document_id: document.id.clone(),
            version: document.version.clone(),
            placed: document.placed,
            content: document.content.clone(),
        }
    }
}

impl From<&DocumentFacts> for CaseDocument {
    fn from(document: &DocumentFacts) -> Self {
        Self {
            id: document.document_id.clone(),
            version: document.version.clone(),
            placed: document.placed,
            content: document.content.clone(),
        }
    }
}

/// The file as written. Fields in the order in which they are printed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Case")]
pub(crate) struct CaseFile {
    /// Version of this form, 1.
    version: u64,
    /// Id, unique in the set; the name of the file.
    id: String,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Free words; `set.yaml` can set a threshold by tag.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// Share in the set's score, 1 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
    /// Weighted share of the assertions that must pass, 1 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// What is expected of the answer.
    #[serde(default)]
    #[schemars(with = "Vec<crate::schema::AnyAssertion>")]
    assertions: Vec<Spanned<JsonMap>>,
    /// Where the case came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<Origin>,
    /// The recorded answer, relative to the set's folder: `cassettes/<id>.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded: Option<String>,
    /// The request to the model.
    request: RequestFile,
    /// Documents of the request's context. Absent: not recorded. An empty list: there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    documents: Option<Vec<CaseDocument>>,
    /// Values of the prompt template's variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variables: Option<JsonMap>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Request")]
struct RequestFile {
    /// Shape that it was recorded in: `openai` or `anthropic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api: Option<String>,
    /// Model asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// All other fields of the body, as recorded.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    params: JsonMap,
    /// Messages in order, system text included.
    #[serde(default)]
    messages: Vec<MessageFile>,
    /// Tools offered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tools: Vec<ToolFile>,
    /// Messages in the vendor's own form, where it says more than `messages` does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    recorded_forms: Vec<Value>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Message")]
struct MessageFile {
    /// Author.
    role: RoleFile,
    /// Name of the participant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The message's text, when it is one text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The parts of any other message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Vec<serde_json::Map<String, Value>>>")]
    parts: Option<Vec<Spanned<JsonMap>>>,
    /// `absent`, `redacted`, `truncated` or `external` when the content is not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_state: Option<ContentStateFile>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Role")]
enum RoleFile {
    System,
    User,
    Assistant,
    Tool,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ContentState")]
enum ContentStateFile {
    Absent,
    Redacted,
    Truncated,
    External,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Tool")]
struct ToolFile {
    /// Tool name.
    name: String,
    /// Description for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// JSON Schema of the arguments.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    parameters: Value,
    /// The definition as recorded, when it holds more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw: Option<Value>,
}

/// A case as read, with the line of each assertion (from 1).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReadCase {
    pub(crate) case: Case,
    pub(crate) assertion_lines: Vec<u64>,
}

/// Reads a case file.
pub(crate) fn read(text: &str) -> Result<ReadCase, YamlError> {
    let file: CaseFile =
        yaml::read(text).map_err(|error| newer_or(text, yaml::explain(text, error, &["version", "id", "request"])))?;
    if file.version > VERSION {
        return Err(YamlError { at: Position { line: 1, column: 1 }, message: crate::cassette::newer(file.version) });
    }
    let mut assertions = Vec::with_capacity(file.assertions.len());
    let mut assertion_lines = Vec::with_capacity(file.assertions.len());
    for spanned in file.assertions {
        let at = position(&spanned.referenced);
        assertions.push(Assertion::from_json(spanned.value).map_err(|message| YamlError { at, message })?);
        assertion_lines.push(at.line);
    }
    for (name, number) in [("weight", file.weight), ("threshold", file.threshold)] {
        let upper = if name == "threshold" { 1.0 } else { f64::MAX };
        if number.is_some_and(|number| !(0.0..=upper).contains(&number)) {
            return Err(at_key(
                text,
                name,
                format!("`{name}` is {}, which is out of range", number.unwrap_or_default()),
            ));
        }
    }
    let case = Case {
        id: file.id,
        name: file.name,
        tags: file.tags,
        weight: file.weight,
        threshold: file.threshold,
        assertions,
        origin: file.origin,
        recorded: file.recorded,
        request: request_from(file.request)?,
        documents: file.documents,
        variables: file.variables,
    };
    Ok(ReadCase { case, assertion_lines })
}

/// Checks that a text is a case, for an editor that writes it back.
///
/// # Errors
/// The message, with the line and column (from 1).
pub fn parse(text: &str) -> Result<Case, (String, u64, u64)> {
    let ReadCase { case, assertion_lines } =
        read(text).map_err(|error| (error.message, error.at.line, error.at.column))?;
    let mut cache = crate::assertion::Cache::default();
    for (assertion, line) in case.assertions.iter().zip(assertion_lines) {
        assertion.prepare(&mut cache).map_err(|message| (message, line, 1))?;
    }
    Ok(case)
}

/// A newer file is said to be newer, not to be wrong.
pub(crate) fn newer_or(text: &str, error: YamlError) -> YamlError {
    let version = text
        .lines()
        .find_map(|line| line.strip_prefix("version:"))
        .and_then(|rest| rest.split('#').next().unwrap_or_default().trim().parse::<u64>().ok());
    match version {
        Some(version) if version > VERSION => at_key(text, "version", crate::cassette::newer(version)),
        _ => error,
    }
}

/// An error at a key of the outermost map.
pub(crate) fn at_key(text: &str, key: &str, message: String) -> YamlError {
    let line = text.lines().position(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    YamlError { at: Position { line: line.map_or(1, |i| i as u64 + 1), column: 1 }, message }
}

fn position(at: &serde_saphyr::Location) -> Position {
    Position { line: at.line(), column: at.column() }
}

/// Writes a case as its file. `schema` is the path of the JSON Schema relative to the file, for editors.
pub(crate) fn print(case: &Case, schema: Option<&str>) -> String {
    let file = CaseFile {
        version: VERSION,
        id: case.id.clone(),
        name: case.name.clone(),
        tags: case.tags.clone(),
        weight: case.weight,
        threshold: case.threshold,
        assertions: case.assertions.iter().map(|assertion| unplaced(assertion.to_json())).collect(),
        origin: case.origin.clone(),
        recorded: case.recorded.clone(),
        request: request_to(&case.request),
        documents: case.documents.clone(),
        variables: case.variables.clone(),
    };
    let head = schema.map(|path| format!("# yaml-language-server: $schema={path}\n")).unwrap_or_default();
    // Spanned writes its value alone; a case is a tree of plain data, which always has a JSON form.
    format!("{head}{}", yaml::print(&serde_json::to_value(&file).unwrap_or_default()))
}

fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(value, serde_saphyr::Location::UNKNOWN, serde_saphyr::Location::UNKNOWN)
}

fn request_from(file: RequestFile) -> Result<Request, YamlError> {
    Ok(Request {
        api: file.api,
        model: file.model,
        messages: file.messages.into_iter().map(message_from).collect::<Result<_, _>>()?,
        tools: file
            .tools
            .into_iter()
            .map(|tool| ToolDefinition {
                name: tool.name,
                description: tool.description,
                parameters: tool.parameters,
                raw: tool.raw,
            })
            .collect(),
        params: file.params,
        recorded_forms: file.recorded_forms,
    })
}

fn request_to(request: &Request) -> RequestFile {
    RequestFile {
        api: request.api.clone(),
        model: request.model.clone(),
        params: request.params.clone(),
        messages: request.messages.iter().map(message_to).collect(),
        tools: request
            .tools
            .iter()
            .map(|tool| ToolFile {
                name: tool.name.clone(),
                description: tool.description.clone(),
                parameters: tool.parameters.clone(),
                raw: tool.raw.clone(),
            })
            .collect(),
        recorded_forms: request.recorded_forms.clone(),
    }
}

fn message_from(file: MessageFile) -> Result<Message, YamlError> {
    let mut parts: Vec<Part> = file.text.map(|text| Part::Text { text }).into_iter().collect();
    for spanned in file.parts.into_iter().flatten() {
        let at = position(&spanned.referenced);
        let part = serde_json::from_value(Value::Object(spanned.value))
            .map_err(|error| YamlError { at, message: format!("part: {error}") })?;
        parts.push(part);
    }
    Ok(Message {
        role: match file.role {
            RoleFile::System => Role::System,
            RoleFile::User => Role::User,
            RoleFile::Assistant => Role::Assistant,
            RoleFile::Tool => Role::Tool,
        },
        parts,
        name: file.name,
        content_state: match file.content_state {
            None => ContentState::Present,
            Some(ContentStateFile::Absent) => ContentState::Absent,
            Some(ContentStateFile::Redacted) => ContentState::Redacted,
            Some(ContentStateFile::Truncated) => ContentState::Truncated,
            Some(ContentStateFile::External) => ContentState::External,
        },
    })
}

fn message_to(message: &Message) -> MessageFile {
    let (text, parts) = match message.parts.as_slice() {
        [Part::Text { text }] => (Some(text.clone()), None),
        parts => {
            let maps = parts.iter().filter_map(|part| match serde_json::to_value(part) {
                Ok(Value::Object(map)) => Some(unplaced(map)),
                _ => None,
            });
            (None, Some(maps.collect()))
        }
    };
    MessageFile {
        role: match message.role {
            Role::System => RoleFile::System,
            Role::User => RoleFile::User,
            Role::Assistant => RoleFile::Assistant,
            Role::Tool => RoleFile::Tool,
        },
        name: message.name.clone(),
        text,
        parts,
        content_state: match message.content_state {
            ContentState::Present => None,
            ContentState::Absent => Some(ContentStateFile::Absent),
            ContentState::Redacted => Some(ContentStateFile::Redacted),
            ContentState::Truncated => Some(ContentStateFile::Truncated),
            ContentState::External => Some(ContentStateFile::External),
        },
    }
}

/// Versions are text; a bare number is taken as its text.
fn text_or_number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        other => return Err(serde::de::Error::custom(format!("{other} is no version"))),
    })
}
