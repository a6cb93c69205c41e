//! LiteLLM's logs: the standard logging payload of its callbacks (one object a call, as lines or an array) and rows of its
//! spend log. Source of truth: LiteLLM's `StandardLoggingPayload` and `SpendLogs` schema, 1.x.
//!
//! Times there are seconds (floats) or naive UTC text. `response_cost` 0 of a failure or a cache hit is a real 0.

use crate::records::{each_object, object_of};
use crate::sink::{FormatError, Input, Sink};
use crate::splitter::Place;
use crate::time::ns_from_value;
use crate::vocabulary::attributes::{integer, json_in, scalar_text};
use crate::vocabulary::draft::usd_nanos;
use crate::vocabulary::messages::{messages_of, tools_of};
use crate::vocabulary::{documents_of, who};
use crate::{Context, Format, Head, Strength, Verdict, hash::content_hash};
use retake_model::{
    Code, ContentState, EntityKey, Fact, FactKind, FactRank, Id, JsonMap, Mapped, Message, Role, Span, SpanEvent,
    SpanKind, SpanStatus, ToolExecution, Usage,
};
use serde_json::Value;

/// The format.
pub struct LiteLlm;

const NAME: &str = "litellm";
const WRAPPERS: [&str; 3] = ["data", "logs", "spend_logs"];

impl Format for LiteLlm {
    fn name(&self) -> &'static str {
        NAME
    }
    fn title(&self) -> &'static str {
        "LiteLLM gateway log (standard logging payload, spend logs)"
    }
    fn signals(&self) -> &'static [&'static str] {
        &["traces", "messages", "tool_calls", "usage", "cost"]
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["jsonl", "json"]
    }
    fn lacks(&self) -> &'static [&'static str] {
        &["retrieval and tool spans", "messages in spend logs, unless the gateway stores prompts"]
    }

    fn detect(&self, head: &Head<'_>) -> Verdict {
        let outline = head.outline();
        if !outline.is_json() {
            return Verdict::not_mine("not JSON");
        }
        let mut near = 0;
        for prefix in std::iter::once(String::new()).chain(WRAPPERS.iter().map(|wrapper| format!("{wrapper}[]."))) {
            let has = |name: &str| outline.has(&format!("{prefix}{name}"));
            let count = |names: &[&str]| names.iter().filter(|name| has(name)).count();
            if has("response_cost") && (has("model_map_information") || has("hidden_params") || has("litellm_call_id"))
            {
                return Verdict::mine(Strength::Exact, "objects have `response_cost` and a gateway's own fields");
            }
            if count(&["request_id", "spend", "call_type", "api_key"]) == 4 {
                return Verdict::mine(Strength::Exact, "rows have `request_id`, `spend`, `call_type` and `api_key`");
            }
            near = near.max(count(&["call_type", "model_group", "startTime", "spend", "litellm_call_id"]));
        }
        Verdict::near("objects have neither `response_cost` nor `spend`", u8::try_from(near).unwrap_or_default())
    }

    fn parse(&self, input: Input<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), FormatError> {
        each_object(input.reader, &WRAPPERS, NAME, context, sink, &mut |row, bytes, place, issues| {
            fact(context, &row, bytes, place, issues)
        })
    }

    fn remap(&self, body: &[u8], _mapping: Option<&str>) -> Mapped {
        let span = object_of(body).and_then(|row| span_of(&row, &mut Vec::new()).ok());
        span.map_or(Mapped::Raw, |span| Mapped::Span(Box::new(span)))
    }
}

fn fact(
    context: &Context<'_>,
    row: &JsonMap,
    bytes: &[u8],
    place: Place,
    issues: &mut Vec<(Code, String)>,
) -> Result<Fact, (Code, String)> {
    let span = span_of(row, issues)?;
    let (Some(trace_id), Some(span_id)) = (&span.trace_id, &span.span_id) else {
        return Err((Code::SpanWithoutSpanId, "the row has no id".to_owned()));
    };
    let entity = EntityKey::span(NAME, trace_id, span_id);
    let compact = Value::Object(row.clone()).to_string();
    let summary = span.input.is_none() && row.contains_key("spend");
    Ok(Fact {
        record: entity.clone(),
        entity,
        content_hash: content_hash(context.hash_key, &[NAME.as_bytes(), compact.as_bytes()]),
        format: NAME,
        kind: FactKind::Span,
        rank: if summary { FactRank::Summary } else { FactRank::FullExport },
        updated_ns: span.end_ns.or(span.start_ns).unwrap_or_default(),
        mapped: Mapped::Span(Box::new(span)),
        body: bytes.to_vec(),
        byte_offset: place.offset,
        line: Some(place.line),
    })
}

