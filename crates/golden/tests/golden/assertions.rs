//! Each assertion type against its table of `fixtures/golden/assertions`.

use crate::root;
use retake_compare::{DocumentFacts, TakeFacts};
use retake_golden::assertion::{self, Cache};
use retake_golden::{Assertion, CaseDocument, RecordedAnswer, Subject};
use retake_model::{Code, Coded};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

fn table(name: &str) -> Value {
    let path = root().join("fixtures/golden").join(name);
    serde_saphyr::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap()
}

fn take(answer: &Value) -> TakeFacts {
    serde_json::from_value::<RecordedAnswer>(answer.clone()).unwrap().into()
}

fn documents(list: &Value) -> Option<Vec<DocumentFacts>> {
    let list: Option<Vec<CaseDocument>> = serde_json::from_value(list.clone()).unwrap();
    list.map(|list| list.iter().map(DocumentFacts::from).collect())
}

fn judge(
    assertion: &Value,
    not: bool,
    take: &TakeFacts,
    documents: Option<&[DocumentFacts]>,
) -> assertion::AssertionResult {
    let mut written = assertion.as_object().unwrap().clone();
    if not {
        written.insert("not".to_owned(), true.into());
    }
    let assertion = Assertion::from_json(written).unwrap();
    assertion.prepare(&mut Cache::default()).unwrap().judge(&Subject::new(take, documents))
}

#[test]
fn one_changed_fact_flips_each_type_and_the_reason_names_it() {
    for kind in assertion::all() {
        let table = table(&format!("assertions/{}.yaml", kind.name));
        let (answer, context) = (&table["answer"], documents(&table["documents"]));
        let good = take(answer);
        let rows = table["rows"].as_array().unwrap();
        assert!(rows.iter().any(|row| row["unknown"] == json!(true)), "{}: no row takes a fact away", kind.name);
        for row in rows {
            let assertion = &row["assertion"];
            assert_eq!(assertion["type"], json!(kind.name), "a row of another type");
            let passing = judge(assertion, false, &good, context.as_deref());
            assert!(
                passing.passed && passing.reason.as_ref().is_some_and(|found| !found.is_empty()),
                "{assertion}: {passing:?}"
            );
            let negated = judge(assertion, true, &good, context.as_deref());
            assert!(!negated.passed && negated.reason.is_some(), "not {assertion}: {negated:?}");

            let mut changed: Map<String, Value> = answer.as_object().unwrap().clone();
            changed.extend(row["change"].as_object().cloned().unwrap_or_default());
            let bad = take(&Value::Object(changed));
            let context = row.get("documents").map_or_else(|| context.clone(), documents);
            let failing = judge(assertion, false, &bad, context.as_deref());
            let negated = judge(assertion, true, &bad, context.as_deref());
            let unknown = row["unknown"] == json!(true);
            assert!(!failing.passed, "{assertion} passes after {row}");
            assert_eq!(negated.passed, !unknown, "not {assertion} after {row}: {negated:?}");
            let reason = failing.reason.unwrap();
            assert_eq!(reason.starts_with("not recorded: "), unknown, "{reason}");
            for name in row["names"].as_array().unwrap() {
                assert!(reason.contains(name.as_str().unwrap()), "{name} is not in the reason: {reason}");
            }
        }
    }
}

