//! What a replay starts from: a recorded call with its documents and variables, or a pasted request.

use crate::fidelity::{self, Rebuilt};
use retake_model::{Document, Fidelity, FieldFidelity, Id, JsonMap, Request, Span};

/// A call that can be replayed.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Trace.
    pub trace_id: Option<Id>,
    /// Span; `None` for a pasted request.
    pub span_id: Option<Id>,
    /// The request and how well it is known.
    pub rebuilt: Rebuilt,
    /// Documents that were retrieved in the trace, each content once, reranked ones first.
    pub documents: Vec<Document>,
    /// Variables that were poured into the recorded template.
    pub prompt_variables: Option<JsonMap>,
    /// Provider as recorded.
    pub provider: Option<String>,
    /// Base URL as recorded or pasted.
    pub api_base: Option<String>,
}

impl Source {
    /// Of a model call and the spans of its trace (itself among them or not). Documents and variables may stand on other
    /// spans of the trace: the retriever, the root.
    pub fn of(span: &Span, trace: &[Span]) -> Self {
        let variables = || trace.iter().find_map(|other| other.prompt_variables.clone());
        Self {
            trace_id: span.trace_id.clone(),
            span_id: span.span_id.clone(),
            rebuilt: fidelity::rebuild(span),
            documents: documents_of(trace.iter().chain([span])),
            prompt_variables: span.prompt_variables.clone().or_else(variables),
            provider: span.provider.clone(),
            api_base: span.api_base.clone(),
        }
    }

    /// Of a pasted request, known word for word.
    pub fn of_request(request: Request, base_url: Option<String>) -> Self {
        let why = "pasted".to_owned();
        let fields = vec![FieldFidelity { path: "body".into(), state: Fidelity::Verbatim, why }];
        let provider = request.api.clone();
        Self {
            trace_id: None,
            span_id: None,
            rebuilt: Rebuilt { request, level: Fidelity::Verbatim, fields },
            documents: Vec::new(),
            prompt_variables: None,
            provider,
            api_base: base_url,
        }
    }
}

/// Documents of the retrievers and rerankers among these spans: output of rerankers first, each id and content once.
pub fn documents_of<'a>(spans: impl Iterator<Item = &'a Span>) -> Vec<Document> {
    let mut found: Vec<(bool, Document)> = Vec::new();
    for span in spans {
        let Some(retrieval) = &span.retrieval else { continue };
        let reranked = span.kind == Some(retake_model::SpanKind::Reranker);
        for document in retrieval.documents.iter().chain(&retrieval.input_documents) {
            let same =
                |other: &Document| other.document_id == document.document_id && other.content == document.content;
            match found.iter_mut().find(|(_, other)| same(other)) {
                Some((seen_reranked, other)) => {
                    if reranked && !*seen_reranked {
                        *seen_reranked = true;
                        *other = document.clone();
                    }
                }
                None => found.push((reranked, document.clone())),
            }
        }
    }
    found.sort_by_key(|(reranked, document)| (!reranked, document.rank));
    found.into_iter().map(|(_, document)| document).collect()
}
