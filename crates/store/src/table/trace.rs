//! Traces: their key, what a list shows of them and is not cheap to compute, and `rev`, by which readers see what changed.

use crate::error::Result;
use crate::migration::Migration;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-trace",
    sql: "
    CREATE TABLE trace(
        trace_pk INTEGER PRIMARY KEY,
        trace_key BLOB NOT NULL UNIQUE,
        rev INTEGER NOT NULL,
        scope INTEGER NOT NULL,
        root_pk INTEGER,
        n_tool_calls INTEGER NOT NULL,
        question INTEGER,
        answer INTEGER
    ) STRICT;
    CREATE INDEX trace_rev ON trace(rev);
    CREATE INDEX trace_scope ON trace(scope);",
}];

/// A trace's row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TraceColumns {
    pub trace_pk: i64,
    pub trace_key: Vec<u8>,
    /// Conversation (its name id), else minus the trace's own key: within it a message is introduced once.
    pub scope: i64,
    /// Root, or the span that stands for it; `None` while no span record came.
    pub root_pk: Option<i64>,
    pub n_tool_calls: i64,
    /// Text of the question.
    pub question: Option<i64>,
    /// Text of the answer.
    pub answer: Option<i64>,
}

const COLUMNS: &str = "trace_pk, trace_key, scope, root_pk, n_tool_calls, question, answer";

fn from_row(row: &Row<'_>) -> rusqlite::Result<TraceColumns> {
    Ok(TraceColumns {
        trace_pk: row.get(0)?,
        trace_key: row.get(1)?,
        scope: row.get(2)?,
        root_pk: row.get(3)?,
        n_tool_calls: row.get(4)?,
        question: row.get(5)?,
        answer: row.get(6)?,
    })
}

/// Key of a trace.
pub(crate) fn find(connection: &Connection, trace_key: &[u8]) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT trace_pk FROM trace WHERE trace_key = ?1")?;
    Ok(statement.query_row([trace_key], |row| row.get(0)).optional()?)
}

/// Adds a trace without spans.
pub(crate) fn add(connection: &Connection, trace_key: &[u8]) -> Result<i64> {
    connection
        .prepare_cached("INSERT INTO trace(trace_key, rev, scope, n_tool_calls) VALUES(?1, 0, 0, 0)")?
        .execute([trace_key])?;
    Ok(connection.last_insert_rowid())
}

/// A trace's row.
pub(crate) fn row(connection: &Connection, trace_pk: i64) -> Result<Option<TraceColumns>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM trace WHERE trace_pk = ?1"))?;
    Ok(statement.query_row([trace_pk], from_row).optional()?)
}

/// Sets the columns and marks the trace as changed.
pub(crate) fn set(connection: &Connection, row: &TraceColumns, rev: i64) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE trace SET scope = ?2, root_pk = ?3, n_tool_calls = ?4, question = ?5, answer = ?6, rev = ?7
             WHERE trace_pk = ?1",
        )?
        .execute(params![row.trace_pk, row.scope, row.root_pk, row.n_tool_calls, row.question, row.answer, rev])?;
    Ok(())
}

/// Marks a trace as changed.
pub(crate) fn touch(connection: &Connection, trace_pk: i64, rev: i64) -> Result<()> {
    connection.prepare_cached("UPDATE trace SET rev = ?2 WHERE trace_pk = ?1")?.execute([trace_pk, rev])?;
    Ok(())
}

/// Keys of the traces of a scope.
pub(crate) fn of_scope(connection: &Connection, scope: i64) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached("SELECT trace_pk FROM trace WHERE scope = ?1")?;
    Ok(statement.query_map([scope], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Traces that changed after `rev`, by key: `n` at most of those after `trace_pk`.
pub(crate) fn changed_after(connection: &Connection, rev: i64, trace_pk: i64, n: i64) -> Result<Vec<TraceColumns>> {
    let sql = format!("SELECT {COLUMNS} FROM trace WHERE rev > ?1 AND trace_pk > ?2 ORDER BY trace_pk LIMIT ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    Ok(statement.query_map([rev, trace_pk, n], from_row)?.collect::<rusqlite::Result<_>>()?)
}

/// Removes a trace.
pub(crate) fn remove(connection: &Connection, trace_pk: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM trace WHERE trace_pk = ?1")?.execute([trace_pk])?;
    Ok(())
}
