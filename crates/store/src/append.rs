//! The way of a record into the workspace: fact and claim, then the projection of what it touches.
//!
//! A call is cut into slices of some tens of milliseconds, each one transaction that leaves everything whole: facts,
//! projections, roll-ups of the touched traces. What is counted is the difference of the projection before and after,
//! so that the order of files and slices does not matter.

use crate::blob::{Dictionaries, Kind, Packer};
use crate::error::Result;
use crate::introduce;
use crate::pack;
use crate::prepare::{Prepared, Projection};
use crate::project::{self, Delta, Made};
use crate::projector::{MappedFact, Projector};
use crate::rollup;
use crate::rows::{Appended, Counters};
use crate::segment;
use crate::table::document;
use crate::table::fact::{self, FactHead, FactSource};
use crate::table::message::MessageCache;
use crate::table::name::NameCache;
use crate::table::span::{self, ShapeCache};
use crate::table::text::{self, TextCache};
use crate::table::{audit, lease, meta, trace};
use crate::workspace::{BatchHandle, FileNo, Workspace, Write};
use foldhash::{HashMap, HashSet};
use retake_model::{AuditEvent, EntityKey, Fact, FactKind, Mapped, Span};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Aim for the length of a slice while a run streams: at most 50 ms are allowed, or its tokens stutter.
const SLICE: Duration = Duration::from_millis(40);
/// The same while none does: the pages and the words of few long slices are written fewer times than those of many.
const LONG_SLICE: Duration = Duration::from_millis(100);

/// What the writing connection remembers of the tables.
#[derive(Default)]
pub(crate) struct WriteCache {
    pub names: NameCache,
    pub texts: TextCache,
    pub messages: MessageCache,
    pub shapes: ShapeCache,
    pub packer: Packer,
    next_span_pk: Option<i64>,
    sources: HashMap<FactSource, i64>,
    /// What the roll-ups of the last slice took.
    rolled_up: Duration,
}

impl WriteCache {
    /// Packs with dictionaries that others may use too.
    pub(crate) fn new(dictionaries: Arc<Dictionaries>) -> Self {
        Self { packer: Packer::new(dictionaries), ..Self::default() }
    }

    /// Forgets everything: a transaction was rolled back, or another process wrote.
    pub(crate) fn clear(&mut self) {
        self.names.clear();
        self.texts.clear();
        self.messages.clear();
        self.shapes.clear();
        self.packer.clear();
        self.next_span_pk = None;
        self.sources.clear();
    }

    fn source_id(&mut self, connection: &Connection, source: FactSource) -> Result<i64> {
        if let Some(id) = self.sources.get(&source) {
            return Ok(*id);
        }
        let id = fact::source_id(connection, &source)?;
        self.sources.insert(source, id);
        Ok(id)
    }

    fn new_span_pk(&mut self, connection: &Connection) -> Result<i64> {
        let pk = match self.next_span_pk {
            Some(pk) => pk,
            None => span::next_pk(connection)?,
        };
        self.next_span_pk = Some(pk + 1);
        Ok(pk)
    }

    /// After spans were removed their keys may be given again.
    pub(crate) fn forget_span_pk(&mut self) {
        self.next_span_pk = None;
    }
}

/// What a slice touched.
#[derive(Default)]
pub(crate) struct Touched {
    /// Owners whose facts changed, in the order of first touch.
    owners: Vec<i64>,
    owner_set: HashSet<i64>,
    /// Traces whose spans changed.
    pub traces: BTreeSet<i64>,
    /// Facts of this slice, mapped, by owner and content.
    mapped: HashMap<(i64, [u8; 16]), MappedFact>,
    /// Projections by one fact alone.
    projections: HashMap<(i64, [u8; 16]), Projection>,
    /// Spans that have no row yet.
    new_spans: HashMap<(i64, Vec<u8>), i64>,
    /// Trace and key of every touched span.
    pub spans: HashMap<i64, (i64, Vec<u8>)>,
    /// Owners whose own record came in this slice.
    own_records: HashSet<i64>,
}

impl Touched {
    /// Marks an owner.
    pub(crate) fn owner(&mut self, owner: i64) {
        if self.owner_set.insert(owner) {
            self.owners.push(owner);
        }
    }

    /// Keys of the touched entities that are no spans.
    pub(crate) fn entities(&self) -> Vec<i64> {
        self.owners.iter().filter(|owner| **owner < 0).map(|owner| -owner).collect()
    }

