//! Generated pages: `docs/errors.md` from the codes of `retake-model`. A test fails when the page differs.

use crate::tree::Tree;
use anyhow::{Context as _, Result};
use retake_model::{Area, Code};
use std::fmt::Write as _;

/// Path of the page about errors, from the root.
pub const ERRORS: &str = "docs/errors.md";

/// `cargo xtask docs`.
pub fn run() -> Result<()> {
    let tree = Tree::open()?;
    let path = tree.root.join(ERRORS);
    std::fs::create_dir_all(tree.root.join("docs"))?;
    std::fs::write(&path, errors_page()).with_context(|| path.display().to_string())?;
    eprintln!("wrote {ERRORS}");
    Ok(())
}

/// The whole page.
pub fn errors_page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         <!-- Written by `cargo xtask docs` from crates/model/src/error.rs. Do not edit. -->\n\n\
         Every error has a code that never changes its meaning. `exit` is the exit status of a command that ends with it;\n\
         codes that are counted as warnings in an import report leave the status at 0 as long as something was imported.\n",
    );
    let mut codes: Vec<Code> = Code::ALL.to_vec();
    codes.sort_by_key(|code| (code.area() as u8, code.as_str()));
    let mut area = None;
    for code in codes {
        if area != Some(code.area()) {
            area = Some(code.area());
            let _ = write!(
                page,
                "\n## {}\n\n| code | exit | cause | remedy |\n| --- | --- | --- | --- |\n",
                title(code.area())
            );
        }
        let _ =
            writeln!(page, "| `{code}` | {} | {} | {} |", code.exit() as u8, cell(code.cause()), cell(code.remedy()));
    }
    page
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn title(area: Area) -> &'static str {
    match area {
        Area::Import => "Import",
        Area::Query => "Search",
        Area::Store => "Workspace",
        Area::Wire => "Request and answer bodies",
        Area::Provider => "Providers",
        Area::Replay => "Replay",
        Area::Golden => "Golden sets",
        Area::Connect => "Connections",
        Area::Finding => "Findings",
        Area::Policy => "Policy",
        Area::Keys => "Keys",
        Area::Api => "Everything else",
    }
}
