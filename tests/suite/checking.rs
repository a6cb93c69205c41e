//! From a take to a golden case to a verdict, as a CI runs it.

use crate::replaying::{home_with, replay_args, variant, words};
use retake_golden::assertion;
use retake_testkit::loopback::{Loopback, Reply};
use retake_tests::{Home, Run};
use serde_json::{Map, Value, json};

fn promoted(home: &Home, id: &str, asserts: &[&str]) -> Value {
    let set = home.path("golden");
    let mut args =
        vec!["promote", id, "--set", set.to_str().unwrap(), "--no-suggest", "--reason", "SUP-1: wrong day", "--yes"];
    for assert in asserts {
        args.extend(["--assert", assert]);
    }
    home.retake(&args).ok()
}

fn check(home: &Home, more: &[&str]) -> Run {
    let mut args = vec!["check", "golden"];
    args.extend(more);
    let mut all = vec!["--json"];
    all.extend(args);
    Run::of(home.bare(&all))
}

#[test]
fn a_good_answer_passes_and_a_bad_one_fails_by_name() {
    let (home, calls) = home_with(1);
    let provider =
        Loopback::start(vec![Reply::text("It arrives on Friday [DOC-1]."), Reply::text("It arrives on Monday.")]);
    let args = replay_args(&[&calls[0].span_id()], &[variant(&provider, "openai-compatible", "")], &provider);
    let take = |run: Value| run["takes"][0]["take_id"].as_str().unwrap().to_owned();
    let good = take(home.retake(&words(&args)).ok());
    let bad = take(home.retake(&words(&args)).ok());

    let case = promoted(&home, &good, &["contains:Friday", "not-contains:Monday"]);
    assert!(std::path::Path::new(case["path"].as_str().unwrap()).is_absolute(), "{case:#}");
    let passed = check(&home, &[]).ok();
    assert_eq!(passed["verdict"], "pass", "{passed:#}");

    std::fs::remove_dir_all(home.path("golden")).unwrap();
    let case = promoted(&home, &bad, &["contains:Friday"]);
    let junit = home.path("junit.xml");
    let failed = check(&home, &["--junit", junit.to_str().unwrap()]);
    assert_eq!(failed.exit, 1, "{failed}");
    let assertion = &failed.document()["sets"][0]["cases"][0]["assertions"][0];
    assert_eq!(assertion["passed"], false, "{failed}");
    assert!(assertion["reason"].as_str().unwrap().contains("Friday"), "{failed}");
    let junit = std::fs::read_to_string(junit).unwrap();
    let name = format!("name=\"{}\"", case["case_id"].as_str().unwrap());
    assert!(junit.contains(&name) && junit.contains("<failure"), "{junit}");
}

#[test]
fn the_case_of_a_take_without_a_document_does_not_hold_it() {
    let (home, calls) = home_with(1);
    let provider = Loopback::start(vec![Reply::text("I do not know.")]);
    let variants = [variant(&provider, "openai-compatible", "drop-doc=DOC-1")];
    let run = home.retake(&words(&replay_args(&[&calls[0].span_id()], &variants, &provider))).ok();
    let take = run["takes"][0]["take_id"].as_str().unwrap();
    promoted(&home, take, &["not-context_holds:DOC-1", "not-cites:DOC-1"]);
    let passed = check(&home, &[]).ok();
    assert_eq!(passed["verdict"], "pass", "{passed:#}");
    let cases = std::fs::read_dir(home.path("golden/cases")).unwrap();
    let text = cases.map(|case| std::fs::read_to_string(case.unwrap().path()).unwrap()).collect::<String>();
    assert!(!text.contains("four days"), "the passage is still in the case: {text}");

    std::fs::remove_dir_all(home.path("golden")).unwrap();
    promoted(&home, take, &["context_holds:DOC-1"]);
    let failed = check(&home, &[]);
    assert_eq!(failed.exit, 1, "{failed}");

    // Where the recorded answer had it, that is the evidence of the suggestion.
    std::fs::remove_dir_all(home.path("golden")).unwrap();
    let set = home.path("golden");
    let case = home.retake(&["promote", take, "--set", set.to_str().unwrap(), "--yes"]).ok();
    assert!(case.to_string().contains("it is in the context of the other answer only"), "{case:#}");
    assert_eq!(check(&home, &[]).ok()["verdict"], "pass");
}

#[test]
fn suggestions_hold_for_the_answer_that_they_came_from() {
    let (home, calls) = home_with(1);
    let set = home.path("golden");
    let case = home.retake(&["promote", &calls[0].span_id(), "--set", set.to_str().unwrap(), "--yes"]).ok();
    let assertions = case["assertions"].as_array().unwrap();
    assert!(!assertions.is_empty(), "{case:#}");
    assert!(
        assertions.iter().all(|assertion| assertion["because"].as_str().is_some_and(|because| !because.is_empty())),
        "{case:#}"
    );
    assert_eq!(check(&home, &[]).ok()["verdict"], "pass");
}

