//! Archives that expand too far, as one member, as many, or layer within layer.

use super::*;
use flate2::Compression;
use std::io::Write;
use zip::write::SimpleFileOptions;

/// Reads every member to its end.
#[derive(Default)]
struct Reads {
    bytes: u64,
    whole: Vec<String>,
    codes: Vec<Code>,
}

impl Visitor for Reads {
    fn member(&mut self, mut member: Member<'_>) -> bool {
        let mut sink = [0; 16 << 10];
        loop {
            match member.reader.read(&mut sink) {
                Ok(0) => {
                    self.whole.push(member.path);
                    return true;
                }
                Ok(n) => self.bytes += n as u64,
                Err(error) => {
                    self.codes.push(code_of(&error, true));
                    return true;
                }
            }
        }
    }

    fn trouble(&mut self, trouble: Trouble) -> bool {
        self.codes.push(trouble.code);
        true
    }
}

const TRUSTED: u64 = 1 << 20;

fn read(bytes: &[u8]) -> Reads {
    let mut reads = Reads::default();
    let meter = Meter { trusted_bytes: TRUSTED, ..Meter::default() };
    metered_bytes("file".to_owned(), bytes, &meter, &mut reads);
    reads
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("writes");
    encoder.finish().expect("writes")
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default()).expect("writes");
        writer.write_all(bytes).expect("writes");
    }
    writer.finish().expect("writes").into_inner()
}

#[track_caller]
fn bounded(bytes: &[u8]) -> Reads {
    let reads = read(bytes);
    assert!(reads.codes.contains(&Code::ArchiveBomb), "{:?}", reads.codes);
    assert!(reads.bytes < 3 * TRUSTED, "{} bytes were unpacked", reads.bytes);
    reads
}

#[test]
fn what_expands_a_thousand_times_is_stopped() {
    let blank = vec![b' '; 8 << 20];
    bounded(&gzip(&blank));
    bounded(&zip_of(&[("a.json", &blank)]));
    let zstd = zstd::encode_all(blank.as_slice(), 3).expect("compresses");
    bounded(&zstd);
    bounded(&gzip(&gzip(&gzip(&vec![b' '; 64 << 20]))));
}

#[test]
fn many_members_below_the_limit_are_counted_together() {
    let member = vec![b' '; 700 << 10];
    let names: Vec<String> = (0..40).map(|n| format!("{n:02}.json")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), member.as_slice())).collect();
    let zip = zip_of(&members);
    let reads = read(&zip);
    let allowed = MAX_RATIO * zip.len() as u64;
    assert!(reads.codes.contains(&Code::ArchiveBomb), "{:?}", reads.codes);
    assert!(reads.bytes < allowed.max(TRUSTED) + (4 << 20), "{} bytes of {allowed} were unpacked", reads.bytes);
    assert!((1..30).contains(&reads.whole.len()), "{:?}", reads.whole);
}

#[test]
fn what_compresses_as_text_does_is_read_whole() {
    let text: String = (0..200_000_u64).map(|n| format!("{:x} ", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    assert!(text.len() as u64 > 2 * TRUSTED);
    let reads = read(&gzip(text.as_bytes()));
    assert_eq!((reads.bytes, reads.codes), (text.len() as u64, vec![]));
}

#[test]
fn a_truncated_zip_gives_its_whole_members() {
    let zip = zip_of(&[("a.json", b"first member"), ("b.json", b"second member"), ("c.json", &gzip(b"third"))]);
    let second = zip.windows(6).position(|bytes| bytes == b"b.json").expect("its name is there");
    let reads = read(&zip[..second + 9]);
    assert_eq!(reads.whole.first().map(String::as_str), Some("file!a.json"));
    assert!(reads.codes.contains(&Code::ArchiveDamaged), "{:?}", reads.codes);
    let reads = read(&zip[..zip.len() - 30]);
    assert_eq!(reads.whole, ["file!a.json", "file!b.json", "file!c.json!c.json"]);
    assert_eq!(reads.codes, [Code::ArchiveDamaged]);
    for cut in 0..zip.len() {
        read(&zip[..cut]);
    }
}
