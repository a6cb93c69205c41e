//! Carrying runs out: for the command line to their end, for the window as a job; cancel and resume across processes.

use super::plan::{self, Planned};
use super::slots;
use super::view;
use crate::dto::job::Progress;
use crate::dto::replay::{Estimate, ReplayRequest, ResumeRequest, Run, Started};
use crate::handlers::job::RunningJob;
use crate::run_log::WorkspaceLog;
use crate::{ApiError, Core};
use retake_golden::Attempt;
use retake_model::{Answer, Code, Coded, RunStatus, TakeStatus, counted};
use retake_replay::run::{self, Doing, MemoryLog, Outcome, Plan, PlannedTake, RunEvent, RunLog, Slot};
use retake_replay::{ReplayError, Source, request_hash, secrets};
use retake_store::Workspace;
use retake_wire::pricing::PriceTable;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// How often a run says that it is alive, and looks whether another program asked it to stop.
const HEARTBEAT: Duration = Duration::from_millis(500);

/// Told of a run's progress: its id, takes that ended, takes in all.
pub type OnProgress<'a> = &'a (dyn Fn(&str, u32, u32) + Sync);

/// Whether a run may start: fidelity, destinations, prices, spending. Nothing is sent.
///
/// # Errors
/// What was not allowed.
pub fn may_start(core: &Core, request: &ReplayRequest, _estimate: &Estimate) -> Result<(), ApiError> {
    let planned = plan::plan_request(core, request)?;
    Ok(run::check(&planned.plan, &planned.permissions)?)
}

/// Plans, checks and carries out a run.
///
/// # Errors
/// What was not allowed; then nothing was sent. A call that fails is in the run.
pub async fn run_to_end(
    core: Arc<Core>,
    request: ReplayRequest,
    cancel: CancellationToken,
    progress: OnProgress<'_>,
) -> Result<Run, ApiError> {
    let planned = core.blocking(move |core| checked(core, &request)).await?;
    let run_id = planned.plan.run_id.clone();
    carry_out(&core, planned.plan, planned.prices, None, cancel, progress, None).await?;
    core.blocking(move |core| view::run(core, &run_id, None)).await
}

/// Goes on with a run until its end.
///
/// # Errors
/// As [`super::run_resume`].
pub async fn resume_to_end(
    core: Arc<Core>,
    request: ResumeRequest,
    cancel: CancellationToken,
    progress: OnProgress<'_>,
) -> Result<Run, ApiError> {
    let asked = request.clone();
    let (plan, prices) = core.blocking(move |core| plan_of_rest(core, &asked)).await?;
    let run_id = plan.run_id.clone();
    if !plan.takes.is_empty() {
        carry_out(&core, plan, prices, Some(request), cancel, progress, None).await?;
    }
    core.blocking(move |core| view::run(core, &run_id, None)).await
}

/// Starts a run as a job.
pub(super) async fn start(core: Arc<Core>, request: ReplayRequest) -> Result<Started, ApiError> {
    let planned = core.blocking(move |core| checked(core, &request)).await?;
    spawn(&core, planned.plan, planned.prices, None).await
}

/// Goes on with a run as a job.
pub(super) async fn resume(core: Arc<Core>, request: ResumeRequest) -> Result<Started, ApiError> {
    let asked = request.clone();
    let (plan, prices) = core.blocking(move |core| plan_of_rest(core, &asked)).await?;
    spawn(&core, plan, prices, Some(request)).await
}

/// Gives the run when it is on disk, so that whoever asks for it finds it.
async fn spawn(
    core: &Arc<Core>,
    plan: Plan,
    prices: PriceTable,
    resumed: Option<ResumeRequest>,
) -> Result<Started, ApiError> {
    let job = RunningJob::start(core, "run", &format!("replay, {}", counted(plan.takes.len(), "call")))?;
    let started = Started { run_id: plan.run_id.clone(), job_id: job.job_id.clone() };
    let core = Arc::clone(core);
    let (on_disk, written) = oneshot::channel();
    tokio::spawn(async move {
        let cancel = job.cancel.clone();
        let tell = |_: &str, done: u32, of: u32| {
            job.progress(&Progress {
                done: Some(u64::from(done)),
                total: Some(u64::from(of)),
                unit: "calls".to_owned(),
                records: None,
                rate: None,
                left_ms: None,
            });
        };
        let run_id = plan.run_id.clone();
        let outcome = carry_out(&core, plan, prices, resumed, cancel, &tell, Some(on_disk)).await;
        let outcome = outcome.and_then(|outcome| match outcome.error {
            Some(error) => Err(ApiError::from(error)),
            None => Ok(serde_json::json!({ "run_id": run_id, "status": outcome.status.as_str() })),
        });
        job.end(outcome);
    });
    // A run that could not be written says why in its job.
    let _written = written.await;
    Ok(started)
}

