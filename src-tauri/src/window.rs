//! The windows: which workspace each shows, and how one more is opened: by a command of the page, by a second start of the
//! program, by a link that the system hands over.

use crate::crash;
use crate::dialog;
use crate::opened::{Opened, Updating, keep_columns};
use crate::options::Options;
use retake_api::{ApiError, recent};
use retake_model::Code;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tauri::{
    AppHandle, Emitter, EventTarget, Manager, RunEvent, State, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
};

/// Windows by label.
#[derive(Default)]
pub struct Windows(Mutex<BTreeMap<String, Arc<Opened>>>);

impl Windows {
    /// What a window shows.
    pub fn of(&self, label: &str) -> Result<Arc<Opened>, ApiError> {
        self.all().get(label).cloned().ok_or_else(|| ApiError::internal(format!("there is no window {label}")))
    }

    /// Labels of the windows on a workspace.
    pub fn on(&self, path: &Path) -> Vec<String> {
        self.all().iter().filter(|(_, opened)| opened.path() == path).map(|(label, _)| label.clone()).collect()
    }

    /// Forgets a window that was closed, and with the last one of a workspace the workspace.
    pub fn closed(&self, label: &str) {
        let Some(closed) = self.all().remove(label) else { return };
        let last = self.on(closed.path()).is_empty();
        if last && let Some(workspace) = closed.now() {
            keep_columns(&workspace);
        }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Opened>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the next free label for a window: `main`, `window-2`, `window-3` …
    fn add(&self, opened: Arc<Opened>) -> String {
        let mut all = self.all();
        let label = (1..).map(|n| if n == 1 { "main".to_owned() } else { format!("window-{n}") });
        let label = label.into_iter().find(|label| !all.contains_key(label)).unwrap_or_default();
        all.insert(label.clone(), opened);
        label
    }
}

/// Shows what the program was started for, with its workspace where that is being opened already: the window that has the
/// workspace comes to the front.
pub fn open(app: &AppHandle, options: &Options, opened: Option<Opened>) -> tauri::Result<()> {
    let windows = app.state::<Windows>();
    if let Some(label) = windows.on(&options.workspace).first() {
        if let Some(window) = app.get_webview_window(label) {
            window.unminimize().and_then(|()| window.set_focus())?;
        }
        if let Some(link) = &options.link {
            app.emit_to(EventTarget::webview_window(label), "link", link)?;
        }
        return Ok(());
    }
    let opened = opened.unwrap_or_else(|| Opened::begin(&options.workspace));
    build(app, Arc::new(opened), false, options.sample, options.link.as_deref())
}

fn build(app: &AppHandle, opened: Arc<Opened>, further: bool, sample: bool, link: Option<&str>) -> tauri::Result<()> {
    let name = opened.path().file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mut begin = tauri::Url::parse("retake://page").map_err(tauri::Error::InvalidUrl)?;
    let words = [("further", further.then_some("")), ("sample", sample.then_some("")), ("link", link)];
    for (word, value) in words.into_iter().filter_map(|(word, value)| Some((word, value?))) {
        begin.query_pairs_mut().append_pair(word, value);
    }
    let page = format!("index.html#{}", begin.query().unwrap_or_default());
    let label = app.state::<Windows>().add(opened);
    let window = WebviewWindowBuilder::new(app, label, WebviewUrl::App(page.into()))
        .title(format!("{name} – Retake"))
        .inner_size(1280.0, 800.0)
        .min_inner_size(880.0, 560.0)
        // What the page shows tells its windows apart.
        .on_document_title_changed(|window, title| {
            // A window that is being closed needs no title.
            let _set = window.set_title(&title);
        })
        // The page has one document. Whatever else is asked for, by a link in imported text say, does not load.
        .on_navigation(|url| matches!(url.scheme(), "tauri") || url.host_str() == Some("tauri.localhost"))
        .build()?;
    crash::watch(&window)
}

/// The program was started once more, elsewhere: what that start asked for is done here.
pub fn started_again(app: &AppHandle, args: Vec<String>, folder: String) {
    let args = args.into_iter().skip(1).map(OsString::from);
    let options = Options::read(args, |_| None).map(|options| options.based_on(Path::new(&folder)));
    let done = match options {
        Ok(options) => open(app, &options, None).map_err(|why| why.to_string()),
        Err(usage) => Err(usage),
    };
    if let Err(why) = done {
        tracing::warn!(why, "a second start could not be followed");
    }
}

/// Links and files that macOS hands to the running program.
pub fn follow(app: &AppHandle, event: &RunEvent) {
    #[cfg(target_os = "macos")]
    if let RunEvent::Opened { urls } = event {
        for url in urls {
            let word = url.to_file_path().map_or_else(|()| url.to_string(), |path| path.display().to_string());
            started_again(app, vec![String::new(), word], String::new());
        }
    }
    #[cfg(not(target_os = "macos"))]
    let _ = (app, event);
}

/// The update that the window waits for, if it does.
#[tauri::command]
pub async fn updating(window: WebviewWindow, windows: State<'_, Windows>) -> Result<Option<Updating>, ApiError> {
    Ok(windows.of(window.label())?.updating())
}

/// A further window on the workspace of the one that asks.
#[tauri::command]
pub async fn open_window(
    app: AppHandle,
    window: WebviewWindow,
    windows: State<'_, Windows>,
    link: Option<String>,
) -> Result<(), ApiError> {
    build(&app, windows.of(window.label())?, true, false, link.as_deref()).map_err(ApiError::internal)
}

/// Ends the program.
#[tauri::command]
pub async fn quit(app: AppHandle) {
    app.exit(0);
}

/// Workspaces that were open before, the last one first.
#[tauri::command]
pub async fn recent_workspaces() -> Vec<recent::RecentWorkspace> {
    recent::list(&recent::default_path())
}

/// A window on another workspace: `recent` at a path that was open before, or `open` and `create` with a dialog.
#[tauri::command]
pub async fn open_workspace(app: AppHandle, how: String, path: Option<String>) -> Result<(), ApiError> {
    let workspace = match how.as_str() {
        "open" | "create" => {
            let what = if how == "open" { "workspace" } else { "save:workspace.retake" };
            let Some(path) = dialog::pick(&app, what).into_iter().next() else { return Ok(()) };
            if how == "create" && path.exists() {
                return Err(ApiError::new(Code::UsageInvalid, format!("there is a file already: {}", path.display()))
                    .with_hint("Open it, or name another file."));
            }
            path
        }
        // The page names only what the user opened before.
        _ => recent::list(&recent::default_path())
            .into_iter()
            .map(|one| PathBuf::from(one.path))
            .find(|known| Some(known.as_path()) == path.as_deref().map(Path::new))
            .ok_or_else(|| ApiError::new(Code::UsageInvalid, "this workspace was not open before"))?,
    };
    if how != "create" && !workspace.exists() {
        return Err(ApiError::new(Code::WorkspaceMissing, format!("the file is gone: {}", workspace.display())));
    }
    let options = Options { workspace, sample: false, link: None, say: None };
    if !app.state::<Windows>().on(&options.workspace).is_empty() {
        return open(&app, &options, None).map_err(ApiError::internal);
    }
    let opened = Opened::begin(&options.workspace);
    if opened.updating().is_none() {
        // What is no workspace is told where it was asked for, not in a window of its own.
        opened.workspace().await?;
    }
    open(&app, &options, Some(opened)).map_err(ApiError::internal)
}
