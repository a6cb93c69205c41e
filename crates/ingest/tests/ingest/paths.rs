//! What is named on the command line: folders, links, what cannot be read, and a dry run over it.

use crate::support::Bench;
use retake_ingest::{ImportOptions, IngestError, Source, dry_run};
use retake_model::{Code, Coded};
use retake_store::BatchRow;
use std::path::{Path, PathBuf};

fn document(n: u32) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{}},"scopeSpans":[{{"scope":{{"name":"x"}},"spans":[{{"traceId":"{:032x}","spanId":"{:016x}","name":"s{n}","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000"}}]}}]}}]}}"#,
        n + 1,
        n + 1
    )
}

fn skipped(report: &BatchRow) -> Vec<(String, Code)> {
    report.skipped.iter().map(|file| (file.path.clone(), file.code)).collect()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("written");
}

#[track_caller]
fn named_as_unreadable(bench: &Bench, paths: &[PathBuf], spans: u64) {
    let error = bench.try_paths(paths).expect_err("one path holds nothing");
    assert!(matches!(error, IngestError::Unreadable { .. }), "{error}");
    let report = error.report().expect("a report");
    let named = paths.last().expect("a path").display().to_string();
    assert_eq!(skipped(report), [(named, Code::InputUnreadable)]);
    assert!(!report.skipped[0].message.is_empty());
    assert_eq!(report.totals.spans, spans);
}

#[test]
fn a_named_path_that_holds_nothing_is_named() {
    let bench = Bench::new();
    let good = bench.folder.path().join("good.json");
    write(&good, &document(1));
    let empty = bench.folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    named_as_unreadable(&bench, &[good.clone(), empty.clone()], 1);
    named_as_unreadable(&bench, &[empty], 0);
    named_as_unreadable(&bench, &["/nowhere/at/all.json".into()], 0);
}

#[cfg(unix)]
#[test]
fn links_are_followed_to_files_and_named_elsewhere() {
    use std::os::unix::fs::symlink;
    let bench = Bench::new();
    let folder = bench.folder.path().join("in");
    write(&folder.join("a.json"), &document(1));
    write(&bench.folder.path().join("elsewhere/b.json"), &document(2));
    let link = |to: &str, name: &str| symlink(to, folder.join(name)).expect("a link");
    link("../elsewhere/b.json", "b.json");
    link("../elsewhere", "folder");
    link("gone.json", "broken.json");
    link("loop.json", "loop.json");
    let report = bench.paths(std::slice::from_ref(&folder));
    assert_eq!(report.totals.spans, 2);
    let names: Vec<String> =
        ["broken.json", "folder", "loop.json"].map(|name| folder.join(name).display().to_string()).into();
    assert_eq!(skipped(&report), names.into_iter().map(|name| (name, Code::InputUnreadable)).collect::<Vec<_>>());
    named_as_unreadable(&bench, &[folder.join("loop.json")], 0);
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read_is_named_and_the_rest_is_imported() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let folder = bench.folder.path().join("in");
    for (name, n) in [("a.json", 1), ("closed.json", 2), ("sealed/c.json", 3)] {
        write(&folder.join(name), &document(n));
    }
    let mode = |name: &str, mode: u32| {
        std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(mode)).expect("a mode");
    };
    mode("closed.json", 0);
    mode("sealed", 0);
    let closed = folder.join("closed.json");
    if std::fs::File::open(&closed).is_ok() {
        retake_testkit::skip("permissions", "this user may read everything");
    } else {
        let report = bench.paths(std::slice::from_ref(&folder));
        assert_eq!(report.totals.spans, 1);
        let mut names: Vec<String> = skipped(&report).into_iter().map(|(path, _)| path).collect();
        names.sort();
        assert_eq!(names, [closed.display().to_string(), folder.join("sealed").display().to_string()]);
        named_as_unreadable(&bench, &[closed], 0);
    }
    mode("sealed", 0o755);
}

#[test]
fn a_dry_run_counts_against_the_workspace_and_changes_nothing() {
    let bench = Bench::new();
    let options = || ImportOptions { now_ns: 1, ..Default::default() };
    let source = |numbers: &[u32]| {
        let text: Vec<String> = numbers.iter().map(|n| document(*n)).collect();
        vec![Source::Bytes { name: "file".into(), bytes: text.join("\n").into_bytes() }]
    };
    let against_nothing = dry_run(None, source(&[1, 2]), &options(), &mut |_| {}).expect("counts");
    assert_eq!((against_nothing.totals.spans, against_nothing.totals.duplicates), (2, 0));
    bench.import(source(&[1, 2]), &options()).expect("imports");
    let before = (bench.canonical(), bench.workspace.batches().expect("batches").len());
    let report = dry_run(Some(&bench.workspace), source(&[2, 3]), &options(), &mut |_| {}).expect("counts");
    assert_eq!((report.totals.spans, report.totals.traces, report.totals.duplicates), (1, 1, 1));
    assert_eq!((bench.canonical(), bench.workspace.batches().expect("batches").len()), before);
    let told = bench.import(source(&[2, 3]), &options()).expect("imports");
    assert_eq!((told.totals.spans, told.totals.duplicates), (1, 1), "what was told is what happens");
}

#[test]
fn a_format_that_nobody_knows_is_told_before_anything_is_read() {
    let options = ImportOptions { format: Some("morse".into()), ..Default::default() };
    let error = dry_run(None, Vec::new(), &options, &mut |_| {}).expect_err("no such format");
    assert_eq!(error.code(), Code::FormatUnknown);
}
