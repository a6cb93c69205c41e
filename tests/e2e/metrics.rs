//! The metrics: the same numbers as the command, plots that the real pointer brushes, and a list that follows.

use crate::webdriver::key;
use crate::window::{self, Window};
use crate::{home, set_field};
use anyhow::{Context as _, Result, bail, ensure};
use retake_tests::Home;
use serde_json::{Value, json};

#[test]
fn the_window_counts_what_the_command_counts() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    home.retake(&["import", &file]).ok();
    let command = home.retake(&["metrics", "--query", "parcel", "--by", "tenant"]).ok();
    let window = Window::open("metrics", &home, &[])?;
    window.wait_for_text("Where is parcel 8?")?;
    window.page().press(&["g"])?;
    window.page().press(&["m"])?;
    let query = window.wait("the query", |page| page.find("input[aria-label='Query of the metrics']"))?;
    window.page().type_into(&query, "parcel")?;
    window.page().type_into(&query, key::ENTER)?;
    ensure!(
        window.page().run(
            "const by = document.querySelector('.pane-bar select'); by.value = 'tenant';
            return by.dispatchEvent(new Event('change', { bubbles: true }));",
            &[],
        )? == true
    );
    let rows = command["rows"].as_array().context("rows")?;
    ensure!(!rows.is_empty());
    let expected: Vec<Value> = rows
        .iter()
        .map(|row| json!([row["dims"]["tenant"], row["requests"].to_string(), row["errors"].to_string()]))
        .collect();
    window.wait("the same numbers", |page| {
        let shown = page.run(
            "return [...document.querySelectorAll('table[aria-label=Metrics] tbody tr')].map((row) =>
                [...row.cells].slice(0, 3).map((cell) => cell.innerText.trim()))",
            &[],
        )?;
        ensure!(shown == json!(expected), "{shown} is not {expected:?}");
        Ok(())
    })?;
    window.finish()
}

/// Opens the metrics of a query; returns when its numbers are shown.
fn open_metrics(window: &Window, query: &str) -> Result<()> {
    window.page().press(&["g"])?;
    window.page().press(&["m"])?;
    let css = "input[aria-label='Query of the metrics']";
    let field = window.wait("the query", |page| page.find(css))?;
    // It may hold the list's query already.
    set_field(window.page(), css, query)?;
    window.page().type_into(&field, key::ENTER)?;
    window.wait("the numbers", |page| page.find("table[aria-label=Metrics] tbody tr"))?;
    Ok(())
}

/// Rows of the table as they are shown.
fn table(window: &Window) -> Result<Value> {
    window.page().run(
        "return [...document.querySelectorAll('table[aria-label=Metrics] tbody tr')].map((row) =>
            [...row.cells].map((cell) => cell.innerText.trim()))",
        &[],
    )
}

/// Whether a cell says the number.
fn says(cell: &Value, number: &Value) -> bool {
    let number = number.to_string();
    cell.as_str().is_some_and(|text| text == number)
}

/// The query that the view shows.
fn query(window: &Window) -> Result<String> {
    let value =
        window.page().run("return document.querySelector(\"input[aria-label='Query of the metrics']\").value", &[])?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// What the first plot's area is, on screen: left, top, width, height.
fn area(window: &Window) -> Result<[f64; 4]> {
    let value = window.page().run(
        "const box = document.querySelector('.plots .area').getBoundingClientRect();
        return [box.left, box.top, box.width, box.height]",
        &[],
    )?;
    let sides: Vec<f64> = value.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    sides.try_into().map_err(|sides| anyhow::anyhow!("{sides:?} is no box"))
}

#[test]
fn a_brush_over_the_sample_narrows_plots_table_and_list() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let window = Window::open("brush", &home, &[("TZ", "UTC")])?;
    window.page().resize(1280, 800)?;
    window.wait_for_text("Find out why it said that.")?;
    window.click("main button", "Open the sample")?;
    window.wait_for_text("Imported ")?;
    open_metrics(&window, "environment:production")?;
    let drawn_by = window.wait("the plots", |page| {
        let script = "return document.querySelector('.plots canvas') ? 'canvas' : document.querySelector('.hint .note') ? 'svg' : null";
        page.run(script, &[])?.as_str().map(str::to_owned).context("neither canvas nor note")
    })?;
    eprintln!("plots are drawn by {drawn_by}");
    // Where the charts were built, they are what is shown.
    if retake_testkit::required("wasm") {
        ensure!(drawn_by == "canvas", "the charts were built and are not shown");
    }
    let command = home.retake(&["metrics", "--query", "environment:production"]).ok();
    let (requests, errors) = (&command["rows"][0]["requests"], &command["rows"][0]["errors"]);
    let shown = window.wait("the command's numbers", |_| {
        let shown = table(&window)?;
        ensure!(says(&shown[0][1], requests) && says(&shown[0][2], errors), "{shown} is not {command}");
        Ok(shown)
    })?;
    window.picture("whole");

    let [left, top, width, height] = area(&window)?;
    let (from, to, y) = (left + width * 0.4, left + width * 0.6, top + height / 2.0);
    window.page().drag((from, y), (to, y))?;
    let narrowed = window.wait("another query", |_| {
        let now = query(&window)?;
        ensure!(now.contains("environment:production") && now.contains("time:"), "{now:?}");
        Ok(now)
    })?;
    let command = home.retake(&["metrics", "--query", &narrowed]).ok();
    let fewer = window.wait("fewer calls", |_| {
        let now = table(&window)?;
        ensure!(now != shown && says(&now[0][1], &command["rows"][0]["requests"]), "{now} is not {command}");
        Ok(now)
    })?;
    ensure!(fewer[0][1] != "0", "nothing lies where the brush was");
    window.picture("narrowed");

    window.click(".pane-bar button", "Traces")?;
    let listed = home.retake(&["search", "--limit", "1", "--", &narrowed]).ok();
    let total = listed["total"].as_u64().context("a total")?;
    window.wait("the list of the brush", |page| {
        let script = "return document.querySelector('.rows[data-query]')?.dataset.query";
        let asked = page.run(script, &[])?;
        ensure!(asked == json!(narrowed), "{asked}");
        let rows = page.run("return document.querySelector('[role=grid]').getAttribute('aria-rowcount')", &[])?;
        if says(&rows, &json!(total)) { Ok(()) } else { bail!("{rows} rows, not {total}") }
    })?;
    window.finish()
}

