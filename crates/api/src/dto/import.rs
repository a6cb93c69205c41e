//! `import`, `batches`, `formats`.

use super::{Ns, document};
use std::collections::BTreeMap;

document! {
    /// One warning.
    pub struct Warning {
        /// Code, as `RTK-I012`.
        pub code: String,
        /// How often.
        pub count: u64,
        /// First example.
        pub example: WarningExample,
    }

    /// First example of a warning.
    pub struct WarningExample {
        /// What exactly.
        pub message: String,
        /// Line from 1, where the format has lines.
        pub line: Option<u64>,
        /// Byte offset in the unpacked file.
        pub byte_offset: u64,
    }

    /// What one file brought. Counters count what is new.
    pub struct ImportFile {
        /// Path; members of an archive after `!`.
        pub path: String,
        /// Format that read it.
        pub format: String,
        /// Size read.
        pub bytes: u64,
        /// Traces.
        pub traces: u64,
        /// Spans.
        pub spans: u64,
        /// Log records.
        pub log_records: u64,
        /// Messages of model calls.
        pub messages: u64,
        /// Tool calls, distinct by trace and call id.
        pub tool_calls: u64,
        /// Documents, one per retrieval or rerank span and rank.
        pub documents: u64,
        /// Audit events.
        pub audit_events: u64,
        /// Scores.
        pub scores: u64,
        /// Recorded exchanges.
        pub exchanges: u64,
        /// Records that were already there.
        pub duplicates: u64,
        /// Records kept raw only.
        pub rejected: u64,
        /// Removed secrets by rule.
        pub redactions: BTreeMap<String, u64>,
        /// Warnings.
        pub warnings: Vec<Warning>,
        /// For audit logs: which column or word was taken for what.
        #[ts(type = "unknown")]
        pub mapping: Option<serde_json::Value>,
    }

    /// A format that came near and why it declined.
    pub struct Nearest {
        /// Format.
        pub format: String,
        /// Why not.
        pub why: String,
    }

    /// A file that was skipped.
    pub struct Skipped {
        /// Path.
        pub path: String,
        /// Code.
        pub code: String,
        /// Why.
        pub message: String,
        /// Formats that came nearest.
        pub nearest: Vec<Nearest>,
    }

    /// Totals of an import.
    pub struct ImportTotals {
        /// Size read.
        pub bytes: u64,
        /// Traces.
        pub traces: u64,
        /// Spans.
        pub spans: u64,
        /// Log records.
        pub log_records: u64,
        /// Messages.
        pub messages: u64,
        /// Tool calls.
        pub tool_calls: u64,
        /// Documents.
        pub documents: u64,
        /// Audit events.
        pub audit_events: u64,
        /// Scores.
        pub scores: u64,
        /// Exchanges.
        pub exchanges: u64,
        /// Already there.
        pub duplicates: u64,
        /// Kept raw only.
        pub rejected: u64,
        /// Removed secrets by rule.
        pub redactions: BTreeMap<String, u64>,
        /// Time taken.
        pub elapsed_ms: f64,
    }

    /// Report of an import.
    pub struct ImportReport {
        /// Batch; `null` for a dry run.
        pub batch_id: Option<String>,
        /// `done`, `cancelled`, `interrupted`.
        pub state: String,
        /// Files.
        pub files: Vec<ImportFile>,
        /// Skipped files.
        pub skipped: Vec<Skipped>,
        /// Totals.
        pub totals: ImportTotals,
    }

    /// A batch in a list.
    pub struct Batch {
        /// Id.
        pub batch_id: String,
        /// When.
        pub at_ns: Ns,
        /// `done`, `cancelled`, `interrupted`, `running`.
        pub state: String,
        /// Paths as named.
        pub sources: Vec<String>,
        /// Size read.
        pub bytes: u64,
        /// Traces.
        pub traces: u64,
        /// Spans.
        pub spans: u64,
        /// Log records.
        pub log_records: u64,
        /// Messages.
        pub messages: u64,
        /// Tool calls.
        pub tool_calls: u64,
        /// Documents.
        pub documents: u64,
        /// Audit events.
        pub audit_events: u64,
        /// Scores.
        pub scores: u64,
        /// Exchanges.
        pub exchanges: u64,
        /// Already there.
        pub duplicates: u64,
        /// Kept raw only.
        pub rejected: u64,
        /// Warnings of all files, by code.
        pub warnings: Vec<Warning>,
        /// Files.
        pub files: Vec<ImportFile>,
        /// Skipped files.
        pub skipped: Vec<Skipped>,
    }

    /// Batches, newest first.
    pub struct Batches {
        /// Batches.
        pub batches: Vec<Batch>,
    }

    /// What an undo removed.
    pub struct Undone {
        /// Batch.
        pub batch_id: String,
        /// Records that no other batch claims.
        pub records: u64,
        /// Spans.
        pub spans: u64,
        /// Traces.
        pub traces: u64,
        /// Audit events.
        pub audit_events: u64,
        /// Size of the workspace that was given back.
        pub bytes: u64,
    }

    /// Which kept records of a batch.
    pub struct KeptRequest {
        /// Batch.
        pub id: String,
        /// So many are passed over.
        #[serde(default)]
        pub from: u64,
        /// So many are given; 100 when absent.
        #[serde(default)]
        pub limit: Option<u64>,
    }

    /// A record that could not be read and is kept as it came.
    pub struct KeptView {
        /// File.
        pub path: String,
        /// Offset in the unpacked file.
        pub byte_offset: u64,
        /// Format that it was read as.
        pub source: String,
        /// Its size.
        pub bytes: u64,
        /// Its beginning as text, redacted; bytes that are no UTF-8 are shown as such.
        pub text: String,
        /// Whether there is more of it than `text`.
        pub truncated: bool,
    }

    /// Records of a batch that could not be read, in the order of their files.
    pub struct Kept {
        /// Batch.
        pub batch_id: String,
        /// Records.
        pub records: Vec<KeptView>,
        /// How many there are.
        pub total: u64,
    }

    /// A format that is understood.
    pub struct FormatInfo {
        /// Name, as `--format` takes it.
        pub name: String,
        /// Title for people.
        pub title: String,
        /// `traces`, `logs`, `audit`, `exchanges`.
        pub signals: Vec<String>,
        /// Usual extensions; detection looks at the content only.
        pub extensions: Vec<String>,
        /// What files of this kind usually lack.
        pub lacks: Vec<String>,
    }

    /// Formats.
    pub struct Formats {
        /// Formats by name.
        pub formats: Vec<FormatInfo>,
    }

    /// What to import.
    pub struct ImportRequest {
        /// Files, folders, archives; `-` is standard input on the command line.
        pub paths: Vec<String>,
        /// Name of a format, to skip detection.
        #[serde(default)]
        pub format: Option<String>,
        /// Path of a mapping file.
        #[serde(default)]
        pub map: Option<String>,
        /// Count only.
        #[serde(default)]
        pub dry_run: bool,
    }

    /// Text to import, from a paste.
    pub struct ImportTextRequest {
        /// The text.
        pub text: String,
    }
}
