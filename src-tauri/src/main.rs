//! The window: opens the workspace, shows the page, and turns its messages into handler calls of `retake-api`.
//! No product logic lives here; the command line calls the same handlers.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod crash;
mod dialog;
mod host;
mod menu;
mod opened;
mod options;
mod rpc;
mod window;

use options::Options;
use retake_model::Code;
use std::process::ExitCode;
use tauri::Manager;

/// An import frees on the thread that writes what was allocated on the one that reads, which the system's allocator is
/// slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    prefer_plain_renderer();
    #[cfg(target_os = "linux")]
    if let [ask, what] = &std::env::args_os().skip(1).collect::<Vec<_>>()[..]
        && ask == dialog::ASK
    {
        return dialog::answer(&what.to_string_lossy()).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS);
    }
    let options = match Options::read(std::env::args_os().skip(1), |name| std::env::var_os(name)) {
        Ok(options) => options.based_on(&std::env::current_dir().unwrap_or_default()),
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(Code::UsageInvalid.exit() as u8);
        }
    };
    if let Some(text) = &options.say {
        println!("{text}");
        return ExitCode::SUCCESS;
    }
    if let Some(path) = retake_api::log::default_path() {
        retake_api::log::start(&path, std::env::var("RETAKE_LOG").ok().as_deref());
    }
    // A second start hands over to the first, which has its workspace open: opening it once more changes nothing.
    let mut opened = Some(opened::Opened::begin(&options.workspace));
    let mut builder = tauri::Builder::default();
    if is_single() {
        builder = builder.plugin(tauri_plugin_single_instance::init(window::started_again));
    }
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_dialog::init());
    #[cfg(target_os = "macos")]
    let builder = builder.on_web_content_process_terminate(crash::load_again);
    let app = builder
        .plugin(remembered())
        .manage(window::Windows::default())
        .on_menu_event(|app, event| menu::chosen(app, event.id().as_ref()))
        .on_window_event(|window, event| {
            if matches!(event, tauri::WindowEvent::Destroyed) {
                window.state::<window::Windows>().closed(window.label());
            }
        })
        .setup(move |app| {
            window::open(app.handle(), &options, opened.take())?;
            Ok(())
        })
        .invoke_handler(tauri::generate_handler![
            rpc::rpc,
            window::open_window,
            window::recent_workspaces,
            window::open_workspace,
            window::quit,
            window::updating,
            menu::set_menu
        ])
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(|app, event| window::follow(app, &event));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the window cannot be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Keeps place and size of windows over a start.
fn remembered() -> tauri::plugin::TauriPlugin<tauri::Wry> {
    use tauri_plugin_window_state::StateFlags as Flags;
    tauri_plugin_window_state::Builder::new().with_state_flags(Flags::SIZE | Flags::POSITION | Flags::MAXIMIZED).build()
}

/// Whether a second start hands its arguments to the first. Each test has a program of its own, and a workspace that is
/// named by the environment belongs to the program of that environment.
fn is_single() -> bool {
    !cfg!(feature = "e2e") && std::env::var_os("RETAKE_WORKSPACE").is_none()
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
