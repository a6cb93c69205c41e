//! Reads of traces and spans for the views.

use crate::error::Result;
use crate::introduce;
use crate::pack;
use crate::query::ids;
use crate::rest;
use crate::rollup::{Tree, known};
use crate::rows::{ListRow, SpanRow, TraceRow};
use crate::table::message::{self, ROOT};
use crate::table::span::{self, Shape, ShapeCache, SpanColumns, bit};
use crate::table::{document, name, text, trace};
use crate::workspace::Workspace;
use retake_model::{Id, Span, SpanStatus, UsageScope};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Characters of a question or answer in a list.
const FIRST_WORDS: usize = 160;

impl Workspace {
    /// A trace with its spans, without contents. `None` when no span record of it came.
    pub fn trace(&self, trace_id: &Id) -> Result<Option<TraceRow>> {
        self.trace_begin(trace_id, usize::MAX)
    }

    /// The same with its first `n` spans; [`Workspace::spans_from`] has the others.
    pub fn trace_begin(&self, trace_id: &Id, n: usize) -> Result<Option<TraceRow>> {
        self.with_tree(trace_id, |connection, trace_pk, tree| {
            let Some(summary) = trace_list_row(connection, trace_pk, tree)? else { return Ok(None) };
            let spans = span_rows(connection, trace_pk, tree, 0..n)?;
            let starts = tree.spans.iter().filter_map(|span| span.start_ns);
            let ends = tree.spans.iter().filter_map(|span| span.end_ns().or(span.start_ns));
            let (start_ns, end_ns) = (starts.min(), ends.max());
            Ok(Some(TraceRow { trace_id: trace_id.clone(), summary, start_ns, end_ns, spans }))
        })
    }

    /// Spans `from..from + n` of a trace, in the order of [`Workspace::trace`]; none where it has fewer.
    pub fn spans_from(&self, trace_id: &Id, from: usize, n: usize) -> Result<Vec<SpanRow>> {
        let spans = self.with_tree(trace_id, |connection, trace_pk, tree| {
            span_rows(connection, trace_pk, tree, from..from.saturating_add(n)).map(Some)
        })?;
        Ok(spans.unwrap_or_default())
    }

    /// Runs `read` on the tree of a trace that has spans.
    fn with_tree<T>(
        &self,
        trace_id: &Id,
        read: impl Fn(&Connection, i64, &Tree) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let version = self.data_version()?;
        self.read(|connection| {
            let mut shapes = ShapeCache::default();
            for trace_pk in ids::trace_pks(connection, trace_id)? {
                let tree = self.tree(connection, version, trace_pk, &mut shapes)?;
                if !tree.spans.is_empty()
                    && let Some(found) = read(connection, trace_pk, &tree)?
                {
                    return Ok(Some(found));
                }
            }
            Ok(None)
        })
    }

    /// A span with everything, its who inherited. A span of which only log records came is given as far as they tell.
    pub fn span(&self, trace_id: &Id, span_id: &Id) -> Result<Option<Span>> {
        let version = self.data_version()?;
        self.read(|connection| {
            let Some((trace_pk, span_pk)) = ids::span_pk(connection, trace_id, span_id)? else { return Ok(None) };
            let Some(row) = span::row(connection, span_pk)? else { return Ok(None) };
            let names = name::Texts::new(connection);
            let mut full = full_span(connection, &names, trace_id, &row)?;
            if row.listed() {
                let tree = self.tree(connection, version, trace_pk, &mut ShapeCache::default())?;
                if let Some(at) = tree.spans.iter().position(|span| span.span_pk == span_pk) {
                    inherit(&names, &tree, at, &mut full)?;
                }
            }
            Ok(Some(full))
        })
    }

    /// All spans of a trace with everything, in the order of [`Workspace::trace`].
    pub fn spans_full(&self, trace_id: &Id) -> Result<Vec<Span>> {
        self.read(|connection| {
            let mut all = Vec::new();
            for trace_pk in ids::trace_pks(connection, trace_id)? {
                all.extend(spans_of_trace(connection, trace_pk)?);
            }
            Ok(all)
        })
    }

