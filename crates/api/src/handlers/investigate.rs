//! What a trace holds: tree, messages, context, audit, request, raw records, findings, report.

mod doubts;
mod find;
mod findings;
mod gather;
mod messages;

pub(crate) use doubts::doubtful_documents;
pub use find::trace_find;
pub(crate) use findings::{refresh_all_findings, refresh_findings, refresh_findings_of_batch, traces_of_batch};
pub(crate) use gather::Gathered;
use gather::gather;
pub use messages::span_messages;

use super::{parse_query, replay};
use crate::analysis::{audit, context};
use crate::dto::investigate::{
    Audit, AuditView, Context, DocumentView, FidelityView, FieldFidelityView, FindingView, Findings, FindingsRequest,
    MissingAudit, PlacedView, Raw, RawView, Report, RequestView, SavedReport, SnippetRequest, SpanDetail, SpanRequest,
    Spans, SpansRequest, Text, TraceRequest, Tree, TreeSpan,
};
use crate::dto::replay::Takes;
use crate::dto::{IdRequest, Ns};
use crate::output::write_whole;
use crate::report::{IncidentReport, TakeFact, incident_markdown};
use crate::{ApiError, Core};
use retake_model::{Code, Finding, Id, Span, SpanKind};
use retake_store::{Named, SpanRow};
use std::sync::Arc;

/// A trace, and a span in it when one was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Trace.
    pub trace_id: String,
    /// Span.
    pub span_id: Option<String>,
}

/// What an id names, as a place in a trace.
///
/// # Errors
/// `RTK-S010` for an unknown id, `RTK-S011` for an ambiguous one.
pub fn locate(core: &Core, id: &str) -> Result<Located, ApiError> {
    let nowhere = |what: &str| ApiError::new(Code::IdUnknown, format!("{what} {id:?} belongs to no trace"));
    match core.workspace()?.resolve(id)? {
        Named::Trace(trace_id) => Ok(Located { trace_id: trace_id.to_string(), span_id: None }),
        Named::Span { trace_id, span_id } => {
            Ok(Located { trace_id: trace_id.to_string(), span_id: Some(span_id.to_string()) })
        }
        Named::Take(take_id) => {
            let take = core.workspace()?.take(&take_id)?;
            match (take.trace_id, take.span_id) {
                (Some(trace_id), span_id) => {
                    Ok(Located { trace_id: trace_id.to_string(), span_id: span_id.map(|id| id.to_string()) })
                }
                _ => Err(nowhere("take")),
            }
        }
        Named::Run(_) => Err(nowhere("run")),
        Named::Batch(_) => Err(nowhere("batch")),
    }
}

/// The model call that is meant, and all spans of its trace: the span itself, else the last call below it, else (for a
/// trace) the call that gave the answer: the last one that holds messages.
pub(crate) fn model_call(core: &Core, at: &Located) -> Result<(Span, Vec<Span>), ApiError> {
    let trace = core.workspace()?.spans_full(&Id::new(at.trace_id.clone()))?;
    if trace.is_empty() {
        return Err(ApiError::new(Code::IdUnknown, format!("there is no trace {:?}", at.trace_id)));
    }
    let call = call_of(&trace, at)?.clone();
    Ok((call, trace))
}

/// The model call that is meant, of the spans of its trace.
fn call_of<'a>(trace: &'a [Span], at: &Located) -> Result<&'a Span, ApiError> {
    let named = at.span_id.as_ref().map(|id| Id::new(id.clone()));
    pick_call(trace, named.as_ref()).ok_or_else(|| {
        let what = at.span_id.as_ref().map_or_else(|| format!("trace {}", at.trace_id), |span| format!("span {span}"));
        ApiError::new(Code::NothingToReplay, format!("{what} holds no model call"))
    })
}

