//! Facts and claims: the records as they came and which batch brought them. A fact belongs to an owner: a span
//! (its key) or an entity of the `entity` table (minus its key). A fact without a claim goes.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use retake_model::{EntityKey, FactKind, FactRank};
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-fact",
    sql: "
    CREATE TABLE entity(entity_pk INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE) STRICT;
    CREATE TABLE fact_source(
        source_id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        rank INTEGER NOT NULL,
        format TEXT NOT NULL,
        mapping TEXT NOT NULL,
        UNIQUE(kind, rank, format, mapping)
    ) STRICT;
    CREATE TABLE fact(
        fact_pk INTEGER PRIMARY KEY,
        owner INTEGER NOT NULL,
        content_hash BLOB NOT NULL,
        source_id INTEGER NOT NULL REFERENCES fact_source(source_id),
        updated_ns INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX fact_owner ON fact(owner);
    CREATE TABLE record(key BLOB PRIMARY KEY, fact_pk INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX record_fact ON record(fact_pk);
    CREATE TABLE claim(
        fact_pk INTEGER NOT NULL REFERENCES fact(fact_pk),
        batch_pk INTEGER NOT NULL REFERENCES batch(batch_pk),
        file_pk INTEGER NOT NULL,
        byte_offset INTEGER NOT NULL,
        PRIMARY KEY(fact_pk, batch_pk)
    ) STRICT, WITHOUT ROWID;",
}];

/// Where a kind of fact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FactSource {
    pub kind: FactKind,
    pub rank: FactRank,
    pub format: String,
    /// Text of the mapping file, empty without one.
    pub mapping: String,
}

/// A fact without its body.
#[derive(Debug, Clone)]
pub(crate) struct FactHead {
    pub fact_pk: i64,
    pub content_hash: [u8; 16],
    pub source: FactSource,
    pub updated_ns: i64,
}

/// By their numbers in the table: new ones come last.
const KINDS: [FactKind; 7] = [
    FactKind::Span,
    FactKind::LogRecord,
    FactKind::Exchange,
    FactKind::AuditEvent,
    FactKind::Score,
    FactKind::Rejected,
    FactKind::RejectedPart,
];
const RANKS: [FactRank; 3] = [FactRank::Summary, FactRank::FullExport, FactRank::VerbatimBody];

fn position<T: PartialEq>(all: &[T], one: &T) -> i64 {
    all.iter().position(|other| other == one).map_or(-1, |at| at as i64)
}

/// Look up or insert.
pub(crate) fn source_id(connection: &Connection, source: &FactSource) -> Result<i64> {
    let values = params![position(&KINDS, &source.kind), position(&RANKS, &source.rank), source.format, source.mapping];
    let found = connection
        .prepare_cached(
            "SELECT source_id FROM fact_source WHERE kind = ?1 AND rank = ?2 AND format = ?3 AND mapping = ?4",
        )?
        .query_row(values, |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    connection
        .prepare_cached("INSERT INTO fact_source(kind, rank, format, mapping) VALUES(?1, ?2, ?3, ?4)")?
        .execute(values)?;
    Ok(connection.last_insert_rowid())
}

/// Key of an entity that is no span, if it is there.
pub(crate) fn find_entity(connection: &Connection, key: &EntityKey) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT entity_pk FROM entity WHERE key = ?1")?;
    Ok(statement.query_row([key.0.as_slice()], |row| row.get(0)).optional()?)
}

/// Adds an entity that is no span.
pub(crate) fn add_entity(connection: &Connection, key: &EntityKey) -> Result<i64> {
    connection.prepare_cached("INSERT INTO entity(key) VALUES(?1)")?.execute([key.0.as_slice()])?;
    Ok(connection.last_insert_rowid())
}

/// The fact of an owner with this content.
pub(crate) fn find(connection: &Connection, owner: i64, content_hash: &[u8; 16]) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT fact_pk FROM fact WHERE owner = ?1 AND content_hash = ?2")?;
    Ok(statement.query_row(params![owner, content_hash.as_slice()], |row| row.get(0)).optional()?)
}

/// Adds a fact.
pub(crate) fn add(
    connection: &Connection,
    owner: i64,
    content_hash: &[u8; 16],
    source_id: i64,
    updated_ns: i64,
    body: &[u8],
) -> Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO fact(owner, content_hash, source_id, updated_ns, body) VALUES(?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![owner, content_hash.as_slice(), source_id, updated_ns, body])?;
    Ok(connection.last_insert_rowid())
}

/// Whether a record that is not its entity's own (a log record of a span) was there, by its key.
pub(crate) fn has_record(connection: &Connection, key: &EntityKey) -> Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM record WHERE key = ?1")?;
    Ok(statement.exists([key.0.as_slice()])?)
}

