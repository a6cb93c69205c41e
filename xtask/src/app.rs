//! `cargo xtask app [--release]`: installs what is missing, builds, and opens the window on the sample workspace.
//! Without a display it runs the same main job in the terminal and says so.

use crate::setup::{self, For};
use crate::steps::sh;
use crate::tree::Tree;
use anyhow::{Result, bail};
use std::process::Command;

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
    build(&tree, &[&window.name], release)?;
    let name = window.targets.iter().find(|target| target.is_bin()).map_or(window.name.as_str(), |target| &target.name);
    eprintln!("opening the window on the sample");
    sh(Command::new(tree.program(name, release)).arg("--sample").current_dir(&tree.root))
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