    /// Marks a span of a trace.
    pub(crate) fn span(&mut self, span_pk: i64, trace_pk: i64, span_key: Vec<u8>) {
        self.owner(span_pk);
        self.traces.insert(trace_pk);
        self.spans.insert(span_pk, (trace_pk, span_key));
    }
}

impl Workspace {
    /// Adds records of one file and projects what they touch. Call it with some hundred records at a time.
    ///
    /// Records that are already there (same entity, same content) only get a claim and count as duplicates; so do
    /// records whose key is there with other content, which are kept as a further fact of their entity.
    pub fn append(
        &self,
        batch: &mut BatchHandle,
        file: FileNo,
        facts: Vec<Prepared>,
        projector: &dyn Projector,
    ) -> Result<Appended> {
        let mut total = Counters::default();
        let mut size = batch.slice.get();
        let mut facts = facts.into_iter().peekable();
        while facts.peek().is_some() {
            let slice: Vec<Prepared> = facts.by_ref().take(size).collect();
            let n = slice.len();
            let began = Instant::now();
            let (counters, rolled_up, aim) = self.write(Write::Bulk, |tx, cache| {
                let aim = if lease::any_is_held(tx)? { SLICE } else { LONG_SLICE };
                let counters = append_slice(tx, cache, batch, file, slice, projector)?;
                Ok((counters, cache.rolled_up, aim))
            })?;
            add(&mut total, &counters);
            // Rolling up a trace takes as long as the trace is large, however few of its records came: a slice is to be
            // worth it, or a trace of many spans would be read once for every few of them.
            let took = began.elapsed().saturating_sub(rolled_up).max(Duration::from_micros(100));
            if n == size {
                let fit = size as f64 * aim.max(rolled_up).as_secs_f64() / took.as_secs_f64();
                size = (fit as usize).clamp(size / 2, size * 2).clamp(32, 4000);
            }
        }
        batch.slice.set(size);
        Ok(Appended { counters: total })
    }
}

fn append_slice(
    tx: &Connection,
    cache: &mut WriteCache,
    batch: &BatchHandle,
    file: FileNo,
    facts: Vec<Prepared>,
    projector: &dyn Projector,
) -> Result<Counters> {
    let mut counters = Counters::default();
    let mut touched = Touched::default();
    for fact in facts {
        add_fact(tx, cache, batch, file, fact, &mut counters, &mut touched)?;
    }
    let delta = project_touched(tx, cache, touched, projector)?;
    count(&mut counters, &delta);
    Ok(counters)
}

fn count(counters: &mut Counters, delta: &Delta) {
    let plus = |counter: &mut u64, n: i64| *counter = counter.saturating_add_signed(n);
    plus(&mut counters.spans, delta.spans);
    plus(&mut counters.messages, delta.messages);
    plus(&mut counters.documents, delta.documents);
    plus(&mut counters.tool_calls, delta.tool_calls);
    plus(&mut counters.scores, delta.scores);
    plus(&mut counters.audit_events, delta.audit_events);
}

/// Adds counters.
pub(crate) fn add(total: &mut Counters, more: &Counters) {
    total.bytes += more.bytes;
    total.traces += more.traces;
    total.spans += more.spans;
    total.log_records += more.log_records;
    total.messages += more.messages;
    total.tool_calls += more.tool_calls;
    total.documents += more.documents;
    total.audit_events += more.audit_events;
    total.scores += more.scores;
    total.exchanges += more.exchanges;
    total.duplicates += more.duplicates;
    total.rejected += more.rejected;
}

