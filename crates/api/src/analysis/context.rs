//! The context of an answer: every retrieved document with rank, score, version and age, where it was retrieved and
//! reranked, where it stands in the prompt, whether it was cut, is outdated, or was cited.
//!
//! Which prompt is meant: the model call that was named; below another span, the last model call in it; for a retriever,
//! the first model call after it; for a whole trace, the last model call, which gave the answer.

use super::evidence::Evidence;
use super::placement::{cites, placements};
use super::policy::Policy;
use super::survey::Survey;
use super::tenant::Owner;
use retake_model::{Document, Id, Placement, Span, SpanKind};
use std::collections::HashMap;

/// Documents of a trace or call.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context {
    /// Model call whose prompt is meant; `None` when there is none.
    pub call_span_id: Option<Id>,
    /// True when the messages of that call were recorded; without them nothing is known to be placed.
    pub prompt_known: bool,
    /// The question to the retriever.
    pub query: Option<String>,
    /// Documents, by retriever in time, then by rank.
    pub documents: Vec<ContextDocument>,
}

/// One document on its way from the retriever to the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextDocument {
    /// As retrieved; as reranked when no retriever recorded it.
    pub document: Document,
    /// Span that brought it first.
    pub span_id: Id,
    /// Rank that the reranker gave it; `None` when it dropped it or there was none.
    pub rerank: Option<u32>,
    /// Score of the reranker.
    pub rerank_score: Option<f64>,
    /// Reranker.
    pub reranked_by: Option<Id>,
    /// True when a reranker saw it.
    pub reranker_input: bool,
    /// What `document.score` is: the source's word, else `retrieval` or `rerank` by the span.
    pub score_kind: Option<String>,
    /// Places in the prompt of [`Context::call_span_id`].
    pub placed: Vec<Placement>,
    /// True when only its beginning stands there.
    pub truncated: bool,
    /// The newest version that existed when the trace ran, when it is another one than this.
    pub newer_version: Option<String>,
    /// True when the answer cites it.
    pub cited: bool,
    /// True when it names another tenant.
    pub foreign: bool,
    /// True when the policy says that its source is written by users.
    pub untrusted: bool,
}

/// The context of a trace, or of the span `at` in it.
pub fn context(evidence: &Evidence<'_>, at: Option<&Id>) -> Context {
    let call = call_of(evidence, at);
    let retrievals = Scope::of(evidence, at).retrievals(evidence);
    let mut documents = gather(&retrievals);
    let plain: Vec<Document> = documents.iter().map(|known| known.document.clone()).collect();
    let places = call.and_then(|call| placements(call, &plain));
    let prompt_known = places.is_some();
    for (known, places) in documents.iter_mut().zip(places.into_iter().flatten()) {
        known.placed = places.placements;
        known.truncated = places.truncated;
    }
    judge(evidence, call, &mut documents);
    let query = retrievals.iter().find_map(|span| {
        span.retrieval.as_ref().and_then(|retrieval| retrieval.query.clone()).or_else(|| span.input_value.clone())
    });
    Context { call_span_id: call.and_then(|call| call.span_id.clone()), prompt_known, query, documents }
}

/// The newest version of a document that existed at `time_ns`, when it is newer than `document`: from the policy, else
/// among those that the workspace has seen. Versions are compared as numbers (part by part), else by their dates.
pub fn newer_version(document: &Document, time_ns: Option<i64>, survey: &Survey, policy: &Policy) -> Option<String> {
    let (id, version) = (document.document_id.as_deref()?, document.version.as_deref()?);
    let from_policy = policy.documents.versions.get(id).map(|word| (word.0.as_str(), None));
    let seen = survey.versions_of(id).map(|known| (known.version, known.updated_ns));
    let existed = |updated_ns: Option<i64>| updated_ns.zip(time_ns).is_none_or(|(updated, time)| updated <= time);
    let mut newest = (version, document.updated_ns);
    for candidate in from_policy.into_iter().chain(seen).filter(|(_, updated_ns)| existed(*updated_ns)) {
        if is_newer(candidate, newest) {
            newest = candidate;
        }
    }
    (newest.0 != version).then(|| newest.0.to_owned())
}

