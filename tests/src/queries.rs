//! The table of queries: traces, and what each query has to find. Source of truth: `fixtures/queries/table.json`, which
//! the tests of the command line and of the window both read.

use crate::{Home, in_repository, json};
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A query and the traces that it has to find.
pub struct Expected {
    /// As typed; days and times without an offset are meant in UTC.
    pub query: String,
    /// Ids of the traces, sorted.
    pub trace_ids: Vec<String>,
}

/// A query that is refused.
pub struct Refused {
    /// As typed.
    pub query: String,
    /// Place of the error in characters.
    pub span: (u64, u64),
    /// Code of the error.
    pub code: String,
}

/// The table.
pub struct Table {
    /// What is found.
    pub expected: Vec<Expected>,
    /// What is refused.
    pub refused: Vec<Refused>,
    traces: String,
    audit: String,
}

impl Table {
    /// Reads `fixtures/queries/table.json`.
    pub fn read() -> Result<Self> {
        let table = json(&in_repository("fixtures/queries/table.json"))?;
        let list = |name: &str| table[name].as_array().cloned().with_context(|| format!("{name} is no list"));
        let traces = list("traces")?;
        let id_of = |name: &Value| -> Result<String> {
            let trace = traces.iter().find(|trace| trace["name"] == *name);
            text(&trace.with_context(|| format!("there is no trace {name}"))?["trace_id"])
        };
        let mut expected = Vec::new();
        for row in list("queries")? {
            let finds = row["finds"].as_array().with_context(|| format!("{row} finds no list"))?;
            let mut trace_ids = finds.iter().map(id_of).collect::<Result<Vec<_>>>()?;
            trace_ids.sort();
            expected.push(Expected { query: text(&row["query"])?, trace_ids });
        }
        let mut refused = Vec::new();
        for row in list("wrong")? {
            let number = |name: &str| row[name].as_u64().with_context(|| format!("{row} has no {name}"));
            let span = (number("start")?, number("end")?);
            refused.push(Refused { query: text(&row["query"])?, span, code: text(&row["code"])? });
        }
        let lines = |values: Vec<Value>| values.iter().map(|value| format!("{value}\n")).collect::<String>();
        Ok(Self {
            expected,
            refused,
            traces: lines(traces.iter().map(document).collect::<Result<_>>()?),
            audit: lines(list("audit")?),
        })
    }

    /// Writes the files that are to be imported.
    pub fn files(&self, home: &Home) -> Vec<PathBuf> {
        vec![home.file("queries/traces.jsonl", &self.traces), home.file("queries/audit.jsonl", &self.audit)]
    }
}

/// A trace of the table as one OTLP document.
fn document(trace: &Value) -> Result<Value> {
    let spans = trace["spans"].as_array().context("a trace has no spans")?;
    let spans = spans.iter().map(|span| otlp(&trace["trace_id"], span)).collect::<Result<Vec<_>>>()?;
    Ok(json!({"resourceSpans": [{"resource": {"attributes": attributes(&trace["resource"])},
        "scopeSpans": [{"scope": {"name": "queries"}, "spans": spans}]}]}))
}

fn otlp(trace_id: &Value, span: &Value) -> Result<Value> {
    let start: jiff::Timestamp = text(&span["start"])?.parse()?;
    let start_ns = start.as_nanosecond();
    let end_ns = start_ns + i128::from(span["ms"].as_i64().context("a span has no ms")?) * 1_000_000;
    let code = if span["status"] == "error" { 2 } else { 0 };
    let events = span["events"].as_array().into_iter().flatten();
    let events: Vec<Value> = events
        .map(|event| {
            json!({"name": event["name"], "timeUnixNano": start_ns.to_string(), "attributes": attributes(&event["attributes"])})
        })
        .collect();
    let mut out = json!({"traceId": trace_id, "spanId": span["span_id"], "name": span["name"], "kind": 1,
        "startTimeUnixNano": start_ns.to_string(), "endTimeUnixNano": end_ns.to_string(), "events": events,
        "attributes": attributes(&span["attributes"]), "status": {"code": code, "message": span["message"].as_str().unwrap_or_default()}});
    if let Some(parent) = span["parent_span_id"].as_str() {
        out["parentSpanId"] = json!(parent);
    }
    Ok(out)
}

/// Attributes as OTLP writes them.
fn attributes(map: &Value) -> Vec<Value> {
    let value = |value: &Value| match value {
        Value::String(text) => json!({"stringValue": text}),
        Value::Number(number) if number.is_f64() => json!({"doubleValue": number}),
        Value::Number(number) => json!({"intValue": number.to_string()}),
        Value::Bool(flag) => json!({"boolValue": flag}),
        other => json!({"stringValue": other.to_string()}),
    };
    map.as_object().into_iter().flatten().map(|(key, it)| json!({"key": key, "value": value(it)})).collect()
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).with_context(|| format!("{value} is no text"))
}
