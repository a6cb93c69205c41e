//! A window with an empty page: what the web view costs before it shows anything. The figures of the window stand beside it.

use tauri::{Url, WebviewUrl, WebviewWindowBuilder};

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .setup(|app| {
            let page = WebviewUrl::External(Url::parse("about:blank")?);
            WebviewWindowBuilder::new(app, "main", page).inner_size(1280.0, 800.0).build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
