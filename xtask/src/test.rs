//! `cargo xtask test`: installs what tests need and runs all of them, cheapest first. What cannot be run on a machine is
//! said; `RETAKE_REQUIRE=e2e,keyring,wasm` makes it a failure.

use crate::session::{self, has_keyring};
use crate::setup::{self, For, npm, test_runner, ui_hash};
use crate::steps::{Steps, on_path, output, sh};
use crate::tree::{Tree, files_below};
use crate::{bindings, e2e, wasm};
use anyhow::{Context as _, Result, bail};
use std::process::Command;

/// `cargo xtask test`.
pub fn run(args: &[String]) -> Result<()> {
    if let Some(arg) = args.first() {
        bail!("`cargo xtask test` takes no {arg:?}; run `cargo nextest run -p CRATE` for some of the tests")
    }
    let tree = Tree::open()?;
    let mut steps = Steps::default();

    let window = tree.window().map(|package| package.name.to_string());
    let ready = steps.step("system packages", || setup::system_packages(For::Tests));
    if tree.has_ui() {
        charts(&tree, &mut steps);
    }
    let ui_ready = tree.has_ui()
        && steps.step("npm packages", || setup::npm_packages(&tree))
        && steps.step("build ui", || setup::build_ui(&tree));
    // The window's own build needs web view headers and the built page.
    let members: Vec<&str> = match &window {
        Some(name) if !(ready && ui_ready) => vec!["--workspace", "--exclude", name],
        _ => vec!["--workspace"],
    };

    steps.step("format", || {
        component("fmt", "rustfmt")?;
        cargo(&tree, &["fmt", "--all", "--check"])
    });
    steps.step("clippy", || {
        component("clippy", "clippy")?;
        let mut words = vec!["clippy", "--quiet"];
        words.extend(&members);
        // A rule of `cargo xtask tidy` forbids `unwrap` in the product; helpers of tests may use it.
        words.extend(["--all-targets", "--", "-D", "warnings", "-A", "clippy::unwrap_used"]);
        cargo(&tree, &words)
    });
    if ui_ready {
        steps.step("ui", || ui_checks(&tree));
    }
    if on_path("cargo-deny") {
        // Advisories need a database from the network; licences, bans and sources do not.
        steps.step("deny", || {
            cargo(&tree, &["deny", "--offline", "--log-level", "error", "check", "licenses", "bans", "sources"])
        });
    } else {
        steps.skip("deny", "cargo-deny is not installed; licences are checked by a test of xtask");
    }

    if !has_keyring() {
        steps.skip_unless_required("keyring", "there is no gnome-keyring to test against");
    }
    steps.step("tests", || rust_tests(&tree, &members));
    steps.step("doc tests", || doc_tests(&tree));
    if tree.has_ui() && bindings::exist(&tree) {
        steps.step("bindings", || bindings::check(&tree));
    }
    match e2e::impossible(&tree) {
        _ if window.is_none() => {}
        Some(why) => steps.skip_unless_required("e2e", &why),
        None if !ui_ready => steps.skip_unless_required("e2e", "the user interface is not built"),
        None if !asked_for("e2e") => steps.skip("e2e", "run `cargo xtask e2e`, or set RETAKE_REQUIRE=e2e"),
        None => {
            steps.step("e2e", || e2e::tests(&tree, &[]));
        }
    }
    steps.finish()
}

/// The charts of the page. Where they cannot be compiled the page has another way to draw, so the rest goes on.
fn charts(tree: &Tree, steps: &mut Steps) {
    let mut built = false;
    let passed = steps.step("charts", || {
        built = wasm::build(tree)?;
        Ok(())
    });
    if passed && !built {
        steps.skip_unless_required("wasm", "the charts cannot be compiled here, the window draws as SVG");
    }
}

/// Whether `RETAKE_REQUIRE` names a group of tests.
fn asked_for(group: &str) -> bool {
    std::env::var("RETAKE_REQUIRE").is_ok_and(|groups| groups.split(',').any(|asked| asked.trim() == group))
}

