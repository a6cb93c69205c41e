//! A mapping that is proposed for a log, by the names of its columns and the look of their values. People correct it.

use super::columns::{Column, Looks};
use super::numbers::{DecimalMark, is_written_number, only_mark};
use super::{FieldMapping, Mapping, MappingKind, TIME, TimeMapping};
use crate::audit::Recogniser;
use crate::audit::names::normalised;
use retake_model::JsonMap;

/// What a field's values must look like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Any,
    Time,
    Number,
    Json,
    /// Something else than a lone number.
    Words,
}

/// Usual names of a model call's fields, the more explicit first; in lower snake case, paths joined by `_`.
const NAMES: &[(&str, Want, &[&str])] = &[
    ("trace_id", Want::Any, &["trace_id", "traceid", "trace", "run_id"]),
    (
        "span_id",
        Want::Any,
        &["span_id", "spanid", "call_id", "generation_id", "completion_id", "observation_id", "id", "uuid"],
    ),
    ("parent_span_id", Want::Any, &["parent_span_id", "parent_id", "parent_run_id", "parent_observation_id", "parent"]),
    ("request_id", Want::Any, &["request_id", "req_id", "correlation_id", "x_request_id"]),
    ("tool_call_id", Want::Any, &["tool_call_id"]),
    (
        "conversation",
        Want::Any,
        &["conversation_id", "session_id", "thread_id", "chat_id", "conversation", "session", "thread"],
    ),
    (
        "time",
        Want::Time,
        &[
            "start_time",
            "started_at",
            "timestamp",
            "time",
            "ts",
            "created_at",
            "request_time",
            "date",
            "datetime",
            "created",
            "start",
            "logged_at",
            "at",
            "when",
        ],
    ),
    ("end_time", Want::Time, &["end_time", "ended_at", "completed_at", "finished_at", "response_time", "end"]),
    (
        "duration_ms",
        Want::Number,
        &[
            "duration_ms",
            "latency_ms",
            "elapsed_ms",
            "took_ms",
            "response_time_ms",
            "latency_milliseconds",
            "duration",
            "latency",
        ],
    ),
    (
        "duration_s",
        Want::Number,
        &["duration_s", "latency_s", "duration_seconds", "latency_seconds", "elapsed_seconds", "seconds"],
    ),
    ("ttft_ms", Want::Number, &["ttft_ms", "ttft", "time_to_first_token_ms", "first_token_ms"]),
    (
        "user",
        Want::Any,
        &["user_id", "end_user", "end_user_id", "user", "username", "customer_user", "user_name", "user_email"],
    ),
    ("role", Want::Words, &["user_role", "actor_role"]),
    (
        "tenant",
        Want::Any,
        &[
            "tenant_id",
            "tenant",
            "organization_id",
            "organization",
            "org_id",
            "org",
            "customer_id",
            "customer",
            "team",
            "workspace_id",
            "account_id",
        ],
    ),
    (
        "feature",
        Want::Words,
        &["feature", "feature_name", "use_case", "app", "application", "endpoint", "route", "component"],
    ),
    ("environment", Want::Words, &["environment", "env", "stage", "deployment_environment"]),
    ("kind", Want::Words, &["span_kind", "kind", "run_type", "call_type", "operation_type", "type"]),
    ("name", Want::Words, &["name", "span_name", "operation", "operation_name", "task", "step"]),
    ("status", Want::Any, &["status", "status_code", "outcome", "success", "succeeded"]),
    ("error", Want::Words, &["error_message", "error", "exception", "failure_reason", "error_msg"]),
    (
        "messages",
        Want::Json,
        &[
            "messages",
            "input_messages",
            "chat_messages",
            "chat_history",
            "request_messages",
            "request_body_messages",
            "prompt_messages",
            "request_messages",
        ],
    ),
    ("system", Want::Words, &["system_prompt", "system", "instructions", "system_message", "system_instruction"]),
    (
        "input",
        Want::Words,
        &[
            "question",
            "user_message",
            "user_input",
            "user_prompt",
            "query",
            "prompt",
            "input",
            "request",
            "input_text",
            "utterance",
            "input_value",
            "message",
        ],
    ),
    (
        "output",
        Want::Words,
        &[
            "answer",
            "response",
            "completion",
            "output",
            "assistant_message",
            "generated_text",
            "reply",
            "output_text",
            "response_text",
            "output_value",
            "model_output",
            "result",
        ],
    ),
    ("tools", Want::Json, &["tools", "functions", "tool_definitions"]),
    (
        "documents",
        Want::Json,
        &[
            "documents",
            "retrieved_documents",
            "source_documents",
            "contexts",
            "context_documents",
            "chunks",
            "sources",
            "passages",
            "context",
        ],
    ),
    ("provider", Want::Words, &["provider", "vendor", "model_provider", "llm_provider", "api_provider"]),
    ("model", Want::Words, &["model", "model_name", "model_id", "llm_model", "engine", "deployment", "llm"]),
    (
        "params",
        Want::Json,
        &["params", "parameters", "model_parameters", "invocation_params", "model_params", "settings"],
    ),
    ("finish_reason", Want::Words, &["finish_reason", "stop_reason", "finish"]),
    ("prompt_name", Want::Words, &["prompt_name", "prompt_id", "template", "template_name", "prompt_template_name"]),
    ("prompt_version", Want::Any, &["prompt_version", "template_version"]),
    (
        "input_tokens",
        Want::Number,
        &[
            "input_tokens",
            "prompt_tokens",
            "tokens_in",
            "usage_input_tokens",
            "usage_prompt_tokens",
            "token_in",
            "n_input_tokens",
            "tokens_prompt",
            "prompt_token_count",
        ],
    ),
    (
        "output_tokens",
        Want::Number,
        &[
            "output_tokens",
            "completion_tokens",
            "tokens_out",
            "usage_output_tokens",
            "usage_completion_tokens",
            "token_out",
            "n_output_tokens",
            "tokens_completion",
            "completion_token_count",
        ],
    ),
    (
        "cache_read_tokens",
        Want::Number,
        &["cache_read_tokens", "cached_tokens", "cached_input_tokens", "cache_read_input_tokens", "cache_hit_tokens"],
    ),
    (
        "cache_write_tokens",
        Want::Number,
        &["cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"],
    ),
    ("reasoning_tokens", Want::Number, &["reasoning_tokens", "thinking_tokens", "thoughts_tokens"]),
    (
        "cost_usd",
        Want::Number,
        &["cost_usd", "cost", "total_cost", "price", "spend", "usd", "response_cost", "cost_dollars"],
    ),
    ("tool_name", Want::Words, &["tool_name", "tool", "function_name", "function"]),
    (
        "tool_arguments",
        Want::Any,
        &["tool_arguments", "tool_args", "tool_input", "function_arguments", "arguments", "args"],
    ),
    ("tool_result", Want::Any, &["tool_result", "tool_output", "function_result"]),
];

