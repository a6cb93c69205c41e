//! Promotion: turns a call and its answer into a case of a set folder, which is made when it is missing.
//!
//! Every text passes the caller's redactor before it is written. Files are written whole or not at all, the recording
//! before the case that names it; nothing that is there already is replaced.

use crate::assertion::Assertion;
use crate::case::{self, Case, CaseDocument, Origin};
use crate::cassette::{self, Cassette, RecordedAnswer};
use crate::doubt::{self, Doubtful};
use crate::error::GoldenError;
use crate::schema;
use crate::set::{self, CASES, CASSETTES, SET_FILE, SetFile};
use crate::suggest::{SuggestInput, suggest};
use retake_compare::{DocumentFacts, TakeFacts};
use retake_model::{JsonMap, Request, Role};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Longest id in characters.
const ID_CHARS: usize = 48;
/// From this similarity on, a case is said to be nearly the same.
const NEAR: f64 = 0.9;

/// What becomes a case.
#[derive(Debug, Clone, Default)]
pub struct Promotion {
    /// Name; the id is made from it. Without one, from the question.
    pub name: Option<String>,
    /// The request.
    pub request: Request,
    /// Documents of its context; `None` when they are not recorded.
    pub documents: Option<Vec<DocumentFacts>>,
    /// Values of the template's variables.
    pub variables: Option<JsonMap>,
    /// Where it comes from.
    pub origin: Origin,
    /// Its answer.
    pub answer: TakeFacts,
    /// What the user expects.
    pub assertions: Vec<Assertion>,
    /// Whether evidence-backed suggestions are added.
    pub suggest: bool,
    /// Another answer to the same question that suggestions compare with: the recorded one, when a take is promoted.
    pub comparison: Option<TakeFacts>,
    /// Free words.
    pub tags: Vec<String>,
    /// Documents of the context that nothing should be expected of.
    pub doubts: Vec<Doubtful>,
}

/// Redacts one text and counts what was removed, by rule.
pub type Redactor<'a> = &'a dyn Fn(&str) -> (String, BTreeMap<String, u64>);

/// What promotion did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Promoted {
    /// The case's file, absolute.
    pub path: PathBuf,
    /// Its id.
    pub case_id: String,
    /// What it expects.
    pub assertions: Vec<PromotedAssertion>,
    /// What was redacted, by rule.
    pub redactions: BTreeMap<String, u64>,
    /// Cases of the set that ask nearly the same.
    pub near_duplicates: Vec<NearDuplicate>,
    /// What to know before it is committed, in sentences: doubtful documents that the case holds, suggestions that were
    /// left out for them, and that an empty answer passes.
    pub notes: Vec<String>,
    /// Whether the set was made, or would be.
    pub set_created: bool,
    /// The case's file as it is written.
    pub text: String,
}

/// One assertion of a new case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromotedAssertion {
    /// Type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether the opposite is expected.
    pub not: bool,
    /// Main field, or all fields when there are several.
    pub value: Value,
    /// The evidence; `None` for what the user wrote without one.
    pub because: Option<String>,
    /// Weight; 0 is shown but not scored.
    pub weight: f64,
    /// The whole assertion as it stands in the file: given back to promotion it writes the same.
    pub spec: JsonMap,
}

/// A case that asks nearly the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NearDuplicate {
    /// Id.
    pub case_id: String,
    /// 0.9 to 1.
    pub similarity: f64,
}

