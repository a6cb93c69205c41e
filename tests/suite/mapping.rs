//! `mapping`: a proposal for a log of one's own, what it makes of the first records, and the import with it.

use retake_tests::{Home, Run, in_repository};
use serde_json::{Value, json};

fn valid(home: &Home, name: &str, document: &Value) {
    let schema = Run::of(home.bare(&["schema", name])).ok();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let faults: Vec<String> = validator.iter_errors(document).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{name}: {faults:?}");
}

const CHAT: &str = "id,created_at,question,answer,model,prompt_tokens,completion_tokens,cost,latency_ms,customer\n\
    c-1,2026-11-04T08:06:22Z,How long is the warranty?,Two years.,gpt-4o-mini,120,4,0.0001,812,acme\n\
    c-2,2026-11-04T08:07:22Z,Is it waterproof?,\"No, it is not.\",gpt-4o-mini,130,6,0.0002,640,globex\n\
    c-3,soon,And the battery?,,gpt-4o-mini,many,,,,acme\n";

fn cell<'a>(row: &'a Value, field: &str) -> &'a str {
    let cells = row["cells"].as_array().unwrap();
    let found = cells.iter().find(|cell| cell["field"] == field);
    found.unwrap_or_else(|| panic!("no {field} in {row:#}"))["value"].as_str().unwrap()
}

#[test]
fn a_chat_log_is_proposed_previewed_and_imported() {
    let home = Home::new();
    let log = home.file("chat.csv", CHAT);
    let log = log.to_str().unwrap();
    let sample = Run::of(home.bare(&["--json", "mapping", "suggest", log])).ok();
    valid(&home, "mapping-suggest", &sample);
    assert_eq!((&sample["form"], &sample["records"]), (&json!("csv"), &json!(3)));
    for (field, column) in
        [("time", "created_at"), ("input", "question"), ("input_tokens", "prompt_tokens"), ("tenant", "customer")]
    {
        assert_eq!(sample["draft"]["fields"][field], column, "{sample:#}");
    }
    let map = home.path("chat.map.yaml");
    let map = map.to_str().unwrap();
    Run::of(home.bare(&["--json", "mapping", "suggest", log, "-o", map])).ok();
    let again = Run::of(home.bare(&["--json", "mapping", "suggest", log, "-o", map])).error(2);
    assert_eq!(again["code"], "RTK-I029");
    Run::of(home.bare(&["--json", "mapping", "suggest", log, "-o", map, "--replace"])).ok();

    let preview = Run::of(home.bare(&["--json", "mapping", "preview", log, "--map", map])).ok();
    valid(&home, "mapping-preview", &preview);
    let rows = preview["rows"].as_array().unwrap();
    assert_eq!((cell(&rows[1], "input"), cell(&rows[1], "output")), ("Is it waterproof?", "No, it is not."));
    assert_eq!((cell(&rows[0], "duration_ms"), cell(&rows[0], "cost_usd")), ("812", "0.0001"));
    let codes: Vec<&str> =
        rows[2]["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["RTK-I022", "RTK-I025"]);
    let some = Run::of(home.bare(&["--json", "mapping", "preview", log, "--map", map, "--limit", "2"])).ok();
    assert_eq!((&some["rows"], &some["more"]), (&json!(rows[..2]), &json!(true)));

    let report = home.retake(&["import", log, "--map", map]).ok();
    assert_eq!((&report["totals"]["spans"], &report["totals"]["messages"]), (&json!(3), &json!(5)), "{report:#}");
    let found = home.retake(&["search", "tenant:acme warranty"]).ok();
    assert_eq!(found["rows"][0]["question"], "How long is the warranty?", "{found:#}");
    assert_eq!(home.retake(&["import", log, "--map", map]).ok()["totals"]["duplicates"], 3);
}

#[test]
fn what_cannot_be_mapped_says_why_and_what_to_do() {
    let home = Home::new();
    let map = home.file("map.yaml", "kind: traces\nfields: {input: question}\n");
    let map = map.to_str().unwrap().to_owned();
    let long = format!("question,answer\n{}", "x".repeat(3 << 20));
    for (name, bytes, code, exit) in [
        ("empty.csv", b"".as_slice(), "RTK-I002", 3),
        ("binary.csv", b"\x7fELF\0\0\0", "RTK-I002", 3),
        ("header.csv", b"question,answer\n", "RTK-I002", 3),
        ("prose.txt", b"It was a dark and stormy night.", "RTK-I002", 3),
        ("long.csv", long.as_bytes(), "RTK-I028", 3),
    ] {
        let log = home.file(name, bytes);
        let log = log.to_str().unwrap();
        let error = Run::of(home.bare(&["--json", "mapping", "suggest", log])).error(exit);
        assert_eq!(error["code"], code, "{name}: {error:#}");
        assert!(!error["hint"].as_str().unwrap().is_empty(), "{name}");
        if name != "header.csv" {
            let error = Run::of(home.bare(&["--json", "mapping", "preview", log, "--map", &map])).error(exit);
            assert_eq!(error["code"], code, "{name}: {error:#}");
        }
    }
    let log = home.file("chat.csv", "asked,said\nWhy?,Because.\n");
    let log = log.to_str().unwrap();
    for run in [
        Run::of(home.bare(&["--json", "mapping", "preview", log, "--map", &map])),
        home.retake(&["import", log, "--map", &map]),
    ] {
        let error = run.error(2);
        assert_eq!(error["code"], "RTK-I024", "{error:#}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("\"question\"") && message.contains("\"asked\""), "{message}");
    }
    let twice = home.file("twice.yaml", "kind: traces\nfields: {input: asked, input: said}\n");
    let error = Run::of(home.bare(&["--json", "mapping", "preview", log, "--map", twice.to_str().unwrap()])).error(2);
    assert_eq!(error["code"], "RTK-I024", "{error:#}");
    let other = home.file("notes.yaml", "steps: [build]\n");
    let log = home.file("known.csv", CHAT);
    let log = log.to_str().unwrap();
    let error = Run::of(home.bare(&["--json", "mapping", "suggest", log, "-o", other.to_str().unwrap(), "--replace"]));
    assert_eq!(error.error(2)["code"], "RTK-I029");
    assert_eq!(std::fs::read_to_string(other).unwrap(), "steps: [build]\n");
}

