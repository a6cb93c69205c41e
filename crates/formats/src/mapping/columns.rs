//! What a log without a known format holds, from its first bytes: its columns or paths, how often each is filled, what its
//! values look like.

use super::numbers::is_written_number;
use super::path::is_blank;
use crate::detect::Head;
use crate::mapped::{WRAPPERS, is_json};
use crate::records::first_records;
use crate::redact::redact_text;
use crate::table;
use crate::time::ns_from_value;
use retake_model::JsonMap;
use serde_json::Value;

/// Columns that are listed at most.
const MOST_COLUMNS: usize = 256;
/// Deepest path that is listed.
const MOST_STEPS: usize = 4;
/// Examples of a column, each cut to so many characters.
const EXAMPLES: usize = 3;
const EXAMPLE_CHARS: usize = 120;

/// How the records of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Rows under a header.
    Table {
        /// Between the fields.
        delimiter: u8,
    },
    /// JSON objects: lines, an array, or a list within an object.
    Json,
}

/// What the values of a column look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Looks {
    Time,
    Number,
    Boolean,
    Json,
    Text,
    Empty,
}

impl Looks {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Json => "json",
            Self::Text => "text",
            Self::Empty => "empty",
        }
    }
}

/// A column or path of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Name, or path with dots.
    pub path: String,
    /// Records of the sample in which it has something.
    pub n_filled: usize,
    /// What its values look like.
    pub looks: Looks,
    /// First different values, redacted and cut.
    pub examples: Vec<String>,
}

/// The first records of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// How they are written.
    pub form: Form,
    /// The records.
    pub records: Vec<JsonMap>,
}

/// Why the first bytes of a file give no sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoSample {
    /// There are no bytes.
    Empty,
    /// They are no text.
    Binary,
    /// A header without rows.
    HeaderOnly,
    /// Neither a table of two or more columns nor JSON objects.
    Neither,
    /// The first record does not end within these bytes.
    FirstTooLong,
}

/// The first records, at most so many, of the first bytes of a file; `whole` when the file ends there.
pub fn sample(bytes: &[u8], whole: bool, delimiter: Option<u8>, most: usize) -> Result<Sample, NoSample> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if bytes.trim_ascii().is_empty() {
        return Err(NoSample::Empty);
    }
    let Some(text) = Head::new(bytes, whole).text() else { return Err(NoSample::Binary) };
    if is_json(bytes) {
        let records = first_records(text.as_bytes(), &WRAPPERS, most);
        return match records.is_empty() {
            false => Ok(Sample { form: Form::Json, records }),
            true if whole => Err(NoSample::Neither),
            true => Err(NoSample::FirstTooLong),
        };
    }
    let (rows, told) = table::preamble(text.as_bytes());
    let rows =
        if whole { rows } else { rows.get(..memchr::memrchr(b'\n', rows).map_or(0, |at| at + 1)).unwrap_or_default() };
    if rows.is_empty() {
        return Err(NoSample::FirstTooLong);
    }
    let delimiter = delimiter.unwrap_or_else(|| table::header_of(rows, told).0);
    if table::columns(text, Some(delimiter)).is_none() {
        return Err(NoSample::Neither);
    }
    let records = table::samples(rows, delimiter, most);
    match records.is_empty() {
        false => Ok(Sample { form: Form::Table { delimiter }, records }),
        true if whole => Err(NoSample::HeaderOnly),
        true => Err(NoSample::FirstTooLong),
    }
}

/// The names of the header, also those that no row of the sample fills.
pub fn header(bytes: &[u8], delimiter: u8) -> Vec<String> {
    let text = Head::new(bytes, false).text().unwrap_or_default();
    table::columns(text, Some(delimiter)).unwrap_or_default()
}

/// Columns and paths of records, in the order in which they come.
pub fn columns(records: &[JsonMap]) -> Vec<Column> {
    let mut found = Vec::new();
    for record in records {
        for (name, value) in record {
            note(&mut found, name, value, 1);
        }
    }
    found.into_iter().map(Seen::column).collect()
}

/// A column while records are looked at.
struct Seen {
    column: Column,
    /// How often it looked like what.
    looked: Vec<(Looks, usize)>,
}

