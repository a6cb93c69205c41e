//! Taking a batch back: its claims go, facts that nobody claims any more go, what they touched is projected anew from
//! what is left. Exactly what the batch brought is removed.

use crate::append::{self, Touched, WriteCache};
use crate::error::{Result, StoreError};
use crate::pack;
use crate::project::Delta;
use crate::projector::Projector;
use crate::rows::{Cancel, Removed};
use crate::table::{batch, fact, meta, span};
use crate::workspace::{Workspace, Write};
use rusqlite::{Connection, params};

/// Claims of a slice: an owner with all its projections takes some hundred microseconds.
const SLICE: i64 = 100;

impl Workspace {
    /// Takes back exactly what a batch brought. A cancelled undo leaves the batch with what is left of it, and can be
    /// run again.
    pub fn undo_batch(&self, batch_id: &str, projector: &dyn Projector, cancel: &Cancel) -> Result<Removed> {
        let (batch_id, batch_pk) = self.read(|connection| {
            let batch_id = batch::id_of_prefix(connection, batch_id)?;
            let batch_pk = batch::pk_of_id(connection, &batch_id)?;
            batch_pk.map(|pk| (batch_id.clone(), pk)).ok_or(StoreError::IdUnknown(batch_id))
        })?;
        let mut removed = Removed::default();
        let mut after = 0;
        loop {
            if cancel.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            let (next, delta) =
                self.write(Write::Bulk, |tx, cache| undo_slice(tx, cache, batch_pk, after, projector, &mut removed))?;
            removed.spans = removed.spans.saturating_add_signed(-delta.spans);
            removed.traces = removed.traces.saturating_add_signed(-delta.traces);
            removed.audit_events = removed.audit_events.saturating_add_signed(-delta.audit_events);
            match next {
                Some(next) => after = next,
                None => break,
            }
        }
        self.write(Write::Durable, |tx, _| {
            tx.execute("DELETE FROM batch WHERE batch_id = ?1", [&batch_id])?;
            // Readers load everything anew: removed keys may be given again.
            let epoch = meta::number(tx, "epoch")? + 1;
            meta::set_number(tx, "epoch", epoch)?;
            // Also the undo of another batch in a copy leads to this epoch.
            append::next_rev(tx).map(drop)
        })?;
        self.give_back_space(cancel)?;
        Ok(removed)
    }

    /// Gives free pages back to the file system, some at a time.
    fn give_back_space(&self, cancel: &Cancel) -> Result<()> {
        loop {
            let left = self.maintain(|connection| {
                let mut statement = connection.prepare("PRAGMA incremental_vacuum(512)")?;
                let mut rows = statement.query([])?;
                while rows.next()?.is_some() {}
                drop(rows);
                Ok(connection.query_row("PRAGMA freelist_count", [], |row| row.get::<_, i64>(0))?)
            })?;
            if left == 0 || cancel.is_cancelled() {
                break;
            }
        }
        self.maintain(|connection| {
            // Another process may be reading: then the log is cut short later.
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
            Ok(())
        })
    }
}

fn undo_slice(
    tx: &Connection,
    cache: &mut WriteCache,
    batch_pk: i64,
    after: i64,
    projector: &dyn Projector,
    removed: &mut Removed,
) -> Result<(Option<i64>, Delta)> {
    let facts: Vec<i64> = tx
        .prepare_cached("SELECT fact_pk FROM claim WHERE fact_pk > ?1 AND batch_pk = ?2 ORDER BY fact_pk LIMIT ?3")?
        .query_map(params![after, batch_pk, SLICE], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let next = if facts.len() < usize::try_from(SLICE).unwrap_or(0) { None } else { facts.last().copied() };
    let mut touched = Touched::default();
    for fact_pk in facts {
        tx.prepare_cached("DELETE FROM claim WHERE fact_pk = ?1 AND batch_pk = ?2")?.execute([fact_pk, batch_pk])?;
        if tx.prepare_cached("SELECT 1 FROM claim WHERE fact_pk = ?1")?.exists([fact_pk])? {
            continue;
        }
        let owner: i64 =
            tx.prepare_cached("SELECT owner FROM fact WHERE fact_pk = ?1")?.query_row([fact_pk], |row| row.get(0))?;
        let body = fact::body(tx, fact_pk)?;
        removed.bytes += body.len() as u64;
        pack::drop_blob(tx, cache, &body)?;
        fact::remove(tx, fact_pk)?;
        removed.facts += 1;
        if owner > 0 {
            match span::row(tx, owner)? {
                Some(row) => touched.span(owner, row.trace_pk, row.span_key),
                None => continue,
            }
        } else {
            touched.owner(owner);
        }
    }
    let entities = touched.entities();
    let delta = append::project_touched(tx, cache, touched, projector)?;
    for entity_pk in entities {
        // Nothing is left of it.
        if !tx.prepare_cached("SELECT 1 FROM fact WHERE owner = ?1")?.exists([-entity_pk])? {
            tx.prepare_cached("DELETE FROM entity WHERE entity_pk = ?1")?.execute([entity_pk])?;
        }
    }
    Ok((next, delta))
}
