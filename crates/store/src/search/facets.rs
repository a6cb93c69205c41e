//! Facets: how often each value of a field stands in a result. A trace counts once for every value that holds somewhere
//! in it, so that the number beside a value is the total of the query with that value added.

use crate::error::{Result, StoreError};
use crate::rows::Of;
use crate::search::bits::Bits;
use crate::search::columns::Columns;
use crate::search::eval::{Eval, prompt_text};
use crate::search::lists::tool_statuses;
use crate::table::span::{Shape, bit, status_of};
use retake_model::SpanStatus;
use retake_query::{Field, Takes};
use std::collections::HashMap;

/// Values of a facet at most.
const VALUES: usize = 200;

/// Counts the values of a field over the matches; most frequent first, then by value.
pub(crate) fn count(eval: &mut Eval<'_>, of: Of, matches: &Bits, field: &str) -> Result<Vec<(String, u64)>> {
    let unfit = || StoreError::FieldUnfit(field.to_owned());
    let known = Field::parse(&field.to_lowercase()).filter(|known| known.info().facetable).ok_or_else(unfit)?;
    let mut counted: Vec<(String, u64)> = match known {
        Field::Has => of_has(eval, of, matches)?,
        Field::Tool => {
            let pairs = eval.lists.tools(eval.connection, eval.columns)?;
            of_pairs(eval.columns, of, matches, &pairs)
        }
        Field::Doc => {
            let pairs = eval.lists.documents(eval.connection, eval.columns)?;
            of_pairs(eval.columns, of, matches, &pairs)
        }
        Field::ToolStatus => {
            let tools = eval.lists.tools(eval.connection, eval.columns)?;
            let decisions = eval.lists.decisions(eval.connection, eval.columns)?;
            let words = tool_statuses(eval.columns, &tools, &decisions);
            of_rows(eval.columns, of, matches, words.iter().map(|(at, word)| (*at, (*word).to_owned())))
        }
        other => of_columns(eval.columns, of, matches, other),
    };
    counted.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counted.truncate(VALUES);
    Ok(counted)
}

fn of_has(eval: &mut Eval<'_>, of: Of, matches: &Bits) -> Result<Vec<(String, u64)>> {
    let Takes::Words(words) = Field::Has.info().takes else { return Ok(Vec::new()) };
    let mut counted = Vec::new();
    for word in words {
        let mut spans = eval.has_word(word)?;
        spans.and(&eval.columns.live_spans);
        let n = match of {
            Of::Spans => {
                spans.and(matches);
                spans.count()
            }
            Of::Traces => {
                let mut traces = Bits::none(eval.columns.traces.pk.len());
                for at in spans.iter() {
                    traces.insert(eval.columns.spans.trace.get(at).copied().unwrap_or(0) as usize);
                }
                traces.and(matches);
                traces.count()
            }
        };
        if n > 0 {
            counted.push(((*word).to_owned(), n as u64));
        }
    }
    Ok(counted)
}

fn of_pairs(columns: &Columns, of: Of, matches: &Bits, pairs: &[(u32, u32)]) -> Vec<(String, u64)> {
    let rows = pairs.iter().filter_map(|(at, name)| Some((*at, columns.name(*name)?.to_owned())));
    of_rows(columns, of, matches, rows)
}

/// Counts (span, value) rows, each value once a trace or span.
fn of_rows(columns: &Columns, of: Of, matches: &Bits, rows: impl Iterator<Item = (u32, String)>) -> Vec<(String, u64)> {
    let mut seen: HashMap<String, Bits> = HashMap::new();
    let len = match of {
        Of::Traces => columns.traces.pk.len(),
        Of::Spans => columns.spans.pk.len(),
    };
    for (span, value) in rows {
        let at = match of {
            Of::Spans => span as usize,
            Of::Traces => columns.spans.trace.get(span as usize).copied().unwrap_or(0) as usize,
        };
        if matches.contains(at) {
            seen.entry(value).or_insert_with(|| Bits::none(len)).insert(at);
        }
    }
    seen.into_iter().map(|(value, bits)| (value, bits.count() as u64)).collect()
}

/// A column's value at a span, as a number: 0 is unknown.
type Value<'a> = Box<dyn Fn(usize) -> [u64; 2] + 'a>;

fn of_columns(columns: &Columns, of: Of, matches: &Bits, field: Field) -> Vec<(String, u64)> {
    let spans = &columns.spans;
    let one = |column: &'_ Vec<u32>, at: usize| u64::from(column.get(at).copied().unwrap_or(0));
    let value: Value<'_> = match field {
        Field::Tenant => Box::new(|at| [one(&spans.tenant, at), 0]),
        Field::Feature => Box::new(|at| [one(&spans.feature, at), 0]),
        Field::User => Box::new(|at| [one(&spans.user, at), 0]),
        Field::Conversation => Box::new(|at| [one(&spans.conversation, at), 0]),
        Field::Environment => Box::new(|at| [one(&spans.environment, at), 0]),
        Field::Provider => Box::new(|at| [one(&spans.provider, at), 0]),
        Field::Name => Box::new(|at| [one(&spans.name, at), 0]),
        Field::Model => Box::new(|at| [one(&spans.request_model, at), one(&spans.response_model, at)]),
        Field::Prompt => Box::new(|at| [one(&spans.prompt_name, at) << 32 | one(&spans.prompt_version, at), 0]),
        Field::Kind => Box::new(|at| [u64::from(spans.kind.get(at).copied().unwrap_or(0)) + 1, 0]),
        _ => Box::new(|at| [status_number(spans.bits.get(at).copied().unwrap_or(0)), 0]),
    };
    let mut counts: HashMap<u64, u64> = HashMap::new();
    let mut held: Vec<u64> = Vec::new();
    for at in matches.iter() {
        held.clear();
        match (of, field) {
            (Of::Spans, _) => held.extend(value(at)),
            (Of::Traces, Field::Status) => {
                let bits = columns.traces.bits.get(at).copied().unwrap_or(0);
                held.push(if i64::from(bits) & bit::ERROR != 0 { 2 } else { 1 });
            }
            (Of::Traces, _) => held.extend(columns.spans_of(at).iter().flat_map(|span| value(*span as usize))),
        }
        held.sort_unstable();
        held.dedup();
        for value in held.iter().filter(|value| **value != 0) {
            *counts.entry(*value).or_default() += 1;
        }
    }
    let mut by_text: HashMap<String, u64> = HashMap::new();
    for (value, n) in counts {
        if let Some(text) = text_of(columns, field, value) {
            *by_text.entry(text).or_default() += n;
        }
    }
    by_text.into_iter().collect()
}

/// 1 ok (nothing else is stated), 2 error.
fn status_number(bits: u16) -> u64 {
    if status_of(i64::from(bits)) == SpanStatus::Error { 2 } else { 1 }
}

fn text_of(columns: &Columns, field: Field, value: u64) -> Option<String> {
    match field {
        Field::Kind => {
            let shape = Shape { kind: u8::try_from(value.checked_sub(1)?).ok()?, ..Shape::default() };
            Some(shape.kind().unwrap_or_default().as_str().to_owned())
        }
        Field::Status => Some(if value == 2 { "error" } else { "ok" }.to_owned()),
        Field::Prompt => {
            let (prompt, version) = (columns.name((value >> 32) as u32), columns.name(value as u32));
            Some(prompt_text(prompt, version))
        }
        _ => columns.name(u32::try_from(value).ok()?).map(str::to_owned),
    }
}
