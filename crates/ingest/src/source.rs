//! What is imported: paths, a pipe, bytes that were dropped or pasted.

use std::io::Read;
use std::path::PathBuf;

/// One thing to import.
pub enum Source {
    /// A file, or a folder that is walked.
    Path(PathBuf),
    /// Standard input, read once.
    Stdin(Box<dyn Read + Send>),
    /// Bytes with a name to show.
    Bytes {
        /// Name in reports.
        name: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl Source {
    /// Name in reports.
    pub fn name(&self) -> String {
        match self {
            Self::Path(path) => path.display().to_string(),
            Self::Stdin(_) => "-".to_owned(),
            Self::Bytes { name, .. } => name.clone(),
        }
    }
}

/// Files below a folder in a stable order: by name, folders where their name stands. Hidden ones are left out; a link is
/// followed when it leads to a file.
pub(crate) fn files_below(folder: &std::path::Path, out: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    for path in entries {
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        match std::fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => files_below(&path, out)?,
            Ok(meta) if meta.is_file() => out.push(path),
            _ => {
                if std::fs::metadata(&path).is_ok_and(|meta| meta.is_file()) {
                    out.push(path);
                }
            }
        }
    }
    Ok(())
}
