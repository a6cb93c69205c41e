//! What hangs on spans in lists of its own (tools, documents, scores, findings, audit joins, takes): loaded when a term or
//! a facet asks for it, forgotten when anything was committed.

use crate::error::Result;
use crate::query::ids;
use crate::search::bits::Bits;
use crate::search::columns::Columns;
use crate::table::{audit, finding, meta};
use retake_model::{Decision, FindingCode, Id, SpanStatus};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Pairs of a span's position and a name.
type Pairs = Vec<(u32, u32)>;

/// What was loaded so far.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    tools: Option<std::sync::Arc<Pairs>>,
    documents: Option<std::sync::Arc<Pairs>>,
    has: BTreeMap<&'static str, std::sync::Arc<Bits>>,
    decisions: Option<std::sync::Arc<Vec<(u32, Decision)>>>,
    occurrences: Option<std::sync::Arc<Occurrences>>,
}

/// Where every text stands: what a word that is met often asks for a hundred thousand times.
#[derive(Debug, Default)]
pub(crate) struct Occurrences {
    rev: i64,
    epoch: i64,
    /// By text: where its spans begin. One more than there are texts.
    starts: Vec<u32>,
    spans: Vec<u32>,
}

impl Occurrences {
    fn load(connection: &Connection, rev: i64, epoch: i64) -> Result<Self> {
        let mut all = Self { rev, epoch, ..Self::default() };
        let mut statement = connection.prepare_cached("SELECT text_id, span_pk FROM occurrence ORDER BY text_id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let text_id = usize::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
            while all.starts.len() <= text_id {
                all.starts.push(all.spans.len() as u32);
            }
            all.spans.push(row.get(1)?);
        }
        all.starts.push(all.spans.len() as u32);
        Ok(all)
    }

    /// Keys of the spans that a text stands in.
    pub(crate) fn of(&self, text_id: i64) -> &[u32] {
        let Ok(at) = usize::try_from(text_id) else { return &[] };
        match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(to)) => self.spans.get(*from as usize..*to as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

impl Lists {
    /// Forgets what a commit may have changed; what is bound to the state of traces finds that out by itself.
    pub(crate) fn forget(&mut self) {
        *self = Self { occurrences: self.occurrences.take(), ..Self::default() };
    }

    /// Where texts stand.
    pub(crate) fn occurrences(&mut self, connection: &Connection) -> Result<std::sync::Arc<Occurrences>> {
        let (rev, epoch) = (meta::number(connection, "rev")?, meta::number(connection, "epoch")?);
        match &self.occurrences {
            Some(known) if known.rev == rev && known.epoch == epoch => Ok(known.clone()),
            _ => {
                let loaded = std::sync::Arc::new(Occurrences::load(connection, rev, epoch)?);
                self.occurrences = Some(loaded.clone());
                Ok(loaded)
            }
        }
    }

    /// Tools by span: asked for or run.
    pub(crate) fn tools(&mut self, connection: &Connection, columns: &Columns) -> Result<std::sync::Arc<Pairs>> {
        if self.tools.is_none() {
            let sql = "SELECT span_pk, name_id FROM tool_call";
            self.tools = Some(pairs(connection, columns, sql)?.into());
        }
        Ok(self.tools.clone().unwrap_or_default())
    }

    /// Documents by span: what came out of a retriever or reranker, and what went in.
    pub(crate) fn documents(&mut self, connection: &Connection, columns: &Columns) -> Result<std::sync::Arc<Pairs>> {
        if self.documents.is_none() {
            let sql = "SELECT span_pk, name_id FROM retrieval JOIN document USING(document_pk) WHERE name_id NOT NULL";
            self.documents = Some(pairs(connection, columns, sql)?.into());
        }
        Ok(self.documents.clone().unwrap_or_default())
    }

    /// Decisions of audit events by span; those of a trace stand on its root.
    pub(crate) fn decisions(
        &mut self,
        connection: &Connection,
        columns: &Columns,
    ) -> Result<std::sync::Arc<Vec<(u32, Decision)>>> {
        if self.decisions.is_none() {
            let mut all = Vec::new();
            for (trace_pk, span_pk, decision) in audit::joins(connection)? {
                all.extend(span_or_root(columns, trace_pk, span_pk).map(|at| (at as u32, decision)));
            }
            self.decisions = Some(all.into());
        }
        Ok(self.decisions.clone().unwrap_or_default())
    }

    /// Spans with a finding of this code; those of a trace stand on its root.
    pub(crate) fn findings(
        &mut self,
        connection: &Connection,
        columns: &Columns,
        code: FindingCode,
    ) -> Result<std::sync::Arc<Bits>> {
        if !self.has.contains_key(code.as_str()) {
            let mut by_code: BTreeMap<&'static str, Bits> = BTreeMap::new();
            for known in FindingCode::ALL {
                by_code.insert(known.as_str(), Bits::none(columns.spans.pk.len()));
            }
            for (trace_pk, span_pk, code) in finding::codes(connection)? {
                if let (Some(bits), Some(at)) =
                    (by_code.get_mut(code.as_str()), span_or_root(columns, trace_pk, span_pk))
                {
                    bits.insert(at);
                }
            }
            self.has.extend(by_code.into_iter().map(|(code, bits)| (code, bits.into())));
        }
        Ok(self.has.get(code.as_str()).cloned().unwrap_or_else(|| Bits::none(0).into()))
    }

    /// Spans that were replayed; a take of a whole trace stands on its root.
    pub(crate) fn takes(&mut self, connection: &Connection, columns: &Columns) -> Result<std::sync::Arc<Bits>> {
        if let Some(bits) = self.has.get("take") {
            return Ok(bits.clone());
        }
        let mut bits = Bits::none(columns.spans.pk.len());
        let mut statement =
            connection.prepare_cached("SELECT DISTINCT trace_id, span_id FROM take WHERE trace_id IS NOT NULL")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?)))?;
        for row in rows {
            let (trace_id, span_id) = row?;
            let trace_id = Id::new(trace_id);
            let found = match span_id.map(Id::new) {
                Some(span_id) => ids::span_pk(connection, &trace_id, &span_id)?.map(|(t, s)| (t, Some(s))),
                None => ids::trace_pks(connection, &trace_id)?.first().map(|trace_pk| (*trace_pk, None)),
            };
            if let Some(at) = found.and_then(|(trace_pk, span_pk)| span_or_root(columns, trace_pk, span_pk)) {
                bits.insert(at);
            }
        }
        let bits: std::sync::Arc<Bits> = bits.into();
        self.has.insert("take", bits.clone());
        Ok(bits)
    }
}

