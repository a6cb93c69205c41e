//! The canonical form of a workspace: JSON lines, one per entity with `kind`, sorted, keys sorted. It holds no batch, path,
//! offset or integer of the workspace, so that it is equal whatever way the same records came in.

use crate::error::{Result, StoreError};
use crate::query::{ids, read};
use crate::table::{audit, name, span, trace};
use crate::workspace::Workspace;
use retake_model::{Id, Span};
use retake_query::{Expr, Query};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashSet;
use std::io::Write;

impl Workspace {
    /// Writes the canonical form of what matches: JSON lines, one per entity with `kind`, sorted. Gives the number of
    /// lines. Of the empty query that is everything; else the spans of the traces that match and the audit events that
    /// name one of them.
    pub fn export_canonical(&self, query: &Query, out: &mut dyn Write) -> Result<u64> {
        let everything = query.expr == Expr::All;
        let wanted = if everything { None } else { Some(self.traces_matching(query)?) };
        self.read(|connection| {
            let mut n = 0;
            let mut emit = |line: String| -> Result<()> {
                n += 1;
                out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).map_err(StoreError::Output)
            };
            for line in audit_lines(connection, wanted.as_deref())? {
                emit(line)?;
            }
            for (trace_id, trace_pk) in traces(connection, wanted.as_deref())? {
                for line in span_lines(connection, &trace_id, trace_pk)? {
                    emit(line)?;
                }
            }
            Ok(n)
        })
    }
}

fn traces(connection: &Connection, wanted: Option<&[Id]>) -> Result<Vec<(Id, i64)>> {
    let mut all = Vec::new();
    match wanted {
        Some(wanted) => {
            for id in wanted {
                for trace_pk in ids::trace_pks(connection, id)? {
                    all.push((id.clone(), trace_pk));
                }
            }
        }
        None => {
            for row in trace::changed_after(connection, -1, i64::MIN, i64::MAX)? {
                all.push((span::id_of_key(&row.trace_key), row.trace_pk));
            }
        }
    }
    // Two traces of one id come from two kinds of sources: their keys name those, and sort.
    let mut keyed = Vec::with_capacity(all.len());
    for (id, trace_pk) in all {
        keyed.push((id, trace::row(connection, trace_pk)?.map(|row| row.trace_key), trace_pk));
    }
    keyed.sort();
    Ok(keyed.into_iter().map(|(id, _, trace_pk)| (id, trace_pk)).collect())
}

fn span_lines(connection: &Connection, trace_id: &Id, trace_pk: i64) -> Result<Vec<String>> {
    let names = name::Texts::new(connection);
    let mut lines = Vec::new();
    for row in span::rows_of_trace(connection, trace_pk)? {
        let full = read::full_span(connection, &names, trace_id, &row)?;
        let kind = if row.recorded() { "span" } else { "span_content" };
        lines.push((row.span_id(), row.span_key, span_line(kind, &full)?));
    }
    lines.sort();
    Ok(lines.into_iter().map(|(_, _, line)| line).collect())
}

fn span_line(kind: &str, span: &Span) -> Result<String> {
    let mut map = object(span)?;
    if let Some(span_kind) = map.remove("kind") {
        map.insert("span_kind".to_owned(), span_kind);
    }
    line(kind, map)
}

fn audit_lines(connection: &Connection, wanted: Option<&[Id]>) -> Result<Vec<String>> {
    let wanted: Option<HashSet<&Id>> = wanted.map(|ids| ids.iter().collect());
    let mut lines = Vec::new();
    audit::each(connection, &mut |row| {
        let named = row.event.trace_id.as_ref();
        if wanted.as_ref().is_none_or(|wanted| named.is_some_and(|id| wanted.contains(id))) {
            lines.push(line("audit_event", object(&row.event)?)?);
        }
        Ok(())
    })?;
    lines.sort();
    Ok(lines)
}

/// Times of our own fields become strings, as in every document: JSON numbers lose them above 2^53. What a source said
/// in its attributes stays as it said it.
fn times_as_text(map: &mut Map<String, Value>) {
    for (name, value) in map.iter_mut() {
        match value {
            Value::Number(number) if is_epoch(name) => *value = Value::String(number.to_string()),
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(times_as_text),
            Value::Object(inner) if name == "retrieval" => times_as_text(inner),
            _ => {}
        }
    }
}

/// A moment, not a span of time.
fn is_epoch(name: &str) -> bool {
    name.ends_with("_ns") && name != "ttft_ns" && !name.ends_with("_duration_ns")
}

fn object<T: Serialize>(value: &T) -> Result<Map<String, Value>> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(StoreError::Failed(error.to_string())),
    }
}

fn line(kind: &str, mut map: Map<String, Value>) -> Result<String> {
    map.retain(|_, value| !value.is_null());
    times_as_text(&mut map);
    let mut value = Value::Object(map);
    sort_keys(&mut value);
    let Value::Object(sorted) = value else { return Ok(String::new()) };
    let mut whole = Map::new();
    whole.insert("kind".to_owned(), Value::String(kind.to_owned()));
    whole.extend(sorted);
    serde_json::to_string(&whole).map_err(|error| StoreError::Failed(error.to_string()))
}

fn sort_keys(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort_keys),
        Value::Object(map) => {
            map.values_mut().for_each(sort_keys);
            map.sort_keys();
        }
        _ => {}
    }
}
