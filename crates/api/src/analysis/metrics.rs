//! Metrics over model calls: traffic, errors, latency, first token, tokens, cost, by any of a few dimensions over time.
//!
//! Percentiles are by linear interpolation between the two nearest ranks (method 7 of Hyndman and Fan, the default of
//! NumPy): for n sorted values the p-th stands at position p·(n−1). Sums are over the calls that carry the number; a sum
//! of nothing is unknown. Coverage says which share of the calls carries each signal.

use super::bucket;
use retake_model::SpanStatus;
use retake_store::SpanKey;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What calls can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the words are the field's own")]
pub enum Dim {
    Tenant,
    Feature,
    Provider,
    Model,
    Prompt,
    Environment,
    User,
    Status,
}

impl Dim {
    /// Every dimension.
    pub const ALL: [Self; 8] = [
        Self::Tenant,
        Self::Feature,
        Self::Provider,
        Self::Model,
        Self::Prompt,
        Self::Environment,
        Self::User,
        Self::Status,
    ];

    /// The word in `--by`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Feature => "feature",
            Self::Provider => "provider",
            Self::Model => "model",
            Self::Prompt => "prompt",
            Self::Environment => "environment",
            Self::User => "user",
            Self::Status => "status",
        }
    }

    /// Inverse of [`Dim::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dim| dim.as_str() == word.trim())
    }
}

/// One model call as metrics need it.
#[derive(Debug, Clone, PartialEq, Default)]
#[expect(missing_docs, reason = "the words are the command line's contract; units are in the names")]
pub struct CallPoint {
    pub span: SpanKey,
    pub start_ns: Option<i64>,
    pub tenant: Option<Arc<str>>,
    pub feature: Option<Arc<str>>,
    pub provider: Option<Arc<str>>,
    /// The model that answered, else the one asked for.
    pub model: Option<Arc<str>>,
    /// `name@version`, or what is known of it.
    pub prompt: Option<Arc<str>>,
    pub environment: Option<Arc<str>>,
    pub user: Option<Arc<str>>,
    /// `ok`, `error` or `unset`.
    pub status: &'static str,
    pub latency_ms: Option<f64>,
    pub ttft_ms: Option<f64>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub cost_usd_nanos: Option<i64>,
}

impl CallPoint {
    fn value(&self, dim: Dim) -> Option<Arc<str>> {
        match dim {
            Dim::Tenant => self.tenant.clone(),
            Dim::Feature => self.feature.clone(),
            Dim::Provider => self.provider.clone(),
            Dim::Model => self.model.clone(),
            Dim::Prompt => self.prompt.clone(),
            Dim::Environment => self.environment.clone(),
            Dim::User => self.user.clone(),
            // What is not stated is shown as ok when nothing contradicts it.
            Dim::Status => Some(Arc::from(if self.is_error() { "error" } else { "ok" })),
        }
    }

    /// Whether it failed.
    pub fn is_error(&self) -> bool {
        self.status == SpanStatus::Error.as_str()
    }
}

/// One group of calls.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the words are the command line's contract; units are in the names")]
pub struct Row {
    /// Value per dimension, in the order asked for; `None` is unknown.
    pub dims: Vec<(Dim, Option<Arc<str>>)>,
    /// Start of the bucket (UTC); `None` without buckets, and for calls without a time.
    pub bucket_ns: Option<i64>,
    pub requests: u64,
    pub errors: u64,
    pub error_rate: Option<f64>,
    pub latency_p50_ms: Option<f64>,
    pub latency_p95_ms: Option<f64>,
    pub latency_p99_ms: Option<f64>,
    pub ttft_p50_ms: Option<f64>,
    pub ttft_p95_ms: Option<f64>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub cost_usd_nanos: Option<i64>,
    /// Share of the calls that carry each signal, 0 to 1.
    pub coverage: BTreeMap<&'static str, f64>,
}

