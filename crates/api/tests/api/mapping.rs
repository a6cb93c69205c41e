//! Mappings in the window: only files that were chosen are looked into, and the file is what was previewed.

use crate::host::{core, import};
use retake_api::dto::mapping::{MappingPreviewRequest, MappingSampleRequest, MappingSaveRequest};
use retake_api::handlers::mapping::{mapping_preview, mapping_sample, mapping_save};
use retake_model::Code;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_nobody_chose_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let core = core(folder.path());
    let logs = folder.path().join("logs");
    std::fs::create_dir(&logs).expect("a folder");
    let audit = "timestamp,actor,action,resource,decision\n2026-11-04T08:06:23Z,bob,tool.invoke,refund,denied\n";
    std::fs::write(logs.join("audit.csv"), audit).expect("written");
    std::fs::write(logs.join("chat.csv"), "asked,question\n2026-11-04T08:06:23Z,Why?\n").expect("written");
    std::fs::write(folder.path().join("secret.csv"), "a,b\n1,2\n").expect("written");
    let sample = |path: &std::path::Path| {
        let path = path.display().to_string();
        mapping_sample(Arc::clone(&core), MappingSampleRequest { path, kind: None, delimiter: None })
    };
    let refused = sample(&logs.join("chat.csv")).await.expect_err("nobody chose it");
    assert_eq!(refused.code, Code::FileNotChosen);
    import(&core, std::slice::from_ref(&logs));
    let found = sample(&logs.join("chat.csv")).await.expect("its folder was imported");
    assert_eq!(found.draft.fields.get("input").map(String::as_str), Some("question"));
    for path in [folder.path().join("secret.csv"), logs.join("../secret.csv")] {
        assert_eq!(sample(&path).await.expect_err("nobody chose it").code, Code::FileNotChosen, "{}", path.display());
    }
    let request = MappingPreviewRequest { path: found.path, draft: found.draft.clone(), limit: None };
    let preview = mapping_preview(Arc::clone(&core), request).await.expect("a preview");
    assert_eq!((preview.rows.len(), preview.missing.len(), preview.more), (1, 0, false));
    let request = MappingSaveRequest { path: found.save_as, draft: found.draft, replace: false };
    let saved = mapping_save(core, request).await.expect("kept");
    assert_eq!(saved.text, preview.text, "what was shown is what is kept");
    assert_eq!(std::fs::read_to_string(saved.path).expect("the file"), saved.text);
}
