//! Export of traces and audit events in the forms that are made of records: OTLP/JSON and one JSON line a span. The
//! canonical form is the store's own.

use crate::IngestError;
use retake_model::Id;
use retake_store::{AuditRow, Cancel, Workspace};
use serde::Serialize;
use serde_json::Value;
use std::io::Write;

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One JSON line per span.
    Jsonl,
    /// OTLP/JSON, one request a line, from the records as they came.
    OtlpJson,
}

impl ExportFormat {
    /// Reads the name that `--format` takes.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "jsonl" => Self::Jsonl,
            "otlp-json" => Self::OtlpJson,
            _ => return None,
        })
    }
}

/// Writes the spans of `traces`, then `audit` events; gives the number of records.
pub fn export(
    workspace: &Workspace,
    traces: &[Id],
    audit: &[AuditRow],
    format: ExportFormat,
    out: &mut dyn Write,
    cancel: &Cancel,
) -> Result<u64, IngestError> {
    let mut records = 0;
    for trace_id in traces {
        if cancel.is_cancelled() {
            break;
        }
        for span in workspace.spans_full(trace_id)? {
            records += match format {
                ExportFormat::Jsonl => line(out, &span)?,
                ExportFormat::OtlpJson => {
                    let Some(span_id) = &span.span_id else { continue };
                    raw(out, workspace.raw_records(trace_id, span_id)?)?
                }
            };
        }
    }
    for row in audit {
        records += match format {
            ExportFormat::Jsonl => line(out, &row.event)?,
            ExportFormat::OtlpJson => raw(out, workspace.audit_raw_records(row.audit_pk)?)?,
        };
    }
    Ok(records)
}

/// One JSON line. Moments are text, as in every document: 64-bit integers do not survive every reader.
fn line(out: &mut dyn Write, record: &impl Serialize) -> Result<u64, IngestError> {
    let mut value = serde_json::to_value(record).map_err(std::io::Error::from)?;
    moments_as_text(&mut value);
    serde_json::to_writer(&mut *out, &value).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(1)
}

/// Only our own fields are touched: what stands in attributes, bodies and metadata is the source's.
fn moments_as_text(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object.iter_mut() {
                let foreign = matches!(
                    name.as_str(),
                    "attributes"
                        | "resource"
                        | "metadata"
                        | "params"
                        | "request_body"
                        | "request"
                        | "arguments"
                        | "prompt_variables"
                );
                match inner {
                    Value::Number(n) if name.ends_with("_ns") && name != "ttft_ns" => {
                        *inner = Value::String(n.to_string())
                    }
                    _ if !foreign => moments_as_text(inner),
                    _ => {}
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(moments_as_text),
        _ => {}
    }
}

fn raw(out: &mut dyn Write, records: Vec<retake_store::RawRecord>) -> Result<u64, IngestError> {
    let mut n = 0;
    let mut seen: Vec<Vec<u8>> = Vec::new();
    for record in records {
        let line = retake_formats::otlp::request_line(&record.source, record.kind, &record.body);
        // One record that two batches claim.
        if seen.contains(&line) {
            continue;
        }
        out.write_all(&line)?;
        out.write_all(b"\n")?;
        n += 1;
        seen.push(line);
    }
    Ok(n)
}
