//! Promotion of the sample's incident: its context holds an outdated document, another tenant's and one that users wrote.

use crate::host::{core, import};
use retake_api::Core;
use retake_api::dto::connect::PolicySetRequest;
use retake_api::dto::promote::{PromoteRequest, Promoted};
use retake_api::handlers::{connect, golden};
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/sample")
}

async fn promoted(core: &Arc<Core>, id: &str, set: &Path, asserts: &[&str]) -> Promoted {
    let request = PromoteRequest {
        id: id.to_owned(),
        set: set.display().to_string(),
        name: None,
        asserts: asserts.iter().map(|spec| (*spec).to_owned()).collect(),
        no_suggest: false,
        reason: None,
        preview: true,
    };
    golden::promote(Arc::clone(core), request).await.expect("a preview")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_outdated_or_not_the_tenants_own_is_told_and_not_asked_for() {
    let truth = std::fs::read_to_string(sample().join("truth.json")).expect("the truth of the sample");
    let truth: serde_json::Value = serde_json::from_str(&truth).expect("JSON");
    let scratch = tempfile::tempdir().expect("a folder");
    let core = core(scratch.path());
    import(&core, &[sample().join("traces.jsonl"), sample().join("audit.jsonl")]);
    let text = std::fs::read_to_string(sample().join("policy.yaml")).expect("a policy");
    connect::policy_set(Arc::clone(&core), PolicySetRequest { text }).await.expect("a policy that is understood");

    let id = format!("span:{}", truth["bad"]["answer_span"].as_str().expect("an id"));
    let case = promoted(&core, &id, &scratch.path().join("golden"), &[]).await;
    let wanted: Vec<String> = case.assertions.iter().map(|one| format!("{} {}", one.kind, one.value)).collect();
    for assertion in &wanted {
        let negative = assertion.starts_with("not-");
        assert!(
            negative || !["SOP-204", "BRD-017", "NOTE-88", "12 hours"].iter().any(|word| assertion.contains(word)),
            "{wanted:#?}"
        );
    }
    let notes = case.notes.join("\n");
    for told in [
        "outdated documents: SOP-204 version 2 (version 3 is known)",
        "documents of another tenant: BRD-017",
        "documents from a source that users write: NOTE-88",
        "Not suggested, since it would ask for SOP-204 version 2: contains \"12 hours\", cites \"SOP-204\".",
    ] {
        assert!(notes.contains(told), "{told}\n{notes}");
    }

    // What the user asks for is written, whatever speaks against it.
    let case = promoted(&core, &id, &scratch.path().join("golden"), &["cites:SOP-204"]).await;
    assert!(case.assertions.iter().any(|one| one.kind == "cites" && one.value == "SOP-204"));
    assert!(!case.notes.join("\n").contains("cites \"SOP-204\""), "{:?}", case.notes);
}
