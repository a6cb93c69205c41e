//! Search: one executor over in-memory columns, full text and lists.
//!
//! A query is evaluated to a set of positions (`eval`, `words`), sorted by a total order (`order`); a page of it is read from the
//! tables (`list`), its values are counted (`facets`). The columns are loaded when the first question comes and brought up
//! to date whenever anybody has committed something. A result set keeps sorted keys, so that rows can be asked for by rank.

mod bits;
mod columns;
mod eval;
mod facets;
mod fields;
mod list;
mod lists;
mod order;
mod points;
mod snapshot;
mod words;

use crate::error::{Result, StoreError};
use crate::query::ids;
use crate::query::read::ids_of_span;
use crate::rows::{
    AuditRow, Cancel, Facets, HistogramBucket, ListRow, MetricPoint, Of, ResultSet, SearchPage, SearchRequest, SpanKey,
};
use crate::table::span::{self, Shape};
use crate::table::{name, trace};
use crate::workspace::{Workspace, lock};
use bits::Bits;
use columns::{Columns, UNKNOWN};
use eval::Eval;
use list::Lister;
use lists::Lists;
use order::{Order, question_of};
use points::Points;
use retake_model::Id;
use retake_query::{Expr, Query, Sort};
use snapshot::KEPT_FROM_SPANS;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Mutex;

/// So many result sets are kept; the oldest is forgotten.
const RESULTS: usize = 16;

/// State of the search.
#[derive(Debug, Default)]
pub(crate) struct SearchState {
    loaded: Mutex<Loaded>,
    results: Mutex<Results>,
}

#[derive(Debug, Default)]
struct Loaded {
    columns: Option<Columns>,
    lists: Lists,
    version: i64,
    /// What the file beside the workspace was made of, as far as we know.
    kept: snapshot::State,
}

#[derive(Debug, Default)]
struct Results {
    last: u64,
    kept: VecDeque<Kept>,
}

/// A result set: keys in order.
#[derive(Debug)]
struct Kept {
    id: u64,
    of: Of,
    expr: Expr,
    pks: std::sync::Arc<Vec<u32>>,
}

impl Workspace {
    /// Runs `question` over columns that are up to date.
    fn with_columns<T>(&self, cancel: &Cancel, question: impl FnOnce(&mut Eval<'_>) -> Result<T>) -> Result<T> {
        let version = self.data_version()?;
        let mut loaded = lock(&self.inner.search.loaded);
        if cancel.is_cancelled() {
            return Err(StoreError::Cancelled);
        }
        self.read(|connection| {
            let Loaded { columns, lists, version: seen, kept } = &mut *loaded;
            match columns {
                Some(_) if *seen == version => {}
                Some(columns) => {
                    lists.forget();
                    columns.refresh(connection)?;
                }
                None => {
                    lists.forget();
                    let (beside, key) = (snapshot::path_of(self.path()), self.workspace_key());
                    *columns = Some(match snapshot::load(&beside, &key, connection)? {
                        Some(mut found) => {
                            *kept = found.state();
                            found.refresh(connection)?;
                            found
                        }
                        None => Columns::load(connection)?,
                    });
                }
            }
            // What is committed between the look at the version and the snapshot is loaded once more: that is no harm.
            *seen = version;
            let Some(columns) = columns else { return Err(StoreError::Cancelled) };
            question(&mut Eval { connection, columns, lists, cancel })
        })
    }

    /// Reads ahead what every search looks at, so that the first one need not wait for it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn warm(&self) -> Result<()> {
        self.with_columns(&Cancel::default(), |_| Ok(()))
    }

