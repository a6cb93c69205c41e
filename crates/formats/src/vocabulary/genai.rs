//! OpenTelemetry GenAI: `gen_ai.*` in all its generations, on spans, in span events and in log records.

use super::attributes::{Attributes, integer, json_in};
use super::documents::documents_of;
use super::draft::{Draft, usd_nanos};
use super::messages::{arguments_of, message_of, messages_of, text_of_result, tools_of};
use super::{Vocabulary, attributes};
use retake_model::{
    FinishReason, JsonMap, Message, Part, Retrieval, Role, Score, ScoreSource, Span, SpanEvent, SpanKind,
    ToolExecution, Usage,
};
use serde_json::Value;

/// The vocabulary.
pub(crate) struct GenAi;

/// The event that carries the content of a call.
pub(crate) const DETAILS: &str = "gen_ai.client.inference.operation.details";

impl Vocabulary for GenAi {
    fn claims(&self, attributes: &Attributes) -> bool {
        attributes.has_prefix("gen_ai.")
    }

    fn apply(&self, draft: &mut Draft<'_>) {
        if let Some(kind) = kind_of(&draft.attributes) {
            draft.set_kind(kind);
        }
        names(draft);
        prompt_variables(draft);
        content(draft);
        params(draft);
        usage(draft);
        tool(draft);
        retrieval(draft);
        scores(draft);
    }
}

fn kind_of(attributes: &Attributes) -> Option<SpanKind> {
    if let Some(operation) = attributes.text("gen_ai.operation.name") {
        return Some(match operation.to_ascii_lowercase().as_str() {
            "chat" | "text_completion" | "completion" | "generate_content" | "generate" | "responses" | "message" => {
                SpanKind::Llm
            }
            "embeddings" | "embedding" | "embed" => SpanKind::Embedding,
            "retrieval" | "retrieve" | "search" | "vector_search" => SpanKind::Retriever,
            "rerank" | "reranking" | "reranker" => SpanKind::Reranker,
            "execute_tool" | "tool" | "tool_call" => SpanKind::Tool,
            "invoke_agent" | "create_agent" | "agent" => SpanKind::Agent,
            "invoke_workflow" | "workflow" | "chain" | "task" => SpanKind::Chain,
            "guardrail" | "guard" | "apply_guardrail" | "moderation" => SpanKind::Guardrail,
            "evaluate" | "evaluation" => SpanKind::Evaluator,
            _ if attributes.has("gen_ai.request.model") => SpanKind::Llm,
            _ => SpanKind::Other,
        });
    }
    if attributes.has("gen_ai.tool.name") {
        return Some(SpanKind::Tool);
    }
    let called = attributes.has("gen_ai.request.model") || attributes.has("gen_ai.response.model");
    called.then_some(SpanKind::Llm)
}

fn names(draft: &mut Draft<'_>) {
    let span = &draft.span;
    let provider = draft.text(&span.provider, &["gen_ai.provider.name", "gen_ai.system"]);
    let request_model = draft.text(&span.request_model, &["gen_ai.request.model", "llm.request.model"]);
    let response_model = draft.text(&span.response_model, &["gen_ai.response.model"]);
    let response_id = draft.text(&span.response_id, &["gen_ai.response.id"]);
    let prompt_name = draft.text(&span.prompt_name, &["gen_ai.prompt.name"]);
    let prompt_version = draft.text(&span.prompt_version, &["gen_ai.prompt.version"]);
    let template = draft.text(&span.prompt_template, TEMPLATE);
    let api_base = draft.text(&span.api_base, &["gen_ai.openai.api_base", "openai.api_base"]);
    let reasons = draft.attributes.get("gen_ai.response.finish_reasons").cloned();
    let span = &mut draft.span;
    span.provider = provider;
    span.request_model = request_model;
    span.response_model = response_model;
    span.response_id = response_id;
    span.prompt_name = prompt_name;
    span.prompt_version = prompt_version;
    span.prompt_template = template;
    span.api_base = api_base;
    if span.finish_reason.is_none() {
        let first = match reasons.map(|value| json_in(&value).unwrap_or(value)) {
            Some(Value::Array(list)) => list.first().and_then(attributes::scalar_text),
            Some(other) => attributes::scalar_text(&other),
            None => None,
        };
        span.finish_reason = first.map(|word| FinishReason::parse(&word).as_str().to_owned());
    }
    if span.ttft_ns.is_none() {
        let seconds = ["gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token"]
            .iter()
            .find_map(|name| draft.attributes.float(name));
        draft.span.ttft_ns = seconds.filter(|s| *s >= 0.0).map(|s| (s * 1e9).round() as i64);
    }
    if draft.span.streamed.is_none() {
        draft.span.streamed = ["gen_ai.request.stream", "gen_ai.is_streaming", "llm.is_streaming"]
            .iter()
            .find_map(|name| draft.attributes.boolean(name));
    }
    if draft.span.reported_usd_nanos.is_none() {
        let cost = ["gen_ai.usage.cost", "gen_ai.usage.total_cost", "gen_ai.cost.total_cost"]
            .iter()
            .find_map(|name| draft.attributes.float(name));
        draft.span.reported_usd_nanos = cost.and_then(usd_nanos);
    }
}

