//! What a parser reads from and pushes into.

use retake_model::{Code, Coded, Fact};
use serde_json::Value;
use std::io::Read;

/// Opens the same bytes again, from an offset.
pub type Reopen<'a> = dyn Fn(u64) -> std::io::Result<Box<dyn Read + 'a>> + 'a;

/// The bytes of one (unpacked) file.
pub struct Input<'a> {
    /// The stream, from the start.
    pub reader: Box<dyn Read + 'a>,
    /// A second look at the same bytes, for a `resource` that follows gigabytes of its spans; `None` for a pipe.
    pub reopen: Option<Box<Reopen<'a>>>,
}

impl<'a> Input<'a> {
    /// Bytes in memory.
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self { reader: Box::new(bytes), reopen: None }
    }
}

/// The receiver wants no more: a cancel, or a failure further down that it reports itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stop;

/// A warning and the place of its first example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningAt {
    /// Code.
    pub code: Code,
    /// What exactly.
    pub message: String,
    /// Line, from 1, where the format has lines.
    pub line: Option<u64>,
    /// Byte offset in the unpacked file.
    pub byte_offset: u64,
}

/// Where records go.
pub trait Sink {
    /// Takes a record.
    fn fact(&mut self, fact: Fact) -> Result<(), Stop>;
    /// Takes a warning.
    fn warning(&mut self, warning: WarningAt);
    /// Bytes read so far; also the place where a cancel is noticed.
    fn progress(&mut self, bytes: u64) -> Result<(), Stop>;
    /// What was taken for what in a log without a mapping.
    fn mapping(&mut self, _taken: Value) {}
}

/// Why a file ended early.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The source cannot be read.
    #[error("the file cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The receiver stopped.
    #[error("stopped")]
    Stopped,
    /// The mapping cannot be used.
    #[error("the mapping cannot be used: {0}")]
    Mapping(String),
}

impl From<Stop> for FormatError {
    fn from(_: Stop) -> Self {
        Self::Stopped
    }
}

impl Coded for FormatError {
    fn code(&self) -> Code {
        match self {
            Self::Read(_) => Code::InputUnreadable,
            Self::Stopped => Code::ImportCancelled,
            Self::Mapping(_) => Code::MappingInvalid,
        }
    }
}

/// A sink that keeps what it is given.
#[derive(Debug, Default)]
pub struct Gather {
    /// Records.
    pub facts: Vec<Fact>,
    /// Warnings.
    pub warnings: Vec<WarningAt>,
    /// What was taken for what.
    pub mapping: Option<Value>,
}

impl Sink for Gather {
    fn fact(&mut self, fact: Fact) -> Result<(), Stop> {
        self.facts.push(fact);
        Ok(())
    }
    fn warning(&mut self, warning: WarningAt) {
        self.warnings.push(warning);
    }
    fn progress(&mut self, _bytes: u64) -> Result<(), Stop> {
        Ok(())
    }
    fn mapping(&mut self, taken: Value) {
        self.mapping = Some(taken);
    }
}