    /// Whether so much came since columns were kept that the next start would feel reading it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn columns_are_behind(&self) -> Result<bool> {
        self.read(|connection| {
            let kept = snapshot::state_of(&snapshot::path_of(self.path()), connection)?;
            let mut statement = connection.prepare(
                "SELECT count(*) FROM (SELECT 1 FROM trace JOIN span USING (trace_pk) WHERE trace.rev > ?1 LIMIT ?2)",
            )?;
            let (many, since) = (KEPT_FROM_SPANS as i64, kept.map_or(0, |kept| kept.rev));
            let spans: i64 = statement.query_row([since, many], |row| row.get(0))?;
            Ok(spans >= many)
        })
    }

    /// Keeps what every search looks at in a file beside the workspace, when it was read and has changed since the file was
    /// written: the next program reads that instead of every span. Where it cannot be written nothing is lost but time.
    pub fn keep_columns(&self) -> std::io::Result<()> {
        let mut loaded = lock(&self.inner.search.loaded);
        let Loaded { columns: Some(columns), kept, .. } = &mut *loaded else { return Ok(()) };
        if columns.state() == *kept || self.is_frozen() {
            return Ok(());
        }
        snapshot::keep(&snapshot::path_of(self.path()), &self.workspace_key(), columns)?;
        *kept = columns.state();
        Ok(())
    }

    /// A page of what matches.
    pub fn search(&self, query: &Query, request: &SearchRequest) -> Result<SearchPage> {
        let question = question_of(query, request.of, &request.sort);
        let (pks, total, facets, next) = self.with_columns(&request.cancel, |eval| {
            let matches = matches(eval, request.of, &query.expr)?;
            let order = Order::new(eval.connection, eval.columns, request.of, &request.sort, &matches)?;
            let after = request.after.as_deref().map(|cursor| order.read_cursor(cursor, &question)).transpose()?;
            let (places, more) = order.page(&matches, after, request.limit);
            let next = places.last().filter(|_| more).map(|place| order.cursor(place, &question));
            let pks: Vec<i64> = places.iter().map(|place| pk_of(eval.columns, request.of, place.at)).collect();
            let mut facets = Vec::with_capacity(request.facets.len());
            for field in &request.facets {
                facets.push((field.clone(), facets::count(eval, request.of, &matches, field)?));
            }
            Ok((pks, matches.count() as u64, facets, next))
        })?;
        let rows = self.rows(&query.expr, request.of, &pks, &request.cancel)?;
        Ok(SearchPage { rows, total, total_exact: true, facets, next })
    }

    /// Runs a query once and keeps the sorted keys, so that rows can be asked for by rank. The oldest of 16 is forgotten.
    pub fn open_result(&self, query: &Query, of: Of, sort: &Sort, cancel: &Cancel) -> Result<ResultSet> {
        let pks = self.with_columns(cancel, |eval| {
            let matches = matches(eval, of, &query.expr)?;
            let order = Order::new(eval.connection, eval.columns, of, sort, &matches)?;
            let sorted = order.sorted(&matches);
            Ok(sorted.into_iter().map(|at| pk_of(eval.columns, of, at) as u32).collect::<Vec<u32>>())
        })?;
        let mut results = lock(&self.inner.search.results);
        results.last += 1;
        let (id, len) = (results.last, pks.len() as u64);
        results.kept.push_back(Kept { id, of, expr: query.expr.clone(), pks: pks.into() });
        if results.kept.len() > RESULTS {
            results.kept.pop_front();
        }
        Ok(ResultSet { id, len })
    }

    /// Rows `from..from + n` of a result; rows that were removed since are left out. `IdUnknown` for a result that was
    /// forgotten.
    pub fn result_rows(&self, result_id: u64, from: u64, n: usize) -> Result<Vec<ListRow>> {
        let (of, expr, pks) = self.kept(result_id)?;
        let from = usize::try_from(from).unwrap_or(usize::MAX).min(pks.len());
        let to = from.saturating_add(n).min(pks.len());
        let slice: Vec<i64> = pks.get(from..to).unwrap_or_default().iter().map(|pk| i64::from(*pk)).collect();
        self.rows(&expr, of, &slice, &Cancel::default())
    }

    /// Rank of a trace (or span, by its own id) in a result.
    pub fn result_rank(&self, result_id: u64, trace_id: &Id, span_id: Option<&Id>) -> Result<Option<u64>> {
        let (of, _, pks) = self.kept(result_id)?;
        let wanted: Vec<i64> = self.read(|connection| match (of, span_id) {
            (Of::Spans, Some(span_id)) => {
                Ok(ids::span_pk(connection, trace_id, span_id)?.map(|(_, span_pk)| span_pk).into_iter().collect())
            }
            (Of::Spans, None) => Ok(Vec::new()),
            (Of::Traces, _) => ids::trace_pks(connection, trace_id),
        })?;
        Ok(pks.iter().position(|pk| wanted.contains(&i64::from(*pk))).map(|rank| rank as u64))
    }

    /// Counted values of fields over a result.
    pub fn result_facets(&self, result_id: u64, fields: &[String]) -> Result<Facets> {
        let (of, _, pks) = self.kept(result_id)?;
        self.with_columns(&Cancel::default(), |eval| {
            let mut matches = Bits::none(length(eval.columns, of));
            for pk in pks.iter() {
                let at = match of {
                    Of::Traces => eval.columns.trace_position(i64::from(*pk)),
                    Of::Spans => eval.columns.span_position(i64::from(*pk)),
                };
                if let Some(at) = at {
                    matches.insert(at);
                }
            }
            let mut all = Vec::with_capacity(fields.len());
            for field in fields {
                all.push((field.clone(), facets::count(eval, of, &matches, field)?));
            }
            Ok(all)
        })
    }

    /// Forgets a result.
    pub fn close_result(&self, result_id: u64) {
        lock(&self.inner.search.results).kept.retain(|kept| kept.id != result_id);
    }

    fn kept(&self, result_id: u64) -> Result<(Of, Expr, std::sync::Arc<Vec<u32>>)> {
        let results = lock(&self.inner.search.results);
        let kept = results.kept.iter().find(|kept| kept.id == result_id);
        kept.map(|kept| (kept.of, kept.expr.clone(), kept.pks.clone()))
            .ok_or_else(|| StoreError::IdUnknown(format!("result {result_id}")))
    }

    fn rows(&self, expr: &Expr, of: Of, pks: &[i64], cancel: &Cancel) -> Result<Vec<ListRow>> {
        let version = self.data_version()?;
        self.read(|connection| {
            let mut lister = Lister::new(self, version, expr);
            let mut rows = Vec::with_capacity(pks.len());
            for pk in pks {
                if cancel.is_cancelled() {
                    return Err(StoreError::Cancelled);
                }
                rows.extend(lister.row(connection, of, *pk)?);
            }
            Ok(rows)
        })
    }

    /// Traces over time, in `buckets` equal parts of the time that the result covers.
    pub fn histogram(&self, query: &Query, buckets: usize) -> Result<Vec<HistogramBucket>> {
        self.with_columns(&Cancel::default(), |eval| {
            let matches = eval.traces(&query.expr)?;
            let traces = &eval.columns.traces;
            let start = |at: usize| traces.start.get(at).copied().filter(|start| *start != UNKNOWN);
            let (Some(first), Some(last)) =
                (matches.iter().filter_map(start).min(), matches.iter().filter_map(start).max())
            else {
                return Ok(Vec::new());
            };
            let n = i64::try_from(buckets.max(1)).unwrap_or(1);
            let width = (last.saturating_sub(first) / n).saturating_add(1);
            let mut all: Vec<HistogramBucket> = (0..n)
                .map(|at| {
                    let start_ns = first.saturating_add(width.saturating_mul(at));
                    HistogramBucket { start_ns, end_ns: start_ns.saturating_add(width), n: 0, n_errors: 0 }
                })
                .collect();
            for at in matches.iter() {
                let Some(start) = start(at) else { continue };
                let bucket = usize::try_from(start.saturating_sub(first) / width).unwrap_or(0);
                if let Some(bucket) = all.get_mut(bucket) {
                    bucket.n += 1;
                    let bits = i64::from(traces.bits.get(at).copied().unwrap_or(0));
                    bucket.n_errors += u64::from(bits & span::bit::ERROR != 0);
                }
            }
            Ok(all)
        })
    }

    /// Values of a field that begin with `typed` (case folded), most frequent first, for completion.
    pub fn values_of(&self, field: &str, typed: &str, limit: usize) -> Result<Vec<(String, u64)>> {
        let begins = typed.to_lowercase();
        self.with_columns(&Cancel::default(), |eval| {
            let all = eval.columns.live_traces.clone();
            let mut values = facets::count(eval, Of::Traces, &all, field)?;
            values.retain(|(value, _)| value.to_lowercase().starts_with(&begins));
            values.truncate(limit);
            Ok(values)
        })
    }

    /// Ids of all traces that match, newest first.
    pub fn traces_matching(&self, query: &Query) -> Result<Vec<Id>> {
        self.with_columns(&Cancel::default(), |eval| {
            let matches = eval.traces(&query.expr)?;
            let order = Order::new(eval.connection, eval.columns, Of::Traces, &Sort::default(), &matches)?;
            let mut found = Vec::new();
            for at in order.sorted(&matches) {
                let trace_pk = pk_of(eval.columns, Of::Traces, at);
                found.extend(trace::row(eval.connection, trace_pk)?.map(|row| span::id_of_key(&row.trace_key)));
            }
            Ok(found)
        })
    }

    /// (trace, span) of all spans that match, oldest first.
    pub fn spans_matching(&self, query: &Query) -> Result<Vec<(Id, Id)>> {
        self.with_columns(&Cancel::default(), |eval| {
            let matches = eval.spans(&query.expr)?;
            let sort = Sort { descending: false, ..Sort::default() };
            let order = Order::new(eval.connection, eval.columns, Of::Spans, &sort, &matches)?;
            let mut found = Vec::new();
            for at in order.sorted(&matches) {
                found.extend(ids_of_span(eval.connection, pk_of(eval.columns, Of::Spans, at))?);
            }
            Ok(found)
        })
    }

    /// Traces that audit events can be joined to: by trace id, request id, or user and time (`window_ms` around a trace).
    pub fn traces_touching(&self, events: &[AuditRow], window_ms: i64) -> Result<Vec<Id>> {
        let window_ns = window_ms.saturating_mul(1_000_000);
        self.with_columns(&Cancel::default(), |eval| {
            let (connection, columns) = (eval.connection, eval.columns);
            let mut found = BTreeSet::new();
            // By user: times at which the log names them.
            let mut acted: HashMap<u32, Vec<i64>> = HashMap::new();
            for row in events {
                let event = &row.event;
                if let Some(trace_id) = &event.trace_id {
                    found.extend(ids::trace_pks(connection, trace_id)?);
                }
                if let Some(request) = &event.request_id {
                    found.extend(ids::trace_pks_of_request(connection, request)?);
                }
                if let (Some(actor), Some(time_ns)) = (&event.actor, event.time_ns)
                    && let Some(user) = name::find(connection, actor)?
                {
                    acted.entry(user as u32).or_default().push(time_ns);
                }
            }
            if !acted.is_empty() {
                for at in columns.live_spans.iter() {
                    let number = |column: &[i64]| column.get(at).copied().filter(|value| *value != UNKNOWN);
                    let Some(times) = columns.spans.user.get(at).and_then(|user| acted.get(user)) else { continue };
                    let Some(start) = number(&columns.spans.start) else { continue };
                    let end = start.saturating_add(number(&columns.spans.duration).unwrap_or(0).max(0));
                    let within = start.saturating_sub(window_ns)..=end.saturating_add(window_ns);
                    if times.iter().any(|time| within.contains(time)) {
                        let trace = columns.spans.trace.get(at).copied().unwrap_or(0);
                        found.insert(pk_of(columns, Of::Traces, trace));
                    }
                }
            }
            let mut all = Vec::with_capacity(found.len());
            for trace_pk in found {
                all.extend(trace::row(connection, trace_pk)?.map(|row| span::id_of_key(&row.trace_key)));
            }
            Ok(all)
        })
    }

    /// One point per model call (embeddings and reranks too) of the traces that match, oldest first. Where the query
    /// names who it was for, a model or a provider, the call itself has to satisfy that.
    pub fn metric_points(&self, query: &Query) -> Result<Vec<MetricPoint>> {
        self.with_columns(&Cancel::default(), |eval| {
            let traces = eval.traces(&query.expr)?;
            let mut calls = eval.spans(&eval::call_terms(&query.expr))?;
            let columns = eval.columns;
            let model_call = Bits::collect(columns.spans.pk.len(), |at| {
                let trace = columns.spans.trace.get(at).copied().unwrap_or(0) as usize;
                let shape = Shape { kind: columns.spans.kind.get(at).copied().unwrap_or(0), ..Shape::default() };
                traces.contains(trace) && is_model_call(&shape)
            });
            calls.and(&model_call);
            let sort = Sort { descending: false, ..Sort::default() };
            let order = Order::new(eval.connection, columns, Of::Spans, &sort, &calls)?;
            let mut points = Points::new(columns);
            Ok(order.sorted(&calls).into_iter().map(|at| points.at(at as usize)).collect())
        })
    }

    /// Trace and span of points, in their order; `None` for what is no more.
    pub fn ids_of(&self, spans: &[SpanKey]) -> Result<Vec<Option<(Id, Id)>>> {
        self.read(|connection| spans.iter().map(|span| ids_of_span(connection, i64::from(span.0))).collect())
    }
}

fn is_model_call(shape: &Shape) -> bool {
    use retake_model::SpanKind;
    matches!(shape.kind(), Some(SpanKind::Llm | SpanKind::Embedding | SpanKind::Reranker))
}

fn matches(eval: &mut Eval<'_>, of: Of, expr: &Expr) -> Result<Bits> {
    match of {
        Of::Traces => eval.traces(expr),
        Of::Spans => eval.spans(expr),
    }
}

fn length(columns: &Columns, of: Of) -> usize {
    match of {
        Of::Traces => columns.traces.pk.len(),
        Of::Spans => columns.spans.pk.len(),
    }
}

fn pk_of(columns: &Columns, of: Of, at: u32) -> i64 {
    let pks = match of {
        Of::Traces => &columns.traces.pk,
        Of::Spans => &columns.spans.pk,
    };
    pks.get(at as usize).copied().map_or(0, i64::from)
}
