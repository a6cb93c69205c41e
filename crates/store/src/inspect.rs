//! Looks at the file of a workspace before it is opened: whose it is, of which version, whether it is whole.

use crate::error::{Result, StoreError};
use crate::migration;
use crate::opened::is_open_workspace;
use crate::workspace::{APPLICATION_ID, OpenMode};
use rusqlite::{Connection, OpenFlags};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A file up to this size is checked page by page when it is opened.
const CHECK_ON_OPEN_BYTES: u64 = 16 * 1024 * 1024;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What opening a workspace of an earlier version does first, which takes a while for a large one: a verified copy beside
/// it, then the change itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Update {
    /// The copy.
    pub copy: PathBuf,
    /// Size of the workspace.
    pub bytes: u64,
}

impl Update {
    /// The update that opening this file would begin with; `None` for a current one, and for what is no workspace.
    pub fn of(path: &Path) -> Option<Self> {
        if is_open_workspace(path) {
            return None;
        }
        let version = Header::read(path).ok().flatten()?.version();
        let outdated = (1..migration::all().len() as i64).contains(&version);
        let bytes = std::fs::metadata(path).ok()?.len();
        outdated.then(|| Self { copy: migration::copy_path(path, version), bytes })
    }

    /// How much of the copy is written by now.
    pub fn copied_bytes(&self) -> u64 {
        std::fs::metadata(&self.copy).map_or(0, |copy| copy.len())
    }
}

/// The first bytes of a database file (<https://sqlite.org/fileformat.html>, section 1.3).
struct Header([u8; 100]);

impl Header {
    /// `None` when the file is not ours.
    fn read(path: &Path) -> Result<Option<Self>> {
        let mut bytes = [0_u8; 100];
        match std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut bytes)) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) => return Err(StoreError::Failed(format!("{error}: {}", path.display()))),
        }
        let header = Self(bytes);
        let is_ours = header.0.starts_with(MAGIC) && header.number(68) == u64::from(APPLICATION_ID.unsigned_abs());
        Ok(is_ours.then_some(header))
    }

    fn number(&self, at: usize) -> u64 {
        let bytes = self.0.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; 4]);
        u64::from(u32::from_be_bytes(bytes))
    }

    /// How many migrations are applied.
    fn version(&self) -> i64 {
        self.number(60) as i64
    }

    fn pages(&self) -> u64 {
        self.number(28)
    }

    fn page_bytes(&self) -> u64 {
        match self.number(16) >> 16 {
            1 => 65536,
            other => other,
        }
    }
}

/// Looks at the file without touching it. True when it has yet to be made.
pub(crate) fn inspect(path: &Path, mode: OpenMode) -> Result<bool> {
    let missing = || match mode {
        OpenMode::Create => Ok(true),
        OpenMode::Existing => Err(StoreError::Missing(path.to_owned())),
    };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return missing(),
        Err(error) => return Err(StoreError::Failed(format!("{error}: {}", path.display()))),
    };
    if is_open_workspace(path) {
        // It was looked at when it was opened, and must not be opened as a file now.
        return Ok(false);
    }
    if !metadata.is_file() {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    if metadata.len() == 0 {
        return if mode == OpenMode::Create { Ok(true) } else { Err(StoreError::Foreign(path.to_owned())) };
    }
    let Some(header) = Header::read(path)? else { return Err(StoreError::Foreign(path.to_owned())) };
    let (found, known) = (header.version(), migration::all().len() as i64);
    if found > known {
        return Err(StoreError::Newer { path: path.to_owned(), found, known });
    }
    if has_log(path) {
        // Pages may still stand in the log: the file alone proves nothing.
        return Ok(false);
    }
    if header.page_bytes() < 512 || metadata.len() < header.pages() * header.page_bytes() {
        let why = "the file is shorter than its header says".to_owned();
        return Err(StoreError::Damaged { path: path.to_owned(), why });
    }
    if metadata.len() <= CHECK_ON_OPEN_BYTES {
        check_pages(path)?;
    }
    Ok(false)
}

/// Whether pages stand in the log beside the file.
pub(crate) fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(&log).is_ok_and(|log| log.len() > 0)
}

/// Opens the file as it stands: nothing is written, nothing is made beside it, what others write is not seen.
pub(crate) fn open_frozen(path: &Path) -> rusqlite::Result<Connection> {
    let mut address = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' => address.push(char::from(*byte)),
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(address, flags)
}

fn check_pages(path: &Path) -> Result<()> {
    let checked = open_frozen(path)
        .and_then(|connection| connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)));
    match checked {
        Ok(answer) if answer == "ok" => Ok(()),
        Ok(answer) => Err(StoreError::Damaged { path: path.to_owned(), why: answer }),
        Err(error) => Err(StoreError::Damaged { path: path.to_owned(), why: error.to_string() }),
    }
}
