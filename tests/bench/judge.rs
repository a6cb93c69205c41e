//! Comparing two long answers, and judging recorded cases, each in this process as the window and the command do it;
//! CPU time of the thread that compares, of all threads that judge.

use crate::Plan;
use crate::process::{cpu_now, process_cpu_now};
use crate::table::{Aim, Table};
use anyhow::{Result, anyhow};
use retake_testkit::corpus::prose;
use std::hint::black_box;
use std::path::Path;

/// Bytes of the answers that are compared.
const ANSWER_BYTES: u64 = 100_000;
const CASES: usize = 10_000;
/// Microseconds of CPU that a case may take.
const CASE_US: f64 = 46.0;

/// Word and line differences of two answers of 100 KB.
pub fn compare(plan: &Plan, table: &mut Table) {
    let a = prose(plan.seed, ANSWER_BYTES);
    let pairs = [
        ("one word in twenty", changed(&a, 20)),
        ("every second word", changed(&a, 2)),
        ("nothing in common but words", prose(plan.seed + 1, ANSWER_BYTES)),
    ];
    for (name, b) in &pairs {
        let mut times = Vec::new();
        for _ in 0..9 {
            let start = cpu_now();
            black_box(retake_compare::text::diff_words(&a, b));
            times.push((cpu_now() - start) * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let median = times.get(times.len() / 2).copied().unwrap_or(f64::NAN);
        let note = format!("worst of nine {:.1} ms", times.last().copied().unwrap_or(f64::NAN));
        table.add(&format!("diff: {name}"), "100 KB", median, "ms", Aim::AtMost(30.0), note);
    }
}

/// Every `n`th word of a text replaced.
fn changed(text: &str, n: usize) -> String {
    let words = text.split(' ').enumerate();
    words.map(|(at, word)| if at % n == n / 2 { "otherwise" } else { word }).collect::<Vec<_>>().join(" ")
}

/// Judging a set of recorded cases; the bound is to read the same files.
pub fn check(plan: &Plan, table: &mut Table) -> Result<()> {
    let folder = plan.folder.join("cases");
    std::fs::create_dir_all(&folder)?;
    retake_golden::bench::write_set(&folder, CASES).map_err(|error| anyhow!("{error}"))?;
    let (mut read_us, mut check_us) = (f64::MAX, f64::MAX);
    for _ in 0..3 {
        let start = process_cpu_now();
        black_box(read_all(&folder)?);
        read_us = read_us.min((process_cpu_now() - start) * 1e6 / CASES as f64);
        let start = process_cpu_now();
        let report = retake_golden::bench::bench_check(&folder).map_err(|error| anyhow!("{error}"))?;
        check_us = check_us.min((process_cpu_now() - start) * 1e6 / CASES as f64);
        let judged: usize = report.sets.iter().map(|set| set.cases.len()).sum();
        if judged != CASES {
            anyhow::bail!("{judged} of {CASES} cases were judged")
        }
    }
    table.add("bound: reading the files of a set", "10 k", read_us, "µs/case", Aim::None, "two files a case");
    let note = format!("{:.1} × reading; four assertions a case", check_us / read_us);
    table.add("check of recorded cases", "10 k", check_us, "µs/case", Aim::AtMost(CASE_US), note);
    Ok(())
}

fn read_all(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        bytes += if path.is_dir() { read_all(&path)? } else { std::fs::read(&path)?.len() as u64 };
    }
    Ok(bytes)
}
