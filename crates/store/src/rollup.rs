//! What a trace says as a whole, from its spans: root, scope, question, answer, tool calls; and what its spans only know
//! together: missing parents, clock skew, retries, whose usage counts.

use crate::append::WriteCache;
use crate::error::Result;
use crate::introduce::Changes;
use crate::table::message::{self, MessageCall, ROOT};
use crate::table::span::{self, Shape, SpanColumns, bit};
use crate::table::{audit, finding, tool_call, trace};
use retake_model::{Role, SpanKind, SpanStatus, UsageScope};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Spans of a trace as a tree.
#[derive(Debug)]
pub(crate) struct Tree {
    /// In display order: by start, parents before children when times are equal.
    pub spans: Vec<SpanColumns>,
    pub shapes: Vec<Shape>,
    /// Position of the parent, where it is there.
    pub parents: Vec<Option<usize>>,
    /// Position of the root, or of the span that stands for it.
    pub root: Option<usize>,
}

impl Tree {
    /// The listed spans of a trace.
    pub(crate) fn read(tx: &Connection, trace_pk: i64, shapes: &mut span::ShapeCache) -> Result<Self> {
        let mut spans = span::rows_of_trace(tx, trace_pk)?;
        spans.retain(SpanColumns::listed);
        Self::new(spans, |shape_id| shapes.shape(tx, shape_id))
    }

    /// A tree of these spans.
    pub(crate) fn new(mut spans: Vec<SpanColumns>, mut shape: impl FnMut(i64) -> Result<Shape>) -> Result<Self> {
        let by_id: foldhash::HashMap<Vec<u8>, usize> =
            spans.iter().enumerate().map(|(at, span)| (span.span_id().to_blob(), at)).collect();
        let parents: Vec<Option<usize>> =
            spans.iter().map(|span| span.parent_key.as_ref().and_then(|parent| by_id.get(parent).copied())).collect();
        let mut order: Vec<(i64, usize, usize)> = spans
            .iter()
            .enumerate()
            .map(|(at, span)| (span.start_ns.unwrap_or(i64::MAX), depth(at, &parents), at))
            .collect();
        let key = |at: usize| spans.get(at).map(|span| &span.span_key);
        order.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then_with(|| key(a.2).cmp(&key(b.2))));
        let mut rank = vec![0; order.len()];
        for (new, (_, _, old)) in order.iter().enumerate() {
            if let Some(slot) = rank.get_mut(*old) {
                *slot = new;
            }
        }
        let ranked = |at: usize| rank.get(at).copied().unwrap_or(at);
        let mut parents: Vec<Option<usize>> =
            order.iter().map(|(_, _, old)| parents.get(*old).copied().flatten().map(ranked)).collect();
        permute(&mut spans, &mut rank);
        break_circles(&mut parents);
        let shapes = spans.iter().map(|span| shape(span.shape_id)).collect::<Result<Vec<_>>>()?;
        // A span without a parent is the root; without one, the first whose parent is not there. Of a call that is known
        // by log records only, nobody knows the parent.
        let first = |wanted: &dyn Fn(usize, &SpanColumns) -> bool| {
            spans.iter().enumerate().find(|(at, span)| wanted(*at, span)).map(|(at, _)| at)
        };
        let lone = |at: usize| parents.get(at).copied().flatten().is_none();
        let root = first(&|_, span| span.recorded() && span.parent_key.is_none())
            .or_else(|| first(&|at, span| span.recorded() && lone(at)))
            .or_else(|| first(&|at, _| lone(at)));
        Ok(Self { spans, shapes, parents, root })
    }

    /// Kind of a span.
    pub(crate) fn kind(&self, at: usize) -> SpanKind {
        self.shapes.get(at).and_then(Shape::kind).unwrap_or_default()
    }

    /// A value that spans below inherit: own, else of the nearest span above, else the root's.
    pub(crate) fn inherit<T: Copy>(&self, at: usize, own: impl Fn(&SpanColumns, &Shape) -> Option<T>) -> Option<T> {
        let value = |at: usize| self.spans.get(at).zip(self.shapes.get(at)).and_then(|(span, shape)| own(span, shape));
        let mut next = Some(at);
        let mut top = at;
        while let Some(at) = next {
            if let Some(found) = value(at) {
                return Some(found);
            }
            top = at;
            next = self.parents.get(at).copied().flatten();
        }
        match self.root {
            // Its chain does not reach the root since a parent is missing.
            Some(root) if root != top => value(root),
            _ => None,
        }
    }

    /// A value of the trace: the root's, else of the first span that has one.
    pub(crate) fn overall<T: Copy>(&self, own: impl Fn(&SpanColumns, &Shape) -> Option<T>) -> Option<T> {
        let value = |at: usize| self.spans.get(at).zip(self.shapes.get(at)).and_then(|(span, shape)| own(span, shape));
        self.root.and_then(value).or_else(|| (0..self.spans.len()).find_map(value))
    }
}