#[test]
fn keys_mark_a_time_and_zoom_without_a_pointer() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    home.retake(&["import", &file]).ok();
    let window = Window::open("plot-keys", &home, &[("TZ", "UTC")])?;
    window.wait_for_text("Where is parcel 8?")?;
    open_metrics(&window, "parcel")?;
    window.wait("the plots", |page| page.find(".plots canvas, .plots svg"))?;
    window.page().press(&[key::ESCAPE])?;
    window.page().run("document.activeElement?.blur(); return true", &[])?;
    window.page().press(&["m"])?;
    window.wait("the plots have the focus", |page| page.find(".plots:focus"))?;
    window.page().press(&[key::RIGHT])?;
    window.wait("a moment is spoken", |page| {
        let spoken = page.run("return document.querySelector('.plots').getAttribute('aria-valuetext')", &[])?;
        ensure!(spoken.as_str().is_some_and(|text| text.contains("requests")), "{spoken}");
        Ok(())
    })?;
    window.page().press(&[key::SHIFT, key::RIGHT])?;
    window.page().press(&[key::ENTER])?;
    window.wait("the query has a time", |_| {
        ensure!(query(&window)?.contains("time:"));
        Ok(())
    })?;
    // What the plots do not take is the page's.
    window.page().press(&["/"])?;
    window.wait("the query has the focus", |page| page.find("input[aria-label='Query of the metrics']:focus"))?;
    window.finish()
}

#[test]
fn the_highest_calls_are_those_of_the_command_and_lead_to_their_traces() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    home.retake(&["import", &file]).ok();
    let window = Window::open("calls", &home, &[("TZ", "UTC")])?;
    window.page().resize(1280, 800)?;
    window.wait_for_text("Where is parcel 8?")?;
    open_metrics(&window, "parcel")?;
    let script = "return [...document.querySelectorAll(\"table[aria-label='Calls with the highest values'] tbody tr\")]
        .map((row) => row.cells[1].innerText.trim())";
    // Keys choose what is measured: first token, then tokens.
    window.page().press(&[key::ESCAPE])?;
    window.page().run("document.activeElement?.blur(); return true", &[])?;
    window.page().press(&["y"])?;
    window.page().press(&["y"])?;
    let command = home.retake(&["metrics", "--query", "parcel", "--calls", "tokens"]).ok();
    let highest = command["highest"].as_array().context("calls")?;
    let expected: Vec<String> = highest.iter().filter_map(|call| Some(call["value"].as_f64()?.to_string())).collect();
    ensure!(!expected.is_empty(), "{command}");
    window.wait("the command's calls", |page| {
        let shown = page.run(script, &[])?;
        ensure!(shown == json!(expected), "{shown} is not {expected:?}");
        Ok(())
    })?;
    window.picture("tokens");

    // A dot is met somewhere at the moment of the first call.
    let place = window.page().run(
        "const area = document.querySelector('.plots .wide .area');
        area.scrollIntoView({ block: 'center' });
        const box = area.getBoundingClientRect();
        return [box.left, box.top, box.width, box.height]",
        &[],
    )?;
    let sides: Vec<f64> = place.as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
    let [left, top, width, height] = sides[..] else { bail!("{place} is no box") };
    // All calls lie in one bucket of a minute, which is the axis; its numbers stand left of it.
    let first: i64 = command["marks"][0]["from_ns"].as_str().context("a mark")?.parse()?;
    let x = left + 68.0 + (first % 60_000_000_000) as f64 / 6e10 * (width - 68.0);
    let traces = "return document.querySelector('[role=tree] [role=treeitem]') !== null";
    let mut opened = false;
    for step in 1..30 {
        let y = top + height * f64::from(step) / 30.0;
        window.page().drag((x, y), (x, y))?;
        opened = (0..4).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(60));
            window.page().run(traces, &[]).is_ok_and(|found| found == true)
        });
        if opened {
            break;
        }
    }
    ensure!(opened, "no click met a dot");
    window.wait_for_text("Where is parcel")?;

    open_metrics(&window, "parcel")?;
    let button = window.wait("a call", |page| page.find("table[aria-label='Calls with the highest values'] button"))?;
    window.page().run("arguments[0].focus(); return true", &[crate::webdriver::reference(&button)])?;
    window.page().press(&[key::ENTER])?;
    window.wait("its trace", |page| page.find("[role=tree] [role=treeitem][aria-selected=true]"))?;
    window.finish()
}
