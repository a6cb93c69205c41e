//! Import formats: recognising a file by its content, decoding its records into facts, mapping a stored record again.
//!
//! Pure: no store, clock, network. A parser takes any bytes: it never panics, never ends a file for one record, and gives
//! records *and* warnings. The path of a file is never looked at. Adding a format is one module and one line in [`all`].

pub mod audit;
pub mod detect;
pub mod exchange;
mod hash;
mod json;
pub mod litellm;
mod mapped;
pub mod mapping;
pub mod otlp;
mod raw;
mod records;
pub mod redact;
pub mod sink;
mod splitter;
mod table;
pub mod time;
pub mod vocabulary;

pub use detect::{Declined, Detection, Head, Strength, Verdict, detect};
pub use sink::{FormatError, Input, Sink, Stop, WarningAt};

use retake_model::Mapped;

/// A record larger than this is kept raw in parts as it is read, with [`retake_model::Code::RecordTooLarge`].
pub const MAX_RECORD_BYTES: usize = 64 << 20;
/// A record nested deeper than this is kept raw, with [`retake_model::Code::NestingTooDeep`].
pub const MAX_DEPTH: usize = 128;

/// What a parser needs besides the bytes.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Key of the content hashes, one per workspace, so that a hash does not tell what was redacted.
    pub hash_key: &'a [u8; 32],
    /// Text of the mapping file, for formats that take one.
    pub mapping: Option<&'a str>,
}

/// One import format.
pub trait Format: Send + Sync {
    /// Name, as `--format` takes it.
    fn name(&self) -> &'static str;
    /// Title for people.
    fn title(&self) -> &'static str;
    /// What it can carry: `traces`, `logs`, `messages`, `documents`, `usage`, `cost`, `audit`, …
    fn signals(&self) -> &'static [&'static str];
    /// Usual file name endings. Never used to detect.
    fn extensions(&self) -> &'static [&'static str];
    /// What files of this format usually do not have, one clause each.
    fn lacks(&self) -> &'static [&'static str];
    /// Looks at the first bytes of a file.
    fn detect(&self, head: &Head<'_>) -> Verdict;
    /// Decodes a whole file. Bad records go to the sink as rejected facts and warnings; only reading, a stop or an
    /// unusable mapping ends it.
    fn parse(&self, input: Input<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), FormatError>;
    /// Maps the body of a fact of this format again. `mapping` is the text of the mapping file it was imported with.
    fn remap(&self, body: &[u8], mapping: Option<&str>) -> Mapped;
}

/// Every format, strongest claims first only by convention: detection compares verdicts, not places.
pub fn all() -> &'static [&'static dyn Format] {
    &[
        &otlp::json::OtlpJson,
        &otlp::protobuf::OtlpProtobuf,
        &exchange::Exchange,
        &litellm::LiteLlm,
        &audit::AuditJson,
        &audit::AuditCsv,
        &mapped::MappedTraces,
    ]
}

/// The format with this name.
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    all().iter().copied().find(|format| format.name() == name)
}
