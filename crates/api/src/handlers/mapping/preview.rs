//! What a mapping makes of the first records, as rows for people.

use super::api_error;
use crate::ApiError;
use crate::dto::mapping::{MappingPreview, PreviewCell, PreviewRow, PreviewWarning};
use retake_formats::mapping::{Mapping, Need, targets};
use retake_ingest::PreviewRecord;
use retake_model::{AuditEvent, Code, Decision, Mapped, Message, Role, Span, SpanStatus};

/// Records that are shown unless another number is asked for, and at most.
const SHOWN: u64 = 20;
const MOST: u64 = 200;
/// Characters of a value, and of a record as it came.
const VALUE_CHARS: usize = 200;
const RECORD_CHARS: usize = 2_000;

/// What a mapping makes of the first records of a file.
///
/// # Errors
/// `RTK-I024` when the mapping does not fit the file, and those of the sample.
pub fn preview_now(path: &str, mapping: &Mapping, limit: Option<u64>) -> Result<MappingPreview, ApiError> {
    let text = mapping.to_yaml().map_err(ApiError::internal)?;
    let most = usize::try_from(limit.unwrap_or(SHOWN).clamp(1, MOST)).unwrap_or_default();
    let first = retake_ingest::first_bytes(path).map_err(|error| api_error(&error))?;
    let made = retake_ingest::preview(&first, &text, most).map_err(|error| api_error(&error))?;
    let rows: Vec<PreviewRow> = made.records.iter().map(row).collect();
    // Ids say least to people.
    let (ids, told): (Vec<_>, Vec<_>) = targets(mapping.kind).partition(|target| target.group == "identity");
    let content = ["input", "output"].into_iter().chain(told.iter().map(|target| target.name));
    let order = ["time", "duration_ms"].into_iter().chain(content);
    let order = order.chain(["documents"]).chain(ids.iter().map(|target| target.name));
    let mut fields: Vec<String> = Vec::new();
    for name in order.chain(["attributes"]) {
        let is_there = rows.iter().any(|row| row.cells.iter().any(|cell| cell.field == name));
        if is_there && !fields.iter().any(|field| field == name) {
            fields.push(name.to_owned());
        }
    }
    let has = |name: &str| fields.iter().any(|field| field == name);
    let needed = |need: Need| targets(mapping.kind).filter(move |target| target.need == need).map(|target| target.name);
    let mut missing: Vec<String> = needed(Need::Required).filter(|name| !has(name)).map(str::to_owned).collect();
    if !needed(Need::OneOf).any(has) {
        missing.push(needed(Need::OneOf).collect::<Vec<_>>().join(" or "));
    }
    Ok(MappingPreview {
        path: first.path.clone(),
        kind: mapping.kind.as_str().to_owned(),
        format: made.format.to_owned(),
        fields,
        rows,
        warnings: made.warnings.iter().map(warning).collect(),
        missing,
        more: made.more,
        text,
    })
}

fn warning((code, message): &(Code, String)) -> PreviewWarning {
    PreviewWarning { code: code.as_str().to_owned(), message: message.clone() }
}

fn row(record: &PreviewRecord) -> PreviewRow {
    let mut cells = Cells(Vec::new());
    match &record.mapped {
        Mapped::Span(span) => cells.span(span),
        Mapped::Audit(event) => cells.audit(event),
        Mapped::Raw => {}
    }
    PreviewRow {
        line: record.line,
        byte_offset: record.byte_offset,
        understood: record.mapped != Mapped::Raw,
        cells: cells.0,
        warnings: record.warnings.iter().map(warning).collect(),
        record: cut(&String::from_utf8_lossy(&record.body), RECORD_CHARS),
    }
}

