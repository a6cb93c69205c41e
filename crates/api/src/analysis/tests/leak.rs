//! Leaks of other shapes than the real incident's: other fields, other vocabularies, rows of tool results.

use super::made::child;
use super::{Made, document, retriever, root, tool};
use crate::analysis::policy::Policy;
use retake_model::{Document, Id, Message, Part, Retrieval, Role, Span, SpanKind};
use serde_json::{Value, json};

/// Findings on one trace `t` of tenant `nordlicht`, beside a quiet one of `suedwind` that makes it a known tenant.
fn found(spans: Vec<Span>, policy: &str) -> Vec<String> {
    let mut spans = spans;
    spans.push(root("t", "nordlicht", "ida", 0, 1000));
    spans.push(root("quiet", "suedwind", "ole", 5000, 6000));
    Made { spans, events: vec![], policy: Policy::parse(policy).expect("a policy") }.report()
}

fn found_document(metadata: Value, policy: &str) -> Vec<String> {
    found(vec![retriever("t", vec![document("D-1", metadata)], 10, 20)], policy)
}

fn found_result(result: &str) -> Vec<String> {
    found(vec![tool("t", "list_orders", result, 10, 20)], "")
}

#[test]
fn a_document_is_foreign_by_what_names_its_owner() {
    let leak = ["leak t D-1"];
    for (metadata, policy, expected) in [
        (json!({"tenant": "suedwind"}), "", &leak[..]),
        (json!({"tenant": "never-seen-before"}), "", &leak[..]),
        (json!({"tenant_id": "suedwind"}), "", &leak[..]),
        (json!({"tenantId": "Suedwind"}), "", &leak[..]),
        (json!({"tenant": {"id": "suedwind", "name": "Südwind"}}), "", &leak[..]),
        (json!({"organization": "suedwind"}), "", &leak[..]),
        (json!({"customer_id": "suedwind"}), "", &leak[..]),
        (json!({"owner": "suedwind"}), "", &leak[..]),
        (json!({"belongs": "suedwind"}), "documents: {owner_field: belongs}", &leak[..]),
        (json!({"belongs": "x9"}), "documents: {owner_field: [house, belongs]}", &leak[..]),
        (json!({}), "documents: {prefixes: {D: suedwind}}", &leak[..]),
        (json!({"tenant": "*"}), "documents: {prefixes: {D: suedwind}}", &leak[..]),
        (json!({"tenant": "suedwind"}), "documents: {prefixes: {D: '*'}}", &leak[..]),
        (json!({"tenants": ["suedwind", "ostsee"]}), "", &leak[..]),
        // The tenant's own, under whatever name.
        (json!({"tenant": "nordlicht"}), "", &[]),
        (json!({"tenant": "Nordlicht"}), "", &[]),
        (json!({"tenant": "tenant:nordlicht"}), "", &[]),
        (json!({"tenant": "NL GmbH"}), "tenants: {nordlicht: [NL GmbH], suedwind: []}", &[]),
        (json!({"tenant_id": 4711, "tenant_name": "nordlicht"}), "", &[]),
        (json!({"tenants": ["suedwind", "nordlicht"]}), "", &[]),
        (json!({"tenant": "suedwind"}), "documents: {prefixes: {D-1: nordlicht}}", &[]),
        // Everybody's.
        (json!({"tenant": "*"}), "", &[]),
        (json!({"tenant": "public"}), "", &[]),
        (json!({"belongs": "house"}), "documents: {owner_field: belongs, shared: [house, all]}", &[]),
        (json!({}), "documents: {prefixes: {D: '*'}}", &[]),
        // Nobody can tell.
        (json!({}), "", &[]),
        (json!({"tenant": null}), "", &[]),
        (json!({"tenant": ""}), "", &[]),
        (json!({"tenant_id": "8f14e45f-ceea-467f-9575-8b2f7a1d2c3e"}), "", &[]),
        (json!({"tenant_id": 4711}), "", &[]),
        (json!({"organization": "World Health Organization"}), "", &[]),
        (json!({"customer": "Erika Mustermann"}), "", &[]),
        (json!({"owner": "docs-team"}), "", &[]),
        (json!({"tenant_count": 3, "tenant_plan": "suedwind"}), "", &[]),
        (json!({}), "documents: {prefixes: {DX: suedwind}}", &[]),
        (json!({}), "documents: {prefixes: {'': suedwind}}", &[]),
    ] {
        if policy.contains("''") {
            assert!(Policy::parse(policy).is_err());
            continue;
        }
        assert_eq!(found_document(metadata.clone(), policy), expected, "{metadata} under {policy:?}");
    }
}

