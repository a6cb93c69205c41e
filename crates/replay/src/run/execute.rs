//! Carrying a plan out.

use super::budget::{Admission, Budget};
use super::chunks::{Item, Recorder, RunLedger, commit};
use super::plan::price_provider;
use super::{Filters, LogError, Plan, PlannedTake, RunEvent, RunLog, TakeFailure, TakeResult, TakeStart};
use crate::egress::{Egress, Now};
use crate::provider::{Call, Recordings, Way};
use crate::{ProviderError, ReplayError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use retake_model::{Answer, Coded, RunStatus, TakeStatus};
use retake_wire::PriceTable;
use secrecy::SecretString;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What a run needs besides its plan.
#[derive(Clone)]
pub struct Doing {
    /// Where it is kept.
    pub log: Arc<dyn RunLog>,
    /// Keys by connection; see [`crate::secrets::of_plan`].
    pub keys: HashMap<String, SecretString>,
    /// Answers for the provider `recorded`.
    pub recordings: Recordings,
    /// Prices, for what a take cost.
    pub prices: Arc<PriceTable>,
    /// Filters of what the provider sends.
    pub filters: Filters,
    /// Clock.
    pub now_ns: Now,
    /// Stops it: what is under way keeps what came, what is not sent stays pending.
    pub cancel: CancellationToken,
    /// Told after things are on disk.
    pub announce: Arc<dyn Fn(RunEvent) + Send + Sync>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// State.
    pub status: RunStatus,
    /// The takes that ended, in the order of the plan.
    pub results: Vec<TakeResult>,
    /// Why it is not whole: `RTK-R009` at the limit, `RTK-R011` when stopped. A failed take carries its own error.
    pub error: Option<ReplayError>,
}

/// Carries out a plan (the whole, or what [`Plan::resume`] left): at most `concurrency` calls at once, in order.
///
/// # Errors
/// `RTK-R006` when the plan names a destination that it does not allow, the log's code when it cannot be written. What was
/// kept until then is in the log.
pub async fn execute(plan: &Plan, doing: &Doing) -> Result<Outcome, ReplayError> {
    let new = super::new_destinations(plan, &plan.allowed_destinations);
    if !new.is_empty() {
        return Err(ReplayError::DestinationNew { destinations: new });
    }
    doing.log.planned(plan).await.map_err(log_failed)?;
    let (items, received) = mpsc::unbounded_channel();
    let ledger = RunLedger { log: Arc::clone(&doing.log), items: items.downgrade() };
    let egress = Egress::new(plan.allowed_destinations.iter().cloned(), Arc::clone(&doing.now_ns), Arc::new(ledger))?;
    let way = Way { egress, recordings: Arc::clone(&doing.recordings) };
    let (ended, committed) = tokio::join!(drive(plan, doing, &way, items), async {
        let committed = commit(received, &*doing.log, &*doing.announce).await;
        if committed.is_err() {
            // Nothing more may be sent that could not be kept.
            doing.cancel.cancel();
        }
        committed
    });
    committed.map_err(log_failed)?;
    let ended = ended.map_err(log_failed)?;
    doing.log.run_finished(&plan.run_id, ended.status).await.map_err(log_failed)?;
    (doing.announce)(RunEvent::RunFinished(ended.status));
    Ok(ended)
}

async fn drive(plan: &Plan, doing: &Doing, way: &Way, items: mpsc::UnboundedSender<Item>) -> Result<Outcome, LogError> {
    let mut queue: VecDeque<&PlannedTake> = plan.takes.iter().collect();
    let mut running = FuturesUnordered::new();
    let mut budget = Budget::new(&plan.run_id, plan.max_usd_nanos.is_some(), &*doing.log);
    let mut results = Vec::new();
    let mut at_limit = false;
    loop {
        while running.len() < plan.concurrency as usize && !at_limit && !doing.cancel.is_cancelled() {
            let Some(take) = queue.front().copied() else { break };
            match budget.admit(take).await? {
                Admission::Go => {
                    queue.pop_front();
                    running.push(one_take(plan, take, doing, way, items.clone()));
                }
                Admission::Wait => break,
                Admission::Stop => at_limit = true,
            }
        }
        let Some(ended) = running.next().await else { break };
        let (take, result, spent) = ended?;
        budget.settle(take, spent).await?;
        doing.log.take_finished(&result).await?;
        (doing.announce)(RunEvent::TakeFinished(Box::new(result.clone())));
        results.push(result);
    }
    results.sort_by(|a, b| a.slot.cmp(&b.slot));
    let cancelled =
        doing.cancel.is_cancelled() && (!queue.is_empty() || results.iter().any(|r| r.status == TakeStatus::Cancelled));
    let (status, error) = if cancelled {
        (RunStatus::Cancelled, Some(ReplayError::Cancelled))
    } else if at_limit {
        (RunStatus::Stopped, Some(ReplayError::SpendingLimit { limit_usd_nanos: plan.max_usd_nanos.unwrap_or(0) }))
    } else if results.iter().any(|result| result.status == TakeStatus::Failed) {
        (RunStatus::Failed, None)
    } else {
        (RunStatus::Done, None)
    };
    Ok(Outcome { status, results, error })
}

/// One take from its start to its last chunk on disk, and what it spent (`None`: not known).
async fn one_take<'a>(
    plan: &'a Plan,
    take: &'a PlannedTake,
    doing: &'a Doing,
    way: &'a Way,
    items: mpsc::UnboundedSender<Item>,
) -> Result<(&'a PlannedTake, TakeResult, Option<i64>), LogError> {
    let started_ns = (doing.now_ns)();
    let body = take.body().map_err(|error| LogError { why: error.to_string(), code: error.code() })?;
    let start = TakeStart { take_id: take.take_id.clone(), started_ns, attempt: 0, body };
    doing.log.take_started(&start).await?;
    (doing.announce)(RunEvent::TakeStarted { take_id: take.take_id.clone(), slot: take.slot.clone() });
    let mut recorder = Recorder::new(&take.take_id, items, Arc::clone(&doing.filters));
    let call = call_of(take, doing);
    let sent = tokio::select! {
        biased;
        () = doing.cancel.cancelled() => None,
        sent = send(take, &call, way, &mut recorder) => Some(sent),
    };
    let (latency_ms, ttft_ms) = (recorder.latency_ms(), recorder.ttft_ms());
    let kept = recorder.finish().await;
    if !kept {
        return Err(LogError {
            why: "the chunks of a take could not be kept".into(),
            code: retake_model::Code::StoreFailed,
        });
    }
    let answer = recorder.answer();
    let (status, error) = match &sent {
        None => (TakeStatus::Cancelled, None),
        Some(Ok(_)) => (TakeStatus::Done, None),
        Some(Err(error)) => (TakeStatus::Failed, Some(failure_of(error, doing))),
    };
    let cost = cost_of(take, &answer, doing, started_ns);
    let spent = match (&sent, cost.as_ref()) {
        _ if take.destination.is_none() => Some(0),
        (_, Some((cost, _))) => Some(*cost),
        (Some(Err(error)), None) if !recorder.received() && nothing_was_done(error) => Some(0),
        (None, None) if latency_ms.is_none() => Some(0),
        _ => None,
    };
    let (cost_usd_nanos, price_version) = cost.map_or((None, None), |(cost, version)| (Some(cost), version));
    tracing::info!(take_id = %take.take_id, run_id = %plan.run_id, status = status.as_str(), code = error.as_ref().map(|e: &TakeFailure| e.code.as_str()), "take ended");
    let result = TakeResult {
        take_id: take.take_id.clone(),
        slot: take.slot.clone(),
        status,
        answer,
        started_ns,
        latency_ms,
        ttft_ms,
        cost_usd_nanos,
        price_version,
        fidelity: take.fidelity,
        cached: take.destination.is_none(),
        attempts: recorder.attempts,
        error,
    };
    Ok((take, result, spent))
}

