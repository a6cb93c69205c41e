//! Spans: typed columns for lists, sorts and sums. What else a span says stands packed in `span_rest`; messages stand in
//! contexts, documents and scores in their own tables.
//!
//! `shape` holds the combinations of words that spans share (kind, name, tenant, model, …), so that a row carries one
//! integer for them. Times are nanoseconds since the epoch, money nano-dollars.

use crate::error::{Result, StoreError};
use crate::migration::Migration;
use crate::recipe::{put, take};
use foldhash::HashMap;
use retake_model::{Id, SpanKind, SpanStatus, Usage, UsageScope};
use rusqlite::{Connection, OptionalExtension, Row, params};

pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        id: "2026-11-24-span",
        sql: "
    CREATE TABLE shape(shape_id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE) STRICT;
    CREATE TABLE span(
        span_pk INTEGER PRIMARY KEY,
        trace_pk INTEGER NOT NULL,
        span_key BLOB NOT NULL,
        parent_key BLOB,
        shape_id INTEGER NOT NULL,
        bits INTEGER NOT NULL,
        start_ns INTEGER,
        duration_ns INTEGER,
        ttft_ns INTEGER,
        user INTEGER,
        conversation INTEGER,
        request INTEGER,
        usage BLOB,
        reported_usd_nanos INTEGER,
        computed_usd_nanos INTEGER,
        context_in INTEGER,
        context_out INTEGER,
        UNIQUE(trace_pk, span_key)
    ) STRICT;
    CREATE TABLE span_rest(span_pk INTEGER PRIMARY KEY, rest BLOB NOT NULL) STRICT;",
    },
    Migration {
        id: "2026-11-24-span-request",
        sql: "CREATE INDEX span_request ON span(request) WHERE request IS NOT NULL;",
    },
];

/// Words of a span that many spans share, as name ids; 0 is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Shape {
    pub kind: u8,
    pub name: i64,
    pub tenant: i64,
    pub role: i64,
    pub feature: i64,
    pub environment: i64,
    pub service: i64,
    pub provider: i64,
    pub request_model: i64,
    pub response_model: i64,
    pub prompt_name: i64,
    pub prompt_version: i64,
    pub finish_reason: i64,
    pub error_type: i64,
}

impl Shape {
    /// Its names, 0 where there is none.
    pub(crate) fn names(&self) -> [i64; 13] {
        [
            self.name,
            self.tenant,
            self.role,
            self.feature,
            self.environment,
            self.service,
            self.provider,
            self.request_model,
            self.response_model,
            self.prompt_name,
            self.prompt_version,
            self.finish_reason,
            self.error_type,
        ]
    }

    fn to_key(self) -> Vec<u8> {
        let mut key = vec![self.kind];
        for name in self.names() {
            put(&mut key, name.unsigned_abs());
        }
        key
    }

    fn from_key(key: &[u8]) -> Result<Self> {
        let mut at = 1;
        let mut next = || -> Result<i64> { Ok(take(key, &mut at)? as i64) };
        Ok(Self {
            kind: key.first().copied().unwrap_or_default(),
            name: next()?,
            tenant: next()?,
            role: next()?,
            feature: next()?,
            environment: next()?,
            service: next()?,
            provider: next()?,
            request_model: next()?,
            response_model: next()?,
            prompt_name: next()?,
            prompt_version: next()?,
            finish_reason: next()?,
            error_type: next()?,
        })
    }

    /// Kind; `None` when no record told.
    pub(crate) fn kind(&self) -> Option<SpanKind> {
        usize::from(self.kind).checked_sub(1).and_then(|at| SpanKind::ALL.get(at).copied())
    }

    /// Number of a kind in a key.
    pub(crate) fn kind_number(kind: Option<SpanKind>) -> u8 {
        let at = kind.and_then(|kind| SpanKind::ALL.iter().position(|other| *other == kind));
        at.map_or(0, |at| at as u8 + 1)
    }
}

/// Shapes that were looked up.
#[derive(Debug, Default)]
pub(crate) struct ShapeCache {
    ids: HashMap<Shape, i64>,
    shapes: HashMap<i64, Shape>,
}

impl ShapeCache {
    pub(crate) fn clear(&mut self) {
        self.ids.clear();
        self.shapes.clear();
    }

