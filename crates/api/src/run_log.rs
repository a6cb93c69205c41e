//! A run's log in the workspace. Each call returns when it is on disk; then it is announced.

use crate::handlers::replay::counts;
use crate::host::Host;
use futures_util::future::BoxFuture;
use retake_model::{Coded, RunStatus, TakeStatus};
use retake_replay::egress::{Ledger, LedgerEntry, LedgerEvent};
use retake_replay::run::{Chunk, LogError, Plan, RunLog, TakeResult, TakeStart};
use retake_store::{ChunkRow, LedgerRow, RunRow, StoreError, TakeRow, Workspace};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

/// Version of the JSON that a finished take is kept as.
const RESULT_VERSION: u32 = 1;

/// The log of one run.
pub(crate) struct WorkspaceLog {
    workspace: Workspace,
    host: Arc<dyn Host>,
    run_id: String,
    takes: Mutex<HashMap<String, TakeRow>>,
    reserved: Mutex<HashMap<String, i64>>,
    bodies: Mutex<HashMap<String, Value>>,
    resumed: bool,
    planned: Mutex<Option<oneshot::Sender<()>>>,
}

impl WorkspaceLog {
    /// A log for a new run, or (`resumed`) for more takes of one that is there. `planned` is told when the plan is on disk.
    pub(crate) fn new(
        workspace: Workspace,
        host: Arc<dyn Host>,
        run_id: &str,
        resumed: bool,
        planned: Option<oneshot::Sender<()>>,
    ) -> Arc<Self> {
        Arc::new(Self {
            workspace,
            host,
            run_id: run_id.to_owned(),
            takes: Mutex::default(),
            reserved: Mutex::default(),
            bodies: Mutex::default(),
            resumed,
            planned: Mutex::new(planned),
        })
    }

    /// Runs a write off the asynchronous threads.
    fn write<'a, T, F>(&'a self, work: F) -> BoxFuture<'a, Result<T, LogError>>
    where
        T: Send + 'static,
        F: FnOnce(&Workspace) -> Result<T, StoreError> + Send + 'static,
    {
        let workspace = self.workspace.clone();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || work(&workspace)).await;
            match done {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) => Err(LogError { why: error.to_string(), code: error.code() }),
                Err(why) => Err(LogError { why: why.to_string(), code: retake_model::Code::Internal }),
            }
        })
    }

    fn row_of(&self, take_id: &str) -> Option<TakeRow> {
        lock(&self.takes).get(take_id).cloned()
    }
}

