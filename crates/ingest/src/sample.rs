//! The first records of one file, and what a mapping would make of them: the same way as an import, but bounded, and with
//! nothing written.

use crate::IngestError;
use crate::unpack::{self, Member, Trouble, Visitor};
use retake_formats::audit::{self, Fit};
use retake_formats::mapping::Mapping;
use retake_formats::mapping::columns::NoSample;
use retake_formats::{Context, Detection, Format, FormatError, Head, Input, Sink, Stop, WarningAt, detect, redact};
use retake_model::{Code, Fact, FactKind, Mapped};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// So much of a file is looked at.
pub const SAMPLE_BYTES: u64 = 1 << 20;

/// The first bytes of a file, unpacked.
#[derive(Debug, Clone)]
pub struct FirstBytes {
    /// Path as named, the member of an archive after `!`.
    pub path: String,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether that is all of it.
    pub whole: bool,
}

/// Reads the first bytes of a file. Of an archive those of its first member, or of the one that is named after `!`.
///
/// # Errors
/// When it cannot be read, or is damaged.
pub fn first_bytes(path: &str) -> Result<FirstBytes, IngestError> {
    let (file, member) = match path.split_once('!').filter(|_| !Path::new(path).exists()) {
        Some((file, _)) => (file, Some(path)),
        None => (path, None),
    };
    let unreadable = |why: String| IngestError::NoSample { path: path.to_owned(), code: Code::InputUnreadable, why };
    if Path::new(file).is_dir() {
        return Err(unreadable("it is a folder; name one file".to_owned()));
    }
    let mut first = First { member, found: None, trouble: None };
    unpack::visit_file(Path::new(file), &mut first);
    match (first.found, first.trouble) {
        (Some(found), _) => Ok(found),
        (None, Some(trouble)) => {
            Err(IngestError::NoSample { path: trouble.path, code: trouble.code, why: trouble.message })
        }
        (None, None) => Err(unreadable("the archive holds no such file".to_owned())),
    }
}

/// Takes the first member, or the one that is named.
struct First<'a> {
    member: Option<&'a str>,
    found: Option<FirstBytes>,
    trouble: Option<Trouble>,
}

impl Visitor for First<'_> {
    fn member(&mut self, member: Member<'_>) -> bool {
        if self.member.is_some_and(|wanted| wanted != member.path) {
            return true;
        }
        let Member { path, reader, .. } = member;
        let mut bytes = Vec::new();
        match reader.take(SAMPLE_BYTES + 1).read_to_end(&mut bytes) {
            Ok(_) => {
                let whole = bytes.len() as u64 <= SAMPLE_BYTES;
                bytes.truncate(SAMPLE_BYTES as usize);
                self.found = Some(FirstBytes { path, bytes, whole });
            }
            Err(error) => {
                let code = unpack::code_of(&error, path.contains('!'));
                self.trouble = Some(Trouble { path, code, message: error.to_string() });
            }
        }
        false
    }

    fn trouble(&mut self, trouble: Trouble) -> bool {
        self.trouble.get_or_insert(trouble);
        true
    }
}

/// What there is to say of a file that gives no sample.
pub fn no_sample(path: &str, why: NoSample) -> IngestError {
    let (code, why) = match why {
        NoSample::Empty => (Code::InputNotUnderstood, "the file is empty".to_owned()),
        NoSample::Binary => (Code::InputNotUnderstood, "the file is no text".to_owned()),
        NoSample::HeaderOnly => (Code::InputNotUnderstood, "the table has a header and no rows".to_owned()),
        NoSample::Neither => {
            (Code::InputNotUnderstood, "it is neither a table with a header nor JSON objects".to_owned())
        }
        NoSample::FirstTooLong => {
            (Code::RecordBeyondSample, "the first record does not end within the first MiB".to_owned())
        }
    };
    IngestError::NoSample { path: path.to_owned(), code, why }
}

/// One of the first records.
#[derive(Debug, Clone)]
pub struct PreviewRecord {
    /// Byte offset in the unpacked file.
    pub byte_offset: u64,
    /// Line, from 1.
    pub line: Option<u64>,
    /// What it would be; [`Mapped::Raw`] is kept and not understood.
    pub mapped: Mapped,
    /// The record as it would be kept.
    pub body: Vec<u8>,
    /// What is wrong with it.
    pub warnings: Vec<(Code, String)>,
}

/// What a mapping makes of the first records of a file.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Format that reads it.
    pub format: &'static str,
    /// The records.
    pub records: Vec<PreviewRecord>,
    /// Warnings about no one record.
    pub warnings: Vec<(Code, String)>,
    /// What was taken for what.
    pub taken: Option<Value>,
    /// Whether the file goes on.
    pub more: bool,
}

