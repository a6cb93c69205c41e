//! Packed bytes: recipes of records and of what spans say besides their columns.
//!
//! First byte: 0 plain, 1 zstd, 2 zstd with a dictionary (its id follows). Then the unpacked length, then the data.
//! The dictionary is trained once, from the records of this workspace, as soon as there are enough of them.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::recipe::{put, take};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::HashMap;

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-dictionary",
    sql: "CREATE TABLE dictionary(dictionary_id INTEGER PRIMARY KEY, data BLOB NOT NULL) STRICT;",
}];

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;
const WITH_DICTIONARY: u8 = 2;
const LEVEL: i32 = 3;
const SAMPLES: usize = 400;
const SAMPLE_BYTES: usize = 1 << 20;
const DICTIONARY_BYTES: usize = 64 * 1024;

/// Packs blobs of the writer.
#[derive(Default)]
pub(crate) struct Packer {
    plain: Option<zstd::bulk::Compressor<'static>>,
    trained: Option<(i64, zstd::bulk::Compressor<'static>)>,
    looked: bool,
    samples: Vec<Vec<u8>>,
    sample_bytes: usize,
}

impl Packer {
    /// Forgets what a rolled-back transaction or another process may have made untrue.
    pub(crate) fn clear(&mut self) {
        self.trained = None;
        self.looked = false;
    }

    /// Packs bytes.
    pub(crate) fn pack(&mut self, connection: &Connection, bytes: &[u8]) -> Result<Vec<u8>> {
        self.look(connection)?;
        let mut out = Vec::with_capacity(bytes.len() / 3 + 16);
        if let Some((id, compressor)) = &mut self.trained {
            out.push(WITH_DICTIONARY);
            put(&mut out, id.unsigned_abs());
            put(&mut out, bytes.len() as u64);
            out.extend_from_slice(&compressor.compress(bytes).map_err(failed)?);
        } else {
            self.sample(connection, bytes)?;
            if self.plain.is_none() {
                self.plain = Some(zstd::bulk::Compressor::new(LEVEL).map_err(failed)?);
            }
            let Some(compressor) = &mut self.plain else { return Err(StoreError::Failed("no compressor".to_owned())) };
            out.push(ZSTD);
            put(&mut out, bytes.len() as u64);
            out.extend_from_slice(&compressor.compress(bytes).map_err(failed)?);
        }
        if out.len() > bytes.len() + 10 {
            out.clear();
            out.push(PLAIN);
            put(&mut out, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
        Ok(out)
    }

    fn look(&mut self, connection: &Connection) -> Result<()> {
        if self.looked {
            return Ok(());
        }
        self.looked = true;
        let found = connection
            .query_row("SELECT dictionary_id, data FROM dictionary ORDER BY dictionary_id DESC LIMIT 1", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        if let Some((id, data)) = found {
            self.trained = Some((id, zstd::bulk::Compressor::with_dictionary(LEVEL, &data).map_err(failed)?));
        }
        Ok(())
    }

    fn sample(&mut self, connection: &Connection, bytes: &[u8]) -> Result<()> {
        let sample = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
        self.sample_bytes += sample.len();
        self.samples.push(sample.to_vec());
        if self.samples.len() < SAMPLES && self.sample_bytes < SAMPLE_BYTES {
            return Ok(());
        }
        let trained = zstd::dict::from_samples(&self.samples, DICTIONARY_BYTES.min(self.sample_bytes / 4));
        self.samples.clear();
        self.sample_bytes = 0;
        // Records that have nothing in common make no dictionary: the next samples may.
        let Ok(data) = trained else { return Ok(()) };
        connection.execute("INSERT INTO dictionary(data) VALUES(?1)", params![data])?;
        let id = connection.last_insert_rowid();
        self.trained = Some((id, zstd::bulk::Compressor::with_dictionary(LEVEL, &data).map_err(failed)?));
        Ok(())
    }
}

/// Unpacks blobs of one snapshot.
#[derive(Default)]
pub(crate) struct Unpacker {
    plain: Option<zstd::bulk::Decompressor<'static>>,
    trained: HashMap<i64, zstd::bulk::Decompressor<'static>>,
}

impl Unpacker {
    /// Unpacks bytes.
    pub(crate) fn unpack(&mut self, connection: &Connection, blob: &[u8]) -> Result<Vec<u8>> {
        let mut at = 1;
        let kind = *blob.first().ok_or_else(damaged)?;
        if kind == PLAIN {
            take(blob, &mut at)?;
            return Ok(blob.get(at..).unwrap_or_default().to_vec());
        }
        let dictionary = if kind == WITH_DICTIONARY { Some(take(blob, &mut at)?) } else { None };
        let n_bytes = usize::try_from(take(blob, &mut at)?).map_err(|_| damaged())?;
        let data = blob.get(at..).unwrap_or_default();
        let decompressor = match dictionary {
            Some(id) => self.with_dictionary(connection, i64::try_from(id).map_err(|_| damaged())?)?,
            None => {
                if self.plain.is_none() {
                    self.plain = Some(zstd::bulk::Decompressor::new().map_err(failed)?);
                }
                self.plain.as_mut().ok_or_else(damaged)?
            }
        };
        decompressor.decompress(data, n_bytes).map_err(|_| damaged())
    }

    fn with_dictionary(&mut self, connection: &Connection, id: i64) -> Result<&mut zstd::bulk::Decompressor<'static>> {
        if let std::collections::hash_map::Entry::Vacant(entry) = self.trained.entry(id) {
            let data: Vec<u8> =
                connection.query_row("SELECT data FROM dictionary WHERE dictionary_id = ?1", [id], |row| row.get(0))?;
            entry.insert(zstd::bulk::Decompressor::with_dictionary(&data).map_err(failed)?);
        }
        self.trained.get_mut(&id).ok_or_else(damaged)
    }
}

fn failed(error: std::io::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn damaged() -> StoreError {
    StoreError::Damaged { path: Default::default(), why: "a packed record cannot be read".to_owned() }
}
