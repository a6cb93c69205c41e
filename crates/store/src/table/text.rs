//! Texts, each distinct one once; where they stand (occurrences); the full-text index over their words.
//!
//! A text below 64 bytes is kept plain, a longer one as `blob` packs it (`codec` is its number) where that is shorter. `text_use` counts who needs a text:
//! parts of messages, documents, slots of spans, recipes of records; a text that nobody needs is removed.

use crate::blob::{self, Kind, Packer};
use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::prepare::{PreparedText, Ready};
use crate::segment;
use foldhash::HashMap;
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-text",
    sql: "
    CREATE TABLE text(
        text_id INTEGER PRIMARY KEY,
        n_bytes INTEGER NOT NULL CHECK(n_bytes >= 0),
        codec INTEGER NOT NULL,
        data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE text_key(hash BLOB PRIMARY KEY, text_id INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE text_use(text_id INTEGER PRIMARY KEY, n_uses INTEGER NOT NULL) STRICT;
    CREATE TABLE occurrence(
        text_id INTEGER NOT NULL,
        span_pk INTEGER NOT NULL,
        slot INTEGER NOT NULL,
        PRIMARY KEY(text_id, span_pk, slot)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX occurrence_span ON occurrence(span_pk);
    CREATE VIRTUAL TABLE text_fts USING fts5(t, content='', contentless_delete=1, tokenize='ascii');",
}];

/// Below this a text is kept plain, and not taken out of records.
pub(crate) const SHORT_BYTES: usize = 64;
/// Above every text's id.
const WORDS: i64 = 1 << 40;

/// Texts that the writer looked up, and the uses that the running transaction added or took.
#[derive(Default)]
pub(crate) struct TextCache {
    ids: HashMap<[u8; 16], i64>,
    uses: HashMap<i64, i64>,
    /// Words of the texts of the running transaction that do not stand in the index yet.
    fresh: HashMap<i64, String>,
    /// Rows of the index to add and to take, at the end of the transaction: the index writes what it holds in memory
    /// whenever a row comes that is below the one before.
    index: BTreeMap<i64, String>,
    unindex: BTreeSet<i64>,
}

impl TextCache {
    pub(crate) fn clear(&mut self) {
        self.ids.clear();
        self.uses.clear();
        self.fresh.clear();
        self.index.clear();
        self.unindex.clear();
    }

    /// Puts words into the index under `rowid`: a text's id, [`words_row`], [`name_row`] or [`document_row`].
    pub(crate) fn index(&mut self, rowid: i64, words: String) {
        if !words.is_empty() {
            self.index.insert(rowid, words);
        }
    }

    /// Takes `rowid` out of the index.
    pub(crate) fn unindex(&mut self, rowid: i64) {
        if self.index.remove(&rowid).is_none() {
            self.unindex.insert(rowid);
        }
    }

    /// Look up or insert. It is put into the index by its first occurrence.
    /// The caller says with [`TextCache::add_use`] what needs it.
    pub(crate) fn id(&mut self, connection: &Connection, packer: &mut Packer, text: &str) -> Result<i64> {
        self.id_of(connection, packer, text, hash_of(text), None)
    }

    /// The same for a text that was prepared.
    pub(crate) fn id_of_prepared(
        &mut self,
        connection: &Connection,
        packer: &mut Packer,
        prepared: PreparedText,
    ) -> Result<i64> {
        self.id_of(connection, packer, &prepared.text, prepared.hash, prepared.ready)
    }

    fn id_of(
        &mut self,
        connection: &Connection,
        packer: &mut Packer,
        text: &str,
        hash: [u8; 16],
        ready: Option<Ready>,
    ) -> Result<i64> {
        if let Some(id) = self.ids.get(&hash) {
            return Ok(*id);
        }
        let found: Option<i64> = connection
            .prepare_cached("SELECT text_id FROM text_key WHERE hash = ?1")?
            .query_row([hash.as_slice()], |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => self.insert(connection, packer, text, &hash, ready)?,
        };
        if self.ids.len() > 100_000 {
            self.ids.clear();
        }
        self.ids.insert(hash, id);
        Ok(id)
    }

    fn insert(
        &mut self,
        connection: &Connection,
        packer: &mut Packer,
        text: &str,
        hash: &[u8; 16],
        ready: Option<Ready>,
    ) -> Result<i64> {
        let (packed, words) = ready.map_or((None, None), |ready| (ready.packed, Some(ready.words)));
        let ahead = packed.as_ref().map(|packed| packer.ahead(connection, packed)).transpose()?.flatten();
        let made;
        let (codec, frame) = match ahead {
            Some(ahead) => ahead,
            None if text.len() < SHORT_BYTES => (0, None),
            None => {
                made = packer.frame(connection, Kind::Text, text.as_bytes())?;
                (made.0, made.1.as_deref())
            }
        };
        let data = frame.unwrap_or(text.as_bytes());
        connection.prepare_cached("INSERT INTO text(n_bytes, codec, data) VALUES(?1, ?2, ?3)")?.execute(params![
            text.len() as i64,
            codec as i64,
            data
        ])?;
        let id = connection.last_insert_rowid();
        connection
            .prepare_cached("INSERT INTO text_key(hash, text_id) VALUES(?1, ?2)")?
            .execute(params![hash.as_slice(), id])?;
        self.fresh.insert(id, words.unwrap_or_else(|| segment::for_index(text)));
        Ok(id)
    }

    /// Adds (or takes) uses of a text; written by [`TextCache::flush`].
    pub(crate) fn add_use(&mut self, text_id: i64, n: i64) {
        *self.uses.entry(text_id).or_default() += n;
    }

    /// Writes the uses that changed; texts that nobody needs any more are removed.
    pub(crate) fn flush(&mut self, connection: &Connection) -> Result<()> {
        self.fresh.clear();
        let mut changed: Vec<(i64, i64)> = self.uses.drain().filter(|(_, n)| *n != 0).collect();
        changed.sort_unstable();
        let mut upsert = connection.prepare_cached(
            "INSERT INTO text_use(text_id, n_uses) VALUES(?1, ?2)
             ON CONFLICT(text_id) DO UPDATE SET n_uses = n_uses + excluded.n_uses RETURNING n_uses",
        )?;
        let mut unused = Vec::new();
        for (text_id, n) in changed {
            let left: i64 = upsert.query_row(params![text_id, n], |row| row.get(0))?;
            if left <= 0 {
                unused.push(text_id);
            }
        }
        for text_id in unused {
            self.remove(connection, text_id)?;
        }
        let mut take = connection.prepare_cached("DELETE FROM text_fts WHERE rowid = ?1")?;
        for rowid in std::mem::take(&mut self.unindex) {
            take.execute([rowid])?;
        }
        let mut add = connection.prepare_cached("INSERT INTO text_fts(rowid, t) VALUES(?1, ?2)")?;
        for (rowid, words) in std::mem::take(&mut self.index) {
            add.execute(params![rowid, words])?;
        }
        Ok(())
    }

    fn remove(&mut self, connection: &Connection, text_id: i64) -> Result<()> {
        if let Some(text) = read(connection, text_id)? {
            let hash = hash_of(&text);
            self.ids.remove(&hash);
            connection.prepare_cached("DELETE FROM text_key WHERE hash = ?1")?.execute([hash.as_slice()])?;
        }
        self.fresh.remove(&text_id);
        connection.prepare_cached("DELETE FROM text WHERE text_id = ?1")?.execute([text_id])?;
        connection.prepare_cached("DELETE FROM text_use WHERE text_id = ?1")?.execute([text_id])?;
        self.unindex(text_id);
        Ok(())
    }
}

/// What a row of the index stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Indexed {
    /// A text, by its id.
    Text(i64),
    /// Short words of a span that stand in no name or document of it.
    Words(i64),
    /// A name, for whatever carries it.
    Name(i64),
    /// Title, source and owner of a document.
    Document(i64),
}

