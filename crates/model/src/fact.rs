//! Facts: what an importer emits. A fact is never changed; what people see is projected from facts.

use crate::{AuditEvent, EntityKey, Span};
use serde::{Deserialize, Serialize};

/// How much a record of its kind can be trusted against another about the same entity. Higher wins, field by field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactRank {
    /// A row that sums up (a gateway's spend row).
    Summary,
    /// A full export of the span.
    FullExport,
    /// The bodies themselves.
    VerbatimBody,
}

/// A record after mapping.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Mapped {
    /// A span, or what a record says about a span (a log record with its content).
    Span(Box<Span>),
    /// An audit event.
    Audit(Box<AuditEvent>),
    /// Kept raw only: a log record of no span, a score of an unknown span, a rejected record.
    Raw,
}

/// One record of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// The entity that it is projected into.
    pub entity: EntityKey,
    /// The identity of the record itself, for counting duplicates: equals `entity` for spans and audit events, is a
    /// content key for log records.
    pub record: EntityKey,
    /// Keyed hash of the content before redaction; equal for the same record in two encodings (JSON and protobuf).
    pub content_hash: [u8; 16],
    /// Name of the format that wrote it, which can map `body` again.
    pub format: &'static str,
    /// What kind of record: `span`, `log_record`, `exchange`, `audit_event`, `score`, `rejected`.
    pub kind: FactKind,
    /// Trust.
    pub rank: FactRank,
    /// When the source last changed the record, for *later update wins*; 0 when it does not say.
    pub updated_ns: i64,
    /// The mapped form of the redacted body.
    pub mapped: Mapped,
    /// The record as it came, redacted: a minimal document of its own format that holds just this record, so that
    /// the format can map it again.
    pub body: Vec<u8>,
    /// Byte offset of the record in its (unpacked) file.
    pub byte_offset: u64,
    /// Line in the file, from 1, where the format has lines.
    pub line: Option<u64>,
}

/// What kind of record a fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum FactKind {
    Span,
    LogRecord,
    Exchange,
    AuditEvent,
    Score,
    Rejected,
    /// What follows the first part of a rejected record that is kept in parts.
    RejectedPart,
}

impl FactKind {
    /// The word in documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Span => "span",
            Self::LogRecord => "log_record",
            Self::Exchange => "exchange",
            Self::AuditEvent => "audit_event",
            Self::Score => "score",
            Self::Rejected => "rejected",
            Self::RejectedPart => "rejected_part",
        }
    }
}
