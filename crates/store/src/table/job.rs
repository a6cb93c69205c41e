//! Jobs: the truth about long work (import, run, check, export), which survives a reload of the window.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::rows::{JobEventRow, JobRow};
use crate::table::batch::to_json;
use crate::workspace::{Workspace, Write};
use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-job",
    sql: "
    CREATE TABLE job(
        job_id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        title TEXT NOT NULL,
        state TEXT NOT NULL,
        pid INTEGER NOT NULL,
        started_ns INTEGER NOT NULL,
        ended_ns INTEGER,
        progress TEXT NOT NULL,
        result TEXT
    ) STRICT;
    CREATE TABLE job_event(
        job_id TEXT NOT NULL REFERENCES job(job_id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        at_ns INTEGER NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY(job_id, seq)
    ) STRICT, WITHOUT ROWID;",
}];

const COLUMNS: &str = "job_id, kind, title, state, started_ns, ended_ns, progress, result, pid";

impl Workspace {
    /// Begins a job and gives its id.
    pub fn start_job(&self, kind: &str, title: &str, at_ns: i64) -> Result<String> {
        let job_id = uuid::Uuid::now_v7().to_string();
        self.write(Write::Interactive, |tx, _| {
            tx.execute(
                "INSERT INTO job(job_id, kind, title, state, pid, started_ns, progress)
                 VALUES(?1, ?2, ?3, 'running', ?4, ?5, 'null')",
                params![job_id, kind, title, std::process::id(), at_ns],
            )?;
            Ok(())
        })?;
        Ok(job_id)
    }

    /// Adds an event and sets the last progress. Gives the event's number.
    pub fn job_progress(&self, job_id: &str, at_ns: i64, event: &Value) -> Result<u32> {
        let text = to_json(event)?;
        self.write(Write::Interactive, |tx, _| {
            let known = tx.execute("UPDATE job SET progress = ?2 WHERE job_id = ?1", params![job_id, text])?;
            if known == 0 {
                return Err(StoreError::IdUnknown(job_id.to_owned()));
            }
            let seq: u32 = tx
                .prepare_cached("SELECT coalesce(max(seq) + 1, 0) FROM job_event WHERE job_id = ?1")?
                .query_row([job_id], |row| row.get(0))?;
            tx.prepare_cached("INSERT INTO job_event(job_id, seq, at_ns, event) VALUES(?1, ?2, ?3, ?4)")?
                .execute(params![job_id, seq, at_ns, text])?;
            Ok(seq)
        })
    }

    /// Ends a job: `done`, `failed`, `cancelled`, `interrupted`.
    pub fn end_job(&self, job_id: &str, state: &str, at_ns: i64, result: &Value) -> Result<()> {
        let text = to_json(result)?;
        self.write(Write::Durable, |tx, _| {
            tx.execute(
                "UPDATE job SET state = ?2, ended_ns = ?3, result = ?4 WHERE job_id = ?1",
                params![job_id, state, at_ns, text],
            )?;
            Ok(())
        })
    }

    /// A job. One whose program ended before it did is `interrupted`.
    pub fn job(&self, job_id: &str) -> Result<Option<JobRow>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM job WHERE job_id = ?1"))?;
            Ok(statement.query_row([job_id], from_row).optional()?)
        })
    }

    /// Newest jobs.
    pub fn jobs(&self, limit: usize) -> Result<Vec<JobRow>> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached(&format!("SELECT {COLUMNS} FROM job ORDER BY started_ns DESC, job_id DESC LIMIT ?1"))?;
            let rows = statement.query_map([limit as i64], from_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Events after `after_seq` (`None`: all).
    pub fn job_events(&self, job_id: &str, after_seq: Option<u32>) -> Result<Vec<JobEventRow>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT seq, at_ns, event FROM job_event WHERE job_id = ?1 AND seq > ?2 ORDER BY seq",
            )?;
            let after = after_seq.map_or(-1, i64::from);
            let rows = statement.query_map(params![job_id, after], |row| {
                Ok(JobEventRow { seq: row.get(0)?, at_ns: row.get(1)?, event: value(row, 2)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<JobRow> {
    let mut job = JobRow {
        job_id: row.get(0)?,
        kind: row.get(1)?,
        title: row.get(2)?,
        state: row.get(3)?,
        started_ns: row.get(4)?,
        ended_ns: row.get(5)?,
        progress: value(row, 6)?,
        result: if row.get_ref(7)? == rusqlite::types::ValueRef::Null { None } else { Some(value(row, 7)?) },
    };
    if job.state == "running" && !crate::table::lease::is_alive(row.get(8)?) {
        job.state = "interrupted".to_owned();
    }
    Ok(job)
}

/// A column with JSON text.
pub(crate) fn value(row: &Row<'_>, at: usize) -> rusqlite::Result<Value> {
    let text = row.get_ref(at)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(error)))
}
