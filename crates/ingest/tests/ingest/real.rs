//! Real exports against counts that an independent program took of them.

use crate::support::{Bench, real};
use serde_json::Value;
use std::path::Path;

fn expected(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("counts.json")).expect("counts")).expect("JSON")
}

#[test]
fn every_trace_file_has_its_counts() {
    let Some(folder) = real() else { return };
    let mut wrong = Vec::new();
    let expected = expected(&folder);
    for (name, counts) in expected.as_object().expect("an object") {
        let path = folder.join(name);
        if !path.is_file() || counts.get("spans").is_none() {
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
        check("spans", n("spans"), totals.spans);
        check("traces", n("traces"), totals.traces);
        check("log_records", n("log_records"), totals.log_records);
        check("messages", n("messages_in").zip(n("messages_out")).map(|(a, b)| a + b), totals.messages);
        check("duplicates", Some(0), totals.duplicates);
        check("rejected", Some(0), totals.rejected);
        let redactions: u64 = report.files.iter().flat_map(|file| file.redactions.values()).sum();
        check("redactions", n("fake_secrets"), redactions);
        let warnings: u64 = report.files.iter().map(|file| file.warnings.len() as u64).sum();
        check("warnings", Some(0), warnings);
        println!("{name}: {totals:?} {:?}", report.files.iter().map(|f| &f.warnings).collect::<Vec<_>>());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
