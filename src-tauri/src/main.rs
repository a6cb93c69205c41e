//! The window: opens the workspace, shows the page, and turns its messages into handler calls of `retake-api`.
//! No product logic lives here; the command line calls the same handlers.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod host;
mod options;
mod rpc;
mod window;

use options::Options;
use retake_api::{ApiError, Core};
use retake_model::Code;
use retake_store::{OpenMode, Workspace};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use tauri::Manager;

/// An import frees on the thread that writes what was allocated on the one that reads, which the system's allocator is
/// slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    prefer_plain_renderer();
    let options = match Options::read(std::env::args_os().skip(1), |name| std::env::var_os(name)) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(Code::UsageInvalid.exit() as u8);
        }
    };
    if let Some(path) = retake_api::log::default_path() {
        retake_api::log::start(&path, std::env::var("RETAKE_LOG").ok().as_deref());
    }
    let run = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .setup(move |app| {
            let host = Arc::new(host::Window::new(app.handle().clone()));
            // A workspace that cannot be opened is the answer to every call: the page shows it where the list would be.
            app.manage(rpc::Opened(open(&options.workspace, host)));
            window::open(app.handle(), &options)?;
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![rpc::rpc])
        .run(tauri::generate_context!());
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the window cannot be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

/// WebKitGTK's DMABUF renderer draws nothing on many drivers and without a GPU. Whoever sets the variable decides.
fn prefer_plain_renderer() {
    const NAME: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if cfg!(target_os = "linux") && std::env::var_os(NAME).is_none() {
        // SAFETY: this is the first statement of `main`: no other thread runs that could read the environment.
        #[expect(unsafe_code, reason = "the variable must be set before WebKit starts, in this process")]
        unsafe {
            std::env::set_var(NAME, "1");
        }
    }
}

/// Opens the workspace, and makes it when it is not there yet.
fn open(path: &Path, host: Arc<host::Window>) -> Result<Arc<Core>, ApiError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|why| {
            ApiError::new(
                Code::OutputUnwritable,
                format!("the folder of the workspace cannot be made: {why}: {}", folder.display()),
            )
        })?;
    }
    Ok(Core::new(Workspace::open(path, OpenMode::Create)?, host))
}