impl Seen {
    fn new(path: &str) -> Self {
        let column = Column { path: path.to_owned(), n_filled: 0, looks: Looks::Empty, examples: Vec::new() };
        Self { column, looked: Vec::new() }
    }

    fn see(&mut self, value: &Value) {
        self.column.n_filled += 1;
        let looks = looks_of(&self.column.path, value);
        match self.looked.iter_mut().find(|(other, _)| *other == looks) {
            Some((_, n)) => *n += 1,
            None => self.looked.push((looks, 1)),
        }
        let example = shown(value);
        if self.column.examples.len() < EXAMPLES && !self.column.examples.contains(&example) {
            self.column.examples.push(example);
        }
    }

    /// It looks like what most of its values do: one that is no time does not make the others something else.
    fn column(mut self) -> Column {
        let most = self.looked.iter().max_by_key(|(_, n)| *n);
        self.column.looks = match most {
            Some((looks, n)) if n * 2 > self.column.n_filled => *looks,
            Some(_) => Looks::Text,
            None => Looks::Empty,
        };
        self.column
    }
}

fn note(found: &mut Vec<Seen>, path: &str, value: &Value, steps: usize) {
    let inner = match value {
        Value::String(text) if text.trim_start().starts_with('{') => serde_json::from_str(text).ok(),
        _ => None,
    };
    let value = inner.as_ref().unwrap_or(value);
    let at = match found.iter().position(|seen| seen.column.path == path) {
        Some(at) => at,
        None if found.len() >= MOST_COLUMNS => return,
        None => {
            found.push(Seen::new(path));
            found.len() - 1
        }
    };
    if let Some(seen) = found.get_mut(at)
        && !is_blank(value)
    {
        seen.see(value);
    }
    if let Value::Object(object) = value
        && steps < MOST_STEPS
    {
        for (name, value) in object {
            note(found, &format!("{path}.{name}"), value, steps + 1);
        }
    }
}

fn looks_of(path: &str, value: &Value) -> Looks {
    match value {
        Value::Null => Looks::Empty,
        Value::Bool(_) => Looks::Boolean,
        Value::Array(_) | Value::Object(_) => Looks::Json,
        Value::Number(_) if is_epoch(path, value) => Looks::Time,
        Value::Number(_) => Looks::Number,
        Value::String(text) => {
            let text = text.trim();
            if text.is_empty() {
                Looks::Empty
            } else if text.parse::<f64>().is_ok() {
                if is_epoch(path, value) { Looks::Time } else { Looks::Number }
            } else if is_written_number(text) {
                Looks::Number
            } else if matches!(text.to_ascii_lowercase().as_str(), "true" | "false") {
                Looks::Boolean
            } else if text.starts_with(['{', '[']) && serde_json::from_str::<Value>(text).is_ok() {
                Looks::Json
            } else if is_written_time(text) {
                Looks::Time
            } else {
                Looks::Text
            }
        }
    }
}

/// A number that is a moment of our time by its size, in a column that is called so.
fn is_epoch(path: &str, value: &Value) -> bool {
    const FROM_NS: i64 = 1_000_000_000_000_000_000;
    let name = path.rsplit('.').next().unwrap_or(path).to_ascii_lowercase();
    let called = ["time", "ts", "date", "created", "start", "end", "at"].iter().any(|word| name.contains(word));
    called && ns_from_value(value, None).is_some_and(|ns| ns > FROM_NS)
}

/// A date, with or without a clock time, in whatever order.
fn is_written_time(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let separators = text.bytes().filter(|b| matches!(b, b'/' | b'.' | b'-' | b':')).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    let date = digits >= 6 && separators >= 2 && letters <= 6 && text.len() <= 40;
    date && (ns_from_value(&Value::from(text), None).is_some() || (separators <= 6 && letters <= 2))
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    // Cut with room for what redacting needs to see, so that no half of a secret stays.
    let near: String = text.chars().take(EXAMPLE_CHARS * 40).collect();
    let redacted = redact_text(&near);
    let mut shown: String = redacted.chars().take(EXAMPLE_CHARS).collect();
    if redacted.chars().count() > EXAMPLE_CHARS {
        shown.push('…');
    }
    shown
}
