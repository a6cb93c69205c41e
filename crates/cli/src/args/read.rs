//! Arguments of what reads: `search`, `show`, `metrics`.

use clap::{Args, ValueEnum};

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
    /// With `--as curl`, `python` or `typescript`: the request as this variant would send it
    #[arg(long, value_name = "SPEC")]
    pub variant: Option<String>,
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

/// `metrics`.
#[derive(Debug, Args)]
pub struct Metrics {
    /// Traces of this query
    #[arg(long, value_name = "QUERY")]
    pub query: Option<String>,
    /// Dimensions
    #[arg(long, value_delimiter = ',', value_name = "DIM,…")]
    pub by: Vec<String>,
    /// Buckets of time, in UTC; weeks begin with Monday, `auto` takes the smallest that gives at most 500 points
    #[arg(long, value_parser = ["1m", "5m", "15m", "1h", "6h", "1d", "1w", "auto"], value_name = "SIZE")]
    pub bucket: Option<String>,
    /// Single calls instead of groups, by what is measured: the highest, and with --json each call or cells of many
    #[arg(long, value_parser = ["latency_ms", "ttft_ms", "tokens", "cost_usd_nanos"], value_name = "MEASURE", conflicts_with_all = ["by", "bucket"])]
    pub calls: Option<String>,
    /// How many of the highest calls
    #[arg(long, value_name = "N", requires = "calls", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub limit: Option<u32>,
}
