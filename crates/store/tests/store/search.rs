//! Search: what matches, in which order, page by page, counted.

use crate::made::{self, DAY, Made, SECOND, audit, fact_of, facts, import, query, refund, said, span, workspace};
use retake_model::{Code, Coded, Decision, Finding, FindingCode, Id, Retrieval, Role, Severity, SpanKind, SpanStatus};
use retake_query::{Sort, parse_sort};
use retake_store::{Cancel, Judged, Of, SearchRequest, Workspace};

/// Ten traces of two tenants, and some that show one trap each.
fn corpus() -> Made {
    let made = workspace();
    let mut all = Vec::new();
    for n in 1..=10 {
        let tenant = if n % 2 == 0 { "acme" } else { "globex" };
        let mut spans =
            refund(n, tenant, &format!("How long is the refund period of order AB-{n}?"), "Thirty days, says KB-17.");
        if n == 3 {
            spans[2].status = SpanStatus::Error;
            spans[2].status_message = Some("connection refused by upstream".to_owned());
        }
        all.extend(facts(&spans));
    }
    let texts = [
        (20, "退款政策在三十天内有效"),
        (21, "นโยบายการคืนเงินภายในสามสิบวัน"),
        (22, "سياسة استرداد الأموال"),
        (23, "Das Café zahlt die Rückerstattung 👍🏽 sofort"),
        (24, "order_id=AB-123; see kb-17"),
        (25, "order id AB 1234"),
    ];
    for (n, text) in texts {
        let mut one = span(n, 0, None, SpanKind::Llm, "chat");
        one.input = Some(vec![said(Role::User, text)]);
        one.output = Some(vec![said(Role::Assistant, "ok")]);
        all.push(fact_of(&one));
    }
    import(&made.workspace, all, 13);
    made
}

fn traces(workspace: &Workspace, text: &str) -> Vec<u32> {
    let request = SearchRequest { limit: 1000, ..SearchRequest::default() };
    let page = workspace.search(&query(text), &request).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut found: Vec<u32> = page.rows.iter().map(|row| number(&row.trace_id)).collect();
    assert_eq!(found.len() as u64, page.total, "{text}");
    found.sort_unstable();
    found
}

fn number(trace_id: &Id) -> u32 {
    (0..200).find(|n| made::trace_id(*n) == *trace_id).expect("a made trace")
}

