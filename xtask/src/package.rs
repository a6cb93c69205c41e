//! `cargo xtask package`: the window and the command as a package of this system (`.deb`, `.dmg`, an installer of Windows).
//! What stands beside the programs is made by the command itself into `packaging/generated`; where each file goes is in
//! `src-tauri/tauri.conf.json`.

use crate::setup::{self, For};
use crate::steps::{on_path, output, sh};
use crate::tree::{Tree, files_below};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Cargo's profile of what is shipped.
const PROFILE: &str = "shipped";
/// Installed size that we aim at; what is above it is said.
const AIM_INSTALLED_BYTES: u64 = 25_000_000;
/// Shells that get completions, and what their file is called.
const SHELLS: [(&str, &str); 3] = [("bash", "retake.bash"), ("zsh", "_retake"), ("fish", "retake.fish")];
/// What [`generate`] makes, below `packaging/generated`.
#[cfg(test)]
const GENERATED: [&str; 7] = [
    "retake",
    "man1",
    "sample",
    "changelog.gz",
    "completions/retake.bash",
    "completions/_retake",
    "completions/retake.fish",
];

/// `cargo xtask package`.
pub fn run(args: &[String]) -> Result<()> {
    if let Some(arg) = args.first() {
        bail!("`cargo xtask package` takes no {arg:?}")
    }
    let tree = Tree::open()?;
    let start = Instant::now();
    setup::system_packages(For::App)?;
    setup::npm_packages(&tree)?;
    setup::build_ui(&tree)?;
    // Together, so that what both use is built once.
    let mut build = Command::new("cargo");
    build.args(["build", "--bins", "--profile", PROFILE, "-p", "retake-cli", "-p", "retake-app"]);
    sh(build.current_dir(&tree.root))?;
    let built = start.elapsed();
    let programs = tree.target.join(PROFILE);
    generate(&tree, &programs)?;
    let packages = bundle(&tree, &programs)?;
    eprintln!("\nbuilt in {:.0} s, {:.0} s in all", built.as_secs_f64(), start.elapsed().as_secs_f64());
    for package in &packages {
        state_size(package)?;
    }
    Ok(())
}

/// Makes `packaging/generated`: the command, its pages and completions, the sample, the changelog.
fn generate(tree: &Tree, programs: &Path) -> Result<()> {
    let folder = tree.root.join("packaging/generated");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    let completions = folder.join("completions");
    fs::create_dir_all(&completions)?;
    let name = format!("retake{}", std::env::consts::EXE_SUFFIX);
    let command = folder.join(&name);
    fs::copy(programs.join(&name), &command)?;

    let man = folder.join("man1");
    sh(Command::new(&command).args(["man", "--to"]).arg(&man))?;
    fs::write(man.join("retake-app.1"), window_page(&version(tree)?))?;
    for (shell, file) in SHELLS {
        let script = output(Command::new(&command).args(["completions", shell]))
            .with_context(|| format!("`retake completions {shell}` failed"))?;
        fs::write(completions.join(file), script + "\n")?;
    }
    copy_sample(&tree.root.join("fixtures/sample"), &folder.join("sample"))?;
    let date = output(Command::new("git").args(["log", "-1", "--format=%aD"]).current_dir(&tree.root));
    let news = folder.join("changelog");
    fs::write(&news, changelog(&version(tree)?, date.as_deref()))?;
    if on_path("gzip") {
        // Without name and time, so that the same sources make the same package.
        sh(Command::new("gzip").args(["--best", "--no-name", "--recursive"]).args([&man, &news]))?;
    }
    Ok(())
}

fn version(tree: &Tree) -> Result<String> {
    Ok(tree.window().context("this checkout has no src-tauri")?.version.to_string())
}

/// The sample without what made it.
fn copy_sample(from: &Path, to: &Path) -> Result<()> {
    for file in files_below(from)? {
        let inner = file.strip_prefix(from).context("a file of the sample")?;
        if inner.starts_with("make") {
            continue;
        }
        let place = to.join(inner);
        fs::create_dir_all(place.parent().context("a folder of the sample")?)?;
        fs::copy(&file, place)?;
    }
    Ok(())
}

