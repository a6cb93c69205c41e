//! A run: cases × variants × repeats. What it would do ([`Plan`]), whether it may ([`check`]), what it did ([`RunLog`]),
//! and the doing ([`execute`]).
//!
//! The order of things on disk: the plan before the first call, a reservation before each call, a ledger line before bytes
//! leave, a chunk before it is announced, the take's end after its last chunk.

mod budget;
mod check;
mod chunks;
mod execute;
mod log;
mod memory;
mod plan;

pub use check::{Permissions, check, new_destinations};
pub use execute::{Doing, Outcome, execute};
pub use log::{Chunk, LogError, RunEvent, RunLog, TakeFailure, TakeResult, TakeStart};
pub use memory::MemoryLog;
pub use plan::{Case, Estimate, LeftOut, Plan, PlanInput, PlannedTake, Slot, VariantLoss, plan};

use std::sync::Arc;

/// Filters text that arrives in pieces, holding back a tail that may be the beginning of a secret.
pub trait TextFilter: Send {
    /// Takes a piece and returns what is safe to keep.
    fn push(&mut self, text: &str) -> String;
    /// Returns what was held back.
    fn finish(&mut self) -> String;
}

/// Makes a filter for a new stream.
pub type Filters = Arc<dyn Fn() -> Box<dyn TextFilter> + Send + Sync>;

/// A filter that keeps everything, for tests and where the text was filtered before.
pub fn no_filter() -> Filters {
    struct Everything;
    impl TextFilter for Everything {
        fn push(&mut self, text: &str) -> String {
            text.to_owned()
        }
        fn finish(&mut self) -> String {
            String::new()
        }
    }
    Arc::new(|| Box::new(Everything))
}
