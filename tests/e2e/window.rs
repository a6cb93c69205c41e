//! The built window in folders of its own, with a driver of its own; what the page complained about fails the test.

use crate::webdriver::{self, Session};
use anyhow::{Context as _, Result, bail};
use retake_tests::Home;
use serde_json::json;
use std::cell::Cell;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long a page may take to show what it is waited for: a busy machine is no failure.
const PATIENCE: Duration = Duration::from_secs(60);

/// The built window, which `cargo xtask e2e` names.
pub fn app() -> Result<PathBuf> {
    std::env::var_os("RETAKE_APP").map(PathBuf::from).context("RETAKE_APP names no window; run `cargo xtask e2e`")
}

/// Whether there is no window to test; says so, and fails where `RETAKE_REQUIRE` asks for it.
pub fn is_missing() -> bool {
    let missing = app().is_err() || std::env::var_os("DISPLAY").is_none();
    if missing {
        retake_testkit::skip("e2e", "RETAKE_APP or DISPLAY is not set; run `cargo xtask e2e`");
    }
    missing
}

/// Width and height in pixels.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

/// A window that is open.
pub struct Window {
    name: String,
    session: Session,
    checked: bool,
    /// What a picture shows of the screen.
    crop: Cell<Size>,
    _driver: Driver,
}

impl Window {
    /// Opens it on the workspace of the home. `env` reaches the window; `RETAKE_E2E_PICK` answers its file picker.
    pub fn open(name: &str, home: &Home, env: &[(&str, &str)]) -> Result<Self> {
        Self::open_with(name, home, env, &[])
    }

    /// The same with further arguments.
    pub fn open_with(name: &str, home: &Home, env: &[(&str, &str)], args: &[String]) -> Result<Self> {
        Self::open_on(name, home, &home.workspace(), env, args)
    }

    /// The same on another workspace.
    pub fn open_on(name: &str, home: &Home, workspace: &Path, env: &[(&str, &str)], args: &[String]) -> Result<Self> {
        // A driver that asks the page while it is being replaced by the first real one waits for ever: begin again then.
        for attempt in 1..3 {
            match Self::try_open(name, home, workspace, env, args) {
                Ok(window) => return Ok(window),
                Err(error) => eprintln!("attempt {attempt} to open the window: {error:#}"),
            }
        }
        Self::try_open(name, home, workspace, env, args)
    }