/// Reads the first records with a mapping: as many as asked for, or as the sample holds whole.
///
/// # Errors
/// When the mapping cannot be used for this file, or no format claims it.
pub fn preview(first: &FirstBytes, mapping: &str, most: usize) -> Result<Preview, IngestError> {
    let parsed = Mapping::parse(mapping).map_err(IngestError::Mapping)?;
    let head = Head::new(first.bytes.get(..Head::BYTES).unwrap_or(&first.bytes), first.bytes.len() < Head::BYTES);
    let format = format_of(first, &head, &parsed)?;
    let mut bytes = first.bytes.as_slice();
    if !first.whole && !head.outline().is_json() {
        bytes = bytes.get(..bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)).unwrap_or_default();
    }
    let mut sink = Shown { format, mapping, most, records: Vec::new(), warnings: Vec::new(), taken: None, full: false };
    let outcome = format.parse(Input::bytes(bytes), &Context { hash_key: &[0; 32], mapping: Some(mapping) }, &mut sink);
    match outcome {
        Ok(()) | Err(FormatError::Stopped) => {}
        Err(FormatError::Mapping(why)) => return Err(IngestError::Mapping(why)),
        Err(FormatError::Read(error)) => return Err(IngestError::Output(error)),
    }
    let Shown { mut records, mut warnings, taken, full, .. } = sink;
    if !full && !first.whole {
        // What the sample ends within is not a fault of the file.
        records.pop();
        warnings.retain(|warning| warning.code != Code::RecordTruncated);
        if records.is_empty() {
            return Err(no_sample(&first.path, NoSample::FirstTooLong));
        }
    }
    let mut of_file = Vec::new();
    for WarningAt { code, message, byte_offset, line } in warnings {
        let message = redact::redact_text(&message);
        let of = records.iter_mut().find(|record| line.is_some() && record.byte_offset == byte_offset);
        match of {
            Some(record) => record.warnings.push((code, message)),
            // Only the whole file can tell what no record has.
            None if full || !first.whole => {}
            None => of_file.push((code, message)),
        }
    }
    Ok(Preview { format: format.name(), records, warnings: of_file, taken, more: full || !first.whole })
}

/// The format that an import of this file alone would choose.
fn format_of(first: &FirstBytes, head: &Head<'_>, mapping: &Mapping) -> Result<&'static dyn Format, IngestError> {
    if first.bytes.is_empty() {
        return Err(no_sample(&first.path, NoSample::Empty));
    }
    let Some(_) = head.text() else { return Err(no_sample(&first.path, NoSample::Binary)) };
    let otherwise = match audit::fit(head, mapping) {
        Fit::Named(format) => return Ok(format),
        Fit::Any(format) => format,
        Fit::Misses(why) => return Err(IngestError::Mapping(why)),
    };
    match (detect(head), otherwise) {
        (Detection::Found(format), _) | (_, Some(format)) => Ok(format),
        _ => Err(no_sample(&first.path, NoSample::Neither)),
    }
}

/// Keeps the first records as the writer would get them.
struct Shown<'a> {
    format: &'static dyn Format,
    mapping: &'a str,
    most: usize,
    records: Vec<PreviewRecord>,
    warnings: Vec<WarningAt>,
    taken: Option<Value>,
    full: bool,
}

impl Sink for Shown<'_> {
    fn fact(&mut self, mut fact: Fact) -> Result<(), Stop> {
        if self.records.len() >= self.most {
            self.full = true;
            return Err(Stop);
        }
        if fact.kind == FactKind::RejectedPart {
            return Ok(());
        }
        if let Some(redacted) = redact::redact_bytes(&fact.body) {
            fact.body = redacted.bytes;
            if fact.mapped != Mapped::Raw {
                fact.mapped = self.format.remap(&fact.body, Some(self.mapping));
            }
        }
        self.records.push(PreviewRecord {
            byte_offset: fact.byte_offset,
            line: fact.line,
            mapped: fact.mapped,
            body: fact.body,
            warnings: Vec::new(),
        });
        Ok(())
    }

    fn warning(&mut self, warning: WarningAt) {
        // One for each record and a few of the file: the rest would be about records that are not shown.
        if self.warnings.len() < self.most.saturating_mul(16) {
            self.warnings.push(warning);
        }
    }

    fn progress(&mut self, _bytes: u64) -> Result<(), Stop> {
        Ok(())
    }

    fn mapping(&mut self, taken: Value) {
        self.taken = Some(taken);
    }
}