    /// For each input message of a span, then for each output message: the earlier span of the conversation that carried
    /// it first; `None` when this one did.
    pub fn introduced_by(&self, trace_id: &Id, span_id: &Id) -> Result<Vec<Option<(Id, Id)>>> {
        self.read(|connection| {
            let Some((trace_pk, span_pk)) = ids::span_pk(connection, trace_id, span_id)? else {
                return Ok(Vec::new());
            };
            let Some(row) = span::row(connection, span_pk)? else { return Ok(Vec::new()) };
            let scope = trace::row(connection, trace_pk)?.map_or(0, |row| row.scope);
            let leaf = row.context_out.or(row.context_in).unwrap_or(ROOT);
            let mut all = Vec::new();
            for (context_id, _) in message::nodes_between(connection, ROOT, leaf)? {
                let first = introduce::introducer(connection, context_id, scope)?.filter(|first| *first != span_pk);
                all.push(match first {
                    Some(first) => ids_of_span(connection, first)?,
                    None => None,
                });
            }
            Ok(all)
        })
    }
}

/// All spans of a trace with everything.
pub(crate) fn spans_of_trace(connection: &Connection, trace_pk: i64) -> Result<Vec<Span>> {
    let Some(trace_row) = trace::row(connection, trace_pk)? else { return Ok(Vec::new()) };
    let trace_id = span::id_of_key(&trace_row.trace_key);
    let tree = Tree::read(connection, trace_pk, &mut ShapeCache::default())?;
    let names = name::Texts::new(connection);
    let mut all = Vec::with_capacity(tree.spans.len());
    for (at, row) in tree.spans.iter().enumerate() {
        let mut full = full_span(connection, &names, &trace_id, row)?;
        inherit(&names, &tree, at, &mut full)?;
        all.push(full);
    }
    Ok(all)
}

/// A span as its records say it, without what it inherits.
pub(crate) fn full_span(
    connection: &Connection,
    names: &name::Texts<'_>,
    trace_id: &Id,
    row: &SpanColumns,
) -> Result<Span> {
    let packed = span::rest(connection, row.span_pk)?.ok_or_else(|| span::missing(row.span_pk))?;
    let mut full = rest::from_json(&pack::unpack(connection, &packed)?)?;
    full.trace_id = Some(trace_id.clone());
    fill_columns(connection, names, row, &mut full)?;
    if let Some(context) = row.context_in {
        full.input = Some(message::messages_between(connection, ROOT, context)?);
    }
    if let Some(context) = row.context_out {
        let from = row.context_in.unwrap_or(ROOT);
        full.output = Some(message::messages_between(connection, from, context)?);
    }
    if let Some(retrieval) = &mut full.retrieval {
        (retrieval.documents, retrieval.input_documents) = document::read(connection, row.span_pk)?;
    }
    Ok(full)
}

/// What stands in the columns.
fn fill_columns(connection: &Connection, names: &name::Texts<'_>, row: &SpanColumns, full: &mut Span) -> Result<()> {
    let shape = span::shape(connection, row.shape_id)?;
    let text = |name_id: i64| names.text(known(name_id));
    full.span_id = Some(row.span_id());
    full.parent_span_id = row.parent_key.as_deref().map(Id::from_blob);
    full.kind = shape.kind();
    full.start_ns = row.start_ns;
    full.end_ns = row.end_ns().or(full.end_ns);
    full.status = row.status();
    full.ttft_ns = row.ttft_ns;
    full.usage = row.usage;
    full.usage_scope = row.scope();
    full.reported_usd_nanos = row.reported_usd_nanos;
    full.computed_usd_nanos = row.computed_usd_nanos;
    full.name = text(shape.name)?;
    full.error_type = text(shape.error_type)?;
    full.tenant = text(shape.tenant)?;
    full.user = names.text(row.user)?;
    full.user_role = text(shape.role)?;
    full.feature = text(shape.feature)?;
    full.conversation = names.text(row.conversation)?;
    full.environment = text(shape.environment)?;
    full.request_id = names.text(row.request)?;
    full.service = text(shape.service)?;
    full.prompt_name = text(shape.prompt_name)?;
    full.prompt_version = text(shape.prompt_version)?;
    full.provider = text(shape.provider)?;
    full.request_model = text(shape.request_model)?;
    full.response_model = text(shape.response_model)?;
    full.finish_reason = text(shape.finish_reason)?;
    Ok(())
}

