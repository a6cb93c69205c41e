//! `metrics`.

use super::document;
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
    }

    /// What to measure.
    pub struct MetricsRequest {
        /// Query over traces.
        #[serde(default)]
        pub query: Option<String>,
        /// Dimensions.
        #[serde(default)]
        pub by: Vec<String>,
        /// `1h`, `1d`.
        #[serde(default)]
        pub bucket: Option<String>,
    }
}
