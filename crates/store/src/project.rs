//! Writes the projection of one span: columns, contexts, documents, calls, scores, packed rest, words.

use crate::append::{self, WriteCache};
use crate::blob::Kind;
use crate::error::Result;
use crate::gather::{self, Gathered, gather};
use crate::introduce::{self, Changes};
use crate::pack;
use crate::prepare::Repeats;
use crate::rest;
use crate::segment;
use crate::table::document;
use crate::table::message::{self, ROOT};
use crate::table::score;
use crate::table::span::{self, Shape, SpanColumns, bit};
use crate::table::text::{self, SHORT_BYTES};
use crate::table::tool_call::{self, ToolCallRow};
use crate::table::trace;
use retake_model::{Message, Part, Span, SpanKind};
use rusqlite::Connection;
use std::borrow::Cow;
use std::collections::HashSet;

/// Differences that a slice made to what is counted.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Delta {
    pub traces: i64,
    pub spans: i64,
    pub messages: i64,
    pub documents: i64,
    pub tool_calls: i64,
    pub scores: i64,
    pub audit_events: i64,
}

/// Where a projection goes.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub span_pk: i64,
    pub trace_pk: i64,
    pub span_key: Vec<u8>,
    /// A span record came, not only records about it.
    pub recorded: bool,
}

impl Target {
    /// A call of which only log records came is shown by what they say.
    fn listed(&self, span: &Span) -> bool {
        self.recorded || has_messages(span)
    }
}

/// What is counted of a span, before or after.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    spans: i64,
    messages: i64,
    documents: i64,
    scores: i64,
}

impl Counted {
    fn apply(self, delta: &mut Delta, sign: i64) {
        delta.spans += sign * self.spans;
        delta.messages += sign * self.messages;
        delta.documents += sign * self.documents;
        delta.scores += sign * self.scores;
    }
}

/// Long texts of a span, which its record may repeat.
pub(crate) fn long_texts(span: &Span) -> Vec<Cow<'_, str>> {
    long_texts_of(span, &gather(span, has_messages(span)))
}

fn long_texts_of<'a>(span: &'a Span, gathered: &Gathered<'a>) -> Vec<Cow<'a, str>> {
    let mut texts: Vec<Cow<'_, str>> = Vec::new();
    for message in span.input.iter().chain(&span.output).flatten() {
        for part in &message.parts {
            match part {
                Part::ToolCall { arguments, .. } => match arguments.as_str() {
                    Some(text) => texts.push(text.into()),
                    None => texts.extend(serde_json::to_string(arguments).ok().map(Cow::Owned)),
                },
                Part::Image { url, .. } | Part::File { url, .. } => texts.push(url.as_str().into()),
                other => texts.push(other.plain_text().into()),
            }
        }
    }
    texts.extend(gathered.slots.iter().map(|(_, text)| Cow::Borrowed(*text)));
    texts.extend(gathered.long.iter().map(|text| Cow::Borrowed(*text)));
    texts.extend(gathered.made.iter().map(|text| Cow::Owned(text.clone())));
    texts.retain(|text| text.len() >= SHORT_BYTES);
    texts
}

/// What is made of a span alone, without looking into the workspace.
#[derive(Debug)]
pub(crate) struct Made {
    /// JSON of what it says besides its columns, messages and documents.
    pub rest: String,
    /// What makes its input messages the same as others, then its output messages.
    hashes: Vec<[u8; 16]>,
    /// Short words of its own, for the index.
    words: String,
}

impl Made {
    pub(crate) fn of(span: &Span) -> Self {
        let messages = span.input.iter().chain(&span.output).flatten();
        Self {
            rest: rest::to_json(span),
            hashes: messages.map(message::hash_of).collect(),
            words: words_of_its_own(span, &gather(span, has_messages(span)).words),
        }
    }
}

