//! Settings, the policy's text, saved views.

use crate::error::Result;
use crate::migration::Migration;
use crate::rows::ViewRow;
use crate::workspace::{Workspace, Write};
use rusqlite::{OptionalExtension, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-setting",
    sql: "
    CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE view(name TEXT PRIMARY KEY, query TEXT NOT NULL, sort TEXT NOT NULL) STRICT, WITHOUT ROWID;",
}];

const POLICY: &str = "policy";

impl Workspace {
    /// Sets the policy's text (`None` clears).
    pub fn set_policy(&self, text: Option<&str>) -> Result<()> {
        self.set_setting(POLICY, text)
    }

    /// The policy's text.
    pub fn policy(&self) -> Result<Option<String>> {
        self.setting(POLICY)
    }

    /// A setting.
    pub fn setting(&self, key: &str) -> Result<Option<String>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT value FROM setting WHERE key = ?1")?;
            Ok(statement.query_row([key], |row| row.get(0)).optional()?)
        })
    }

    /// Sets a setting (`None` removes).
    pub fn set_setting(&self, key: &str, value: Option<&str>) -> Result<()> {
        self.write(Write::Interactive, |tx, _| {
            match value {
                Some(value) => {
                    tx.execute("INSERT OR REPLACE INTO setting(key, value) VALUES(?1, ?2)", params![key, value])?
                }
                None => tx.execute("DELETE FROM setting WHERE key = ?1", [key])?,
            };
            Ok(())
        })
    }

    /// Saved views by name.
    pub fn views(&self) -> Result<Vec<ViewRow>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT name, query, sort FROM view ORDER BY name")?;
            let rows = statement
                .query_map([], |row| Ok(ViewRow { name: row.get(0)?, query: row.get(1)?, sort: row.get(2)? }))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Adds or replaces a saved view.
    pub fn set_view(&self, row: &ViewRow) -> Result<()> {
        self.write(Write::Interactive, |tx, _| {
            tx.execute(
                "INSERT OR REPLACE INTO view(name, query, sort) VALUES(?1, ?2, ?3)",
                params![row.name, row.query, row.sort],
            )?;
            Ok(())
        })
    }

    /// Removes a saved view.
    pub fn remove_view(&self, name: &str) -> Result<()> {
        self.write(Write::Interactive, |tx, _| {
            tx.execute("DELETE FROM view WHERE name = ?1", [name])?;
            Ok(())
        })
    }
}
