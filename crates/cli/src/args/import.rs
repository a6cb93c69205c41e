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
