//! Reports for other programs.

use crate::set;
use retake_golden::{Answers, CheckOptions, CheckReport, check, load, output};

fn report(dir: &std::path::Path) -> CheckReport {
    let days = "assertions:\n  - type: contains\n    value: 9 days\n  - type: regex\n    value: '<b>\\d'\n";
    let dir = set(
        dir,
        "threshold: 0.1\n",
        &[
            ("fine", "assertions:\n  - type: contains\n    value: 9 days\n", r#"{"output_text": "9 days"}"#),
            ("off", days, r#"{"output_text": "4 days, 100 % & \"<i>\"\n::x"}"#),
            ("odd", "wrong: 1\n", "{}"),
        ],
    );
    check(&load(&[dir]).unwrap(), &CheckOptions::default(), &Answers::Recorded).unwrap()
}

#[test]
fn junit_names_each_case_and_its_reasons() {
    let folder = tempfile::tempdir().unwrap();
    let xml = output::junit::print(&report(folder.path())).unwrap();
    assert!(xml.contains(r#"tests="3""#) && xml.contains(r#"failures="1""#) && xml.contains(r#"errors="1""#), "{xml}");
    assert!(
        xml.contains(r#"<testcase name="fine""#)
            && xml.contains(r#"<testcase name="off""#)
            && xml.contains(r#"<testcase name="odd""#),
        "{xml}"
    );
    assert!(
        xml.contains("contains: expected that the answer contains &quot;9 days&quot;") && xml.contains("4 days"),
        "{xml}"
    );
    assert!(xml.contains("RTK-G003"), "{xml}");
}

#[test]
fn markdown_shows_text_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let text = output::markdown::print(&report(folder.path()));
    assert!(text.starts_with("# Retake check: fail\n"), "{text}");
    assert!(text.contains("| parcels | fail | 50 % | 10 % | 1 | 1 | 0 | 0 |"), "{text}");
    assert!(text.contains("### off: fail") && text.contains(r"\<i\>") && !text.contains("### fine"), "{text}");
}

#[test]
fn annotations_stand_on_the_line_of_the_assertion() {
    let folder = tempfile::tempdir().unwrap();
    let base = format!("{}/", folder.path().display());
    let text = output::github::print(&report(folder.path()), &|path| path.replace(&base, ""));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("::error file=cases/odd.yaml,line=8,col="), "{text}");
    assert!(lines[1].starts_with("::error file=cases/off.yaml,line=9,title=parcels%3A off::contains: "), "{text}");
    assert!(lines[2].starts_with("::error file=cases/off.yaml,line=11,"), "{text}");
    assert!(lines[1].contains("100 %25"), "{text}");
}