/// Debian's form of the changelog; what changed for users is in the project's own.
fn changelog(version: &str, date: Option<&str>) -> String {
    let date = date.unwrap_or("Thu, 01 Jan 1970 00:00:00 +0000");
    format!(
        "retake ({version}) unstable; urgency=medium\n\n  * What is new stands in CHANGELOG.md of the sources.\n\n -- The Retake authors <retake@localhost>  {date}\n"
    )
}

/// The manual page of the window, which takes few options.
fn window_page(version: &str) -> String {
    format!(
        r#".TH RETAKE-APP 1 "" "retake {version}" "Retake"
.SH NAME
retake\-app \- the window of Retake: find out why an LLM feature gave a bad answer
.SH SYNOPSIS
.B retake\-app
[\fB\-\-sample\fR] [\fB\-\-workspace\fR \fIFILE\fR] [\fIFILE\fR.retake]
.SH DESCRIPTION
Opens a workspace: the named one, else that of \fBRETAKE_WORKSPACE\fR, else the one in the platform's data folder, which is made when
it is not there.
.SH OPTIONS
.TP
\fB\-\-sample\fR
Begin with the sample incident, in a workspace of its own unless one is named.
.TP
\fB\-\-workspace\fR \fIFILE\fR
The workspace file.
.SH SEE ALSO
\fBretake\fR(1)
"#
    )
}

/// Runs Tauri's bundler over what was built; gives the packages.
fn bundle(tree: &Tree, programs: &Path) -> Result<Vec<PathBuf>> {
    // The bundler looks for the program in a folder `release`; that of other builds stays as it is.
    let target = tree.target.join("bundle");
    let release = target.join("release");
    let _gone = fs::remove_dir_all(&release);
    fs::create_dir_all(&release)?;
    let name = format!("retake-app{}", std::env::consts::EXE_SUFFIX);
    fs::copy(programs.join(&name), release.join(&name))?;
    let form = match std::env::consts::OS {
        "macos" => "dmg",
        "windows" => "nsis",
        _ => "deb",
    };
    let script = tree.root.join("ui/node_modules/@tauri-apps/cli/tauri.js");
    let mut command = Command::new("node");
    command.arg(script).args(["bundle", "--ci", "--bundles", form]);
    if cfg!(windows) {
        command.args(["--config", "../packaging/windows/tauri.conf.json"]);
    }
    sh(command.current_dir(tree.root.join("src-tauri")).env("CARGO_TARGET_DIR", &target))?;
    let ending = if form == "nsis" { "exe" } else { form };
    let made: Vec<PathBuf> = fs::read_dir(release.join("bundle").join(form))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|own| own == ending))
        .collect();
    if made.is_empty() {
        bail!("the bundler made no {form} in {}", release.display())
    }
    Ok(made)
}

