//! Takes and runs as documents and as facts: what was kept of a take, what was committed of one under way, and the
//! recorded answer of a span, which stands for a take everywhere.

mod run;

pub(super) use run::run;

use super::super::compare;
use super::super::investigate::{self, Located};
use super::plan::read_plan;
use super::slots::{takes_by_slot, without_replaced};
use crate::dto::Ns;
use crate::dto::replay::{Take, TakeError, Takes, ToolCallView, UsageView};
use crate::run_log::{read_result, slot_number};
use crate::{ApiError, Core};
use retake_compare::{DocumentFacts, TakeFacts};
use retake_golden::{AnswerError, Attempt};
use retake_model::{
    Answer, ChunkKind, Code, Document, FinishReason, JsonMap, Part, Request, Span, TakeStatus, ToolCall, Usage, counted,
};
use retake_query::{Expr, FieldTerm, Form, Query, Term, Test, Words};
use retake_replay::run::{Plan, PlannedTake, TakeResult};
use retake_replay::{Source, request_hash, variant};
use retake_store::{Named, TakeRow};
use std::collections::{BTreeMap, HashMap};

/// A take as a document, and beside it what comparison, promotion and checks need.
#[derive(Debug, Clone)]
pub(crate) struct TakeView {
    /// The document.
    pub(crate) take: Take,
    /// The canonical request.
    pub(crate) request: Option<Request>,
    /// Documents of its trace.
    pub(crate) documents: Option<Vec<Document>>,
    /// Variables of its template.
    pub(crate) variables: Option<JsonMap>,
    /// Format or provider that it came from.
    pub(crate) source: Option<String>,
    /// The recorded answer of the span that it replays.
    pub(crate) recorded: Option<TakeFacts>,
    usage: Usage,
}

/// A take, or a span's recorded answer.
pub(crate) fn take_or_recorded(core: &Core, id: &str) -> Result<TakeView, ApiError> {
    let workspace = core.workspace()?;
    if let Some(variant) = id.strip_prefix("last/") {
        return last_take(core, variant);
    }
    match workspace.resolve(id)? {
        Named::Take(take_id) => take(core, &workspace.take(&take_id)?),
        Named::Span { trace_id, span_id } => {
            recorded(core, &Located { trace_id: trace_id.to_string(), span_id: Some(span_id.to_string()) })
        }
        Named::Trace(trace_id) => recorded(core, &Located { trace_id: trace_id.to_string(), span_id: None }),
        Named::Run(run_id) => {
            let takes = latest_takes(core, &run_id)?;
            match <[TakeView; 1]>::try_from(takes) {
                Ok([only]) => Ok(only),
                Err(takes) => {
                    let ids: Vec<&str> = takes.iter().map(|take| take.take.take_id.as_str()).collect();
                    Err(ApiError::new(
                        Code::IdAmbiguous,
                        format!("run {run_id} has {}: {}", counted(ids.len(), "take"), ids.join(", ")),
                    ))
                }
            }
        }
        Named::Batch(_) => Err(ApiError::new(Code::IdUnknown, format!("{id:?} is a batch, not a take or span"))),
    }
}

/// `last/VARIANT`: the take of the newest run whose variant has this name.
fn last_take(core: &Core, variant: &str) -> Result<TakeView, ApiError> {
    let newest = core.workspace()?.runs()?.into_iter().next();
    let newest = newest.ok_or_else(|| ApiError::new(Code::IdUnknown, "there is no run yet"))?;
    let takes = latest_takes(core, &newest.run_id)?;
    let named: Vec<&TakeView> = takes.iter().filter(|take| take.take.variant == variant).collect();
    match named.as_slice() {
        [only] => take_or_recorded(core, &format!("take:{}", only.take.take_id)),
        [] => {
            let known: Vec<&str> = takes.iter().map(|take| take.take.variant.as_str()).collect();
            Err(ApiError::new(Code::IdUnknown, format!("the newest run has no variant {variant:?}"))
                .with_hint(format!("Its variants are: {}.", known.join(", "))))
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|take| take.take.take_id.as_str()).collect();
            Err(ApiError::new(
                Code::IdAmbiguous,
                format!("{variant:?} of the newest run has {} takes: {}", ids.len(), ids.join(", ")),
            ))
        }
    }
}

