//! Imports paths into a scratch workspace, or the one named by `RETAKE_WORKSPACE`, and prints the report; with `--canonical` the canonical export too.

use retake_ingest::{ImportOptions, Source, import};
use retake_store::{OpenMode, Workspace};
use std::path::PathBuf;

fn main() {
    let mut paths: Vec<String> = std::env::args().skip(1).collect();
    let canonical = paths.iter().any(|path| path == "--canonical");
    paths.retain(|path| path != "--canonical");
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let file = std::env::var_os("RETAKE_WORKSPACE").map_or_else(|| scratch.path().join("w.retake"), PathBuf::from);
    let workspace = Workspace::open(&file, OpenMode::Create).expect("a workspace");
    let sources = paths
        .iter()
        .map(|path| match path.as_str() {
            "-" => Source::Stdin(Box::new(std::io::stdin())),
            path => Source::Path(path.into()),
        })
        .collect();
    let options = ImportOptions { now_ns: 1, ..ImportOptions::default() };
    let report = match import(&workspace, sources, &options, &mut |_| {}) {
        Ok(report) => report,
        Err(error) => {
            eprintln!("{} {error}", retake_model::Coded::code(&error).as_str());
            match error.report() {
                Some(report) => report.clone(),
                None => std::process::exit(1),
            }
        }
    };
    for file in &report.files {
        println!("{} [{}] {:?}", file.path, file.format, file.counters);
        for warning in &file.warnings {
            println!("    {} x{} {:?}", warning.code.as_str(), warning.count, warning.example);
        }
        if !file.redactions.is_empty() {
            println!("    redacted {:?}", file.redactions);
        }
        if let Some(mapping) = &file.mapping {
            println!("    mapping {mapping}");
        }
    }
    for file in &report.skipped {
        println!("{} skipped {} {} {:?}", file.path, file.code.as_str(), file.message, file.nearest);
    }
    println!("total {:?}", report.totals);
    if canonical {
        let mut out = std::io::stdout().lock();
        workspace.export_canonical(&retake_query::Query::all(), &mut out).expect("exports");
    }
}