/// True when `a` is a newer version than `b`. Versions that cannot be compared are not.
fn is_newer(a: (&str, Option<i64>), b: (&str, Option<i64>)) -> bool {
    match (version_parts(a.0), version_parts(b.0)) {
        (Some(a), Some(b)) => a > b,
        _ => a.0 != b.0 && a.1.zip(b.1).is_some_and(|(a, b)| a > b),
    }
}

/// `3`, `v2.10`, `2026-10-01` as numbers.
fn version_parts(version: &str) -> Option<Vec<u64>> {
    let bare = version.trim().trim_start_matches(['v', 'V', 'r']).trim_start_matches('.');
    let mut parts: Vec<u64> = bare.split(['.', '-', '_']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    while parts.len() > 1 && parts.last() == Some(&0) {
        parts.pop();
    }
    (!parts.is_empty()).then_some(parts)
}

/// The model call whose prompt is meant.
pub fn call_of<'a>(evidence: &Evidence<'a>, at: Option<&Id>) -> Option<&'a Span> {
    let calls = evidence.model_calls();
    let named = at.and_then(|id| evidence.spans.iter().find(|span| span.span_id.as_ref() == Some(id)));
    match named {
        Some(span) if span.kind == Some(SpanKind::Llm) => Some(span),
        Some(span) if span.retrieval.is_some() => {
            let end = span.end_ns.or(span.start_ns);
            calls.iter().find(|call| call.start_ns >= end).or(calls.last()).copied()
        }
        Some(span) => calls.iter().rev().find(|call| evidence.ancestry.is_within(call, span)).or(calls.last()).copied(),
        None => calls.last().copied(),
    }
}

