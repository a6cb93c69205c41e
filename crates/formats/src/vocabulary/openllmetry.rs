//! OpenLLMetry (Traceloop): workflows, tasks and tools with `traceloop.entity.*`, messages flattened as
//! `gen_ai.prompt.0.content` or, in newer versions, as GenAI attributes.

use super::attributes::{Attributes, Flat, json_in, scalar_text};
use super::draft::Draft;
use super::messages::{arguments_of, looks_like_messages, messages_of};
use super::{Vocabulary, documents_of};
use retake_model::{FinishReason, JsonMap, Message, Part, Role, SpanKind, ToolDefinition, ToolExecution};
use serde_json::Value;

/// The vocabulary.
pub(crate) struct OpenLlmetry;

impl Vocabulary for OpenLlmetry {
    fn claims(&self, attributes: &Attributes) -> bool {
        attributes.has_prefix("traceloop.")
            || attributes.has_prefix("gen_ai.prompt.0.")
            || attributes.has_prefix("gen_ai.completion.0.")
            || attributes.has_prefix("llm.prompts.")
            || attributes.has_prefix("llm.completions.")
            || attributes.has("llm.request.type")
    }

    fn apply(&self, draft: &mut Draft<'_>) {
        if let Some(kind) = kind_of(draft) {
            draft.set_kind(kind);
        }
        prompt(draft);
        content(draft);
        entity(draft);
    }
}

fn kind_of(draft: &Draft<'_>) -> Option<SpanKind> {
    let attributes = &draft.attributes;
    if let Some(request) = attributes.text("llm.request.type") {
        match request.as_str() {
            "chat" | "completion" => return Some(SpanKind::Llm),
            "embedding" => return Some(SpanKind::Embedding),
            "rerank" => return Some(SpanKind::Reranker),
            _ => {}
        }
    }
    if attributes.has("gen_ai.operation.name") {
        return None;
    }
    match attributes.text("traceloop.span.kind").unwrap_or_default().as_str() {
        "workflow" => Some(SpanKind::Chain),
        "agent" => Some(SpanKind::Agent),
        "tool" => Some(SpanKind::Tool),
        "task" => Some(task_kind(draft)),
        _ if attributes.has_prefix("gen_ai.prompt.") || attributes.has_prefix("gen_ai.completion.") => {
            Some(SpanKind::Llm)
        }
        _ => None,
    }
}

/// A task is a retrieval when its name says so or when what it gave back is a list of scored documents.
fn task_kind(draft: &Draft<'_>) -> SpanKind {
    let name = draft.attributes.text("traceloop.entity.name").or_else(|| draft.span.name.clone()).unwrap_or_default();
    let name = name.to_lowercase();
    let output = draft.attributes.get("traceloop.entity.output").and_then(decoded);
    let found = output.as_ref().and_then(|value| documents_of(value, "retrieval"));
    let is_empty_list = output.as_ref().and_then(Value::as_array).is_some_and(Vec::is_empty);
    let says = |stems: &[&str]| stems.iter().any(|stem| name.contains(stem));
    let documents = found.is_some_and(|documents| !documents.is_empty());
    if !documents && !is_empty_list {
        return SpanKind::Chain;
    }
    if says(&["rerank", "re-rank", "re_rank"]) {
        return SpanKind::Reranker;
    }
    if says(&["retriev", "search", "fetch_doc", "lookup_doc", "rag", "vector", "query_index", "find_doc"]) {
        return SpanKind::Retriever;
    }
    let scored = output.as_ref().and_then(|value| documents_of(value, "retrieval")).is_some_and(|documents| {
        documents.iter().all(|document| document.score.is_some() && document.document_id.is_some())
    });
    if documents && scored { SpanKind::Retriever } else { SpanKind::Chain }
}

