//! A workspace: one SQLite file, one writer, a pool of readers. Cheap to clone, shared between threads.
//!
//! Writers of several processes meet in `BEGIN IMMEDIATE`; within the process interactive writes go before the slices of
//! an import. What is only read is read from a snapshot (one transaction a question).

use crate::append::WriteCache;
use crate::blob::Dictionaries;
use crate::error::{Result, StoreError};
use crate::inspect::{has_log, inspect, open_frozen};
use crate::migration;
use crate::opened::Opened;
use crate::search::SearchState;
use crate::table::meta;
use crate::trees::Trees;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Marks the file as ours (`RTKE`).
pub(crate) const APPLICATION_ID: i32 = 0x5254_4B45;
pub(crate) const PAGE_BYTES: u32 = 8192;
const BUSY: Duration = Duration::from_secs(10);
/// Passive checkpoint every 64 MB.
const CHECKPOINT_PAGES: u32 = 64 * 1024 * 1024 / PAGE_BYTES;

/// Whether a missing file is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenMode {
    /// Make it when missing.
    Create,
    /// It has to be there.
    Existing,
}

/// An open workspace.
#[derive(Clone)]
pub struct Workspace {
    pub(crate) inner: Arc<Inner>,
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspace").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

pub(crate) struct Inner {
    path: PathBuf,
    access: Access,
    key: [u8; 32],
    // Readers close before the writer: only the writer, as the last, may take the log away.
    readers: Mutex<Vec<Connection>>,
    poll: Mutex<Connection>,
    writer: Mutex<Writer>,
    /// Interactive writers that wait; slices of an import step back for them.
    waiting: AtomicUsize,
    turn: Condvar,
    turn_lock: Mutex<()>,
    pub(crate) search: SearchState,
    pub(crate) trees: Trees,
    dictionaries: Arc<Dictionaries>,
    _opened: Opened,
}

/// How the file is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// With others, through the file that SQLite keeps beside it.
    Shared,
    /// As it stands, for reading only: the disk has no room even for that file.
    Frozen,
}

/// The one connection that writes, with what it remembers of the tables.
pub(crate) struct Writer {
    connection: Connection,
    pub(crate) cache: WriteCache,
    data_version: i64,
}

/// How a write is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// Slice of an import: steps back for the others.
    Bulk,
    /// Goes first.
    Interactive,
    /// Goes first, and is on the disk when the call returns.
    Durable,
}

/// A batch under way.
#[derive(Debug)]
pub struct BatchHandle {
    /// UUIDv7.
    pub batch_id: String,
    pub(crate) batch_pk: i64,
    pub(crate) mapping: Option<String>,
    /// Records of a slice, as they took the time that is aimed at.
    pub(crate) slice: std::cell::Cell<usize>,
}

impl BatchHandle {
    /// The mapping that the records from here on were read with; without one, when the batch's is not for their file.
    pub fn map_with(&mut self, mapping: Option<&str>) {
        self.mapping = mapping.map(str::to_owned);
    }
}

/// A file of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileNo(pub(crate) i64);

