//! Runs, takes, and the pieces of takes that stream.
//!
//! What was promised (plan, reservation, settlement, end of a take) is on the disk when the call returns; pieces are
//! committed in groups and survive a crash of the program. When a take ends its pieces become one packed body.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::recipe::{put, take};
use crate::rows::{ChunkRow, RunRow, TakeRow};
use crate::table::batch::to_json;
use crate::table::job::value;
use crate::table::lease;
use crate::workspace::{Workspace, Write};
use retake_model::{ChunkKind, Id, RunStatus, TakeStatus};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-run",
    sql: "
    CREATE TABLE run(
        run_id TEXT PRIMARY KEY,
        status TEXT NOT NULL,
        started_ns INTEGER NOT NULL,
        plan TEXT NOT NULL,
        max_usd_nanos INTEGER,
        spent_usd_nanos INTEGER NOT NULL,
        pid INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE take(
        take_pk INTEGER PRIMARY KEY,
        take_id TEXT NOT NULL UNIQUE,
        run_id TEXT NOT NULL REFERENCES run(run_id),
        slot INTEGER NOT NULL,
        trace_id TEXT,
        span_id TEXT,
        variant TEXT NOT NULL,
        repeat INTEGER NOT NULL,
        status TEXT NOT NULL,
        started_ns INTEGER,
        result TEXT,
        pieces BLOB
    ) STRICT;
    CREATE INDEX take_run ON take(run_id, slot);
    CREATE INDEX take_trace ON take(trace_id) WHERE trace_id IS NOT NULL;
    CREATE TABLE take_chunk(
        take_pk INTEGER NOT NULL REFERENCES take(take_pk) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        at_us INTEGER NOT NULL,
        kind INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        bytes BLOB NOT NULL,
        PRIMARY KEY(take_pk, seq)
    ) STRICT, WITHOUT ROWID;",
}];

const TAKE: &str = "take_id, run_id, slot, trace_id, span_id, variant, repeat, status, started_ns, result";
const RUN: &str = "run_id, status, started_ns, plan, max_usd_nanos, spent_usd_nanos";
const KINDS: [ChunkKind; 4] = [ChunkKind::Text, ChunkKind::Reasoning, ChunkKind::ToolArguments, ChunkKind::Event];

