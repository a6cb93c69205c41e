//! What a record has for the fields of a mapping, and what a span takes from them: outcome, who, usage, content.

use crate::audit::plain;
use crate::mapping::{DecimalMark, is_written_number};
use crate::vocabulary::attributes::{integer, json_in};
use crate::vocabulary::documents_of;
use crate::vocabulary::draft::usd_nanos;
use crate::vocabulary::messages::{arguments_of, messages_of, text_of_result, tools_of};
use retake_model::{Code, JsonMap, Message, Retrieval, Role, Span, SpanKind, SpanStatus, ToolExecution, Usage};
use retake_wire::api;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds to nanoseconds; below zero and beyond reason is unknown.
pub(super) fn ns(ms: f64) -> Option<i64> {
    let ns = (ms * 1e6).round();
    (ns.is_finite() && (0.0..9.0e18).contains(&ns)).then_some(ns as i64)
}

/// What a record has for the fields of the mapping: column and value.
pub(super) struct Row<'c, 'i> {
    pub found: BTreeMap<&'static str, (String, Value)>,
    /// How its numbers are written.
    pub decimal: Option<DecimalMark>,
    /// Columns that need not be kept beside the span.
    pub used: BTreeSet<&'c str>,
    pub issues: &'i mut Vec<(Code, String)>,
}

impl Row<'_, '_> {
    fn value(&self, field: &str) -> Option<&Value> {
        self.found.get(field).map(|(_, value)| value)
    }

    /// A field as text; what is no text as its JSON.
    pub fn text(&self, field: &str) -> Option<String> {
        let value = self.value(field)?;
        plain(value).or_else(|| Some(value.to_string()))
    }

    /// A field as a number; one that is none is said.
    pub fn number(&mut self, field: &'static str) -> Option<f64> {
        let (column, value) = self.found.get(field)?;
        let number = match value {
            Value::Number(n) => n.as_f64(),
            Value::String(text) => self.written(text).and_then(|plain| plain.parse().ok()),
            _ => None,
        };
        let number = number.filter(|x: &f64| x.is_finite());
        if number.is_none() {
            self.issues.push((Code::FieldUnmapped, not_a_number(column, value)));
        }
        number
    }

    /// A written number in the form that a parser takes.
    fn written(&self, text: &str) -> Option<String> {
        match self.decimal {
            Some(mark) => mark.plain(text),
            None => Some(text.trim().trim_start_matches('$').to_owned()),
        }
    }

    fn count(&mut self, field: &'static str) -> Option<i64> {
        let (column, value) = self.found.get(field)?;
        // `1416.0`, as spreadsheets write it.
        let whole = |plain: String| plain.strip_suffix(".0").map_or_else(|| plain.clone(), str::to_owned);
        let written = value.as_str().map(|text| self.written(text).map_or(Value::Null, |plain| whole(plain).into()));
        let count = integer(written.as_ref().unwrap_or(value)).filter(|n| *n >= 0);
        if count.is_none() {
            self.issues.push((Code::FieldUnmapped, not_a_number(column, value)));
        }
        count
    }

    /// Status and error.
    pub fn outcome(&mut self, span: &mut Span) {
        if let Some((column, value)) = self.found.get("status") {
            let word = plain(value).unwrap_or_default();
            match status_of(&word) {
                Some(status) => span.status = status,
                None => {
                    let message = format!("{column:?} holds {word:?}, which means neither success nor failure");
                    self.issues.push((Code::FieldUnmapped, message));
                }
            }
        }
        let Some(error) = self.value("error") else { return };
        let inner = json_in(error);
        let part = |names: &[&str]| names.iter().find_map(|name| plain(inner.as_ref()?.get(*name)?));
        // An empty object is no error.
        if inner.as_ref().is_some_and(|inner| inner.as_object().is_some_and(JsonMap::is_empty)) {
            return;
        }
        span.status = SpanStatus::Error;
        span.error_type = part(&["type", "code", "class", "name"]);
        span.status_message = part(&["message", "error", "detail"]).or_else(|| self.text("error"));
    }

    /// Who asked, for what, with which prompt and model.
    pub fn surroundings(&mut self, span: &mut Span) {
        span.name = self.text("name");
        span.tenant = self.text("tenant");
        span.user = self.text("user");
        span.user_role = self.text("role");
        span.feature = self.text("feature");
        span.environment = self.text("environment");
        span.conversation = self.text("conversation");
        span.provider = self.text("provider").map(|name| name.to_ascii_lowercase());
        span.request_model = self.text("model");
        span.finish_reason = self.text("finish_reason");
        span.prompt_name = self.text("prompt_name");
        span.prompt_version = self.text("prompt_version");
        if let Some((column, value)) = self.found.get("params") {
            match json_in(value) {
                Some(Value::Object(params)) => span.params = Some(params).filter(|params| !params.is_empty()),
                _ => {
                    let message = format!("{column:?} is to hold parameters, and is no JSON object");
                    self.issues.push((Code::FieldUnmapped, message));
                }
            }
        }
    }

    /// Tokens and cost as the record states them.
    pub fn usage(&mut self, span: &mut Span) {
        span.usage = Usage::from_inclusive(
            self.count("input_tokens"),
            self.count("output_tokens"),
            self.count("cache_read_tokens"),
            self.count("cache_write_tokens"),
            self.count("reasoning_tokens"),
        );
        span.reported_usd_nanos = self.number("cost_usd").and_then(usd_nanos);
    }

