//! The window over many rows: how many elements live, whether a rank is where it should be, and how long things take. The
//! figures are printed and not judged, since machines differ; `cargo xtask bench --only window` asks for a million rows.

use crate::webdriver::{Session, key};
use crate::window::{self, Window};
use anyhow::{Context as _, Result, bail, ensure};
use retake_testkit::corpus::{Corpus, write};
use retake_tests::{Home, Run};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A number from the environment.
fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn figure(name: &str, value: f64, unit: &str) {
    println!("FIGURE\t{name}\t{value:.1}\t{unit}");
}

/// Runs a script that leaves its result in `window.__figure`, and waits for that.
fn measured(page: &Session, script: &str, arguments: &[Value]) -> Result<Value> {
    page.run(&format!("window.__figure = null; {script}; return true"), arguments)?;
    for _ in 0..600 {
        let value = page.run("return window.__figure", &[])?;
        if !value.is_null() {
            return Ok(value);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("nothing was measured")
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

/// Time until a row near the rank, counted from 1, is filled, after something was done to the list.
const UNTIL_ROW: &str = "
    const grid = document.querySelector('[role=grid]');
    const [what, wanted, near] = arguments;
    const start = performance.now();
    if (what === 'end') grid.dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true, cancelable: true }));
    else grid.scrollTop = (grid.scrollHeight - grid.clientHeight) * what;
    (function look() {
        const row = [...grid.querySelectorAll('[role=row][data-trace-id]')].find((row) =>
            Math.abs(Number(row.getAttribute('aria-rowindex')) - wanted) <= near);
        if (row) window.__figure = { ms: performance.now() - start, trace: row.dataset.traceId, rank: Number(row.getAttribute('aria-rowindex')) };
        else if (performance.now() - start > 20000) window.__figure = 'late';
        else requestAnimationFrame(look);
    })()";

/// Times between frames while the list scrolls on.
const FRAMES: &str = "
    const grid = document.querySelector('[role=grid]');
    grid.scrollTop = 0;
    const times = [];
    let last = null, n = 0;
    (function frame(now) {
        if (last !== null) times.push(now - last);
        last = now;
        grid.scrollTop += 84;
        n += 1;
        if (n < 300) requestAnimationFrame(frame);
        else window.__figure = times.sort((a, b) => a - b);
    })(performance.now())";

const NODES: &str = "return document.querySelectorAll('*').length";

/// Proportional memory in MiB of a process and all below it, by the names of their programs.
fn memory_mib(root: u32) -> Result<BTreeMap<String, f64>> {
    let mut out = BTreeMap::new();
    for pid in window::descendants(root) {
        let Ok(rollup) = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) else { continue };
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned();
        let pss = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
        let kib: f64 = pss.trim().trim_end_matches(" kB").trim().parse().unwrap_or_default();
        *out.entry(name).or_default() += kib / 1024.0;
    }
    Ok(out)
}

fn tell_memory(place: &str, root: u32) -> Result<()> {
    let parts = memory_mib(root)?;
    figure(&format!("memory, {place}: all processes"), parts.values().sum(), "MiB");
    for (name, mib) in parts {
        figure(&format!("memory, {place}: {name}"), mib, "MiB");
    }
    Ok(())
}

/// When a process began, in ms since the epoch.
fn started_ms(pid: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let ticks: f64 = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(19)).context("a start")?.parse()?;
    let stat = std::fs::read_to_string("/proc/stat")?;
    let boot: f64 = stat.lines().find_map(|line| line.strip_prefix("btime ")).context("a boot time")?.parse()?;
    // 100 ticks a second, on every Linux that has a window.
    Ok(boot * 1000.0 + ticks * 10.0)
}

