//! A program run to its end: time, CPU time, and the most memory that it had, read from /proc while it runs.

use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

pub struct Cost {
    pub elapsed_s: f64,
    /// User and system time of all threads.
    pub cpu_s: f64,
    /// `VmHWM`.
    pub peak_mib: f64,
    pub stdout: String,
    /// CPU seconds by thread name, most first.
    pub threads: Vec<(String, f64)>,
}

/// The release build of `retake`, beside this program.
pub fn retake() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.ancestors().find(|folder| folder.ends_with("deps")).and_then(|deps| deps.parent());
    let path = folder.context("this program is in no target folder")?.join("retake");
    if !path.exists() {
        bail!("{} is not built; run `cargo xtask bench`", path.display())
    }
    Ok(path)
}

/// Runs it; an exit status other than 0 is an error with what it said.
pub fn measure(command: &mut Command) -> Result<Cost> {
    measure_until(command, &[0])
}

/// Runs it; an exit status other than these is an error with what it said.
pub fn measure_until(command: &mut Command, expected: &[i32]) -> Result<Cost> {
    let start = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let reader = child.stdout.take().map(|out| std::thread::spawn(move || std::io::read_to_string(out)));
    let errors = child.stderr.take().map(|out| std::thread::spawn(move || std::io::read_to_string(out)));
    let (mut cpu_s, mut peak_mib) = (0.0, 0.0);
    let mut threads = BTreeMap::new();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        // What a process has used is gone with it, so the last look counts.
        if let Some((cpu, peak)) = look(child.id()) {
            (cpu_s, peak_mib) = (cpu, peak);
        }
        look_at_threads(child.id(), &mut threads);
        sleep(Duration::from_millis(5));
    };
    let elapsed_s = start.elapsed().as_secs_f64();
    let text = |thread: Option<std::thread::JoinHandle<std::io::Result<String>>>| {
        thread.and_then(|thread| thread.join().ok()).and_then(Result::ok).unwrap_or_default()
    };
    let (stdout, stderr) = (text(reader), text(errors));
    if !status.code().is_some_and(|code| expected.contains(&code)) {
        bail!("{command:?} ended with {status}: {}{}", stderr, stdout.chars().take(2000).collect::<String>())
    }
    let mut by_name: BTreeMap<String, f64> = BTreeMap::new();
    for (name, cpu) in threads.into_values() {
        *by_name.entry(name).or_default() += cpu;
    }
    let mut threads: Vec<(String, f64)> = by_name.into_iter().filter(|(_, cpu)| *cpu >= 0.02).collect();
    threads.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(Cost { elapsed_s, cpu_s, peak_mib, stdout, threads })
}

fn look(pid: u32) -> Option<(f64, f64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = kib.trim().trim_end_matches("kB").trim().parse().ok()?;
    let (_, cpu) = named_cpu(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?;
    Some((cpu, kib / 1024.0))
}

/// Name and CPU seconds in a `stat` file.
fn named_cpu(stat: &str) -> Option<(String, f64)> {
    // The name in parentheses may hold spaces; user and system time are the 12th and 13th field after it, in ticks of 10 ms.
    let (head, rest) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    Some((head.split_once('(')?.1.to_owned(), ticks / 100.0))
}

fn look_at_threads(pid: u32, threads: &mut BTreeMap<String, (String, f64)>) {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{pid}/task")) else { return };
    for task in tasks.flatten() {
        if let Some(named) = std::fs::read_to_string(task.path().join("stat")).ok().and_then(|stat| named_cpu(&stat)) {
            threads.insert(task.file_name().to_string_lossy().into_owned(), named);
        }
    }
}

/// Seconds that this thread has run on a core: what it waits for others on a busy machine is not in it.
pub fn cpu_now() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).map_or(f64::NAN, |ns| ns / 1e9)
}

/// Seconds that all threads of this process have run, those that ended included.
pub fn process_cpu_now() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    named_cpu(&text).map_or(f64::NAN, |(_, cpu)| cpu)
}
