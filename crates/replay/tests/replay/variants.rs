//! Variants applied to sources, and what they make of a request.

use crate::common::{plan_of, request, source, variant};
use retake_model::{Code, Coded, Message, Part, Role};
use retake_replay::run::{Permissions, check};
use retake_replay::variant::{apply, request_of};
use retake_replay::{ReplayError, Source, Target, Variant};
use serde_json::json;

fn with_variables() -> Source {
    let mut source = Source::of_request(request("You know: none", "q"), None);
    source.prompt_variables = json!({"passages": "[A] one", "n": 2}).as_object().cloned();
    source
}

fn prompts(name: &str, at: &str) -> Option<String> {
    match (name, at) {
        ("answer", "2" | "live") => Some("Use {n}:\n{passages}".into()),
        ("answer", "3") => Some("For {customer}: {passages}".into()),
        _ => None,
    }
}

#[test]
fn the_original_changes_nothing() {
    let applied = apply(&Variant::original(), &with_variables(), &prompts).expect("nothing to fail");
    assert_eq!((applied.request, applied.changes.len()), (request("You know: none", "q"), 0));
}

#[test]
fn a_prompt_version_takes_the_variables_of_the_trace() {
    for at in ["2", "live"] {
        let applied =
            apply(&variant(&format!("prompt=answer@{at}")), &with_variables(), &prompts).expect("both variables");
        assert_eq!(applied.request.messages.first().map(Message::joined_text).as_deref(), Some("Use 2:\n[A] one"));
    }
    let error = apply(&variant("prompt=answer@3"), &with_variables(), &prompts).expect_err("no customer");
    assert!(matches!(&error, ReplayError::VariableMissing { name, .. } if name == "customer"), "{error}");
    assert_eq!(
        apply(&variant("prompt=answer@9"), &with_variables(), &prompts).expect_err("no version").code(),
        Code::PromptUnknown
    );
}

#[test]
fn documents_are_looked_for_in_the_prompt_that_was_poured() {
    let applied = apply(&variant("prompt=answer@2,drop-doc=A"), &with_variables(), &prompts);
    assert_eq!(
        applied.expect("found by label").request.messages.first().map(Message::joined_text).as_deref(),
        Some("Use 2:")
    );
}

#[test]
fn system_text_comes_in_front_when_there_was_none() {
    let mut bare = source("q");
    bare.rebuilt.request.messages.truncate(1);
    let applied = apply(&variant("system=Be brief."), &bare, &prompts).expect("nothing to fail");
    assert_eq!(applied.request.messages.first(), Some(&Message::text(Role::System, "Be brief.")));
}

#[test]
fn parameters_take_the_name_that_the_request_uses() {
    let mut source = source("q");
    source.rebuilt.request.params =
        json!({"max_completion_tokens": 5, "temperature": 1}).as_object().cloned().expect("an object");
    let mut change = variant("max-tokens=9,temperature=0");
    change.params.insert("seed".into(), json!(null));
    let applied = apply(&change, &source, &prompts).expect("nothing to fail");
    assert_eq!(
        serde_json::to_string(&applied.request.params).expect("JSON"),
        r#"{"max_completion_tokens":9,"temperature":0}"#
    );
}

#[test]
fn a_removed_secret_stops_a_request_unless_its_text_is_replaced() {
    let mut source = with_variables();
    source.rebuilt.request.messages.insert(1, Message::text(Role::User, "my key is ⟦redacted:openai_key⟧"));
    let error = request_of(&Variant::original(), &source, &prompts).expect_err("a hole");
    assert!(matches!(&error, ReplayError::RequestRedacted { paths } if paths.len() == 1), "{error}");
    assert_eq!(error.code().exit(), retake_model::Exit::Refused);
    let mut edit = Variant::original();
    edit.messages.insert(
        1,
        Message {
            role: Role::User,
            parts: vec![Part::Text { text: "my key is X".into() }],
            name: None,
            content_state: Default::default(),
        },
    );
    assert!(request_of(&edit, &source, &prompts).is_ok());
    edit.messages.insert(9, Message::text(Role::User, "x"));
    assert_eq!(request_of(&edit, &source, &prompts).expect_err("no message 9").code(), Code::VariantInvalid);
}