#[test]
fn each_query_finds_its_traces() {
    let made = corpus();
    let all: Vec<u32> = (1..=10).chain(20..=25).collect();
    let ten: Vec<u32> = (1..=10).collect();
    let even = vec![2, 4, 6, 8, 10];
    let odd = vec![1, 3, 5, 7, 9];
    let table: Vec<(&str, Vec<u32>)> = vec![
        ("", all.clone()),
        ("refund", ten.clone()),
        ("REFUND", ten.clone()),
        ("refun", vec![]),
        ("refun*", ten.clone()),
        ("\"refund period\"", ten.clone()),
        ("\"period refund\"", vec![]),
        ("\"thirty days from\"", ten.clone()),
        ("tenant:acme", even.clone()),
        ("tenant:ACME refund", even.clone()),
        ("-tenant:acme refund", odd.clone()),
        ("tenant:ac*", even.clone()),
        ("tenant:ac", vec![]),
        ("tenant:*", ten.clone()),
        ("-tenant:*", (20..=25).collect()),
        ("tenant:acme OR tenant:globex", ten.clone()),
        ("AB-7", vec![7]),
        ("AB-1", vec![1]),
        ("q-0004", vec![4]),
        ("u-acme-2", vec![2]),
        ("kb-17", (1..=10).chain([24]).collect()),
        ("order_id=AB-123", vec![24]),
        ("AB-123", vec![24]),
        ("AB-123*", vec![24, 25]),
        ("退款", vec![20]),
        ("政策", vec![20]),
        ("策政", vec![]),
        ("คืนเงิน", vec![21]),
        ("الأموال", vec![22]),
        ("الاموال", vec![22]),
        ("cafe", vec![23]),
        ("ruckerstattung", vec![23]),
        ("👍", vec![23]),
        ("👎", vec![]),
        ("status:error", vec![3]),
        ("status:ok", all.iter().copied().filter(|n| *n != 3).collect()),
        ("-status:error tenant:globex", vec![1, 5, 7, 9]),
        ("\"connection refused\"", vec![3]),
        ("has:error", vec![3]),
        ("has:retry", vec![]),
        ("has:tool", ten.clone()),
        ("has:document", ten.clone()),
        ("has:no_content", vec![]),
        ("has:leak", vec![]),
        ("tool:get_plan", ten.clone()),
        ("tool:get*", ten.clone()),
        ("tool.status:ok", ten.clone()),
        ("tool.status:denied", vec![]),
        ("doc:kb-17", ten.clone()),
        ("doc:KB-1", vec![]),
        ("model:model-a-mini", ten.clone()),
        ("model:model-a-* -model:model-a-large", vec![]),
        ("span(model:model-a-mini tool:get_plan)", ten.clone()),
        ("span(model:model-a-large tool:get_plan)", vec![]),
        ("model:model-a-large tool:get_plan", ten.clone()),
        ("span(status:error model:model-a-mini)", vec![3]),
        ("span(status:error model:model-a-large)", vec![]),
        ("span(tenant:acme kind:llm)", even.clone()),
        ("span(kind:retriever -doc:kb-17)", vec![]),
        ("kind:retriever", ten.clone()),
        ("score.thumbs:<0", even.clone()),
        ("score.thumbs:0..1", odd.clone()),
        ("score.stars:>0", vec![]),
        ("latency:>4s", ten.clone()),
        ("latency:>5s", vec![]),
        ("latency:5s", ten.clone()),
        ("ttft:<0.5s", ten.clone()),
        ("cost:>=0.007", ten.clone()),
        ("cost:>0.007", vec![]),
        ("tokens:330", ten.clone()),
        ("input:300 output:<31", ten.clone()),
        ("input:>300", vec![]),
        ("time:2026-11-12", all.clone()),
        ("time:2026-11-11", vec![]),
        ("time:2026-11-12T00:02..2026-11-12T00:04", vec![2, 3]),
        ("time:2026-11-12T00:04", vec![4]),
        ("time:>2026-11-12T00:24:00Z", vec![25]),
        ("time:>=2026-11-12T00:24:00Z", vec![24, 25]),
        ("environment:production -feature:support*", vec![]),
        ("id:00000000000000000000abcd", all.clone()),
        ("prompt:*", vec![]),
        ("(退款 OR cafe) -cafe", vec![20]),
        ("--refund", ten.clone()),
        ("!!!", vec![]),
    ];
    for (text, expected) in table {
        assert_eq!(traces(&made.workspace, text), expected, "{text}");
    }
}

#[test]
fn spans_bind_every_term() {
    let made = corpus();
    let request = SearchRequest { of: Of::Spans, limit: 100, ..SearchRequest::default() };
    let spans = |text: &str| made.workspace.search(&query(text), &request).unwrap().rows;
    assert_eq!(spans("tenant:acme tool:get_plan kind:tool").len(), 5);
    assert_eq!(spans("tenant:acme kind:retriever refund").len(), 5);
    let introduced = spans("\"answer from the passages\" id:00000000000000000000abcd");
    assert!(introduced.iter().all(|row| row.span_id == made::span_id(number(&row.trace_id), 2)), "said first there");
    let row = &spans("AB-7 kind:llm")[0];
    assert_eq!(row.tenant.as_deref(), Some("globex"), "inherited");
    assert!(row.snippet.as_deref().is_some_and(|text| text.contains("AB-7")), "{row:?}");
}

