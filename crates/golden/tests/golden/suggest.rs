//! Suggestions rest on evidence, and do not hold a bad answer up as expected.

use retake_compare::{DocumentFacts, TakeFacts};
use retake_golden::assertion::Cache;
use retake_golden::{Assertion, Doubt, Doubtful, Subject, SuggestInput, suggest};
use retake_model::{Request, ToolCall, ToolDefinition};
use serde_json::json;

fn document(id: &str, placed: bool, content: &str) -> DocumentFacts {
    DocumentFacts {
        document_id: Some(id.to_owned()),
        version: Some("2".to_owned()),
        placed: Some(placed),
        content: Some(content.to_owned()),
    }
}

fn answer(text: &str) -> TakeFacts {
    TakeFacts { output_text: Some(text.to_owned()), tool_calls: Some(Vec::new()), ..TakeFacts::default() }
}

fn request() -> Request {
    let tool =
        |name: &str| ToolDefinition { name: name.to_owned(), description: None, parameters: json!({}), raw: None };
    Request { tools: vec![tool("look"), tool("pay")], ..Request::default() }
}

fn shown(suggestions: &[Assertion]) -> Vec<String> {
    suggestions.iter().map(|s| format!("{}{} {}", if s.not { "not-" } else { "" }, s.kind, s.value())).collect()
}

#[test]
fn quantities_citations_documents_and_calls_are_suggested_with_their_evidence() {
    let documents = [
        document("TEA-1", true, "Black tea steeps for 4 minutes at 95 °C. A tin costs €12.50."),
        document("TEA-2", true, "Green tea: 70 °C."),
        document("TEA-3", false, "White tea steeps for 7 minutes."),
    ];
    let take = answer(
        "Let it steep for 4 minutes [TEA-1], never 7 minutes. A tin is €12.50. Ask 3 friends, by 1. May; see TEA-9.",
    );
    let input = SuggestInput {
        request: &request(),
        documents: Some(&documents),
        answer: &take,
        comparison: None,
        explicit: &[],
        doubts: &[],
    };
    let found = suggest(&input).suggestions;
    assert_eq!(
        shown(&found),
        [
            r#"contains "4 minutes""#,
            r#"contains "€12.50""#,
            r#"cites "TEA-1""#,
            r#"context_holds {"document":"TEA-1","version":"2"}"#,
            r#"not-calls_tool "look""#,
            r#"not-calls_tool "pay""#,
        ]
    );
    assert!(found[0].because.as_ref().unwrap().contains("TEA-1 version 2"), "{found:?}");
    let subject = Subject::new(&take, Some(&documents));
    for suggestion in &found {
        assert!(suggestion.because.is_some());
        let result = suggestion.prepare(&mut Cache::default()).unwrap().judge(&subject);
        assert!(result.passed, "a suggestion fails on the answer that it was drawn from: {result:?}");
    }
}

#[test]
fn an_answer_that_fails_what_the_user_expects_is_not_held_up() {
    let documents = [document("TEA-1", true, "Steep for 9 minutes.")];
    let take = TakeFacts { latency_ms: Some(100.0), ..answer("Steep for 9 minutes [TEA-1].") };
    let explicit = [Assertion::of("contains", "4 minutes")];
    let input = SuggestInput {
        request: &request(),
        documents: Some(&documents),
        answer: &take,
        comparison: None,
        explicit: &explicit,
        doubts: &[],
    };
    assert_eq!(shown(&suggest(&input).suggestions), ["latency 300"]);
    assert_eq!(suggest(&input).suggestions[0].weight, Some(0.0), "shown, not scored");
}

