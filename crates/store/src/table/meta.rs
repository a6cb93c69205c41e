//! Facts about the file itself: its key, counters, the trained dictionary's state.

use crate::error::Result;
use crate::migration::Migration;
use rusqlite::{Connection, OptionalExtension};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-meta",
    sql: "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;",
}];

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

/// Leaves a random number, never 0: it tells this state of the data from that of a copy which went another way.
pub(crate) fn set_mark(connection: &Connection) -> Result<()> {
    // The second half is random but for two bits.
    let (_, random) = uuid::Uuid::now_v7().as_u64_pair();
    set_number(connection, "mark", random.cast_signed() | 1)
}