/// Which retrievals belong to the question.
enum Scope<'a> {
    /// All of a trace.
    Trace,
    /// Those of the retriever that was named, and the rerankers after it.
    Retriever(&'a Span),
    /// Those that came before the model call that was named.
    Before(&'a Span),
    /// Those below the span that was named.
    Within(&'a Span),
}

impl<'a> Scope<'a> {
    fn of(evidence: &Evidence<'a>, at: Option<&Id>) -> Self {
        let Some(named) = at.and_then(|id| evidence.spans.iter().find(|span| span.span_id.as_ref() == Some(id))) else {
            return Self::Trace;
        };
        if named.retrieval.is_some() {
            Self::Retriever(named)
        } else if named.kind == Some(SpanKind::Llm) {
            Self::Before(named)
        } else if evidence.retrievals().iter().any(|span| evidence.ancestry.is_within(span, named)) {
            Self::Within(named)
        } else {
            Self::Trace
        }
    }

    fn retrievals(&self, evidence: &Evidence<'a>) -> Vec<&'a Span> {
        let mut spans = evidence.retrievals();
        spans.retain(|span| match self {
            Self::Trace => true,
            Self::Retriever(named) => {
                let follows = span.kind == Some(SpanKind::Reranker) && span.start_ns >= named.start_ns;
                span.span_id == named.span_id || follows
            }
            Self::Before(call) => span.start_ns.zip(call.start_ns).is_none_or(|(span, call)| span <= call),
            Self::Within(named) => evidence.ancestry.is_within(span, named),
        });
        spans
    }
}

/// Documents by what they can be found again by, so that the next retrieval of one finds it.
#[derive(Default)]
struct Documents {
    all: Vec<ContextDocument>,
    by_key: HashMap<String, Vec<usize>>,
}

impl Documents {
    fn known(&mut self, document: &Document) -> Option<&mut ContextDocument> {
        let candidates = self.by_key.get(key(document)?)?;
        let at = candidates
            .iter()
            .copied()
            .find(|at| self.all.get(*at).is_some_and(|known| same(&known.document, document)))?;
        self.all.get_mut(at)
    }

    fn push(&mut self, known: ContextDocument) {
        if let Some(key) = key(&known.document) {
            self.by_key.entry(key.to_owned()).or_default().push(self.all.len());
        }
        self.all.push(known);
    }
}

fn key(document: &Document) -> Option<&str> {
    document.document_id.as_deref().or(document.content.as_deref())
}

fn gather(retrievals: &[&Span]) -> Vec<ContextDocument> {
    let mut documents = Documents::default();
    for span in retrievals {
        let (Some(retrieval), Some(span_id)) = (&span.retrieval, &span.span_id) else { continue };
        let reranker = span.kind == Some(SpanKind::Reranker);
        for document in &retrieval.input_documents {
            match documents.known(document) {
                Some(known) => known.reranker_input = true,
                None => documents
                    .push(ContextDocument { reranker_input: true, ..new_document(document, span_id, "retrieval") }),
            }
        }
        for document in &retrieval.documents {
            match documents.known(document) {
                Some(known) if reranker => {
                    known.rerank = Some(document.rank);
                    known.rerank_score = document.score;
                    known.reranked_by = Some(span_id.clone());
                    known.reranker_input = true;
                    fill(&mut known.document, document);
                }
                Some(known) => fill(&mut known.document, document),
                None if reranker => documents.push(ContextDocument {
                    rerank: Some(document.rank),
                    rerank_score: document.score,
                    reranked_by: Some(span_id.clone()),
                    reranker_input: true,
                    ..new_document(document, span_id, "rerank")
                }),
                None => documents.push(new_document(document, span_id, "retrieval")),
            }
        }
    }
    documents.all
}

fn new_document(document: &Document, span_id: &Id, score_kind: &str) -> ContextDocument {
    let score_kind = document.score_kind.clone().or_else(|| document.score.map(|_| score_kind.to_owned()));
    ContextDocument {
        document: document.clone(),
        span_id: span_id.clone(),
        rerank: None,
        rerank_score: None,
        reranked_by: None,
        reranker_input: false,
        score_kind,
        placed: Vec::new(),
        truncated: false,
        newer_version: None,
        cited: false,
        foreign: false,
        untrusted: false,
    }
}

/// What the first record of a document did not say.
fn fill(known: &mut Document, other: &Document) {
    known.version = known.version.take().or_else(|| other.version.clone());
    known.updated_ns = known.updated_ns.or(other.updated_ns);
    known.tenant = known.tenant.take().or_else(|| other.tenant.clone());
    known.title = known.title.take().or_else(|| other.title.clone());
    known.source = known.source.take().or_else(|| other.source.clone());
    known.content = known.content.take().or_else(|| other.content.clone());
}

/// The same passage: same id (and version and text where both are known), or the same text without ids. Two chunks of
/// one document share its id and differ in their text.
fn same(a: &Document, b: &Document) -> bool {
    let agree = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
    match (&a.document_id, &b.document_id) {
        (Some(x), Some(y)) => x == y && agree(&a.version, &b.version) && agree(&a.content, &b.content),
        _ => a.content.is_some() && a.content == b.content,
    }
}

fn judge(evidence: &Evidence<'_>, call: Option<&Span>, documents: &mut [ContextDocument]) {
    let policy = evidence.policy();
    let time_ns = call.and_then(|call| call.start_ns).or_else(|| evidence.root().and_then(|span| span.start_ns));
    let call_answer = call.and_then(|call| {
        let texts: Vec<String> = call.output.iter().flatten().map(retake_model::Message::joined_text).collect();
        Some(texts.join("\n")).filter(|text| !text.trim().is_empty())
    });
    let answer = call_answer.or_else(|| evidence.answer());
    for known in documents {
        known.newer_version = newer_version(&known.document, time_ns, evidence.survey(), policy);
        known.cited = known
            .document
            .document_id
            .as_deref()
            .zip(answer.as_deref())
            .is_some_and(|(id, answer)| cites(answer, id, policy.citations.form.as_deref()));
        let own = evidence.tenant.as_deref();
        known.foreign =
            own.is_some_and(|own| matches!(evidence.names.owner_of(&known.document, own), Owner::Foreign { .. }));
        known.untrusted =
            known.document.source.as_ref().is_some_and(|source| policy.documents.untrusted_sources.contains(source));
    }
}