/// Fields of which a log of model calls has some.
const TELLING: &[&str] =
    &["messages", "input", "output", "model", "input_tokens", "output_tokens", "documents", "finish_reason", "system"];

/// Proposes a mapping of this kind, or of the kind that the columns speak for.
pub fn suggest(records: &[JsonMap], columns: &[Column], kind: Option<MappingKind>) -> Mapping {
    match kind {
        Some(MappingKind::Audit) => audit(records),
        Some(MappingKind::Traces) => traces(columns),
        None => {
            let traces = traces(columns);
            let telling = TELLING.iter().filter(|field| traces.fields.get(field).is_some()).count();
            let mut recogniser = Recogniser::new(None);
            let audits = records.iter().filter(|record| recogniser.audits(record).is_some()).count();
            let audit = audit(records);
            let acts = ["actor", "action", "decision"].iter().filter(|field| audit.fields.get(field).is_some()).count();
            if audits * 2 > records.len() || (telling < 2 && acts >= 2) { audit } else { traces }
        }
    }
}

fn empty(kind: MappingKind) -> Mapping {
    Mapping {
        kind,
        delimiter: None,
        decimal: None,
        time: None,
        fields: FieldMapping::default(),
        values: Default::default(),
        decisions: Default::default(),
    }
}

fn set(mapping: &mut Mapping, field: &str, column: &str) {
    if field == TIME.name {
        mapping.time = Some(TimeMapping { field: Some(column.to_owned()), format: None, zone: None });
    } else {
        mapping.fields.set(field, Some(column.to_owned()));
    }
}

/// What an audit log's columns are taken for without a mapping.
fn audit(records: &[JsonMap]) -> Mapping {
    let mut recogniser = Recogniser::new(None);
    for record in records {
        recogniser.event(record, &mut Vec::new());
    }
    let mut mapping = empty(MappingKind::Audit);
    for (field, column) in recogniser.report().as_object().into_iter().flatten() {
        if let Some(column) = column.as_str() {
            set(&mut mapping, field, column);
        }
    }
    mapping
}

fn traces(columns: &[Column]) -> Mapping {
    let named: Vec<(String, String, &Column)> = columns
        .iter()
        .map(|column| {
            let leaf = column.path.rsplit('.').next().unwrap_or(&column.path);
            (normalised(&column.path), normalised(leaf), column)
        })
        .collect();
    let mut mapping = empty(MappingKind::Traces);
    let mut used: Vec<&str> = Vec::new();
    for (field, want, names) in NAMES {
        // A column by its whole name first, then one within an object by its last step, the more explicit name first.
        let whole = |name: &&&str| named.iter().find(|(path, _, column)| path == **name && fits(*want, column));
        let within = |name: &&&str| {
            let deep = |column: &Column| column.path.contains('.');
            named
                .iter()
                .find(|(_, leaf, column)| leaf == **name && deep(column) && name.len() > 5 && fits(*want, column))
        };
        let hit = names.iter().find_map(|name| whole(&name)).or_else(|| names.iter().find_map(|name| within(&name)));
        let Some((.., column)) = hit.filter(|(.., column)| !used.contains(&column.path.as_str())) else { continue };
        used.push(&column.path);
        set(&mut mapping, field, &column.path);
    }
    mapping.decimal = decimal(&mapping, columns);
    if mapping.time.is_none()
        && let Some(column) =
            columns.iter().find(|column| column.looks == Looks::Time && !used.contains(&column.path.as_str()))
    {
        set(&mut mapping, TIME.name, &column.path);
    }
    mapping
}

