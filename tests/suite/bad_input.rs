//! What bad input gets: a code, the exit status of the contract, bounded time and memory, and the rest imported.

use retake_tests::traces::{Call, document, lines};
use retake_tests::{Home, Run};
use serde_json::{Value, json};
use std::io::Write as _;

fn call() -> Call {
    Call::new(1, "When does my parcel arrive?", "Within four days [DOC-1].")
}

fn warning<'a>(report: &'a Value, code: &str) -> &'a Value {
    let files = report["files"].as_array().expect("files");
    let warnings = files.iter().flat_map(|file| file["warnings"].as_array().expect("warnings"));
    let found = warnings.clone().find(|warning| warning["code"] == code);
    found.unwrap_or_else(|| panic!("no {code} among {:?}", warnings.collect::<Vec<_>>()))
}

#[test]
fn a_file_that_no_format_claims_names_the_nearest_and_why() {
    let home = Home::new();
    let path = home.file("shopping.txt", "eggs\nmilk\n");
    let run = home.retake(&["import", path.to_str().unwrap()]);
    run.error(3);
    let skipped = &run.document()["skipped"][0];
    assert_eq!(skipped["code"], "RTK-I002", "{run}");
    let nearest = skipped["nearest"].as_array().expect("nearest");
    assert!(
        !nearest.is_empty() && nearest.iter().all(|near| near["why"].as_str().is_some_and(|why| !why.is_empty())),
        "{run}"
    );
}

#[test]
fn a_file_that_only_gives_warnings_is_not_understood() {
    let home = Home::new();
    let path = home.file("cut.json", "{\"resourceSpans\":[");
    home.retake(&["import", path.to_str().unwrap()]).error(3);
}

