//! Rules read off the text of the sources.

use super::Report;
use crate::docs;
use crate::tree::{Tree, files_below};
use anyhow::{Context as _, Result};
use regex::Regex;
use retake_model::Code;
use std::path::PathBuf;

/// A text file by its path from the root, with `/`.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is(&self, extension: &str) -> bool {
        self.path.rsplit('.').next() == Some(extension)
    }

    /// The text without the tests at its end.
    fn product(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default()
    }

    /// Lines of the product that are no comments, with their numbers from 1.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.product()
            .lines()
            .enumerate()
            .map(|(at, line)| (at + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Files below the named folders (or the named files) with one of the extensions.
fn sources(tree: &Tree, places: &[&str], extensions: &[&str]) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for place in places {
        for file in files_below(&tree.root.join(place))? {
            let path = file.strip_prefix(&tree.root)?.to_string_lossy().replace('\\', "/");
            let extension = path.rsplit('.').next().unwrap_or_default();
            if !extensions.contains(&extension) {
                continue;
            }
            // A file that is not UTF-8 is a fixture.
            if let Ok(text) = String::from_utf8(std::fs::read(&file).with_context(|| path.clone())?) {
                found.push(Source { path, text });
            }
        }
    }
    Ok(found)
}

const RUST: &[&str] = &["crates", "xtask", "tests", "src-tauri"];

/// Each Rust file says first what it is.
pub fn module_heads(tree: &Tree, report: &mut Report) -> Result<()> {
    for source in sources(tree, RUST, &["rs"])? {
        if !source.text.trim_start_matches('\u{feff}').starts_with("//!") {
            report.error(format!("{}: begins without `//!`", source.path));
        }
    }
    Ok(())
}

/// Files and functions are short: a warning at the aim, an error at twice that.
pub fn sizes(tree: &Tree, report: &mut Report) -> Result<()> {
    let mut places = RUST.to_vec();
    places.push("ui/src");
    for source in sources(tree, &places, &["rs", "ts", "svelte"])? {
        if source.path.contains("/bindings/") || source.path.starts_with("ui/src/charts/") {
            continue;
        }
        if source.path.starts_with("src-tauri/") && source.text.lines().count() > 200 {
            report.error(format!("{}: a host holds no logic, and this has more than 200 lines", source.path));
        }
        let (lines, aim) = (source.text.lines().count(), if source.is("svelte") { 250 } else { 500 });
        limit(report, &source.path, lines, aim);
        if source.is("rs") {
            for (name, at, length) in functions(source.product()) {
                limit(report, &format!("{}:{at}: fn {name}", source.path), length, 80);
            }
        }
    }
    Ok(())
}

fn limit(report: &mut Report, what: &str, lines: usize, aim: usize) {
    if lines > 2 * aim {
        report.error(format!("{what}: {lines} lines, more than {}", 2 * aim));
    } else if lines > aim {
        report.warn(format!("{what}: {lines} lines, more than {aim}"));
    }
}

/// Name, line and length of each function of formatted source: it ends at the first `}` indented as it is.
fn functions(text: &str) -> Vec<(String, usize, usize)> {
    let mut found = Vec::new();
    let mut open: Vec<(String, usize, usize)> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if line.trim() == "}" && open.last().is_some_and(|(_, _, column)| *column == indent) {
            if let Some((name, start, _)) = open.pop() {
                found.push((name, start + 1, at - start + 1));
            }
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let before_fn = words.iter().position(|word| *word == "fn");
        if let Some(place) = before_fn
            && words[..place].iter().all(|word| word.starts_with("pub") || ["async", "const", "unsafe"].contains(word))
            && !line.trim_end().ends_with(['}', ';'])
        {
            let name = words.get(place + 1).map_or("", |word| word.split(['(', '<']).next().unwrap_or_default());
            open.push((name.to_owned(), at, indent));
        }
    }
    found
}

/// Clock, randomness, environment and threads are passed into the pure crates.
pub fn pure_crates_read_nothing(tree: &Tree, report: &mut Report) -> Result<()> {
    let read = Regex::new(
        r"SystemTime::now|Instant::now|Timestamp::now|Zoned::now|\benv::vars?(_os)?\(|thread::spawn|rand::rng\(|Uuid::(now_v7|new_v4)|std::net::|fs::(read|write|File)",
    )?;
    for source in sources(
        tree,
        &["crates/model", "crates/query", "crates/wire", "crates/compare", "crates/formats", "crates/charts"],
        &["rs"],
    )? {
        if !source.path.contains("/src/") {
            continue;
        }
        for (at, line) in source.code() {
            if let Some(found) = read.find(line) {
                report.error(format!("{}:{at}: `{}` in a pure crate; pass it in", source.path, found.as_str()));
            }
        }
    }
    Ok(())
}

/// No crate of the product starts a process, so that no replay can run a tool.
pub fn processes_in_one_place(tree: &Tree, report: &mut Report) -> Result<()> {
    let start = Regex::new(r"process::Command|Command::new\(|libc::fork|posix_spawn")?;
    for source in sources(tree, &["crates", "src-tauri"], &["rs"])? {
        // The window's file dialog is a process of our own program, which is given no word from outside.
        let exempt = ["crates/testkit/", "crates/golden/src/assertions/command.rs", "src-tauri/src/dialog.rs"];
        if !source.path.contains("/src/") || exempt.iter().any(|place| source.path.starts_with(place)) {
            continue;
        }
        // The command line parser has a `Command` of its own.
        if source.path.starts_with("crates/cli/") {
            for (at, line) in source.code().filter(|(_, line)| line.contains("process::Command")) {
                report.error(format!("{}:{at}: starts a process: {}", source.path, line.trim()));
            }
            continue;
        }
        for (at, line) in source.code() {
            if start.is_match(line) {
                report.error(format!("{}:{at}: starts a process: {}", source.path, line.trim()));
            }
        }
    }
    Ok(())
}

/// SQL stands in the store alone.
pub fn sql_only_in_store(tree: &Tree, report: &mut Report) -> Result<()> {
    let sql = Regex::new(
        r#"\bSELECT\s.+\sFROM\s|\bINSERT (OR \w+ )?INTO\b|\bCREATE (TEMP )?(TABLE|INDEX|TRIGGER|VIEW)\b|\bDELETE FROM\b|\bUPDATE \w+ SET\b|"PRAGMA "#,
    )?;
    for source in sources(tree, &["crates", "src-tauri"], &["rs"])? {
        if source.path.starts_with("crates/store/") || !source.path.contains("/src/") {
            continue;
        }
        for (at, line) in source.code() {
            if sql.is_match(line) {
                report.error(format!("{}:{at}: SQL outside of the store", source.path));
            }
        }
    }
    Ok(())
}

/// The product handles what is not there, or says with `expect` why it must be.
pub fn no_unwrap(tree: &Tree, report: &mut Report) -> Result<()> {
    for source in sources(tree, &["crates", "src-tauri"], &["rs"])? {
        if !source.path.contains("/src/") || source.path.starts_with("crates/testkit/") {
            continue;
        }
        for (at, line) in source.code() {
            if line.contains(".unwrap()") {
                report.error(format!("{}:{at}: `unwrap` in the product", source.path));
            }
        }
    }
    Ok(())
}

/// Words that have no place in sources: open ends without an owner, lints switched off without a reason, folders of one
/// machine.
pub fn forbidden_words(tree: &Tree, report: &mut Report) -> Result<()> {
    let todo = Regex::new(&["TO", r"DO\b"].concat())?;
    let owned = Regex::new(&["TO", r"DO\([a-z]"].concat())?;
    let fix = Regex::new(&[r"\b(FIX", "ME|XX", r"X)\b"].concat())?;
    let allow = Regex::new(&[r"#!?\[al", r"low\("].concat())?;
    let path = Regex::new(r#"(^|[\s"'`(=:])/(work|root)/"#)?;
    let everywhere = ["crates", "xtask", "tests", "src-tauri", "ui", "fixtures", "docs", ".cargo", ".ci"];
    let mut places: Vec<&str> = everywhere.to_vec();
    places.extend(["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]);
    let extensions = [
        "rs", "ts", "js", "svelte", "css", "html", "md", "toml", "json", "jsonl", "yaml", "yml", "csv", "txt", "sh",
        "ci/run",
    ];
    for source in sources(tree, &places, &extensions)? {
        let is_code = ["rs", "ts", "svelte"].iter().any(|extension| source.is(extension));
        for (at, line) in source.text.lines().enumerate() {
            let place = format!("{}:{}", source.path, at + 1);
            if is_code && todo.is_match(line) && !owned.is_match(line) {
                report.error(format!("{place}: something is left to do and nobody named who does it"));
            }
            if is_code && fix.is_match(line) {
                report.error(format!("{place}: a mark of unfinished work"));
            }
            if source.is("rs") && allow.is_match(line) && !line.trim_start().starts_with("//") {
                report.error(format!("{place}: use `#[expect(lint, reason = \"…\")]`"));
            }
            if let Some(found) = path.find(line)
                && !source.path.starts_with("xtask/src/tidy/")
            {
                report.error(format!("{place}: a folder of one machine: {}", found.as_str().trim()));
            }
        }
    }
    Ok(())
}

/// The user interface reaches Tauri through one file; shared components know no domain.
pub fn ui_doors(tree: &Tree, report: &mut Report) -> Result<()> {
    let import = Regex::new(r#"(?:from|import)\s*\(?\s*["']([^"']+)["']"#)?;
    let escape = Regex::new(r"@ts-ignore|@ts-nocheck|\bas any\b|:\s*any\b|<any>")?;
    for source in sources(tree, &["ui/src"], &["ts", "svelte"])? {
        if source.path.contains("/bindings/") || source.path.starts_with("ui/src/charts/") {
            continue;
        }
        for (at, line) in source.text.lines().enumerate() {
            for module in import.captures_iter(line).filter_map(|found| found.get(1)) {
                if module.as_str().starts_with("@tauri-apps/") && source.path != "ui/src/platform/tauri.ts" {
                    report.error(format!(
                        "{}:{}: only ui/src/platform/tauri.ts may import {}",
                        source.path,
                        at + 1,
                        module.as_str()
                    ));
                }
            }
            if escape.is_match(line) && !line.trim_start().starts_with("//") && !line.trim_start().starts_with('*') {
                report.error(format!("{}:{}: a way around the types", source.path, at + 1));
            }
        }
    }
    Ok(())
}

/// Every expected form has its input beside it, every rejected file its reason.
pub fn no_orphan_fixtures(tree: &Tree, report: &mut Report) -> Result<()> {
    let folder = tree.root.join("fixtures/imports");
    let files: Vec<PathBuf> = files_below(&folder)?;
    let stem = |file: &PathBuf| {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let (stem, kind) = name
            .split_once('.')
            .map(|(stem, rest)| (stem.to_owned(), rest.split('.').next().unwrap_or_default().to_owned()))
            .unwrap_or_default();
        (file.parent().map(PathBuf::from), stem, kind)
    };
    let known: Vec<_> = files.iter().map(stem).collect();
    for (file, (parent, name, kind)) in files.iter().zip(&known) {
        let partner = match kind.as_str() {
            "input" => "expected",
            "expected" => "input",
            _ => continue,
        };
        if !known.iter().any(|(other, stem, kind)| other == parent && stem == name && kind == partner) {
            report
                .error(format!("{}: has no `{name}.{partner}.*` beside it", file.strip_prefix(&tree.root)?.display()));
        }
    }
    Ok(())
}

/// The page about errors is what the codes say, and each code is said well.
pub fn codes_documented(tree: &Tree, report: &mut Report) -> Result<()> {
    let page = std::fs::read_to_string(tree.root.join(docs::ERRORS)).unwrap_or_default();
    if page.replace("\r\n", "\n") != docs::errors_page() {
        report.error(format!("{} is out of date, run `cargo xtask docs`", docs::ERRORS));
    }
    let shape = Regex::new(r"^RTK-[A-Z]\d{3}$")?;
    for (at, code) in Code::ALL.iter().enumerate() {
        let text = code.as_str();
        if !shape.is_match(text) || Code::ALL[..at].iter().any(|other| other.as_str() == text) {
            report.error(format!("{text}: misspelt, or used twice"));
        }
        if code.cause().is_empty() || !code.remedy().ends_with('.') || !code.remedy().starts_with(char::is_uppercase) {
            report.error(format!("{text}: needs a cause, and a remedy that is a sentence"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[test]
    fn functions_are_measured_to_their_own_brace() {
        let text = "pub fn a() {\n    if x {\n    }\n}\nimpl B {\n    async fn c<T>(\n        t: T,\n    ) {\n        let fn_name = 1;\n    }\n}\n";
        assert_eq!(functions(text), [("a".to_owned(), 1, 4), ("c".to_owned(), 6, 5)]);
    }
}