/// A field that may be an object or JSON in a text.
fn inner(row: &JsonMap, name: &str) -> JsonMap {
    match row.get(name).and_then(json_in) {
        Some(Value::Object(object)) => object,
        _ => JsonMap::new(),
    }
}

fn text(row: &JsonMap, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| row.get(*name).and_then(scalar_text)).filter(|text| text != "None")
}

fn span_of(row: &JsonMap, issues: &mut Vec<(Code, String)>) -> Result<Span, (Code, String)> {
    let own = text(row, &["id", "request_id", "litellm_call_id"])
        .ok_or((Code::SpanWithoutSpanId, "the row has no id".to_owned()))?;
    let metadata = inner(row, "metadata");
    let requester = inner(&metadata, "requester_metadata");
    let spend_metadata = inner(&metadata, "spend_logs_metadata");
    let session = text(row, &["session_id"]);
    let trace = text(row, &["trace_id"]).or_else(|| session.clone());
    let mut time = |names: &[&str]| {
        let value = names.iter().find_map(|name| row.get(*name)).filter(|value| !value.is_null())?;
        let ns = ns_from_value(value, None);
        if ns.is_none() {
            issues.push((Code::TimeUnreadable, format!("{:?} cannot be read as a time", names.first())));
        }
        ns
    };
    let (start_ns, end_ns) = (time(&["startTime", "start_time"]), time(&["endTime", "end_time"]));
    let first_ns = time(&["completionStartTime", "completion_start_time"]);
    let kind = kind_of(&text(row, &["call_type"]).unwrap_or_default());
    let mut span = Span {
        trace_id: Some(Id::new(trace.unwrap_or_else(|| own.clone()))),
        span_id: Some(Id::new(own)),
        kind: Some(kind),
        name: name_of(row),
        start_ns,
        end_ns,
        provider: text(row, &["custom_llm_provider"]),
        api_base: text(row, &["api_base"]),
        streamed: row.get("stream").and_then(Value::as_bool),
        cache_hit: truth(row.get("cache_hit")),
        service: Some("litellm".to_owned()),
        ..Span::default()
    };
    outcome(&mut span, row, &metadata);
    models(&mut span, row);
    content(&mut span, row);
    let bags = [&requester, &spend_metadata, &metadata, row];
    let first = |names: &[&str]| bags.iter().find_map(|bag| who::in_object(bag, names)).filter(|text| text != "None");
    span.tenant = first(who::TENANT).or_else(|| {
        text(
            &metadata,
            &["user_api_key_team_alias", "team_alias", "user_api_key_team_id", "team_id", "user_api_key_org_id"],
        )
        .or_else(|| text(row, &["team_alias", "team_id"]))
    });
    span.feature = first(who::FEATURE);
    span.request_id =
        who::in_object(&requester, who::REQUEST).or_else(|| who::in_object(&spend_metadata, who::REQUEST));
    span.user = text(row, &["end_user"])
        .or_else(|| text(&metadata, &["user_api_key_end_user_id"]))
        .or_else(|| who::in_object(&requester, who::USER))
        .or_else(|| text(row, &["user"]));
    span.user_role = who::in_object(&requester, who::ROLE);
    span.conversation = session.or_else(|| who::in_object(&requester, who::CONVERSATION));
    span.environment = who::in_object(&requester, who::ENVIRONMENT);
    span.prompt_name = text(&requester, &["prompt_name"]);
    span.prompt_version = text(&requester, &["prompt_version"]);
    if span.streamed == Some(true)
        && let (Some(start), Some(first)) = (start_ns, first_ns)
    {
        span.ttft_ns = Some(first - start).filter(|ns| *ns >= 0);
    }
    usage(&mut span, row, &metadata);
    special(&mut span, row, &metadata);
    attributes(&mut span, row, &metadata);
    Ok(span)
}

fn kind_of(call: &str) -> SpanKind {
    let call = call.strip_prefix('a').filter(|rest| !rest.starts_with("nthropic")).unwrap_or(call);
    match call {
        "embedding" => SpanKind::Embedding,
        "rerank" => SpanKind::Reranker,
        "moderation" => SpanKind::Guardrail,
        "call_mcp_tool" | "ll_mcp_tool" => SpanKind::Tool,
        "list_mcp_tools" | "search" | "vector_store_search" => SpanKind::Other,
        _ => SpanKind::Llm,
    }
}

fn name_of(row: &JsonMap) -> Option<String> {
    let call = text(row, &["call_type"]);
    let model = text(row, &["model_group", "model"]);
    match (call, model) {
        (Some(call), Some(model)) => Some(format!("{call} {model}")),
        (call, model) => call.or(model),
    }
}

