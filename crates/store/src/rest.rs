//! What a span says besides its columns, messages and documents, as the JSON that is packed beside them. Reading a span is
//! this JSON, the columns, the messages from the contexts and the documents from their table.

use crate::error::{Result, StoreError};
use retake_model::{JsonMap, Request, Retrieval, Score, Span, SpanEvent, SpanLink, ToolDefinition, ToolExecution};
use serde::Serialize;
use serde_json::Value;

/// The fields that have no column, under the names that [`Span`] reads.
#[derive(Serialize)]
struct Rest<'a> {
    /// Stands in the columns as a duration, where the start is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_ns: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_template: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_variables: &'a Option<JsonMap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_id: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_base: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: &'a Option<Vec<ToolDefinition>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: &'a Option<JsonMap>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_body: &'a Option<Value>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    body_verbatim: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_value: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_value: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    streamed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retrieval: Option<Retrieval>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: &'a Option<ToolExecution>,
    #[serde(skip_serializing_if = "is_empty")]
    scores: &'a [Score],
    #[serde(skip_serializing_if = "is_empty")]
    events: &'a [SpanEvent],
    #[serde(skip_serializing_if = "is_empty")]
    links: &'a [SpanLink],
    #[serde(skip_serializing_if = "JsonMap::is_empty")]
    attributes: &'a JsonMap,
    #[serde(skip_serializing_if = "JsonMap::is_empty")]
    resource: &'a JsonMap,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_hit: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: &'a Option<Request>,
}

fn is_empty<T>(items: &[T]) -> bool {
    items.is_empty()
}

/// The JSON of what has no place elsewhere.
pub(crate) fn to_json(span: &Span) -> String {
    let bare = |retrieval: &Retrieval| Retrieval { query: retrieval.query.clone(), ..Retrieval::default() };
    let rest = Rest {
        end_ns: if span.start_ns.is_none() { span.end_ns } else { None },
        status_message: &span.status_message,
        prompt_template: &span.prompt_template,
        prompt_variables: &span.prompt_variables,
        response_id: &span.response_id,
        api_base: &span.api_base,
        tools: &span.tools,
        params: &span.params,
        request_body: &span.request_body,
        body_verbatim: span.body_verbatim,
        input_value: &span.input_value,
        output_value: &span.output_value,
        streamed: span.streamed,
        retrieval: span.retrieval.as_ref().map(bare),
        tool: &span.tool,
        scores: &span.scores,
        events: &span.events,
        links: &span.links,
        attributes: &span.attributes,
        resource: &span.resource,
        cache_hit: span.cache_hit,
        request: &span.request,
    };
    // Strings, numbers and JSON values cannot fail to be written.
    serde_json::to_string(&rest).unwrap_or_default()
}

/// The span of a packed JSON: only what has no place elsewhere.
pub(crate) fn from_json(bytes: &[u8]) -> Result<Span> {
    serde_json::from_slice(bytes)
        .map_err(|error| StoreError::Damaged { path: Default::default(), why: error.to_string() })
}