/// Takes `name` as messages and marks it as moved when it was.
fn messages(draft: &mut Draft<'_>, name: &str, fallback: Role) -> Option<Vec<Message>> {
    let value = draft.attributes.get(name)?;
    let value = json_in(value).unwrap_or_else(|| value.clone());
    let found = messages_of(&value, fallback)?;
    draft.attributes.moved(name);
    Some(found)
}

const TEMPLATE: &[&str] = &["gen_ai.prompt.template", "gen_ai.prompt_template.template", "gen_ai.prompt_template"];

/// The values that were poured into the template: one object, or an attribute for each.
fn prompt_variables(draft: &mut Draft<'_>) {
    let names = ["gen_ai.prompt.variables", "gen_ai.prompt_template.variables"];
    let mut found = JsonMap::new();
    for name in names {
        if let Some(Value::Object(variables)) = draft.attributes.json(name) {
            found = variables;
            draft.attributes.moved(name);
            break;
        }
    }
    for (name, value) in draft.attributes.iter() {
        let prefixes = ["gen_ai.prompt.variables.", "gen_ai.prompt.variable.", "gen_ai.prompt_template.variables."];
        if let Some(key) = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).filter(|key| !key.is_empty()) {
            found.entry(key).or_insert_with(|| value.clone());
        }
    }
    if !found.is_empty() {
        draft.span.prompt_variables.get_or_insert(found);
    }
    if draft.span.prompt_template.is_some() {
        for name in TEMPLATE {
            draft.attributes.moved(*name);
        }
    }
}

fn content(draft: &mut Draft<'_>) {
    let system = messages(draft, "gen_ai.system_instructions", Role::System);
    let mut input = messages(draft, "gen_ai.input.messages", Role::User);
    if input.is_none() {
        input = messages(draft, "gen_ai.prompt", Role::User);
    }
    if let Some(system) = system {
        // The parts of one instruction: `[{type: text, content}]`.
        let parts: Vec<Part> = system.into_iter().flat_map(|message| message.parts).collect();
        let message = Message { role: Role::System, parts, name: None, content_state: Default::default() };
        input.get_or_insert_default().insert(0, message);
    }
    draft.set_input(input);
    let reason = draft.attributes.json("gen_ai.output.messages").and_then(|value| {
        value.get(0)?.get("finish_reason")?.as_str().map(|word| FinishReason::parse(word).as_str().to_owned())
    });
    let mut output = messages(draft, "gen_ai.output.messages", Role::Assistant);
    if output.is_none() {
        output = messages(draft, "gen_ai.completion", Role::Assistant);
    }
    if draft.span.finish_reason.is_none() {
        draft.span.finish_reason = reason.filter(|word| !word.is_empty());
    }
    draft.set_output(output);
    for name in ["gen_ai.tool.definitions", "gen_ai.request.tools"] {
        if let Some(tools) = draft.attributes.json(name).as_ref().and_then(tools_of) {
            draft.attributes.moved(name);
            draft.span.tools.get_or_insert(tools);
        }
    }
}