fn inherit(names: &name::Texts<'_>, tree: &Tree, at: usize, full: &mut Span) -> Result<()> {
    let fill = |slot: &mut Option<String>, own: &dyn Fn(&SpanColumns, &Shape) -> Option<i64>| -> Result<()> {
        if slot.is_none() {
            *slot = names.text(tree.inherit(at, own))?;
        }
        Ok(())
    };
    fill(&mut full.tenant, &|_, shape| known(shape.tenant))?;
    fill(&mut full.feature, &|_, shape| known(shape.feature))?;
    fill(&mut full.environment, &|_, shape| known(shape.environment))?;
    fill(&mut full.user_role, &|_, shape| known(shape.role))?;
    fill(&mut full.user, &|span, _| span.user)?;
    fill(&mut full.conversation, &|span, _| span.conversation)?;
    fill(&mut full.request_id, &|span, _| span.request)?;
    if full.prompt_name.is_none() && full.prompt_version.is_none() {
        let prompt = tree.inherit(at, |_, shape| prompt_of(shape));
        if let Some((prompt_name, prompt_version)) = prompt {
            full.prompt_name = names.text(known(prompt_name))?;
            full.prompt_version = names.text(known(prompt_version))?;
        }
    }
    Ok(())
}

/// Name and version of the prompt, if either is known.
pub(crate) fn prompt_of(shape: &Shape) -> Option<(i64, i64)> {
    (shape.prompt_name != 0 || shape.prompt_version != 0).then_some((shape.prompt_name, shape.prompt_version))
}

/// Trace and span of a span's key; `None` when it is no more.
pub(crate) fn ids_of_span(connection: &Connection, span_pk: i64) -> Result<Option<(Id, Id)>> {
    let Some(row) = span::row(connection, span_pk)? else { return Ok(None) };
    let trace_row = trace::row(connection, row.trace_pk)?;
    Ok(trace_row.map(|trace_row| (span::id_of_key(&trace_row.trace_key), row.span_id())))
}

