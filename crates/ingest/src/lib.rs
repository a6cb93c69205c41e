//! One pipeline from bytes to projections: walk folders and archives, detect, parse, redact, append. Undo and export.
//!
//! The parser runs on the caller's thread and a second thread writes, with a bounded channel between them. Nothing
//! reaches the disk unredacted: a record's body is redacted before it is sent to the writer, and what is shown of it is
//! mapped from the redacted body. Keys and hashes are made before, so that a new rule does not turn a second import into
//! new rows.

mod error;
mod export;
mod import;
mod project;
mod report;
mod sample;
mod sink;
mod source;
mod unpack;

pub use error::IngestError;
pub use export::{ExportFormat, export};
pub use import::{ImportOptions, Progress, dry_run, import};
pub use project::RetakeProjector;
pub use sample::{FirstBytes, Preview, PreviewRecord, SAMPLE_BYTES, first_bytes, no_sample, preview};
pub use source::Source;

use retake_store::{Cancel, Removed, Workspace};

/// Takes back exactly what a batch brought.
pub fn undo(
    workspace: &Workspace,
    batch_id: &str,
    projector: &RetakeProjector,
    cancel: &Cancel,
) -> Result<Removed, IngestError> {
    Ok(workspace.undo_batch(batch_id, projector, cancel)?)
}