/// `gen_ai.request.*` as parameters of the API: `temperature`, `max_tokens`, `seed`, …
fn params(draft: &mut Draft<'_>) {
    let mut found = JsonMap::new();
    for (name, value) in draft.attributes.iter() {
        let key = match name.strip_prefix("gen_ai.request.") {
            Some(key) => key,
            None => {
                match name.strip_prefix("gen_ai.openai.request.").or_else(|| name.strip_prefix("openai.request.")) {
                    Some(key) => key,
                    None => continue,
                }
            }
        };
        let key = match key {
            "model" | "stream" | "is_stream" | "tools" | "structured_output_schema" | "response_format" => continue,
            "choice.count" => "n",
            "stop_sequences" => "stop",
            "encoding_formats" => {
                if let Some(Value::Array(list)) = json_in(value).or_else(|| Some(value.clone()))
                    && let [one] = list.as_slice()
                {
                    found.insert("encoding_format".into(), one.clone());
                }
                continue;
            }
            key => key,
        };
        if !value.is_null() && !key.contains('.') {
            found.insert(key.to_owned(), value.clone());
        }
    }
    let format = ["gen_ai.openai.request.response_format", "openai.request.response_format"]
        .iter()
        .find_map(|name| draft.attributes.text(name));
    if let Some(format) = format {
        let whole = json_in(&Value::from(format.as_str())).unwrap_or_else(|| serde_json::json!({"type": format}));
        found.insert("response_format".into(), whole);
    }
    if let Some(schema) = draft.attributes.json("gen_ai.request.structured_output_schema") {
        // The schema without the name that the call gave it.
        let format = if schema.get("type").and_then(Value::as_str) == Some("json_schema") {
            schema
        } else {
            serde_json::json!({"type": "json_schema", "json_schema": {"name": "response", "schema": schema}})
        };
        found.entry("response_format").or_insert(format);
    }
    if !found.is_empty() {
        let params = draft.span.params.get_or_insert_default();
        for (key, value) in found {
            params.entry(key).or_insert(value);
        }
    }
}

fn usage(draft: &mut Draft<'_>) {
    if !draft.span.usage.is_empty() {
        return;
    }
    let get = |names: &[&str]| draft.attributes.any_integer(names).filter(|n| *n >= 0);
    let total = get(&["gen_ai.usage.total_tokens", "llm.usage.total_tokens"]);
    draft.span.usage = usage_from(
        get(&["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"]),
        get(&["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"]),
        get(&[
            "gen_ai.usage.cache_read.input_tokens",
            "gen_ai.usage.cache_read_input_tokens",
            "gen_ai.usage.cached_tokens",
        ]),
        get(&["gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"]),
        get(&["gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens", "llm.usage.reasoning_tokens"]),
        total,
    );
}

/// The convention is *inside*: cache within the input, reasoning within the output. Writers that keep them beside are told
/// by sums that cannot be otherwise.
pub(crate) fn usage_from(
    input: Option<i64>,
    output: Option<i64>,
    cache_read: Option<i64>,
    cache_write: Option<i64>,
    reasoning: Option<i64>,
    total: Option<i64>,
) -> Usage {
    let cached = cache_read.unwrap_or(0) + cache_write.unwrap_or(0);
    let (input_n, output_n, reasoning_n) = (input.unwrap_or(0), output.unwrap_or(0), reasoning.unwrap_or(0));
    let cache_beside = cached > 0 && (cached > input_n || total == Some(input_n + cached + output_n));
    let reasoning_beside =
        reasoning_n > 0 && (reasoning_n > output_n || total == Some(input_n + output_n + reasoning_n));
    let input = if cache_beside { input.map(|n| n + cached) } else { input };
    let output = if reasoning_beside { output.map(|n| n + reasoning_n) } else { output };
    Usage::from_inclusive(input, output, cache_read, cache_write, reasoning)
}

