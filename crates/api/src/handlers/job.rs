//! Jobs: list, events, cancel; and how a handler runs its own work as one.

use crate::dto::job::{Job, JobEvent, JobEvents, JobEventsRequest, Jobs, Progress};
use crate::dto::{Empty, IdRequest, Ns};
use crate::{ApiError, Core};
use retake_model::{Code, Exit};
use retake_store::JobRow;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Jobs that the window lists.
const MAX_JOBS: usize = 50;

/// Newest jobs.
///
/// # Errors
/// Those of the database.
pub async fn job_list(core: Arc<Core>, _: Empty) -> Result<Jobs, ApiError> {
    core.blocking(|core| {
        let jobs = core.workspace()?.jobs(MAX_JOBS)?;
        Ok(Jobs { jobs: jobs.into_iter().map(Job::from).collect() })
    })
    .await
}

/// Events that the caller has not seen.
///
/// # Errors
/// An unknown job is `RTK-S010`.
pub async fn job_events(core: Arc<Core>, request: JobEventsRequest) -> Result<JobEvents, ApiError> {
    core.blocking(move |core| {
        let workspace = core.workspace()?;
        let job = workspace.job(&request.job_id)?.ok_or_else(|| unknown(&request.job_id))?;
        let events = workspace.job_events(&request.job_id, request.after_seq)?;
        let event = |row: retake_store::JobEventRow| JobEvent { seq: row.seq, at_ns: Ns(row.at_ns), event: row.event };
        Ok(JobEvents { events: events.into_iter().map(event).collect(), job: job.into() })
    })
    .await
}

/// Asks a job of this process to stop. One that has ended is left alone.
///
/// # Errors
/// An unknown job is `RTK-S010`.
pub async fn job_cancel(core: Arc<Core>, request: IdRequest) -> Result<Empty, ApiError> {
    core.blocking(move |core| {
        if !core.jobs().cancel(&request.id) && core.workspace()?.job(&request.id)?.is_none() {
            return Err(unknown(&request.id));
        }
        Ok(Empty {})
    })
    .await
}

fn unknown(job_id: &str) -> ApiError {
    ApiError::new(Code::IdUnknown, format!("there is no job {job_id:?}"))
}

/// A job of this process: says how far it is, and ends exactly once.
pub(crate) struct RunningJob {
    core: Arc<Core>,
    /// Id.
    pub(crate) job_id: String,
    /// Cancelled when somebody asks it to stop.
    pub(crate) cancel: CancellationToken,
}

impl RunningJob {
    /// Begins a job.
    pub(crate) fn start(core: &Arc<Core>, kind: &str, title: &str) -> Result<Self, ApiError> {
        let job_id = core.workspace()?.start_job(kind, title, core.host().now_ns())?;
        let cancel = core.jobs().register(&job_id);
        core.host().emit("job", &job_id);
        Ok(Self { core: Arc::clone(core), job_id, cancel })
    }

    /// Says how far it is. A progress that cannot be written must not end the work, and the next one says more.
    pub(crate) fn progress(&self, progress: &Progress) {
        let Ok(event) = serde_json::to_value(progress) else { return };
        let written = self
            .core
            .workspace()
            .and_then(|workspace| Ok(workspace.job_progress(&self.job_id, self.core.host().now_ns(), &event)?));
        match written {
            Ok(_) => self.core.host().emit("job", &self.job_id),
            Err(why) => tracing::warn!(job_id = %self.job_id, %why, "progress not written"),
        }
    }

    /// Ends it.
    pub(crate) fn end(self, outcome: Result<Value, ApiError>) {
        let window = self.core.host().is_window();
        let outcome = outcome.map_err(|error| if window { error.in_window() } else { error });
        let (state, result) = match outcome {
            Ok(result) if self.cancel.is_cancelled() => ("cancelled", result),
            Ok(result) => ("done", result),
            Err(error) if error.code.exit() == Exit::Interrupted => ("cancelled", json!({ "error": error })),
            Err(error) => ("failed", json!({ "error": error })),
        };
        let now_ns = self.core.host().now_ns();
        let ended =
            self.core.workspace().and_then(|workspace| Ok(workspace.end_job(&self.job_id, state, now_ns, &result)?));
        if let Err(why) = ended {
            tracing::error!(job_id = %self.job_id, %why, "the end of a job was not written");
        }
        self.core.jobs().finish(&self.job_id);
        self.core.host().emit("job", &self.job_id);
    }
}

impl From<JobRow> for Job {
    fn from(row: JobRow) -> Self {
        let unknown =
            Progress { done: None, total: None, unit: String::new(), records: None, rate: None, left_ms: None };
        Self {
            job_id: row.job_id,
            kind: row.kind,
            title: row.title,
            state: row.state,
            started_ns: Ns(row.started_ns),
            ended_ns: row.ended_ns.map(Ns),
            progress: serde_json::from_value(row.progress).unwrap_or(unknown),
            result: row.result,
        }
    }
}
