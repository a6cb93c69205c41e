//! Denied calls that ran, in the words of several audit logs, and denied calls that did not.

use super::made::child;
use super::{Made, event, root, tool};
use crate::analysis::policy::Policy;
use retake_model::{AuditEvent, Id, Span, SpanKind, SpanStatus, ToolExecution};
use serde_json::json;

const RAN: &str = r#"{"refunded": "40.00", "id": "RF-9"}"#;

/// Findings of one trace with one call of `issue_refund` from 300 to 400 ms, whose rows join by trace id.
fn found(span: Span, rows: Vec<AuditEvent>) -> Vec<String> {
    found_all(vec![span], rows)
}

fn found_all(mut spans: Vec<Span>, rows: Vec<AuditEvent>) -> Vec<String> {
    spans.push(root("t", "acme", "mia", 0, 1000));
    let events = rows.into_iter().map(|row| AuditEvent { trace_id: Some(Id::new("t")), ..row }).collect();
    let mut report = Made { spans, events, policy: Policy::default() }.report();
    report.retain(|line| line.starts_with("denied_but_executed"));
    report
}

fn refund() -> Span {
    tool("t", "issue_refund", RAN, 300, 400)
}

fn failed(message: &str, result: &str) -> Span {
    Span {
        status: SpanStatus::Error,
        status_message: Some(message.to_owned()),
        ..tool("t", "issue_refund", result, 300, 400)
    }
}

#[test]
fn a_denial_before_the_call_counts_in_whatever_words() {
    for (action, resource, decision) in [
        ("permission.check", "tool:issue_refund", "deny"),
        ("authorize", "issue_refund", "denied"),
        ("access.evaluate", "tools/issue_refund", "refused"),
        ("Evaluate", "function:issueRefund", "blocked"),
        ("policy_decision", "mcp:payments/issue-refund", "FORBIDDEN"),
        ("issue_refund", "order/O-17", "deny"),
        ("refund.issue", "order/O-17", "rejected"),
        ("permission.denied", "tool:issue_refund", ""),
        ("access_refused", "issue_refund", ""),
        ("approval", "tool:issue_refund", "rejected"),
        ("tool.call", "issue_refund", "denied"),
    ] {
        let row = event(250, "mia", action, resource, decision);
        assert_eq!(
            found(refund(), vec![row]),
            ["denied_but_executed t issue_refund"],
            "{action} {resource} {decision}"
        );
    }
}

#[test]
fn the_words_may_stand_in_other_fields() {
    let fields = json!({"outcome": "access denied", "tool": "issue_refund"});
    let row = AuditEvent {
        attributes: fields.as_object().cloned().expect("an object"),
        ..event(250, "mia", "check", "order/O-17", "")
    };
    assert_eq!(found(refund(), vec![row]), ["denied_but_executed t issue_refund"]);
}

#[test]
fn what_is_no_denial_of_this_call_is_none() {
    for row in [
        event(250, "mia", "permission.check", "tool:issue_refund", "allow"),
        event(250, "mia", "permission.check", "tool:list_orders", "deny"),
        event(250, "mia", "permission.check", "tool:issue_refund_fee", "deny"),
        event(450, "mia", "permission.check", "tool:issue_refund", "deny"),
        event(250, "mia", "permission.check", "document:D-1", "deny"),
        event(250, "mia", "permission.check", "tool:issue_refund", "asked"),
        event(402, "mia", "tool.invoke", "tool:issue_refund", "denied"),
        AuditEvent {
            reason: Some("upstream timed out".into()),
            ..event(390, "mia", "tool.invoke", "tool:issue_refund", "failure")
        },
    ] {
        assert_eq!(found(refund(), vec![row.clone()]), [] as [&str; 0], "{row:?}");
    }
}

