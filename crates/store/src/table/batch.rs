//! Import batches and their files.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::rows::BatchRow;
use crate::table::fact;
use crate::workspace::{BatchHandle, FileNo, Workspace, Write};
use retake_model::FactKind;
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-batch",
    sql: "
    CREATE TABLE batch(
        batch_pk INTEGER PRIMARY KEY,
        batch_id TEXT NOT NULL UNIQUE,
        at_ns INTEGER NOT NULL,
        state TEXT NOT NULL,
        rules_version INTEGER NOT NULL,
        mapping TEXT,
        pid INTEGER NOT NULL,
        report TEXT NOT NULL
    ) STRICT;
    CREATE TABLE file(
        file_pk INTEGER PRIMARY KEY,
        batch_pk INTEGER NOT NULL REFERENCES batch(batch_pk) ON DELETE CASCADE,
        path TEXT NOT NULL
    ) STRICT;
    CREATE INDEX file_batch ON file(batch_pk);",
}];

impl Workspace {
    /// Begins a batch. `mapping` is the text of the mapping file of the import, kept so that records can be mapped again.
    pub fn begin_batch(
        &self,
        sources: &[String],
        rules_version: u32,
        mapping: Option<&str>,
        at_ns: i64,
    ) -> Result<BatchHandle> {
        let batch_id = uuid::Uuid::now_v7().to_string();
        let row = BatchRow {
            batch_id: batch_id.clone(),
            at_ns,
            sources: sources.to_vec(),
            state: "running".to_owned(),
            totals: crate::rows::Counters::default(),
            files: Vec::new(),
            skipped: Vec::new(),
            rules_version,
        };
        let report = to_json(&row)?;
        let batch_pk = self.write(Write::Interactive, |tx, _| {
            tx.execute(
                "INSERT INTO batch(batch_id, at_ns, state, rules_version, mapping, pid, report)
                 VALUES(?1, ?2, 'running', ?3, ?4, ?5, ?6)",
                params![batch_id, at_ns, rules_version, mapping, std::process::id(), report],
            )?;
            Ok(tx.last_insert_rowid())
        })?;
        Ok(BatchHandle { batch_id, batch_pk, mapping: mapping.map(str::to_owned), slice: std::cell::Cell::new(64) })
    }

    /// Names a file of the batch, archive members after `!`.
    pub fn add_file(&self, batch: &mut BatchHandle, path: &str) -> Result<FileNo> {
        self.write(Write::Bulk, |tx, _| {
            tx.execute("INSERT INTO file(batch_pk, path) VALUES(?1, ?2)", params![batch.batch_pk, path])?;
            Ok(FileNo(tx.last_insert_rowid()))
        })
    }

    /// Ends a batch: `row` is its report (its `batch_id` is the handle's).
    pub fn finish_batch(&self, batch: BatchHandle, row: &BatchRow) -> Result<()> {
        let report = to_json(row)?;
        self.write(Write::Durable, |tx, _| {
            tx.execute(
                "UPDATE batch SET state = ?2, report = ?3 WHERE batch_pk = ?1",
                params![batch.batch_pk, row.state, report],
            )?;
            Ok(())
        })?;
        self.forget_what_was_written()
    }

    /// All batches, newest first. One whose program ended before it did is `interrupted`.
    pub fn batches(&self) -> Result<Vec<BatchRow>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT report, state, pid FROM batch ORDER BY at_ns DESC, batch_id DESC")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            rows.map(|row| from_stored(connection, row?)).collect()
        })
    }

    /// A batch by its id or a unique prefix.
    pub fn batch(&self, prefix: &str) -> Result<BatchRow> {
        self.read(|connection| {
            let batch_id = id_of_prefix(connection, prefix)?;
            let mut statement =
                connection.prepare_cached("SELECT report, state, pid FROM batch WHERE batch_id = ?1")?;
            let row = statement.query_row([batch_id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            from_stored(connection, row)
        })
    }
}

/// The only batch whose id begins with `prefix` (`batch:` before it is allowed).
pub(crate) fn id_of_prefix(connection: &Connection, prefix: &str) -> Result<String> {
    let wanted = prefix.strip_prefix("batch:").unwrap_or(prefix).to_ascii_lowercase();
    let mut statement = connection.prepare_cached(
        "SELECT batch_id FROM batch WHERE substr(batch_id, 1, length(?1)) = ?1 ORDER BY batch_id LIMIT 9",
    )?;
    let found: Vec<String> = statement.query_map([&wanted], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    match found.as_slice() {
        [] => Err(StoreError::IdUnknown(prefix.to_owned())),
        _ if wanted.is_empty() => Err(StoreError::IdUnknown(prefix.to_owned())),
        [one] => Ok(one.clone()),
        many => Err(StoreError::IdAmbiguous {
            text: prefix.to_owned(),
            candidates: many.iter().map(|id| format!("batch:{id}")).collect(),
        }),
    }
}

/// The key of a batch.
pub(crate) fn pk_of_id(connection: &Connection, batch_id: &str) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT batch_pk FROM batch WHERE batch_id = ?1")?;
    Ok(statement.query_row([batch_id], |row| row.get(0)).optional()?)
}

fn from_stored(connection: &Connection, (report, state, pid): (String, String, i64)) -> Result<BatchRow> {
    let mut row: BatchRow = serde_json::from_str(&report).map_err(|error| StoreError::Failed(error.to_string()))?;
    row.state = state;
    if row.state == "running" && !crate::table::lease::is_alive(pid) {
        row.state = "interrupted".to_owned();
        // Its report was never written: what it brought stands in the tables.
        if let Some(batch_pk) = pk_of_id(connection, &row.batch_id)? {
            for (kind, n) in fact::brought(connection, batch_pk)? {
                match kind {
                    FactKind::Span => row.totals.spans = n,
                    FactKind::LogRecord => row.totals.log_records = n,
                    FactKind::Exchange => row.totals.exchanges = n,
                    FactKind::AuditEvent => row.totals.audit_events = n,
                    FactKind::Score => row.totals.scores = n,
                    FactKind::Rejected => row.totals.rejected = n,
                    FactKind::RejectedPart => {}
                }
            }
        }
    }
    Ok(row)
}

/// Any row as JSON text.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}