fn add_fact(
    tx: &Connection,
    cache: &mut WriteCache,
    batch: &BatchHandle,
    file: FileNo,
    prepared: Prepared,
    counters: &mut Counters,
    touched: &mut Touched,
) -> Result<()> {
    let Prepared { fact, repeats, projection } = prepared;
    let own = fact.record == fact.entity;
    let span = match (&projection, &fact.mapped) {
        (Some(projection), _) => Some(&projection.span),
        (None, Mapped::Span(span)) => Some(&**span),
        _ => None,
    };
    let (owner, there) = owner_of(tx, cache, &fact.entity, span, counters, touched)?;
    if fact.kind == FactKind::Rejected {
        counters.rejected += 1;
    }
    // A record that is kept in parts counts once, by its first.
    let counted = u64::from(fact.kind != FactKind::RejectedPart);
    if let Some(fact_pk) = fact::find(tx, owner, &fact.content_hash)? {
        counters.duplicates += counted;
        return fact::claim(tx, fact_pk, batch.batch_pk, file.0, fact.byte_offset);
    }
    let duplicate =
        if own { there || touched.own_records.contains(&owner) } else { fact::has_record(tx, &fact.record)? };
    if own {
        touched.own_records.insert(owner);
    }
    if duplicate {
        counters.duplicates += counted;
    } else {
        match fact.kind {
            FactKind::LogRecord => counters.log_records += 1,
            FactKind::Exchange => counters.exchanges += 1,
            FactKind::Score if matches!(fact.mapped, Mapped::Raw) => counters.scores += 1,
            _ => {}
        }
    }
    let source = FactSource {
        kind: fact.kind,
        rank: fact.rank,
        format: fact.format.to_owned(),
        mapping: batch.mapping.clone().unwrap_or_default(),
    };
    let source_id = cache.source_id(tx, source)?;
    let body = pack::prepared(tx, cache, Kind::Record, &fact.body, repeats)?;
    let fact_pk = fact::add(tx, owner, &fact.content_hash, source_id, fact.updated_ns, &body)?;
    if !own {
        fact::add_record(tx, &fact.record, fact_pk)?;
    }
    fact::claim(tx, fact_pk, batch.batch_pk, file.0, fact.byte_offset)?;
    touched.owner(owner);
    let key = (owner, fact.content_hash);
    match projection {
        Some(projection) => {
            touched.projections.insert(key, projection);
        }
        None => {
            let Fact { rank, updated_ns, content_hash, mapped, .. } = fact;
            touched.mapped.insert(key, MappedFact { rank, updated_ns, content_hash, mapped });
        }
    }
    Ok(())
}

/// Owner of a fact, and whether its own record was there before.
fn owner_of(
    tx: &Connection,
    cache: &mut WriteCache,
    entity: &EntityKey,
    span: Option<&Span>,
    counters: &mut Counters,
    touched: &mut Touched,
) -> Result<(i64, bool)> {
    if let Some(span) = span
        && entity.0.first() == Some(&b's')
        && let (Some(trace_id), Some(span_id)) = (&span.trace_id, &span.span_id)
    {
        let source = source_of(&entity.0, trace_id.is_w3c() && span_id.is_w3c());
        let trace_key = span::key_of_id(trace_id, &source);
        let trace_pk = match trace::find(tx, &trace_key)? {
            Some(trace_pk) => trace_pk,
            None => {
                counters.traces += 1;
                trace::add(tx, &trace_key)?
            }
        };
        let span_key = span::key_of_id(span_id, &source);
        if let Some(span_pk) = touched.new_spans.get(&(trace_pk, span_key.clone())) {
            return Ok((*span_pk, false));
        }
        let (span_pk, there) = match span::find(tx, trace_pk, &span_key)? {
            Some(span_pk) => (span_pk, span::row(tx, span_pk)?.is_some_and(|row| row.recorded())),
            None => {
                let span_pk = cache.new_span_pk(tx)?;
                touched.new_spans.insert((trace_pk, span_key.clone()), span_pk);
                (span_pk, false)
            }
        };
        touched.spans.insert(span_pk, (trace_pk, span_key));
        return Ok((span_pk, there));
    }
    match fact::find_entity(tx, entity)? {
        Some(entity_pk) => Ok((-entity_pk, true)),
        None => Ok((-fact::add_entity(tx, entity)?, false)),
    }
}

