//! Variants through the built command: documents in another order or with other words, prompts with variables, and calls
//! that cannot be sent beside others that can.

use crate::replaying::{replay_args, variant, words};
use retake_testkit::loopback::{Loopback, Reply};
use retake_tests::Home;
use retake_tests::traces::{Call, document, lines};
use serde_json::{Value, json};

/// What the redactor finds in the text of a call.
const SECRET: &str = "sk-proj-Zq81LmNoPq72RsTuVw63XyZaBc54DeFgHi45JkLm";

fn text(value: impl Into<String>) -> Value {
    json!({"stringValue": value.into()})
}

/// Sets an attribute of a span.
fn set(span: &mut Value, key: &str, value: Value) {
    let attributes = span["attributes"].as_array_mut().unwrap();
    attributes.retain(|attribute| attribute["key"] != key);
    attributes.push(json!({"key": key, "value": value}));
}

/// A home with one call of three documents in its prompt and two variables in its template.
fn home_with_documents() -> (Home, Call) {
    let home = Home::new();
    let call = Call::new(1, "Where is parcel 1?", "On its way.");
    let mut spans = call.spans();
    let documents = [
        ("KB-1", "Parcels arrive within four days."),
        ("KB-2", "Islands take nine days."),
        ("KB-3", "Night parcels come at six."),
    ];
    let listed: Vec<Value> =
        documents.iter().map(|(id, content)| json!({"id": id, "score": 0.5, "content": content})).collect();
    set(&mut spans[1], "gen_ai.retrieval.documents", text(Value::from(listed).to_string()));
    let blocks: Vec<String> = documents.iter().map(|(id, content)| format!("[{id}] {content}")).collect();
    let prompt = format!("Sources:\n{}\n\nQuestion: Where is parcel 1?", blocks.join("\n"));
    let input = json!([{"role": "user", "parts": [{"type": "text", "content": prompt}]}]);
    set(&mut spans[2], "gen_ai.input.messages", text(input.to_string()));
    set(&mut spans[2], "gen_ai.prompt.variables", text(json!({"shop": "Northwind", "tone": "kind"}).to_string()));
    let path = home.file("call.json", document(spans));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    (home, call)
}

/// Sends the call under one variant and gives the messages of the body that went out.
fn sent(home: &Home, call: &Call, more: &str) -> (Value, Value) {
    let provider = Loopback::start(vec![Reply::text("ok")]);
    let args = replay_args(&[&call.span_id()], &[variant(&provider, "openai-compatible", more)], &provider);
    home.retake(&words(&args)).ok();
    let received = provider.requests();
    assert_eq!(received.len(), 1);
    let messages = received[0].body["messages"].clone();
    (messages[0]["content"].clone(), messages[messages.as_array().unwrap().len() - 1]["content"].clone())
}

#[test]
fn documents_change_places_and_words_and_nothing_else_does() {
    let (home, call) = home_with_documents();
    let (system, user) = sent(&home, &call, "");
    let user = user.as_str().unwrap().to_owned();
    let (same_system, ordered) = sent(&home, &call, "order-docs='KB-3,KB-1,KB-2'");
    assert_eq!(same_system, system);
    assert_eq!(
        ordered.as_str().unwrap(),
        "Sources:\n[KB-3] Night parcels come at six.\n[KB-1] Parcels arrive within four days.\n[KB-2] Islands take nine days.\n\nQuestion: Where is parcel 1?"
    );

    home.file("kb-2.txt", "Islands take two days since May.");
    let (same_system, replaced) = sent(&home, &call, "replace-doc=KB-2:@kb-2.txt");
    assert_eq!(same_system, system);
    assert_eq!(replaced.as_str().unwrap(), user.replace("Islands take nine days.", "Islands take two days since May."));

    for (more, named) in [
        ("order-docs='KB-3,KB-9'", "KB-9"),
        ("replace-doc=KB-9:@kb-2.txt", "KB-9"),
        ("drop-doc=KB-9", "KB-9"),
        ("replace-doc=KB-2:@no-such.txt", "no-such.txt"),
    ] {
        let provider = Loopback::start(vec![Reply::text("ok")]);
        let args = replay_args(&[&call.span_id()], &[variant(&provider, "openai-compatible", more)], &provider);
        let error = home.retake(&words(&args)).error(2);
        assert!(error["message"].as_str().unwrap().contains(named), "{more}: {error}");
        assert_eq!(provider.count(), 0, "{more}");
    }
}

