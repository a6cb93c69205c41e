//! One bad record between two good ones, in every format: what it costs, its code, and that the others stay.

use crate::support::Bench;
use retake_formats::by_name;
use retake_model::Code;
use retake_store::{BatchRow, Counters};

/// Makes the `n`-th record with further members of its object (`,"x":1`).
type Record = fn(u32, &str) -> String;

const JSON_FORMATS: [(&str, Record); 4] = [
    ("otlp-json", |n, more| {
        format!(
            r#"{{"resourceSpans":[{{"resource":{{}},"scopeSpans":[{{"scope":{{"name":"x"}},"spans":[{{"traceId":"{:032x}","spanId":"{:016x}","name":"s{n}","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000"{more}}}]}}]}}]}}"#,
            n + 1,
            n + 1
        )
    }),
    ("exchange", |n, more| {
        format!(
            r#"{{"started_at":"2026-05-0{n}T10:00:00Z","request":{{"model":"gull","messages":[{{"role":"user","content":"question {n}"}}]}},"response":{{"id":"chatcmpl-{n}","object":"chat.completion","model":"gull","choices":[{{"index":0,"finish_reason":"stop","message":{{"role":"assistant","content":"answer {n}"}}}}]}}{more}}}"#
        )
    }),
    ("litellm", |n, more| {
        format!(
            r#"{{"id":"chatcmpl-{n}","litellm_call_id":"call-{n}","call_type":"acompletion","status":"success","startTime":1795161660.{n},"endTime":1795161661.5,"model":"gull","response_cost":0.1,"hidden_params":{{}},"model_map_information":{{}},"messages":[{{"role":"user","content":"question {n}"}}],"response":{{"choices":[{{"message":{{"role":"assistant","content":"answer {n}"}}}}]}}{more}}}"#
        )
    }),
    ("audit-json", |n, more| {
        format!(
            r#"{{"event_id":"ev-{n}","timestamp":"2026-05-0{n}T10:00:00Z","actor":"u-{n}","action":"tool.invoke","resource":"pump","decision":"allow"{more}}}"#
        )
    }),
];

fn import(bytes: &[u8]) -> BatchRow {
    Bench::new().bytes("file", bytes).unwrap_or_else(|error| panic!("{error}: {:#?}", error.report()))
}

fn entities(totals: &Counters) -> u64 {
    totals.spans + totals.audit_events
}

fn codes(report: &BatchRow) -> Vec<Code> {
    report.files.iter().flat_map(|file| file.warnings.iter().map(|warning| warning.code)).collect()
}

/// Imports a good record, a bad one and a good one, in each format.
#[track_caller]
fn between(trap: &str, more: &[u8], rejected: u64, expected: &[Code]) {
    between_in(&JSON_FORMATS, trap, more, rejected, expected);
}

#[track_caller]
fn between_in(formats: &[(&str, Record)], trap: &str, more: &[u8], rejected: u64, expected: &[Code]) {
    for &(format, record) in formats {
        let bad = record(2, ",@");
        let (before, after) = bad.split_once(",@").expect("its place");
        let bytes = [
            record(1, "").as_bytes(),
            b"\n",
            before.as_bytes(),
            more,
            after.as_bytes(),
            b"\n",
            record(3, "").as_bytes(),
        ]
        .concat();
        let report = import(&bytes);
        assert_eq!(report.files[0].format, format, "{trap}");
        assert_eq!(
            (entities(&report.totals), report.totals.rejected, codes(&report).as_slice()),
            (3 - rejected, rejected, expected),
            "{trap} in {format}: {report:#?}"
        );
        if let Some(warning) = report.files[0].warnings.first() {
            let example = &warning.example;
            let place = record(1, "").len() as u64;
            let end = bytes.len() as u64 - record(3, "").len() as u64;
            assert!(example.byte_offset > place && example.byte_offset < end, "{trap} in {format}: {example:?}");
            assert!(example.line.is_none_or(|line| line == 2), "{trap} in {format}: {example:?}");
        }
    }
}

