//! Facts about the file itself: its key, counters, the trained dictionary's state.

use crate::error::Result;
use crate::migration::Migration;
use rusqlite::{Connection, OptionalExtension};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        id: "2026-11-24-meta",
        sql: "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
    },
    Migration {
        id: "2026-12-01-change",
        sql: "CREATE TABLE change(rev INTEGER PRIMARY KEY, mark INTEGER NOT NULL) STRICT;",
    },
];

/// A number, 0 when it was never set.
pub(crate) fn number(connection: &Connection, key: &str) -> Result<i64> {
    let mut statement = connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
    Ok(statement.query_row([key], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Sets a number.
pub(crate) fn set_number(connection: &Connection, key: &str, value: i64) -> Result<()> {
    let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")?;
    statement.execute(rusqlite::params![key, value])?;
    Ok(())
}

/// Gives the newest change its mark, when it has none yet: a random number that tells it from a change of the same number in
/// a copy of the file that went another way.
pub(crate) fn mark_change(connection: &Connection) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO change(rev, mark) SELECT value, random() FROM meta WHERE key = 'rev'";
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// The mark of a change; `None` when it has none.
pub(crate) fn mark_of(connection: &Connection, rev: i64) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT mark FROM change WHERE rev = ?1")?;
    Ok(statement.query_row([rev], |row| row.get(0)).optional()?)
}
