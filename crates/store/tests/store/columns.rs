//! The file beside a workspace that spares a start from reading every span: it is taken when it fits, and else as if it
//! were not there.

use crate::made::{self, Made, facts, import, query, span, workspace};
use retake_model::SpanKind;
use retake_store::{Cancel, Of, OpenMode, SearchRequest, Workspace};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// As many spans as a file is made for.
const SPANS: u32 = 20_100;

fn many() -> Made {
    let made = workspace();
    let mut spans = Vec::new();
    for n in 0..SPANS {
        let mut one = span(n, 0, None, SpanKind::Llm, "chat");
        one.tenant = Some(format!("tenant-{}", n % 7));
        one.user = Some(format!("user-{}", n % 501));
        spans.push(one);
    }
    import(&made.workspace, facts(&spans), 5_000);
    made
}

/// What a list, its counts and its order say.
fn seen(workspace: &Workspace) -> String {
    let mut all = String::new();
    for (text, of) in [("tenant:tenant-3", Of::Traces), ("user:user-11", Of::Spans), ("", Of::Traces)] {
        let request = SearchRequest { limit: 60, of, facets: vec!["tenant".to_owned()], ..SearchRequest::default() };
        let page = workspace.search(&query(text), &request).unwrap();
        all += &format!("{} {:?} {:?}\n", page.total, page.facets, page.rows);
    }
    all
}

fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!("{}-columns", path.file_name().unwrap().to_string_lossy()))
}

/// Which file it is: another one after it was written anew.
fn written(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().ino()
}

#[test]
fn what_was_kept_is_what_was_read_and_nothing_else_is_taken() {
    let made = many();
    let path = made::path(&made).to_owned();
    let expected = seen(&made.workspace);
    made.workspace.keep_columns().unwrap();
    let file = beside(&path);
    let whole = std::fs::read(&file).unwrap();
    let first = written(&file);

    let again = Workspace::open(&path, OpenMode::Existing).unwrap();
    assert_eq!(seen(&again), expected);
    again.keep_columns().unwrap();
    assert_eq!(written(&file), first, "it was read from the file, which needs no new one");

    let half = whole.len() / 2;
    let mut flipped = whole.clone();
    flipped[half] ^= 1;
    let mut longer = whole.clone();
    longer[60..68].fill(0xff);
    for (what, bytes) in [("a bit", &flipped[..]), ("half", &whole[..half]), ("lengths", &longer[..]), ("none", &[])] {
        std::fs::write(&file, bytes).unwrap();
        let damaged = Workspace::open(&path, OpenMode::Existing).unwrap();
        assert_eq!(seen(&damaged), expected, "{what}");
        damaged.keep_columns().unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), whole, "{what}: it is made anew");
    }

    let mut later = span(SPANS, 0, None, SpanKind::Llm, "chat");
    later.tenant = Some("tenant-3".to_owned());
    import(&again, facts(&[later]), 1);
    let changed = Workspace::open(&path, OpenMode::Existing).unwrap();
    assert_ne!(seen(&changed), expected, "what came later is seen");
    assert_eq!(seen(&changed), seen(&again));
    let before = written(&file);
    changed.keep_columns().unwrap();
    assert_ne!(written(&file), before, "the file follows");

    let batch = again.batches().unwrap().into_iter().find(|batch| batch.totals.spans == 1).expect("the later one");
    again.undo_batch(&batch.batch_id, &made::Mapper, &Cancel::default()).unwrap();
    let undone = Workspace::open(&path, OpenMode::Existing).unwrap();
    assert_eq!(seen(&undone), expected, "what was taken back is not there");
}

#[test]
fn a_copy_that_went_another_way_has_columns_of_its_own() {
    let made = many();
    let copy_path = made::path(&made).with_file_name("copy.retake");
    made.workspace.copy_to(&copy_path).unwrap();
    let copy = Workspace::open(&copy_path, OpenMode::Existing).unwrap();
    for (workspace, tenant) in [(&made.workspace, "here"), (&copy, "there")] {
        let mut one = span(SPANS, 0, None, SpanKind::Llm, "chat");
        one.tenant = Some(tenant.to_owned());
        import(workspace, facts(&[one]), 1);
    }
    made.workspace.warm().unwrap();
    made.workspace.keep_columns().unwrap();
    std::fs::copy(beside(made::path(&made)), beside(&copy_path)).unwrap();
    let copy = Workspace::open(&copy_path, OpenMode::Existing).unwrap();
    let total = |text: &str| copy.search(&query(text), &SearchRequest::default()).unwrap().total;
    assert_eq!((total("tenant:here"), total("tenant:there")), (0, 1));
}

#[test]
fn a_small_workspace_has_no_such_file() {
    let made = workspace();
    import(&made.workspace, facts(&[span(1, 0, None, SpanKind::Llm, "chat")]), 1);
    made.workspace.warm().unwrap();
    made.workspace.keep_columns().unwrap();
    assert!(!beside(made::path(&made)).exists());
}