fn cut(text: &str, chars: usize) -> String {
    let mut shown: String = text.chars().take(chars).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn moment(ns: i64) -> String {
    jiff::Timestamp::from_nanosecond(i128::from(ns)).map_or_else(|_| ns.to_string(), |at| at.to_string())
}

struct Cells(Vec<PreviewCell>);

impl Cells {
    fn add(&mut self, field: &str, value: Option<impl ToString>) {
        let Some(value) = value.map(|value| cut(&value.to_string(), VALUE_CHARS)).filter(|text| !text.is_empty())
        else {
            return;
        };
        self.0.push(PreviewCell { field: field.to_owned(), value });
    }

    fn span(&mut self, span: &Span) {
        self.add("time", span.start_ns.map(moment));
        let spent = span.start_ns.zip(span.end_ns).map(|(start, end)| (end - start) as f64 / 1e6);
        self.add("duration_ms", spent);
        self.add("ttft_ms", span.ttft_ns.map(|ns| ns as f64 / 1e6));
        self.add("kind", span.kind.map(|kind| kind.as_str()));
        self.add("name", span.name.as_ref());
        self.add("status", Some(span.status.as_str()).filter(|_| span.status != SpanStatus::Unset));
        self.add("error", span.status_message.as_ref());
        for (field, id) in
            [("trace_id", &span.trace_id), ("span_id", &span.span_id), ("parent_span_id", &span.parent_span_id)]
        {
            self.add(field, id.as_ref());
        }
        for (field, text) in [
            ("request_id", &span.request_id),
            ("conversation", &span.conversation),
            ("tenant", &span.tenant),
            ("user", &span.user),
            ("role", &span.user_role),
            ("feature", &span.feature),
            ("environment", &span.environment),
            ("provider", &span.provider),
            ("model", &span.request_model),
            ("finish_reason", &span.finish_reason),
            ("prompt_name", &span.prompt_name),
            ("prompt_version", &span.prompt_version),
        ] {
            self.add(field, text.as_ref());
        }
        self.content(span);
        let usage = &span.usage;
        for (field, n) in [
            ("input_tokens", usage.input_tokens()),
            ("output_tokens", usage.output_tokens()),
            ("cache_read_tokens", usage.cache_read_tokens),
            ("cache_write_tokens", usage.cache_write_tokens),
            ("reasoning_tokens", usage.reasoning_tokens),
        ] {
            self.add(field, n);
        }
        self.add("cost_usd", span.reported_usd_nanos.map(|nanos| nanos as f64 / 1e9));
        self.kept(&span.attributes);
    }

    fn content(&mut self, span: &Span) {
        let input = span.input.as_deref().unwrap_or_default();
        let of = |role: Role| input.iter().rev().find(|message| message.role == role).map(Message::joined_text);
        self.add("system", of(Role::System));
        let more = Some(input.len()).filter(|n| *n > 1).map(|n| format!("{n} messages"));
        self.add("messages", more);
        self.add("input", of(Role::User).or_else(|| span.input_value.clone()));
        let output = span.output.as_ref().and_then(|messages| messages.first()).map(|message| {
            let text = message.joined_text();
            if text.is_empty() { format!("{} parts", message.parts.len()) } else { text }
        });
        self.add("output", output.or_else(|| span.output_value.clone()));
        self.add("tools", span.tools.as_ref().map(|tools| format!("{} tools", tools.len())));
        self.add("params", span.params.as_ref().map(|params| serde_json::to_string(params).unwrap_or_default()));
        let documents = span.retrieval.as_ref().map(|found| found.documents.len());
        self.add("documents", documents.map(|n| format!("{n} documents")));
        if let Some(tool) = &span.tool {
            self.add("tool_name", Some(&tool.name));
            self.add("tool_call_id", tool.call_id.as_ref());
            self.add("tool_arguments", tool.arguments.as_ref());
            self.add("tool_result", tool.result.as_ref());
        }
    }

    fn audit(&mut self, event: &AuditEvent) {
        self.add("time", event.time_ns.map(moment));
        for (field, text) in [
            ("event_id", &event.event_id),
            ("actor", &event.actor),
            ("role", &event.role),
            ("tenant", &event.tenant),
            ("action", &event.action),
            ("resource", &event.resource),
            ("reason", &event.reason),
            ("request_id", &event.request_id),
            ("tool_call_id", &event.tool_call_id),
        ] {
            self.add(field, text.as_ref());
        }
        self.add("decision", Some(event.decision.as_str()).filter(|_| event.decision != Decision::Unknown));
        self.add("trace_id", event.trace_id.as_ref());
        self.add("span_id", event.span_id.as_ref());
        self.kept(&event.attributes);
    }

    /// Names of what is kept beside the fields.
    fn kept(&mut self, attributes: &retake_model::JsonMap) {
        let names: Vec<&str> = attributes.keys().map(String::as_str).collect();
        self.add("attributes", Some(names.join(", ")));
    }
}
