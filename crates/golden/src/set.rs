//! A golden set: a folder with `set.yaml`, `cases/*.yaml`, `cassettes/*.json` and perhaps `baseline.json`.
//!
//! A folder without a readable `set.yaml` is no set (an error). A case that does not parse, a case of a doubled id and a
//! recording that is not there are kept as errors with their place; the other cases are loaded.

use crate::assertion::{Cache, Prepared};
use crate::case::{self, Case};
use crate::cassette::Cassette;
use crate::error::GoldenError;
use crate::yaml;
use retake_compare::{DocumentFacts, TakeFacts};
use retake_model::Code;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::path::{Component, Path, PathBuf};

/// Newest version that this program reads, and the one that it writes.
pub const VERSION: u64 = 1;
/// File names of a set.
pub const SET_FILE: &str = "set.yaml";
/// Folder of the cases.
pub const CASES: &str = "cases";
/// Folder of the recorded answers.
pub const CASSETTES: &str = "cassettes";
/// The accepted results.
pub const BASELINE: &str = "baseline.json";

/// `set.yaml`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Set")]
pub struct SetFile {
    /// Version of this form, 1.
    pub version: u64,
    /// Name of the set.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Weighted share of the cases that must pass, 1 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// The same for the cases with a tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tag_thresholds: BTreeMap<String, f64>,
    /// Share of the repeats of a case that must pass, 1 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_threshold: Option<f64>,
    /// Largest drop against a baseline with repeats that a live check accepts, 0.02 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// Tags of every case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Variant that a live check sends when none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// Something wrong in a file of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileError {
    /// Code.
    pub code: Code,
    /// Path of the file, the set's folder included as it was named.
    pub file: String,
    /// Line from 1; `None` when it has no place.
    pub line: Option<u64>,
    /// Column from 1.
    pub column: Option<u64>,
    /// What is wrong.
    pub message: String,
}

/// A set that was read.
pub struct LoadedSet {
    /// Folder as it was named.
    pub dir: PathBuf,
    /// `set.yaml`.
    pub file: SetFile,
    /// Cases in the order of their file names.
    pub cases: Vec<LoadedCase>,
    /// What could not be read. Any of them fails a check.
    pub errors: Vec<FileError>,
}

/// A case that was read and is ready to judge.
pub struct LoadedCase {
    /// Its file, the set's folder included.
    pub path: PathBuf,
    /// The case.
    pub case: Case,
    /// Its recorded answer, or why there is none.
    pub recorded: Result<TakeFacts, FileError>,
    /// Frozen documents as facts.
    pub documents: Option<Vec<DocumentFacts>>,
    /// Assertions, ready.
    pub assertions: Vec<Prepared>,
    /// Line of each assertion in the file, from 1.
    pub assertion_lines: Vec<u64>,
}

/// Reads sets. `dirs` are folders with a `set.yaml`, or that file itself.
///
/// # Errors
/// [`GoldenError::NotASet`] for a folder without a readable `set.yaml`, [`GoldenError::Newer`] for one of a newer program.
pub fn load(dirs: &[PathBuf]) -> Result<Vec<LoadedSet>, GoldenError> {
    dirs.iter().map(|dir| load_one(dir)).collect()
}

/// Reads the `set.yaml` of a folder.
///
/// # Errors
/// As [`load`].
pub fn read_set_file(dir: &Path) -> Result<SetFile, GoldenError> {
    let path = dir.join(SET_FILE);
    let not_a_set = |why: String| GoldenError::NotASet { path: path.clone(), why };
    let bytes = std::fs::read(&path).map_err(|error| GoldenError::NotASet {
        path: dir.to_owned(),
        why: match error.kind() {
            std::io::ErrorKind::NotFound if dir.is_dir() => format!("it has no {SET_FILE}"),
            std::io::ErrorKind::NotFound => "there is no such folder".to_owned(),
            _ => format!("its {SET_FILE} cannot be read: {error}"),
        },
    })?;
    let text = String::from_utf8(bytes).map_err(|error| not_a_set(format!("not UTF-8: {error}")))?;
    let place =
        |error: &yaml::YamlError| format!("line {}, column {}: {}", error.at.line, error.at.column, error.message);
    let file: SetFile = yaml::read(&text).map_err(|error| {
        let error = yaml::explain(&text, error, &["version", "name"]);
        not_a_set(place(&case::newer_or(&text, error)))
    })?;
    if file.version > VERSION {
        return Err(GoldenError::Newer { path, version: file.version, readable: VERSION });
    }
    let shares = [("threshold", file.threshold), ("repeat_threshold", file.repeat_threshold), ("margin", file.margin)];
    let tagged = file.tag_thresholds.values().map(|share| ("tag_thresholds", Some(*share)));
    for (name, share) in shares.into_iter().chain(tagged) {
        if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            let error = case::at_key(&text, name, format!("`{name}` must lie between 0 and 1"));
            return Err(not_a_set(place(&error)));
        }
    }
    Ok(file)
}

/// Writes a `set.yaml`'s text.
pub fn print_set_file(file: &SetFile) -> String {
    format!(
        "# yaml-language-server: $schema={}/set.schema.json\n{}",
        crate::schema::FOLDER,
        yaml::print(&serde_json::to_value(file).unwrap_or_default())
    )
}