    /// Look up or insert.
    pub(crate) fn id(&mut self, connection: &Connection, shape: Shape) -> Result<i64> {
        if let Some(id) = self.ids.get(&shape) {
            return Ok(*id);
        }
        let key = shape.to_key();
        let found: Option<i64> = connection
            .prepare_cached("SELECT shape_id FROM shape WHERE key = ?1")?
            .query_row([key.as_slice()], |row| row.get(0))
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => {
                connection.prepare_cached("INSERT INTO shape(key) VALUES(?1)")?.execute([key.as_slice()])?;
                connection.last_insert_rowid()
            }
        };
        if self.ids.len() > 30_000 {
            self.ids.clear();
        }
        self.ids.insert(shape, id);
        Ok(id)
    }

    /// A shape by its id.
    pub(crate) fn shape(&mut self, connection: &Connection, shape_id: i64) -> Result<Shape> {
        if let Some(shape) = self.shapes.get(&shape_id) {
            return Ok(*shape);
        }
        let shape = shape(connection, shape_id)?;
        if self.shapes.len() > 30_000 {
            self.shapes.clear();
        }
        self.shapes.insert(shape_id, shape);
        Ok(shape)
    }
}

/// A shape by its id.
pub(crate) fn shape(connection: &Connection, shape_id: i64) -> Result<Shape> {
    let mut statement = connection.prepare_cached("SELECT key FROM shape WHERE shape_id = ?1")?;
    Shape::from_key(&statement.query_row([shape_id], |row| row.get::<_, Vec<u8>>(0))?)
}

/// Flags of a span, as bits of a column.
pub(crate) mod bit {
    pub(crate) const STATUS: i64 = 0b11;
    pub(crate) const SCOPE: i64 = 0b1100;
    pub(crate) const LISTED: i64 = 1 << 4;
    pub(crate) const TOOL: i64 = 1 << 5;
    pub(crate) const DOCUMENT: i64 = 1 << 6;
    pub(crate) const SCORE: i64 = 1 << 7;
    pub(crate) const ERROR: i64 = 1 << 8;
    pub(crate) const RETRY: i64 = 1 << 9;
    pub(crate) const NO_CONTENT: i64 = 1 << 10;
    pub(crate) const CLOCK_SKEW: i64 = 1 << 11;
    pub(crate) const PARENT_MISSING: i64 = 1 << 12;
    /// No record of its own came: it is known by log records only.
    pub(crate) const LOG_ONLY: i64 = 1 << 13;
    /// Every bit that is used.
    pub(crate) const ALL: i64 = (LOG_ONLY << 1) - 1;
    /// What the roll-up of the trace decides.
    pub(crate) const OF_TRACE: i64 = SCOPE | ERROR | RETRY | NO_CONTENT | CLOCK_SKEW | PARENT_MISSING;
}

/// A span's columns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpanColumns {
    pub span_pk: i64,
    pub trace_pk: i64,
    pub span_key: Vec<u8>,
    pub parent_key: Option<Vec<u8>>,
    pub shape_id: i64,
    pub bits: i64,
    pub start_ns: Option<i64>,
    pub duration_ns: Option<i64>,
    pub ttft_ns: Option<i64>,
    pub user: Option<i64>,
    pub conversation: Option<i64>,
    pub request: Option<i64>,
    pub usage: Usage,
    pub reported_usd_nanos: Option<i64>,
    pub computed_usd_nanos: Option<i64>,
    pub context_in: Option<i64>,
    pub context_out: Option<i64>,
}

const COLUMNS: &str = "span_pk, trace_pk, span_key, parent_key, shape_id, bits, start_ns, duration_ns, ttft_ns, user,
    conversation, request, usage, reported_usd_nanos, computed_usd_nanos, context_in, context_out";

impl SpanColumns {
    /// Whether it is shown: its own record came, or log records say what was said in it.
    pub(crate) fn listed(&self) -> bool {
        self.bits & bit::LISTED != 0
    }

    /// Whether its own record (and not only log records about it) came.
    pub(crate) fn recorded(&self) -> bool {
        self.listed() && self.bits & bit::LOG_ONLY == 0
    }

    pub(crate) fn status(&self) -> SpanStatus {
        status_of(self.bits)
    }

    pub(crate) fn scope(&self) -> UsageScope {
        scope_of(self.bits)
    }

    pub(crate) fn span_id(&self) -> Id {
        id_of_key(&self.span_key)
    }

