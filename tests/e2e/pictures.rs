//! Pictures of every view over the sample, in both themes and two sizes: `cargo xtask screenshots`. The way through them
//! is the first five minutes of the README, so a view that cannot be reached fails here.

use crate::webdriver::key;
use crate::window::{self, Size, Window};
use crate::{search, set_field};
use anyhow::{Result, bail, ensure};
use retake_tests::Home;

const LAPTOP: Size = Size { width: 1280, height: 800 };
const DESKTOP: Size = Size { width: 1920, height: 1080 };

/// The words of the case that the sample is about, as its ticket gives them.
const TICKET: &str = "tenant:larkmed has:leak quarantine";

#[test]
fn the_sample_in_light_on_a_laptop() -> Result<()> {
    walk("light", LAPTOP)
}

#[test]
fn the_sample_in_dark_on_a_laptop() -> Result<()> {
    walk("dark", LAPTOP)
}

#[test]
fn the_sample_in_light_on_a_desktop() -> Result<()> {
    walk("light", DESKTOP)
}

#[test]
fn the_sample_in_dark_on_a_desktop() -> Result<()> {
    walk("dark", DESKTOP)
}

fn walk(theme: &str, size: Size) -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let window = Window::open(&format!("{theme}-{}", size.width), &home, &[])?;
    window.page().resize(size.width, size.height)?;
    window.crop(size);
    window.wait_for_text("Find out why it said that.")?;
    in_theme(&window, theme)?;
    window.picture("first-minute");

    window.click("main button", "Open the sample")?;
    window.wait_for_text("Find the bad answer")?;
    window.wait("the whole sample", |page| page.find(".rows[data-query='environment:production'] [role=row]"))?;
    settle();
    window.picture("traces");
    window.wait_for_text("Imported ")?;
    window.click(".notice button", "Dismiss")?;
    window.wait("the line that says what happened is gone", |page| match page.find(".notice") {
        Ok(_) => bail!("it is there"),
        Err(_) => Ok(()),
    })?;

    search(&window, TICKET)?;
    window.wait_for_text("1 of ")?;
    window.click("[role=row]", "quarantine")?;
    window.wait("messages", |page| page.find_with_text("[role=tabpanel]", "system"))?;
    settle();
    window.picture("messages");
    for tab in ["Context", "Audit", "Request", "Takes", "Raw"] {
        window.click("[role=tab]", tab)?;
        window.wait(tab, |page| page.find_with_text("[role=tab][aria-selected=true]", tab))?;
        settle();
        window.picture(&tab.to_lowercase());
    }
    window.click("[role=tab]", "Messages")?;

    window.page().press(&["r"])?;
    window.wait("the first variant", |page| page.find("article[aria-label^='Variant'] select"))?;
    set_field(window.page(), "article[aria-label^='Variant'] select", "provider:recorded")?;
    window.click("label.check", "SOP-204")?;
    window.wait("the run can start", |page| page.find("button.primary:not([disabled])"))?;
    window.click("button.primary", "Run")?;
    let promote = "section.take[aria-label^='B'] button";
    window.wait("the take is done", |page| page.find_with_text(promote, "Promote"))?;
    settle();
    window.picture("replay");

    window.click(promote, "Promote")?;
    window.wait("the sheet", |page| page.find("input[placeholder^='/path/to/golden']"))?;
    let set = home.path("golden").display().to_string();
    set_field(window.page(), "input[placeholder^='/path/to/golden']", &set)?;
    window.wait_for_text("writes")?;
    window.picture("promote");
    window.click("[role=dialog] button.primary, dialog button.primary", "")?;
    window.wait_for_text("The check now")?;
    window.picture("checked");
    window.click("[role=dialog] button, dialog button", "Open golden sets")?;
    window.wait("the set", |page| page.find("nav [aria-label='Golden sets'][aria-current=page]"))?;
    settle();
    window.picture("golden");

    for view in ["Runs", "Prompts", "Metrics", "Sources", "Settings"] {
        let place = window.page().find(&format!("nav [aria-label='{view}']"))?;
        window.page().click(&place)?;
        window.wait(view, |page| page.find(&format!("nav [aria-label='{view}'][aria-current=page]")))?;
        settle();
        if view == "Metrics" {
            let field = "input[aria-label='Query of the metrics']";
            set_field(window.page(), field, "environment:production")?;
            window.page().type_into(&window.page().find(field)?, key::ENTER)?;
            settle();
        }
        window.picture(&view.to_lowercase());
        if view == "Prompts" {
            window.click("button", "New version from this")?;
            settle();
            window.picture("new-version");
        }
    }
    window.page().press(&["?"])?;
    window.wait("the sheet of keys", |page| page.find("[role=dialog], dialog[open]"))?;
    window.picture("keys");
    window.page().press(&[key::ESCAPE])?;
    window.page().press(&[key::CONTROL, "k"])?;
    window.wait("the palette", |page| page.find("[role=dialog] input, dialog input"))?;
    window.picture("palette");
    let nodes = window.page().run("return document.querySelectorAll('*').length", &[])?;
    ensure!(nodes.as_u64().is_some_and(|nodes| nodes < 1500), "{nodes} nodes");
    window.finish()
}