/// Writes a span's projection in place of the one before. `repeats` are the texts in its rest, where they are known.
pub(crate) fn write(
    tx: &Connection,
    cache: &mut WriteCache,
    target: &Target,
    span: &Span,
    (made, repeats): (Made, Option<Repeats>),
    delta: &mut Delta,
    changes: &mut Changes,
) -> Result<()> {
    let before = span::row(tx, target.span_pk)?;
    if let Some(before) = &before {
        counted(tx, cache, before)?.apply(delta, -1);
    }
    // New uses before old ones are taken back, so that what both need is not removed and made again.
    let (context_in, context_out) = put_contexts(tx, cache, span, &made.hashes)?;
    let row = columns(tx, cache, target, span, context_in, context_out)?;
    if let Some(before) = &before {
        clear(tx, cache, before, Some(&row), changes)?;
    }
    span::put_row(tx, &row)?;
    let gathered = gather(span, has_messages(span));
    put_parts(tx, cache, target, span)?;
    let packed = match repeats {
        Some(repeats) => pack::prepared(tx, cache, Kind::Record, made.rest.as_bytes(), repeats)?,
        None => {
            let long = long_texts_of(span, &gathered);
            let texts: Vec<&str> = long.iter().map(AsRef::as_ref).collect();
            pack::pack(tx, cache, Kind::Record, made.rest.as_bytes(), &texts)?
        }
    };
    span::set_rest(tx, target.span_pk, &packed)?;
    put_words(tx, cache, target, span, &gathered, made.words)?;
    counted(tx, cache, &row)?.apply(delta, 1);
    changes.span_changed(&row, before.as_ref());
    Ok(())
}

/// Removes a span whose last fact went.
pub(crate) fn remove(
    tx: &Connection,
    cache: &mut WriteCache,
    span_pk: i64,
    delta: &mut Delta,
    changes: &mut Changes,
) -> Result<()> {
    let Some(before) = span::row(tx, span_pk)? else { return Ok(()) };
    counted(tx, cache, &before)?.apply(delta, -1);
    clear(tx, cache, &before, None, changes)?;
    span::remove(tx, span_pk)?;
    cache.forget_span_pk();
    Ok(())
}

fn counted(tx: &Connection, cache: &mut WriteCache, row: &SpanColumns) -> Result<Counted> {
    let mut counted = Counted { scores: score_count(tx, row)?, ..Counted::default() };
    if !row.listed() {
        return Ok(counted);
    }
    counted.spans = i64::from(row.recorded());
    let mut depth = |context: Option<i64>| match context {
        Some(context) => cache.messages.depth(tx, context).map(i64::from),
        None => Ok(0),
    };
    let n_in = depth(row.context_in)?;
    // The output continues the input: its path counts both.
    counted.messages = match row.context_out {
        Some(_) => depth(row.context_out)?,
        None => n_in,
    };
    let kind = cache.shapes.shape(tx, row.shape_id)?.kind();
    if row.bits & bit::DOCUMENT != 0 && matches!(kind, Some(SpanKind::Retriever | SpanKind::Reranker)) {
        counted.documents = append::documents_of(tx, row.span_pk)?;
    }
    Ok(counted)
}

fn score_count(tx: &Connection, row: &SpanColumns) -> Result<i64> {
    if row.bits & bit::SCORE == 0 { Ok(0) } else { score::count(tx, row.span_pk) }
}

fn put_contexts(
    tx: &Connection,
    cache: &mut WriteCache,
    span: &Span,
    hashes: &[[u8; 16]],
) -> Result<(Option<i64>, Option<i64>)> {
    let mut hashes = hashes.iter();
    let mut path = |from: i64, messages: &Option<Vec<Message>>| -> Result<Option<i64>> {
        let Some(messages) = messages else { return Ok(None) };
        let hashed = messages.iter().zip(hashes.by_ref().copied());
        let context = cache.messages.path(tx, &mut cache.texts, &mut cache.packer, from, hashed)?;
        message::use_context(tx, context, 1)?;
        Ok(Some(context))
    };
    let context_in = path(ROOT, &span.input)?;
    let context_out = path(context_in.unwrap_or(ROOT), &span.output)?;
    Ok((context_in, context_out))
}

