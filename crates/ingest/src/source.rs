//! What is imported: paths, a pipe, bytes that were dropped or pasted.

use std::io::Read;
use std::path::{Path, PathBuf};

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

/// What a walk of a folder found.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// Files in a stable order: by name, folders where their name stands.
    pub files: Vec<PathBuf>,
    /// What was left out, and why.
    pub left_out: Vec<(PathBuf, String)>,
}

/// Walks a folder. Hidden files are left out without a word; a link is followed when it leads to a file.
///
/// # Errors
/// When the folder itself cannot be read. One below it is left out.
pub(crate) fn walk(folder: &Path) -> std::io::Result<Walk> {
    let mut found = Walk::default();
    below(folder, &mut found)?;
    Ok(found)
}

fn below(folder: &Path, found: &mut Walk) -> std::io::Result<()> {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    entries.sort();
    for path in entries {
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
            continue;
        }
        let is_link = path.is_symlink();
        match std::fs::metadata(&path) {
            Ok(meta) if meta.is_file() => found.files.push(path),
            Ok(meta) if meta.is_dir() && !is_link => {
                if let Err(error) = below(&path, found) {
                    found.left_out.push((path, error.to_string()));
                }
            }
            Ok(meta) if meta.is_dir() => {
                found.left_out.push((path, "a link to a folder is not followed".to_owned()));
            }
            Ok(_) => found.left_out.push((path, "it is no file and no folder".to_owned())),
            Err(error) => found.left_out.push((path, error.to_string())),
        }
    }
    Ok(())
}
