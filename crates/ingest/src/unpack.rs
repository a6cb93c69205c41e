//! Archives: gzip, zstd, zip and tar, one within the other up to four layers, told by their first bytes. Every member is
//! given to a visitor as a stream; nothing is unpacked to the disk, since that copy would be unredacted.

use retake_formats::{Head, sink::Reopen};
use retake_model::Code;
use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

/// Deepest nesting of archives.
const MAX_LAYERS: usize = 4;
/// A zip that cannot be sought in is read into memory up to this size.
const ZIP_IN_MEMORY_BYTES: u64 = 64 << 20;
/// Beyond this size an archive must not expand more than [`MAX_RATIO`] times.
const TRUSTED_BYTES: u64 = 1 << 30;
const MAX_RATIO: u64 = 200;

/// One unpacked file.
pub(crate) struct Member<'a> {
    /// Path as named, members of archives after `!`.
    pub path: String,
    /// The first bytes, up to [`Head::BYTES`].
    pub head: Vec<u8>,
    /// Whether `head` is all of it.
    pub whole: bool,
    /// The bytes from the start.
    pub reader: Box<dyn Read + 'a>,
    /// Opens the same bytes again.
    pub reopen: Option<Box<Reopen<'a>>>,
}

/// Why a file or an archive could not be opened or read to its end.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub path: String,
    pub code: Code,
    pub message: String,
}

/// Receives members; `false` ends the walk.
pub(crate) trait Visitor {
    fn member(&mut self, member: Member<'_>) -> bool;
    fn trouble(&mut self, trouble: Trouble) -> bool;
}

/// Marks the errors of a guard within an [`std::io::Error`].
#[derive(Debug)]
struct Bomb;

impl std::fmt::Display for Bomb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the archive expands more than {MAX_RATIO} times")
    }
}

impl std::error::Error for Bomb {}

/// Code of a read error: a guard's, or damage within an archive.
pub(crate) fn code_of(error: &std::io::Error, in_archive: bool) -> Code {
    if error.get_ref().is_some_and(|inner| inner.is::<Bomb>()) {
        Code::ArchiveBomb
    } else if in_archive {
        Code::ArchiveDamaged
    } else {
        Code::InputUnreadable
    }
}

/// Bytes of the outermost stream and of everything that was unpacked from it, for the ratio: many members, or layers,
/// that each stay below the limit expand together.
#[derive(Clone)]
struct Meter {
    taken: Rc<Cell<u64>>,
    given: Rc<Cell<u64>>,
    trusted_bytes: u64,
}

impl Default for Meter {
    fn default() -> Self {
        Self { taken: Rc::default(), given: Rc::default(), trusted_bytes: TRUSTED_BYTES }
    }
}

struct Counting<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(out)?;
        self.meter.taken.set(self.meter.taken.get() + n as u64);
        Ok(n)
    }
}

/// Stops a stream that expands beyond the limit.
struct Guarded<R> {
    inner: R,
    meter: Meter,
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(out)?;
        let given = self.meter.given.get() + n as u64;
        self.meter.given.set(given);
        if given > self.meter.trusted_bytes && given / MAX_RATIO > self.meter.taken.get() {
            return Err(std::io::Error::other(Bomb));
        }
        Ok(n)
    }
}

