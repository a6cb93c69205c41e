//! Numbers of model calls, and the calls themselves over time.

use super::parse_query;
use crate::analysis::bucket::{self, Bucket};
use crate::analysis::calls::{self, Measure, Room};
use crate::analysis::metrics::{self as measure, CallPoint, Dim};
use crate::dto::Ns;
use crate::dto::metrics::{
    Call, CallMark, Calls, CallsRequest, LatencyPercentiles, Metrics, MetricsRequest, MetricsRow, TtftPercentiles,
};
use crate::{ApiError, Core};
use retake_model::{Code, Id, SpanKind, UsageScope};
use retake_query::Query;
use retake_store::MetricPoint;
use std::sync::Arc;

/// Requests, errors, latency, tokens and cost of the model calls of a query.
///
/// # Errors
/// Those of the query, the dimensions and the bucket.
pub async fn metrics(core: Arc<Core>, request: MetricsRequest) -> Result<Metrics, ApiError> {
    core.blocking(move |core| {
        let query = parse_query(core, request.query.as_deref().unwrap_or(""), None)?;
        let by = request.by.iter().map(|word| dim(word)).collect::<Result<Vec<_>, _>>()?;
        let bucket = request.bucket.as_deref().map(|word| bucket(word, request.points)).transpose()?;
        let (from, to) = (request.from_ns.map(|ns| ns.0), request.to_ns.map(|ns| ns.0));
        let mut points = points_of(core, &query, from, to)?;
        if let Some(groups) = request.largest {
            measure::of_largest(&mut points, &by, groups as usize);
        }
        let starts = || points.iter().filter_map(|point| point.start_ns);
        let extent = from.or_else(|| starts().min()).zip(to.map(|to| to - 1).or_else(|| starts().max()));
        let bucket_ns = bucket.map(|bucket| bucket.length_ns(extent));
        let rows =
            measure::metrics(&points, &by, bucket_ns).into_iter().map(|row| view(row, bucket_ns.is_some())).collect();
        Ok(Metrics { rows, bucket_ms: bucket_ns.map(|ns| ns as f64 / 1e6) })
    })
    .await
}

/// Single calls over time, with what stands out; where they are many, cells of a grid.
///
/// # Errors
/// Those of the query; `RTK-A001` for an unknown measure.
pub async fn metrics_calls(core: Arc<Core>, request: CallsRequest) -> Result<Calls, ApiError> {
    core.blocking(move |core| {
        let query = parse_query(core, request.query.as_deref().unwrap_or(""), None)?;
        let measure = measure_of(&request.measure)?;
        let (from, to) = (request.from_ns.map(|ns| ns.0), request.to_ns.map(|ns| ns.0));
        let points = points_of(core, &query, from, to)?;
        let usual = Room::default();
        let room = Room { singles: request.singles.map_or(usual.singles, |n| n.min(MAX_MARKS) as usize), ..usual };
        let found = calls::calls(&points, measure, from.zip(to), room);
        let top = calls::highest(&points, measure, request.highest.unwrap_or(HIGHEST).min(MAX_MARKS) as usize);
        let workspace = core.workspace()?;
        let ids = |places: Vec<usize>| {
            let spans: Vec<_> = places.iter().filter_map(|at| points.get(*at)).map(|point| point.span).collect();
            workspace.ids_of(&spans)
        };
        // What was taken back between the two reads has no id any more, and is left out.
        let marks = found.marks.iter().zip(ids(found.marks.iter().map(|mark| mark.highest).collect())?);
        let marks = marks.filter_map(|(mark, ids)| {
            let (trace_id, span_id) = ids?;
            Some(CallMark {
                from_ns: Ns(mark.from_ns),
                to_ns: Ns(mark.to_ns),
                low: mark.low,
                high: mark.high,
                n: mark.n,
                errors: mark.errors,
                trace_id: trace_id.to_string(),
                span_id: span_id.to_string(),
            })
        });
        let named = top.iter().zip(ids(top.clone())?);
        let highest = named.filter_map(|(at, ids)| call_view(points.get(*at)?, measure, ids?));
        Ok(Calls {
            measure: measure.as_str().to_owned(),
            known: found.known,
            unknown: found.unknown,
            marks: marks.collect(),
            highest: highest.collect(),
        })
    })
    .await
}

/// Marks and calls that one answer holds, at most.
const MAX_MARKS: u32 = 5_000;
/// Calls with the highest values, when nothing is said of them.
const HIGHEST: u32 = 10;

fn measure_of(word: &str) -> Result<Measure, ApiError> {
    Measure::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Measure::ALL.iter().map(|measure| measure.as_str()).collect();
        ApiError::new(Code::UsageInvalid, format!("calls are not measured by {word:?}"))
            .with_hint(format!("Use one of: {}.", known.join(", ")))
    })
}

/// Model calls of a query that began in a range.
fn points_of(core: &Core, query: &Query, from: Option<i64>, to: Option<i64>) -> Result<Vec<CallPoint>, ApiError> {
    let asked = |start: Option<i64>| {
        from.is_none_or(|from| start >= Some(from)) && to.is_none_or(|to| start.is_some_and(|at| at < to))
    };
    let points = core.workspace()?.metric_points(query)?;
    Ok(points.into_iter().filter_map(point).filter(|point| asked(point.start_ns)).collect())
}

fn call_view(point: &CallPoint, measure: Measure, (trace_id, span_id): (Id, Id)) -> Option<Call> {
    let text = |name: &Option<Arc<str>>| name.as_deref().map(str::to_owned);
    Some(Call {
        trace_id: trace_id.to_string(),
        span_id: span_id.to_string(),
        start_ns: point.start_ns.map(Ns),
        value: measure.of(point)?,
        error: point.is_error(),
        tenant: text(&point.tenant),
        feature: text(&point.feature),
        model: text(&point.model),
        prompt: text(&point.prompt),
    })
}

fn bucket(word: &str, points: Option<u32>) -> Result<Bucket, ApiError> {
    Bucket::parse(word, points).ok_or_else(|| {
        let known: Vec<&str> = bucket::SIZES.iter().map(|(name, _)| *name).chain([bucket::AUTO]).collect();
        ApiError::new(Code::UsageInvalid, format!("there are no buckets of {word:?}"))
            .with_hint(format!("Use one of: {}.", known.join(", ")))
    })
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
        span: point.span,
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
    let mut dims: std::collections::BTreeMap<String, Option<String>> = row
        .dims
        .into_iter()
        .map(|(dim, value)| (dim.as_str().to_owned(), value.as_deref().map(str::to_owned)))
        .collect();
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
