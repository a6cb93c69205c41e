//! The page of all components, in light and dark beside each other: axe finds nothing, also in high contrast, and there is a
//! picture for whoever changes one.

use crate::access::{load_axe, violations};
use crate::window::{self, Size, Window};
use anyhow::{Result, ensure};
use retake_tests::Home;

#[test]
fn every_component_in_every_state() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let home = Home::new();
    let window = Window::open("gallery", &home, &[])?;
    window.wait_for_text("Find out why it said that.")?;
    let page = window.page();
    page.resize(1600, 1000)?;
    window.crop(Size { width: 1600, height: 1000 });
    page.run("location.href = new URL('gallery.html', location.href).href; return true", &[])?;
    window.wait("the components", |page| page.find("[data-scheme=dark] .icons li"))?;
    window.listen()?;
    load_axe(page)?;
    for contrast in [false, true] {
        if contrast {
            window.click("header label.check", "high contrast")?;
        }
        std::thread::sleep(std::time::Duration::from_millis(300));
        let found = violations(page)?;
        ensure!(found.is_empty(), "high contrast {contrast}: {found:#?}");
        for (name, heading) in [("tokens", "Colours"), ("controls", "Buttons"), ("content", "Text of others")] {
            let script = "[...document.querySelectorAll('h2')].find((h) => h.textContent === arguments[0]).scrollIntoView(); return true";
            page.run(script, &[heading.into()])?;
            std::thread::sleep(std::time::Duration::from_millis(200));
            window.picture(&if contrast { format!("{name}-contrast") } else { name.to_owned() });
        }
    }
    window.finish()
}
