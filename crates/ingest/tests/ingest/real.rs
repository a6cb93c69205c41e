//! Real exports against counts that an independent program took of them, and the laws of the store over them.

use crate::support::{Bench, real};
use retake_store::{AuditKeys, BatchRow};
use serde_json::Value;
use std::path::{Path, PathBuf};

fn expected(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("counts.json")).expect("counts")).expect("JSON")
}

fn redactions(report: &BatchRow) -> u64 {
    report.files.iter().flat_map(|file| file.redactions.values()).sum()
}

#[test]
fn every_file_has_its_counts() {
    let Some(folder) = real() else { return };
    let mut wrong = Vec::new();
    let expected = expected(&folder);
    for (name, counts) in expected.as_object().expect("an object") {
        let path = folder.join(name);
        if !path.is_file() {
            continue;
        }
        let bench = Bench::new();
        let report = bench.paths(&[path]);
        let totals = &report.totals;
        let n = |key: &str| counts.get(key).and_then(Value::as_u64);
        let mut check = |what: &str, want: Option<u64>, got: u64| {
            if let Some(want) = want
                && want != got
            {
                wrong.push(format!("{name}: {what} is {got}, not {want}"));
            }
        };
        check("spans", n("spans").or(n("success").zip(n("failure")).map(|(a, b)| a + b)), totals.spans);
        check("traces", n("traces").or(n("distinct_trace_ids")).filter(|_| !name.contains("logs")), totals.traces);
        check("log_records", n("log_records"), totals.log_records);
        check("messages", n("messages_in").zip(n("messages_out")).map(|(a, b)| a + b), totals.messages);
        check("audit_events", n("audit_events"), totals.audit_events);
        check("duplicates", Some(0), totals.duplicates);
        check("rejected", Some(0), totals.rejected);
        check("redactions", n("fake_secrets"), redactions(&report));
        let warnings: u64 = report.files.iter().map(|file| file.warnings.len() as u64).sum();
        check("warnings", Some(0), warnings);
        spans(&bench, &mut check, &n);
        audit(&bench, &mut check, &n);
        println!("{name}: {totals:?} {:?}", report.files.iter().map(|f| (&f.warnings, &f.mapping)).collect::<Vec<_>>());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Counts by kind, outcome, tokens and documents, from the canonical export.
fn spans(bench: &Bench, check: &mut dyn FnMut(&str, Option<u64>, u64), n: &dyn Fn(&str) -> Option<u64>) {
    let lines: Vec<Value> = bench.canonical().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let spans: Vec<&Value> = lines.iter().filter(|line| line["kind"] == "span").collect();
    let field = |span: &Value, name: &str| span.get("span").unwrap_or(span).get(name).cloned().unwrap_or(Value::Null);
    let of_kind = |kind: &str| {
        spans.iter().filter(|span| field(span, "kind") == kind || field(span, "span_kind") == kind).count() as u64
    };
    for (key, kind) in [
        ("llm_spans", "llm"),
        ("embedding_spans", "embedding"),
        ("retrieval_spans", "retriever"),
        ("rerank_spans", "reranker"),
        ("tool_spans", "tool"),
    ] {
        check(key, n(key), of_kind(kind));
    }
    let errors = spans.iter().filter(|span| field(span, "status") == "error").count() as u64;
    check("error spans", n("error_spans").or(n("failure")), errors);
}

fn audit(bench: &Bench, check: &mut dyn FnMut(&str, Option<u64>, u64), n: &dyn Fn(&str) -> Option<u64>) {
    let events = bench.workspace.audit_events_all().expect("reads");
    let count =
        |of: &dyn Fn(&retake_model::AuditEvent) -> bool| events.iter().filter(|row| of(&row.event)).count() as u64;
    check("with a trace id", n("with_trace_id"), count(&|event| event.trace_id.is_some()));
    check("denied", n("denied"), count(&|event| event.decision == retake_model::Decision::Denied));
    check("confirmations", n("confirmations"), count(&|event| event.action.as_deref() == Some("confirmation.given")));
    check(
        "by request id only",
        n("request_id_only"),
        count(&|event| event.trace_id.is_none() && event.request_id.is_some()),
    );
    check("neither", n("neither"), count(&|event| event.trace_id.is_none() && event.request_id.is_none()));
    check(
        "times",
        n("audit_events"),
        count(&|event| event.time_ns.is_some() && event.actor.is_some() && event.role.is_some()),
    );
    let _ = AuditKeys::default();
}

#[test]
fn both_folders_in_one_import_hold_each_thing_once() {
    let Some(folder) = real() else { return };
    let bench = Bench::new();
    let paths = [folder.join("traces"), folder.join("incident")];
    let report = bench.paths(&paths);
    let counts = expected(&folder);
    let spans = |name: &str| counts[name]["spans"].as_u64().unwrap_or_default();
    let distinct = [
        "incident/traces.jsonl",
        "traces/genai-collector.jsonl",
        "traces/openinference-collector.jsonl",
        "traces/openllmetry-collector.jsonl",
        "traces/genai-no-content-collector.jsonl",
    ];
    let litellm = 16;
    let known: u64 = distinct.iter().map(|name| spans(name)).sum::<u64>() + litellm;
    // one-trace is a trace of one of the files above or of a run of its own; the protobuf files repeat the GenAI file.
    println!("{:?} skipped {:?}", report.totals, report.skipped.iter().map(|s| &s.path).collect::<Vec<_>>());
    assert!(report.totals.spans >= known && report.totals.spans <= known + 4, "{} of {known}", report.totals.spans);
    assert_eq!(report.totals.audit_events, 82);
    assert_eq!(report.totals.rejected, 0);
    assert!(report.totals.duplicates >= 60 + 18 + 82, "{}", report.totals.duplicates);
    let skipped: Vec<&str> = report.skipped.iter().filter_map(|file| file.path.rsplit('/').next()).collect();
    for name in ["README.md", "generate.py", "policy.yaml", "truth.json", "knowledge.json", "app.py", "KB-114.v2.md"] {
        assert!(skipped.contains(&name), "{name} is not skipped: {skipped:?}");
    }
    assert!(report.skipped.iter().all(|file| !file.message.is_empty()));

    let before = bench.canonical();
    let again = bench.paths(&paths);
    let zero =
        retake_store::Counters { bytes: again.totals.bytes, duplicates: again.totals.duplicates, ..Default::default() };
    assert_eq!(again.totals, zero, "the second import adds nothing");
    let records =
        report.totals.spans + report.totals.log_records + report.totals.audit_events + report.totals.duplicates;
    assert_eq!(again.totals.duplicates, records, "and counts everything as duplicate");
    assert_eq!(bench.canonical(), before);
    bench.undo(&again.batch_id);
    assert_eq!(bench.canonical(), before);
}

#[test]
fn the_order_of_files_and_the_cuts_do_not_matter() {
    let Some(folder) = real() else { return };
    let files: Vec<PathBuf> = [
        "traces/genai-collector.jsonl",
        "traces/genai.otlp.pb",
        "traces/genai-logs.otlp.pb",
        "traces/openllmetry-collector.jsonl",
        "traces/litellm-log.jsonl",
        "incident/audit.jsonl",
        "incident/audit.csv",
    ]
    .iter()
    .map(|name| folder.join(name))
    .collect();
    let straight = Bench::new();
    straight.paths(&files);
    let want = straight.canonical();
    let mut backwards = files.clone();
    backwards.reverse();
    let other = Bench::new();
    for file in &backwards {
        other.paths(std::slice::from_ref(file));
    }
    same(&want, &other.canonical());

    // A file cut in five, in another order.
    let text = std::fs::read_to_string(folder.join("traces/genai-collector.jsonl")).expect("reads");
    let lines: Vec<&str> = text.lines().collect();
    let whole = Bench::new();
    whole.bytes("whole", text.as_bytes()).expect("imports");
    let cut = Bench::new();
    for at in [3, 0, 4, 1, 2] {
        let part: Vec<&str> = lines.iter().enumerate().filter(|(n, _)| n % 5 == at).map(|(_, line)| *line).collect();
        if !part.is_empty() {
            cut.bytes("part", part.join("\n").as_bytes()).expect("imports");
        }
    }
    same(&whole.canonical(), &cut.canonical());
}

#[test]
fn undo_takes_back_exactly_one_import() {
    let Some(folder) = real() else { return };
    let (x, y) = (folder.join("traces/genai-collector.jsonl"), folder.join("traces/genai-logs.otlp.pb"));
    let only = Bench::new();
    only.paths(std::slice::from_ref(&x));
    let both = Bench::new();
    both.paths(&[x]);
    let batch = both.paths(&[y, folder.join("incident/audit.csv")]).batch_id;
    both.undo(&batch);
    same(&only.canonical(), &both.canonical());
}

#[test]
fn an_export_as_otlp_brings_the_same_into_a_new_workspace() {
    let Some(folder) = real() else { return };
    let first = Bench::new();
    first.paths(&[folder.join("traces"), folder.join("incident")]);
    let lines: Vec<Value> = first.canonical().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let mut traces: Vec<retake_model::Id> =
        lines.iter().filter_map(|line| Some(line.get("trace_id")?.as_str()?.into())).collect();
    traces.sort();
    traces.dedup();
    let audit = first.workspace.audit_events_all().expect("reads");
    let mut out = Vec::new();
    let format = retake_ingest::ExportFormat::OtlpJson;
    retake_ingest::export(&first.workspace, &traces, &audit, format, &mut out, &Default::default()).expect("exports");
    let second = Bench::new();
    second.bytes("export.jsonl", &out).expect("imports");
    same(&first.canonical(), &second.canonical());
}

#[test]
fn no_secret_reaches_the_disk() {
    let Some(folder) = real() else { return };
    let bench = Bench::new();
    bench.paths(&[folder.join("traces"), folder.join("incident")]);
    let secret = expected(&folder)["planted_fake_secret"]["text"].as_str().expect("text").to_owned();
    drop(bench.workspace);
    for entry in std::fs::read_dir(bench.folder.path()).expect("reads") {
        let path = entry.expect("reads").path();
        let bytes = std::fs::read(&path).expect("reads");
        for part in [secret.as_str(), &secret[3..20]] {
            assert!(memchr::memmem::find(&bytes, part.as_bytes()).is_none(), "{part} is in {}", path.display());
        }
    }
}

fn same(want: &str, got: &str) {
    for (at, (a, b)) in want.lines().zip(got.lines()).enumerate() {
        assert_eq!(a, b, "line {at}");
    }
    assert_eq!(want.lines().count(), got.lines().count());
}
