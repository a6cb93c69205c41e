//! Two processes at once, and processes that are killed.

use retake_testkit::corpus::{Corpus, write};
use retake_tests::traces::{Call, lines};
use retake_tests::{Home, Run};
use std::time::Duration;

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
#[ignore = "a workspace that is being made is taken for a foreign file"]
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

#[test]
#[ignore = "a workspace that is being made is taken for a foreign file"]
fn an_import_that_is_killed_anywhere_can_be_run_again() {
    let whole = Home::new();
    let path = corpus(&whole, 1200, 4);
    whole.retake(&["import", path.to_str().unwrap()]).ok();
    let expected = canonical(&whole);
    let home = Home::new();
    let path = corpus(&home, 1200, 4);
    // Waits that fall into opening, reading, writing and projecting; seeded by being listed.
    for wait_ms in [2, 15, 40, 80, 120, 180, 260, 350, 500, 700] {
        let mut child = home.start(&["import", path.to_str().unwrap()]);
        std::thread::sleep(Duration::from_millis(wait_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        if home.workspace().exists() {
            let run = home.retake(&["search", ""]);
            assert!(run.exit == 0 || run.exit == 6, "{run}");
        }
    }
    home.retake(&["import", path.to_str().unwrap()]).ok();
    assert!(canonical(&home) == expected, "a killed import left something, or lost something");
}
