//! Reads and writes whose bodies follow; removed one by one.
#![expect(clippy::missing_errors_doc, unused_variables, reason = "bodies follow")]

use crate::Workspace;
use crate::error::{Result, StoreError};
use crate::rows::*;
use retake_model::Id;
use retake_query::{Query, Sort};

fn later<T>() -> Result<T> {
    Err(StoreError::Failed("not there yet".to_owned()))
}

/// Search.
impl Workspace {
    /// A page of what matches.
    pub fn search(&self, query: &Query, request: &SearchRequest) -> Result<SearchPage> {
        later()
    }
    /// Runs a query once and keeps the sorted ids, so that rows can be asked for by rank. The oldest of 16 is forgotten.
    pub fn open_result(&self, query: &Query, of: Of, sort: &Sort, cancel: &Cancel) -> Result<ResultSet> {
        later()
    }
    /// Rows `from..from + n` of a result; rows that were removed since are left out.
    pub fn result_rows(&self, result_id: u64, from: u64, n: usize) -> Result<Vec<ListRow>> {
        later()
    }
    /// Rank of a trace (or span, by its own id) in a result.
    pub fn result_rank(&self, result_id: u64, trace_id: &Id, span_id: Option<&Id>) -> Result<Option<u64>> {
        later()
    }
    /// Counted values of fields over a result.
    pub fn result_facets(&self, result_id: u64, fields: &[String]) -> Result<Vec<(String, Vec<(String, u64)>)>> {
        later()
    }
    /// Forgets a result.
    pub fn close_result(&self, result_id: u64) {}
    /// Traces over time, in `buckets` equal parts of the time that the result covers.
    pub fn histogram(&self, query: &Query, buckets: usize) -> Result<Vec<HistogramBucket>> {
        later()
    }
    /// Values of a field that begin with `typed`, most frequent first, for completion.
    pub fn values_of(&self, field: &str, typed: &str, limit: usize) -> Result<Vec<(String, u64)>> {
        later()
    }
    /// Ids of all traces that match, newest first.
    pub fn traces_matching(&self, query: &Query) -> Result<Vec<Id>> {
        later()
    }
    /// (trace, span) of all spans that match, oldest first.
    pub fn spans_matching(&self, query: &Query) -> Result<Vec<(Id, Id)>> {
        later()
    }
    /// One point per model call that matches, oldest first.
    pub fn metric_points(&self, query: &Query) -> Result<std::vec::IntoIter<MetricPoint>> {
        later()
    }
}
