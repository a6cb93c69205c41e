//! Audit events with every key by which they can be joined to a trace, and the joins that the analysis made.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::rows::{AuditKeys, AuditRow};
use crate::workspace::Workspace;
use retake_model::{AuditEvent, Decision, Id};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-audit",
    sql: "
    CREATE TABLE audit_event(
        audit_pk INTEGER PRIMARY KEY,
        time_ns INTEGER,
        actor TEXT,
        request_id TEXT,
        trace_id TEXT,
        span_id TEXT,
        tool_call_id TEXT,
        event TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_trace ON audit_event(trace_id) WHERE trace_id IS NOT NULL;
    CREATE INDEX audit_request ON audit_event(request_id) WHERE request_id IS NOT NULL;
    CREATE INDEX audit_actor ON audit_event(actor, time_ns) WHERE actor IS NOT NULL;
    CREATE TABLE audit_join(
        trace_pk INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        span_pk INTEGER,
        decision INTEGER NOT NULL,
        PRIMARY KEY(trace_pk, idx)
    ) STRICT, WITHOUT ROWID;",
}];

const DECISIONS: [Decision; 4] = [Decision::Unknown, Decision::Allowed, Decision::Denied, Decision::Asked];

/// Inserts or replaces an event.
pub(crate) fn put(connection: &Connection, audit_pk: i64, event: &AuditEvent) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO audit_event(audit_pk, time_ns, actor, request_id, trace_id, span_id,
                tool_call_id, event) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            audit_pk,
            event.time_ns,
            event.actor,
            event.request_id,
            event.trace_id.as_ref().map(Id::as_str),
            event.span_id.as_ref().map(Id::as_str),
            event.tool_call_id,
            crate::table::batch::to_json(event)?
        ])?;
    Ok(())
}

/// Removes an event.
pub(crate) fn remove(connection: &Connection, audit_pk: i64) -> Result<bool> {
    let n = connection.prepare_cached("DELETE FROM audit_event WHERE audit_pk = ?1")?.execute([audit_pk])?;
    Ok(n > 0)
}

/// An event.
pub(crate) fn read(connection: &Connection, audit_pk: i64) -> Result<Option<AuditRow>> {
    let mut statement = connection.prepare_cached("SELECT audit_pk, event FROM audit_event WHERE audit_pk = ?1")?;
    statement.query_row([audit_pk], from_row).optional()?.map(parse).transpose()
}

