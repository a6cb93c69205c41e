//! Archives, pipes and files in motion: what is whole is imported, the rest is said, with bounded memory.

use crate::support::Bench;
use retake_ingest::{ImportOptions, IngestError, Source, import};
use retake_model::{Code, Coded};
use retake_store::BatchRow;
use std::io::{Cursor, Read, Write};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

fn line(n: u32) -> String {
    format!(
        r#"{{"resourceSpans":[{{"resource":{{}},"scopeSpans":[{{"scope":{{"name":"x"}},"spans":[{{"traceId":"{:032x}","spanId":"{:016x}","name":"s{n}","startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000001000000000"}}]}}]}}]}}
"#,
        n + 1,
        n + 1
    )
}

fn lines(from: u32, to: u32) -> Vec<u8> {
    (from..to).map(line).collect::<String>().into_bytes()
}

fn zip_of(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).expect("writes");
        writer.write_all(bytes).expect("writes");
    }
    writer.finish().expect("writes").into_inner()
}

fn codes(report: &BatchRow) -> Vec<Code> {
    let warnings = report.files.iter().flat_map(|file| file.warnings.iter().map(|warning| warning.code));
    warnings.chain(report.skipped.iter().map(|file| file.code)).collect()
}

fn piped(bench: &Bench, reader: impl Read + Send + 'static) -> Result<BatchRow, IngestError> {
    let source = Source::Stdin(Box::new(reader));
    bench.import(vec![source], &ImportOptions { now_ns: 1, ..Default::default() })
}

#[test]
fn a_truncated_zip_or_tar_gives_what_is_whole() {
    let (first, second) = (lines(0, 3), lines(3, 600));
    let zip = zip_of(&[("a.jsonl", &first), ("b.jsonl", &second)], CompressionMethod::Deflated);
    let cut = zip.len() - 1500;
    let report = Bench::new().bytes("t.zip", &zip[..cut]).expect("imports what it can");
    assert!((3..600).contains(&report.totals.spans), "{:?}", report.totals);
    assert!(codes(&report).contains(&Code::ArchiveDamaged), "{report:#?}");
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in [("a.jsonl", &first), ("b.jsonl", &second)] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, content.as_slice()).expect("writes");
    }
    let tar = tar.into_inner().expect("writes");
    let report = Bench::new().bytes("t.tar", &tar[..tar.len() / 2]).expect("imports what it can");
    assert!((4..600).contains(&report.totals.spans), "{:?}", report.totals);
    assert!(codes(&report).contains(&Code::ArchiveDamaged), "{report:#?}");
}

#[test]
fn a_zip_in_a_pipe_is_read_below_64_mib_and_refused_above() {
    let zip = zip_of(&[("a.jsonl", &lines(0, 2))], CompressionMethod::Deflated);
    let report = piped(&Bench::new(), Cursor::new(zip)).expect("imports");
    assert_eq!(report.totals.spans, 2);
    let filler = vec![b'\n'; 65 << 20];
    let zip = zip_of(&[("a.jsonl", &lines(0, 2)), ("b.jsonl", &filler)], CompressionMethod::Stored);
    let error = piped(&Bench::new(), Cursor::new(zip)).expect_err("it cannot be sought in");
    assert_eq!(error.code(), Code::StdinNeedsSeek, "{error}");
    assert!(error.to_string().contains("64 MiB"), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("Save it to a file")), "{:?}", error.hint());
    assert_eq!(error.report().map(|report| report.skipped.len()), Some(1));
}

#[test]
fn a_file_that_grows_is_read_as_far_as_it_was() {
    let bench = Bench::new();
    let path = bench.folder.path().join("live.jsonl");
    std::fs::write(&path, [lines(0, 2), vec![b' '; 2 << 20], b"\n".to_vec()].concat()).expect("written");
    let mut next = 2;
    let options = ImportOptions { now_ns: 1, ..Default::default() };
    let mut grow = |_: &retake_ingest::Progress| {
        // A writer that is faster than the import would keep it for ever.
        let mut file = std::fs::File::options().append(true).open(&path).expect("opens");
        file.write_all(&[lines(next, next + 1), vec![b' '; 2 << 20], b"\n".to_vec()].concat()).expect("written");
        next += 1;
        assert!(next < 50, "the import follows the file");
    };
    let report = import(&bench.workspace, vec![Source::Path(path.clone())], &options, &mut grow).expect("imports");
    assert_eq!((report.totals.spans, codes(&report)), (2, vec![]));
    let report = bench.paths(&[path]);
    assert_eq!((report.totals.spans, report.totals.duplicates), (u64::from(next) - 2, 2));
}

#[test]
fn the_reason_for_a_lone_archive_is_the_reason_of_the_import() {
    let error = Bench::new().bytes("t.zip", b"PK\x03\x04 and nothing of a zip behind it").expect_err("damaged");
    assert_eq!(error.code(), Code::ArchiveDamaged, "{error}");
    let mut nested = lines(0, 1);
    for _ in 0..6 {
        nested = zstd::encode_all(nested.as_slice(), 1).expect("compresses");
    }
    let error = Bench::new().bytes("t.zst", &nested).expect_err("too deep");
    assert_eq!(error.code(), Code::ArchiveBomb, "{error}");
}