/// Start of a bucket and the values of the dimensions.
type GroupKey = (Option<i64>, Vec<Option<Arc<str>>>);

/// Groups calls. Rows are by bucket, then most requests first, then by their dimensions; without dimensions and buckets
/// there is one row, also for no calls at all.
pub fn metrics<'p>(points: impl IntoIterator<Item = &'p CallPoint>, by: &[Dim], bucket_ns: Option<i64>) -> Vec<Row> {
    let mut groups: BTreeMap<GroupKey, Vec<&CallPoint>> = BTreeMap::new();
    if by.is_empty() && bucket_ns.is_none() {
        groups.insert((None, Vec::new()), Vec::new());
    }
    for point in points {
        let bucket = bucket_ns.filter(|ns| *ns > 0).zip(point.start_ns).map(|(ns, start)| bucket::start(start, ns));
        let dims = by.iter().map(|dim| point.value(*dim)).collect();
        groups.entry((bucket, dims)).or_default().push(point);
    }
    let mut rows: Vec<Row> =
        groups.into_iter().map(|((bucket, dims), points)| row(by, dims, bucket, &points)).collect();
    rows.sort_by(|a, b| (a.bucket_ns, b.requests).cmp(&(b.bucket_ns, a.requests)));
    rows
}

/// Keeps the calls of the groups with the most calls: what is drawn over time is a few lines.
pub fn of_largest(points: &mut Vec<CallPoint>, by: &[Dim], groups: usize) {
    let key = |point: &CallPoint| by.iter().map(|dim| point.value(*dim)).collect::<Vec<_>>();
    let mut sizes: BTreeMap<Vec<Option<Arc<str>>>, u64> = BTreeMap::new();
    for point in points.iter() {
        *sizes.entry(key(point)).or_default() += 1;
    }
    if sizes.len() <= groups {
        return;
    }
    let mut sizes: Vec<_> = sizes.into_iter().collect();
    // The sort is stable: groups of one size stay in the order of their values.
    sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    let kept: BTreeSet<_> = sizes.into_iter().take(groups).map(|(key, _)| key).collect();
    points.retain(|point| kept.contains(&key(point)));
}

