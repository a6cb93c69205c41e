//! Runs, their takes, jobs.

use retake_model::{ChunkKind, Id, RunStatus, TakeStatus, VoteChoice};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// UUIDv7.
    pub run_id: String,
    /// State.
    pub status: RunStatus,
    /// Start.
    pub started_ns: i64,
    /// The plan as JSON (versioned by its writer).
    pub plan: Value,
    /// Spending limit in nano-dollars.
    pub max_usd_nanos: Option<i64>,
    /// Reserved and settled so far.
    pub spent_usd_nanos: i64,
}

/// A take.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TakeRow {
    /// UUIDv7.
    pub take_id: String,
    /// Run.
    pub run_id: String,
    /// Position of the slot in the plan: the same for a take and the one that replaces it after an interruption.
    pub slot: u32,
    /// Trace and span that it replays; `None` for a pasted request.
    pub trace_id: Option<Id>,
    /// Span.
    pub span_id: Option<Id>,
    /// Variant's name.
    pub variant: String,
    /// Repeat, from 0.
    pub repeat: u32,
    /// State.
    pub status: TakeStatus,
    /// When it was sent.
    pub started_ns: Option<i64>,
    /// The finished take as JSON (answer, usage, cost, latency, error, fidelity, request sent), versioned by its writer.
    pub result: Option<Value>,
}

/// A committed piece of a live take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkRow {
    /// 0, 1, 2 … without gaps.
    pub seq: u32,
    /// Microseconds since the take was sent.
    pub at_us: i64,
    /// What it carries.
    pub kind: ChunkKind,
    /// Which tool call, for arguments.
    pub index: u32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A vote on takes that were shown side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoteRow {
    /// UUIDv7.
    pub vote_id: String,
    /// When.
    pub at_ns: i64,
    /// The takes in the order in which they were shown: a take's id, or `span:TRACE/SPAN` for a recorded answer.
    pub takes: Vec<String>,
    /// What was chosen.
    pub choice: VoteChoice,
    /// The take that was chosen, for [`VoteChoice::Take`].
    pub winner: Option<String>,
    /// Why, in the voter's words.
    pub note: Option<String>,
    /// Whether the names of the takes were hidden.
    pub blind: bool,
}

/// What was sent to where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the words say it; units are in the names")]
pub struct LedgerRow {
    pub at_ns: i64,
    pub destination: String,
    pub why: String,
    /// Below 0 where the line takes an earlier one back.
    pub bytes_sent: i64,
    pub bytes_received: u64,
    pub take_id: Option<String>,
}

/// A job: import, run, check; the truth about long work that survives a reload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobRow {
    /// UUIDv7.
    pub job_id: String,
    /// `import`, `undo`, `run`, `check`, `export`.
    pub kind: String,
    /// One line for people.
    pub title: String,
    /// `running`, `done`, `failed`, `cancelled`, `interrupted`.
    pub state: String,
    /// Start.
    pub started_ns: i64,
    /// End.
    pub ended_ns: Option<i64>,
    /// Last progress document.
    pub progress: Value,
    /// Result or error document.
    pub result: Option<Value>,
}

/// One event of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobEventRow {
    /// 0, 1, 2 …
    pub seq: u32,
    /// When.
    pub at_ns: i64,
    /// Document.
    pub event: Value,
}
