//! Rows of a list, for what is shown: some fifty at a time, read from the tables. Snippets are cut from the texts.

use crate::error::Result;
use crate::gather::{gather, slot};
use crate::query::read::{self, first_words, flag_words, model_of, ms, prompt_of, prompt_text};
use crate::rollup::known;
use crate::rows::{ListRow, Of};
use crate::segment::Sought;
use crate::table::message::{self, ROOT};
use crate::table::span::{self, ShapeCache, SpanColumns};
use crate::table::{name, text, trace};
use crate::workspace::Workspace;
use retake_model::{Role, SpanKind};
use retake_query::{Expr, Term};
use rusqlite::Connection;

/// Characters of a snippet on either side of the first match.
const AROUND: usize = 60;
/// Words of at most so many spans of a trace are looked through for a snippet.
const SPANS: usize = 400;

/// Reads rows.
pub(crate) struct Lister<'a> {
    workspace: &'a Workspace,
    version: i64,
    shapes: ShapeCache,
    sought: Vec<Sought>,
}

impl<'a> Lister<'a> {
    /// Rows for a query, whose words their snippets show; `version` is that of the data before the snapshot was taken.
    pub(crate) fn new(workspace: &'a Workspace, version: i64, expr: &Expr) -> Self {
        let mut sought = Vec::new();
        positive_words(expr, &mut sought);
        Self { workspace, version, shapes: ShapeCache::default(), sought }
    }

    /// The row of a trace or span; `None` when it is no more.
    pub(crate) fn row(&mut self, connection: &Connection, of: Of, pk: i64) -> Result<Option<ListRow>> {
        match of {
            Of::Traces => self.trace_row(connection, pk),
            Of::Spans => self.span_row(connection, pk),
        }
    }

    fn trace_row(&mut self, connection: &Connection, trace_pk: i64) -> Result<Option<ListRow>> {
        let tree = self.workspace.tree(connection, self.version, trace_pk, &mut self.shapes)?;
        let Some(mut row) = read::trace_list_row(connection, trace_pk, &tree)? else { return Ok(None) };
        row.snippet = self.snippet(connection, tree.spans.get(..SPANS).unwrap_or(&tree.spans))?;
        Ok(Some(row))
    }

    fn span_row(&mut self, connection: &Connection, span_pk: i64) -> Result<Option<ListRow>> {
        let Some(row) = span::row(connection, span_pk)?.filter(SpanColumns::listed) else { return Ok(None) };
        let Some(trace_row) = trace::row(connection, row.trace_pk)? else { return Ok(None) };
        let tree = self.workspace.tree(connection, self.version, row.trace_pk, &mut self.shapes)?;
        let Some(at) = tree.spans.iter().position(|span| span.span_pk == span_pk) else { return Ok(None) };
        let Some(shape) = tree.shapes.get(at) else { return Ok(None) };
        let findings = read::findings_by_span(connection, row.trace_pk)?;
        let (question, answer) = said(connection, &row, tree.kind(at))?;
        let inherited =
            |own: &dyn Fn(&SpanColumns, &span::Shape) -> Option<i64>| name::text(connection, tree.inherit(at, own));
        Ok(Some(ListRow {
            trace_id: span::id_of_key(&trace_row.trace_key),
            span_id: row.span_id(),
            kind: tree.kind(at),
            name: name::text(connection, known(shape.name))?.unwrap_or_default(),
            question: first_words(connection, question)?,
            answer: first_words(connection, answer)?,
            start_ns: row.start_ns,
            duration_ms: row.duration_ns.map(ms),
            ttft_ms: row.ttft_ns.map(ms),
            status: row.status(),
            tenant: inherited(&|_, shape| known(shape.tenant))?,
            feature: inherited(&|_, shape| known(shape.feature))?,
            user: inherited(&|span, _| span.user)?,
            conversation: inherited(&|span, _| span.conversation)?,
            environment: inherited(&|_, shape| known(shape.environment))?,
            provider: name::text(connection, known(shape.provider))?,
            model: name::text(connection, model_of(shape))?,
            prompt: prompt_text(connection, tree.inherit(at, |_, shape| prompt_of(shape)))?,
            input_tokens: row.usage.input_tokens(),
            output_tokens: row.usage.output_tokens(),
            cost_usd_nanos: row.cost_usd_nanos(),
            flags: flag_words(findings.get(&Some(span_pk)).cloned().unwrap_or_default(), row.bits),
            snippet: self.snippet(connection, std::slice::from_ref(&row))?,
            n_spans: 1,
        }))
    }

