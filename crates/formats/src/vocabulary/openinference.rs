//! OpenInference: flattened keys on spans (`llm.input_messages.0.message.content`), JSON values, documents with metadata.

use super::Vocabulary;
use super::attributes::{Attributes, Flat, json_in, scalar_text};
use super::documents::document_of;
use super::draft::{Draft, usd_nanos};
use super::genai::usage_from;
use super::messages::{arguments_of, messages_of, tool_of};
use retake_model::{
    Document, FinishReason, JsonMap, Message, Part, Retrieval, Role, Score, ScoreSource, SpanKind, ToolExecution,
};
use serde_json::Value;

/// The vocabulary.
pub(crate) struct OpenInference;

impl Vocabulary for OpenInference {
    fn claims(&self, attributes: &Attributes) -> bool {
        // A template stands on spans of any vocabulary.
        is_whole(attributes) || attributes.has_prefix("llm.prompt_template.")
    }

    fn apply(&self, draft: &mut Draft<'_>) {
        if !is_whole(&draft.attributes) {
            prompt(draft);
            return;
        }
        draft.set_kind(kind_of(&draft.attributes));
        prompt(draft);
        match draft.span.kind {
            Some(SpanKind::Llm) => llm(draft),
            Some(SpanKind::Embedding) => embedding(draft),
            Some(SpanKind::Tool) => tool(draft),
            Some(SpanKind::Retriever | SpanKind::Reranker) => retrieval(draft),
            _ => {}
        }
        values(draft);
        usage(draft);
        scores(draft);
    }
}

/// True when more than a template is told in this vocabulary.
fn is_whole(attributes: &Attributes) -> bool {
    attributes.has("openinference.span.kind")
        || [
            "llm.input_messages.",
            "llm.output_messages.",
            "retrieval.documents.",
            "reranker.",
            "llm.token_count.",
            "embedding.",
        ]
        .iter()
        .any(|prefix| attributes.has_prefix(prefix))
        || (attributes.has("input.mime_type") && attributes.has("input.value"))
}

fn kind_of(attributes: &Attributes) -> SpanKind {
    match attributes.text("openinference.span.kind").unwrap_or_default().to_ascii_uppercase().as_str() {
        "LLM" => SpanKind::Llm,
        "TOOL" => SpanKind::Tool,
        "RETRIEVER" => SpanKind::Retriever,
        "EMBEDDING" => SpanKind::Embedding,
        "RERANKER" => SpanKind::Reranker,
        "CHAIN" => SpanKind::Chain,
        "AGENT" => SpanKind::Agent,
        "GUARDRAIL" => SpanKind::Guardrail,
        "EVALUATOR" => SpanKind::Evaluator,
        "PROMPT" => SpanKind::Prompt,
        "" if attributes.has_prefix("llm.") => SpanKind::Llm,
        "" if attributes.has_prefix("retrieval.documents.") => SpanKind::Retriever,
        "" if attributes.has_prefix("reranker.") => SpanKind::Reranker,
        "" if attributes.has_prefix("embedding.") => SpanKind::Embedding,
        _ => SpanKind::Other,
    }
}

fn prompt(draft: &mut Draft<'_>) {
    let span = &draft.span;
    let version = draft.text(&span.prompt_version, &["llm.prompt_template.version"]);
    let name = draft.text(&span.prompt_name, &["llm.prompt_template.name"]);
    let template = draft.text(&span.prompt_template, &["llm.prompt_template.template"]);
    let variables = draft.attributes.json("llm.prompt_template.variables");
    draft.span.prompt_version = version;
    draft.span.prompt_name = name;
    draft.span.prompt_template = template;
    if let Some(Value::Object(variables)) = variables {
        draft.span.prompt_variables.get_or_insert(variables);
        draft.attributes.moved("llm.prompt_template.variables");
    }
    draft.attributes.moved("llm.prompt_template.template");
}

/// Messages of `llm.input_messages`, flattened or as one JSON value.
fn messages(draft: &mut Draft<'_>, name: &str, fallback: Role) -> Option<(Vec<Message>, Option<String>)> {
    let rows = draft.attributes.indexed(name);
    if rows.is_empty() {
        let value = draft.attributes.json(name)?;
        draft.attributes.moved(name);
        // Written whole, each element still has the dotted names or the wrapper `message`.
        let rows: Option<Vec<Flat>> = value
            .as_array()?
            .iter()
            .map(|item| {
                item.as_object().filter(|o| o.keys().any(|k| k.starts_with("message."))).map(|o| Flat(o.clone()))
            })
            .collect();
        return match rows {
            Some(rows) if !rows.is_empty() => Some((rows.iter().map(|row| message(row, fallback)).collect(), None)),
            _ => messages_of(&value, fallback).map(|messages| (messages, None)),
        };
    }
    draft.attributes.moved(format!("{name}."));
    let reason = rows.first().and_then(|row| row.text("message.finish_reason"));
    Some((rows.iter().map(|row| message(row, fallback)).collect(), reason))
}