/// Opens a file and visits it, or what is in it.
pub(crate) fn visit_file(path: &Path, visitor: &mut dyn Visitor) -> bool {
    let name = path.display().to_string();
    // Closing it again would take this program's locks on the workspace away.
    if retake_store::is_open_workspace(path) {
        let message = "it is the workspace itself, which is open, or belongs to it".to_owned();
        return visitor.trouble(Trouble { path: name, code: Code::InputNotUnderstood, message });
    }
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) => {
            return visitor.trouble(Trouble { path: name, code: Code::InputUnreadable, message: error.to_string() });
        }
    };
    let mut magic = [0; 4];
    let n = file.read(&mut magic).unwrap_or(0);
    if let Err(error) = file.seek(SeekFrom::Start(0)) {
        // A named pipe cannot be sought in; what was read is put back in front.
        let _ = error;
        let reader = Box::new(Cursor::new(magic[..n].to_vec()).chain(file));
        return visit_stream(name, reader, visitor);
    }
    if magic.starts_with(b"PK\x03\x04") {
        let meter = Meter::default();
        meter.taken.set(file.metadata().map_or(0, |meta| meta.len()));
        return visit_zip(&name, BufReader::new(file), &meter, 1, visitor);
    }
    // A file that is being written to is read as far as it is now: its writer must not keep the import for ever.
    let n_bytes = file.metadata().ok().filter(std::fs::Metadata::is_file).map_or(0, |meta| meta.len());
    let file = file.take(if n_bytes > 0 { n_bytes } else { u64::MAX });
    let again = path.to_owned();
    let reopen: Box<Reopen<'_>> = Box::new(move |offset| {
        let mut file = File::open(&again)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    });
    let meter = Meter::default();
    let reader = Box::new(Counting { inner: file, meter: meter.clone() });
    visit(name, reader, Some(reopen), &meter, 0, visitor)
}

/// Visits a pipe.
pub(crate) fn visit_stream(name: String, reader: Box<dyn Read + '_>, visitor: &mut dyn Visitor) -> bool {
    let meter = Meter::default();
    let reader = Box::new(Counting { inner: reader, meter: meter.clone() });
    visit(name, reader, None, &meter, 0, visitor)
}

/// Visits bytes in memory.
pub(crate) fn visit_bytes(name: String, bytes: &[u8], visitor: &mut dyn Visitor) -> bool {
    metered_bytes(name, bytes, &Meter::default(), visitor)
}

fn metered_bytes(name: String, bytes: &[u8], meter: &Meter, visitor: &mut dyn Visitor) -> bool {
    meter.taken.set(bytes.len() as u64);
    if bytes.starts_with(b"PK\x03\x04") {
        return visit_zip(&name, Cursor::new(bytes), meter, 1, visitor);
    }
    let reopen: Box<Reopen<'_>> = Box::new(move |offset| {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        Ok(Box::new(&bytes[from..]))
    });
    visit(name, Box::new(bytes), Some(reopen), meter, 0, visitor)
}

fn visit<'a>(
    name: String,
    mut reader: Box<dyn Read + 'a>,
    reopen: Option<Box<Reopen<'a>>>,
    meter: &Meter,
    layer: usize,
    visitor: &mut dyn Visitor,
) -> bool {
    let (head, whole) = match head_of(&mut reader) {
        Ok(head) => head,
        Err(error) => {
            let code = code_of(&error, layer > 0);
            return visitor.trouble(Trouble { path: name, code, message: error.to_string() });
        }
    };
    let kind = Kind::of(&head);
    let reader: Box<dyn Read + 'a> = Box::new(Cursor::new(head.clone()).chain(reader));
    if kind != Kind::Plain && layer >= MAX_LAYERS {
        let message = format!("archives are nested more than {MAX_LAYERS} deep");
        return visitor.trouble(Trouble { path: name, code: Code::ArchiveBomb, message });
    }
    match kind {
        Kind::Plain => plain(name, head, whole, reader, reopen, visitor),
        Kind::Gzip => {
            let decoder = Guarded { inner: flate2::read::MultiGzDecoder::new(reader), meter: meter.clone() };
            let again = reopen.map(|reopen| -> Box<Reopen<'a>> {
                Box::new(move |offset| skipped(Box::new(flate2::read::MultiGzDecoder::new(reopen(0)?)), offset))
            });
            visit(inner_name(&name, ".gz"), Box::new(decoder), again, meter, layer + 1, visitor)
        }
        Kind::Zstd => match zstd::stream::read::Decoder::new(reader) {
            Ok(decoder) => {
                let decoder = Guarded { inner: decoder, meter: meter.clone() };
                let again = reopen.map(|reopen| -> Box<Reopen<'a>> {
                    Box::new(move |offset| skipped(Box::new(zstd::stream::read::Decoder::new(reopen(0)?)?), offset))
                });
                visit(inner_name(&name, ".zst"), Box::new(decoder), again, meter, layer + 1, visitor)
            }
            Err(error) => {
                visitor.trouble(Trouble { path: name, code: Code::ArchiveDamaged, message: error.to_string() })
            }
        },
        Kind::Tar => visit_tar(&name, reader, meter, layer, visitor),
        Kind::Zip => {
            let mut bytes = Vec::new();
            match reader.take(ZIP_IN_MEMORY_BYTES + 1).read_to_end(&mut bytes) {
                Ok(n) if n as u64 > ZIP_IN_MEMORY_BYTES => {
                    let message = "a zip is read from its end, and this one is larger than 64 MiB".to_owned();
                    visitor.trouble(Trouble { path: name, code: Code::StdinNeedsSeek, message })
                }
                Ok(_) => visit_zip(&name, Cursor::new(bytes), meter, layer + 1, visitor),
                Err(error) => {
                    let code = code_of(&error, layer > 0);
                    visitor.trouble(Trouble { path: name, code, message: error.to_string() })
                }
            }
        }
    }
}

