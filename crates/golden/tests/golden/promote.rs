//! Promotion into a folder.

use proptest::prelude::*;
use retake_compare::{DocumentFacts, TakeFacts};
use retake_golden::{
    Answers, Assertion, CheckOptions, Doubt, Doubtful, GoldenError, Origin, Promoted, Promotion, Verdict, check, load,
    promote,
};
use retake_model::{JsonMap, Message, Part, Request, Role, ToolCall, ToolDefinition};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

fn plain(text: &str) -> (String, BTreeMap<String, u64>) {
    (text.to_owned(), BTreeMap::new())
}

fn promotion(question: &str) -> Promotion {
    Promotion {
        request: Request {
            api: Some("openai".to_owned()),
            model: Some("m-1".to_owned()),
            messages: vec![
                Message::text(Role::System, "Answer from the documents.\n\nSHP-2: A parcel takes 9 days.\n"),
                Message::text(Role::User, question),
            ],
            tools: vec![ToolDefinition {
                name: "find".to_owned(),
                description: None,
                parameters: json!({"type": "object"}),
                raw: None,
            }],
            params: json!({"temperature": 0.0, "seed": 7}).as_object().unwrap().clone(),
            ..Request::default()
        },
        documents: Some(vec![DocumentFacts {
            document_id: Some("SHP-2".to_owned()),
            version: Some("4".to_owned()),
            placed: Some(true),
            content: Some("A parcel takes 9 days.".to_owned()),
        }]),
        origin: Origin { trace_id: Some("t".to_owned()), span_id: Some(question.to_owned()), ..Origin::default() },
        answer: TakeFacts {
            output_text: Some("It takes 9 days [SHP-2].".to_owned()),
            tool_calls: Some(Vec::new()),
            latency_ms: Some(120.0),
            ..TakeFacts::default()
        },
        suggest: true,
        ..Promotion::default()
    }
}

fn verdict(dir: &Path) -> Verdict {
    let report = check(&load(&[dir.to_owned()]).unwrap(), &CheckOptions::default(), &Answers::Recorded).unwrap();
    assert!(report.sets[0].errors.is_empty(), "{:?}", report.sets[0].errors);
    report.verdict
}

#[test]
fn a_promoted_case_passes_its_own_check() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("golden");
    let shown = retake_golden::promote::preview(&dir, promotion("How long does a parcel take?"), &plain).unwrap();
    assert!(!dir.exists(), "a preview writes nothing");
    let first = promote(&dir, promotion("How long does a parcel take?"), &plain).unwrap();
    assert_eq!(shown, first);
    assert_eq!(std::fs::read_to_string(&first.path).unwrap(), first.text);
    assert_eq!((first.case_id.as_str(), first.set_created), ("how-long-does-a-parcel-take", true));
    assert!(first.path.is_absolute() && first.path.is_file());
    assert!(first.assertions.iter().any(|a| a.kind == "cites" && a.value == json!("SHP-2") && a.because.is_some()));
    assert_eq!(verdict(&dir), Verdict::Pass);
    let text = std::fs::read_to_string(&first.path).unwrap();
    assert!(
        text.starts_with("# yaml-language-server: $schema=../.schema/case.schema.json\nversion: 1\nid: how-long"),
        "{text}"
    );
    assert!(text.contains("text: |\n        Answer from the documents.\n\n        SHP-2: A parcel"), "{text}");
    assert!(dir.join(".schema/case.schema.json").is_file());
    let left: Vec<_> = walk(&dir).into_iter().filter(|path| path.ends_with(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_a_preview_shows_writes_the_same_file_when_it_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = promotion("How long does a parcel take?");
    first.assertions = vec![Assertion::parse(r#"{"type":"contains","value":"9 days","weight":1.0}"#).unwrap()];
    let shown = retake_golden::promote::preview(&folder.path().join("a"), first.clone(), &plain).unwrap();
    assert!(shown.assertions.iter().any(|a| a.weight == 0.0), "{:?}", shown.assertions);
    let mut back = promotion("How long does a parcel take?");
    back.suggest = false;
    back.assertions = shown
        .assertions
        .iter()
        .map(|shown| Assertion::parse(&serde_json::to_string(&shown.spec).unwrap()).unwrap())
        .collect();
    let direct = promote(&folder.path().join("a"), first, &plain).unwrap();
    let sent_back = promote(&folder.path().join("b"), back, &plain).unwrap();
    assert_eq!(direct.text, sent_back.text);
}

fn walk(dir: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path.display().to_string()) }
    }
    files
}

