//! What was appended is read back whole.

use crate::made::{self, Mapper, fact_of, facts, healthy, import, log_of, refund, said, span, workspace};
use retake_model::{Role, SpanKind};
use retake_store::{Cancel, Named, StoreError};

#[test]
fn a_span_comes_back_as_it_was() {
    let made = workspace();
    let spans = refund(1, "acme", "How long is the refund period?", "Thirty days [KB-17].");
    let (_, counted) = import(&made.workspace, facts(&spans), 100);
    assert_eq!((counted.spans, counted.traces, counted.documents, counted.tool_calls), (5, 1, 2, 1));
    assert_eq!((counted.messages, counted.scores, counted.duplicates), (3 + 5, 1, 0));
    for span in &spans {
        let (trace_id, span_id) = (span.trace_id.clone().unwrap(), span.span_id.clone().unwrap());
        let back = made.workspace.span(&trace_id, &span_id).unwrap().expect("it is there");
        assert_eq!(back.input, span.input);
        assert_eq!(back.output, span.output);
        assert_eq!(back.retrieval, span.retrieval);
        assert_eq!(back.tool, span.tool);
        assert_eq!(back.scores, span.scores);
        assert_eq!(back.usage, span.usage);
        assert_eq!(back.tenant.as_deref(), Some("acme"), "inherited");
        let raw = made.workspace.raw_records(&trace_id, &span_id).unwrap();
        assert_eq!(raw[0].body, fact_of(span).body);
    }
    let trace = made.workspace.trace(&made::trace_id(1)).unwrap().expect("it is there");
    assert_eq!(trace.spans.len(), 5);
    assert_eq!(trace.summary.question.as_deref(), Some("How long is the refund period?"));
    assert_eq!(trace.summary.answer.as_deref(), Some("Thirty days [KB-17]."));
    assert_eq!(trace.summary.model.as_deref(), Some("model-a-large"));
    assert_eq!((trace.summary.input_tokens, trace.summary.cost_usd_nanos), (Some(300), Some(7_000_000)));
    assert_eq!(trace.summary.duration_ms, Some(5000.0));
    healthy(&made.workspace);
}

#[test]
fn messages_know_where_they_were_said_first() {
    let made = workspace();
    let spans = refund(1, "acme", "How long?", "Thirty days.");
    import(&made.workspace, facts(&spans), 2);
    let second = made.workspace.introduced_by(&made::trace_id(1), &made::span_id(1, 4)).unwrap();
    let first = Some((made::trace_id(1), made::span_id(1, 2)));
    assert_eq!(second, vec![first.clone(), first.clone(), first, None, None]);
}

#[test]
fn content_in_log_records_joins_its_span_in_either_order() {
    let call = span(1, 0, None, SpanKind::Llm, "chat");
    let log = log_of(&call, vec![said(Role::User, "hello there")], vec![said(Role::Assistant, "good day")]);
    let (before, after) = (workspace(), workspace());
    let (_, a) = import(&before.workspace, vec![fact_of(&call)], 1);
    let (_, b) = import(&before.workspace, vec![log.clone()], 1);
    let (_, c) = import(&after.workspace, vec![log.clone()], 1);
    let lone = after.workspace.trace(&made::trace_id(1)).unwrap().expect("what the log record says is shown");
    assert!(lone.spans[0].flags.contains(&"log_only".to_owned()), "no span record came yet: {lone:#?}");
    assert_eq!((c.spans, c.messages), (0, 2));
    let (_, d) = import(&after.workspace, vec![fact_of(&call)], 1);
    assert_eq!((a.spans + b.spans, a.messages + b.messages, a.traces + b.traces), (1, 2, 1));
    assert_eq!((c.spans + d.spans, c.messages + d.messages, c.traces + d.traces), (1, 2, 1));
    assert_eq!((b.log_records, b.duplicates, d.duplicates), (1, 0, 0));
    assert_eq!(made::canonical(&before.workspace), made::canonical(&after.workspace));
    let (_, again) = import(&after.workspace, vec![log, fact_of(&call)], 1);
    assert_eq!((again.spans, again.messages, again.log_records, again.duplicates), (0, 0, 0, 2));
    healthy(&before.workspace);
    healthy(&after.workspace);
}

#[test]
fn ids_resolve_by_prefix() {
    let made = workspace();
    let (batch_id, _) = import(&made.workspace, facts(&refund(1, "acme", "a", "b")), 10);
    import(&made.workspace, facts(&refund(2, "acme", "a", "b")), 10);
    let id = made::trace_id(1);
    assert_eq!(made.workspace.resolve(id.as_str()).unwrap(), Named::Trace(id.clone()));
    assert_eq!(
        made.workspace.resolve(&format!("trace:{}", id.as_str().to_uppercase())).unwrap(),
        Named::Trace(id.clone())
    );
    assert!(
        matches!(made.workspace.resolve("0000"), Err(StoreError::IdAmbiguous { candidates, .. }) if candidates.len() == 2)
    );
    assert!(matches!(made.workspace.resolve("ffff"), Err(StoreError::IdUnknown(_))));
    assert!(matches!(made.workspace.resolve("000"), Err(StoreError::IdUnknown(_))), "too short");
    let span_id = made::span_id(1, 3);
    assert_eq!(made.workspace.resolve(&format!("span:{span_id}")).unwrap(), Named::Span { trace_id: id, span_id });
    assert!(matches!(made.workspace.resolve(&batch_id[..6]), Err(StoreError::IdAmbiguous { .. })));
    assert_eq!(made.workspace.resolve(&batch_id).unwrap(), Named::Batch(batch_id));
}

#[test]
fn a_batch_whose_program_was_killed_says_what_it_brought() {
    let made = workspace();
    import(&made.workspace, facts(&refund(1, "acme", "a", "b")), 10);
    let (batch_id, counted) = import(&made.workspace, facts(&refund(2, "acme", "c", "d")), 10);
    let other = rusqlite::Connection::open(made.workspace.path()).unwrap();
    let killed = "UPDATE batch SET state = 'running', pid = 0, report = json_set(report, '$.totals.spans', 0) WHERE batch_id = ?1";
    other.execute(killed, [&batch_id]).unwrap();
    let row = made.workspace.batch(&batch_id).unwrap();
    assert_eq!((row.state.as_str(), row.totals.spans), ("interrupted", counted.spans));
}

#[test]
fn an_undo_leaves_nothing() {
    let made = workspace();
    let empty = made::canonical(&made.workspace);
    let (batch_id, _) = import(&made.workspace, facts(&refund(1, "acme", "How long?", "Thirty days.")), 2);
    let removed = made.workspace.undo_batch(&batch_id, &Mapper, &Cancel::default()).unwrap();
    assert_eq!((removed.spans, removed.traces, removed.facts), (5, 1, 5));
    assert_eq!(made::canonical(&made.workspace), empty);
    assert!(made.workspace.batches().unwrap().is_empty());
    healthy(&made.workspace);
}
