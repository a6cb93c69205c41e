//! Errors of the store, each with its code.

use retake_model::{Code, Coded};
use std::path::{Path, PathBuf};

/// What a call to the store can fail with.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum StoreError {
    #[error("there is no workspace at {}", .0.display())]
    Missing(PathBuf),
    #[error("not a Retake workspace: {}", .0.display())]
    Foreign(PathBuf),
    #[error("the workspace has version {found}, this program knows up to {known}: {}", .path.display())]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("the workspace is damaged ({why}): {}", .path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("another program holds the workspace: {}", .0.display())]
    Locked(PathBuf),
    #[error("the disk is full or the file cannot grow: {}", .0.display())]
    DiskFull(PathBuf),
    #[error("nothing has the id {0:?}")]
    IdUnknown(String),
    #[error("{} things have an id that begins with {text:?}: {}", .candidates.len(), .candidates.join(", "))]
    IdAmbiguous { text: String, candidates: Vec<String> },
    #[error("the cursor is not one of this query")]
    CursorInvalid,
    #[error("the list cannot be sorted or counted by {0:?}")]
    FieldUnfit(String),
    #[error("no prompt or version is called {0:?}")]
    PromptUnknown(String),
    #[error("no connection is called {0:?}")]
    ConnectionUnknown(String),
    #[error("another program works on {0:?}")]
    LeaseHeld(String),
    #[error("cancelled")]
    Cancelled,
    #[error("cannot write: {0}")]
    Output(std::io::Error),
    #[error("the database answered: {0}")]
    Failed(String),
}

/// Result of a call to the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

impl Coded for StoreError {
    fn code(&self) -> Code {
        match self {
            Self::Missing(_) => Code::WorkspaceMissing,
            Self::Foreign(_) => Code::WorkspaceForeign,
            Self::Newer { .. } => Code::WorkspaceNewer,
            Self::Damaged { .. } => Code::WorkspaceDamaged,
            Self::Locked(_) => Code::WorkspaceLocked,
            Self::DiskFull(_) => Code::DiskFull,
            Self::IdUnknown(_) => Code::IdUnknown,
            Self::IdAmbiguous { .. } => Code::IdAmbiguous,
            Self::CursorInvalid => Code::CursorInvalid,
            Self::FieldUnfit(_) => Code::QuerySortUnknown,
            Self::PromptUnknown(_) => Code::PromptUnknown,
            Self::ConnectionUnknown(_) => Code::ConnectionUnknown,
            Self::LeaseHeld(_) => Code::RunBusy,
            Self::Cancelled => Code::Cancelled,
            Self::Output(_) => Code::OutputUnwritable,
            Self::Failed(_) => Code::StoreFailed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::IdAmbiguous { candidates, .. } => {
                Some(format!("Give more of it, or its kind: {}.", candidates.join(", ")))
            }
            other => Some(other.code().remedy().to_owned()),
        }
    }
}

impl StoreError {
    /// Gives an error of SQLite its code; `path` is the workspace's.
    pub(crate) fn from_sqlite(error: &rusqlite::Error, path: &Path) -> Self {
        use rusqlite::ErrorCode as Sqlite;
        match error.sqlite_error_code() {
            Some(Sqlite::DatabaseBusy | Sqlite::DatabaseLocked) => Self::Locked(path.to_owned()),
            Some(Sqlite::DiskFull) => Self::DiskFull(path.to_owned()),
            Some(Sqlite::SystemIoFailure) if is_no_room(error) => Self::DiskFull(path.to_owned()),
            Some(Sqlite::DatabaseCorrupt) => Self::Damaged { path: path.to_owned(), why: error.to_string() },
            Some(Sqlite::NotADatabase) => Self::Foreign(path.to_owned()),
            Some(Sqlite::OperationInterrupted) => Self::Cancelled,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// A write that the system refused: a quota or a limit on the size of a file, which SQLite tells as a failed write, and
/// a full disk under the file that processes share.
fn is_no_room(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_IOERR_SHMOPEN, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR_WRITE};
    error.sqlite_error().is_some_and(|error| {
        matches!(error.extended_code, SQLITE_IOERR_WRITE | SQLITE_IOERR_SHMSIZE | SQLITE_IOERR_SHMOPEN)
    })
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::from_sqlite(&error, Path::new(""))
    }
}

impl From<rusqlite::types::FromSqlError> for StoreError {
    fn from(error: rusqlite::types::FromSqlError) -> Self {
        Self::Damaged { path: std::path::PathBuf::new(), why: error.to_string() }
    }
}
