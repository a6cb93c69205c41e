//! Assertions: one expectation about an answer each, with weight, negation and the fact that decided as its reason.
//!
//! A new type is one file beside this one and one line in [`all`]. The written form is a map of `type`, the type's own
//! fields and the common ones (`not`, `weight`, `because`); `value` is short for the type's main field. What an
//! assertion needs and the take does not know fails it, under negation too: there is no silent pass.
//! Evidence ranges are characters of the answer text.

mod calls_tool;
mod cites;
mod contains;
mod context_holds;
mod cost;
mod equals;
mod finish_reason;
mod json_path;
mod json_schema;
mod latency;
mod locate;
mod refuses;
mod regex;
mod tokens;
mod ttft;

use crate::error::GoldenError;
use retake_compare::{DocumentFacts, TakeFacts};
use retake_model::JsonMap;
use schemars::{Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::Arc;

pub use cites::{Citation, citations};
pub(crate) use latency::number_value;
pub use locate::Range;
pub(crate) use locate::{sentences, shorten};

/// Checks the fields of an assertion and prepares its expectation. `Err` is a clause that says what is wrong.
pub type Prepare = fn(JsonMap, &mut Cache) -> Result<Box<dyn Expectation>, String>;

/// One type of assertion.
pub struct AssertionType {
    /// Word in files and on the command line.
    pub name: &'static str,
    /// What it expects, one sentence.
    pub about: &'static str,
    /// A command-line example.
    pub example: &'static str,
    /// Field that `value` and the command line's VALUE stand for.
    pub main_field: &'static str,
    /// The fields for a VALUE of the command line. `Err` says what would fit.
    pub from_value: fn(&str) -> Result<JsonMap, String>,
    /// Checks the fields and prepares the expectation.
    pub prepare: Prepare,
    /// JSON Schema of the fields.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

/// Every type, in the order in which they are listed.
pub fn all() -> &'static [AssertionType] {
    const ALL: &[AssertionType] = &[
        contains::TYPE,
        regex::TYPE,
        equals::TYPE,
        json_schema::TYPE,
        json_path::TYPE,
        cites::TYPE,
        refuses::TYPE,
        calls_tool::TYPE,
        context_holds::TYPE,
        latency::TYPE,
        ttft::TYPE,
        tokens::TYPE,
        cost::TYPE,
        finish_reason::TYPE,
    ];
    ALL
}

/// The names of all types for a message.
pub fn names() -> String {
    all().iter().map(|one| one.name).collect::<Vec<_>>().join(", ")
}

/// An expectation that is ready to judge.
pub trait Expectation: Send + Sync {
    /// What is expected, as the end of the sentence "expected that …", for both signs.
    fn expected(&self, not: bool) -> String;
    /// What the take shows.
    fn observe(&self, subject: &Subject<'_>) -> Observation;
}

/// Whether the expectation holds, without negation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// The named fact is not known.
    NotRecorded(String),
}

/// What an expectation saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Whether it holds.
    pub held: Held,
    /// The fact that decided, as a clause: `the answer says "…"`.
    pub found: String,
    /// Places in the answer.
    pub evidence: Vec<Range>,
}

impl Observation {
    fn new(held: bool, found: impl Into<String>, evidence: Vec<Range>) -> Self {
        Self { held: if held { Held::Yes } else { Held::No }, found: found.into(), evidence }
    }

    fn unknown(what: impl Into<String>) -> Self {
        Self { held: Held::NotRecorded(what.into()), found: String::new(), evidence: Vec::new() }
    }
}

/// What is judged: an answer and the documents of its context.
pub struct Subject<'a> {
    /// The answer.
    pub take: &'a TakeFacts,
    /// Documents of the context; `None` when they are not recorded.
    pub documents: Option<&'a [DocumentFacts]>,
    json: OnceCell<Option<Value>>,
}