#[test]
fn an_imported_call_is_named_by_its_one_id() {
    let home = Home::new();
    let exchange = json!({
        "request": {"model": "m", "messages": [{"role": "user", "content": "When?"}]},
        "response": {"id": "call-77", "object": "chat.completion", "model": "m",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Now."}}]},
    });
    let path = home.file("exchange.json", exchange.to_string());
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let found = home.retake(&["search", "--of", "spans", "When"]).ok();
    let id = found["rows"][0]["trace_id"].as_str().unwrap();
    assert_eq!(found["rows"][0]["span_id"], id, "{found}");
    assert_eq!(home.retake(&["show", id]).ok()["spans"][0]["span_id"], id);
}

#[test]
fn what_is_no_export_is_skipped_and_the_rest_is_imported() {
    let home = Home::new();
    home.file("in/a.jsonl", lines(&[call()]));
    home.file("in/notes.md", "# Notes\n");
    home.file("in/empty.json", "");
    let report = home.retake(&["import", home.path("in").to_str().unwrap()]).ok();
    assert_eq!(report["totals"]["spans"], 3, "{report}");
    let skipped: Vec<&str> =
        report["skipped"].as_array().unwrap().iter().filter_map(|file| file["path"].as_str()).collect();
    assert!(skipped.iter().any(|path| path.ends_with("notes.md")), "{report}");
}

#[test]
fn a_broken_record_is_kept_counted_and_shown_with_its_place() {
    let home = Home::new();
    let good = lines(&[call()]);
    let broken = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":7,}]}]}]}\n";
    let last = lines(&[Call::new(2, "And mine?", "Also.")]);
    let path = home.file("mixed.jsonl", format!("{good}{broken}{last}"));
    let report = home.retake(&["import", path.to_str().unwrap()]).ok();
    assert_eq!(report["totals"]["spans"], 6, "{report}");
    assert!(report["totals"]["rejected"].as_u64().unwrap() >= 1, "{report}");
    let example = &warning(&report, "RTK-I010")["example"];
    assert_eq!(example["line"], 2, "{report}");
    let offset = example["byte_offset"].as_u64().unwrap();
    assert!((good.len() as u64..(good.len() + broken.len()) as u64).contains(&offset), "{report}");
}

#[test]
fn a_truncated_file_gives_what_is_whole_and_says_so() {
    let home = Home::new();
    let text = lines(&[call(), Call::new(2, "And mine?", "Also.")]);
    let path = home.file("cut.jsonl", &text[..text.len() - 400]);
    let report = home.retake(&["import", path.to_str().unwrap()]).ok();
    assert!(report["totals"]["spans"].as_u64().unwrap() >= 3, "{report}");
    warning(&report, "RTK-I011");
}

#[test]
fn hostile_values_get_a_code_and_the_others_stay() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let attribute = |value: &str| {
        document(call().spans()).replacen(
            "\"attributes\":[",
            &format!("\"attributes\":[{{\"key\":\"x\",\"value\":{value}}},"),
            1,
        )
    };
    let nested = |depth: usize| {
        format!("{}{{\"stringValue\":\"x\"}}{}", "{\"arrayValue\":{\"values\":[".repeat(depth), "]}}".repeat(depth))
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("deep.json", attribute(&nested(200)).into_bytes(), "RTK-I014"),
        (
            "utf8.jsonl",
            {
                let mut bytes = attribute("{\"stringValue\":\"?\"}").into_bytes();
                let at = bytes.iter().position(|byte| *byte == b'?').unwrap();
                bytes[at] = 0xff;
                bytes
            },
            "RTK-I016",
        ),
        (
            "twice.json",
            document(call().spans()).replacen("\"name\":\"chat", "\"name\":\"first\",\"name\":\"chat", 1).into_bytes(),
            "RTK-I017",
        ),
        ("nan.json", attribute("{\"doubleValue\":\"NaN\"}").into_bytes(), "RTK-I018"),
    ];
    for (name, bytes, code) in cases {
        let home = Home::new();
        home.file(&format!("in/{name}"), bytes);
        home.file("in/good.jsonl", lines(&[Call::new(9, "Still here?", "Yes.")]));
        let run = home.retake(&["import", home.path("in").to_str().unwrap()]);
        let report = run.ok();
        assert!(report["totals"]["spans"].as_u64().unwrap() >= 3, "{name}: {run}");
        warning(&report, code);
    }
    let home = Home::new();
    let path = home.file("brackets.json", deep);
    let run = home.retake(&["import", path.to_str().unwrap()]);
    assert!(run.exit == 3 || run.exit == 0, "{run}");
    assert!(!run.stderr.contains("panicked") && !run.stderr.contains("overflow"), "{run}");
}

#[test]
fn a_span_without_ids_is_rejected_and_kept() {
    let home = Home::new();
    let mut spans = call().spans();
    spans[0]["traceId"] = json!("");
    spans[1]["spanId"] = json!("");
    let path = home.file("ids.json", document(spans));
    let report = home.retake(&["import", path.to_str().unwrap()]).ok();
    assert_eq!(
        (report["totals"]["spans"].clone(), report["totals"]["rejected"].clone()),
        (json!(1), json!(2)),
        "{report}"
    );
    warning(&report, "RTK-I012");
    warning(&report, "RTK-I013");
}

#[test]
fn a_gzip_bomb_is_bounded() {
    let home = Home::new();
    // A gigabyte of zeros is a megabyte of gzip.
    let gzip = std::process::Command::new("gzip")
        .arg("-c")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn();
    let Ok(mut gzip) = gzip else { return retake_testkit::skip("gzip", "gzip is not installed") };
    let mut input = gzip.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        let block = vec![b' '; 1 << 20];
        for _ in 0..1024 {
            input.write_all(&block).unwrap();
        }
    });
    let output = gzip.wait_with_output().unwrap();
    writer.join().unwrap();
    home.file("in/bomb.json.gz", output.stdout);
    home.file("in/good.jsonl", lines(&[call()]));
    let run = home.retake(&["import", home.path("in").to_str().unwrap()]);
    let report = run.ok();
    assert_eq!(report["totals"]["spans"], 3, "{run}");
    let told = report["skipped"].as_array().unwrap().iter().any(|file| file["path"].as_str().unwrap().contains("bomb"))
        || run.stdout.contains("RTK-I019");
    assert!(told, "{run}");
}