#[test]
fn a_field_of_some_products_counts_once_it_has_named_a_tenant() {
    // `client` holds tenants here: one document says so by naming the asking tenant itself.
    let documents =
        vec![document("D-1", json!({"client": "westkap"})), document("D-2", json!({"client": "nordlicht"}))];
    assert_eq!(found(vec![retriever("t", documents, 10, 20)], ""), ["leak t D-1"]);
    let documents =
        vec![document("D-1", json!({"client": "westkap"})), document("D-2", json!({"client": "mobile app"}))];
    assert_eq!(found(vec![retriever("t", documents, 10, 20)], ""), [] as [&str; 0]);
}

#[test]
fn one_document_is_one_finding_on_the_retriever_where_it_first_came() {
    let foreign = || document("D-1", json!({"tenant": "suedwind"}));
    let rerank = Span {
        retrieval: Some(Retrieval { query: None, documents: vec![foreign()], input_documents: vec![foreign()] }),
        ..child("t", "rerank", SpanKind::Reranker, 30, 40)
    };
    let call = Span {
        input: Some(vec![Message::text(Role::System, format!("Use this: {}", foreign().content.expect("content")))]),
        ..child("t", "call", SpanKind::Llm, 50, 90)
    };
    let spans = vec![
        call,
        rerank,
        retriever("t", vec![foreign()], 10, 20),
        retriever("t", vec![foreign()], 12, 22),
        root("t", "nordlicht", "ida", 0, 100),
    ];
    let made = Made { spans, ..Made::default() };
    let findings = made.findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].span_id.as_str(), "t-retrieve-10");
    assert_eq!(findings[0].severity.as_str(), "high");
    assert_eq!(findings[0].evidence["retrieved_by"], json!(["t-retrieve-10", "t-retrieve-12"]));
    assert_eq!(findings[0].evidence["reranked_by"], json!(["t-rerank"]));
    assert_eq!(findings[0].evidence["placed"][0]["span_id"], "t-call");
}

#[test]
fn a_document_that_was_only_retrieved_is_less_severe() {
    let call = |input| Span { input, ..child("t", "call", SpanKind::Llm, 50, 90) };
    let foreign = || retriever("t", vec![document("D-1", json!({"tenant": "suedwind"}))], 10, 20);
    for (input, placed, severity) in
        [(Some(vec![Message::text(Role::User, "Hello")]), json!(false), "medium"), (None, json!(null), "medium")]
    {
        let made =
            Made { spans: vec![root("t", "nordlicht", "ida", 0, 100), foreign(), call(input)], ..Made::default() };
        let findings = made.findings();
        assert_eq!((findings[0].severity.as_str(), &findings[0].evidence["placed_in_prompt"]), (severity, &placed));
    }
}

#[test]
fn a_trace_without_a_tenant_has_no_foreign_documents() {
    let spans = vec![
        root("t", "", "ida", 0, 100),
        retriever("t", vec![document("D-1", json!({"tenant": "suedwind"}))], 10, 20),
    ];
    assert_eq!(Made { spans, ..Made::default() }.report(), [] as [&str; 0]);
}

#[test]
fn documents_without_ids_are_told_by_their_title_or_rank() {
    let named = Document {
        document_id: None,
        title: Some("Price list".into()),
        ..document("x", json!({"tenant": "suedwind"}))
    };
    let nameless = Document {
        document_id: None,
        rank: 2,
        content: Some("Other.".into()),
        ..document("y", json!({"tenant": "suedwind"}))
    };
    assert_eq!(
        found(vec![retriever("t", vec![named, nameless], 10, 20)], ""),
        ["leak t Price list", "leak t document at rank 2"]
    );
}

