//! Makes a workspace beside its place and moves it there whole: a program that is killed meanwhile leaves nothing half
//! made under the name, and of two that make it at once the first wins and the other opens that.

use crate::error::{Result, StoreError};
use crate::migration;
use crate::table::lease::is_alive;
use crate::workspace::{PAGE_BYTES, prepare};
use rusqlite::Connection;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Stands between the name of the file and the process that makes it.
const MARK: &str = ".new-";

/// Makes the workspace at `path`, where there is no file or an empty one.
pub(crate) fn create(path: &Path) -> Result<()> {
    static DRAFTS: AtomicU32 = AtomicU32::new(0);
    sweep(path);
    let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
    let draft = beside(path, &format!("{MARK}{}-{number}", std::process::id()));
    let made = make(&draft, path).and_then(|()| place(&draft, path));
    remove(&draft);
    made
}

fn make(draft: &Path, path: &Path) -> Result<()> {
    let coded = |error: rusqlite::Error| StoreError::from_sqlite(&error, path);
    let mut connection = Connection::open(draft).map_err(coded)?;
    prepare(&connection).map_err(coded)?;
    // All have to stand before the first table.
    connection
        .execute_batch(&format!(
            "PRAGMA page_size={PAGE_BYTES}; PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL;"
        ))
        .map_err(coded)?;
    migration::run(&mut connection, path, migration::all())?;
    connection.close().map_err(|(_, error)| coded(error))
}

/// Gives the draft its name, unless another program was first.
fn place(draft: &Path, path: &Path) -> Result<()> {
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::DiskFull(path.to_owned()),
        _ => StoreError::Failed(format!("{error}: {}", path.display())),
    };
    match std::fs::hard_link(draft, path) {
        Ok(()) => Ok(()),
        // Not every file system has links; an empty file is there to be filled.
        Err(_) if std::fs::metadata(path).map_or(true, |file| file.len() == 0) => {
            std::fs::rename(draft, path).map_err(failed)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
    }
}

/// Removes the drafts of programs that have ended.
fn sweep(path: &Path) {
    let (Some(name), Some(folder)) = (path.file_name(), path.parent()) else { return };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let begin = format!("{}{MARK}", name.to_string_lossy());
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let found = entry.file_name();
        let pid = found.to_string_lossy().strip_prefix(&begin).and_then(|rest| rest.split('-').next()?.parse().ok());
        if pid.is_some_and(|pid: i64| !is_alive(pid)) {
            let _gone = std::fs::remove_file(entry.path());
        }
    }
}

fn remove(draft: &Path) {
    for end in ["", "-wal", "-shm"] {
        let _gone = std::fs::remove_file(beside(draft, end));
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
