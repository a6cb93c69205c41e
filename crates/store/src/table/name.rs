//! Short texts that many rows share (tenants, models, names of spans, …), as integers of this workspace.
//! Names are never removed: they are few, and a result set may hold their integers.

use crate::error::Result;
use crate::migration::Migration;
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::RefCell;
use std::collections::HashMap;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-name",
    sql: "CREATE TABLE name(name_id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;",
}];

/// Looked-up names, of one writer or one snapshot.
#[derive(Debug, Default)]
pub(crate) struct NameCache {
    ids: HashMap<String, i64>,
    /// Names of the running transaction that do not stand in the text index yet.
    fresh: Vec<(i64, String)>,
}

impl NameCache {
    pub(crate) fn clear(&mut self) {
        self.ids.clear();
        self.fresh.clear();
    }

    /// Hands over the names that are new, for the text index.
    pub(crate) fn take_fresh(&mut self) -> Vec<(i64, String)> {
        std::mem::take(&mut self.fresh)
    }

    /// Look up or insert.
    pub(crate) fn id(&mut self, connection: &Connection, text: &str) -> Result<i64> {
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        let found = find(connection, text)?;
        let id = match found {
            Some(id) => id,
            None => {
                connection.prepare_cached("INSERT INTO name(text) VALUES(?1)")?.execute([text])?;
                let id = connection.last_insert_rowid();
                self.fresh.push((id, text.to_owned()));
                id
            }
        };
        if self.ids.len() > 100_000 {
            self.ids.clear();
        }
        self.ids.insert(text.to_owned(), id);
        Ok(id)
    }

    /// Look up or insert, if there is something.
    pub(crate) fn id_of(&mut self, connection: &Connection, text: Option<&str>) -> Result<Option<i64>> {
        text.map(|text| self.id(connection, text)).transpose()
    }
}

/// The id of a name that is already there.
pub(crate) fn find(connection: &Connection, text: &str) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT name_id FROM name WHERE text = ?1")?;
    Ok(statement.query_row([text], |row| row.get(0)).optional()?)
}

/// The text of a name.
pub(crate) fn text(connection: &Connection, name_id: Option<i64>) -> Result<Option<String>> {
    let Some(name_id) = name_id else { return Ok(None) };
    let mut statement = connection.prepare_cached("SELECT text FROM name WHERE name_id = ?1")?;
    Ok(statement.query_row(params![name_id], |row| row.get(0)).optional()?)
}

/// Names that a reader looked up: the spans of a trace share nearly all of theirs.
pub(crate) struct Texts<'a> {
    connection: &'a Connection,
    known: RefCell<HashMap<i64, String>>,
}

impl<'a> Texts<'a> {
    /// Nothing looked up yet.
    pub(crate) fn new(connection: &'a Connection) -> Self {
        Self { connection, known: RefCell::default() }
    }

    /// The text of a name.
    pub(crate) fn text(&self, name_id: Option<i64>) -> Result<Option<String>> {
        let Some(name_id) = name_id else { return Ok(None) };
        if let Some(known) = self.known.borrow().get(&name_id) {
            return Ok(Some(known.clone()));
        }
        let found = text(self.connection, Some(name_id))?;
        if let Some(found) = &found {
            self.known.borrow_mut().insert(name_id, found.clone());
        }
        Ok(found)
    }
}
