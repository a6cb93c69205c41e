//! Incidents made in a few lines: spans and audit events by seconds, judged as a workspace would judge them.

use crate::analysis::evidence::Evidence;
use crate::analysis::findings;
use crate::analysis::join::{TraceKeys, audit_keys, keys_of};
use crate::analysis::policy::Policy;
use crate::analysis::survey::Survey;
use retake_model::{AuditEvent, Decision, Document, Finding, Id, Retrieval, Span, SpanKind, ToolExecution};
use std::collections::BTreeMap;

/// 12 November 2026, noon UTC.
pub(crate) const NOON_NS: i64 = 1_794_484_800_000_000_000;

/// A workspace in memory.
#[derive(Default)]
pub(crate) struct Made {
    pub spans: Vec<Span>,
    pub events: Vec<AuditEvent>,
    pub policy: Policy,
}

impl Made {
    /// Traces by id, and the survey of everything.
    pub fn traces(&self) -> BTreeMap<Id, Vec<Span>> {
        let mut traces: BTreeMap<Id, Vec<Span>> = BTreeMap::new();
        for span in &self.spans {
            traces.entry(span.trace_id.clone().expect("a trace id")).or_default().push(span.clone());
        }
        traces
    }

    pub fn survey(&self) -> Survey {
        let mut survey = Survey::default();
        self.spans.iter().for_each(|span| survey.see_span(span));
        self.events.iter().for_each(|event| survey.see_event(event));
        survey.finish();
        survey
    }

    /// Every finding, as `code trace subject`, in order.
    pub fn report(&self) -> Vec<String> {
        let mut lines: Vec<String> =
            self.findings().iter().map(|f| format!("{} {} {}", f.code.as_str(), f.trace_id, f.subject)).collect();
        lines.sort();
        lines
    }

    pub fn findings(&self) -> Vec<Finding> {
        let (survey, traces) = (self.survey(), self.traces());
        let keys: Vec<TraceKeys> = traces.values().map(|spans| keys_of(spans)).collect();
        let mut all = Vec::new();
        for (spans, own) in traces.values().zip(&keys) {
            // What a store would hand over for these keys, and not the whole log.
            let wanted = audit_keys(own, &self.policy);
            let events: Vec<AuditEvent> = self.events.iter().filter(|event| fits(event, &wanted)).cloned().collect();
            let evidence = Evidence::gather(spans, &events, &keys, &self.policy, &survey).expect("a trace id");
            all.extend(findings::judge(&evidence));
        }
        all
    }
}

fn fits(event: &AuditEvent, keys: &retake_store::rows::AuditKeys) -> bool {
    let by_time = |(actor, from, to): &(String, i64, i64)| {
        event.actor.as_ref() == Some(actor) && event.time_ns.is_some_and(|time| (*from..=*to).contains(&time))
    };
    event.trace_id.as_ref().is_some_and(|id| keys.trace_ids.contains(id))
        || event.request_id.as_ref().is_some_and(|id| keys.request_ids.contains(id))
        || keys.actors.iter().any(by_time)
}

/// Milliseconds after noon.
pub(crate) fn at(ms: i64) -> i64 {
    NOON_NS + ms * 1_000_000
}

/// The root span of trace `trace`, of `user` of `tenant`, from `from_ms` to `to_ms`.
pub(crate) fn root(trace: &str, tenant: &str, user: &str, from_ms: i64, to_ms: i64) -> Span {
    Span {
        trace_id: Some(Id::new(trace)),
        span_id: Some(Id::new(format!("{trace}-root"))),
        kind: Some(SpanKind::Agent),
        name: Some("answer".into()),
        start_ns: Some(at(from_ms)),
        end_ns: Some(at(to_ms)),
        tenant: (!tenant.is_empty()).then(|| tenant.to_owned()),
        user: (!user.is_empty()).then(|| user.to_owned()),
        request_id: Some(format!("req-{trace}")),
        ..Span::default()
    }
}

/// A span below the root of `trace`.
pub(crate) fn child(trace: &str, id: &str, kind: SpanKind, from_ms: i64, to_ms: i64) -> Span {
    Span {
        trace_id: Some(Id::new(trace)),
        span_id: Some(Id::new(format!("{trace}-{id}"))),
        parent_span_id: Some(Id::new(format!("{trace}-root"))),
        kind: Some(kind),
        name: Some(id.to_owned()),
        start_ns: Some(at(from_ms)),
        end_ns: Some(at(to_ms)),
        ..Span::default()
    }
}

/// A tool span.
pub(crate) fn tool(trace: &str, name: &str, result: &str, from_ms: i64, to_ms: i64) -> Span {
    Span {
        tool: Some(ToolExecution {
            name: name.to_owned(),
            result: (!result.is_empty()).then(|| result.to_owned()),
            ..ToolExecution::default()
        }),
        ..child(trace, &format!("{name}-{from_ms}"), SpanKind::Tool, from_ms, to_ms)
    }
}

/// A retriever span.
pub(crate) fn retriever(trace: &str, documents: Vec<Document>, from_ms: i64, to_ms: i64) -> Span {
    Span {
        retrieval: Some(Retrieval { query: None, documents, input_documents: vec![] }),
        ..child(trace, &format!("retrieve-{from_ms}"), SpanKind::Retriever, from_ms, to_ms)
    }
}

/// A document with metadata as JSON.
pub(crate) fn document(id: &str, metadata: serde_json::Value) -> Document {
    Document {
        document_id: (!id.is_empty()).then(|| id.to_owned()),
        rank: 1,
        content: Some(format!("The passage of {id} says something of its own.")),
        tenant: metadata["tenant"].as_str().map(str::to_owned),
        metadata: metadata.as_object().cloned().unwrap_or_default(),
        ..Document::default()
    }
}

/// An audit event: at, actor, action, resource, decision word.
pub(crate) fn event(ms: i64, actor: &str, action: &str, resource: &str, decision: &str) -> AuditEvent {
    AuditEvent {
        time_ns: Some(at(ms)),
        actor: (!actor.is_empty()).then(|| actor.to_owned()),
        action: Some(action.to_owned()),
        resource: Some(resource.to_owned()),
        decision: Decision::parse(decision).unwrap_or_default(),
        ..AuditEvent::default()
    }
}
