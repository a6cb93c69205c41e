//! Words and phrases: rows of the full-text index, and the spans that each kind of row stands for.

use super::eval::Eval;
use crate::error::Result;
use crate::search::bits::Bits;
use crate::segment::Sought;
use crate::table::text::{self, Indexed};
use retake_query::Words;
use rusqlite::params;
use std::collections::HashSet;

/// Rows of tables that carry a name, all of them or those of one name.
const CARRIERS: [[&str; 2]; 4] = [
    ["SELECT request, span_pk FROM span WHERE request IS NOT NULL", "SELECT span_pk FROM span WHERE request = ?1"],
    ["SELECT name_id, span_pk FROM tool_call", "SELECT span_pk FROM tool_call WHERE name_id = ?1"],
    ["SELECT name_id, span_pk FROM score", "SELECT span_pk FROM score WHERE name_id = ?1"],
    [
        "SELECT name_id, span_pk FROM document JOIN retrieval USING(document_pk) WHERE name_id NOT NULL",
        "SELECT span_pk FROM document JOIN retrieval USING(document_pk) WHERE name_id = ?1",
    ],
];
/// From so many names on the tables are read as a whole.
const MANY_NAMES: usize = 2000;
/// From so many texts on it is looked up in memory where they stand.
const MANY_TEXTS: usize = 5000;

impl Eval<'_> {
    /// Spans that carry one of these names in a table beside the columns.
    fn carriers(&self, names: &[i64], insert: &mut dyn FnMut(i64)) -> Result<()> {
        let wanted: HashSet<i64> = names.iter().copied().collect();
        for [all, one] in CARRIERS {
            if names.len() > MANY_NAMES {
                self.stop()?;
                let mut statement = self.connection.prepare_cached(all)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    if wanted.contains(&row.get(0)?) {
                        insert(row.get(1)?);
                    }
                }
                continue;
            }
            let mut statement = self.connection.prepare_cached(one)?;
            for name_id in names {
                let mut rows = statement.query([name_id])?;
                while let Some(row) = rows.next()? {
                    insert(row.get(0)?);
                }
            }
        }
        Ok(())
    }

    /// Spans that hold the words: in a text, a name, a document, or among their own short words.
    pub(super) fn words(&mut self, words: &Words) -> Result<Bits> {
        let mut bits = Bits::none(self.columns.spans.pk.len());
        let Some(sought) = Sought::new(words) else { return Ok(bits) };
        let mut statement = self.connection.prepare_cached("SELECT rowid FROM text_fts WHERE text_fts MATCH ?1")?;
        let mut rows = statement.query(params![sought.to_fts()])?;
        let mut n = 0_u32;
        let (mut texts, mut names, mut documents) = (Vec::new(), Vec::new(), Vec::new());
        let mut insert = |span_pk: i64| {
            if let Some(at) = self.columns.span_position(span_pk) {
                bits.insert(at);
            }
        };
        while let Some(row) = rows.next()? {
            n += 1;
            if n.is_multiple_of(512) {
                self.stop()?;
            }
            let rowid: i64 = row.get(0)?;
            match text::indexed(rowid) {
                Indexed::Words(span_pk) => insert(span_pk),
                Indexed::Name(name_id) => names.push(name_id),
                Indexed::Document(document_pk) => documents.push(document_pk),
                Indexed::Text(text_id) => texts.push(text_id),
            }
        }
        if texts.len() < MANY_TEXTS {
            let mut statement = self.connection.prepare_cached("SELECT span_pk FROM occurrence WHERE text_id = ?1")?;
            for text_id in texts {
                let mut found = statement.query([text_id])?;
                while let Some(row) = found.next()? {
                    insert(row.get(0)?);
                }
            }
        } else {
            let all = self.lists.occurrences(self.connection)?;
            texts.iter().flat_map(|text_id| all.of(*text_id)).for_each(|span_pk| insert(i64::from(*span_pk)));
        }
        let mut statement = self.connection.prepare_cached("SELECT span_pk FROM retrieval WHERE document_pk = ?1")?;
        for document_pk in documents {
            let mut found = statement.query([document_pk])?;
            while let Some(row) = found.next()? {
                insert(row.get(0)?);
            }
        }
        if !names.is_empty() {
            self.carriers(&names, &mut insert)?;
            let mut wanted = vec![false; self.columns.n_names() + 1];
            for name_id in names {
                if let Some(slot) = usize::try_from(name_id).ok().and_then(|at| wanted.get_mut(at)) {
                    *slot = true;
                }
            }
            bits.or(&self.columns.named_by(&wanted));
        }
        bits.and(&self.columns.live_spans);
        Ok(bits)
    }
}
