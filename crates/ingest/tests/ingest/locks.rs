//! The locks of the open workspace: a process that opens and closes its file loses them, and another one may then take the
//! file's log away.

#![cfg(target_os = "linux")]

use crate::support::Bench;
use retake_ingest::{ImportOptions, Source, import};
use retake_store::{OpenMode, Update, Workspace};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Locks that this process holds on a file.
fn held(path: &Path) -> usize {
    let inode = std::fs::metadata(path).expect("it is there").ino();
    let (own, file) = (std::process::id().to_string(), format!(":{inode}"));
    let locks = std::fs::read_to_string("/proc/locks").expect("Linux tells them");
    locks.lines().filter(|line| line.split_whitespace().nth(4) == Some(&own) && line.contains(&file)).count()
}

#[test]
fn opening_a_workspace_twice_costs_none() {
    let bench = Bench::new();
    let path = bench.workspace.path().to_owned();
    bench.workspace.warm().expect("it is read");
    let link = path.with_file_name("link.retake");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    for named in [&path, &link] {
        assert_eq!(Update::of(named), None);
        let again = Workspace::open(named, OpenMode::Existing).expect("it opens");
        assert!(held(&path) > 0, "{}: the locks are gone", named.display());
        drop(again);
        assert!(held(&path) > 0, "{}: the locks are gone", named.display());
    }
}

#[test]
fn an_import_of_the_folder_that_holds_the_workspace_costs_none() {
    let bench = Bench::new();
    let path = bench.workspace.path().to_owned();
    bench.workspace.warm().expect("it is read");
    assert!(held(&path) > 0, "an open workspace is locked");
    let folder = path.parent().expect("a folder");
    std::os::unix::fs::symlink(&path, folder.join("link.jsonl")).expect("a link");
    std::fs::write(
        folder.join("call.json"),
        r#"{"request": {"model": "m", "messages": []}, "response": {"model": "m", "choices": []}}"#,
    )
    .expect("written");
    for source in [folder.to_owned(), path.clone(), folder.join("link.jsonl")] {
        let outcome =
            import(&bench.workspace, vec![Source::Path(source.clone())], &ImportOptions::default(), &mut |_| {});
        let told = format!("{outcome:?}");
        assert!(told.contains("it is the workspace itself"), "{}: {told}", source.display());
        assert!(held(&path) > 0, "{}: the locks are gone", source.display());
    }
}
