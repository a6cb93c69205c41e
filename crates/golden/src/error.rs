//! Errors of golden sets.

use retake_model::{Code, Coded};
use std::path::PathBuf;

/// Why a set cannot be loaded, a case not be written or an assertion not be read.
#[derive(Debug, thiserror::Error)]
pub enum GoldenError {
    /// The folder has no usable `set.yaml`.
    #[error("{} is not a golden set: {why}", path.display())]
    NotASet {
        /// Folder or file.
        path: PathBuf,
        /// What is wrong, with line and column where it has a place.
        why: String,
    },
    /// A file of the set was written by a newer program.
    #[error("{} has version {version}, this program reads up to {readable}", path.display())]
    Newer {
        /// File.
        path: PathBuf,
        /// Version that it states.
        version: u64,
        /// Newest version that can be read.
        readable: u64,
    },
    /// A case of this id is there already.
    #[error("the set has a case {id:?} already: {}", path.display())]
    CaseExists {
        /// Id.
        id: String,
        /// Its file.
        path: PathBuf,
    },
    /// The name makes no id.
    #[error("{name:?} has no letter or digit to make a file name from")]
    NameUnusable {
        /// Name as given.
        name: String,
    },
    /// An assertion cannot be read.
    #[error("assertion {text:?}: {why}")]
    AssertionInvalid {
        /// As given.
        text: String,
        /// What is wrong and what would fit.
        why: String,
    },
    /// A baseline file cannot be used.
    #[error("the baseline {} cannot be read: {why}", path.display())]
    BaselineUnreadable {
        /// File.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {why}", path.display())]
    Unreadable {
        /// File.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Unwritable {
        /// File.
        path: PathBuf,
        /// The system's words.
        why: String,
    },
    /// Options that contradict each other.
    #[error("{why}")]
    Usage {
        /// What is wrong.
        why: String,
    },
}

impl Coded for GoldenError {
    fn code(&self) -> Code {
        match self {
            Self::NotASet { .. } | Self::Newer { .. } => Code::SetInvalid,
            Self::CaseExists { .. } => Code::CaseExists,
            Self::AssertionInvalid { .. } => Code::AssertionInvalid,
            Self::BaselineUnreadable { .. } | Self::Unreadable { .. } => Code::InputUnreadable,
            Self::Unwritable { .. } => Code::OutputUnwritable,
            Self::NameUnusable { .. } | Self::Usage { .. } => Code::UsageInvalid,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Newer { .. } => Some("Update Retake; the file was left untouched.".to_owned()),
            Self::BaselineUnreadable { .. } => Some("Write it again with `--update-baseline`.".to_owned()),
            Self::NameUnusable { .. } => Some("Name the case with `--name`.".to_owned()),
            Self::AssertionInvalid { why, .. } => {
                let names = crate::assertion::names();
                let types = if why.contains(&names) { String::new() } else { format!("; types are {names}") };
                Some(format!("Write `TYPE:VALUE`, `not-TYPE:VALUE` or JSON{types}."))
            }
            Self::Usage { .. } => None,
            other => Some(other.code().remedy().to_owned()),
        }
    }
}