/// Writes a case into a set folder.
///
/// # Errors
/// [`GoldenError::CaseExists`] for a name that is taken, or a call that was promoted before; [`GoldenError::NotASet`] for a
/// folder whose `set.yaml` cannot be read; [`GoldenError::Unwritable`].
pub fn promote(dir: &Path, promotion: Promotion, redact: Redactor<'_>) -> Result<Promoted, GoldenError> {
    let (promoted, cassette) = prepare(dir, promotion, redact)?;
    if promoted.path.exists() {
        return Err(GoldenError::CaseExists { id: promoted.case_id, path: promoted.path });
    }
    let dir = promoted.path.parent().and_then(Path::parent).unwrap_or(dir);
    if promoted.set_created {
        let name = dir.file_name().map_or_else(|| "golden".to_owned(), |name| name.to_string_lossy().into_owned());
        let file = SetFile { version: set::VERSION, name, ..SetFile::default() };
        write_whole(&dir.join(SET_FILE), &set::print_set_file(&file))?;
    }
    write_schemas(dir)?;
    write_whole(&dir.join(recording_of(&promoted.case_id)), &cassette.print())?;
    write_new(&promoted.path, &promoted.text, &promoted.case_id)?;
    Ok(promoted)
}

/// What [`promote`] would do, without writing anything.
///
/// # Errors
/// As [`promote`].
pub fn preview(dir: &Path, promotion: Promotion, redact: Redactor<'_>) -> Result<Promoted, GoldenError> {
    prepare(dir, promotion, redact).map(|(promoted, _)| promoted)
}

fn recording_of(case_id: &str) -> String {
    format!("{CASSETTES}/{case_id}.json")
}

fn prepare(dir: &Path, promotion: Promotion, redact: Redactor<'_>) -> Result<(Promoted, Cassette), GoldenError> {
    let dir = std::path::absolute(dir)
        .map_err(|error| GoldenError::Unwritable { path: dir.to_owned(), why: error.to_string() })?;
    let set_created = !dir.join(SET_FILE).is_file();
    let known = if set_created { Vec::new() } else { known_cases(&dir)? };
    let case_id = choose_id(&dir, &promotion, &known)?;
    let near_duplicates = near(&promotion.request, &known);
    let mut assertions = promotion.assertions.clone();
    let mut left_out = Vec::new();
    if promotion.suggest {
        let suggested = suggest(&SuggestInput {
            request: &promotion.request,
            documents: promotion.documents.as_deref(),
            answer: &promotion.answer,
            comparison: promotion.comparison.as_ref(),
            explicit: &promotion.assertions,
            doubts: &promotion.doubts,
        });
        assertions.extend(suggested.suggestions);
        left_out = suggested.left_out;
    }
    let documents = promotion.answer.documents.as_ref().or(promotion.documents.as_ref());
    let mut notes = doubt::notes(documents.map(Vec::as_slice), &promotion.doubts, &left_out, &assertions);
    let case = Case {
        id: case_id.clone(),
        name: promotion.name,
        tags: promotion.tags,
        weight: None,
        threshold: None,
        assertions,
        origin: Some(promotion.origin).filter(|origin| *origin != Origin::default()),
        recorded: Some(recording_of(&case_id)),
        request: promotion.request,
        documents: documents.map(|list| list.iter().map(CaseDocument::from).collect()),
        variables: promotion.variables,
    };
    // A note may quote what the case holds; what is removed there is not counted twice.
    notes.iter_mut().for_each(|note| clean_text(note, redact, &mut BTreeMap::new()));
    let mut redactions = BTreeMap::new();
    let case = redact_case(case, redact, &mut redactions);
    let answer = redact_answer(RecordedAnswer::from(&promotion.answer), redact, &mut redactions);
    let cassette = Cassette { version: cassette::VERSION, case_id: case_id.clone(), answer };
    let promoted = Promoted {
        path: dir.join(CASES).join(format!("{case_id}.yaml")),
        case_id,
        assertions: case.assertions.iter().map(PromotedAssertion::from).collect(),
        redactions,
        near_duplicates,
        notes,
        set_created,
        text: case::print(&case, Some(&format!("../{}/case.schema.json", schema::FOLDER))),
    };
    Ok((promoted, cassette))
}

impl From<&Assertion> for PromotedAssertion {
    fn from(assertion: &Assertion) -> Self {
        Self {
            kind: assertion.kind.clone(),
            not: assertion.not,
            value: assertion.value(),
            because: assertion.because.clone(),
            weight: assertion.weight.unwrap_or(1.0),
            spec: assertion.to_json(),
        }
    }
}