/// Says which fact a record's key stands for.
pub(crate) fn add_record(connection: &Connection, key: &EntityKey, fact_pk: i64) -> Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO record(key, fact_pk) VALUES(?1, ?2)")?
        .execute(params![key.0.as_slice(), fact_pk])?;
    Ok(())
}

/// Says that a batch brought a fact.
pub(crate) fn claim(
    connection: &Connection,
    fact_pk: i64,
    batch_pk: i64,
    file_pk: i64,
    byte_offset: u64,
) -> Result<()> {
    connection
        .prepare_cached("INSERT OR IGNORE INTO claim(fact_pk, batch_pk, file_pk, byte_offset) VALUES(?1, ?2, ?3, ?4)")?
        .execute(params![fact_pk, batch_pk, file_pk, byte_offset as i64])?;
    Ok(())
}

/// What only this batch brought, by kind: records, and of spans and audit events the distinct ones.
pub(crate) fn brought(connection: &Connection, batch_pk: i64) -> Result<Vec<(FactKind, u64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, count(DISTINCT CASE WHEN kind IN (0, 3) THEN owner ELSE fact_pk END)
         FROM claim JOIN fact USING(fact_pk) JOIN fact_source USING(source_id)
         WHERE batch_pk = ?1 AND NOT EXISTS (
             SELECT 1 FROM claim other WHERE other.fact_pk = claim.fact_pk AND other.batch_pk <> ?1)
         GROUP BY kind",
    )?;
    let rows = statement.query_map([batch_pk], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    let mut brought = Vec::new();
    for row in rows {
        let (kind, n) = row?;
        brought.extend(item(&KINDS, kind).map(|kind| (kind, n.unsigned_abs())));
    }
    Ok(brought)
}

/// Facts of an owner, best first: rank, then last change, then content.
pub(crate) fn heads(connection: &Connection, owner: i64) -> Result<Vec<FactHead>> {
    let mut statement = connection.prepare_cached(
        "SELECT fact_pk, content_hash, kind, rank, format, mapping, updated_ns
         FROM fact JOIN fact_source USING(source_id) WHERE owner = ?1",
    )?;
    let rows = statement.query_map([owner], |row| {
        Ok((
            FactHead {
                fact_pk: row.get(0)?,
                content_hash: [0; 16],
                source: FactSource {
                    kind: item(&KINDS, row.get(2)?).unwrap_or(FactKind::Rejected),
                    rank: item(&RANKS, row.get(3)?).unwrap_or(FactRank::Summary),
                    format: row.get(4)?,
                    mapping: row.get(5)?,
                },
                updated_ns: row.get(6)?,
            },
            row.get::<_, Vec<u8>>(1)?,
        ))
    })?;
    let mut heads = Vec::new();
    for row in rows {
        let (mut head, hash) = row?;
        head.content_hash = hash.try_into().map_err(|_| StoreError::Damaged {
            path: Default::default(),
            why: "a content hash has the wrong length".to_owned(),
        })?;
        heads.push(head);
    }
    heads.sort_by(|a, b| {
        let key = |head: &FactHead| (head.source.rank, head.updated_ns, head.content_hash);
        key(b).cmp(&key(a))
    });
    Ok(heads)
}

fn item<T: Copy>(all: &[T], at: i64) -> Option<T> {
    usize::try_from(at).ok().and_then(|at| all.get(at).copied())
}

/// The kind with this number in the table.
pub(crate) fn kind(number: i64) -> Option<FactKind> {
    item(&KINDS, number)
}

/// Name of the format of a fact.
pub(crate) fn format_of(connection: &Connection, fact_pk: i64) -> Result<String> {
    let mut statement =
        connection.prepare_cached("SELECT format FROM fact JOIN fact_source USING(source_id) WHERE fact_pk = ?1")?;
    Ok(statement.query_row([fact_pk], |row| row.get(0))?)
}

/// Packed body of a fact.
pub(crate) fn body(connection: &Connection, fact_pk: i64) -> Result<Vec<u8>> {
    let mut statement = connection.prepare_cached("SELECT body FROM fact WHERE fact_pk = ?1")?;
    Ok(statement.query_row([fact_pk], |row| row.get(0))?)
}

/// Removes a fact and its record key; the caller has taken back the uses of its texts.
pub(crate) fn remove(connection: &Connection, fact_pk: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM record WHERE fact_pk = ?1")?.execute([fact_pk])?;
    connection.prepare_cached("DELETE FROM fact WHERE fact_pk = ?1")?.execute([fact_pk])?;
    Ok(())
}