#[test]
fn every_table_is_of_a_type() {
    let files: BTreeSet<String> = std::fs::read_dir(root().join("fixtures/golden/assertions"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let types: BTreeSet<String> = assertion::all().iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(files, types);
}

#[test]
fn refusals_are_told_from_answers() {
    let table = table("refusals.yaml");
    for (list, refuses) in [("refuses", true), ("answers", false)] {
        for text in table[list].as_array().unwrap() {
            let take = take(&json!({ "output_text": text }));
            let result = judge(&json!({"type": "refuses"}), false, &take, None);
            assert_eq!(result.passed, refuses, "{text}");
            assert_eq!(refuses, !result.evidence.is_empty() && result.passed, "{text}");
        }
    }
    let filtered = take(&json!({ "output_text": "", "finish_reason": "content_filter" }));
    assert!(judge(&json!({"type": "refuses"}), false, &filtered, None).passed);
}

#[test]
fn evidence_marks_characters_of_the_answer() {
    let marked = |assertion: Value, text: &str, documents: Option<&[DocumentFacts]>| {
        let result = judge(&assertion, false, &take(&json!({ "output_text": text })), documents);
        let chars: Vec<char> = text.chars().collect();
        result.evidence.iter().map(|r| chars[r.start..r.end].iter().collect::<String>()).collect::<Vec<_>>()
    };
    assert_eq!(marked(json!({"type": "contains", "value": "9 Tage"}), "Für Grüße: 9\n Tage.", None), ["9\n Tage"]);
    assert_eq!(marked(json!({"type": "regex", "value": r"\d+天"}), "可以在9天内，或者12天内", None), ["9天", "12天"]);
    let documents =
        [DocumentFacts { document_id: Some("ÄB-1".to_owned()), placed: Some(true), ..DocumentFacts::default() }];
    for text in [
        "é [ÄB-1]",
        "é 【ÄB-1】",
        "é [source: ÄB-1]",
        "é [^ÄB-1]",
        "é, ÄB-1 says",
        "é [ÄB-1; ÄB-2]",
        "é (see: x) (ÄB-1)",
        "é (ÄB-1)",
    ] {
        let got = marked(json!({"type": "cites", "document": "ÄB-1"}), text, Some(&documents));
        assert_eq!(got, ["ÄB-1"], "{text}");
    }
    assert_eq!(marked(json!({"type": "cites", "document": "ÄB-1"}), "see [1]", Some(&documents)), ["1"]);
    let worded = [DocumentFacts { document_id: Some("returns/policy".to_owned()), ..DocumentFacts::default() }];
    assert_eq!(marked(json!({"type": "cites"}), "so it is (returns/policy).", Some(&worded)), ["returns/policy"]);
    for text in ["[x] done", "ÄB-12", "ÄB-1-b", "a [link](http://x/y)"] {
        let take = take(&json!({ "output_text": text }));
        assert!(!judge(&json!({"type": "cites"}), false, &take, Some(&documents)).passed, "{text}");
    }
}

#[test]
fn the_command_line_writes_every_type() {
    for kind in assertion::all() {
        let parsed = Assertion::parse(kind.example).unwrap();
        assert_eq!(parsed.kind, kind.name);
        let negated = Assertion::parse(&format!("not-{}", kind.example)).unwrap();
        assert_ne!(negated.not, parsed.not);
        let text = Value::Object(parsed.to_json()).to_string();
        assert_eq!(Assertion::parse(&text).unwrap(), parsed, "JSON reads as the same assertion");
        let value = json!({ "type": parsed.kind, "not": parsed.not, "value": parsed.value() }).to_string();
        assert_eq!(Assertion::parse(&value).unwrap(), parsed, "the printed value reads as the same assertion");
    }
}

#[test]
fn values_of_the_command_line_are_understood() {
    for (text, fields) in [
        ("contains: 9 days ", json!({"value": "9 days"})),
        ("contains:a:b", json!({"value": "a:b"})),
        (r#"contains:{"any":["a","b"]}"#, json!({"any": ["a", "b"]})),
        ("json-path:$.a[?@.b==1].c=2", json!({"path": "$.a[?@.b==1].c", "equals": 2})),
        ("json_path:$.a=yes", json!({"path": "$.a", "equals": "yes"})),
        (r"json_path:$.a~^\d=$", json!({"path": "$.a", "matches": r"^\d=$"})),
        ("cites", json!({})),
        ("calls-tool:f", json!({"name": "f"})),
        (r#"calls_tool:f({"a":1})"#, json!(null)),
        (r#"calls_tool:f {"a":1}"#, json!({"name": "f", "arguments": {"a": 1}})),
        ("context_holds:a@b@3", json!({"document": "a@b", "version": "3"})),
        ("latency:<=1.5s", json!({"max_ms": 1500})),
        ("ttft:250", json!({"max_ms": 250})),
        ("tokens:500", json!({"max": 500})),
        ("tokens:output<=20", json!({"max": 20, "of": "output"})),
        ("cost:$0.02", json!({"max_usd": 0.02})),
        ("finish_reason:stop", json!({"value": "stop"})),
        ("answers", json!({})),
    ] {
        match (Assertion::parse(text), fields) {
            (Ok(parsed), fields) => assert!(
                retake_compare::json::equal(&Value::Object(parsed.fields.clone()), &fields),
                "{text}: {:?}",
                parsed.fields
            ),
            (Err(_), Value::Null) => {}
            (Err(error), _) => panic!("{text}: {error}"),
        }
    }
    assert!(Assertion::parse("answers").unwrap().not);
    assert!(!Assertion::parse("not-answers").unwrap().not);
}

#[test]
fn what_cannot_be_read_names_what_would_fit() {
    for (text, names) in [
        ("similar:x", "contains, regex"),
        ("contains:", "text is missing"),
        ("regex:(", "pattern"),
        (r#"{"type":"contains","valeu":"x"}"#, "valeu"),
        (r#"{"value":"x"}"#, "`type` is missing"),
        (r#"{"type":"contains","#, "not JSON"),
        (r#"{"type":"contains","value":"x","weight":-1}"#, "weight"),
        (r#"{"type":"contains","value":"x","not":"no"}"#, "`not`"),
        ("latency:soon", "soon"),
        ("latency:5 parsecs", "units"),
        ("tokens:many", "number of tokens"),
        ("json_path:order", "order"),
        ("json_schema:{", "not JSON"),
        (r#"json_schema:{"type":"no such type"}"#, "not a JSON Schema"),
        ("refuses:yes", "takes no value"),
        ("calls_tool:", "tool name"),
        ("contains:   ", "text is missing"),
        ("", "no assertion type"),
    ] {
        let error = Assertion::parse(text).unwrap_err();
        assert_eq!(error.code(), Code::AssertionInvalid);
        assert!(error.to_string().contains(names), "{text}: {error}");
        let told = format!("{error}\n{}", error.hint().unwrap());
        assert_eq!(told.matches("context_holds").count(), 1, "the types are named once: {told}");
    }
}
