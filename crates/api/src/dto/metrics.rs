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
}
