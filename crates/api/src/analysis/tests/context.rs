//! The context of an answer and the prompt as the model saw it.

use super::made::{at, child};
use super::{Made, document, real_incident, retriever, root};
use crate::analysis::context::{Context, context, newer_version};
use crate::analysis::evidence::Evidence;
use crate::analysis::messages::messages;
use crate::analysis::policy::Policy;
use crate::analysis::survey::Survey;
use retake_model::{Document, Id, Message, Part, Retrieval, Role, Span, SpanKind};
use serde_json::json;

fn with_evidence<T>(made: &Made, trace: &str, read: impl FnOnce(&Evidence<'_>) -> T) -> T {
    let (survey, traces) = (made.survey(), made.traces());
    let spans = &traces[&Id::new(trace)];
    read(&Evidence::gather(spans, &made.events, &[], &made.policy, &survey).expect("a trace id"))
}

fn real() -> Option<(Made, serde_json::Value)> {
    let real = real_incident()?;
    Some((
        Made { spans: real.spans, events: real.events, policy: Policy::parse(&real.policy).expect("a policy") },
        real.truth,
    ))
}

fn word<'v>(value: &'v serde_json::Value, path: &str) -> &'v str {
    value.pointer(path).and_then(serde_json::Value::as_str).expect(path)
}

#[test]
fn the_context_of_the_real_answer_is_that_of_the_truth() {
    let Some((made, truth)) = real() else { return };
    let context: Context = with_evidence(&made, word(&truth, "/bad/trace_id"), |evidence| context(evidence, None));
    let ids: Vec<_> =
        context.documents.iter().map(|known| known.document.document_id.as_deref().unwrap_or_default()).collect();
    assert_eq!(ids, ["KB-114", "COM-58", "GLX-071", "KB-130", "KB-102"]);
    let culprit = &context.documents[0];
    assert_eq!((culprit.document.rank, culprit.rerank, culprit.newer_version.as_deref()), (1, Some(1), Some("3")));
    assert_eq!(
        (culprit.document.score, culprit.rerank_score, culprit.score_kind.as_deref()),
        (Some(0.91), Some(0.88), Some("retrieval"))
    );
    assert!(culprit.cited && !culprit.foreign && !culprit.truncated);
    let placed: Vec<bool> = context.documents.iter().map(|known| !known.placed.is_empty()).collect();
    assert_eq!(placed, [true, true, true, true, false]);
    let (own, foreign) = (context.documents.iter().filter(|known| known.foreign), &context.documents[2]);
    assert_eq!((own.count(), foreign.foreign), (1, true));
    // What stands at the place is the document.
    let call = made.spans.iter().find(|span| span.span_id == context.call_span_id).expect("the call");
    let place = &culprit.placed[0];
    let text = call.input.as_ref().expect("messages")[place.message as usize].joined_text();
    let cut: String = text.chars().skip(place.start as usize).take((place.end - place.start) as usize).collect();
    assert!(cut.contains("within 17 days"), "{cut}");
}

#[test]
fn stale_documents_are_exactly_those_of_the_truth() {
    let Some((made, truth)) = real() else { return };
    let mut stale = Vec::new();
    for trace in made.traces().keys() {
        let context = with_evidence(&made, trace.as_str(), |evidence| context(evidence, None));
        for known in context.documents.iter().filter(|known| known.newer_version.is_some()) {
            stale.push((
                trace.to_string(),
                known.document.document_id.clone().unwrap_or_default(),
                !known.placed.is_empty(),
            ));
        }
    }
    let mut expected: Vec<(String, String, bool)> = Vec::new();
    for (key, placed) in [("/expected/stale_placed", true), ("/expected/stale_retrieved_only", false)] {
        for row in truth.pointer(key).and_then(|rows| rows.as_array()).expect("rows") {
            expected.push((word(row, "/0").into(), word(row, "/1").into(), placed));
        }
    }
    stale.sort();
    expected.sort();
    assert_eq!(stale, expected);
}

