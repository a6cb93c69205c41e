//! Further windows, other workspaces and links, in the real program.

use crate::webdriver::Session;
use crate::window::{self, Window};
use crate::{home, rows};
use anyhow::{Result, bail, ensure};
use retake_tests::Home;

/// The window that was not there before.
fn new_window(window: &Window, known: &[String]) -> Result<String> {
    window.wait("one more window", |page| {
        let all = page.windows()?;
        match all.into_iter().find(|handle| !known.contains(handle)) {
            Some(handle) => Ok(handle),
            None => bail!("no further window"),
        }
    })
}

fn shows(page: &Session, words: &str) -> Result<()> {
    let shown = page.run("return document.body.innerText.includes(arguments[0])", &[words.into()])?;
    ensure!(shown == true, "{words:?} is not shown");
    Ok(())
}

#[test]
fn a_second_window_shows_another_trace_and_hears_of_imports() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, calls, file) = home();
    home.retake(&["import", &file]).ok();
    let window = Window::open("second-window", &home, &[])?;
    window.wait_for_text("Where is parcel 8?")?;
    let first = window.page().windows()?;
    window.click("[role=row]", "parcel 3")?;
    window.wait_for_text("Answer from the sources.")?;
    window.page().press(&[crate::webdriver::key::SHIFT, crate::webdriver::key::ENTER])?;
    let second = new_window(&window, &first)?;
    window.page().switch_to(&second)?;
    window.wait_for_text("Answer from the sources.")?;
    window.wait("the trace takes the whole window", |page| match rows(page)? {
        0 => shows(page, "Where is parcel 3?"),
        n => bail!("{n} rows of the list"),
    })?;

    // Both hear of what another program brings in.
    let more = home.file(
        "more.jsonl",
        retake_tests::traces::lines(&[retake_tests::traces::Call::new(99, "Where is parcel 99?", "Here.")]),
    );
    ensure!(calls.len() == 8);
    home.retake(&["import", &more.display().to_string()]).ok();
    window.page().press(&["g"])?;
    window.page().press(&["t"])?;
    window.wait_for_text("Where is parcel 99?")?;
    window.page().switch_to(&first[0])?;
    // Its rows are being read: they do not move until that is asked for.
    window.wait_for_text("1 new, show")?;
    window.page().press(&["."])?;
    window.wait_for_text("Where is parcel 99?")?;
    window.finish()
}

#[test]
fn another_workspace_opens_in_a_window_of_its_own() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    home.retake(&["import", &file]).ok();
    let other = Home::new();
    other
        .retake(&[
            "import",
            &other
                .file(
                    "one.jsonl",
                    retake_tests::traces::lines(&[retake_tests::traces::Call::new(
                        1,
                        "Who painted the bridge?",
                        "Ada.",
                    )]),
                )
                .display()
                .to_string(),
        ])
        .ok();
    let path = other.workspace().display().to_string();
    let window = Window::open("other-workspace", &home, &[("RETAKE_E2E_PICK", &path)])?;
    window.wait_for_text("Where is parcel 8?")?;
    let known = window.page().windows()?;
    window.page().press(&["g"])?;
    window.page().press(&[","])?;
    window.click("button", "Open another")?;
    let handle = new_window(&window, &known)?;
    window.page().switch_to(&handle)?;
    window.wait_for_text("Who painted the bridge?")?;
    window.page().switch_to(&known[0])?;
    // It is offered from now on, in either window.
    window.click("nav button", "Traces")?;
    window.wait_for_text("Where is parcel 8?")?;
    window.finish()
}

#[test]
fn a_link_at_the_start_opens_its_trace() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, _, file) = home();
    home.retake(&["import", &file]).ok();
    let found = home.retake(&["search", "\"parcel 5\""]).ok();
    let trace = found["rows"][0]["trace_id"].as_str().unwrap_or_default().to_owned();
    let window = Window::open_with("link", &home, &[], &[format!("retake://trace/{trace}")])?;
    window.wait_for_text("Answer from the sources.")?;
    window.wait("the trace takes the whole window", |page| match rows(page)? {
        0 => shows(page, "Where is parcel 5?"),
        n => bail!("{n} rows of the list"),
    })?;
    window.finish()
}
