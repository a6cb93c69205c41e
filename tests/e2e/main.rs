//! The window as a person uses it, by WebDriver on a screen without a monitor: `cargo xtask e2e`.

mod access;
mod drag;
mod figures;
mod gallery;
mod hostile;
mod journeys;
mod mapping;
mod metrics;
mod numbers;
mod pictures;
mod runs;
mod webdriver;
mod window;
mod windows;

use anyhow::{Context as _, Result, bail, ensure};
use retake_testkit::loopback::{Loopback, Reply};
use retake_tests::traces::{Call, lines};
use retake_tests::{Home, Run};
use serde_json::{Value, json};
use webdriver::{Session, key};
use window::Window;

/// A home whose file holds calls about parcels.
fn home() -> (Home, Vec<Call>, String) {
    let home = Home::new();
    let calls: Vec<Call> =
        (1..=8).map(|n| Call::new(n, &format!("Where is parcel {n}?"), "It arrives on Monday [DOC-1].")).collect();
    let path = home.file("parcels.jsonl", lines(&calls));
    (home, calls, path.display().to_string())
}

/// Types a query into the search line and asks it.
fn search(window: &Window, query: &str) -> Result<()> {
    let field = window.wait("the search line", |page| page.find("input[placeholder*='words, a phrase']"))?;
    window.page().click(&field)?;
    if query.chars().any(|letter| letter.len_utf16() > 1) {
        // WebKit's driver types no character beyond the basic plane.
        set_field(window.page(), "input[placeholder*='words, a phrase']", query)?;
        window.page().type_into(&field, key::ENTER)?;
        return rest();
    }
    window.page().run("arguments[0].select()", &[webdriver::reference(&field)])?;
    // The protocol knows no empty text; a key that deletes the selection is one.
    window.page().type_into(&field, if query.is_empty() { key::BACKSPACE } else { query })?;
    window.page().type_into(&field, key::ENTER)?;
    rest()
}

/// Letters that come at once after a search are no commands: a driver is faster than any hand.
fn rest() -> Result<()> {
    std::thread::sleep(std::time::Duration::from_millis(300));
    Ok(())
}

/// Sets a field as a person does: the framework hears of it.
fn set_field(page: &Session, css: &str, value: &str) -> Result<()> {
    let script = "const field = document.querySelector(arguments[0]);
        if (!field) return false;
        const type = Object.getPrototypeOf(field);
        Object.getOwnPropertyDescriptor(type, 'value').set.call(field, arguments[1]);
        field.dispatchEvent(new Event('input', { bubbles: true }));
        field.dispatchEvent(new Event('change', { bubbles: true }));
        return true;";
    ensure!(page.run(script, &[json!(css), json!(value)])? == true, "there is no {css}");
    Ok(())
}

fn rows(page: &Session) -> Result<u64> {
    page.run("return document.querySelectorAll('[role=grid] [role=row]').length", &[])?.as_u64().context("a number")
}

#[test]
fn what_is_picked_in_the_dialog_is_imported() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    let window = Window::open("picked", &home, &[("RETAKE_E2E_PICK", &file)])?;
    window.click("main button", "Drop a file")?;
    window.wait_for_text("Where is parcel 8?")?;
    window.finish()
}

