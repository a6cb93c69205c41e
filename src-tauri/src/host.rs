//! The window as a host: the real clock and environment, dialogs of the system, and pushes to the page.
//! A push only says what to read again. Pushes are gathered, so that a stream of tokens makes at most 30 messages a second.

use crate::dialog;
use crate::window::Windows;
use retake_api::Host;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tauri::{AppHandle, Emitter, EventTarget, Manager};

/// Shortest time between two messages to the page.
const BEAT: Duration = Duration::from_millis(33);

/// Something that changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Change {
    topic: String,
    id: String,
}

/// The running program.
pub struct Window {
    app: AppHandle,
    changes: Sender<Change>,
}

impl Window {
    /// A host that tells the pages that show this workspace.
    pub fn new(app: AppHandle, workspace: PathBuf) -> Self {
        let (changes, received) = channel();
        let pages = app.clone();
        std::thread::spawn(move || {
            gather(&received, |batch| {
                for label in pages.state::<Windows>().on(&workspace) {
                    // A page that is being closed needs no push.
                    let _sent = pages.emit_to(EventTarget::webview_window(label), "changed", batch);
                }
            });
        });
        Self { app, changes }
    }
}

/// Hands on what was received, each change once a beat, until the sender is gone.
fn gather(received: &Receiver<Change>, mut send: impl FnMut(&BTreeSet<Change>)) {
    while let Ok(first) = received.recv() {
        let mut batch = BTreeSet::from([first]);
        std::thread::sleep(BEAT);
        batch.extend(received.try_iter());
        send(&batch);
    }
}

impl Host for Window {
    fn now_ns(&self) -> i64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .ok()
            .and_then(|since| i64::try_from(since.as_nanos()).ok())
            .unwrap_or_default()
    }

    fn emit(&self, topic: &str, id: &str) {
        // Without a receiver the program is ending.
        let _sent = self.changes.send(Change { topic: topic.to_owned(), id: id.to_owned() });
    }

    fn pick(&self, what: &str) -> Vec<PathBuf> {
        dialog::pick(&self.app, what)
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn read_file(&self, path: &str) -> std::io::Result<String> {
        // The page has the text of whatever it sends; it must not have files read by their name.
        Err(std::io::Error::new(
            std::io::ErrorKind::PermissionDenied,
            format!("the window reads no file that was not chosen: {path}"),
        ))
    }

    fn is_window(&self) -> bool {
        true
    }

    fn sample_folder(&self) -> Option<PathBuf> {
        retake_api::handlers::workspace::find_sample(self.variable("RETAKE_SAMPLE"))
    }

    fn log_path(&self) -> Option<PathBuf> {
        retake_api::log::default_path()
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, gather};
    use std::sync::mpsc::channel;

    #[test]
    fn a_burst_of_pushes_becomes_one_message_with_each_change_once() {
        let (sender, receiver) = channel();
        for id in ["1", "2", "1", "1"] {
            sender.send(Change { topic: "take".into(), id: id.into() }).expect("the receiver is alive");
        }
        drop(sender);
        let mut batches = Vec::new();
        gather(&receiver, |batch| batches.push(batch.iter().map(|change| change.id.clone()).collect::<Vec<_>>()));
        assert_eq!(batches, [["1", "2"]]);
    }
}
