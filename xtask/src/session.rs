//! What tests run in: folders of their own instead of the user's, and, where the programs for it are there, a session
//! bus with an unlocked keyring and a screen.

use crate::steps::on_path;
use crate::tree::Tree;
use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

/// Whether a session bus with a keyring can be had.
pub fn has_keyring() -> bool {
    on_path("dbus-run-session") && on_path("gnome-keyring-daemon")
}

/// A command that runs `words` with fresh `XDG_*` folders below the target folder, and in a session of its own with an
/// unlocked keyring where that can be had.
pub fn command(tree: &Tree, words: &[&str]) -> Result<Command> {
    let home = tree.target.join("session");
    if home.exists() {
        std::fs::remove_dir_all(&home).with_context(|| home.display().to_string())?;
    }
    let mut command = if has_keyring() {
        let mut command = Command::new("dbus-run-session");
        command.args([
            "--",
            "bash",
            "-c",
            "printf test | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec \"$@\"",
            "session",
        ]);
        command.args(words);
        command
    } else {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]);
        command
    };
    for (name, folder) in [
        ("XDG_DATA_HOME", "data"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_CACHE_HOME", "cache"),
    ] {
        let folder = home.join(folder);
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        command.env(name, folder);
    }
    command.current_dir(&tree.root).env_remove("RETAKE_WORKSPACE");
    Ok(command)
}

/// A screen without a monitor. It goes when this is dropped.
pub struct Screen {
    child: Child,
    /// Its name, for `DISPLAY`.
    pub display: String,
}

impl Screen {
    /// Starts Xvfb on a free number.
    pub fn start() -> Result<Self> {
        let mut child = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb")?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let number = line.trim();
        if number.is_empty() {
            let _ = child.kill();
            bail!("Xvfb gave no display number")
        }
        Ok(Self { display: format!(":{number}"), child })
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