#[test]
fn the_main_job_from_import_to_check() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    let tokens: Vec<String> = ["It", " arrives", " on", " Friday", " [DOC-1]", "."].map(str::to_owned).to_vec();
    let provider = Loopback::start(vec![Reply::tokens(tokens.clone()).pace_ms(700)]);
    let window = Window::open("main-job", &home, &[])?;

    window.wait_for_text("Find out why it said that.")?;
    window.picture("1-empty");
    drag::drop_file(std::path::Path::new(&file))?;
    window.wait_for_text("Where is parcel 8?")?;
    window.wait("eight traces", |page| match rows(page)? {
        8 => Ok(()),
        n => bail!("{n} rows"),
    })?;
    search(&window, "\"parcel 3\" tenant:north")?;
    window.wait("one trace", |page| match rows(page)? {
        1 => Ok(()),
        n => bail!("{n} rows"),
    })?;
    window.click("[role=row]", "parcel 3")?;
    window.wait_for_text("Answer from the sources.")?;
    window.picture("2-messages");
    window.click("[role=tab]", "Context")?;
    window.wait_for_text("DOC-1")?;
    window.picture("3-context");

    window.page().press(&["r"])?;
    window.wait("the first variant", |page| page.find("article[aria-label^='Variant']"))?;
    let open = window.page().find("article[aria-label^='Variant'] button[aria-expanded]")?;
    if window.page().find("article[aria-label^='Variant'] .form").is_err() {
        window.page().click(&open)?;
    }
    window.wait("its form", |page| page.find("article[aria-label^='Variant'] select"))?;
    set_field(window.page(), "article[aria-label^='Variant'] select", "provider:openai-compatible")?;
    window.wait("its address", |page| page.find("input[placeholder^='http://127.0.0.1']"))?;
    set_field(window.page(), "input[placeholder^='http://127.0.0.1']", &provider.base_url())?;
    for question in ["for the first time from this workspace", "although its price is not known"] {
        window.click("label.check", question)?;
    }
    window.wait("the run can start", |page| page.find("button.primary:not([disabled])"))?;
    window.picture("4-plan");
    window.click("button.primary", "Run")?;

    let shown = window.wait("the first token", |page| {
        let text =
            page.run("return document.querySelector('section.take[aria-busy=true] .body')?.innerText ?? ''", &[])?;
        match text.as_str().map(str::trim) {
            Some(text) if text.starts_with("It") => Ok(text.to_owned()),
            other => bail!("{other:?}"),
        }
    })?;
    ensure!(!shown.contains(" on"), "the first token came with the third: {shown:?}");
    window.picture("5-streaming");
    window.wait_for_text("It arrives on Friday [DOC-1].")?;
    let promote = "section.take[aria-label^='B'] button";
    window.wait("the take is done", |page| page.find_with_text(promote, "Promote"))?;
    window.picture("6-takes");
    ensure!(provider.count() == 1, "{} requests were sent", provider.count());

    window.click(promote, "Promote")?;
    window.wait("the sheet", |page| page.find("input[placeholder^='/path/to/golden']"))?;
    let set = home.path("golden");
    set_field(window.page(), "input[placeholder^='/path/to/golden']", &set.display().to_string())?;
    set_field(window.page(), "textarea[placeholder='contains:30 days']", "contains:Friday")?;
    window.wait_for_text("writes")?;
    window.picture("7-promote");
    window.click("[role=dialog] button.primary, dialog button.primary", "")?;
    window.wait_for_text("The check now")?;
    window.wait_for_text("pass")?;
    window.picture("8-checked");
    let check = Run::of(home.bare(&["--json", "check", &set.display().to_string()]));
    ensure!(check.ok()["verdict"] == "pass", "{check}");
    window.finish()
}

#[test]
fn an_import_by_the_command_appears_in_the_open_window() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    let window = Window::open("import-by-command", &home, &[])?;
    window.wait_for_text("Find out why it said that.")?;
    // The window has been open for longer than its first look for changes takes.
    std::thread::sleep(std::time::Duration::from_secs(3));
    home.retake(&["import", &file]).ok();
    window.wait_for_text("Where is parcel 8?")?;
    window.finish()
}

#[test]
fn the_window_finds_what_the_table_of_queries_says() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let table = retake_tests::queries::Table::read()?;
    let home = Home::new();
    let files: Vec<String> = table.files(&home).iter().map(|path| path.display().to_string()).collect();
    let mut import = vec!["import"];
    import.extend(files.iter().map(String::as_str));
    home.retake(&import).ok();
    let window = Window::open("queries", &home, &[("TZ", "UTC")])?;
    window.page().resize(1280, 1080)?;
    window.wait("rows", |page| page.find("[role=grid] [role=row]"))?;
    for (at, expected) in table.expected.iter().enumerate() {
        search(&window, &expected.query)?;
        let mut shown =
            window.wait(&format!("the answer to {:?}", expected.query), |page| ids(page, &expected.query))?;
        if at % 10 == 0 {
            let command = home.retake(&["search", "--limit", "100", "--", &expected.query]).ok();
            let rows = command["rows"].as_array().into_iter().flatten();
            let listed: Vec<&str> = rows.filter_map(|row| row["trace_id"].as_str()).collect();
            ensure!(shown == listed, "{:?} is in another order than on the command line", expected.query);
        }
        shown.sort();
        ensure!(shown == expected.trace_ids, "{:?} shows {shown:?}, not {:?}", expected.query, expected.trace_ids);
    }
    for refused in &table.refused {
        search(&window, &refused.query)?;
        window.wait(&format!("{:?} is refused", refused.query), |page| {
            page.find_with_text("[role=alert]", &refused.code)
        })?;
    }
    window.finish()
}

