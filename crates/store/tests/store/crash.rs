//! A process that is killed in the middle of an import leaves a whole workspace, and running it again completes it.

use crate::made::{canonical, facts, healthy, import, refund, workspace};
use retake_model::Fact;
use retake_store::{OpenMode, Workspace};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const CHILD: &str = "RETAKE_STORE_CRASH_CHILD";

fn corpus() -> Vec<Fact> {
    (1..60).flat_map(|n| facts(&refund(n, "acme", &format!("Question {n}?"), &format!("Answer {n}.")))).collect()
}

/// Not a test of its own: the process that is killed. It says after every slice that it is done.
#[test]
fn child_that_imports() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let workspace = Workspace::open(path.as_ref(), OpenMode::Create).unwrap();
    for slice in corpus().chunks(5) {
        import(&workspace, slice.to_vec(), 2);
        println!("slice");
    }
}

#[test]
fn a_killed_import_is_whole_and_can_be_completed() {
    let whole = workspace();
    import(&whole.workspace, corpus(), 1000);
    let expected = canonical(&whole.workspace);
    for slices in [0, 2, 19] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.retake");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child_that_imports", "--nocapture", "--test-threads=1"])
            .env(CHILD, &path)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let seen = lines.map_while(Result::ok).filter(|line| line.contains("slice")).take(slices).count();
        assert_eq!(seen, slices);
        child.kill().unwrap();
        child.wait().unwrap();
        let workspace = Workspace::open(&path, OpenMode::Create).unwrap();
        healthy(&workspace);
        assert!(workspace.batches().unwrap().iter().all(|batch| batch.state != "running"), "nobody works on it");
        let (_, counted) = import(&workspace, corpus(), 50);
        assert!(counted.duplicates >= slices as u64 * 5);
        assert_eq!(canonical(&workspace), expected, "after {slices} slices");
        healthy(&workspace);
        drop(workspace);
    }
}
