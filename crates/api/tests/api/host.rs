//! A host without a screen, at a fixed time.

use retake_api::handlers::import::import_now;
use retake_api::{Core, Host, dto::import::ImportRequest};
use retake_store::{OpenMode, Workspace};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

struct Still;

impl Host for Still {
    fn now_ns(&self) -> i64 {
        1_795_000_000_000_000_000
    }
    fn emit(&self, _: &str, _: &str) {}
    fn pick(&self, _: &str) -> Vec<PathBuf> {
        Vec::new()
    }
    fn variable(&self, _: &str) -> Option<String> {
        None
    }
    fn read_file(&self, path: &str) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }
    fn sample_folder(&self) -> Option<PathBuf> {
        None
    }
    fn log_path(&self) -> Option<PathBuf> {
        None
    }
}

/// A core on a new workspace in `folder`.
pub fn core(folder: &Path) -> Arc<Core> {
    let workspace = Workspace::open(&folder.join("test.retake"), OpenMode::Create).expect("a workspace");
    Core::new(workspace, Arc::new(Still))
}

/// Imports files.
pub fn import(core: &Core, paths: &[PathBuf]) {
    let request = ImportRequest {
        paths: paths.iter().map(|path| path.display().to_string()).collect(),
        format: None,
        map: None,
        dry_run: false,
    };
    import_now(core, &request, &CancellationToken::new(), &|_| {}).expect("an import");
}
