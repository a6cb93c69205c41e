//! `cargo xtask bench`: builds the release programs and measures them (`tests/bench`); with `--only window`, measures the
//! window over many rows (`tests/e2e/figures.rs`), the empty window beside it.

use crate::e2e;
use crate::session::{self, Screen};
use crate::setup::{self, For};
use crate::steps::{output, sh};
use crate::tree::Tree;
use anyhow::{Context as _, Result, bail};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where figures are appended; it is not committed.
const RESULTS: &str = "bench-results.jsonl";

/// `cargo xtask bench [OPTIONS]`.
pub fn run(args: &[String]) -> Result<()> {
    let tree = Tree::open()?;
    if let Some(at) = args.iter().position(|arg| arg == "window").filter(|at| *at > 0 && args[at - 1] == "--only") {
        let rest: Vec<&str> =
            args.iter().enumerate().filter(|(i, _)| *i != at && *i + 1 != at).map(|(_, arg)| arg.as_str()).collect();
        return window(&tree, &rest);
    }
    sh(Command::new("cargo").args(["build", "--release", "-p", "retake-cli"]).current_dir(&tree.root))?;
    // Benchmarks are built as releases are, into the same folder.
    let mut command = Command::new("cargo");
    command.args(["bench", "--quiet", "-p", "retake-tests", "--bench", "figures", "--"]).args(args);
    sh(command.current_dir(&tree.root))
}

/// `--only window [--spans N] [--keep FOLDER]`: a million spans in the list and a trace of a tenth of that, by default.
fn window(tree: &Tree, args: &[&str]) -> Result<()> {
    let mut spans = "1000000".to_owned();
    let mut keep = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let value = args.next().with_context(|| format!("{arg} needs a value"))?;
        match *arg {
            "--spans" => spans = value.replace('k', "000").replace('M', "000000"),
            "--keep" => keep = Some(PathBuf::from(value)),
            other => bail!("the window's figures take --spans and --keep, not {other:?}"),
        }
    }
    let trace = spans.parse::<u64>().context("--spans")? / 10;
    setup::system_packages(For::Tests)?;
    setup::npm_packages(tree)?;
    setup::build_ui(tree)?;
    let programs = ["build", "--release", "-p", "retake-cli", "-p", "retake-app", "--bins", "--example", "empty"];
    sh(Command::new("cargo").args(programs).current_dir(&tree.root))?;
    let temporary = tree.target.join("figures");
    let screen = Screen::start()?;
    let words = [
        "cargo",
        "test",
        "--quiet",
        "-p",
        "retake-tests",
        "--test",
        "e2e",
        "--",
        "--test-threads",
        "1",
        "--nocapture",
        "figures",
    ];
    let mut command = session::command(tree, &words)?;
    e2e::with_tools(tree, &mut command);
    let command = command
        .env("DISPLAY", &screen.display)
        .env("RETAKE_APP", tree.program("retake-app", true))
        .env("RETAKE_FIGURES_PROGRAM", tree.program("retake", true))
        .env("RETAKE_FIGURES_EMPTY", tree.target.join("release/examples/empty"))
        .env("RETAKE_FIGURES_FOLDER", keep.as_ref().unwrap_or(&temporary))
        .env("RETAKE_FIGURES_SPANS", &spans)
        .env("RETAKE_FIGURES_TRACE", trace.to_string());
    let answer =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("the figures cannot be taken")?;
    let text = String::from_utf8_lossy(&answer.stdout);
    let figures: Vec<[&str; 3]> = text.lines().filter_map(figure).collect();
    for [name, value, unit] in &figures {
        println!("{name:<64} {value:>10} {unit}");
    }
    if keep.is_none() {
        std::fs::remove_dir_all(&temporary).with_context(|| temporary.display().to_string())?;
    }
    if !answer.status.success() || figures.is_empty() {
        bail!("the figures ended with {}:\n{text}", answer.status)
    }
    append(tree, &figures)
}

/// A line that tells a figure: name, value, unit.
fn figure(line: &str) -> Option<[&str; 3]> {
    // The runner of the tests puts a dot before the first line that follows a test.
    let (_, fields) = line.split_once("FIGURE\t")?;
    let mut fields = fields.split('\t');
    Some([fields.next()?, fields.next()?, fields.next()?])
}

fn append(tree: &Tree, figures: &[[&str; 3]]) -> Result<()> {
    let commit = output(Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(&tree.root));
    let figures: Vec<_> = figures
        .iter()
        .map(|[name, value, unit]| serde_json::json!({"name": name, "value": value.parse::<f64>().ok(), "unit": unit}))
        .collect();
    let line = serde_json::json!({"part": "window", "commit": commit, "figures": figures});
    let path = tree.root.join(RESULTS);
    let mut file =
        OpenOptions::new().create(true).append(true).open(&path).with_context(|| path.display().to_string())?;
    writeln!(file, "{line}").with_context(|| path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_are_read_from_what_the_tests_print() {
        assert_eq!(figure("FIGURE\tEnd in 6 rows\t12.0\tms"), Some(["End in 6 rows", "12.0", "ms"]));
        assert_eq!(figure(".FIGURE\tstart\t9.0\tms"), Some(["start", "9.0", "ms"]));
        assert_eq!(figure("test figures ... ok"), None);
    }
}
