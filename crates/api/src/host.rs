//! The core of a running program: the open workspace, the host that it lives in, and the jobs that run.

use crate::analysis::{Policy, Survey};
use crate::handlers::investigate::Gathered;
use crate::{ApiError, jobs::JobTable};
use retake_model::Code;
use retake_store::Workspace;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// What differs between the window, the command line and a test. It grows only when a handler needs it.
pub trait Host: Send + Sync {
    /// Now, in nanoseconds since the epoch.
    fn now_ns(&self) -> i64;

    /// Tells whoever watches that `topic` changed (`workspace`, `job`, `take`); they read again.
    fn emit(&self, topic: &str, id: &str);

    /// Opens a dialog for `files`, a `folder`, or a place to save to (`save:NAME`); empty when it was dismissed or there is none.
    fn pick(&self, what: &str) -> Vec<PathBuf>;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;

    /// Text of a file that a variant names (`@FILE`). The window gives only what the user chose.
    ///
    /// # Errors
    /// Those of the file system; a refusal of the host.
    fn read_file(&self, path: &str) -> std::io::Result<String>;

    /// Whether the user sits at a window, where remedies name its places and not options of the command line.
    fn is_window(&self) -> bool {
        false
    }

    /// Folder of the sample, when it is there.
    fn sample_folder(&self) -> Option<PathBuf>;

    /// Where the log is written.
    fn log_path(&self) -> Option<PathBuf>;
}

/// The workspace file when none is named: in the platform's data folder.
pub fn default_workspace() -> PathBuf {
    directories::ProjectDirs::from("dev", "retake", "retake")
        .map(|folders| folders.data_dir().join("workspace.retake"))
        .unwrap_or_else(|| PathBuf::from("workspace.retake"))
}

/// Policy and survey, and the version of the data that they were made of.
type CachedSurvey = (i64, Arc<Policy>, Arc<Survey>);

/// The open workspace and what runs on it.
pub struct Core {
    workspace: Option<Workspace>,
    host: Arc<dyn Host>,
    jobs: JobTable,
    survey: Mutex<Option<CachedSurvey>>,
    gathered: Mutex<Option<(i64, Arc<Gathered>)>>,
    chosen: Mutex<BTreeSet<PathBuf>>,
}

impl Core {
    /// A core on an open workspace.
    pub fn new(workspace: Workspace, host: Arc<dyn Host>) -> Arc<Self> {
        // What a killed program left in flight is told as interrupted from the first look on. A workspace that cannot be
        // written just now can still be read.
        match workspace.interrupt_orphans() {
            Ok(takes) if takes.is_empty() => {}
            Ok(takes) => tracing::info!(takes = takes.len(), "takes of a program that ended were interrupted"),
            Err(why) => tracing::warn!(%why, "takes of a program that ended could not be marked"),
        }
        Arc::new(Self {
            workspace: Some(workspace),
            host,
            jobs: JobTable::default(),
            survey: Mutex::default(),
            gathered: Mutex::default(),
            chosen: Mutex::default(),
        })
    }

    /// A core for commands that need no workspace.
    pub fn without_workspace(host: Arc<dyn Host>) -> Arc<Self> {
        Arc::new(Self {
            workspace: None,
            host,
            jobs: JobTable::default(),
            survey: Mutex::default(),
            gathered: Mutex::default(),
            chosen: Mutex::default(),
        })
    }

    /// The workspace.
    ///
    /// # Errors
    /// `RTK-S001` when the program runs without one.
    pub fn workspace(&self) -> Result<&Workspace, ApiError> {
        self.workspace
            .as_ref()
            .ok_or_else(|| ApiError::new(Code::WorkspaceMissing, "this command was started without a workspace"))
    }

    /// The host.
    pub fn host(&self) -> &dyn Host {
        &*self.host
    }

    /// The host, for threads that outlive a call.
    pub(crate) fn host_handle(&self) -> Arc<dyn Host> {
        Arc::clone(&self.host)
    }

    /// Policy and survey of the workspace as of a version of its data, if they were made for it.
    pub(crate) fn cached_survey(&self, version: i64) -> Option<(Arc<Policy>, Arc<Survey>)> {
        let cached = self.survey.lock().unwrap_or_else(PoisonError::into_inner);
        cached
            .as_ref()
            .filter(|(of, ..)| *of == version)
            .map(|(_, policy, survey)| (Arc::clone(policy), Arc::clone(survey)))
    }

    /// Keeps policy and survey for a version of the data.
    pub(crate) fn cache_survey(&self, version: i64, policy: Arc<Policy>, survey: Arc<Survey>) {
        *self.survey.lock().unwrap_or_else(PoisonError::into_inner) = Some((version, policy, survey));
    }

    /// What was read about a trace, as of a version of the data: the last one that was asked for is kept, since each part of
    /// its view asks on its own. Who asks meanwhile waits, and reads nothing twice.
    pub(crate) fn gathered(
        &self,
        version: i64,
        trace_id: &str,
        read: impl FnOnce() -> Result<Gathered, ApiError>,
    ) -> Result<Arc<Gathered>, ApiError> {
        let mut last = self.gathered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, gathered)) = &*last
            && *of == version
            && gathered.trace_id.as_str() == trace_id
        {
            return Ok(Arc::clone(gathered));
        }
        // The old one goes first: two large traces are not held at once.
        *last = None;
        let gathered = Arc::new(read()?);
        *last = Some((version, Arc::clone(&gathered)));
        Ok(gathered)
    }

    /// Remembers files and folders that the person chose: in a dialog, by a drop, by importing them.
    pub(crate) fn choose(&self, paths: &[PathBuf]) {
        self.chosen.lock().unwrap_or_else(PoisonError::into_inner).extend(paths.iter().cloned());
    }

    /// Refuses a file that the person did not choose, in this run of the program or as a source of an import before: a page
    /// must not have files read by their name.
    pub(crate) fn must_be_chosen(&self, path: &str) -> Result<(), ApiError> {
        let path = Path::new(path);
        // A way up out of a chosen folder leads to what was not chosen.
        let climbs = path.components().any(|part| part == Component::ParentDir);
        let named = |source: &Path| !source.as_os_str().is_empty();
        let under = |source: &Path| named(source) && (path.starts_with(source) || is_member(path, source));
        let now = self.chosen.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|chosen| under(chosen));
        let before = || -> Result<bool, ApiError> {
            let batches = self.workspace()?.batches()?;
            Ok(batches.iter().flat_map(|batch| &batch.sources).any(|source| under(Path::new(source))))
        };
        if !climbs && (now || before()?) {
            return Ok(());
        }
        Err(ApiError::new(Code::FileNotChosen, format!("{} was not chosen", path.display())))
    }

    /// Running jobs.
    pub(crate) fn jobs(&self) -> &JobTable {
        &self.jobs
    }

    /// Runs blocking work (the database, files) off the asynchronous threads.
    ///
    /// # Errors
    /// Those of `work`; `RTK-A003` when it panicked.
    pub async fn blocking<T, F>(self: &Arc<Self>, work: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&Core) -> Result<T, ApiError> + Send + 'static,
    {
        let core = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&core)).await.map_err(ApiError::internal)?
    }
}

/// Whether a path is of a member of this archive, which stands before `!`.
fn is_member(path: &Path, archive: &Path) -> bool {
    let (path, archive) = (path.to_string_lossy(), archive.to_string_lossy());
    path.strip_prefix(archive.as_ref()).is_some_and(|rest| rest.starts_with('!'))
}
