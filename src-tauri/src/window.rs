//! The one window: its title, size and what its page may navigate to.

use crate::options::Options;
use tauri::{AppHandle, WebviewUrl, WebviewWindowBuilder};

/// Opens it. Files that are dropped on it reach the page as paths: a drop is the same consent as a choice in a dialog.
pub fn open(app: &AppHandle, options: &Options) -> tauri::Result<()> {
    let name = options.workspace.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let page = if options.sample { WebviewUrl::App("index.html#sample".into()) } else { WebviewUrl::default() };
    WebviewWindowBuilder::new(app, "main", page)
        .title(format!("{name} – Retake"))
        .inner_size(1280.0, 800.0)
        .min_inner_size(880.0, 560.0)
        // The page has one document. Whatever else is asked for, by a link in imported text say, does not load.
        .on_navigation(|url| matches!(url.scheme(), "tauri") || url.host_str() == Some("tauri.localhost"))
        .build()?;
    Ok(())
}