impl<'a> Subject<'a> {
    /// `recorded` are the case's frozen documents, used unless the take brings its own.
    pub fn new(take: &'a TakeFacts, recorded: Option<&'a [DocumentFacts]>) -> Self {
        Self { take, documents: take.documents.as_deref().or(recorded), json: OnceCell::new() }
    }

    /// The answer as JSON, parsed once.
    fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| self.take.output_text.as_deref().and_then(retake_compare::json::parse_answer)).as_ref()
    }
}

/// Compiled patterns and schemas, shared by the cases that one thread loads: most cases of a set use the same few.
#[derive(Default)]
pub struct Cache {
    patterns: HashMap<String, Arc<::regex::Regex>>,
    schemas: HashMap<String, Arc<jsonschema::Validator>>,
}

impl Cache {
    fn pattern(&mut self, pattern: &str) -> Result<Arc<::regex::Regex>, String> {
        if let Some(known) = self.patterns.get(pattern) {
            return Ok(Arc::clone(known));
        }
        let compiled = ::regex::RegexBuilder::new(pattern)
            .size_limit(8 << 20)
            .build()
            .map_err(|error| format!("the pattern {pattern:?} cannot be used: {}", one_line(&error.to_string())))?;
        let compiled = Arc::new(compiled);
        self.patterns.insert(pattern.to_owned(), Arc::clone(&compiled));
        Ok(compiled)
    }

    fn schema(&mut self, schema: &Value) -> Result<Arc<jsonschema::Validator>, String> {
        let key = schema.to_string();
        if let Some(known) = self.schemas.get(&key) {
            return Ok(Arc::clone(known));
        }
        let compiled = jsonschema::validator_for(schema).map_err(|error| format!("not a JSON Schema: {error}"))?;
        let compiled = Arc::new(compiled);
        self.schemas.insert(key, Arc::clone(&compiled));
        Ok(compiled)
    }
}

/// An assertion as written.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    /// Name of its type.
    pub kind: String,
    /// Whether the opposite is expected.
    pub not: bool,
    /// Share in the case's score; `None` is 1.
    pub weight: Option<f64>,
    /// Why it is there: the evidence behind a suggestion, or a person's words.
    pub because: Option<String>,
    /// The type's own fields.
    pub fields: JsonMap,
}

/// An assertion that is ready to judge.
pub struct Prepared {
    /// Name of its type.
    pub kind: &'static str,
    /// Whether the opposite is expected.
    pub not: bool,
    /// Share in the case's score.
    pub weight: f64,
    value: Value,
    expectation: Box<dyn Expectation>,
}

/// What one assertion says about one take, or about all repeats of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssertionResult {
    /// Name of its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the opposite was expected.
    pub not: bool,
    /// What it expects: its main field, or all fields when there are several.
    pub value: Value,
    /// Whether it passed, in every repeat.
    pub passed: bool,
    /// Share of the repeats in which it passed.
    pub score: f64,
    /// Weight.
    pub weight: f64,
    /// The fact that decided: why it failed, or what it found when it passed.
    pub reason: Option<String>,
    /// Places in the answer that show it.
    pub evidence: Vec<Range>,
}

impl Assertion {
    /// An assertion of a type with its main field set.
    pub fn of(kind: &str, value: impl Into<Value>) -> Self {
        let field = find(kind).map_or("value", |known| known.main_field);
        let mut fields = JsonMap::new();
        fields.insert(field.to_owned(), value.into());
        Self::with(kind, fields)
    }

    /// An assertion of a type with these fields.
    pub fn with(kind: &str, fields: JsonMap) -> Self {
        Self { kind: kind.to_owned(), not: false, weight: None, because: None, fields }
    }

