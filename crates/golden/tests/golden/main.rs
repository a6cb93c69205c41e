//! Golden sets as people use them: assertions over tables of fixtures, files, check, promotion, reports.
#![expect(clippy::unwrap_used, reason = "a test may end where an expectation of its own does not hold")]

mod assertions;
mod check;
mod files;
mod output;
mod promote;
mod suggest;

use retake_golden::set::{CASES, CASSETTES, SET_FILE};
use std::path::{Path, PathBuf};

/// Root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A set of cases written by hand: `cases` are (id, assertions and other fields as YAML, recorded answer as JSON).
fn set(dir: &Path, set_fields: &str, cases: &[(&str, &str, &str)]) -> PathBuf {
    for folder in [CASES, CASSETTES] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    std::fs::write(dir.join(SET_FILE), format!("version: 1\nname: parcels\n{set_fields}")).unwrap();
    for (id, fields, answer) in cases {
        let case = format!(
            "version: 1\nid: {id}\nrecorded: cassettes/{id}.json\nrequest:\n  messages:\n    - role: user\n      text: How long?\n{fields}"
        );
        std::fs::write(dir.join(CASES).join(format!("{id}.yaml")), case).unwrap();
        let cassette = format!("{{\"version\": 1, \"case\": \"{id}\", \"answer\": {answer}}}");
        std::fs::write(dir.join(CASSETTES).join(format!("{id}.json")), cassette).unwrap();
    }
    dir.to_owned()
}