/// Whoever waited may have gone.
fn tell(waiting: Option<oneshot::Sender<()>>) {
    if let Some(waiting) = waiting {
        let _told = waiting.send(());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Each write below is one insertion or removal: a panicking holder leaves the map whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The rows of a plan's takes, pending.
fn rows_of(plan: &Plan) -> Vec<TakeRow> {
    let row = |take: &retake_replay::run::PlannedTake| {
        let case = plan.cases.get(take.slot.case as usize);
        TakeRow {
            take_id: take.take_id.clone(),
            run_id: plan.run_id.clone(),
            slot: slot_number(plan, &take.slot),
            trace_id: case.and_then(|case| case.trace_id.clone()),
            span_id: case.and_then(|case| case.span_id.clone()),
            variant: plan.variant_name(&take.slot).to_owned(),
            repeat: take.slot.repeat,
            status: TakeStatus::Pending,
            started_ns: None,
            result: None,
        }
    };
    plan.takes.iter().map(row).collect()
}

/// A slot as one number, in the order of sending.
pub(crate) fn slot_number(plan: &Plan, slot: &retake_replay::run::Slot) -> u32 {
    let variants = u32::try_from(plan.variants.len()).unwrap_or(u32::MAX);
    slot.case
        .saturating_mul(variants)
        .saturating_add(slot.variant)
        .saturating_mul(plan.repeats)
        .saturating_add(slot.repeat)
}

/// What is kept of a finished take: versioned, with the body that was sent.
pub(crate) fn result_document(result: &TakeResult, body: Option<Value>) -> Value {
    json!({ "version": RESULT_VERSION, "take": result, "request": body })
}

/// Reads what [`result_document`] wrote.
pub(crate) fn read_result(document: &Value) -> Option<(TakeResult, Option<Value>)> {
    if document.get("version")?.as_u64()? > u64::from(RESULT_VERSION) {
        return None;
    }
    let take = serde_json::from_value(document.get("take")?.clone()).ok()?;
    Some((take, document.get("request").filter(|body| !body.is_null()).cloned()))
}

impl RunLog for WorkspaceLog {
    fn planned<'a>(&'a self, plan: &'a Plan) -> BoxFuture<'a, Result<(), LogError>> {
        let rows = rows_of(plan);
        lock(&self.takes).extend(rows.iter().map(|row| (row.take_id.clone(), row.clone())));
        let told = lock(&self.planned).take();
        if self.resumed {
            let run_id = self.run_id.clone();
            return self.write(move |workspace| {
                let known: HashSet<String> =
                    workspace.takes_of_run(&run_id)?.into_iter().map(|row| row.take_id).collect();
                rows.iter().filter(|row| !known.contains(&row.take_id)).try_for_each(|row| workspace.add_take(row))?;
                workspace.set_run_status(&run_id, RunStatus::Running)?;
                tell(told);
                Ok(())
            });
        }
        let plan_json = match serde_json::to_value(plan) {
            Ok(json) => json,
            Err(why) => {
                let error = LogError { why: why.to_string(), code: retake_model::Code::Internal };
                return Box::pin(std::future::ready(Err(error)));
            }
        };
        let run = RunRow {
            run_id: plan.run_id.clone(),
            status: RunStatus::Running,
            started_ns: self.host.now_ns(),
            plan: json!({ "version": 1, "plan": plan_json }),
            max_usd_nanos: plan.max_usd_nanos,
            spent_usd_nanos: 0,
        };
        self.write(move |workspace| {
            workspace.create_run(&run, &rows)?;
            tell(told);
            Ok(())
        })
    }

    fn take_started<'a>(&'a self, start: &'a TakeStart) -> BoxFuture<'a, Result<(), LogError>> {
        if let Some(row) = lock(&self.takes).get_mut(&start.take_id) {
            row.started_ns = Some(start.started_ns);
        }
        lock(&self.bodies).insert(start.take_id.clone(), start.body.clone());
        let (take_id, started_ns) = (start.take_id.clone(), start.started_ns);
        self.write(move |workspace| workspace.start_take(&take_id, started_ns))
    }

    fn chunks<'a>(&'a self, chunks: &'a [Chunk]) -> BoxFuture<'a, Result<(), LogError>> {
        let mut by_take: BTreeMap<String, Vec<ChunkRow>> = BTreeMap::new();
        for chunk in chunks {
            by_take.entry(chunk.take_id.clone()).or_default().push(ChunkRow {
                seq: chunk.seq,
                at_us: i64::try_from(chunk.at_us).unwrap_or(i64::MAX),
                kind: chunk.kind,
                index: chunk.index,
                bytes: chunk.bytes.clone(),
            });
        }
        let rows: Vec<(String, Vec<ChunkRow>)> = by_take.into_iter().collect();
        self.write(move |workspace| workspace.append_chunks(&rows))
    }

    fn take_finished<'a>(&'a self, result: &'a TakeResult) -> BoxFuture<'a, Result<(), LogError>> {
        let Some(mut row) = self.row_of(&result.take_id) else {
            let why = format!("take {} was never planned", result.take_id);
            return Box::pin(std::future::ready(Err(LogError { why, code: retake_model::Code::Internal })));
        };
        let body = lock(&self.bodies).remove(&result.take_id);
        row.status = result.status;
        row.started_ns = Some(result.started_ns);
        row.result = Some(result_document(result, body));
        self.write(move |workspace| workspace.finish_take(&row))
    }

    fn reserve<'a>(
        &'a self,
        run_id: &'a str,
        take_id: &'a str,
        usd_nanos: i64,
    ) -> BoxFuture<'a, Result<bool, LogError>> {
        let (run, take) = (run_id.to_owned(), take_id.to_owned());
        Box::pin(async move {
            let granted = self.write(move |workspace| workspace.reserve(&run, usd_nanos)).await?;
            if granted {
                lock(&self.reserved).insert(take, usd_nanos);
            }
            Ok(granted)
        })
    }

    fn settle<'a>(&'a self, run_id: &'a str, take_id: &'a str, usd_nanos: i64) -> BoxFuture<'a, Result<(), LogError>> {
        let reserved = lock(&self.reserved).remove(take_id).unwrap_or(0);
        let run = run_id.to_owned();
        self.write(move |workspace| workspace.settle(&run, reserved, usd_nanos))
    }

    fn ledger<'a>(&'a self, event: &'a LedgerEvent) -> BoxFuture<'a, Result<(), LogError>> {
        let row = ledger_row(event, self.host.now_ns());
        self.write(move |workspace| workspace.append_ledger(&row))
    }

    fn run_finished<'a>(&'a self, run_id: &'a str, status: RunStatus) -> BoxFuture<'a, Result<(), LogError>> {
        let (run, resumed) = (run_id.to_owned(), self.resumed);
        self.write(move |workspace| {
            // What was resumed is a part: the other calls are those of the run all the same.
            let whole = if resumed && matches!(status, RunStatus::Done | RunStatus::Failed) {
                let counts = counts(&workspace.takes_of_run(&run)?);
                match (counts.pending, counts.failed) {
                    (0, 0) => RunStatus::Done,
                    (0, _) => RunStatus::Failed,
                    _ => RunStatus::Interrupted,
                }
            } else {
                status
            };
            workspace.set_run_status(&run, whole)
        })
    }
}