fn checked(core: &Core, request: &ReplayRequest) -> Result<Planned, ApiError> {
    let planned = plan::plan_request(core, request)?;
    run::check(&planned.plan, &planned.permissions)?;
    super::remember_destinations(core, &request.allow_destinations)?;
    Ok(planned)
}

/// What a run has left to send.
fn plan_of_rest(core: &Core, request: &ResumeRequest) -> Result<(Plan, PriceTable), ApiError> {
    let workspace = core.workspace()?;
    let row = workspace.run(request.id.strip_prefix("run:").unwrap_or(&request.id))?;
    let plan = plan::read_plan(&row)
        .ok_or_else(|| ApiError::new(Code::StoreFailed, format!("the plan of run {} cannot be read", row.run_id)))?;
    let takes = workspace.takes_of_run(&row.run_id)?;
    let standing = slots::standing(&takes);
    let only = match &request.take_id {
        Some(take_id) => match takes.iter().find(|take| take.take_id == *take_id) {
            Some(take) => Some(take.slot),
            None => return Err(ApiError::new(Code::IdUnknown, format!("run {} has no take {take_id}", row.run_id))),
        },
        None => None,
    };
    let is_left = |slot: u32| match standing.get(&slot).map(|take| take.status) {
        Some(TakeStatus::Done) => false,
        Some(TakeStatus::Failed) => request.failed || only == Some(slot),
        _ => only.is_none_or(|only| only == slot),
    };
    let number = |take: &PlannedTake| crate::run_log::slot_number(&plan, &take.slot);
    let finished: BTreeSet<Slot> =
        plan.takes.iter().filter(|take| !is_left(number(take))).map(|take| take.slot.clone()).collect();
    let mut rest = plan.resume(&finished);
    // A take that waits and was never sent is sent now: another one in its place would leave it waiting for ever.
    let waiting: HashMap<u32, &str> =
        takes.iter().filter(|kept| slots::is_unsent(kept)).map(|kept| (kept.slot, kept.take_id.as_str())).collect();
    for take in &mut rest.takes {
        if let Some(take_id) = waiting.get(&crate::run_log::slot_number(&plan, &take.slot)) {
            take.take_id = (*take_id).to_owned();
        }
    }
    Ok((rest, super::super::connect::price_table(core)?))
}

/// Asks a run to stop, whoever works on it.
pub(super) fn cancel(core: &Core, id: &str) -> Result<(), ApiError> {
    let workspace = core.workspace()?;
    let row = workspace.run(id.strip_prefix("run:").unwrap_or(id))?;
    if core.jobs().cancel(&lease_name(&row.run_id)) {
        return Ok(());
    }
    if row.status == RunStatus::Running {
        workspace.set_setting(&stop_key(&row.run_id), Some("stop"))?;
        // A run that nobody works on any more is cancelled here and now, unless it has just come to its end.
        if workspace.lease(&lease_name(&row.run_id), core.host().now_ns()).is_ok() {
            workspace.set_setting(&stop_key(&row.run_id), None)?;
            if workspace.run(&row.run_id)?.status == RunStatus::Running {
                workspace.set_run_status(&row.run_id, RunStatus::Cancelled)?;
            }
            workspace.release(&lease_name(&row.run_id))?;
        }
    }
    Ok(())
}

fn lease_name(run_id: &str) -> String {
    format!("run:{run_id}")
}

fn stop_key(run_id: &str) -> String {
    format!("run.stop.{run_id}")
}