/// Name ids of 0 are unknown.
pub(crate) fn known(name_id: i64) -> Option<i64> {
    (name_id != 0).then_some(name_id)
}

/// Puts each item at its rank. Spans are large: of a long trace they are moved as little as can be.
fn permute<T>(items: &mut [T], rank: &mut [usize]) {
    for at in 0..items.len().min(rank.len()) {
        while let Some(to) = rank.get(at).copied().filter(|to| *to != at && *to < items.len()) {
            items.swap(at, to);
            rank.swap(at, to);
        }
    }
}

fn depth(at: usize, parents: &[Option<usize>]) -> usize {
    let (mut depth, mut next) = (0, parents.get(at).copied().flatten());
    while let Some(at) = next {
        depth += 1;
        if depth > parents.len() {
            return 0;
        }
        next = parents.get(at).copied().flatten();
    }
    depth
}

/// Spans that are each other's parents have none: a walk up has to end.
fn break_circles(parents: &mut [Option<usize>]) {
    let mut state = vec![0_u8; parents.len()];
    for start in 0..parents.len() {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next {
            match state.get(at) {
                Some(0) => {
                    if let Some(slot) = state.get_mut(at) {
                        *slot = 1;
                    }
                    path.push(at);
                    next = parents.get(at).copied().flatten();
                }
                Some(1) => {
                    if let Some(last) = path.last().and_then(|last| parents.get_mut(*last)) {
                        *last = None;
                    }
                    next = None;
                }
                _ => next = None,
            }
        }
        for at in path {
            if let Some(slot) = state.get_mut(at) {
                *slot = 2;
            }
        }
    }
}

/// Rolls a trace up. Gives the difference of its tool calls; a trace without spans and facts is removed.
pub(crate) fn run(
    tx: &Connection,
    cache: &mut WriteCache,
    trace_pk: i64,
    rev: i64,
    changes: &mut Changes,
    n_traces: &mut i64,
) -> Result<i64> {
    let Some(mut row) = trace::row(tx, trace_pk)? else { return Ok(0) };
    let calls_before = row.n_tool_calls;
    let tree = Tree::read(tx, trace_pk, &mut cache.shapes)?;
    if tree.spans.is_empty() && span::rows_of_trace(tx, trace_pk)?.is_empty() {
        finding::remove(tx, trace_pk)?;
        audit::remove_joins(tx, trace_pk)?;
        trace::remove(tx, trace_pk)?;
        *n_traces -= 1;
        return Ok(-calls_before);
    }
    let flags = flags(&tree);
    for (span, bits) in tree.spans.iter().zip(&flags) {
        if span.bits & bit::OF_TRACE != *bits {
            span::set_bits(tx, span.span_pk, (span.bits & !bit::OF_TRACE) | bits)?;
        }
    }
    let scope = tree.overall(|span, _| span.conversation).unwrap_or(-trace_pk);
    if scope != row.scope {
        changes.moved(tx, cache, row.scope, &tree.spans)?;
        row.scope = scope;
    }
    row.root_pk = tree.root.and_then(|root| tree.spans.get(root)).map(|span| span.span_pk);
    row.n_tool_calls = count_calls(tx, cache, &tree)?;
    (row.question, row.answer) = question_and_answer(tx, cache, &tree)?;
    trace::set(tx, &row, rev)?;
    Ok(row.n_tool_calls - calls_before)
}

fn flags(tree: &Tree) -> Vec<i64> {
    let scopes = usage_scopes(tree);
    let retries = retries(tree);
    let mut all = Vec::with_capacity(tree.spans.len());
    for (at, span) in tree.spans.iter().enumerate() {
        let mut bits = span::scope_bits(scopes.get(at).copied().unwrap_or_default());
        if span.status() == SpanStatus::Error {
            bits |= bit::ERROR;
        }
        if retries.contains(&at) {
            bits |= bit::RETRY;
        }
        let no_messages = |context: Option<i64>| context.is_none_or(|context| context == ROOT);
        if tree.kind(at) == SpanKind::Llm && no_messages(span.context_in) && no_messages(span.context_out) {
            bits |= bit::NO_CONTENT;
        }
        let parent = tree.parents.get(at).copied().flatten().and_then(|parent| tree.spans.get(parent));
        if span.parent_key.is_some() && parent.is_none() {
            bits |= bit::PARENT_MISSING;
        }
        let before_parent = parent.and_then(|parent| parent.start_ns).zip(span.start_ns).is_some_and(|(p, s)| s < p);
        if before_parent || span.duration_ns.is_some_and(|duration| duration < 0) {
            bits |= bit::CLOCK_SKEW;
        }
        all.push(bits);
    }
    all
}