fn pick_call<'a>(trace: &'a [Span], at: Option<&Id>) -> Option<&'a Span> {
    let is_call = |span: &&Span| span.kind == Some(SpanKind::Llm);
    if let Some(at) = at {
        let span = trace.iter().find(|span| span.span_id.as_ref() == Some(at))?;
        if is_call(&span) {
            return Some(span);
        }
    }
    let below = |span: &&Span| at.is_none_or(|at| is_below(trace, span, at));
    let best = |span: &&Span| (span.output.is_some(), span.input.is_some(), span.start_ns);
    trace.iter().filter(is_call).filter(below).max_by_key(best)
}

/// True when `span` stands somewhere below `ancestor`.
fn is_below(trace: &[Span], span: &Span, ancestor: &Id) -> bool {
    let mut parent = span.parent_span_id.as_ref();
    // A chain longer than the trace is a cycle.
    for _ in 0..trace.len() {
        match parent {
            Some(id) if id == ancestor => return true,
            Some(id) => {
                parent = trace
                    .iter()
                    .find(|other| other.span_id.as_ref() == Some(id))
                    .and_then(|other| other.parent_span_id.as_ref())
            }
            None => return false,
        }
    }
    false
}

fn located(request: &SpanRequest) -> Located {
    Located { trace_id: request.trace_id.clone(), span_id: request.span_id.clone() }
}

/// Further spans that are given at once.
const MAX_SPANS: u32 = 20_000;

/// A trace as a tree.
///
/// # Errors
/// `RTK-S010` for an unknown id.
pub async fn trace_get(core: Arc<Core>, request: TraceRequest) -> Result<Tree, ApiError> {
    core.blocking(move |core| {
        let at = locate(core, &request.id)?;
        let workspace = core.workspace()?;
        let trace_id = Id::new(at.trace_id.clone());
        let n = request.spans.map_or(usize::MAX, |n| n as usize);
        let trace = workspace
            .trace_begin(&trace_id, n)?
            .ok_or_else(|| ApiError::new(Code::IdUnknown, format!("there is no trace {:?}", at.trace_id)))?;
        let root = workspace.span(&trace_id, &trace.summary.span_id)?;
        Ok(Tree {
            trace_id: at.trace_id,
            summary: trace.summary.into(),
            request_id: root.as_ref().and_then(|span| span.request_id.clone()),
            user_role: root.as_ref().and_then(|span| span.user_role.clone()),
            start_ns: trace.start_ns.map(Ns),
            end_ns: trace.end_ns.map(Ns),
            spans: trace.spans.into_iter().map(TreeSpan::from).collect(),
        })
    })
    .await
}

/// Further spans of a trace: a large one is shown by its first, and the others follow some at a time.
///
/// # Errors
/// Those of the database; of an unknown trace there are none.
pub async fn trace_spans(core: Arc<Core>, request: SpansRequest) -> Result<Spans, ApiError> {
    core.blocking(move |core| {
        let n = request.count.min(MAX_SPANS) as usize;
        let spans = core.workspace()?.spans_from(&Id::new(request.trace_id), request.from as usize, n)?;
        Ok(Spans { spans: spans.into_iter().map(TreeSpan::from).collect() })
    })
    .await
}

impl From<SpanRow> for TreeSpan {
    fn from(row: SpanRow) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "shown in milliseconds")]
        let duration_ms = row.start_ns.zip(row.end_ns).map(|(start, end)| (end - start) as f64 / 1e6);
        Self {
            span_id: row.span_id.to_string(),
            parent_span_id: row.parent_span_id.map(|id| id.to_string()),
            kind: row.kind.as_str().to_owned(),
            name: row.name,
            start_ns: row.start_ns.map(Ns),
            duration_ms,
            ttft_ms: row.ttft_ms,
            status: row.status.as_str().to_owned(),
            flags: row.flags,
            model: row.model,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost_usd_nanos: row.cost_usd_nanos,
            n_documents: row.n_documents,
        }
    }
}