async fn carry_out(
    core: &Arc<Core>,
    plan: Plan,
    prices: PriceTable,
    resumed: Option<ResumeRequest>,
    cancel: CancellationToken,
    progress: OnProgress<'_>,
    planned: Option<oneshot::Sender<()>>,
) -> Result<Outcome, ApiError> {
    let workspace = core.workspace()?.clone();
    let (lease, stop) = (lease_name(&plan.run_id), stop_key(&plan.run_id));
    {
        let (workspace, lease, now_ns) = (workspace.clone(), lease.clone(), core.host().now_ns());
        core.blocking(move |_| Ok(workspace.lease(&lease, now_ns)?)).await?;
    }
    // Whoever held the lease may have sent some of it since the plan was read.
    let is_resumed = resumed.is_some();
    let plan = match resumed {
        Some(request) => core.blocking(move |core| Ok(plan_of_rest(core, &request)?.0)).await?,
        None => plan,
    };
    core.jobs().adopt(&lease, cancel.clone());
    let alive =
        tokio::spawn(stay_alive(Arc::clone(core), workspace.clone(), lease.clone(), stop.clone(), cancel.clone()));
    let log = WorkspaceLog::new(workspace.clone(), core.host_handle(), &plan.run_id, is_resumed, planned);
    let outcome = if is_resumed && plan.takes.is_empty() {
        // Nothing is left: how the run ended stays as it is.
        let run_id = plan.run_id.clone();
        let ended = core.blocking(move |core| Ok(core.workspace()?.run(&run_id)?.status)).await;
        ended.map(|status| Outcome { status, results: Vec::new(), error: None })
    } else {
        send(core, &plan, prices, log, cancel, progress).await
    };
    alive.abort();
    core.jobs().finish(&lease);
    let ended = core
        .blocking(move |core| {
            let workspace = core.workspace()?;
            workspace.set_setting(&stop, None)?;
            Ok(workspace.release(&lease)?)
        })
        .await;
    if let Err(why) = ended {
        // The lease runs out by itself: the process that holds it is named in it.
        tracing::warn!(%why, "the lease of a run was not given back");
    }
    outcome
}

async fn stay_alive(core: Arc<Core>, workspace: Workspace, lease: String, stop: String, cancel: CancellationToken) {
    loop {
        tokio::time::sleep(HEARTBEAT).await;
        let (workspace, lease, stop, now_ns) = (workspace.clone(), lease.clone(), stop.clone(), core.host().now_ns());
        let looked = tokio::task::spawn_blocking(move || {
            workspace.heartbeat(&lease, now_ns)?;
            workspace.setting(&stop)
        })
        .await;
        if matches!(looked, Ok(Ok(Some(_)))) {
            cancel.cancel();
        }
    }
}

/// Sends a plan's takes; what comes goes to `log`.
async fn send(
    core: &Arc<Core>,
    plan: &Plan,
    prices: PriceTable,
    log: Arc<dyn RunLog>,
    cancel: CancellationToken,
    progress: OnProgress<'_>,
) -> Result<Outcome, ApiError> {
    let (keys, recordings) = {
        let plan = plan.clone();
        core.blocking(move |core| {
            let keys = secrets::of_plan(&plan, &|name| core.host().variable(name))?;
            Ok((keys, recordings_of(core, &plan)?))
        })
        .await?
    };
    let total = u32::try_from(plan.takes.len()).unwrap_or(u32::MAX);
    let ended = Arc::new(AtomicU32::new(0));
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let host = core.host_handle();
    let counted = Arc::clone(&ended);
    let announce = move |event: RunEvent| match event {
        RunEvent::TakeStarted { take_id, .. } => host.emit("take", &take_id),
        RunEvent::Chunks(chunks) => {
            let takes: BTreeSet<String> = chunks.into_iter().map(|chunk| chunk.take_id).collect();
            takes.iter().for_each(|take| host.emit("take", take));
        }
        RunEvent::TakeFinished(result) => {
            host.emit("take", &result.take_id);
            // The receiver is gone only when the run has ended.
            let _told = tell.send(counted.fetch_add(1, Ordering::Relaxed) + 1);
        }
        RunEvent::RunFinished(_) => host.emit("workspace", "runs"),
    };
    let clock = core.host_handle();
    let doing = Doing {
        log,
        keys,
        recordings: Arc::new(move |hash: &str| recordings.get(hash).cloned()),
        prices: Arc::new(prices),
        filters: Arc::new(|| Box::new(AnswerFilter(retake_formats::redact::StreamingRedactor::default()))),
        now_ns: Arc::new(move || clock.now_ns()),
        cancel,
        announce: Arc::new(announce),
    };
    progress(&plan.run_id, 0, total);
    let work = run::execute(plan, &doing);
    tokio::pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => return Ok(outcome?),
            Some(done) = told.recv() => progress(&plan.run_id, done, total),
        }
    }
}

