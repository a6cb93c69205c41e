//! Migrations: each table's file lists its own, with a date as id; a counter in `user_version` says how many are applied.
//!
//! A newer file is recognised by that counter before anything is written. Before an existing file is changed, a verified
//! copy is made beside it. All pending migrations are applied in one exclusive transaction.

use crate::error::{Result, StoreError};
use crate::table;
use crate::workspace::APPLICATION_ID;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::path::{Path, PathBuf};

/// A change of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// `YYYY-MM-DD-table`: sorts by time, and two branches do not clash.
    pub id: &'static str,
    /// Statements.
    pub sql: &'static str,
}

/// Every migration in the order of ids.
pub(crate) fn all() -> Vec<Migration> {
    let mut all: Vec<Migration> = table::MIGRATIONS.iter().flat_map(|list| list.iter().copied()).collect();
    all.sort_by_key(|migration| migration.id);
    all
}

/// Brings the file up to date.
pub(crate) fn run(connection: &mut Connection, path: &Path, all: Vec<Migration>) -> Result<()> {
    let coded = |error: rusqlite::Error| StoreError::from_sqlite(&error, path);
    let known = all.len() as i64;
    let version = |connection: &Connection| -> Result<i64> {
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(coded)
    };
    let before = version(connection)?;
    if before > known {
        return Err(StoreError::Newer { path: path.to_owned(), found: before, known });
    }
    if before == known {
        return Ok(());
    }
    if before > 0 {
        back_up(connection, path, before)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(coded)?;
    transaction
        .execute_batch("CREATE TABLE IF NOT EXISTS migration(id TEXT PRIMARY KEY) WITHOUT ROWID")
        .map_err(coded)?;
    for migration in &all {
        let added =
            transaction.execute("INSERT OR IGNORE INTO migration(id) VALUES(?1)", [migration.id]).map_err(coded)?;
        if added == 1 {
            transaction.execute_batch(migration.sql).map_err(coded)?;
        }
    }
    if before == 0 {
        transaction
            .execute("INSERT OR IGNORE INTO meta(key, value) VALUES('workspace_key', randomblob(32))", [])
            .map_err(coded)?;
    }
    transaction
        .execute_batch(&format!("PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={known}"))
        .map_err(coded)?;
    transaction.commit().map_err(coded)?;
    // The header has to tell what the file is, to those who look at it without the log.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(coded)
}

/// Where the copy of a workspace stands that was of this version.
pub(crate) fn copy_path(path: &Path, version: i64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}.backup"));
    name.into()
}

fn back_up(connection: &Connection, path: &Path, version: i64) -> Result<()> {
    let coded = |error: rusqlite::Error| StoreError::from_sqlite(&error, path);
    let copy = copy_path(path, version);
    if copy.exists() {
        std::fs::remove_file(&copy).map_err(|error| StoreError::Failed(error.to_string()))?;
    }
    connection.execute("VACUUM INTO ?1", [copy.to_string_lossy()]).map_err(coded)?;
    let opened = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(coded)?;
    let answer: String = opened.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(coded)?;
    if answer == "ok" {
        return Ok(());
    }
    Err(StoreError::Damaged { path: path.to_owned(), why: format!("its backup does not verify: {answer}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_file_is_backed_up_before_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.retake");
        let mut connection = Connection::open(&path).unwrap();
        let old = vec![Migration { id: "2026-01-01-meta", sql: "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB)" }];
        run(&mut connection, &path, old.clone()).unwrap();
        let mut new = old;
        new.push(Migration { id: "2026-02-01-more", sql: "CREATE TABLE more(a); INSERT INTO more VALUES(1)" });
        run(&mut connection, &path, new.clone()).unwrap();
        let backup = Connection::open(folder.path().join("w.retake.v1.backup")).unwrap();
        let tables: i64 =
            backup.query_row("SELECT count(*) FROM sqlite_master WHERE name = 'more'", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0, "the backup is of the time before");
        new.pop();
        let refused = run(&mut connection, &path, new).unwrap_err();
        assert!(matches!(refused, StoreError::Newer { found: 2, known: 1, .. }), "{refused}");
    }

    #[test]
    fn a_failing_migration_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.retake");
        let mut connection = Connection::open(&path).unwrap();
        let broken = vec![
            Migration { id: "2026-01-01-meta", sql: "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB)" },
            Migration { id: "2026-01-02-broken", sql: "CREATE TABLE a(b); SELECT nonsense FROM nowhere" },
        ];
        run(&mut connection, &path, broken).unwrap_err();
        let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 0);
    }
}