/// A span with its attributes.
///
/// # Errors
/// `RTK-S010` for an unknown span.
pub async fn span_get(core: Arc<Core>, request: SpanRequest) -> Result<SpanDetail, ApiError> {
    core.blocking(move |core| {
        let span_id = request.span_id.clone().unwrap_or_default();
        let span = core.workspace()?.span(&Id::new(request.trace_id.clone()), &Id::new(span_id.clone()))?;
        let span = span.ok_or_else(|| ApiError::new(Code::IdUnknown, format!("there is no span {span_id:?}")))?;
        Ok(SpanDetail {
            trace_id: request.trace_id,
            span_id,
            name: span.name.unwrap_or_default(),
            kind: span.kind.unwrap_or_default().as_str().to_owned(),
            status_message: span.status_message,
            error_type: span.error_type,
            input_value: span.input_value,
            output_value: span.output_value,
            attributes: span.attributes.into(),
            resource: span.resource.into(),
            events: serde_json::to_value(span.events).map_err(ApiError::internal)?,
        })
    })
    .await
}

/// Retrieved documents and where they stand.
///
/// # Errors
/// `RTK-S010` for an unknown trace.
pub async fn span_context(core: Arc<Core>, request: SpanRequest) -> Result<Context, ApiError> {
    core.blocking(move |core| {
        let gathered = gather(core, &request.trace_id)?;
        let evidence = gathered.evidence()?;
        let at = request.span_id.as_ref().map(|id| Id::new(id.clone()));
        let context = context::context(&evidence, at.as_ref());
        let findings = core.workspace()?.findings_of_trace(&Id::new(request.trace_id.clone()))?;
        Ok(Context {
            trace_id: request.trace_id,
            span_id: context.call_span_id.map(|id| id.to_string()),
            query: context.query,
            documents: context.documents.into_iter().map(document_view).collect(),
            findings: findings.into_iter().map(FindingView::from).collect(),
        })
    })
    .await
}

fn document_view(known: context::ContextDocument) -> DocumentView {
    let document = known.document;
    DocumentView {
        document_id: document.document_id,
        rank: document.rank,
        rerank: known.rerank,
        score: document.score,
        score_kind: known.score_kind,
        rerank_score: known.rerank_score,
        version: document.version,
        newer_version: known.newer_version,
        updated_ns: document.updated_ns.map(Ns),
        tenant: document.tenant,
        title: document.title,
        source: document.source,
        content: document.content,
        placed: known
            .placed
            .iter()
            .map(|place| PlacedView { message: place.message, start: place.start, end: place.end })
            .collect(),
        truncated: known.truncated,
        cited: known.cited,
        foreign: known.foreign,
        untrusted: known.untrusted,
        span_id: known.span_id.to_string(),
    }
}

impl From<Finding> for FindingView {
    fn from(finding: Finding) -> Self {
        Self {
            trace_id: finding.trace_id.to_string(),
            span_id: finding.span_id.to_string(),
            code: finding.code.as_str().to_owned(),
            severity: finding.severity.as_str().to_owned(),
            subject: finding.subject,
            message: finding.message,
            evidence: finding.evidence,
        }
    }
}

/// The rebuilt request with its fidelity.
///
/// # Errors
/// `RTK-R005` when there is no model call.
pub async fn span_request(core: Arc<Core>, request: SpanRequest) -> Result<RequestView, ApiError> {
    core.blocking(move |core| {
        let (call, _) = model_call(core, &located(&request))?;
        let rebuilt = retake_replay::rebuild(&call);
        let api = rebuilt.request.api.as_deref().unwrap_or("openai");
        let codec = retake_wire::api::by_name(api).ok_or_else(|| ApiError::internal(format!("no codec for {api}")))?;
        let body = (codec.encode_request)(&rebuilt.request).body;
        let fields = rebuilt.fields.iter().map(|field| FieldFidelityView {
            path: field.path.clone(),
            state: field.state.as_str().to_owned(),
            why: field.why.clone(),
        });
        Ok(RequestView {
            trace_id: request.trace_id,
            span_id: call.span_id.map(|id| id.to_string()).unwrap_or_default(),
            fidelity: FidelityView { level: rebuilt.level.as_str().to_owned(), fields: fields.collect() },
            request: body,
        })
    })
    .await
}

