//! Trees of the traces that were looked at last. A list reads the tree of each of its rows, and a row of a span the tree of
//! its trace: what the next row, the next page, or the trace itself when it is opened needs again is kept until anything is
//! committed.

use crate::error::Result;
use crate::rollup::Tree;
use crate::table::span::ShapeCache;
use crate::workspace::{Workspace, lock};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// So many trees are kept at most,
const TREES: usize = 512;
/// and so many spans of them together; the newest tree is kept however large it is.
const SPANS: usize = 200_000;

/// Trees of a workspace.
#[derive(Debug, Default)]
pub(crate) struct Trees(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    version: i64,
    /// By the key of the trace; what was used last stands at the end.
    trees: VecDeque<(i64, Arc<Tree>)>,
    spans: usize,
}

impl Kept {
    /// Forgets everything when something was committed since.
    fn begin(&mut self, version: i64) {
        if self.version != version {
            *self = Self { version, ..Self::default() };
        }
    }

    fn get(&mut self, trace_pk: i64) -> Option<Arc<Tree>> {
        let at = self.trees.iter().rposition(|(pk, _)| *pk == trace_pk)?;
        let found = self.trees.remove(at)?;
        self.trees.push_back(found);
        self.trees.back().map(|(_, tree)| Arc::clone(tree))
    }

    fn put(&mut self, trace_pk: i64, tree: &Arc<Tree>) {
        self.spans += tree.spans.len();
        self.trees.push_back((trace_pk, Arc::clone(tree)));
        while self.trees.len() > 1 && (self.trees.len() > TREES || self.spans > SPANS) {
            if let Some((_, oldest)) = self.trees.pop_front() {
                self.spans -= oldest.spans.len();
            }
        }
    }
}

impl Workspace {
    /// The tree of a trace as `connection` sees it; `version` is what [`Workspace::data_version`] said before that
    /// connection's snapshot was taken, so that a tree may be newer than its version and never older.
    pub(crate) fn tree(
        &self,
        connection: &Connection,
        version: i64,
        trace_pk: i64,
        shapes: &mut ShapeCache,
    ) -> Result<Arc<Tree>> {
        let kept = &self.inner.trees.0;
        {
            let mut kept = lock(kept);
            kept.begin(version);
            if let Some(tree) = kept.get(trace_pk) {
                return Ok(tree);
            }
        }
        let tree = Arc::new(Tree::read(connection, trace_pk, shapes)?);
        let mut kept = lock(kept);
        // Meanwhile another version may have begun: this tree is of the one before.
        if kept.version == version {
            kept.put(trace_pk, &tree);
        }
        Ok(tree)
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, SPANS, TREES};
    use crate::rollup::Tree;
    use std::sync::Arc;

    fn none() -> Arc<Tree> {
        Arc::new(Tree { spans: Vec::new(), shapes: Vec::new(), parents: Vec::new(), root: None })
    }

    #[test]
    fn what_was_used_last_stays_and_nothing_outlives_a_commit() {
        let mut kept = Kept::default();
        kept.begin(1);
        (0..TREES as i64).for_each(|pk| kept.put(pk, &none()));
        assert!(kept.get(0).is_some());
        kept.put(-1, &none());
        assert!(kept.get(0).is_some(), "it was used after the others");
        assert!(kept.get(1).is_none(), "the oldest went");
        kept.begin(2);
        assert!(kept.get(0).is_none());
    }

    #[test]
    fn the_spans_of_all_trees_are_bounded() {
        let mut kept = Kept::default();
        (0..3).for_each(|pk| kept.put(pk, &none()));
        kept.spans = SPANS + 1;
        kept.put(3, &none());
        assert_eq!(kept.trees.len(), 1, "the newest is kept");
    }
}
