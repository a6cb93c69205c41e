//! Everything that is known about one trace when it is judged or shown.

use super::ancestry::Ancestry;
use super::join::{JoinedEvent, TraceKeys, join, tenant_of, tenant_of_events};
use super::policy::Policy;
use super::survey::Survey;
use super::tenant::TenantNames;
use super::tool_run::{ToolRun, tool_runs};
use retake_model::{AuditEvent, Id, Span, SpanKind};

/// One trace with what belongs to it.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// Trace.
    pub trace_id: Id,
    /// Its spans with content, in any order.
    pub spans: &'a [Span],
    /// Tools that ran, by start.
    pub runs: Vec<ToolRun>,
    /// Audit events, by time.
    pub events: Vec<JoinedEvent>,
    /// Whose data it works on: as the spans say, else as the audit log says.
    pub tenant: Option<String>,
    /// Who asked.
    pub user: Option<String>,
    /// In which role: as the spans say, else as the audit log says.
    pub role: Option<String>,
    /// Policy and what the workspace knows.
    pub names: TenantNames<'a>,
    /// Which spans stand below which.
    pub ancestry: Ancestry<'a>,
}

impl<'a> Evidence<'a> {
    /// Gathers a trace. `events` may hold more than belong to it; `others` are keys of other traces of the same users
    /// around it, or nothing. `None` when no span tells the trace's id.
    pub fn gather(
        spans: &'a [Span],
        events: &[AuditEvent],
        others: &[TraceKeys],
        policy: &'a Policy,
        survey: &'a Survey,
    ) -> Option<Self> {
        let trace_id = spans.iter().find_map(|span| span.trace_id.clone())?;
        let names = TenantNames { policy, survey };
        let runs = tool_runs(spans);
        let events = join(spans, &runs, events, others, names);
        let tenant = tenant_of(spans).or_else(|| tenant_of_events(&events)).map(str::to_owned);
        let from_spans = |field: fn(&Span) -> Option<&String>| {
            let root = spans.iter().filter(|span| span.parent_span_id.is_none()).find_map(field);
            root.or_else(|| spans.iter().find_map(field)).cloned()
        };
        let user =
            from_spans(|span| span.user.as_ref()).or_else(|| events.iter().find_map(|row| row.event.actor.clone()));
        let role =
            from_spans(|span| span.user_role.as_ref()).or_else(|| events.iter().find_map(|row| row.event.role.clone()));
        Some(Self { trace_id, spans, runs, events, tenant, user, role, names, ancestry: Ancestry::of(spans) })
    }

    /// The policy.
    pub fn policy(&self) -> &'a Policy {
        self.names.policy
    }

    /// What the workspace knows.
    pub fn survey(&self) -> &'a Survey {
        self.names.survey
    }

    /// The tenant for whom a span worked: the request's own. A span that names another one (a retriever that was given the
    /// wrong filter) worked for it all the same; only below a root without a tenant is the span's own word taken.
    pub fn tenant_at<'s>(&'s self, span: &'s Span) -> Option<&'s str> {
        let root = self.spans.iter().find(|span| span.parent_span_id.is_none());
        root.and_then(|root| root.tenant.as_deref()).or(span.tenant.as_deref()).or(self.tenant.as_deref())
    }

    /// Model calls by start.
    pub fn model_calls(&self) -> Vec<&'a Span> {
        by_start(self.spans, &[SpanKind::Llm])
    }

    /// Retrievers and rerankers by start.
    pub fn retrievals(&self) -> Vec<&'a Span> {
        let mut spans: Vec<&Span> =
            self.spans.iter().filter(|span| span.retrieval.is_some() && span.span_id.is_some()).collect();
        spans.sort_by_key(|span| (span.start_ns, span.kind == Some(SpanKind::Reranker)));
        spans
    }

    /// Root span; the earliest one when none is a root.
    pub fn root(&self) -> Option<&'a Span> {
        let root = self.spans.iter().filter(|span| span.parent_span_id.is_none()).min_by_key(|span| span.start_ns);
        root.or_else(|| self.spans.iter().min_by_key(|span| span.start_ns))
    }

    /// Audit events about one run of a tool.
    pub fn events_of<'e>(&'e self, run: &'e ToolRun) -> impl Iterator<Item = &'e JoinedEvent> {
        self.events.iter().filter(move |row| row.span_id.as_ref() == Some(&run.span_id))
    }

    /// The answer that the trace ended with.
    pub fn answer(&self) -> Option<String> {
        let root = self.root().and_then(|span| span.output_value.clone()).filter(|text| !text.trim().is_empty());
        let last_text = |span: &&Span| {
            let texts: Vec<String> = span
                .output
                .iter()
                .flatten()
                .map(retake_model::Message::joined_text)
                .filter(|text| !text.is_empty())
                .collect();
            (!texts.is_empty()).then(|| texts.join("\n"))
        };
        root.or_else(|| self.model_calls().iter().rev().find_map(last_text))
    }
}

fn by_start<'a>(spans: &'a [Span], kinds: &[SpanKind]) -> Vec<&'a Span> {
    let mut found: Vec<&Span> = spans
        .iter()
        .filter(|span| span.span_id.is_some() && span.kind.is_some_and(|kind| kinds.contains(&kind)))
        .collect();
    found.sort_by_key(|span| span.start_ns);
    found
}
