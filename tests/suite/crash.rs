//! Two processes at once, and processes that are killed.

use crate::replaying::home_with;
use retake_testkit::corpus::{Corpus, write};
use retake_tests::traces::{Call, lines};
use retake_tests::{Home, Run};
use std::process::Stdio;
use std::time::{Duration, Instant};

fn corpus(home: &Home, spans: u64, seed: u64) -> std::path::PathBuf {
    let mut bytes = Vec::new();
    write(Corpus::Support { spans }, seed, &mut bytes).unwrap();
    home.file(&format!("corpus-{seed}.jsonl"), bytes)
}

fn canonical(home: &Home) -> String {
    let run = home.retake(&["export", "--query", "", "--format", "canonical", "-o", "out.jsonl"]);
    run.ok();
    std::fs::read_to_string(home.path("out.jsonl")).unwrap()
}

#[test]
fn two_imports_at_once_both_arrive() {
    let home = Home::new();
    let (a, b) = (corpus(&home, 600, 1), corpus(&home, 600, 2));
    let first = home.start(&["import", a.to_str().unwrap()]);
    let second = home.start(&["import", b.to_str().unwrap()]);
    let (first, second) = (Run::end_of(first, &["import a"]), Run::end_of(second, &["import b"]));
    assert_eq!(
        (first.ok()["totals"]["spans"].clone(), second.ok()["totals"]["spans"].clone()),
        (600.into(), 600.into())
    );
    assert_eq!(home.retake(&["search", "", "--of", "spans", "--limit", "1"]).ok()["total"], 1200);
    let doctor = home.retake(&["doctor"]).ok();
    assert!(
        doctor["checks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|check| check["ok"] != false || check["id"].to_string().contains("key")),
        "{doctor:#}"
    );
}

#[test]
fn a_reader_is_not_in_the_way_of_an_import() {
    let home = Home::new();
    let small = home.file("a.jsonl", lines(&[Call::new(1, "first", "yes")]));
    home.retake(&["import", small.to_str().unwrap()]).ok();
    let import = home.start(&["import", corpus(&home, 1500, 3).to_str().unwrap()]);
    for _ in 0..5 {
        assert_eq!(home.retake(&["search", "first"]).ok()["total"], 1);
    }
    Run::end_of(import, &["import"]).ok();
}

/// Kills of a run: 100, or what `RETAKE_KILLS` says.
fn kills() -> u64 {
    std::env::var("RETAKE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(100)
}

/// Starts a command and kills it after so long. False when it had ended by itself.
fn kill_after(home: &Home, args: &[&str], wait: Duration) -> bool {
    let mut child = home.start(args);
    std::thread::sleep(wait);
    let ended = child.try_wait().unwrap().is_some();
    child.kill().unwrap();
    child.wait().unwrap();
    !ended
}

/// Seeded, so that a failure is a failure again: `at` of `of` steps through `whole`, in an order that jumps.
fn point(at: u64, of: u64, whole: Duration) -> Duration {
    let step = (at * 37 + 11) % of;
    whole.mul_f64(step as f64 / of as f64)
}

#[test]
fn imports_killed_anywhere_leave_what_can_be_completed() {
    let kills = kills();
    let whole = Home::new();
    let path = corpus(&whole, kills * 4, 4);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let began = Instant::now();
    whole.retake(&["import", path.to_str().unwrap()]).ok();
    let mut large = began.elapsed();
    let expected = canonical(&whole);

    let home = Home::new();
    let parts: Vec<std::path::PathBuf> = lines
        .chunks(lines.len().div_ceil(kills as usize))
        .enumerate()
        .map(|(n, part)| home.file(&format!("parts/{n:04}.jsonl"), part.join("\n") + "\n"))
        .collect();
    // Most kills fall into a small import, every fifth into one of the whole file.
    let mut small = {
        let first = Home::new();
        let began = Instant::now();
        first.retake(&["import", parts[0].to_str().unwrap()]).ok();
        began.elapsed()
    };
    let (mut killed, mut tries) = (0, 0);
    while killed < kills {
        // How long an import takes is not asserted on: one that ended before it was killed makes the next waits shorter.
        let part = &parts[killed as usize % parts.len()];
        let (path, time) = if killed.is_multiple_of(5) { (&path, &mut large) } else { (part, &mut small) };
        if kill_after(&home, &["import", path.to_str().unwrap()], point(killed, kills, *time)) {
            killed += 1;
        } else {
            *time = time.mul_f64(0.8);
        }
        tries += 1;
        assert!(tries < kills * 10, "{killed} of {tries} imports were still running when they were killed");
        if tries % 10 == 0 && home.workspace().exists() {
            let found = home.retake(&["search", "", "--of", "spans", "--limit", "1"]).ok();
            assert!(found["total"].as_u64().unwrap() <= kills * 4, "nothing is doubled: {found:#}");
        }
    }
    home.retake(&["import", home.path("parts").to_str().unwrap()]).ok();
    assert!(canonical(&home) == expected, "a killed import left something, or lost something");
    let doctor = home.retake(&["doctor"]);
    assert_eq!(doctor.exit, 0, "{doctor}");
}

#[test]
fn a_workspace_killed_while_it_is_made_is_made_by_the_next_start() {
    let first = Home::new();
    let path = first.file("a.jsonl", lines(&[Call::new(1, "first", "yes")]));
    let began = Instant::now();
    first.retake(&["import", path.to_str().unwrap()]).ok();
    let whole = began.elapsed();
    let kills = kills() / 2;
    for at in 0..kills {
        let home = Home::new();
        kill_after(&home, &["import", path.to_str().unwrap()], point(at, kills, whole));
        home.retake(&["import", path.to_str().unwrap()]).ok();
        assert_eq!(home.retake(&["search", "first"]).ok()["total"], 1);
        let files: Vec<_> = std::fs::read_dir(home.path("")).unwrap().flatten().map(|file| file.file_name()).collect();
        let drafts = files.iter().filter(|name| name.to_string_lossy().contains(".new-")).count();
        assert!(drafts <= 1, "drafts are swept: {files:?}");
    }
}

/// Runs a command of which no file may grow beyond so many blocks of 512 bytes.
fn with_room_for(home: &Home, blocks: u64, args: &[&str]) -> Run {
    let command = home.command(args);
    let words: Vec<String> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    // Without the signal, a write above the limit fails as one on a full disk does.
    let mut shell = std::process::Command::new("sh");
    home.set_up(&mut shell);
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec {}", words.join(" "))]);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Run::of(shell)
}

#[test]
fn a_full_disk_can_be_read() {
    let (home, calls) = home_with(1);
    for args in [
        &["runs", "list"][..],
        &["search", "parcel*"],
        &["show", &calls[0].trace_id()],
        &["show", &calls[0].trace_id(), "--as", "messages"],
        &["findings"],
        &["metrics"],
        &["batches", "list"],
        &["policy", "show"],
    ] {
        let read = with_room_for(&home, 0, args).ok();
        assert_eq!(read, home.retake(args).ok(), "{args:?}");
    }
    let policy = home.file("policy.yaml", "tenants: [north]\n");
    let set = with_room_for(&home, 0, &["policy", "set", policy.to_str().unwrap()]);
    assert_eq!(set.error(6)["code"], "RTK-S006", "{set}");
}

#[test]
fn a_full_disk_leaves_nothing_half_written() {
    let home = Home::new();
    let small = home.file("a.jsonl", lines(&[Call::new(1, "first", "yes")]));
    home.retake(&["import", small.to_str().unwrap()]).ok();
    let before = canonical(&home);
    let large = corpus(&home, 2000, 5);
    // A limit on the size of any file stands for the disk that is full. The log is a file too and may be cut.
    let limit = std::fs::metadata(home.workspace()).unwrap().len() / 512 + 256;
    let run = with_room_for(&home, limit, &["import", large.to_str().unwrap()]);
    assert_eq!(run.error(6)["code"], "RTK-S006", "{run}");
    let found = home.retake(&["search", "first"]).ok();
    assert_eq!(found["total"], 1, "{found:#}");
    home.retake(&["import", large.to_str().unwrap()]).ok();
    let whole = Home::new();
    let both = [whole.file("a.jsonl", std::fs::read(&small).unwrap()), corpus(&whole, 2000, 5)];
    whole.retake(&["import", both[0].to_str().unwrap(), both[1].to_str().unwrap()]).ok();
    assert!(canonical(&home) == canonical(&whole), "the second import completes the first");
    assert!(before.lines().all(|line| canonical(&home).contains(line)), "what was there is there");
}
