//! Installs what is missing and says what: system packages (Debian and Ubuntu, by apt-get), npm packages of the window,
//! the test runner. Everything installed stays usable offline.

use crate::steps::{on_path, output, sh};
use crate::tree::{Tree, files_below, hash_files};
use crate::wasm;
use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packages without which the window does not build.
const BUILD_PACKAGES: &[&str] = &[
    "build-essential",
    "pkg-config",
    "libwebkit2gtk-4.1-dev",
    "libgtk-3-dev",
    "librsvg2-dev",
    "libayatana-appindicator3-dev",
    "libxdo-dev",
    "libssl-dev",
    "libdbus-1-dev",
];

/// Packages without which the window cannot be tested: a screen, a driver, a session bus with a keyring.
const TEST_PACKAGES: &[&str] = &[
    "webkit2gtk-driver",
    "xvfb",
    "dbus",
    "dbus-x11",
    "gnome-keyring",
    "libgl1-mesa-dri",
    "imagemagick",
    "x11-utils",
    "xdotool",
    "fonts-dejavu-core",
];

/// What is to be made ready.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// Building and opening the window.
    App,
    /// All tests.
    Tests,
}

/// `cargo xtask setup`.
pub fn run() -> Result<()> {
    let tree = Tree::open()?;
    system_packages(For::Tests)?;
    npm_packages(&tree)?;
    let runner = test_runner(&tree);
    eprintln!("test runner: {}", runner.map_or_else(|| "cargo test".to_owned(), |path| path.display().to_string()));
    Ok(())
}

/// Installs the system packages that are missing. On other systems, and without the right to install, names them.
pub fn system_packages(purpose: For) -> Result<()> {
    if !cfg!(target_os = "linux") {
        eprintln!("system packages: the system's own web view is used, nothing to install");
        return Ok(());
    }
    let mut wanted = BUILD_PACKAGES.to_vec();
    if purpose == For::Tests {
        wanted.extend(TEST_PACKAGES);
    }
    if !on_path("dpkg-query") {
        eprintln!("system packages: this is no Debian or Ubuntu, so install what corresponds to: {}", wanted.join(" "));
        return Ok(());
    }
    install("system packages", &wanted)
}

/// Installs those of the packages that are missing, by apt-get; `what` begins the lines that say so.
pub fn install(what: &str, wanted: &[&str]) -> Result<()> {
    if !on_path("dpkg-query") {
        bail!("this is no Debian or Ubuntu, whose packages are {}", wanted.join(" "))
    }
    let missing: Vec<&str> = wanted.iter().copied().filter(|name| !is_installed(name)).collect();
    if missing.is_empty() {
        eprintln!("{what}: all there");
        return Ok(());
    }
    let Some(prefix) = privilege() else {
        bail!("packages are missing; run: sudo apt-get install --no-install-recommends {}", missing.join(" "))
    };
    eprintln!("{what}: installing {}", missing.join(" "));
    let apt = |args: &[&str]| {
        let mut words = prefix.to_vec();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300"]);
        words.extend(args);
        sh(Command::new(words[0]).args(&words[1..]))
    };
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(&missing);
    // A list of packages that is there already may do; a fresh machine has none.
    if apt(&["update"]).is_err() {
        eprintln!("{what}: the list could not be renewed, trying with the old one");
    }
    apt(&install).context("packages could not be installed")
}

fn is_installed(package: &str) -> bool {
    output(Command::new("dpkg-query").args(["-W", "-f=${db:Status-Status}", package]))
        .is_some_and(|state| state == "installed")
}

/// How to become root: not at all, by sudo without a question, or `None`.
fn privilege() -> Option<&'static [&'static str]> {
    if output(Command::new("id").arg("-u")).as_deref() == Some("0") {
        return Some(&[]);
    }
    (on_path("sudo") && output(Command::new("sudo").args(["-n", "true"])).is_some()).then_some(&["sudo", "-n"])
}

/// Installs the npm packages of the window from its lock file, unless just these are there.
pub fn npm_packages(tree: &Tree) -> Result<()> {
    if !tree.has_ui() {
        return Ok(());
    }
    if !on_path("npm") {
        bail!("npm is not on the path: install Node.js 20.19 or newer")
    }
    let ui = tree.root.join("ui");
    let lock = hash_files(&[ui.join("package-lock.json"), ui.join("package.json")])?;
    if ui.join("node_modules").exists() && tree.is_fresh("npm", lock) {
        eprintln!("npm packages: all there");
        return Ok(());
    }
    eprintln!("npm packages: installing by package-lock.json");
    sh(npm(&ui).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    tree.set_fresh("npm", lock)
}

/// Builds the user interface into `ui/dist`, with its charts where they can be compiled, unless it is built from just
/// these sources.
pub fn build_ui(tree: &Tree) -> Result<()> {
    if !tree.has_ui() {
        return Ok(());
    }
    // Without its charts the page draws as SVG: no reason to show no window.
    if let Err(error) = wasm::build(tree) {
        eprintln!("charts: {error:#}; the window draws its metrics as SVG");
    }
    let ui = tree.root.join("ui");
    let sources = ui_hash(tree)?;
    if ui.join("dist/index.html").exists() && tree.is_fresh("ui-build", sources) {
        eprintln!("user interface: built from these sources");
        return Ok(());
    }
    sh(npm(&ui).args(["run", "--silent", "build"]))?;
    tree.set_fresh("ui-build", sources)
}

/// Hash of what the user interface is made of.
pub fn ui_hash(tree: &Tree) -> Result<u64> {
    hash_files(&files_below(&tree.root.join("ui"))?)
}

/// npm in the folder of the user interface.
pub fn npm(ui: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(ui);
    command
}

/// The nextest runner: from the path, or from the target folder, where it is installed when it is missing.
/// `None` when it cannot be had; `cargo test` does then.
pub fn test_runner(tree: &Tree) -> Option<PathBuf> {
    if on_path("cargo-nextest") {
        return Some("cargo-nextest".into());
    }
    let tools = tree.target.join("tools");
    let runner = tools.join("bin").join(format!("cargo-nextest{}", std::env::consts::EXE_SUFFIX));
    if !runner.exists() {
        eprintln!("test runner: installing cargo-nextest into {} (some minutes, once)", tools.display());
        let install = sh(Command::new("cargo")
            .args(["install", "--quiet", "--locked", "cargo-nextest", "--root"])
            .arg(&tools)
            .current_dir(&tree.root));
        if let Err(error) = install {
            eprintln!("test runner: {error:#}; going on with `cargo test`");
            return None;
        }
    }
    Some(runner)
}
