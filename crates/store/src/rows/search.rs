//! Questions and their answers.

use super::ListRow;
use retake_model::{SpanKind, SpanStatus};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Of {
    Traces,
    Spans,
}

/// Stops a search, an export or an undo: set by another thread, looked at between slices.
#[derive(Debug, Clone, Default)]
pub struct Cancel(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Cancel {
    /// Asks the work to stop.
    pub fn cancel(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }

    /// True once asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// What a search asks for.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    /// Traces or spans.
    pub of: Of,
    /// Order.
    pub sort: retake_query::Sort,
    /// Rows of a page.
    pub limit: usize,
    /// `next` of the page before.
    pub after: Option<String>,
    /// Fields whose values are counted over the whole result.
    pub facets: Vec<String>,
    /// Stops it.
    pub cancel: Cancel,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            of: Of::Traces,
            sort: retake_query::Sort::default(),
            limit: 50,
            after: None,
            facets: Vec::new(),
            cancel: Cancel::default(),
        }
    }
}

/// Counted values by field, in the order asked for; most frequent first.
pub type Facets = Vec<(String, Vec<(String, u64)>)>;

/// A page of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPage {
    /// Rows in order.
    pub rows: Vec<ListRow>,
    /// Size of the whole result.
    pub total: u64,
    /// False while texts that were just imported are not yet all looked through.
    pub total_exact: bool,
    /// Counted values by field, in the order asked for; most frequent first.
    pub facets: Facets,
    /// Cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

/// A result held in the core: ids in order, asked for by rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResultSet {
    /// Names it in later calls.
    pub id: u64,
    /// How many rows.
    pub len: u64,
}

/// One column of a histogram over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistogramBucket {
    /// Left end, in.
    pub start_ns: i64,
    /// Right end, out.
    pub end_ns: i64,
    /// Traces that start within.
    pub n: u64,
    /// Those with an error.
    pub n_errors: u64,
}

/// Which span a point is of, for as long as the workspace is open; [`crate::Workspace::ids_of`] tells its ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SpanKey(pub(crate) u32);

/// One model call as the metrics see it. Unknown is `None`; equal names share one text, since a workspace has a million
/// calls and some hundred names.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the words are the command line's contract; units are in the names")]
pub struct MetricPoint {
    pub span: SpanKey,
    pub kind: SpanKind,
    pub time_ns: Option<i64>,
    pub tenant: Option<Arc<str>>,
    pub user: Option<Arc<str>>,
    pub feature: Option<Arc<str>>,
    pub environment: Option<Arc<str>>,
    pub provider: Option<Arc<str>>,
    pub model: Option<Arc<str>>,
    pub prompt: Option<Arc<str>>,
    pub status: SpanStatus,
    pub latency_ms: Option<f64>,
    pub ttft_ms: Option<f64>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub cost_usd_nanos: Option<i64>,
    /// `rollup` and `duplicate` points are counted as requests, their tokens and cost are not summed.
    pub usage_scope: retake_model::UsageScope,
}