/// Cases that are there and can be read. One that cannot be read keeps its file name taken, and no more.
fn known_cases(dir: &Path) -> Result<Vec<Case>, GoldenError> {
    let sets = set::load(&[dir.to_owned()])?;
    Ok(sets.into_iter().flat_map(|set| set.cases).map(|loaded| loaded.case).collect())
}

fn choose_id(dir: &Path, promotion: &Promotion, known: &[Case]) -> Result<String, GoldenError> {
    let file = |id: &str| dir.join(CASES).join(format!("{id}.yaml"));
    let taken = |id: &str| known.iter().any(|case| case.id == id) || file(id).exists();
    if let Some(name) = &promotion.name {
        let id = slug(name).ok_or_else(|| GoldenError::NameUnusable { name: name.clone() })?;
        return if taken(&id) { Err(GoldenError::CaseExists { path: file(&id), id }) } else { Ok(id) };
    }
    let same = |case: &&Case| {
        let (Some(old), new) = (&case.origin, &promotion.origin) else { return false };
        new.span_id.is_some()
            && (&old.trace_id, &old.span_id, &old.take_id) == (&new.trace_id, &new.span_id, &new.take_id)
            || new.take_id.is_some() && old.take_id == new.take_id
    };
    if let Some(case) = known.iter().find(same) {
        return Err(GoldenError::CaseExists { id: case.id.clone(), path: file(&case.id) });
    }
    let base = slug(&question(&promotion.request)).unwrap_or_else(|| "case".to_owned());
    if !taken(&base) {
        return Ok(base);
    }
    // Another call with the same question: numbered, from 2.
    Ok((2_u64..).map(|n| format!("{base}-{n}")).find(|id| !taken(id)).unwrap_or(base))
}

/// Text of the last message of the user.
fn question(request: &Request) -> String {
    request
        .messages
        .iter()
        .rev()
        .find(|message| message.role == Role::User)
        .map(retake_model::Message::joined_text)
        .unwrap_or_default()
}

/// Letters and digits of any script in lower case, all else as single hyphens. `None` when nothing is left.
fn slug(text: &str) -> Option<String> {
    let mut out = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let whole = out.trim_end_matches('-');
    if whole.chars().count() > ID_CHARS {
        // Cut at a word where there is one.
        let cut: String = whole.chars().take(ID_CHARS).collect();
        let at_word = cut.rfind('-').filter(|at| *at > cut.len() / 2).map_or(cut.as_str(), |at| &cut[..at]);
        return Some(at_word.trim_end_matches('-').to_owned());
    }
    (!whole.is_empty()).then(|| whole.to_owned())
}

fn near(request: &Request, known: &[Case]) -> Vec<NearDuplicate> {
    let key = |request: &Request| {
        let system: Vec<String> = request
            .messages
            .iter()
            .filter(|message| message.role == Role::System)
            .map(retake_model::Message::joined_text)
            .collect();
        (system.join("\n"), question(request))
    };
    // The question decides: under a long common system text all questions would look alike.
    let close = |a: &str, b: &str| {
        let (short, long) = (a.len().min(b.len()), a.len().max(b.len()));
        if 2 * short < long { 0.0 } else { retake_compare::similarity(a, b) }
    };
    let (system, asked) = key(request);
    let mut list: Vec<NearDuplicate> = known
        .iter()
        .filter_map(|case| {
            let (other_system, other_asked) = key(&case.request);
            let similarity = close(&asked, &other_asked);
            (similarity >= NEAR && close(&system, &other_system) >= NEAR / 2.0)
                .then(|| NearDuplicate { case_id: case.id.clone(), similarity })
        })
        .collect();
    list.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then_with(|| a.case_id.cmp(&b.case_id)));
    list
}

type Counts = BTreeMap<String, u64>;

