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
            api_base: span.api_base.clone().or_else(|| served_at(span)),
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

/// The base URL that `server.address` and `server.port` of a call stand for: what answered it is what "as recorded" means. The
/// path is the usual one of compatible servers. A vendor's own host needs none: the provider knows it.
fn served_at(span: &Span) -> Option<String> {
    let host = span.attributes.get("server.address")?.as_str()?.trim();
    let vendors = ["api.openai.com", "api.anthropic.com"];
    if host.is_empty() || host.contains(['/', '@', ' ', '?', '#']) || vendors.contains(&host) {
        return None;
    }
    let port = span.attributes.get("server.port");
    let port =
        port.and_then(|port| port.as_u64().or_else(|| port.as_str()?.parse().ok())).filter(|port| *port < 65_536);
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let local = bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let scheme = if local || port == Some(80) { "http" } else { "https" };
    let host = if bare.contains(':') { format!("[{bare}]") } else { bare.to_owned() };
    let usual = if scheme == "http" { 80 } else { 443 };
    Some(match port.filter(|port| *port != usual) {
        Some(port) => format!("{scheme}://{host}:{port}/v1"),
        None => format!("{scheme}://{host}/v1"),
    })
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

#[cfg(test)]
mod tests {
    use super::served_at;
    use retake_model::Span;
    use serde_json::json;

    #[test]
    fn the_recorded_server_is_where_as_recorded_goes() {
        let of = |address: &str, port: serde_json::Value| {
            let mut span = Span::default();
            span.attributes.insert("server.address".into(), json!(address));
            span.attributes.insert("server.port".into(), port);
            served_at(&span)
        };
        for (address, port, base) in [
            ("models.coldwether.example", json!(443), Some("https://models.coldwether.example/v1")),
            ("models.coldwether.example", json!("8443"), Some("https://models.coldwether.example:8443/v1")),
            ("127.0.0.1", json!(18080), Some("http://127.0.0.1:18080/v1")),
            ("::1", json!(8000), Some("http://[::1]:8000/v1")),
            ("localhost", json!(null), Some("http://localhost/v1")),
            ("gateway", json!(80), Some("http://gateway/v1")),
            ("api.openai.com", json!(443), None),
            ("", json!(443), None),
            ("user@evil.example/x", json!(443), None),
        ] {
            assert_eq!(of(address, port).as_deref(), base, "{address}");
        }
    }
}
