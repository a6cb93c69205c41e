//! Tool calls without an audit event, and all the reasons why one cannot be expected.

use super::made::child;
use super::{Made, event, root, tool};
use crate::analysis::policy::Policy;
use retake_model::{AuditEvent, Id, Message, Part, Role, Span, SpanKind};
use serde_json::json;

/// Two traces that call `export_rows` an hour apart; rows for the first, none for the second.
fn made(rows: Vec<AuditEvent>, policy: &str) -> Made {
    let hour = 3_600_000;
    let spans = vec![
        root("a", "acme", "mia", 0, 1000),
        tool("a", "export_rows", "12 rows", 300, 400),
        root("b", "acme", "tom", hour, hour + 1000),
        tool("b", "export_rows", "99 rows", hour + 300, hour + 400),
    ];
    Made { spans, events: rows, policy: Policy::parse(policy).expect("a policy") }
}

fn of_trace(trace: &str, row: AuditEvent) -> AuditEvent {
    AuditEvent { trace_id: Some(Id::new(trace)), ..row }
}

fn normal() -> Vec<AuditEvent> {
    vec![
        of_trace("a", event(250, "mia", "authorize", "export_rows", "granted")),
        of_trace("a", event(400, "mia", "tool.invoke", "export_rows", "ok")),
    ]
}

#[test]
fn a_call_without_any_row_is_found() {
    for policy in
        ["", "tools: {export_rows: {audit: [authorize, tool.invoke]}}", "tools: {export_rows: {irreversible: true}}"]
    {
        assert_eq!(made(normal(), policy).report(), ["tool_without_audit b export_rows"], "{policy}");
    }
    let finding = made(normal(), "tools: {export_rows: {audit: [authorize, tool.invoke]}}").findings().remove(0);
    assert_eq!(finding.evidence["missing"], json!(["authorize", "tool.invoke"]));
    assert_eq!(finding.severity.as_str(), "high");
}

#[test]
fn a_row_joined_by_any_basis_is_enough() {
    let hour = 3_600_000;
    for row in [
        of_trace("b", event(hour + 250, "", "authorize", "tool:export_rows", "granted")),
        AuditEvent { request_id: Some("req-b".into()), ..event(hour + 5000, "", "authorize", "exportRows", "granted") },
        event(hour + 299, "tom", "tool.invoke", "tool:export_rows", "ok"),
        event(hour + 2900, "user:tom", "tool.invoke", "function/export-rows", "ok"),
        event(hour + 310, "tom", "rows.export", "report/7", "ok"),
        // A part of what the policy demands is a gap, not a silence.
        of_trace("b", event(hour + 250, "", "authorize", "export_rows", "denied")),
    ] {
        let mut rows = normal();
        rows.push(row.clone());
        let report = made(rows, "tools: {export_rows: {audit: [authorize, tool.invoke]}}").report();
        assert!(!report.iter().any(|line| line.starts_with("tool_without_audit")), "{row:?} gave {report:?}");
    }
}

#[test]
fn the_policy_may_write_a_tool_otherwise_than_the_trace() {
    for name in ["tool:export_rows", "exportRows", "reports/export-rows"] {
        let policy = format!("tools: {{'{name}': {{audit: [authorize]}}}}");
        assert_eq!(made(normal(), &policy).report(), ["tool_without_audit b export_rows"], "{name}");
        assert_eq!(made(normal(), &format!("tools: {{'{name}': {{audit: []}}}}")).report(), [] as [&str; 0], "{name}");
    }
}

#[test]
fn a_row_about_something_else_is_not_enough() {
    let hour = 3_600_000;
    for row in [
        of_trace("b", event(hour + 250, "tom", "answer.served", "support", "granted")),
        of_trace("b", event(hour + 250, "tom", "authorize", "tool:delete_rows", "granted")),
        event(hour + 4000, "tom", "tool.invoke", "tool:export_rows", "ok"),
        event(hour + 310, "mia", "tool.invoke", "tool:export_rows", "ok"),
        of_trace("c", event(hour + 310, "tom", "tool.invoke", "tool:export_rows", "ok")),
        AuditEvent {
            request_id: Some("req-z".into()),
            ..event(hour + 310, "tom", "tool.invoke", "tool:export_rows", "ok")
        },
    ] {
        let mut rows = normal();
        rows.push(row.clone());
        assert_eq!(made(rows, "").report(), ["tool_without_audit b export_rows"], "{row:?}");
    }
}