#[test]
fn a_row_of_a_tools_result_leaks_in_whatever_form() {
    let leak = ["leak t list_orders"];
    for (result, expected) in [
        (r#"[{"order_id": "O-1", "tenant": "nordlicht"}, {"order_id": "O-2", "tenant": "suedwind"}]"#, &leak[..]),
        (r#"{"data": {"orders": [{"id": 7, "tenant_id": "suedwind"}]}}"#, &leak[..]),
        (r#"{"content": [{"type": "text", "text": "[{\"id\": 7, \"tenantId\": \"suedwind\"}]"}]}"#, &leak[..]),
        (r#""{\"tenant\": \"suedwind\", \"total\": 9}""#, &leak[..]),
        ("{\"id\": 1, \"tenant\": \"nordlicht\"}\n{\"id\": 2, \"tenant\": \"suedwind\"}", &leak[..]),
        ("id,tenant,total\n1,nordlicht,20\n2,suedwind,30", &leak[..]),
        ("id;organization\n\"1\";\"suedwind\"\n", &leak[..]),
        ("| id | tenant |\n| --- | --- |\n| 1 | suedwind |", &leak[..]),
        ("id: O-2\ntenant: suedwind\ntotal: 30", &leak[..]),
        ("order=O-2 tenant=suedwind total=30", &leak[..]),
        ("order: O-2, tenant: suedwind, total: 30", &leak[..]),
        (r#"{"customer": {"id": "suedwind"}, "total": 30}"#, &leak[..]),
        (
            "[{'order_id': 'O-1', 'tenant': 'nordlicht', 'paid': True}, {'order_id': 'O-2', 'tenant': 'suedwind', 'note': None}]",
            &leak[..],
        ),
        ("<orders>\n<order><id>O-2</id><tenant>suedwind</tenant></order>\n</orders>", &leak[..]),
        ("<order id=\"O-2\" tenant=\"suedwind\"/>", &leak[..]),
        ("{\"orders\": [{\"id\": 2, \"tenant\": \"suedwind\", \"text\": \"cut he", &leak[..]),
        // Normal results.
        (r#"[{"order_id": "O-1", "tenant": "nordlicht"}]"#, &[]),
        (r#"[{"order_id": "O-1", "tenant": "*"}]"#, &[]),
        (r#"{"credited": "100", "account_id": "ACC-1007", "owner": "ida", "customer": "Erika Mustermann"}"#, &[]),
        ("plan: monthly, seats: 4", &[]),
        ("id,total\n1,20", &[]),
        ("id,tenant\n1,nordlicht", &[]),
        ("The word tenant: see the contract for what it means.", &[]),
        ("Our tenants are happy; suedwind is a tenant too.", &[]),
        ("not json {[", &[]),
        ("", &[]),
        (r#"{"tenant_id": "8f14e45f-ceea-467f-9575-8b2f7a1d2c3e"}"#, &[]),
        (r#"{"tenant": null, "tenants": []}"#, &[]),
    ] {
        assert_eq!(found_result(result), expected, "{result}");
    }
}

#[test]
fn the_policy_decides_over_rows() {
    let listed = "tenants: [nordlicht, suedwind]";
    for (result, policy, expected) in [
        // A tenant of a flat is none of the product's.
        (r#"{"tenant": "J. Smith", "rent": 900}"#, listed, &[][..]),
        (r#"{"owner": "ida", "total": 9}"#, "tenants: [nordlicht, suedwind]\ndocuments: {owner_field: owner}", &[]),
        (
            r#"{"house": "suedwind"}"#,
            "tenants: [nordlicht, suedwind]\ndocuments: {owner_field: house}",
            &["leak t list_orders"],
        ),
        (r#"{"house": "westkap"}"#, "documents: {owner_field: house}", &["leak t list_orders"]),
        (r#"{"house": "suedwind"}"#, "", &[]),
        (
            r#"[{"document_id": "SUE-7", "text": "x"}]"#,
            "documents: {prefixes: {SUE: suedwind, NOR: nordlicht}}",
            &["leak t list_orders"],
        ),
        (r#"[{"document_id": "NOR-7", "text": "x"}]"#, "documents: {prefixes: {SUE: suedwind, NOR: nordlicht}}", &[]),
        (
            "[NOR-1] Ours.\n[SUE-7] Theirs.",
            "documents: {prefixes: {SUE: suedwind, NOR: nordlicht}}",
            &["leak t list_orders"],
        ),
        ("[NOR-1] Ours, better than SUE-7: see there.", "documents: {prefixes: {SUE: suedwind, NOR: nordlicht}}", &[]),
    ] {
        assert_eq!(found(vec![tool("t", "list_orders", result, 10, 20)], policy), expected, "{result} under {policy}");
    }
}

#[test]
fn a_retriever_with_the_wrong_filter_works_for_the_request_all_the_same() {
    let search = Span {
        tenant: Some("suedwind".into()),
        ..retriever("t", vec![document("D-1", json!({"tenant": "suedwind"}))], 10, 20)
    };
    assert_eq!(found(vec![search.clone()], ""), ["leak t D-1"]);
    // One trace that works for several tenants has no tenant of its own.
    let batch = vec![root("t", "", "cron", 0, 1000), search, root("quiet", "nordlicht", "ole", 5000, 6000)];
    assert_eq!(Made { spans: batch, ..Made::default() }.report(), [] as [&str; 0]);
}

#[test]
fn the_rows_and_their_owners_are_the_evidence() {
    let result = r#"{"orders": [{"order_id": "O-1", "tenant": "nordlicht"}, {"order_id": "O-2", "tenant": "suedwind"}, {"order_id": "O-3", "tenant": "suedwind"}]}"#;
    let spans = vec![root("t", "nordlicht", "ida", 0, 100), tool("t", "list_orders", result, 10, 20)];
    let finding = Made { spans, ..Made::default() }.findings().remove(0);
    assert_eq!(finding.severity.as_str(), "high");
    assert_eq!(finding.evidence["n_rows"], 2);
    assert_eq!(
        finding.evidence["rows"][0],
        json!({"path": "$.orders[1]", "id": "O-2", "owner": "suedwind", "owner_named_by": "field tenant"})
    );
    assert_eq!(finding.message, "Tool list_orders gave tenant nordlicht 2 rows (O-2, O-3) of tenant suedwind.");
}

#[test]
fn a_retriever_behind_a_tool_is_told_once() {
    let search = tool("t", "search", r#"[{"id": "D-1", "tenant": "suedwind"}]"#, 5, 25);
    let inner = retriever("t", vec![document("D-1", json!({"tenant": "suedwind"}))], 10, 20);
    assert_eq!(found(vec![search, inner], ""), ["leak t D-1"]);
}

#[test]
fn a_result_that_only_messages_tell_of_leaks_too() {
    let call = Part::ToolCall { id: Some("c1".into()), name: "list_orders".into(), arguments: json!({}) };
    let result = Part::ToolResult {
        id: Some("c1".into()),
        name: None,
        text: r#"[{"tenant": "suedwind"}]"#.into(),
        is_error: false,
    };
    let history = Part::ToolResult {
        id: Some("old".into()),
        name: Some("list_orders".into()),
        text: r#"[{"tenant": "suedwind"}]"#.into(),
        is_error: false,
    };
    let message =
        |role, part: &Part| Message { role, parts: vec![part.clone()], name: None, content_state: Default::default() };
    let first = Span {
        output: Some(vec![message(Role::Assistant, &call)]),
        input: Some(vec![message(Role::Tool, &history)]),
        ..child("t", "one", SpanKind::Llm, 10, 20)
    };
    let second = Span {
        input: Some(vec![message(Role::Assistant, &call), message(Role::Tool, &result)]),
        ..child("t", "two", SpanKind::Llm, 30, 40)
    };
    assert_eq!(found(vec![first.clone(), second], ""), ["leak t list_orders"]);
    assert_eq!(found(vec![first], ""), [] as [&str; 0], "an example in the history was not carried out here");
}

#[test]
fn hostile_results_end() {
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let quoted =
        (0..6).fold(String::from("{\"tenant\":\"suedwind\"}"), |text, _| serde_json::to_string(&text).expect("JSON"));
    let wide = format!("[{}]", vec!["{\"a\":1}"; 50_000].join(","));
    assert_eq!(found_result(&deep), [] as [&str; 0]);
    assert_eq!(found_result(&quoted), ["leak t list_orders"]);
    assert_eq!(found_result(&wide), [] as [&str; 0]);
    let nameless = Span { tool: None, name: None, ..child("t", "x", SpanKind::Tool, 1, 2) };
    assert_eq!(found(vec![nameless, Span { span_id: None, ..tool("t", "a", "b", 1, 2) }], ""), [] as [&str; 0]);
    assert_eq!(Id::new("t").as_str(), "t");
}
