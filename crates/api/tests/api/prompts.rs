//! Labels of prompts: where they stand after moves and rollbacks.

use crate::host::core;
use retake_api::dto::prompt::{PromptDetail, PromptLabelRequest, PromptNewRequest};
use retake_api::handlers::prompt::{prompt_label, prompt_new};
use retake_api::{ApiError, Core};
use retake_model::Code;
use std::sync::Arc;

async fn core_with_versions(folder: &tempfile::TempDir, n_versions: u32) -> Arc<Core> {
    let core = core(folder.path());
    for n in 1..=n_versions {
        let request = PromptNewRequest { name: "support".to_owned(), text: format!("Answer, {n}.") };
        assert_eq!(prompt_new(Arc::clone(&core), request).await.expect("a version").version, n);
    }
    core
}

/// Puts the label `live` on a version, or rolls it back.
async fn moved(core: &Arc<Core>, at: Option<&str>) -> Result<u32, ApiError> {
    let request =
        PromptLabelRequest { name: "support".to_owned(), label: "live".to_owned(), at: at.map(str::to_owned) };
    Ok(standing(&prompt_label(Arc::clone(core), request).await?))
}

fn standing(detail: &PromptDetail) -> u32 {
    let on = detail.versions.iter().find(|version| version.labels.iter().any(|label| label == "live"));
    on.expect("the label stands somewhere").version
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_walks_back_through_the_versions_that_the_label_stood_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = core_with_versions(&folder, 4).await;
    for at in ["1", "3", "2"] {
        moved(&core, Some(at)).await.expect("a move");
    }
    assert_eq!(moved(&core, None).await.expect("one back"), 3);
    assert_eq!(moved(&core, None).await.expect("two back"), 1);
    let error = moved(&core, None).await.expect_err("nothing before the first");
    assert_eq!(error.code, Code::PromptUnknown);
    assert!(error.hint.is_some_and(|hint| hint.contains("prompt show support")), "{}", error.message);
    // A move by hand goes on from where the rollbacks ended.
    moved(&core, Some("4")).await.expect("a move");
    assert_eq!(moved(&core, None).await.expect("one back"), 1);
    moved(&core, None).await.expect_err("what it was rolled back from does not come again");
}

#[tokio::test(flavor = "multi_thread")]
async fn going_back_by_hand_is_no_rollback() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = core_with_versions(&folder, 2).await;
    for at in ["1", "2", "1"] {
        moved(&core, Some(at)).await.expect("a move");
    }
    assert_eq!(moved(&core, None).await.expect("one back"), 2);
    assert_eq!(moved(&core, None).await.expect("two back"), 1);
    let nothing = PromptLabelRequest { name: "support".to_owned(), label: "never".to_owned(), at: None };
    assert_eq!(prompt_label(Arc::clone(&core), nothing).await.expect_err("no such label").code, Code::PromptUnknown);
}
