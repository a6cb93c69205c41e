//! `leak`: a document, or a row of a tool's result, that names another tenant than the one that asked.
//!
//! One finding per trace and document, on the retriever where it first came; one per tool call for its rows. High when
//! the model got it (it stands in a prompt, or the answer cites it), medium when it was only retrieved or when no prompt
//! was recorded. A tool's result is what the model gets, so its rows are high.

use super::Rule;
use crate::analysis::evidence::Evidence;
use crate::analysis::placement::{cites, placed_in};
use crate::analysis::rows::{ForeignRow, foreign_rows};
use crate::analysis::tenant::Owner;
use retake_model::{Document, Finding, FindingCode, Id, Severity, Span, SpanKind};
use serde_json::json;

pub(super) const RULE: Rule = Rule { code: FindingCode::Leak, judge };

/// A foreign document, wherever in the trace it came up.
struct Leaked<'a> {
    document: &'a Document,
    owner: String,
    basis: String,
    own: String,
    at: &'a Span,
    retrieved_by: Vec<Id>,
    reranked_by: Vec<Id>,
}

fn judge(evidence: &Evidence<'_>) -> Vec<Finding> {
    let leaked = foreign_documents(evidence);
    let mut findings: Vec<Finding> = leaked.iter().filter_map(|leaked| document_finding(evidence, leaked)).collect();
    findings.extend(row_findings(evidence, &leaked));
    findings
}

fn foreign_documents<'a>(evidence: &Evidence<'a>) -> Vec<Leaked<'a>> {
    let mut leaked: Vec<Leaked<'a>> = Vec::new();
    for span in evidence.retrievals() {
        let (Some(retrieval), Some(span_id)) = (&span.retrieval, &span.span_id) else { continue };
        let Some(own) = evidence.tenant_at(span) else { continue };
        for document in retrieval.input_documents.iter().chain(&retrieval.documents) {
            let Owner::Foreign { name, basis } = evidence.names.owner_of(document, own) else { continue };
            let at = leaked.iter().position(|known| same_document(known.document, document)).unwrap_or_else(|| {
                leaked.push(Leaked {
                    document,
                    owner: name,
                    basis,
                    own: own.to_owned(),
                    at: span,
                    retrieved_by: vec![],
                    reranked_by: vec![],
                });
                leaked.len() - 1
            });
            let Some(known) = leaked.get_mut(at) else { continue };
            let by =
                if span.kind == Some(SpanKind::Reranker) { &mut known.reranked_by } else { &mut known.retrieved_by };
            if !by.contains(span_id) {
                by.push(span_id.clone());
            }
        }
    }
    leaked
}

fn same_document(a: &Document, b: &Document) -> bool {
    match (&a.document_id, &b.document_id) {
        (Some(a), Some(b)) => a == b,
        _ => a.content.is_some() && a.content == b.content,
    }
}

fn document_finding(evidence: &Evidence<'_>, leaked: &Leaked<'_>) -> Option<Finding> {
    let document = leaked.document;
    let subject = document
        .document_id
        .clone()
        .or_else(|| document.title.clone())
        .unwrap_or_else(|| format!("document at rank {}", document.rank));
    let placed = placed_in(&evidence.model_calls(), document);
    let cited = document
        .document_id
        .as_deref()
        .zip(evidence.answer())
        .is_some_and(|(id, answer)| cites(&answer, id, evidence.policy().citations.form.as_deref()));
    let in_prompt = placed.as_ref().map(|places| !places.is_empty());
    let severity = if in_prompt == Some(true) || cited { Severity::High } else { Severity::Medium };
    let reached = match in_prompt {
        Some(true) => "and stood in the prompt",
        Some(false) => "but did not stand in a prompt",
        None => "and no prompt was recorded that could show whether the model got it",
    };
    let places: Vec<_> = placed
        .into_iter()
        .flatten()
        .map(|placed| json!({"span_id": placed.call.span_id, "message": placed.place.message, "start": placed.place.start, "end": placed.place.end}))
        .collect();
    Some(Finding {
        trace_id: evidence.trace_id.clone(),
        span_id: leaked.at.span_id.clone()?,
        code: FindingCode::Leak,
        severity,
        message: format!(
            "Document {subject} of tenant {} was retrieved for tenant {} {reached}.",
            leaked.owner, leaked.own
        ),
        evidence: json!({
            "kind": "document",
            "document_id": document.document_id,
            "title": document.title,
            "version": document.version,
            "owner": leaked.owner,
            "owner_named_by": leaked.basis,
            "seen_by_tenant": leaked.own,
            "rank": document.rank,
            "score": document.score,
            "retrieved_by": leaked.retrieved_by,
            "reranked_by": leaked.reranked_by,
            "placed_in_prompt": in_prompt,
            "placed": places,
            "cited": cited,
        }),
        subject,
    })
}

fn row_findings(evidence: &Evidence<'_>, leaked: &[Leaked<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for run in &evidence.runs {
        let span = evidence.spans.iter().find(|span| span.span_id.as_ref() == Some(&run.span_id));
        let own = span.and_then(|span| evidence.tenant_at(span));
        let (Some(own), Some(result)) = (own, run.result.as_deref()) else { continue };
        let mut rows = foreign_rows(result, own, evidence.names);
        // A retriever behind a tool: its documents were reported already.
        rows.retain(|row| !leaked.iter().any(|known| row.id.is_some() && row.id == known.document.document_id));
        if rows.is_empty() {
            continue;
        }
        let owners: Vec<&str> = distinct(rows.iter().map(|row| row.owner.as_str()));
        let what = match rows.as_slice() {
            [row] => format!("a row{}", row.id.as_deref().map(|id| format!(" ({id})")).unwrap_or_default()),
            rows => format!("{} rows{}", rows.len(), ids_of(rows)),
        };
        findings.push(Finding {
            trace_id: evidence.trace_id.clone(),
            span_id: run.span_id.clone(),
            code: FindingCode::Leak,
            severity: Severity::High,
            subject: run.name.clone(),
            message: format!("Tool {} gave tenant {own} {what} of tenant {}.", run.name, owners.join(" and ")),
            evidence: json!({
                "kind": "tool_result",
                "tool": run.name,
                "tool_call_id": run.call_id,
                "owners": owners,
                "seen_by_tenant": own,
                "n_rows": rows.len(),
                "rows": rows.iter().take(50).map(row_json).collect::<Vec<_>>(),
            }),
        });
    }
    findings
}

fn row_json(row: &ForeignRow) -> serde_json::Value {
    json!({"path": row.path, "id": row.id, "owner": row.owner, "owner_named_by": row.basis})
}

fn ids_of(rows: &[ForeignRow]) -> String {
    let ids: Vec<&str> = rows.iter().filter_map(|row| row.id.as_deref()).take(3).collect();
    match ids.len() {
        0 => String::new(),
        n if n < rows.len() => format!(" ({}, …)", ids.join(", ")),
        _ => format!(" ({})", ids.join(", ")),
    }
}

fn distinct<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut out: Vec<&str> = Vec::new();
    for word in words {
        if !out.contains(&word) {
            out.push(word);
        }
    }
    out
}
