//! Which files this process has open as workspaces. On POSIX systems a process loses its locks on a file when it closes any
//! descriptor of it, also one that SQLite knows nothing of, and then another process may take the file's log away under it
//! (<https://sqlite.org/howtocorrupt.html>, section 2.2). Whoever opens files that a user names asks here first.

use crate::workspace::lock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Open workspaces by their real path, and how many times each is open.
static OPEN: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());

/// What SQLite, and we, put beside a workspace.
const BESIDE: [&str; 5] = ["", "-wal", "-shm", "-journal", "-columns"];

/// Held while a workspace is open.
pub(crate) struct Opened(PathBuf);

impl Opened {
    /// A file that was opened just now.
    pub(crate) fn new(path: &Path) -> Self {
        let path = real(path);
        *lock(&OPEN).entry(path.clone()).or_default() += 1;
        Self(path)
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let mut open = lock(&OPEN);
        let left = open.get(&self.0).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            open.remove(&self.0);
        } else {
            open.insert(self.0.clone(), left);
        }
    }
}

/// Whether a path leads to a workspace that this process has open, or to a file beside it: it must not be opened as a file.
pub fn is_open_workspace(path: &Path) -> bool {
    let path = real(path);
    let is_of = |open: &PathBuf| {
        BESIDE.iter().any(|end| {
            let mut file = open.as_os_str().to_owned();
            file.push(end);
            file == path.as_os_str()
        })
    };
    lock(&OPEN).keys().any(is_of)
}

/// Where a path leads, links followed; nothing is opened for it.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
