//! A run's log in memory: for checks in CI, which need no workspace, and for tests.

use super::{Chunk, LogError, Plan, RunLog, TakeResult, TakeStart};
use crate::egress::LedgerEvent;
use futures_util::future::BoxFuture;
use retake_model::RunStatus;
use std::collections::HashMap;
use std::sync::Mutex;

/// What was written, readable at any time.
#[derive(Debug, Default)]
pub struct MemoryLog {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    plan: Option<Plan>,
    started: Vec<TakeStart>,
    chunks: Vec<Chunk>,
    results: Vec<TakeResult>,
    ledger: Vec<LedgerEvent>,
    status: Option<RunStatus>,
    limit: Option<i64>,
    spent: i64,
    reserved: HashMap<String, i64>,
}

impl MemoryLog {
    /// The finished takes, in the order of their ends.
    pub fn results(&self) -> Vec<TakeResult> {
        self.read(|inner| inner.results.clone())
    }

    /// The takes that were sent.
    pub fn started(&self) -> Vec<TakeStart> {
        self.read(|inner| inner.started.clone())
    }

    /// The chunks of a take, in order.
    pub fn chunks_of(&self, take_id: &str) -> Vec<Chunk> {
        self.read(|inner| inner.chunks.iter().filter(|chunk| chunk.take_id == take_id).cloned().collect())
    }

    /// The ledger.
    pub fn ledger_events(&self) -> Vec<LedgerEvent> {
        self.read(|inner| inner.ledger.clone())
    }

    /// What was spent, without what is still reserved.
    pub fn spent_usd_nanos(&self) -> i64 {
        self.read(|inner| inner.spent)
    }

    /// The run's state, once it ended.
    pub fn status(&self) -> Option<RunStatus> {
        self.read(|inner| inner.status)
    }

    /// A poisoned lock means that a reader panicked while it copied: what it guards is whole.
    fn read<T>(&self, of: impl FnOnce(&mut Inner) -> T) -> T {
        let mut inner = self.inner.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        of(&mut inner)
    }

    fn write<T: Send + 'static>(&self, of: impl FnOnce(&mut Inner) -> T) -> BoxFuture<'static, Result<T, LogError>> {
        let value = self.read(of);
        Box::pin(std::future::ready(Ok(value)))
    }
}

impl RunLog for MemoryLog {
    fn planned<'a>(&'a self, plan: &'a Plan) -> BoxFuture<'a, Result<(), LogError>> {
        self.write(|inner| {
            inner.limit = plan.max_usd_nanos;
            inner.plan = Some(plan.clone());
        })
    }
    fn take_started<'a>(&'a self, start: &'a TakeStart) -> BoxFuture<'a, Result<(), LogError>> {
        self.write(|inner| inner.started.push(start.clone()))
    }
    fn chunks<'a>(&'a self, chunks: &'a [Chunk]) -> BoxFuture<'a, Result<(), LogError>> {
        self.write(|inner| inner.chunks.extend_from_slice(chunks))
    }
    fn take_finished<'a>(&'a self, result: &'a TakeResult) -> BoxFuture<'a, Result<(), LogError>> {
        self.write(|inner| inner.results.push(result.clone()))
    }
    fn reserve<'a>(
        &'a self,
        _run_id: &'a str,
        take_id: &'a str,
        usd_nanos: i64,
    ) -> BoxFuture<'a, Result<bool, LogError>> {
        self.write(|inner| {
            let reserved: i64 = inner.reserved.values().sum();
            if inner.limit.is_some_and(|limit| inner.spent.saturating_add(reserved).saturating_add(usd_nanos) > limit) {
                return false;
            }
            inner.reserved.insert(take_id.to_owned(), usd_nanos);
            true
        })
    }
    fn settle<'a>(&'a self, _run_id: &'a str, take_id: &'a str, usd_nanos: i64) -> BoxFuture<'a, Result<(), LogError>> {
        self.write(|inner| {
            inner.reserved.remove(take_id);
            inner.spent = inner.spent.saturating_add(usd_nanos);
        })
    }
    fn ledger<'a>(&'a self, event: &'a LedgerEvent) -> BoxFuture<'a, Result<(), LogError>> {
        self.write(|inner| inner.ledger.push(event.clone()))
    }
    fn run_finished<'a>(&'a self, _run_id: &'a str, status: RunStatus) -> BoxFuture<'a, Result<(), LogError>> {
        self.write(|inner| inner.status = Some(status))
    }
}