fn prompt(draft: &mut Draft<'_>) {
    let span = &draft.span;
    let name = draft.text(&span.prompt_name, &["traceloop.prompt.key", "traceloop.prompt.name"]);
    let version = draft.text(&span.prompt_version, &["traceloop.prompt.version"]);
    let template = draft.text(&span.prompt_template, &["traceloop.prompt.template"]);
    let mut variables = match draft.attributes.json("traceloop.prompt.template_variables") {
        Some(Value::Object(variables)) => variables,
        _ => JsonMap::new(),
    };
    for (name, value) in draft.attributes.iter() {
        if let Some(variable) = name.strip_prefix("traceloop.prompt.template_variables.") {
            variables.insert(variable.to_owned(), value.clone());
        }
    }
    draft.span.prompt_name = name;
    draft.span.prompt_version = version;
    draft.span.prompt_template = template;
    if !variables.is_empty() {
        draft.span.prompt_variables.get_or_insert(variables);
    }
    for name in
        ["traceloop.prompt.template", "traceloop.prompt.template_variables", "traceloop.prompt.template_variables."]
    {
        draft.attributes.moved(name);
    }
}

fn content(draft: &mut Draft<'_>) {
    for prefix in ["gen_ai.prompt", "llm.prompts"] {
        let rows = draft.attributes.indexed(prefix);
        let rows: Vec<Flat> = rows.into_iter().filter(|row| !row.0.is_empty()).collect();
        if !rows.is_empty() {
            draft.set_input(Some(rows.iter().map(|row| message(row, Role::User)).collect()));
            for index in 0..rows.len().max(1) + 64 {
                draft.attributes.moved(format!("{prefix}.{index}."));
            }
        }
    }
    for prefix in ["gen_ai.completion", "llm.completions"] {
        let rows = draft.attributes.indexed(prefix);
        if rows.is_empty() {
            continue;
        }
        if draft.span.finish_reason.is_none() {
            let word = rows.first().and_then(|row| row.text("finish_reason"));
            draft.span.finish_reason = word.map(|word| FinishReason::parse(&word).as_str().to_owned());
        }
        let said: Vec<Message> = rows.iter().map(|row| message(row, Role::Assistant)).collect();
        draft.set_output(Some(said));
        draft.attributes.moved(format!("{prefix}."));
    }
    let tools: Vec<ToolDefinition> = draft
        .attributes
        .indexed("llm.request.functions")
        .iter()
        .filter_map(|row| {
            Some(ToolDefinition {
                name: row.text("name")?,
                description: row.text("description"),
                parameters: row
                    .get("parameters")
                    .map(|p| json_in(p).unwrap_or_else(|| p.clone()))
                    .unwrap_or(Value::Null),
                raw: None,
            })
        })
        .collect();
    if !tools.is_empty() {
        draft.span.tools.get_or_insert(tools);
        draft.attributes.moved("llm.request.functions.");
    }
}

fn message(row: &Flat, fallback: Role) -> Message {
    let role = row.text("role").and_then(|word| Role::parse(&word)).unwrap_or(fallback);
    let content = row.get("content");
    if role == Role::Tool {
        let text = content.map(super::messages::text_of_result).unwrap_or_default();
        let part = Part::ToolResult { id: row.text("tool_call_id"), name: row.text("name"), text, is_error: false };
        return Message { role, parts: vec![part], name: None, content_state: Default::default() };
    }
    let mut parts = Vec::new();
    match content {
        // Content parts of the API, as JSON in a text.
        Some(value) if json_in(value).is_some_and(|inner| is_part_list(&inner)) => {
            let inner = json_in(value).unwrap_or(Value::Null);
            let whole = serde_json::json!({"role": role.as_str(), "content": inner});
            parts.extend(messages_of(&whole, role).into_iter().flatten().flat_map(|message| message.parts));
        }
        Some(value) => parts.extend(scalar_text(value).map(|text| Part::Text { text })),
        None => {}
    }
    for call in row.indexed("tool_calls") {
        if let Some(name) = call.text("name") {
            parts.push(Part::ToolCall { id: call.text("id"), name, arguments: arguments_of(call.get("arguments")) });
        }
    }
    if let Some(name) = row.text("function_call.name") {
        parts.push(Part::ToolCall { id: None, name, arguments: arguments_of(row.get("function_call.arguments")) });
    }
    Message { role, parts, name: None, content_state: Default::default() }
}

fn is_part_list(value: &Value) -> bool {
    value
        .as_array()
        .is_some_and(|list| !list.is_empty() && list.iter().all(|item| item.get("type").is_some_and(Value::is_string)))
}