#[test]
fn every_view_with_nothing_and_failing_in_light() -> Result<()> {
    bare("light")
}

#[test]
fn every_view_with_nothing_and_failing_in_dark() -> Result<()> {
    bare("dark")
}

/// Views over an empty workspace, and over a file that is none: each answer is an error then.
fn bare(theme: &str) -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let foreign = home.file("foreign.retake", "no workspace at all, but some text");
    for (state, workspace) in [("empty", home.workspace()), ("failing", foreign)] {
        let window = Window::open_on(&format!("{theme}-{state}"), &home, &workspace, &[], &[])?;
        if state == "failing" {
            window.wait("why nothing can be shown", |page| page.find_with_text("main .failure", "RTK-S"))?;
        } else {
            window.wait_for_text("Find out why it said that.")?;
        }
        in_theme(&window, theme)?;
        for size in [LAPTOP, DESKTOP] {
            window.page().resize(size.width, size.height)?;
            window.crop(size);
            for view in ["Traces", "Runs", "Prompts", "Golden sets", "Metrics", "Sources", "Settings"] {
                // The element is clicked by the page: at another size the driver's pointer would miss.
                let go = "document.querySelector(`nav [aria-label='${arguments[0]}']`).click(); return true";
                window.page().run(go, &[view.into()])?;
                window.wait(view, |page| page.find(&format!("nav [aria-label='{view}'][aria-current=page]")))?;
                if state == "failing" && view != "Settings" {
                    window.wait(&format!("why {view} can show nothing"), |page| {
                        page.find_with_text("main .failure", "RTK-S")
                    })?;
                }
                settle();
                window.picture(&format!("{}-{}", size.width, view.to_lowercase().replace(' ', "-")));
            }
        }
        window.finish()?;
    }
    Ok(())
}

/// Goes on to the next theme until it is this one.
fn in_theme(window: &Window, theme: &str) -> Result<()> {
    command(window, "Change theme")?;
    while window.page().run("return document.documentElement.dataset.theme", &[])? != theme {
        command(window, "Change theme")?;
    }
    Ok(())
}

/// Runs a command by its name in the palette.
fn command(window: &Window, name: &str) -> Result<()> {
    window.page().press(&[key::CONTROL, "k"])?;
    let field = window.wait("the palette", |page| page.find("[role=dialog] input, dialog input"))?;
    window.page().type_into(&field, name)?;
    window.page().type_into(&field, key::ENTER)
}

/// Lets what was asked for arrive and be drawn: a picture is for people, nothing is asserted on it.
fn settle() {
    std::thread::sleep(std::time::Duration::from_millis(600));
}