    /// The same with its reason.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.because = Some(reason.into());
        self
    }

    /// The same, expecting the opposite.
    #[must_use]
    pub fn negated(mut self) -> Self {
        self.not = !self.not;
        self
    }

    /// Reads the command line's form: `TYPE:VALUE`, `not-TYPE:VALUE`, `TYPE` alone where no value is needed, or JSON.
    ///
    /// # Errors
    /// [`GoldenError::AssertionInvalid`] that says what would fit.
    pub fn parse(text: &str) -> Result<Self, GoldenError> {
        let invalid = |why: String| GoldenError::AssertionInvalid { text: text.to_owned(), why };
        let trimmed = text.trim();
        let assertion = if trimmed.starts_with('{') {
            let map: JsonMap = serde_json::from_str(trimmed).map_err(|error| invalid(format!("not JSON: {error}")))?;
            Self::from_json(map).map_err(invalid)?
        } else {
            let (word, value) = trimmed.split_once(':').unwrap_or((trimmed, ""));
            let (kind, not) = read_kind(word).map_err(invalid)?;
            let fields =
                fields_of(kind, value.trim()).map_err(|why| invalid(format!("{why}, as in `{}`", kind.example)))?;
            Self { kind: kind.name.to_owned(), not, weight: None, because: None, fields }
        };
        assertion.prepare(&mut Cache::default()).map_err(invalid)?;
        Ok(assertion)
    }

    /// Reads the form of files and of JSON. The type's own fields are checked by [`Assertion::prepare`].
    ///
    /// # Errors
    /// A clause that says what is wrong.
    pub fn from_json(mut map: JsonMap) -> Result<Self, String> {
        let Some(Value::String(word)) = map.shift_remove("type") else {
            return Err(format!("`type` is missing; types are {}", names()));
        };
        let (kind, mut not) = read_kind(&word)?;
        match map.shift_remove("not") {
            None => {}
            Some(Value::Bool(flag)) => not ^= flag,
            Some(other) => return Err(format!("`not` is {other}, expected true or false")),
        }
        let weight = match map.shift_remove("weight") {
            None | Some(Value::Null) => None,
            Some(value) => match value.as_f64() {
                Some(weight) if weight.is_finite() && weight >= 0.0 => Some(weight),
                _ => return Err(format!("`weight` is {value}, expected a number from 0")),
            },
        };
        let because = match map.shift_remove("because") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text),
            Some(other) => return Err(format!("`because` is {other}, expected text")),
        };
        expand_value(kind, &mut map)?;
        Ok(Self { kind: kind.name.to_owned(), not, weight, because, fields: map })
    }

    /// The form of files and of JSON, fields in a stable order.
    pub fn to_json(&self) -> JsonMap {
        let mut map = JsonMap::new();
        map.insert("type".to_owned(), self.kind.clone().into());
        if self.not {
            map.insert("not".to_owned(), true.into());
        }
        map.extend(self.fields.clone());
        if let Some(weight) = self.weight {
            map.insert("weight".to_owned(), weight.into());
        }
        if let Some(because) = &self.because {
            map.insert("because".to_owned(), because.clone().into());
        }
        map
    }

    /// The type's fields as one value: that of the main field where it is the only one and plain, else all of them.
    pub fn value(&self) -> Value {
        let main = find(&self.kind).and_then(|kind| self.fields.get(kind.main_field));
        match (main, self.fields.len()) {
            (Some(value), 1) if !value.is_object() => value.clone(),
            (_, 0) => Value::Null,
            _ => Value::Object(self.fields.clone()),
        }
    }

    /// Checks the fields and prepares the expectation.
    ///
    /// # Errors
    /// A clause that says what is wrong and what would fit.
    pub fn prepare(&self, cache: &mut Cache) -> Result<Prepared, String> {
        let kind = find(&self.kind).ok_or_else(|| unknown_kind(&self.kind))?;
        let expectation = (kind.prepare)(self.fields.clone(), cache).map_err(|why| format!("{}: {why}", kind.name))?;
        Ok(Prepared {
            kind: kind.name,
            not: self.not,
            weight: self.weight.unwrap_or(1.0),
            value: self.value(),
            expectation,
        })
    }
}

