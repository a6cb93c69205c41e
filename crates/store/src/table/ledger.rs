//! The ledger: what was sent to where. Rows are only ever added.

use crate::error::Result;
use crate::migration::Migration;
use crate::rows::LedgerRow;
use crate::workspace::{Workspace, Write};
use rusqlite::params;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-ledger",
    sql: "CREATE TABLE ledger(
        ledger_pk INTEGER PRIMARY KEY,
        at_ns INTEGER NOT NULL,
        destination TEXT NOT NULL,
        why TEXT NOT NULL,
        bytes_sent INTEGER NOT NULL,
        bytes_received INTEGER NOT NULL,
        take_id TEXT
    ) STRICT;",
}];

impl Workspace {
    /// Writes what was sent to where; durable.
    pub fn append_ledger(&self, row: &LedgerRow) -> Result<()> {
        self.write(Write::Durable, |tx, _| {
            tx.execute(
                "INSERT INTO ledger(at_ns, destination, why, bytes_sent, bytes_received, take_id)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                params![row.at_ns, row.destination, row.why, row.bytes_sent, row.bytes_received as i64, row.take_id],
            )?;
            Ok(())
        })
    }

    /// Newest rows first.
    pub fn ledger(&self, limit: usize) -> Result<Vec<LedgerRow>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT at_ns, destination, why, bytes_sent, bytes_received, take_id
                 FROM ledger ORDER BY ledger_pk DESC LIMIT ?1",
            )?;
            let rows = statement.query_map([limit as i64], |row| {
                Ok(LedgerRow {
                    at_ns: row.get(0)?,
                    destination: row.get(1)?,
                    why: row.get(2)?,
                    bytes_sent: row.get(3)?,
                    bytes_received: row.get::<_, i64>(4)?.unsigned_abs(),
                    take_id: row.get(5)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
