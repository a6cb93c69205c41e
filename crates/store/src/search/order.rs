//! Sorting and cursors. The order is total: sort key, then id; unknown keys come last either way. A cursor is the place
//! of the last row in that order, so that pages stay put while an import goes on.

use crate::error::{Result, StoreError};
use crate::rows::Of;
use crate::search::bits::Bits;
use crate::search::columns::{Columns, NOWHERE, UNKNOWN};
use crate::search::eval::prompt_text;
use crate::table::span::status_of;
use retake_query::{Expr, Field, FieldTerm, Query, Sort, Term, Test};
use rusqlite::Connection;
use std::borrow::Cow;
use std::collections::HashMap;

/// Place of a row in an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    unknown: bool,
    key: i64,
    tie: u128,
    tie2: u64,
    /// Position in the columns; decides nothing, ids are distinct.
    pub at: u32,
}

/// A sort over the columns.
pub(crate) struct Order<'a> {
    columns: &'a Columns,
    of: Of,
    descending: bool,
    keys: Keys<'a>,
}

enum Keys<'a> {
    Numbers(Cow<'a, [i64]>),
    /// Twice the rank of each text and one; texts in order.
    Texts {
        ranks: HashMap<usize, i64>,
        texts: Vec<String>,
    },
}

impl<'a> Order<'a> {
    /// Prepares to sort `matches`.
    pub(crate) fn new(
        connection: &Connection,
        columns: &'a Columns,
        of: Of,
        sort: &Sort,
        matches: &Bits,
    ) -> Result<Self> {
        let keys = match sort.field {
            Field::Score => {
                Keys::Numbers(scores(connection, columns, of, sort.name.as_deref().unwrap_or_default())?.into())
            }
            field => match numbers(columns, of, field) {
                Some(numbers) => Keys::Numbers(numbers),
                None => texts(columns, of, field, matches)?,
            },
        };
        Ok(Self { columns, of, descending: sort.descending, keys })
    }

    /// Place of a position.
    pub(crate) fn place(&self, at: usize) -> Place {
        let key = match &self.keys {
            Keys::Numbers(numbers) => numbers.get(at).copied().unwrap_or(UNKNOWN),
            Keys::Texts { ranks, .. } => ranks.get(&at).copied().unwrap_or(UNKNOWN),
        };
        let (tie, tie2) = self.tie(at);
        self.place_of(key, tie, tie2, at as u32)
    }

    fn place_of(&self, key: i64, tie: u128, tie2: u64, at: u32) -> Place {
        let unknown = key == UNKNOWN;
        let key = if unknown { 0 } else { key };
        // Turning all bits turns the order.
        Place { unknown, key: if self.descending { !key } else { key }, tie, tie2, at }
    }

    fn tie(&self, at: usize) -> (u128, u64) {
        match self.of {
            Of::Traces => (self.columns.traces.tie.get(at).copied().unwrap_or(0), 0),
            Of::Spans => {
                let trace = self.columns.spans.trace.get(at).copied().unwrap_or(0) as usize;
                let tie = self.columns.traces.tie.get(trace).copied().unwrap_or(0);
                (tie, self.columns.spans.tie.get(at).copied().unwrap_or(0))
            }
        }
    }

    /// All matches in order.
    pub(crate) fn sorted(&self, matches: &Bits) -> Vec<u32> {
        let mut places: Vec<Place> = matches.iter().map(|at| self.place(at)).collect();
        places.sort_unstable();
        places.into_iter().map(|place| place.at).collect()
    }

    /// The first `limit` matches after a place; true when more follow.
    pub(crate) fn page(&self, matches: &Bits, after: Option<Place>, limit: usize) -> (Vec<Place>, bool) {
        let mut places: Vec<Place> = matches.iter().map(|at| self.place(at)).collect();
        if let Some(after) = after {
            places.retain(|place| {
                (place.unknown, place.key, place.tie, place.tie2) > (after.unknown, after.key, after.tie, after.tie2)
            });
        }
        let more = places.len() > limit;
        if more {
            places.select_nth_unstable(limit);
            places.truncate(limit);
        }
        places.sort_unstable();
        (places, more)
    }

    /// A place as a cursor of this query.
    pub(crate) fn cursor(&self, place: &Place, question: &str) -> String {
        let key = match (&self.keys, place.unknown) {
            (_, true) => "u".to_owned(),
            (Keys::Numbers(_), false) => {
                format!("n{}", if self.descending { !place.key } else { place.key })
            }
            (Keys::Texts { texts, .. }, false) => {
                let rank = if self.descending { !place.key } else { place.key };
                let text = usize::try_from(rank / 2).ok().and_then(|rank| texts.get(rank));
                format!("t{}", hex(text.map(String::as_bytes).unwrap_or_default()))
            }
        };
        format!("c1.{question}.{key}.{:x}.{:x}", place.tie, place.tie2)
    }