    pub(crate) fn end_ns(&self) -> Option<i64> {
        Some(self.start_ns?.saturating_add(self.duration_ns?))
    }

    /// Cost that is shown: what the source said, else ours.
    pub(crate) fn cost_usd_nanos(&self) -> Option<i64> {
        self.reported_usd_nanos.or(self.computed_usd_nanos)
    }

    fn from_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            span_pk: row.get(0)?,
            trace_pk: row.get(1)?,
            span_key: row.get(2)?,
            parent_key: row.get(3)?,
            shape_id: row.get(4)?,
            bits: row.get(5)?,
            start_ns: row.get(6)?,
            duration_ns: row.get(7)?,
            ttft_ns: row.get(8)?,
            user: row.get(9)?,
            conversation: row.get(10)?,
            request: row.get(11)?,
            usage: match row.get_ref(12)?.as_blob_or_null()? {
                Some(blob) => usage_from_blob(blob),
                None => Usage::default(),
            },
            reported_usd_nanos: row.get(13)?,
            computed_usd_nanos: row.get(14)?,
            context_in: row.get(15)?,
            context_out: row.get(16)?,
        })
    }
}

/// Bits of a status.
pub(crate) fn status_bits(status: SpanStatus) -> i64 {
    match status {
        SpanStatus::Unset => 0,
        SpanStatus::Ok => 1,
        SpanStatus::Error => 2,
    }
}

/// Status in the bits.
pub(crate) fn status_of(bits: i64) -> SpanStatus {
    match bits & bit::STATUS {
        1 => SpanStatus::Ok,
        2 => SpanStatus::Error,
        _ => SpanStatus::Unset,
    }
}

/// Bits of a scope.
pub(crate) fn scope_bits(scope: UsageScope) -> i64 {
    match scope {
        UsageScope::Own => 0,
        UsageScope::Rollup => 4,
        UsageScope::Duplicate => 8,
    }
}

/// Scope in the bits.
pub(crate) fn scope_of(bits: i64) -> UsageScope {
    match bits & bit::SCOPE {
        4 => UsageScope::Rollup,
        8 => UsageScope::Duplicate,
        _ => UsageScope::Own,
    }
}

/// Inserts the columns, or replaces them. Gives the key.
pub(crate) fn put_row(connection: &Connection, row: &SpanColumns) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO span(span_pk, trace_pk, span_key, parent_key, shape_id, bits, start_ns,
                duration_ns, ttft_ns, user, conversation, request, usage, reported_usd_nanos, computed_usd_nanos,
                context_in, context_out)
             VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(params![
            row.span_pk,
            row.trace_pk,
            row.span_key,
            row.parent_key,
            row.shape_id,
            row.bits,
            row.start_ns,
            row.duration_ns,
            row.ttft_ns,
            row.user,
            row.conversation,
            row.request,
            usage_to_blob(&row.usage),
            row.reported_usd_nanos,
            row.computed_usd_nanos,
            row.context_in,
            row.context_out,
        ])?;
    Ok(())
}

/// A key for a span that has none yet: the greatest so far and one. Keys of removed spans may come again, but never
/// while something points to them.
pub(crate) fn next_pk(connection: &Connection) -> Result<i64> {
    let mut statement = connection.prepare_cached("SELECT coalesce(max(span_pk), 0) + 1 FROM span")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// Key of a span.
pub(crate) fn find(connection: &Connection, trace_pk: i64, span_key: &[u8]) -> Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT span_pk FROM span WHERE trace_pk = ?1 AND span_key = ?2")?;
    Ok(statement.query_row(params![trace_pk, span_key], |row| row.get(0)).optional()?)
}

/// Columns of a span.
pub(crate) fn row(connection: &Connection, span_pk: i64) -> Result<Option<SpanColumns>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM span WHERE span_pk = ?1"))?;
    Ok(statement.query_row([span_pk], SpanColumns::from_row).optional()?)
}

/// Columns of all spans of a trace, by key.
pub(crate) fn rows_of_trace(connection: &Connection, trace_pk: i64) -> Result<Vec<SpanColumns>> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM span WHERE trace_pk = ?1 ORDER BY span_pk"))?;
    // A long trace is tens of megabytes: counting its spans costs less than moving them while the list grows.
    let n: i64 = connection
        .prepare_cached("SELECT count(*) FROM span WHERE trace_pk = ?1")?
        .query_row([trace_pk], |row| row.get(0))?;
    let mut spans = Vec::with_capacity(usize::try_from(n).unwrap_or(0));
    for span in statement.query_map([trace_pk], SpanColumns::from_row)? {
        spans.push(span?);
    }
    Ok(spans)
}

