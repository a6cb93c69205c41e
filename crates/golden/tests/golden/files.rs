//! The files of a set: what is written reads as the same, what is wrong is named with its place.

use crate::set;
use proptest::prelude::*;
use retake_golden::set::{self as sets, load, read_set_file};
use retake_golden::{GoldenError, LoadedSet, schema};
use retake_model::{Code, Coded};
use std::path::{Path, PathBuf};

const GOOD: &str = "assertions:\n  - type: contains\n    value: 9 days\n";
const ANSWER: &str = r#"{"output_text": "9 days"}"#;

fn one(dir: &Path) -> LoadedSet {
    load(&[dir.to_owned()]).unwrap().remove(0)
}

#[test]
fn a_wrong_case_is_named_with_its_place_and_the_others_are_read() {
    for (fields, line, message) in [
        ("assertions:\n  - type: contains\n    valeu: 9 days\n", 9, "valeu"),
        ("assertions:\n  - type: similar\n    value: x\n", 9, "types are contains"),
        ("assertions:\n  - value: x\n", 9, "`type` is missing"),
        ("asertions: []\n", 8, "asertions"),
        ("assertions: [\n", 8, ""),
        ("assertions:\n  - type: regex\n    value: '('\n", 9, "pattern"),
        ("weight: -1\n", 8, "weight"),
        ("threshold: 2\n", 8, "threshold"),
        ("tags: 5\n", 8, ""),
        ("id: again\n", 8, "id"),
        ("documents:\n  - {idd: x}\n", 9, "idd"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let dir = set(folder.path(), "", &[("a", GOOD, ANSWER), ("b", fields, ANSWER), ("c", GOOD, ANSWER)]);
        let loaded = one(&dir);
        assert_eq!(loaded.cases.iter().map(|case| case.case.id.as_str()).collect::<Vec<_>>(), ["a", "c"], "{fields}");
        let error = &loaded.errors[0];
        assert_eq!(error.code, Code::CaseUnreadable);
        assert!(error.file.ends_with("cases/b.yaml"), "{error:?}");
        assert!(error.line.is_some_and(|found| found.abs_diff(line) <= 1), "{fields} at {line}: {error:?}");
        assert!(error.column.is_some() && error.message.contains(message), "{error:?}");
        assert!(!error.message.contains('\n'), "{error:?}");
    }
}

#[test]
fn bytes_of_any_kind_are_an_error_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let dir = set(folder.path(), "", &[("a", GOOD, ANSWER)]);
    for (name, bytes) in [
        ("b", b"version: 1\nid: \xff\n".as_slice()),
        ("c", b""),
        ("d", b"- 1\n- 2\n"),
        ("e", b"\0\0\0"),
        ("f", &b"[".repeat(100_000)),
        ("g", b"a: &a [*a]\n"),
    ] {
        std::fs::write(dir.join(format!("cases/{name}.yaml")), bytes).unwrap();
    }
    let loaded = one(&dir);
    assert_eq!((loaded.cases.len(), loaded.errors.len()), (1, 6), "{:#?}", loaded.errors);
}

#[test]
fn a_folder_that_is_no_set_is_an_error_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let error = |dir: &Path| match load(&[dir.to_owned()]) {
        Ok(_) => panic!("{} was read", dir.display()),
        Err(error) => (error.code(), error.to_string()),
    };
    let (code, message) = error(folder.path());
    assert_eq!(code, Code::SetInvalid);
    assert!(message.contains("no set.yaml"), "{message}");
    assert!(error(&folder.path().join("nowhere")).1.contains("no such folder"));
    for (text, part) in [
        ("name: x\n", "version"),
        ("version: 1\nname: x\nthresold: 1\n", "thresold"),
        ("version: 1\nname: x\nthreshold: 3\n", "line 3"),
    ] {
        std::fs::write(folder.path().join("set.yaml"), text).unwrap();
        let (code, message) = error(folder.path());
        assert_eq!(code, Code::SetInvalid);
        assert!(message.contains(part), "{message}");
    }
    // A newer program's files are refused as such, even if this one would not understand them.
    std::fs::write(folder.path().join("set.yaml"), "version: 2\nname: x\nlater: 1\n").unwrap();
    assert!(error(folder.path()).1.contains("version 2"));
}

#[test]
fn a_newer_or_doubled_case_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let dir = set(folder.path(), "", &[("a", GOOD, ANSWER), ("b", GOOD, ANSWER)]);
    let text = std::fs::read_to_string(dir.join("cases/a.yaml")).unwrap();
    std::fs::write(dir.join("cases/b.yaml"), &text).unwrap();
    std::fs::write(
        dir.join("cases/c.yaml"),
        text.replace("version: 1", "version: 7").replace("id: a", "id: c\nfuture: 1"),
    )
    .unwrap();
    let loaded = one(&dir);
    assert_eq!(loaded.cases.len(), 1);
    let messages: Vec<&str> = loaded.errors.iter().map(|error| error.message.as_str()).collect();
    assert!(messages.iter().any(|m| m.contains("\"a\"") && m.contains("a.yaml")), "{messages:?}");
    assert!(messages.iter().any(|m| m.contains("version 7")), "{messages:?}");
}

