//! Votes: which of several takes somebody found the better one, with a note. Votes are only added and taken back, never
//! changed; of those on the same takes, in whatever order they were shown, the newest is in force.

use crate::error::Result;
use crate::migration::Migration;
use crate::rows::VoteRow;
use crate::table::batch::to_json;
use crate::table::job::value;
use crate::workspace::{Workspace, Write};
use retake_model::VoteChoice;
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-30-vote",
    sql: "
    CREATE TABLE vote(
        vote_pk INTEGER PRIMARY KEY,
        vote_id TEXT NOT NULL UNIQUE,
        at_ns INTEGER NOT NULL,
        question TEXT NOT NULL,
        takes TEXT NOT NULL,
        choice TEXT NOT NULL,
        winner TEXT,
        note TEXT,
        blind INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX vote_question ON vote(question, vote_pk);
    CREATE TABLE vote_take(
        take TEXT NOT NULL,
        vote_pk INTEGER NOT NULL REFERENCES vote(vote_pk) ON DELETE CASCADE,
        PRIMARY KEY(take, vote_pk)
    ) STRICT, WITHOUT ROWID;",
}];

const VOTE: &str = "vote_id, at_ns, takes, choice, winner, note, blind";
/// Votes that no later one on the same takes has replaced.
const IN_FORCE: &str = "vote_pk IN (SELECT max(vote_pk) FROM vote GROUP BY question)";

/// The same takes in another order are the same question.
fn question(takes: &[String]) -> String {
    let mut sorted: Vec<&str> = takes.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.join("\n")
}

impl Workspace {
    /// Adds a vote; durable.
    pub fn add_vote(&self, vote: &VoteRow) -> Result<()> {
        let takes = to_json(&vote.takes)?;
        self.write(Write::Durable, |tx, _| {
            tx.execute(
                "INSERT INTO vote(vote_id, at_ns, question, takes, choice, winner, note, blind)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    vote.vote_id,
                    vote.at_ns,
                    question(&vote.takes),
                    takes,
                    vote.choice.as_str(),
                    vote.winner,
                    vote.note,
                    vote.blind
                ],
            )?;
            let vote_pk = tx.last_insert_rowid();
            let mut statement = tx.prepare_cached("INSERT OR IGNORE INTO vote_take(take, vote_pk) VALUES(?1, ?2)")?;
            for take in &vote.takes {
                statement.execute(params![take, vote_pk])?;
            }
            Ok(())
        })
    }

    /// Takes the vote in force on these takes back; the one before it is in force again. False when there is none.
    pub fn undo_vote(&self, takes: &[String]) -> Result<bool> {
        self.write(Write::Durable, |tx, _| {
            let newest: Option<i64> = tx
                .prepare_cached("SELECT max(vote_pk) FROM vote WHERE question = ?1")?
                .query_row([question(takes)], |row| row.get(0))?;
            let Some(vote_pk) = newest else { return Ok(false) };
            tx.execute("DELETE FROM vote_take WHERE vote_pk = ?1", [vote_pk])?;
            tx.execute("DELETE FROM vote WHERE vote_pk = ?1", [vote_pk])?;
            Ok(true)
        })
    }

    /// The vote in force on exactly these takes.
    pub fn vote_on(&self, takes: &[String]) -> Result<Option<VoteRow>> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {VOTE} FROM vote WHERE question = ?1 ORDER BY vote_pk DESC LIMIT 1"
            ))?;
            Ok(statement.query_row([question(takes)], vote_from_row).optional()?)
        })
    }

    /// Votes in force that any of these takes stands in, newest first.
    pub fn votes_with(&self, takes: &[String]) -> Result<Vec<VoteRow>> {
        let wanted = to_json(&takes)?;
        self.read(|connection| {
            let with = "vote_pk IN (SELECT vote_pk FROM vote_take WHERE take IN (SELECT value FROM json_each(?1)))";
            read_votes(connection, with, &wanted)
        })
    }

    /// Votes in force on takes of a run, newest first.
    pub fn votes_of_run(&self, run_id: &str) -> Result<Vec<VoteRow>> {
        self.read(|connection| {
            let of_run = "vote_pk IN (SELECT vote_take.vote_pk FROM take
                          JOIN vote_take ON vote_take.take = take.take_id WHERE take.run_id = ?1)";
            read_votes(connection, of_run, run_id)
        })
    }
}

fn read_votes(connection: &Connection, which: &str, of: &str) -> Result<Vec<VoteRow>> {
    let mut statement = connection
        .prepare_cached(&format!("SELECT {VOTE} FROM vote WHERE {which} AND {IN_FORCE} ORDER BY vote_pk DESC"))?;
    let rows = statement.query_map([of], vote_from_row)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn vote_from_row(row: &Row<'_>) -> rusqlite::Result<VoteRow> {
    let takes = value(row, 2)?;
    Ok(VoteRow {
        vote_id: row.get(0)?,
        at_ns: row.get(1)?,
        takes: takes.as_array().into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect(),
        choice: VoteChoice::parse(row.get_ref(3)?.as_str()?).unwrap_or(VoteChoice::Tie),
        winner: row.get(4)?,
        note: row.get(5)?,
        blind: row.get(6)?,
    })
}
