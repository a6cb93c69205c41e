//! What an id names: in full or as a unique prefix, with or without its kind before it.

use crate::error::{Result, StoreError};
use crate::rows::Named;
use crate::table::run::ids_with_prefix;
use crate::table::{span, trace};
use crate::workspace::Workspace;
use retake_model::Id;
use rusqlite::{Connection, params};

/// A prefix has to have so many characters.
const SHORTEST: usize = 4;
/// So many candidates are named.
const CANDIDATES: usize = 9;

impl Workspace {
    /// What an id, or a unique prefix of at least four characters, names. `trace:…`, `span:…`, `take:…`, `run:…`,
    /// `batch:…` name the kind. A span's id that stands in several traces can be told apart as `TRACE/SPAN`.
    pub fn resolve(&self, text: &str) -> Result<Named> {
        self.read(|connection| resolve(connection, text.trim()))
    }
}

fn resolve(connection: &Connection, text: &str) -> Result<Named> {
    let (kind, rest) = match text.split_once(':') {
        Some((kind @ ("trace" | "span" | "take" | "run" | "batch"), rest)) => (Some(kind), rest),
        _ => (None, text),
    };
    if rest.is_empty() {
        return Err(StoreError::IdUnknown(text.to_owned()));
    }
    let wants = |this: &str| kind.is_none_or(|kind| kind == this);
    let mut found: Vec<(Named, String, bool)> = Vec::new();
    if wants("trace") {
        for id in trace_ids(connection, rest)? {
            let whole = id.as_str() == Id::new(rest).as_str();
            found.push((Named::Trace(id.clone()), format!("trace:{id}"), whole));
        }
    }
    if wants("span") {
        for (trace_id, span_id) in span_ids(connection, rest)? {
            let whole = span_id.as_str() == Id::new(rest).as_str() || rest.contains('/');
            let label = format!("span:{trace_id}/{span_id}");
            found.push((Named::Span { trace_id, span_id }, label, whole));
        }
    }
    let lower = rest.to_ascii_lowercase();
    for table in ["take", "run", "batch"] {
        if wants(table) {
            for id in ids_with_prefix(connection, table, &lower)? {
                let (label, whole) = (format!("{table}:{id}"), id == lower);
                let named = match table {
                    "take" => Named::Take(id),
                    "run" => Named::Run(id),
                    _ => Named::Batch(id),
                };
                found.push((named, label, whole));
            }
        }
    }
    if found.iter().any(|(_, _, whole)| *whole) {
        found.retain(|(_, _, whole)| *whole);
    } else if rest.chars().count() < SHORTEST {
        found.clear();
    }
    // An imported call has one id for its trace and its span: either name means the same.
    let traces: Vec<Id> = found
        .iter()
        .filter_map(|(named, ..)| if let Named::Trace(id) = named { Some(id.clone()) } else { None })
        .collect();
    found.retain(|(named, ..)| {
        !matches!(named, Named::Span { trace_id, span_id } if trace_id == span_id && traces.contains(trace_id))
    });
    if found.len() > 1 {
        found.truncate(CANDIDATES);
        let candidates = found.into_iter().map(|(_, label, _)| label).collect();
        return Err(StoreError::IdAmbiguous { text: text.to_owned(), candidates });
    }
    found.pop().map(|(named, _, _)| named).ok_or_else(|| StoreError::IdUnknown(text.to_owned()))
}

/// Keys that may hold ids beginning with `prefix`: half-open ranges of blobs, to be checked by the id itself.
fn ranges(prefix: &str, w3c_digits: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut ranges = Vec::new();
    if prefix.len() <= w3c_digits && prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let lower = prefix.to_ascii_lowercase();
        let pad = |digit: &str| {
            let padded = format!("{lower}{}", digit.repeat(w3c_digits - lower.len()));
            Id::new(padded).to_blob()
        };
        let (low, mut high) = (pad("0"), pad("f"));
        high.push(0xff);
        ranges.push((low, high));
    }
    let mut low = vec![0];
    low.extend_from_slice(prefix.as_bytes());
    let mut high = low.clone();
    high.push(0xff);
    ranges.push((low, high));
    ranges
}

fn trace_ids(connection: &Connection, prefix: &str) -> Result<Vec<Id>> {
    let mut found: Vec<Id> = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT trace_key FROM trace WHERE trace_key >= ?1 AND trace_key < ?2 ORDER BY trace_key LIMIT 64",
    )?;
    for (low, high) in ranges(prefix, 32) {
        let rows = statement.query_map(params![low, high], |row| row.get::<_, Vec<u8>>(0))?;
        for row in rows {
            let id = span::id_of_key(&row?);
            if begins(&id, prefix) && !found.contains(&id) {
                found.push(id);
            }
        }
    }
    Ok(found)
}