/// Calls `each` with every event, by time.
pub(crate) fn each(connection: &Connection, each: &mut dyn FnMut(AuditRow) -> Result<()>) -> Result<()> {
    let mut statement =
        connection.prepare_cached("SELECT audit_pk, event FROM audit_event ORDER BY time_ns, audit_pk")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(parse(from_row(row)?)?)?;
    }
    Ok(())
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<(i64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn parse((audit_pk, event): (i64, String)) -> Result<AuditRow> {
    let event = serde_json::from_str(&event)
        .map_err(|error| StoreError::Damaged { path: Default::default(), why: error.to_string() })?;
    Ok(AuditRow { audit_pk, event })
}

/// One event from several records of it: fields of the better record, what it does not state from the next.
pub(crate) fn merge(events: Vec<AuditEvent>) -> AuditEvent {
    let mut events = events.into_iter();
    let mut best = events.next().unwrap_or_default();
    for other in events {
        best.event_id = best.event_id.or(other.event_id);
        best.time_ns = best.time_ns.or(other.time_ns);
        best.actor = best.actor.or(other.actor);
        best.role = best.role.or(other.role);
        best.tenant = best.tenant.or(other.tenant);
        best.action = best.action.or(other.action);
        best.resource = best.resource.or(other.resource);
        if best.decision == Decision::Unknown {
            best.decision = other.decision;
        }
        best.reason = best.reason.or(other.reason);
        best.request_id = best.request_id.or(other.request_id);
        best.trace_id = best.trace_id.or(other.trace_id);
        best.span_id = best.span_id.or(other.span_id);
        best.tool_call_id = best.tool_call_id.or(other.tool_call_id);
        for (key, value) in other.attributes {
            best.attributes.entry(key).or_insert(value);
        }
    }
    best
}

/// Decisions that were joined to a trace: (span or `None` for the trace, decision).
pub(crate) fn joins(connection: &Connection) -> Result<Vec<(i64, Option<i64>, Decision)>> {
    let mut statement = connection.prepare_cached("SELECT trace_pk, span_pk, decision FROM audit_join")?;
    let rows = statement.query_map([], |row| {
        let decision: usize = row.get::<_, u8>(2)?.into();
        Ok((row.get(0)?, row.get(1)?, DECISIONS.get(decision).copied().unwrap_or_default()))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Audit events that were joined to a trace: span, or `None` for the trace as a whole, and what was decided.
pub(crate) fn joins_of(connection: &Connection, trace_pk: i64) -> Result<Vec<(Option<i64>, Decision)>> {
    let mut statement =
        connection.prepare_cached("SELECT span_pk, decision FROM audit_join WHERE trace_pk = ?1 ORDER BY idx")?;
    let rows = statement.query_map([trace_pk], |row| {
        let decision: usize = row.get::<_, u8>(1)?.into();
        Ok((row.get(0)?, DECISIONS.get(decision).copied().unwrap_or_default()))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Says which audit events are joined to a trace, for `has:audit` and `tool.status:denied`.
pub(crate) fn set_joins(connection: &Connection, trace_pk: i64, joins: &[(Option<i64>, Decision)]) -> Result<()> {
    remove_joins(connection, trace_pk)?;
    for (idx, (span_pk, decision)) in joins.iter().enumerate() {
        let number = DECISIONS.iter().position(|other| other == decision).unwrap_or(0);
        connection
            .prepare_cached("INSERT INTO audit_join(trace_pk, idx, span_pk, decision) VALUES(?1, ?2, ?3, ?4)")?
            .execute(params![trace_pk, idx as i64, span_pk, number as i64])?;
    }
    Ok(())
}

/// Forgets the joins of a trace.
pub(crate) fn remove_joins(connection: &Connection, trace_pk: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM audit_join WHERE trace_pk = ?1")?.execute([trace_pk])?;
    Ok(())
}

impl Workspace {
    /// Audit events that one of the keys reaches, by time.
    pub fn audit_events(&self, keys: &AuditKeys) -> Result<Vec<AuditRow>> {
        self.read(|connection| {
            let mut found = BTreeMap::new();
            let mut collect = |mut rows: rusqlite::Rows<'_>| -> Result<()> {
                while let Some(row) = rows.next()? {
                    let row = parse(from_row(row)?)?;
                    found.insert((row.event.time_ns, row.audit_pk), row);
                }
                Ok(())
            };
            let mut by_trace =
                connection.prepare_cached("SELECT audit_pk, event FROM audit_event WHERE trace_id = ?1")?;
            for trace_id in &keys.trace_ids {
                collect(by_trace.query([trace_id.as_str()])?)?;
            }
            let mut by_request =
                connection.prepare_cached("SELECT audit_pk, event FROM audit_event WHERE request_id = ?1")?;
            for request_id in &keys.request_ids {
                collect(by_request.query([request_id])?)?;
            }
            let mut by_actor = connection.prepare_cached(
                "SELECT audit_pk, event FROM audit_event WHERE actor = ?1 AND time_ns BETWEEN ?2 AND ?3",
            )?;
            for (actor, from_ns, to_ns) in &keys.actors {
                collect(by_actor.query(params![actor, from_ns, to_ns])?)?;
            }
            Ok(found.into_values().collect())
        })
    }

    /// Every audit event, by time.
    pub fn audit_events_all(&self) -> Result<Vec<AuditRow>> {
        self.read(|connection| {
            let mut all = Vec::new();
            each(connection, &mut |row| {
                all.push(row);
                Ok(())
            })?;
            Ok(all)
        })
    }
}