#[test]
fn a_prompt_takes_the_traces_variables_and_a_missing_one_is_named() {
    let (home, call) = home_with_documents();
    let (_, user) = sent(&home, &call, "");
    for template in
        ["You answer for {{shop}}, {{ tone }} and short.", "You answer for {{shop}}. Sign as {{signature}}."]
    {
        let path = home.file("prompt.txt", template);
        home.retake(&["prompt", "new", "desk", "--file", path.to_str().unwrap()]).ok();
    }
    home.retake(&["prompt", "label", "desk@1", "live"]).ok();
    for prompt in ["prompt=desk@1", "prompt=desk@live"] {
        assert_eq!(
            sent(&home, &call, prompt),
            ("You answer for Northwind, kind and short.".into(), user.clone()),
            "{prompt}"
        );
    }
    let provider = Loopback::start(vec![Reply::text("ok")]);
    for (prompt, exit, code, named) in [
        ("prompt=desk@2", 2, "RTK-R002", "signature"),
        ("prompt=desk@7", 3, "RTK-R013", "desk@7"),
        ("prompt=front@1", 3, "RTK-R013", "front@1"),
    ] {
        let args = replay_args(&[&call.span_id()], &[variant(&provider, "openai-compatible", prompt)], &provider);
        let error = home.retake(&words(&args)).error(exit);
        assert_eq!(error["code"], code, "{error}");
        assert!(error["message"].as_str().unwrap().contains(named), "{prompt}: {error}");
    }
    assert_eq!(provider.count(), 0, "nothing is sent with a hole in it");
}

/// Four calls; a secret was removed from the third on its way in.
fn home_with_a_hole() -> (Home, Vec<Call>) {
    let home = Home::new();
    let calls: Vec<Call> = (1..=4)
        .map(|n| {
            let question =
                if n == 3 { format!("My key is {SECRET}, is it good?") } else { format!("Where is parcel {n}?") };
            Call::new(n, &question, "On its way.")
        })
        .collect();
    let path = home.file("calls.jsonl", lines(&calls));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    std::fs::remove_file(path).unwrap();
    (home, calls)
}

#[test]
fn a_call_with_a_removed_secret_is_left_out_and_named_and_the_others_run() {
    let (home, calls) = home_with_a_hole();
    let hole = calls[2].span_id();
    let provider = Loopback::start(vec![Reply::text("Seen.")]);
    let ids: Vec<String> = calls.iter().map(Call::span_id).collect();
    let by_ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    for target in [&["--query", ""][..], &by_ids] {
        let mut args = replay_args(target, &[variant(&provider, "openai-compatible", "")], &provider);
        args.push("--estimate".into());
        let estimate = home.retake(&words(&args));
        let planned = estimate.ok();
        assert_eq!(planned["calls"], 3, "{estimate}");
        assert_eq!(planned["left_out"][0]["span_id"], hole.as_str(), "{estimate}");
        assert_eq!(planned["left_out"][0]["code"], "RTK-R004", "{estimate}");
        assert!(planned["sentence"].as_str().unwrap().contains(&hole), "people read it in the plan: {estimate}");
        assert!(estimate.stderr.contains(&hole), "{estimate}");
        args.pop();
        let before = provider.count();
        let run = home.retake(&words(&args));
        let document = run.ok();
        assert_eq!((&document["status"], &document["counts"]["done"]), (&"done".into(), &3.into()), "{run}");
        assert_eq!(document["counts"]["pending"], 0, "what is left out is not left to do: {run}");
        assert_eq!(document["left_out"].as_array().unwrap().len(), 1, "{run}");
        assert_eq!(document["left_out"][0]["span_id"], hole.as_str(), "{run}");
        assert!(run.stderr.contains(&hole) && run.stderr.contains("RTK-R004"), "{run}");
        assert!(document["takes"].as_array().unwrap().iter().all(|take| take["span_id"] != hole.as_str()), "{run}");
        assert_eq!(provider.count() - before, 3, "{run}");
        let shown = home.retake(&["runs", "show", document["run_id"].as_str().unwrap()]).ok();
        assert_eq!(shown["left_out"], document["left_out"], "a run keeps what it left out");
    }
    let sent: String = provider.requests().iter().map(|request| request.body_text.clone()).collect();
    assert!(!sent.contains("is it good?"), "{sent}");
}