fn span_ids(connection: &Connection, text: &str) -> Result<Vec<(Id, Id)>> {
    if let Some((trace_text, span_text)) = text.split_once('/') {
        let mut found = Vec::new();
        for trace_id in trace_ids(connection, trace_text)? {
            for trace_pk in trace_pks(connection, &trace_id)? {
                for row in span::rows_of_trace(connection, trace_pk)? {
                    if row.listed() && begins(&row.span_id(), span_text) {
                        found.push((trace_id.clone(), row.span_id()));
                    }
                }
            }
        }
        return Ok(found);
    }
    let mut found = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT trace_key, span_key FROM span JOIN trace USING(trace_pk)
         WHERE span_key >= ?1 AND span_key < ?2 AND bits & 16 ORDER BY span_key LIMIT 64",
    )?;
    for (low, high) in ranges(text, 16) {
        let rows = statement
            .query_map(params![low, high], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        for row in rows {
            let (trace_key, span_key) = row?;
            let pair = (span::id_of_key(&trace_key), span::id_of_key(&span_key));
            if begins(&pair.1, text) && !found.contains(&pair) {
                found.push(pair);
            }
        }
    }
    Ok(found)
}

/// Keys of all traces whose id begins with `prefix`.
pub(crate) fn trace_pks_beginning(connection: &Connection, prefix: &str) -> Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT trace_pk, trace_key FROM trace WHERE trace_key >= ?1 AND trace_key < ?2")?;
    keys_beginning(&mut statement, prefix, 32)
}

/// Keys of all spans whose id begins with `prefix`.
pub(crate) fn span_pks_beginning(connection: &Connection, prefix: &str) -> Result<Vec<i64>> {
    let mut statement =
        connection.prepare_cached("SELECT span_pk, span_key FROM span WHERE span_key >= ?1 AND span_key < ?2")?;
    keys_beginning(&mut statement, prefix, 16)
}

fn keys_beginning(statement: &mut rusqlite::Statement<'_>, prefix: &str, digits: usize) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    for (low, high) in ranges(prefix, digits) {
        let mut rows = statement.query(params![low, high])?;
        while let Some(row) = rows.next()? {
            if begins(&span::id_of_key(row.get_ref(1)?.as_blob().unwrap_or_default()), prefix) {
                found.push(row.get(0)?);
            }
        }
    }
    Ok(found)
}

fn begins(id: &Id, prefix: &str) -> bool {
    id.as_str().starts_with(prefix) || (id.is_w3c() && id.as_str().starts_with(&prefix.to_ascii_lowercase()))
}

/// Keys of the traces with this id: one, but for ids that are not W3C-shaped and come from several kinds of sources.
pub(crate) fn trace_pks(connection: &Connection, trace_id: &Id) -> Result<Vec<i64>> {
    if trace_id.is_w3c() {
        return Ok(trace::find(connection, &trace_id.to_blob())?.into_iter().collect());
    }
    let mut low = vec![0];
    low.extend_from_slice(trace_id.as_str().as_bytes());
    low.push(0);
    let mut high = low.clone();
    high.push(0xff);
    let mut statement = connection
        .prepare_cached("SELECT trace_pk FROM trace WHERE trace_key >= ?1 AND trace_key < ?2 ORDER BY trace_key")?;
    Ok(statement.query_map(params![low, high], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Keys of the traces with a span of this request.
pub(crate) fn trace_pks_of_request(connection: &Connection, request_id: &str) -> Result<Vec<i64>> {
    let mut statement = connection
        .prepare_cached("SELECT DISTINCT trace_pk FROM span JOIN name ON name_id = request WHERE name.text = ?1")?;
    Ok(statement.query_map([request_id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Key of a listed span.
pub(crate) fn span_pk(connection: &Connection, trace_id: &Id, span_id: &Id) -> Result<Option<(i64, i64)>> {
    for trace_pk in trace_pks(connection, trace_id)? {
        if span_id.is_w3c()
            && let Some(span_pk) = span::find(connection, trace_pk, &span_id.to_blob())?
        {
            return Ok(Some((trace_pk, span_pk)));
        }
        let rows = span::rows_of_trace(connection, trace_pk)?;
        if let Some(row) = rows.iter().find(|row| row.span_id() == *span_id) {
            return Ok(Some((trace_pk, row.span_pk)));
        }
    }
    Ok(None)
}
