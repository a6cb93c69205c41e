//! Shapes of input that cost memory when a reader is careless, through the real command.

use crate::Plan;
use crate::import::{fresh, import_until, remove, write_corpus};
use crate::table::{Aim, Table};
use anyhow::{Result, bail};
use retake_testkit::corpus::Corpus;

/// MiB that no import may need.
const LIMIT_MIB: f64 = 300.0;

pub fn shapes(plan: &Plan, table: &mut Table) -> Result<()> {
    let bytes = plan.megabytes << 20;
    let lines = 1_000_000 * plan.megabytes / 2048;
    for (name, corpus) in [
        ("one resourceSpans", Corpus::OneResource { bytes }),
        ("resource after scopeSpans", Corpus::LateResource { bytes }),
        ("one long string", Corpus::LongString { bytes: bytes / 4 }),
        ("lines of one span", Corpus::Lines { lines }),
    ] {
        let path = fresh(plan, "shape.json")?;
        let workspace = fresh(plan, "shape.retake")?;
        let stats = write_corpus(corpus, plan.seed, &path, &mut |_| Ok(()))?;
        let at = format!("{} MiB", stats.bytes >> 20);
        // A record above 64 MiB is rejected with a code, and its file holds nothing else.
        let too_large = matches!(corpus, Corpus::LongString { .. }) && stats.bytes > 64 << 20;
        let cost = import_until(&path, &workspace, if too_large { &[3] } else { &[0] })?;
        if too_large != cost.stdout.contains("RTK-I015") {
            bail!("{name}: {}", cost.stdout.chars().take(2000).collect::<String>())
        }
        let read = if too_large { "rejected as too large" } else { "imported" };
        let note = format!("{:.1} s, {} spans {read}", cost.elapsed_s, stats.spans);
        table.add(&format!("memory: {name}"), at, cost.peak_mib, "MiB", Aim::AtMost(LIMIT_MIB), note);
        remove(&path)?;
        remove(&workspace)?;
    }
    Ok(())
}
