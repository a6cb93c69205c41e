//! Jobs: one shape for all long work.

use super::{Ns, document};

document! {
    /// A job.
    pub struct Job {
        /// Id.
        pub job_id: String,
        /// `import`, `run`, `check`.
        pub kind: String,
        /// One line for people.
        pub title: String,
        /// `running`, `done`, `failed`, `cancelled`, `interrupted`.
        pub state: String,
        /// Start.
        pub started_ns: Ns,
        /// End.
        pub ended_ns: Option<Ns>,
        /// Last progress.
        pub progress: Progress,
        /// Result document, or error.
        #[ts(type = "unknown")]
        pub result: Option<serde_json::Value>,
    }

    /// How far a job is. `null` is unknown.
    pub struct Progress {
        /// Done, in `unit`.
        pub done: Option<u64>,
        /// Of this many.
        pub total: Option<u64>,
        /// `bytes`, `calls`, `cases`.
        pub unit: String,
        /// Records so far.
        pub records: Option<u64>,
        /// Records a second.
        pub rate: Option<f64>,
        /// Time left.
        pub left_ms: Option<f64>,
    }

    /// Jobs, newest first.
    pub struct Jobs {
        /// Jobs.
        pub jobs: Vec<Job>,
    }

    /// A job that was started.
    pub struct JobStarted {
        /// Job.
        pub job_id: String,
    }

    /// Events that the caller has not seen.
    pub struct JobEventsRequest {
        /// Job.
        pub job_id: String,
        /// Last number seen.
        #[serde(default)]
        pub after_seq: Option<u32>,
    }

    /// One event.
    pub struct JobEvent {
        /// Number.
        pub seq: u32,
        /// When.
        pub at_ns: Ns,
        /// Document.
        #[ts(type = "unknown")]
        pub event: serde_json::Value,
    }

    /// Events.
    pub struct JobEvents {
        /// In order.
        pub events: Vec<JobEvent>,
        /// The job now.
        pub job: Job,
    }
}
