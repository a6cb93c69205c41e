//! Mappings: the preview of a file is the begin of its import, and what is wrong with a file is said by code.

use crate::support::Bench;
use proptest::prelude::*;
use retake_formats::mapping::columns::{columns, sample};
use retake_formats::mapping::suggest::suggest;
use retake_ingest::{FirstBytes, ImportOptions, IngestError, Preview, Source, first_bytes, no_sample, preview};
use retake_model::{Code, Coded, Mapped};
use std::collections::BTreeMap;
use std::io::Write;

fn first(bytes: &[u8]) -> FirstBytes {
    FirstBytes { path: "log".into(), bytes: bytes.to_vec(), whole: true }
}

fn counted<'a>(warnings: impl Iterator<Item = &'a (Code, String)>) -> BTreeMap<Code, u64> {
    let mut counts = BTreeMap::new();
    for (code, _) in warnings {
        *counts.entry(*code).or_default() += 1;
    }
    counts
}

fn warnings(preview: &Preview) -> BTreeMap<Code, u64> {
    counted(preview.records.iter().flat_map(|record| &record.warnings).chain(&preview.warnings))
}

fn mapped(preview: &Preview) -> Vec<&Mapped> {
    preview.records.iter().map(|record| &record.mapped).collect()
}

/// The same file, imported.
fn law(bytes: &[u8], mapping: &str) {
    let options = ImportOptions { now_ns: 1, mapping: Some(mapping.to_owned()), ..ImportOptions::default() };
    let bench = Bench::new();
    let imported = bench.import(vec![Source::Bytes { name: "log".into(), bytes: bytes.to_vec() }], &options);
    let whole = match preview(&first(bytes), mapping, 1_000) {
        Ok(whole) => whole,
        Err(error) => {
            let refused = imported.expect_err("an import of what cannot be previewed");
            assert_eq!(error.code(), refused.code(), "{error} or {refused}");
            return;
        }
    };
    match imported {
        Ok(report) => {
            let file = &report.files[0];
            let totals = &report.totals;
            assert_eq!(whole.format, file.format);
            let understood = mapped(&whole).iter().filter(|one| ***one != Mapped::Raw).count() as u64;
            assert_eq!(understood, totals.spans + totals.audit_events + totals.duplicates);
            assert_eq!(whole.records.len() as u64 - understood, totals.rejected);
            let said: BTreeMap<Code, u64> = file.warnings.iter().map(|warning| (warning.code, warning.count)).collect();
            assert_eq!(warnings(&whole), said);
            assert_eq!(whole.taken, file.mapping);
        }
        Err(IngestError::NotUnderstood { .. }) => assert!(mapped(&whole).iter().all(|one| **one == Mapped::Raw)),
        Err(error) => panic!("a file with a preview is refused: {error}"),
    }
    for n in 1..=whole.records.len() {
        let some = preview(&first(bytes), mapping, n).expect("fewer of them");
        assert_eq!(mapped(&some), mapped(&whole)[..n], "the first {n}");
        assert_eq!(some.more, n < whole.records.len());
        let (mine, all) = (some.records.iter(), whole.records.iter());
        assert!(
            mine.zip(all).all(|(a, b)| a.warnings == b.warnings && a.byte_offset == b.byte_offset && a.line == b.line)
        );
    }
}

#[test]
fn a_preview_is_the_begin_of_the_import() {
    let tried = std::cell::Cell::new(0);
    retake_testkit::each("imports/*/*.input.*", |fixture| {
        if let Ok(mapping) = std::fs::read_to_string(fixture.sibling("map.yaml")) {
            law(&fixture.bytes(), &mapping);
            tried.set(tried.get() + 1);
        }
    });
    assert!(tried.get() >= 8, "{}", tried.get());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever stands in the fields.
    #[test]
    fn a_preview_of_any_table_is_the_begin_of_its_import(
        rows in proptest::collection::vec(
            ("[0-9/: -]{0,12}|2026-11-0[1-9]", "[a-z\"\n,]{0,8}", "[0-9.a-]{0,5}"), 1..12),
    ) {
        let mut writer = String::from("when,said,tokens\n");
        for (when, said, tokens) in &rows {
            writer.push_str(&format!("{when},\"{}\",{tokens}\n", said.replace('"', "\"\"")));
        }
        law(writer.as_bytes(), "kind: traces\ntime: {field: when}\nfields: {input: said, input_tokens: tokens}\n");
    }
}

#[test]
fn what_cannot_be_mapped_is_said_by_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = |bytes: &[u8]| {
        let path = folder.path().join("log");
        std::fs::write(&path, bytes).expect("written");
        let first = first_bytes(&path.display().to_string()).expect("read");
        let sampled = sample(&first.bytes, first.whole, None, 50).map_err(|why| no_sample(&first.path, why));
        let mapping = "kind: traces\nfields: {input: question}\n";
        let previewed = preview(&first, mapping, 5).map(|_| ());
        (sampled.map(|_| ()).map_err(|error| error.code()), previewed.map_err(|error| error.code()))
    };
    let twice = |code: Code| (Err(code), Err(code));
    assert_eq!(code(b""), twice(Code::InputNotUnderstood));
    assert_eq!(code(b"\x7fELF\0\0\0\x01\x02"), twice(Code::InputNotUnderstood));
    assert_eq!(code(b"question,answer\n").0, Err(Code::InputNotUnderstood));
    assert_eq!(code(b"just words").0, Err(Code::InputNotUnderstood));
    assert_eq!(code(b"query,answer\nWhy?,So.\n"), (Ok(()), Err(Code::MappingInvalid)));
    assert_eq!(code(b"{\"query\": \"Why?\"}\n"), (Ok(()), Err(Code::MappingInvalid)));
    assert_eq!(code(b"question,answer\nWhy?,So.\n"), (Ok(()), Ok(())));
    let long = [b"{\"question\": \"".as_slice(), &vec![b'x'; 64 << 20], b"\"}\n"].concat();
    assert_eq!(code(&long), twice(Code::RecordBeyondSample));
    let row = [b"question,answer\n".as_slice(), &vec![b'x'; 64 << 20]].concat();
    assert_eq!(code(&row), twice(Code::RecordBeyondSample));
    assert_eq!(first_bytes("nowhere").map(|_| ()).map_err(|error| error.code()), Err(Code::InputUnreadable));
}

#[test]
fn a_packed_log_is_looked_into_and_its_begin_is_enough() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("chat.csv.gz");
    let mut packed = flate2::write::GzEncoder::new(std::fs::File::create(&path).expect("a file"), Default::default());
    packed.write_all(b"at,question\n").expect("written");
    for n in 0..200_000 {
        writeln!(packed, "2026-11-12T08:00:00Z,question {n}").expect("written");
    }
    packed.finish().expect("written");
    let first = first_bytes(&path.display().to_string()).expect("read");
    assert!(first.path.ends_with("chat.csv.gz!chat.csv") && !first.whole);
    let sampled = sample(&first.bytes, first.whole, None, 50).expect("a sample");
    assert_eq!(sampled.records.len(), 50);
    let mapping = suggest(&sampled.records, &columns(&sampled.records), None).to_yaml().expect("YAML");
    let shown = preview(&first, &mapping, 7).expect("a preview");
    assert!(shown.more && shown.records.len() == 7 && warnings(&shown).is_empty());
    let again = first_bytes(&first.path).expect("by the name of the member");
    assert_eq!(again.bytes, first.bytes);
}
