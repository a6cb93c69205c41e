//! Packed bytes: texts, recipes of records, what spans say besides their columns, what documents say about themselves.
//!
//! First a number: 0 plain, 1 zstd, from 2 on zstd with the dictionary of that number less 1; then the frame, without the
//! mark that every frame begins with. For each kind of bytes a dictionary is trained once, from those of this workspace,
//! as soon as there are enough of them.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::recipe::{put, take};
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use zstd::dict::DecoderDictionary;
use zstd::zstd_safe::{self, CParameter, DCtx};

pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    id: "2026-11-24-dictionary",
    sql: "CREATE TABLE dictionary(
        dictionary_id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        hash BLOB NOT NULL,
        data BLOB NOT NULL
    ) STRICT;",
}];

/// What is packed: each kind has a dictionary of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A record, or what its span says besides its columns. Together they make a better dictionary: from records alone
    /// it packed them to 290 bytes, with the other half of the samples to 180.
    Record = 0,
    Document = 1,
    Text = 2,
}

const KINDS: usize = 3;
const PLAIN: u64 = 0;
const ZSTD: u64 = 1;
/// Number of a dictionary's frames, less its id.
const TRAINED: u64 = 1;
const MAGIC: [u8; 4] = zstd_safe::MAGICNUMBER.to_le_bytes();
const LEVEL: i32 = 3;
const SAMPLE_BYTES: usize = 1 << 20;
const DICTIONARY_BYTES: usize = 64 * 1024;
/// Nothing that is packed is longer; a damaged length must not take all memory.
const MOST_BYTES: u64 = 1 << 30;

pub(crate) type Compressor = zstd::bulk::Compressor<'static>;

/// Packs blobs of the writer.
#[derive(Default)]
pub(crate) struct Packer {
    plain: Option<Compressor>,
    kinds: [Trained; KINDS],
    /// Those that texts are packed with ahead of the writer.
    shared: Arc<Dictionaries>,
}

/// Dictionaries that others than the writer may pack with.
#[derive(Default)]
pub(crate) struct Dictionaries {
    texts: Mutex<Option<Arc<Dictionary>>>,
}

/// A dictionary by its content: after a rolled-back transaction another one may get its number.
pub(crate) struct Dictionary {
    pub(crate) hash: [u8; 32],
    data: Vec<u8>,
}

/// A frame that was made ahead of the writer.
#[derive(Debug)]
pub(crate) struct Packed {
    dictionary: [u8; 32],
    /// `None` where the bytes are shorter as they are.
    frame: Option<Vec<u8>>,
}

impl Dictionaries {
    /// The dictionary of texts, once there is one.
    pub(crate) fn of_texts(&self) -> Option<Arc<Dictionary>> {
        crate::workspace::lock(&self.texts).clone()
    }

    fn set(&self, dictionary: Option<Dictionary>) {
        *crate::workspace::lock(&self.texts) = dictionary.map(Arc::new);
    }
}

impl Dictionary {
    fn new(data: Vec<u8>) -> Self {
        Self { hash: *blake3::hash(&data).as_bytes(), data }
    }

    /// Packs with it.
    pub(crate) fn compressor(&self) -> Result<Compressor> {
        compressor(Some(&self.data))
    }
}

impl Packed {
    /// Packs bytes; `None` when that failed.
    pub(crate) fn new(dictionary: [u8; 32], compressor: &mut Compressor, bytes: &[u8]) -> Option<Self> {
        Some(Self { dictionary, frame: shorter(&compressor.compress(bytes).ok()?, bytes) })
    }
}

/// The frame without its mark, where it is shorter than the bytes.
fn shorter(frame: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    frame.strip_prefix(&MAGIC).filter(|frame| frame.len() < bytes.len()).map(<[u8]>::to_vec)
}

/// The dictionary of a kind, or what it will be made from.
#[derive(Default)]
struct Trained {
    compressor: Option<Trainee>,
    looked: bool,
    samples: Vec<Vec<u8>>,
    sample_bytes: usize,
}

impl Kind {
    /// So many samples make a dictionary: texts have less in common than records.
    fn samples(self) -> usize {
        if self == Self::Text { 1200 } else { 400 }
    }
}