#[test]
fn where_the_log_could_not_tell_there_is_no_evidence() {
    let day = 86_400_000;
    let demanded = "tools: {export_rows: {audit: [authorize]}}";
    let served = |ms| of_trace("x", event(ms, "mia", "answer.served", "support", "ok"));
    let moved = |row: AuditEvent| AuditEvent { time_ns: row.time_ns.map(|ns| ns - 3 * day * 1_000_000), ..row };
    for (rows, policy, why) in [
        (vec![], demanded, "no log at all"),
        (vec![served(10)], "", "a log that never tells of tools"),
        (normal().into_iter().map(moved).collect(), demanded, "a log of other days"),
        (
            vec![of_trace("a", event(250, "mia", "authorize", "tool:other", "ok"))],
            "tools: {other: {audit: [authorize]}}",
            "a tool that owes none",
        ),
        (normal(), "tools: {export_rows: {audit: []}}", "a tool that owes none by the policy"),
        (
            normal().into_iter().map(|row| AuditEvent { trace_id: None, actor: None, ..row }).collect(),
            demanded,
            "a log without any key that could join",
        ),
    ] {
        let report = made(rows, policy).report();
        assert_eq!(report, [] as [&str; 0], "{why}");
    }
    // Demanded, and the log covers the day though it never tells of this tool.
    assert_eq!(made(vec![served(10)], demanded).report().len(), 2);
}

#[test]
fn a_log_that_calls_tools_by_other_names_is_not_read_as_silent() {
    let hour = 3_600_000;
    let rows =
        |trace: &str, ms: i64| vec![of_trace(trace, event(ms + 250, "", "authorize", "reports:download", "granted"))];
    let both = [rows("a", 0), rows("b", hour)].concat();
    assert_eq!(made(both, "tools: {export_rows: {audit: [authorize]}}").report(), [] as [&str; 0]);
}

#[test]
fn a_log_of_one_tenant_says_nothing_about_another() {
    let mut made =
        made(normal().into_iter().map(|row| AuditEvent { tenant: Some("acme".into()), ..row }).collect(), "");
    for span in made.spans.iter_mut().filter(|span| span.trace_id == Some(Id::new("b"))) {
        span.tenant = Some("globex".into());
    }
    assert_eq!(made.report(), [] as [&str; 0]);
}

#[test]
fn one_of_two_calls_in_a_trace_can_be_silent() {
    let mut made = made(normal(), "");
    made.spans.retain(|span| span.trace_id == Some(Id::new("a")));
    made.spans.push(tool("a", "export_rows", "5 rows", 700, 800));
    let findings = made.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].span_id.as_str(), "a-export_rows-700");
}

#[test]
fn a_tool_that_does_not_exist_owes_nothing() {
    let mut made = made(normal(), "");
    made.spans.pop();
    made.spans
        .push(Span { ..tool("b", "export_all", r#"{"error": "unknown tool export_all"}"#, 3_600_300, 3_600_310) });
    assert_eq!(made.report(), [] as [&str; 0]);
}

#[test]
fn a_call_inside_messages_owes_audit_like_any_other() {
    let mut made = made(normal(), "");
    made.spans.pop();
    let call = Part::ToolCall { id: Some("c9".into()), name: "export_rows".into(), arguments: json!({}) };
    let result = Part::ToolResult { id: Some("c9".into()), name: None, text: "99 rows".into(), is_error: false };
    let message = |role, part| Message { role, parts: vec![part], name: None, content_state: Default::default() };
    made.spans.push(Span {
        output: Some(vec![message(Role::Assistant, call)]),
        ..child("b", "one", SpanKind::Llm, 3_600_100, 3_600_200)
    });
    assert_eq!(made.report(), [] as [&str; 0], "asked for, and not carried out");
    made.spans.push(Span {
        input: Some(vec![message(Role::Tool, result)]),
        ..child("b", "two", SpanKind::Llm, 3_600_300, 3_600_400)
    });
    assert_eq!(made.report(), ["tool_without_audit b export_rows"]);
}