/// The kind of source that a key of other than W3C-shaped ids is bound to.
fn source_of(key: &[u8], w3c: bool) -> String {
    if w3c {
        return String::new();
    }
    let text = key.get(1..).unwrap_or_default().split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// Projects the touched owners anew and rolls their traces up. The same for an import and for an undo.
pub(crate) fn project_touched(
    tx: &Connection,
    cache: &mut WriteCache,
    mut touched: Touched,
    projector: &dyn Projector,
) -> Result<Delta> {
    let mut delta = Delta::default();
    let mut changes = introduce::Changes::default();
    for owner in std::mem::take(&mut touched.owners) {
        if owner < 0 {
            delta.audit_events += project_audit(tx, owner, &mut touched, projector)?;
        } else {
            project_span(tx, cache, owner, &mut touched, projector, &mut delta, &mut changes)?;
        }
    }
    let began = Instant::now();
    if !touched.traces.is_empty() {
        let rev = next_rev(tx)?;
        for trace_pk in &touched.traces {
            delta.tool_calls += rollup::run(tx, cache, *trace_pk, rev, &mut changes, &mut delta.traces)?;
        }
        cache.rolled_up = began.elapsed();
        introduce::apply(tx, cache, changes)?;
    }
    for (name_id, name) in cache.names.take_fresh() {
        cache.texts.index(text::name_row(name_id), segment::for_index(&name));
    }
    cache.texts.flush(tx)?;
    Ok(delta)
}

/// The facts of an owner, mapped: those of this slice as they came, others from their bodies.
fn mapped_facts(
    tx: &Connection,
    owner: i64,
    heads: Vec<FactHead>,
    touched: &mut Touched,
    projector: &dyn Projector,
) -> Result<Vec<MappedFact>> {
    let mut facts = Vec::new();
    for head in heads {
        let fact = match touched.mapped.remove(&(owner, head.content_hash)) {
            Some(fact) => fact,
            None => {
                let body = pack::unpack(tx, &fact::body(tx, head.fact_pk)?)?;
                let mapping = Some(head.source.mapping.as_str()).filter(|text| !text.is_empty());
                MappedFact {
                    rank: head.source.rank,
                    updated_ns: head.updated_ns,
                    content_hash: head.content_hash,
                    mapped: projector.remap(&head.source.format, &body, mapping),
                }
            }
        };
        facts.push(fact);
    }
    Ok(facts)
}

fn project_span(
    tx: &Connection,
    cache: &mut WriteCache,
    span_pk: i64,
    touched: &mut Touched,
    projector: &dyn Projector,
    delta: &mut Delta,
    changes: &mut introduce::Changes,
) -> Result<()> {
    let Some((trace_pk, span_key)) = touched.spans.get(&span_pk).cloned() else { return Ok(()) };
    touched.traces.insert(trace_pk);
    let heads = fact::heads(tx, span_pk)?;
    let recorded = heads.iter().any(|head| matches!(head.source.kind, FactKind::Span | FactKind::Exchange));
    let alone = match heads.as_slice() {
        [head] => touched.projections.remove(&(span_pk, head.content_hash)),
        _ => None,
    };
    let (mut span, made) = match alone {
        Some(Projection { span, made, repeats }) => (span, Some((made, Some(repeats)))),
        None => {
            let mut facts = mapped_facts(tx, span_pk, heads, touched, projector)?;
            facts.retain(|fact| matches!(fact.mapped, Mapped::Span(_)));
            if facts.is_empty() {
                return project::remove(tx, cache, span_pk, delta, changes);
            }
            (projector.merge(facts), None)
        }
    };
    span.trace_id = trace::row(tx, trace_pk)?.map(|row| span::id_of_key(&row.trace_key));
    span.span_id = Some(span::id_of_key(&span_key));
    let made = made.unwrap_or_else(|| (Made::of(&span), None));
    project::write(tx, cache, &project::Target { span_pk, trace_pk, span_key, recorded }, &span, made, delta, changes)
}

fn project_audit(tx: &Connection, owner: i64, touched: &mut Touched, projector: &dyn Projector) -> Result<i64> {
    let audit_pk = -owner;
    let before = audit::read(tx, audit_pk)?.is_some();
    let heads = fact::heads(tx, owner)?;
    let mut facts = mapped_facts(tx, owner, heads, touched, projector)?;
    if facts.len() > 1 {
        // The content hash is keyed per workspace: between records of one rank and time, what they say decides.
        facts.sort_by_cached_key(|fact| {
            let said = serde_json::to_string(&fact.mapped).unwrap_or_default();
            std::cmp::Reverse((fact.rank, fact.updated_ns, said))
        });
    }
    let events: Vec<AuditEvent> = facts
        .into_iter()
        .filter_map(|fact| match fact.mapped {
            Mapped::Audit(event) => Some(*event),
            _ => None,
        })
        .collect();
    if events.is_empty() {
        audit::remove(tx, audit_pk)?;
        return Ok(-i64::from(before));
    }
    audit::put(tx, audit_pk, &audit::merge(events))?;
    Ok(i64::from(!before))
}

/// The next number of a change, by which readers see what to load anew.
pub(crate) fn next_rev(tx: &Connection) -> Result<i64> {
    let rev = meta::number(tx, "rev")? + 1;
    meta::set_number(tx, "rev", rev)?;
    Ok(rev)
}

/// Marks a trace as changed for readers: findings or joins of it changed.
pub(crate) fn touch_trace(tx: &Connection, trace_pk: i64) -> Result<()> {
    let rev = next_rev(tx)?;
    trace::touch(tx, trace_pk, rev)
}

/// Documents that a span gave, for the count of an import.
pub(crate) fn documents_of(tx: &Connection, span_pk: i64) -> Result<i64> {
    Ok(i64::from(document::count_out(tx, span_pk)?))
}
