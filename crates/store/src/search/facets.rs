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

fn of_columns(columns: &Columns, of: Of, matches: &Bits, field: Field) -> Vec<(String, u64)> {
    let spans = &columns.spans;
    let name = |column: &[u32]| {
        let of_name = |id: usize| columns.name(id as u32).map(str::to_owned);
        let one = |at: usize| [column.get(at).copied().unwrap_or(0) as usize];
        texts(count_values(columns, of, matches, columns.n_names() + 1, one), of_name)
    };
    match field {
        Field::Tenant => name(&spans.tenant),
        Field::Feature => name(&spans.feature),
        Field::User => name(&spans.user),
        Field::Conversation => name(&spans.conversation),
        Field::Environment => name(&spans.environment),
        Field::Provider => name(&spans.provider),
        Field::Name => name(&spans.name),
        Field::Model => {
            let id = |column: &[u32], at: usize| column.get(at).copied().unwrap_or(0) as usize;
            let two = |at: usize| [id(&spans.request_model, at), id(&spans.response_model, at)];
            let counts = count_values(columns, of, matches, columns.n_names() + 1, two);
            texts(counts, |id| columns.name(id as u32).map(str::to_owned))
        }
        Field::Prompt => of_prompts(columns, of, matches),
        Field::Kind => {
            let one = |at: usize| [usize::from(spans.kind.get(at).copied().unwrap_or(0)) + 1];
            texts(count_values(columns, of, matches, usize::from(u8::MAX) + 2, one), kind_text)
        }
        _ => of_status(columns, of, matches),
    }
}

/// Counts the numbers below `n` that `values` gives for spans, each once a trace or span. 0 is unknown and not counted.
fn count_values<const K: usize>(
    columns: &Columns,
    of: Of,
    matches: &Bits,
    n: usize,
    values: impl Fn(usize) -> [usize; K],
) -> Vec<u32> {
    let mut counts = vec![0_u32; n];
    // The last one that had the value, from 1: it counts once.
    let mut last = vec![0_u32; n];
    let mut count = |value: usize, row: u32| {
        if let (Some(last), Some(count)) = (last.get_mut(value), counts.get_mut(value))
            && *last != row
        {
            *last = row;
            *count += 1;
        }
    };
    for at in matches.iter() {
        let row = at as u32 + 1;
        match of {
            Of::Spans => values(at).into_iter().for_each(|value| count(value, row)),
            Of::Traces => {
                for span in columns.spans_of(at) {
                    values(*span as usize).into_iter().for_each(|value| count(value, row));
                }
            }
        }
    }
    if let Some(unknown) = counts.first_mut() {
        *unknown = 0;
    }
    counts
}

/// Counts under their texts: different numbers may read the same.
fn texts(counts: Vec<u32>, text: impl Fn(usize) -> Option<String>) -> Vec<(String, u64)> {
    let mut by_text: HashMap<String, u64> = HashMap::new();
    for (value, n) in counts.into_iter().enumerate().filter(|(_, n)| *n > 0) {
        if let Some(text) = text(value) {
            *by_text.entry(text).or_default() += u64::from(n);
        }
    }
    by_text.into_iter().collect()
}

/// Prompts with their versions: the pairs that there are get numbers from 1.
fn of_prompts(columns: &Columns, of: Of, matches: &Bits) -> Vec<(String, u64)> {
    let spans = &columns.spans;
    let mut numbers: foldhash::HashMap<(u32, u32), u32> = foldhash::HashMap::default();
    let mut pairs = vec![(0, 0)];
    let number_of: Vec<u32> = spans
        .prompt_name
        .iter()
        .zip(&spans.prompt_version)
        .map(|(name, version)| match (*name, *version) {
            (0, 0) => 0,
            pair => *numbers.entry(pair).or_insert_with(|| {
                pairs.push(pair);
                pairs.len() as u32 - 1
            }),
        })
        .collect();
    let one = |at: usize| [number_of.get(at).copied().unwrap_or(0) as usize];
    texts(count_values(columns, of, matches, pairs.len(), one), |number| {
        let (name, version) = *pairs.get(number)?;
        Some(prompt_text(columns.name(name), columns.name(version)))
    })
}

fn kind_text(number: usize) -> Option<String> {
    let shape = Shape { kind: u8::try_from(number.checked_sub(1)?).ok()?, ..Shape::default() };
    Some(shape.kind().unwrap_or_default().as_str().to_owned())
}

fn of_status(columns: &Columns, of: Of, matches: &Bits) -> Vec<(String, u64)> {
    let failed = |at: usize| match of {
        Of::Spans => {
            let bits = columns.spans.bits.get(at).copied().unwrap_or(0);
            status_of(i64::from(bits)) == SpanStatus::Error
        }
        Of::Traces => i64::from(columns.traces.bits.get(at).copied().unwrap_or(0)) & bit::ERROR != 0,
    };
    let n_failed = matches.iter().filter(|at| failed(*at)).count() as u64;
    let n_ok = matches.count() as u64 - n_failed;
    let all = [("ok".to_owned(), n_ok), ("error".to_owned(), n_failed)];
    all.into_iter().filter(|(_, n)| *n > 0).collect()
}
