//! Where a message was said first. Within a scope (a conversation, else a trace) the earliest call that carries a message
//! in its place introduces it; a search finds that call and not the fifty that repeat it.
//!
//! For each context and scope `introduced` holds that span. Since a call that carries a context carries all above it,
//! the walk up from a new span's last message ends at the first one that an earlier call introduced.

use crate::append::WriteCache;
use crate::error::Result;
use crate::table::message::{self, ROOT};
use crate::table::span::{self, SpanColumns};
use crate::table::{text, trace};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, BTreeSet};

/// What a slice changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Spans to add, by key, with their trace.
    spans: BTreeMap<i64, i64>,
    /// Scopes to make anew: something that may have introduced a message went from them.
    rebuild: BTreeSet<i64>,
}

impl Changes {
    /// A span was written.
    pub(crate) fn span_changed(&mut self, row: &SpanColumns, before: Option<&SpanColumns>) {
        if before.is_none_or(|before| !same_place(before, row)) {
            self.spans.insert(row.span_pk, row.trace_pk);
        }
    }

    /// A scope lost a span.
    pub(crate) fn rebuild(&mut self, scope: i64) {
        if scope != 0 {
            self.rebuild.insert(scope);
        }
    }

    /// A trace moved from one scope to another: its spans are taken out of the first and added to the second.
    pub(crate) fn moved(
        &mut self,
        tx: &Connection,
        cache: &mut WriteCache,
        from: i64,
        rows: &[SpanColumns],
    ) -> Result<()> {
        for row in rows {
            if from != 0 {
                withdraw(tx, cache, from, row)?;
            }
            self.spans.insert(row.span_pk, row.trace_pk);
        }
        if from > 0 {
            self.rebuild(from);
        }
        Ok(())
    }
}

/// Whether a span introduces the same messages before and after.
pub(crate) fn same_place(before: &SpanColumns, after: &SpanColumns) -> bool {
    before.listed() == after.listed()
        && before.start_ns == after.start_ns
        && before.context_in == after.context_in
        && before.context_out == after.context_out
}

/// Makes the changes of a slice; the scopes of the traces stand in their rows by now.
pub(crate) fn apply(tx: &Connection, cache: &mut WriteCache, changes: Changes) -> Result<()> {
    for scope in &changes.rebuild {
        let mut rows = Vec::new();
        for trace_pk in trace::of_scope(tx, *scope)? {
            rows.extend(span::rows_of_trace(tx, trace_pk)?.into_iter().filter(carries));
        }
        rows.sort_by_key(order);
        for row in &rows {
            withdraw(tx, cache, *scope, row)?;
        }
        for row in &rows {
            add(tx, cache, *scope, row)?;
        }
    }
    for (span_pk, trace_pk) in changes.spans {
        let Some(scope) = trace::row(tx, trace_pk)?.map(|row| row.scope) else { continue };
        if !changes.rebuild.contains(&scope)
            && let Some(row) = span::row(tx, span_pk)?.filter(carries)
        {
            add(tx, cache, scope, &row)?;
        }
    }
    Ok(())
}

fn carries(row: &SpanColumns) -> bool {
    row.listed() && leaf(row) != ROOT
}

fn leaf(row: &SpanColumns) -> i64 {
    row.context_out.or(row.context_in).unwrap_or(ROOT)
}

/// Unknown times last; the id decides between equal ones, so that the order of import does not.
fn order(row: &SpanColumns) -> (i64, Vec<u8>, i64) {
    (row.start_ns.unwrap_or(i64::MAX), row.span_key.clone(), row.trace_pk)
}

fn add(tx: &Connection, cache: &mut WriteCache, scope: i64, row: &SpanColumns) -> Result<()> {
    let mut at = leaf(row);
    while at != ROOT {
        let (parent_id, message_id, _) = cache.messages.node(tx, at)?;
        if let Some(other_pk) = introducer(tx, at, scope)? {
            if other_pk == row.span_pk {
                return Ok(());
            }
            if let Some(other) = span::row(tx, other_pk)? {
                if earlier(tx, &other, row)? {
                    return Ok(());
                }
                for text_id in &cache.messages.facts(tx, message_id)?.texts {
                    text::remove_occurrence(tx, &mut cache.texts, *text_id, other_pk, at)?;
                }
            }
        }
        tx.prepare_cached("INSERT OR REPLACE INTO introduced(context_id, scope, span_pk) VALUES(?1, ?2, ?3)")?
            .execute(params![at, scope, row.span_pk])?;
        for text_id in &cache.messages.facts(tx, message_id)?.texts {
            text::add_occurrence(tx, &mut cache.texts, *text_id, row.span_pk, at)?;
        }
        at = parent_id;
    }
    Ok(())
}

fn earlier(tx: &Connection, a: &SpanColumns, b: &SpanColumns) -> Result<bool> {
    let key = |row: &SpanColumns| (row.start_ns.unwrap_or(i64::MAX), row.span_key.clone());
    if a.trace_pk == b.trace_pk || key(a) != key(b) {
        return Ok(key(a) <= key(b));
    }
    // The same span id at the same time in two traces: their ids decide.
    let trace_key = |row: &SpanColumns| trace::row(tx, row.trace_pk).map(|row| row.map(|row| row.trace_key));
    Ok(trace_key(a)? <= trace_key(b)?)
}

/// Takes a span out of a scope.
pub(crate) fn withdraw(tx: &Connection, cache: &mut WriteCache, scope: i64, row: &SpanColumns) -> Result<()> {
    let mut at = leaf(row);
    while at != ROOT {
        let (parent_id, message_id, _) = message::node(tx, at)?;
        match introducer(tx, at, scope)? {
            Some(other_pk) if other_pk != row.span_pk => return Ok(()),
            None => {}
            Some(_) => {
                tx.prepare_cached("DELETE FROM introduced WHERE context_id = ?1 AND scope = ?2")?
                    .execute([at, scope])?;
                for text_id in message::facts(tx, message_id)?.texts {
                    text::remove_occurrence(tx, &mut cache.texts, text_id, row.span_pk, at)?;
                }
            }
        }
        at = parent_id;
    }
    Ok(())
}

/// The span that introduced a context in a scope.
pub(crate) fn introducer(tx: &Connection, context_id: i64, scope: i64) -> Result<Option<i64>> {
    let mut statement = tx.prepare_cached("SELECT span_pk FROM introduced WHERE context_id = ?1 AND scope = ?2")?;
    Ok(statement.query_row([context_id, scope], |row| row.get(0)).optional()?)
}