/// Words of the findings of a trace, by span (`None`: the trace's own).
pub(crate) fn findings_by_span(
    connection: &Connection,
    trace_pk: i64,
) -> Result<BTreeMap<Option<i64>, BTreeSet<String>>> {
    let mut statement = connection.prepare_cached("SELECT span_pk, code FROM finding WHERE trace_pk = ?1")?;
    let rows = statement.query_map([trace_pk], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found: BTreeMap<Option<i64>, BTreeSet<String>> = BTreeMap::new();
    for row in rows {
        let (span_pk, code) = row?;
        found.entry(span_pk).or_default().insert(code);
    }
    Ok(found)
}

/// Words of flags: findings first, then what the roll-up found.
pub(crate) fn flag_words(findings: impl IntoIterator<Item = String>, bits: i64) -> Vec<String> {
    let mut codes: Vec<String> = findings.into_iter().collect();
    let rank = |code: &str| retake_model::FindingCode::ALL.iter().position(|known| known.as_str() == code);
    codes.sort_by_key(|code| rank(code));
    codes.dedup();
    let named = [
        (bit::ERROR, "error"),
        (bit::RETRY, "retry"),
        (bit::NO_CONTENT, "no_content"),
        (bit::CLOCK_SKEW, "clock_skew"),
        (bit::PARENT_MISSING, "parent_missing"),
        (bit::LOG_ONLY, "log_only"),
    ];
    codes.extend(named.into_iter().filter(|(flag, _)| bits & flag != 0).map(|(_, word)| word.to_owned()));
    codes
}

/// Rows of some spans of a tree.
fn span_rows(connection: &Connection, trace_pk: i64, tree: &Tree, range: Range<usize>) -> Result<Vec<SpanRow>> {
    let findings = findings_by_span(connection, trace_pk)?;
    let names = name::Texts::new(connection);
    let range = range.start.min(tree.spans.len())..range.end.min(tree.spans.len());
    let mut spans = Vec::with_capacity(range.len());
    for at in range {
        spans.extend(span_row(connection, &names, tree, at, &findings)?);
    }
    Ok(spans)
}

fn span_row(
    connection: &Connection,
    names: &name::Texts<'_>,
    tree: &Tree,
    at: usize,
    findings: &BTreeMap<Option<i64>, BTreeSet<String>>,
) -> Result<Option<SpanRow>> {
    let Some((row, shape)) = tree.spans.get(at).zip(tree.shapes.get(at)) else { return Ok(None) };
    Ok(Some(SpanRow {
        span_id: row.span_id(),
        parent_span_id: row.parent_key.as_deref().map(Id::from_blob),
        kind: tree.kind(at),
        name: names.text(known(shape.name))?.unwrap_or_default(),
        start_ns: row.start_ns,
        end_ns: row.end_ns(),
        status: row.status(),
        ttft_ms: row.ttft_ns.map(ms),
        model: names.text(model_of(shape))?,
        input_tokens: row.usage.input_tokens(),
        output_tokens: row.usage.output_tokens(),
        cost_usd_nanos: row.cost_usd_nanos(),
        n_documents: if row.bits & bit::DOCUMENT == 0 { 0 } else { document::count_out(connection, row.span_pk)? },
        flags: flag_words(findings.get(&Some(row.span_pk)).cloned().unwrap_or_default(), row.bits),
    }))
}

/// Model that answered, else that was asked for.
pub(crate) fn model_of(shape: &Shape) -> Option<i64> {
    known(shape.response_model).or(known(shape.request_model))
}

/// Milliseconds of nanoseconds.
pub(crate) fn ms(ns: i64) -> f64 {
    ns as f64 / 1e6
}

/// Earliest start and latest end of the spans of a trace: its start and duration where the root does not tell.
pub(crate) fn extent(tree: &Tree) -> (Option<i64>, Option<i64>) {
    let root = tree.root.and_then(|root| tree.spans.get(root));
    let start =
        root.and_then(|root| root.start_ns).or_else(|| tree.spans.iter().filter_map(|span| span.start_ns).min());
    let own = root.filter(|root| root.parent_key.is_none()).and_then(|root| root.duration_ns);
    let latest = tree.spans.iter().filter_map(SpanColumns::end_ns).max();
    let duration = own.or_else(|| start.zip(latest).map(|(start, latest)| latest.saturating_sub(start)));
    (start, duration)
}

/// A trace as a list shows it.
pub(crate) fn trace_list_row(connection: &Connection, trace_pk: i64, tree: &Tree) -> Result<Option<ListRow>> {
    let Some(trace_row) = trace::row(connection, trace_pk)? else { return Ok(None) };
    let Some(root) = tree.root else { return Ok(None) };
    let Some((root_row, root_shape)) = tree.spans.get(root).zip(tree.shapes.get(root)) else { return Ok(None) };
    let findings = findings_by_span(connection, trace_pk)?;
    let bits = tree.spans.iter().fold(0, |all, span| all | span.bits);
    let own = |value: &dyn Fn(&SpanColumns) -> Option<i64>| {
        let owned = tree.spans.iter().filter(|span| span.scope() == UsageScope::Own);
        owned.filter_map(value).reduce(i64::saturating_add)
    };
    let call = main_call(tree);
    let call_shape = call.and_then(|call| tree.shapes.get(call));
    let (start_ns, duration_ns) = extent(tree);
    let prompt = tree.overall(|_, shape| prompt_of(shape));
    let text_of = |own: &dyn Fn(&SpanColumns, &Shape) -> Option<i64>| name::text(connection, tree.overall(own));
    Ok(Some(ListRow {
        trace_id: span::id_of_key(&trace_row.trace_key),
        span_id: root_row.span_id(),
        kind: tree.kind(root),
        name: name::text(connection, known(root_shape.name))?.unwrap_or_default(),
        question: first_words(connection, trace_row.question)?,
        answer: first_words(connection, trace_row.answer)?,
        start_ns,
        duration_ms: duration_ns.map(ms),
        ttft_ms: tree.spans.iter().filter_map(|span| span.ttft_ns).max().map(ms),
        status: trace_status(tree, bits),
        tenant: text_of(&|_, shape| known(shape.tenant))?,
        feature: text_of(&|_, shape| known(shape.feature))?,
        user: text_of(&|span, _| span.user)?,
        conversation: text_of(&|span, _| span.conversation)?,
        environment: text_of(&|_, shape| known(shape.environment))?,
        provider: name::text(connection, call_shape.and_then(|shape| known(shape.provider)))?,
        model: name::text(connection, call_shape.and_then(model_of))?,
        prompt: prompt_text(connection, prompt)?,
        input_tokens: own(&|span| span.usage.input_tokens()),
        output_tokens: own(&|span| span.usage.output_tokens()),
        cost_usd_nanos: own(&SpanColumns::cost_usd_nanos),
        flags: flag_words(findings.into_values().flatten(), bits & !bit::STATUS),
        snippet: None,
        n_spans: u32::try_from(tree.spans.len()).unwrap_or(u32::MAX),
    }))
}

/// Error when any span failed; else what the root says.
fn trace_status(tree: &Tree, bits: i64) -> SpanStatus {
    if bits & bit::ERROR != 0 {
        return SpanStatus::Error;
    }
    tree.root.and_then(|root| tree.spans.get(root)).map_or(SpanStatus::Unset, SpanColumns::status)
}

/// The last model call that answered, else the first: the one that a list names the model of.
pub(crate) fn main_call(tree: &Tree) -> Option<usize> {
    let calls = || (0..tree.spans.len()).filter(|at| tree.kind(*at) == retake_model::SpanKind::Llm);
    let answered = calls().rfind(|at| tree.spans.get(*at).is_some_and(|span| span.status() != SpanStatus::Error));
    answered.or_else(|| calls().next()).or_else(|| {
        (0..tree.spans.len()).find(|at| tree.shapes.get(*at).is_some_and(|shape| model_of(shape).is_some()))
    })
}

/// `name@version`, or what is known of it.
pub(crate) fn prompt_text(connection: &Connection, prompt: Option<(i64, i64)>) -> Result<Option<String>> {
    let Some((prompt_name, prompt_version)) = prompt else { return Ok(None) };
    let prompt_name = name::text(connection, known(prompt_name))?;
    let prompt_version = name::text(connection, known(prompt_version))?;
    Ok(match (prompt_name, prompt_version) {
        (Some(prompt_name), Some(prompt_version)) => Some(format!("{prompt_name}@{prompt_version}")),
        (Some(one), None) => Some(one),
        (None, Some(version)) => Some(format!("@{version}")),
        (None, None) => None,
    })
}

/// First words of a text, on one line.
pub(crate) fn first_words(connection: &Connection, text_id: Option<i64>) -> Result<Option<String>> {
    let Some(text_id) = text_id else { return Ok(None) };
    Ok(text::read(connection, text_id)?.map(|text| {
        let mut line = String::new();
        let mut n = 0;
        for word in text.split_whitespace() {
            if n > 0 {
                line.push(' ');
            }
            line.push_str(word);
            n += word.chars().count() + 1;
            if n > FIRST_WORDS {
                break;
            }
        }
        if line.chars().count() > FIRST_WORDS {
            line = line.chars().take(FIRST_WORDS).chain(['…']).collect();
        }
        line
    }))
}
