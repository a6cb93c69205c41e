//! The contract of every command: its schema, its help, the sample.

use crate::replaying::home_with;
use retake_tests::traces::{Call, lines};
use retake_tests::{Home, Run};
use serde_json::{Value, json};

#[test]
fn documents_are_named_after_their_command() {
    let (home, calls) = home_with(2);
    let trace = calls[0].trace_id();
    let span = calls[0].span_id();
    for (args, schema) in [
        (&["batches", "list"][..], "retake.batches/1"),
        (&["formats"], "retake.formats/1"),
        (&["search", "parcel"], "retake.search/1"),
        (&["show", &trace], "retake.show-tree/1"),
        (&["show", &span, "--as", "messages"], "retake.show-messages/1"),
        (&["show", &span, "--as", "request"], "retake.show-request/1"),
        (&["show", &span, "--as", "raw"], "retake.show-raw/1"),
        (&["context", &span], "retake.context/1"),
        (&["findings"], "retake.findings/1"),
        (&["runs", "list"], "retake.runs/1"),
        (&["metrics"], "retake.metrics/1"),
        (&["doctor"], "retake.doctor/1"),
    ] {
        let document = home.retake(args).ok();
        assert_eq!(document["schema"], schema, "{args:?}: {document:#}");
    }
    let import = home.file("b.jsonl", lines(&[Call::new(7, "x", "y")]));
    assert_eq!(home.retake(&["import", import.to_str().unwrap()]).ok()["schema"], "retake.import/1");
}

#[test]
fn every_document_has_a_schema_that_it_satisfies_in_its_required_fields() {
    let (home, calls) = home_with(1);
    let span = calls[0].span_id();
    for (name, args) in [
        ("search", &["search", "parcel"][..]),
        ("show-tree", &["show", &span]),
        ("show-messages", &["show", &span, "--as", "messages"]),
        ("context", &["context", &span]),
        ("findings", &["findings"]),
        ("batches", &["batches", "list"]),
    ] {
        let schema = Run::of(home.bare(&["schema", name])).ok();
        let document = home.retake(args).ok();
        let required = schema["required"].as_array().unwrap_or_else(|| panic!("{name}: {schema:#}"));
        for field in required {
            assert!(document.get(field.as_str().unwrap()).is_some(), "{name} has no {field}: {document:#}");
        }
        let known = schema["properties"].as_object().unwrap();
        for field in document.as_object().unwrap().keys() {
            assert!(known.contains_key(field), "{name}: {field} is not in the schema");
        }
    }
    Run::of(home.bare(&["--json", "schema", "no-such-document"])).error(2);
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let home = Home::new();
    let path = home.file("a.jsonl", lines(&[Call::new(1, "x", "y")]));
    let report = home.retake(&["import", path.to_str().unwrap(), "--dry-run"]).ok();
    assert_eq!(report["totals"]["spans"], 3, "{report:#}");
    assert!(!home.workspace().exists());
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let export = |home: &Home| {
        home.bare(&["--workspace", home.workspace().to_str().unwrap(), "export", "--format", "canonical"])
    };
    let before = (Run::of(export(&home)).stdout, std::fs::read(home.workspace()).unwrap());
    let more = home.file("b.jsonl", lines(&[Call::new(1, "x", "y"), Call::new(2, "z", "w")]));
    let report = home.retake(&["import", more.to_str().unwrap(), "--dry-run"]).ok();
    assert_eq!((&report["totals"]["spans"], &report["totals"]["duplicates"]), (&json!(3), &json!(3)), "{report:#}");
    assert!(report["batch_id"].is_null(), "{report:#}");
    let after = (Run::of(export(&home)).stdout, std::fs::read(home.workspace()).unwrap());
    assert!(before == after, "the workspace changed");
}

