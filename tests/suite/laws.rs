//! Laws of the store: the canonical export does not depend on the way in.

use retake_tests::traces::{Call, document, lines};
use retake_tests::{Home, Run, in_repository, real};
use std::path::{Path, PathBuf};

/// The canonical export of a workspace, whole.
fn canonical(home: &Home) -> String {
    let out = home.path("canonical.jsonl");
    home.retake(&["export", "--query", "", "--format", "canonical", "-o", out.to_str().unwrap()]).ok();
    let text = std::fs::read_to_string(out).unwrap();
    assert!(!text.is_empty(), "the export is empty");
    text
}

fn import(home: &Home, paths: &[&Path]) {
    let mut args = vec!["import"];
    args.extend(paths.iter().map(|path| path.to_str().unwrap()));
    home.retake(&args).ok();
}

#[track_caller]
fn same(a: &str, b: &str, law: &str) {
    if a == b {
        return;
    }
    let differing = a.lines().zip(b.lines()).find(|(a, b)| a != b);
    panic!("{law}: {} and {} lines; first difference: {differing:#?}", a.lines().count(), b.lines().count());
}

fn calls() -> Vec<Call> {
    (1..=12).map(|n| Call::new(n, &format!("Where is parcel {n}?"), &format!("On its way, part {n}."))).collect()
}

/// Files to try the laws on: our own fixtures, and the real ones where they are.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for fixture in retake_testkit::fixtures("imports/*/*.input.*") {
        files.push(fixture.path().to_owned());
    }
    for name in [
        "traces/genai-collector.jsonl",
        "traces/genai-logs.otlp.pb",
        "traces/openinference-collector.jsonl",
        "incident/traces.jsonl",
        "incident/audit.csv",
        "incident/audit.jsonl",
    ] {
        files.extend(real(name));
    }
    files
}

#[test]
fn the_order_of_files_and_a_second_import_do_not_matter() {
    let files = files();
    let mut paths: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    if paths.is_empty() {
        return retake_testkit::skip("corpus", "there are no files to import");
    }
    let (forward, backward, twice) = (Home::new(), Home::new(), Home::new());
    for path in &paths {
        twice.retake(&["import", path.to_str().unwrap()]);
    }
    import(&forward, &paths);
    import(&twice, &paths);
    paths.reverse();
    import(&backward, &paths);
    let expected = canonical(&forward);
    same(&expected, &canonical(&backward), "order of files");
    same(&expected, &canonical(&twice), "import twice");
}

#[test]
fn a_file_cut_in_five_is_the_whole() {
    let (whole, cut) = (Home::new(), Home::new());
    let text = lines(&calls());
    import(&whole, &[&whole.file("all.jsonl", &text)]);
    // Spans of a trace land in different files, children before their parents.
    let spans: Vec<_> = calls().iter().flat_map(Call::spans).collect();
    let parts: Vec<PathBuf> = (0..5)
        .map(|part| {
            let of_part = spans.iter().skip(part).step_by(5).rev().cloned().collect();
            cut.file(&format!("part-{part}.json"), document(of_part))
        })
        .collect();
    for part in [3, 0, 4, 1, 2] {
        import(&cut, &[&parts[part]]);
    }
    same(&canonical(&whole), &canonical(&cut), "a file cut in five");
}

#[test]
fn undo_removes_exactly_what_a_batch_brought() {
    let (only, both) = (Home::new(), Home::new());
    let calls = calls();
    let kept = lines(&calls[..8]);
    // The second file repeats some of the first: those stay.
    let removed = lines(&calls[5..]);
    import(&only, &[&only.file("a.jsonl", &kept)]);
    import(&both, &[&both.file("a.jsonl", &kept)]);
    let report = both.retake(&["import", both.file("b.jsonl", &removed).to_str().unwrap()]).ok();
    assert_eq!(report["totals"]["traces"], 4, "{report:#}");
    let batch = report["batch_id"].as_str().unwrap();
    both.retake(&["batches", "undo", batch, "--yes"]).ok();
    same(&canonical(&only), &canonical(&both), "undo");
    let found = both.retake(&["search", "parcel", "--limit", "100"]).ok();
    assert_eq!(found["total"], 8, "{found:#}");
}

#[test]
fn an_export_is_an_import() {
    let (first, second) = (Home::new(), Home::new());
    let path = first.file("a.jsonl", lines(&calls()));
    import(&first, &[&path]);
    let exported = first.path("out.jsonl");
    first.retake(&["export", "--query", "", "--format", "otlp-json", "-o", exported.to_str().unwrap()]).ok();
    import(&second, &[&exported]);
    same(&canonical(&first), &canonical(&second), "export and import");
}

#[test]
fn the_sample_can_be_undone_to_nothing() {
    let sample = in_repository("fixtures/sample");
    if !sample.exists() {
        return retake_testkit::skip("sample", "there is no sample yet");
    }
    let home = Home::new();
    let report = home.retake(&["import", sample.to_str().unwrap()]).ok();
    home.retake(&["batches", "undo", report["batch_id"].as_str().unwrap(), "--yes"]).ok();
    let rows = home.retake(&["search", ""]).ok();
    assert_eq!(rows["total"], 0, "{rows:#}");
}

#[test]
fn a_copy_holds_what_the_workspace_holds_and_replaces_nothing() {
    let home = Home::new();
    let file = home.file("calls.jsonl", lines(&calls()));
    import(&home, &[&file]);
    let copy = home.path("copy.retake");
    let name = copy.display().to_string();
    let name = name.as_str();
    let answer = home.retake(&["copy", name]).ok();
    assert_eq!(answer["schema"], "retake.workspace-copy/1");
    assert_eq!(answer["bytes"].as_u64(), std::fs::metadata(&copy).ok().map(|file| file.len()));
    let original = canonical(&home);

    // It is a workspace of its own: the other may go, and what is added here stays here.
    let run = |args: &[&str]| Run::of(home.bare(&[&["--json", "--workspace", name], args].concat()));
    let out = home.path("of-copy.jsonl");
    run(&["export", "--query", "", "--format", "canonical", "-o", out.to_str().unwrap()]).ok();
    same(&original, &std::fs::read_to_string(&out).unwrap(), "a copy");
    assert_eq!(run(&["import", file.to_str().unwrap()]).ok()["totals"]["traces"], 0, "records are recognised in it");
    assert_eq!(run(&["doctor"]).exit, 0);

    let before = std::fs::read(&copy).unwrap();
    for refused in [copy, home.workspace(), home.path("nowhere/copy.retake"), home.path("")] {
        let error = home.retake(&["copy", refused.to_str().unwrap()]).error(3);
        assert_eq!(error["code"], "RTK-A002", "{error}");
    }
    assert_eq!(std::fs::read(name).unwrap(), before);
    let left: Vec<_> = std::fs::read_dir(home.path("")).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".part")), "{left:?}");
}
