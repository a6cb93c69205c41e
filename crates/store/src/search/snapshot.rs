//! Columns on disk, in a file beside the workspace (`refund.retake-columns`), so that a start does not read a million spans
//! one by one. The file is a copy that can be made again at any time: it is taken only when it was made of what the workspace
//! holds or once held on its way here, by this version of the program, and is whole; else it is as if it were not there.
//! What changed since is read from the tables.
//!
//! What ties it to the data is the random number of each change (`meta::mark_change`), not the count of changes: a copy of
//! the workspace that went another way has the same counts. Its end is a hash by the workspace's own key.
//!
//! It is not compressed: zstd makes a third of it, and takes three times as long to read from a warm cache as the whole.

use crate::error::Result;
use crate::search::bits::Bits;
use crate::search::columns::Columns;
use crate::search::fields::{Spans, Traces};
use crate::table::meta;
use bytemuck::Pod;
use rusqlite::Connection;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// First bytes; the number grows when what follows means something else.
const MAGIC: &[u8; 8] = b"RTKCOL01";
/// Reads as another number on a machine that orders bytes the other way.
const ORDER: u32 = 0x0102_0304;
/// Columns of so many spans are kept; below, the workspace itself is read as fast.
pub(crate) const KEPT_FROM_SPANS: usize = 20_000;

/// The data that columns were made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    pub epoch: i64,
    pub rev: i64,
    /// Random with each change; `None` before the first.
    pub mark: Option<i64>,
}

impl State {
    /// What the workspace holds in this snapshot.
    pub(crate) fn of(connection: &Connection) -> Result<Self> {
        let rev = meta::number(connection, "rev")?;
        Ok(Self { epoch: meta::number(connection, "epoch")?, rev, mark: meta::mark_of(connection, rev)? })
    }

    /// Whether what the workspace holds came from this by changes that can be read one by one.
    fn is_behind(self, connection: &Connection) -> Result<bool> {
        let same = meta::number(connection, "epoch")? == self.epoch;
        Ok(same && self.mark.is_some() && meta::mark_of(connection, self.rev)? == self.mark)
    }

    fn numbers(self) -> [i64; 3] {
        [self.epoch, self.rev, self.mark.unwrap_or_default()]
    }
}

/// What every file of this version of the program begins with.
fn head() -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    [MAGIC, &ORDER.to_ne_bytes()[..], &(version.len() as u32).to_ne_bytes(), version].concat()
}

/// The file beside a workspace.
pub(crate) fn path_of(workspace: &Path) -> PathBuf {
    let mut name = workspace.as_os_str().to_owned();
    name.push("-columns");
    name.into()
}

/// What the file was made of, where it can be gone on from.
pub(crate) fn state_of(path: &Path, connection: &Connection) -> Result<Option<State>> {
    let state = Reader::open(path, &[0; 32]).and_then(|mut reader| reader.state());
    match state {
        Ok(state) if state.is_behind(connection)? => Ok(Some(state)),
        _ => Ok(None),
    }
}

/// Columns of what the workspace holds or held, where the file has them.
pub(crate) fn load(path: &Path, key: &[u8; 32], connection: &Connection) -> Result<Option<Columns>> {
    // Whatever is wrong with it, the workspace itself can be read.
    let Ok(mut reader) = Reader::open(path, key) else { return Ok(None) };
    let Ok(state) = reader.state() else { return Ok(None) };
    if !state.is_behind(connection)? {
        return Ok(None);
    }
    let mut columns = Columns::empty(state);
    let read = reader.rest(&mut columns);
    Ok((read.is_ok() && columns.is_whole()).then_some(columns))
}

/// Writes columns, where they are worth it. A file that is there is replaced as a whole.
pub(crate) fn keep(path: &Path, key: &[u8; 32], columns: &mut Columns) -> io::Result<()> {
    let state = columns.state();
    if state.mark.is_none() || columns.spans.pk.len() < KEPT_FROM_SPANS {
        return Ok(());
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = (|| {
        let mut writer = Writer { to: File::create(&beside)?, hash: blake3::Hasher::new_keyed(key) };
        writer.put(&head())?;
        writer.put(bytemuck::cast_slice(&state.numbers()))?;
        columns.visit(&mut writer)?;
        writer.to.write_all(writer.hash.finalize().as_bytes())
    })();
    let moved = written.and_then(|()| std::fs::rename(&beside, path));
    if moved.is_err() {
        // What could not be moved is of no use; the first error is the one that tells.
        let _ = std::fs::remove_file(&beside);
    }
    moved
}

/// Goes over lists of plain numbers: writes them, or fills them.
pub(crate) trait Visit {
    /// One list.
    fn list<T: Pod>(&mut self, list: &mut Vec<T>) -> io::Result<()>;
}

struct Writer {
    to: File,
    hash: blake3::Hasher,
}

impl Writer {
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.to.write_all(bytes)
    }
}

impl Visit for Writer {
    fn list<T: Pod>(&mut self, list: &mut Vec<T>) -> io::Result<()> {
        let bytes: &[u8] = bytemuck::cast_slice(list);
        self.put(&(bytes.len() as u64).to_ne_bytes())?;
        self.put(bytes)
    }
}