impl Workspace {
    /// Writes a run and its pending takes before anything is sent; durable.
    pub fn create_run(&self, run: &RunRow, takes: &[TakeRow]) -> Result<()> {
        let plan = to_json(&run.plan)?;
        self.write(Write::Durable, |tx, _| {
            tx.execute(
                "INSERT INTO run(run_id, status, started_ns, plan, max_usd_nanos, spent_usd_nanos, pid)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    run.run_id,
                    run.status.as_str(),
                    run.started_ns,
                    plan,
                    run.max_usd_nanos,
                    run.spent_usd_nanos,
                    std::process::id()
                ],
            )?;
            takes.iter().try_for_each(|take| insert_take(tx, take))
        })
    }

    /// A run by id or unique prefix (`run:` before it is allowed).
    pub fn run(&self, prefix: &str) -> Result<RunRow> {
        self.read(|connection| {
            let run_id = by_prefix(connection, "run", prefix)?;
            let mut statement = connection.prepare_cached(&format!("SELECT {RUN} FROM run WHERE run_id = ?1"))?;
            Ok(statement.query_row([run_id], run_from_row)?)
        })
    }

    /// All runs, newest first.
    pub fn runs(&self) -> Result<Vec<RunRow>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached(&format!("SELECT {RUN} FROM run ORDER BY started_ns DESC, run_id DESC"))?;
            let rows = statement.query_map([], run_from_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// How many takes of each run's variants were answered: run, name of the variant, takes.
    pub fn answered_takes(&self) -> Result<Vec<(String, String, u64)>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT run_id, variant, COUNT(*) FROM take WHERE status = 'done' GROUP BY run_id, variant",
            )?;
            let rows =
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, i64>(2)?.unsigned_abs())))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Sets the state of a run, and that this process works on it.
    pub fn set_run_status(&self, run_id: &str, status: RunStatus) -> Result<()> {
        self.write(Write::Durable, |tx, _| {
            let n = tx.execute(
                "UPDATE run SET status = ?2, pid = ?3 WHERE run_id = ?1",
                params![run_id, status.as_str(), std::process::id()],
            )?;
            known(n, run_id)
        })
    }

    /// Adds a take (a new try of a slot after an interruption); durable.
    pub fn add_take(&self, take: &TakeRow) -> Result<()> {
        self.write(Write::Durable, |tx, _| insert_take(tx, take))
    }

    /// Says that a take was sent; durable, so that a resume knows what may have been paid.
    pub fn start_take(&self, take_id: &str, started_ns: i64) -> Result<()> {
        self.write(Write::Durable, |tx, _| {
            let n = tx.execute("UPDATE take SET started_ns = ?2 WHERE take_id = ?1", params![take_id, started_ns])?;
            known(n, take_id)
        })
    }

    /// Commits pieces of live takes in one transaction.
    pub fn append_chunks(&self, chunks: &[(String, Vec<ChunkRow>)]) -> Result<()> {
        self.write(Write::Interactive, |tx, _| {
            for (take_id, rows) in chunks {
                let take_pk = take_pk(tx, take_id)?;
                for row in rows {
                    insert_chunk(tx, take_pk, row)?;
                }
            }
            Ok(())
        })
    }

    /// Pieces of a take after `after_seq` (`None`: all). After its end they come from the packed body.
    pub fn chunks(&self, take_id: &str, after_seq: Option<u32>) -> Result<Vec<ChunkRow>> {
        self.read(|connection| {
            let take_pk = take_pk(connection, take_id)?;
            let packed: Option<Vec<u8>> = connection
                .prepare_cached("SELECT pieces FROM take WHERE take_pk = ?1")?
                .query_row([take_pk], |row| row.get(0))?;
            let mut all = match packed {
                Some(packed) => unpack(&packed)?,
                None => live_chunks(connection, take_pk)?,
            };
            all.retain(|chunk| after_seq.is_none_or(|after| chunk.seq > after));
            Ok(all)
        })
    }

    /// Ends a take: its state and result; its pieces become one packed body. Durable.
    pub fn finish_take(&self, take: &TakeRow) -> Result<()> {
        let result = take.result.as_ref().map(to_json).transpose()?;
        self.write(Write::Durable, |tx, _| {
            let take_pk = take_pk(tx, &take.take_id)?;
            end_take(tx, take_pk, take.status)?;
            tx.execute(
                "UPDATE take SET started_ns = coalesce(?2, started_ns), result = ?3 WHERE take_pk = ?1",
                params![take_pk, take.started_ns, result],
            )?;
            Ok(())
        })
    }

    /// A take by id or unique prefix (`take:` before it is allowed).
    pub fn take(&self, prefix: &str) -> Result<TakeRow> {
        self.read(|connection| {
            let take_id = by_prefix(connection, "take", prefix)?;
            let mut statement = connection.prepare_cached(&format!("SELECT {TAKE} FROM take WHERE take_id = ?1"))?;
            Ok(statement.query_row([take_id], take_from_row)?)
        })
    }

    /// Takes of a run by slot, earlier tries of a slot first.
    pub fn takes_of_run(&self, run_id: &str) -> Result<Vec<TakeRow>> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached(&format!("SELECT {TAKE} FROM take WHERE run_id = ?1 ORDER BY slot, take_pk"))?;
            let rows = statement.query_map([run_id], take_from_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Takes that replay a trace (and span), newest first.
    pub fn takes_of(&self, trace_id: &Id, span_id: Option<&Id>) -> Result<Vec<TakeRow>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {TAKE} FROM take WHERE trace_id = ?1 AND (?2 IS NULL OR span_id = ?2) ORDER BY take_pk DESC"
            ))?;
            let rows = statement.query_map(params![trace_id.as_str(), span_id.map(Id::as_str)], take_from_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Marks takes in flight of runs that no living process holds as interrupted, and those runs. Gives the takes' ids.
    pub fn interrupt_orphans(&self) -> Result<Vec<String>> {
        let any = self.read(|connection| Ok(!orphans(connection)?.is_empty()))?;
        if !any {
            return Ok(Vec::new());
        }
        self.write(Write::Durable, |tx, _| {
            let mut interrupted = Vec::new();
            for run_id in orphans(tx)? {
                let mut statement = tx.prepare_cached(
                    "SELECT take_pk, take_id FROM take
                     WHERE run_id = ?1 AND status = 'pending' AND started_ns IS NOT NULL ORDER BY take_pk",
                )?;
                let takes: Vec<(i64, String)> = statement
                    .query_map([&run_id], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect::<rusqlite::Result<_>>()?;
                for (take_pk, take_id) in takes {
                    end_take(tx, take_pk, TakeStatus::Interrupted)?;
                    interrupted.push(take_id);
                }
                tx.execute("UPDATE run SET status = 'interrupted' WHERE run_id = ?1", [&run_id])?;
            }
            Ok(interrupted)
        })
    }

    /// Reserves money before a call; false when it would pass the run's limit. Durable.
    pub fn reserve(&self, run_id: &str, usd_nanos: i64) -> Result<bool> {
        self.write(Write::Durable, |tx, _| {
            let row: Option<(Option<i64>, i64)> = tx
                .prepare_cached("SELECT max_usd_nanos, spent_usd_nanos FROM run WHERE run_id = ?1")?
                .query_row([run_id], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let (limit, spent) = row.ok_or_else(|| StoreError::IdUnknown(run_id.to_owned()))?;
            let after = spent.saturating_add(usd_nanos);
            if limit.is_some_and(|limit| after > limit) {
                return Ok(false);
            }
            tx.execute("UPDATE run SET spent_usd_nanos = ?2 WHERE run_id = ?1", params![run_id, after])?;
            Ok(true)
        })
    }

    /// Replaces a reservation by what the call cost. Durable.
    pub fn settle(&self, run_id: &str, reserved_usd_nanos: i64, actual_usd_nanos: i64) -> Result<()> {
        self.write(Write::Durable, |tx, _| {
            let n = tx.execute(
                "UPDATE run SET spent_usd_nanos = spent_usd_nanos - ?2 + ?3 WHERE run_id = ?1",
                params![run_id, reserved_usd_nanos, actual_usd_nanos],
            )?;
            known(n, run_id)
        })
    }
}

fn known(changed: usize, id: &str) -> Result<()> {
    if changed == 0 { Err(StoreError::IdUnknown(id.to_owned())) } else { Ok(()) }
}

/// Runs that are under way and that no living process works on.
fn orphans(connection: &Connection) -> Result<Vec<String>> {
    let mut statement =
        connection.prepare_cached("SELECT run_id, pid FROM run WHERE status = 'running' ORDER BY run_id")?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let mut orphans = Vec::new();
    for row in rows {
        let (run_id, pid) = row?;
        if !lease::is_alive(pid) {
            orphans.push(run_id);
        }
    }
    Ok(orphans)
}

/// The only id of `table` that begins with `prefix`.
pub(crate) fn by_prefix(connection: &Connection, table: &str, prefix: &str) -> Result<String> {
    let wanted = prefix.strip_prefix(&format!("{table}:")).unwrap_or(prefix).to_ascii_lowercase();
    let found = ids_with_prefix(connection, table, &wanted)?;
    match found.as_slice() {
        [one] if !wanted.is_empty() => Ok(one.clone()),
        [] => Err(StoreError::IdUnknown(prefix.to_owned())),
        _ if wanted.is_empty() => Err(StoreError::IdUnknown(prefix.to_owned())),
        many => match many.iter().find(|id| **id == wanted) {
            Some(whole) => Ok(whole.clone()),
            None => Err(StoreError::IdAmbiguous {
                text: prefix.to_owned(),
                candidates: many.iter().map(|id| format!("{table}:{id}")).collect(),
            }),
        },
    }
}

/// Ids of `table` (`run`, `take`, `batch`) that begin with `prefix`, at most nine.
pub(crate) fn ids_with_prefix(connection: &Connection, table: &str, prefix: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {table}_id FROM {table} WHERE {table}_id >= ?1 AND {table}_id < ?1 || '~' ORDER BY 1 LIMIT 9"
    ))?;
    Ok(statement.query_map([prefix], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn take_pk(connection: &Connection, take_id: &str) -> Result<i64> {
    let mut statement = connection.prepare_cached("SELECT take_pk FROM take WHERE take_id = ?1")?;
    statement
        .query_row([take_id], |row| row.get(0))
        .optional()?
        .ok_or_else(|| StoreError::IdUnknown(take_id.to_owned()))
}

fn insert_take(connection: &Connection, take: &TakeRow) -> Result<()> {
    let result = take.result.as_ref().map(to_json).transpose()?;
    connection
        .prepare_cached(&format!("INSERT INTO take({TAKE}) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"))?
        .execute(params![
            take.take_id,
            take.run_id,
            take.slot,
            take.trace_id.as_ref().map(Id::as_str),
            take.span_id.as_ref().map(Id::as_str),
            take.variant,
            take.repeat,
            take.status.as_str(),
            take.started_ns,
            result
        ])?;
    Ok(())
}

fn insert_chunk(connection: &Connection, take_pk: i64, row: &ChunkRow) -> Result<()> {
    let kind = KINDS.iter().position(|kind| *kind == row.kind).unwrap_or(3);
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO take_chunk(take_pk, seq, at_us, kind, idx, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![take_pk, row.seq, row.at_us, kind as i64, row.index, row.bytes])?;
    Ok(())
}

fn live_chunks(connection: &Connection, take_pk: i64) -> Result<Vec<ChunkRow>> {
    let mut statement = connection
        .prepare_cached("SELECT seq, at_us, kind, idx, bytes FROM take_chunk WHERE take_pk = ?1 ORDER BY seq")?;
    let rows = statement.query_map([take_pk], |row| {
        Ok(ChunkRow {
            seq: row.get(0)?,
            at_us: row.get(1)?,
            kind: KINDS.get(row.get::<_, u8>(2)? as usize).copied().unwrap_or(ChunkKind::Event),
            index: row.get(3)?,
            bytes: row.get(4)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn end_take(connection: &Connection, take_pk: i64, status: TakeStatus) -> Result<()> {
    let packed = pack(&live_chunks(connection, take_pk)?)?;
    connection.execute(
        "UPDATE take SET status = ?2, pieces = coalesce(pieces, ?3) WHERE take_pk = ?1",
        params![take_pk, status.as_str(), packed],
    )?;
    connection.execute("DELETE FROM take_chunk WHERE take_pk = ?1", [take_pk])?;
    Ok(())
}

/// Pieces as one body: differences of numbers and times, then all bytes, packed.
fn pack(chunks: &[ChunkRow]) -> Result<Vec<u8>> {
    let mut head = Vec::new();
    put(&mut head, chunks.len() as u64);
    let (mut seq, mut at_us) = (0_u32, 0_i64);
    for chunk in chunks {
        put(&mut head, u64::from(chunk.seq.wrapping_sub(seq)));
        let step = chunk.at_us.wrapping_sub(at_us);
        put(&mut head, ((step << 1) ^ (step >> 63)) as u64);
        put(&mut head, KINDS.iter().position(|kind| *kind == chunk.kind).unwrap_or(3) as u64);
        put(&mut head, u64::from(chunk.index));
        put(&mut head, chunk.bytes.len() as u64);
        (seq, at_us) = (chunk.seq, chunk.at_us);
    }
    for chunk in chunks {
        head.extend_from_slice(&chunk.bytes);
    }
    let mut out = Vec::new();
    put(&mut out, head.len() as u64);
    out.extend_from_slice(&zstd::bulk::compress(&head, 3).map_err(|error| StoreError::Failed(error.to_string()))?);
    Ok(out)
}

fn unpack(packed: &[u8]) -> Result<Vec<ChunkRow>> {
    let damaged =
        || StoreError::Damaged { path: Default::default(), why: "the pieces of a take cannot be read".into() };
    let mut at = 0;
    let n_bytes = usize::try_from(take(packed, &mut at)?).map_err(|_| damaged())?;
    let body = zstd::bulk::decompress(packed.get(at..).unwrap_or_default(), n_bytes).map_err(|_| damaged())?;
    let mut at = 0;
    let n = take(&body, &mut at)?;
    let (mut seq, mut at_us) = (0_u32, 0_i64);
    let (mut chunks, mut lengths) = (Vec::new(), Vec::new());
    for _ in 0..n {
        seq = seq.wrapping_add(u32::try_from(take(&body, &mut at)?).map_err(|_| damaged())?);
        let step = take(&body, &mut at)?;
        at_us = at_us.wrapping_add(((step >> 1) as i64) ^ -((step & 1) as i64));
        let kind = usize::try_from(take(&body, &mut at)?).ok().and_then(|kind| KINDS.get(kind)).ok_or_else(damaged)?;
        let index = u32::try_from(take(&body, &mut at)?).map_err(|_| damaged())?;
        lengths.push(usize::try_from(take(&body, &mut at)?).map_err(|_| damaged())?);
        chunks.push(ChunkRow { seq, at_us, kind: *kind, index, bytes: Vec::new() });
    }
    for (chunk, length) in chunks.iter_mut().zip(lengths) {
        let end = at.checked_add(length).ok_or_else(damaged)?;
        chunk.bytes = body.get(at..end).ok_or_else(damaged)?.to_vec();
        at = end;
    }
    Ok(chunks)
}

fn run_from_row(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        run_id: row.get(0)?,
        status: RunStatus::parse(row.get_ref(1)?.as_str()?).unwrap_or(RunStatus::Interrupted),
        started_ns: row.get(2)?,
        plan: value(row, 3)?,
        max_usd_nanos: row.get(4)?,
        spent_usd_nanos: row.get(5)?,
    })
}

fn take_from_row(row: &Row<'_>) -> rusqlite::Result<TakeRow> {
    Ok(TakeRow {
        take_id: row.get(0)?,
        run_id: row.get(1)?,
        slot: row.get(2)?,
        trace_id: row.get::<_, Option<String>>(3)?.map(Id::new),
        span_id: row.get::<_, Option<String>>(4)?.map(Id::new),
        variant: row.get(5)?,
        repeat: row.get(6)?,
        status: TakeStatus::parse(row.get_ref(7)?.as_str()?).unwrap_or(TakeStatus::Interrupted),
        started_ns: row.get(8)?,
        result: if row.get_ref(9)? == rusqlite::types::ValueRef::Null { None } else { Some(value(row, 9)?) },
    })
}