impl Prepared {
    /// Judges one take.
    pub fn judge(&self, subject: &Subject<'_>) -> AssertionResult {
        let Observation { held, found, evidence } = self.expectation.observe(subject);
        let passed = match held {
            Held::Yes => !self.not,
            Held::No => self.not,
            Held::NotRecorded(_) => false,
        };
        let reason = match (passed, held) {
            (true, _) => Some(found).filter(|found| !found.is_empty()),
            (false, Held::NotRecorded(what)) => {
                Some(format!("not recorded: {what}; expected that {}", self.expectation.expected(self.not)))
            }
            (false, _) => Some(format!("expected that {}; {found}", self.expectation.expected(self.not))),
        };
        AssertionResult {
            kind: self.kind.to_owned(),
            not: self.not,
            value: self.value.clone(),
            passed,
            score: if passed { 1.0 } else { 0.0 },
            weight: self.weight,
            reason,
            evidence,
        }
    }
}

fn find(name: &str) -> Option<&'static AssertionType> {
    all().iter().find(|kind| kind.name == name)
}

fn unknown_kind(word: &str) -> String {
    format!("no assertion type {word:?}; types are {}", names())
}

/// Reads a type with its sign: case, and `-` for `_`, do not matter; `answers` is the opposite of `refuses`.
fn read_kind(word: &str) -> Result<(&'static AssertionType, bool), String> {
    let folded = word.trim().to_ascii_lowercase().replace('-', "_");
    let (bare, not) = match folded.strip_prefix("not_") {
        Some(rest) => (rest, true),
        None => (folded.as_str(), false),
    };
    if bare == "answers" {
        return find("refuses").map(|kind| (kind, !not)).ok_or_else(|| unknown_kind(word));
    }
    find(bare).map(|kind| (kind, not)).ok_or_else(|| unknown_kind(word.trim()))
}

/// Fields for a VALUE of the command line; a JSON object holds the fields themselves.
fn fields_of(kind: &AssertionType, value: &str) -> Result<JsonMap, String> {
    // A schema is an object too: there the object is the value, unless it names the field.
    if value.starts_with('{')
        && let Ok(map) = serde_json::from_str::<JsonMap>(value)
        && (kind.name != json_schema::TYPE.name || map.contains_key(kind.main_field))
    {
        return Ok(map);
    }
    (kind.from_value)(value)
}

/// Replaces the short form `value: …` by the type's own fields.
fn expand_value(kind: &AssertionType, map: &mut JsonMap) -> Result<(), String> {
    if map.get("value").is_some_and(Value::is_null) {
        map.shift_remove("value");
    }
    if kind.main_field == "value" {
        return Ok(());
    }
    match map.shift_remove("value") {
        None => Ok(()),
        Some(Value::String(text)) => {
            map.extend(fields_of(kind, &text)?);
            Ok(())
        }
        Some(Value::Object(fields)) if kind.name != json_schema::TYPE.name || fields.contains_key(kind.main_field) => {
            map.extend(fields);
            Ok(())
        }
        Some(other) => {
            map.insert(kind.main_field.to_owned(), other);
            Ok(())
        }
    }
}

/// Reads a type's fields; an unknown one is an error that names those that there are.
fn read<T: serde::de::DeserializeOwned>(fields: JsonMap) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}

/// One field as a map.
fn field(name: &str, value: impl Into<Value>) -> JsonMap {
    let mut map = JsonMap::new();
    map.insert(name.to_owned(), value.into());
    map
}

/// A message on one line.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One or several texts, as people write them.
#[derive(Debug, Clone, PartialEq, Eq, schemars::JsonSchema)]
#[schemars(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // YAML reads a bare 45 as a number; what is meant is its text.
        let text = |value: Value| match value {
            Value::String(text) => Ok(text),
            Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
            other => Err(serde::de::Error::custom(format!("{other} is no text"))),
        };
        Ok(match Value::deserialize(deserializer)? {
            Value::Array(items) => Self::Many(items.into_iter().map(text).collect::<Result<_, D::Error>>()?),
            one => Self::One(text(one)?),
        })
    }
}

/// Texts in quotation marks, joined by a word.
fn quoted(texts: &[String], join: &str) -> String {
    texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(join)
}
