//! Workspaces that were open before, the last one first: a small file beside the usual workspace. Losing it loses no data, so
//! a file that cannot be read counts as empty, and one that cannot be written is only told to the log.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Form of the file.
const VERSION: u32 = 1;

/// How many are remembered.
const MOST: usize = 20;

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    workspaces: Vec<PathBuf>,
}

/// A workspace that was open before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecentWorkspace {
    /// File.
    pub path: String,
    /// Its name without folder and ending.
    pub name: String,
    /// Whether the file is still there.
    pub exists: bool,
}

/// Where the list lies: beside the usual workspace.
pub fn default_path() -> PathBuf {
    crate::default_workspace().with_file_name("recent.json")
}

/// The workspaces of a list.
pub fn list(file: &Path) -> Vec<RecentWorkspace> {
    let view = |path: PathBuf| RecentWorkspace {
        name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        exists: path.is_file(),
        path: path.display().to_string(),
    };
    read(file).into_iter().map(view).collect()
}

/// Puts a workspace at the head of a list.
pub fn remember(file: &Path, workspace: &Path) {
    let mut workspaces = read(file);
    workspaces.retain(|known| known != workspace);
    workspaces.insert(0, workspace.to_owned());
    workspaces.truncate(MOST);
    let written = serde_json::to_vec_pretty(&File { version: VERSION, workspaces })
        .map_err(std::io::Error::other)
        .and_then(|text| std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).map(|()| text))
        .and_then(|text| std::fs::write(file, text));
    if let Err(why) = written {
        tracing::warn!(%why, path = %file.display(), "the list of recent workspaces could not be written");
    }
}

/// Of a newer version nothing is read, and nothing of it is lost until a workspace is opened.
fn read(file: &Path) -> Vec<PathBuf> {
    let text = std::fs::read(file).unwrap_or_default();
    let known = serde_json::from_slice::<File>(&text).ok().filter(|found| found.version == VERSION);
    known.map(|found| found.workspaces).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(file: &Path) -> Vec<String> {
        list(file).into_iter().map(|one| one.path).collect()
    }

    #[test]
    fn the_last_one_comes_first_and_none_twice() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data/recent.json");
        assert!(list(&file).is_empty());
        for path in ["/a.retake", "/b.retake", "/a.retake"] {
            remember(&file, Path::new(path));
        }
        assert_eq!(paths(&file), ["/a.retake", "/b.retake"]);
        assert_eq!((list(&file)[0].name.as_str(), list(&file)[0].exists), ("a", false));
    }

    #[test]
    fn the_list_is_bounded_and_a_broken_one_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("recent.json");
        for n in 0..30 {
            remember(&file, &PathBuf::from(format!("/{n}.retake")));
        }
        assert_eq!((paths(&file).len(), paths(&file)[0].as_str()), (MOST, "/29.retake"));
        for broken in ["{", "[]", r#"{"version": 2, "workspaces": ["/x.retake"]}"#] {
            std::fs::write(&file, broken).unwrap();
            assert!(list(&file).is_empty(), "{broken}");
        }
    }
}
