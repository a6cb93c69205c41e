//! Generates what Tauri needs at build time: the capability tables and the embedded page.

fn main() {
    // The page's own command list is closed: only these may be called (capabilities/main.json).
    let commands = &["rpc", "open_window", "recent_workspaces", "open_workspace", "quit", "set_menu", "updating"];
    let attributes = tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(commands));
    if let Err(error) = tauri_build::try_build(attributes) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}
