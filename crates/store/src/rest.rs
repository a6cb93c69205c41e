//! What a span says besides its messages and documents, as the JSON that is packed beside its columns. Reading a span
//! is this JSON, its messages from the contexts and its documents from their table.

use crate::error::{Result, StoreError};
use retake_model::{Request, Retrieval, Span};
use serde_json::{Map, Value};

/// The JSON of a span without messages, documents and what is unknown.
pub(crate) fn to_json(span: &Span) -> Result<String> {
    let failed = |error: serde_json::Error| StoreError::Failed(error.to_string());
    let slim = Span {
        input: None,
        output: None,
        retrieval: span.retrieval.as_ref().map(|retrieval| Retrieval {
            query: retrieval.query.clone(),
            documents: Vec::new(),
            input_documents: Vec::new(),
        }),
        ..clone_without_content(span)
    };
    let mut value = serde_json::to_value(&slim).map_err(failed)?;
    if let Value::Object(map) = &mut value {
        prune(map);
        // Absent and recorded as empty are two things: the contexts' columns tell them apart.
        map.remove("input");
        map.remove("output");
        if let Some(retrieval) = map.get_mut("retrieval").and_then(Value::as_object_mut) {
            retrieval.insert("documents".to_owned(), Value::Array(Vec::new()));
        }
    }
    serde_json::to_string(&value).map_err(failed)
}

/// The span of a packed JSON.
pub(crate) fn from_json(bytes: &[u8]) -> Result<Span> {
    serde_json::from_slice(bytes)
        .map_err(|error| StoreError::Damaged { path: Default::default(), why: error.to_string() })
}

/// Removes what a missing key says as well, at the top only: inside, a null is what the source wrote.
fn prune(map: &mut Map<String, Value>) {
    let keep_empty = ["params", "prompt_variables", "tools", "retrieval", "request"];
    map.retain(|key, value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty() || keep_empty.contains(&key.as_str()),
        Value::Object(items) => !items.is_empty() || keep_empty.contains(&key.as_str()),
        _ => true,
    });
    if let Some(usage) = map.get_mut("usage").and_then(Value::as_object_mut) {
        usage.retain(|_, value| !value.is_null());
    }
}

fn clone_without_content(span: &Span) -> Span {
    // Field by field, since messages and documents are by far the largest part and are not wanted here.
    Span {
        trace_id: span.trace_id.clone(),
        span_id: span.span_id.clone(),
        parent_span_id: span.parent_span_id.clone(),
        kind: span.kind,
        name: span.name.clone(),
        start_ns: span.start_ns,
        end_ns: span.end_ns,
        status: span.status,
        status_message: span.status_message.clone(),
        error_type: span.error_type.clone(),
        tenant: span.tenant.clone(),
        user: span.user.clone(),
        user_role: span.user_role.clone(),
        feature: span.feature.clone(),
        conversation: span.conversation.clone(),
        environment: span.environment.clone(),
        request_id: span.request_id.clone(),
        service: span.service.clone(),
        prompt_name: span.prompt_name.clone(),
        prompt_version: span.prompt_version.clone(),
        prompt_template: span.prompt_template.clone(),
        prompt_variables: span.prompt_variables.clone(),
        provider: span.provider.clone(),
        request_model: span.request_model.clone(),
        response_model: span.response_model.clone(),
        response_id: span.response_id.clone(),
        api_base: span.api_base.clone(),
        input: None,
        output: None,
        tools: span.tools.clone(),
        params: span.params.clone(),
        request_body: span.request_body.clone(),
        body_verbatim: span.body_verbatim,
        input_value: span.input_value.clone(),
        output_value: span.output_value.clone(),
        finish_reason: span.finish_reason.clone(),
        ttft_ns: span.ttft_ns,
        streamed: span.streamed,
        usage: span.usage,
        usage_scope: span.usage_scope,
        reported_usd_nanos: span.reported_usd_nanos,
        computed_usd_nanos: span.computed_usd_nanos,
        retrieval: None,
        tool: span.tool.clone(),
        scores: span.scores.clone(),
        events: span.events.clone(),
        links: span.links.clone(),
        attributes: span.attributes.clone(),
        resource: span.resource.clone(),
        cache_hit: span.cache_hit,
        request: span.request.clone().map(|request| Request { ..request }),
    }
}
