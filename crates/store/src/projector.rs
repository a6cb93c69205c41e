//! The seam to the formats: how a stored record is mapped again and how the facts of one span become one span.

use retake_model::{FactRank, Mapped, Span};

/// A fact of an entity, mapped.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedFact {
    /// Trust.
    pub rank: FactRank,
    /// Last change at the source, 0 when it does not say.
    pub updated_ns: i64,
    /// Content hash, the last tie-break, so that the order of files does not matter.
    pub content_hash: [u8; 16],
    /// What the record says.
    pub mapped: Mapped,
}

/// Pure functions that the store asks for when it projects.
pub trait Projector: Send + Sync {
    /// Maps the (redacted) body of a record again. `mapping` is the text of the mapping file of its batch, if any.
    fn remap(&self, format: &str, body: &[u8], mapping: Option<&str>) -> Mapped;

    /// Merges the facts of one span, field by field; deterministic, whatever the order of `facts`.
    /// Also fills `computed_usd_nanos` from the price table.
    fn merge(&self, facts: Vec<MappedFact>) -> Span;
}
