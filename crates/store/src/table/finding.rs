//! Findings: derived, replaced as a whole for a trace whenever the analysis looks at it again.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::rows::Judged;
use crate::table::{audit, span};
use crate::workspace::{Workspace, Write};
use retake_model::{Decision, Finding, FindingCode, Id};
use retake_query::Query;
use rusqlite::{Connection, params};
use std::cmp::Reverse;
use std::collections::HashMap;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-finding",
    sql: "
    CREATE TABLE finding(
        trace_pk INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        span_pk INTEGER,
        code TEXT NOT NULL,
        finding TEXT NOT NULL,
        PRIMARY KEY(trace_pk, idx)
    ) STRICT, WITHOUT ROWID;",
}];

/// (trace, span, code) of every finding.
pub(crate) fn codes(connection: &Connection) -> Result<Vec<(i64, Option<i64>, FindingCode)>> {
    let mut statement = connection.prepare_cached("SELECT trace_pk, span_pk, code FROM finding")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)))?;
    let mut codes = Vec::new();
    for row in rows {
        let (trace_pk, span_pk, code) = row?;
        if let Some(code) = FindingCode::parse(&code) {
            codes.push((trace_pk, span_pk, code));
        }
    }
    Ok(codes)
}

/// Findings of a trace, in the order in which they were written.
pub(crate) fn of_trace(connection: &Connection, trace_pk: i64) -> Result<Vec<Finding>> {
    let mut statement = connection.prepare_cached("SELECT finding FROM finding WHERE trace_pk = ?1 ORDER BY idx")?;
    let rows = statement.query_map([trace_pk], |row| row.get::<_, String>(0))?;
    rows.map(|text| {
        serde_json::from_str(&text?)
            .map_err(|error| StoreError::Damaged { path: Default::default(), why: error.to_string() })
    })
    .collect()
}

/// Forgets the findings of a trace.
pub(crate) fn remove(connection: &Connection, trace_pk: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM finding WHERE trace_pk = ?1")?.execute([trace_pk])?;
    Ok(())
}

/// Writes what was judged of a trace, if it is not what stands there: a trace that is written is loaded anew by whoever
/// shows it.
fn replace(connection: &Connection, trace_pk: i64, judged: &Judged) -> Result<()> {
    let had_joins = audit::joins_of(connection, trace_pk)?;
    let had = of_trace(connection, trace_pk)?;
    if had_joins.is_empty() && judged.joined.is_empty() && had.is_empty() && judged.findings.is_empty() {
        return Ok(());
    }
    let spans = span::rows_of_trace(connection, trace_pk)?;
    let span_pk = |id: &Option<Id>| {
        let id = id.as_ref()?;
        spans.iter().find(|span| span.span_id() == *id).map(|span| span.span_pk)
    };
    let joins: Vec<(Option<i64>, Decision)> =
        judged.joined.iter().map(|(span_id, decision)| (span_pk(span_id), *decision)).collect();
    if had == judged.findings && had_joins == joins {
        return Ok(());
    }
    audit::set_joins(connection, trace_pk, &joins)?;
    remove(connection, trace_pk)?;
    for (idx, finding) in judged.findings.iter().enumerate() {
        connection
            .prepare_cached("INSERT INTO finding(trace_pk, idx, span_pk, code, finding) VALUES(?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                trace_pk,
                idx as i64,
                span_pk(&Some(finding.span_id.clone())),
                finding.code.as_str(),
                crate::table::batch::to_json(finding)?
            ])?;
    }
    crate::append::touch_trace(connection, trace_pk)
}

impl Workspace {
    /// Findings of the traces that match, most severe first, then newest trace first.
    pub fn findings(&self, query: &Query) -> Result<Vec<Finding>> {
        let ranks: HashMap<Id, usize> =
            self.traces_matching(query)?.into_iter().enumerate().map(|(rank, id)| (id, rank)).collect();
        self.read(|connection| {
            // Few traces have findings, many may match: go by the few.
            let mut statement = connection.prepare_cached("SELECT DISTINCT trace_pk FROM finding")?;
            let found: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            let mut ranked = Vec::new();
            for trace_pk in found {
                for finding in of_trace(connection, trace_pk)? {
                    ranked.extend(ranks.get(&finding.trace_id).map(|rank| (*rank, finding)));
                }
            }
            ranked.sort_by_key(|(rank, finding)| (Reverse(finding.severity), *rank));
            Ok(ranked.into_iter().map(|(_, finding)| finding).collect())
        })
    }

    /// Findings of one trace.
    pub fn findings_of_trace(&self, trace_id: &Id) -> Result<Vec<Finding>> {
        self.read(|connection| {
            let mut all = Vec::new();
            for trace_pk in crate::query::ids::trace_pks(connection, trace_id)? {
                all.extend(of_trace(connection, trace_pk)?);
            }
            Ok(all)
        })
    }

    /// Puts what was judged of some traces in place of what stands there.
    pub fn replace_judged(&self, judged: &[Judged]) -> Result<()> {
        for slice in judged.chunks(200) {
            self.write(Write::Bulk, |tx, _| {
                for judged in slice {
                    for trace_pk in crate::query::ids::trace_pks(tx, &judged.trace_id)? {
                        replace(tx, trace_pk, judged)?;
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}