#[test]
fn only_a_variant_that_keeps_the_hole_is_left_out_and_nothing_left_is_refused() {
    let (home, calls) = home_with_a_hole();
    let hole = calls[2].span_id();
    let provider = Loopback::start(vec![Reply::text("Seen.")]);
    let args = replay_args(&[&hole], &[variant(&provider, "openai-compatible", "")], &provider);
    let error = home.retake(&words(&args)).error(5);
    assert_eq!(error["code"], "RTK-R004", "{error}");
    assert_eq!(provider.count(), 0);

    // The secret stands in the system text here, which one of two variants replaces.
    let call = Call::new(9, "Where is parcel 9?", "On its way.");
    let mut spans = call.spans();
    let system = json!([{"type": "text", "content": format!("Answer from the sources. The key is {SECRET}.")}]);
    set(&mut spans[2], "gen_ai.system_instructions", text(system.to_string()));
    let path = home.file("nine.json", document(spans));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let base = format!("provider=openai-compatible,base-url={}", provider.base_url());
    let variants = [format!("name=as-it-was,{base}"), format!("name=without,{base},system=Be terse.")];
    let run = home.retake(&words(&replay_args(&[&call.span_id()], &variants, &provider)));
    let document = run.ok();
    assert_eq!(document["takes"].as_array().unwrap().len(), 1, "{run}");
    assert_eq!(document["takes"][0]["variant"], "without", "{run}");
    assert_eq!(document["left_out"][0]["variant"], "as-it-was", "{run}");
}

/// A call of the Responses API goes out as a chat completion, and the plan says so.
#[test]
fn a_recorded_responses_call_goes_out_as_chat_and_says_what_is_lost() {
    let home = Home::new();
    let folder = retake_tests::in_repository("fixtures/imports/openai-responses");
    for name in ["request-and-response.input.json", "text-input-and-held-history.input.jsonl"] {
        home.retake(&["import", folder.join(name).to_str().unwrap()]).ok();
    }
    let provider = Loopback::start(vec![Reply::text("Dock 4 is free.")]);
    let recorded: Value =
        serde_json::from_slice(&std::fs::read(folder.join("request-and-response.input.json")).unwrap()).unwrap();
    let shown = home.retake(&["show", "span:resp_fold_0001", "--as", "request"]).ok();
    assert_eq!(shown["request"], recorded["request"], "the request is shown as it was recorded");

    let mut args = replay_args(&["span:resp_fold_0001"], &[variant(&provider, "openai-compatible", "")], &provider);
    args.push("--estimate".into());
    let estimate = home.retake(&words(&args)).ok();
    let lost = |path: &str| estimate["losses"].as_array().unwrap().iter().any(|loss| loss["path"] == path);
    assert!(lost("api") && lost("params.include"), "{estimate:#}");
    args.pop();
    home.retake(&words(&args)).ok();
    let received = provider.requests();
    assert_eq!(received[0].path, "/v1/chat/completions");
    let body = &received[0].body;
    let messages = body["messages"].as_array().unwrap();
    let roles: Vec<&str> = messages.iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "system", "user", "assistant", "tool", "tool"], "{body:#}");
    assert_eq!(messages[0]["content"], recorded["request"]["instructions"], "{body:#}");
    let called: Vec<&Value> = messages[3]["tool_calls"].as_array().unwrap().iter().map(|call| &call["id"]).collect();
    assert_eq!(called, ["call_fold_1", "call_fold_2"], "{body:#}");
    assert_eq!(
        (&messages[4]["tool_call_id"], &messages[5]["tool_call_id"]),
        (&"call_fold_2".into(), &"call_fold_1".into())
    );
    assert_eq!((&body["max_tokens"], &body["reasoning_effort"]), (&800.into(), &"low".into()), "{body:#}");
    assert!(body.get("input").is_none() && body.get("instructions").is_none(), "{body:#}");

    // What went before the second question is held by OpenAI: the record does not have it.
    let args = replay_args(&["span:resp_fold_0012"], &[variant(&provider, "openai-compatible", "")], &provider);
    let error = home.retake(&words(&args)).error(2);
    assert_eq!(error["code"], "RTK-R003", "{error}");
    assert!(error["message"].as_str().unwrap().contains("previous_response_id"), "{error}");
    assert_eq!(provider.count(), 1);
}
