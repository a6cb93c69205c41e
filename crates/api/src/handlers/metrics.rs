//! Numbers of model calls.

use super::parse_query;
use crate::analysis::metrics::{self as measure, CallPoint, Dim};
use crate::dto::metrics::{LatencyPercentiles, Metrics, MetricsRequest, MetricsRow, TtftPercentiles};
use crate::{ApiError, Core};
use retake_model::{Code, SpanKind, UsageScope};
use retake_store::MetricPoint;
use std::sync::Arc;

const HOUR_NS: i64 = 3_600_000_000_000;

/// Requests, errors, latency, tokens and cost of the model calls of a query.
///
/// # Errors
/// Those of the query, the dimensions and the bucket.
pub async fn metrics(core: Arc<Core>, request: MetricsRequest) -> Result<Metrics, ApiError> {
    core.blocking(move |core| {
        let query = parse_query(core, request.query.as_deref().unwrap_or(""), None)?;
        let by = request.by.iter().map(|word| dim(word)).collect::<Result<Vec<_>, _>>()?;
        let bucket_ns = match request.bucket.as_deref() {
            None => None,
            Some("1h") => Some(HOUR_NS),
            Some("1d") => Some(24 * HOUR_NS),
            Some(other) => {
                return Err(ApiError::new(Code::UsageInvalid, format!("there are no buckets of {other:?}"))
                    .with_hint("Use 1h or 1d."));
            }
        };
        let points: Vec<CallPoint> = core.workspace()?.metric_points(&query)?.filter_map(point).collect();
        let rows = measure::metrics(&points, &by, bucket_ns);
        Ok(Metrics { rows: rows.into_iter().map(|row| view(row, bucket_ns.is_some())).collect() })
    })
    .await
}

fn dim(word: &str) -> Result<Dim, ApiError> {
    Dim::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Dim::ALL.iter().map(|dim| dim.as_str()).collect();
        ApiError::new(Code::UsageInvalid, format!("there is no dimension {word:?}"))
            .with_hint(format!("Use one of: {}.", known.join(", ")))
    })
}

fn point(point: MetricPoint) -> Option<CallPoint> {
    if point.kind != SpanKind::Llm {
        return None;
    }
    let own = point.usage_scope == UsageScope::Own;
    Some(CallPoint {
        start_ns: point.time_ns,
        tenant: point.tenant,
        feature: point.feature,
        provider: point.provider,
        model: point.model,
        prompt: point.prompt,
        environment: point.environment,
        user: point.user,
        status: point.status.as_str(),
        latency_ms: point.latency_ms,
        ttft_ms: point.ttft_ms,
        input_tokens: point.input_tokens.filter(|_| own),
        output_tokens: point.output_tokens.filter(|_| own),
        cost_usd_nanos: point.cost_usd_nanos.filter(|_| own),
    })
}

fn view(row: measure::Row, with_bucket: bool) -> MetricsRow {
    let mut dims: std::collections::BTreeMap<String, Option<String>> =
        row.dims.into_iter().map(|(dim, value)| (dim.as_str().to_owned(), value)).collect();
    if with_bucket {
        dims.insert("bucket_ns".to_owned(), row.bucket_ns.map(|ns| ns.to_string()));
    }
    MetricsRow {
        dims,
        requests: row.requests,
        errors: row.errors,
        error_rate: row.error_rate,
        latency_ms: LatencyPercentiles { p50: row.latency_p50_ms, p95: row.latency_p95_ms, p99: row.latency_p99_ms },
        ttft_ms: TtftPercentiles { p50: row.ttft_p50_ms, p95: row.ttft_p95_ms },
        input_tokens: row.input_tokens,
        output_tokens: row.output_tokens,
        cost_usd_nanos: row.cost_usd_nanos,
        coverage: row.coverage.into_iter().map(|(signal, share)| (signal.to_owned(), share)).collect(),
    }
}
