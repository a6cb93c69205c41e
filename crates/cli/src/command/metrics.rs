//! `metrics`.

use super::search::{time, usd};
use crate::args::Metrics as Args;
use crate::output::Output;
use retake_api::dto::metrics::{CallsRequest, MetricsRequest};
use retake_api::{ApiError, Core, handlers};
use retake_model::Exit;
use std::fmt::Write;
use std::sync::Arc;

/// `retake metrics`.
pub async fn run(core: Arc<Core>, args: &Args, output: &Output) -> Result<Exit, ApiError> {
    if let Some(measure) = &args.calls {
        return calls(core, args, measure, output).await;
    }
    let request = MetricsRequest {
        query: args.query.clone(),
        by: args.by.clone(),
        bucket: args.bucket.clone(),
        points: None,
        from_ns: None,
        to_ns: None,
        largest: None,
    };
    let metrics = handlers::metrics::metrics(core, request).await?;
    output.document("metrics", &metrics, |text| {
        let ms = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |ms| format!("{ms:.0}"));
        let _ = writeln!(
            text,
            "{:<40} {:>9} {:>7} {:>8} {:>8} {:>8} {:>12}",
            "", "requests", "errors", "p50 ms", "p95 ms", "p99 ms", "cost"
        );
        for row in &metrics.rows {
            let dims: Vec<String> =
                row.dims.iter().map(|(name, value)| format!("{name}={}", value.as_deref().unwrap_or("—"))).collect();
            let _ = writeln!(
                text,
                "{:<40} {:>9} {:>7} {:>8} {:>8} {:>8} {:>12}",
                dims.join(" "),
                row.requests,
                row.errors,
                ms(row.latency_ms.p50),
                ms(row.latency_ms.p95),
                ms(row.latency_ms.p99),
                usd(row.cost_usd_nanos)
            );
        }
    });
    Ok(Exit::Done)
}

/// `retake metrics --calls MEASURE`.
async fn calls(core: Arc<Core>, args: &Args, measure: &str, output: &Output) -> Result<Exit, ApiError> {
    let request = CallsRequest {
        query: args.query.clone(),
        measure: measure.to_owned(),
        from_ns: None,
        to_ns: None,
        singles: None,
        highest: args.limit,
    };
    let calls = handlers::metrics::metrics_calls(core, request).await?;
    output.document("metrics-calls", &calls, |text| {
        let _ = writeln!(text, "{:<24} {:>14}  {:<8} {:<20} call", "time", measure, "status", "model");
        for call in &calls.highest {
            let value = match measure {
                "cost_usd_nanos" => usd(Some(call.value as i64)),
                _ => format!("{:.0}", call.value),
            };
            let _ = writeln!(
                text,
                "{:<24} {value:>14}  {:<8} {:<20} {}/{}",
                call.start_ns.map_or_else(|| "—".to_owned(), |ns| time(ns.0)),
                if call.error { "error" } else { "ok" },
                call.model.as_deref().unwrap_or("—"),
                call.trace_id,
                call.span_id
            );
        }
        let _ = writeln!(text, "{} calls carry it, {} do not", calls.known, calls.unknown);
    });
    Ok(Exit::Done)
}
