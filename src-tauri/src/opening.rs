//! Opens a workspace before there is a window, and reads ahead what its first list needs.

use retake_api::ApiError;
use retake_model::Code;
use retake_store::{OpenMode, Workspace};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A workspace that is being opened while the window system still starts.
pub struct Opening(JoinHandle<Result<Workspace, ApiError>>);

impl Opening {
    /// Begins with the file.
    pub fn begin(path: &Path) -> Self {
        let path = path.to_owned();
        Self(std::thread::spawn(move || open_file(&path)))
    }

    /// Waits until it is open.
    pub fn end(self) -> Result<Workspace, ApiError> {
        self.0.join().unwrap_or_else(|_| Err(ApiError::internal("opening the workspace panicked")))
    }
}

/// Opens the workspace, makes it when it is not there yet, and begins to read what the first list needs.
pub fn open_file(path: &Path) -> Result<Workspace, ApiError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|why| {
            ApiError::new(
                Code::OutputUnwritable,
                format!("the folder of the workspace cannot be made: {why}: {}", folder.display()),
            )
        })?;
    }
    let workspace = Workspace::open(path, OpenMode::Create)?;
    read_ahead(workspace.clone());
    Ok(workspace)
}

/// After so long a start is over, and writing is in nobody's way.
const SETTLED: Duration = Duration::from_secs(5);

/// Keeps what was read for the next start.
pub fn keep_columns(workspace: &Workspace) {
    if let Err(why) = workspace.keep_columns() {
        tracing::warn!(%why, "what was read is not kept for the next start");
    }
}

/// Reads what the first list needs while the page is still being loaded.
fn read_ahead(workspace: Workspace) {
    std::thread::spawn(move || {
        let began = Instant::now();
        // The list asks for the same and shows why it cannot be had.
        match workspace.warm() {
            Ok(()) => {
                tracing::debug!(ms = began.elapsed().as_millis(), "what a list needs was read ahead");
                std::thread::sleep(SETTLED);
                keep_columns(&workspace);
            }
            Err(why) => tracing::warn!(%why, "nothing was read ahead"),
        }
    });
}
