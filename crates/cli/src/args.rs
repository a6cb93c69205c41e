//! Arguments of the command line. Source of truth: the contract in the user guide; every option is checked again in
//! the core, which alone decides what is allowed. Here is the list of commands; what each takes is in a file beside this one.

mod golden;
mod import;
mod read;
mod replay;
mod settings;

pub use golden::{Check, Promote};
pub use import::{Batches, Export, Import, Mapping};
pub use read::{Metrics, Of, Search, Show, View};
pub use replay::{Compare, Prompt, Replay, Runs};
pub use settings::{Connect, Policy, Pricing, Secret};

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Find out why an LLM feature gave a bad answer: import traces, search, replay, compare, and keep the case as a test.
#[derive(Debug, Parser)]
#[command(name = "retake", version, propagate_version = true, disable_help_subcommand = true)]
#[command(
    after_help = "Examples:\n  retake import traces.jsonl audit.jsonl\n  retake search 'tenant:acme refund'\n  retake show TRACE --as messages\n  retake replay SPAN --variant original --variant drop-doc=KB-114 --allow-destination 127.0.0.1:18080 --allow-unpriced --yes\n  retake check golden/"
)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The workspace file
    #[arg(long, global = true, env = "RETAKE_WORKSPACE", value_name = "FILE")]
    pub workspace: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long, global = true)]
    pub json: bool,
    /// Print nothing but results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Answer ordinary confirmations with yes
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// No colours
    #[arg(long, global = true)]
    pub no_color: bool,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Import files, folders or archives; `-` is standard input
    #[command(
        after_help = "Examples:\n  retake import traces.jsonl audit.csv\n  retake import exports/ --dry-run\n  zcat big.jsonl.gz | retake import -"
    )]
    Import(Import),
    /// List, show or undo import batches
    Batches {
        /// What to do
        #[command(subcommand)]
        command: Batches,
    },
    /// List the formats that are understood
    Formats,
    /// Mappings: say which column of any JSON or CSV log means what
    Mapping {
        /// What to do
        #[command(subcommand)]
        command: Mapping,
    },
    /// Search traces or spans
    #[command(
        after_help = "Examples:\n  retake search 'tenant:acme refund'\n  retake search 'span(model:gpt-4o* latency:>2s)' --facets tenant,model\n  retake search --sort cost:desc -- '-status:error'"
    )]
    Search(Search),
    /// Show a trace or span
    Show(Show),
    /// Show the retrieved documents of a trace or model call and where they stand in the prompt
    Context {
        /// Trace or span
        id: String,
    },
    /// List findings: leaks, tool calls without an audit event, denied calls that were executed
    Findings {
        /// Only in the traces of this query
        #[arg(long, value_name = "QUERY")]
        query: Option<String>,
    },
    /// Send recorded requests again, as they were or changed
    #[command(
        after_help = "Examples:\n  retake replay SPAN --variant original --estimate\n  retake replay SPAN --variant drop-doc=KB-114 --variant 'prompt=support@8' --max-usd 0.10 --yes\n  retake replay --query 'feature:support.answer' --variant model=gpt-4o-mini --repeats 3 --max-usd 1"
    )]
    Replay(Replay),
    /// List, show, resume or cancel runs
    Runs {
        /// What to do
        #[command(subcommand)]
        command: Runs,
    },
    /// Compare two to eight takes, and vote for the better one; a span stands for its recorded answer
    #[command(
        after_help = "Examples:\n  retake compare SPAN TAKE\n  retake compare SPAN TAKE --vote 2 --note 'names the right deadline'\n  retake compare SPAN TAKE --vote undo\n\nA vote is kept in the workspace, one on the same takes in whatever order; a later one takes its place. It is printed as `vote`, and stands in `votes` of `runs show` and of `show --as takes`."
    )]
    Compare(Compare),
    /// Prompts: immutable versions, labels that move
    Prompt {
        /// What to do
        #[command(subcommand)]
        command: Prompt,
    },
    /// Keep a span or take as a golden case
    Promote(Promote),
    /// Judge golden sets, for a CI
    Check(Check),
    /// Write an incident report, redacted
    Report {
        /// Trace or span
        id: String,
        /// Form of the report
        #[arg(long, default_value = "md", value_parser = ["md"])]
        format: String,
    },
    /// Export traces
    Export(Export),
    /// Requests, errors, latency, tokens and cost of model calls
    Metrics(Metrics),
    /// Connections to providers and gateways
    Connect {
        /// What to do
        #[command(subcommand)]
        command: Connect,
    },
    /// Who may see and do what
    Policy {
        /// What to do
        #[command(subcommand)]
        command: Policy,
    },
    /// Keys, in the system keyring only
    Secret {
        /// What to do
        #[command(subcommand)]
        command: Secret,
    },
    /// Prices of models
    Pricing {
        /// What to do
        #[command(subcommand)]
        command: Pricing,
    },
    /// Check the workspace
    Doctor,
    /// Write a copy of the workspace
    #[command(after_help = "Example:\n  retake copy incident-2026-11.retake")]
    Copy {
        /// File, where none may be yet
        file: PathBuf,
    },
    /// Print the JSON Schema of a document
    Schema {
        /// Document; all names when absent
        name: Option<String>,
    },
    /// Print shell completions
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the program or of one command
    #[command(
        after_help = "Examples:\n  retake man | man -l -\n  retake man batches list | man -l -\n  retake man --to man1/"
    )]
    Man {
        /// Command, and what follows it: `batches list`
        command: Vec<String>,
        /// Write the pages of all commands into this folder
        #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
        to: Option<PathBuf>,
    },
    /// Do the main job on the sample, offline
    Demo {
        /// Print the commands instead of running them
        #[arg(long)]
        print_commands: bool,
    },
}
