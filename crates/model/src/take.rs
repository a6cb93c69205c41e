//! States of takes and runs.

use serde::{Deserialize, Serialize};

/// State of one take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TakeStatus {
    /// Planned, not sent or in flight.
    Pending,
    /// Answered in full.
    Done,
    /// The provider or the network failed; what was received is kept.
    Failed,
    /// The program ended while it streamed; what was committed is kept.
    Interrupted,
    /// Stopped by the user; what was received is kept.
    Cancelled,
}

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Takes are in flight.
    Running,
    /// Every take is finished.
    Done,
    /// Every take is finished, some failed.
    Failed,
    /// The program ended before it did.
    Interrupted,
    /// Stopped by the user.
    Cancelled,
    /// Stopped by its spending limit.
    Stopped,
}

/// What a vote on takes side by side chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoteChoice {
    /// One of them is better.
    Take,
    /// They are equally good.
    Tie,
    /// None is good.
    BothBad,
}

macro_rules! words {
    ($type:ty { $($variant:ident => $word:literal),* $(,)? }) => {
        impl $type {
            /// The word in documents and columns.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
            /// Inverse of `as_str`.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
words!(TakeStatus { Pending => "pending", Done => "done", Failed => "failed", Interrupted => "interrupted", Cancelled => "cancelled" });
words!(RunStatus { Running => "running", Done => "done", Failed => "failed", Interrupted => "interrupted", Cancelled => "cancelled", Stopped => "stopped" });
words!(VoteChoice { Take => "take", Tie => "tie", BothBad => "both_bad" });
words!(ChunkKind { Text => "text", Reasoning => "reasoning", ToolArguments => "tool_arguments", Event => "event" });

/// What a chunk of a live take carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChunkKind {
    /// Answer text.
    Text,
    /// Reasoning text.
    Reasoning,
    /// A piece of a tool call's arguments; `index` says of which call.
    ToolArguments,
    /// Anything else, as JSON: start of a tool call, finish reason, usage.
    Event,
}
