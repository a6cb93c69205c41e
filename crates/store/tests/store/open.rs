//! Opening: what is not ours, damaged or newer is refused and stays byte for byte as it was.

use crate::made::{self, facts, import, refund, workspace};
use retake_model::{Code, Coded};
use retake_store::{OpenMode, Update, Workspace};
use std::path::Path;

fn refused(path: &Path, mode: OpenMode) -> Code {
    let before = std::fs::read(path).ok();
    let code = Workspace::open(path, mode).expect_err("it is refused").code();
    assert_eq!(std::fs::read(path).ok(), before, "untouched");
    let beside = std::fs::read_dir(path.parent().expect("a folder")).expect("it is listed").count();
    assert_eq!(beside, usize::from(before.is_some()), "nothing was made beside it");
    code
}

#[test]
fn a_missing_workspace_is_not_made_for_a_reader() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(refused(&folder.path().join("none.retake"), OpenMode::Existing), Code::WorkspaceMissing);
}

#[test]
fn files_of_others_are_refused() {
    for mode in [OpenMode::Create, OpenMode::Existing] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        let other = rusqlite::Connection::open(&path).unwrap();
        other.execute_batch("CREATE TABLE a(b); INSERT INTO a VALUES(1)").unwrap();
        drop(other);
        assert_eq!(refused(&path, mode), Code::WorkspaceForeign);
        std::fs::write(&path, "just some text, no database at all").unwrap();
        assert_eq!(refused(&path, mode), Code::WorkspaceForeign);
        std::fs::write(&path, vec![7; 9000]).unwrap();
        assert_eq!(refused(&path, mode), Code::WorkspaceForeign);
    }
}

#[test]
fn newer_and_damaged_workspaces_are_refused() {
    let made = workspace();
    import(&made.workspace, facts(&refund(1, "acme", "a", "b")), 10);
    let path = made::path(&made).to_owned();
    drop(made.workspace);
    let whole = std::fs::read(&path).unwrap();
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    std::fs::write(&path, &newer).unwrap();
    assert_eq!(refused(&path, OpenMode::Existing), Code::WorkspaceNewer);
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(refused(&path, OpenMode::Create), Code::WorkspaceDamaged);
    let mut scratched = whole.clone();
    scratched[8192..16384].fill(0xee);
    std::fs::write(&path, &scratched).unwrap();
    assert_eq!(refused(&path, OpenMode::Existing), Code::WorkspaceDamaged);
    std::fs::write(&path, &whole).unwrap();
    Workspace::open(&path, OpenMode::Existing).unwrap();
}

#[test]
fn two_processes_see_what_the_other_wrote() {
    let made = workspace();
    let other = Workspace::open(made::path(&made), OpenMode::Existing).unwrap();
    assert_eq!(made.workspace.workspace_key(), other.workspace_key());
    let before = other.data_version().unwrap();
    import(&made.workspace, facts(&refund(1, "acme", "a", "b")), 10);
    assert_ne!(other.data_version().unwrap(), before);
    import(&other, facts(&refund(2, "acme", "a", "b")), 1);
    import(&made.workspace, facts(&refund(3, "acme", "a", "b")), 1);
    for n in 1..4 {
        assert!(other.trace(&made::trace_id(n)).unwrap().is_some(), "trace {n}");
    }
    made::healthy(&other);
}

#[test]
fn the_update_of_an_earlier_workspace_is_told_before_it_is_made() {
    let made = workspace();
    import(&made.workspace, facts(&refund(1, "acme", "a", "b")), 10);
    let path = made::path(&made).to_owned();
    drop(made.workspace);
    assert_eq!(Update::of(&path), None, "it is of this version");
    assert_eq!(Update::of(&path.with_file_name("none.retake")), None);
    let file = rusqlite::Connection::open(&path).unwrap();
    let version: i64 = file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    file.execute_batch(&format!("PRAGMA user_version={}; PRAGMA wal_checkpoint(TRUNCATE)", version - 1)).unwrap();
    file.close().unwrap();
    let update = Update::of(&path).expect("it is of an earlier version");
    assert_eq!(update.bytes, std::fs::metadata(&path).unwrap().len());
    assert_eq!(update.copied_bytes(), 0);
    let opened = Workspace::open(&path, OpenMode::Existing).unwrap();
    assert_eq!(update.copied_bytes(), std::fs::metadata(&update.copy).unwrap().len());
    drop(opened);
    assert_eq!(Update::of(&path), None, "it is made once");
}
