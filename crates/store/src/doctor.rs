//! Checks of the file: pages, references between rows, the text index, and that every text is counted as often as it is
//! needed.

use crate::blob;
use crate::error::{Result, StoreError};
use crate::recipe;
use crate::rows::Check;
use crate::table::{message, span};
use crate::workspace::Workspace;
use crate::{pack, project, rest};
use retake_model::counted;
use rusqlite::Connection;
use std::collections::BTreeMap;

impl Workspace {
    /// Checks the file: integrity, foreign keys, text index, references to texts.
    pub fn doctor(&self) -> Result<Vec<Check>> {
        let mut checks = self.read_afresh(|connection| {
            let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            Ok(vec![
                check("version", true, format!("the workspace has version {version}"), ""),
                integrity(connection)?,
                foreign_keys(connection)?,
                text_references(connection)?,
            ])
        })?;
        checks.push(self.text_index()?);
        Ok(checks)
    }

    /// The index checks itself by a statement that has the form of a write.
    fn text_index(&self) -> Result<Check> {
        let outcome = self.write_afresh(|connection| {
            Ok(connection.execute("INSERT INTO text_fts(text_fts, rank) VALUES('integrity-check', 0)", [])?)
        });
        let (ok, message) = match outcome {
            Ok(_) => (true, "the text index is whole".to_owned()),
            Err(StoreError::Locked(path)) => return Err(StoreError::Locked(path)),
            Err(error) => (false, format!("the text index is damaged: {error}")),
        };
        Ok(check("text_index", ok, message, "Undo and import again the batches of this workspace."))
    }
}

fn check(id: &str, ok: bool, message: String, hint: &str) -> Check {
    Check { id: id.to_owned(), ok, message, hint: (!ok).then(|| hint.to_owned()) }
}

fn integrity(connection: &Connection) -> Result<Check> {
    let mut statement = connection.prepare("PRAGMA integrity_check(10)")?;
    let rows: rusqlite::Result<Vec<String>> = statement.query_map([], |row| row.get(0))?.collect();
    let (ok, message) = match rows {
        Ok(rows) if rows == ["ok"] => (true, "every page is whole".to_owned()),
        Ok(rows) => (false, rows.join("; ")),
        Err(error) => (false, error.to_string()),
    };
    Ok(check("integrity", ok, message, "Restore the backup beside the workspace."))
}

fn foreign_keys(connection: &Connection) -> Result<Check> {
    let mut statement = connection.prepare("PRAGMA foreign_key_check")?;
    let broken: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let message = if broken.is_empty() {
        "every row that is referred to is there".to_owned()
    } else {
        format!("references to missing rows: {}, in: {}", broken.len(), distinct(broken.clone()).join(", "))
    };
    Ok(check("foreign_keys", broken.is_empty(), message, "Restore the backup beside the workspace."))
}

fn distinct(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all.dedup();
    all
}

/// Counts anew who needs each text, and compares.
fn text_references(connection: &Connection) -> Result<Check> {
    let needed = match needed_texts(connection) {
        Ok(needed) => needed,
        Err(error) => {
            let message = format!("records cannot be read: {error}");
            return Ok(check("text_references", false, message, "Restore the backup beside the workspace."));
        }
    };
    let mut statement = connection.prepare("SELECT text_id, n_uses FROM text_use")?;
    let uses: BTreeMap<i64, i64> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare("SELECT text_id FROM text")?;
    let there: BTreeMap<i64, ()> =
        statement.query_map([], |row| Ok((row.get(0)?, ())))?.collect::<rusqlite::Result<_>>()?;
    let miscounted = needed.iter().filter(|(id, n)| uses.get(id) != Some(n)).count()
        + uses.keys().filter(|id| !needed.contains_key(id)).count();
    let missing = needed.keys().filter(|id| !there.contains_key(id)).count();
    let unneeded = there.keys().filter(|id| !needed.contains_key(id)).count();
    let ok = miscounted + missing + unneeded == 0;
    let message = if ok {
        format!("{} kept once each", counted(there.len(), "text"))
    } else {
        format!("texts missing: {missing}, not needed: {unneeded}, counted wrongly: {miscounted}")
    };
    Ok(check("text_references", ok, message, "Undo and import again the batches of this workspace."))
}

fn needed_texts(connection: &Connection) -> Result<BTreeMap<i64, i64>> {
    let mut needed: BTreeMap<i64, i64> = BTreeMap::new();
    let mut statement = connection.prepare("SELECT message_id FROM message")?;
    for message_id in statement.query_map([], |row| row.get(0))? {
        for text_id in message::used_texts(connection, message_id?)? {
            *needed.entry(text_id).or_default() += 1;
        }
    }
    let mut statement = connection.prepare("SELECT text_id FROM document WHERE text_id IS NOT NULL")?;
    for text_id in statement.query_map([], |row| row.get(0))? {
        *needed.entry(text_id?).or_default() += 1;
    }
    for sql in ["SELECT body FROM fact", "SELECT rest FROM span_rest"] {
        let mut statement = connection.prepare(sql)?;
        for blob in statement.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
            for text_id in recipe::uses(&blob::unpack(connection, &blob?)?)? {
                *needed.entry(text_id).or_default() += 1;
            }
        }
    }
    span::each_row(connection, &mut |row| {
        let Some(packed) = span::rest(connection, row.span_pk)? else { return Ok(()) };
        let full = rest::from_json(&pack::unpack(connection, &packed)?)?;
        let has_messages = row.context_in.is_some() || row.context_out.is_some();
        for text in project::own_texts(&full, has_messages) {
            if let Some(text_id) = crate::table::text::find(connection, text)? {
                *needed.entry(text_id).or_default() += 1;
            }
        }
        Ok(())
    })?;
    Ok(needed)
}
