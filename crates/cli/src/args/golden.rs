//! Arguments of golden sets: `promote`, `check`.

use super::replay::{Sending, variant_help};
use clap::Args;

/// `promote`.
#[derive(Debug, Args)]
pub struct Promote {
    /// Span or take
    pub id: String,
    /// Folder of the golden set; made when it is not there
    #[arg(long, value_name = "DIR")]
    pub set: String,
    /// Name of the case
    #[arg(long, value_name = "SLUG")]
    pub name: Option<String>,
    /// An assertion: `TYPE:VALUE`, `not-TYPE:VALUE` or JSON
    #[arg(long = "assert", value_name = "SPEC")]
    pub asserts: Vec<String>,
    /// Leave out the suggestions
    #[arg(long)]
    pub no_suggest: bool,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// `check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Folders of golden sets
    #[arg(required = true, value_name = "DIR")]
    pub sets: Vec<String>,
    /// Ask the provider anew
    #[arg(long)]
    pub live: bool,
    #[arg(long = "variant", requires = "live", value_name = "SPEC", help = variant_help())]
    pub variants: Vec<String>,
    /// Judge the takes of this run
    #[arg(long, conflicts_with = "live", value_name = "RUN")]
    pub takes: Option<String>,
    /// Share of cases that must pass, 0 to 1
    #[arg(long, value_name = "X")]
    pub threshold: Option<f64>,
    /// Accepted results
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<String>,
    /// Write the results as the accepted ones
    #[arg(long)]
    pub update_baseline: bool,
    /// How often each
    #[arg(long, requires = "live", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub repeats: Option<u32>,
    /// Write JUnit
    #[arg(long, value_name = "FILE")]
    pub junit: Option<String>,
    /// Write a Markdown summary
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<String>,
    /// Print annotations of GitHub Actions
    #[arg(long)]
    pub github: bool,
    /// What *inconclusive* exits with
    #[arg(long, value_parser = ["pass", "fail"], value_name = "pass|fail")]
    pub inconclusive: Option<String>,
    /// Limits
    #[command(flatten)]
    pub sending: Sending,
}
