//! `mapping`: the first records of a log, a mapping of them under way, and what it makes of them.

use super::document;
use std::collections::BTreeMap;

document! {
    /// A mapping under way, field by field as its file has it.
    pub struct MappingDraft {
        /// `traces` or `audit`.
        pub kind: String,
        /// Delimiter of a table; found by itself when `null`.
        #[serde(default)]
        pub delimiter: Option<String>,
        /// What stands before the decimals of written numbers: `point` or `comma`; plain numbers only when `null`.
        #[serde(default)]
        pub decimal: Option<String>,
        /// How times are written, in `strptime` directives; common forms are known when `null`.
        #[serde(default)]
        pub time_format: Option<String>,
        /// Zone of times that name none; UTC when `null`.
        #[serde(default)]
        pub time_zone: Option<String>,
        /// Column or path by field, `time` among them.
        #[serde(default)]
        pub fields: BTreeMap<String, String>,
        /// Value by field, where its column has nothing or none is named.
        #[serde(default)]
        pub values: BTreeMap<String, String>,
        /// What the words of an audit log mean: `allowed`, `denied`, `asked`, `unknown`.
        #[serde(default)]
        pub decisions: BTreeMap<String, String>,
    }

    /// A field that a mapping can fill.
    pub struct MappingTarget {
        /// Name in the file.
        pub name: String,
        /// What it is.
        pub about: String,
        /// `identity`, `time`, `who`, `what`, `message`, `model`, `usage`, `tool`.
        pub group: String,
        /// Kinds of log that have it.
        pub kinds: Vec<String>,
        /// `required`, `one_of` (one of those marked so is needed) or `optional`.
        pub need: String,
    }

    /// A column of a log, or a path within its records.
    pub struct MappingColumn {
        /// Name, or path with dots.
        pub path: String,
        /// Records of the sample in which it has something.
        pub filled: u64,
        /// `time`, `number`, `boolean`, `json`, `text` or `empty`.
        pub looks: String,
        /// First different values, redacted and cut.
        pub examples: Vec<String>,
    }

    /// Which file to look into.
    pub struct MappingSampleRequest {
        /// A file; the member of an archive after `!`.
        pub path: String,
        /// `traces` or `audit`; told by the columns when `null`.
        #[serde(default)]
        pub kind: Option<String>,
        /// Delimiter of a table; found by itself when `null`.
        #[serde(default)]
        pub delimiter: Option<String>,
    }

    /// What a log holds, and a mapping that is proposed for it.
    pub struct MappingSample {
        /// File.
        pub path: String,
        /// `csv` or `json`.
        pub form: String,
        /// Delimiter of a table.
        pub delimiter: Option<String>,
        /// Records that were looked at.
        pub records: u64,
        /// Columns and paths, in the order in which they come.
        pub columns: Vec<MappingColumn>,
        /// Fields that there are.
        pub targets: Vec<MappingTarget>,
        /// The proposal.
        pub draft: MappingDraft,
        /// The proposal as the text of a mapping file.
        pub text: String,
        /// Where its file would be kept: beside the log.
        pub save_as: String,
    }

    /// What to try a mapping on.
    pub struct MappingPreviewRequest {
        /// A file; the member of an archive after `!`.
        pub path: String,
        /// The mapping.
        pub draft: MappingDraft,
        /// So many records at most; 20 when `null`.
        #[serde(default)]
        pub limit: Option<u64>,
    }

    /// One field of a record as it would be shown.
    pub struct PreviewCell {
        /// Field.
        pub field: String,
        /// Value, cut.
        pub value: String,
    }

    /// What is wrong with a record.
    pub struct PreviewWarning {
        /// Code, as `RTK-I022`.
        pub code: String,
        /// What exactly.
        pub message: String,
    }

    /// One record as the mapping makes it.
    pub struct PreviewRow {
        /// Line from 1, where the file has lines.
        pub line: Option<u64>,
        /// Byte offset in the unpacked file.
        pub byte_offset: u64,
        /// Whether it became something; else it is kept as it came.
        pub understood: bool,
        /// Its fields, those that have something.
        pub cells: Vec<PreviewCell>,
        /// What is wrong with it.
        pub warnings: Vec<PreviewWarning>,
        /// The record as it came, redacted and cut.
        pub record: String,
    }

    /// What a mapping makes of the first records.
    pub struct MappingPreview {
        /// File.
        pub path: String,
        /// `traces` or `audit`.
        pub kind: String,
        /// Format that reads it.
        pub format: String,
        /// Fields that some row has, in order.
        pub fields: Vec<String>,
        /// The records.
        pub rows: Vec<PreviewRow>,
        /// Warnings about no one record.
        pub warnings: Vec<PreviewWarning>,
        /// Required fields that no record has.
        pub missing: Vec<String>,
        /// Whether the file goes on.
        pub more: bool,
        /// The text of the mapping file.
        pub text: String,
    }

    /// A mapping to keep.
    pub struct MappingSaveRequest {
        /// Where; a name that ends in `.yaml` or `.yml`.
        pub path: String,
        /// The mapping.
        pub draft: MappingDraft,
        /// Replace a mapping that is there.
        #[serde(default)]
        pub replace: bool,
    }

    /// A mapping that was kept.
    pub struct MappingSaved {
        /// Where, as an absolute path.
        pub path: String,
        /// Its text.
        pub text: String,
    }
}
