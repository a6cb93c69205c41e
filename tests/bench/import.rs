//! Importing corpora of growing size through the real command.

use crate::process::{Cost, measure_until, retake};
use crate::table::{Aim, Table};
use crate::{Plan, bounds, search};
use anyhow::{Context as _, Result, bail};
use retake_testkit::corpus::{Corpus, Stats, write_with};
use serde_json::Value;
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Spans a second of the peer server until they can be queried, on the same cores, and the share that is to be beaten.
const PEER_SPANS_PER_S: f64 = 180.0;

/// Every size: import with its bounds, then search in what was imported.
pub fn sizes(plan: &Plan, table: &mut Table) -> Result<()> {
    let mut times: Vec<(u64, f64)> = Vec::new();
    for &spans in &plan.spans {
        let at = short(spans);
        let corpus = plan.folder.join(format!("support-{spans}-{}.jsonl", plan.seed));
        let workspace = plan.folder.join(format!("support-{spans}-{}.retake", plan.seed));
        remove(&workspace)?;
        let mut full_text = plan
            .wants("import")
            .then(|| fresh(plan, "fts.sqlite").and_then(|path| bounds::FullText::new(&path)))
            .transpose()?;
        eprintln!("writing the corpus of {at} spans");
        let stats = write_corpus(Corpus::Support { spans }, plan.seed, &corpus, &mut |text| match &mut full_text {
            Some(index) => index.add(text),
            None => Ok(()),
        })?;
        let fts_s = full_text.map(bounds::FullText::finish).transpose()?;

        let cost = import(&corpus, &workspace)?;
        let report: Value = serde_json::from_str(&cost.stdout).context("the import's report")?;
        if report["totals"]["spans"].as_u64() != Some(spans)
            || report["totals"]["messages"].as_u64() != Some(stats.messages)
        {
            bail!("the import counted {}, the corpus holds {stats:?}", report["totals"])
        }
        times.push((spans, cost.elapsed_s));
        if let Some(fts_s) = fts_s {
            let rate = spans as f64 / cost.elapsed_s;
            let decode = bounds::decode(&corpus)?;
            let parse = bounds::parse(&corpus)?;
            let rows_s = bounds::rows(&workspace, &fresh(plan, "rows.sqlite")?)?;
            let rows = spans as f64 / rows_s;
            let with_text = spans as f64 / (rows_s + fts_s);
            table.add("bound: splitter + typed decode", &at, decode, "spans/s", Aim::None, "one core, no store");
            table.add("bound: our parser alone", &at, parse, "spans/s", Aim::None, "one core: decode, map, hash, body");
            table.add(
                "bound: SQLite, the same rows",
                &at,
                rows,
                "spans/s",
                Aim::None,
                "all tables and indexes, copied",
            );
            table.add(
                "bound: the same, text into FTS5",
                &at,
                with_text,
                "spans/s",
                Aim::None,
                format!("{fts_s:.1} s for the text"),
            );
            table.add(
                "import",
                &at,
                rate,
                "spans/s",
                Aim::AtLeast(250.0 * PEER_SPANS_PER_S),
                format!("{:.1} s, {:.0} MB/s", cost.elapsed_s, stats.bytes as f64 / 1e6 / cost.elapsed_s),
            );
            let (slowest, bound) = [("our parser", parse), ("SQLite with text", with_text), ("typed decode", decode)]
                .into_iter()
                .min_by(|a, b| a.1.total_cmp(&b.1))
                .unwrap_or(("nothing", f64::NAN));
            table.add(
                "import ÷ its slowest stage alone",
                &at,
                rate / bound,
                "×",
                Aim::AtLeast(0.8),
                format!("slowest: {slowest}"),
            );
            table.add("CPU of the import", &at, cost.cpu_s / cost.elapsed_s, "cores", Aim::None, stages(&cost, spans));
            table.add("memory of the import", &at, cost.peak_mib, "MiB", Aim::AtMost(300.0), "VmHWM");
            size(&workspace, &stats, &at, table)?;
        }
        if plan.wants("search") {
            search::in_workspace(&workspace, &stats, &at, table)?;
        }
        remove(&corpus)?;
    }
    for pair in times.windows(2) {
        if let [(small, before), (large, after)] = pair
            && plan.wants("import")
        {
            let exponent = (after / before).ln() / (*large as f64 / *small as f64).ln();
            table.add(
                "growth exponent of import time",
                format!("{}→{}", short(*small), short(*large)),
                exponent,
                "",
                Aim::AtMost(1.1),
                "1 is linear",
            );
        }
    }
    Ok(())
}