#[test]
fn a_wrong_query_points_at_the_place_and_says_what_would_fit() {
    let home = Home::new();
    let path = home.file("a.jsonl", lines(&[call()]));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    for (query, start) in [("refund tenat:acme", 7), ("(a OR", 3), ("latency:>soon", 8), ("日本 tenat:x", 3)] {
        let run = home.retake(&["search", query]);
        let error = run.error(2);
        assert_eq!(error["span"]["start"], start, "{run}");
        assert!(error["span"]["end"].as_u64().unwrap() >= start, "{run}");
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{run}");
    }
    let error = home.retake(&["search", "tenat:acme"]).error(2);
    assert!(error["hint"].as_str().unwrap().contains("tenant"), "{error}");
}

#[test]
fn a_reading_command_makes_no_workspace() {
    let home = Home::new();
    for args in [
        &["search", "x"][..],
        &["findings"],
        &["batches", "list"],
        &["show", "abc"],
        &["runs", "list"],
        &["metrics"],
        &["doctor"],
    ] {
        let run = home.retake(args);
        let error = run.error(6);
        assert!(error["message"].as_str().unwrap().contains("test.retake"), "{run}");
        assert!(!home.workspace().exists(), "{run}");
    }
}

#[test]
fn a_file_that_is_no_workspace_of_ours_stays_as_it_is() {
    let damaged = {
        let home = Home::new();
        let path = home.file("a.jsonl", lines(&[call()]));
        home.retake(&["import", path.to_str().unwrap()]).ok();
        let mut bytes = std::fs::read(home.workspace()).unwrap();
        // The first page stays a SQLite header of ours; what follows is torn.
        let middle = bytes.len() / 2;
        bytes.truncate(middle);
        for byte in bytes.iter_mut().skip(4096) {
            *byte ^= 0x5a;
        }
        bytes
    };
    for (name, bytes) in
        [("text", b"not a database at all, only words".to_vec()), ("damaged", damaged), ("empty", Vec::new())]
    {
        let home = Home::new();
        std::fs::write(home.workspace(), &bytes).unwrap();
        let run = home.retake(&["search", "x"]);
        assert_eq!(run.exit, 6, "{name}: {run}");
        let error = run.error(6);
        if name == "damaged" {
            let hint = error["hint"].as_str().unwrap_or_default();
            assert!(hint.contains("backup") && hint.contains("`retake doctor`"), "{run}");
        }
        let path = home.file("a.jsonl", lines(&[call()]));
        if name != "empty" {
            home.retake(&["import", path.to_str().unwrap()]).error(6);
            assert!(std::fs::read(home.workspace()).unwrap() == bytes, "{name} was touched");
        }
    }
}

#[test]
fn unknown_and_ambiguous_ids_are_told_apart() {
    let home = Home::new();
    let calls = [call(), Call::new(2, "And mine?", "Also.")];
    let path = home.file("a.jsonl", lines(&calls));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    home.retake(&["show", "ffffffffffffffff"]).error(3);
    let prefix = &calls[0].trace_id()[..30];
    let run = home.retake(&["show", prefix]);
    let error = run.error(2);
    assert_eq!(error["code"], "RTK-S011", "{run}");
    assert!(run.stderr.contains(&calls[0].trace_id()) && run.stderr.contains(&calls[1].trace_id()), "{run}");
    let full = home.retake(&["show", &format!("trace:{}", calls[0].trace_id())]).ok();
    assert_eq!(full["trace_id"], calls[0].trace_id());
}

#[test]
fn wrong_options_are_exit_2_and_a_missing_path_exit_3() {
    let home = Home::new();
    for args in [&["search", "--limit", "many"][..], &["frobnicate"], &["import"], &["search", "x", "--sort", "beauty"]]
    {
        let path = home.file("a.jsonl", lines(&[call()]));
        home.retake(&["import", path.to_str().unwrap()]).ok();
        let run = home.retake(args);
        assert_eq!(run.exit, 2, "{run}");
    }
    home.retake(&["import", "no/such/file.jsonl"]).error(3);
    home.retake(&["import", "-", "--format", "no-such-format"]).error(2);
}