/// Audit events of the trace, and what should be there and is not.
///
/// # Errors
/// `RTK-S010` for an unknown trace.
pub async fn span_audit(core: Arc<Core>, request: SpanRequest) -> Result<Audit, ApiError> {
    core.blocking(move |core| {
        let gathered = gather(core, &request.trace_id)?;
        let evidence = gathered.evidence()?;
        let events = evidence.events.iter().map(|row| AuditView {
            time_ns: row.event.time_ns.map(Ns),
            actor: row.event.actor.clone(),
            role: row.event.role.clone(),
            action: row.event.action.clone(),
            resource: row.event.resource.clone(),
            decision: row.decision.as_str().to_owned(),
            tenant: row.event.tenant.clone(),
            joined_by: row.basis.as_str().to_owned(),
            event_id: row.event.event_id.clone(),
            reason: row.event.reason.clone(),
            span_id: row.span_id.as_ref().map(ToString::to_string),
        });
        let missing = audit::gaps(&evidence).into_iter().map(|gap| MissingAudit {
            span_id: gap.span_id.to_string(),
            tool: gap.tool,
            time_ns: gap.time_ns.map(Ns),
            actions: gap.actions,
        });
        Ok(Audit { events: events.collect(), missing: missing.collect(), trace_id: request.trace_id })
    })
    .await
}

/// Raw records of a span, or of the trace's spans.
///
/// # Errors
/// `RTK-S010` for an unknown trace.
pub async fn span_raw(core: Arc<Core>, request: SpanRequest) -> Result<Raw, ApiError> {
    core.blocking(move |core| {
        let workspace = core.workspace()?;
        let trace_id = Id::new(request.trace_id.clone());
        let spans = match &request.span_id {
            Some(span_id) => vec![Id::new(span_id.clone())],
            None => {
                let trace = workspace.trace(&trace_id)?;
                let trace =
                    trace.ok_or_else(|| ApiError::new(Code::IdUnknown, format!("there is no trace {trace_id}")))?;
                trace.spans.into_iter().map(|span| span.span_id).collect()
            }
        };
        let mut records = Vec::new();
        for span_id in spans {
            for record in workspace.raw_records(&trace_id, &span_id)? {
                let text = String::from_utf8_lossy(&record.body).into_owned();
                records.push(RawView {
                    batch_id: record.batch_id,
                    path: record.path,
                    byte_offset: record.byte_offset,
                    source: record.source,
                    kind: record.kind.as_str().to_owned(),
                    body: serde_json::from_str(&text).unwrap_or(serde_json::Value::String(text)),
                });
            }
        }
        Ok(Raw { records })
    })
    .await
}

/// Takes of a model call.
///
/// # Errors
/// `RTK-R005` when there is no model call.
pub async fn span_takes(core: Arc<Core>, request: SpanRequest) -> Result<Takes, ApiError> {
    core.blocking(move |core| replay::takes_of_call(core, &located(&request))).await
}

/// The request as a program, with the key as a variable.
///
/// # Errors
/// `RTK-A001` for an unknown language.
pub async fn span_snippet(core: Arc<Core>, request: SnippetRequest) -> Result<Text, ApiError> {
    core.blocking(move |core| {
        let language = retake_replay::snippet::Language::parse(&request.language).ok_or_else(|| {
            ApiError::new(Code::UsageInvalid, format!("{:?} is none of curl, python, typescript", request.language))
        })?;
        let (call, trace) = model_call(core, &Located { trace_id: request.trace_id, span_id: request.span_id })?;
        let source = retake_replay::Source::of(&call, &trace);
        let target = retake_replay::Target::of(
            &retake_replay::Variant::original(),
            source.provider.as_deref(),
            source.api_base.as_deref(),
            &|_| None,
        )?;
        let text = retake_replay::snippet::snippet(&source.rebuilt.request, &target, language)?;
        Ok(Text { text })
    })
    .await
}

