//! `search`: rows, facets, result sets.

use super::{Ns, document};
use std::collections::BTreeMap;

document! {
    /// A row of a list.
    pub struct Row {
        /// Trace.
        pub trace_id: String,
        /// Span: the root or only model call of the trace in a list of traces.
        pub span_id: String,
        /// Kind.
        pub kind: String,
        /// Operation name.
        pub name: String,
        /// First words of the last user message.
        pub question: Option<String>,
        /// First words of the answer.
        pub answer: Option<String>,
        /// Start.
        pub start_ns: Option<Ns>,
        /// Duration.
        pub duration_ms: Option<f64>,
        /// Until the first token.
        pub ttft_ms: Option<f64>,
        /// `ok`, `error`, `unset`.
        pub status: String,
        /// Tenant.
        pub tenant: Option<String>,
        /// Feature.
        pub feature: Option<String>,
        /// User.
        pub user: Option<String>,
        /// Conversation.
        pub conversation: Option<String>,
        /// Environment.
        pub environment: Option<String>,
        /// Provider.
        pub provider: Option<String>,
        /// Model.
        pub model: Option<String>,
        /// Prompt as `name@version`.
        pub prompt: Option<String>,
        /// Input, cache included.
        pub input_tokens: Option<i64>,
        /// Output, reasoning included.
        pub output_tokens: Option<i64>,
        /// Reported cost, else computed.
        pub cost_usd_nanos: Option<i64>,
        /// Findings by code, then structural flags.
        pub flags: Vec<String>,
        /// Text around the first match.
        pub snippet: Option<String>,
        /// Spans of the trace.
        pub n_spans: u32,
    }

    /// One value of a facet.
    pub struct FacetValue {
        /// Value; `null` is unknown.
        pub value: Option<String>,
        /// Rows that have it.
        pub n: u64,
    }

    /// A page of rows.
    pub struct SearchPage {
        /// Rows.
        pub rows: Vec<Row>,
        /// Rows of the whole result.
        pub total: u64,
        /// False while the total is still being counted.
        pub total_exact: bool,
        /// Facets by field.
        pub facets: BTreeMap<String, Vec<FacetValue>>,
        /// Cursor of the next page.
        pub next: Option<String>,
        /// What the query may have been meant to say.
        pub hints: Vec<String>,
    }

    /// What to look for.
    pub struct SearchRequest {
        /// Query.
        #[serde(default)]
        pub query: String,
        /// `traces` or `spans`.
        #[serde(default)]
        pub of: Option<String>,
        /// `FIELD[:asc|desc]`.
        #[serde(default)]
        pub sort: Option<String>,
        /// Rows a page.
        #[serde(default)]
        pub limit: Option<u32>,
        /// Cursor.
        #[serde(default)]
        pub after: Option<String>,
        /// Facet fields.
        #[serde(default)]
        pub facets: Vec<String>,
        /// Minutes east of UTC for days in the query; UTC when absent.
        #[serde(default)]
        pub utc_offset_minutes: Option<i32>,
    }

    /// An open result, kept in the core.
    pub struct OpenResult {
        /// Id for `search_rows`.
        pub result_id: u32,
        /// Rows.
        pub total: u64,
        /// Whether `total` is final.
        pub total_exact: bool,
    }

    /// Rows by rank.
    pub struct RowsRequest {
        /// Open result.
        pub result_id: u32,
        /// First rank, from 0.
        pub from: u64,
        /// How many, at most 500.
        pub count: u32,
    }

    /// Rows.
    pub struct Rows {
        /// Rows in order of rank.
        pub rows: Vec<Row>,
    }

    /// Facets of a query.
    pub struct Facets {
        /// By field.
        pub facets: BTreeMap<String, Vec<FacetValue>>,
    }

    /// Rows over time.
    pub struct HistogramRequest {
        /// Query.
        pub query: String,
        /// How many buckets.
        pub buckets: u32,
    }

    /// One bucket.
    pub struct HistogramBucket {
        /// Start, included.
        pub from_ns: Ns,
        /// End, excluded.
        pub to_ns: Ns,
        /// Traces that start in it.
        pub n: u64,
        /// Of which with an error.
        pub errors: u64,
    }

    /// Buckets in order of time.
    pub struct Histogram {
        /// Buckets.
        pub buckets: Vec<HistogramBucket>,
    }

    /// Where the cursor stands in a query.
    pub struct CompleteRequest {
        /// Text.
        pub text: String,
        /// Cursor in characters.
        pub cursor: u32,
    }

    /// One offer.
    pub struct Completion {
        /// Text that replaces `from..to`.
        pub insert: String,
        /// What it is, for people.
        pub detail: String,
        /// How many rows have it, for values.
        pub n: Option<u64>,
    }

    /// Offers for the place of the cursor.
    pub struct Completions {
        /// First character to replace.
        pub from: u32,
        /// One past the last.
        pub to: u32,
        /// Offers, best first.
        pub items: Vec<Completion>,
    }
}
