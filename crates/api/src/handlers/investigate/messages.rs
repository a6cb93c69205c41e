//! The messages of a model call, for people.

use super::gather::gather;
use super::{call_of, located};
use crate::analysis::messages;
use crate::dto::investigate::{Band, MessageView, Messages, PartView, SpanRequest, ToolView};
use crate::{ApiError, Core};
use retake_model::{Id, Part};
use std::sync::Arc;

/// Messages of a model call as the model saw them.
///
/// # Errors
/// `RTK-R005` when there is no model call.
pub async fn span_messages(core: Arc<Core>, request: SpanRequest) -> Result<Messages, ApiError> {
    core.blocking(move |core| {
        let at = located(&request);
        let gathered = gather(core, &at.trace_id)?;
        let evidence = gathered.evidence()?;
        let call = call_of(&gathered.spans, &at)?;
        let span_id = call.span_id.clone().unwrap_or_else(|| Id::new(""));
        let introduced = core.workspace()?.introduced_by(&Id::new(at.trace_id.clone()), &span_id)?;
        let seen = messages::messages(&evidence, call);
        let views = seen.into_iter().enumerate().map(|(at, seen)| MessageView {
            role: seen.message.role.as_str().to_owned(),
            direction: if seen.output { "output" } else { "input" }.to_owned(),
            parts: seen.message.parts.iter().map(part_view).collect(),
            content_state: content_state(seen.message.content_state).to_owned(),
            introduced_by: introduced
                .get(at)
                .and_then(|first| first.as_ref().map(|(_, span_id)| span_id.to_string()))
                .or_else(|| seen.introduced_by.map(|id| id.to_string())),
            trust: seen.trust.as_str().to_owned(),
            estimated_tokens: seen.estimated_tokens,
            bands: seen
                .bands
                .into_iter()
                .map(|band| Band { start: band.start, end: band.end, document_id: band.document_id })
                .collect(),
        });
        let tools = call.tools.iter().flatten().map(|tool| ToolView {
            name: tool.name.clone(),
            description: tool.description.clone(),
            parameters: tool.parameters.clone(),
        });
        Ok(Messages {
            messages: views.collect(),
            tools: tools.collect(),
            calls: evidence
                .model_calls()
                .iter()
                .filter_map(|span| span.span_id.as_ref().map(ToString::to_string))
                .collect(),
            trace_id: at.trace_id,
            span_id: span_id.to_string(),
        })
    })
    .await
}

fn content_state(state: retake_model::ContentState) -> &'static str {
    use retake_model::ContentState;
    match state {
        ContentState::Present => "present",
        ContentState::Absent => "absent",
        ContentState::Redacted => "redacted",
        ContentState::Truncated => "truncated",
        ContentState::External => "external",
    }
}

fn part_view(part: &Part) -> PartView {
    let empty = |kind: &str| PartView {
        kind: kind.to_owned(),
        text: None,
        id: None,
        name: None,
        arguments: None,
        url: None,
        media_type: None,
        is_error: None,
        json: None,
    };
    match part {
        Part::Text { text } => PartView { text: Some(text.clone()), ..empty("text") },
        Part::Reasoning { text } => PartView { text: Some(text.clone()), ..empty("reasoning") },
        Part::Image { url, media_type } => {
            PartView { url: Some(url.clone()), media_type: media_type.clone(), ..empty("image") }
        }
        Part::ToolCall { id, name, arguments } => PartView {
            id: id.clone(),
            name: Some(name.clone()),
            arguments: Some(arguments.clone()),
            ..empty("tool_call")
        },
        Part::ToolResult { id, name, text, is_error } => PartView {
            id: id.clone(),
            name: name.clone(),
            text: Some(text.clone()),
            is_error: Some(*is_error),
            ..empty("tool_result")
        },
        Part::File { url, name, media_type } => {
            PartView { url: Some(url.clone()), name: name.clone(), media_type: media_type.clone(), ..empty("file") }
        }
        Part::Opaque { vendor, json } => {
            PartView { name: Some(vendor.clone()), json: Some(json.clone()), ..empty("opaque") }
        }
    }
}
