//! Why an import, an undo or an export ended.

use retake_model::{Code, Coded};
use retake_store::{BatchRow, FileReport, SkippedFile, StoreError, Warning};
use std::path::PathBuf;

/// An error of this crate. Where something was done before it, the report of that is within.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A named path cannot be read; the others were imported.
    #[error("{} cannot be read: {why}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        why: String,
        /// What was done with the other paths.
        report: Box<BatchRow>,
    },
    /// Nothing in any file was understood. The report's `skipped` says why, file by file.
    #[error("nothing was understood in {}{}", names(report), why(report))]
    NotUnderstood {
        /// The report, with the skipped files.
        report: Box<BatchRow>,
    },
    /// Two formats or more claim the only file.
    #[error("{path} may be {}", may_be(claims))]
    Ambiguous {
        /// File.
        path: String,
        /// Each format and its reason.
        claims: Vec<(String, String)>,
        /// The report, with the skipped files.
        report: Box<BatchRow>,
    },
    /// No format has this name.
    #[error("no format is named {0:?}; there are {known}", known = known_formats())]
    UnknownFormat(String),
    /// The mapping file cannot be used.
    #[error("the mapping cannot be used: {0}")]
    Mapping(String),
    /// The first records of a file cannot be had.
    #[error("{path}: {why}")]
    NoSample {
        /// The file.
        path: String,
        /// Code of why.
        code: Code,
        /// Why.
        why: String,
    },
    /// Cancelled; complete records were kept.
    #[error("the import was cancelled")]
    Cancelled {
        /// What was imported before.
        report: Box<BatchRow>,
    },
    /// The workspace failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output of an export, or a scratch file, cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] std::io::Error),
}

fn may_be(claims: &[(String, String)]) -> String {
    let claims: Vec<String> = claims.iter().map(|(format, why)| format!("{format} ({why})")).collect();
    claims.join(" or ")
}

fn names(report: &BatchRow) -> String {
    let names: Vec<&str> = report.sources.iter().map(String::as_str).collect();
    names.join(", ")
}

/// Why the only file was skipped, where that is more than that nobody claims it.
fn lone(report: &BatchRow) -> Option<&SkippedFile> {
    match report.skipped.as_slice() {
        [one] if report.files.is_empty() && one.code != Code::InputNotUnderstood => Some(one),
        _ => None,
    }
}

/// The only file, where its format was recognised and none of its records could be read, with what was wrong first.
fn broken(report: &BatchRow) -> Option<(&FileReport, &Warning)> {
    match (report.files.as_slice(), report.skipped.is_empty()) {
        ([file], true) => Some((file, file.warnings.first()?)),
        _ => None,
    }
}

fn why(report: &BatchRow) -> String {
    let skipped = lone(report).map(|file| format!(": {}", file.message));
    let broken = || {
        let (file, warning) = broken(report)?;
        Some(format!(": it is {}, but {}", file.format, warning.example.message))
    };
    skipped.or_else(broken).unwrap_or_default()
}

fn known_formats() -> String {
    let names: Vec<&str> = retake_formats::all().iter().map(|format| format.name()).collect();
    names.join(", ")
}

impl IngestError {
    /// The report of what was done, where there is one: it is printed beside the error.
    pub fn report(&self) -> Option<&BatchRow> {
        match self {
            Self::Unreadable { report, .. }
            | Self::NotUnderstood { report }
            | Self::Ambiguous { report, .. }
            | Self::Cancelled { report } => Some(report),
            _ => None,
        }
    }
}

impl Coded for IngestError {
    fn code(&self) -> Code {
        match self {
            Self::Unreadable { .. } | Self::Output(_) => Code::InputUnreadable,
            Self::NotUnderstood { report } => lone(report).map_or(Code::InputNotUnderstood, |file| file.code),
            Self::Ambiguous { .. } => Code::FormatAmbiguous,
            Self::UnknownFormat(_) => Code::FormatUnknown,
            Self::Mapping(_) => Code::MappingInvalid,
            Self::NoSample { code, .. } => *code,
            Self::Cancelled { .. } => Code::ImportCancelled,
            Self::Store(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NotUnderstood { report } => {
                if let Some(file) = lone(report) {
                    return Some(file.code.remedy().to_owned());
                }
                if let Some((_, warning)) = broken(report) {
                    return Some(warning.code.remedy().to_owned());
                }
                let nearest = report.skipped.iter().find_map(|file| file.nearest.first());
                let nearest = nearest.map(|(format, why)| format!(" The nearest was {format}: {why}."));
                Some(format!("{}{}", Code::InputNotUnderstood.remedy(), nearest.unwrap_or_default()))
            }
            Self::NoSample { code: Code::InputNotUnderstood, .. } => Some(
                "Name a table with a header (CSV) or JSON objects (lines, an array), with at least one record.".into(),
            ),
            Self::Store(error) => error.hint(),
            Self::Output(_) => Some("Check the path and the free space.".into()),
            other => Some(other.code().remedy().to_owned()),
        }
    }
}
