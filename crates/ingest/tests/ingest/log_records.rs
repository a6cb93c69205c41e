//! Model calls whose content stands in log records: with their span, before it, or without it for ever.

use crate::support::Bench;
use retake_ingest::{ImportOptions, Source};
use serde_json::json;

const TRACE: &str = "5b8efff798038103d269b633813fc60c";
const SPAN: &str = "eee19b7ec3c1b174";

fn log() -> Vec<u8> {
    let text = |key: &str, value: serde_json::Value| json!({"key": key, "value": {"stringValue": value.to_string()}});
    let message = |role: &str, content: &str| json!([{"role": role, "parts": [{"type": "text", "content": content}]}]);
    json!({"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {"name": "x"}, "logRecords": [{
        "timeUnixNano": "1700000000500000000", "traceId": TRACE, "spanId": SPAN,
        "eventName": "gen_ai.client.inference.operation.details",
        "attributes": [
            {"key": "gen_ai.request.model", "value": {"stringValue": "plover-2"}},
            text("gen_ai.input.messages", message("user", "Which ferry is the last?")),
            text("gen_ai.output.messages", message("assistant", "The one at nine."))]}]}]}]})
    .to_string()
    .into_bytes()
}

/// Content of the same call as message events of their own.
fn message_events() -> Vec<u8> {
    let event = |name: &str, body: serde_json::Value, at: u64| json!({"timeUnixNano": at.to_string(), "traceId": TRACE, "spanId": SPAN, "eventName": name, "body": body});
    let text = |text: &str| json!({"kvlistValue": {"values": [{"key": "content", "value": {"stringValue": text}}]}});
    json!({"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {"name": "x"}, "logRecords": [
        event("gen_ai.system.message", text("Be short."), 1_700_000_000_100_000_000),
        event("gen_ai.user.message", text("Which ferry is the last?"), 1_700_000_000_200_000_000)]}]}]})
    .to_string()
    .into_bytes()
}

fn call() -> Vec<u8> {
    json!({"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {"name": "x"}, "spans": [{
        "traceId": TRACE, "spanId": SPAN, "name": "chat plover-2",
        "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000001000000000",
        "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.request.model", "value": {"stringValue": "plover-2"}}]}]}]}]})
    .to_string()
    .into_bytes()
}

#[test]
fn a_call_whose_span_never_comes_is_counted_and_shown_as_that() {
    for (bytes, messages) in [(log(), 2), (message_events(), 2)] {
        let bench = Bench::new();
        let totals = bench.bytes("logs.json", &bytes).expect("imports").totals;
        assert_eq!((totals.spans, totals.traces, totals.messages), (0, 1, messages), "{totals:?}");
        let trace = bench.workspace.trace(&TRACE.into()).expect("reads").expect("the trace is there");
        assert_eq!(trace.spans.len(), 1, "{trace:#?}");
        let flags = &trace.spans[0].flags;
        assert!(flags.iter().any(|flag| flag == "log_only"), "{flags:?}");
        assert!(trace.spans[0].start_ns.is_some_and(|ns| ns > 1_700_000_000_000_000_000), "{trace:#?}");
        let again = bench.bytes("logs.json", &bytes).expect("imports").totals;
        assert_eq!((again.messages, again.log_records, again.duplicates), (0, 0, totals.log_records));
    }
}

#[test]
fn it_becomes_whole_when_the_span_comes_in_either_order() {
    for logs in [log(), message_events()] {
        let (first, second) = (Bench::new(), Bench::new());
        let part = |bench: &Bench, bytes: &[u8]| bench.bytes("part", bytes).expect("imports");
        let logged = part(&first, &logs);
        let lone = first.canonical();
        let spans = part(&first, &call());
        let totals = [part(&second, &call()).totals, part(&second, &logs).totals];
        let one = logged.totals.messages + spans.totals.messages;
        assert_eq!((spans.totals.spans, spans.totals.duplicates, one), (1, 0, 2));
        assert_eq!((totals[0].spans, totals[0].messages + totals[1].messages), (1, 2));
        assert_eq!(first.canonical(), second.canonical());
        let trace = first.workspace.trace(&TRACE.into()).expect("reads").expect("the trace is there");
        assert!(!trace.spans[0].flags.iter().any(|flag| flag == "log_only"), "{trace:#?}");
        assert_eq!(trace.spans[0].start_ns, Some(1_700_000_000_000_000_000), "the span's own start");
        first.undo(&spans.batch_id);
        assert_eq!(first.canonical(), lone, "without the span it is what it was");
        first.undo(&logged.batch_id);
        assert_eq!(first.canonical(), "");
    }
}

#[test]
fn an_ordinary_log_record_makes_no_call() {
    let bytes = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{
        "timeUnixNano": "1700000000500000000", "traceId": TRACE, "spanId": SPAN, "severityText": "INFO",
        "body": {"stringValue": "the pump was started"}}]}]}]})
    .to_string();
    let bench = Bench::new();
    let totals = bench.bytes("logs.json", bytes.as_bytes()).expect("imports").totals;
    assert_eq!((totals.spans, totals.messages, totals.log_records), (0, 0, 1));
    let trace = bench.workspace.trace(&TRACE.into()).expect("reads");
    assert!(trace.is_none_or(|trace| trace.spans.is_empty()));
}

/// Two records of one audit event with one time: what is kept does not depend on the workspace's key.
#[test]
fn records_of_one_audit_event_at_one_time_give_the_same_event_everywhere() {
    let record = |reason: &str| {
        json!({"event_id": "ev-1", "ts": "2026-03-04T05:06:07Z", "actor": "u-7", "action": "tool.invoke",
            "resource": "pump", "decision": "allow", "reason": reason})
        .to_string()
    };
    let lines = [record("first word"), record("second word")].join("\n");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..8 {
        let bench = Bench::new();
        let source = Source::Bytes { name: "audit.jsonl".into(), bytes: lines.clone().into_bytes() };
        bench.import(vec![source], &ImportOptions { now_ns: 1, ..Default::default() }).expect("imports");
        seen.insert(bench.canonical());
    }
    assert_eq!(seen.len(), 1, "{seen:#?}");
}
