//! A workspace: one SQLite file, one writer, a pool of readers. Cheap to clone, shared between threads.

use crate::error::{Result, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether a missing file is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Make it when missing.
    Create,
    /// It has to be there.
    Existing,
}

/// An open workspace.
#[derive(Debug, Clone)]
pub struct Workspace {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    path: PathBuf,
}

/// A batch under way.
#[derive(Debug)]
pub struct BatchHandle {
    /// UUIDv7.
    pub batch_id: String,
    pub(crate) batch_pk: i64,
}

/// A file of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileNo(pub(crate) i64);

impl Workspace {
    /// Opens the workspace at `path`.
    pub fn open(path: &Path, mode: OpenMode) -> Result<Self> {
        let _ = mode;
        Err(StoreError::Missing(path.to_owned()))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Random, of this workspace, for keyed hashes of records.
    pub fn workspace_key(&self) -> [u8; 32] {
        [0; 32]
    }

    /// Changes whenever anybody (this process or another) has committed something.
    pub fn data_version(&self) -> Result<i64> {
        Ok(0)
    }
}