    /// The place that a cursor names.
    pub(crate) fn read_cursor(&self, cursor: &str, question: &str) -> Result<Place> {
        self.parse_cursor(cursor, question).ok_or(StoreError::CursorInvalid)
    }

    fn parse_cursor(&self, cursor: &str, question: &str) -> Option<Place> {
        let parts: Vec<&str> = cursor.trim().split('.').collect();
        let ["c1", asked, key, tie, tie2] = parts.as_slice() else { return None };
        if *asked != question {
            return None;
        }
        let tie = u128::from_str_radix(tie, 16).ok()?;
        let tie2 = u64::from_str_radix(tie2, 16).ok()?;
        let key = match (key.split_at_checked(1)?, &self.keys) {
            (("u", ""), _) => UNKNOWN,
            (("n", number), Keys::Numbers(_)) => number.parse().ok()?,
            (("t", text), Keys::Texts { texts, .. }) => {
                let text = String::from_utf8(unhex(text)?).ok()?;
                match texts.binary_search(&text) {
                    Ok(rank) => 2 * rank as i64 + 1,
                    Err(rank) => 2 * rank as i64,
                }
            }
            _ => return None,
        };
        Some(self.place_of(key, tie, tie2, 0))
    }
}

/// Short name of a question, so that a cursor is used with its own query only. Times are left out: `7d` moves on.
pub(crate) fn question_of(query: &Query, of: Of, sort: &Sort) -> String {
    let timeless = Query { expr: without_times(&query.expr) };
    let text = format!("{of:?} {} {}", sort.print(), retake_query::print(&timeless));
    hex(blake3::hash(text.as_bytes()).as_bytes().get(..6).unwrap_or_default())
}

fn without_times(expr: &Expr) -> Expr {
    match expr {
        Expr::All => Expr::All,
        Expr::And(members) => Expr::And(members.iter().map(without_times).collect()),
        Expr::Or(members) => Expr::Or(members.iter().map(without_times).collect()),
        Expr::Not(member) => Expr::Not(Box::new(without_times(member))),
        Expr::Term(Term::Span(inner)) => Expr::Term(Term::Span(Box::new(without_times(inner)))),
        Expr::Term(Term::Field(term)) if term.field == Field::Time => {
            Expr::Term(Term::Field(FieldTerm { test: Test::Time(None, None), ..term.clone() }))
        }
        Expr::Term(term) => Expr::Term(term.clone()),
    }
}

fn numbers(columns: &Columns, of: Of, field: Field) -> Option<Cow<'_, [i64]>> {
    let (spans, traces) = (&columns.spans, &columns.traces);
    let tokens = |input: &[i64], output: &[i64]| -> Vec<i64> {
        let known = |value: i64| (value != UNKNOWN).then_some(value);
        let pairs = input.iter().zip(output);
        pairs
            .map(|(a, b)| known(*a).into_iter().chain(known(*b)).reduce(i64::saturating_add).unwrap_or(UNKNOWN))
            .collect()
    };
    Some(match (field, of) {
        (Field::Time, Of::Traces) => traces.start.as_slice().into(),
        (Field::Time, Of::Spans) => spans.start.as_slice().into(),
        (Field::Latency, Of::Traces) => traces.duration.as_slice().into(),
        (Field::Latency, Of::Spans) => spans.duration.as_slice().into(),
        (Field::Ttft, Of::Traces) => traces.ttft.as_slice().into(),
        (Field::Ttft, Of::Spans) => spans.ttft.as_slice().into(),
        (Field::Cost, Of::Traces) => traces.cost.as_slice().into(),
        (Field::Cost, Of::Spans) => spans.cost.as_slice().into(),
        (Field::Input, Of::Traces) => traces.input.as_slice().into(),
        (Field::Input, Of::Spans) => spans.input.as_slice().into(),
        (Field::Output, Of::Traces) => traces.output.as_slice().into(),
        (Field::Output, Of::Spans) => spans.output.as_slice().into(),
        (Field::Tokens, Of::Traces) => tokens(&traces.input, &traces.output).into(),
        (Field::Tokens, Of::Spans) => tokens(&spans.input, &spans.output).into(),
        _ => return None,
    })
}

