//! Which spans of a trace stand below which. Loops and missing parents end a way up; nothing is invented.

use retake_model::{Id, Span};
use std::collections::HashMap;

/// A way up is never longer: deeper trees are cut there.
const DEEPEST: usize = 512;

/// Parents by span id.
#[derive(Debug, Default)]
pub struct Ancestry<'a> {
    parents: HashMap<&'a Id, &'a Id>,
}

impl<'a> Ancestry<'a> {
    /// Of the spans of one trace.
    pub fn of(spans: &'a [Span]) -> Self {
        let pairs = spans.iter().filter_map(|span| Some((span.span_id.as_ref()?, span.parent_span_id.as_ref()?)));
        Self { parents: pairs.collect() }
    }

    /// Parent, grandparent and so on of a span.
    pub fn above(&self, id: &Id) -> impl Iterator<Item = &'a Id> {
        std::iter::successors(self.parents.get(id).copied(), |id| self.parents.get(id).copied()).take(DEEPEST)
    }

    /// True when `span` stands below `above`, or is it.
    pub fn is_within(&self, span: &Span, above: &Span) -> bool {
        let (Some(id), Some(top)) = (&span.span_id, &above.span_id) else { return false };
        id == top || self.above(id).any(|id| id == top)
    }
}
