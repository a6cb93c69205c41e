//! Every file of `fixtures/imports` has its expected form beside it: the report and the canonical export. A file
//! `<name>.map.yaml` beside an input is its mapping. Adding a file adds a test.

use crate::support::Bench;
use retake_ingest::{ImportOptions, IngestError, Source};
use retake_model::Coded;
use retake_store::{BatchRow, FileReport};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[test]
fn imports_match_their_expected_form() {
    retake_testkit::each("imports/*/*.input.*", |fixture| {
        let file = fixture.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let options = ImportOptions {
            now_ns: 1,
            mapping: std::fs::read_to_string(fixture.sibling("map.yaml")).ok(),
            ..ImportOptions::default()
        };
        let bench = Bench::new();
        let source = || vec![Source::Bytes { name: file.clone(), bytes: fixture.bytes() }];
        let report = match bench.import(source(), &options) {
            Ok(report) => report,
            Err(error) => {
                fixture.expect_json("expected", &refused(&error));
                return;
            }
        };
        let canonical = bench.canonical();
        let lines: Vec<Value> = canonical.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        fixture.expect_json(
            "expected",
            &json!({"files": files(&report), "skipped": skipped(&report), "canonical": lines}),
        );

        let again = bench.import(source(), &options).expect("a second import");
        assert_eq!(again.totals.spans + again.totals.audit_events + again.totals.messages, 0, "import twice is once");
        assert_eq!(bench.canonical(), canonical, "import twice is once");
        bench.undo(&report.batch_id);
        bench.undo(&again.batch_id);
        assert_eq!(bench.canonical(), "", "undo takes everything back");
    });
}

fn refused(error: &IngestError) -> Value {
    let report = error.report();
    json!({"error": {"code": error.code().as_str(), "message": error.to_string()},
        "files": report.map(files), "skipped": report.map(skipped)})
}

fn files(report: &BatchRow) -> Value {
    let file = |file: &FileReport| {
        let warnings: Vec<Value> = file
            .warnings
            .iter()
            .map(|w| {
                json!({"code": w.code.as_str(), "count": w.count, "message": w.example.message, "line": w.example.line,
                    "byte_offset": w.example.byte_offset})
            })
            .collect();
        json!({"path": file.path, "format": file.format, "counters": file.counters, "redactions": file.redactions,
            "warnings": warnings, "mapping": file.mapping})
    };
    report.files.iter().map(file).collect()
}

fn skipped(report: &BatchRow) -> Value {
    let skipped = report.skipped.iter().map(|s| json!({"path": s.path, "code": s.code.as_str(), "message": s.message}));
    skipped.collect()
}

#[test]
fn every_format_has_fixtures() {
    let mut seen = BTreeSet::new();
    for fixture in retake_testkit::fixtures("imports/*/*.expected.json") {
        let expected: Value = serde_json::from_slice(&fixture.bytes()).expect("JSON");
        for file in expected["files"].as_array().into_iter().flatten() {
            seen.extend(file["format"].as_str().map(str::to_owned));
        }
    }
    for format in retake_formats::all() {
        assert!(seen.contains(format.name()), "{} has no fixture", format.name());
    }
}
