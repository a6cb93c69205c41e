//! The system's dialog for files. On Linux it runs in a process of its own: GTK looks into the files that it lists, and a
//! process that opens and closes a workspace as a file loses its locks on it (`retake_store::is_open_workspace`).

use std::path::PathBuf;
use tauri::AppHandle;

/// First argument of a start that only asks for files; the second says for which.
#[cfg(target_os = "linux")]
pub const ASK: &str = "--pick";

/// The dialog for `files`, a `folder`, a `workspace`, or, with `save:NAME`, a place to write to; empty when it was dismissed.
#[cfg(all(target_os = "linux", not(feature = "e2e")))]
pub fn pick(_app: &AppHandle, what: &str) -> Vec<PathBuf> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let asked = std::env::current_exe().and_then(|own| std::process::Command::new(own).args([ASK, what]).output());
    let answer = match asked {
        Ok(answer) => answer,
        Err(why) => {
            tracing::error!(%why, "the file dialog cannot be shown");
            return Vec::new();
        }
    };
    let paths = answer.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    paths.map(|path| PathBuf::from(OsStr::from_bytes(path))).collect()
}

/// Shows the dialog in this process, and writes the paths to standard output, a zero after each.
#[cfg(target_os = "linux")]
pub fn answer(what: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let dialog = rfd::FileDialog::new();
    let picked: Vec<PathBuf> = match (what, what.strip_prefix("save:")) {
        ("folder", _) => dialog.pick_folder().into_iter().collect(),
        ("workspace", _) => dialog.add_filter("Retake workspace", &["retake"]).pick_file().into_iter().collect(),
        (_, Some(name)) => dialog.set_file_name(name).save_file().into_iter().collect(),
        _ => dialog.pick_files().unwrap_or_default(),
    };
    let mut out = std::io::stdout().lock();
    for path in picked {
        out.write_all(path.as_os_str().as_bytes())?;
        out.write_all(&[0])?;
    }
    out.flush()
}

/// The dialog for `files`, a `folder`, a `workspace`, or, with `save:NAME`, a place to write to; empty when it was dismissed.
#[cfg(all(not(target_os = "linux"), not(feature = "e2e")))]
pub fn pick(app: &AppHandle, what: &str) -> Vec<PathBuf> {
    use tauri_plugin_dialog::DialogExt;
    let dialog = app.dialog().file();
    let picked = match (what, what.strip_prefix("save:")) {
        ("folder", _) => dialog.blocking_pick_folder().into_iter().collect(),
        ("workspace", _) => {
            dialog.add_filter("Retake workspace", &["retake"]).blocking_pick_file().into_iter().collect()
        }
        (_, Some(name)) => dialog.set_file_name(name).blocking_save_file().into_iter().collect(),
        _ => dialog.blocking_pick_files().unwrap_or_default(),
    };
    picked.into_iter().filter_map(|path| path.into_path().ok()).collect()
}

/// Paths from `RETAKE_E2E_PICK`, separated as in `PATH`; a file that it names with `@` holds one path a line, so that a
/// test can answer one dialog after the other.
#[cfg(feature = "e2e")]
pub fn pick(_app: &AppHandle, _what: &str) -> Vec<PathBuf> {
    let Some(value) = std::env::var_os("RETAKE_E2E_PICK") else { return Vec::new() };
    match value.to_string_lossy().strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).unwrap_or_default().lines().map(PathBuf::from).collect(),
        None => std::env::split_paths(&value).collect(),
    }
}
