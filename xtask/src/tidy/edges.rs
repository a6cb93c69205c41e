//! Who may depend on whom, by `cargo metadata`. Dependencies of tests are free.

use super::Report;
use crate::tree::Tree;
use anyhow::Result;
use cargo_metadata::{DependencyKind, Package};

/// Allowed dependencies among our crates; the hosts at the end may use everything above them.
const EDGES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("query", &["model"]),
    ("wire", &["model"]),
    ("compare", &["model"]),
    ("formats", &["model", "wire"]),
    ("charts", &[]),
    ("store", &["model", "query"]),
    ("replay", &["model", "wire", "compare"]),
    ("ingest", &["model", "wire", "formats", "store"]),
    ("golden", &["model", "wire", "compare", "replay"]),
    ("api", &["model", "query", "wire", "compare", "formats", "store", "replay", "ingest", "golden"]),
    ("testkit", &["model"]),
];

/// Hosts, in `crates/cli` and `src-tauri`.
const BELOW_HOSTS: &[&str] =
    &["model", "query", "wire", "compare", "formats", "store", "replay", "ingest", "golden", "api"];

/// Crates that only one of our packages (by its folder) may use.
const ONLY: &[(&str, &[&str])] = &[
    ("rusqlite", &["crates/store"]),
    ("keyring", &["crates/replay"]),
    ("clap", &["crates/cli"]),
    ("tauri", &["src-tauri"]),
    ("anyhow", &["crates/cli", "crates/testkit", "xtask", "tests"]),
    ("tokio", &["crates/replay", "crates/golden", "crates/api", "crates/cli", "crates/testkit", "src-tauri"]),
    ("reqwest", &["crates/replay"]),
    ("egui", &["crates/charts"]),
    ("wasm-bindgen", &["crates/charts"]),
];

/// Every edge among our crates is one of the table.
pub fn allowed_edges(tree: &Tree, report: &mut Report) -> Result<()> {
    for package in &tree.metadata.packages {
        let folder = folder(tree, package);
        let allowed = match folder.as_str() {
            "crates/cli" | "src-tauri" => BELOW_HOSTS,
            "xtask" => &["model"],
            "tests" => &["testkit"],
            other => {
                match other.strip_prefix("crates/").and_then(|word| EDGES.iter().find(|(name, _)| *name == word)) {
                    Some((_, allowed)) => allowed,
                    None => {
                        report.error(format!("{other} is in no row of the table of edges"));
                        continue;
                    }
                }
            }
        };
        for dependency in &package.dependencies {
            let Some(word) = dependency.name.strip_prefix("retake-") else { continue };
            if dependency.kind == DependencyKind::Normal && !allowed.contains(&word) {
                report.error(format!("{folder} may not depend on {word}"));
            }
        }
    }
    Ok(())
}

/// A database driver, a keyring, a command line parser, a window each have one user.
pub fn tools_in_one_place(tree: &Tree, report: &mut Report) -> Result<()> {
    for package in &tree.metadata.packages {
        let folder = folder(tree, package);
        for dependency in &package.dependencies {
            if dependency.kind == DependencyKind::Development {
                continue;
            }
            for (tool, users) in ONLY {
                let is_tool = dependency.name == *tool
                    || dependency
                        .name
                        .strip_prefix(tool)
                        .is_some_and(|rest| rest.starts_with('_') || rest.starts_with("-plugin"));
                if is_tool && !users.contains(&folder.as_str()) {
                    report.error(format!("{folder} may not use {}; {} may", dependency.name, users.join(", ")));
                }
            }
        }
    }
    Ok(())
}

/// The folder of a package from the root, `crates/store` say.
fn folder(tree: &Tree, package: &Package) -> String {
    package
        .manifest_path
        .parent()
        .and_then(|folder| folder.strip_prefix(&tree.root).ok())
        .map_or_else(|| package.name.to_string(), |path| path.as_str().replace('\\', "/"))
}