/// What a line says that takes an earlier one back.
pub(crate) const UNSENT: &str = "no connection was made, so nothing left";

/// Stands before the line that an answer belongs to.
pub(crate) const ANSWER_TO: &str = "answer to ";

/// A line of the ledger. What came back is a line of its own: a line that was written is never changed.
fn ledger_row(event: &LedgerEvent, now_ns: i64) -> LedgerRow {
    match event {
        LedgerEvent::Sent(entry) => LedgerRow {
            at_ns: entry.at_ns,
            destination: entry.destination.clone(),
            why: entry.why.clone(),
            bytes_sent: i64::try_from(entry.bytes_sent).unwrap_or(i64::MAX),
            bytes_received: 0,
            take_id: entry.take_id.clone(),
        },
        LedgerEvent::Unsent(entry) => LedgerRow {
            at_ns: now_ns,
            destination: String::new(),
            why: UNSENT.to_owned(),
            bytes_sent: i64::try_from(entry.bytes_sent).map_or(i64::MIN, |bytes| -bytes),
            bytes_received: 0,
            take_id: entry.take_id.clone(),
        },
        LedgerEvent::Received { entry_id, bytes_received } => LedgerRow {
            at_ns: now_ns,
            destination: String::new(),
            why: format!("{ANSWER_TO}{entry_id}"),
            bytes_sent: 0,
            bytes_received: *bytes_received,
            take_id: None,
        },
    }
}

/// The ledger for what is sent outside a run.
pub(crate) struct WorkspaceLedger {
    workspace: Workspace,
    host: Arc<dyn Host>,
}

impl WorkspaceLedger {
    pub(crate) fn new(workspace: Workspace, host: Arc<dyn Host>) -> Self {
        Self { workspace, host }
    }
}

impl Ledger for WorkspaceLedger {
    fn sent(&self, entry: LedgerEntry) -> BoxFuture<'_, Result<(), LogError>> {
        let row = ledger_row(&LedgerEvent::Sent(entry), self.host.now_ns());
        let workspace = self.workspace.clone();
        Box::pin(async move {
            match tokio::task::spawn_blocking(move || workspace.append_ledger(&row)).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => Err(LogError { why: error.to_string(), code: error.code() }),
                Err(why) => Err(LogError { why: why.to_string(), code: retake_model::Code::Internal }),
            }
        })
    }

    fn unsent(&self, entry: LedgerEntry) {
        if let Err(why) = self.workspace.append_ledger(&ledger_row(&LedgerEvent::Unsent(entry), self.host.now_ns())) {
            tracing::error!(%why, "the ledger could not be written");
        }
    }

    fn received(&self, entry_id: &str, bytes_received: u64) {
        let event = LedgerEvent::Received { entry_id: entry_id.to_owned(), bytes_received };
        if let Err(why) = self.workspace.append_ledger(&ledger_row(&event, self.host.now_ns())) {
            tracing::error!(%why, "the ledger could not be written");
        }
    }
}
