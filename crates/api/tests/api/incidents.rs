//! Incidents of several shapes through the real importers, the store and the rules: each folder of `fixtures/incidents`
//! has exactly the findings of its `expected.json`, whatever the order of its files, and the sample those of its truth.

use crate::host::{core, import};
use retake_api::Core;
use retake_api::dto::Empty;
use retake_api::dto::connect::PolicySetRequest;
use retake_api::dto::investigate::FindingsRequest;
use retake_api::handlers::{connect, investigate};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// (code, trace, span, subject), sorted.
type Told = Vec<[String; 4]>;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

async fn findings(core: &Arc<Core>) -> Told {
    let listed = investigate::findings_list(Arc::clone(core), FindingsRequest { query: None }).await.expect("findings");
    let mut told: Told = listed.findings.into_iter().map(|f| [f.code, f.trace_id, f.span_id, f.subject]).collect();
    told.sort();
    told
}

async fn set_policy(core: &Arc<Core>, folder: &Path) {
    let text = std::fs::read_to_string(folder.join("policy.yaml")).expect("a policy");
    connect::policy_set(Arc::clone(core), PolicySetRequest { text }).await.expect("a policy that is understood");
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).expect("a file")).expect("JSON")
}

const NO_EXPORTS: [&str; 3] = ["policy.yaml", "expected.json", "ruled.json"];

fn is_of_spans(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("spans"))
}

/// What the findings must be: with the policy, and without one where that is laid down.
fn expected(folder: &Path) -> (Told, bool) {
    let always = folder.join("expected.json");
    let path = if always.exists() { &always } else { &folder.join("ruled.json") };
    (serde_json::from_value(json(path)).expect("expected findings"), always.exists())
}

/// Folders of incidents with their exports: spans first.
fn incidents() -> Vec<(PathBuf, Vec<PathBuf>)> {
    let folders = std::fs::read_dir(fixtures().join("incidents")).expect("the folder of incidents");
    let mut incidents: Vec<(PathBuf, Vec<PathBuf>)> = folders
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .map(|folder| {
            let files = std::fs::read_dir(&folder).expect("an incident").map(|entry| entry.expect("an entry").path());
            let mut exports: Vec<PathBuf> =
                files.filter(|path| !NO_EXPORTS.iter().any(|name| path.ends_with(name))).collect();
            exports.sort_by_key(|path| (!is_of_spans(path), path.clone()));
            (folder, exports)
        })
        .collect();
    incidents.sort();
    incidents
}

#[tokio::test(flavor = "multi_thread")]
async fn each_incident_has_its_findings_and_no_others() {
    assert!(incidents().len() >= 8);
    for (folder, exports) in incidents() {
        let (expected, unruled) = expected(&folder);
        let scratch = tempfile::tempdir().expect("a folder");
        let core = core(scratch.path());
        import(&core, &exports);
        if unruled {
            assert_eq!(findings(&core).await, expected, "{} without a policy", folder.display());
        }
        set_policy(&core, &folder).await;
        assert_eq!(findings(&core).await, expected, "{} with its policy", folder.display());
        connect::policy_clear(Arc::clone(&core), Empty {}).await.expect("no policy");
        if unruled {
            assert_eq!(findings(&core).await, expected, "{} without its policy again", folder.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_order_of_files_does_not_matter() {
    for (folder, exports) in incidents() {
        let (expected, _) = expected(&folder);
        let scratch = tempfile::tempdir().expect("a folder");
        let core = core(scratch.path());
        set_policy(&core, &folder).await;
        let (spans, logs): (Vec<PathBuf>, Vec<PathBuf>) = exports.into_iter().partition(|path| is_of_spans(path));
        import(&core, &logs);
        assert_eq!(findings(&core).await, Told::new());
        for file in spans.into_iter().rev() {
            import(&core, &[file]);
        }
        assert_eq!(findings(&core).await, expected, "{}: log first", folder.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_has_the_findings_of_its_truth() {
    let folder = fixtures().join("sample");
    let truth = json(&folder.join("truth.json"));
    let scratch = tempfile::tempdir().expect("a folder");
    let core = core(scratch.path());
    import(&core, &[folder.join("traces.jsonl"), folder.join("audit.jsonl")]);
    set_policy(&core, &folder).await;
    let rows = |key: &str| truth["expected"][key].as_array().cloned().unwrap_or_default();
    let word = |row: &Value, at: usize| row[at].as_str().unwrap_or_default().to_owned();
    let mut expected: Vec<[String; 3]> = Vec::new();
    for (key, code) in [
        ("leak", "leak"),
        ("leak_in_tool_result", "leak"),
        ("denied_but_executed", "denied_but_executed"),
        ("tool_without_audit", "tool_without_audit"),
    ] {
        expected.extend(rows(key).iter().map(|row| [code.to_owned(), word(row, 0), word(row, 1)]));
    }
    expected.sort();
    let told: Vec<[String; 3]> =
        findings(&core).await.into_iter().map(|[code, trace, _, subject]| [code, trace, subject]).collect();
    assert_eq!(told, expected);
}