/// Runs `retake import` into a new workspace.
pub fn import(corpus: &Path, workspace: &Path) -> Result<Cost> {
    import_until(corpus, workspace, &[0])
}

/// The same with these exit statuses.
pub fn import_until(corpus: &Path, workspace: &Path, expected: &[i32]) -> Result<Cost> {
    let mut command = Command::new(retake()?);
    command.args(["--json", "--quiet", "--yes", "--workspace"]).arg(workspace).arg("import").arg(corpus);
    // The log and the configuration of whoever measures stay out of it.
    for variable in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"] {
        command.env(variable, workspace.with_extension("home"));
    }
    measure_until(&mut command, expected)
}

/// Writes a corpus into a file.
pub fn write_corpus(
    corpus: Corpus,
    seed: u64,
    path: &Path,
    on_text: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<Stats> {
    let file = File::create(path).with_context(|| path.display().to_string())?;
    let mut failed = Ok(());
    let stats = write_with(corpus, seed, &mut BufWriter::with_capacity(1 << 20, file), &mut |text| {
        if failed.is_ok() {
            failed = on_text(text);
        }
    })?;
    failed?;
    Ok(stats)
}

/// Bytes of the database against the formula and the input.
fn size(workspace: &Path, stats: &Stats, at: &str, table: &mut Table) -> Result<()> {
    let mut bytes = std::fs::metadata(workspace)?.len();
    let wal = PathBuf::from(format!("{}-wal", workspace.display()));
    bytes += std::fs::metadata(wal).map_or(0, |file| file.len());
    let rest = stats.bytes.saturating_sub(stats.distinct_text_bytes);
    let formula = 159.0 * stats.spans as f64 + 1.4 * stats.distinct_text_bytes as f64 + 0.1 * rest as f64;
    let share = stats.distinct_text_bytes as f64 / stats.bytes as f64;
    table.add(
        "database ÷ formula",
        at,
        bytes as f64 / formula,
        "×",
        Aim::AtMost(1.0),
        format!("{:.0} B a span", bytes as f64 / stats.spans as f64),
    );
    table.add(
        "database ÷ input",
        at,
        bytes as f64 / stats.bytes as f64,
        "×",
        Aim::AtMost(0.4),
        format!("{:.0} % of the input is distinct text", 100.0 * share),
    );
    Ok(())
}

/// CPU of the import's threads.
fn stages(cost: &Cost, spans: u64) -> String {
    let each = |(name, cpu): &(String, f64)| format!("{name} {:.1} s ({:.1} µs a span)", cpu, cpu * 1e6 / spans as f64);
    cost.threads.iter().map(each).collect::<Vec<_>>().join(", ")
}

/// A path in the folder where nothing is.
pub fn fresh(plan: &Plan, name: &str) -> Result<PathBuf> {
    let path = plan.folder.join(name);
    remove(&path)?;
    Ok(path)
}

/// Removes a database or file with what SQLite keeps beside it.
pub fn remove(path: &Path) -> Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{ending}", path.display()));
        if path.exists() {
            std::fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

pub fn short(spans: u64) -> String {
    match spans {
        n if n >= 1_000_000 && n % 100_000 == 0 => format!("{} M", n as f64 / 1e6),
        n if n >= 1000 => format!("{} k", n / 1000),
        n => n.to_string(),
    }
}
