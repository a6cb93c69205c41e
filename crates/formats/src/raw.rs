//! Records that cannot be read are kept raw, as they came: one fact, or one for each part of a record that is too large
//! to be held, given away as it is read.

use crate::hash::content_hash;
use crate::redact;
use crate::sink::{Sink, Stop};
use crate::splitter::{Broken, Cut, Keep, Place, Window};
use crate::{Context, MAX_RECORD_BYTES};
use retake_model::{EntityKey, Fact, FactKind, FactRank, Mapped};

/// A raw record above this is kept in parts of about this size.
pub(crate) const PART_BYTES: usize = 1 << 20;

/// A fact of a record that could not be decoded.
pub(crate) fn rejected(context: &Context<'_>, format: &'static str, body: Vec<u8>, place: Place) -> Fact {
    let hash = content_hash(context.hash_key, &[b"rejected", &body]);
    let entity = EntityKey::content(b'x', &hash, 0);
    Fact {
        record: entity.clone(),
        entity,
        content_hash: hash,
        format,
        kind: FactKind::Rejected,
        rank: FactRank::FullExport,
        updated_ns: 0,
        mapped: Mapped::Raw,
        body,
        byte_offset: place.offset,
        line: Some(place.line).filter(|line| *line > 0),
    }
}

/// What is said of a record that is too large.
pub(crate) fn too_large(n_bytes: u64) -> String {
    format!("a record of {n_bytes} bytes is kept as it came and not read: the limit is {MAX_RECORD_BYTES}")
}

/// Keeps a record raw, however long it is.
pub(crate) fn keep(
    context: &Context<'_>,
    format: &'static str,
    bytes: &[u8],
    place: Place,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    let mut record = RawRecord::new(format, place);
    record.push(context, bytes, sink)?;
    record.finish(context, sink)
}

/// Cuts out the next value. One above [`MAX_RECORD_BYTES`] is kept raw as it is read, so that it is never held: the cut
/// [is spilled](Cut::is_spilled) then.
pub(crate) fn cut_into(
    window: &mut Window<'_>,
    context: &Context<'_>,
    format: &'static str,
    sink: &mut dyn Sink,
    cut: &mut Cut,
) -> Result<(), Broken> {
    spilling(context, format, sink, cut, |keep, cut| window.cut_into(keep, cut))
}

/// Keeps the next value raw, or what there is of it. Nothing is kept where none begins.
pub(crate) fn keep_value(
    window: &mut Window<'_>,
    context: &Context<'_>,
    format: &'static str,
    sink: &mut dyn Sink,
    cut: &mut Cut,
) -> Result<(), Broken> {
    let outcome = cut_into(window, context, format, sink, cut);
    if !cut.is_spilled() {
        keep(context, format, &cut.bytes, cut.place, sink)?;
    }
    outcome
}

/// Keeps the rest of the line raw.
pub(crate) fn keep_line(
    window: &mut Window<'_>,
    context: &Context<'_>,
    format: &'static str,
    sink: &mut dyn Sink,
    cut: &mut Cut,
) -> Result<(), Broken> {
    let outcome = spilling(context, format, sink, cut, |keep, cut| window.rest_of_line(keep, cut));
    if !cut.is_spilled() {
        keep(context, format, &cut.bytes, cut.place, sink)?;
    }
    outcome
}

