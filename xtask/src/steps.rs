//! Steps of a command: each is announced, timed and listed at the end; a failed one does not hide what the next would say.

use anyhow::{Context as _, Result, bail};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What became of a step.
enum Outcome {
    Passed,
    Skipped(String),
    Failed(String),
}

/// The steps of one command.
#[derive(Default)]
pub struct Steps {
    done: Vec<(String, Duration, Outcome)>,
}

impl Steps {
    /// Runs a step; its failure is kept for [`Steps::finish`].
    pub fn step(&mut self, name: &str, work: impl FnOnce() -> Result<()>) -> bool {
        eprintln!("\n── {name}");
        let start = Instant::now();
        let outcome = match work() {
            Ok(()) => Outcome::Passed,
            Err(error) => {
                eprintln!("xtask: {name}: {error:#}");
                Outcome::Failed(format!("{error:#}"))
            }
        };
        let passed = matches!(outcome, Outcome::Passed);
        self.done.push((name.to_owned(), start.elapsed(), outcome));
        passed
    }

    /// Records that a step is left out, and why.
    pub fn skip(&mut self, name: &str, why: impl Into<String>) {
        let why = why.into();
        eprintln!("\n── {name}: skipped, {why}");
        self.done.push((name.to_owned(), Duration::ZERO, Outcome::Skipped(why)));
    }

    /// A step that is left out, unless `RETAKE_REQUIRE` names it: then leaving it out is a failure.
    pub fn skip_unless_required(&mut self, name: &str, why: &str) {
        if required(name) {
            eprintln!("\n── {name}: {why}");
            self.done.push((
                name.to_owned(),
                Duration::ZERO,
                Outcome::Failed(format!("{why}, and RETAKE_REQUIRE names it")),
            ));
        } else {
            self.skip(name, why);
        }
    }

    /// Prints the times; an error names the steps that failed.
    pub fn finish(self) -> Result<()> {
        eprintln!();
        let mut failed = Vec::new();
        let mut total = Duration::ZERO;
        for (name, time, outcome) in &self.done {
            total += *time;
            let word = match outcome {
                Outcome::Passed => "ok".to_owned(),
                Outcome::Skipped(why) => format!("skipped: {why}"),
                Outcome::Failed(why) => {
                    failed.push(name.as_str());
                    format!("FAILED: {}", why.lines().next().unwrap_or_default())
                }
            };
            eprintln!("{:>8.1} s  {name:<18} {word}", time.as_secs_f64());
        }
        eprintln!("{:>8.1} s  in all", total.as_secs_f64());
        if failed.is_empty() {
            return Ok(());
        }
        bail!("failed: {}", failed.join(", "))
    }
}

/// Whether `RETAKE_REQUIRE`, a comma-separated list, holds the name.
pub fn required(name: &str) -> bool {
    std::env::var("RETAKE_REQUIRE").is_ok_and(|list| list.split(',').any(|word| word.trim() == name))
}

/// Runs a program to its end with our input and output; its exit status other than 0 is an error.
pub fn sh(command: &mut Command) -> Result<()> {
    let words = words(command);
    eprintln!("   $ {words}");
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot start `{words}`"))?;
    if !status.success() {
        bail!("`{words}` ended with {status}")
    }
    Ok(())
}

/// What a program prints, if it can be run and exits 0.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Whether a program of this name is on the path.
pub fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path)
            .any(|folder| folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)).is_file())
    })
}

fn words(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy().into_owned()));
    let mut line = words.join(" ");
    if line.len() > 200 {
        let end = (0..=200).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
        line.truncate(end);
        line.push('…');
    }
    line
}
