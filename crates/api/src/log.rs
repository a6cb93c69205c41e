//! The log: JSON lines in `retake.log` of the platform's state folder, redacted before it is written.
//!
//! Level by `RETAKE_LOG` (default `info`). Nothing is logged that a document would not show; secrets that slip into a
//! message are replaced by the same rules as imported data.

use std::io::Write;
use std::path::{Path, PathBuf};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Where the log lies: `XDG_STATE_HOME/retake/retake.log`, or the platform's own place for state.
pub fn default_path() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("dev", "retake", "retake")?;
    let state = folders.state_dir().unwrap_or_else(|| folders.data_local_dir());
    Some(state.join("retake.log"))
}

/// Starts logging to `path`. Does nothing when a subscriber is already there or the file cannot be opened: a program
/// that cannot log still works, and `doctor` says so.
pub fn start(path: &Path, filter: Option<&str>) -> bool {
    if path.parent().is_none_or(|folder| std::fs::create_dir_all(folder).is_err()) {
        return false;
    }
    let Ok(file) = std::fs::OpenOptions::new().create(true).append(true).open(path) else {
        return false;
    };
    let filter = filter.and_then(|text| EnvFilter::try_new(text).ok()).unwrap_or_else(|| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(RedactedFile { file }).try_init().is_ok()
}

struct RedactedFile {
    file: std::fs::File,
}

impl<'a> MakeWriter<'a> for RedactedFile {
    type Writer = RedactedLine<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        RedactedLine { file: &self.file, line: Vec::new() }
    }
}

/// Gathers one line, so that a secret cannot be cut in two by a partial write.
struct RedactedLine<'a> {
    file: &'a std::fs::File,
    line: Vec<u8>,
}

impl Write for RedactedLine<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.line.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for RedactedLine<'_> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.line);
        let clean = retake_formats::redact::redact_text(&text);
        // A full disk must not take the program down with its log.
        let _written = self.file.write_all(clean.as_bytes());
    }
}
