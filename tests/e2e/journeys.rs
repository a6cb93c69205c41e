//! The three journeys through the real window, by keyboard alone and by mouse alone. The keyboard here is keys on what has the
//! focus, and no element is ever asked for it; the mouse is clicks, and no key is ever pressed.

use crate::webdriver::{Session, key};
use crate::window::{self, Window};
use anyhow::{Context as _, Result, bail, ensure};
use retake_tests::{Home, Run};
use serde_json::json;

/// The words of the case that the sample is about, as its ticket gives them.
const TICKET: &str = "tenant:larkmed has:leak quarantine";

/// Keys, as a person presses them.
struct Keyboard<'a>(&'a Window);

impl Keyboard<'_> {
    /// Presses `g m` one after the other, and `Ctrl+K` together.
    fn press(&self, keys: &str) -> Result<()> {
        for one in keys.split(' ') {
            let held: Vec<&str> = match one {
                "+" => vec!["+"],
                _ => one.split('+').map(name).collect(),
            };
            self.0.page().press(&held)?;
        }
        Ok(())
    }

    /// Types into whatever has the focus.
    fn write(&self, text: &str) -> Result<()> {
        text.chars().try_for_each(|letter| self.0.page().press(&[&letter.to_string()]))
    }

    /// Goes on with Tab until something of the selector has the focus.
    fn tab_to(&self, css: &str) -> Result<()> {
        self.go_to("Tab", css)
    }

    fn go_to(&self, key: &str, css: &str) -> Result<()> {
        for _ in 0..90 {
            if focused(self.0.page(), css)? {
                return Ok(());
            }
            self.press(key)?;
        }
        self.0.picture("lost");
        bail!("{key} leads to no {css}")
    }

    /// Runs a command by its name.
    fn command(&self, name: &str) -> Result<()> {
        self.press("Ctrl+K")?;
        self.0.wait("the palette has the focus", |page| match focused(page, "[role=dialog] input")? {
            true => Ok(()),
            false => bail!("not yet"),
        })?;
        self.write(name)?;
        self.press("Enter")
    }
}

fn name(word: &str) -> &str {
    match word {
        "Ctrl" => key::CONTROL,
        "Shift" => key::SHIFT,
        "Enter" => key::ENTER,
        "Escape" => key::ESCAPE,
        "Tab" => key::TAB,
        "Down" => key::DOWN,
        "Space" => " ",
        other => other,
    }
}

fn focused(page: &Session, css: &str) -> Result<bool> {
    let script = "let focus = document.activeElement;
        while (focus?.shadowRoot?.activeElement) focus = focus.shadowRoot.activeElement;
        return focus?.matches(arguments[0]) ?? false";
    Ok(page.run(script, &[json!(css)])? == true)
}

fn the_one_row(window: &Window) -> Result<()> {
    window.wait("one trace of the ticket", |page| {
        let shown = page.run("return document.querySelector('.total')?.innerText ?? ''", &[])?;
        ensure!(shown.as_str().is_some_and(|text| text.starts_with("1 of")), "{shown}");
        Ok(())
    })
}

fn take_done(window: &Window) -> Result<()> {
    let promote = "section.take[aria-label^='B'] button";
    window.wait("the take is done", |page| page.find_with_text(promote, "Promote")).map(drop)
}

