//! Arguments of what is set for a workspace: `connect`, `policy`, `secret`, `pricing`.

use clap::Subcommand;
use std::path::PathBuf;

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
    /// Look for model servers on their usual ports of this machine
    Local,
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
