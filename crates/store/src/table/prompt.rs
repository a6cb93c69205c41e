//! Prompts: immutable versions that count from 1, labels that move, and the history of their moves.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::rows::{LabelMove, PromptVersionRow};
use crate::workspace::{Workspace, Write};
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-prompt",
    sql: "
    CREATE TABLE prompt_version(
        name TEXT NOT NULL,
        version INTEGER NOT NULL CHECK(version >= 1),
        hash TEXT NOT NULL,
        text TEXT NOT NULL,
        created_ns INTEGER NOT NULL,
        PRIMARY KEY(name, version),
        UNIQUE(name, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE label_move(
        move_pk INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        label TEXT NOT NULL,
        from_version INTEGER,
        to_version INTEGER,
        at_ns INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX label_move_name ON label_move(name, label);",
}];

impl Workspace {
    /// Adds a version, under the next number or one above all others. A text that a version of this prompt already has makes
    /// none: that version is given back. `None` when the number is not above those that are there.
    pub fn add_prompt_version(
        &self,
        name: &str,
        text: &str,
        number: Option<u32>,
        at_ns: i64,
    ) -> Result<Option<PromptVersionRow>> {
        let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
        self.write(Write::Durable, |tx, _| {
            let known: Option<u32> = tx
                .query_row(
                    "SELECT version FROM prompt_version WHERE name = ?1 AND hash = ?2",
                    params![name, hash],
                    |row| row.get(0),
                )
                .optional()?;
            let version = match known {
                Some(version) => version,
                None => {
                    let next: u32 = tx.query_row(
                        "SELECT coalesce(max(version), 0) + 1 FROM prompt_version WHERE name = ?1",
                        [name],
                        |row| row.get(0),
                    )?;
                    let version = number.unwrap_or(next);
                    if version < next {
                        return Ok(None);
                    }
                    tx.execute(
                        "INSERT INTO prompt_version(name, version, hash, text, created_ns) VALUES(?1, ?2, ?3, ?4, ?5)",
                        params![name, version, hash, text, at_ns],
                    )?;
                    version
                }
            };
            read_version(tx, name, version).map(Some)
        })
    }

    /// All versions of all prompts, by name and version.
    pub fn prompts(&self) -> Result<Vec<PromptVersionRow>> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT name, version FROM prompt_version ORDER BY name, version")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)))?;
            rows.map(|row| {
                row.map_err(StoreError::from).and_then(|(name, version)| read_version(connection, &name, version))
            })
            .collect()
        })
    }

    /// A version by its number or a label.
    pub fn prompt_version(&self, name: &str, version_or_label: &str) -> Result<PromptVersionRow> {
        self.read(|connection| {
            let unknown = || StoreError::PromptUnknown(format!("{name}@{version_or_label}"));
            // A label that looks like a number stands behind the number.
            if let Ok(version) = version_or_label.parse::<u32>()
                && has_version(connection, name, version)?
            {
                return read_version(connection, name, version);
            }
            let version = standing(connection, name, version_or_label)?.ok_or_else(unknown)?;
            read_version(connection, name, version)
        })
    }

    /// Puts a label on a version.
    pub fn set_label(&self, name: &str, label: &str, version: u32, at_ns: i64) -> Result<LabelMove> {
        self.write(Write::Durable, |tx, _| {
            if !has_version(tx, name, version)? {
                return Err(StoreError::PromptUnknown(format!("{name}@{version}")));
            }
            let from_version = standing(tx, name, label)?;
            move_label(
                tx,
                LabelMove {
                    name: name.to_owned(),
                    label: label.to_owned(),
                    from_version,
                    to_version: Some(version),
                    at_ns,
                },
            )
        })
    }

    /// Moves of the labels of a prompt, newest first.
    pub fn label_moves(&self, name: &str) -> Result<Vec<LabelMove>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT name, label, from_version, to_version, at_ns FROM label_move WHERE name = ?1
                 ORDER BY move_pk DESC",
            )?;
            let rows = statement.query_map([name], |row| {
                Ok(LabelMove {
                    name: row.get(0)?,
                    label: row.get(1)?,
                    from_version: row.get(2)?,
                    to_version: row.get(3)?,
                    at_ns: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

fn has_version(connection: &Connection, name: &str, version: u32) -> Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM prompt_version WHERE name = ?1 AND version = ?2")?;
    Ok(statement.exists(params![name, version])?)
}

fn read_version(connection: &Connection, name: &str, version: u32) -> Result<PromptVersionRow> {
    let mut statement = connection
        .prepare_cached("SELECT hash, text, created_ns FROM prompt_version WHERE name = ?1 AND version = ?2")?;
    let (hash, text, created_ns) =
        statement.query_row(params![name, version], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let mut labels =
        connection.prepare_cached("SELECT DISTINCT label FROM label_move WHERE name = ?1 ORDER BY label")?;
    let all: Vec<String> = labels.query_map([name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut standing_here = Vec::new();
    for label in all {
        if standing(connection, name, &label)? == Some(version) {
            standing_here.push(label);
        }
    }
    Ok(PromptVersionRow { name: name.to_owned(), version, hash, text, created_ns, labels: standing_here })
}

/// Where a label stands.
fn standing(connection: &Connection, name: &str, label: &str) -> Result<Option<u32>> {
    let mut statement = connection.prepare_cached(
        "SELECT to_version FROM label_move WHERE name = ?1 AND label = ?2 ORDER BY move_pk DESC LIMIT 1",
    )?;
    Ok(statement.query_row([name, label], |row| row.get(0)).optional()?.flatten())
}

fn move_label(connection: &Connection, label: LabelMove) -> Result<LabelMove> {
    if label.from_version != label.to_version {
        connection.execute(
            "INSERT INTO label_move(name, label, from_version, to_version, at_ns) VALUES(?1, ?2, ?3, ?4, ?5)",
            params![label.name, label.label, label.from_version, label.to_version, label.at_ns],
        )?;
    }
    Ok(label)
}
