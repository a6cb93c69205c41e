//! The records behind an entity, as they came.

use crate::error::Result;
use crate::pack;
use crate::query::ids;
use crate::rows::{AuditRow, RawRecord};
use crate::table::{audit, batch, fact, span, trace};
use crate::workspace::Workspace;
use retake_model::Id;
use rusqlite::Connection;
use std::collections::BTreeSet;

impl Workspace {
    /// The records behind a span, best first; one that several batches brought stands once for each.
    pub fn raw_records(&self, trace_id: &Id, span_id: &Id) -> Result<Vec<RawRecord>> {
        self.read(|connection| match ids::span_pk(connection, trace_id, span_id)? {
            Some((_, span_pk)) => records(connection, span_pk),
            None => Ok(Vec::new()),
        })
    }

    /// The records behind an audit event.
    pub fn audit_raw_records(&self, audit_pk: i64) -> Result<Vec<RawRecord>> {
        self.read(|connection| records(connection, -audit_pk))
    }

    /// Traces whose spans a batch touched.
    pub fn traces_of_batch(&self, batch_id: &str) -> Result<Vec<Id>> {
        self.read(|connection| {
            let mut traces = BTreeSet::new();
            for owner in owners_of_batch(connection, batch_id)? {
                if owner > 0
                    && let Some(row) = span::row(connection, owner)?
                {
                    traces.insert(row.trace_pk);
                }
            }
            let mut ids = Vec::new();
            for trace_pk in traces {
                ids.extend(trace::row(connection, trace_pk)?.map(|row| span::id_of_key(&row.trace_key)));
            }
            Ok(ids)
        })
    }

    /// Audit events that a batch touched.
    pub fn audit_events_of_batch(&self, batch_id: &str) -> Result<Vec<AuditRow>> {
        self.read(|connection| {
            let mut events = Vec::new();
            for owner in owners_of_batch(connection, batch_id)? {
                if owner < 0 {
                    events.extend(audit::read(connection, -owner)?);
                }
            }
            Ok(events)
        })
    }
}

fn owners_of_batch(connection: &Connection, batch_id: &str) -> Result<BTreeSet<i64>> {
    let batch_id = batch::id_of_prefix(connection, batch_id)?;
    let mut statement = connection.prepare_cached(
        "SELECT DISTINCT owner FROM claim JOIN fact USING(fact_pk) JOIN batch USING(batch_pk) WHERE batch_id = ?1",
    )?;
    Ok(statement.query_map([batch_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

fn records(connection: &Connection, owner: i64) -> Result<Vec<RawRecord>> {
    let mut all = Vec::new();
    for head in fact::heads(connection, owner)? {
        let body = pack::unpack(connection, &fact::body(connection, head.fact_pk)?)?;
        let mut statement = connection.prepare_cached(
            "SELECT batch_id, coalesce(path, ''), byte_offset FROM claim
             JOIN batch USING(batch_pk) LEFT JOIN file ON file.file_pk = claim.file_pk
             WHERE fact_pk = ?1 ORDER BY at_ns, batch_id",
        )?;
        let rows = statement.query_map([head.fact_pk], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        for row in rows {
            let (batch_id, path, byte_offset) = row?;
            all.push(RawRecord {
                batch_id,
                path,
                byte_offset: byte_offset.unsigned_abs(),
                source: head.source.format.clone(),
                kind: head.source.kind,
                body: body.clone(),
            });
        }
    }
    Ok(all)
}
