//! Replay: what a run would do, whether it may, doing it, and reading what it kept.

mod execute;
mod ledger;
mod plan;
mod slots;
mod snippet;
mod view;

pub(crate) use execute::run_cases;
pub use execute::{may_start, resume_to_end, run_to_end};
pub use ledger::egress_ledger;
pub(crate) use plan::read_plan;
pub(crate) use slots::{counts, takes_by_slot};
pub use snippet::replay_snippet;
pub(crate) use view::{
    TakeView, attempt_of, document_facts, facts_of, latest_takes, planned_view, recorded, recorded_answer,
    take_or_recorded, takes_of_call,
};

use crate::dto::replay::{
    Chunk, Chunks, ChunksRequest, Estimate, ReplayRequest, ResumeRequest, Run, RunRequest, RunSummary, Runs, Started,
    Take,
};
use crate::dto::{Empty, IdRequest, Ns};
use crate::{ApiError, Core};
use retake_model::Code;
use retake_store::Named;
use std::sync::Arc;

/// Where the destinations that this workspace has been allowed are kept.
const DESTINATIONS_SETTING: &str = "egress.destinations";

/// What a run would send, to where, at what cost. Nothing is sent.
///
/// # Errors
/// Those of the variants and of the requests that they make.
pub async fn replay_estimate(core: Arc<Core>, request: ReplayRequest) -> Result<Estimate, ApiError> {
    core.blocking(move |core| {
        let planned = plan::plan_request(core, &request)?;
        plan::estimate(core, &planned)
    })
    .await
}

/// Starts a run as a job.
///
/// # Errors
/// Those of [`replay_estimate`], and whatever was not allowed; then nothing was sent.
pub async fn replay_start(core: Arc<Core>, request: ReplayRequest) -> Result<Started, ApiError> {
    execute::start(core, request).await
}

/// Goes on with a run: sends what has no finished take, and what failed if that is asked for.
///
/// # Errors
/// `RTK-S010` for an unknown run or take, `RTK-R010` while another program works on it.
pub async fn run_resume(core: Arc<Core>, request: ResumeRequest) -> Result<Started, ApiError> {
    execute::resume(core, request).await
}

/// Stops a run. One that another program works on is stopped there within a second.
///
/// # Errors
/// `RTK-S010` for an unknown run.
pub async fn run_cancel(core: Arc<Core>, request: IdRequest) -> Result<Run, ApiError> {
    let id = request.id.clone();
    core.blocking(move |core| execute::cancel(core, &id)).await?;
    run_get(core, RunRequest { id: request.id, span_id: None }).await
}

/// Runs, newest first.
///
/// # Errors
/// Those of the database.
pub async fn runs_list(core: Arc<Core>, _: Empty) -> Result<Runs, ApiError> {
    core.blocking(|core| {
        let workspace = core.workspace()?;
        let rows = workspace.runs()?;
        let runs = rows.iter().map(|row| {
            let takes = workspace.takes_of_run(&row.run_id)?;
            Ok(RunSummary {
                run_id: row.run_id.clone(),
                status: row.status.as_str().to_owned(),
                started_ns: Ns(row.started_ns),
                counts: counts(&takes),
                variants: plan::read_plan(row)
                    .map(|plan| plan.variants.into_iter().map(|variant| variant.name).collect())
                    .unwrap_or_default(),
            })
        });
        Ok(Runs { runs: runs.collect::<Result<_, ApiError>>()? })
    })
    .await
}

/// A run with its takes.
///
/// # Errors
/// `RTK-S010` for an unknown run.
pub async fn run_get(core: Arc<Core>, request: RunRequest) -> Result<Run, ApiError> {
    core.blocking(move |core| {
        view::run(core, request.id.strip_prefix("run:").unwrap_or(&request.id), request.span_id.as_deref())
    })
    .await
}

/// A take.
///
/// # Errors
/// `RTK-S010` for an unknown one.
pub async fn take_get(core: Arc<Core>, request: IdRequest) -> Result<Take, ApiError> {
    core.blocking(move |core| Ok(take_or_recorded(core, &request.id)?.take)).await
}

/// Chunks of a take that the caller has not seen.
///
/// # Errors
/// `RTK-S010` for an unknown take.
pub async fn take_chunks(core: Arc<Core>, request: ChunksRequest) -> Result<Chunks, ApiError> {
    core.blocking(move |core| {
        let workspace = core.workspace()?;
        // The state is read first: a take that ends in between is read to its end the next time.
        let row = workspace.take(&request.take_id)?;
        let rows = workspace.chunks(&row.take_id, request.seen)?;
        let chunks: Vec<Chunk> = rows
            .into_iter()
            .map(|row| {
                #[expect(clippy::cast_precision_loss, reason = "shown in milliseconds")]
                let at_ms = row.at_us as f64 / 1000.0;
                let text = String::from_utf8_lossy(&row.bytes).into_owned();
                Chunk { seq: row.seq, at_ms, kind: row.kind.as_str().to_owned(), index: row.index, text }
            })
            .collect();
        let last_seq = chunks.last().map(|chunk| chunk.seq).or(request.seen);
        Ok(Chunks { chunks, last_seq, status: row.status.as_str().to_owned() })
    })
    .await
}

/// Destinations that this workspace has been allowed.
pub(crate) fn allowed_destinations(core: &Core) -> Result<Vec<String>, ApiError> {
    let text = core.workspace()?.setting(DESTINATIONS_SETTING)?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

/// Remembers destinations that the user allowed.
pub(crate) fn remember_destinations(core: &Core, more: &[String]) -> Result<(), ApiError> {
    let mut allowed = allowed_destinations(core)?;
    let before = allowed.len();
    for destination in more {
        if !allowed.contains(destination) {
            allowed.push(destination.clone());
        }
    }
    if allowed.len() > before {
        let text = serde_json::to_string(&allowed).map_err(ApiError::internal)?;
        core.workspace()?.set_setting(DESTINATIONS_SETTING, Some(&text))?;
    }
    Ok(())
}

fn destination_hint(core: &Core, new: &str) -> String {
    match core.host().is_window() {
        true => Code::DestinationNew.remedy_in_window().to_owned(),
        false => format!("Allow it with `--allow-destination {new}`."),
    }
}

/// Refuses a destination that neither the workspace nor this command has allowed. What is allowed so is not remembered.
pub(crate) fn check_destinations(core: &Core, wanted: &[String], allowed_now: &[String]) -> Result<(), ApiError> {
    let mut allowed = allowed_destinations(core)?;
    allowed.extend(allowed_now.iter().cloned());
    let covered = |wanted: &String| allowed.iter().any(|entry| retake_replay::egress::is_allowed(entry, wanted));
    match wanted.iter().find(|wanted| !covered(wanted)) {
        Some(new) => Err(ApiError::new(Code::DestinationNew, format!("{new} is a new destination"))
            .with_hint(destination_hint(core, new))),
        None => Ok(()),
    }
}

/// The id of a run, in full or as a unique prefix.
pub(crate) fn run_id(core: &Core, text: &str) -> Result<String, ApiError> {
    match core.workspace()?.resolve(text)? {
        Named::Run(run_id) => Ok(run_id),
        _ => Err(ApiError::new(Code::IdUnknown, format!("{text:?} is not a run"))),
    }
}
