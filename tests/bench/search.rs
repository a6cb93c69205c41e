//! Search in an imported corpus, in this process as the window does it; and opening a large trace.

use crate::Plan;
use crate::import::{fresh, import, write_corpus};
use crate::process::{cpu_now, measure, retake};
use crate::table::{Aim, Table};
use anyhow::{Context as _, Result, anyhow, bail};
use retake_model::Id;
use retake_query::{ParseContext, Query, parse};
use retake_store::{Cancel, Of, OpenMode, SearchRequest, Workspace};
use retake_testkit::corpus::{COMMON, Corpus, PHRASE, RARE, Stats, word};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Rows of a first page.
const PAGE: usize = 50;
const FACETS: [&str; 8] = ["tenant", "feature", "model", "provider", "status", "prompt", "kind", "user"];

/// First page, total and facets, each against its aim.
pub fn in_workspace(path: &Path, stats: &Stats, at: &str, table: &mut Table) -> Result<()> {
    let start = Instant::now();
    let workspace = Workspace::open(path, OpenMode::Existing).map_err(|error| anyhow!("{error}"))?;
    table.add("open the workspace", at, ms(start), "ms", Aim::None, "");
    let (start, before) = (Instant::now(), resident_mib());
    let page = SearchRequest { limit: PAGE, ..SearchRequest::default() };
    workspace.search(&parsed("")?, &page).map_err(|error| anyhow!("{error}"))?;
    let note = format!("{:.0} MiB more", resident_mib() - before);
    table.add("first question: columns are made", at, ms(start), "ms", Aim::None, note);
    expect(&workspace, RARE, stats.rare)?;
    expect(&workspace, &format!("\"{PHRASE}\""), stats.phrase)?;

    let rare: Vec<String> = (0..40).map(|n| word(19_000 + n * 20)).chain([RARE.to_owned()]).collect();
    let common: Vec<String> = (0..20).map(word).chain([COMMON.to_owned()]).collect();
    let phrases: Vec<String> =
        ["amber harbour", "customer policy", "please check", "card annual", "trial export", "the to"]
            .iter()
            .map(|words| format!("\"{words}\""))
            .chain([format!("\"{PHRASE}\"")])
            .collect();
    let fields: Vec<String> = (0..12)
        .flat_map(|n| {
            [
                format!("tenant:tenant-{n:02} model:gpt-5-mini"),
                format!("tenant:tenant-{n:02} status:error"),
                format!("feature:billing.* latency:>{}ms", 500 + 100 * n),
                format!("span(kind:tool tenant:tenant-{n:02} latency:>200ms)"),
            ]
        })
        .collect();
    for (name, queries, aim_ms) in
        [("rare word", rare, 5.0), ("common word", common, 30.0), ("phrase", phrases, 50.0), ("fields", fields, 30.0)]
    {
        let (mut times, mut cpu) = (Vec::new(), Vec::new());
        for query in &queries {
            let query = parsed(query)?;
            for _ in 0..3 {
                let (start, on_core) = (Instant::now(), cpu_now());
                let request = SearchRequest { limit: PAGE, ..SearchRequest::default() };
                workspace.search(&query, &request).map_err(|error| anyhow!("{error}"))?;
                times.push(ms(start));
                cpu.push(1000.0 * (cpu_now() - on_core));
            }
        }
        let first = format!(
            "median {:.1} ms over {} queries; CPU p95 {:.1} ms",
            percentile(&mut times, 0.5),
            queries.len(),
            percentile(&mut cpu, 0.95)
        );
        table.add(
            &format!("first page, {name}, p95"),
            at,
            percentile(&mut times, 0.95),
            "ms",
            Aim::AtMost(aim_ms),
            first,
        );
    }
    totals(&workspace, at, table)
}

fn totals(workspace: &Workspace, at: &str, table: &mut Table) -> Result<()> {
    let failed = |error: retake_store::StoreError| anyhow!("{error}");
    let (mut total, mut facets) = (Vec::new(), Vec::new());
    let mut matched = 0;
    for query in [COMMON, "the", "status:error", ""] {
        let query = parsed(query)?;
        for _ in 0..5 {
            let start = Instant::now();
            let result = workspace
                .open_result(&query, Of::Traces, &retake_query::Sort::default(), &Cancel::default())
                .map_err(failed)?;
            total.push(ms(start));
            matched = matched.max(result.len);
            let start = Instant::now();
            workspace.result_facets(result.id, &FACETS.map(str::to_owned)).map_err(failed)?;
            facets.push(ms(start));
            workspace.close_result(result.id);
        }
    }
    table.add(
        "total, p95",
        at,
        percentile(&mut total, 0.95),
        "ms",
        Aim::AtMost(300.0),
        format!("up to {matched} traces"),
    );
    table.add("eight facets, p95", at, percentile(&mut facets, 0.95), "ms", Aim::AtMost(50.0), "over the whole result");
    Ok(())
}

/// One trace of 100,000 spans: the rows of its tree.
pub fn large_trace(plan: &Plan, table: &mut Table) -> Result<()> {
    let spans = 100_000;
    let path = fresh(plan, "trace.jsonl")?;
    let file = fresh(plan, "trace.retake")?;
    write_corpus(Corpus::Trace { spans }, plan.seed, &path, &mut |_| Ok(()))?;
    import(&path, &file)?;
    let id = format!("{:032x}", 1);
    let workspace = Workspace::open(&file, OpenMode::Existing).map_err(|error| anyhow!("{error}"))?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let start = Instant::now();
        let trace =
            workspace.trace(&Id::new(&id)).map_err(|error| anyhow!("{error}"))?.context("the trace is there")?;
        times.push(ms(start));
        drop(trace);
    }
    table.add(
        "open a trace of 100,000 spans",
        "100 k",
        percentile(&mut times, 0.95),
        "ms",
        Aim::AtMost(200.0),
        "all rows of the tree",
    );
    let mut command = Command::new(retake()?);
    command.args(["--json", "--workspace"]).arg(&file).args(["show", &id]);
    let cost = measure(&mut command)?;
    table.add(
        "show it on the command line",
        "100 k",
        cost.peak_mib,
        "MiB",
        Aim::AtMost(300.0),
        format!("{:.0} ms, {} MB of JSON", 1000.0 * cost.elapsed_s, cost.stdout.len() / 1_000_000),
    );
    Ok(())
}

/// Memory of this process that is in use.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.map_or(f64::NAN, |kib| kib / 1024.0)
}

fn expect(workspace: &Workspace, query: &str, traces: u64) -> Result<()> {
    let page = workspace.search(&parsed(query)?, &SearchRequest::default()).map_err(|error| anyhow!("{error}"))?;
    if page.total != traces {
        bail!("{query} is in {traces} traces, {} were found", page.total)
    }
    Ok(())
}

fn parsed(query: &str) -> Result<Query> {
    parse(query, &ParseContext { zone: jiff::tz::TimeZone::UTC, now_ns: 0 })
        .map_err(|error| anyhow!("{query}: {error}"))
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}

fn percentile(times: &mut [f64], share: f64) -> f64 {
    times.sort_by(f64::total_cmp);
    let at = (times.len() as f64 * share).ceil() as usize;
    times.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
