//! `cargo xtask app [--release]`: installs what is missing, builds, and opens the window on the sample workspace.
//! Without a display it runs the same main job in the terminal and says so.

use crate::setup::{self, For};
use crate::steps::sh;
use crate::tree::Tree;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sample incident, from the root.
const SAMPLE: &str = "fixtures/sample";

/// `cargo xtask app [--release]`.
pub fn run(args: &[String]) -> Result<()> {
    let release = match args {
        [] => false,
        [flag] if flag == "--release" => true,
        _ => bail!("usage: cargo xtask app [--release]"),
    };
    let tree = Tree::open()?;
    if let Some(why) = no_display() {
        eprintln!("{why}: running the main job in the terminal instead");
        build(&tree, &["retake-cli"], release)?;
        return sh(Command::new(tree.program("retake", release)).arg("demo").current_dir(&tree.root));
    }
    let Some(window) = tree.window() else { bail!("this checkout has no src-tauri") };
    setup::system_packages(For::App)?;
    setup::npm_packages(&tree)?;
    setup::build_ui(&tree)?;
    build(&tree, &["retake-cli", &window.name], release)?;

    let workspace = sample_workspace(&tree, &tree.program("retake", release))?;
    let name = window.targets.iter().find(|target| target.is_bin()).map_or(window.name.as_str(), |target| &target.name);
    eprintln!("opening the window on {}", workspace.display());
    sh(Command::new(tree.program(name, release)).arg("--workspace").arg(&workspace).current_dir(&tree.root))
}

fn build(tree: &Tree, packages: &[&str], release: bool) -> Result<()> {
    let mut command = Command::new("cargo");
    command.args(["build", "--bins"]).current_dir(&tree.root);
    for package in packages {
        command.args(["-p", package]);
    }
    if release {
        command.arg("--release");
    }
    sh(&mut command)
}

/// Why no window can be shown, if so.
fn no_display() -> Option<&'static str> {
    let given = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    (cfg!(target_os = "linux") && !given("DISPLAY") && !given("WAYLAND_DISPLAY")).then_some("there is no display")
}

/// Imports the sample into a workspace of its own beside the user's; a second import adds nothing.
fn sample_workspace(tree: &Tree, retake: &Path) -> Result<PathBuf> {
    let folder = data_folder().context("the platform has no data folder")?.join("retake");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let workspace = folder.join("sample.retake");
    let sample = tree.root.join(SAMPLE);
    let retake = |args: &[&str], path: &Path| {
        sh(Command::new(retake)
            .arg("--workspace")
            .arg(&workspace)
            .args(["--yes", "--quiet"])
            .args(args)
            .arg(path)
            .current_dir(&tree.root))
    };
    retake(&["import"], &sample)?;
    let policy = sample.join("policy.yaml");
    if policy.exists() {
        retake(&["policy", "set"], &policy)?;
    }
    Ok(workspace)
}

/// Where programs of this user keep their data.
fn data_folder() -> Option<PathBuf> {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    if cfg!(windows) {
        return std::env::var_os("APPDATA").map(PathBuf::from);
    }
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library/Application Support"));
    }
    std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| home().map(|home| home.join(".local/share")))
}
