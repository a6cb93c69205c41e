//! The policy file: what is read, what is refused and where.

use super::real_incident;
use crate::analysis::policy::{Confirmation, Policy, policy_schema};
use retake_model::{Coded, JoinBasis, Span};

#[test]
fn the_real_policy_is_read_whole() {
    let Some(real) = real_incident() else { return };
    let policy = Policy::parse(&real.policy).expect("a policy");
    assert_eq!(policy.tenants.0.keys().collect::<Vec<_>>(), ["acme", "globex"]);
    assert_eq!(policy.owner_by_prefix("GLX-071"), Some("globex"));
    assert_eq!(policy.documents.untrusted_sources, ["community"]);
    assert!(policy.documents.newest_version_required && policy.tools["apply_credit"].irreversible);
    assert_eq!(policy.tools["apply_credit"].confirmation, Confirmation::Required);
    assert_eq!(policy.roles["member"].tools.as_deref(), Some(&["get_subscription".to_owned()][..]));
    assert_eq!(policy.audit_join.order, [JoinBasis::TraceId, JoinBasis::RequestId, JoinBasis::ActorAndTime]);
    assert_eq!((policy.audit_join.window_ms, policy.citations.form.as_deref()), (2000, Some("[ID]")));
}

#[test]
fn every_section_is_optional() {
    for text in [
        "",
        "# nothing\n",
        "---\n",
        "version: 1\n",
        "tenants: []",
        "\u{feff}version: 1",
        "documents:\n",
        "tools: {a: {}}",
        "tools:\n  a:\nroles:\n  b:\nwho:\naudit_join:\n",
    ] {
        assert!(Policy::parse(text).is_ok(), "{text:?}: {:?}", Policy::parse(text));
    }
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    for (text, line, words) in [
        ("version: 2", 1, "newer Retake"),
        ("version: 0", 1, "no version 0"),
        ("version: 1\ntennants: [a]", 2, "tennants"),
        ("documents:\n  owner: tenant", 2, "owner"),
        ("tools:\n  refund: {irreversible: perhaps}", 2, "bool"),
        ("tools:\n  refund:\n    audits: [x]", 3, "audits"),
        ("audit_join: {order: [trace]}", 1, "trace"),
        ("audit_join:\n  window_ms: -3", 2, ""),
        ("tenants: [a\nroles: {", 2, ""),
        ("tenants: [a]\ndocuments:\n  prefixes: {'': b}", 3, "a prefix is empty"),
        ("citations: {form: '[doc]'}", 1, "no `ID`"),
        ("- a\n- b", 1, ""),
        ("null\n", 1, "the file is empty; its keys are `version`, `tenants`, `documents`, `roles`"),
        ("version: 1\ndocuments:\n  prefixes:\n", 3, "`prefixes` has no value"),
        ("tools: {refund: {irreversible: null}}", 1, "`irreversible` has no value"),
        ("documents: {untrusted_sources: [~]}", 1, "an item of a list has no value"),
        ("version: 1\nversion: 1", 2, ""),
    ] {
        let error = Policy::parse(text).expect_err(text);
        assert_eq!(error.code().as_str(), "RTK-X001");
        assert_eq!(error.line, Some(line), "{text:?}: {error}");
        assert!(error.to_string().contains(words), "{text:?}: {error}");
        assert!(error.to_string().starts_with(&format!("policy file, line {line}, column ")), "{error}");
        assert_eq!(error.to_string().matches("line ").count(), 1, "{error}");
    }
}

#[test]
fn a_confirmation_is_required_in_several_words() {
    for (word, expected) in [
        ("required", Confirmation::Required),
        ("true", Confirmation::Required),
        ("none", Confirmation::None),
        ("false", Confirmation::None),
        ("optional", Confirmation::Optional),
    ] {
        let policy = Policy::parse(&format!("tools: {{refund: {{confirmation: {word}}}}}")).expect(word);
        assert_eq!(policy.tools["refund"].confirmation, expected, "{word}");
    }
}

#[test]
fn tenants_have_other_names() {
    let policy = Policy::parse("tenants: {acme: [ACME GmbH, 17], globex: Globex Corp, initech: }").expect("a policy");
    for (word, tenant) in [
        ("acme gmbh", Some("acme")),
        ("17", Some("acme")),
        ("Globex Corp", Some("globex")),
        ("Initech", Some("initech")),
        ("x", None),
    ] {
        assert_eq!(policy.tenants.canonical(word), tenant, "{word}");
    }
}

#[test]
fn further_names_of_attributes_fill_who_asked() {
    let policy = Policy::parse("who: {tenant: [app.mandant], user: uid, request_id: x-req}").expect("a policy");
    let attributes = serde_json::json!({"app.mandant": "acme", "metadata": "{\"uid\": 7}"});
    let mut span = Span {
        attributes: attributes.as_object().cloned().expect("an object"),
        resource: serde_json::json!({"x-req": "r1"}).as_object().cloned().expect("an object"),
        tenant: Some("guessed".into()),
        feature: Some("kept".into()),
        ..Span::default()
    };
    policy.apply_who(&mut span);
    let got = [span.tenant, span.user, span.request_id, span.feature];
    assert_eq!(got.map(Option::unwrap_or_default), ["acme", "7", "r1", "kept"]);
}

#[test]
fn the_schema_describes_the_form_and_survives_a_round_trip() {
    let schema = policy_schema();
    for section in ["version", "tenants", "documents", "roles", "tools", "citations", "audit_join", "who"] {
        assert!(schema["properties"].get(section).is_some(), "{section} is not in the schema");
    }
    assert_eq!(schema["additionalProperties"], false);
    let policy = Policy::parse(
        "tenants: {a: [b]}\ndocuments: {shared: ['*', all], versions: {K: 3}}\naudit_join: {window_ms: 10}",
    )
    .expect("a policy");
    let text = serde_saphyr::to_string(&policy).expect("YAML");
    assert_eq!(Policy::parse(&text).expect("what we wrote is read"), policy, "{text}");
}