    /// Text around the first place where one of the query's words stands in these spans.
    fn snippet(&mut self, connection: &Connection, spans: &[SpanColumns]) -> Result<Option<String>> {
        if self.sought.is_empty() {
            return Ok(None);
        }
        let mut places: Vec<(i64, usize, i64)> = Vec::new();
        let mut statement = connection.prepare_cached("SELECT text_id, slot FROM occurrence WHERE span_pk = ?1")?;
        for (at, row) in spans.iter().enumerate() {
            let rows = statement.query_map([row.span_pk], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
            for found in rows {
                let (text_id, slot) = found?;
                places.push((importance(slot), at, text_id));
            }
        }
        places.sort_unstable();
        places.dedup_by_key(|(_, _, text_id)| *text_id);
        for sought in self.sought.clone() {
            for (_, _, text_id) in &places {
                let Some(text) = text::read(connection, *text_id)? else { continue };
                if let Some((start, end)) = sought.find(&text) {
                    return Ok(Some(cut(&text, start, end)));
                }
            }
            for row in spans {
                if let Some(found) = self.short_word(connection, row, &sought)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// A name, id or attribute that matches.
    fn short_word(&mut self, connection: &Connection, row: &SpanColumns, sought: &Sought) -> Result<Option<String>> {
        let Some(trace_row) = trace::row(connection, row.trace_pk)? else { return Ok(None) };
        let trace_id = span::id_of_key(&trace_row.trace_key);
        let full = read::full_span(connection, &name::Texts::new(connection), &trace_id, row)?;
        let gathered = gather(&full, true);
        Ok(gathered.words.iter().find_map(|word| sought.find(word).map(|(start, end)| cut(word, start, end))))
    }
}

/// What people said comes before what was looked up, and that before what machines noted.
fn importance(at: i64) -> i64 {
    match at {
        slot::INPUT | slot::OUTPUT => 0,
        context if context > 0 => 1,
        slot::DOCUMENT => 2,
        slot::TOOL_RESULT | slot::TOOL_ARGUMENTS | slot::QUERY => 3,
        _ => 4,
    }
}

/// Words that have to be there, in the order of the query.
fn positive_words(expr: &Expr, into: &mut Vec<Sought>) {
    match expr {
        Expr::All | Expr::Not(_) => {}
        Expr::And(members) | Expr::Or(members) => members.iter().for_each(|member| positive_words(member, into)),
        Expr::Term(Term::Words(words)) => into.extend(Sought::new(words)),
        Expr::Term(Term::Span(inner)) => positive_words(inner, into),
        Expr::Term(Term::Field(_)) => {}
    }
}

fn cut(text: &str, start: usize, end: usize) -> String {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let left: Vec<char> = before.chars().rev().take(AROUND).collect();
    let left: String = left.into_iter().rev().collect();
    let right: String = after.chars().take(AROUND).collect();
    let mut out = String::new();
    if left.len() < before.len() {
        out.push('…');
    }
    let whole = format!("{left}{}{right}", text.get(start..end).unwrap_or_default());
    out.push_str(&whole.split_whitespace().collect::<Vec<_>>().join(" "));
    if right.len() < after.len() {
        out.push('…');
    }
    out
}

/// Texts that a span was asked and gave.
fn said(connection: &Connection, row: &SpanColumns, kind: SpanKind) -> Result<(Option<i64>, Option<i64>)> {
    let own = |slot: i64| -> Result<Option<i64>> {
        let mut statement =
            connection.prepare_cached("SELECT text_id FROM occurrence WHERE span_pk = ?1 AND slot = ?2")?;
        let found = statement.query_map([row.span_pk, slot], |row| row.get(0))?.next().transpose()?;
        Ok(found)
    };
    if kind != SpanKind::Llm {
        let question = own(slot::INPUT)?.or(own(slot::QUERY)?).or(own(slot::TOOL_ARGUMENTS)?);
        return Ok((question, own(slot::OUTPUT)?.or(own(slot::TOOL_RESULT)?)));
    }
    let (mut question, mut answer) = (None, None);
    let from = row.context_in.unwrap_or(ROOT);
    for (_, message_id) in message::nodes_between(connection, ROOT, from)? {
        if let (Role::User, Some(text)) = message::role_and_text(connection, message_id)? {
            question = Some(text);
        }
    }
    for (_, message_id) in message::nodes_between(connection, from, row.context_out.unwrap_or(from))? {
        answer = answer.or(message::role_and_text(connection, message_id)?.1);
    }
    Ok((question, answer))
}