#[test]
fn an_empty_set_a_missing_set_and_a_broken_case_are_three_things() {
    let (home, calls) = home_with(1);
    promoted(&home, &calls[0].span_id(), &["contains:way"]);
    let nothing = check(&home, &[]).ok();
    assert_eq!(nothing["sets"][0]["cases"].as_array().unwrap().len(), 1, "{nothing:#}");

    let path = promoted_file(&home);
    let whole = std::fs::read_to_string(&path).unwrap();
    let broken = path.with_file_name(format!("broken.{}", path.extension().unwrap().to_string_lossy()));
    std::fs::write(&broken, "assertions: [\n  - {type: contains\n").unwrap();
    let run = check(&home, &[]);
    assert_eq!(run.exit, 1, "{run}");
    let document = run.document();
    let error = &document["sets"][0]["errors"][0];
    assert!(error["file"].as_str().unwrap().contains("broken") && error["line"].as_u64().is_some(), "{run}");
    assert_eq!(document["sets"][0]["cases"].as_array().unwrap().len(), 1, "the other case runs: {run}");

    std::fs::remove_file(&broken).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(check(&home, &[]).exit, 1, "an empty set fails");
    std::fs::write(&path, whole).unwrap();
    let other = home.path("no-such-set");
    Run::of(home.bare(&["--json", "check", other.to_str().unwrap()])).error(3);
}

/// The file of the only case.
fn promoted_file(home: &Home) -> std::path::PathBuf {
    let mut folders = vec![home.path("golden")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if (name.ends_with(".yaml") || name.ends_with(".yml")) && !name.starts_with("set.") {
                return path;
            }
        }
    }
    panic!("no case file in {}", home.path("golden").display())
}

#[test]
fn a_live_check_asks_the_provider_and_its_failure_is_no_score() {
    let (home, calls) = home_with(1);
    promoted(&home, &calls[0].span_id(), &["contains:Friday"]);
    let provider = Loopback::start(vec![Reply::text("On Friday.")]);
    let live = |provider: &Loopback| {
        let spec = variant(provider, "openai-compatible", "retries=0");
        let destination = format!("127.0.0.1:{}", provider.port());
        let allowed = ["--allow-destination", &destination, "--allow-unpriced", "--yes"];
        home.retake(&[&["check", "golden", "--live", "--variant", &spec][..], &allowed].concat())
    };
    assert_eq!(live(&provider).ok()["verdict"], "pass");
    assert_eq!(provider.count(), 1);
    let broken = Loopback::start(vec![Reply::status(500)]);
    let run = live(&broken);
    assert_eq!((run.exit, &run.document()["verdict"]), (4, &"error".into()), "{run}");
    let elsewhere = check(&home, &["--live", "--workspace", "none.retake"]);
    assert_eq!((&elsewhere.error(6)["code"], elsewhere.stderr.contains("none.retake")), (&"RTK-S001".into(), true));
}

/// Writes a set of one case a row of the tables in `fixtures/golden/assertions`, on the answer as it is or with the row's
/// one fact changed. Gives each case's id with its row.
fn set_of_tables(home: &Home, name: &str, changed: bool) -> Vec<(String, Value)> {
    let folder = home.path(name);
    home.file(&format!("{name}/set.yaml"), json!({"version": 1, "name": name}).to_string());
    let mut cases = Vec::new();
    for kind in assertion::all() {
        let path = retake_tests::in_repository("fixtures/golden/assertions").join(format!("{}.yaml", kind.name));
        let table: Value = serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        for (n, row) in table["rows"].as_array().unwrap().iter().enumerate() {
            let id = format!("{}-{n}", kind.name.replace('_', "-"));
            let mut answer: Map<String, Value> = table["answer"].as_object().unwrap().clone();
            let mut documents = table.get("documents").cloned();
            if changed {
                answer.extend(row["change"].as_object().cloned().unwrap_or_default());
                documents = row.get("documents").cloned().or(documents);
            }
            let mut case = json!({"version": 1, "id": id, "assertions": [row["assertion"]],
                "recorded": format!("cassettes/{id}.json"),
                "request": {"model": "small", "messages": [{"role": "user", "text": "Where is it?"}]}});
            if let Some(documents) = documents.filter(|documents| !documents.is_null()) {
                case["documents"] = documents;
            }
            home.file(&format!("{name}/cases/{id}.yaml"), case.to_string());
            let cassette = json!({"version": 1, "case": id, "answer": answer});
            home.file(&format!("{name}/cassettes/{id}.json"), cassette.to_string());
            cases.push((id, row.clone()));
        }
    }
    assert!(folder.is_dir());
    cases
}

#[test]
fn for_each_assertion_type_one_changed_fact_flips_the_verdict_and_the_reason_names_it() {
    let home = Home::new();
    let rows = set_of_tables(&home, "good", false);
    let passed = Run::of(home.bare(&["--json", "check", "good"])).ok();
    assert_eq!(passed["verdict"], "pass", "{passed:#}");
    assert_eq!(passed["sets"][0]["cases"].as_array().unwrap().len(), rows.len(), "{passed:#}");

    set_of_tables(&home, "bad", true);
    let run = Run::of(home.bare(&["--json", "check", "bad"]));
    assert_eq!(run.exit, 1, "{run}");
    let failed = run.document();
    assert_eq!(failed["verdict"], "fail", "{run}");
    for (id, row) in rows {
        let of = |document: &Value| {
            let cases = document["sets"][0]["cases"].as_array().unwrap();
            cases.iter().find(|case| case["case_id"] == id.as_str()).cloned().unwrap_or_else(|| panic!("no case {id}"))
        };
        let (good, bad) = (of(&passed), of(&failed));
        assert_eq!((&good["verdict"], &bad["verdict"]), (&"pass".into(), &"fail".into()), "{id}: {good:#} {bad:#}");
        let assertion = &bad["assertions"][0];
        assert_eq!(assertion["passed"], false, "{id}: {bad:#}");
        let reason = assertion["reason"].as_str().unwrap();
        for name in row["names"].as_array().unwrap() {
            assert!(reason.contains(name.as_str().unwrap()), "{id}: {name} is not in the reason: {reason}");
        }
    }
}
