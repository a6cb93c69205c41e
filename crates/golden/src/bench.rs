//! A set of any size for measuring: made in a folder, then loaded and judged. Timing is the caller's.

use crate::assertion::Assertion;
use crate::case::{self, Case, CaseDocument, Origin};
use crate::cassette::{self, Cassette, RecordedAnswer, RecordedCall, RecordedUsage};
use crate::check::{Answers, CheckOptions, CheckReport, check};
use crate::error::GoldenError;
use crate::set::{self, CASES, CASSETTES, SetFile};
use retake_model::{Message, Request, Role};
use std::path::Path;

/// Writes a set of `n` cases with four assertions each, a question, a system text and two documents.
///
/// # Errors
/// [`GoldenError::Unwritable`].
pub fn write_set(dir: &Path, n: usize) -> Result<(), GoldenError> {
    let write = |path: &Path, text: &str| {
        std::fs::write(path, text)
            .map_err(|error| GoldenError::Unwritable { path: path.to_owned(), why: error.to_string() })
    };
    for folder in [CASES, CASSETTES] {
        let path = dir.join(folder);
        std::fs::create_dir_all(&path).map_err(|error| GoldenError::Unwritable { path, why: error.to_string() })?;
    }
    let file = SetFile { version: set::VERSION, name: "bench".to_owned(), ..SetFile::default() };
    write(&dir.join(set::SET_FILE), &set::print_set_file(&file))?;
    for i in 0..n {
        let id = format!("case-{i:06}");
        let (case, answer) = one(&id, i);
        write(&dir.join(CASES).join(format!("{id}.yaml")), &case::print(&case, None))?;
        let cassette = Cassette { version: cassette::VERSION, case_id: id.clone(), answer };
        write(&dir.join(CASSETTES).join(format!("{id}.json")), &cassette.print())?;
    }
    Ok(())
}

/// Loads and judges the recorded answers of a set, as `retake check` does offline.
///
/// # Errors
/// As [`set::load`] and [`check`].
pub fn bench_check(dir: &Path) -> Result<CheckReport, GoldenError> {
    check(&set::load(&[dir.to_owned()])?, &CheckOptions::default(), &Answers::Recorded)
}

fn one(id: &str, i: usize) -> (Case, RecordedAnswer) {
    let days = i % 60 + 1;
    let case = Case {
        id: id.to_owned(),
        recorded: Some(format!("{CASSETTES}/{id}.json")),
        origin: Some(Origin { trace_id: Some(format!("{i:032x}")), ..Origin::default() }),
        assertions: vec![
            Assertion::of("contains", format!("{days} days")),
            Assertion::of("regex", r"within \d+ days"),
            Assertion::of("cites", "DOC-1"),
            Assertion::of("latency", 5_000),
        ],
        request: Request {
            model: Some("model-a".to_owned()),
            messages: vec![
                Message::text(Role::System, "Answer from the documents.\nCite them as [ID]."),
                Message::text(Role::User, format!("How long does shipment {i} take?")),
            ],
            ..Request::default()
        },
        documents: Some(
            (1..=2)
                .map(|d| CaseDocument {
                    id: Some(format!("DOC-{d}")),
                    version: Some("1".to_owned()),
                    placed: Some(true),
                    content: Some(format!("A shipment takes {days} days.")),
                })
                .collect(),
        ),
        ..Case::default()
    };
    let answer = RecordedAnswer {
        output_text: Some(format!("It arrives within {days} days [DOC-1].")),
        tool_calls: Some(Vec::<RecordedCall>::new()),
        finish_reason: Some("stop".to_owned()),
        usage: Some(RecordedUsage { input_tokens: Some(200), output_tokens: Some(12), ..RecordedUsage::default() }),
        latency_ms: Some(812.5),
        ..RecordedAnswer::default()
    };
    (case, answer)
}
