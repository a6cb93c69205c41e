//! Documents, each distinct form of one once, and where retrievals and rerankers put them.

use crate::append::WriteCache;
use crate::blob::{self, Kind};
use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::segment;
use crate::table::text::{self, TextCache};
use retake_model::Document;
use rusqlite::{Connection, OptionalExtension, params};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-document",
    sql: "
    CREATE TABLE document(
        document_pk INTEGER PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        name_id INTEGER,
        text_id INTEGER,
        version TEXT,
        updated_ns INTEGER,
        about BLOB NOT NULL,
        n_uses INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX document_name ON document(name_id);
    CREATE TABLE retrieval(
        span_pk INTEGER NOT NULL,
        side INTEGER NOT NULL,
        idx INTEGER NOT NULL,
        rank INTEGER NOT NULL,
        document_pk INTEGER NOT NULL,
        score REAL,
        score_kind TEXT,
        PRIMARY KEY(span_pk, side, idx)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX retrieval_document ON retrieval(document_pk);",
}];

/// What came out of a retriever or reranker.
pub(crate) const OUT: i64 = 0;
/// What went into a reranker.
pub(crate) const IN: i64 = 1;

/// A document without its place.
fn bare(document: &Document) -> Document {
    Document { rank: 0, score: None, score_kind: None, ..document.clone() }
}

/// Puts the documents of one side of a span.
pub(crate) fn put(
    connection: &Connection,
    cache: &mut WriteCache,
    span_pk: i64,
    side: i64,
    documents: &[Document],
) -> Result<()> {
    for (idx, document) in documents.iter().enumerate() {
        let document_pk = id(connection, cache, document)?;
        connection
            .prepare_cached("UPDATE document SET n_uses = n_uses + 1 WHERE document_pk = ?1")?
            .execute([document_pk])?;
        connection
            .prepare_cached(
                "INSERT INTO retrieval(span_pk, side, idx, rank, document_pk, score, score_kind)
                 VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                span_pk,
                side,
                idx as i64,
                document.rank,
                document_pk,
                document.score,
                document.score_kind
            ])?;
    }
    Ok(())
}

fn id(connection: &Connection, cache: &mut WriteCache, document: &Document) -> Result<i64> {
    let mut about = bare(document);
    let hash = text::first_16(blake3::hash(crate::table::batch::to_json(&about)?.as_bytes()));
    let found: Option<i64> = connection
        .prepare_cached("SELECT document_pk FROM document WHERE hash = ?1")?
        .query_row([hash.as_slice()], |row| row.get(0))
        .optional()?;
    if let Some(found) = found {
        return Ok(found);
    }
    let text_id = match about.content.take() {
        Some(content) => {
            let text_id = cache.texts.id(connection, &mut cache.packer, &content)?;
            cache.texts.add_use(text_id, 1);
            Some(text_id)
        }
        None => None,
    };
    let json = crate::table::batch::to_json(&about)?;
    let packed = cache.packer.pack(connection, Kind::Document, json.as_bytes())?;
    let name_id = cache.names.id_of(connection, document.document_id.as_deref())?;
    connection
        .prepare_cached(
            "INSERT INTO document(hash, name_id, text_id, version, updated_ns, about, n_uses)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, 0)",
        )?
        .execute(params![hash.as_slice(), name_id, text_id, about.version, about.updated_ns, packed])?;
    let document_pk = connection.last_insert_rowid();
    let words = words(document);
    if !words.is_empty() {
        cache.texts.index(text::document_row(document_pk), words);
    }
    Ok(document_pk)
}

/// What a search finds a document by besides its id, which is a name, and its text.
fn words(document: &Document) -> String {
    let mut words = String::new();
    for word in [&document.title, &document.source, &document.tenant].into_iter().flatten() {
        segment::append_value(&mut words, segment::for_index(word).trim_end());
    }
    words
}

/// Takes the documents of a span back; a form that nobody needs any more goes.
pub(crate) fn remove(connection: &Connection, texts: &mut TextCache, span_pk: i64) -> Result<()> {
    let mut statement = connection.prepare_cached("SELECT document_pk FROM retrieval WHERE span_pk = ?1")?;
    let used: Vec<i64> = statement.query_map([span_pk], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    if used.is_empty() {
        return Ok(());
    }
    connection.prepare_cached("DELETE FROM retrieval WHERE span_pk = ?1")?.execute([span_pk])?;
    for document_pk in used {
        let (left, text_id): (i64, Option<i64>) = connection
            .prepare_cached("UPDATE document SET n_uses = n_uses - 1 WHERE document_pk = ?1 RETURNING n_uses, text_id")?
            .query_row([document_pk], |row| Ok((row.get(0)?, row.get(1)?)))?;
        if left <= 0 {
            connection.prepare_cached("DELETE FROM document WHERE document_pk = ?1")?.execute([document_pk])?;
            texts.unindex(text::document_row(document_pk));
            if let Some(text_id) = text_id {
                texts.add_use(text_id, -1);
            }
        }
    }
    Ok(())
}

/// Documents of a span: what came out, what went in.
pub(crate) fn read(connection: &Connection, span_pk: i64) -> Result<(Vec<Document>, Vec<Document>)> {
    let mut statement = connection.prepare_cached(
        "SELECT side, rank, score, score_kind, about, text_id FROM retrieval JOIN document USING(document_pk)
         WHERE span_pk = ?1 ORDER BY side, idx",
    )?;
    let (mut out, mut into) = (Vec::new(), Vec::new());
    let mut rows = statement.query([span_pk])?;
    while let Some(row) = rows.next()? {
        let mut document = about(connection, row.get_ref(4)?.as_blob()?)?;
        document.rank = row.get(1)?;
        document.score = row.get(2)?;
        document.score_kind = row.get(3)?;
        if let Some(text_id) = row.get::<_, Option<i64>>(5)? {
            document.content = text::read(connection, text_id)?;
        }
        if row.get::<_, i64>(0)? == OUT { out.push(document) } else { into.push(document) }
    }
    Ok((out, into))
}

fn about(connection: &Connection, packed: &[u8]) -> Result<Document> {
    serde_json::from_slice(&blob::unpack(connection, packed)?)
        .map_err(|error| StoreError::Damaged { path: Default::default(), why: error.to_string() })
}

/// Hands over what every document says about itself.
pub(crate) fn each_about(connection: &Connection, each: &mut dyn FnMut(Document)) -> Result<()> {
    let mut statement = connection.prepare_cached("SELECT about FROM document")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(about(connection, row.get_ref(0)?.as_blob()?)?);
    }
    Ok(())
}

/// How many documents came out at a span.
pub(crate) fn count_out(connection: &Connection, span_pk: i64) -> Result<u32> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM retrieval WHERE span_pk = ?1 AND side = 0")?;
    Ok(statement.query_row([span_pk], |row| row.get(0))?)
}
