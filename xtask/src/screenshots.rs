//! `cargo xtask screenshots`: pictures of every view over the sample, in both themes and two sizes, in `screenshots` of
//! the target folder; those that the README shows are copied to `docs/screenshots`.

use crate::e2e;
use crate::tree::Tree;
use anyhow::{Context as _, Result, bail};

/// Pictures of the README: as the test names them, and as it does.
const SHOWN: [(&str, &str); 6] = [
    ("light-1280-messages", "messages"),
    ("dark-1280-context", "context"),
    ("light-1280-audit", "audit"),
    ("dark-1280-replay", "replay"),
    ("light-1280-checked", "checked"),
    ("light-1280-metrics", "metrics"),
];

/// `cargo xtask screenshots`.
pub fn run(args: &[String]) -> Result<()> {
    if let Some(arg) = args.first() {
        bail!("`cargo xtask screenshots` takes no {arg:?}")
    }
    e2e::run(&["pictures::".to_owned()])?;
    let tree = Tree::open()?;
    let (from, to) = (tree.target.join("screenshots"), tree.root.join("docs/screenshots"));
    std::fs::create_dir_all(&to).with_context(|| to.display().to_string())?;
    for (taken, shown) in SHOWN {
        let path = from.join(format!("{taken}.png"));
        std::fs::copy(&path, to.join(format!("{shown}.png"))).with_context(|| path.display().to_string())?;
    }
    eprintln!("all pictures are in {}, those of the README in {}", from.display(), to.display());
    Ok(())
}
