//! The tests that drive the real window: builds it with the test seam for file pickers, gives it a screen, a session
//! bus and a driver, and runs `tests/e2e`. Screenshots are left in `screenshots` of the target folder.

use crate::session::{self, Screen};
use crate::setup;
use crate::steps::{on_path, sh};
use crate::tree::Tree;
use anyhow::{Result, bail};
use std::process::Command;

/// The tests, from the root.
pub const SOURCES: &str = "tests/e2e/main.rs";

/// `cargo xtask e2e [FILTER]`.
pub fn run(args: &[String]) -> Result<()> {
    let tree = Tree::open()?;
    setup::system_packages(setup::For::Tests)?;
    setup::npm_packages(&tree)?;
    setup::build_ui(&tree)?;
    if let Some(why) = impossible(&tree) {
        bail!("{why}")
    }
    tests(&tree, args)
}

/// Why the window cannot be driven here, if so.
pub fn impossible(tree: &Tree) -> Option<String> {
    if tree.window().is_none() || !tree.root.join(SOURCES).exists() {
        return Some("there is no window to drive".into());
    }
    if !cfg!(target_os = "linux") {
        return Some("the driver is known for Linux only".into());
    }
    ["Xvfb", "WebKitWebDriver", "dbus-run-session"]
        .into_iter()
        .find(|program| !on_path(program))
        .map(|program| format!("{program} is not installed"))
}

/// Builds and runs them.
pub fn tests(tree: &Tree, filter: &[String]) -> Result<()> {
    let Some(window) = tree.window() else { bail!("there is no window") };
    let mut build = Command::new("cargo");
    build.args(["build", "--quiet", "-p", &window.name, "-p", "retake-cli", "-p", "retake-testkit", "--bins"]);
    if window.features.contains_key("e2e") {
        build.args(["--features", &format!("{}/e2e", window.name)]);
    }
    sh(build.current_dir(&tree.root))?;
    let name = window
        .targets
        .iter()
        .find(|target| target.is_bin())
        .map(|target| target.name.clone())
        .unwrap_or_else(|| window.name.to_string());

    let screen = Screen::start()?;
    let runner = setup::test_runner(tree);
    let mut words = vec!["cargo"];
    match runner {
        // One at a time: they share the screen that pictures are taken of.
        Some(_) => {
            words.extend(["nextest", "run", "-p", "retake-tests", "--test", "e2e", "--no-tests", "fail", "-j", "1"]);
            // WebKit's driver hangs now and then; a second try is told as flaky in the summary.
            words.extend(["--retries", "2"]);
        }
        None => words.extend(["test", "-p", "retake-tests", "--test", "e2e", "--", "--test-threads", "1"]),
    }
    words.extend(filter.iter().map(String::as_str));
    let mut command = session::command(tree, &words)?;
    with_tools(tree, &mut command);
    sh(command
        .env("DISPLAY", &screen.display)
        .env("RETAKE_APP", tree.program(&name, false))
        .env("RETAKE_SCREENSHOTS", tree.target.join("screenshots")))
}

/// Puts the tools of the target folder on the path.
pub fn with_tools(tree: &Tree, command: &mut Command) {
    let tools = tree.target.join("tools/bin");
    if tools.exists() {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(tools).chain(std::env::split_paths(&path));
        if let Ok(joined) = std::env::join_paths(folders) {
            command.env("PATH", joined);
        }
    }
}