/// The stream behind its first bytes.
fn skipped<'a>(mut reader: Box<dyn Read + 'a>, offset: u64) -> std::io::Result<Box<dyn Read + 'a>> {
    std::io::copy(&mut (&mut reader).take(offset), &mut std::io::sink())?;
    Ok(reader)
}

fn inner_name(name: &str, ending: &str) -> String {
    let file = name.rsplit(['/', '!']).next().unwrap_or(name);
    format!("{name}!{}", file.strip_suffix(ending).unwrap_or(file))
}

fn plain<'a>(
    path: String,
    head: Vec<u8>,
    whole: bool,
    reader: Box<dyn Read + 'a>,
    reopen: Option<Box<Reopen<'a>>>,
    visitor: &mut dyn Visitor,
) -> bool {
    let utf16 = match head.get(..2) {
        Some(b"\xFF\xFE") => Some(false),
        Some(b"\xFE\xFF") => Some(true),
        _ => None,
    };
    let Some(big_endian) = utf16 else {
        return visitor.member(Member { path, head, whole, reader, reopen });
    };
    let mut reader: Box<dyn Read + 'a> =
        Box::new(Utf16 { reader, big_endian, out: Vec::new(), at: 0, skip_mark: true, high: None });
    match head_of(&mut reader) {
        Ok((head, whole)) => {
            let reader = Box::new(Cursor::new(head.clone()).chain(reader));
            visitor.member(Member { path, head, whole, reader, reopen: None })
        }
        Err(error) => visitor.trouble(Trouble { path, code: code_of(&error, false), message: error.to_string() }),
    }
}

/// The first bytes, and whether the stream ends there.
fn head_of(reader: &mut dyn Read) -> std::io::Result<(Vec<u8>, bool)> {
    let mut head = Vec::new();
    reader.take(Head::BYTES as u64).read_to_end(&mut head)?;
    let whole = head.len() < Head::BYTES;
    Ok((head, whole))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Gzip,
    Zstd,
    Zip,
    Tar,
}

impl Kind {
    fn of(head: &[u8]) -> Self {
        match head {
            [0x1F, 0x8B, 8, ..] => Self::Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => Self::Zstd,
            [b'P', b'K', 3, 4, ..] => Self::Zip,
            _ if head.get(257..262) == Some(b"ustar") => Self::Tar,
            _ => Self::Plain,
        }
    }
}

fn visit_tar(name: &str, reader: Box<dyn Read + '_>, meter: &Meter, layer: usize, visitor: &mut dyn Visitor) -> bool {
    let damaged = |error: std::io::Error| Trouble {
        path: name.to_owned(),
        code: code_of(&error, true),
        message: error.to_string(),
    };
    let mut archive = tar::Archive::new(reader);
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(error) => return visitor.trouble(damaged(error)),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return visitor.trouble(damaged(error)),
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let member = format!("{name}!{}", String::from_utf8_lossy(&entry.path_bytes()));
        if hidden(&member) {
            continue;
        }
        if !visit(member, Box::new(entry), None, meter, layer + 1, visitor) {
            return false;
        }
    }
    true
}

