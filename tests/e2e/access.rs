//! Whether the window can be used without sight, with little sight, and large: axe over every view of the real page, in dark,
//! light and high contrast, at its own size and at twice that. Contrast is measured here: only a real page has colours.

use crate::search;
use crate::webdriver::{Session, key};
use crate::window::{self, Window};
use anyhow::{Context as _, Result, bail, ensure};
use retake_tests::{Home, in_repository};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Puts axe into the page.
pub fn load_axe(page: &Session) -> Result<()> {
    let path = in_repository("ui/node_modules/axe-core/axe.min.js");
    let source = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    page.run(&format!("{source}; window.axe = axe; return true"), &[])?;
    Ok(())
}

/// What axe finds on the page as it stands.
pub fn violations(page: &Session) -> Result<Vec<String>> {
    // WCAG 2.2 AA and axe's own good practice.
    page.run(
        "window.__axe = null;
        axe.run(document, { resultTypes: ['violations'] }).then(
            (result) => (window.__axe = result.violations.flatMap((rule) => rule.nodes.map((node) =>
                `${rule.id}: ${node.html.replace(/ id=[^ >]+/g, '').slice(0, 140)} ${(node.any[0]?.message ?? '').slice(0, 160)}`))),
            (error) => (window.__axe = [String(error)]));
        return true",
        &[],
    )?;
    for _ in 0..300 {
        let found = page.run("return window.__axe", &[])?;
        if let Value::Array(found) = found {
            return Ok(found.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    bail!("axe did not end")
}

fn theme(page: &Session, name: &str) -> Result<()> {
    // The same as the setting does; the way there is tested elsewhere.
    let script = "const root = document.documentElement.dataset;
        if (arguments[0] === 'contrast') { delete root.theme; root.contrast = 'more'; }
        else { root.theme = arguments[0]; delete root.contrast; }
        return true";
    page.run(script, &[json!(name)]).map(drop)
}

/// Whether anything that can be used lies outside of the window and cannot be scrolled to.
fn cut_off(page: &Session) -> Result<Vec<String>> {
    let script = "const out = [];
        for (const node of document.querySelectorAll('button, input, select, textarea, a[href], [role=tab]')) {
            const box = node.getBoundingClientRect();
            if (box.width === 0 || box.height === 0 || node.closest('.visually-hidden, [aria-hidden=true]')) continue;
            if (box.left >= -1 && box.right <= innerWidth + 1 && box.top >= -1 && box.bottom <= innerHeight + 1) continue;
            let parent = node.parentElement, scrolls = false;
            for (; parent; parent = parent.parentElement) {
                const style = getComputedStyle(parent);
                if (/auto|scroll/.test(style.overflow + style.overflowX + style.overflowY)) scrolls = true;
            }
            if (!scrolls) out.push(node.outerHTML.slice(0, 120));
        }
        return out";
    let found = page.run(script, &[])?;
    Ok(found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect())
}

/// Goes through every view, and looks at each with `look`.
fn every_view(window: &Window, mut look: impl FnMut(&Window, &str) -> Result<()>) -> Result<()> {
    // By keys: at another size the driver's pointer would miss.
    let views =
        [("Runs", "r"), ("Prompts", "p"), ("Golden sets", "g"), ("Metrics", "m"), ("Sources", "s"), ("Settings", ",")];
    for (view, letter) in views.into_iter().chain([("Traces", "t")]) {
        window.page().press(&["g"])?;
        window.page().press(&[letter])?;
        window.wait(view, |page| page.find(&format!("nav [aria-label='{view}'][aria-current=page]")))?;
        look(window, view)?;
    }
    for (tab, number) in ["Messages", "Context", "Audit", "Request", "Takes", "Raw"].into_iter().zip(1..) {
        window.page().press(&[&number.to_string()])?;
        window.wait(tab, |page| page.find_with_text("[role=tab][aria-selected=true]", tab))?;
        look(window, tab)?;
    }
    window.page().press(&["r"])?;
    window.wait("the workbench", |page| page.find("article[aria-label^='Variant'] select"))?;
    look(window, "Replay")?;
    window.page().press(&[key::ESCAPE])?;
    for (keys, name) in [(&[key::CONTROL, "k"][..], "palette"), (&["?"], "keys")] {
        window.page().press(keys)?;
        window.wait(name, |page| page.find("[role=dialog]"))?;
        look(window, name)?;
        window.page().press(&[key::ESCAPE])?;
    }
    window.page().press(&[key::SHIFT, "P"])?;
    window.wait("the sheet", |page| page.find("[role=dialog]"))?;
    look(window, "promote")?;
    window.page().press(&[key::ESCAPE])?;
    Ok(())
}

fn sample(name: &str) -> Result<(Home, Window)> {
    let home = Home::new();
    let window = Window::open(name, &home, &[])?;
    window.wait_for_text("Find out why it said that.")?;
    window.click("main button", "Open the sample")?;
    window.wait_for_text("Find the bad answer")?;
    window.wait("the whole sample", |page| page.find(".rows[data-query='environment:production'] [role=row]"))?;
    search(&window, "tenant:larkmed has:leak quarantine")?;
    window.wait_for_text("1 of ")?;
    window.click("[role=row]", "quarantine")?;
    window.wait("messages", |page| page.find_with_text("[role=tabpanel]", "system"))?;
    Ok((home, window))
}

fn axe_finds_nothing(name: &str) -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (_home, window) = sample(&format!("axe-{name}"))?;
    load_axe(window.page())?;
    theme(window.page(), name)?;
    let mut found = BTreeMap::<String, Vec<String>>::new();
    every_view(&window, |window, place| {
        // What fades in has its colour by then.
        std::thread::sleep(std::time::Duration::from_millis(250));
        for violation in violations(window.page())? {
            found.entry(violation).or_default().push(place.to_owned());
        }
        Ok(())
    })?;
    ensure!(found.is_empty(), "{} violations: {found:#?}", found.len());
    window.finish()
}

#[test]
fn axe_finds_nothing_in_light() -> Result<()> {
    axe_finds_nothing("light")
}

#[test]
fn axe_finds_nothing_in_dark() -> Result<()> {
    axe_finds_nothing("dark")
}

#[test]
fn axe_finds_nothing_in_high_contrast() -> Result<()> {
    axe_finds_nothing("contrast")
}

#[test]
fn at_twice_the_size_nothing_is_cut_off() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (_home, window) = sample("zoom")?;
    for _ in 0..6 {
        window.page().press(&[key::CONTROL, "+"])?;
    }
    window.wait("200 %", |page| {
        let width = page.run("return innerWidth", &[])?;
        ensure!(width.as_u64().is_some_and(|width| width <= 660), "{width}");
        Ok(())
    })?;
    let mut found = Vec::new();
    every_view(&window, |window, place| {
        std::thread::sleep(std::time::Duration::from_millis(250));
        window.picture(&place.replace(' ', "-").to_lowercase());
        found.extend(cut_off(window.page())?.into_iter().map(|node| format!("{place}: {node}")));
        Ok(())
    })?;
    ensure!(found.is_empty(), "{} are cut off:\n{}", found.len(), found.join("\n"));
    window.finish()
}
