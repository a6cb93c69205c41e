//! Connections: named ways to a provider. Keys are never here.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::rows::ConnectionRow;
use crate::workspace::{Workspace, Write};
use rusqlite::params;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-connection",
    sql: "CREATE TABLE connection(name TEXT PRIMARY KEY, kind TEXT NOT NULL, base_url TEXT NOT NULL) STRICT, WITHOUT ROWID;",
}];

impl Workspace {
    /// Adds or replaces a connection.
    pub fn set_connection(&self, row: &ConnectionRow) -> Result<()> {
        self.write(Write::Interactive, |tx, _| {
            tx.execute(
                "INSERT OR REPLACE INTO connection(name, kind, base_url) VALUES(?1, ?2, ?3)",
                params![row.name, row.kind, row.base_url],
            )?;
            Ok(())
        })
    }

    /// All connections by name.
    pub fn connections(&self) -> Result<Vec<ConnectionRow>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT name, kind, base_url FROM connection ORDER BY name")?;
            let rows = statement.query_map([], |row| {
                Ok(ConnectionRow { name: row.get(0)?, kind: row.get(1)?, base_url: row.get(2)? })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Removes one; `ConnectionUnknown` if there is none.
    pub fn remove_connection(&self, name: &str) -> Result<()> {
        self.write(Write::Interactive, |tx, _| match tx.execute("DELETE FROM connection WHERE name = ?1", [name])? {
            0 => Err(StoreError::ConnectionUnknown(name.to_owned())),
            _ => Ok(()),
        })
    }
}