#[test]
fn a_recording_stays_below_the_set() {
    let folder = tempfile::tempdir().unwrap();
    let dir = set(folder.path(), "", &[("a", GOOD, ANSWER)]);
    let text = std::fs::read_to_string(dir.join("cases/a.yaml")).unwrap();
    for path in ["../outside.json", "/etc/hostname", "cassettes/../../outside.json"] {
        std::fs::write(dir.join("cases/a.yaml"), text.replace("cassettes/a.json", path)).unwrap();
        let loaded = one(&dir);
        let error = loaded.cases[0].recorded.as_ref().unwrap_err();
        assert_eq!((error.code, error.line), (Code::CassetteMissing, Some(3)));
        assert!(error.message.contains("not below"), "{error:?}");
    }
}

#[test]
fn the_schemas_accept_what_is_written_and_nothing_misspelt() {
    let case = jsonschema::validator_for(&schema::case()).unwrap();
    let read = |text: &str| -> serde_json::Value { serde_saphyr::from_str(text).unwrap() };
    let good = "version: 1\nid: a\nrequest:\n  messages:\n    - role: user\n      text: hi\nassertions:\n  - type: contains\n    value: x\n  - {type: latency, max_ms: 5, not: true, weight: 0, because: known}\n  - {type: not-cites}\n";
    let errors: Vec<String> = case.iter_errors(&read(good)).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for (right, wrong) in [
        ("value: x", "valeu: x"),
        ("type: contains", "type: contain"),
        ("max_ms: 5", "max_ms: soon"),
        ("role: user", "role: usr"),
    ] {
        assert!(!case.is_valid(&read(&good.replace(right, wrong))), "{wrong}");
    }
    let set = jsonschema::validator_for(&schema::set()).unwrap();
    assert!(set.is_valid(&read("version: 1\nname: x\nthreshold: 0.5\n")));
    assert!(!set.is_valid(&read("version: 1\nname: x\nthresold: 0.5\n")));
    assert!(jsonschema::validator_for(&schema::cassette()).is_ok());
    assert!(jsonschema::validator_for(&schema::assertion()).is_ok());
}

proptest! {
    #[test]
    fn a_set_file_reads_as_written(name in any::<String>(), tag in any::<String>(), share in 0.0..=1.0_f64) {
        let folder = tempfile::tempdir().unwrap();
        let file = sets::SetFile {
            version: 1,
            name,
            tags: vec![tag.clone()],
            threshold: Some(share),
            tag_thresholds: [(tag, share)].into(),
            ..sets::SetFile::default()
        };
        std::fs::write(folder.path().join("set.yaml"), sets::print_set_file(&file)).unwrap();
        prop_assert_eq!(read_set_file(folder.path()).map_err(|e: GoldenError| TestCaseError::fail(e.to_string()))?, file);
    }
}

#[test]
fn the_order_of_files_is_that_of_their_names() {
    let folder = tempfile::tempdir().unwrap();
    let dir: PathBuf = set(folder.path(), "", &[("c", GOOD, ANSWER), ("a", GOOD, ANSWER), ("b", GOOD, ANSWER)]);
    std::fs::create_dir(dir.join("cases/deep")).unwrap();
    std::fs::rename(dir.join("cases/a.yaml"), dir.join("cases/deep/a.yaml")).unwrap();
    let ids: Vec<String> = one(&dir).cases.iter().map(|case| case.case.id.clone()).collect();
    assert_eq!(ids, ["b", "c", "a"], "cases in folders below are read too");
}

#[test]
fn a_key_without_a_value_is_named_and_no_type_of_a_parser() {
    let folder = tempfile::tempdir().unwrap();
    let dir = set(folder.path(), "", &[]);
    let rest = "request: {messages: []}\n";
    for (text, told) in [
        (String::new(), "the file is empty; its keys are `version`, `id`, `request`"),
        ("null\n".to_owned(), "the file is empty; its keys are `version`, `id`, `request`"),
        ("# later\n~\n".to_owned(), "the file is empty; its keys are `version`, `id`, `request`"),
        ("version: 1\n".to_owned(), "`id` is missing"),
        ("version: 1\nid: a\n".to_owned(), "`request` is missing"),
        ("version: 1\nid: a\nrequest:\n".to_owned(), "`request` is missing: it has no value"),
        ("version: 1\nid: a\nrequest: null\nassertions: []\n".to_owned(), "`request` is missing: it has no value"),
        (format!("version: 1\nid:\n{rest}"), "`id` is missing: it has no value"),
        (format!("version:\nid: a\n{rest}"), "`version` is missing: it has no value"),
        ("version: 1\nid: a\nrequest:\n  messages:\n".to_owned(), "`messages` has no value"),
        (format!("version: 1\nid: a\n{rest}assertions:\n"), "`assertions` has no value"),
        (format!("version: 1\nid: a\n{rest}assertions: [null]\n"), "an item of a list has no value"),
        ("version: 1\nid: a\nrequest: {messages: [{role: , text: x}]}\n".to_owned(), "`role` has no value"),
    ] {
        std::fs::write(dir.join("cases/a.yaml"), &text).unwrap();
        let errors = one(&dir).errors;
        assert!(errors.len() == 1 && errors[0].message.contains(told), "{text:?}: {errors:?}");
        assert!(errors[0].line.is_some(), "{text:?}: {errors:?}");
    }
    for (text, told) in
        [("", "the file is empty; its keys are `version`, `name`"), ("version: 1\nname:\n", "`name` is missing")]
    {
        std::fs::write(dir.join("set.yaml"), text).unwrap();
        let error = load(std::slice::from_ref(&dir)).err().unwrap().to_string();
        assert!(error.contains(told), "{text:?}: {error}");
    }
}