#[test]
fn a_version_is_newer_only_if_it_existed_then() {
    let version = |version: &str, updated_ms: Option<i64>| Document {
        document_id: Some("K".into()),
        version: Some(version.into()),
        updated_ns: updated_ms.map(at),
        ..Document::default()
    };
    for (mine, others, at_ms, policy, expected) in [
        (version("2", None), vec![version("3", None)], 0, "", Some("3")),
        (version("2", None), vec![version("10", None), version("9", None)], 0, "", Some("10")),
        (version("v1.9", None), vec![version("v1.10", None)], 0, "", Some("v1.10")),
        (version("2026-01-15", None), vec![version("2026-10-01", None)], 0, "", Some("2026-10-01")),
        (version("2", Some(0)), vec![version("3", Some(500))], 400, "", None),
        (version("2", Some(0)), vec![version("3", Some(500))], 600, "", Some("3")),
        (version("2", Some(0)), vec![version("3", Some(500)), version("4", Some(900))], 600, "", Some("3")),
        (version("abc", Some(0)), vec![version("def", Some(100))], 600, "", Some("def")),
        (version("abc", None), vec![version("def", None)], 600, "", None),
        (version("3", None), vec![version("2", None)], 0, "", None),
        (version("2", None), vec![version("2.0", None)], 0, "", None),
        (version("2", None), vec![], 0, "documents: {versions: {K: 4}}", Some("4")),
        (version("4", None), vec![], 0, "documents: {versions: {K: 4}}", None),
    ] {
        let mut survey = Survey::default();
        others.iter().chain([&mine]).for_each(|document| survey.see_document(document));
        let policy = Policy::parse(policy).expect("a policy");
        assert_eq!(
            newer_version(&mine, Some(at(at_ms)), &survey, &policy).as_deref(),
            expected,
            "{mine:?} beside {others:?} at {at_ms}"
        );
    }
}

/// Retrieval, rerank, a first call with both passages, a second one with one of them, and a later retrieval.
fn two_calls() -> Made {
    let passages = || {
        vec![
            Document { rank: 1, ..document("D-1", json!({})) },
            Document { rank: 2, score: Some(0.5), ..document("D-2", json!({})) },
        ]
    };
    let text = |passages: &[Document]| passages.iter().filter_map(|d| d.content.clone()).collect::<Vec<_>>().join("\n");
    let call = |id: &str, ms: i64, prompt: String, answer: &str| Span {
        input: Some(vec![Message::text(Role::System, prompt), Message::text(Role::User, "Well?")]),
        output: Some(vec![Message::text(Role::Assistant, answer)]),
        ..child("t", id, SpanKind::Llm, ms, ms + 50)
    };
    let rerank = Span {
        retrieval: Some(Retrieval {
            query: None,
            documents: vec![Document { rank: 1, score: Some(0.9), ..document("D-2", json!({})) }],
            input_documents: passages(),
        }),
        ..child("t", "rerank", SpanKind::Reranker, 30, 40)
    };
    let spans = vec![
        root("t", "acme", "mia", 0, 1000),
        Span { input_value: Some("first question".into()), ..retriever("t", passages(), 10, 20) },
        rerank,
        call("one", 100, text(&passages()), "Nothing."),
        call("two", 300, text(&passages()[1..]), "See D-2."),
        retriever("t", vec![document("D-9", json!({}))], 500, 510),
    ];
    Made { spans, ..Made::default() }
}

