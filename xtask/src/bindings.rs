//! TypeScript types of the window, written by ts-rs from the DTOs of `retake-api` into `ui/src/bindings`.
//! They are committed; the tests fail when they differ from what the DTOs say.

use crate::steps::{output, sh};
use crate::tree::{Tree, files_below};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// Folder of the generated types, from the root.
const FOLDER: &str = "ui/src/bindings";

/// `cargo xtask bindings`.
pub fn run() -> Result<()> {
    let tree = Tree::open()?;
    write(&tree, &["-p", "retake-api"], tree.root.join(FOLDER))?;
    eprintln!("wrote {FOLDER}");
    Ok(())
}

/// Whether the window has generated types yet.
pub fn exist(tree: &Tree) -> bool {
    tree.root.join(FOLDER).is_dir()
}

/// Fails when the committed types differ from what the DTOs say.
pub fn check(tree: &Tree) -> Result<()> {
    let fresh = tree.target.join("bindings");
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh)?;
    }
    // As the tests were built: for the package alone its dependencies would be compiled once more.
    write(tree, &["--workspace"], fresh.clone())?;
    let committed = tree.root.join(FOLDER);
    let mut names: Vec<PathBuf> = Vec::new();
    for folder in [&fresh, &committed] {
        for file in files_below(folder)? {
            names.push(file.strip_prefix(folder)?.to_owned());
        }
    }
    names.sort();
    names.dedup();
    let differing: Vec<String> = names
        .into_iter()
        .filter(|name| std::fs::read(fresh.join(name)).ok() != std::fs::read(committed.join(name)).ok())
        .map(|name| name.display().to_string())
        .collect();
    if !differing.is_empty() {
        bail!("{FOLDER} is out of date, run `cargo xtask bindings`: {}", differing.join(", "))
    }
    if let Some(changes) = output(Command::new("git").args(["status", "--porcelain", FOLDER]).current_dir(&tree.root))
        && !changes.is_empty()
    {
        eprintln!("not committed yet:\n{changes}");
    }
    Ok(())
}

/// The tests that ts-rs makes write the types.
fn write(tree: &Tree, packages: &[&str], folder: PathBuf) -> Result<()> {
    sh(Command::new("cargo")
        .args(["test", "--quiet"])
        .args(packages)
        .args(["--lib", "export_bindings"])
        .env("TS_RS_EXPORT_DIR", folder)
        .current_dir(&tree.root))
}