#[test]
fn every_fixture_of_a_mapping_is_previewed() {
    let home = Home::new();
    for name in
        ["mapped-traces/calls.input.jsonl", "mapped-traces/chat-log.input.csv", "mapped-traces/no-ids.input.json"]
    {
        let log = in_repository(&format!("fixtures/imports/{name}"));
        let map = log.display().to_string();
        let map = format!("{}.map.yaml", map.split(".input").next().unwrap());
        let run = Run::of(home.bare(&["--json", "mapping", "preview", log.to_str().unwrap(), "--map", &map]));
        let preview = run.ok();
        valid(&home, "mapping-preview", &preview);
        assert!(preview["rows"].as_array().unwrap().iter().any(|row| row["understood"] == true), "{preview:#}");
        let text = preview.to_string();
        assert!(!text.contains("sk-abcdefghij") && !text.contains("abcDEF0123456789"), "a secret is shown: {text}");
    }
}

#[test]
fn the_pages_of_the_manual_are_printed_and_written() {
    let home = Home::new();
    let page = String::from_utf8(home.bare(&["man", "mapping", "preview"]).output().unwrap().stdout).unwrap();
    assert!(page.contains(".TH retake-mapping-preview 1"), "{page}");
    Run::of(home.bare(&["--json", "man", "no", "such"])).error(2);
    let folder = home.path("man1");
    Run::of(home.bare(&["man", "--to", folder.to_str().unwrap()]));
    for name in ["retake.1", "retake-import.1", "retake-mapping-suggest.1"] {
        assert!(folder.join(name).exists(), "{name}");
    }
}
