//! Numbers that the window and the command line both show: one handler answers both, and here is the proof, read off the page.
//! (The list's own numbers are compared with the table of queries, those of metrics in `metrics.rs`.)

use crate::search;
use crate::webdriver::Session;
use crate::window::{self, Window};
use anyhow::{Context as _, Result, ensure};
use retake_tests::{Home, in_repository, json};
use serde_json::Value;
use std::collections::BTreeMap;

/// Counts by `field:value`, as the page shows them with every value unfolded.
fn facets(page: &Session) -> Result<BTreeMap<String, String>> {
    let script = "document.querySelectorAll('.facets .more').forEach((more) => more.click());
        return [...document.querySelectorAll('.facets .pick')].map((pick) => [pick.title, pick.querySelector('.num').innerText])";
    let shown = page.run(script, &[])?;
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    Ok(shown.as_array().into_iter().flatten().filter_map(pair).collect())
}

/// A duration as the page writes it, in ms with how much its rounding may hide.
fn duration_ms(text: &str) -> Option<(f64, f64)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let number = |text: &str| text.replace(',', "").parse::<f64>().ok();
    match words.as_slice() {
        [ms, "ms"] => Some((number(ms)?, if ms.contains('.') { 0.051 } else { 0.51 })),
        [s, "s"] => {
            let places = s.split_once('.').map_or(0, |(_, after)| after.len()) as i32;
            Some((number(s)? * 1000.0, 1000.0 * 0.51 / 10_f64.powi(places)))
        }
        [m, "m", s, "s"] => Some((number(m)? * 60_000.0 + number(s)? * 1000.0, 510.0)),
        _ => None,
    }
}

#[track_caller]
fn same_duration(shown: &str, ms: &Value) -> Result<()> {
    let Some(ms) = ms.as_f64() else {
        ensure!(shown == "—", "{shown:?} for an unknown duration");
        return Ok(());
    };
    let (value, slack) = duration_ms(shown).with_context(|| format!("{shown:?} is no duration"))?;
    // Trailing zeros are not written: what reads as whole seconds may stand for tenths.
    ensure!((value - ms).abs() <= slack.max(ms * 0.0051), "{shown:?} is not {ms} ms");
    Ok(())
}

fn number(value: &Value) -> String {
    value.as_u64().map_or_else(|| "—".to_owned(), |n| n.to_string())
}

#[test]
fn facets_trace_and_takes_are_what_the_command_says() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let sample = |name: &str| in_repository("fixtures/sample").join(name).display().to_string();
    home.retake(&["import", &sample("traces.jsonl"), &sample("audit.jsonl"), &sample("recordings.jsonl")]).ok();
    home.retake(&["policy", "set", &sample("policy.yaml")]).ok();
    let trace =
        json(&in_repository("fixtures/sample/truth.json"))?["bad"]["trace_id"].as_str().context("an id")?.to_owned();
    let variants = ["--variant", "provider=recorded", "--variant", "provider=recorded,drop-doc=SOP-204"];
    home.retake(&[&["replay", &trace], &variants[..], &["--yes"]].concat()).ok();

    let window = Window::open("numbers", &home, &[("TZ", "UTC")])?;
    search(&window, "environment:production")?;
    let fields = ["has", "status", "tenant", "feature", "model", "prompt", "environment"];
    let command =
        home.retake(&["search", "environment:production", "--facets", &fields.join(","), "--limit", "1"]).ok();
    let mut expected = BTreeMap::new();
    for field in fields {
        for value in command["facets"][field].as_array().into_iter().flatten() {
            if let Some(name) = value["value"].as_str() {
                expected.insert(format!("{field}:{name}"), number(&value["n"]));
            }
        }
    }
    ensure!(expected.len() > 15, "{expected:?}");
    window.wait("the facets of the command", |page| {
        let shown: BTreeMap<_, _> = facets(page)?
            .into_iter()
            .filter(|(name, _)| fields.iter().any(|field| name.starts_with(&format!("{field}:"))))
            .collect();
        ensure!(shown == expected, "{shown:?} is not {expected:?}");
        Ok(())
    })?;

    search(&window, &format!("id:{trace}"))?;
    window.wait_for_text("1 of ")?;
    window.click("[role=grid] [role=row][data-trace-id]", "Consignment")?;
    window.wait("messages", |page| page.find_with_text("[role=tabpanel]", "system"))?;
    let tree = home.retake(&["show", &trace]).ok();
    let shown = window.page().run("return document.querySelector('.sums').innerText", &[])?;
    let parts: Vec<&str> = shown.as_str().unwrap_or_default().split('·').map(str::trim).collect();
    same_duration(parts[0], &tree["summary"]["duration_ms"])?;
    let tokens =
        format!("{} → {} tok", number(&tree["summary"]["input_tokens"]), number(&tree["summary"]["output_tokens"]));
    ensure!(parts[1] == tokens, "{parts:?} is not {tokens:?}");
    let spans = tree["spans"].as_array().context("spans")?;
    let rows = window
        .page()
        .run("return [...document.querySelectorAll('[aria-label=\"Spans of the trace\"] [role=treeitem]')].map((row) => row.innerText)", &[])?;
    let rows: Vec<&str> = rows.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    ensure!(rows.len() == spans.len(), "{rows:?}");
    for (row, span) in rows.iter().zip(spans) {
        let words: Vec<&str> = row.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        ensure!(words.iter().any(|word| *word == span["name"]), "{words:?} is not {}", span["name"]);
        let shown = words.iter().rfind(|word| duration_ms(word).is_some()).context("a duration")?;
        same_duration(shown, &span["duration_ms"])?;
    }
    let audit = home.retake(&["show", &trace, "--as", "audit"]).ok();
    let context = home.retake(&["show", &trace, "--as", "context"]).ok();
    // What should be there and is not is a row as well.
    let rows_of =
        |names: &[&str], of: &Value| names.iter().map(|name| of[name].as_array().map_or(0, Vec::len)).sum::<usize>();
    let counts = [("Audit", rows_of(&["events", "missing"], &audit)), ("Context", rows_of(&["documents"], &context))];
    for (tab, n) in counts {
        let tab = window.page().find_with_text("[role=tab]", tab)?;
        let text = window.page().text(&tab)?;
        ensure!(text.split_whitespace().last() == Some(n.to_string().as_str()), "{text:?} is not {n}");
    }

    window.click("[role=tab]", "Takes")?;
    let takes = home.retake(&["show", &trace, "--as", "takes"]).ok();
    let takes = takes["takes"].as_array().context("takes")?.clone();
    ensure!(takes.iter().filter(|take| !take["run_id"].is_null()).count() == 2, "{takes:?}");
    let rows = window.wait("the takes", |page| {
        let rows = page.run(
            "return [...document.querySelectorAll('table[aria-label=Takes] tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))",
            &[],
        )?;
        ensure!(rows.as_array().map(Vec::len) == Some(takes.len()), "{rows}");
        Ok(rows)
    })?;
    for (row, take) in rows.as_array().into_iter().flatten().zip(&takes) {
        let cell = |at: usize| row[at].as_str().unwrap_or_default();
        ensure!(cell(2) == take["status"].as_str().unwrap_or_default(), "{row}");
        same_duration(cell(4), &take["ttft_ms"])?;
        same_duration(cell(5), &take["latency_ms"])?;
        ensure!(cell(6) == number(&take["usage"]["output_tokens"]), "{row} is not {take}");
        ensure!((cell(7) == "—") == take["cost_usd_nanos"].is_null(), "{row} is not {take}");
    }
    window.finish()
}