/// Prints what a package weighs, packed and installed.
fn state_size(package: &Path) -> Result<()> {
    let packed = fs::metadata(package)?.len();
    println!("{}", package.display());
    println!("  {:.1} MB packed", mb(packed));
    // A `.deb` says in KiB what it takes.
    let installed = output(Command::new("dpkg-deb").arg("--field").arg(package).arg("Installed-Size"));
    let Some(kib) = installed.and_then(|text| text.parse::<u64>().ok()) else { return Ok(()) };
    let installed = kib << 10;
    let above = if installed > AIM_INSTALLED_BYTES {
        format!(", above the aim of {:.0} MB", mb(AIM_INSTALLED_BYTES))
    } else {
        String::new()
    };
    println!("  {:.1} MB installed{above}", mb(installed));
    Ok(())
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn read(path: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        fs::read_to_string(&path).unwrap_or_else(|why| panic!("{why}: {}", path.display()))
    }

    fn config() -> Value {
        serde_json::from_str(&read("src-tauri/tauri.conf.json")).expect("JSON")
    }

    /// Every path within a value that leads out of `src-tauri`.
    fn paths<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::String(text) if text.starts_with("../") => found.push(text),
            Value::Array(list) => list.iter().for_each(|item| paths(item, found)),
            Value::Object(map) => map.values().for_each(|item| paths(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_file_of_the_package_is_there_or_is_made() {
        let config = config();
        let windows: Value = serde_json::from_str(&read("packaging/windows/tauri.conf.json")).expect("JSON");
        let mut named = Vec::new();
        paths(&config["bundle"], &mut named);
        assert!(named.len() > 15, "{named:?}");
        let resources = windows["bundle"]["resources"].as_object().expect("resources");
        named.extend(resources.keys().map(String::as_str));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src-tauri");
        for path in named {
            match path.strip_prefix("../packaging/generated/") {
                Some(made) => assert!(GENERATED.contains(&made.trim_end_matches(".exe")), "{path} is not made"),
                None => assert!(folder.join(path).exists(), "{path} is not there"),
            }
        }
    }

    #[test]
    fn the_menu_entry_opens_workspaces_and_links() {
        let entry = read("packaging/linux/retake.desktop.hbs");
        let mut lines = entry.lines();
        assert_eq!(lines.next(), Some("[Desktop Entry]"));
        let keys: Vec<(&str, &str)> =
            lines.filter(|line| !line.starts_with("{{")).map(|line| line.split_once('=').expect("key=value")).collect();
        let value = |key: &str| keys.iter().find(|(own, _)| *own == key).map(|(_, value)| *value);
        assert_eq!(value("Type"), Some("Application"));
        assert_eq!(value("Exec"), Some("{{exec}} %u"));
        assert_eq!(value("Icon"), Some("{{icon}}"));
        let types: Vec<&str> = value("MimeType").expect("types").split_terminator(';').collect();
        let config = config();
        let own = &config["bundle"]["fileAssociations"][0];
        let scheme = &config["plugins"]["deep-link"]["desktop"]["schemes"][0];
        let expected = [
            own["mimeType"].as_str().expect("a type").to_owned(),
            format!("x-scheme-handler/{}", scheme.as_str().expect("a scheme")),
        ];
        assert_eq!(types, expected);
        assert!(read("packaging/linux/retake.mime.xml").contains(&format!("mime-type type={}", own["mimeType"])));
    }

    #[test]
    fn the_type_of_a_workspace_is_told_by_its_application_id() {
        let text = read("packaging/linux/retake.mime.xml");
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut matches = Vec::new();
        let mut open = 0;
        loop {
            use quick_xml::events::Event;
            let element = match reader.read_event().expect("well-formed") {
                Event::Start(element) => {
                    open += 1;
                    element
                }
                Event::Empty(element) => element,
                Event::End(_) => {
                    open -= 1;
                    continue;
                }
                Event::Eof => break,
                _ => continue,
            };
            if element.name().as_ref() == "match" {
                let value = |name: &str| {
                    let found = element.try_get_attribute(name).expect("attributes").expect("the attribute");
                    found.value.into_owned()
                };
                matches.push((value("offset"), value("value")));
            }
        }
        assert_eq!(open, 0);
        let (offset, id) = matches.last().expect("a match");
        let number = id.bytes().fold(0u32, |number, byte| (number << 8) | u32::from(byte));
        let digits = format!("{number:08X}");
        let (high, low) = digits.split_at(4);
        assert_eq!(offset, "68", "where SQLite keeps the application's id");
        assert!(read("crates/store/src/workspace.rs").contains(&format!("APPLICATION_ID: i32 = 0x{high}_{low};")));
    }

    #[test]
    fn debian_reads_the_changelog() {
        let text = changelog("1.2.3", Some("Tue, 01 Dec 2026 02:15:02 +0000"));
        assert!(text.starts_with("retake (1.2.3) unstable; urgency=medium\n\n  * "));
        assert!(text.ends_with("\n\n -- The Retake authors <retake@localhost>  Tue, 01 Dec 2026 02:15:02 +0000\n"));
        assert!(window_page("1.2.3").starts_with(".TH RETAKE-APP 1"));
    }
}