/// Reads something that may be too large to be held.
fn spilling(
    context: &Context<'_>,
    format: &'static str,
    sink: &mut dyn Sink,
    cut: &mut Cut,
    read: impl FnOnce(&mut Keep<'_>, &mut Cut) -> Result<(), Broken>,
) -> Result<(), Broken> {
    let mut record: Option<RawRecord> = None;
    let mut spill = |cut: &mut Cut| {
        let place = cut.place;
        let bytes = std::mem::take(&mut cut.bytes);
        record.get_or_insert_with(|| RawRecord::new(format, place)).push(context, &bytes, sink)
    };
    let outcome = read(&mut Keep { limit: MAX_RECORD_BYTES, spill: Some(&mut spill) }, cut);
    if let Some(mut record) = record {
        record.push(context, &std::mem::take(&mut cut.bytes), sink)?;
        record.finish(context, sink)?;
    }
    outcome
}

/// A record that is given away in parts. Together they are the record as it came, with secrets removed: no part ends
/// within one.
pub(crate) struct RawRecord {
    format: &'static str,
    place: Place,
    /// Content of the first part: what the others belong to.
    first: Option<[u8; 16]>,
    n_parts: u64,
    given_bytes: u64,
    waiting: Vec<u8>,
}

impl RawRecord {
    /// A record that begins here.
    pub(crate) fn new(format: &'static str, place: Place) -> Self {
        Self { format, place, first: None, n_parts: 0, given_bytes: 0, waiting: Vec::new() }
    }

    /// Takes what follows.
    pub(crate) fn push(&mut self, context: &Context<'_>, mut bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Stop> {
        while self.waiting.len() + bytes.len() > PART_BYTES {
            let (now, later) = bytes.split_at(PART_BYTES.saturating_sub(self.waiting.len()).min(bytes.len()));
            self.waiting.extend_from_slice(now);
            bytes = later;
            let parting = redact::parting(&self.waiting);
            // What looks like one secret all over is no reason to hold more and more.
            let rest = self.waiting.split_off(if parting == 0 { self.waiting.len() } else { parting });
            let part = std::mem::replace(&mut self.waiting, rest);
            self.give(context, part, sink)?;
        }
        self.waiting.extend_from_slice(bytes);
        Ok(())
    }

    /// The record ends.
    pub(crate) fn finish(mut self, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), Stop> {
        let part = std::mem::take(&mut self.waiting);
        if part.is_empty() { Ok(()) } else { self.give(context, part, sink) }
    }

    fn give(&mut self, context: &Context<'_>, part: Vec<u8>, sink: &mut dyn Sink) -> Result<(), Stop> {
        let n_bytes = part.len() as u64;
        let place = Place { offset: self.place.offset + self.given_bytes, line: self.place.line };
        let mut fact = rejected(context, self.format, part, place);
        match self.first {
            None => self.first = Some(fact.content_hash),
            Some(first) => {
                // Parts that read alike are still several: each is the n-th of its record.
                let number = self.n_parts.to_be_bytes();
                let hash = content_hash(context.hash_key, &[b"rejected part", &first, &number, &fact.content_hash]);
                fact.entity = EntityKey::content(b'x', &hash, 0);
                fact.record = fact.entity.clone();
                fact.kind = FactKind::RejectedPart;
            }
        }
        self.n_parts += 1;
        self.given_bytes += n_bytes;
        sink.fact(fact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::Gather;
    use proptest::prelude::*;

    const CONTEXT: Context<'_> = Context { hash_key: &[7; 32], mapping: None };
    const AT: Place = Place { offset: 100, line: 3 };

    fn kept(bytes: &[u8]) -> Vec<Fact> {
        let mut sink = Gather::default();
        keep(&CONTEXT, "otlp-json", bytes, AT, &mut sink).unwrap();
        sink.facts
    }

    #[test]
    fn a_small_record_is_one_fact_and_an_empty_one_is_none() {
        let facts = kept(b"{broken");
        assert_eq!(facts.len(), 1);
        assert_eq!((facts[0].kind, facts[0].byte_offset, facts[0].line), (FactKind::Rejected, 100, Some(3)));
        assert!(kept(b"").is_empty());
    }

    #[test]
    fn parts_that_read_alike_are_all_kept() {
        let bytes = vec![b'x'; PART_BYTES * 3 + 5];
        let facts = kept(&bytes);
        assert_eq!(facts.iter().flat_map(|fact| fact.body.clone()).collect::<Vec<_>>(), bytes);
        let mut at = 100;
        for (n, fact) in facts.iter().enumerate() {
            assert_eq!(fact.kind, if n == 0 { FactKind::Rejected } else { FactKind::RejectedPart });
            assert_eq!(fact.byte_offset, at);
            assert!(fact.body.len() <= PART_BYTES);
            at += fact.body.len() as u64;
        }
        let entities: std::collections::BTreeSet<_> = facts.iter().map(|fact| fact.entity.0.clone()).collect();
        assert_eq!(entities.len(), facts.len());
        assert_eq!(kept(&bytes).last().unwrap().entity, facts.last().unwrap().entity);
    }

    #[test]
    fn a_value_beyond_the_limit_is_given_away_and_the_next_one_is_read() {
        let large = format!(r#"{{"a":"{}\"]"}}"#, "é".repeat(MAX_RECORD_BYTES / 2));
        let text = format!("{large} {{\"b\":1}}");
        let (mut sink, mut window) = (Gather::default(), Window::new(Box::new(text.as_bytes()), 0));
        let mut cut = Cut::at(window.place());
        cut_into(&mut window, &CONTEXT, "otlp-json", &mut sink, &mut cut).unwrap();
        assert!(cut.is_spilled());
        assert_eq!(cut.len, large.len() as u64);
        assert_eq!(sink.facts.iter().flat_map(|fact| fact.body.clone()).collect::<Vec<_>>(), large.as_bytes());
        let mut cut = Cut::at(window.place());
        cut_into(&mut window, &CONTEXT, "otlp-json", &mut sink, &mut cut).unwrap();
        assert_eq!((cut.bytes.as_slice(), cut.is_spilled()), (b"{\"b\":1}".as_slice(), false));
    }

    proptest! {
        /// A secret over the place where parts meet would be in neither of them, and in both.
        #[test]
        fn no_secret_lies_over_two_parts(before in PART_BYTES - 60..PART_BYTES + 10) {
            let secret = concat!("sk-", "abcDEF1234567890abcDEF1234567890");
            let text = format!("{}\"api_key\": \"{secret}\" {}", "word ".repeat(before / 5), "x y ".repeat(300));
            let whole = redact::redact_bytes(text.as_bytes()).expect("a secret").bytes;
            let parts: Vec<u8> = kept(text.as_bytes())
                .into_iter()
                .flat_map(|fact| redact::redact_bytes(&fact.body).map_or(fact.body, |redacted| redacted.bytes))
                .collect();
            prop_assert_eq!(String::from_utf8(parts).unwrap(), String::from_utf8(whole).unwrap());
        }
    }
}