fn tool(draft: &mut Draft<'_>) {
    if draft.span.kind != Some(SpanKind::Tool) {
        return;
    }
    let Some(name) = draft.attributes.text("gen_ai.tool.name") else { return };
    let arguments = ["gen_ai.tool.call.arguments", "gen_ai.tool.arguments"]
        .into_iter()
        .find_map(|name| Some((name, draft.attributes.get(name)?.clone())));
    let result = ["gen_ai.tool.call.result", "gen_ai.tool.result"]
        .into_iter()
        .find_map(|name| Some((name, draft.attributes.get(name)?.clone())));
    let tool = draft.span.tool.get_or_insert_with(|| ToolExecution { name, ..ToolExecution::default() });
    if tool.call_id.is_none() {
        tool.call_id = draft.attributes.text("gen_ai.tool.call.id");
    }
    if tool.description.is_none() {
        tool.description = draft.attributes.text("gen_ai.tool.description");
    }
    if let Some((name, value)) = arguments {
        tool.arguments.get_or_insert_with(|| arguments_of(Some(&value)));
        draft.attributes.moved(name);
    }
    if let Some((name, value)) = result {
        let tool = draft.span.tool.get_or_insert_default();
        tool.result.get_or_insert_with(|| text_of_result(&value));
        draft.attributes.moved(name);
    }
}

fn retrieval(draft: &mut Draft<'_>) {
    let kind = match draft.span.kind {
        Some(SpanKind::Retriever) => "retrieval",
        Some(SpanKind::Reranker) => "rerank",
        _ => return,
    };
    let mut found = draft.span.retrieval.take().unwrap_or_default();
    if found.query.is_none() {
        found.query = draft.attributes.any_text(&[
            "gen_ai.retrieval.query.text",
            "gen_ai.retrieval.query",
            "gen_ai.rerank.query",
            "retrieval.query",
            "rerank.query",
        ]);
    }
    take_documents(draft, &mut found, kind);
    draft.span.retrieval = Some(found);
}

/// Documents that an application attribute holds as JSON: a name that ends in `documents` (or in another word for them,
/// when there is none) on a retrieval or rerank span. `input` in the name of a reranker's attribute is its input.
pub(crate) fn take_documents(draft: &mut Draft<'_>, found: &mut Retrieval, kind: &str) {
    let rank = |name: &str| -> Option<u8> {
        let last = name.rsplit(['.', '_']).next().unwrap_or(name);
        match last {
            _ if name == "gen_ai.retrieval.documents" => Some(0),
            "documents" => Some(1),
            "docs" | "passages" | "chunks" | "results" | "hits" | "matches" => Some(2),
            _ => None,
        }
    };
    let mut candidates: Vec<(u8, String)> =
        draft.attributes.iter().filter_map(|(name, _)| Some((rank(name)?, name.to_owned()))).collect();
    candidates.sort();
    for (_, name) in candidates {
        let is_input = kind == "rerank" && name.contains("input");
        let slot = if is_input { &mut found.input_documents } else { &mut found.documents };
        if !slot.is_empty() {
            continue;
        }
        let score_kind = if is_input { "retrieval" } else { kind };
        if let Some(documents) = draft.attributes.json(&name).and_then(|value| documents_of(&value, score_kind)) {
            *slot = documents;
            draft.attributes.moved(name);
        }
    }
}

fn scores(draft: &mut Draft<'_>) {
    let from_attributes: JsonMap = draft
        .attributes
        .iter()
        .filter(|(name, _)| name.starts_with("gen_ai.evaluation."))
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    draft.span.scores.extend(score_of(&from_attributes));
    let results = draft.span.events.iter().filter(|event| event.name == "gen_ai.evaluation.result");
    let scores: Vec<Score> = results.filter_map(|event| score_of(&event.attributes)).collect();
    draft.span.scores.extend(scores);
}

