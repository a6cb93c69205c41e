//! The incident report: what it says of the real incident, and that nothing imported becomes markup or leaves unmasked.

use super::{IncidentReport, TakeFact, incident_markdown};
use crate::analysis::findings;
use crate::analysis::policy::Policy;
use crate::analysis::tests::{Made, document, event, real_incident, retriever, root, tool};
use crate::analysis::{Evidence, Survey};
use retake_model::{AuditEvent, Fidelity, Id, Message, Role, Span, SpanKind};
use serde_json::json;

fn report(spans: &[Span], events: &[AuditEvent], policy: &Policy, survey: &Survey, takes: &[TakeFact]) -> String {
    let evidence = Evidence::gather(spans, events, &[], policy, survey).expect("a trace id");
    let findings = findings::judge(&evidence);
    incident_markdown(&IncidentReport {
        evidence: &evidence,
        findings: &findings,
        takes,
        fidelity: Some((Fidelity::Exact, &[])),
        made_ns: None,
    })
}

#[test]
fn the_report_of_the_real_incident_answers_the_ticket() {
    let Some(real) = real_incident() else { return };
    let made = Made { spans: real.spans, events: real.events, policy: Policy::parse(&real.policy).expect("a policy") };
    let bad = Id::new(real.truth["bad"]["trace_id"].as_str().expect("an id"));
    let spans = &made.traces()[&bad];
    let takes = [TakeFact {
        variant: "without KB-114".into(),
        changed: vec!["dropped document KB-114".into()],
        status: "done".into(),
        answer: Some("A refund is possible within 45 days [KB-114].".into()),
        span_id: spans
            .iter()
            .filter(|span| span.kind == Some(SpanKind::Llm))
            .max_by_key(|span| span.start_ns)
            .and_then(|span| span.span_id.clone()),
        ..TakeFact::default()
    }];
    let text = report(spans, &made.events, &made.policy, &made.survey(), &takes);
    if let Ok(path) = std::env::var("RETAKE_SHOW_REPORT") {
        std::fs::write(path, &text).expect("a place to write");
    }
    for expected in [
        "`u-acme-017` (role `member`) of tenant `acme`",
        "2026-11-12 11:30:13.079 UTC",
        "is my plan refundable?",
        "A refund is possible within 17 days",
        "Denied, and executed all the same: `apply_credit` (high)",
        "joined by request id",
        "Data of another tenant: `GLX-071` (high)",
        "**outdated**, newest is `3`",
        "within 17 days after the renewal date",
        "Not in the audit log: `confirmation.given`.",
        "The answer cites `KB-410`, which the prompt did not hold.",
        "**another answer**",
        "dropped document KB-114",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    // The text of the other tenant's contract stays out, in whatever section.
    assert!(!text.contains("31 euros"), "{text}");
}

#[test]
fn nothing_imported_becomes_markup_or_leaves_unmasked() {
    let evil = "<script>alert(1)</script> ``` # [x](http://evil.example) @everyone eve@mail.example +49 30 1234567";
    let mut call = llm(evil);
    call.tenant = Some("acme".into());
    let mut root = Span {
        input_value: Some(evil.into()),
        output_value: Some(format!("{evil}\n````\n# not a heading")),
        ..root("t1", "acme", evil, 0, 900)
    };
    root.feature = Some(evil.into());
    let mut row = event(100, evil, evil, evil, "denied");
    row.request_id = Some("req-t1".into());
    row.reason = Some(evil.into());
    let passage = retake_model::Document {
        title: Some(evil.into()),
        source: Some(evil.into()),
        ..document(evil, json!({"tenant": "globex"}))
    };
    let spans = [root, call, tool("t1", evil, evil, 300, 400), retriever("t1", vec![passage], 10, 20)];
    let takes = [TakeFact {
        variant: evil.into(),
        changed: vec![evil.into()],
        status: "failed".into(),
        error: Some(evil.into()),
        ..TakeFact::default()
    }];
    let text = report(&spans, &[row], &Policy::default(), &Survey::default(), &takes);
    for personal in ["eve@mail", "1234567", "+49"] {
        assert!(!text.contains(personal), "{personal} is in:\n{text}");
    }
    let outside = outside_code(&text);
    for markup in ["<script", "](http", "@everyone", "# not a heading", "http://"] {
        assert!(!outside.contains(markup), "{markup:?} stands outside code in:\n{outside}");
    }
}

fn llm(text: &str) -> Span {
    Span {
        trace_id: Some(Id::new("t1")),
        span_id: Some(Id::new("t1-call")),
        parent_span_id: Some(Id::new("t1-root")),
        kind: Some(SpanKind::Llm),
        name: Some(text.into()),
        input: Some(vec![Message::text(Role::System, text), Message::text(Role::User, text)]),
        output: Some(vec![Message::text(Role::Assistant, text)]),
        ..Span::default()
    }
}

/// The report without its fences and code spans, by the rules of CommonMark: a run of ticks is closed by an equal run.
fn outside_code(text: &str) -> String {
    let mut outside = String::new();
    let mut fence: Option<usize> = None;
    for line in text.lines() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            Some(open) if ticks >= open && line.trim_matches('`').is_empty() => fence = None,
            Some(_) => {}
            None if ticks >= 3 && !line[ticks..].contains('`') => fence = Some(ticks),
            None => {
                outside.push_str(&without_spans(line));
                outside.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a fence is left open");
    outside
}

fn without_spans(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while at < chars.len() {
        if chars[at] == '\\' {
            // An escaped character is itself and nothing more.
            at += 2;
            continue;
        }
        let run = chars[at..].iter().take_while(|c| **c == '`').count();
        if run == 0 {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        let mut end = at + run;
        let mut closed = None;
        while end < chars.len() {
            let other = chars[end..].iter().take_while(|c| **c == '`').count();
            if other == run {
                closed = Some(end + other);
                break;
            }
            end += other.max(1);
        }
        at = closed.unwrap_or(at + run);
    }
    out
}
