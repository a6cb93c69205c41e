//! What bad input does: a code, the first example with its place, bounded memory, and the rest is imported.

use crate::support::Bench;
use proptest::prelude::*;
use retake_ingest::{ImportOptions, IngestError, Source};
use retake_model::{Code, Coded};
use retake_store::BatchRow;
use std::io::Write;

fn span(n: u32, more: &str) -> String {
    format!(
        r#"{{"traceId":"{:032x}","spanId":"{:016x}","name":"s{n}","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000"{more}}}"#,
        n + 1,
        n + 1
    )
}

fn document(spans: &[String]) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{}},"scopeSpans":[{{"scope":{{"name":"x"}},"spans":[{}]}}]}}]}}"#,
        spans.join(",")
    )
}

fn codes(report: &BatchRow) -> Vec<Code> {
    report.files.iter().flat_map(|file| file.warnings.iter().map(|warning| warning.code)).collect()
}

#[track_caller]
fn imported(bytes: &[u8], spans: u64, rejected: u64, code: Code) -> BatchRow {
    let report = Bench::new().bytes("file", bytes).unwrap_or_else(|error| panic!("{error}: {:#?}", error.report()));
    assert_eq!(
        (report.totals.spans, report.totals.rejected, codes(&report)),
        (spans, rejected, vec![code]),
        "{report:#?}"
    );
    report
}

#[test]
fn a_broken_line_costs_itself_only() {
    let good = |n| document(&[span(n, "")]);
    let broken = &good(2)[..90];
    for order in [[good(1), broken.to_owned(), good(3)], [broken.to_owned(), good(1), good(3)]] {
        let report = imported(order.join("\n").as_bytes(), 2, 1, Code::RecordUnreadable);
        let example = &report.files[0].warnings[0].example;
        let line = order.iter().position(|line| *line == broken).map(|at| at as u64 + 1);
        assert_eq!(example.line, line, "{example:?}");
    }
    let report =
        imported([good(1), "not json".to_owned(), good(3)].join("\r\n").as_bytes(), 2, 1, Code::RecordUnreadable);
    assert_eq!(report.files[0].warnings[0].example.line, Some(2));
}

#[test]
fn a_truncated_file_gives_its_whole_records() {
    let whole = document(&[span(1, ""), span(2, ""), span(3, "")]);
    imported(&whole.as_bytes()[..whole.len() - 40], 2, 1, Code::RecordTruncated);
    let lines = format!("{}\n{}", document(&[span(1, "")]), &document(&[span(2, "")])[..150]);
    imported(lines.as_bytes(), 1, 1, Code::RecordTruncated);
}