impl Workspace {
    /// Opens the workspace at `path`. A file that is not ours, damaged or newer is left byte for byte as it was.
    pub fn open(path: &Path, mode: OpenMode) -> Result<Self> {
        let fresh = inspect(path, mode)?;
        if fresh && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Failed(error.to_string()))?;
        }
        if fresh {
            crate::create::create(path)?;
        }
        match Self::connect(path, Access::Shared) {
            // What a log holds that nobody put into the file yet would not be seen.
            Err(StoreError::DiskFull(_)) if mode == OpenMode::Existing && !has_log(path) => {
                Self::connect(path, Access::Frozen)
            }
            outcome => outcome,
        }
    }

    fn connect(path: &Path, access: Access) -> Result<Self> {
        let coded = |error: rusqlite::Error| StoreError::from_sqlite(&error, path);
        let mut connection = match access {
            Access::Shared => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                    | OpenFlags::SQLITE_OPEN_NO_MUTEX
                    | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
                Connection::open_with_flags(path, flags)
            }
            Access::Frozen => open_frozen(path),
        }
        .map_err(coded)?;
        prepare(&connection).map_err(coded)?;
        migration::run(&mut connection, path, migration::all())?;
        let key: Vec<u8> = connection
            .query_row("SELECT value FROM meta WHERE key = 'workspace_key'", [], |row| row.get(0))
            .map_err(coded)?;
        let key = key.try_into().map_err(|_| StoreError::Damaged {
            path: path.to_owned(),
            why: "the workspace's key has the wrong length".to_owned(),
        })?;
        let poll = reader(path, access)?;
        let data_version = pragma_data_version(&connection)?;
        let dictionaries = Arc::new(Dictionaries::default());
        let cache = WriteCache::new(Arc::clone(&dictionaries));
        Ok(Self {
            inner: Arc::new(Inner {
                path: path.to_owned(),
                access,
                key,
                writer: Mutex::new(Writer { connection, cache, data_version }),
                waiting: AtomicUsize::new(0),
                turn: Condvar::new(),
                turn_lock: Mutex::new(()),
                readers: Mutex::new(Vec::new()),
                poll: Mutex::new(poll),
                search: SearchState::default(),
                trees: Trees::default(),
                dictionaries,
                _opened: Opened::new(path),
            }),
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Random, of this workspace, for keyed hashes of records.
    pub fn workspace_key(&self) -> [u8; 32] {
        self.inner.key
    }

    /// What texts are packed with ahead of the writer.
    pub(crate) fn dictionaries(&self) -> Arc<Dictionaries> {
        Arc::clone(&self.inner.dictionaries)
    }

    /// Changes whenever anybody (this process or another) has committed something.
    pub fn data_version(&self) -> Result<i64> {
        let poll = lock(&self.inner.poll);
        pragma_data_version(&poll)
    }

    /// Writes a copy to `path`, where no file may be: as of now, with the same key, so that records are recognised in it.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        self.read_afresh(|connection| {
            connection.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
            Ok(())
        })
    }

    /// Runs `read` on a snapshot.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let pooled = lock(&self.inner.readers).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => reader(&self.inner.path, self.inner.access)?,
        };
        let outcome = (|| {
            let snapshot = connection.unchecked_transaction()?;
            let value = read(&snapshot)?;
            snapshot.finish()?;
            Ok(value)
        })();
        let mut pool = lock(&self.inner.readers);
        if pool.len() < 8 {
            pool.push(connection);
        }
        outcome.map_err(|error| self.place(error))
    }

    /// Runs `read` on a connection of its own, which has read nothing before: a check of the text index trusts what its
    /// connection remembers of it, and reports damage where another connection has only written since.
    pub(crate) fn read_afresh<T>(&self, read: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let connection = reader(&self.inner.path, self.inner.access)?;
        read(&connection).map_err(|error| self.place(error))
    }

    /// Whether it can only be read.
    pub(crate) fn is_frozen(&self) -> bool {
        self.inner.access == Access::Frozen
    }

    /// Refuses to write where nothing could be written when the file was opened.
    fn writable(&self) -> Result<()> {
        match self.inner.access {
            Access::Shared => Ok(()),
            Access::Frozen => Err(StoreError::DiskFull(self.inner.path.clone())),
        }
    }

    /// Runs `write` on a connection of its own, outside of any transaction of ours.
    pub(crate) fn write_afresh<T>(&self, write: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.writable()?;
        let connection = Connection::open_with_flags(
            &self.inner.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        prepare(&connection)?;
        write(&connection).map_err(|error| self.place(error))
    }

    /// Runs `write` in one immediate transaction. On an error nothing of it is kept.
    pub(crate) fn write<T>(
        &self,
        kind: Write,
        write: impl FnOnce(&Transaction<'_>, &mut WriteCache) -> Result<T>,
    ) -> Result<T> {
        self.writable()?;
        let mut writer = self.writer(kind);
        let outcome = (|| {
            if kind == Write::Durable {
                writer.connection.execute_batch("PRAGMA synchronous=FULL")?;
            }
            let Writer { connection, cache, data_version } = &mut *writer;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let version = pragma_data_version(&transaction)?;
            if version != *data_version {
                // Another process wrote: what we remember may be gone.
                cache.clear();
                *data_version = version;
            }
            let result = write(&transaction, cache).and_then(|value| {
                meta::mark_change(&transaction)?;
                transaction.commit()?;
                Ok(value)
            });
            if result.is_err() {
                cache.clear();
            }
            result
        })();
        if kind == Write::Durable {
            // Failing to lower it again only costs time.
            let _ = writer.connection.execute_batch("PRAGMA synchronous=NORMAL");
        }
        drop(writer);
        self.inner.turn.notify_all();
        outcome.map_err(|error| self.place(error))
    }

    /// Runs `work` on the writing connection outside of any transaction (vacuum, backup).
    pub(crate) fn maintain<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let writer = self.writer(Write::Bulk);
        work(&writer.connection).map_err(|error| self.place(error))
    }

    /// Gives back the memory of the writer after a bulk of work: what it remembers of the tables, and its pages.
    pub(crate) fn forget_what_was_written(&self) -> Result<()> {
        let mut writer = self.writer(Write::Bulk);
        writer.cache = WriteCache::new(self.dictionaries());
        writer.connection.execute_batch("PRAGMA shrink_memory").map_err(|error| self.place(error.into()))
    }

    fn writer(&self, kind: Write) -> MutexGuard<'_, Writer> {
        if kind == Write::Bulk {
            let mut turn = lock(&self.inner.turn_lock);
            while self.inner.waiting.load(Ordering::Acquire) > 0 {
                let waited = self.inner.turn.wait_timeout(turn, Duration::from_millis(20));
                turn = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
            drop(turn);
            return lock(&self.inner.writer);
        }
        self.inner.waiting.fetch_add(1, Ordering::AcqRel);
        let guard = lock(&self.inner.writer);
        self.inner.waiting.fetch_sub(1, Ordering::AcqRel);
        guard
    }

    /// Puts the path into errors that were made without it.
    fn place(&self, error: StoreError) -> StoreError {
        let path = || self.inner.path.clone();
        match error {
            StoreError::Locked(at) if at.as_os_str().is_empty() => StoreError::Locked(path()),
            StoreError::DiskFull(at) if at.as_os_str().is_empty() => StoreError::DiskFull(path()),
            StoreError::Foreign(at) if at.as_os_str().is_empty() => StoreError::Foreign(path()),
            StoreError::Damaged { path: at, why } if at.as_os_str().is_empty() => {
                StoreError::Damaged { path: path(), why }
            }
            other => other,
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Ok(writer) = self.writer.get_mut() {
            leave(&writer.connection);
        }
    }
}

/// The last to close leaves no log behind. Another process may still hold it: then this does nothing, and waits for nobody.
fn leave(connection: &Connection) {
    let _ = connection.busy_timeout(Duration::ZERO);
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
}

/// Locks, also after a panic of another thread: what a lock guards here is always whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pragma_data_version(connection: &Connection) -> Result<i64> {
    let mut statement = connection.prepare_cached("PRAGMA data_version")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// A statement keeps its plan, whatever is bound to it. Otherwise SQLite prepares many of ours anew for every call, to look
/// at statistics that we do not gather.
fn keep_plans(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
}

pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    keep_plans(connection)?;
    connection.set_prepared_statement_cache_capacity(256);
    connection.execute_batch(&format!(
        "PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;
         PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF; PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES};
         PRAGMA cache_size=-65536;"
    ))
}

