//! A workspace in a temporary folder and an import into it.

use retake_ingest::{ImportOptions, IngestError, RetakeProjector, Source, import};
use retake_store::{BatchRow, Cancel, OpenMode, Workspace};
use std::path::{Path, PathBuf};

pub struct Bench {
    pub folder: tempfile::TempDir,
    pub workspace: Workspace,
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let workspace = Workspace::open(&folder.path().join("w.retake"), OpenMode::Create).expect("a workspace");
        Self { folder, workspace }
    }

    pub fn paths(&self, paths: &[PathBuf]) -> BatchRow {
        self.try_paths(paths).unwrap_or_else(|error| panic!("{error}: {:#?}", error.report()))
    }

    pub fn try_paths(&self, paths: &[PathBuf]) -> Result<BatchRow, IngestError> {
        self.import(
            paths.iter().cloned().map(Source::Path).collect(),
            &ImportOptions { now_ns: 1, ..Default::default() },
        )
    }

    pub fn bytes(&self, name: &str, bytes: &[u8]) -> Result<BatchRow, IngestError> {
        let source = Source::Bytes { name: name.to_owned(), bytes: bytes.to_vec() };
        self.import(vec![source], &ImportOptions { now_ns: 1, ..Default::default() })
    }

    pub fn import(&self, sources: Vec<Source>, options: &ImportOptions) -> Result<BatchRow, IngestError> {
        import(&self.workspace, sources, options, &mut |_| {})
    }

    pub fn canonical(&self) -> String {
        let mut out = Vec::new();
        let all = retake_query::Query::all();
        self.workspace.export_canonical(&all, &mut out).expect("exports");
        String::from_utf8(out).expect("text")
    }

    pub fn undo(&self, batch_id: &str) {
        retake_ingest::undo(&self.workspace, batch_id, &RetakeProjector::default(), &Cancel::default())
            .expect("undone");
    }
}

/// The folder of real exports beside the repository, if it is there.
pub fn real() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let folder = root.parent()?.join("shared/real");
    if folder.is_dir() {
        return Some(folder);
    }
    retake_testkit::skip("real", "../shared/real is not there");
    None
}