fn columns(
    tx: &Connection,
    cache: &mut WriteCache,
    target: &Target,
    span: &Span,
    context_in: Option<i64>,
    context_out: Option<i64>,
) -> Result<SpanColumns> {
    let names = &mut cache.names;
    let mut name = |text: &Option<String>| -> Result<i64> { Ok(names.id_of(tx, text.as_deref())?.unwrap_or(0)) };
    let shape = Shape {
        kind: Shape::kind_number(span.kind),
        name: name(&span.name)?,
        tenant: name(&span.tenant)?,
        role: name(&span.user_role)?,
        feature: name(&span.feature)?,
        environment: name(&span.environment)?,
        service: name(&span.service)?,
        provider: name(&span.provider)?,
        request_model: name(&span.request_model)?,
        response_model: name(&span.response_model)?,
        prompt_name: name(&span.prompt_name)?,
        prompt_version: name(&span.prompt_version)?,
        finish_reason: name(&span.finish_reason)?,
        error_type: name(&span.error_type)?,
    };
    let mut bits = span::status_bits(span.status) | span::scope_bits(span.usage_scope);
    let mut set = |on: bool, flag: i64| bits |= if on { flag } else { 0 };
    set(target.listed(span), bit::LISTED);
    set(target.listed(span) && !target.recorded, bit::LOG_ONLY);
    set(span.tool.is_some() || has_calls(span), bit::TOOL);
    set(span.retrieval.as_ref().is_some_and(|retrieval| !retrieval.documents.is_empty()), bit::DOCUMENT);
    set(!span.scores.is_empty(), bit::SCORE);
    Ok(SpanColumns {
        span_pk: target.span_pk,
        trace_pk: target.trace_pk,
        span_key: target.span_key.clone(),
        parent_key: span.parent_span_id.as_ref().map(retake_model::Id::to_blob),
        shape_id: cache.shapes.id(tx, shape)?,
        bits,
        start_ns: span.start_ns,
        duration_ns: span.start_ns.zip(span.end_ns).map(|(start, end)| end.saturating_sub(start)),
        ttft_ns: span.ttft_ns,
        user: cache.names.id_of(tx, span.user.as_deref())?,
        conversation: cache.names.id_of(tx, span.conversation.as_deref())?,
        request: cache.names.id_of(tx, span.request_id.as_deref())?,
        usage: span.usage,
        reported_usd_nanos: span.reported_usd_nanos,
        computed_usd_nanos: span.computed_usd_nanos,
        context_in,
        context_out,
    })
}

fn has_messages(span: &Span) -> bool {
    span.input.is_some() || span.output.is_some()
}

fn has_calls(span: &Span) -> bool {
    span.output.iter().flatten().flat_map(|message| &message.parts).any(|part| matches!(part, Part::ToolCall { .. }))
}

/// Takes back what the projection before had put beside the columns.
fn clear(
    tx: &Connection,
    cache: &mut WriteCache,
    before: &SpanColumns,
    after: Option<&SpanColumns>,
    changes: &mut Changes,
) -> Result<()> {
    let stays = after.is_some_and(|after| introduce::same_place(before, after));
    if !stays && before.listed() {
        let scope = trace::row(tx, before.trace_pk)?.map_or(0, |row| row.scope);
        introduce::withdraw(tx, cache, scope, before)?;
        changes.rebuild(scope);
    }
    text::remove_occurrences(tx, &mut cache.texts, before.span_pk, stays)?;
    cache.texts.unindex(text::words_row(before.span_pk));
    document::remove(tx, &mut cache.texts, before.span_pk)?;
    tool_call::remove(tx, before.span_pk)?;
    score::remove(tx, before.span_pk)?;
    if let Some(rest) = span::rest(tx, before.span_pk)? {
        let bytes = pack::unpack(tx, &rest)?;
        let span = rest::from_json(&bytes)?;
        let had_messages = before.context_in.is_some() || before.context_out.is_some();
        for text in own_texts(&span, had_messages) {
            let text_id = cache.texts.id(tx, &mut cache.packer, text)?;
            cache.texts.add_use(text_id, -1);
        }
        pack::drop_blob(tx, cache, &rest)?;
    }
    for context in [before.context_in, before.context_out].into_iter().flatten() {
        cache.messages.drop_use(tx, &mut cache.texts, context)?;
    }
    Ok(())
}

