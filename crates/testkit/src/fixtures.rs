//! Walks `fixtures/`: data in, expected form beside it. `UPDATE=1` rewrites the expected files, and git shows the
//! difference.

use serde::Serialize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The folder of all fixtures.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// One input file. Its name is `<name>.<kind>.<extension>`, as in `two-turns.input.jsonl`.
#[derive(Debug, Clone)]
pub struct Fixture {
    path: PathBuf,
}

impl Fixture {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What stands before the first dot.
    pub fn name(&self) -> String {
        let file = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        file.split('.').next().unwrap_or_default().to_owned()
    }

    /// Name of the folder that it is in, a format's say.
    pub fn folder(&self) -> String {
        let parent = self.path.parent().and_then(Path::file_name);
        parent.unwrap_or_default().to_string_lossy().into_owned()
    }

    /// The bytes.
    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }

    /// The text.
    pub fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap_or_else(|error| panic!("{}: {error}", self.path.display()))
    }

    /// The file of another kind with the same name: `sibling("expected.json")`.
    pub fn sibling(&self, ending: &str) -> PathBuf {
        self.path.with_file_name(format!("{}.{ending}", self.name()))
    }

    /// Compares with `<name>.<kind>.json`.
    ///
    /// # Panics
    /// When they differ, unless `UPDATE=1` rewrites the file.
    pub fn expect_json(&self, kind: &str, got: &impl Serialize) {
        let mut text = serde_json::to_string_pretty(got).expect("the outcome can be written as JSON");
        text.push('\n');
        self.expect_text(&format!("{kind}.json"), &text);
    }

    /// Compares with `<name>.<ending>`.
    ///
    /// # Panics
    /// When they differ, unless `UPDATE=1` rewrites the file.
    pub fn expect_text(&self, ending: &str, got: &str) {
        let path = self.sibling(ending);
        let expected = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        if expected == got {
            return;
        }
        if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
            std::fs::write(&path, got).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            eprintln!("rewrote {}", path.display());
            return;
        }
        panic!("{} differs (UPDATE=1 rewrites it)\n{}", path.display(), first_difference(&expected, got));
    }
}

/// Files below `fixtures/` that fit the pattern, sorted; `*` stands for any part of one name.
pub fn fixtures(pattern: &str) -> Vec<Fixture> {
    let mut found = vec![root()];
    for part in pattern.split('/') {
        let mut next = Vec::new();
        for folder in found {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            let names = entries.flatten().map(|entry| entry.path());
            next.extend(names.filter(|path| fits(part, &path.file_name().unwrap_or_default().to_string_lossy())));
        }
        found = next;
    }
    found.sort();
    found.into_iter().filter(|path| path.is_file()).map(|path| Fixture { path }).collect()
}

/// Runs a check over every file that fits; all are tried, and the failing ones are named.
///
/// # Panics
/// When a check fails, or when no file fits.
pub fn each(pattern: &str, check: impl Fn(&Fixture)) {
    let found = fixtures(pattern);
    assert!(!found.is_empty(), "no file of fixtures/ fits {pattern:?}");
    let mut failed = Vec::new();
    for fixture in &found {
        eprintln!("fixture {}", fixture.path.display());
        if catch_unwind(AssertUnwindSafe(|| check(fixture))).is_err() {
            failed.push(format!("{}/{}", fixture.folder(), fixture.name()));
        }
    }
    assert!(failed.is_empty(), "{} of {} fixtures failed: {}", failed.len(), found.len(), failed.join(", "));
}

/// Whether a module has a folder with fixtures: `has("imports", "otlp-json")`.
pub fn has(area: &str, module: &str) -> bool {
    !fixtures(&format!("{area}/{module}/*.*.*")).is_empty()
}

/// Whether a name fits a pattern with `*`.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(before) else { return false };
    (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| fits(after, rest)))
}

/// The first line that differs, with what stands before it.
fn first_difference(expected: &str, got: &str) -> String {
    let (expected, got): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), got.lines().collect());
    let at = expected.iter().zip(&got).take_while(|(a, b)| a == b).count();
    let mut text = String::new();
    for (line, content) in expected.iter().enumerate().take(at).skip(at.saturating_sub(4)) {
        text.push_str(&format!("  {:>5}   {content}\n", line + 1));
    }
    for (sign, lines) in [('-', &expected), ('+', &got)] {
        for content in lines.iter().skip(at).take(6) {
            text.push_str(&format!("  {:>5} {sign} {content}\n", at + 1));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{first_difference, fits};

    #[test]
    fn stars_stand_for_any_part_of_a_name() {
        assert!(fits("*.input.*", "two-turns.input.jsonl"));
        assert!(fits("*", ""));
        assert!(fits("a*b", "a*b") && fits("a*b", "axxb") && fits("*ü*", "日ü"));
        assert!(!fits("*.input.*", "two-turns.expected.json") && !fits("a*b", "ab c"));
    }

    #[test]
    fn a_difference_names_its_line() {
        assert_eq!(first_difference("a\nb\nc\n", "a\nx\nc\n").lines().next(), Some("      1   a"));
        assert!(first_difference("a\nb\n", "a\nx\n").contains("2 + x"));
    }
}