#[test]
fn targets_come_from_the_variant_the_connection_or_the_span() {
    let connections = |name: &str| {
        (name == "gate").then(|| retake_replay::Connection {
            name: "gate".into(),
            kind: "openai-compatible".into(),
            base_url: "http://127.0.0.1:4000/v1".into(),
        })
    };
    let of = |spec: &str, provider, base| {
        Target::of(&variant(spec), provider, base, &connections).map(|t| (t.provider, t.connection, t.base_url))
    };
    let all = |a: &str, b: &str, c: &str| Ok((a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(of("original", Some("openai"), None), all("openai", "openai", "https://api.openai.com/v1"));
    assert_eq!(
        of("original", Some("openai"), Some("http://127.0.0.1:9/v1")),
        all("openai-compatible", "openai-compatible", "http://127.0.0.1:9/v1")
    );
    assert_eq!(of("original", Some("anthropic"), None), all("anthropic", "anthropic", "https://api.anthropic.com"));
    assert_eq!(
        of("connection=gate", Some("anthropic"), None),
        all("openai-compatible", "gate", "http://127.0.0.1:4000/v1")
    );
    assert_eq!(
        of("provider=anthropic", Some("openai"), Some("http://127.0.0.1:9/v1")),
        all("anthropic", "anthropic", "https://api.anthropic.com")
    );
    assert_eq!(of("provider=recorded", None, None), all("recorded", "recorded", ""));
    assert_eq!(of("provider=nobody", None, None).expect_err("none").code(), Code::ProviderUnknown);
    assert_eq!(of("connection=nobody", None, None).expect_err("none").code(), Code::ConnectionUnknown);
    assert_eq!(of("provider=openai-compatible", None, None).expect_err("no address").code(), Code::VariantInvalid);
    assert_eq!(of("base-url=ftp://x", None, None).expect_err("no address").code(), Code::ConnectionInvalid);
}

#[test]
fn nothing_is_allowed_that_was_not_asked_for() {
    let priced = [variant("provider=openai-compatible,base-url=http://127.0.0.1:9/v1")];
    let unpriced = [variant("provider=openai-compatible,base-url=http://127.0.0.1:9/v1,model=mine")];
    let allow = |destinations: &[&str], unpriced| Permissions {
        destinations: destinations.iter().map(|d| (*d).to_owned()).collect(),
        unpriced,
        fidelity: None,
    };
    let code = |plan: &retake_replay::run::Plan, permissions: &Permissions| {
        check(plan, permissions).err().map(|error| error.code())
    };
    let plan = plan_of(&[source("q")], &priced, 1, None).expect("a plan");
    assert_eq!(code(&plan, &allow(&[], false)), Some(Code::DestinationNew));
    assert_eq!(code(&plan, &allow(&["127.0.0.1"], false)), Some(Code::SpendingUnlimited));
    let limited = plan_of(&[source("q")], &priced, 1, Some(1)).expect("a plan");
    assert_eq!(code(&limited, &allow(&["127.0.0.1:9"], false)), None);
    let plan = plan_of(&[source("q")], &unpriced, 1, None).expect("a plan");
    assert_eq!(plan.estimate().cost_usd_nanos, None, "unknown is not free");
    assert_eq!(code(&plan, &allow(&["127.0.0.1"], false)), Some(Code::PriceUnknown));
    assert_eq!(code(&plan, &allow(&["127.0.0.1"], true)), None);
    let mut lost = source("q");
    lost.rebuilt.level = retake_model::Fidelity::Lost;
    let plan = plan_of(&[lost], &unpriced, 1, None).expect("a plan");
    assert_eq!(code(&plan, &allow(&["127.0.0.1"], true)), Some(Code::FidelityTooLow));
}

#[test]
fn a_reasoning_model_of_openai_takes_the_limit_under_its_name() {
    let of = |spec: &str| {
        let plan = plan_of(&[source("q")], &[variant(spec)], 1, None).expect("a plan");
        let body = plan.takes.first().expect("one take").body().expect("a body");
        (body.get("max_tokens").cloned(), body.get("max_completion_tokens").cloned(), plan.losses.len())
    };
    assert_eq!(of("provider=openai,model=gpt-5-mini"), (None, Some(json!(100)), 1));
    assert_eq!(of("provider=openai,model=gpt-4o"), (Some(json!(100)), None, 0));
    assert_eq!(
        of("provider=openai-compatible,base-url=http://127.0.0.1:9/v1,model=gpt-5-mini"),
        (Some(json!(100)), None, 0)
    );
}

#[test]
fn what_the_sdk_wrote_down_is_completed_by_the_parameters() {
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "q"}], "stop": ["x"], "temperature": 0});
    let params =
        json!({"model": "m", "temperature": 0, "stop_sequences": ["x"], "grammar": "g", "cache_prompt": false});
    let span = retake_model::Span {
        request_body: Some(body),
        params: params.as_object().cloned(),
        input: Some(vec![Message::text(Role::User, "q")]),
        ..retake_model::Span::default()
    };
    let rebuilt = retake_replay::rebuild(&span);
    let want = json!({"model": "m", "messages": [{"role": "user", "content": "q"}], "stop": ["x"], "temperature": 0, "grammar": "g", "cache_prompt": false});
    assert_eq!(retake_wire::openai_chat::encode_request(&rebuilt.request).body, want);
    assert_eq!(rebuilt.level, retake_model::Fidelity::Exact);
    let streams: Vec<&str> =
        rebuilt.fields.iter().filter(|f| f.state > rebuilt.level).map(|f| f.path.as_str()).collect();
    assert_eq!(streams, ["stream", "stream_options"], "listed, and not counted");
}

#[test]
fn what_was_not_recorded_is_lost_and_named() {
    let span = retake_model::Span { request_model: Some("m".into()), ..retake_model::Span::default() };
    let rebuilt = retake_replay::rebuild(&span);
    assert_eq!(rebuilt.level, retake_model::Fidelity::Lost);
    assert!(rebuilt.weakest().iter().any(|why| why.starts_with("messages: ")), "{:?}", rebuilt.weakest());
    let source = Source::of(&span, &[]);
    assert_eq!(
        request_of(&Variant::original(), &source, &prompts).expect_err("no messages").code(),
        Code::NothingToReplay
    );
}

#[test]
fn what_does_not_fit_one_record_leaves_the_others_to_be_sent() {
    // The document stands in one of the two prompts.
    let with = Source::of_request(request("Use:\n[A] one", "q"), None);
    let without = Source::of_request(request("Use nothing.", "q"), None);
    let drop = [variant("provider=recorded,drop-doc=A")];
    let plan = plan_of(&[with, without.clone()], &drop, 1, None).expect("one of them fits");
    assert_eq!((plan.takes.len(), plan.left_out.len()), (1, 1));
    assert!(plan.left_out[0].why.contains("does not stand in the prompt"), "{:?}", plan.left_out);
    let error = plan_of(&[without.clone(), without], &drop, 1, None).expect_err("it fits none");
    assert_eq!(error.code(), Code::DocumentNotPlaced);
}