/// What a provider sends goes through the same rules as what is imported.
struct AnswerFilter(retake_formats::redact::StreamingRedactor);

impl run::TextFilter for AnswerFilter {
    fn push(&mut self, text: &str) -> String {
        self.0.push(text)
    }
    fn finish(&mut self) -> String {
        self.0.finish()
    }
}

/// Recorded answers for the calls of a plan that go to `recorded`, by the hash of the request.
fn recordings_of(core: &Core, plan: &Plan) -> Result<HashMap<String, Answer>, ApiError> {
    let mut found = HashMap::new();
    for take in plan.takes.iter().filter(|take| take.target.provider == "recorded") {
        let hash = request_hash(&take.request);
        if found.contains_key(&hash) {
            continue;
        }
        if let Some(answer) = super::recorded_answer(core, &take.request, &hash)? {
            found.insert(hash, answer);
        }
    }
    Ok(found)
}

/// Sends golden cases: in the workspace when there is one, else in memory. Gives each case's attempts.
pub(crate) async fn run_cases(
    core: Arc<Core>,
    cases: Vec<(Source, String)>,
    request: ReplayRequest,
) -> Result<Vec<(String, Attempt)>, ApiError> {
    let ids: Vec<String> = cases.iter().map(|(_, id)| id.clone()).collect();
    let planned = core
        .blocking(move |core| {
            let sources: Vec<(Source, Option<String>)> =
                cases.into_iter().map(|(source, id)| (source, Some(id))).collect();
            let planned = plan::plan_sources(core, &sources, &request, 0)?;
            run::check(&planned.plan, &planned.permissions)?;
            if core.workspace().is_ok() {
                super::remember_destinations(core, &request.allow_destinations)?;
            }
            Ok(planned)
        })
        .await?;
    let quiet = |_: &str, _: u32, _: u32| {};
    let cancel = CancellationToken::new();
    let outcome = if core.workspace().is_ok() {
        carry_out(&core, planned.plan.clone(), planned.prices, None, cancel, &quiet, None).await?
    } else {
        send(&core, &planned.plan, planned.prices, Arc::new(MemoryLog::default()), cancel, &quiet).await?
    };
    let mut attempts: Vec<(String, Attempt)> = Vec::new();
    for left_out in &planned.plan.left_out {
        let Some(case) = ids.get(left_out.case as usize) else { continue };
        let answer = Err(retake_golden::AnswerError { code: left_out.code, message: left_out.why.clone() });
        attempts.push((case.clone(), Attempt { variant: left_out.variant.clone(), repeat: 0, answer }));
    }
    for take in &planned.plan.takes {
        let Some(case) = ids.get(take.slot.case as usize) else { continue };
        let result = outcome.results.iter().find(|result| result.slot == take.slot);
        let answer = match result {
            Some(result) => view::answer_of(result, planned.plan.variant_name(&take.slot)),
            None => Err(unsent(outcome.error.as_ref())),
        };
        let variant = planned.plan.variant_name(&take.slot).to_owned();
        attempts.push((case.clone(), Attempt { variant, repeat: take.slot.repeat, answer }));
    }
    Ok(attempts)
}

fn unsent(error: Option<&ReplayError>) -> retake_golden::AnswerError {
    match error {
        Some(error) => retake_golden::AnswerError { code: error.code(), message: error.to_string() },
        None => retake_golden::AnswerError { code: Code::Cancelled, message: "the call was not sent".to_owned() },
    }
}
