//! Rules of the source tree, each a test: who may depend on whom, where SQL and processes may stand, sizes, heads, words,
//! documented codes, licences. `cargo xtask tidy` prints warnings too.

mod edges;
mod licences;
mod sources;

use crate::tree::Tree;
use anyhow::{Result, bail};

/// What the rules have to say.
#[derive(Default)]
pub struct Report {
    /// Broken rules: tests fail.
    pub errors: Vec<String>,
    /// Smells: printed only.
    pub warnings: Vec<String>,
}

impl Report {
    fn error(&mut self, text: impl Into<String>) {
        self.errors.push(text.into());
    }

    fn warn(&mut self, text: impl Into<String>) {
        self.warnings.push(text.into());
    }
}

/// One rule over the tree.
type Rule = fn(&Tree, &mut Report) -> Result<()>;

/// All rules by name.
const RULES: &[(&str, Rule)] = &[
    ("edges", edges::allowed_edges),
    ("tools", edges::tools_in_one_place),
    ("licences", licences::allowed_licences),
    ("heads", sources::module_heads),
    ("sizes", sources::sizes),
    ("pure", sources::pure_crates_read_nothing),
    ("processes", sources::processes_in_one_place),
    ("sql", sources::sql_only_in_store),
    ("unwrap", sources::no_unwrap),
    ("words", sources::forbidden_words),
    ("ui", sources::ui_doors),
    ("fixtures", sources::no_orphan_fixtures),
    ("codes", sources::codes_documented),
];

/// `cargo xtask tidy`.
pub fn run() -> Result<()> {
    let tree = Tree::open()?;
    let mut broken = 0;
    for (name, rule) in RULES {
        let mut report = Report::default();
        rule(&tree, &mut report)?;
        for warning in &report.warnings {
            println!("warning: {name}: {warning}");
        }
        for error in &report.errors {
            println!("error: {name}: {error}");
        }
        broken += report.errors.len();
    }
    if broken > 0 {
        bail!("{broken} rules are broken")
    }
    println!("tidy: {} rules hold", RULES.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hold(rule: Rule) {
        let tree = Tree::open().expect("cargo metadata of this checkout");
        let mut report = Report::default();
        rule(&tree, &mut report).expect("the rule can be read");
        assert!(report.errors.is_empty(), "\n{}", report.errors.join("\n"));
    }

    #[test]
    fn edges() {
        hold(edges::allowed_edges);
        hold(edges::tools_in_one_place);
    }

    #[test]
    fn licences() {
        hold(licences::allowed_licences);
    }

    #[test]
    fn module_heads_and_sizes() {
        hold(sources::module_heads);
        hold(sources::sizes);
    }

    #[test]
    fn pure_crates_read_no_clock_and_start_no_thread() {
        hold(sources::pure_crates_read_nothing);
    }

    #[test]
    fn only_one_assertion_starts_a_process() {
        hold(sources::processes_in_one_place);
    }

    #[test]
    fn sql_only_in_store() {
        hold(sources::sql_only_in_store);
    }

    #[test]
    fn no_unwrap_in_the_product() {
        hold(sources::no_unwrap);
    }

    #[test]
    fn forbidden_words() {
        hold(sources::forbidden_words);
    }

    #[test]
    fn ui_has_one_door() {
        hold(sources::ui_doors);
    }

    #[test]
    fn fixtures_have_both_halves() {
        hold(sources::no_orphan_fixtures);
    }

    #[test]
    fn codes_documented() {
        hold(sources::codes_documented);
    }
}