fn put_parts(tx: &Connection, cache: &mut WriteCache, target: &Target, span: &Span) -> Result<()> {
    if let Some(retrieval) = &span.retrieval {
        document::put(tx, cache, target.span_pk, document::OUT, &retrieval.documents)?;
        document::put(tx, cache, target.span_pk, document::IN, &retrieval.input_documents)?;
    }
    let mut calls = Vec::new();
    if let Some(tool) = &span.tool {
        calls.push(ToolCallRow { name_id: cache.names.id(tx, &tool.name)?, call_id: tool.call_id.clone(), ran: true });
    }
    for part in span.output.iter().flatten().flat_map(|message| &message.parts) {
        if let Part::ToolCall { id, name, .. } = part {
            calls.push(ToolCallRow { name_id: cache.names.id(tx, name)?, call_id: id.clone(), ran: false });
        }
    }
    tool_call::put(tx, target.span_pk, &calls)?;
    score::put(tx, &mut cache.names, target.span_pk, &span.scores)
}

/// Texts of a span's own slots: each is a row while the span is there, found by a search or not.
/// They are those of the packed rest, so that taking them back finds the same ones.
pub(crate) fn own_texts(span: &Span, has_messages: bool) -> Vec<&str> {
    own_texts_of(&gather(span, has_messages))
}

fn own_texts_of<'a>(gathered: &Gathered<'a>) -> Vec<&'a str> {
    let mut texts: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for (slot, text) in gathered.slots.iter().copied() {
        if slot != crate::gather::slot::DOCUMENT && seen.insert(text) {
            texts.push(text);
        }
    }
    texts
}

fn put_words(
    tx: &Connection,
    cache: &mut WriteCache,
    target: &Target,
    span: &Span,
    gathered: &Gathered<'_>,
    words: String,
) -> Result<()> {
    for text in own_texts_of(gathered) {
        let text_id = cache.texts.id(tx, &mut cache.packer, text)?;
        cache.texts.add_use(text_id, 1);
    }
    if !target.listed(span) {
        return Ok(());
    }
    for (slot, text) in &gathered.slots {
        let text_id = cache.texts.id(tx, &mut cache.packer, text)?;
        text::add_occurrence(tx, &mut cache.texts, text_id, target.span_pk, *slot)?;
    }
    cache.texts.index(text::words_row(target.span_pk), words);
    Ok(())
}

/// Short words that do not stand in the names and documents of the span, which are found by rows of their own.
fn words_of_its_own(span: &Span, words: &[&str]) -> String {
    let mut seen = HashSet::new();
    let mut covered = String::from(" ");
    let mut cover = |word: &str| {
        covered.push_str(segment::for_index(word).trim_end());
        covered.push_str(" | ");
    };
    let calls = span.output.iter().flatten().flat_map(|message| &message.parts).filter_map(|part| match part {
        Part::ToolCall { name, .. } => Some(name.as_str()),
        _ => None,
    });
    let documents = span.retrieval.iter().flat_map(|found| found.documents.iter().chain(&found.input_documents));
    let documents = documents
        .flat_map(|document| [&document.document_id, &document.title, &document.source, &document.tenant])
        .flatten();
    let all = gather::interned(span).chain(calls).chain(documents.map(String::as_str));
    let all = all.chain(span.tool.as_ref().map(|tool| tool.name.as_str()));
    for word in all.chain(span.scores.iter().map(|score| score.name.as_str())) {
        if seen.insert(word) {
            cover(word);
        }
    }
    let mut own = String::new();
    for word in words {
        if !seen.insert(word) {
            continue;
        }
        let cut = format!(" {} ", segment::for_index(word).trim_end());
        if cut.len() > 2 && !covered.contains(&cut) {
            segment::append_value(&mut own, cut.trim());
        }
    }
    own
}