fn truth(value: Option<&Value>) -> Option<bool> {
    match value? {
        Value::Bool(b) => Some(*b),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn outcome(span: &mut Span, row: &JsonMap, metadata: &JsonMap) {
    let mut error = inner(row, "error_information");
    if error.is_empty() {
        error = inner(metadata, "error_information");
    }
    let stated = text(row, &["status"]).or_else(|| text(metadata, &["status"]));
    let class = text(&error, &["error_class"]);
    let message = text(&error, &["error_message"]).or_else(|| text(row, &["error_str"]));
    span.status = match stated.as_deref() {
        Some("success") => SpanStatus::Ok,
        Some("failure" | "error") => SpanStatus::Error,
        _ if class.is_some() => SpanStatus::Error,
        _ => SpanStatus::Unset,
    };
    if span.status != SpanStatus::Error {
        return;
    }
    span.error_type = class.clone().or_else(|| text(&error, &["error_code"]));
    span.status_message = message.clone();
    let mut exception = JsonMap::new();
    for (key, value) in [
        ("exception.type", class),
        ("exception.message", message),
        ("exception.stacktrace", text(&error, &["traceback"])),
        ("http.response.status_code", text(&error, &["error_code"])),
        ("gen_ai.provider.name", text(&error, &["llm_provider"])),
    ] {
        if let Some(value) = value {
            exception.insert(key.into(), Value::from(value));
        }
    }
    let time_ns = span.end_ns.or(span.start_ns).unwrap_or_default();
    span.events.push(SpanEvent { time_ns, name: "exception".into(), attributes: exception });
}

/// Asked for is the name that the application used (the gateway's model group); answered is the deployment behind it.
fn models(span: &mut Span, row: &JsonMap) {
    let deployed = text(row, &["model"]);
    let asked = text(row, &["model_group"]);
    let bare = deployed.as_deref().map(|model| {
        let provider = span.provider.as_deref().unwrap_or_default();
        model.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).unwrap_or(model).to_owned()
    });
    span.request_model = asked.or_else(|| bare.clone());
    if span.status != SpanStatus::Error {
        span.response_model = bare;
    }
}

fn content(span: &mut Span, row: &JsonMap) {
    let parameters = inner(row, "model_parameters");
    let mut params = parameters.clone();
    if let Some(tools) = params.shift_remove("tools").as_ref().and_then(tools_of) {
        span.tools = Some(tools);
    }
    if let Some(stream) = params.shift_remove("stream").and_then(|value| value.as_bool()) {
        span.streamed.get_or_insert(stream);
    }
    params.shift_remove("messages");
    if !params.is_empty() {
        span.params = Some(params);
    }
    let sent = inner(row, "proxy_server_request");
    let sent = match sent.get("body").and_then(json_in) {
        Some(Value::Object(body)) => body,
        _ => sent,
    };
    if sent.contains_key("messages") {
        span.request_body = Some(Value::Object(sent.clone()));
        span.body_verbatim = true;
    }
    let said = row.get("messages").filter(|value| !is_blank(value)).or_else(|| sent.get("messages"));
    if let Some(said) = said
        && span.kind == Some(SpanKind::Llm)
    {
        span.input = messages_of(said, Role::User).filter(|messages| !messages.is_empty()).map(redacted_by_gateway);
    } else if let Some(said) = said {
        span.input_value = scalar_text(said).or_else(|| Some(said.to_string()));
    }
    let Some(answer) =
        row.get("response").filter(|value| !is_blank(value)).map(|value| json_in(value).unwrap_or(value.clone()))
    else {
        return;
    };
    span.response_id = answer.get("id").and_then(scalar_text);
    match span.kind {
        Some(SpanKind::Llm) => {
            if let Some(api) = retake_wire::api::detect_answer(&answer) {
                span.output = (api.answer_messages)(&answer).ok().filter(|messages| !messages.is_empty());
                let decoded = (api.decode_answer)(&answer).ok();
                span.finish_reason =
                    decoded.and_then(|answer| answer.finish_reason).map(|reason| reason.as_str().to_owned());
            } else if let Some(text) = answer.get("text").or(Some(&answer)).and_then(scalar_text) {
                span.output = Some(vec![Message::text(Role::Assistant, text)]);
            }
            span.output = span.output.take().map(redacted_by_gateway);
        }
        Some(SpanKind::Reranker) => {
            span.retrieval = documents_of(&answer, "rerank").map(|documents| retake_model::Retrieval {
                query: span.input_value.clone(),
                documents,
                input_documents: Vec::new(),
            });
        }
        _ => {}
    }
}

/// `{}`, `"{}"`, `[]`, empty text: not stored.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => matches!(text.trim(), "" | "{}" | "[]" | "null" | "None"),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        _ => false,
    }
}

