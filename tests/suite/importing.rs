//! Files as they are found: keys that stand twice, mappings over folders of unlike logs, lists over lines, what is skipped.

use retake_tests::traces::{Call, document};
use retake_tests::{Home, Run, in_repository};
use serde_json::Value;

fn codes(file: &Value) -> Vec<&str> {
    file["warnings"].as_array().unwrap().iter().map(|warning| warning["code"].as_str().unwrap()).collect()
}

fn file<'a>(report: &'a Value, name: &str) -> &'a Value {
    let files = report["files"].as_array().unwrap();
    files.iter().find(|file| file["path"].as_str().unwrap().ends_with(name)).unwrap_or_else(|| panic!("{report:#}"))
}

#[test]
fn a_key_that_stands_twice_is_told_at_every_level() {
    let call = document(vec![Call::new(1, "Where is it?", "On its way.").spans()[2].clone()]);
    let twice = |key: &str, value: &str| {
        let at = call.find(&format!("\"{key}\":")).unwrap();
        format!("{}\"{key}\":{value},{}\n", &call[..at], &call[at..])
    };
    let chat = r#"{"model":"m","model":"m","messages":[{"role":"user","content":"hi"}]}"#;
    let completion = r#""response":{"id":"c1","object":"chat.completion","model":"m","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"yo"}}]}"#;
    let audit = r#"{"timestamp":"2026-11-12T08:06:22Z","actor":"ann","actor":"bob","action":"tool.invoke","resource":"refund","decision":"denied"}"#;
    let litellm =
        std::fs::read_to_string(in_repository("fixtures/imports/litellm/standard-logging.input.jsonl")).unwrap();
    let litellm = litellm.lines().next().unwrap().replacen('{', "{\"litellm_call_id\":\"call-0001\",", 1);
    for (name, text) in [
        ("envelope.jsonl", twice("resourceSpans", "[]")),
        ("resource-twice.jsonl", twice("resource", "{}")),
        ("scopes.jsonl", twice("scopeSpans", "[]")),
        ("scope.jsonl", twice("scope", "{}")),
        ("in-a-resource.jsonl", call.replace("\"resource\":{", "\"resource\":{\"attributes\":[],") + "\n"),
        ("in-a-scope.jsonl", call.replace("\"scope\":{", "\"scope\":{\"name\":\"x\",") + "\n"),
        ("span.jsonl", twice("spanId", "\"00000000000000aa\"")),
        ("in-a-span.jsonl", twice("intValue", "\"1\"")),
        ("exchange.jsonl", format!("{{\"request\":{chat},{completion}}}\n")),
        (
            "exchange-top.jsonl",
            format!("{{\"request\":{},{completion},{completion}}}\n", chat.replacen("\"model\":\"m\",", "", 1)),
        ),
        ("audit.jsonl", format!("{audit}\n")),
        ("audit-list.json", format!("{{\"events\":[],\"events\":[{audit}]}}")),
        ("litellm.jsonl", format!("{litellm}\n")),
    ] {
        let home = Home::new();
        let path = home.file(name, text);
        let report = home.retake(&["import", path.to_str().unwrap()]).ok();
        assert!(codes(&report["files"][0]).contains(&"RTK-I017"), "{name}: {report:#}");
        assert_eq!(report["totals"]["rejected"], 0, "{name}: {report:#}");
    }
}

#[test]
fn a_large_import_leaves_what_the_next_start_needs() {
    let home = Home::new();
    let mut lines = Vec::new();
    retake_testkit::corpus::write(retake_testkit::corpus::Corpus::Lines { lines: 20_000 }, 1, &mut lines).unwrap();
    let path = home.file("lines.jsonl", String::from_utf8(lines).unwrap());
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let columns = format!("{}-columns", home.workspace().display());
    let kept = std::fs::read(&columns).expect("they are kept beside the workspace");
    let found = home.retake(&["search", "", "--limit", "1"]).ok();
    assert_eq!(found["total"], 20_000);
    assert_eq!(std::fs::read(&columns).unwrap(), kept, "a search reads them and needs no new ones");
}

const LOG: &str = "Zeit,Wer,Vorgang,Ding,Ausgang\n2026-11-04T08:06:22Z,ann,tool,refund,ok\n";

#[test]
fn a_mapping_is_for_the_files_whose_columns_it_names() {
    let home = Home::new();
    let mapping = home.file(
        "map.yaml",
        "kind: audit\ntime: {field: Zeit}\nfields: {actor: Wer, action: Vorgang, resource: Ding, decision: Ausgang}\n",
    );
    home.file("logs/a.csv", LOG);
    home.file(
        "logs/b.csv",
        "timestamp,actor,action,resource,decision\n2026-11-04T08:06:23Z,bob,tool.invoke,refund,denied\n",
    );
    home.file("logs/c.csv", "stamp,weight,colour\n2026-11-04,4,red\n2026-11-05,5,blue\n");
    home.file(
        "logs/d.jsonl",
        "{\"timestamp\":\"2026-11-04T08:06:24Z\",\"actor\":\"eve\",\"action\":\"tool.invoke\",\"resource\":\"refund\",\"decision\":\"denied\"}\n",
    );
    home.file("logs/e.jsonl", document(Call::new(1, "Where?", "There.").spans()));
    let logs = home.path("logs");
    let report = home.retake(&["import", logs.to_str().unwrap(), "--map", mapping.to_str().unwrap()]).ok();
    assert_eq!((&report["totals"]["audit_events"], &report["totals"]["spans"]), (&3.into(), &3.into()), "{report:#}");
    assert!(codes(file(&report, "a.csv")).is_empty(), "{report:#}");
    for name in ["b.csv", "d.jsonl"] {
        let own = file(&report, name);
        assert_eq!((codes(own), &own["audit_events"]), (vec!["RTK-I024"], &1.into()), "{report:#}");
    }
    assert!(codes(file(&report, "e.jsonl")).is_empty(), "{report:#}");
    let skipped = &report["skipped"][0];
    assert_eq!(skipped["code"], "RTK-I024", "{report:#}");
    assert!(skipped["message"].as_str().unwrap().contains("\"colour\""), "{report:#}");
    let actors = home.retake(&["export", "--query", "", "--format", "canonical", "-o", "all.jsonl"]).ok();
    drop(actors);
    let all = std::fs::read_to_string(home.path("all.jsonl")).unwrap();
    assert!(["ann", "bob", "eve"].iter().all(|actor| all.contains(&format!("\"actor\":\"{actor}\""))), "{all}");
}