#[test]
fn an_incident_becomes_a_golden_case_by_keyboard_alone() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let window = Window::open("keyboard", &home, &[])?;
    let keys = Keyboard(&window);
    window.wait_for_text("Find out why it said that.")?;
    keys.command("Import the sample incident")?;
    window.wait("the whole sample", |page| page.find(".rows[data-query='environment:production'] [role=row]"))?;

    // The support engineer: find it, read it, see who did what, take the report along.
    keys.press("/")?;
    keys.write(TICKET)?;
    keys.press("Enter")?;
    the_one_row(&window)?;
    keys.press("j")?;
    window.wait("messages", |page| page.find_with_text("[role=tabpanel]", "system"))?;
    keys.press("2")?;
    window.wait("the documents", |page| page.find_with_text("[role=tabpanel]", "BRD-017"))?;
    keys.press("n")?;
    window.wait("the finding is chosen", |page| page.find(".finding[aria-pressed=true]"))?;
    keys.press("3")?;
    window.wait("audit events", |page| page.find_with_text("[role=tabpanel]", "denied"))?;
    keys.press("Ctrl+f")?;
    window.wait("the search within the trace", |page| match focused(page, "[role=search] input, .find input")? {
        true => Ok(()),
        false => bail!("not yet"),
    })?;
    keys.write("quarantine")?;
    window.wait("places", |page| page.find_with_text("body", "1 of "))?;
    keys.press("Escape")?;
    keys.press("Shift+R")?;
    window.wait("the report", |page| page.find_with_text("[role=dialog]", "BRD-017"))?;
    window.picture("report");
    keys.press("Escape")?;

    // The prompt author: another context, offline, side by side, with a vote.
    keys.press("r")?;
    window.wait("the first variant", |page| page.find("article[aria-label^='Variant'] select"))?;
    keys.tab_to("article[aria-label^='Variant'] select")?;
    keys.write("recorded")?;
    window.wait("recorded answers are chosen", |page| {
        let value = page.run("return document.querySelector(\"article[aria-label^='Variant'] select\").value", &[])?;
        ensure!(value == "provider:recorded", "{value}");
        Ok(())
    })?;
    keys.tab_to("fieldset input[type=checkbox]")?;
    keys.press("Space")?;
    window.wait("the run can start", |page| page.find("button.primary:not([disabled])"))?;
    keys.press("Ctrl+Enter")?;
    take_done(&window)?;
    keys.press("Escape")?;
    keys.press("g r")?;
    window.wait("the run is kept", |page| page.find("table[aria-label=Runs] tbody tr"))?;
    keys.tab_to("table[aria-label=Runs] tbody button")?;
    keys.press("Enter")?;
    take_done(&window)?;
    keys.press("n")?;
    keys.press("v 2")?;
    window.wait("the vote is kept", |page| page.find("button[aria-label='Take the vote back']"))?;
    window.picture("vote");

    // The developer: a case, and its check.
    keys.tab_to("section.take[aria-label^='B'] header button[title^='Promote']")?;
    keys.press("Enter")?;
    window.wait("the sheet", |page| match focused(page, "[role=dialog] input")? {
        true => Ok(()),
        false => bail!("not yet"),
    })?;
    let set = home.path("golden");
    keys.write(&set.display().to_string())?;
    window.wait_for_text("writes")?;
    keys.press("Ctrl+Enter")?;
    window.wait_for_text("The check now")?;
    window.wait("its verdict", |page| page.find_with_text("[role=dialog]", "pass"))?;
    keys.press("Escape")?;
    keys.press("g g")?;
    window.wait("the set", |page| page.find("nav [aria-label='Golden sets'][aria-current=page]"))?;
    window.picture("golden");
    let check = Run::of(home.bare(&["--json", "check", &set.display().to_string()]));
    ensure!(check.ok()["verdict"] == "pass", "{check}");
    window.finish()
}

#[test]
fn a_prompt_moves_and_rolls_back_by_keyboard_alone() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let window = Window::open("keyboard-prompt", &home, &[])?;
    let keys = Keyboard(&window);
    window.wait_for_text("Find out why it said that.")?;
    keys.command("Import the sample incident")?;
    window.wait("the whole sample", |page| page.find(".rows[data-query='environment:production'] [role=row]"))?;
    let get = |at: &str| home.retake(&["prompt", "get", at]).ok()["version"].clone();

    keys.press("g p")?;
    window.wait("versions", |page| page.find("[data-version='8']"))?;
    keys.tab_to("input[placeholder=production]")?;
    keys.write("production")?;
    keys.press("Enter")?;
    window.wait("the label stands on version 8", |page| page.find_with_text("[data-version='8']", "production"))?;
    ensure!(get("dock-answer@production") == 8);
    keys.tab_to("button.version[data-version='7']")?;
    keys.press("Enter")?;
    keys.tab_to("button[title='Put production on version 7']")?;
    keys.press("Enter")?;
    window.wait("the label stands on version 7", |page| page.find_with_text("[data-version='7']", "production"))?;
    keys.tab_to("button[aria-label='Roll production back']")?;
    keys.press("Enter")?;
    window.wait("it is back on version 8", |page| page.find_with_text("[data-version='8']", "production"))?;
    ensure!(get("dock-answer@production") == 8);

    // Several traces at once: marked, replayed, stopped before anything is sent.
    keys.press("g t")?;
    window.wait("the list", |page| page.find("[role=grid] [role=row]"))?;
    keys.go_to("Tab", "[role=grid]")?;
    for _ in 0..3 {
        keys.press("j x")?;
    }
    keys.press("r")?;
    window.wait("the plan", |page| page.find_with_text(".sentence", "3 requests × 1 variant"))?;
    window.picture("three");
    keys.press("Escape")?;
    window.finish()
}