    /// Kind, messages, documents, tool.
    pub fn content(&mut self, span: &mut Span) {
        span.kind = Some(self.kind());
        if span.kind == Some(SpanKind::Llm) {
            self.messages(span);
        } else {
            span.input_value = self.text("input").or_else(|| self.text("messages"));
            span.output_value = self.text("output");
        }
        span.tools = self.value("tools").and_then(json_in).as_ref().and_then(tools_of);
        if let Some((column, value)) = self.found.get("documents") {
            match json_in(value).as_ref().and_then(|list| documents_of(list, "relevance")) {
                Some(documents) => {
                    let query = self.value("input").and_then(plain);
                    span.retrieval = Some(Retrieval { query, documents, input_documents: Vec::new() });
                }
                None => {
                    let message = format!("{column:?} is to hold documents, and is no JSON list of them");
                    self.issues.push((Code::FieldUnmapped, message));
                }
            }
        }
        if span.kind == Some(SpanKind::Tool) {
            span.tool = Some(ToolExecution {
                name: self.text("tool_name").or_else(|| span.name.clone()).unwrap_or_default(),
                call_id: self.text("tool_call_id"),
                arguments: self.value("tool_arguments").map(|value| arguments_of(Some(value))),
                result: self.value("tool_result").map(text_of_result),
                description: None,
            });
        }
        if span.name.is_none() {
            let kind = span.kind.unwrap_or_default();
            let usual = if kind == SpanKind::Llm { "chat" } else { kind.as_str() };
            span.name = self.text("tool_name").or_else(|| Some(usual.to_owned()));
        }
    }

    /// The kind as the record says it, else by what it holds.
    fn kind(&mut self) -> SpanKind {
        if let Some((column, value)) = self.found.get("kind") {
            let word = plain(value).unwrap_or_default();
            if let Some(kind) = kind_of(&word) {
                return kind;
            }
            self.issues
                .push((Code::FieldUnmapped, format!("{column:?} holds {word:?}, which is no kind that we know")));
        }
        let has = |fields: &[&str]| fields.iter().any(|field| self.found.contains_key(field));
        if has(&["tool_name", "tool_result"]) && !has(&["output", "model"]) {
            SpanKind::Tool
        } else if has(&["messages", "model", "input_tokens", "output_tokens", "output"]) {
            SpanKind::Llm
        } else if has(&["documents"]) {
            SpanKind::Retriever
        } else if has(&["input"]) {
            SpanKind::Llm
        } else {
            SpanKind::Other
        }
    }

    fn messages(&mut self, span: &mut Span) {
        let mut input: Vec<Message> =
            self.value("system").and_then(plain).map(|text| Message::text(Role::System, text)).into_iter().collect();
        for field in ["messages", "input"] {
            input.extend(self.value(field).and_then(|value| messages_of(value, Role::User)).unwrap_or_default());
        }
        span.input = Some(input).filter(|messages| !messages.is_empty());
        let Some(output) = self.value("output") else { return };
        let body = json_in(output);
        let Some((api, body)) = body.as_ref().and_then(|body| Some((api::detect_answer(body)?, body))) else {
            span.output = messages_of(output, Role::Assistant).filter(|messages| !messages.is_empty());
            return;
        };
        // The provider's own answer, as it came.
        span.output = (api.answer_messages)(body).ok().filter(|messages| !messages.is_empty());
        span.response_id = body.get("id").and_then(plain);
        if let Ok(answer) = (api.decode_answer)(body) {
            span.response_model = answer.model;
            span.finish_reason = span.finish_reason.take().or_else(|| Some(answer.finish_reason?.as_str().to_owned()));
            if span.usage.is_empty() {
                span.usage = answer.usage;
            }
        }
    }
}

fn not_a_number(column: &str, value: &Value) -> String {
    let written = value.as_str().filter(|text| is_written_number(text));
    match written {
        Some(text) => format!(
            "{column:?} holds {text:?}; say which mark stands before the decimals in the mapping: decimal: comma, or point"
        ),
        None => format!("{column:?} holds {value}, which is no number that can be right"),
    }
}

fn status_of(word: &str) -> Option<SpanStatus> {
    if let Ok(code) = word.parse::<u32>() {
        // An HTTP status, or whether it succeeded.
        return match code {
            1 | 100..=399 => Some(SpanStatus::Ok),
            0 | 400..=599 => Some(SpanStatus::Error),
            _ => None,
        };
    }
    Some(match word.to_ascii_lowercase().as_str() {
        "ok" | "success" | "succeeded" | "successful" | "completed" | "complete" | "done" | "true" | "yes" | "pass"
        | "passed" | "finished" => SpanStatus::Ok,
        "error" | "err" | "failed" | "failure" | "fail" | "exception" | "timeout" | "cancelled" | "canceled"
        | "false" | "no" | "aborted" | "rejected" => SpanStatus::Error,
        "unset" | "unknown" | "none" => SpanStatus::Unset,
        _ => return None,
    })
}

fn kind_of(word: &str) -> Option<SpanKind> {
    let word = word.to_ascii_lowercase();
    SpanKind::parse(&word).or(match word.as_str() {
        "chat" | "completion" | "completions" | "generation" | "generate" | "model" | "chat_completion"
        | "chat.completion" | "text_completion" | "responses" => Some(SpanKind::Llm),
        "embed" | "embeddings" => Some(SpanKind::Embedding),
        "retrieval" | "retrieve" | "search" | "vector_search" => Some(SpanKind::Retriever),
        "rerank" | "reranking" => Some(SpanKind::Reranker),
        "function" | "tool_call" | "execute_tool" => Some(SpanKind::Tool),
        "workflow" | "task" | "span" => Some(SpanKind::Chain),
        "invoke_agent" => Some(SpanKind::Agent),
        "evaluation" | "eval" => Some(SpanKind::Evaluator),
        _ => None,
    })
}