#[test]
fn pages_join_to_the_whole() {
    let (home, calls) = home_with(23);
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut args = vec!["search", "parcel", "--limit", "5"];
        if let Some(cursor) = &cursor {
            args.extend(["--after", cursor]);
        }
        let page = home.retake(&args).ok();
        seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["trace_id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    let newest_first: Vec<String> = calls.iter().rev().map(Call::trace_id).collect();
    assert_eq!(seen, newest_first);
}

#[test]
fn what_the_model_saw_is_shown_with_the_place_of_each_document() {
    let (home, calls) = home_with(1);
    let span = calls[0].span_id();
    let messages = home.retake(&["show", &span, "--as", "messages"]).ok();
    let roles: Vec<&str> =
        messages["messages"].as_array().unwrap().iter().filter_map(|message| message["role"].as_str()).collect();
    assert_eq!(roles, ["system", "user", "assistant"], "{messages:#}");
    let context = home.retake(&["context", &span]).ok();
    let document = &context["documents"][0];
    assert_eq!(
        (&document["document_id"], &document["rank"]),
        (&"DOC-1".into(), &document["rank"].clone()),
        "{context:#}"
    );
    let place = &document["placed"][0];
    assert!(place["end"].as_u64().unwrap() > place["start"].as_u64().unwrap(), "{context:#}");
    for view in ["curl", "python", "typescript"] {
        let run = home.retake(&["show", &span, "--as", view]);
        assert!(run.exit == 0 && run.stdout.contains("Where is parcel 1?"), "{run}");
    }
}

#[test]
fn the_scores_of_retriever_and_reranker_stand_apart_for_people() {
    let sample = |name: &str| retake_tests::in_repository(&format!("fixtures/sample/{name}"));
    let (home, calls) = home_with(1);
    home.retake(&["import", sample("traces.jsonl").to_str().unwrap()]).ok();
    let shown = |id: &str| {
        let mut command = home.bare(&["--workspace"]);
        command.arg(home.workspace()).args(["context", id]);
        Run::of(command).stdout
    };
    let truth: serde_json::Value = serde_json::from_slice(&std::fs::read(sample("truth.json")).unwrap()).unwrap();
    let text = shown(truth["bad"]["trace_id"].as_str().unwrap());
    let words = |id: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.contains(&format!(" {id} "))).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(words("SOP-204")[4..8], ["score", "0.855", "rerank", "0.914"], "{text}");
    assert_eq!(words("SOP-152")[6..8], ["rerank", "—"], "the reranker left it out: {text}");
    let without = shown(&calls[0].span_id());
    assert!(without.contains(" score ") && !without.contains("rerank"), "{without}");
}

#[test]
fn prompts_are_immutable_versions_with_labels_that_move() {
    let (home, _) = home_with(1);
    let text = |name: &str, text: &str| home.file(name, text).to_str().unwrap().to_owned();
    for (file, version) in [("a", 1), ("b", 2), ("b", 2)] {
        let shown = home
            .retake(&[
                "prompt",
                "new",
                "support",
                "--file",
                &text(file, &format!("Answer {{{{question}}}} {file}")),
                "--yes",
            ])
            .ok();
        assert!(shown.to_string().contains(&format!("\"version\":{version}")), "{shown:#}");
    }
    home.retake(&["prompt", "label", "support@1", "live", "--yes"]).ok();
    home.retake(&["prompt", "label", "support@2", "live", "--yes"]).ok();
    let get = |at: &str| {
        Run::of({
            let mut command = home.bare(&["--workspace"]);
            command.arg(home.workspace()).args(["prompt", "get", at]);
            command
        })
    };
    assert_eq!(get("support@live").stdout.trim_end(), "Answer {{question}} b");
    home.retake(&["prompt", "rollback", "support", "live", "--yes"]).ok();
    assert_eq!(get("support@live").stdout.trim_end(), "Answer {{question}} a");
    let again = home.retake(&["prompt", "rollback", "support", "live", "--yes"]);
    let error = again.error(3);
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("retake prompt show support")), "{again}");
    assert_eq!(get("support@live").stdout.trim_end(), "Answer {{question}} a", "it does not go forward again");
    assert!(home.retake(&["prompt", "diff", "support", "1", "2"]).exit == 0);
    home.retake(&["prompt", "get", "nobody@1"]).error(3);
}

#[test]
fn the_demo_does_the_main_job_offline() {
    let home = Home::new();
    let run = Run::of(home.bare(&["--json", "demo"]));
    assert_eq!(run.exit, 0, "{run}");
    let printed = Run::of(home.bare(&["demo", "--print-commands"]));
    assert_eq!(printed.exit, 0, "{printed}");
    for word in ["import", "search", "replay", "compare", "promote", "check"] {
        assert!(printed.stdout.contains(&format!(" {word} ")), "{word}: {printed}");
    }
    let commands: Vec<&str> = printed.stdout.lines().filter(|line| line.starts_with("retake ")).collect();
    assert!(commands.iter().all(|line| line.starts_with("retake --workspace ")), "{printed}");
}