/// Calls `each` with the columns of every span, trace by trace where they stand together.
pub(crate) fn each_row(connection: &Connection, each: &mut dyn FnMut(SpanColumns) -> Result<()>) -> Result<()> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM span ORDER BY span_pk"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        each(SpanColumns::from_row(row)?)?;
    }
    Ok(())
}

/// Sets what the roll-up of the trace decides.
pub(crate) fn set_bits(connection: &Connection, span_pk: i64, bits: i64) -> Result<()> {
    connection.prepare_cached("UPDATE span SET bits = ?2 WHERE span_pk = ?1")?.execute([span_pk, bits])?;
    Ok(())
}

/// Removes the row and its packed rest.
pub(crate) fn remove(connection: &Connection, span_pk: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM span_rest WHERE span_pk = ?1")?.execute([span_pk])?;
    connection.prepare_cached("DELETE FROM span WHERE span_pk = ?1")?.execute([span_pk])?;
    Ok(())
}

/// Packed rest of a span.
pub(crate) fn rest(connection: &Connection, span_pk: i64) -> Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached("SELECT rest FROM span_rest WHERE span_pk = ?1")?;
    Ok(statement.query_row([span_pk], |row| row.get(0)).optional()?)
}

/// Sets the packed rest of a span.
pub(crate) fn set_rest(connection: &Connection, span_pk: i64, rest: &[u8]) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO span_rest(span_pk, rest) VALUES(?1, ?2)")?
        .execute(params![span_pk, rest])?;
    Ok(())
}

/// An id as a column: the bytes of a W3C-shaped one, else `0x00 text 0x00 source`, made longer by a zero where it would
/// be taken for the other form.
pub(crate) fn key_of_id(id: &Id, source: &str) -> Vec<u8> {
    if id.is_w3c() {
        return id.to_blob();
    }
    let mut key = vec![0];
    key.extend_from_slice(id.as_str().as_bytes());
    key.push(0);
    key.extend_from_slice(source.as_bytes());
    if matches!(key.len(), 8 | 16) {
        key.push(0);
    }
    key
}

/// The id of a key in the form of the column of parents.
pub(crate) fn id_blob(key: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if matches!(key.len(), 8 | 16) { key.into() } else { id_of_key(key).to_blob().into() }
}

/// Inverse of [`key_of_id`].
pub(crate) fn id_of_key(key: &[u8]) -> Id {
    if matches!(key.len(), 8 | 16) {
        return Id::from_bytes(key);
    }
    let text = key.get(1..).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default();
    Id::new(String::from_utf8_lossy(text))
}

fn usage_to_blob(usage: &Usage) -> Option<Vec<u8>> {
    if usage.is_empty() {
        return None;
    }
    let mut blob = Vec::new();
    for bucket in buckets(usage) {
        put(&mut blob, bucket.map_or(0, |tokens| tokens.max(0).unsigned_abs() + 1));
    }
    while blob.last() == Some(&0) {
        blob.pop();
    }
    Some(blob)
}

/// Usage of a column.
pub(crate) fn usage_from_blob(blob: &[u8]) -> Usage {
    let mut at = 0;
    let mut next = || take(blob, &mut at).ok().and_then(|n| n.checked_sub(1)).map(|n| n as i64);
    Usage {
        uncached_input_tokens: next(),
        cache_read_tokens: next(),
        cache_write_tokens: next(),
        output_text_tokens: next(),
        reasoning_tokens: next(),
        audio_input_tokens: next(),
        audio_output_tokens: next(),
    }
}

fn buckets(usage: &Usage) -> [Option<i64>; 7] {
    [
        usage.uncached_input_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
        usage.output_text_tokens,
        usage.reasoning_tokens,
        usage.audio_input_tokens,
        usage.audio_output_tokens,
    ]
}

/// An error for a row that has to be there.
pub(crate) fn missing(span_pk: i64) -> StoreError {
    StoreError::Damaged { path: Default::default(), why: format!("span {span_pk} is missing") }
}
