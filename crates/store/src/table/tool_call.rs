//! Tool calls of spans: those that a model asked for in its output, and those that a tool span ran. Calls that stand in
//! the history of a call are read from its context.

use crate::error::Result;
use crate::migration::Migration;
use rusqlite::{Connection, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-tool-call",
    sql: "
    CREATE TABLE tool_call(
        span_pk INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        name_id INTEGER NOT NULL,
        call_id TEXT,
        ran INTEGER NOT NULL,
        PRIMARY KEY(span_pk, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tool_call_name ON tool_call(name_id);",
}];

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolCallRow {
    pub name_id: i64,
    pub call_id: Option<String>,
    /// A tool span ran it; else a model asked for it.
    pub ran: bool,
}

/// Replaces the calls of a span.
pub(crate) fn put(connection: &Connection, span_pk: i64, calls: &[ToolCallRow]) -> Result<()> {
    for (idx, call) in calls.iter().enumerate() {
        connection
            .prepare_cached("INSERT INTO tool_call(span_pk, idx, name_id, call_id, ran) VALUES(?1, ?2, ?3, ?4, ?5)")?
            .execute(params![span_pk, idx as i64, call.name_id, call.call_id, call.ran])?;
    }
    Ok(())
}

/// Removes the calls of a span.
pub(crate) fn remove(connection: &Connection, span_pk: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM tool_call WHERE span_pk = ?1")?.execute([span_pk])?;
    Ok(())
}

/// Calls of a span.
pub(crate) fn read(connection: &Connection, span_pk: i64) -> Result<Vec<ToolCallRow>> {
    let mut statement =
        connection.prepare_cached("SELECT name_id, call_id, ran FROM tool_call WHERE span_pk = ?1 ORDER BY idx")?;
    let rows = statement
        .query_map([span_pk], |row| Ok(ToolCallRow { name_id: row.get(0)?, call_id: row.get(1)?, ran: row.get(2)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