#[test]
fn an_incident_becomes_a_golden_case_by_mouse_alone() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let set = home.path("golden");
    std::fs::create_dir_all(&set)?;
    let window = Window::open("mouse", &home, &[("RETAKE_E2E_PICK", &set.display().to_string())])?;
    window.wait_for_text("Find out why it said that.")?;
    window.click("main button", "Open the sample")?;
    window.wait("the whole sample", |page| page.find(".rows[data-query='environment:production'] [role=row]"))?;
    window.click(".facets button", "more")?;
    window.click(".facets button", "leak")?;
    window.wait("the leaks", |page| page.find(".rows[data-query='environment:production has:leak'] [role=row]"))?;
    window.click(".facets button", "larkmed")?;
    window.wait("the leaks of the tenant", |page| page.find(".rows[data-query*='tenant:larkmed'] [role=row]"))?;
    window.click("[role=row]", "Consignment")?;
    window.wait("messages", |page| page.find_with_text("[role=tabpanel]", "system"))?;
    for (tab, words) in
        [("Context", "BRD-017"), ("Audit", "denied"), ("Request", "messages"), ("Takes", ""), ("Raw", "")]
    {
        window.click("[role=tab]", tab)?;
        window.wait(tab, |page| page.find_with_text("[role=tabpanel]", words))?;
    }
    window.click("button", "More")?;
    window.click("[role=menuitem]", "Incident report")?;
    window.wait("the report", |page| page.find_with_text("[role=dialog]", "BRD-017"))?;
    window.click("[role=dialog] button", "Close")?;

    window.click("header button.primary", "Replay")?;
    window.wait("the first variant", |page| page.find("article[aria-label^='Variant'] select"))?;
    let option = window.page().find("article[aria-label^='Variant'] select option[value='provider:recorded']")?;
    window.page().click(&option)?;
    window.click("fieldset label.check", "SOP-204")?;
    window.wait("the run can start", |page| page.find("button.primary:not([disabled])"))?;
    window.click("button.primary", "Run")?;
    take_done(&window)?;
    window.click("button.choice[title^='Vote for ']", "")?;
    window.wait("the vote is kept", |page| page.find("button[aria-label='Take the vote back']"))?;

    window.click("section.take[aria-label^='B'] button", "Promote")?;
    window.click("[role=dialog] button", "Choose")?;
    window.wait_for_text("writes")?;
    window.click("[role=dialog] button.primary", "Write the case")?;
    window.wait_for_text("The check now")?;
    window.wait("its verdict", |page| page.find_with_text("[role=dialog]", "pass"))?;
    window.click("[role=dialog] button", "Open golden sets")?;
    window.click("button", "Check")?;
    window.wait("the verdict of the set", |page| page.find_with_text("main", "pass"))?;

    // A label is dragged to another version, and rolled back.
    window.click("nav [aria-label='Prompts']", "")?;
    window.wait("versions", |page| page.find("[data-version='8']"))?;
    home.retake(&["prompt", "label", "dock-answer@7", "production"]).ok();
    window.click("nav [aria-label='Traces']", "")?;
    window.click("nav [aria-label='Prompts']", "")?;
    let tag = window.wait("the label", |page| page.find("[data-version='7'] .label-tag"))?;
    let target = window.page().find("[data-version='8']")?;
    window.page().drag_onto(&tag, &target)?;
    window.wait("the label stands on version 8", |page| page.find_with_text("[data-version='8']", "production"))?;
    window.click("button[aria-label='Roll production back']", "")?;
    window.wait("it is back", |page| page.find_with_text("[data-version='7']", "production"))?;
    let check = Run::of(home.bare(&["--json", "check", &set.display().to_string()]));
    let case = check.ok()["sets"][0]["cases"].as_array().map(Vec::len).context("cases")?;
    ensure!(case == 1, "{check}");
    window.finish()
}