/// The newest process of a program.
fn process_of(program: &Path) -> Result<u32> {
    let name: String = program.file_name().and_then(|name| name.to_str()).context("a name")?.chars().take(15).collect();
    let pids =
        std::fs::read_dir("/proc")?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let of = |pid: &u32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name);
    pids.filter(of).max().with_context(|| format!("no process is {name}"))
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The workspace with the corpus: the one that is kept from the last time, or a new one.
fn corpus(home: &Home, name: &str, corpus: Corpus) -> Result<PathBuf> {
    let kept = std::env::var_os("RETAKE_FIGURES_FOLDER").map(PathBuf::from);
    let folder = kept.unwrap_or_else(|| home.path("corpus"));
    std::fs::create_dir_all(&folder)?;
    let workspace = folder.join(format!("{name}.retake"));
    if workspace.exists() {
        return Ok(workspace);
    }
    let file = folder.join(format!("{name}.jsonl"));
    write(corpus, 1, &mut std::io::BufWriter::new(std::fs::File::create(&file)?))?;
    let mut import = home.bare(&["--json", "--workspace"]);
    if let Some(program) = std::env::var_os("RETAKE_FIGURES_PROGRAM") {
        import = Command::new(program);
        home.set_up(&mut import);
        import.args(["--json", "--workspace"]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    Run::of({
        import.arg(&workspace).arg("import").arg(&file);
        import
    })
    .ok();
    std::fs::remove_file(&file)?;
    Ok(workspace)
}

/// Time from the start of the program until the first rows were handed to the page, as its log tells. Nobody drives this
/// window: a driver makes the start of a page slower. It is closed after `linger`.
fn start_alone(home: &Home, workspace: &Path, linger: Duration) -> Result<f64> {
    let mut command = Command::new(window::app()?);
    home.set_up(&mut command);
    command.env("RETAKE_WORKSPACE", workspace).env("RETAKE_LOG", "debug").stdout(Stdio::null()).stderr(Stdio::null());
    let folder = home.path("alone");
    command.env("XDG_STATE_HOME", &folder);
    let log = folder.join("retake/retake.log");
    // What an earlier start has written is not of this one.
    let before = std::fs::read_to_string(&log).unwrap_or_default().lines().count();
    let began = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0;
    let _ended = Ended(command.spawn()?);
    for _ in 0..400 {
        std::thread::sleep(Duration::from_millis(50));
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let mut lines = text.lines().skip(before).filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let answered = lines.find(|line| line["fields"]["command"] == "search_rows");
        if let Some(at) = answered.as_ref().and_then(|line| line["timestamp"].as_str()) {
            std::thread::sleep(linger);
            return Ok(at.parse::<jiff::Timestamp>()?.as_millisecond() as f64 - began);
        }
    }
    bail!("no rows were handed to the page: {}", std::fs::read_to_string(&log).unwrap_or_default())
}

#[test]
fn many_rows_stay_few_elements_and_ranks_are_where_they_belong() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let spans = asked("RETAKE_FIGURES_SPANS", 6_000);
    let workspace = corpus(&home, &format!("support-{spans}"), Corpus::Support { spans })?;
    // The first start reads every span and keeps the columns; those after it find them.
    for n in 1..=3 {
        let name = format!("start {n} until the first of {spans} spans' rows are handed to the page, without a driver");
        let linger = if n == 1 { Duration::from_secs(12) } else { Duration::ZERO };
        figure(&name, start_alone(&home, &workspace, linger)?, "ms");
    }
    let window = Window::open_on("figures", &home, &workspace, &[], &[])?;
    window.wait("rows", |page| page.find("[role=grid] [role=row][data-trace-id]"))?;
    let page = window.page();
    let pid = process_of(&window::app()?)?;
    let usable = window.wait("the mark of a usable window", |page| {
        page.run("return performance.timeOrigin + performance.getEntriesByName('usable')[0].startTime", &[])
    })?;
    figure(&format!("cold start to rows, {spans} spans"), number(&usable)? - started_ms(pid)?, "ms");
    let parts = page.run(
        "const [navigation] = performance.getEntriesByType('navigation');
        return { 'page begins': performance.timeOrigin, 'scripts ran': performance.timeOrigin + navigation.domContentLoadedEventEnd }",
        &[],
    )?;
    for (part, at) in parts.as_object().into_iter().flatten() {
        figure(&format!("cold start, of which until {part}"), number(at)? - started_ms(pid)?, "ms");
    }

    page.press(&[key::CONTROL, "k"])?;
    let field = window.wait("the palette", |page| page.find("[role=dialog] input"))?;
    page.type_into(&field, "List traces or spans")?;
    page.type_into(&field, key::ENTER)?;
    let total = window.wait("all spans are listed", |page| {
        let count =
            page.run("return Number(document.querySelector('[role=grid]').getAttribute('aria-rowcount'))", &[])?;
        ensure!(count.as_u64() == Some(spans), "{count} rows");
        Ok(spans)
    })?;
    // What is read after the total comes first.
    std::thread::sleep(Duration::from_secs(2));
    let last = |order: &str| -> Result<Value> {
        let mut search = home.bare(&["--json", "--workspace"]);
        search.arg(&workspace).args(["search", "--of", "spans", "--sort", order, "--limit", "1"]);
        Ok(Run::of(search).ok()["rows"][0]["trace_id"].clone())
    };
    for round in 0..3 {
        let end = measured(page, UNTIL_ROW, &[json!("end"), json!(total), json!(0)])?;
        ensure!(end["rank"].as_u64() == Some(total), "{end}");
        if round == 0 {
            ensure!(end["trace"] == last("time:asc")?, "the last row is another one than the core's");
        }
        figure(&format!("End in {total} rows"), number(&end["ms"])?, "ms");
        let middle = measured(page, UNTIL_ROW, &[json!(0.5), json!(total / 2), json!(40)])?;
        figure(&format!("drag to the middle of {total} rows"), number(&middle["ms"])?, "ms");
        let third = measured(page, UNTIL_ROW, &[json!(1.0 / 3.0), json!(total / 3), json!(40)])?;
        figure(&format!("drag to a third of {total} rows"), number(&third["ms"])?, "ms");
    }
    let frames = measured(page, FRAMES, &[])?;
    let frames: Vec<f64> = frames.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let at = |share: f64| frames.get((frames.len() as f64 * share) as usize).copied().unwrap_or(f64::NAN);
    figure(&format!("frame while scrolling {total} rows, p50"), at(0.5), "ms");
    figure(&format!("frame while scrolling {total} rows, p95"), at(0.95), "ms");
    let nodes = page.run(NODES, &[])?;
    figure(&format!("elements over {total} rows"), number(&nodes)?, "");
    ensure!(nodes.as_u64().is_some_and(|nodes| nodes <= 1500), "{nodes} elements");
    tell_memory(&format!("{spans} rows"), pid)?;
    window.finish()?;

    if let Some(program) = std::env::var_os("RETAKE_FIGURES_EMPTY").map(PathBuf::from) {
        let mut empty = Command::new(&program);
        home.set_up(&mut empty);
        let empty = Ended(empty.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1").spawn()?);
        std::thread::sleep(Duration::from_secs(5));
        tell_memory("empty window", empty.0.id())?;
    }
    Ok(())
}

#[test]
fn a_large_trace_opens_and_stays_few_elements() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let spans = asked("RETAKE_FIGURES_TRACE", 3_000);
    let workspace = corpus(&home, &format!("trace-{spans}"), Corpus::Trace { spans })?;
    let window = Window::open_on("large-trace", &home, &workspace, &[], &[])?;
    window.wait("the trace in the list", |page| page.find("[role=grid] [role=row][data-trace-id]"))?;
    let page = window.page();
    let opened = measured(
        page,
        "const row = document.querySelector('[role=grid] [role=row][data-trace-id]');
        const start = performance.now();
        row.click();
        (function look() {
            if (document.querySelector('[role=tree] [role=treeitem]')) window.__figure = performance.now() - start;
            else requestAnimationFrame(look);
        })()",
        &[],
    )?;
    figure(&format!("trace of {spans} spans to its first rows"), number(&opened)?, "ms");
    window.wait("all spans, which follow the first", |page| {
        let rows = page.run(
            "document.querySelector('[role=tree]').scrollTop = 0;
            return document.querySelector('[role=tree]').scrollHeight / document.querySelector('[role=treeitem]').offsetHeight",
            &[],
        )?;
        ensure!(rows.as_f64().is_some_and(|rows| rows >= spans as f64), "{rows} rows");
        Ok(())
    })?;
    let scroll = FRAMES.replace("[role=grid]", "[role=tree]");
    let frames = measured(page, &scroll, &[])?;
    let frames: Vec<f64> = frames.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let p95 = frames.get(frames.len() * 95 / 100).copied().unwrap_or(f64::NAN);
    figure(&format!("frame while scrolling the outline of {spans} spans, p95"), p95, "ms");
    let nodes = page.run(NODES, &[])?;
    figure(&format!("elements over a trace of {spans} spans"), number(&nodes)?, "");
    ensure!(nodes.as_u64().is_some_and(|nodes| nodes <= 1500), "{nodes} elements");
    tell_memory(&format!("trace of {spans} spans"), process_of(&window::app()?)?)?;
    window.finish()
}