/// The workspace's tests but those of the window, in folders and a session of their own.
fn rust_tests(tree: &Tree, members: &[&str]) -> Result<()> {
    // The suite runs the built programs, and cargo builds those of a package only for tests of that package.
    cargo(tree, &["build", "--quiet", "-p", "retake-cli", "-p", "retake-testkit", "--bins"])?;
    let runner = test_runner(tree);
    let mut words = vec!["cargo"];
    match runner {
        Some(_) => {
            words.extend(["nextest", "run"]);
            words.extend(members);
            if tree.root.join(e2e::SOURCES).exists() {
                words.extend(["-E", "not binary(e2e)"]);
            }
        }
        None => {
            words.extend(["test", "--quiet", "--no-fail-fast", "--lib", "--bins", "--test", "*"]);
            words.extend(members);
            // The tests of the window skip themselves: only their own step says where it is.
        }
    }
    let mut command = session::command(tree, &words)?;
    e2e::with_tools(tree, &mut command);
    if runner.is_none() {
        command.env_remove("RETAKE_REQUIRE");
    }
    sh(&mut command)
}

/// Examples in documentation, of those libraries that have any: each costs a link.
fn doc_tests(tree: &Tree) -> Result<()> {
    let mut packages = Vec::new();
    for package in &tree.metadata.packages {
        let Some(lib) = package.targets.iter().find(|target| target.is_lib()) else { continue };
        let sources = lib.src_path.parent().with_context(|| lib.src_path.to_string())?;
        for file in files_below(sources.as_std_path())? {
            if std::fs::read_to_string(&file).is_ok_and(|text| has_example(&text)) {
                packages.push(package.name.to_string());
                break;
            }
        }
    }
    if packages.is_empty() {
        eprintln!("   no examples in documentation");
        return Ok(());
    }
    let mut words = vec!["test", "--quiet", "--doc"];
    for package in &packages {
        words.extend(["-p", package]);
    }
    cargo(tree, &words)
}

fn has_example(source: &str) -> bool {
    let mut inside = false;
    for line in source.lines() {
        let line = line.trim_start();
        let Some(text) = line.strip_prefix("///").or_else(|| line.strip_prefix("//!")) else { continue };
        if let Some(language) = text.trim().strip_prefix("```") {
            if !inside && matches!(language, "" | "rust" | "should_panic" | "no_run") {
                return true;
            }
            inside = !inside;
        }
    }
    false
}

/// Types, lint and unit tests of the user interface, unless they passed with just these sources.
fn ui_checks(tree: &Tree) -> Result<()> {
    let ui = tree.root.join("ui");
    let sources = ui_hash(tree)?;
    if tree.is_fresh("ui-checks", sources) {
        eprintln!("   passed with these sources");
        return Ok(());
    }
    for script in ["check", "lint", "test"] {
        sh(npm(&ui).args(["run", "--silent", script]).env("CI", "true"))?;
    }
    tree.set_fresh("ui-checks", sources)
}

fn cargo(tree: &Tree, words: &[&str]) -> Result<()> {
    sh(Command::new("cargo").args(words).current_dir(&tree.root))
}

/// Adds a component of the toolchain when it is missing.
fn component(subcommand: &str, name: &str) -> Result<()> {
    if output(Command::new("cargo").args([subcommand, "--version"])).is_some() {
        return Ok(());
    }
    sh(Command::new("rustup").args(["component", "add", name]))
}

#[cfg(test)]
mod tests {
    use super::has_example;

    #[test]
    fn only_rust_blocks_of_doc_comments_are_examples() {
        assert!(has_example("/// ```\n/// assert!(true);\n/// ```"));
        assert!(!has_example("let text = \"\n```\n\";"));
        assert!(!has_example("/// ```sql\n/// select\n/// ```\n"));
    }
}
