//! What a run keeps, and the two kinds of place where: a workspace (implemented where the store is known) and memory.

use super::{Plan, Slot};
use crate::egress::LedgerEvent;
use futures_util::future::BoxFuture;
use retake_model::{Answer, ChunkKind, Code, Fidelity, RunStatus, TakeStatus};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The log could not be written. The run ends: nothing is sent that could not be kept.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{why}")]
pub struct LogError {
    /// Why.
    pub why: String,
    /// Its code: `RTK-S006` for a full disk, `RTK-R010` when another program works on the run, …
    pub code: Code,
}

/// One piece of a live take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Take.
    pub take_id: String,
    /// 0, 1, 2… without gaps within the take.
    pub seq: u32,
    /// Microseconds since the take was sent.
    pub at_us: u64,
    /// What it carries.
    pub kind: ChunkKind,
    /// Which tool call, for arguments and the event that begins a call.
    pub index: u32,
    /// Text in UTF-8; a JSON object for events.
    pub bytes: Vec<u8>,
}

/// A take is about to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeStart {
    /// Take.
    pub take_id: String,
    /// When.
    pub started_ns: i64,
    /// 0 for the first attempt.
    pub attempt: u32,
    /// Body that goes out.
    pub body: Value,
}

/// A finished take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeResult {
    /// Take.
    pub take_id: String,
    /// What it answers.
    pub slot: Slot,
    /// `done`, `failed` or `cancelled`.
    pub status: TakeStatus,
    /// What came: the whole answer, or what there is of it. Filtered as the chunks were.
    pub answer: Answer,
    /// When it was sent.
    pub started_ns: i64,
    /// From sending to the end; `None` when nothing was sent.
    pub latency_ms: Option<f64>,
    /// From sending to the first token; `None` when there was none.
    pub ttft_ms: Option<f64>,
    /// Cost: what the provider stated, else from the price table; `None` when it cannot be told.
    pub cost_usd_nanos: Option<i64>,
    /// Version of the price table that gave the cost.
    pub price_version: Option<String>,
    /// How well the request was known.
    pub fidelity: Fidelity,
    /// True when a recording answered.
    pub cached: bool,
    /// Attempts made.
    pub attempts: u32,
    /// What went wrong.
    pub error: Option<TakeFailure>,
}

/// Why a take is not done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeFailure {
    /// Code.
    pub code: Code,
    /// Message, without the key.
    pub message: String,
    /// HTTP status, when there was one.
    pub status: Option<u16>,
    /// The provider's body, when it sent one.
    pub body: Option<String>,
}

/// What a run keeps. Each call returns when it is on disk.
pub trait RunLog: Send + Sync {
    /// Keeps the plan: the run exists from here on.
    fn planned<'a>(&'a self, plan: &'a Plan) -> BoxFuture<'a, Result<(), LogError>>;
    /// A take is about to be sent.
    fn take_started<'a>(&'a self, start: &'a TakeStart) -> BoxFuture<'a, Result<(), LogError>>;
    /// Keeps chunks of any takes, all or none.
    fn chunks<'a>(&'a self, chunks: &'a [Chunk]) -> BoxFuture<'a, Result<(), LogError>>;
    /// Keeps the end of a take.
    fn take_finished<'a>(&'a self, result: &'a TakeResult) -> BoxFuture<'a, Result<(), LogError>>;
    /// Reserves cost for a take, atomically: `false` when spent and reserved cost would pass the run's limit.
    fn reserve<'a>(
        &'a self,
        run_id: &'a str,
        take_id: &'a str,
        usd_nanos: i64,
    ) -> BoxFuture<'a, Result<bool, LogError>>;
    /// Replaces a take's reservation by its real cost.
    fn settle<'a>(&'a self, run_id: &'a str, take_id: &'a str, usd_nanos: i64) -> BoxFuture<'a, Result<(), LogError>>;
    /// Keeps a line of the ledger.
    fn ledger<'a>(&'a self, event: &'a LedgerEvent) -> BoxFuture<'a, Result<(), LogError>>;
    /// Keeps the end of the run.
    fn run_finished<'a>(&'a self, run_id: &'a str, status: RunStatus) -> BoxFuture<'a, Result<(), LogError>>;
}

/// What is announced, after it is on disk.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEvent {
    /// A take was sent.
    TakeStarted {
        /// Take.
        take_id: String,
        /// What it answers.
        slot: Slot,
    },
    /// Chunks of any takes.
    Chunks(Vec<Chunk>),
    /// A take ended.
    TakeFinished(Box<TakeResult>),
    /// The run ended.
    RunFinished(RunStatus),
}
