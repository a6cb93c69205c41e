//! Leases: a name that one living process holds (a run that streams, a migration), so that two resumes never pay twice.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::workspace::{Workspace, Write};
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-lease",
    sql: "CREATE TABLE lease(
        name TEXT PRIMARY KEY,
        pid INTEGER NOT NULL,
        heartbeat_ns INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;",
}];

/// Where a process cannot be asked for, a holder that was silent for so long is taken for dead.
const SILENT_NS: i64 = 30_000_000_000;

impl Workspace {
    /// Takes the lease `name` for this process; `LeaseHeld` while another living one has it.
    pub fn lease(&self, name: &str, now_ns: i64) -> Result<()> {
        let own = i64::from(std::process::id());
        self.write(Write::Durable, |tx, _| {
            if let Some((pid, heartbeat_ns)) = holder(tx, name)?
                && pid != own
                && holds(pid, heartbeat_ns, now_ns)
            {
                return Err(StoreError::LeaseHeld(name.to_owned()));
            }
            tx.execute(
                "INSERT OR REPLACE INTO lease(name, pid, heartbeat_ns) VALUES(?1, ?2, ?3)",
                params![name, own, now_ns],
            )?;
            Ok(())
        })
    }

    /// Renews it.
    pub fn heartbeat(&self, name: &str, now_ns: i64) -> Result<()> {
        self.write(Write::Interactive, |tx, _| {
            tx.execute(
                "UPDATE lease SET heartbeat_ns = ?3 WHERE name = ?1 AND pid = ?2",
                params![name, std::process::id(), now_ns],
            )?;
            Ok(())
        })
    }

    /// Gives it back.
    pub fn release(&self, name: &str) -> Result<()> {
        self.write(Write::Interactive, |tx, _| {
            tx.execute("DELETE FROM lease WHERE name = ?1 AND pid = ?2", params![name, std::process::id()])?;
            Ok(())
        })
    }
}

/// (pid, heartbeat) of the holder.
pub(crate) fn holder(connection: &Connection, name: &str) -> Result<Option<(i64, i64)>> {
    let mut statement = connection.prepare_cached("SELECT pid, heartbeat_ns FROM lease WHERE name = ?1")?;
    Ok(statement.query_row([name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

/// Whether a living process holds any lease.
pub(crate) fn any_is_held(connection: &Connection) -> Result<bool> {
    let mut statement = connection.prepare_cached("SELECT DISTINCT pid FROM lease")?;
    let pids: Vec<i64> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(pids.into_iter().any(is_alive))
}

/// Whether a holder still holds. A process that cannot be found is dead at once; where that cannot be told, silence decides.
pub(crate) fn holds(pid: i64, heartbeat_ns: i64, now_ns: i64) -> bool {
    if cfg!(target_os = "linux") { is_alive(pid) } else { now_ns - heartbeat_ns < SILENT_NS }
}

/// Whether the process is there. Where it cannot be told, it is.
pub(crate) fn is_alive(pid: i64) -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    // The state follows the name, which stands in parentheses and may hold anything. A zombie has ended.
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
