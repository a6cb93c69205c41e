//! Arguments of what sends and what keeps it: `replay`, `runs`, `prompt`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What may be sent where, and for how much.
#[derive(Debug, Clone, Args)]
pub struct Sending {
    /// Spending limit in dollars
    #[arg(long, value_name = "X")]
    pub max_usd: Option<f64>,
    /// Allow a destination that this workspace has not used before
    #[arg(long, value_name = "HOST")]
    pub allow_destination: Vec<String>,
    /// Allow models without a price
    #[arg(long)]
    pub allow_unpriced: bool,
}

/// `replay`.
#[derive(Debug, Args)]
pub struct Replay {
    /// Model calls; a trace stands for its last call that holds messages
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// The last call of each trace of this query
    #[arg(long, conflicts_with = "ids", value_name = "QUERY")]
    pub query: Option<String>,
    /// A request body or curl command instead; `-` is standard input
    #[arg(long, conflicts_with_all = ["ids", "query"], value_name = "FILE")]
    pub request: Option<String>,
    #[arg(long = "variant", value_name = "SPEC", help = variant_help())]
    pub variants: Vec<String>,
    /// Variants from a YAML file
    #[arg(long, conflicts_with = "variants", value_name = "FILE")]
    pub plan: Option<PathBuf>,
    /// How often each
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeats: u32,
    /// Say what it would send and cost, and send nothing
    #[arg(long)]
    pub estimate: bool,
    /// Limits
    #[command(flatten)]
    pub sending: Sending,
    /// Calls at once
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=512))]
    pub concurrency: Option<u32>,
    /// Lowest fidelity of the request that is good enough
    #[arg(long, value_name = "LEVEL")]
    pub accept_fidelity: Option<String>,
}

/// `runs`.
#[derive(Debug, Subcommand)]
pub enum Runs {
    /// Newest first
    List,
    /// A run with its takes
    Show {
        /// Run
        id: String,
    },
    /// Send what has no finished take
    Resume {
        /// Run
        id: String,
        /// Send the calls that failed once more
        #[arg(long)]
        failed: bool,
    },
    /// Stop a run
    Cancel {
        /// Run
        id: String,
    },
}

/// `compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// Takes or spans
    #[arg(required = true, num_args = 2..=8, value_name = "TAKE")]
    pub takes: Vec<String>,
    /// Diff by lines instead of words
    #[arg(long)]
    pub lines: bool,
    /// Vote: the place of the better take (1, 2 …), `tie`, `both-bad`, or `undo` for the last vote on these takes
    #[arg(long, value_name = "WHICH")]
    pub vote: Option<String>,
    /// Why, kept with the vote
    #[arg(long, requires = "vote", value_name = "TEXT")]
    pub note: Option<String>,
}

/// `prompt`.
#[derive(Debug, Subcommand)]
pub enum Prompt {
    /// All prompts
    List,
    /// One prompt with versions, labels and history
    Show {
        /// Prompt
        name: String,
    },
    /// A new version; the same text makes none
    New {
        /// Prompt; NAME@7 gives the version its number, above all others
        name: String,
        /// Template; `-` is standard input
        #[arg(long, value_name = "PATH")]
        file: String,
    },
    /// Two versions
    Diff {
        /// Prompt
        name: String,
        /// Version or label
        a: String,
        /// Version or label
        b: String,
    },
    /// Move a label
    Label {
        /// `NAME@VERSION`
        at: String,
        /// Label
        label: String,
    },
    /// Put a label back to where it stood before
    Rollback {
        /// Prompt
        name: String,
        /// Label
        label: String,
    },
    /// Print a version's text
    Get {
        /// `NAME@LABEL` or `NAME@VERSION`
        at: String,
    },
}

/// What `--variant` takes.
pub(super) fn variant_help() -> String {
    format!("A way to send it: `original`, or `key=value,…` with the keys {}", retake_api::VARIANT_KEYS.join(", "))
}