/// Row of the index that holds the short words of a span: above those of all texts, so that both grow at their ends.
pub(crate) fn words_row(span_pk: i64) -> i64 {
    WORDS + span_pk
}

/// Row of the index that holds a name.
pub(crate) fn name_row(name_id: i64) -> i64 {
    2 * WORDS + name_id
}

/// Row of the index that holds what a document says about itself.
pub(crate) fn document_row(document_pk: i64) -> i64 {
    3 * WORDS + document_pk
}

/// What a row of the index stands for.
pub(crate) fn indexed(rowid: i64) -> Indexed {
    let key = rowid % WORDS;
    match rowid / WORDS {
        0 => Indexed::Text(key),
        1 => Indexed::Words(key),
        2 => Indexed::Name(key),
        _ => Indexed::Document(key),
    }
}

/// Says that a text stands in a span. The first occurrence of a text puts it into the index.
pub(crate) fn add_occurrence(
    connection: &Connection,
    texts: &mut TextCache,
    text_id: i64,
    span_pk: i64,
    slot: i64,
) -> Result<()> {
    let fresh = texts.fresh.remove(&text_id);
    let known = fresh.is_none() && has_occurrence(connection, text_id)?;
    connection
        .prepare_cached("INSERT OR IGNORE INTO occurrence(text_id, span_pk, slot) VALUES(?1, ?2, ?3)")?
        .execute(params![text_id, span_pk, slot])?;
    if known {
        return Ok(());
    }
    let words = match fresh {
        Some(words) => Some(words),
        None => read(connection, text_id)?.map(|text| segment::for_index(&text)),
    };
    if let Some(words) = words {
        texts.index(text_id, words);
    }
    Ok(())
}

