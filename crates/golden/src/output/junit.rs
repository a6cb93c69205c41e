//! JUnit XML: a suite for each set, a test case for each case, named by its id. A failed case is a failure with the
//! reasons; a provider's failure and an unreadable file are errors.

use super::{reasons, several_variants};
use crate::check::{CheckReport, SetReport, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

/// The document.
///
/// # Errors
/// The serializer's words; a report of plain text never makes one.
pub fn print(report: &CheckReport) -> Result<String, String> {
    let mut junit = Report::new("retake check");
    for set in &report.sets {
        junit.add_test_suite(suite(set));
    }
    junit.to_string().map_err(|error| error.to_string())
}

fn suite(set: &SetReport) -> TestSuite {
    let mut suite = TestSuite::new(set.name.as_str());
    let several = several_variants(&set.cases);
    for case in &set.cases {
        let reasons = reasons(case);
        let status = match case.verdict {
            Verdict::Pass => TestCaseStatus::success(),
            Verdict::Fail | Verdict::Inconclusive => failed(NonSuccessKind::Failure, "assertion", &reasons),
            Verdict::Error => failed(NonSuccessKind::Error, "provider", &reasons),
        };
        let mut test = TestCase::new(case.case_id.as_str(), status);
        let class = if several { format!("{}.{}", set.name, case.variant) } else { set.name.clone() };
        test.set_classname(class);
        test.extra.insert("file".into(), case.file.as_str().into());
        if case.flaky {
            test.add_property(("flaky", format!("{} of {} repeats passed", case.passed, case.repeats).as_str()));
        }
        suite.add_test_case(test);
    }
    // A file that names no case of its own would be missing from the report.
    for error in set.errors.iter().filter(|error| set.cases.iter().all(|case| case.file != error.file)) {
        let place = error.line.map(|line| format!(" line {line}")).unwrap_or_default();
        let text = format!("{}{place}: {}", error.file, error.message);
        let status = failed(NonSuccessKind::Error, error.code.as_str(), &[text]);
        let name = std::path::Path::new(&error.file)
            .file_stem()
            .map_or(error.file.clone(), |s| s.to_string_lossy().into_owned());
        let mut test = TestCase::new(name, status);
        test.set_classname(set.name.as_str());
        suite.add_test_case(test);
    }
    // A gate can fail though each case that counts for itself passed.
    if set.verdict != Verdict::Pass
        && set.cases.iter().all(|case| case.verdict == Verdict::Pass)
        && set.errors.is_empty()
    {
        let mut test = TestCase::new("gate", failed(NonSuccessKind::Failure, "gate", &set.reasons));
        test.set_classname(set.name.as_str());
        suite.add_test_case(test);
    }
    suite
}

fn failed(kind: NonSuccessKind, word: &str, reasons: &[String]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(word).set_message(reasons.join("; ")).set_description(reasons.join("\n"));
    status
}
