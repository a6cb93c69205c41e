//! What a span says in words: the texts that stand in it by their own (slots), the short words that it is found by, and
//! every text that may be taken out of its packed forms.

use crate::table::text::SHORT_BYTES;
use retake_model::{JsonMap, Span};
use serde_json::Value;

/// Places of texts in a span, for occurrences. Messages use their context (a positive number) instead.
pub(crate) mod slot {
    pub(crate) const INPUT: i64 = -1;
    pub(crate) const OUTPUT: i64 = -2;
    pub(crate) const TOOL_RESULT: i64 = -3;
    pub(crate) const TOOL_ARGUMENTS: i64 = -4;
    pub(crate) const QUERY: i64 = -5;
    pub(crate) const STATUS: i64 = -6;
    pub(crate) const EVENT: i64 = -7;
    pub(crate) const SCORE: i64 = -8;
    pub(crate) const ATTRIBUTE: i64 = -9;
    pub(crate) const DOCUMENT: i64 = -10;
}

/// Texts of a span, borrowed from it where they stand as such.
#[derive(Debug, Default)]
pub(crate) struct Gathered<'a> {
    /// Texts that a search finds, by slot.
    pub slots: Vec<(i64, &'a str)>,
    /// Short words that a search finds.
    pub words: Vec<&'a str>,
    /// Long texts that repeat in records but are not found by a search of their own.
    pub long: Vec<&'a str>,
    /// JSON texts made from values, for records that hold them in the same form.
    pub made: Vec<String>,
}

/// Goes through a span. `has_messages` says whether it has messages, which a span that was read back may hold elsewhere.
pub(crate) fn gather(span: &Span, has_messages: bool) -> Gathered<'_> {
    let mut found = Gathered::default();
    for (slot, text) in [(slot::INPUT, &span.input_value), (slot::OUTPUT, &span.output_value)] {
        // Of a model call it is a copy of the messages: the history would be found once per call.
        match text {
            Some(text) if has_messages && looks_like_json(text) => {}
            Some(text) => found.slots.push((slot, text)),
            None => {}
        }
    }
    if let Some(tool) = &span.tool {
        found.words.push(&tool.name);
        if let Some(result) = &tool.result {
            found.slots.push((slot::TOOL_RESULT, result));
        }
        match &tool.arguments {
            Some(Value::String(text)) => found.slots.push((slot::TOOL_ARGUMENTS, text)),
            Some(value) => strings(value, &mut |text| found.slots.push((slot::TOOL_ARGUMENTS, text))),
            None => {}
        }
        found.long.extend(tool.description.as_deref());
    }
    if let Some(retrieval) = &span.retrieval {
        if let Some(query) = &retrieval.query {
            found.slots.push((slot::QUERY, query));
        }
        for document in retrieval.documents.iter().chain(&retrieval.input_documents) {
            if let Some(content) = &document.content {
                found.slots.push((slot::DOCUMENT, content));
            }
            for word in
                [&document.document_id, &document.title, &document.source, &document.tenant].into_iter().flatten()
            {
                found.words.push(word);
            }
        }
    }
    names(span, &mut found);
    attributes(span, has_messages, &mut found);
    found
}

/// Names of a span that are kept once for all that carry them, and found by a row of their own.
pub(crate) fn interned(span: &Span) -> impl Iterator<Item = &str> {
    let names = [
        &span.name,
        &span.error_type,
        &span.tenant,
        &span.user,
        &span.user_role,
        &span.feature,
        &span.conversation,
        &span.environment,
        &span.request_id,
        &span.service,
        &span.prompt_name,
        &span.prompt_version,
        &span.provider,
        &span.request_model,
        &span.response_model,
        &span.finish_reason,
    ];
    names.into_iter().flatten().map(String::as_str)
}

fn names<'a>(span: &'a Span, found: &mut Gathered<'a>) {
    found.words.extend(interned(span));
    found.words.extend(span.response_id.as_deref());
    if let Some(message) = &span.status_message {
        found.slots.push((slot::STATUS, message));
    }
    for score in &span.scores {
        found.words.push(&score.name);
        found.words.extend(score.label.as_deref());
        if let Some(text) = &score.explanation {
            found.slots.push((slot::SCORE, text));
        }
    }
    found.long.extend(span.prompt_template.as_deref());
    for part in span.input.iter().chain(&span.output).flatten().flat_map(|message| &message.parts) {
        if let retake_model::Part::ToolCall { name, .. } = part {
            found.words.push(name);
        }
    }
}

fn attributes<'a>(span: &'a Span, has_messages: bool, found: &mut Gathered<'a>) {
    for (key, value) in &span.attributes {
        strings(value, &mut |text| {
            if text.len() < SHORT_BYTES {
                found.words.push(text);
            } else if looks_like_json(text) {
                // Its texts are taken out one by one; on other spans it is the only place of its words.
                if !has_messages && span.retrieval.is_none() {
                    found.slots.push((slot::ATTRIBUTE, text));
                }
            } else if is_template(key) {
                found.long.push(text);
            } else {
                found.slots.push((slot::ATTRIBUTE, text));
            }
        });
    }
    for event in &span.events {
        found.words.push(&event.name);
        for value in event.attributes.values() {
            strings(value, &mut |text| {
                if text.len() < SHORT_BYTES {
                    found.words.push(text);
                } else if !looks_like_json(text) {
                    found.slots.push((slot::EVENT, text));
                }
            });
        }
    }
    for map in [Some(&span.resource), span.params.as_ref(), span.prompt_variables.as_ref()].into_iter().flatten() {
        long_strings(map, found);
    }
    if let Some(tools) = &span.tools {
        found.made.extend(serde_json::to_string(tools).ok());
    }
    if !span.resource.is_empty() {
        found.made.extend(serde_json::to_string(&span.resource).ok());
    }
    if let Some(body) = &span.request_body {
        strings(body, &mut |text| {
            if text.len() >= SHORT_BYTES && !looks_like_json(text) {
                found.long.push(text);
            }
        });
    }
}

fn long_strings<'a>(map: &'a JsonMap, found: &mut Gathered<'a>) {
    for value in map.values() {
        strings(value, &mut |text| {
            if text.len() >= SHORT_BYTES && !looks_like_json(text) {
                found.long.push(text);
            }
        });
    }
}

/// A template stands in the system text too, with its variables filled in.
fn is_template(key: &str) -> bool {
    key.contains("template")
}

fn looks_like_json(text: &str) -> bool {
    matches!(text.trim_start().as_bytes().first(), Some(b'{' | b'['))
}

fn strings<'a>(value: &'a Value, each: &mut dyn FnMut(&'a str)) {
    match value {
        Value::String(text) if !text.is_empty() => each(text),
        Value::Array(items) => items.iter().for_each(|item| strings(item, each)),
        Value::Object(map) => map.values().for_each(|item| strings(item, each)),
        _ => {}
    }
}