/// Findings of the traces of a query, worst first.
///
/// # Errors
/// Those of the query.
pub async fn findings_list(core: Arc<Core>, request: FindingsRequest) -> Result<Findings, ApiError> {
    core.blocking(move |core| {
        findings::refresh_stale(core)?;
        let query = parse_query(core, request.query.as_deref().unwrap_or(""), None)?;
        let mut findings = core.workspace()?.findings(&query)?;
        crate::analysis::findings::sort(&mut findings);
        Ok(Findings { findings: findings.into_iter().map(FindingView::from).collect() })
    })
    .await
}

/// The incident report of a trace, redacted.
///
/// # Errors
/// `RTK-S010` for an unknown id.
pub async fn report(core: Arc<Core>, request: IdRequest) -> Result<Report, ApiError> {
    core.blocking(move |core| {
        let at = locate(core, &request.id)?;
        let gathered = gather(core, &at.trace_id)?;
        let evidence = gathered.evidence()?;
        let findings = core.workspace()?.findings_of_trace(&Id::new(at.trace_id.clone()))?;
        let takes = take_facts(core, &at)?;
        let rebuilt = pick_call(&gathered.spans, None).map(retake_replay::rebuild);
        let text = incident_markdown(&IncidentReport {
            evidence: &evidence,
            findings: &findings,
            takes: &takes,
            fidelity: rebuilt.as_ref().map(|rebuilt| (rebuilt.level, rebuilt.fields.as_slice())),
            made_ns: Some(core.host().now_ns()),
        });
        Ok(Report { trace_id: at.trace_id, format: "md".to_owned(), text })
    })
    .await
}

/// Writes the incident report of a trace, redacted, to a file that the host's dialog names.
///
/// # Errors
/// `RTK-S010` for an unknown id, `RTK-A002` when the file cannot be written.
pub async fn report_save(core: Arc<Core>, request: IdRequest) -> Result<SavedReport, ApiError> {
    let report = report(Arc::clone(&core), request).await?;
    core.blocking(move |core| {
        let short: String = report.trace_id.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
        let picked = core.host().pick(&format!("save:incident-{short}.md"));
        let Some(path) = picked.into_iter().next() else { return Ok(SavedReport { path: None }) };
        write_whole(&path, |out| out.write_all(report.text.as_bytes()).map_err(ApiError::internal))?;
        Ok(SavedReport { path: Some(path.display().to_string()) })
    })
    .await
}

/// Replays of a trace's calls, oldest first, as the report tells them.
fn take_facts(core: &Core, at: &Located) -> Result<Vec<TakeFact>, ApiError> {
    let workspace = core.workspace()?;
    let mut rows = workspace.takes_of(&Id::new(at.trace_id.clone()), None)?;
    rows.reverse();
    rows.iter()
        .map(|row| {
            let view = replay::take_or_recorded(core, &format!("take:{}", row.take_id))?;
            let take = view.take;
            let changed = if take.variant == "original" { Vec::new() } else { vec![take.variant.clone()] };
            Ok(TakeFact {
                take_id: take.take_id,
                span_id: row.span_id.clone(),
                variant: take.variant,
                changed,
                provider: take.provider,
                model: take.model,
                status: take.status,
                answer: take.output_text,
                tool_calls: take.tool_calls.iter().map(|call| format!("{}({})", call.name, call.arguments)).collect(),
                error: take.error.map(|error| format!("{} {}", error.code, error.message)),
                latency_ms: take.latency_ms,
                cost_usd_nanos: take.cost_usd_nanos,
                fidelity: take.fidelity.as_deref().and_then(retake_model::Fidelity::parse),
            })
        })
        .collect()
}
