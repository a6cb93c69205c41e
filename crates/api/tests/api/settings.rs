//! What is set for a whole workspace: the policy.

use crate::host::core;
use retake_api::dto::Empty;
use retake_api::dto::connect::PolicySetRequest;
use retake_api::handlers::connect::{policy_get, policy_set};
use retake_model::Code;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_file_is_no_policy_and_does_not_take_the_place_of_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = core(folder.path());
    let set = |text: &str| policy_set(Arc::clone(&core), PolicySetRequest { text: text.to_owned() });
    set("version: 1\ntenants: [north]\n").await.expect("a policy");
    for text in ["", "\u{feff}# later\n---\n", "null", "~\n"] {
        let error = set(text).await.expect_err(text);
        assert_eq!(error.code, Code::PolicyInvalid, "{text:?}");
        assert!(error.message.contains("the file is empty; its keys are `version`, `tenants`"), "{text:?}: {error}");
        assert!(error.hint.is_some(), "{text:?}");
    }
    let kept = policy_get(Arc::clone(&core), Empty {}).await.expect("the policy").text;
    assert!(kept.is_some_and(|text| text.contains("north")));
}
