//! Price tables that were imported, as JSON text with their date.

use crate::error::Result;
use crate::migration::Migration;
use crate::rows::PricingRow;
use crate::workspace::{Workspace, Write};
use rusqlite::params;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-pricing",
    sql: "CREATE TABLE pricing(
        date TEXT NOT NULL,
        source TEXT NOT NULL,
        json TEXT NOT NULL,
        PRIMARY KEY(date, source)
    ) STRICT, WITHOUT ROWID;",
}];

impl Workspace {
    /// Adds or replaces a price table of a date and source.
    pub fn set_pricing(&self, row: &PricingRow) -> Result<()> {
        self.write(Write::Interactive, |tx, _| {
            tx.execute(
                "INSERT OR REPLACE INTO pricing(date, source, json) VALUES(?1, ?2, ?3)",
                params![row.date, row.source, row.json],
            )?;
            Ok(())
        })
    }

    /// All price tables by date.
    pub fn pricing(&self) -> Result<Vec<PricingRow>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT date, source, json FROM pricing ORDER BY date, source")?;
            let rows = statement
                .query_map([], |row| Ok(PricingRow { date: row.get(0)?, source: row.get(1)?, json: row.get(2)? }))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
