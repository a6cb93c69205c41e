//! Files that the person named as a place for what Retake prints.

use crate::ApiError;
use retake_model::Code;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes a file whole or not at all: beside its place first, then renamed.
///
/// A link keeps being one: the file that it points at is replaced. A device or a pipe is written into as it stands,
/// since a rename would put a file where `/dev/null` was.
///
/// # Errors
/// `RTK-A002` when it cannot be written, and what `fill` says.
pub(crate) fn write_whole<T>(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let unwritable = |why: std::io::Error| ApiError::new(Code::OutputUnwritable, format!("{why}: {}", path.display()));
    let place = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if std::fs::metadata(&place).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let device = std::fs::OpenOptions::new().write(true).open(&place).map_err(unwritable)?;
        let mut out = BufWriter::new(device);
        let filled = fill(&mut out)?;
        out.flush().map_err(unwritable)?;
        return Ok(filled);
    }
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = place.with_file_name(name);
    let written = std::fs::File::create(&part).map_err(unwritable).and_then(|file| {
        let mut out = BufWriter::new(file);
        let filled = fill(&mut out)?;
        out.flush().map_err(unwritable)?;
        out.get_ref().sync_all().map_err(unwritable)?;
        std::fs::rename(&part, &place).map_err(unwritable)?;
        Ok(filled)
    });
    if written.is_err() {
        // What is left of it is of no use to anybody.
        let _removed = std::fs::remove_file(&part);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(out: &mut dyn Write) -> Result<(), ApiError> {
        out.write_all(b"words").map_err(ApiError::internal)
    }

    fn refusal(out: &mut dyn Write) -> Result<(), ApiError> {
        words(out)?;
        Err(ApiError::internal("no more"))
    }

    fn names(dir: &Path) -> Vec<String> {
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn what_fails_leaves_the_old_file_and_nothing_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.txt");
        std::fs::write(&path, "before").unwrap();
        assert!(write_whole(&path, refusal).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        write_whole(&path, words).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "words");
        assert_eq!(names(dir.path()), ["out.txt"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_its_file_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        write_whole(&link, words).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "words");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_into_and_stays_what_it_is() {
        use std::io::Read;
        use std::os::unix::fs::FileTypeExt;
        let dir = tempfile::tempdir().unwrap();
        let pipe = dir.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let end = pipe.clone();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            std::fs::File::open(end).unwrap().read_to_string(&mut text).unwrap();
            text
        });
        write_whole(&pipe, words).unwrap();
        assert_eq!(reader.join().unwrap(), "words");
        assert!(std::fs::metadata(&pipe).unwrap().file_type().is_fifo());
        assert_eq!(names(dir.path()), ["pipe"]);
    }
}
