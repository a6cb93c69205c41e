//! `metrics`.

use super::{Ns, document};
use std::collections::BTreeMap;

document! {
    /// Percentiles of latency.
    pub struct LatencyPercentiles {
        /// Median.
        pub p50: Option<f64>,
        /// 95th.
        pub p95: Option<f64>,
        /// 99th.
        pub p99: Option<f64>,
    }

    /// Percentiles of the time to the first token.
    pub struct TtftPercentiles {
        /// Median.
        pub p50: Option<f64>,
        /// 95th.
        pub p95: Option<f64>,
    }

    /// One group.
    pub struct MetricsRow {
        /// Dimensions; `bucket_ns` among them when buckets were asked for.
        pub dims: BTreeMap<String, Option<String>>,
        /// Model calls.
        pub requests: u64,
        /// Of which failed.
        pub errors: u64,
        /// Share of failed ones.
        pub error_rate: Option<f64>,
        /// Latency.
        pub latency_ms: LatencyPercentiles,
        /// First token.
        pub ttft_ms: TtftPercentiles,
        /// Input.
        pub input_tokens: Option<i64>,
        /// Output.
        pub output_tokens: Option<i64>,
        /// Cost.
        pub cost_usd_nanos: Option<i64>,
        /// Share of calls that carry each signal.
        pub coverage: BTreeMap<String, f64>,
    }

    /// Metrics.
    pub struct Metrics {
        /// Groups.
        pub rows: Vec<MetricsRow>,
        /// Length of a bucket, where there are buckets.
        pub bucket_ms: Option<f64>,
    }

    /// What to measure.
    pub struct MetricsRequest {
        /// Query over traces.
        #[serde(default)]
        pub query: Option<String>,
        /// Dimensions.
        #[serde(default)]
        pub by: Vec<String>,
        /// `1m`, `5m`, `15m`, `1h`, `6h`, `1d`, `1w`, or `auto`: the smallest that gives no more than `points`.
        #[serde(default)]
        pub bucket: Option<String>,
        /// Points of a series over the range, at most, for `auto`; 500 when it is left out.
        #[serde(default)]
        pub points: Option<u32>,
        /// Only calls that began at this moment or later.
        #[serde(default)]
        pub from_ns: Option<Ns>,
        /// Only calls that began before this moment.
        #[serde(default)]
        pub to_ns: Option<Ns>,
        /// Only so many groups, those with the most calls.
        #[serde(default)]
        pub largest: Option<u32>,
    }

    /// A model call and what was measured of it.
    pub struct Call {
        /// Trace.
        pub trace_id: String,
        /// Span.
        pub span_id: String,
        /// When it began.
        pub start_ns: Option<Ns>,
        /// What was measured, in the unit that the measure's name carries.
        pub value: f64,
        /// It failed.
        pub error: bool,
        /// For whom.
        pub tenant: Option<String>,
        /// Feature of the product.
        pub feature: Option<String>,
        /// The model that answered, else the one that was asked.
        pub model: Option<String>,
        /// `name@version`.
        pub prompt: Option<String>,
    }

    /// A single call, or several that lie in one cell of a grid over time and value. Those that failed are in marks of their own.
    pub struct CallMark {
        /// Start of the first.
        pub from_ns: Ns,
        /// Start of the last.
        pub to_ns: Ns,
        /// Lowest value.
        pub low: f64,
        /// Highest value.
        pub high: f64,
        /// How many.
        pub n: u64,
        /// Of which failed.
        pub errors: u64,
        /// Trace of the one with the highest value.
        pub trace_id: String,
        /// Its span.
        pub span_id: String,
    }

    /// Single calls over time.
    pub struct Calls {
        /// What was measured.
        pub measure: String,
        /// Calls with a time and a value.
        pub known: u64,
        /// Calls without one of them.
        pub unknown: u64,
        /// Each call, or cells of them where they are more than were asked for; those that failed stand last.
        pub marks: Vec<CallMark>,
        /// Those with the highest values, the highest first.
        pub highest: Vec<Call>,
    }

    /// Which calls, and what is measured of them.
    pub struct CallsRequest {
        /// Query over traces.
        #[serde(default)]
        pub query: Option<String>,
        /// `latency_ms`, `ttft_ms`, `tokens` or `cost_usd_nanos`.
        pub measure: String,
        /// Only calls that began at this moment or later.
        #[serde(default)]
        pub from_ns: Option<Ns>,
        /// Only calls that began before this moment.
        #[serde(default)]
        pub to_ns: Option<Ns>,
        /// Calls up to which each is given by itself: 1,500, and 5,000 at most. More are given as cells.
        #[serde(default)]
        pub singles: Option<u32>,
        /// How many of the highest: 10, and 5,000 at most.
        #[serde(default)]
        pub highest: Option<u32>,
    }
}
