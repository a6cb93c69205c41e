//! The real files beside the repository, against counts that an independent program took.

use retake_tests::{Home, json, real};
use serde_json::Value;
use std::collections::BTreeSet;

/// Field of the import report ← fields of the counts whose sum it is.
const COUNTS: [(&str, &[&str]); 5] = [
    ("spans", &["spans"]),
    ("traces", &["traces"]),
    ("log_records", &["log_records"]),
    ("messages", &["messages_in", "messages_out"]),
    ("audit_events", &["audit_events"]),
];

#[test]
fn every_file_reports_its_counts_and_a_second_import_adds_nothing() {
    let Some(counts) = real("counts.json") else { return };
    let counts = json(&counts).unwrap();
    let mut tried = 0;
    for (name, expected) in counts.as_object().unwrap() {
        let Some(path) = real(name).filter(|path| path.is_file()) else { continue };
        // The log's lines are calls of a gateway, which are counted by its own test.
        if name.ends_with("litellm-log.jsonl") {
            continue;
        }
        tried += 1;
        let home = Home::new();
        let path = path.to_str().unwrap();
        let first = home.retake(&["import", path]).ok();
        for (field, of) in COUNTS {
            let stated: Vec<u64> = of.iter().filter_map(|name| expected[name].as_u64()).collect();
            // A file of log records alone holds no spans, but their traces.
            if stated.is_empty() || (field == "traces" && expected["spans"].is_null()) {
                continue;
            }
            assert_eq!(first["totals"][field], stated.iter().sum::<u64>(), "{name}: {field}: {first:#}");
        }
        if let Some(documents) = expected["documents_retrieved"].as_u64() {
            assert!(first["totals"]["documents"].as_u64().unwrap() >= documents, "{name}: {first:#}");
        }
        let second = home.retake(&["import", path]).ok();
        for field in ["spans", "traces", "messages", "documents", "tool_calls", "audit_events", "log_records"] {
            assert_eq!(second["totals"][field], 0, "{name}: {field} again: {second:#}");
        }
        let records = |report: &Value| {
            ["spans", "log_records", "audit_events"]
                .iter()
                .map(|field| report["totals"][field].as_u64().unwrap())
                .sum::<u64>()
        };
        let before = first["totals"]["duplicates"].as_u64().unwrap();
        assert_eq!(second["totals"]["duplicates"].as_u64().unwrap(), records(&first) + before, "{name}: {second:#}");
    }
    assert!(tried >= 8, "only {tried} files of the counts are there");
}

#[test]
fn both_folders_in_one_import_hold_everything_once() {
    let (Some(traces), Some(incident), Some(counts)) = (real("traces"), real("incident"), real("counts.json")) else {
        return;
    };
    let counts = json(&counts).unwrap();
    let home = Home::new();
    let report = home.retake(&["import", traces.to_str().unwrap(), incident.to_str().unwrap()]).ok();
    assert_eq!(
        report["totals"]["audit_events"], counts["incident/audit.jsonl"]["audit_events"],
        "{:#}",
        report["totals"]
    );
    let skipped: BTreeSet<&str> =
        report["skipped"].as_array().unwrap().iter().filter_map(|file| file["path"].as_str()).collect();
    for name in ["app.py", "requirements.txt", "policy.yaml"] {
        assert!(skipped.iter().any(|path| path.ends_with(name)), "{name} is no export: {skipped:?}");
    }
    let rows = home.retake(&["search", "", "--of", "spans", "--limit", "10000"]).ok();
    let ids: BTreeSet<(String, String)> = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["trace_id"].to_string(), row["span_id"].to_string()))
        .collect();
    assert_eq!(ids.len(), rows["rows"].as_array().unwrap().len(), "a span is listed twice");
    let again = home.retake(&["import", traces.to_str().unwrap(), incident.to_str().unwrap()]).ok();
    assert_eq!(again["totals"]["spans"], 0, "{:#}", again["totals"]);
    assert_eq!(again["totals"]["audit_events"], 0, "{:#}", again["totals"]);
}

#[test]
fn the_incident_has_its_findings_and_no_others() {
    let (Some(folder), Some(truth)) = (real("incident"), real("incident/truth.json")) else { return };
    let truth = json(&truth).unwrap();
    let home = Home::new();
    home.retake(&[
        "import",
        folder.join("traces.jsonl").to_str().unwrap(),
        folder.join("audit.jsonl").to_str().unwrap(),
    ])
    .ok();
    home.retake(&["policy", "set", folder.join("policy.yaml").to_str().unwrap(), "--yes"]).ok();
    let findings = home.retake(&["findings"]).ok();
    let of = |code: &str| -> BTreeSet<String> {
        let findings = findings["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["code"] == code)
            .map(|finding| finding["trace_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let bad = truth["bad"]["trace_id"].as_str().unwrap();
    assert!(of("leak").contains(bad), "{findings:#}");
    let leak = findings["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["code"] == "leak" && finding["trace_id"] == bad);
    assert!(leak.unwrap().to_string().contains(truth["leak"]["document_id"].as_str().unwrap()), "{leak:?}");
    assert_eq!(of("denied_but_executed"), BTreeSet::from([bad.to_owned()]), "{findings:#}");
    let without = truth["tool_without_audit"]["trace_id"].as_str().unwrap();
    assert_eq!(of("tool_without_audit"), BTreeSet::from([without.to_owned()]), "{findings:#}");
}

#[test]
fn no_planted_secret_reaches_the_workspace() {
    let Some(path) = real("traces/openinference-collector.jsonl") else { return };
    let secret = "sk-FAKE0retake0test0key0never0valid0000000001";
    let home = Home::new();
    let report = home.retake(&["import", path.to_str().unwrap()]).ok();
    let removed: u64 = report["totals"]["redactions"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert!(removed > 0, "{report:#}");
    let found = home.retake(&["export", "--query", "", "--format", "canonical"]);
    assert!(found.exit == 0 && !found.stdout.contains(secret), "the secret is exported");
    for file in std::fs::read_dir(home.path("")).unwrap().flatten().filter(|file| file.path().is_file()) {
        let bytes = std::fs::read(file.path()).unwrap();
        let at = bytes.windows(secret.len()).position(|window| window == secret.as_bytes());
        assert_eq!(at, None, "the secret stands in {}", file.path().display());
    }
}