/// Texts that a row shows of a field: of a trace, those of its root, or of the model call that it names.
fn texts(columns: &Columns, of: Of, field: Field, matches: &Bits) -> Result<Keys<'static>> {
    let mut by_text: HashMap<String, Vec<usize>> = HashMap::new();
    for at in matches.iter() {
        if let Some(text) = shown_text(columns, of, field, at) {
            by_text.entry(text.to_lowercase()).or_default().push(at);
        }
    }
    let mut texts: Vec<String> = by_text.keys().cloned().collect();
    texts.sort_unstable();
    let mut ranks = HashMap::new();
    for (rank, text) in texts.iter().enumerate() {
        for at in by_text.get(text).into_iter().flatten() {
            ranks.insert(*at, 2 * rank as i64 + 1);
        }
    }
    if !matches!(field.info().takes, retake_query::Takes::Text | retake_query::Takes::Words(_)) {
        return Err(StoreError::FieldUnfit(field.name().to_owned()));
    }
    Ok(Keys::Texts { ranks, texts })
}

fn shown_text(columns: &Columns, of: Of, field: Field, at: usize) -> Option<String> {
    let spans = &columns.spans;
    let candidates: Vec<usize> = match of {
        Of::Spans => vec![at],
        Of::Traces => {
            let root = columns.traces.root.get(at).map(|root| *root as usize);
            let call = columns.traces.call.get(at).filter(|call| **call != NOWHERE).map(|call| *call as usize);
            match field {
                Field::Model | Field::Provider => call.into_iter().collect(),
                Field::Name | Field::Kind | Field::Status => root.into_iter().collect(),
                _ => root.into_iter().chain(columns.spans_of(at).iter().map(|at| *at as usize)).collect(),
            }
        }
    };
    let name = |column: &[u32], at: usize| columns.name(column.get(at).copied()?).map(str::to_owned);
    candidates.into_iter().find_map(|span| match field {
        Field::Tenant => name(&spans.tenant, span),
        Field::Feature => name(&spans.feature, span),
        Field::User => name(&spans.user, span),
        Field::Conversation => name(&spans.conversation, span),
        Field::Environment => name(&spans.environment, span),
        Field::Provider => name(&spans.provider, span),
        Field::Model => name(&spans.response_model, span).or_else(|| name(&spans.request_model, span)),
        Field::Name => name(&spans.name, span),
        Field::Prompt => {
            let (prompt, version) = (name(&spans.prompt_name, span), name(&spans.prompt_version, span));
            (prompt.is_some() || version.is_some()).then(|| prompt_text(prompt.as_deref(), version.as_deref()))
        }
        Field::Kind => {
            let kind = spans.kind.get(span).copied()?;
            let shape = crate::table::span::Shape { kind, ..Default::default() };
            Some(shape.kind().unwrap_or_default().as_str().to_owned())
        }
        Field::Status => {
            let bits = match of {
                Of::Spans => spans.bits.get(span).copied()?,
                Of::Traces
                    if columns
                        .traces
                        .bits
                        .get(at)
                        .is_some_and(|bits| i64::from(*bits) & crate::table::span::bit::ERROR != 0) =>
                {
                    2
                }
                Of::Traces => spans.bits.get(span).copied()?,
            };
            Some(status_of(i64::from(bits)).as_str().to_owned())
        }
        _ => None,
    })
}

/// Values of a score; of a trace the lowest, since that is what one looks for.
fn scores(connection: &Connection, columns: &Columns, of: Of, name: &str) -> Result<Vec<i64>> {
    let n = match of {
        Of::Traces => columns.traces.pk.len(),
        Of::Spans => columns.spans.pk.len(),
    };
    let mut keys = vec![UNKNOWN; n];
    let mut statement =
        connection.prepare_cached("SELECT span_pk, name_id, value FROM score WHERE value IS NOT NULL")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if !columns.name(row.get(1)?).is_some_and(|text| text.eq_ignore_ascii_case(name)) {
            continue;
        }
        let Some(span) = columns.span_position(row.get(0)?) else { continue };
        let at = match of {
            Of::Spans => span,
            Of::Traces => columns.spans.trace.get(span).copied().unwrap_or(0) as usize,
        };
        let key = ordered(row.get(2)?);
        if let Some(slot) = keys.get_mut(at)
            && (*slot == UNKNOWN || key < *slot)
        {
            *slot = key;
        }
    }
    Ok(keys)
}

/// A number that sorts as the float does.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_keep_their_order() {
        let all = [f64::MIN, -2.5, -1.0, -0.25, 0.0, 0.25, 1.0, 3.5, f64::MAX];
        assert!(all.windows(2).all(|pair| ordered(pair[0]) < ordered(pair[1])));
    }
}
