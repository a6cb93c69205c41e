//! Licences of everything that is compiled for this system, against the list of `deny.toml`.

use super::Report;
use crate::steps::output;
use crate::tree::Tree;
use anyhow::{Context as _, Result};
use cargo_metadata::MetadataCommand;
use std::process::Command;

/// Every package offers a licence of the list.
pub fn allowed_licences(tree: &Tree, report: &mut Report) -> Result<()> {
    let allowed = allowed(&std::fs::read_to_string(tree.root.join("deny.toml")).context("deny.toml")?);
    let mut command = MetadataCommand::new();
    command.manifest_path(tree.root.join("Cargo.toml"));
    // Without a platform, cargo would download what only other systems compile.
    if let Some(host) = host() {
        command.other_options(["--filter-platform".to_owned(), host]);
    }
    let metadata = command.exec().context("cargo metadata")?;
    for package in &metadata.packages {
        let Some(expression) = &package.license else {
            report.error(format!("{} {} names no licence", package.name, package.version));
            continue;
        };
        if !satisfies(expression, &allowed) {
            report.error(format!(
                "{} {} is under {expression}, which deny.toml does not allow",
                package.name, package.version
            ));
        }
    }
    Ok(())
}

fn host() -> Option<String> {
    let text = output(Command::new("rustc").arg("-vV"))?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

/// The quoted words of `allow = […]` in `[licenses]`.
fn allowed(deny: &str) -> Vec<String> {
    let section = deny.split("[licenses]").nth(1).unwrap_or_default();
    let list = section.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).unwrap_or_default();
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be satisfied; `/` is the old way to write OR.
fn satisfies(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut tokens: Vec<&str> = spaced.split_whitespace().rev().collect();
    either(&mut tokens, allowed)
}

fn either(tokens: &mut Vec<&str>, allowed: &[String]) -> bool {
    let mut holds = both(tokens, allowed);
    while tokens.last() == Some(&"OR") {
        tokens.pop();
        holds |= both(tokens, allowed);
    }
    holds
}

fn both(tokens: &mut Vec<&str>, allowed: &[String]) -> bool {
    let mut holds = single(tokens, allowed);
    while tokens.last() == Some(&"AND") {
        tokens.pop();
        holds &= single(tokens, allowed);
    }
    holds
}

fn single(tokens: &mut Vec<&str>, allowed: &[String]) -> bool {
    match tokens.pop() {
        Some("(") => {
            let holds = either(tokens, allowed);
            tokens.pop();
            holds
        }
        Some(name) => {
            let mut full = name.to_owned();
            if tokens.last() == Some(&"WITH") {
                tokens.pop();
                full = format!("{name} WITH {}", tokens.pop().unwrap_or_default());
            }
            allowed.iter().any(|licence| *licence == full || *licence == name)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::satisfies;

    #[test]
    fn expressions_are_read_as_written() {
        let allowed: Vec<String> = ["MIT", "Apache-2.0", "Unicode-3.0"].map(str::to_owned).to_vec();
        assert!(satisfies("MIT OR GPL-3.0", &allowed));
        assert!(satisfies("GPL-3.0/MIT", &allowed));
        assert!(satisfies("(MIT OR Apache-2.0) AND Unicode-3.0", &allowed));
        assert!(satisfies("Apache-2.0 WITH LLVM-exception", &allowed));
        assert!(!satisfies("MIT AND GPL-3.0", &allowed));
        assert!(!satisfies("GPL-3.0 OR (MIT AND AGPL-3.0)", &allowed));
        assert!(!satisfies("", &allowed));
    }
}
