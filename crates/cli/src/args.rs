//! Arguments of the command line. Source of truth: the contract in the user guide; every option is checked again in
//! the core, which alone decides what is allowed.

use clap::{Args, Parser, Subcommand, ValueEnum};
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
    /// Compare two to four takes; a span stands for its recorded answer
    Compare {
        /// Takes or spans
        #[arg(required = true, num_args = 2..=4)]
        takes: Vec<String>,
        /// Diff by lines instead of words
        #[arg(long)]
        lines: bool,
    },
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
    /// Do the main job on the sample, offline
    Demo {
        /// Print the commands instead of running them
        #[arg(long)]
        print_commands: bool,
    },
}

/// `import`.
#[derive(Debug, Args)]
pub struct Import {
    /// Files, folders or archives; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<String>,
    /// Read as this format instead of detecting it
    #[arg(long, value_name = "NAME")]
    pub format: Option<String>,
    /// Mapping of a log's columns and words
    #[arg(long, value_name = "FILE")]
    pub map: Option<String>,
    /// Count only, write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// `batches`.
#[derive(Debug, Subcommand)]
pub enum Batches {
    /// Newest first
    List,
    /// One batch with its files and warnings
    Show {
        /// Batch
        id: String,
    },
    /// Remove exactly what a batch brought
    Undo {
        /// Batch
        id: String,
    },
}

/// `search`.
#[derive(Debug, Args)]
pub struct Search {
    /// Query; one that begins with `-` follows `--`
    #[arg(default_value = "", num_args = 0.., value_name = "QUERY")]
    pub query: Vec<String>,
    /// Rows a page
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub limit: u32,
    /// Cursor of the page before
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
    /// What a row is
    #[arg(long, default_value = "traces")]
    pub of: Of,
    /// Order
    #[arg(long, value_name = "FIELD[:asc|desc]")]
    pub sort: Option<String>,
    /// Counts by value
    #[arg(long, value_delimiter = ',', value_name = "FIELD,…")]
    pub facets: Vec<String>,
}

/// What a row of a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Of {
    Traces,
    Spans,
}

/// `show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Trace, span, take or run, in full or as a unique prefix
    pub id: String,
    /// View
    #[arg(long = "as", default_value = "tree", value_name = "VIEW")]
    pub view: View,
}

/// Views of `show`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum View {
    Tree,
    Messages,
    Request,
    Context,
    Audit,
    Takes,
    Raw,
    Curl,
    Python,
    Typescript,
}

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
    },
    /// Stop a run
    Cancel {
        /// Run
        id: String,
    },
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
        /// Prompt
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

/// `export`.
#[derive(Debug, Args)]
pub struct Export {
    /// Traces of this query
    #[arg(long, default_value = "", value_name = "QUERY")]
    pub query: String,
    /// Form
    #[arg(long, value_parser = ["otlp-json", "jsonl", "canonical"], value_name = "NAME")]
    pub format: String,
    /// File; standard output when absent
    #[arg(long, short, value_name = "PATH")]
    pub output: Option<PathBuf>,
}

/// `metrics`.
#[derive(Debug, Args)]
pub struct Metrics {
    /// Traces of this query
    #[arg(long, value_name = "QUERY")]
    pub query: Option<String>,
    /// Dimensions
    #[arg(long, value_delimiter = ',', value_name = "DIM,…")]
    pub by: Vec<String>,
    /// Buckets of time
    #[arg(long, value_parser = ["1h", "1d"], value_name = "1h|1d")]
    pub bucket: Option<String>,
}

/// `connect`.
#[derive(Debug, Subcommand)]
pub enum Connect {
    /// Add or change a connection
    Add {
        /// Name
        name: String,
        /// Kind
        #[arg(long, value_parser = ["openai", "openai-compatible", "anthropic"])]
        kind: String,
        /// Base URL
        #[arg(long, value_name = "URL")]
        base_url: String,
    },
    /// All connections
    List,
    /// Ask for the list of models
    Test {
        /// Name
        name: String,
        /// Allow a destination that this workspace has not used before
        #[arg(long, value_name = "HOST")]
        allow_destination: Vec<String>,
    },
    /// Remove a connection
    Remove {
        /// Name
        name: String,
    },
}

/// `policy`.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Set the policy from a file
    Set {
        /// YAML file
        file: PathBuf,
    },
    /// Show it
    Show,
    /// Remove it
    Clear,
}

/// `secret`.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Store the key of a connection, read from standard input
    Set {
        /// Connection
        name: String,
    },
    /// Which connections have a key
    List,
    /// Remove a key
    Remove {
        /// Connection
        name: String,
    },
}

/// `pricing`.
#[derive(Debug, Subcommand)]
pub enum Pricing {
    /// The prices in use
    List,
    /// Import a price table
    Import {
        /// JSON file: our form, or LiteLLM's price map
        file: String,
    },
}

/// What `--variant` takes.
fn variant_help() -> String {
    format!("A way to send it: `original`, or `key=value,…` with the keys {}", retake_api::VARIANT_KEYS.join(", "))
}