#[test]
fn another_answer_beside_it_shows_what_must_not_come_back() {
    let documents = [document("TEA-1", true, "Steep for 9 minutes."), document("TEA-2", true, "Steep for 4 minutes.")];
    let call = ToolCall { id: None, name: "pay".to_owned(), arguments: json!({}) };
    let bad = TakeFacts {
        tool_calls: Some(vec![call]),
        ..answer("Steep for 9 minutes [TEA-1], then 4 minutes, for 8 guests.")
    };
    let good =
        TakeFacts { documents: Some(vec![documents[1].clone()]), ..answer("Steep for 4 minutes [TEA-2]. 7 guests.") };
    let expected = [
        r#"contains "4 minutes""#,
        r#"cites "TEA-2""#,
        r#"context_holds {"document":"TEA-2","version":"2"}"#,
        r#"not-calls_tool "look""#,
        r#"not-calls_tool "pay""#,
        r#"not-contains "9 minutes""#,
        r#"not-contains "8 guests""#,
        r#"not-context_holds {"document":"TEA-1","version":"2"}"#,
    ];
    // The answer that is promoted is the good one, unless what the user expects says otherwise.
    let promoted = SuggestInput {
        request: &request(),
        documents: Some(&documents),
        answer: &good,
        comparison: Some(&bad),
        explicit: &[],
        doubts: &[],
    };
    assert_eq!(shown(&suggest(&promoted).suggestions), expected);
    let wrong = [Assertion::of("contains", "9 minutes").negated()];
    let turned = SuggestInput { answer: &bad, comparison: Some(&good), explicit: &wrong, ..promoted };
    let found = shown(&suggest(&turned).suggestions);
    assert_eq!(
        found,
        expected.iter().filter(|one| **one != r#"not-contains "9 minutes""#).copied().collect::<Vec<_>>()
    );
}

#[test]
fn calls_json_and_ceilings() {
    let call = ToolCall { id: None, name: "pay".to_owned(), arguments: json!({"amount": 5, "note": "x".repeat(200)}) };
    let take = TakeFacts {
        tool_calls: Some(vec![call]),
        cost_usd_nanos: Some(1_230_000),
        ..answer("```json\n{\"days\": 9, \"tags\": []}\n```")
    };
    let input = SuggestInput {
        request: &request(),
        documents: None,
        answer: &take,
        comparison: None,
        explicit: &[],
        doubts: &[],
    };
    assert_eq!(
        shown(&suggest(&input).suggestions),
        [
            r#"calls_tool {"name":"pay","arguments":{"amount":5}}"#,
            r#"json_schema {"schema":{"type":"object","required":["days","tags"],"properties":{"days":{"type":"number"},"tags":{"type":"array"}}}}"#,
            "cost 0.0019",
        ]
    );
    let explicit = suggest(&input).suggestions;
    let again = SuggestInput { explicit: &explicit, ..input };
    assert!(suggest(&again).suggestions.is_empty(), "what is expected already is not suggested again");
}

#[test]
fn quantities_of_other_scripts() {
    let documents = [document("D-1", true, "退款可在45天内申请。Lieferung in 3 Werktagen. Il reste 20 %.")];
    let take = answer("可以在45天内退款。In 3 Werktagen. Encore 20 %.");
    let request = Request::default();
    let input = SuggestInput {
        request: &request,
        documents: Some(&documents),
        answer: &take,
        comparison: None,
        explicit: &[],
        doubts: &[],
    };
    assert_eq!(
        shown(&suggest(&input).suggestions),
        [
            r#"contains "45天""#,
            r#"contains "3 Werktagen""#,
            r#"contains "20 %""#,
            r#"context_holds {"document":"D-1","version":"2"}"#
        ]
    );
}

#[test]
fn what_only_a_doubtful_document_bears_out_is_not_asked_for() {
    let documents = [
        document("TEA-1", true, "Steep for 9 minutes at 95 °C."),
        document("TEA-2", true, "Never above 95 °C."),
        document("TEA-3", true, "A tin is €12.50."),
    ];
    let doubtful = |id: &str, doubt: Doubt| Doubtful {
        document_id: Some(id.to_owned()),
        version: Some("2".to_owned()),
        content: None,
        doubt,
    };
    let doubts = [
        doubtful("TEA-1", Doubt::Outdated { newer_version: "3".to_owned() }),
        doubtful("TEA-3", Doubt::Foreign),
        Doubtful { version: Some("1".to_owned()), ..doubtful("TEA-2", Doubt::Untrusted) },
    ];
    let take = answer("Steep for 9 minutes at 95 °C [TEA-1], [TEA-2]. A tin is €12.50 [TEA-3].");
    let explicit = [Assertion::of("contains", "€12.50")];
    let input = SuggestInput {
        request: &Request::default(),
        documents: Some(&documents),
        answer: &take,
        comparison: None,
        explicit: &explicit,
        doubts: &doubts,
    };
    let found = suggest(&input);
    assert_eq!(
        shown(&found.suggestions),
        [r#"contains "95 °C""#, r#"cites "TEA-2""#, r#"context_holds {"document":"TEA-2","version":"2"}"#,],
        "another version of TEA-2 is in doubt, not this one"
    );
    let left: Vec<String> = found
        .left_out
        .iter()
        .map(|left| format!("{} {} of {}", left.assertion.kind, left.assertion.value(), left.document))
        .collect();
    assert_eq!(
        left,
        [
            r#"contains "9 minutes" of TEA-1 version 2"#,
            r#"cites "TEA-1" of TEA-1 version 2"#,
            r#"cites "TEA-3" of TEA-3 version 2"#,
        ]
    );
}

#[test]
fn what_the_other_answer_took_from_a_doubtful_document_is_not_to_come_back() {
    let documents = [document("TEA-1", true, "Steep for 9 minutes."), document("TEA-2", true, "Steep for 4 minutes.")];
    let doubts = [Doubtful {
        document_id: Some("TEA-1".to_owned()),
        version: Some("2".to_owned()),
        content: None,
        doubt: Doubt::Outdated { newer_version: "3".to_owned() },
    }];
    let (good, bad) = (answer("Steep for 4 minutes."), answer("Steep for 9 minutes."));
    let input = SuggestInput {
        request: &Request::default(),
        documents: Some(&documents),
        answer: &good,
        comparison: Some(&bad),
        explicit: &[],
        doubts: &doubts,
    };
    let found = suggest(&input).suggestions;
    let unwanted = found.iter().find(|one| one.not).map(|one| (one.value(), one.because.clone().unwrap_or_default()));
    let (value, because) = unwanted.unwrap();
    assert_eq!(value, json!("9 minutes"));
    assert!(because.contains("only TEA-1 version 2 says so, which is in doubt"), "{because}");
    let without = SuggestInput { doubts: &[], ..input };
    assert!(suggest(&without).suggestions.iter().all(|one| !one.not), "a sound document bears it out");
}
