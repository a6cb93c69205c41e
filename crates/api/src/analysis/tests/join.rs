//! Joins: the basis, what forbids one, and which of several traces gets a row without ids.

use super::made::at;
use super::{Made, event, root, tool};
use crate::analysis::event::Act;
use crate::analysis::evidence::Evidence;
use crate::analysis::join::{audit_keys, event_keys, keys_of};
use crate::analysis::policy::Policy;
use retake_model::{AuditEvent, Id};

/// How the row joins trace `t` of `mia`, whose root span is from 10,000 to 12,000 ms.
fn basis(row: &AuditEvent, policy: &str) -> Option<&'static str> {
    let policy = Policy::parse(policy).expect("a policy");
    let made = Made { spans: vec![root("t", "acme", "mia", 10_000, 12_000)], events: vec![row.clone()], policy };
    let survey = made.survey();
    let evidence = Evidence::gather(&made.spans, &made.events, &[], &made.policy, &survey).expect("a trace id");
    evidence.events.first().map(|row| row.basis.as_str())
}

fn row(ms: i64) -> AuditEvent {
    event(ms, "mia", "check", "x", "allow")
}

#[test]
fn the_best_key_of_a_row_decides() {
    let trace = |id: &str, row: AuditEvent| AuditEvent { trace_id: Some(Id::new(id)), ..row };
    let request = |id: &str, row: AuditEvent| AuditEvent { request_id: Some(id.into()), ..row };
    for (row, policy, expected) in [
        (trace("t", row(0)), "", Some("trace_id")),
        (trace("t", request("req-other", row(0))), "", Some("trace_id")),
        (request("req-t", row(0)), "", Some("request_id")),
        (row(9_000), "", Some("actor_and_time")),
        (row(8_000), "", Some("actor_and_time")),
        (row(14_000), "", Some("actor_and_time")),
        (row(7_999), "", None),
        (row(14_001), "", None),
        (row(14_001), "audit_join: {window_ms: 5000}", Some("actor_and_time")),
        (row(11_000), "audit_join: {order: [trace_id, request_id]}", None),
        (trace("other", row(11_000)), "", None),
        (trace("other", request("req-t", row(11_000))), "", None),
        (request("req-other", row(11_000)), "", None),
        (
            trace("other", request("req-t", row(11_000))),
            "audit_join: {order: [request_id, trace_id]}",
            Some("request_id"),
        ),
        (event(11_000, "tom", "check", "x", "allow"), "", None),
        (event(11_000, "", "check", "x", "allow"), "", None),
        (event(11_000, "service-7", "check", "x", "allow"), "who: {actors: {service-7: mia}}", Some("actor_and_time")),
        (event(11_000, "User:Mia", "check", "x", "allow"), "", Some("actor_and_time")),
        (AuditEvent { time_ns: None, ..row(0) }, "", None),
        (AuditEvent { tenant: Some("globex".into()), ..row(11_000) }, "tenants: [acme, globex]", None),
        (AuditEvent { tenant: Some("acme".into()), ..row(11_000) }, "tenants: [acme, globex]", Some("actor_and_time")),
    ] {
        assert_eq!(basis(&row, policy), expected, "{row:?} under {policy:?}");
    }
}

#[test]
fn trace_ids_are_known_in_the_forms_of_logs() {
    let id = "92272e4b700196fb2ce6e5b638a79d82";
    let spans = vec![root(id, "acme", "mia", 0, 10)];
    for form in [
        id,
        "92272E4B700196FB2CE6E5B638A79D82",
        "92272e4b-7001-96fb-2ce6-e5b638a79d82",
        "00-92272e4b700196fb2ce6e5b638a79d82-c10a28d37967c5af-01",
    ] {
        let events = [AuditEvent { trace_id: Some(Id::new(form)), ..row(0) }];
        let (policy, survey) = (Policy::default(), Default::default());
        let evidence = Evidence::gather(&spans, &events, &[], &policy, &survey).expect("a trace id");
        assert_eq!(evidence.events.len(), 1, "{form}");
    }
}

#[test]
fn a_row_without_ids_goes_to_the_trace_that_it_fits_best() {
    // Two requests of one user overlap; only the second ran the tool.
    let spans = vec![
        root("a", "acme", "mia", 0, 3_000),
        root("b", "acme", "mia", 1_000, 4_000),
        tool("b", "issue_refund", "done", 2_000, 2_100),
    ];
    let made = Made {
        spans,
        events: vec![
            event(1_950, "mia", "authorize", "issue_refund", "deny"),
            event(500, "mia", "login", "web", "allow"),
        ],
        policy: Policy::default(),
    };
    let (survey, traces) = (made.survey(), made.traces());
    let keys: Vec<_> = traces.values().map(|spans| keys_of(spans)).collect();
    let joined: Vec<Vec<Act>> = traces
        .values()
        .map(|spans| {
            Evidence::gather(spans, &made.events, &keys, &made.policy, &survey)
                .expect("an id")
                .events
                .iter()
                .map(|row| row.act)
                .collect()
        })
        .collect();
    assert_eq!(joined, [vec![Act::Other], vec![Act::Check]]);
    assert_eq!(made.report(), ["denied_but_executed b issue_refund"]);
}

#[test]
fn keys_lead_there_and_back() {
    let spans = [root("t", "acme", "mia", 10_000, 12_000)];
    let policy = Policy::parse("who: {actors: {svc: mia}}").expect("a policy");
    let keys = audit_keys(&keys_of(&spans), &policy);
    assert_eq!((keys.trace_ids, keys.request_ids), (vec![Id::new("t")], vec!["req-t".to_owned()]));
    for name in ["mia", "user:mia", "svc"] {
        assert!(keys.actors.contains(&(name.to_owned(), at(8_000), at(14_000))), "{name}");
    }
    let back = event_keys(&event(9_000, "svc", "check", "x", "allow"), &policy);
    assert!(back.users.contains(&"mia".to_owned()));
    assert_eq!((back.from_ns, back.to_ns), (at(7_000), at(11_000)));
    let named = event_keys(&AuditEvent { trace_id: Some(Id::new("t")), ..row(0) }, &policy);
    assert_eq!((named.trace_id, named.users.len()), (Some(Id::new("t")), 0));
}

#[test]
fn broken_spans_join_nothing_and_break_nothing() {
    let nothing = retake_model::Span::default();
    let (policy, survey) = (Policy::default(), Default::default());
    assert!(Evidence::gather(std::slice::from_ref(&nothing), &[row(0)], &[], &policy, &survey).is_none());
    let timeless = retake_model::Span { trace_id: Some(Id::new("t")), user: Some("mia".into()), ..nothing };
    let evidence =
        Evidence::gather(std::slice::from_ref(&timeless), &[row(0)], &[], &policy, &survey).expect("a trace id");
    assert_eq!(evidence.events, []);
}
