//! What the parts of an import can do alone: decoding without a store, our own parser without a store, SQLite writing the
//! very rows that the import wrote, and the same with the distinct text into a full-text index.

use anyhow::{Context as _, Result, anyhow};
use retake_formats::{Context, Format, Input, Sink, Stop, WarningAt};
use retake_model::{Code, Fact};
use rusqlite::{Connection, params};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Instant;

/// Spans a second: each line cut off and decoded into typed structs, on one core.
pub fn decode(corpus: &Path) -> Result<f64> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(corpus)?);
    let mut line = Vec::new();
    let mut spans = 0;
    let start = Instant::now();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let data: typed::Traces = serde_json::from_slice(&line).context("a line of the corpus")?;
        spans += data
            .resource_spans
            .iter()
            .flat_map(|resource| &resource.scope_spans)
            .map(|scope| scope.spans.len())
            .sum::<usize>();
        line.clear();
    }
    Ok(spans as f64 / start.elapsed().as_secs_f64())
}

/// Spans a second of our parser with nothing behind it, on one core: decode, map, hash, cut out the body.
pub fn parse(corpus: &Path) -> Result<f64> {
    let context = Context { hash_key: &[7; 32], mapping: None };
    let mut counted = Counted::default();
    let start = Instant::now();
    let input = Input { reader: Box::new(File::open(corpus)?), reopen: None };
    retake_formats::otlp::json::OtlpJson.parse(input, &context, &mut counted).map_err(|error| anyhow!("{error}"))?;
    Ok(counted.facts as f64 / start.elapsed().as_secs_f64())
}

/// Copies every row of a workspace into a bare database with the same tables and indexes; seconds.
pub fn rows(workspace: &Path, bare: &Path) -> Result<f64> {
    let connection = bare_database(bare)?;
    connection.execute("ATTACH ?1 AS source", params![workspace.display().to_string()])?;
    let mut statement = connection.prepare(
        "SELECT type, name, sql FROM source.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type = 'index', name",
    )?;
    let all: Vec<(String, String, String)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
    drop(statement);
    let virtual_names: Vec<&str> =
        all.iter().filter(|(_, _, sql)| sql.starts_with("CREATE VIRTUAL")).map(|(_, name, _)| name.as_str()).collect();
    let is_plain =
        |name: &str| !virtual_names.iter().any(|table| name == *table || name.starts_with(&format!("{table}_")));
    let tables: Vec<&str> = all
        .iter()
        .filter(|(kind, name, _)| kind == "table" && is_plain(name))
        .map(|(_, name, _)| name.as_str())
        .collect();
    for (kind, name, sql) in &all {
        let wanted = match kind.as_str() {
            "table" => is_plain(name),
            "index" => {
                tables.iter().any(|table| sql.contains(&format!(" {table}")) || sql.contains(&format!(" {table}(")))
            }
            _ => false,
        };
        if wanted {
            connection.execute_batch(sql).with_context(|| sql.clone())?;
        }
    }
    let start = Instant::now();
    connection.execute_batch("BEGIN")?;
    for table in tables {
        connection
            .execute_batch(&format!("INSERT INTO main.\"{table}\" SELECT * FROM source.\"{table}\""))
            .with_context(|| table.to_owned())?;
    }
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(start.elapsed().as_secs_f64())
}

/// Writes texts into a contentless full-text index as they come; seconds so far are kept.
pub struct FullText {
    connection: Connection,
    next: i64,
    pending: Vec<String>,
    pending_bytes: usize,
    seconds: f64,
}

impl FullText {
    pub fn new(path: &Path) -> Result<Self> {
        let connection = bare_database(path)?;
        connection.execute_batch("CREATE VIRTUAL TABLE text_fts USING fts5(t, content='', contentless_delete=1)")?;
        Ok(Self { connection, next: 1, pending: Vec::new(), pending_bytes: 0, seconds: 0.0 })
    }

    /// Takes a text; every 8 MiB they are written in one transaction.
    pub fn add(&mut self, text: &str) -> Result<()> {
        self.pending_bytes += text.len();
        self.pending.push(text.to_owned());
        if self.pending_bytes > 8 << 20 { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        let start = Instant::now();
        let transaction = self.connection.transaction()?;
        {
            let mut statement = transaction.prepare_cached("INSERT INTO text_fts(rowid, t) VALUES (?1, ?2)")?;
            for text in self.pending.drain(..) {
                statement.execute(params![self.next, text])?;
                self.next += 1;
            }
        }
        transaction.commit()?;
        self.pending_bytes = 0;
        self.seconds += start.elapsed().as_secs_f64();
        Ok(())
    }

    /// Seconds in all.
    pub fn finish(mut self) -> Result<f64> {
        self.write()?;
        Ok(self.seconds)
    }
}

/// As the store opens its own, with nothing of it inside.
fn bare_database(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;
         PRAGMA foreign_keys=OFF; PRAGMA cache_size=-65536;",
    )?;
    Ok(connection)
}

/// What a line of the corpus says, typed. (The published types cannot be read where JSON numbers keep their digits, as they
/// do in this workspace.)
#[expect(dead_code, reason = "decoding is what is measured")]
mod typed {
    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Traces {
        pub resource_spans: Vec<ResourceSpans>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct ResourceSpans {
        resource: Attributed,
        pub scope_spans: Vec<ScopeSpans>,
    }

    #[derive(Deserialize)]
    pub struct ScopeSpans {
        pub spans: Vec<Span>,
    }

    #[derive(Deserialize)]
    pub struct Attributed {
        attributes: Vec<KeyValue>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct Span {
        trace_id: String,
        span_id: String,
        parent_span_id: Option<String>,
        name: String,
        kind: u8,
        start_time_unix_nano: String,
        end_time_unix_nano: String,
        attributes: Vec<KeyValue>,
    }

    #[derive(Deserialize)]
    pub struct KeyValue {
        key: String,
        value: AnyValue,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    pub struct AnyValue {
        string_value: Option<String>,
        int_value: Option<String>,
        double_value: Option<f64>,
        array_value: Option<Values>,
    }

    #[derive(Deserialize)]
    pub struct Values {
        values: Vec<AnyValue>,
    }
}

/// A sink that only counts.
#[derive(Default)]
struct Counted {
    facts: u64,
}

impl Sink for Counted {
    fn fact(&mut self, fact: Fact) -> Result<(), Stop> {
        self.facts += u64::from(!fact.body.is_empty());
        Ok(())
    }

    fn warning(&mut self, warning: WarningAt) {
        // A clean corpus has none; one would make the bound a bound of something else.
        assert!(warning.code == Code::ClockSkew, "{warning:?}");
    }

    fn progress(&mut self, _bytes: u64) -> Result<(), Stop> {
        Ok(())
    }
}