/// Words that `tool.status:` knows of a call: how its span ended, and what audit events decided about it.
pub(crate) fn tool_statuses(
    columns: &Columns,
    tools: &Pairs,
    decisions: &[(u32, Decision)],
) -> Rc<Vec<(u32, &'static str)>> {
    let mut with_tool = Bits::none(columns.spans.pk.len());
    let mut all = Vec::new();
    for (at, _) in tools {
        with_tool.insert(*at as usize);
        let bits = columns.spans.bits.get(*at as usize).copied().unwrap_or(0);
        let tool_span = columns.spans.kind.get(*at as usize).copied()
            == Some(crate::table::span::Shape::kind_number(Some(retake_model::SpanKind::Tool)));
        if tool_span {
            let failed = crate::table::span::status_of(i64::from(bits)) == SpanStatus::Error;
            all.push((*at, if failed { "error" } else { "ok" }));
        }
    }
    for (at, decision) in decisions {
        // A decision on a trace as a whole is about its tools only if it has some.
        let trace = columns.spans.trace.get(*at as usize).copied().unwrap_or(0) as usize;
        let about_tool = with_tool.contains(*at as usize)
            || columns.spans_of(trace).iter().any(|span| with_tool.contains(*span as usize));
        if about_tool && *decision != Decision::Unknown {
            all.push((*at, decision.as_str()));
        }
    }
    Rc::new(all)
}

fn span_or_root(columns: &Columns, trace_pk: i64, span_pk: Option<i64>) -> Option<usize> {
    if let Some(span_pk) = span_pk {
        return columns.span_position(span_pk);
    }
    let trace = columns.trace_position(trace_pk)?;
    columns.traces.root.get(trace).map(|root| *root as usize)
}

fn pairs(connection: &Connection, columns: &Columns, sql: &str) -> Result<Pairs> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(at) = columns.span_position(row.get(0)?) {
            all.push((at as u32, row.get(1)?));
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}