/// A model call after a failed one of the same kind, model and history under the same parent.
fn retries(tree: &Tree) -> HashSet<usize> {
    let mut failed: HashSet<(Option<usize>, u8, i64, Option<i64>)> = HashSet::new();
    let mut retries = HashSet::new();
    for (at, span) in tree.spans.iter().enumerate() {
        if !matches!(tree.kind(at), SpanKind::Llm | SpanKind::Embedding | SpanKind::Reranker) {
            continue;
        }
        let Some(shape) = tree.shapes.get(at) else { continue };
        let parent = tree.parents.get(at).copied().flatten();
        let model = if span.context_in.is_some() { 0 } else { shape.request_model };
        let key = (parent, shape.kind, model, span.context_in);
        if failed.contains(&key) {
            retries.insert(at);
        }
        if span.status() == SpanStatus::Error {
            failed.insert(key);
        }
    }
    retries
}

/// Whose usage counts: a model call below which no other carries usage. A span above is a roll-up, or a duplicate when
/// it repeats the sum of what is below.
fn usage_scopes(tree: &Tree) -> Vec<UsageScope> {
    let n = tree.spans.len();
    let mut below: Vec<Option<(i64, i64)>> = vec![None; n];
    let has_usage = |at: usize| tree.spans.get(at).is_some_and(|span| !span.usage.is_empty());
    let totals = |at: usize| {
        tree.spans
            .get(at)
            .map_or((0, 0), |span| (span.usage.input_tokens().unwrap_or(0), span.usage.output_tokens().unwrap_or(0)))
    };
    let model_call = |at: usize| matches!(tree.kind(at), SpanKind::Llm | SpanKind::Embedding | SpanKind::Reranker);
    // Deepest first: a call hands what it carries to every span above.
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|at| std::cmp::Reverse(depth(*at, &tree.parents)));
    let mut scopes = vec![UsageScope::Own; n];
    for at in order {
        let mine = below.get(at).copied().flatten();
        let scope = match mine {
            _ if !has_usage(at) => UsageScope::Own,
            Some(sum) if totals(at) == sum => UsageScope::Duplicate,
            Some(_) => UsageScope::Rollup,
            None if model_call(at) => UsageScope::Own,
            None => UsageScope::Rollup,
        };
        if let Some(slot) = scopes.get_mut(at) {
            *slot = scope;
        }
        let carried = match mine {
            Some(sum) => Some(sum),
            None if has_usage(at) && model_call(at) => Some(totals(at)),
            None => None,
        };
        if let Some((input, output)) = carried
            && let Some(Some(parent)) = tree.parents.get(at)
            && let Some(slot) = below.get_mut(*parent)
        {
            let sum = slot.unwrap_or((0, 0));
            *slot = Some((sum.0 + input, sum.1 + output));
        }
    }
    lone_rollups(tree, &mut scopes);
    scopes
}

/// Where no model call carries usage, what other spans state is all there is: the topmost counts.
fn lone_rollups(tree: &Tree, scopes: &mut [UsageScope]) {
    let model_usage = (0..tree.spans.len()).any(|at| {
        matches!(tree.kind(at), SpanKind::Llm | SpanKind::Embedding | SpanKind::Reranker)
            && tree.spans.get(at).is_some_and(|span| !span.usage.is_empty())
    });
    if model_usage {
        return;
    }
    for at in 0..tree.spans.len() {
        let carries = |at: usize| tree.spans.get(at).is_some_and(|span| !span.usage.is_empty());
        let mut above = tree.parents.get(at).copied().flatten();
        let mut covered = false;
        while let Some(parent) = above {
            covered |= carries(parent);
            above = tree.parents.get(parent).copied().flatten();
        }
        if let Some(slot) = scopes.get_mut(at)
            && carries(at)
        {
            *slot = if covered { UsageScope::Duplicate } else { UsageScope::Own };
        }
    }
}