#[test]
fn pages_are_stable_while_an_import_goes_on() {
    let made = corpus();
    for sort in [
        "time",
        "time:asc",
        "tenant",
        "tenant:desc",
        "cost",
        "latency:asc",
        "score.thumbs:asc",
        "model",
        "status",
        "name",
    ] {
        let sort = parse_sort(sort).unwrap();
        let all =
            made.workspace.search(&query(""), &SearchRequest { sort: sort.clone(), limit: 1000, ..Default::default() });
        let all: Vec<Id> = all.unwrap().rows.into_iter().map(|row| row.trace_id).collect();
        let mut paged = Vec::new();
        let mut after = None;
        loop {
            let request = SearchRequest { sort: sort.clone(), limit: 3, after, ..Default::default() };
            let page = made.workspace.search(&query(""), &request).unwrap();
            assert!(page.rows.len() <= 3);
            paged.extend(page.rows.into_iter().map(|row| row.trace_id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, all, "{}", sort.print());
    }
    let request = SearchRequest { limit: 4, ..Default::default() };
    let first = made.workspace.search(&query("refund"), &request).unwrap();
    let newer: Vec<_> = (30..40).flat_map(|n| facts(&refund(n, "acme", "A refund?", "Yes."))).collect();
    import(&made.workspace, newer, 9);
    let second = made
        .workspace
        .search(&query("refund"), &SearchRequest { after: first.next.clone(), ..request.clone() })
        .unwrap();
    assert_eq!(second.total, 20);
    let got: Vec<u32> = first.rows.iter().chain(&second.rows).map(|row| number(&row.trace_id)).collect();
    assert_eq!(got, vec![10, 9, 8, 7, 6, 5, 4, 3]);
    let wrong = made.workspace.search(&query("other"), &SearchRequest { after: first.next, ..request.clone() });
    assert_eq!(wrong.unwrap_err().code(), Code::CursorInvalid);
    let wrong =
        made.workspace.search(&query("refund"), &SearchRequest { after: Some("nonsense".to_owned()), ..request });
    assert_eq!(wrong.unwrap_err().code(), Code::CursorInvalid);
}

#[test]
fn a_facets_number_is_the_total_with_its_value() {
    let made = corpus();
    let joined = vec![(Some(made::span_id(2, 3)), Decision::Denied)];
    let judged = Judged { trace_id: made::trace_id(2), joined, findings: Vec::new() };
    made.workspace.replace_judged(&[judged]).unwrap();
    for of in [Of::Traces, Of::Spans] {
        let fields: Vec<String> =
            retake_query::FIELDS.iter().filter(|info| info.facetable).map(|info| info.name.to_owned()).collect();
        let request = SearchRequest { of, facets: fields, ..Default::default() };
        let page = made.workspace.search(&query("refund"), &request).unwrap();
        let mut n = 0;
        for (field, values) in page.facets {
            for (value, count) in values {
                let text = format!("refund {field}:\"{value}\"");
                let total =
                    made.workspace.search(&query(&text), &SearchRequest { of, ..Default::default() }).unwrap().total;
                assert_eq!(total, count, "{of:?} {text}");
                n += 1;
            }
        }
        assert!(n > 20);
    }
}

#[test]
fn results_are_read_by_rank() {
    let made = corpus();
    let sort = Sort { descending: false, ..Sort::default() };
    let result = made.workspace.open_result(&query("refund"), Of::Traces, &sort, &Cancel::default()).unwrap();
    assert_eq!(result.len, 10);
    let rows = made.workspace.result_rows(result.id, 4, 3).unwrap();
    assert_eq!(rows.iter().map(|row| number(&row.trace_id)).collect::<Vec<_>>(), vec![5, 6, 7]);
    assert_eq!(made.workspace.result_rank(result.id, &made::trace_id(7), None).unwrap(), Some(6));
    let facets = made.workspace.result_facets(result.id, &["tenant".to_owned()]).unwrap();
    assert_eq!(facets[0].1, vec![("acme".to_owned(), 5), ("globex".to_owned(), 5)]);
    made.workspace.close_result(result.id);
    assert!(made.workspace.result_rows(result.id, 0, 1).is_err());
}

#[test]
fn a_message_is_found_where_it_was_said_first() {
    let made = workspace();
    let mut spans = Vec::new();
    let mut history = vec![said(Role::System, "be kind")];
    for turn in 0..5 {
        let mut call = span(turn + 1, 0, None, SpanKind::Llm, "chat");
        call.conversation = Some("c-1".to_owned());
        history.push(said(Role::User, &format!("question number {turn} about zebras{turn}")));
        call.input = Some(history.clone());
        let answer = said(Role::Assistant, &format!("answer {turn}"));
        call.output = Some(vec![answer.clone()]);
        history.push(answer);
        spans.push(call);
    }
    // The last turn first: an earlier one that comes later takes its messages over.
    spans.reverse();
    import(&made.workspace, facts(&spans), 1);
    for turn in 0..5 {
        assert_eq!(traces(&made.workspace, &format!("zebras{turn}")), vec![turn + 1]);
    }
    assert_eq!(traces(&made.workspace, "kind"), vec![1]);
}

#[test]
fn findings_joins_and_takes_are_searchable() {
    let made = corpus();
    let id = made::trace_id(4);
    let finding = Finding {
        trace_id: id.clone(),
        span_id: made::span_id(4, 1),
        code: FindingCode::Leak,
        severity: Severity::High,
        subject: "ACM-3".to_owned(),
        message: "A document of another tenant was retrieved.".to_owned(),
        evidence: serde_json::json!({"document": "ACM-3"}),
    };
    let joined = vec![(Some(made::span_id(4, 3)), Decision::Denied), (None, Decision::Allowed)];
    let judged = Judged { trace_id: id.clone(), joined, findings: vec![finding.clone()] };
    made.workspace.replace_judged(std::slice::from_ref(&judged)).unwrap();
    import(&made.workspace, vec![audit("e1", Some(4), "u", "tool.invoke", Decision::Denied)], 1);
    assert_eq!(traces(&made.workspace, "has:leak"), vec![4]);
    assert_eq!(traces(&made.workspace, "has:finding"), vec![4]);
    assert_eq!(traces(&made.workspace, "tool.status:denied"), vec![4]);
    assert_eq!(traces(&made.workspace, "span(tool.status:denied tool:get_plan)"), vec![4]);
    assert_eq!(traces(&made.workspace, "has:audit"), vec![4]);
    assert_eq!(made.workspace.findings(&query("has:leak")).unwrap(), vec![finding.clone()]);
    let row = made.workspace.trace(&id).unwrap().unwrap();
    assert_eq!(row.summary.flags, vec!["leak"]);
    assert_eq!(row.spans[1].flags, vec!["leak"]);
    made.workspace.replace_judged(&[Judged { findings: Vec::new(), ..judged.clone() }]).unwrap();
    assert!(traces(&made.workspace, "has:leak").is_empty());
    assert_eq!(traces(&made.workspace, "tool.status:denied"), vec![4]);
    made.workspace.replace_judged(&[Judged { joined: Vec::new(), findings: Vec::new(), ..judged }]).unwrap();
    assert!(traces(&made.workspace, "tool.status:denied").is_empty());
}

#[test]
fn an_undo_and_another_process_are_seen() {
    let made = corpus();
    assert_eq!(traces(&made.workspace, "refund").len(), 10);
    let other = Workspace::open(made::path(&made), retake_store::OpenMode::Existing).unwrap();
    let (batch_id, _) = import(&other, facts(&refund(50, "acme", "A refund?", "Yes.")), 9);
    assert_eq!(traces(&made.workspace, "refund").len(), 11);
    assert_eq!(traces(&made.workspace, &format!("batch:{batch_id}")), vec![50]);
    other.undo_batch(&batch_id, &made::Mapper, &Cancel::default()).unwrap();
    assert_eq!(traces(&made.workspace, "refund").len(), 10);
    let cancel = Cancel::default();
    cancel.cancel();
    let request = SearchRequest { cancel, ..Default::default() };
    assert_eq!(made.workspace.search(&query("refund"), &request).unwrap_err().code(), Code::Cancelled);
}

#[test]
fn metrics_and_time_cover_what_matches() {
    let made = corpus();
    let points: Vec<_> = made.workspace.metric_points(&query("tenant:acme")).unwrap();
    assert_eq!(points.len(), 10);
    assert!(points.iter().all(|point| point.tenant.as_deref() == Some("acme") && point.kind == SpanKind::Llm));
    let spans: Vec<_> = points.iter().map(|point| point.span).collect();
    for ids in made.workspace.ids_of(&spans).unwrap() {
        let (trace_id, span_id) = ids.expect("it is there");
        let span = made.workspace.span(&trace_id, &span_id).unwrap().expect("it is there");
        assert_eq!(span.tenant.as_deref(), Some("acme"));
    }
    let points: Vec<_> = made.workspace.metric_points(&query("model:model-a-mini refund")).unwrap();
    assert_eq!(points.len(), 10, "only the calls of that model");
    let histogram = made.workspace.histogram(&query("refund"), 5).unwrap();
    assert_eq!(histogram.iter().map(|bucket| bucket.n).sum::<u64>(), 10);
    assert_eq!(histogram.iter().map(|bucket| bucket.n_errors).sum::<u64>(), 1);
    assert_eq!(histogram[0].start_ns, DAY + 60 * SECOND);
    let values = made.workspace.values_of("tenant", "AC", 5).unwrap();
    assert_eq!(values, vec![("acme".to_owned(), 5)]);
}

#[test]
fn audit_events_reach_their_traces() {
    let made = corpus();
    import(&made.workspace, vec![audit("e1", Some(4), "nobody", "x", Decision::Allowed)], 1);
    let reached = |event: retake_model::AuditEvent, window_ms: i64| {
        let row = retake_store::AuditRow { audit_pk: 0, event };
        let ids = made.workspace.traces_touching(&[row], window_ms).unwrap();
        ids.iter().map(number).collect::<Vec<_>>()
    };
    let event = retake_model::AuditEvent::default();
    let named = |id: u32| retake_model::AuditEvent { trace_id: Some(made::trace_id(id)), ..event.clone() };
    assert_eq!(reached(named(4), 0), vec![4]);
    let asked = retake_model::AuditEvent { request_id: Some("q-0007".to_owned()), ..event.clone() };
    assert_eq!(reached(asked, 0), vec![7]);
    // Trace 2 runs from 2:00 to 2:05.
    let acted = |seconds: i64| retake_model::AuditEvent {
        actor: Some("u-acme-2".to_owned()),
        time_ns: Some(DAY + seconds * SECOND),
        ..event.clone()
    };
    assert_eq!(reached(acted(121), 0), vec![2]);
    assert_eq!(reached(acted(126), 0), Vec::<u32>::new());
    assert_eq!(reached(acted(126), 2000), vec![2]);
    assert_eq!(reached(acted(300), 2000), Vec::<u32>::new());
}

#[test]
fn a_phrase_stays_within_one_value() {
    let made = workspace();
    let mut one = span(1, 0, None, SpanKind::Llm, "chat");
    let mut attributes = serde_json::Map::new();
    for (key, value) in [("a", "amber lantern"), ("b", "copper whistle"), ("c", "政策"), ("d", "退款")] {
        attributes.insert(key.to_owned(), value.into());
    }
    one.attributes = attributes.into_iter().collect();
    one.input = Some(vec![said(Role::User, "how much"), said(Role::User, "is left")]);
    let mut found = span(2, 0, None, SpanKind::Retriever, "retrieve");
    let mut document = made::document("D-1", 1, "quartz", "the content ends");
    document.title = Some("violet harbour".to_owned());
    document.source = Some("timber road".to_owned());
    found.retrieval = Some(Retrieval { query: None, documents: vec![document], input_documents: Vec::new() });
    import(&made.workspace, facts(&[one, found]), 10);
    for (phrase, expected) in [
        ("\"amber lantern\"", vec![1]),
        ("\"copper whistle\"", vec![1]),
        ("\"lantern copper\"", vec![]),
        ("\"政策 退款\"", vec![]),
        ("\"much is\"", vec![]),
        ("\"violet harbour\"", vec![2]),
        ("\"harbour timber\"", vec![]),
        ("\"road quartz\"", vec![]),
        ("\"timber road\"", vec![2]),
    ] {
        assert_eq!(traces(&made.workspace, phrase), expected, "{phrase}");
    }
}
