//! What can be made of a record before it meets the workspace, on the thread that reads it: where its body repeats its
//! texts, their hashes, their packed forms, their words; and of a span's own record the projection, which is right when
//! it stays the only one about the span. The writer, which is the only one, has that much less to do.

use crate::blob::{Compressor, Dictionaries, Packed};
use crate::project::{self, Made};
use crate::projector::{MappedFact, Projector};
use crate::recipe::{self, Place};
use crate::segment;
use crate::table::text::{SHORT_BYTES, hash_of};
use crate::workspace::Workspace;
use foldhash::{HashSet, HashSetExt};
use retake_model::{Fact, FactKind, Mapped, Span};
use std::sync::Arc;

/// Texts that a preparer remembers to have prepared.
const SEEN_TEXTS: usize = 100_000;

/// A record that is ready to be written.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) fact: Fact,
    pub(crate) repeats: Repeats,
    /// What its span is by this record alone; the record's own mapped form went into it.
    pub(crate) projection: Option<Projection>,
}

/// A span with what is made of it before it is written.
#[derive(Debug)]
pub(crate) struct Projection {
    pub span: Span,
    pub made: Made,
    /// Texts that the made JSON repeats.
    pub repeats: Repeats,
}

/// Texts that stand in some bytes, and where.
#[derive(Debug, Default)]
pub(crate) struct Repeats {
    pub texts: Vec<PreparedText>,
    pub places: Vec<Place>,
}

/// A text that may be new.
#[derive(Debug)]
pub(crate) struct PreparedText {
    pub text: Box<str>,
    pub hash: [u8; 16],
    /// What a new text needs; `None` for one that was prepared before.
    pub ready: Option<Ready>,
}

/// What is kept of a text that is new.
#[derive(Debug)]
pub(crate) struct Ready {
    /// Packed, where there was a dictionary to pack it with.
    pub packed: Option<Packed>,
    /// Its words for the index.
    pub words: String,
}

/// Prepares the records of one reader.
pub struct Preparer<'a> {
    projector: &'a dyn Projector,
    dictionaries: Arc<Dictionaries>,
    compressor: Option<([u8; 32], Compressor)>,
    seen: HashSet<[u8; 16]>,
}

impl std::fmt::Debug for Preparer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Preparer").field("seen", &self.seen.len()).finish_non_exhaustive()
    }
}

impl Workspace {
    /// Prepares records for [`Workspace::append`], on another thread than the one that appends. Both take the same
    /// projector.
    pub fn preparer<'a>(&self, projector: &'a dyn Projector) -> Preparer<'a> {
        Preparer { projector, dictionaries: self.dictionaries(), compressor: None, seen: HashSet::new() }
    }
}

impl Preparer<'_> {
    /// Prepares a record.
    pub fn prepare(&mut self, mut fact: Fact) -> Prepared {
        let repeats = match &fact.mapped {
            Mapped::Span(span) => self.repeats(&fact.body, &project::long_texts(span)),
            _ => Repeats::default(),
        };
        let projection = self.projection(&mut fact);
        Prepared { fact, repeats, projection }
    }

    /// The projection by the span's own record. Records about a span seldom stay alone.
    fn projection(&mut self, fact: &mut Fact) -> Option<Projection> {
        if fact.record != fact.entity || !matches!(fact.kind, FactKind::Span | FactKind::Exchange) {
            return None;
        }
        let ids = match &fact.mapped {
            Mapped::Span(span) => span.trace_id.clone().zip(span.span_id.clone()),
            _ => None,
        };
        let (trace_id, span_id) = ids?;
        let mapped = std::mem::replace(&mut fact.mapped, Mapped::Raw);
        let Fact { rank, updated_ns, content_hash, .. } = *fact;
        let mut span = self.projector.merge(vec![MappedFact { rank, updated_ns, content_hash, mapped }]);
        (span.trace_id, span.span_id) = (Some(trace_id), Some(span_id));
        let made = Made::of(&span);
        let repeats = self.repeats(made.rest.as_bytes(), &project::long_texts(&span));
        Some(Projection { span, made, repeats })
    }

    fn repeats(&mut self, bytes: &[u8], texts: &[impl AsRef<str>]) -> Repeats {
        let mut seen = HashSet::new();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).filter(|text| seen.insert(*text)).collect();
        let mut places = recipe::places(bytes, &texts);
        if !comes_back(bytes, &places, &texts) {
            return Repeats::default();
        }
        // Texts that do not stand in the bytes must not become rows for them.
        let mut number_of = vec![None; texts.len()];
        let mut prepared = Vec::new();
        for place in &mut places {
            let (Some(number), Some(text)) = (number_of.get_mut(place.text), texts.get(place.text)) else { continue };
            place.text = *number.get_or_insert_with(|| {
                prepared.push(self.text(text));
                prepared.len() - 1
            });
        }
        Repeats { texts: prepared, places }
    }

    fn text(&mut self, text: &str) -> PreparedText {
        let hash = hash_of(text);
        if self.seen.len() > SEEN_TEXTS {
            self.seen.clear();
        }
        let ready = self.seen.insert(hash).then(|| Ready { packed: self.pack(text), words: segment::for_index(text) });
        PreparedText { text: text.into(), hash, ready }
    }

    fn pack(&mut self, text: &str) -> Option<Packed> {
        let dictionary = self.dictionaries.of_texts()?;
        if self.compressor.as_ref().is_none_or(|(hash, _)| *hash != dictionary.hash) {
            self.compressor = Some((dictionary.hash, dictionary.compressor().ok()?));
        }
        let (hash, compressor) = self.compressor.as_mut()?;
        (text.len() >= SHORT_BYTES).then(|| Packed::new(*hash, compressor, text.as_bytes())).flatten()
    }
}

/// Whether the recipe gives the bytes again: what a record says must not hang on how texts were found in it.
fn comes_back(bytes: &[u8], places: &[Place], texts: &[&str]) -> bool {
    let ids: Vec<i64> = (1..).take(texts.len()).collect();
    let made = recipe::make(bytes, places, &ids);
    let text = |id: i64| usize::try_from(id - 1).ok().and_then(|at| texts.get(at)).copied().unwrap_or_default();
    recipe::rebuild(&made.bytes, &mut |id| Ok(text(id).into())).is_ok_and(|back| back == bytes)
}