#[test]
fn a_pasted_request_is_sent_and_an_editor_keeps_its_keys() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    home.retake(&["import", &file]).ok();
    let provider = Loopback::start(vec![Reply::tokens(vec!["Hello".to_owned(), " there".to_owned()])]);
    let window = Window::open("paste", &home, &[])?;
    window.wait_for_text("Where is parcel 8?")?;
    let curl = format!(
        "curl {}/chat/completions -H 'Content-Type: application/json' -d '{}'",
        provider.base_url(),
        r#"{"model":"small","messages":[{"role":"user","content":"Say hello"}]}"#
    );
    let paste = "const data = new DataTransfer();
        data.setData('text/plain', arguments[1]);
        const target = arguments[0] ? document.querySelector(arguments[0]).shadowRoot.querySelector('.cm-content') : document.body;
        target.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, composed: true, cancelable: true }));
        return true;";
    window.page().run(paste, &[Value::Null, json!(curl)])?;
    window.wait_for_text("Say hello")?;
    let select = "article[aria-label^='Variant'] select";
    window.wait("the first variant", |page| page.find(select))?;
    set_field(window.page(), select, "provider:openai-compatible")?;
    window.wait("its address", |page| page.find("input[placeholder^='http://127.0.0.1']"))?;
    set_field(window.page(), "input[placeholder^='http://127.0.0.1']", &provider.base_url())?;
    for question in ["for the first time from this workspace", "although its price is not known"] {
        window.click("label.check", question)?;
    }
    window.wait("the run can start", |page| page.find("button.primary:not([disabled])"))?;
    window.picture("request");
    window.click("button.primary", "Run")?;
    window.wait_for_text("Hello there")?;
    ensure!(provider.count() == 1, "{} requests were sent", provider.count());

    window.click("nav [aria-label='Sources']", "")?;
    window.click("[role=tab]", "Policy")?;
    window.wait("the editor", |page| {
        let there = page.run(
            "return document.querySelector('.editor')?.shadowRoot?.querySelector('.cm-content') !== undefined",
            &[],
        )?;
        ensure!(there == true);
        Ok(())
    })?;
    // Neither a paste nor letters that are keys elsewhere leave the editor.
    window
        .page()
        .run("document.querySelector('.editor').shadowRoot.querySelector('.cm-content').focus(); return true", &[])?;
    window.page().run(paste, &[json!(".editor"), json!("version: 1\n")])?;
    window.page().press(&["t"])?;
    window.page().press(&["x"])?;
    window.wait("what was typed", |page| {
        let script = "return document.querySelector('.editor').shadowRoot.querySelector('.cm-content').innerText";
        let text = page.run(script, &[])?;
        ensure!(text.as_str().is_some_and(|text| text.contains("version: 1") && text.contains("tx")), "{text}");
        Ok(())
    })?;
    window.picture("policy");
    let batches = home.retake(&["batches", "list"]).ok();
    ensure!(batches["batches"].as_array().map(Vec::len) == Some(1), "the editor's paste was imported: {batches}");
    window.finish()
}

/// Ids of the traces in the list, in its order, once it answers the query.
fn ids(page: &Session, query: &str) -> Result<Vec<String>> {
    let script = "const rows = document.querySelector('.rows[data-query]');
        if (!rows || rows.classList.contains('stale') || rows.dataset.query !== arguments[0]) return null;
        const shown = [...rows.querySelectorAll('[role=row]')].map((row) => row.dataset.traceId ?? null);
        return shown.includes(null) ? null : shown;";
    let value = page.run(script, &[json!(query)])?;
    let shown = value.as_array().context("another answer is shown")?;
    Ok(shown.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

#[test]
fn both_themes_and_every_view_without_complaint() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    home.retake(&["import", &file]).ok();
    let window = Window::open("themes", &home, &[])?;
    window.wait_for_text("Where is parcel 8?")?;
    window.click("[role=row]", "parcel 8")?;
    window.wait_for_text("Answer from the sources.")?;
    let mut seen = Vec::new();
    for _ in 0..3 {
        // Theme is a command of the palette: system, dark, light.
        window.page().press(&[key::CONTROL, "k"])?;
        let field = window.wait("the palette", |page| page.find("[role=dialog] input, dialog input"))?;
        window.page().type_into(&field, "Change theme")?;
        window.page().type_into(&field, key::ENTER)?;
        let colour = window.page().run("return getComputedStyle(document.body).backgroundColor", &[])?;
        let name = if is_dark(&colour) { "dark" } else { "light" };
        window.picture(name);
        seen.push(name);
    }
    ensure!(seen.contains(&"dark") && seen.contains(&"light"), "{seen:?}");
    for view in ["Runs", "Prompts", "Golden sets", "Metrics", "Sources", "Settings", "Traces"] {
        let place = window.page().find(&format!("nav [aria-label='{view}']"))?;
        window.page().click(&place)?;
        window.wait(view, |page| page.find(&format!("nav [aria-label='{view}'][aria-current=page]")))?;
        window.picture(&view.replace(' ', "-").to_lowercase());
    }
    window.page().press(&[key::ESCAPE])?;
    let heading = window.page().find("main")?;
    ensure!(!window.page().text(&heading)?.is_empty(), "the view is empty");
    window.finish()
}

fn is_dark(colour: &Value) -> bool {
    let parts: Vec<u32> = colour
        .as_str()
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .collect();
    parts.iter().take(3).sum::<u32>() < 3 * 128
}