/// The dictionary that a kind is packed with.
struct Trainee {
    id: u64,
    hash: [u8; 32],
    compressor: Compressor,
}

impl Packer {
    /// Packs with dictionaries that others may use too.
    pub(crate) fn new(shared: Arc<Dictionaries>) -> Self {
        Self { shared, ..Self::default() }
    }

    /// Forgets what a rolled-back transaction or another process may have made untrue.
    pub(crate) fn clear(&mut self) {
        for kind in &mut self.kinds {
            kind.compressor = None;
            kind.looked = false;
        }
        self.shared.set(None);
    }

    /// The number and frame of a text that was packed ahead, if it was with the dictionary that texts have now.
    pub(crate) fn ahead<'a>(
        &mut self,
        connection: &Connection,
        packed: &'a Packed,
    ) -> Result<Option<(u64, Option<&'a [u8]>)>> {
        let Some(trained) = self.kinds.get_mut(Kind::Text as usize) else { return Ok(None) };
        trained.look(connection, Kind::Text, &self.shared)?;
        Ok(match &trained.compressor {
            Some(with) if with.hash == packed.dictionary => Some(match &packed.frame {
                Some(frame) => (with.id + TRAINED, Some(frame.as_slice())),
                None => (PLAIN, None),
            }),
            _ => None,
        })
    }

    /// Packs bytes: number and frame.
    pub(crate) fn pack(&mut self, connection: &Connection, kind: Kind, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(bytes.len() / 3 + 16);
        let (number, frame) = self.frame(connection, kind, bytes)?;
        put(&mut out, number);
        out.extend_from_slice(frame.as_deref().unwrap_or(bytes));
        Ok(out)
    }

    /// The number, and the frame where the bytes are not kept plain.
    pub(crate) fn frame(
        &mut self,
        connection: &Connection,
        kind: Kind,
        bytes: &[u8],
    ) -> Result<(u64, Option<Vec<u8>>)> {
        let Some(trained) = self.kinds.get_mut(kind as usize) else { return Ok((PLAIN, None)) };
        trained.look(connection, kind, &self.shared)?;
        let (number, frame) = match &mut trained.compressor {
            Some(with) => (with.id + TRAINED, with.compressor.compress(bytes).map_err(failed)?),
            None => {
                trained.sample(connection, kind, bytes, &self.shared)?;
                if self.plain.is_none() {
                    self.plain = Some(compressor(None)?);
                }
                let Some(compressor) = &mut self.plain else { return Ok((PLAIN, None)) };
                (ZSTD, compressor.compress(bytes).map_err(failed)?)
            }
        };
        Ok(match shorter(&frame, bytes) {
            Some(frame) => (number, Some(frame)),
            None => (PLAIN, None),
        })
    }
}

impl Trained {
    fn look(&mut self, connection: &Connection, kind: Kind, shared: &Dictionaries) -> Result<()> {
        if self.looked {
            return Ok(());
        }
        self.looked = true;
        let found = connection
            .query_row(
                "SELECT dictionary_id, data FROM dictionary WHERE kind = ?1 ORDER BY dictionary_id DESC LIMIT 1",
                [kind as i64],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)),
            )
            .optional()?;
        if let Some((id, data)) = found {
            self.take(id.unsigned_abs(), kind, Dictionary::new(data), shared)?;
        }
        Ok(())
    }

    fn take(&mut self, id: u64, kind: Kind, dictionary: Dictionary, shared: &Dictionaries) -> Result<()> {
        self.compressor = Some(Trainee { id, hash: dictionary.hash, compressor: dictionary.compressor()? });
        if kind == Kind::Text {
            shared.set(Some(dictionary));
        }
        Ok(())
    }

    fn sample(&mut self, connection: &Connection, kind: Kind, bytes: &[u8], shared: &Dictionaries) -> Result<()> {
        let sample = bytes.get(..bytes.len().min(8192)).unwrap_or_default();
        self.sample_bytes += sample.len();
        self.samples.push(sample.to_vec());
        if self.samples.len() < kind.samples() && self.sample_bytes < SAMPLE_BYTES {
            return Ok(());
        }
        let trained = zstd::dict::from_samples(&self.samples, DICTIONARY_BYTES.min(self.sample_bytes / 4));
        self.samples.clear();
        self.sample_bytes = 0;
        // Bytes that have nothing in common make no dictionary: the next samples may.
        let Ok(data) = trained else { return Ok(()) };
        let dictionary = Dictionary::new(data);
        connection.execute(
            "INSERT INTO dictionary(kind, hash, data) VALUES(?1, ?2, ?3)",
            params![kind as i64, dictionary.hash.as_slice(), dictionary.data],
        )?;
        self.take(connection.last_insert_rowid().unsigned_abs(), kind, dictionary, shared)
    }
}

