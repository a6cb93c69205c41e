//! Scores of spans, for search and sort; their explanations stand with the span.

use crate::error::Result;
use crate::migration::Migration;
use crate::table::name::NameCache;
use retake_model::Score;
use rusqlite::{Connection, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-score",
    sql: "
    CREATE TABLE score(
        span_pk INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        name_id INTEGER NOT NULL,
        value REAL,
        label TEXT,
        PRIMARY KEY(span_pk, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX score_name ON score(name_id);",
}];

/// Replaces the scores of a span.
pub(crate) fn put(connection: &Connection, names: &mut NameCache, span_pk: i64, scores: &[Score]) -> Result<()> {
    for (idx, score) in scores.iter().enumerate() {
        let name_id = names.id(connection, &score.name)?;
        connection
            .prepare_cached("INSERT INTO score(span_pk, idx, name_id, value, label) VALUES(?1, ?2, ?3, ?4, ?5)")?
            .execute(params![span_pk, idx as i64, name_id, score.value, score.label])?;
    }
    Ok(())
}

/// Removes the scores of a span.
pub(crate) fn remove(connection: &Connection, span_pk: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM score WHERE span_pk = ?1")?.execute([span_pk])?;
    Ok(())
}

/// How many a span has.
pub(crate) fn count(connection: &Connection, span_pk: i64) -> Result<i64> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM score WHERE span_pk = ?1")?;
    Ok(statement.query_row([span_pk], |row| row.get(0))?)
}