fn message(row: &Flat, fallback: Role) -> Message {
    let word = row.text("message.role");
    let role = word.as_deref().map_or(fallback, |word| Role::parse(&word.to_ascii_lowercase()).unwrap_or(Role::Tool));
    let mut parts = Vec::new();
    let content = match row.get("message.content") {
        Some(Value::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
        None => None,
    };
    let call_id = row.text("message.tool_call_id");
    if role == Role::Tool {
        let name = row.text("message.name").or_else(|| word.filter(|word| Role::parse(word).is_none()));
        let text = content.unwrap_or_else(|| row.indexed("message.contents").iter().filter_map(content_text).collect());
        parts.push(Part::ToolResult { id: call_id, name, text, is_error: false });
        return Message { role, parts, name: None, content_state: Default::default() };
    }
    parts.extend(content.filter(|text| !text.is_empty()).map(|text| Part::Text { text }));
    parts.extend(row.indexed("message.contents").iter().filter_map(content_part));
    for call in row.indexed("message.tool_calls") {
        let name = call.text("tool_call.function.name").or_else(|| call.text("tool_call.name"));
        let arguments = call.get("tool_call.function.arguments").or_else(|| call.get("tool_call.arguments"));
        if name.is_some() || arguments.is_some() {
            parts.push(Part::ToolCall {
                id: call.text("tool_call.id"),
                name: name.unwrap_or_default(),
                arguments: arguments_of(arguments),
            });
        }
    }
    if let Some(name) = row.text("message.function_call_name") {
        let arguments = arguments_of(row.get("message.function_call_arguments_json"));
        parts.push(Part::ToolCall { id: None, name, arguments });
    }
    Message { role, parts, name: row.text("message.name"), content_state: Default::default() }
}

fn content_text(row: &Flat) -> Option<String> {
    row.text("message_content.text")
}

fn content_part(row: &Flat) -> Option<Part> {
    let kind = row.text("message_content.type").unwrap_or_default();
    let url = ["message_content.image.image.url", "message_content.image.url", "message_content.image_url.url"]
        .iter()
        .find_map(|name| row.text(name));
    if let Some(url) = url {
        let media_type = url.strip_prefix("data:").and_then(|rest| rest.split([';', ',']).next()).map(str::to_owned);
        return Some(Part::Image { url, media_type });
    }
    match (kind.as_str(), content_text(row)) {
        ("reasoning" | "thinking", Some(text)) => Some(Part::Reasoning { text }),
        (_, Some(text)) => Some(Part::Text { text }),
        _ if row.0.is_empty() => None,
        _ => Some(Part::Opaque { vendor: "openinference".into(), json: row.nested() }),
    }
}

fn llm(draft: &mut Draft<'_>) {
    let body = draft.attributes.json("input.value").filter(|_| !plain_text(draft, "input"));
    let answer = draft.attributes.json("output.value").filter(|_| !plain_text(draft, "output"));
    let input = messages(draft, "llm.input_messages", Role::User).map(|(messages, _)| messages);
    let output = messages(draft, "llm.output_messages", Role::Assistant);
    let reason = output.as_ref().and_then(|(_, reason)| reason.clone());
    draft.set_input(input);
    draft.set_output(output.map(|(messages, _)| messages));
    parameters(draft, "llm.invocation_parameters");
    models(draft, answer.as_ref());
    let tools: Vec<_> = draft
        .attributes
        .indexed("llm.tools")
        .iter()
        .filter_map(|row| row.get("tool.json_schema").or_else(|| row.get("json_schema")).cloned())
        .filter_map(|schema| tool_of(&json_in(&schema)?))
        .collect();
    if !tools.is_empty() {
        draft.span.tools.get_or_insert(tools);
        draft.attributes.moved("llm.tools.");
    }
    let in_answer = |path: &str| answer.as_ref()?.pointer(path).and_then(scalar_text);
    if draft.span.finish_reason.is_none() {
        let word = draft.attributes.any_text(&["llm.finish_reason", "llm.response.finish_reason"]).or(reason);
        let word = word.or_else(|| in_answer("/choices/0/finish_reason")).or_else(|| in_answer("/stop_reason"));
        draft.span.finish_reason = word.map(|word| FinishReason::parse(&word).as_str().to_owned());
    }
    if draft.span.response_id.is_none() {
        draft.span.response_id = in_answer("/id");
    }
    if let Some(body) = body.filter(Value::is_object)
        && let Some(api) = retake_wire::api::detect_request(&body)
    {
        if draft.span.input.is_none()
            && let Ok(request) = (api.decode_request)(&body)
        {
            draft.set_input(Some(request.messages));
        }
        if draft.span.streamed.is_none() {
            draft.span.streamed = body.get("stream").and_then(Value::as_bool);
        }
        draft.span.request_body.get_or_insert(body);
        draft.attributes.moved("input.value");
    }
    if let Some(answer) = answer
        && let Some(api) = retake_wire::api::detect_answer(&answer)
    {
        if draft.span.output.is_none() {
            draft.set_output((api.answer_messages)(&answer).ok());
        }
        draft.attributes.moved("output.value");
    }
    // A call that was recorded as plain text only.
    if draft.span.input.is_none() {
        let input = draft.attributes.get("input.value").and_then(|value| messages_of(value, Role::User));
        draft.set_input(input);
    }
    if draft.span.output.is_none() {
        let output = draft.attributes.get("output.value").and_then(|value| messages_of(value, Role::Assistant));
        draft.set_output(output);
    }
}

fn plain_text(draft: &Draft<'_>, side: &str) -> bool {
    draft.attributes.text(&format!("{side}.mime_type")).is_some_and(|mime| mime == "text/plain")
}

/// Invocation parameters as recorded, unknown ones too; the model is a field of its own.
fn parameters(draft: &mut Draft<'_>, name: &str) {
    let Some(Value::Object(mut params)) = draft.attributes.json(name) else { return };
    if let Some(model) = params.shift_remove("model").as_ref().and_then(scalar_text) {
        draft.span.request_model.get_or_insert(model);
    }
    for gone in ["messages", "tools", "input"] {
        params.shift_remove(gone);
    }
    if let Some(stream) = params.shift_remove("stream").and_then(|value| value.as_bool()) {
        draft.span.streamed.get_or_insert(stream);
    }
    draft.span.params.get_or_insert(params);
    draft.attributes.moved(name);
}

fn models(draft: &mut Draft<'_>, answer: Option<&Value>) {
    let span = &draft.span;
    let provider = draft.text(&span.provider, &["llm.provider", "llm.system"]);
    let named = draft.attributes.any_text(&["llm.model_name", "embedding.model_name", "reranker.model_name"]);
    let request = draft.text(&span.request_model, &["llm.request.model_name"]).or_else(|| named.clone());
    let answered = answer.and_then(|answer| answer.get("model")).and_then(scalar_text);
    let response = draft.text(&span.response_model, &["llm.response.model_name"]).or(answered).or(named);
    draft.span.provider = provider;
    draft.span.request_model = request;
    draft.span.response_model = response;
}

fn embedding(draft: &mut Draft<'_>) {
    parameters(draft, "embedding.invocation_parameters");
    parameters(draft, "llm.invocation_parameters");
    models(draft, None);
    let texts: Vec<String> =
        draft.attributes.indexed("embedding.embeddings").iter().filter_map(|row| row.text("embedding.text")).collect();
    if !texts.is_empty() {
        draft.span.input_value = Some(texts.join("\n"));
    }
    // Vectors stay in the raw record.
    draft.attributes.moved("embedding.embeddings.");
    draft.attributes.moved("output.value");
    draft.attributes.moved("input.value");
}

fn tool(draft: &mut Draft<'_>) {
    let name = draft.attributes.any_text(&["tool.name", "tool_call.function.name"]).or_else(|| draft.span.name.clone());
    let input = draft.attributes.get("input.value").cloned();
    let arguments = ["tool_call.function.arguments", "tool.arguments"]
        .iter()
        .find_map(|name| draft.attributes.get(name).cloned())
        .or(input)
        .or_else(|| draft.attributes.get("tool.parameters").cloned());
    let result = draft.attributes.get("output.value").map(super::messages::text_of_result);
    let tool = ToolExecution {
        name: name.unwrap_or_default(),
        call_id: draft.attributes.any_text(&["tool_call.id", "tool.id", "tool_call_id", "tool.call.id"]),
        arguments: arguments.map(|value| arguments_of(Some(&value))),
        result,
        description: draft.attributes.text("tool.description"),
    };
    draft.span.tool.get_or_insert(tool);
    draft.attributes.moved("input.value");
    draft.attributes.moved("output.value");
}

fn documents(draft: &mut Draft<'_>, name: &str, score_kind: &str) -> Vec<Document> {
    let rows = draft.attributes.indexed(name);
    if rows.is_empty() {
        let Some(found) = draft.attributes.json(name).and_then(|value| super::documents_of(&value, score_kind)) else {
            return Vec::new();
        };
        draft.attributes.moved(name);
        return found;
    }
    draft.attributes.moved(format!("{name}."));
    rows.iter()
        .zip(1..)
        .map(|(row, rank)| {
            let mut fields = JsonMap::new();
            for (key, value) in &row.0 {
                fields.insert(key.strip_prefix("document.").unwrap_or(key).to_owned(), value.clone());
            }
            // `metadata.version` written flat.
            document_of(&Flat(fields).nested(), rank, score_kind)
        })
        .collect()
}

fn retrieval(draft: &mut Draft<'_>) {
    let mut found = draft.span.retrieval.take().unwrap_or_default();
    if draft.span.kind == Some(SpanKind::Reranker) {
        found.query = found.query.or_else(|| draft.attributes.text("reranker.query"));
        found.documents = documents(draft, "reranker.output_documents", "rerank");
        found.input_documents = documents(draft, "reranker.input_documents", "retrieval");
        models(draft, None);
        draft.span.response_model = None;
    } else {
        found.documents = documents(draft, "retrieval.documents", "retrieval");
    }
    if found.documents.is_empty() {
        // Retrievers that write their answer as JSON only.
        let kind = if draft.span.kind == Some(SpanKind::Reranker) { "rerank" } else { "retrieval" };
        found.documents = draft
            .attributes
            .json("output.value")
            .and_then(|value| super::documents_of(&value, kind))
            .unwrap_or_default();
    }
    if found.query.is_none() {
        found.query = match draft.attributes.get("input.value") {
            Some(value) => match json_in(value) {
                Some(Value::Object(object)) => ["query", "question", "input", "text"]
                    .iter()
                    .find_map(|key| object.get(*key).and_then(scalar_text))
                    .or_else(|| scalar_text(value)),
                _ => scalar_text(value),
            },
            None => None,
        };
    }
    draft.span.retrieval = Some(Retrieval { ..found });
}

/// `input.value` and `output.value` of what is no model call.
fn values(draft: &mut Draft<'_>) {
    if matches!(draft.span.kind, Some(SpanKind::Llm)) {
        if draft.span.input.is_some() {
            draft.attributes.moved("input.value");
        }
        if draft.span.output.is_some() {
            draft.attributes.moved("output.value");
        }
        return;
    }
    if draft.span.input_value.is_none() && draft.span.kind != Some(SpanKind::Embedding) {
        draft.span.input_value = draft.attributes.text("input.value");
    }
    let written_twice = draft.span.retrieval.as_ref().is_some_and(|found| !found.documents.is_empty());
    if draft.span.output_value.is_none() && draft.span.kind != Some(SpanKind::Embedding) && !written_twice {
        draft.span.output_value = draft.attributes.text("output.value");
    }
    draft.attributes.moved("input.value");
    draft.attributes.moved("output.value");
}

fn usage(draft: &mut Draft<'_>) {
    if draft.span.usage.is_empty() {
        let get = |name: &str| draft.attributes.integer(name).filter(|n| *n >= 0);
        let mut usage = usage_from(
            get("llm.token_count.prompt"),
            get("llm.token_count.completion"),
            get("llm.token_count.prompt_details.cache_read"),
            get("llm.token_count.prompt_details.cache_write"),
            get("llm.token_count.completion_details.reasoning"),
            get("llm.token_count.total"),
        );
        if let (Some(audio), Some(input)) =
            (get("llm.token_count.prompt_details.audio").filter(|n| *n > 0), usage.uncached_input_tokens)
        {
            usage.audio_input_tokens = Some(audio);
            usage.uncached_input_tokens = Some((input - audio).max(0));
        }
        if let (Some(audio), Some(output)) =
            (get("llm.token_count.completion_details.audio").filter(|n| *n > 0), usage.output_text_tokens)
        {
            usage.audio_output_tokens = Some(audio);
            usage.output_text_tokens = Some((output - audio).max(0));
        }
        draft.span.usage = usage;
    }
    if draft.span.reported_usd_nanos.is_none() {
        draft.span.reported_usd_nanos = draft.attributes.float("llm.cost.total").and_then(usd_nanos);
    }
}

fn scores(draft: &mut Draft<'_>) {
    for (list, prefix) in [("annotations", "annotation"), ("evaluations", "evaluation")] {
        for row in draft.attributes.indexed(list) {
            let Some(name) = row.text(&format!("{prefix}.name")) else { continue };
            let source = match row.text(&format!("{prefix}.annotator_kind")).unwrap_or_default().as_str() {
                "HUMAN" => ScoreSource::Human,
                "LLM" => ScoreSource::Model,
                "CODE" => ScoreSource::Code,
                _ => ScoreSource::Unknown,
            };
            draft.span.scores.push(Score {
                name,
                value: row.get(&format!("{prefix}.score")).and_then(Value::as_f64),
                label: row.text(&format!("{prefix}.label")),
                explanation: row.text(&format!("{prefix}.explanation")),
                source,
            });
        }
    }
}
