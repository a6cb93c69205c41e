//! Streams: any cut of the bytes gives the same events, and they add up to what a server sends when it does not stream.

use proptest::prelude::*;
use retake_model::Answer;
use retake_wire::{Api, CutShort, StreamEnd, StreamEvent, api};
use serde_json::{Value, json};

fn decode(api: &Api, pieces: &[&[u8]]) -> (Vec<StreamEvent>, Result<Answer, CutShort>) {
    let mut decoder = (api.stream)();
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece, &mut events).expect("whole events are JSON");
    }
    (events, decoder.finish(StreamEnd::Broken))
}

fn outcome(events: &[StreamEvent], answer: &Result<Answer, CutShort>) -> Value {
    let events: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
    match answer {
        Ok(answer) => json!({"answer": answer, "events": events}),
        Err(cut) => json!({"cut_short": cut.to_string(), "so_far": cut.answer, "events": events}),
    }
}

#[test]
fn streams_match_their_expected_form() {
    retake_testkit::each("wire/*/*.stream.sse", |fixture| {
        let api = api::by_name(&fixture.folder()).expect("the folder is named after an API");
        let bytes = fixture.bytes();
        let (events, answer) = decode(api, &[&bytes]);
        fixture.expect_json("expected", &outcome(&events, &answer));
        let whole = fixture.sibling("whole.json");
        if whole.exists() {
            let body: Value = serde_json::from_slice(&std::fs::read(whole).expect("readable")).expect("JSON");
            assert!((api.looks_like_answer)(&body));
            assert_eq!(
                answer.expect("a whole stream"),
                (api.decode_answer)(&body).expect("an answer"),
                "{}",
                fixture.name()
            );
        }
    });
}

#[test]
fn streams_cut_at_every_byte_are_the_same() {
    retake_testkit::each("wire/*/*.stream.sse", |fixture| {
        let api = api::by_name(&fixture.folder()).expect("the folder is named after an API");
        let bytes = fixture.bytes();
        let expected = decode(api, &[&bytes]);
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(decode(api, &[head, tail]), expected, "{} cut at {at}", fixture.name());
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(decode(api, &single), expected, "{} byte by byte", fixture.name());
    });
}

#[test]
fn a_stream_that_ends_anywhere_keeps_what_came_and_never_looks_whole() {
    for (api, name, bytes) in [
        ("openai", "text", include_bytes!("../../../../fixtures/wire/openai/text.stream.sse").as_slice()),
        ("anthropic", "thinking", include_bytes!("../../../../fixtures/wire/anthropic/thinking-and-tools.stream.sse")),
    ] {
        let api = api::by_name(api).expect("a registered API");
        let whole = decode(api, &[bytes]).1.expect("a whole stream");
        for at in 0..bytes.len() {
            let (events, answer) = decode(api, &[&bytes[..at]]);
            match answer {
                Ok(answer) => assert_eq!(answer, whole, "{name} cut at {at} is called whole"),
                Err(cut) => {
                    assert!(whole.output_text().starts_with(&cut.answer.output_text()), "{name} cut at {at}");
                    assert!(cut.events >= events.len(), "{name} cut at {at}");
                }
            }
        }
    }
}

#[test]
fn a_chat_that_closes_after_its_finish_reason_is_whole() {
    let api = api::by_name("openai").expect("a registered API");
    let said = "data: {\"choices\":[{\"delta\":{\"content\":\"Friday\"}}]}\n\n";
    let stop = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let torn = "data: {\"usage\":{\"prompt";
    let ended = |text: String, end| {
        let mut decoder = (api.stream)();
        decoder.push(text.as_bytes(), &mut Vec::new()).expect("whole events are JSON");
        decoder.finish(end).map(|answer| answer.output_text())
    };
    assert_eq!(ended(format!("{said}{stop}"), StreamEnd::Closed).expect("whole"), "Friday");
    assert!(ended(format!("{said}{stop}"), StreamEnd::Broken).is_err());
    assert!(ended(format!("{said}{stop}{torn}"), StreamEnd::Closed).is_err());
    assert!(ended(said.to_owned(), StreamEnd::Closed).is_err());
}

#[test]
fn what_stands_before_a_broken_event_is_kept() {
    for (api, before) in [
        ("openai", r#"{"choices":[{"delta":{"content":"Friday"}}]}"#),
        ("openai-completions", r#"{"choices":[{"text":"Friday"}]}"#),
        ("openai-responses", r#"{"type":"response.output_text.delta","delta":"Friday"}"#),
        ("anthropic", r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Friday"}}"#),
    ] {
        let mut decoder = (api::by_name(api).expect("a registered API").stream)();
        let mut events = Vec::new();
        let outcome = decoder.push(format!("data: {before}\n\ndata: {{nonsense\n\n").as_bytes(), &mut events);
        assert!(outcome.is_err(), "{api}");
        assert!(
            events.iter().any(|event| matches!(event, StreamEvent::Text { text, .. } if text == "Friday")),
            "{api}"
        );
        assert_eq!(decoder.so_far().output_text(), "Friday", "{api}");
    }
}

proptest! {
    /// However the network cuts the bytes, the events are the same.
    #[test]
    fn cuts_do_not_change_events(texts in prop::collection::vec("[ -~é🛶]{0,8}", 0..6), arguments in prop::collection::vec("[ -~]{0,6}", 0..4), end in prop_oneof![Just("\n"), Just("\r\n"), Just("\r")], cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20)) {
        let mut stream = String::new();
        let mut say = |delta: Value, finish: Option<&str>| {
            stream.push_str(&format!("data: {}{end}{end}", json!({"id": "i", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})));
        };
        texts.iter().for_each(|text| say(json!({"content": text}), None));
        say(json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f"}}]}), None);
        arguments.iter().for_each(|text| say(json!({"tool_calls": [{"index": 0, "function": {"arguments": text}}]}), None));
        say(json!({}), Some("stop"));
        stream.push_str(&format!("data: [DONE]{end}{end}"));
        let api = api::by_name("openai").expect("a registered API");
        let bytes = stream.as_bytes();
        let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        at.sort_unstable();
        let starts = std::iter::once(0).chain(at.iter().copied());
        let ends = at.iter().copied().chain([bytes.len()]);
        let pieces: Vec<&[u8]> = starts.zip(ends).map(|(from, to)| &bytes[from..to]).collect();
        let whole = decode(api, &[bytes]);
        prop_assert_eq!(&decode(api, &pieces), &whole);
        prop_assert_eq!(whole.1.expect("a whole stream").output_text(), texts.concat());
    }
}
