//! The native menu. What stands in it comes from the page's registry of commands; a choice goes back there by its id.

use retake_api::ApiError;
use serde::Deserialize;
use tauri::menu::{Menu as Bar, MenuItem, Submenu};
use tauri::{AppHandle, Emitter, EventTarget, Manager, WebviewWindow};

/// A command in a menu.
#[derive(Deserialize)]
pub struct Item {
    id: String,
    title: String,
    /// Key as the page writes it: `Ctrl+Shift+T`.
    key: Option<String>,
}

/// One menu of the bar.
#[derive(Deserialize)]
pub struct Menu {
    title: String,
    items: Vec<Item>,
}

/// All of them.
#[derive(Deserialize)]
pub struct NativeMenu {
    /// Whether the bar is shown; macOS always has one.
    bar: bool,
    menus: Vec<Menu>,
}

/// Puts the commands into the menu of a window.
#[tauri::command]
pub async fn set_menu(app: AppHandle, window: WebviewWindow, menu: NativeMenu) -> Result<(), ApiError> {
    let done = if !cfg!(target_os = "macos") && !menu.bar {
        window.remove_menu().map(drop)
    } else {
        bar(&app, &menu).and_then(|bar| show(&app, &window, bar))
    };
    done.map_err(ApiError::internal)
}

#[cfg(target_os = "macos")]
fn show(app: &AppHandle, _: &WebviewWindow, bar: Bar<tauri::Wry>) -> tauri::Result<()> {
    app.set_menu(bar).map(drop)
}

#[cfg(not(target_os = "macos"))]
fn show(_: &AppHandle, window: &WebviewWindow, bar: Bar<tauri::Wry>) -> tauri::Result<()> {
    window.set_menu(bar).map(drop)
}

fn bar(app: &AppHandle, menu: &NativeMenu) -> tauri::Result<Bar<tauri::Wry>> {
    let bar = Bar::new(app)?;
    #[cfg(target_os = "macos")]
    for system in system_menus(app)? {
        bar.append(&system)?;
    }
    for one in &menu.menus {
        let submenu = Submenu::new(app, plain(&one.title), true)?;
        for item in &one.items {
            submenu.append(&entry(app, item)?)?;
        }
        bar.append(&submenu)?;
    }
    Ok(bar)
}

/// An entry with its key; a key that the system's menus cannot have is left to the page.
fn entry(app: &AppHandle, item: &Item) -> tauri::Result<MenuItem<tauri::Wry>> {
    let key = item.key.as_deref().map(|key| key.replace("Ctrl+", "CmdOrCtrl+"));
    let id = item.id.as_str();
    MenuItem::with_id(app, id, plain(&item.title), true, key.as_deref())
        .or_else(|_| MenuItem::with_id(app, id, plain(&item.title), true, None::<&str>))
}

/// In a menu's title an ampersand marks a key.
fn plain(title: &str) -> String {
    title.replace('&', "&&")
}

/// What macOS has in every program; without them a field there can neither copy nor paste.
#[cfg(target_os = "macos")]
fn system_menus(app: &AppHandle) -> tauri::Result<[Submenu<tauri::Wry>; 2]> {
    use tauri::menu::PredefinedMenuItem as System;
    let program = [&System::about(app, None, None)? as &dyn tauri::menu::IsMenuItem<_>, &System::quit(app, None)?];
    let edit = [
        &System::undo(app, None)? as &dyn tauri::menu::IsMenuItem<_>,
        &System::redo(app, None)?,
        &System::cut(app, None)?,
        &System::copy(app, None)?,
        &System::paste(app, None)?,
        &System::select_all(app, None)?,
    ];
    Ok([Submenu::with_items(app, "Retake", true, &program)?, Submenu::with_items(app, "Edit", true, &edit)?])
}

/// Tells the window in front which command was chosen.
pub fn chosen(app: &AppHandle, id: &str) {
    let front = app.webview_windows().into_iter().find(|(_, window)| window.is_focused().unwrap_or_default());
    if let Some((label, _)) = front {
        // A page that is being closed needs no command.
        let _sent = app.emit_to(EventTarget::webview_window(label), "menu", id);
    }
}