struct Reader {
    from: File,
    hash: blake3::Hasher,
    /// Bytes that the file still has: no length in it is believed beyond that.
    left: u64,
}

impl Reader {
    fn open(path: &Path, key: &[u8; 32]) -> io::Result<Self> {
        let from = File::open(path)?;
        let left = from.metadata()?.len();
        Ok(Self { from, hash: blake3::Hasher::new_keyed(key), left })
    }

    /// What it was made of.
    fn state(&mut self) -> io::Result<State> {
        let wanted = head();
        let mut head = wanted.clone();
        self.take(&mut head)?;
        if head != wanted {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut numbers = [0_i64; 3];
        self.take(bytemuck::cast_slice_mut(&mut numbers))?;
        let [epoch, rev, mark] = numbers;
        Ok(State { epoch, rev, mark: Some(mark) })
    }

    /// All that follows, when its hash is right.
    fn rest(mut self, columns: &mut Columns) -> io::Result<()> {
        columns.visit(&mut self)?;
        let mut end = [0; 32];
        self.from.read_exact(&mut end)?;
        // Compared in constant time by its type.
        if self.hash.finalize() == end { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    fn take(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.left = self.left.checked_sub(into.len() as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        self.from.read_exact(into)?;
        self.hash.update(into);
        Ok(())
    }
}

impl Visit for Reader {
    fn list<T: Pod>(&mut self, list: &mut Vec<T>) -> io::Result<()> {
        let mut len = [0; 8];
        self.take(&mut len)?;
        let len = u64::from_ne_bytes(len);
        let size = size_of::<T>() as u64;
        if len > self.left || len % size != 0 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        list.clear();
        list.resize((len / size) as usize, T::zeroed());
        self.take(bytemuck::cast_slice_mut(list))
    }
}

impl Spans {
    /// Every list.
    pub(crate) fn visit(&mut self, visit: &mut impl Visit) -> io::Result<()> {
        let Self { pk, tie, trace, bits, kind, name, start, duration, ttft, input, output, cost, .. } = self;
        visit.list(pk)?;
        visit.list(tie)?;
        visit.list(bits)?;
        visit.list(kind)?;
        for list in [start, duration, ttft, input, output, cost] {
            visit.list(list)?;
        }
        let Self { tenant, user, feature, conversation, environment, provider, shape, .. } = self;
        for list in [trace, name, tenant, user, feature, conversation, environment, provider, shape] {
            visit.list(list)?;
        }
        let Self { request_model, response_model, prompt_name, prompt_version, .. } = self;
        for list in [request_model, response_model, prompt_name, prompt_version] {
            visit.list(list)?;
        }
        Ok(())
    }

    /// Whether all lists are of this length.
    pub(crate) fn are(&self, n: usize) -> bool {
        let small = [&self.pk, &self.trace, &self.name, &self.tenant, &self.user, &self.feature, &self.conversation];
        let more = [&self.environment, &self.provider, &self.request_model, &self.response_model];
        let last = [&self.prompt_name, &self.prompt_version, &self.shape];
        let numbers = [&self.start, &self.duration, &self.ttft, &self.input, &self.output, &self.cost];
        small.into_iter().chain(more).chain(last).all(|list| list.len() == n)
            && numbers.into_iter().all(|list| list.len() == n)
            && self.tie.len() == n
            && self.bits.len() == n
            && self.kind.len() == n
    }
}

impl Traces {
    /// Every list.
    pub(crate) fn visit(&mut self, visit: &mut impl Visit) -> io::Result<()> {
        let Self { pk, tie, members, root, bits, start, duration, ttft, input, output, cost, call } = self;
        visit.list(tie)?;
        visit.list(bits)?;
        for list in [pk, root, call] {
            visit.list(list)?;
        }
        for list in [start, duration, ttft, input, output, cost] {
            visit.list(list)?;
        }
        let mut pairs: Vec<[u32; 2]> = members.iter().map(|(first, n)| [*first, *n]).collect();
        visit.list(&mut pairs)?;
        *members = pairs.into_iter().map(|[first, n]| (first, n)).collect();
        Ok(())
    }

    /// Whether all lists are of this length.
    pub(crate) fn are(&self, n: usize) -> bool {
        let numbers = [&self.start, &self.duration, &self.ttft, &self.input, &self.output, &self.cost];
        [&self.pk, &self.root, &self.call].into_iter().all(|list| list.len() == n)
            && numbers.into_iter().all(|list| list.len() == n)
            && self.tie.len() == n
            && self.bits.len() == n
            && self.members.len() == n
    }
}

impl Bits {
    /// Words and length.
    pub(crate) fn visit(&mut self, visit: &mut impl Visit) -> io::Result<()> {
        let mut words = std::mem::take(self).into_words();
        let mut len = vec![words.1 as u64];
        visit.list(&mut words.0)?;
        visit.list(&mut len)?;
        let len = len.first().copied().and_then(|len| usize::try_from(len).ok()).unwrap_or(0);
        *self = Self::of_words(words.0, len).ok_or(io::ErrorKind::InvalidData)?;
        Ok(())
    }
}