fn compressor(dictionary: Option<&[u8]>) -> Result<Compressor> {
    let made = match dictionary {
        Some(data) => Compressor::with_dictionary(LEVEL, data),
        None => Compressor::new(LEVEL),
    };
    let mut compressor = made.map_err(failed)?;
    // The number before the frame says which dictionary it is.
    compressor.set_parameter(CParameter::DictIdFlag(false)).map_err(failed)?;
    Ok(compressor)
}

/// Unpacks what [`Packer::pack`] made.
pub(crate) fn unpack(connection: &Connection, blob: &[u8]) -> Result<Vec<u8>> {
    let mut at = 0;
    let number = take(blob, &mut at)?;
    unframe(connection, number, blob.get(at..).unwrap_or_default())
}

/// Unpacks a frame by its number.
pub(crate) fn unframe(connection: &Connection, number: u64, frame: &[u8]) -> Result<Vec<u8>> {
    if number == PLAIN {
        return Ok(frame.to_vec());
    }
    let dictionary = if number == ZSTD { None } else { Some(dictionary(connection, number - TRAINED)?) };
    let mut marked = Vec::with_capacity(frame.len() + MAGIC.len());
    marked.extend_from_slice(&MAGIC);
    marked.extend_from_slice(frame);
    let n_bytes = match zstd_safe::get_frame_content_size(&marked) {
        Ok(Some(n_bytes)) if n_bytes <= MOST_BYTES => usize::try_from(n_bytes).map_err(|_| damaged())?,
        _ => return Err(damaged()),
    };
    let mut out = Vec::with_capacity(n_bytes);
    DECODER.with_borrow_mut(|decoder| {
        let done = match &dictionary {
            Some(dictionary) => decoder.decompress_using_ddict(&mut out, &marked, dictionary.as_ddict()),
            None => decoder.decompress(&mut out, &marked),
        };
        done.map_err(|_| damaged())
    })?;
    if out.len() == n_bytes { Ok(out) } else { Err(damaged()) }
}

thread_local! {
    static DECODER: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

/// Dictionaries of all open workspaces, by what they hold.
type Known = Mutex<HashMap<[u8; 32], Arc<DecoderDictionary<'static>>>>;

fn dictionary(connection: &Connection, id: u64) -> Result<Arc<DecoderDictionary<'static>>> {
    static KNOWN: OnceLock<Known> = OnceLock::new();
    let id = i64::try_from(id).map_err(|_| damaged())?;
    let hash: Option<[u8; 32]> = connection
        .prepare_cached("SELECT hash FROM dictionary WHERE dictionary_id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    let hash = hash.ok_or_else(damaged)?;
    let known = KNOWN.get_or_init(Known::default);
    if let Some(dictionary) = crate::workspace::lock(known).get(&hash) {
        return Ok(dictionary.clone());
    }
    let data: Vec<u8> =
        connection.query_row("SELECT data FROM dictionary WHERE dictionary_id = ?1", [id], |row| row.get(0))?;
    if *blake3::hash(&data).as_bytes() != hash {
        return Err(damaged());
    }
    let dictionary = Arc::new(DecoderDictionary::try_copy(&data).map_err(failed)?);
    crate::workspace::lock(known).insert(hash, dictionary.clone());
    Ok(dictionary)
}

fn failed(error: std::io::Error) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn damaged() -> StoreError {
    StoreError::Damaged { path: Default::default(), why: "a packed record cannot be read".to_owned() }
}