    fn try_open(name: &str, home: &Home, workspace: &Path, env: &[(&str, &str)], further: &[String]) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new("WebKitWebDriver");
        command.arg(format!("--port={port}")).args(["--host=127.0.0.1"]);
        home.set_up(&mut command);
        command
            .env("TAURI_AUTOMATION", "true")
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env("GDK_BACKEND", "x11")
            .envs(env.iter().copied());
        let child = command.stdin(Stdio::null()).spawn().context("cannot start WebKitWebDriver")?;
        let driver = Driver(child);
        until("the driver answers", || Ok(webdriver::is_ready(port).then_some(())))?;
        let own = ["--workspace".to_owned(), workspace.display().to_string()];
        let args = [&own, further].concat();
        let session = Session::start(port, &app()?.display().to_string(), &args)?;
        until("the page is there", || Ok(session.address()?.contains("localhost").then_some(())))?;
        session.run(LISTEN, &[])?;
        let crop = Cell::new(Size { width: 1280, height: 800 });
        Ok(Self { name: name.to_owned(), _driver: driver, session, checked: false, crop })
    }

    /// Hears what the page complains about, after another one was loaded.
    pub fn listen(&self) -> Result<()> {
        self.session.run(LISTEN, &[]).map(drop)
    }

    /// Pictures show this much of the screen, from its corner.
    pub fn crop(&self, size: Size) {
        self.crop.set(size);
    }

    /// The page.
    pub fn page(&self) -> &Session {
        &self.session
    }

    /// Waits until the page gives something; what it complained about meanwhile is in the error.
    pub fn wait<T>(&self, what: &str, look: impl Fn(&Session) -> Result<T>) -> Result<T> {
        let found = until(what, || Ok(look(&self.session).ok()));
        if found.is_err() {
            let last = look(&self.session).err().map(|error| format!("{error:#}")).unwrap_or_default();
            self.picture("failed");
            return found.with_context(|| last);
        }
        found
    }

    /// Waits until the whole page shows the words.
    pub fn wait_for_text(&self, words: &str) -> Result<()> {
        self.wait(&format!("{words:?} is shown"), |page| {
            let shown = page.run("return document.body.innerText.includes(arguments[0])", &[json!(words)])?;
            if shown == true { Ok(()) } else { bail!("not yet") }
        })
    }

    /// Clicks the first visible element of the selector that says the words, when it is there.
    pub fn click(&self, css: &str, words: &str) -> Result<()> {
        let target = self.wait(&format!("a {css:?} that says {words:?}"), |page| page.find_with_text(css, words))?;
        self.session.click(&target)
    }

    /// Leaves a picture of the screen in the folder of screenshots.
    pub fn picture(&self, moment: &str) {
        let Some(folder) = std::env::var_os("RETAKE_SCREENSHOTS").map(PathBuf::from) else { return };
        // The driver's own picture waits for a frame that an idle page does not draw.
        let path = folder.join(format!("{}-{moment}.png", self.name));
        let Size { width, height } = self.crop.get();
        let crop = format!("{width}x{height}+0+0");
        let taken = std::fs::create_dir_all(&folder).and_then(|()| {
            Command::new("import")
                .args(["-window", "root", "-crop", &crop, "+repage"])
                .arg(&path)
                .stdin(Stdio::null())
                .status()
        });
        match taken {
            Ok(status) if status.success() => {}
            other => eprintln!("no picture {}: {other:?}", path.display()),
        }
    }

    /// Fails if the page broke the content policy, fell back to a slower bridge or threw.
    pub fn finish(mut self) -> Result<()> {
        self.checked = true;
        let complaints = self.session.run("return window.__complaints()", &[])?;
        self.picture("end");
        self.session.end()?;
        if complaints.as_array().is_some_and(Vec::is_empty) {
            return Ok(());
        }
        bail!("the page complained: {complaints:#}")
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if !self.checked {
            self.picture("failed");
            let _ = self.session.end();
        }
    }
}

/// The driver's process, which ends with the test. The window ends with it, whatever became of the session: one that is left
/// on the screen would take the next test's drop.
struct Driver(Child);

impl Drop for Driver {
    fn drop(&mut self) {
        let below = descendants(self.0.id());
        let _ = self.0.kill();
        let _ = self.0.wait();
        for pid in below {
            let _ = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
        }
    }
}

/// A process and all below it.
pub fn descendants(root: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { continue };
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)).and_then(|n| n.parse().ok());
        parents.extend(parent.map(|parent: u32| (pid, parent)));
    }
    let mut below = vec![root];
    let mut at = 0;
    while at < below.len() {
        let of = below[at];
        below.extend(parents.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid));
        at += 1;
    }
    below
}

/// Collects what goes wrong in the page: policy violations, buffered ones too, the bridge's fallback, errors.
const LISTEN: &str = "
    const complaints = [];
    const add = (kind, text) => complaints.push(kind + ': ' + text);
    document.addEventListener('securitypolicyviolation', (e) => add('policy', e.violatedDirective + ' ' + e.blockedURI));
    if ('ReportingObserver' in window) {
        new ReportingObserver((reports) => reports.forEach((r) => add('policy', JSON.stringify(r.body ?? r))),
            { types: ['csp-violation'], buffered: true }).observe();
    }
    for (const level of ['warn', 'error']) {
        const original = console[level];
        console[level] = (...words) => { add('console.' + level, words.map(String).join(' ')); original.apply(console, words); };
    }
    window.addEventListener('error', (e) => add('error', e.message));
    window.addEventListener('unhandledrejection', (e) => add('rejection', String(e.reason)));
    window.__complaints = () => [...new Set([...complaints, ...(window.__RETAKE_E2E__?.complaints ?? [])])];
";

/// Looks until there is something, with a short rest between looks.
fn until<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if start.elapsed() > PATIENCE {
            bail!("waited {} s until {what}", PATIENCE.as_secs())
        }
        sleep(Duration::from_millis(100));
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