fn reader(path: &Path, access: Access) -> Result<Connection> {
    let coded = |error: rusqlite::Error| StoreError::from_sqlite(&error, path);
    let connection = match access {
        Access::Shared => {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
                | OpenFlags::SQLITE_OPEN_NO_MUTEX
                | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
            Connection::open_with_flags(path, flags)
        }
        Access::Frozen => open_frozen(path),
    }
    .map_err(coded)?;
    connection.busy_timeout(BUSY).map_err(coded)?;
    keep_plans(&connection).map_err(coded)?;
    connection.set_prepared_statement_cache_capacity(128);
    connection
        .execute_batch("PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-16384;")
        .map_err(coded)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_waits_for_no_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.retake");
        drop(Workspace::open(&path, OpenMode::Create).unwrap());
        let writer = Connection::open(&path).unwrap();
        writer.execute_batch("BEGIN IMMEDIATE; UPDATE meta SET value = value").unwrap();
        let reader = Connection::open(&path).unwrap();
        prepare(&reader).unwrap();
        let waits_ms = || reader.query_row("PRAGMA busy_timeout", [], |row| row.get::<_, u32>(0)).unwrap();
        assert_eq!(u128::from(waits_ms()), BUSY.as_millis());
        leave(&reader);
        assert_eq!(waits_ms(), 0);
        writer.execute_batch("ROLLBACK").unwrap();
    }
}
