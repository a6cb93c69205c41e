//! Where things are: the root of the repository and the target folder, as cargo sees them.

use anyhow::{Context as _, Result};
use cargo_metadata::{Metadata, MetadataCommand, Package};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

/// Places of this checkout.
pub struct Tree {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder, `CARGO_TARGET_DIR` respected.
    pub target: PathBuf,
    /// What cargo says of the members.
    pub metadata: Metadata,
}

impl Tree {
    /// Asks cargo; no network.
    pub fn open() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().context("cargo metadata")?;
        Ok(Self {
            root: metadata.workspace_root.clone().into(),
            target: metadata.target_directory.clone().into(),
            metadata,
        })
    }

    /// The window's package, the member in `src-tauri`.
    pub fn window(&self) -> Option<&Package> {
        let folder = self.root.join("src-tauri");
        self.metadata.packages.iter().find(|package| package.manifest_path.parent().is_some_and(|at| at == folder))
    }

    /// Whether the folder of the user interface is an npm project.
    pub fn has_ui(&self) -> bool {
        self.root.join("ui/package.json").exists()
    }

    /// A built program, `retake` say.
    pub fn program(&self, name: &str, release: bool) -> PathBuf {
        self.target
            .join(if release { "release" } else { "debug" })
            .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
    }

    /// The file that says with which inputs a step last passed.
    fn stamp(&self, name: &str) -> PathBuf {
        self.target.join("xtask-stamps").join(name)
    }

    /// Whether the step passed with just these inputs.
    pub fn is_fresh(&self, name: &str, inputs: u64) -> bool {
        std::fs::read_to_string(self.stamp(name)).is_ok_and(|text| text == inputs.to_string())
    }

    /// Remembers that the step passed with these inputs.
    pub fn set_fresh(&self, name: &str, inputs: u64) -> Result<()> {
        let path = self.stamp(name);
        std::fs::create_dir_all(self.target.join("xtask-stamps"))?;
        std::fs::write(&path, inputs.to_string()).with_context(|| path.display().to_string())
    }
}

/// Hash of the names and contents of the files below `paths`, built and installed folders left out.
pub fn hash_files(paths: &[PathBuf]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        for file in files_below(path)? {
            file.hash(&mut hasher);
            std::fs::read(&file).with_context(|| file.display().to_string())?.hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

/// Every file below a folder (or the file itself), sorted; skips what is built, installed or git's.
pub fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    const SKIPPED: [&str; 7] = ["target", "node_modules", "dist", ".git", "gen", ".svelte-kit", ".vite"];
    let mut files = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        if folder.is_file() {
            files.push(folder);
            continue;
        }
        if !folder.exists() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let name = entry.file_name();
            if entry.file_type()?.is_dir() {
                if !SKIPPED.iter().any(|skipped| name == *skipped) {
                    folders.push(entry.path());
                }
            } else {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    Ok(files)
}