#[test]
fn names_are_kept_apart() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let named = |name: &str, question: &str| Promotion { name: Some(name.to_owned()), ..promotion(question) };
    let exists = |result: Result<Promoted, GoldenError>| matches!(result, Err(GoldenError::CaseExists { .. }));
    assert_eq!(promote(dir, named("Größe & Frist!", "q1"), &plain).unwrap().case_id, "größe-frist");
    assert!(exists(promote(dir, named("größe frist", "q2"), &plain)));
    assert!(matches!(promote(dir, named("!?", "q3"), &plain), Err(GoldenError::NameUnusable { .. })));
    assert!(exists(promote(dir, promotion("q1"), &plain)), "the same call again");
    let first = promote(dir, promotion("退款需要几天？"), &plain).unwrap();
    assert_eq!(first.case_id, "退款需要几天");
    let mut again = promotion("退款需要几天？");
    again.origin.span_id = Some("another call".to_owned());
    let second = promote(dir, again, &plain).unwrap();
    assert_eq!(second.case_id, "退款需要几天-2");
    assert_eq!(second.near_duplicates[0].case_id, "退款需要几天");
    assert!(first.near_duplicates.is_empty());
    let long = promote(dir, promotion(&"word ".repeat(60)), &plain).unwrap().case_id;
    assert!(long.len() <= 48 && long.ends_with("word"), "{long}");
    assert_eq!(verdict(dir), Verdict::Pass);
}

#[test]
fn a_broken_set_is_left_untouched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("set.yaml"), "version: 9\nname: x\n").unwrap();
    assert!(promote(folder.path(), promotion("q"), &plain).is_err());
    assert_eq!(walk(folder.path()).len(), 1);
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert!(matches!(promote(&file, promotion("q"), &plain), Err(GoldenError::Unwritable { .. })));
}

#[test]
fn every_text_is_redacted_before_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "sk-TEST-0000";
    let hide = |text: &str| {
        let n = text.matches(secret).count() as u64;
        (
            text.replace(secret, "[redacted]"),
            if n > 0 { BTreeMap::from([("key".to_owned(), n)]) } else { BTreeMap::new() },
        )
    };
    let mut one = promotion("q");
    one.request.messages.push(Message {
        role: Role::Assistant,
        parts: vec![
            Part::ToolCall { id: None, name: "find".to_owned(), arguments: json!({"deep": [{"key": secret}]}) },
            Part::ToolResult { id: None, name: None, text: secret.to_owned(), is_error: false },
        ],
        ..Message::text(Role::Assistant, "")
    });
    one.request.params.insert("metadata".to_owned(), json!({ "token": secret }));
    one.request.recorded_forms = vec![json!({ "content": secret })];
    one.documents = Some(vec![DocumentFacts { content: Some(secret.to_owned()), ..DocumentFacts::default() }]);
    one.variables = Some(json!({ "v": secret }).as_object().unwrap().clone());
    one.origin.why = Some(secret.to_owned());
    one.answer.output_text = Some(format!("the key is {secret}"));
    one.answer.tool_calls = Some(vec![ToolCall { id: None, name: "f".to_owned(), arguments: json!({ "k": secret }) }]);
    one.assertions = vec![Assertion::of("contains", secret).because(secret)];
    one.name = Some("has a secret".to_owned());
    let promoted = promote(folder.path(), one, &hide).unwrap();
    assert!(promoted.redactions["key"] >= 10, "{:?}", promoted.redactions);
    for path in walk(folder.path()) {
        assert!(!std::fs::read_to_string(&path).unwrap().contains(secret), "{path}");
    }
    assert_eq!(verdict(folder.path()), Verdict::Pass, "what is expected was redacted as the answer was");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "([ -~]{0,20}\n){0,6}", "[ \t\n]{0,4}[a-z: #-]{0,9}[ \t\n]{0,4}"]
}

