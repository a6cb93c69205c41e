//! Runs that are opened: what failed is sent again within its run, and a set takes its results as the baseline.

use crate::home;
use crate::webdriver::Session;
use crate::window::{self, Window};
use anyhow::{Result, ensure};
use retake_testkit::loopback::{Loopback, Reply};

/// The kinds of the takes that are shown, in order, with whether they count.
fn takes(page: &Session) -> Result<String> {
    let script = "return [...document.querySelectorAll('section.take')].map((take) => take.innerText.toLowerCase()).join('\\n---\\n')";
    Ok(page.run(script, &[])?.as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_call_that_failed_is_sent_again_in_its_run() -> Result<()> {
    if window::is_missing() {
        return Ok(());
    }
    let (home, calls, file) = home();
    home.retake(&["import", &file]).ok();
    let provider = Loopback::start(vec![Reply::status(400), Reply::text("It arrives on Friday.")]);
    let variant = format!("provider=openai-compatible,base-url={},retries=0", provider.base_url());
    let allowed = format!("127.0.0.1:{}", provider.port());
    let trace = calls[0].trace_id();
    home.retake(&[
        "replay",
        &trace,
        "--variant",
        &variant,
        "--allow-destination",
        &allowed,
        "--allow-unpriced",
        "--yes",
    ]);
    ensure!(provider.count() == 1, "{} requests were sent", provider.count());

    let window = Window::open("runs", &home, &[])?;
    window.click("nav [aria-label='Runs']", "")?;
    window.click("tbody .link", "")?;
    window.wait_for_text("1 failed")?;
    window.wait("the failed take", |page| page.find_with_text("section.take", "Try again as it was sent"))?;
    window.picture("failed");
    window.click("button", "Send 1 failed again")?;
    window.wait_for_text("It arrives on Friday.")?;
    window.wait("the end of the run", |page| page.find_with_text(".plan .tag", "done"))?;
    let shown = takes(window.page())?;
    ensure!(shown.contains("it failed and was sent again") && !shown.contains("try again"), "{shown}");
    ensure!(provider.count() == 2, "{} requests were sent", provider.count());
    window.picture("again");
    window.finish()
}
