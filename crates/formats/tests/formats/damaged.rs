//! Every parser on files of `fixtures/imports` that were cut, changed and doubled in places: no panic, every file is
//! read to its end, and what is in it is accounted for: a record is a fact, rejected ones are warned of, and what could
//! not be told apart as a record is warned of too.

use proptest::prelude::*;
use proptest::sample::Index;
use retake_formats::sink::Gather;
use retake_formats::{Context, Detection, Format, FormatError, Head, Input, all, by_name, detect};
use retake_model::{FactKind, Mapped};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Larger files take the time of many small ones.
const MOST_BYTES: usize = 24 << 10;

/// A file, and the mapping of those that only a mapping explains.
struct Seed {
    bytes: Vec<u8>,
    mapping: Option<String>,
}

/// Fixtures by the format that claims them, or that their mapping makes of them.
fn corpus() -> &'static BTreeMap<&'static str, Vec<Seed>> {
    static CORPUS: OnceLock<BTreeMap<&'static str, Vec<Seed>>> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let mut found: BTreeMap<&'static str, Vec<Seed>> = BTreeMap::new();
        for fixture in retake_testkit::fixtures("imports/*/*.input.*") {
            let bytes = fixture.bytes();
            let mapping = std::fs::read_to_string(fixture.sibling("map.yaml")).ok();
            if mapping.as_ref().is_some_and(|text| text.starts_with("kind: traces")) {
                found.entry("mapped-traces").or_default().push(Seed { bytes, mapping });
            } else if let Detection::Found(format) = detect(&Head::new(&bytes, true))
                && bytes.len() <= MOST_BYTES
            {
                found.entry(format.name()).or_default().push(Seed { bytes, mapping: None });
            }
        }
        found
    })
}

/// A change of a file.
#[derive(Debug, Clone)]
enum Change {
    Cut(Index),
    Flip(Index, u8),
    /// A slice stands again elsewhere.
    Double(Index, Index, Index),
    Remove(Index, Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        1 => at().prop_map(Change::Cut),
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Flip(at, byte)),
        2 => (at(), at(), at()).prop_map(|(from, to, into)| Change::Double(from, to, into)),
        2 => (at(), at()).prop_map(|(from, to)| Change::Remove(from, to)),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    if bytes.is_empty() {
        return;
    }
    let place = |at: &Index| at.index(bytes.len());
    let ordered = |a: usize, b: usize| (a.min(b), a.max(b));
    match change {
        Change::Cut(at) => bytes.truncate(place(at)),
        Change::Flip(at, byte) => {
            let at = place(at);
            bytes[at] ^= byte;
        }
        Change::Double(from, to, into) => {
            let (from, to) = ordered(place(from), place(to));
            let into = place(into);
            let slice = bytes[from..to].to_vec();
            bytes.splice(into..into, slice);
        }
        Change::Remove(from, to) => {
            let (from, to) = ordered(place(from), place(to));
            bytes.drain(from..to.min(from + 300));
        }
    }
}

fn parse(format: &dyn Format, bytes: &[u8], mapping: Option<&str>) -> Gather {
    let key = [7; 32];
    let context = Context { hash_key: &key, mapping };
    let mut sink = Gather::default();
    let reopen = Box::new(move |offset: u64| -> std::io::Result<Box<dyn std::io::Read + '_>> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
        Ok(Box::new(&bytes[from..]))
    });
    let outcome = format.parse(Input { reader: Box::new(bytes), reopen: Some(reopen) }, &context, &mut sink);
    if mapping.is_some() && matches!(outcome, Err(FormatError::Mapping(_))) {
        // The header was damaged: a column that the mapping names is not there.
        return Gather::default();
    }
    assert!(outcome.is_ok(), "{}: {:?}", format.name(), outcome.err());
    sink
}

/// What has to hold for any bytes.
fn accounted(format: &dyn Format, bytes: &[u8], mapping: Option<&str>) {
    let sink = parse(format, bytes, mapping);
    let rejected = sink.facts.iter().filter(|fact| fact.kind == FactKind::Rejected).count();
    assert!(rejected <= sink.warnings.len(), "{}: {rejected} rejected, {:?}", format.name(), sink.warnings);
    for warning in &sink.warnings {
        assert!(!warning.message.is_empty() && warning.line != Some(0), "{warning:?}");
        assert!(warning.byte_offset <= bytes.len() as u64, "{warning:?} of {} bytes", bytes.len());
    }
    for fact in &sink.facts {
        assert!(!fact.body.is_empty(), "a fact of {} holds nothing", format.name());
        assert!(fact.byte_offset <= bytes.len() as u64, "{} of {} bytes", fact.byte_offset, bytes.len());
        let again = by_name(fact.format).expect("a fact names a format").remap(&fact.body, mapping);
        if fact.kind == FactKind::Rejected {
            assert_eq!(fact.mapped, Mapped::Raw);
        } else {
            assert_eq!(again, fact.mapped, "a record means the same when it is read again");
        }
    }
    // Something that is no white space was in it: it is a record, or it is said what it was.
    let holds = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).iter().any(|byte| !byte.is_ascii_whitespace());
    let table = mapping.is_some() && !bytes.trim_ascii_start().starts_with(b"{");
    let text = !table && !format.name().contains("protobuf") && !format.name().contains("csv");
    if holds && text && sink.facts.is_empty() && sink.warnings.is_empty() {
        let json: Result<serde_json::Value, _> = serde_json::from_slice(bytes);
        assert!(json.is_ok(), "{}: nothing is said of {:?}", format.name(), String::from_utf8_lossy(bytes));
    }
    // The same bytes give the same.
    let second = parse(format, bytes, mapping);
    assert_eq!((second.facts.len(), second.warnings.len()), (sink.facts.len(), sink.warnings.len()));
}

fn damaged(name: &str, pick: &Index, changes: &[Change]) {
    let format = by_name(name).expect("a format");
    let files = corpus().get(name).unwrap_or_else(|| panic!("no fixture is {name}"));
    let seed = &files[pick.index(files.len())];
    let mut bytes = seed.bytes.clone();
    for change in changes {
        apply(&mut bytes, change);
    }
    accounted(format, &bytes, seed.mapping.as_deref());
}

macro_rules! of_each_format {
    ($($test:ident $name:literal;)*) => {
        proptest! {
            #![proptest_config(ProptestConfig { cases: 250, max_shrink_iters: 2000, ..ProptestConfig::default() })]
            $(
                #[test]
                fn $test(pick in any::<Index>(), changes in proptest::collection::vec(change(), 0..4)) {
                    damaged($name, &pick, &changes);
                }
            )*
        }

        #[test]
        fn every_format_is_damaged() {
            let tried = [$($name),*];
            for format in all() {
                assert!(tried.contains(&format.name()), "{} is not tried", format.name());
            }
        }
    };
}

of_each_format! {
    damaged_otlp_json_is_accounted_for "otlp-json";
    damaged_otlp_protobuf_is_accounted_for "otlp-protobuf";
    damaged_exchanges_are_accounted_for "exchange";
    damaged_gateway_rows_are_accounted_for "litellm";
    damaged_audit_lines_are_accounted_for "audit-json";
    damaged_audit_rows_are_accounted_for "audit-csv";
    damaged_mapped_records_are_accounted_for "mapped-traces";
}