fn load_one(named: &Path) -> Result<LoadedSet, GoldenError> {
    let dir = match (named.file_name(), named.parent()) {
        (Some(name), Some(parent)) if name == SET_FILE && named.is_file() => parent,
        _ => named,
    };
    let file = read_set_file(dir)?;
    let mut paths = Vec::new();
    let cases = dir.join(CASES);
    if cases.is_dir() {
        collect(&cases, &mut paths)
            .map_err(|error| GoldenError::Unreadable { path: cases.clone(), why: error.to_string() })?;
    }
    paths.sort();
    let read = read_all(dir, &paths);
    let mut set = LoadedSet { dir: dir.to_owned(), file, cases: Vec::with_capacity(read.len()), errors: Vec::new() };
    let mut seen: HashMap<String, PathBuf> = HashMap::new();
    for one in read {
        match one {
            Err(error) => set.errors.push(error),
            Ok(case) => match seen.get(&case.case.id) {
                Some(first) => set.errors.push(FileError {
                    code: Code::CaseUnreadable,
                    file: case.path.display().to_string(),
                    line: Some(1),
                    column: Some(1),
                    message: format!("the id {:?} is that of {} too", case.case.id, first.display()),
                }),
                None => {
                    seen.insert(case.case.id.clone(), case.path.clone());
                    set.cases.push(case);
                }
            },
        }
    }
    Ok(set)
}

/// Every YAML file below a folder. Folders are entered, links to folders are not.
fn collect(dir: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|ext| ext == "yaml" || ext == "yml") {
            paths.push(path);
        }
    }
    Ok(())
}

/// Below this many files a second thread costs more than it brings.
const FILES_A_THREAD: usize = 64;

fn read_all(dir: &Path, paths: &[PathBuf]) -> Vec<Result<LoadedCase, FileError>> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(paths.len() / FILES_A_THREAD + 1);
    let chunk = paths.len().div_ceil(threads).max(1);
    let read_chunk = |paths: &[PathBuf]| {
        let mut cache = Cache::default();
        paths.iter().map(|path| read_case(dir, path, &mut cache)).collect::<Vec<_>>()
    };
    if threads == 1 {
        return read_chunk(paths);
    }
    std::thread::scope(|scope| {
        let workers: Vec<_> = paths.chunks(chunk).map(|paths| scope.spawn(move || read_chunk(paths))).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn read_case(dir: &Path, path: &Path, cache: &mut Cache) -> Result<LoadedCase, FileError> {
    let error_at = |line: u64, column: u64, message: String| FileError {
        code: Code::CaseUnreadable,
        file: path.display().to_string(),
        line: (line > 0).then_some(line),
        column: (column > 0).then_some(column),
        message,
    };
    let bytes = std::fs::read(path).map_err(|error| error_at(0, 0, error.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes().get(..valid).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
        error_at(line as u64 + 1, 1, "not UTF-8".to_owned())
    })?;
    let read = case::read(&text).map_err(|error| error_at(error.at.line, error.at.column, error.message))?;
    if read.case.id.trim().is_empty() {
        return Err(error_at(1, 1, "`id` is empty".to_owned()));
    }
    let mut assertions = Vec::with_capacity(read.case.assertions.len());
    for (assertion, line) in read.case.assertions.iter().zip(&read.assertion_lines) {
        assertions.push(assertion.prepare(cache).map_err(|why| error_at(*line, 1, why))?);
    }
    let documents = read.case.documents.as_ref().map(|list| list.iter().map(DocumentFacts::from).collect());
    let recorded = read_cassette(dir, path, &text, &read.case);
    Ok(LoadedCase {
        path: path.to_owned(),
        recorded,
        documents,
        assertions,
        assertion_lines: read.assertion_lines,
        case: read.case,
    })
}

/// The recorded answer of a case. The path stays below the set's folder, so that a case from elsewhere reads no other file.
fn read_cassette(dir: &Path, case_path: &Path, text: &str, case: &Case) -> Result<TakeFacts, FileError> {
    let in_case = |message: String| {
        let line = text.lines().position(|line| line.starts_with("recorded:")).map_or(1, |i| i as u64 + 1);
        FileError {
            code: Code::CassetteMissing,
            file: case_path.display().to_string(),
            line: Some(line),
            column: Some(1),
            message,
        }
    };
    let Some(relative) = &case.recorded else {
        return Err(in_case(format!("the case {:?} names no recording; check it with `--live` or `--takes`", case.id)));
    };
    let inside = Path::new(relative).components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if !inside {
        return Err(in_case(format!("the recording {relative:?} is not below the set's folder")));
    }
    let path = dir.join(relative);
    let bytes = std::fs::read(&path)
        .map_err(|error| in_case(format!("the recording {relative} of case {:?} cannot be read: {error}", case.id)))?;
    match Cassette::read(&bytes) {
        Ok(cassette) if cassette.case_id != case.id => Err(in_case(format!(
            "the recording {relative} is that of case {:?}, not of {:?}",
            cassette.case_id, case.id
        ))),
        Ok(cassette) => Ok(cassette.answer.into()),
        Err((line, column, message)) => Err(FileError {
            code: Code::CassetteMissing,
            file: path.display().to_string(),
            line: (line > 0).then_some(line),
            column: (column > 0).then_some(column),
            message: format!("the recording of case {:?} cannot be read: {message}", case.id),
        }),
    }
}