async fn send(take: &PlannedTake, call: &Call, way: &Way, recorder: &mut Recorder) -> Result<Answer, ProviderError> {
    let provider = take
        .target
        .provider()
        .map_err(|error| ProviderError::Connection { connection: call.connection.clone(), why: error.to_string() })?;
    provider.send(call, way, recorder).await
}

fn call_of(take: &PlannedTake, doing: &Doing) -> Call {
    Call {
        take_id: take.take_id.clone(),
        connection: take.target.connection.clone(),
        base_url: take.target.base_url.clone(),
        key: doing.keys.get(&take.target.connection).cloned(),
        request: take.request.clone(),
        stream: take.stream,
        first_token_timeout: take.first_token_timeout_ms.map(Duration::from_millis),
        timeout: take.timeout_ms.map(Duration::from_millis),
        retries: take.retries,
    }
}

/// What an answer cost, and the price table that says so: the provider's own statement goes first.
fn cost_of(take: &PlannedTake, answer: &Answer, doing: &Doing, at_ns: i64) -> Option<(i64, Option<String>)> {
    if let Some(reported) = answer.reported_usd_nanos {
        return Some((reported, None));
    }
    let provider = price_provider(&take.target).filter(|_| take.destination.is_some());
    let price = doing.prices.lookup(provider, answer.model.as_deref(), take.request.model.as_deref(), at_ns)?;
    Some((price.cost_usd_nanos(&answer.usage)?, Some(doing.prices.version().to_owned())))
}

/// Whether an error says that the provider did no work that it could charge.
fn nothing_was_done(error: &ProviderError) -> bool {
    use ProviderError as E;
    matches!(
        error,
        E::Refused { .. }
            | E::RateLimited { .. }
            | E::KeyRejected { .. }
            | E::Unreachable { .. }
            | E::NotAllowed { .. }
            | E::Connection { .. }
            | E::KeyInvalid { .. }
            | E::NotKept { .. }
            | E::RecordingMissing
    )
}

/// The error as it is kept: in the provider's own words, which pass the same filter as its answers.
fn failure_of(error: &ProviderError, doing: &Doing) -> TakeFailure {
    let (status, body) = match error {
        ProviderError::Refused { status, body, .. } => (Some(*status), Some(body.as_str())),
        ProviderError::RateLimited { body, .. } => (Some(429), Some(body.as_str())),
        ProviderError::KeyRejected { status, .. } => (Some(*status), None),
        _ => (None, None),
    };
    let filtered = |text: &str| {
        let mut filter = (doing.filters)();
        filter.push(text) + &filter.finish()
    };
    TakeFailure { code: error.code(), message: filtered(&error.to_string()), status, body: body.map(filtered) }
}

fn log_failed(error: LogError) -> ReplayError {
    ReplayError::Log { why: error.why, code: error.code }
}
