//! Canonical nouns of Retake: what a trace, a message, a document, an audit event, a request and a take *are*,
//! independent of any source format, of the store and of the window.
//!
//! Sources of truth: OpenTelemetry GenAI semantic conventions, OpenInference, and the product's own glossary.
//! Units are in the names (`_ns` since the epoch UTC, `_ms`, `_tokens`, `_usd_nanos`). `None` is unknown, never zero.
//! The crate does no I/O and reads no clock.

pub mod audit;
mod counted;
pub mod document;
pub mod error;
pub mod fact;
pub mod finding;
pub mod id;
pub mod message;
pub mod request;
pub mod span;
pub mod take;
pub mod usage;

pub use audit::{AuditEvent, Decision, JoinBasis};
pub use counted::counted;
pub use document::{Document, Placement, Retrieval};
pub use error::{Area, Code, Coded, Exit};
pub use fact::{Fact, FactKind, FactRank, Mapped};
pub use finding::{Finding, FindingCode, Severity};
pub use id::{EntityKey, Id};
pub use message::{ContentState, Message, Part, Role, ToolDefinition};
pub use request::{Answer, Fidelity, FieldFidelity, FinishReason, Request, ToolCall};
pub use span::{Score, ScoreSource, Span, SpanEvent, SpanKind, SpanLink, SpanStatus, ToolExecution};
pub use take::{ChunkKind, RunStatus, TakeStatus, VoteChoice};
pub use usage::{Usage, UsageScope};

/// A JSON object whose keys keep the order of the source.
pub type JsonMap = serde_json::Map<String, serde_json::Value>;
