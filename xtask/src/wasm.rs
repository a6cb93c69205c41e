//! `cargo xtask wasm`: compiles the crate `charts` to WebAssembly into `ui/src/charts`, which git ignores. Where that
//! cannot be done it says so, leaves nothing there, and the page draws the same data as SVG.
//!
//! The compiler is rustup's with its target added, else that of Debian and Ubuntu, which brings the sources of the
//! standard library. What was built from just these sources is not built again.

use crate::setup;
use crate::steps::{on_path, output, sh};
use crate::tree::{Tree, files_below, hash_files};
use anyhow::{Context as _, Result, bail};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "charts";
/// What Debian and Ubuntu compile with.
const PACKAGES: &[&str] = &["rustc-web", "cargo-web", "rust-web-src", "lld-19"];
/// What is left in the folder.
const MADE: [&str; 2] = ["charts.js", "charts_bg.wasm"];

/// A way to compile for the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The toolchain that runs this, with its target.
    Toolchain,
    /// The system's compiler; the standard library is compiled too.
    System,
}

/// `cargo xtask wasm`.
pub fn run() -> Result<()> {
    let tree = Tree::open()?;
    if !build(&tree)? {
        bail!("charts could not be compiled to WebAssembly")
    }
    Ok(())
}

/// Makes the charts of the page. `false` says that they cannot be made here: the page falls back to SVG. Sources that do
/// not compile by the toolchain are an error.
pub fn build(tree: &Tree) -> Result<bool> {
    let folder = tree.root.join("ui/src/charts");
    let inputs = inputs(tree)?;
    if MADE.iter().all(|name| folder.join(name).exists()) && tree.is_fresh("wasm", inputs) {
        eprintln!("charts: built from these sources");
        return Ok(true);
    }
    // An old module would be drawn with as if it were this one.
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let made = match way() {
        Ok(Way::Toolchain) => make(tree, Way::Toolchain, &folder).map(|()| true)?,
        Ok(Way::System) => said(make(tree, Way::System, &folder)),
        Err(error) => said(Err(error)),
    };
    if made {
        for name in MADE {
            let bytes = folder.join(name).metadata().with_context(|| name.to_owned())?.len();
            eprintln!("charts: {name}, {} kB", bytes / 1000);
        }
        tree.set_fresh("wasm", inputs)?;
    }
    Ok(made)
}

fn make(tree: &Tree, way: Way, folder: &Path) -> Result<()> {
    let module = compile(tree, way)?;
    bind(tree, &module, folder)
}

/// Whether it was made; what stood in the way is said.
fn said(made: Result<()>) -> bool {
    if let Err(error) = &made {
        eprintln!("charts: {error:#}; the window draws its metrics as SVG");
    }
    made.is_ok()
}

/// Hash of the crate, of what it is compiled with, and of what binds it.
fn inputs(tree: &Tree) -> Result<u64> {
    let mut files = files_below(&tree.root.join("crates/charts/src"))?;
    files.extend(files_below(&tree.root.join("crates/charts/fonts"))?);
    let named = ["crates/charts/Cargo.toml", "Cargo.toml", "Cargo.lock", "xtask/src/bin/wasm-bind.rs"];
    files.extend(named.map(|name| tree.root.join(name)));
    let mut hasher = DefaultHasher::new();
    hash_files(&files)?.hash(&mut hasher);
    output(Command::new("rustc").arg("-vV")).hash(&mut hasher);
    Ok(hasher.finish())
}

/// The first way that is there or can be had.
fn way() -> Result<Way> {
    if has_target() {
        return Ok(Way::Toolchain);
    }
    if on_path("rustup") && sh(Command::new("rustup").args(["target", "add", TARGET])).is_ok() && has_target() {
        return Ok(Way::Toolchain);
    }
    if linker().is_some() && Path::new(SYSTEM_CARGO).exists() && Path::new(SYSTEM_RUSTC).exists() {
        return Ok(Way::System);
    }
    setup::install("charts", PACKAGES).context("no compiler for WebAssembly")?;
    Ok(Way::System)
}

const SYSTEM_CARGO: &str = "/usr/bin/cargo";
const SYSTEM_RUSTC: &str = "/usr/bin/rustc";

/// Whether the toolchain has the standard library of the target.
fn has_target() -> bool {
    output(Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]))
        .is_some_and(|folder| Path::new(&folder).is_dir())
}

/// The linker of the system's packages, under the name that its version has.
fn linker() -> Option<PathBuf> {
    let programs = std::fs::read_dir("/usr/bin").ok()?.flatten().map(|entry| entry.path());
    programs.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("wasm-ld"))).max()
}

/// Compiles the crate; returns the module. The folder is its own: two compilers do not share what they made.
fn compile(tree: &Tree, way: Way) -> Result<PathBuf> {
    let target = tree.target.join("wasm");
    let mut command = match way {
        Way::Toolchain => Command::new("cargo"),
        Way::System => {
            let mut command = Command::new(SYSTEM_CARGO);
            let linker = linker().context("there is no wasm-ld")?;
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
            // The flag below is for nightly compilers; this one has just these sources beside it.
            command.env("RUSTC", SYSTEM_RUSTC).env("RUSTC_BOOTSTRAP", "1");
            command.env_remove("RUSTUP_TOOLCHAIN").env_remove("RUSTC_WRAPPER");
            command
        }
    };
    let module = ["rustc", "--package", "retake-charts", "--lib", "--crate-type", "cdylib"];
    command.args(module).args(["--profile", PROFILE, "--target", TARGET]);
    if way == Way::System {
        command.args(["-Z", "build-std=std,panic_abort"]);
    }
    sh(command.env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS").current_dir(&tree.root))?;
    Ok(target.join(TARGET).join(PROFILE).join("retake_charts.wasm"))
}

/// Makes the JavaScript beside the module.
fn bind(tree: &Tree, module: &Path, folder: &Path) -> Result<()> {
    sh(Command::new("cargo")
        .args(["build", "--quiet", "--package", "xtask", "--features", "wasm", "--bin", "wasm-bind"])
        .current_dir(&tree.root))?;
    sh(Command::new(tree.program("wasm-bind", false)).arg(module).arg(folder))
}
