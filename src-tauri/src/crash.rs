//! A page whose process ended is loaded again; it comes back to the place where it was, with what was typed. One that ends
//! again at once is left: the log says so, and the workspace is whole.

#[cfg(target_os = "linux")]
use std::cell::RefCell;
#[cfg(target_os = "linux")]
use std::time::{Duration, Instant};
use tauri::WebviewWindow;

/// How often within [`SPELL`] a page may end before it is left.
#[cfg(target_os = "linux")]
const MOST: usize = 3;
#[cfg(target_os = "linux")]
const SPELL: Duration = Duration::from_secs(60);

/// Watches the page of a window.
#[cfg(target_os = "linux")]
pub fn watch(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::WebViewExt as _;
    window.with_webview(|webview| {
        let ended = RefCell::new(Vec::<Instant>::new());
        webview.inner().connect_web_process_terminated(move |view, reason| {
            let now = Instant::now();
            let mut ended = ended.borrow_mut();
            ended.retain(|before| now.duration_since(*before) < SPELL);
            ended.push(now);
            if ended.len() > MOST {
                tracing::error!(?reason, "the page's process ended once more; it is left");
                return;
            }
            tracing::error!(?reason, "the page's process ended; it is loaded again");
            view.reload();
        });
    })
}

/// Elsewhere the system loads the page again, or its builder is told to.
#[cfg(not(target_os = "linux"))]
pub fn watch(_: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// Loads the page again.
#[cfg(target_os = "macos")]
pub fn load_again(webview: &tauri::Webview) {
    tracing::error!("the page's process ended; it is loaded again");
    if let Err(why) = webview.reload() {
        tracing::error!(%why, "the page cannot be loaded again");
    }
}