#[test]
fn the_demo_leaves_a_policy_of_the_user_alone() {
    let home = Home::new();
    let policy = home.file("policy.yaml", "version: 1\ntenants: [north]\n");
    home.retake(&["policy", "set", policy.to_str().unwrap()]).ok();
    let before = home.retake(&["policy", "show"]).ok();
    let refused = home.retake(&["demo"]);
    assert_eq!(refused.exit, 2, "{refused}");
    assert_eq!(home.retake(&["policy", "show"]).ok(), before);
    assert_eq!(home.retake(&["batches", "list"]).ok()["batches"].as_array().map(Vec::len), Some(0));
}

#[test]
fn help_speaks_of_every_command_and_the_version_is_ours() {
    let home = Home::new();
    let help = Run::of(home.bare(&["--help"])).stdout;
    for command in [
        "import", "search", "show", "context", "findings", "replay", "compare", "promote", "check", "report", "export",
        "demo",
    ] {
        assert!(help.contains(command), "{command}: {help}");
        let own = Run::of(home.bare(&[command, "--help"]));
        assert!(own.exit == 0 && own.stdout.contains("Usage"), "{own}");
    }
    // What the hint of a variant that cannot be read sends one to.
    let keys = Run::of(home.bare(&["replay", "--help"])).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for key in ["base-url", "connection", "drop-doc", "first-token-timeout", "retries"] {
        assert!(keys.contains(key), "{key}: {keys}");
    }
    assert!(Run::of(home.bare(&["--version"])).stdout.contains(env!("CARGO_PKG_VERSION")));
    let formats: Value = Run::of(home.bare(&["--json", "formats"])).ok();
    assert!(formats["formats"].as_array().unwrap().len() >= 2, "{formats:#}");
}

#[test]
fn a_prompt_keeps_its_numbers_and_says_which_traces_and_takes_used_each() {
    let home = Home::new();
    // It prints what each of its commands prints: no one document.
    assert_eq!(home.retake(&["demo"]).exit, 0);
    let shown = home.retake(&["prompt", "show", "dock-answer"]).ok();
    let versions = shown["versions"].as_array().unwrap();
    let numbers: Vec<_> = versions.iter().map(|version| version["version"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [8, 7]);
    for version in versions {
        let query = format!("prompt:dock-answer@{}", version["version"]);
        let found = home.retake(&["search", &query, "--limit", "1"]).ok();
        assert_eq!(version["traces"], found["total"], "{query}");
    }
    let runs = home.retake(&["runs", "list"]).ok();
    assert_eq!((&versions[0]["takes"], &versions[0]["runs"][0]), (&1.into(), &runs["runs"][0]["run_id"]));
    assert_eq!((&versions[1]["takes"], versions[1]["runs"].as_array().map(Vec::len)), (&0.into(), Some(0)));

    let other = home.file("other.txt", "Another text.");
    let other = other.to_str().unwrap();
    let error = home.retake(&["prompt", "new", "dock-answer@7", "--file", other]).error(2);
    assert_eq!(error["code"], "RTK-A001");
    assert_eq!(home.retake(&["prompt", "new", "dock-answer@12", "--file", other]).ok()["version"], 12);
    let same = home.retake(&["prompt", "new", "dock-answer@20", "--file", other]).ok();
    assert_eq!((&same["version"], &same["created"]), (&12.into(), &false.into()));
    assert_eq!(
        home.retake(&["prompt", "new", "dock-answer", "--file", home.file("x.txt", "X").to_str().unwrap()]).ok()["version"],
        13
    );

    // A label counts for the version that it stood on when the run began.
    home.retake(&["prompt", "label", "dock-answer@7", "live", "--yes"]).ok();
    let truth = retake_tests::json(&retake_tests::in_repository("fixtures/sample/truth.json")).unwrap();
    let trace = truth["bad"]["trace_id"].as_str().unwrap().to_owned();
    home.retake(&["replay", &trace, "--variant", "provider=recorded,prompt=dock-answer@live", "--yes"]);
    home.retake(&["prompt", "label", "dock-answer@8", "live", "--yes"]).ok();
    let shown = home.retake(&["prompt", "show", "dock-answer"]).ok();
    let seven = shown["versions"].as_array().unwrap().iter().find(|version| version["version"] == 7).unwrap();
    assert_eq!(seven["takes"], 1, "{shown}");
}