/// The recorded answer of a model call.
pub(crate) fn recorded(core: &Core, at: &Located) -> Result<TakeView, ApiError> {
    let (span, trace) = investigate::model_call(core, at)?;
    let raw = core.workspace()?;
    let source = match (&span.trace_id, &span.span_id) {
        (Some(trace_id), Some(span_id)) => {
            raw.raw_records(trace_id, span_id)?.first().map(|record| record.source.clone())
        }
        _ => None,
    };
    Ok(recorded_view(&span, &trace, source))
}

fn recorded_view(span: &Span, trace: &[Span], source: Option<String>) -> TakeView {
    let replayed = Source::of(span, trace);
    let answer = answer_of_span(span);
    let failed = span.status == retake_model::SpanStatus::Error;
    let latency_ms =
        span.start_ns.zip(span.end_ns).filter(|(start, end)| end >= start).map(|(start, end)| ms(end - start));
    let take = Take {
        take_id: span.span_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        run_id: None,
        trace_id: span.trace_id.as_ref().map(ToString::to_string),
        span_id: span.span_id.as_ref().map(ToString::to_string),
        variant: "original".to_owned(),
        repeat: 0,
        status: if failed { "failed" } else { "done" }.to_owned(),
        output_text: span.output.as_ref().map(|_| answer.output_text()),
        tool_calls: answer.tool_calls().into_iter().map(ToolCallView::from).collect(),
        finish_reason: finish_reason(&answer, failed),
        provider: span.provider.clone(),
        model: span.response_model.clone().or_else(|| span.request_model.clone()),
        latency_ms,
        ttft_ms: span.ttft_ns.map(ms),
        usage: usage_view(&span.usage),
        cost_usd_nanos: span.reported_usd_nanos.or(span.computed_usd_nanos),
        fidelity: Some(replayed.rebuilt.level.as_str().to_owned()),
        cached: span.cache_hit.unwrap_or(false),
        error: failed.then(|| TakeError {
            code: Code::ProviderRefused.as_str().to_owned(),
            message: span
                .status_message
                .clone()
                .or_else(|| span.error_type.clone())
                .unwrap_or_else(|| "recorded as failed".to_owned()),
            hint: None,
        }),
        started_ns: span.start_ns.map(Ns),
        request: None,
    };
    TakeView {
        take,
        request: Some(replayed.rebuilt.request).filter(|request| !request.messages.is_empty()),
        documents: Some(replayed.documents),
        variables: replayed.prompt_variables,
        source,
        recorded: None,
        usage: span.usage,
    }
}

/// Why an answer ended: the model's word, else `error` where it failed before there was one.
fn finish_reason(answer: &Answer, failed: bool) -> Option<String> {
    let reason = answer.finish_reason.as_ref().map(|reason| reason.as_str().to_owned());
    reason.or_else(|| failed.then(|| FinishReason::Error.as_str().to_owned()))
}

/// The first choice of a recorded answer in canonical form.
pub(crate) fn answer_of_span(span: &Span) -> Answer {
    let parts: Vec<Part> = span.output.iter().flatten().take(1).flat_map(|message| message.parts.clone()).collect();
    Answer {
        response_id: span.response_id.clone(),
        model: span.response_model.clone(),
        parts,
        finish_reason: span.finish_reason.as_deref().map(FinishReason::parse),
        usage: span.usage,
        reported_usd_nanos: span.reported_usd_nanos,
    }
}

fn ms(ns: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "durations are far below 2^53 ns")]
    let ms = ns as f64 / 1e6;
    ms
}