pub(crate) fn score_of(attributes: &JsonMap) -> Option<Score> {
    let text = |name: &str| attributes.get(name).and_then(attributes::scalar_text);
    Some(Score {
        name: text("gen_ai.evaluation.name")?,
        value: attributes.get("gen_ai.evaluation.score.value").and_then(Value::as_f64),
        label: text("gen_ai.evaluation.score.label"),
        explanation: text("gen_ai.evaluation.explanation"),
        source: ScoreSource::Unknown,
    })
}

/// The content event of a span, as if its attributes were the span's own.
pub(crate) fn take_detail_events(draft: &mut Draft<'_>) {
    let events = std::mem::take(&mut draft.span.events);
    let (details, rest): (Vec<_>, Vec<_>) = events.into_iter().partition(|event| event.name == DETAILS);
    draft.span.events = rest;
    for event in details {
        draft.attributes.fill_from(event.attributes);
    }
}

/// Role of a message event of the conventions before 2025: `gen_ai.user.message`, …
fn event_role(name: &str) -> Option<(u8, Role)> {
    Some(match name {
        "gen_ai.system.message" => (0, Role::System),
        "gen_ai.user.message" => (1, Role::User),
        "gen_ai.assistant.message" => (2, Role::Assistant),
        "gen_ai.tool.message" => (3, Role::Tool),
        "gen_ai.content.prompt" => (1, Role::User),
        _ => return None,
    })
}

/// Builds the messages of a span from one event a message, and takes those events away. They may have come in several
/// records, so the order is by time; of one time, instructions stand before what follows them.
pub(crate) fn messages_from_events(span: &mut Span) {
    let is_message = |event: &SpanEvent| {
        event_role(&event.name).is_some()
            || matches!(event.name.as_str(), "gen_ai.choice" | "gen_ai.content.completion")
    };
    if !span.events.iter().any(is_message) {
        return;
    }
    let (mut said, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut span.events).into_iter().partition(is_message);
    span.events = rest;
    said.sort_by_key(|event| (event.time_ns, event_role(&event.name).map_or(9, |(rank, _)| rank)));
    let (mut input, mut output) = (Vec::new(), Vec::new());
    for event in said {
        let body = event_body(&event.attributes);
        match event_role(&event.name) {
            Some((_, role)) => match event.attributes.get("gen_ai.prompt") {
                Some(value) => input
                    .extend(messages_of(&json_in(value).unwrap_or_else(|| value.clone()), role).unwrap_or_default()),
                None => input.extend(message_of(&body, role)),
            },
            None => {
                let completion = event.attributes.get("gen_ai.completion");
                match completion {
                    Some(value) => output.extend(
                        messages_of(&json_in(value).unwrap_or_else(|| value.clone()), Role::Assistant)
                            .unwrap_or_default(),
                    ),
                    None => output.extend(message_of(&body, Role::Assistant)),
                }
                let reason = body.get("finish_reason").and_then(Value::as_str);
                if span.finish_reason.is_none() {
                    span.finish_reason = reason.map(|word| FinishReason::parse(word).as_str().to_owned());
                }
            }
        }
    }
    if span.input.is_none() && !input.is_empty() {
        span.input = Some(input);
    }
    if span.output.is_none() && !output.is_empty() {
        span.output = Some(output);
    }
}

/// The message within an event: its attributes, some of which may be JSON in a text, or one JSON document.
fn event_body(attributes: &JsonMap) -> Value {
    for name in ["gen_ai.event.content", "event.content", "body"] {
        if let Some(inner) = attributes.get(name).and_then(json_in) {
            return inner;
        }
    }
    let mut body = attributes.clone();
    for name in ["message", "tool_calls", "content"] {
        if let Some(inner) = attributes.get(name).and_then(json_in)
            && (name != "content" || inner.is_array())
        {
            body.insert(name.into(), inner);
        }
    }
    if let Some(id) = attributes.get("id").filter(|_| !attributes.contains_key("tool_call_id")) {
        body.insert("tool_call_id".into(), id.clone());
    }
    if attributes.get("index").and_then(integer).is_some() && !attributes.contains_key("message") {
        body.remove("index");
    }
    Value::Object(body)
}