#[test]
fn each_bad_record_has_its_code_and_the_rest_is_imported() {
    let deep = format!(r#","x":{}1{}"#, "[".repeat(400), "]".repeat(400));
    imported(document(&[span(1, ""), span(2, &deep), span(3, "")]).as_bytes(), 2, 1, Code::NestingTooDeep);
    imported(document(&[span(1, ""), span(2, ",\"kind\":"), span(3, "")]).as_bytes(), 2, 1, Code::RecordUnreadable);
    let mut bytes = document(&[span(1, ""), span(2, r#","traceState":"@""#), span(3, "")]).into_bytes();
    let at = bytes.iter().position(|b| *b == b'@').expect("there");
    bytes[at] = 0xFF;
    let report = imported(&bytes, 2, 1, Code::InvalidUtf8);
    assert!(report.files[0].warnings[0].example.byte_offset > 0);
    let no_trace = span(2, "").replace(&format!("{:032x}", 3), "");
    imported(document(&[span(1, ""), no_trace]).as_bytes(), 1, 1, Code::SpanWithoutTraceId);
    imported(document(&[span(1, ""), span(2, r#","name":"again""#)]).as_bytes(), 2, 0, Code::DuplicateKey);
    let nan = r#","attributes":[{"key":"x","value":{"doubleValue":NaN}}]"#;
    imported(document(&[span(1, ""), span(2, nan)]).as_bytes(), 2, 0, Code::NumberNotFinite);
}

#[test]
fn a_record_over_the_limit_is_kept_in_part() {
    let huge = format!(r#","traceState":"{}""#, "x".repeat(70 << 20));
    let report = imported(document(&[span(1, ""), span(2, &huge), span(3, "")]).as_bytes(), 2, 1, Code::RecordTooLarge);
    assert!(report.files[0].warnings[0].example.message.contains("bytes"));
}

#[test]
fn a_resource_after_its_spans_is_found() {
    let filler = format!(r#","traceState":"{}""#, "y".repeat(1 << 20));
    let spans: Vec<String> = (0..40).map(|n| span(n, &filler)).collect();
    let text = format!(
        r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}],"scope":{{"name":"late"}}}}],"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"late-service"}}}}]}}}}]}}"#,
        spans.join(",")
    );
    let bench = Bench::new();
    let report = bench.bytes("file", text.as_bytes()).expect("imports");
    assert_eq!((report.totals.spans, codes(&report)), (40, vec![]));
    let canonical = bench.canonical();
    assert_eq!(canonical.matches("late-service").count(), canonical.lines().count() * 2, "service and resource");
    // A pipe cannot be read twice: told, and nothing is lost.
    let piped = Bench::new();
    let source = Source::Stdin(Box::new(std::io::Cursor::new(text.into_bytes())));
    let report = piped.import(vec![source], &ImportOptions { now_ns: 1, ..Default::default() }).expect("imports");
    assert_eq!(report.totals.spans, 40);
    assert!(!codes(&report).is_empty());
}

#[test]
fn what_nobody_claims_names_the_nearest() {
    let error = Bench::new().bytes("notes.txt", b"just some words\n").expect_err("nothing to import");
    assert_eq!(error.code(), Code::InputNotUnderstood);
    let report = error.report().expect("a report");
    assert_eq!(report.skipped.len(), 1);
    assert!(!report.skipped[0].nearest.is_empty());
    let error = Bench::new().bytes("empty", b"").expect_err("nothing to import");
    assert_eq!(error.code(), Code::InputNotUnderstood);
    let error = Bench::new().try_paths(&["/nowhere/at/all.json".into()]).expect_err("no such file");
    assert!(matches!(error, IngestError::Unreadable { .. }));
    assert_eq!(error.code(), Code::InputUnreadable);
    let options = ImportOptions { format: Some("morse".into()), ..Default::default() };
    let error = Bench::new().import(Vec::new(), &options).expect_err("no such format");
    assert_eq!(error.code(), Code::FormatUnknown);
    let options = ImportOptions { mapping: Some("kind: audit\nfields: {actor: [1]}".into()), ..Default::default() };
    let error = Bench::new().import(Vec::new(), &options).expect_err("no mapping");
    assert_eq!(error.code(), Code::MappingInvalid);
}

#[test]
fn archives_are_unpacked_guarded_and_told_when_damaged() {
    let text = document(&[span(1, ""), span(2, "")]);
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).expect("writes");
        encoder.finish().expect("writes")
    };
    let report = Bench::new().bytes("t.json.gz", &gzip(text.as_bytes())).expect("imports");
    assert_eq!(report.totals.spans, 2);
    let twice = gzip(&zstd::encode_all(text.as_bytes(), 3).expect("compresses"));
    assert_eq!(Bench::new().bytes("t.zst.gz", &twice).expect("imports").totals.spans, 2);
    let mut nested = text.clone().into_bytes();
    for _ in 0..6 {
        nested = gzip(&nested);
    }
    let error = Bench::new().bytes("nested.gz", &nested).expect_err("too deep");
    assert_eq!(error.report().map(|r| r.skipped[0].code), Some(Code::ArchiveBomb));
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in [("a/x.json", text.as_str()), ("a/readme.md", "# words")] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, content.as_bytes()).expect("writes");
    }
    let tar = gzip(&tar.into_inner().expect("writes"));
    let report = Bench::new().bytes("t.tar.gz", &tar).expect("imports");
    assert_eq!((report.totals.spans, report.skipped.len()), (2, 1));
    assert!(report.files[0].path.ends_with("!a/x.json"), "{}", report.files[0].path);
    let long = document(&(0..3000).map(|n| span(n, "")).collect::<Vec<_>>());
    let damaged = gzip(long.as_bytes());
    let report = Bench::new().bytes("cut.gz", &damaged[..damaged.len() / 2]).expect("imports what it can");
    assert!(report.totals.spans > 0 && report.totals.spans < 3000);
    assert!(codes(&report).contains(&Code::ArchiveDamaged), "{:?}", codes(&report));
}

#[test]
fn a_cancelled_import_keeps_whole_records_and_a_second_run_completes_it() {
    let text = (0..1200).map(|n| document(&[span(n, "")])).collect::<Vec<_>>().join("\n");
    let bench = Bench::new();
    let options = ImportOptions { now_ns: 1, ..Default::default() };
    let cancel = options.cancel.clone();
    let source = || vec![Source::Bytes { name: "file".into(), bytes: text.clone().into_bytes() }];
    let mut calls = 0;
    let error = retake_ingest::import(&bench.workspace, source(), &options, &mut |progress| {
        calls += 1;
        if progress.file_bytes > 0 || calls > 1 {
            cancel.cancel();
        }
    });
    let kept = match error {
        Err(error @ IngestError::Cancelled { .. }) => error.report().expect("a report").totals.spans,
        other => panic!("{other:?}"),
    };
    let report = bench.import(source(), &ImportOptions { now_ns: 2, ..Default::default() }).expect("imports");
    assert_eq!(report.totals.spans + kept, 1200);
    let whole = Bench::new();
    whole.bytes("file", text.as_bytes()).expect("imports");
    assert_eq!(bench.canonical(), whole.canonical());
}

#[test]
fn whitespace_that_json_does_not_know_ends_no_word_before_it_begins() {
    let key = [7; 32];
    for bytes in [&b"[\x0c]"[..], b"[\x0c", b"[1,\x0c2]", b"{\"resourceSpans\":[\x0c]}", b"\x0c{}", b"[{\"a\":\x0c}]"] {
        for format in retake_formats::all() {
            let mapping = (format.name() == "mapped-traces").then_some("kind: traces\nfields: {user: actor}\n");
            let context = retake_formats::Context { hash_key: &key, mapping };
            let mut sink = retake_formats::sink::Gather::default();
            let _ = format.parse(retake_formats::Input::bytes(bytes), &context, &mut sink);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// Any bytes: no panic, and every format that is asked to read them comes to an end.
    #[test]
    fn any_bytes_are_read_by_every_format(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        seed in 0usize..8,
        cut in any::<prop::sample::Index>(),
        flip in any::<prop::sample::Index>(),
        with in any::<u8>(),
    ) {
        let seeds: [Vec<u8>; 8] = [
            bytes.clone(),
            document(&[span(1, ""), span(2, "")]).into_bytes(),
            [b"ts,actor,action,decision\n".as_slice(), &bytes].concat(),
            br#"{"ts":"2026-01-01","actor":{"id":"u"},"action":"a","decision":"deny"}"#.to_vec(),
            br#"{"request":{"model":"m","messages":[{"role":"user","content":"x"}]},"response":{"choices":[{"message":{"content":"y"}}]}}"#.to_vec(),
            br#"{"id":"1","response_cost":0.1,"hidden_params":{},"messages":[{"role":"user","content":"x"}],"startTime":1.5}"#.to_vec(),
            [&[0x0A, 0x20, 0x12, 0x1E, 0x12, 0x1C, 0x0A, 0x10][..], &bytes].concat(),
            [&[0, 0, 0, 40, 0x0A][..], &bytes].concat(),
        ];
        let mut bytes = seeds[seed].clone();
        if !bytes.is_empty() {
            let at = flip.index(bytes.len());
            bytes[at] = with;
            bytes.truncate(cut.index(bytes.len()) + 1);
        }
        let key = [7; 32];
        let _ = retake_formats::detect(&retake_formats::Head::new(&bytes, true));
        for format in retake_formats::all() {
            let mapping = (format.name() == "mapped-traces").then_some("kind: traces\nfields: {user: actor}\n");
            let context = retake_formats::Context { hash_key: &key, mapping };
            let mut sink = retake_formats::sink::Gather::default();
            let outcome = format.parse(retake_formats::Input::bytes(&bytes), &context, &mut sink);
            // A table without the column that the mapping names is refused whole.
            let refused = mapping.is_some() && matches!(outcome, Err(retake_formats::FormatError::Mapping(_)));
            prop_assert!(refused || outcome.is_ok(), "{}: {:?}", format.name(), outcome.err());
            let _ = format.remap(&bytes, mapping);
            for fact in &sink.facts {
                let _ = format.remap(&fact.body, mapping);
            }
        }
    }
}