/// A take of a run.
fn take(core: &Core, row: &TakeRow) -> Result<TakeView, ApiError> {
    let run = core.workspace()?.run(&row.run_id)?;
    let plan = read_plan(&run);
    let mut view = take_view(core, row, plan.as_ref())?;
    if let Some((trace_id, span_id)) = row.trace_id.as_ref().zip(row.span_id.as_ref()) {
        let at = Located { trace_id: trace_id.to_string(), span_id: Some(span_id.to_string()) };
        // The span may be gone with its batch; the take stands alone then.
        if let Ok(original) = recorded(core, &at) {
            let slot = plan.as_ref().and_then(|plan| planned_of(plan, row));
            let variant =
                plan.as_ref().zip(slot).and_then(|(plan, take)| plan.variants.get(take.slot.variant as usize));
            view.documents = original.documents.clone();
            view.variables = original.variables.clone();
            if let Some(variant) = variant {
                let all = original.documents.as_deref().unwrap_or_default();
                view.documents = view.documents.map(|_| variant::documents_after(variant, all));
                view.variables = view.variables.map(|variables| variant::variables_after(variant, all, &variables));
            }
            view.source = original.source.clone().or(view.source);
            view.recorded = Some(TakeFacts { documents: document_facts(&original), ..facts_of(&original) });
        }
    }
    Ok(view)
}

fn take_view(core: &Core, row: &TakeRow, plan: Option<&Plan>) -> Result<TakeView, ApiError> {
    let planned = plan.and_then(|plan| planned_of(plan, row));
    planned_view(core, row, planned)
}

/// The calls of a plan by the number of their slot: of a run with thousands none is looked for twice.
fn planned_by_slot(plan: Option<&Plan>) -> HashMap<u32, &PlannedTake> {
    plan.into_iter().flat_map(|plan| plan.takes.iter().map(|take| (slot_number(plan, &take.slot), take))).collect()
}

/// A take with what was planned for it.
pub(crate) fn planned_view(core: &Core, row: &TakeRow, planned: Option<&PlannedTake>) -> Result<TakeView, ApiError> {
    let kept = row.result.as_ref().and_then(read_result);
    let (answer, result, body) = match kept {
        Some((result, body)) => (result.answer.clone(), Some(result), body),
        None => (committed(core, row)?, None, None),
    };
    let error = result.as_ref().and_then(|result| result.error.as_ref());
    let take = Take {
        take_id: row.take_id.clone(),
        run_id: Some(row.run_id.clone()),
        trace_id: row.trace_id.as_ref().map(ToString::to_string),
        span_id: row.span_id.as_ref().map(ToString::to_string),
        variant: row.variant.clone(),
        repeat: row.repeat,
        status: row.status.as_str().to_owned(),
        output_text: (row.started_ns.is_some() || result.is_some()).then(|| answer.output_text()),
        tool_calls: answer.tool_calls().into_iter().map(ToolCallView::from).collect(),
        finish_reason: finish_reason(&answer, row.status == TakeStatus::Failed),
        provider: planned.map(|take| take.target.provider.clone()),
        model: answer.model.clone().or_else(|| planned.and_then(|take| take.request.model.clone())),
        latency_ms: result.as_ref().and_then(|result| result.latency_ms),
        ttft_ms: result.as_ref().and_then(|result| result.ttft_ms),
        usage: usage_view(&answer.usage),
        cost_usd_nanos: result.as_ref().and_then(|result| result.cost_usd_nanos),
        fidelity: planned.map(|take| take.fidelity.as_str().to_owned()),
        cached: result.as_ref().is_some_and(|result| result.cached),
        error: error.map(|error| TakeError {
            code: error.code.as_str().to_owned(),
            message: error.message.clone(),
            hint: planned.filter(|_| error.code == Code::ProviderKeyRejected).map(|take| {
                let connection = &take.target.connection;
                let variable = retake_replay::secrets::variable_of(connection);
                format!("Store a valid key with `retake secret set {connection}`, or set {variable}.")
            }),
        }),
        started_ns: row.started_ns.map(Ns),
        request: body,
    };
    Ok(TakeView {
        take,
        request: planned.map(|take| take.request.clone()),
        documents: None,
        variables: None,
        source: planned.map(|take| take.target.provider.clone()),
        recorded: None,
        usage: answer.usage,
    })
}

