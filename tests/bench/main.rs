//! Speed, size and memory of the store and the import, each against a bound that is measured in the same run on the same
//! corpus. `cargo xtask bench` builds what it needs and runs it; the figures are appended to `bench-results.jsonl`.

mod bounds;
mod import;
mod judge;
mod memory;
mod process;
mod search;
mod table;

use anyhow::{Context as _, Result, bail};
use retake_testkit::args::Args;
use std::path::PathBuf;
use table::Table;

const HELP: &str = "\
usage: cargo xtask bench [--spans N[,N…]] [--only import|search|memory|trace|compare|check|window] [--megabytes N] [--keep FOLDER] [--seed N]

  --spans      sizes of the corpus; by default 20k,200k,1M
  --only       one part; may be given again
  --megabytes  size of the large documents of the memory part; by default 2048
  --keep       folder for corpora and workspaces, left behind; by default a temporary one";

/// How a run was asked for.
struct Plan {
    spans: Vec<u64>,
    only: Vec<String>,
    megabytes: u64,
    seed: u64,
    folder: PathBuf,
}

impl Plan {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> Result<()> {
    let mut args = Args::of_process();
    // `cargo bench` says this to every harness.
    args.flag("--bench");
    if args.flag("--help") {
        println!("{HELP}");
        return Ok(());
    }
    let spans: String = args.option("--spans")?.unwrap_or_else(|| "20k,200k,1M".into());
    let spans = spans.split(',').map(|n| number(n).context("--spans")).collect::<Result<Vec<u64>>>()?;
    let only = args.options("--only")?;
    let megabytes = args.option("--megabytes")?.unwrap_or(2048);
    let seed = args.option("--seed")?.unwrap_or(1);
    let keep: Option<PathBuf> = args.option("--keep")?;
    args.finish()?;
    if let Some(part) =
        only.iter().find(|part| !["import", "search", "memory", "trace", "compare", "check"].contains(&part.as_str()))
    {
        bail!("--only {part:?}\n{HELP}")
    }
    let temporary = tempfile::tempdir()?;
    let folder = keep.unwrap_or_else(|| temporary.path().to_owned());
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let plan = Plan { spans, only, megabytes, seed, folder };

    let mut table = Table::default();
    if plan.wants("import") || plan.wants("search") {
        import::sizes(&plan, &mut table)?;
    }
    if plan.wants("trace") {
        search::large_trace(&plan, &mut table)?;
    }
    if plan.wants("memory") {
        memory::shapes(&plan, &mut table)?;
    }
    if plan.wants("compare") {
        judge::compare(&plan, &mut table);
    }
    if plan.wants("check") {
        judge::check(&plan, &mut table)?;
    }
    table.print();
    table.append(&retake_tests::in_repository("bench-results.jsonl"))
}

/// `20000`, `20k`, `1M`.
fn number(text: &str) -> Result<u64> {
    let text = text.trim().replace('_', "");
    let (digits, unit) = match text.strip_suffix(['k', 'K']) {
        Some(digits) => (digits, 1000),
        None => text.strip_suffix(['m', 'M']).map_or((text.as_str(), 1), |digits| (digits, 1_000_000)),
    };
    Ok(digits.parse::<u64>().with_context(|| text.clone())? * unit)
}