/// The JSON in `traceloop.entity.*`, also when it is a JSON string that holds JSON.
fn decoded(value: &Value) -> Option<Value> {
    match json_in(value) {
        Some(inner) => Some(inner),
        None => match value {
            Value::String(text) if text.starts_with('"') => {
                let inner: String = serde_json::from_str(text).ok()?;
                Some(json_in(&Value::String(inner.clone())).unwrap_or(Value::String(inner)))
            }
            _ => None,
        },
    }
}

/// Input of a decorated function: `{"args": […], "kwargs": {…}}` is the arguments themselves.
fn unwrapped(value: Value) -> Value {
    let Value::Object(object) = &value else { return value };
    let inner = object.get("inputs").filter(|_| object.len() <= 3).unwrap_or(&value);
    let Value::Object(object) = inner else { return inner.clone() };
    let (Some(Value::Array(args)), Some(Value::Object(kwargs))) = (object.get("args"), object.get("kwargs")) else {
        return inner.clone();
    };
    match (args.as_slice(), kwargs.is_empty()) {
        ([], _) => Value::Object(kwargs.clone()),
        ([one], true) => one.clone(),
        _ => inner.clone(),
    }
}

fn entity(draft: &mut Draft<'_>) {
    let input = draft.attributes.get("traceloop.entity.input").cloned();
    let output = draft.attributes.get("traceloop.entity.output").cloned();
    let input_json = input.as_ref().and_then(decoded).map(unwrapped);
    let output_json = output.as_ref().and_then(decoded);
    let plain = |value: &Option<Value>, json: &Option<Value>| match json {
        Some(Value::String(text)) => Some(text.clone()),
        _ => value.as_ref().and_then(scalar_text),
    };
    match draft.span.kind {
        Some(SpanKind::Llm) => {
            let messages = |json: &Option<Value>, role| {
                json.as_ref().filter(|v| looks_like_messages(v)).and_then(|v| messages_of(v, role))
            };
            draft.set_input(messages(&input_json, Role::User));
            draft.set_output(messages(&output_json, Role::Assistant));
        }
        Some(SpanKind::Tool) => {
            let name = draft.attributes.any_text(&["traceloop.entity.name", "gen_ai.tool.name"]);
            let tool = draft.span.tool.get_or_insert_with(|| ToolExecution {
                name: name.or_else(|| draft.span.name.clone()).unwrap_or_default(),
                ..ToolExecution::default()
            });
            if tool.arguments.is_none() {
                tool.arguments = input_json.clone().or_else(|| input.as_ref().map(|value| arguments_of(Some(value))));
            }
            if tool.result.is_none() {
                tool.result = plain(&output, &output_json);
            }
        }
        Some(kind @ (SpanKind::Retriever | SpanKind::Reranker)) => {
            let score_kind = if kind == SpanKind::Reranker { "rerank" } else { "retrieval" };
            let mut found = draft.span.retrieval.take().unwrap_or_default();
            if found.documents.is_empty() {
                found.documents = output_json.as_ref().and_then(|v| documents_of(v, score_kind)).unwrap_or_default();
            }
            if found.query.is_none() {
                found.query = query_of(input_json.as_ref()).or_else(|| plain(&input, &input_json));
            }
            draft.span.retrieval = Some(found);
        }
        _ => {}
    }
    let is_llm = draft.span.kind == Some(SpanKind::Llm);
    if draft.span.input_value.is_none() && !is_llm {
        draft.span.input_value = plain(&input, &input_json);
    }
    let written_twice = draft.span.retrieval.as_ref().is_some_and(|found| !found.documents.is_empty());
    if draft.span.output_value.is_none() && !is_llm && !written_twice {
        draft.span.output_value = plain(&output, &output_json);
    }
    if !is_llm || draft.span.input.is_some() {
        draft.attributes.moved("traceloop.entity.input");
    }
    if !is_llm || draft.span.output.is_some() {
        draft.attributes.moved("traceloop.entity.output");
    }
}

fn query_of(input: Option<&Value>) -> Option<String> {
    match input? {
        Value::Object(object) => ["query", "question", "q", "text", "input", "search_query"]
            .iter()
            .find_map(|key| object.get(*key).and_then(scalar_text)),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}