#[test]
fn standard_input_is_a_file_like_another() {
    let home = Home::new();
    let run: Run = home.retake_with_input(&["import", "-"], lines(&[call()]).as_bytes());
    assert_eq!(run.ok()["totals"]["spans"], 3);
    let run = home.retake_with_input(&["import", "-"], b"");
    assert_eq!(run.exit, 3, "{run}");
}

#[test]
fn what_cannot_be_read_is_kept_to_the_last_byte_and_can_be_had_back() {
    let home = Home::new();
    let id = |n: u32| format!("{n:016x}");
    let span = |n: u32, text: &str| {
        format!(
            r#"{{"traceId":"{}","spanId":"{}","name":"a","startTimeUnixNano":"1","endTimeUnixNano":"2","attributes":[{{"key":"x","value":{{"stringValue":"{text}"}}}}]}}"#,
            "0af7651916cd43dd8448eb211c80319c",
            id(n)
        )
    };
    let secret = format!("sk-{}", "abcDEF1234567890abcDEF1234567890");
    // Above the limit, with a secret in the middle of it.
    let large = span(2, &format!("{}{secret}{}", "word ".repeat(8 << 20), " and more".repeat(4 << 20)));
    let broken = r#"{"traceId":"abc","spanId":[}"#;
    let begin =
        format!(r#"{{"resourceSpans":[{{"resource":{{}},"scopeSpans":[{{"scope":{{}},"spans":[{},"#, span(1, "one"));
    let first = format!("{begin}{large},{}]}}]}}]}}\n", span(3, "three"));
    let second =
        format!(r#"{{"resourceSpans":[{{"resource":{{}},"scopeSpans":[{{"scope":{{}},"spans":[{broken}]}}]}}]}}"#);
    let path = home.file("large.jsonl", format!("{first}{second}\n"));

    let report = home.retake(&["import", path.to_str().unwrap()]).ok();
    assert_eq!((&report["totals"]["spans"], &report["totals"]["rejected"]), (&json!(2), &json!(2)), "{report}");
    assert_eq!(warning(&report, "RTK-I015")["count"], 1);
    let batch = report["batch_id"].as_str().unwrap();
    let kept = home.retake(&["batches", "kept", batch]).ok();
    assert_eq!(kept["schema"], "retake.batches-kept/1");
    assert_eq!(kept["total"], 2, "{kept}");
    let record = &kept["records"][0];
    assert_eq!((&record["byte_offset"], &record["truncated"]), (&json!(begin.len()), &json!(true)));
    // A part is counted as it stands in the file, the last one as it is kept.
    let bytes = record["bytes"].as_u64().unwrap();
    assert!(bytes.abs_diff(large.len() as u64) < 64, "{bytes} of {}", large.len());

    let whole = |at: &str| {
        let run = Run::of(home.bare(&[
            "--workspace",
            home.workspace().to_str().unwrap(),
            "batches",
            "kept",
            batch,
            "--at",
            at,
        ]));
        assert_eq!(run.exit, 0, "{run}");
        run.stdout
    };
    let back = whole(&begin.len().to_string());
    assert!(!back.contains(&secret), "the secret is in it");
    assert!(back.starts_with(&large[..4 << 20]) && back.ends_with(&large[large.len() - (4 << 20)..]));
    let at = kept["records"][1]["byte_offset"].as_u64().unwrap();
    assert!(whole(&at.to_string()).contains(r#""traceId":"abc""#));
    home.retake(&["batches", "kept", batch, "--at", "7"]).error(3);

    let again = home.retake(&["import", path.to_str().unwrap()]).ok();
    assert_eq!((&again["totals"]["spans"], &again["totals"]["duplicates"]), (&json!(0), &json!(4)), "{again}");
    for batch in [&again, &report] {
        home.retake(&["--yes", "batches", "undo", batch["batch_id"].as_str().unwrap()]).ok();
    }
    assert_eq!(home.retake(&["search", ""]).ok()["total"], 0);
}
