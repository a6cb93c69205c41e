//! The built `retake` in folders of its own: what the tests of the command line and of the window stand on.

pub mod queries;
pub mod traces;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Folders of one test. The user's own are never touched.
pub struct Home {
    folder: TempDir,
}

const FOLDERS: [(&str, &str); 5] = [
    ("XDG_DATA_HOME", "data"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_CACHE_HOME", "cache"),
    ("HOME", "home"),
];

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    /// Makes the folders.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for (_, name) in FOLDERS {
            std::fs::create_dir_all(folder.path().join(name)).expect("a folder can be made in it");
        }
        Self { folder }
    }

    /// A place in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The workspace that [`Home::retake`] names.
    pub fn workspace(&self) -> PathBuf {
        self.path("test.retake")
    }

    /// Writes a file and gives its path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder can be made");
        }
        std::fs::write(&path, content).expect("a file can be written");
        path
    }

    /// Points a program at the folders.
    pub fn set_up(&self, command: &mut Command) {
        for (variable, name) in FOLDERS {
            command.env(variable, self.path(name));
        }
        for variable in ["RETAKE_WORKSPACE", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "NO_COLOR", "RUST_LOG"] {
            command.env_remove(variable);
        }
        command.current_dir(self.folder.path());
    }

    /// `retake` with these arguments and nothing else: no workspace is named.
    pub fn bare(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program("retake"));
        self.set_up(&mut command);
        command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// `retake --json` on the workspace of this home.
    pub fn command(&self, args: &[&str]) -> Command {
        let workspace = self.workspace();
        let mut command = self.bare(&["--json", "--workspace"]);
        command.arg(workspace).args(args);
        command
    }

    /// Runs `retake --json` on the workspace to its end.
    pub fn retake(&self, args: &[&str]) -> Run {
        Run::of(self.command(args))
    }

    /// The same with something on standard input.
    pub fn retake_with_input(&self, args: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).spawn().expect("retake can be started");
        let mut stdin = child.stdin.take().expect("its input is piped");
        let input = input.to_vec();
        // A command that refuses early closes its input; that is its answer, not an error here.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let run = Run::end_of(child, args);
        writer.join().expect("the writer ends");
        run
    }

    /// Starts `retake --json` on the workspace and does not wait.
    pub fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().expect("retake can be started")
    }
}

/// What a run of `retake` left.
pub struct Run {
    /// Its words.
    pub args: String,
    /// Exit status; -1 when a signal ended it.
    pub exit: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Runs a command to its end.
    pub fn of(mut command: Command) -> Self {
        let args: Vec<String> = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect();
        let child = command.spawn().expect("retake can be started");
        Self::end_of(child, &args.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Waits for a started one.
    pub fn end_of(child: Child, args: &[&str]) -> Self {
        let output = child.wait_with_output().expect("retake can be waited for");
        Self {
            args: args.join(" "),
            exit: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The document, of a run that ended well.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.exit, 0, "{self}");
        self.document()
    }

    /// The document, however the run ended.
    #[track_caller]
    pub fn document(&self) -> Value {
        match serde_json::from_str(&self.stdout) {
            Ok(document) => document,
            Err(error) => panic!("no document: {error}\n{self}"),
        }
    }

    /// The error of a run that ended with this status: its code, message and hint are there, nothing panicked.
    #[track_caller]
    pub fn error(&self, exit: i32) -> Value {
        assert_eq!(self.exit, exit, "{self}");
        assert!(!self.stderr.contains("panicked"), "{self}");
        let line = self.stderr.lines().find(|line| line.starts_with('{'));
        let document: Value = line
            .and_then(|line| serde_json::from_str(line).ok())
            .or_else(|| serde_json::from_str(&self.stderr).ok())
            .unwrap_or_else(|| panic!("no error document\n{self}"));
        assert_eq!(document["schema"], "retake.error/1", "{self}");
        let error = document["error"].clone();
        let code = error["code"].as_str().unwrap_or_default();
        assert!(code.starts_with("RTK-") && code.len() == 8, "{self}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{self}");
        error
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cut = |text: &str| text.chars().take(4000).collect::<String>();
        write!(f, "retake {}: exit {}\n{}\n{}", self.args, self.exit, cut(&self.stdout), cut(&self.stderr))
    }
}

/// A built program of the workspace, beside the tests.
pub fn program(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("a test knows itself");
    let folder = tests.ancestors().find(|folder| folder.file_name().is_some_and(|name| name == "deps"));
    let folder = folder.and_then(Path::parent).unwrap_or_else(|| Path::new("."));
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(path.exists(), "{} is not built; run `cargo build -p retake-cli -p retake-testkit`", path.display());
    path
}

/// A file of the repository.
pub fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A file of the corpus beside the repository, where there is one; says so when there is none.
pub fn real(path: &str) -> Option<PathBuf> {
    let found = in_repository("../shared/real").join(path);
    if !found.exists() {
        retake_testkit::skip("corpus", "../shared/real is not beside the repository");
        return None;
    }
    Some(found)
}

/// Reads JSON of a file.
pub fn json(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let value: Value = serde_json::from_str(&text).with_context(|| path.display().to_string())?;
    if value.is_null() {
        bail!("{} is empty", path.display())
    }
    Ok(value)
}
