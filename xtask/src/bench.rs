//! `cargo xtask bench`: builds the release programs and measures them (`tests/bench`).

use crate::steps::sh;
use crate::tree::Tree;
use anyhow::Result;
use std::process::Command;

/// `cargo xtask bench [OPTIONS]`.
pub fn run(args: &[String]) -> Result<()> {
    let tree = Tree::open()?;
    sh(Command::new("cargo").args(["build", "--release", "-p", "retake-cli"]).current_dir(&tree.root))?;
    // Benchmarks are built as releases are, into the same folder.
    let mut command = Command::new("cargo");
    command.args(["bench", "--quiet", "-p", "retake-tests", "--bench", "figures", "--"]).args(args);
    sh(command.current_dir(&tree.root))
}
