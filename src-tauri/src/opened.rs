//! A workspace that a window shows, from before it is open: it is opened on a thread of its own, so that the window is there
//! at once. The window system starts meanwhile, and a large workspace of an earlier version is copied first.

use crate::host;
use retake_api::{ApiError, Core, recent};
use retake_model::Code;
use retake_store::{OpenMode, Update, Workspace};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tauri::AppHandle;
use tokio::sync::{OnceCell, watch};

/// A workspace that is open or is being opened. One that cannot be opened is the answer to every call: the page shows it
/// where the list would be.
pub struct Opened {
    path: PathBuf,
    /// What is done before it is open.
    update: Option<Update>,
    workspace: watch::Receiver<Option<Result<Workspace, ApiError>>>,
    core: OnceCell<Result<Arc<Core>, ApiError>>,
}

/// How far the update is that a window waits for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Updating {
    workspace: PathBuf,
    copy: PathBuf,
    bytes: u64,
    copied_bytes: u64,
}

impl Opened {
    /// Begins to open a file.
    pub fn begin(path: &Path) -> Self {
        let (tell, workspace) = watch::channel(None);
        let update = Update::of(path);
        let file = path.to_owned();
        std::thread::spawn(move || {
            let opened = open_file(&file);
            // Without a receiver its windows are closed.
            let _told = tell.send(Some(opened));
        });
        Self { path: path.to_owned(), update, workspace, core: OnceCell::new() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The workspace, if it is open by now.
    pub fn now(&self) -> Option<Workspace> {
        self.workspace.borrow().clone()?.ok()
    }

    /// The workspace, as soon as it is open.
    pub async fn workspace(&self) -> Result<Workspace, ApiError> {
        let mut workspace = self.workspace.clone();
        let panicked = |_| ApiError::internal("opening the workspace panicked");
        let opened = workspace.wait_for(Option::is_some).await.map_err(panicked)?.clone();
        opened.unwrap_or_else(|| Err(ApiError::internal("the workspace was not opened")))
    }

    /// Its core in this program, as soon as it is open.
    pub async fn core(&self, app: &AppHandle) -> Result<Arc<Core>, ApiError> {
        let make = async || {
            let workspace = self.workspace().await?;
            let host = Arc::new(host::Window::new(app.clone(), workspace.path().to_owned()));
            Ok(Core::new(workspace, host))
        };
        self.core.get_or_init(make).await.clone()
    }

    /// The update that its windows wait for; none once it is open.
    pub fn updating(&self) -> Option<Updating> {
        let update = self.update.as_ref().filter(|_| self.workspace.borrow().is_none())?;
        Some(Updating {
            workspace: self.path.clone(),
            copy: update.copy.clone(),
            bytes: update.bytes,
            copied_bytes: update.copied_bytes(),
        })
    }
}

/// Opens the workspace, makes it when it is not there yet, and begins to read what the first list needs.
fn open_file(path: &Path) -> Result<Workspace, ApiError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|why| {
            ApiError::new(
                Code::OutputUnwritable,
                format!("the folder of the workspace cannot be made: {why}: {}", folder.display()),
            )
        })?;
    }
    let workspace = Workspace::open(path, OpenMode::Create)?;
    recent::remember(&recent::default_path(), path);
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