fn any_part() -> impl Strategy<Value = Part> {
    prop_oneof![
        any_text().prop_map(|text| Part::Text { text }),
        any_text().prop_map(|text| Part::Reasoning { text }),
        (any::<String>(), any_json()).prop_map(|(name, arguments)| Part::ToolCall {
            id: Some("c".to_owned()),
            name,
            arguments
        }),
        any_text().prop_map(|text| Part::ToolResult { id: None, name: None, text, is_error: true }),
        any_json().prop_map(|json| Part::Opaque { vendor: "v".to_owned(), json }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    /// A case reads as it was written, whatever its texts hold.
    #[test]
    fn a_case_reads_as_written(
        parts in prop::collection::vec(prop::collection::vec(any_part(), 0..3), 0..4),
        params in prop::collection::vec((any::<String>(), any_json()), 0..3),
        content in any_text(),
        because in any_text(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut one = promotion("q");
        one.suggest = false;
        one.request.messages = parts.into_iter().map(|parts| Message { parts, ..Message::text(Role::User, "") }).collect();
        one.request.params = params.into_iter().collect::<JsonMap>();
        one.documents = Some(vec![DocumentFacts { content: Some(content), version: Some("3".to_owned()), ..DocumentFacts::default() }]);
        one.assertions = vec![Assertion::of("contains", "9 days").because(because)];
        one.name = Some("x".to_owned());
        let expected = one.clone();
        let promoted = promote(folder.path(), one, &plain).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let loaded = load(&[folder.path().to_owned()]).unwrap().remove(0);
        prop_assert!(loaded.errors.is_empty(), "{:?}\n{}", loaded.errors, std::fs::read_to_string(&promoted.path).unwrap());
        let case = &loaded.cases[0].case;
        prop_assert_eq!(&case.request, &expected.request);
        prop_assert_eq!(&case.assertions, &expected.assertions);
        prop_assert_eq!(&loaded.cases[0].documents, &expected.documents);
        prop_assert_eq!(&loaded.cases[0].recorded.as_ref().unwrap().output_text, &expected.answer.output_text);
    }
}

fn notes(promotion: Promotion) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    retake_golden::promote::preview(folder.path(), promotion, &plain).unwrap().notes
}

#[test]
fn doubtful_documents_of_the_case_and_what_was_left_out_for_them_are_told() {
    assert_eq!(notes(promotion("How long?")), Vec::<String>::new());
    let doubtful = |doubt: Doubt| Doubtful {
        document_id: Some("SHP-2".to_owned()),
        version: Some("4".to_owned()),
        content: None,
        doubt,
    };
    let doubts = vec![
        doubtful(Doubt::Foreign),
        doubtful(Doubt::Outdated { newer_version: "5".to_owned() }),
        doubtful(Doubt::Untrusted),
        Doubtful { document_id: Some("elsewhere".to_owned()), ..doubtful(Doubt::Foreign) },
    ];
    let told = notes(Promotion { doubts, ..promotion("How long?") });
    assert_eq!(
        told[..4],
        [
            "The case's context holds outdated documents: SHP-2 version 4 (version 5 is known).",
            "The case's context holds documents of another tenant: SHP-2 version 4.",
            "The case's context holds documents from a source that users write: SHP-2 version 4.",
            r#"Not suggested, since it would ask for SHP-2 version 4: contains "9 days", cites "SHP-2"."#,
        ]
    );
    // What is left (no call of `find`) asks nothing of the answer.
    assert!(told[4].contains("an empty answer passes"), "{told:?}");
}

#[test]
fn a_case_that_an_empty_answer_passes_is_told() {
    let asked = |specs: &[&str]| {
        let assertions = specs.iter().map(|spec| Assertion::parse(spec).unwrap()).collect();
        notes(Promotion { suggest: false, assertions, ..promotion("How long?") })
    };
    let told = asked(&["not-contains:12 days", "not-calls_tool:find"]);
    assert!(told[0].starts_with("Every scored assertion is negative (not-…): an empty answer passes"), "{told:?}");
    let told = asked(&["not-regex:^$"]);
    assert_eq!(told, ["Every scored assertion is negative (not-…): none says what the answer holds."]);
    let unscored = r#"{"type":"contains","value":"9 days","weight":0}"#;
    assert_eq!(asked(&["not-contains:12 days", unscored]).len(), 1, "an assertion without weight asks nothing");
    assert!(asked(&["not-contains:12 days", "context_holds:SHP-2"])[0].contains("an empty answer passes"));
    assert_eq!(asked(&["not-contains:12 days", "contains:9 days"]), Vec::<String>::new());
    assert_eq!(asked(&[]), Vec::<String>::new());
}