#[test]
fn ten_thousand_levels_cost_their_record() {
    let deep = |open: &str, close: &str| format!(r#","x":{}1{}"#, open.repeat(10_000), close.repeat(10_000));
    between("arrays", deep("[", "]").as_bytes(), 1, &[Code::NestingTooDeep]);
    between("objects", deep(r#"{"x":"#, "}").as_bytes(), 1, &[Code::NestingTooDeep]);
    // Brackets in a text are no levels.
    between("text", format!(r#","x":"{}""#, "[".repeat(10_000)).as_bytes(), 0, &[]);
}

#[test]
fn bytes_that_are_no_json_text_cost_their_record() {
    between("no UTF-8", b",\"x\":\"\xFF\xFE\"", 1, &[Code::InvalidUtf8]);
    between("half a pair", br#","x":"\uD800 alone""#, 0, &[]);
    between("NUL", b",\"x\":\"a\0b\"", 1, &[Code::RecordUnreadable]);
    between("NUL, escaped", br#","x":"a\u0000b""#, 0, &[]);
    between("a tab", b",\"x\":\"a\tb\"", 1, &[Code::RecordUnreadable]);
    between("no value", br#","x":"#, 1, &[Code::RecordUnreadable]);
}

#[test]
fn what_can_be_read_in_one_way_is_read_and_said() {
    between("twice", br#","x":1,"x":2"#, 0, &[Code::DuplicateKey]);
    for number in ["NaN", "Infinity", "-Infinity"] {
        // A member of a span that OTLP does not know is passed over, whatever it says.
        between_in(&JSON_FORMATS[1..], number, format!(r#","x":{number}"#).as_bytes(), 0, &[Code::NumberNotFinite]);
        let value = format!(r#","attributes":[{{"key":"x","value":{{"doubleValue":{number}}}}}]"#);
        between_in(&JSON_FORMATS[..1], number, value.as_bytes(), 0, &[Code::NumberNotFinite]);
    }
}

#[test]
fn a_record_above_64_mib_costs_itself() {
    let huge = format!(r#","x":"{}""#, "x".repeat(65 << 20));
    between("65 MiB", huge.as_bytes(), 1, &[Code::RecordTooLarge]);
}

#[test]
fn ends_of_lines_and_marks_of_encodings_are_no_content() {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF_u16).chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let csv = |n: u32, _: &str| {
        let row = format!("2026-05-0{n}T10:00:00Z,u-{n} 政策,tool.invoke,pump,allow,ev-{n}");
        if n == 1 { format!("timestamp,actor,action,resource,decision,event_id\n{row}") } else { row }
    };
    for (format, record) in JSON_FORMATS.into_iter().chain([("audit-csv", csv as Record)]) {
        let plain: Vec<String> = (1..4).map(|n| record(n, "")).collect();
        let text = plain.join("\n");
        let crlf = text.replace('\n', "\r\n") + "\r\n";
        let ways: [(&str, Vec<u8>); 6] = [
            ("plain", text.clone().into_bytes()),
            ("CRLF", crlf.clone().into_bytes()),
            ("BOM", ["\u{FEFF}", &text].concat().into_bytes()),
            ("BOM and CRLF", ["\u{FEFF}", &crlf].concat().into_bytes()),
            ("UTF-16LE", utf16(&crlf, false)),
            ("UTF-16BE", utf16(&text, true)),
        ];
        let mut seen = Vec::new();
        for (way, bytes) in ways {
            let bench = Bench::new();
            let report = bench.bytes("file", &bytes).unwrap_or_else(|error| panic!("{way}: {error}"));
            assert_eq!(report.files[0].format, format, "{way}");
            assert_eq!((entities(&report.totals), codes(&report)), (3, vec![]), "{way} in {format}");
            seen.push(bench.canonical());
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{format}");
    }
}

#[test]
fn a_csv_row_costs_itself() {
    let head = "timestamp,actor,action,resource,decision,event_id\n";
    let row = |n: u32| format!("2026-05-0{n}T10:00:00Z,u-{n},tool.invoke,pump,allow,ev-{n}\n");
    let with = |bad: &[u8]| [head.as_bytes(), row(1).as_bytes(), bad, row(3).as_bytes()].concat();
    let report = import(&with(b"2026-05-02T10:00:00Z,u-\xFF,tool.invoke,pump,allow,ev-2\n"));
    assert_eq!((report.totals.audit_events, report.totals.rejected), (2, 1), "{report:#?}");
    assert!(codes(&report).contains(&Code::InvalidUtf8), "{report:#?}");
    let huge = format!("2026-05-02T10:00:00Z,{},tool.invoke,pump,allow,ev-2\n", "x".repeat(65 << 20));
    let report = import(&with(huge.as_bytes()));
    assert_eq!((report.totals.audit_events, report.totals.rejected), (2, 1), "{:?}", report.totals);
    assert!(codes(&report).contains(&Code::RecordTooLarge), "{:?}", codes(&report));
    let report = import(&with(b"2026-05-02T10:00:00Z,\"never closed,tool.invoke,pump,allow,ev-2\n"));
    assert_eq!((report.totals.audit_events, report.totals.rejected), (1, 1), "{report:#?}");
    assert_eq!(codes(&report), [Code::RecordTruncated]);
}

#[test]
fn a_document_that_ends_early_gives_what_is_whole() {
    let spans: Vec<String> = (1..4)
        .map(|n| format!(r#"{{"traceId":"{n:032x}","spanId":"{n:016x}","name":"s{n}","startTimeUnixNano":"1"}}"#))
        .collect();
    let pretty = format!(
        "{{\n \"resourceSpans\": [{{\"scopeSpans\": [{{\"spans\": [\n  {}\n ]}}]}}]\n}}\n",
        spans.join(",\n  ")
    );
    let list = |record: Record| format!("[\n{}\n]\n", (1..4).map(|n| record(n, "")).collect::<Vec<_>>().join(",\n"));
    let mut documents = vec![("otlp-json", pretty)];
    documents.extend(JSON_FORMATS.iter().skip(1).map(|(format, record)| (*format, list(*record))));
    for (format, text) in documents {
        let whole = import(text.as_bytes());
        assert_eq!((entities(&whole.totals), codes(&whole)), (3, vec![]), "{format}");
        let cut = text.trim_end_matches(['\n', ']', '}', ' ']).len() - 20;
        let report = import(&text.as_bytes()[..cut]);
        assert_eq!(
            (entities(&report.totals), report.totals.rejected, codes(&report)),
            (2, 1, vec![Code::RecordTruncated]),
            "{format}: {report:#?}"
        );
    }
}

/// A protobuf field with a length.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![number << 3 | 2];
    let mut len = bytes.len();
    while len >= 0x80 {
        out.push((len & 0x7F) as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    out.extend_from_slice(bytes);
    out
}

fn request(n: u8, attribute: &[u8]) -> Vec<u8> {
    let mut span = [field(1, &[n; 16]), field(2, &[n; 8]), field(5, b"s")].concat();
    if !attribute.is_empty() {
        span.extend(field(9, &[field(1, b"x"), field(2, attribute)].concat()));
    }
    field(1, &field(2, &field(2, &span)))
}

#[test]
fn protobuf_that_is_cut_or_deep_costs_its_record() {
    let framed = |requests: &[Vec<u8>]| -> Vec<u8> {
        requests.iter().flat_map(|one| [&(one.len() as u32).to_be_bytes()[..], one.as_slice()].concat()).collect()
    };
    let mut deep = field(1, b"x");
    for _ in 0..10_000 {
        deep = field(5, &field(1, &deep));
    }
    let report = import(&framed(&[request(1, &[]), request(2, &deep), request(3, &[])]));
    assert_eq!(report.files[0].format, "otlp-protobuf");
    assert_eq!((report.totals.spans, report.totals.rejected), (2, 1), "{:?}", codes(&report));
    assert_eq!(codes(&report).len(), 1, "{:?}", codes(&report));
    let whole = framed(&[request(1, &[]), request(2, &[]), request(3, &[])]);
    for cut in whole.len() * 2 / 3 + 6..whole.len() {
        let report = import(&whole[..cut]);
        assert_eq!((report.totals.spans, codes(&report)), (2, vec![Code::RecordTruncated]), "cut at {cut}");
    }
    let invalid = request(2, &field(1, b"\xFF\xFE"));
    let report = import(&framed(&[request(1, &[]), invalid, request(3, &[])]));
    assert_eq!((report.totals.spans, report.totals.rejected), (2, 1), "{:?}", codes(&report));
    let huge = request(2, &field(1, &vec![b'x'; 65 << 20]));
    let report = import(&framed(&[request(1, &[]), huge, request(3, &[])]));
    assert_eq!((report.totals.spans, report.totals.rejected, codes(&report)), (2, 1, vec![Code::RecordTooLarge]));
}

#[test]
fn every_format_stands_in_these_tables() {
    // What only a mapping explains is tried in `mapped`.
    let named: Vec<&str> =
        JSON_FORMATS.iter().map(|(name, _)| *name).chain(["audit-csv", "otlp-protobuf", "mapped-traces"]).collect();
    for format in retake_formats::all() {
        assert!(named.contains(&format.name()), "{} is not tried", format.name());
    }
    assert!(named.iter().all(|name| by_name(name).is_some()));
}