fn redact_case(mut case: Case, redact: Redactor<'_>, counts: &mut Counts) -> Case {
    let mut clean = |text: &mut String| clean_text(text, redact, counts);
    if let Some(name) = &mut case.name {
        clean(name);
    }
    if let Some(why) = case.origin.as_mut().and_then(|origin| origin.why.as_mut()) {
        clean(why);
    }
    for document in case.documents.iter_mut().flatten() {
        if let Some(content) = &mut document.content {
            clean(content);
        }
    }
    for assertion in &mut case.assertions {
        if let Some(because) = &mut assertion.because {
            clean(because);
        }
        assertion.fields.values_mut().for_each(|value| clean_value(value, &mut clean));
    }
    case.variables.iter_mut().flat_map(JsonMap::values_mut).for_each(|value| clean_value(value, &mut clean));
    // A request is plain data: through its JSON form every text in it is reached, whatever part it stands in.
    if let Ok(mut value) = serde_json::to_value(&case.request) {
        clean_value(&mut value, &mut clean);
        if let Ok(request) = serde_json::from_value(value) {
            case.request = request;
        }
    }
    case
}

fn redact_answer(mut answer: RecordedAnswer, redact: Redactor<'_>, counts: &mut Counts) -> RecordedAnswer {
    let mut clean = |text: &mut String| clean_text(text, redact, counts);
    if let Some(text) = &mut answer.output_text {
        clean(text);
    }
    for call in answer.tool_calls.iter_mut().flatten() {
        clean_value(&mut call.arguments, &mut clean);
    }
    answer
}

fn clean_text(text: &mut String, redact: Redactor<'_>, counts: &mut Counts) {
    let (cleaned, removed) = redact(text);
    for (rule, n) in removed {
        *counts.entry(rule).or_default() += n;
    }
    *text = cleaned;
}

fn clean_value(value: &mut Value, clean: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => clean(text),
        Value::Array(items) => items.iter_mut().for_each(|item| clean_value(item, clean)),
        Value::Object(map) => map.values_mut().for_each(|value| clean_value(value, clean)),
        _ => {}
    }
}

fn write_schemas(dir: &Path) -> Result<(), GoldenError> {
    for (name, schema) in [("set", schema::set()), ("case", schema::case()), ("cassette", schema::cassette())] {
        let path = dir.join(schema::FOLDER).join(format!("{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap_or_default());
        if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            write_whole(&path, &text)?;
        }
    }
    Ok(())
}

/// Writes a file whole or not at all: beside its place first, then renamed. Folders are made.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), GoldenError> {
    let temporary = write_beside(path, text)?;
    std::fs::rename(&temporary, path).map_err(|error| discard(&temporary, path, &error))
}

/// The same for a file that must not be there yet.
fn write_new(path: &Path, text: &str, id: &str) -> Result<(), GoldenError> {
    let temporary = write_beside(path, text)?;
    // A link fails if the name is taken, a rename would replace it. File systems without links get the rename.
    match std::fs::hard_link(&temporary, path) {
        Ok(()) => {
            let _ = std::fs::remove_file(&temporary);
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists || path.exists() => {
            let _ = std::fs::remove_file(&temporary);
            Err(GoldenError::CaseExists { id: id.to_owned(), path: path.to_owned() })
        }
        Err(_) => std::fs::rename(&temporary, path).map_err(|error| discard(&temporary, path, &error)),
    }
}

fn write_beside(path: &Path, text: &str) -> Result<PathBuf, GoldenError> {
    let unwritable = |error: &std::io::Error| GoldenError::Unwritable { path: path.to_owned(), why: error.to_string() };
    let parent = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(|error| unwritable(&error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let temporary = parent.join(format!(".{name}.{}.tmp", std::process::id()));
    let written = std::fs::File::create(&temporary)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    match written {
        Ok(()) => Ok(temporary),
        Err(error) => Err(discard(&temporary, path, &error)),
    }
}

fn discard(temporary: &Path, path: &Path, error: &std::io::Error) -> GoldenError {
    let _ = std::fs::remove_file(temporary);
    GoldenError::Unwritable { path: path.to_owned(), why: error.to_string() }
}
