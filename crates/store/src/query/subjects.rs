//! What the analysis asks for before it reads traces: which can have findings, whose data there is, where documents came up.

use crate::error::Result;
use crate::query::ids;
use crate::rollup::known;
use crate::table::span::{self, bit};
use crate::table::{document, name};
use crate::workspace::Workspace;
use retake_model::{Document, Id};
use rusqlite::params;
use std::collections::BTreeSet;

/// Flags of the spans that a finding can be about.
const SUBJECTS: i64 = bit::TOOL | bit::DOCUMENT;

impl Workspace {
    /// Those of some traces in which anything can be found: they have documents or tools, or findings or joined audit
    /// events from before.
    pub fn with_subjects(&self, traces: &[Id]) -> Result<Vec<Id>> {
        self.read(|connection| {
            let mut has = connection.prepare_cached(
                "SELECT EXISTS(SELECT 1 FROM span WHERE trace_pk = ?1 AND bits & ?2 != 0)
                 OR EXISTS(SELECT 1 FROM finding WHERE trace_pk = ?1)
                 OR EXISTS(SELECT 1 FROM audit_join WHERE trace_pk = ?1)",
            )?;
            let mut found = Vec::new();
            for trace_id in traces {
                for trace_pk in ids::trace_pks(connection, trace_id)? {
                    if has.query_row([trace_pk, SUBJECTS], |row| row.get(0))? {
                        found.push(trace_id.clone());
                    }
                }
            }
            Ok(found)
        })
    }

    /// All traces in which anything can be found.
    pub fn all_with_subjects(&self) -> Result<Vec<Id>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT trace_key FROM trace WHERE trace_pk IN (
                     SELECT trace_pk FROM span WHERE bits & ?1 != 0
                     UNION SELECT trace_pk FROM finding UNION SELECT trace_pk FROM audit_join)",
            )?;
            let keys = statement.query_map([SUBJECTS], |row| row.get::<_, Vec<u8>>(0))?;
            Ok(keys.map(|key| key.map(|key| span::id_of_key(&key))).collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Tenants that spans name.
    pub fn tenants(&self) -> Result<Vec<String>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT DISTINCT shape_id FROM span WHERE bits & ?1 != 0")?;
            let shapes: Vec<i64> =
                statement.query_map([bit::LISTED], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            let mut names = BTreeSet::new();
            for shape_id in shapes {
                names.insert(span::shape(connection, shape_id)?.tenant);
            }
            let mut tenants = Vec::new();
            for name_id in names {
                tenants.extend(name::text(connection, known(name_id))?);
            }
            Ok(tenants)
        })
    }

    /// Hands over every distinct document that retrievals have shown, without its content.
    pub fn each_document(&self, each: &mut dyn FnMut(Document)) -> Result<()> {
        self.read(|connection| document::each_about(connection, each))
    }

    /// (trace, span) of all spans with documents; `None` when there are more than `limit`.
    pub fn spans_with_documents(&self, limit: usize) -> Result<Option<Vec<(Id, Id)>>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT trace_key, span_key FROM span JOIN trace USING(trace_pk)
                 WHERE bits & ?1 != 0 AND bits & ?2 != 0 ORDER BY span_pk LIMIT ?3",
            )?;
            let rows = statement.query_map(
                params![bit::DOCUMENT, bit::LISTED, i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1)],
                |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)),
            )?;
            let mut found = Vec::new();
            for row in rows {
                let (trace_key, span_key) = row?;
                found.push((span::id_of_key(&trace_key), span::id_of_key(&span_key)));
            }
            Ok((found.len() <= limit).then_some(found))
        })
    }
}