#[test]
fn a_column_that_a_mapping_makes_up_is_named() {
    let home = Home::new();
    let mapping = home.file("map.yaml", "kind: audit\nfields: {actor: Nope}\n");
    for text in [LOG, "timestamp,actor,action,decision\n2026-11-04T08:06:23Z,bob,tool.invoke,denied\n"] {
        let log = home.file("log.csv", text);
        let run = home.retake(&["import", log.to_str().unwrap(), "--map", mapping.to_str().unwrap()]);
        let error = run.error(2);
        assert_eq!(error["code"], "RTK-I024", "{run}");
        let message = error["message"].as_str().unwrap();
        let last = text.lines().next().unwrap().rsplit(',').next().unwrap();
        assert!(message.contains("actor") && message.contains("\"Nope\"") && message.contains(last), "{run}");
    }
}

#[test]
fn a_list_within_an_object_goes_over_its_lines() {
    let call = |n: u64| document(Call::new(n, "Where?", "There.").spans());
    let list = |records: [String; 2]| {
        [
            format!("{{\"data\":[\n{},\n{}\n]}}\n", records[0], records[1]),
            format!("{{\"data\":[{},\n{}]}}\n", records[0], records[1]),
            format!("{{\"data\":[\n{}\n,{}\n]}}", records[0], records[1]),
        ]
    };
    let exchange = |n: u64| {
        format!(
            r#"{{"request":{{"model":"m","messages":[{{"role":"user","content":"hi {n}"}}]}},"response":{{"id":"c{n}","object":"chat.completion","model":"m","choices":[{{"index":0,"finish_reason":"stop","message":{{"role":"assistant","content":"yo {n}"}}}}]}}}}"#
        )
    };
    let request = |n: u64| format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hello {n}"}}]}}"#);
    let audit = |n: u64| {
        format!(
            r#"{{"timestamp":"2026-11-12T08:06:2{n}Z","actor":"ann","action":"tool.invoke","resource":"refund","decision":"denied"}}"#
        )
    };
    for (counter, records, of_each) in [
        ("spans", [call(1), call(2)], 3),
        ("exchanges", [exchange(1), exchange(2)], 1),
        ("exchanges", [request(1), request(2)], 1),
        ("audit_events", [audit(1), audit(2)], 1),
    ] {
        for text in list(records) {
            let home = Home::new();
            let path = home.file("list.json", &text);
            let report = home.retake(&["import", path.to_str().unwrap()]).ok();
            assert_eq!(report["totals"][counter], 2 * of_each, "{text}\n{report:#}");
            assert_eq!(codes(&report["files"][0]), Vec::<&str>::new(), "{text}\n{report:#}");
        }
    }
}

#[test]
fn a_time_that_cannot_be_read_names_the_key_of_the_mapping() {
    let home = Home::new();
    let log = "{\"when\":\"04/11/2026 08:06:22\",\"actor\":\"ann\",\"action\":\"tool.invoke\",\"resource\":\"refund\",\"decision\":\"denied\"}\n";
    let path = home.file("audit.jsonl", log);
    let report = home.retake(&["import", path.to_str().unwrap()]).ok();
    let warning = &report["files"][0]["warnings"][0];
    assert_eq!(warning["code"], "RTK-I022", "{report:#}");
    let message = warning["example"]["message"].as_str().unwrap();
    assert!(message.contains("time.format") && message.contains("%d/%m/%Y %H:%M:%S"), "{report:#}");
    let mapping = home.file("map.yaml", "kind: audit\ntime: {field: \"when\", format: \"%d/%m/%Y %H:%M:%S\"}\n");
    let other = Home::new();
    let report = other.retake(&["import", path.to_str().unwrap(), "--map", mapping.to_str().unwrap()]).ok();
    assert!(codes(&report["files"][0]).is_empty(), "what the message says to do works: {report:#}");
}

#[test]
fn of_a_folder_a_skipped_file_is_one_line() {
    let home = Home::new();
    home.file("exports/calls.jsonl", document(Call::new(1, "Where?", "There.").spans()));
    home.file("exports/notes.txt", "nothing that anybody understands");
    home.file("exports/more.txt", "nor this");
    let said = |args: &[&str]| {
        let mut command = home.bare(&["--workspace"]);
        command.arg(home.workspace()).args(args);
        Run::of(command)
    };
    let folder = home.path("exports");
    let imported = said(&["import", folder.to_str().unwrap()]);
    assert_eq!(imported.stdout.lines().count(), 2 + 2 + 2, "{imported}");
    assert_eq!(imported.stdout.matches("skipped ").count(), 2, "{imported}");
    let alone = said(&["import", home.path("exports/notes.txt").to_str().unwrap()]);
    assert!(alone.stdout.lines().nth(1).is_some_and(|line| line.starts_with("  ")), "{alone}");
    let document = home.retake(&["import", folder.to_str().unwrap()]).ok();
    assert!(!document["skipped"][0]["nearest"].as_array().unwrap().is_empty(), "{document:#}");
}