#[test]
fn the_prompt_that_is_meant_follows_from_what_is_named() {
    let made = two_calls();
    let places = |at: Option<&str>| {
        let id = at.map(Id::new);
        with_evidence(&made, "t", |evidence| {
            let context = context(evidence, id.as_ref());
            let placed = context.documents.iter().map(|known| {
                format!(
                    "{}{}",
                    known.document.document_id.clone().unwrap_or_default(),
                    if known.placed.is_empty() { "" } else { " placed" }
                )
            });
            (context.call_span_id.map(|id| id.to_string()).unwrap_or_default(), placed.collect::<Vec<_>>())
        })
    };
    assert_eq!(places(None), ("t-two".into(), vec!["D-1".into(), "D-2 placed".into(), "D-9".into()]));
    assert_eq!(places(Some("t-root")), places(None));
    assert_eq!(places(Some("t-one")), ("t-one".into(), vec!["D-1 placed".into(), "D-2 placed".into()]));
    assert_eq!(places(Some("t-retrieve-10")), ("t-one".into(), vec!["D-1 placed".into(), "D-2 placed".into()]));
    assert_eq!(places(Some("t-retrieve-500")).1, ["D-9"]);
}

#[test]
fn a_document_keeps_its_way_through_the_reranker() {
    let made = two_calls();
    with_evidence(&made, "t", |evidence| {
        let context = context(evidence, None);
        assert_eq!(context.query.as_deref(), Some("first question"));
        let (dropped, kept) = (&context.documents[0], &context.documents[1]);
        assert!(dropped.reranker_input && dropped.rerank.is_none() && dropped.reranked_by.is_none());
        assert_eq!(
            (kept.document.rank, kept.rerank, kept.document.score, kept.rerank_score),
            (2, Some(1), Some(0.5), Some(0.9))
        );
        assert_eq!(
            (kept.span_id.as_str(), kept.reranked_by.as_ref().map(Id::as_str)),
            ("t-retrieve-10", Some("t-rerank"))
        );
        assert!(kept.cited && !dropped.cited);
    });
}

#[test]
fn chunks_of_one_document_stay_apart() {
    let chunk = |rank, text: &str| Document { rank, content: Some(text.into()), ..document("D-1", json!({})) };
    let spans = vec![
        root("t", "acme", "mia", 0, 1000),
        retriever("t", vec![chunk(1, "First part."), chunk(2, "Second part.")], 10, 20),
    ];
    let made = Made { spans, ..Made::default() };
    with_evidence(&made, "t", |evidence| assert_eq!(context(evidence, None).documents.len(), 2));
}

#[test]
fn messages_say_who_stands_behind_them_and_where_documents_are() {
    let Some((made, truth)) = real() else { return };
    with_evidence(&made, word(&truth, "/bad/trace_id"), |evidence| {
        let calls = evidence.model_calls();
        let plan = messages(evidence, calls[0]);
        let roles: Vec<_> =
            plan.iter().map(|seen| (seen.message.role.as_str(), seen.trust.as_str(), seen.output)).collect();
        assert_eq!(
            roles,
            [
                ("system", "trusted", false),
                ("user", "untrusted", false),
                ("assistant", "trusted", false),
                ("tool", "untrusted", false),
                ("assistant", "trusted", false),
                ("user", "untrusted", false),
                ("assistant", "trusted", true),
            ]
        );
        let bands: Vec<_> = plan[0].bands.iter().filter_map(|band| band.document_id.as_deref()).collect();
        assert_eq!(bands, ["KB-114", "COM-58", "GLX-071", "KB-130"]);
        assert!(plan.iter().all(|seen| seen.introduced_by.is_none() && seen.estimated_tokens > 0));
        let answer = messages(evidence, calls[1]);
        assert_eq!(answer[0].introduced_by, calls[0].span_id, "the system text was there before");
        assert!(answer[1].introduced_by.is_none());
    });
}

#[test]
fn a_tool_result_in_a_user_message_is_untrusted() {
    let result = Part::ToolResult { id: None, name: None, text: "done".into(), is_error: false };
    let message = Message { role: Role::Assistant, parts: vec![result], name: None, content_state: Default::default() };
    let spans = vec![
        root("t", "acme", "mia", 0, 1000),
        Span { input: Some(vec![message]), ..child("t", "one", SpanKind::Llm, 1, 2) },
    ];
    let made = Made { spans, ..Made::default() };
    with_evidence(&made, "t", |evidence| {
        assert_eq!(messages(evidence, evidence.model_calls()[0])[0].trust.as_str(), "untrusted")
    });
}
