//! What imports bring and report.

use retake_model::FactKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What one import counted, per file and in total. All are *new* things but for `duplicates`, `rejected` and `bytes`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the words are the command line's contract")]
pub struct Counters {
    pub bytes: u64,
    pub traces: u64,
    pub spans: u64,
    pub log_records: u64,
    pub messages: u64,
    pub tool_calls: u64,
    pub documents: u64,
    pub audit_events: u64,
    pub scores: u64,
    pub exchanges: u64,
    pub duplicates: u64,
    pub rejected: u64,
}

/// One warning of an import: a code, how often, and the first example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Code.
    pub code: retake_model::Code,
    /// How often.
    pub count: u64,
    /// First example.
    pub example: WarningExample,
}

/// First example of a warning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarningExample {
    /// What exactly.
    pub message: String,
    /// Line, from 1, where the format has lines.
    pub line: Option<u64>,
    /// Byte offset in the unpacked file.
    pub byte_offset: u64,
}

/// A file of a batch, as the import report shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// Path as named, archive members after `!`.
    pub path: String,
    /// Format.
    pub format: String,
    /// Counters.
    pub counters: Counters,
    /// Redactions by rule.
    pub redactions: BTreeMap<String, u64>,
    /// Warnings.
    pub warnings: Vec<Warning>,
    /// What was taken for what in a log without a mapping (`{"actor": "user", …}`), for audit files.
    pub mapping: Option<Value>,
}

/// A file that was skipped, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkippedFile {
    /// Path.
    pub path: String,
    /// Code.
    pub code: retake_model::Code,
    /// Why.
    pub message: String,
    /// Formats that came nearest and why they declined: (format, why).
    pub nearest: Vec<(String, String)>,
}

/// A batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchRow {
    /// UUIDv7.
    pub batch_id: String,
    /// When it was made.
    pub at_ns: i64,
    /// Paths as named.
    pub sources: Vec<String>,
    /// `running`, `done`, `cancelled`, `interrupted`.
    pub state: String,
    /// Totals.
    pub totals: Counters,
    /// Per file.
    pub files: Vec<FileReport>,
    /// Skipped.
    pub skipped: Vec<SkippedFile>,
    /// Version of the redaction rules.
    pub rules_version: u32,
}

/// What an undo removed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it")]
pub struct Removed {
    pub facts: u64,
    pub spans: u64,
    pub traces: u64,
    pub audit_events: u64,
    pub bytes: u64,
}

/// A raw record behind an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawRecord {
    /// Batch that brought it.
    pub batch_id: String,
    /// Path of the file.
    pub path: String,
    /// Offset in the unpacked file.
    pub byte_offset: u64,
    /// Format.
    pub source: String,
    /// Kind of record.
    pub kind: FactKind,
    /// The record as it came, redacted.
    pub body: Vec<u8>,
}

/// A record of a batch that could not be read and is kept as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRecord {
    /// Path of the file.
    pub path: String,
    /// Offset in the unpacked file.
    pub byte_offset: u64,
    /// Format that it was read as.
    pub source: String,
    /// Its size.
    pub n_bytes: u64,
    /// Its first bytes, redacted.
    pub begin: Vec<u8>,
}

/// What one call of `append` added.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Appended {
    /// New things of these records, counted by the difference of the projection before and after.
    pub counters: Counters,
}