fn redacted_by_gateway(messages: Vec<Message>) -> Vec<Message> {
    messages
        .into_iter()
        .map(|mut message| {
            if message.joined_text() == "redacted-by-litellm" {
                message.parts.clear();
                message.content_state = ContentState::Redacted;
            }
            message
        })
        .collect()
}

fn usage(span: &mut Span, row: &JsonMap, metadata: &JsonMap) {
    let count = |name: &str| row.get(name).and_then(integer).filter(|n| *n >= 0);
    let object = [metadata.get("usage_object"), row.get("response").and_then(|response| response.get("usage"))]
        .into_iter()
        .flatten()
        .find(|value| value.is_object());
    let mut found = object.map(retake_wire::openai_chat::usage).unwrap_or_default();
    if found.is_empty() {
        found = Usage::from_inclusive(count("prompt_tokens"), count("completion_tokens"), None, None, None);
    }
    // A failed call has no usage; the gateway writes zeros.
    let zeros = found.input_tokens().unwrap_or(0) == 0 && found.output_tokens().unwrap_or(0) == 0;
    if !(zeros && span.status == SpanStatus::Error) {
        span.usage = found;
    }
    let cost = row.get("response_cost").or_else(|| row.get("spend"));
    span.reported_usd_nanos = cost
        .and_then(|value| match value {
            Value::Number(n) => n.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        })
        .and_then(usd_nanos);
}

/// Guardrails and tools that the gateway ran.
fn special(span: &mut Span, row: &JsonMap, metadata: &JsonMap) {
    let guards = row.get("guardrail_information").or_else(|| metadata.get("guardrail_information")).and_then(json_in);
    let guards = match guards {
        Some(Value::Array(list)) => list,
        Some(one @ Value::Object(_)) => vec![one],
        _ => Vec::new(),
    };
    let time_ns = span.start_ns.unwrap_or_default();
    for guard in guards {
        if let Value::Object(attributes) = guard {
            span.events.push(SpanEvent { time_ns, name: "guardrail".into(), attributes });
        }
    }
    if span.kind == Some(SpanKind::Tool) {
        let call = inner(metadata, "mcp_tool_call_metadata");
        let name = text(&call, &["name", "tool_name"]).or_else(|| text(row, &["mcp_namespaced_tool_name"]));
        span.tool = Some(ToolExecution {
            name: name.or_else(|| span.name.clone()).unwrap_or_default(),
            call_id: None,
            arguments: call.get("arguments").cloned(),
            result: row.get("response").filter(|value| !is_blank(value)).map(|value| value.to_string()),
            description: None,
        });
    }
}

/// What else is small and tells something. The whole row stays in the raw record.
fn attributes(span: &mut Span, row: &JsonMap, metadata: &JsonMap) {
    const KEPT: &[&str] = &[
        "call_type",
        "model",
        "model_group",
        "model_id",
        "litellm_call_id",
        "request_tags",
        "cache_key",
        "saved_cache_cost",
        "cost_breakdown",
        "requester_ip_address",
        "user_agent",
        "status_fields",
        "agent_id",
        "organization_id",
        "request_duration_ms",
    ];
    for name in KEPT {
        if let Some(value) = row.get(*name).filter(|value| !is_blank(value)) {
            span.attributes.insert(format!("litellm.{name}"), json_in(value).unwrap_or_else(|| value.clone()));
        }
    }
    let headers = row.get("hidden_params").and_then(|hidden| hidden.get("additional_headers"));
    for (name, header) in
        [("attempted_retries", "x-litellm-attempted-retries"), ("attempted_fallbacks", "x-litellm-attempted-fallbacks")]
    {
        let value = headers.and_then(|headers| headers.get(header)).or_else(|| metadata.get(name));
        if let Some(value) = value.filter(|value| !value.is_null()) {
            span.attributes.insert(format!("litellm.{name}"), value.clone());
        }
    }
    let own: [&[&str]; 4] = [who::TENANT, who::FEATURE, who::REQUEST, who::USER];
    for (name, value) in inner(metadata, "requester_metadata") {
        let elsewhere = own.iter().any(|names| names.contains(&name.as_str())) || name == "headers" || name == "tags";
        if !elsewhere && !is_blank(&value) {
            span.attributes.insert(format!("metadata.{name}"), value);
        }
    }
}