fn row(by: &[Dim], dims: Vec<Option<Arc<str>>>, bucket_ns: Option<i64>, points: &[&CallPoint]) -> Row {
    let sorted = |field: fn(&CallPoint) -> Option<f64>| {
        let mut values: Vec<f64> =
            points.iter().filter_map(|point| field(point)).filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let sum = |field: fn(&CallPoint) -> Option<i64>| {
        points.iter().filter_map(|point| field(point)).reduce(i64::saturating_add)
    };
    let share = |carried: usize| if points.is_empty() { 0.0 } else { carried as f64 / points.len() as f64 };
    let count = |field: fn(&CallPoint) -> bool| share(points.iter().filter(|point| field(point)).count());
    let (latency, ttft) = (sorted(|point| point.latency_ms), sorted(|point| point.ttft_ms));
    let errors = points.iter().filter(|point| point.is_error()).count();
    let mut coverage = BTreeMap::from([
        ("latency_ms", share(latency.len())),
        ("ttft_ms", share(ttft.len())),
        ("input_tokens", count(|point| point.input_tokens.is_some())),
        ("output_tokens", count(|point| point.output_tokens.is_some())),
        ("cost_usd_nanos", count(|point| point.cost_usd_nanos.is_some())),
        ("status", count(|point| point.status != SpanStatus::Unset.as_str())),
        ("time", count(|point| point.start_ns.is_some())),
    ]);
    for dim in by {
        coverage.insert(dim.as_str(), share(points.iter().filter(|point| point.value(*dim).is_some()).count()));
    }
    Row {
        dims: by.iter().copied().zip(dims).collect(),
        bucket_ns,
        requests: points.len() as u64,
        errors: errors as u64,
        error_rate: (!points.is_empty()).then(|| share(errors)),
        latency_p50_ms: percentile(&latency, 0.50),
        latency_p95_ms: percentile(&latency, 0.95),
        latency_p99_ms: percentile(&latency, 0.99),
        ttft_p50_ms: percentile(&ttft, 0.50),
        ttft_p95_ms: percentile(&ttft, 0.95),
        input_tokens: sum(|point| point.input_tokens),
        output_tokens: sum(|point| point.output_tokens),
        cost_usd_nanos: sum(|point| point.cost_usd_nanos),
        coverage,
    }
}

/// The `p`-th percentile (0 to 1) of sorted values; `None` of none.
pub fn percentile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let position = p.clamp(0.0, 1.0) * last as f64;
    let below = position.floor();
    let (low, high) = (sorted.get(below as usize)?, sorted.get((below as usize + 1).min(last))?);
    Some(low + (high - low) * (position - below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(tenant: &str, latency_ms: f64, error: bool) -> CallPoint {
        CallPoint {
            start_ns: Some(latency_ms as i64 * 3_600_000_000_000),
            tenant: (!tenant.is_empty()).then(|| Arc::from(tenant)),
            latency_ms: Some(latency_ms),
            status: if error { "error" } else { "unset" },
            input_tokens: Some(10),
            ..CallPoint::default()
        }
    }

    #[test]
    fn percentiles_are_those_of_the_named_method() {
        // numpy.percentile([1, 2, 3, 4], [50, 95, 99]) → 2.5, 3.85, 3.97
        let values = [1.0, 2.0, 3.0, 4.0];
        let got = [0.5, 0.95, 0.99].map(|p| percentile(&values, p).expect("a value"));
        for (got, want) in got.iter().zip([2.5, 3.85, 3.97]) {
            assert!((got - want).abs() < 1e-9, "{got} is not {want}");
        }
        assert_eq!(percentile(&[7.0], 0.99), Some(7.0));
        assert_eq!(percentile(&[], 0.5), None);
    }

    #[test]
    fn groups_count_calls_and_unknown_stays_unknown() {
        let points = [call("a", 1.0, false), call("a", 3.0, true), call("", 5.0, false)];
        let rows = metrics(&points, &[Dim::Tenant], None);
        let of_a = &rows[0];
        assert_eq!((of_a.requests, of_a.errors, of_a.error_rate), (2, 1, Some(0.5)));
        assert_eq!((of_a.latency_p50_ms, of_a.input_tokens, of_a.cost_usd_nanos), (Some(2.0), Some(20), None));
        assert_eq!(of_a.coverage["cost_usd_nanos"], 0.0);
        assert_eq!(rows[1].dims, [(Dim::Tenant, None)]);
        assert_eq!(metrics(&[], &[], None)[0].error_rate, None);
        assert_eq!(metrics(&[], &[Dim::Model], None), []);
    }

    #[test]
    fn the_largest_groups_are_kept_whole() {
        let mut points =
            vec![call("a", 1.0, false), call("b", 2.0, false), call("b", 3.0, false), call("c", 4.0, false)];
        of_largest(&mut points, &[Dim::Tenant], 2);
        assert_eq!(
            points.iter().map(|point| point.tenant.as_deref().unwrap_or("")).collect::<Vec<_>>(),
            ["a", "b", "b"]
        );
        of_largest(&mut points, &[], 1);
        assert_eq!(points.len(), 3);
    }

    #[test]
    fn buckets_are_whole_units_of_utc() {
        let points = [call("a", 1.0, false), call("a", 3.0, false), call("a", 25.0, false)];
        let rows = metrics(&points, &[], Some(86_400_000_000_000));
        let got: Vec<_> = rows.iter().map(|row| (row.bucket_ns, row.requests)).collect();
        assert_eq!(got, [(Some(0), 2), (Some(86_400_000_000_000), 1)]);
    }
}
