//! A log that no format claims becomes traces: its columns are mapped beside a live preview, and what is imported is what
//! the preview said.

use crate::set_field;
use crate::window::{self, Window};
use anyhow::{Result, bail, ensure};
use retake_tests::Home;
use serde_json::json;

const LOG: &str = "when;caller;asked;said;engine\n\
    2026-11-01T10:00:00Z;ada;Where is parcel 1?;On its way.;small\n\
    2026-11-01T10:05:00Z;ben;\"Where is\nparcel 2?\";It arrives on Monday.;small\n\
    not a time;cyd;Where is parcel 3?;Nobody knows.;small\n";

#[test]
fn a_log_of_any_form_is_mapped_with_a_live_preview() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let file = home.file("calls.csv", LOG);
    let picked = file.display().to_string();
    let window = Window::open("mapping", &home, &[("RETAKE_E2E_PICK", &picked)])?;
    window.wait_for_text("Find out why it said that.")?;
    window.page().press(&["g"])?;
    window.page().press(&["s"])?;
    window.click("button.button", "Map a file")?;
    let lines = |page: &crate::webdriver::Session| {
        page.run(
            "return [...document.querySelectorAll('table[aria-label=\"First records\"] tbody tr:not(.said) td:first-child')].map((cell) => cell.innerText)",
            &[],
        )
    };
    window.wait("the first records with their lines", |page| {
        let shown = lines(page)?;
        ensure!(shown == json!(["2", "3", "5"]), "{shown}");
        Ok(())
    })?;
    window.picture("preview");
    // Another column for the answer: the preview follows.
    let answer = "select[id$='-output']";
    let focus = window.page().find(answer)?;
    window.page().run("arguments[0].focus(); return true", &[crate::webdriver::reference(&focus)])?;
    for (column, words) in [("caller", "ben"), ("said", "It arrives on Monday.")] {
        window.wait("its columns", |page| page.find(&format!("{answer} option[value='{column}']")))?;
        set_field(window.page(), answer, column)?;
        window.wait("the preview follows", |page| {
            let cells = page.run(
                "const head = [...document.querySelectorAll('table[aria-label=\"First records\"] th')].findIndex((th) => th.innerText === 'output');
                return [...document.querySelectorAll('table[aria-label=\"First records\"] tbody tr:not(.said)')].map((row) => row.cells[head]?.innerText ?? '')",
                &[],
            )?;
            match cells.as_array().is_some_and(|cells| cells.iter().any(|cell| cell == words)) {
                true => Ok(()),
                false => bail!("{cells}"),
            }
        })?;
    }
    window.click("button.primary", "Import")?;
    window.wait_for_text("Imported calls.csv")?;
    let found = home.retake(&["search", "parcel"]).ok();
    ensure!(found["total"] == 3, "{found}");
    window.page().press(&["g"])?;
    window.page().press(&["t"])?;
    window.wait_for_text("It arrives on Monday.")?;
    window.finish()
}