/// Tool calls of a trace, distinct: by id where there is one. A run without an id is taken for a call of the same tool
/// that no run with an id answers.
fn count_calls(tx: &Connection, cache: &mut WriteCache, tree: &Tree) -> Result<i64> {
    let mut ids: BTreeSet<String> = BTreeSet::new();
    let mut nameless: BTreeSet<MessageCall> = BTreeSet::new();
    let mut asked: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    let mut seen = HashSet::new();
    for span in &tree.spans {
        let mut at = span.context_out.or(span.context_in).unwrap_or(ROOT);
        while at != ROOT && seen.insert(at) {
            let (parent_id, message_id, _) = cache.messages.node(tx, at)?;
            for call in &cache.messages.facts(tx, message_id)?.calls {
                let name_id = cache.names.id(tx, &call.name)?;
                match &call.call_id {
                    Some(id) => {
                        ids.insert(id.clone());
                        asked.entry(name_id).or_default().insert(id.clone());
                    }
                    None => {
                        nameless.insert(call.clone());
                    }
                }
            }
            at = parent_id;
        }
    }
    let (mut ran_ids, mut ran_without): (BTreeSet<String>, BTreeMap<i64, i64>) = Default::default();
    for span in &tree.spans {
        if span.bits & bit::TOOL == 0 {
            continue;
        }
        for call in tool_call::read(tx, span.span_pk)?.into_iter().filter(|call| call.ran) {
            match call.call_id {
                Some(id) => {
                    ran_ids.insert(id);
                }
                None => *ran_without.entry(call.name_id).or_default() += 1,
            }
        }
    }
    let mut total = ids.union(&ran_ids).count() as i64 + nameless.len() as i64;
    for (name_id, n) in ran_without {
        let open = asked.get(&name_id).map_or(0, |asked| asked.difference(&ran_ids).count()) as i64;
        let without = nameless_of(tx, cache, &nameless, name_id)?;
        total += (n - open - without).max(0);
    }
    Ok(total)
}

fn nameless_of(tx: &Connection, cache: &mut WriteCache, calls: &BTreeSet<MessageCall>, name_id: i64) -> Result<i64> {
    let mut n = 0;
    for call in calls {
        if cache.names.id(tx, &call.name)? == name_id {
            n += 1;
        }
    }
    Ok(n)
}

/// Texts of the question and the answer: what the root was asked and gave; else the last user message of the first
/// model call and what the last model call said.
fn question_and_answer(tx: &Connection, cache: &mut WriteCache, tree: &Tree) -> Result<(Option<i64>, Option<i64>)> {
    let calls: Vec<&SpanColumns> = (0..tree.spans.len())
        .filter(|at| tree.kind(*at) == SpanKind::Llm)
        .filter_map(|at| tree.spans.get(at))
        .collect();
    let mut question = None;
    for span in &calls {
        let mut at = span.context_in.unwrap_or(ROOT);
        while at != ROOT && question.is_none() {
            let (parent_id, message_id, _) = cache.messages.node(tx, at)?;
            let facts = cache.messages.facts(tx, message_id)?;
            if facts.role == Some(Role::User) {
                question = facts.first_text;
            }
            at = parent_id;
        }
        if question.is_some() {
            break;
        }
    }
    let mut answer = None;
    for span in calls.iter().rev() {
        let from = span.context_in.unwrap_or(ROOT);
        for (_, message_id) in message::nodes_between(tx, from, span.context_out.unwrap_or(from))? {
            let facts = cache.messages.facts(tx, message_id)?;
            if facts.role == Some(Role::Assistant) && answer.is_none() {
                answer = facts.first_text;
            }
        }
        if answer.is_some() {
            break;
        }
    }
    if let Some(root) = tree.root.and_then(|root| tree.spans.get(root)) {
        let own = |slot: i64| -> Result<Option<i64>> {
            let mut statement = tx.prepare_cached("SELECT text_id FROM occurrence WHERE span_pk = ?1 AND slot = ?2")?;
            let found = statement.query_map([root.span_pk, slot], |row| row.get(0))?.next().transpose()?;
            Ok(found)
        };
        question = own(crate::gather::slot::INPUT)?.or(question);
        answer = own(crate::gather::slot::OUTPUT)?.or(answer);
    }
    Ok((question, answer))
}

#[cfg(test)]
mod tests {
    use super::permute;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn items_come_to_their_ranks(rank in (0_usize..40).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle())) {
            let mut items: Vec<usize> = rank.clone();
            permute(&mut items, &mut rank.clone());
            prop_assert_eq!(items, (0..rank.len()).collect::<Vec<_>>());
        }
    }
}