/// What the plan says of a take.
fn planned_of<'a>(plan: &'a Plan, row: &TakeRow) -> Option<&'a PlannedTake> {
    plan.takes.iter().find(|take| slot_number(plan, &take.slot) == row.slot)
}

/// What was committed of a take that has no result: its text and what its tool calls hold so far.
fn committed(core: &Core, row: &TakeRow) -> Result<Answer, ApiError> {
    if row.started_ns.is_none() {
        return Ok(Answer::default());
    }
    let (mut text, mut reasoning) = (String::new(), String::new());
    let mut calls: BTreeMap<u32, (Option<String>, String, String)> = BTreeMap::new();
    for chunk in core.workspace()?.chunks(&row.take_id, None)? {
        let piece = String::from_utf8_lossy(&chunk.bytes);
        match chunk.kind {
            ChunkKind::Text => text.push_str(&piece),
            ChunkKind::Reasoning => reasoning.push_str(&piece),
            ChunkKind::ToolArguments => calls.entry(chunk.index).or_default().2.push_str(&piece),
            ChunkKind::Event => {
                let event: serde_json::Value = serde_json::from_str(&piece).unwrap_or_default();
                if let Some(name) = event.get("name").and_then(serde_json::Value::as_str) {
                    let call = calls.entry(chunk.index).or_default();
                    call.0 = event.get("id").and_then(serde_json::Value::as_str).map(str::to_owned);
                    name.clone_into(&mut call.1);
                }
            }
        }
    }
    let mut parts = Vec::new();
    if !reasoning.is_empty() {
        parts.push(Part::Reasoning { text: reasoning });
    }
    if !text.is_empty() {
        parts.push(Part::Text { text });
    }
    parts.extend(calls.into_values().map(|(id, name, arguments)| Part::ToolCall {
        id,
        name,
        arguments: serde_json::from_str(&arguments).unwrap_or(serde_json::Value::String(arguments)),
    }));
    Ok(Answer { parts, ..Answer::default() })
}

/// The take of each slot that counts.
pub(crate) fn latest_takes(core: &Core, run: &str) -> Result<Vec<TakeView>, ApiError> {
    let run_id = super::run_id(core, run)?;
    let plan = read_plan(&core.workspace()?.run(&run_id)?);
    let planned = planned_by_slot(plan.as_ref());
    let rows = takes_by_slot(core, &run_id)?;
    rows.values().map(|row| planned_view(core, row, planned.get(&row.slot).copied())).collect()
}

/// Documents of a take, with whether each stands in its prompt.
pub(crate) fn document_facts(view: &TakeView) -> Option<Vec<DocumentFacts>> {
    let (documents, request) = (view.documents.as_ref()?, view.request.as_ref()?);
    let placed = retake_replay::placement::find_placements(&request.messages, documents);
    let facts = documents.iter().zip(placed).map(|(document, places)| DocumentFacts {
        document_id: document.document_id.clone(),
        version: document.version.clone(),
        placed: Some(!places.placements.is_empty()),
        content: document.content.clone(),
    });
    Some(facts.collect())
}

/// Facts of a take.
pub(crate) fn facts_of(view: &TakeView) -> TakeFacts {
    let take = &view.take;
    TakeFacts {
        take_id: Some(take.take_id.clone()),
        variant: Some(take.variant.clone()),
        model: take.model.clone(),
        output_text: take.output_text.clone(),
        tool_calls: take.output_text.is_some().then(|| {
            let call = |call: &ToolCallView| ToolCall {
                id: call.id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            };
            take.tool_calls.iter().map(call).collect()
        }),
        finish_reason: take.finish_reason.as_deref().map(FinishReason::parse),
        latency_ms: take.latency_ms,
        ttft_ms: take.ttft_ms,
        usage: view.usage,
        cost_usd_nanos: take.cost_usd_nanos,
        documents: None,
    }
}

