//! Arguments of what brings data in and takes it out: `import`, `batches`, `export`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

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
    /// Records that could not be read and are kept as they came; with --at one of them, whole, to standard output
    Kept {
        /// Batch
        id: String,
        /// The record at this byte of its file
        #[arg(long, value_name = "BYTE")]
        at: Option<u64>,
        /// The file, when records of several begin there
        #[arg(long, value_name = "PATH", requires = "at")]
        file: Option<String>,
        /// So many at most
        #[arg(long, default_value_t = 100, value_name = "N", conflicts_with = "at")]
        limit: u64,
        /// After so many
        #[arg(long, default_value_t = 0, value_name = "N", conflicts_with = "at")]
        from: u64,
    },
    /// Remove exactly what a batch brought
    Undo {
        /// Batch
        id: String,
    },
}

/// `mapping`.
#[derive(Debug, Subcommand)]
pub enum Mapping {
    /// Look at the first records of a log and propose a mapping
    #[command(
        after_help = "Examples:\n  retake mapping suggest chat.csv\n  retake mapping suggest events.jsonl.gz --kind audit -o events.map.yaml"
    )]
    Suggest {
        /// The log; a member of an archive after `!`
        file: String,
        /// Of what the log is; told by its columns when absent
        #[arg(long, value_parser = ["traces", "audit"], value_name = "KIND")]
        kind: Option<String>,
        /// Between the fields of a table
        #[arg(long, value_name = "CHARACTER")]
        delimiter: Option<String>,
        /// Keep it in this file; standard output when absent
        #[arg(long, short, value_name = "PATH")]
        output: Option<String>,
        /// Replace a mapping that is there
        #[arg(long, requires = "output")]
        replace: bool,
    },
    /// Show what a mapping makes of the first records, and what is wrong with them
    #[command(
        after_help = "Examples:\n  retake mapping preview chat.csv\n  retake mapping preview chat.csv --map chat.map.yaml --limit 5\n\nWithout --map the proposal is shown. Nothing is written: `retake import FILE --map MAP` brings the records in."
    )]
    Preview {
        /// The log; a member of an archive after `!`
        file: String,
        /// The mapping
        #[arg(long, value_name = "FILE")]
        map: Option<String>,
        /// So many records at most
        #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=200))]
        limit: u64,
    },
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