fn visit_zip(name: &str, mut reader: impl Read + Seek, meter: &Meter, layer: usize, visitor: &mut dyn Visitor) -> bool {
    let damaged = |message: String| Trouble { path: name.to_owned(), code: Code::ArchiveDamaged, message };
    let mut archive = match zip::ZipArchive::new(&mut reader) {
        Ok(archive) => archive,
        Err(error) => {
            // Its end, where the table of its members stands, is missing: they are read one after the other.
            let found =
                reader.seek(SeekFrom::Start(0)).is_ok_and(|_| zip_in_order(name, reader, meter, layer, visitor));
            return visitor.trouble(damaged(error.to_string())) && found;
        }
    };
    let mut names: Vec<(String, usize)> = (0..archive.len())
        .filter_map(|at| Some((archive.by_index_raw(at).ok()?.name().ok()?.into_owned(), at)))
        .collect();
    names.sort();
    for (member, at) in names {
        if member.ends_with('/') || hidden(&member) {
            continue;
        }
        let path = format!("{name}!{member}");
        let goes_on = match archive.by_index(at) {
            Ok(entry) => {
                let guarded = Guarded { inner: entry, meter: meter.clone() };
                visit(path, Box::new(guarded), None, meter, layer, visitor)
            }
            Err(error) => visitor.trouble(Trouble { path, code: Code::ArchiveDamaged, message: error.to_string() }),
        };
        if !goes_on {
            return false;
        }
    }
    true
}

/// Members of a zip as they follow each other, as far as there are; `false` when the visitor wants no more.
fn zip_in_order(name: &str, mut reader: impl Read, meter: &Meter, layer: usize, visitor: &mut dyn Visitor) -> bool {
    while let Ok(Some(entry)) = zip::read::read_zipfile_from_stream(&mut reader) {
        let Ok(member) = entry.name().map(std::borrow::Cow::into_owned) else { continue };
        if member.ends_with('/') || hidden(&member) {
            continue;
        }
        let guarded = Guarded { inner: entry, meter: meter.clone() };
        if !visit(format!("{name}!{member}"), Box::new(guarded), None, meter, layer, visitor) {
            return false;
        }
    }
    true
}

/// Members that a Mac or a version control system puts beside the real ones.
fn hidden(path: &str) -> bool {
    path.rsplit(['/', '!']).next().is_some_and(|name| name.starts_with('.')) || path.contains("__MACOSX/")
}

/// UTF-16 with a byte order mark, as UTF-8.
struct Utf16<'a> {
    reader: Box<dyn Read + 'a>,
    big_endian: bool,
    out: Vec<u8>,
    at: usize,
    skip_mark: bool,
    high: Option<u16>,
}

impl Utf16<'_> {
    fn refill(&mut self) -> std::io::Result<()> {
        let mut bytes = Vec::with_capacity(16 << 10);
        (&mut self.reader).take(16 << 10).read_to_end(&mut bytes)?;
        self.out.clear();
        self.at = 0;
        let ended = bytes.len() < 16 << 10;
        let units = bytes.chunks_exact(2).map(|pair| {
            let pair = [pair.first().copied().unwrap_or_default(), pair.get(1).copied().unwrap_or_default()];
            if self.big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        });
        let mut units: Vec<u16> = self.high.take().into_iter().chain(units).collect();
        if std::mem::take(&mut self.skip_mark) && units.first() == Some(&0xFEFF) {
            units.remove(0);
        }
        if !ended && units.last().is_some_and(|unit| (0xD800..0xDC00).contains(unit)) {
            self.high = units.pop();
        }
        let text: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect();
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl Read for Utf16<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at >= self.out.len() {
            self.refill()?;
        }
        let rest = self.out.get(self.at..).unwrap_or_default();
        let n = rest.len().min(out.len());
        out[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