#[test]
fn a_call_that_did_not_run_is_no_finding() {
    let denied = || vec![event(250, "mia", "permission.check", "tool:issue_refund", "deny")];
    for span in [
        failed("PermissionError: may not", r#"{"error": "forbidden"}"#),
        failed("boom", ""),
        tool("t", "issue_refund", r#"{"error": "forbidden"}"#, 300, 400),
        tool("t", "issue_refund", r#"{"status": "denied", "reason": "role"}"#, 300, 400),
        tool("t", "issue_refund", r#"{"success": false, "message": "not authorized"}"#, 300, 400),
        tool("t", "issue_refund", "Permission denied: role member may not refund", 300, 400),
        tool("t", "issue_refund", "Error: you are not allowed to do this", 300, 400),
        tool(
            "t",
            "issue_refund",
            r#"{"content": [{"type": "text", "text": "Access denied"}], "isError": true}"#,
            300,
            400,
        ),
        tool("t", "issue_refund", r#"{"code": 403}"#, 300, 400),
    ] {
        assert_eq!(found(span.clone(), denied()), [] as [&str; 0], "{:?} {:?}", span.status, span.tool);
    }
    for span in [
        tool("t", "issue_refund", "", 300, 400),
        tool("t", "issue_refund", r#"{"error": null, "id": "RF-9"}"#, 300, 400),
        tool("t", "issue_refund", "Refund RF-9 was issued. It cannot be denied afterwards.", 300, 400),
        failed("TimeoutError: the answer came too late", RAN),
    ] {
        assert_eq!(found(span.clone(), denied()), ["denied_but_executed t issue_refund"], "{:?}", span.tool);
    }
}

#[test]
fn the_audit_log_itself_can_say_that_it_ran() {
    let rows = vec![
        event(250, "mia", "authorize", "issue_refund", "deny"),
        event(401, "mia", "tool.invoke", "issue_refund", "success"),
    ];
    assert_eq!(found(failed("ConnectionReset", ""), rows), ["denied_but_executed t issue_refund"]);
}

#[test]
fn a_yes_lifts_a_denial_only_between_it_and_the_call() {
    let denied = |ms| event(ms, "mia", "permission.check", "tool:issue_refund", "deny");
    let granted = |ms| event(ms, "lead", "permission.check", "tool:issue_refund", "allow");
    let confirmed = |ms| event(ms, "lead", "confirmation.given", "tool:issue_refund", "allow");
    let invoked = |ms| event(ms, "mia", "tool.invoke", "tool:issue_refund", "allow");
    let finding = ["denied_but_executed t issue_refund"];
    for (rows, expected) in [
        (vec![denied(200), granted(250)], &[][..]),
        (vec![denied(200), confirmed(280)], &[]),
        (vec![denied(310), granted(350)], &[]),
        (vec![granted(200), denied(250)], &finding),
        (vec![denied(200), granted(350)], &finding),
        (vec![denied(200), granted(500)], &finding),
        (vec![denied(200), confirmed(401)], &finding),
        (vec![denied(200), invoked(300)], &finding),
        (vec![denied(200), granted(250), denied(260)], &finding),
        (vec![denied(310), invoked(399)], &finding),
    ] {
        let times: Vec<_> = rows.iter().map(|row| (row.action.clone(), row.decision)).collect();
        assert_eq!(found(refund(), rows), expected, "{times:?}");
    }
}

#[test]
fn a_question_asked_again_in_words_of_no_known_kind_is_decided_by_its_last_answer_before_the_call() {
    let asked = |ms, who, resource, decision| event(ms, who, "gate.ask", resource, decision);
    let ran = || event(305, "mia", "gate.run", "issue_refund", "allow");
    let finding = ["denied_but_executed t issue_refund"];
    let refused = || asked(200, "mia", "issue_refund", "deny");
    for (rows, expected) in [
        (vec![refused(), asked(295, "mia", "issue_refund", "allow"), ran()], &[][..]),
        (vec![refused(), asked(295, "user:Mia", "issue_refund", "allow"), ran()], &[]),
        (vec![asked(295, "mia", "issue_refund", "allow"), refused(), ran()], &[]),
        // Another actor, another resource, after the call, taken back, or not a decision at all.
        (vec![refused(), asked(295, "lead", "issue_refund", "allow"), ran()], &finding),
        (vec![refused(), asked(295, "mia", "issue_refund/RF-8", "allow"), ran()], &finding),
        (vec![refused(), asked(295, "mia", "find_orders", "allow"), ran()], &finding),
        (vec![refused(), asked(401, "mia", "issue_refund", "allow"), ran()], &finding),
        (vec![asked(100, "mia", "issue_refund", "allow"), refused(), ran()], &finding),
        (vec![refused(), event(250, "mia", "gate.note", "issue_refund", "allow"), ran()], &finding),
        (vec![refused(), event(250, "mia", "gate.run", "issue_refund", "allow"), ran()], &finding),
    ] {
        let told: Vec<_> = rows.iter().map(|row| (row.time_ns, row.actor.clone(), row.resource.clone())).collect();
        assert_eq!(found(refund(), rows), expected, "{told:?}");
    }
    let elsewhere = AuditEvent { trace_id: Some(Id::new("u")), ..asked(295, "mia", "issue_refund", "allow") };
    let own = AuditEvent { trace_id: Some(Id::new("t")), ..refused() };
    let spans = vec![refund(), root("t", "acme", "mia", 0, 1000), root("u", "acme", "mia", 0, 1000)];
    let report = Made { spans, events: vec![own, elsewhere], policy: Policy::default() }.report();
    assert!(report.contains(&finding[0].to_owned()), "{report:?}");
}

#[test]
fn a_log_in_whole_seconds_is_read_as_such() {
    // The check was at 300.4 ms of second 12:00:01, the log says 12:00:01, or rounds up to 12:00:02.
    let span = tool("t", "issue_refund", RAN, 1300, 1450);
    for ms in [1000, 2000] {
        assert_eq!(
            found(span.clone(), vec![event(ms, "mia", "authorize", "issue_refund", "deny")]),
            ["denied_but_executed t issue_refund"]
        );
    }
}

#[test]
fn one_row_that_says_invoked_and_denied_is_a_denial_unless_it_tells_how_the_call_ended() {
    let row = |ms, decision| event(ms, "mia", "tool.call", "issue_refund", decision);
    assert_eq!(found(refund(), vec![row(310, "denied")]), ["denied_but_executed t issue_refund"]);
    // The first try failed and the next one did not; or nothing shows that it ran.
    assert_eq!(found(refund(), vec![row(310, "failure"), row(399, "success")]), [] as [&str; 0]);
    assert_eq!(found(tool("t", "issue_refund", "", 300, 400), vec![row(399, "failure")]), [] as [&str; 0]);
}

#[test]
fn each_call_has_its_own_denial() {
    let first = || Span {
        tool: Some(ToolExecution { name: "issue_refund".into(), call_id: Some("c1".into()), ..Default::default() }),
        ..failed("PermissionError", "")
    };
    let second = || Span {
        tool: Some(ToolExecution {
            name: "issue_refund".into(),
            call_id: Some("c2".into()),
            result: Some(RAN.into()),
            ..Default::default()
        }),
        ..tool("t", "issue_refund", RAN, 600, 700)
    };
    let denied = event(250, "mia", "permission.check", "tool:issue_refund", "deny");
    // By time: the denial is of the first call, the second had a yes of its own or none at all.
    assert_eq!(
        found_all(
            vec![first(), second()],
            vec![denied.clone(), event(590, "mia", "permission.check", "tool:issue_refund", "allow")]
        ),
        [] as [&str; 0]
    );
    // By the call's id, whatever the times say.
    let of_second = AuditEvent { tool_call_id: Some("c2".into()), ..denied.clone() };
    let of_first =
        AuditEvent { tool_call_id: Some("c1".into()), ..event(590, "mia", "authorize", "issue_refund", "deny") };
    let silent = event(595, "mia", "tool.invoke", "tool:issue_refund", "allow");
    assert_eq!(
        found_all(vec![first(), second()], vec![of_second, of_first.clone()]),
        ["denied_but_executed t issue_refund"]
    );
    assert_eq!(found_all(vec![first(), second()], vec![of_first, silent]), [] as [&str; 0]);
}

#[test]
fn a_failed_try_and_its_repetition_are_one_call() {
    let call = |result: Option<&str>| ToolExecution {
        name: "issue_refund".into(),
        call_id: Some("c1".into()),
        result: result.map(str::to_owned),
        ..Default::default()
    };
    let first =
        Span { tool: Some(call(None)), status: SpanStatus::Error, ..child("t", "try-1", SpanKind::Tool, 300, 350) };
    let second = Span { tool: Some(call(Some(RAN))), ..child("t", "try-2", SpanKind::Tool, 360, 400) };
    let made = Made {
        spans: vec![root("t", "acme", "mia", 0, 1000), first, second],
        events: vec![AuditEvent {
            trace_id: Some(Id::new("t")),
            ..event(250, "mia", "authorize", "issue_refund", "deny")
        }],
        policy: Policy::default(),
    };
    let findings = made.findings();
    assert_eq!(made.report(), ["denied_but_executed t issue_refund"]);
    assert_eq!(findings[0].span_id.as_str(), "t-try-2");
}