/// How the numbers of the mapped columns are written, where they can be read in one way alone.
fn decimal(mapping: &Mapping, columns: &[Column]) -> Option<DecimalMark> {
    let taken = |want: &dyn Fn(&str) -> bool| -> Vec<&str> {
        let fields = NAMES.iter().filter(|(field, kind, _)| *kind == Want::Number && want(field));
        let paths = fields.filter_map(|(field, ..)| mapping.fields.get(field));
        let taken = paths.filter_map(|path| columns.iter().find(|column| column.path == path));
        taken.flat_map(|column| column.examples.iter().map(String::as_str)).collect()
    };
    // Where the names of the columns say nothing, all of their numbers are looked at.
    let all = || columns.iter().filter(|column| column.looks == Looks::Number);
    let numbers = || all().flat_map(|column| column.examples.iter().map(String::as_str));
    only_mark(taken(&|_| true)).or_else(|| only_mark(numbers())).or_else(|| {
        // `1,416` tokens are no part of one.
        let counted = taken(&|field| field.ends_with("_tokens"));
        counted.iter().any(|text| is_written_number(text)).then_some(DecimalMark::Point)
    })
}

fn fits(want: Want, column: &Column) -> bool {
    match want {
        Want::Any => column.looks != Looks::Json,
        Want::Time => matches!(column.looks, Looks::Time | Looks::Empty),
        Want::Number => matches!(column.looks, Looks::Number | Looks::Empty),
        Want::Json => matches!(column.looks, Looks::Json | Looks::Empty),
        Want::Words => !matches!(column.looks, Looks::Number | Looks::Time | Looks::Boolean),
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::columns;
    use super::*;
    use serde_json::{Value, json};

    fn records(list: Value) -> Vec<JsonMap> {
        list.as_array().expect("a list").iter().filter_map(Value::as_object).cloned().collect()
    }

    #[test]
    fn a_chat_log_and_an_audit_log_are_told_apart() {
        let chat = records(json!([
            {"id": "c1", "created_at": "2026-11-12T08:00:00Z", "question": "How long?", "answer": "30 days",
             "llm": "gpt-4o-mini", "usage": {"prompt_tokens": 12, "completion_tokens": 3}, "latency": 812, "org": "acme"}
        ]));
        let mapping = suggest(&chat, &columns(&chat), None);
        assert_eq!(mapping.kind, MappingKind::Traces);
        let named: Vec<_> = mapping.columns();
        for pair in [
            ("time", "created_at"),
            ("span_id", "id"),
            ("input", "question"),
            ("output", "answer"),
            ("model", "llm"),
            ("input_tokens", "usage.prompt_tokens"),
            ("duration_ms", "latency"),
            ("tenant", "org"),
        ] {
            assert!(named.contains(&pair), "{pair:?} in {named:?}");
        }
        let german = |cost: &str, tokens: &str| {
            let call = records(json!([{"time": "2026-11-12T08:00:00Z", "answer": "30 days", "cost": cost,
                "prompt_tokens": tokens}]));
            let mapping = suggest(&call, &columns(&call), None);
            assert_eq!(mapping.fields.cost_usd.as_deref(), Some("cost"), "{cost}");
            mapping.decimal
        };
        assert_eq!(german("0,0042", "1.416"), Some(DecimalMark::Comma));
        assert_eq!(german("0.0042", "1,416"), Some(DecimalMark::Point));
        assert_eq!(german("0.0042", "1416"), None);
        let foreign = records(json!([{"Zeit": "2026-11-12T08:00:00Z", "Antwort": "30", "Kosten": "0,0042"}]));
        assert_eq!(suggest(&foreign, &columns(&foreign), Some(MappingKind::Traces)).decimal, Some(DecimalMark::Comma));
        let log = records(json!([{"stamp": "2026-11-12T08:00:00Z", "Who": "ann", "operation": "tool.invoke",
            "outcome": "refused", "thing": "refund"}]));
        let mapping = suggest(&log, &columns(&log), None);
        assert_eq!(mapping.kind, MappingKind::Audit);
        assert_eq!(mapping.fields.actor.as_deref(), Some("Who"));
        assert_eq!(mapping.time.and_then(|time| time.field).as_deref(), Some("stamp"));
    }
}