fn has_occurrence(connection: &Connection, text_id: i64) -> Result<bool> {
    let mut statement = connection.prepare_cached("SELECT 1 FROM occurrence WHERE text_id = ?1 LIMIT 1")?;
    Ok(statement.exists([text_id])?)
}

/// Takes back one occurrence; a text that stands nowhere any more leaves the index.
pub(crate) fn remove_occurrence(
    connection: &Connection,
    texts: &mut TextCache,
    text_id: i64,
    span_pk: i64,
    slot: i64,
) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM occurrence WHERE text_id = ?1 AND span_pk = ?2 AND slot = ?3")?
        .execute(params![text_id, span_pk, slot])?;
    if !has_occurrence(connection, text_id)? {
        texts.unindex(text_id);
    }
    Ok(())
}

/// Takes back the occurrences of a span: those of its own slots, or all.
pub(crate) fn remove_occurrences(
    connection: &Connection,
    texts: &mut TextCache,
    span_pk: i64,
    own_only: bool,
) -> Result<()> {
    let mut statement = connection.prepare_cached("SELECT text_id, slot FROM occurrence WHERE span_pk = ?1")?;
    let found: Vec<(i64, i64)> =
        statement.query_map([span_pk], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    for (text_id, slot) in found {
        if slot < 0 || !own_only {
            remove_occurrence(connection, texts, text_id, span_pk, slot)?;
        }
    }
    Ok(())
}

/// A text.
pub(crate) fn read(connection: &Connection, text_id: i64) -> Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT codec, data FROM text WHERE text_id = ?1")?;
    let row = statement
        .query_row([text_id], |row| {
            let (codec, data) = (row.get::<_, i64>(0)?, row.get_ref(1)?.as_blob()?);
            Ok(blob::unframe(connection, codec.unsigned_abs(), data))
        })
        .optional()?;
    let Some(bytes) = row.transpose()? else { return Ok(None) };
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|error| StoreError::Damaged { path: Default::default(), why: error.to_string() })
}

/// The id of a text that is there.
pub(crate) fn find(connection: &Connection, text: &str) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT text_id FROM text_key WHERE hash = ?1")?;
    Ok(statement.query_row([hash_of(text).as_slice()], |row| row.get(0)).optional()?)
}

/// What makes two texts the same.
pub(crate) fn hash_of(text: &str) -> [u8; 16] {
    first_16(blake3::hash(text.as_bytes()))
}

/// First half of a hash.
pub(crate) fn first_16(hash: blake3::Hash) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&hash.as_bytes()[..16]);
    short
}