/// A finished take as an answer to a golden case.
pub(super) fn answer_of(result: &TakeResult, variant: &str) -> Result<TakeFacts, AnswerError> {
    if let Some(error) = &result.error {
        return Err(AnswerError { code: error.code, message: error.message.clone() });
    }
    if result.status != TakeStatus::Done {
        return Err(AnswerError { code: Code::Cancelled, message: "the call was stopped".to_owned() });
    }
    Ok(TakeFacts {
        take_id: Some(result.take_id.clone()),
        variant: Some(variant.to_owned()),
        model: result.answer.model.clone(),
        output_text: Some(result.answer.output_text()),
        tool_calls: Some(result.answer.tool_calls()),
        finish_reason: result.answer.finish_reason.clone(),
        latency_ms: result.latency_ms,
        ttft_ms: result.ttft_ms,
        usage: result.answer.usage,
        cost_usd_nanos: result.cost_usd_nanos,
        documents: None,
    })
}

/// A take of a run as an attempt at a golden case.
pub(crate) fn attempt_of(view: &TakeView) -> Attempt {
    let take = &view.take;
    let answer = match (&take.error, take.status.as_str()) {
        (Some(error), _) => {
            let code = Code::parse(&error.code).unwrap_or(Code::ProviderRefused);
            Err(AnswerError { code, message: error.message.clone() })
        }
        (None, "done") => Ok(facts_of(view)),
        (None, status) => Err(AnswerError { code: Code::Cancelled, message: format!("the take is {status}") }),
    };
    Attempt { variant: take.variant.clone(), repeat: take.repeat, answer }
}

/// Takes of a model call, newest first, the recorded answer last.
pub(crate) fn takes_of_call(core: &Core, at: &Located) -> Result<Takes, ApiError> {
    let original = recorded(core, at)?;
    let workspace = core.workspace()?;
    let mut takes = Vec::new();
    if let (Some(trace_id), Some(span_id)) = (&original.take.trace_id, &original.take.span_id) {
        let rows = workspace.takes_of(&trace_id.as_str().into(), Some(&span_id.as_str().into()))?;
        for row in without_replaced(rows) {
            let plan = read_plan(&workspace.run(&row.run_id)?);
            takes.push(take_view(core, &row, plan.as_ref())?.take);
        }
    }
    takes.push(original.take);
    let votes = compare::votes_of_takes(core, &takes)?;
    Ok(Takes { takes, votes })
}

/// Words of the last user message by which candidates are found.
const CANDIDATE_WORDS: usize = 12;

/// The recorded answer to a request: of any span of the workspace that holds the same request, newest first.
pub(crate) fn recorded_answer(core: &Core, request: &Request, hash: &str) -> Result<Option<Answer>, ApiError> {
    let workspace = core.workspace()?;
    let asked = request.messages.iter().rev().find(|message| message.role == retake_model::Role::User);
    let text = asked.map(retake_model::Message::joined_text).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().take(CANDIDATE_WORDS).collect();
    let kind = Expr::Term(Term::Field(FieldTerm {
        field: retake_query::Field::Kind,
        name: None,
        test: Test::Text(retake_query::Pattern::exact("llm")),
    }));
    let mut terms = vec![kind];
    if !words.is_empty() {
        terms.push(Expr::Term(Term::Words(Words { text: words.join(" "), form: Form::Phrase })));
    }
    let query = Query { expr: Expr::Term(Term::Span(Box::new(Expr::and(terms)))) };
    for (trace_id, span_id) in workspace.spans_matching(&query)?.into_iter().rev() {
        let Some(span) = workspace.span(&trace_id, &span_id)? else { continue };
        if span.output.is_none() || span.status == retake_model::SpanStatus::Error {
            continue;
        }
        if request_hash(&retake_replay::rebuild(&span).request) == hash {
            return Ok(Some(answer_of_span(&span)));
        }
    }
    Ok(None)
}

fn usage_view(usage: &Usage) -> UsageView {
    UsageView {
        input_tokens: usage.input_tokens(),
        output_tokens: usage.output_tokens(),
        cache_read_tokens: usage.cache_read_tokens,
        cache_write_tokens: usage.cache_write_tokens,
        reasoning_tokens: usage.reasoning_tokens,
    }
}

impl From<ToolCall> for ToolCallView {
    fn from(call: ToolCall) -> Self {
        Self { id: call.id, name: call.name, arguments: call.arguments }
    }
}
