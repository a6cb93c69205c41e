//! Columns of all spans and traces in memory: what terms, sorts, facets and metrics look at.
//!
//! Positions are stable while the columns grow: a trace that changed is appended anew and its old positions die. Only when
//! a batch was taken back, or too much is dead, everything is loaded again. Unknown numbers are [`UNKNOWN`], unknown names 0.

use crate::error::Result;
use crate::search::bits::Bits;
use crate::search::fields::{Spans, Traces};
use crate::search::snapshot::{State, Visit};
use crate::table::span::{Shape, ShapeCache, bit, scope_of};
use crate::table::{meta, trace};
use retake_model::{SpanKind, Usage, UsageScope};
use rusqlite::{Connection, Row};
use std::collections::HashMap;
use std::io;

/// A number that is not known.
pub(crate) const UNKNOWN: i64 = i64::MIN;
/// No position.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// Flags of spans that only stand in memory: the user and the conversation are its own, not inherited.
pub(crate) const OWN_USER: u16 = 1 << 14;
pub(crate) const OWN_CONVERSATION: u16 = 1 << 15;
// They stand beside the stored flags.
const _: () = assert!(bit::ALL & (OWN_USER | OWN_CONVERSATION) as i64 == 0);

/// All columns.
#[derive(Debug)]
pub(crate) struct Columns {
    state: State,
    pub spans: Spans,
    pub traces: Traces,
    /// Positions of spans, trace by trace, by start.
    pub members: Vec<u32>,
    pub live_spans: Bits,
    pub live_traces: Bits,
    span_at: Vec<u32>,
    trace_at: Vec<u32>,
    names: Names,
    shapes: ShapeCache,
    /// Names of shapes by id, 0 where there is none.
    shape_names: Vec<[u32; 13]>,
}

/// Texts of names by id.
#[derive(Debug, Default)]
struct Names {
    text: String,
    ends: Vec<u32>,
}

impl Names {
    fn get(&self, id: u32) -> Option<&str> {
        let at = (id as usize).checked_sub(1)?;
        let start = match at.checked_sub(1) {
            Some(before) => *self.ends.get(before)? as usize,
            None => 0,
        };
        self.text.get(start..*self.ends.get(at)? as usize)
    }

    fn load(&mut self, connection: &Connection) -> Result<()> {
        let mut statement =
            connection.prepare_cached("SELECT name_id, text FROM name WHERE name_id > ?1 ORDER BY name_id")?;
        let mut rows = statement.query([self.ends.len() as i64])?;
        while let Some(row) = rows.next()? {
            let id: usize = row.get::<_, u32>(0)? as usize;
            while self.ends.len() + 1 < id {
                self.ends.push(self.text.len() as u32);
            }
            self.text.push_str(row.get_ref(1)?.as_str()?);
            self.ends.push(self.text.len() as u32);
        }
        Ok(())
    }
}

/// A span as it is loaded, before the columns.
struct Loaded {
    pk: u32,
    key: u64,
    parent: Option<u64>,
    shape_id: u32,
    shape: Shape,
    bits: i64,
    start: i64,
    duration: i64,
    ttft: i64,
    user: u32,
    conversation: u32,
    usage: Usage,
    cost: i64,
}

/// Spans of so many traces are held while the columns are made.
const TRACES_AT_ONCE: i64 = 1024;

const LOAD: &str =
    "SELECT trace_pk, span_pk, span_key, parent_key, shape_id, bits, start_ns, duration_ns, ttft_ns, user,
    conversation, usage, coalesce(reported_usd_nanos, computed_usd_nanos) FROM span";

/// The highest key of a table, 0 of an empty one.
fn highest(connection: &Connection, sql: &str) -> Result<usize> {
    let highest: Option<u32> = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(highest.unwrap_or(0) as usize)
}

impl Columns {
    /// None, of a state of the data.
    pub(crate) fn empty(state: State) -> Self {
        Self {
            state,
            spans: Spans::default(),
            traces: Traces::default(),
            members: Vec::new(),
            live_spans: Bits::none(0),
            live_traces: Bits::none(0),
            span_at: Vec::new(),
            trace_at: Vec::new(),
            names: Names::default(),
            shapes: ShapeCache::default(),
            shape_names: Vec::new(),
        }
    }

    /// The data that they were made of.
    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Every list, to be written or filled.
    pub(crate) fn visit(&mut self, visit: &mut impl Visit) -> io::Result<()> {
        self.spans.visit(visit)?;
        self.traces.visit(visit)?;
        visit.list(&mut self.members)?;
        self.live_spans.visit(visit)?;
        self.live_traces.visit(visit)?;
        visit.list(&mut self.span_at)?;
        visit.list(&mut self.trace_at)?;
        visit.list(&mut self.shape_names)?;
        visit.list(&mut self.names.ends)?;
        let mut text = std::mem::take(&mut self.names.text).into_bytes();
        visit.list(&mut text)?;
        self.names.text = String::from_utf8(text).map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(())
    }

    /// Whether lists that belong together are of one length.
    pub(crate) fn is_whole(&self) -> bool {
        let (spans, traces) = (self.spans.pk.len(), self.traces.pk.len());
        self.spans.are(spans)
            && self.traces.are(traces)
            && self.members.len() == spans
            && self.live_spans.len() == spans
            && self.live_traces.len() == traces
    }

    /// Everything.
    pub(crate) fn load(connection: &Connection) -> Result<Self> {
        // Whatever changed since the first change is read.
        let before = State { epoch: meta::number(connection, "epoch")?, ..State::default() };
        let mut columns = Self::empty(before);
        let spans = highest(connection, "SELECT max(span_pk) FROM span")?;
        columns.spans.reserve(spans);
        columns.members.reserve(spans);
        columns.span_at.reserve(spans + 1);
        let traces = highest(connection, "SELECT max(trace_pk) FROM trace")?;
        columns.traces.reserve(traces);
        columns.trace_at.reserve(traces + 1);
        columns.update(connection)?;
        Ok(columns)
    }

    /// Brings the columns up to date; gives back fresh ones when a batch was taken back or too much is dead.
    pub(crate) fn refresh(&mut self, connection: &Connection) -> Result<()> {
        let dead = self.spans.pk.len() - self.live_spans.count();
        if meta::number(connection, "epoch")? != self.state.epoch || dead > 10_000 + self.spans.pk.len() / 3 {
            *self = Self::load(connection)?;
            return Ok(());
        }
        self.update(connection)
    }

    fn update(&mut self, connection: &Connection) -> Result<()> {
        let state = State::of(connection)?;
        if state.rev == self.state.rev {
            return Ok(());
        }
        self.names.load(connection)?;
        let mut statement = connection.prepare_cached(&format!("{LOAD} WHERE trace_pk BETWEEN ?1 AND ?2"))?;
        let mut by_trace: HashMap<i64, Vec<Loaded>> = HashMap::new();
        let mut seen = i64::MIN;
        loop {
            // Some traces at a time, so that neither all of them nor all spans are held.
            let block = trace::changed_after(connection, self.state.rev, seen, TRACES_AT_ONCE)?;
            let Some(last) = block.last() else { break };
            seen = last.trace_pk;
            let mut changed = block.as_slice();
            while let Some(first) = changed.first() {
                // Those that follow each other are read at once.
                let follows = |(at, row): &(usize, &trace::TraceColumns)| row.trace_pk == first.trace_pk + *at as i64;
                let n = changed.iter().enumerate().take_while(follows).count();
                let (now, rest) = changed.split_at(n);
                let mut rows = statement.query([first.trace_pk, first.trace_pk + n as i64 - 1])?;
                while let Some(row) = rows.next()? {
                    self.loaded(connection, row, &mut by_trace)?;
                }
                for row in now {
                    let spans = by_trace.remove(&row.trace_pk).unwrap_or_default();
                    self.put(row, spans);
                }
                changed = rest;
            }
        }
        self.state = state;
        Ok(())
    }

    fn loaded(&mut self, connection: &Connection, row: &Row<'_>, into: &mut HashMap<i64, Vec<Loaded>>) -> Result<()> {
        let bits: i64 = row.get(5)?;
        if bits & bit::LISTED == 0 {
            return Ok(());
        }
        let number = |at: usize| -> Result<i64> { Ok(row.get::<_, Option<i64>>(at)?.unwrap_or(UNKNOWN)) };
        let name = |at: usize| -> Result<u32> { Ok(row.get::<_, Option<u32>>(at)?.unwrap_or(0)) };
        let shape_id: u32 = row.get(4)?;
        let shape = self.shapes.shape(connection, i64::from(shape_id))?;
        self.put_shape(shape_id as usize, &shape);
        let span = Loaded {
            shape_id,
            shape,
            pk: row.get(1)?,
            key: tie_of(crate::table::span::id_blob(row.get_ref(2)?.as_blob()?).as_ref()) as u64,
            parent: row.get_ref(3)?.as_blob_or_null()?.map(|blob| tie_of(blob) as u64),
            bits,
            start: number(6)?,
            duration: number(7)?,
            ttft: number(8)?,
            user: name(9)?,
            conversation: name(10)?,
            usage: row.get_ref(11)?.as_blob_or_null()?.map(crate::table::span::usage_from_blob).unwrap_or_default(),
            cost: number(12)?,
        };
        into.entry(row.get(0)?).or_default().push(span);
        Ok(())
    }

    fn put_shape(&mut self, shape_id: usize, shape: &Shape) {
        if self.shape_names.len() <= shape_id {
            self.shape_names.resize(shape_id + 1, [0; 13]);
        }
        if let Some(slot) = self.shape_names.get_mut(shape_id) {
            *slot = shape.names().map(|name| name as u32);
        }
    }

    /// Spans that have one of these names (by id) as a word of their own: in their shape, as user, as conversation.
    pub(crate) fn named_by(&self, wanted: &[bool]) -> Bits {
        let is_wanted = |name: u32| wanted.get(name as usize).copied().unwrap_or(false);
        let shapes: Vec<bool> =
            self.shape_names.iter().map(|names| names.iter().any(|name| is_wanted(*name))).collect();
        let spans = &self.spans;
        Bits::collect(spans.pk.len(), |at| {
            let of = |column: &[u32]| column.get(at).copied().unwrap_or(0);
            let bits = spans.bits.get(at).copied().unwrap_or(0);
            shapes.get(of(&spans.shape) as usize).copied().unwrap_or(false)
                || (bits & OWN_USER != 0 && is_wanted(of(&spans.user)))
                || (bits & OWN_CONVERSATION != 0 && is_wanted(of(&spans.conversation)))
        })
    }

    /// Puts a trace in place of what it was before.
    fn put(&mut self, row: &trace::TraceColumns, mut spans: Vec<Loaded>) {
        let trace_pk = row.trace_pk as usize;
        if let Some(old) = self.trace_position(row.trace_pk) {
            self.live_traces.remove(old);
            let (first, n) = self.traces.members.get(old).copied().unwrap_or_default();
            for at in self.members.get(first as usize..(first + n) as usize).unwrap_or_default() {
                self.live_spans.remove(*at as usize);
            }
            place(&mut self.trace_at, trace_pk, NOWHERE);
        }
        if spans.is_empty() {
            return;
        }
        spans.sort_by_key(|span| (if span.start == UNKNOWN { i64::MAX } else { span.start }, span.key));
        let trace = self.traces.pk.len() as u32;
        let first = self.spans.pk.len() as u32;
        let above = effective(&spans, row.root_pk);
        for (span, who) in spans.iter().zip(&above) {
            self.push_span(span, who, trace);
        }
        let member = self.members.len() as u32;
        self.members.extend(first..first + spans.len() as u32);
        self.push_trace(row, &spans, member, first);
        self.live_spans.grow(self.spans.pk.len());
        self.live_traces.grow(self.traces.pk.len());
        for at in first..first + spans.len() as u32 {
            self.live_spans.insert(at as usize);
        }
        self.live_traces.insert(trace as usize);
        place(&mut self.trace_at, trace_pk, trace);
    }

    fn push_span(&mut self, span: &Loaded, who: &Who, trace: u32) {
        let at = self.spans.pk.len() as u32;
        place(&mut self.span_at, span.pk as usize, at);
        let to = &mut self.spans;
        to.pk.push(span.pk);
        to.tie.push(span.key);
        to.trace.push(trace);
        let own = |name: u32, flag: u16| if name == 0 { 0 } else { flag };
        to.bits.push(span.bits as u16 | own(span.user, OWN_USER) | own(span.conversation, OWN_CONVERSATION));
        to.shape.push(span.shape_id);
        to.kind.push(span.shape.kind);
        to.name.push(span.shape.name as u32);
        to.start.push(span.start);
        to.duration.push(span.duration);
        to.ttft.push(span.ttft);
        to.input.push(span.usage.input_tokens().unwrap_or(UNKNOWN));
        to.output.push(span.usage.output_tokens().unwrap_or(UNKNOWN));
        to.cost.push(span.cost);
        to.tenant.push(who.tenant);
        to.user.push(who.user);
        to.feature.push(who.feature);
        to.conversation.push(who.conversation);
        to.environment.push(who.environment);
        to.provider.push(span.shape.provider as u32);
        to.request_model.push(span.shape.request_model as u32);
        to.response_model.push(span.shape.response_model as u32);
        to.prompt_name.push(who.prompt.0);
        to.prompt_version.push(who.prompt.1);
    }

    fn push_trace(&mut self, row: &trace::TraceColumns, spans: &[Loaded], member: u32, first: u32) {
        let known = |value: i64| (value != UNKNOWN).then_some(value);
        let own = |value: &dyn Fn(&Loaded) -> Option<i64>| {
            let counted = spans.iter().filter(|span| scope_of(span.bits) == UsageScope::Own);
            counted.filter_map(value).reduce(i64::saturating_add).unwrap_or(UNKNOWN)
        };
        let root = row.root_pk.and_then(|pk| spans.iter().position(|span| i64::from(span.pk) == pk)).unwrap_or(0);
        let root_span = spans.get(root);
        let start = root_span.and_then(|span| known(span.start));
        let start = start.or_else(|| spans.iter().filter_map(|span| known(span.start)).min());
        let whole = root_span.filter(|span| span.parent.is_none()).and_then(|span| known(span.duration));
        let ends = spans.iter().filter_map(|span| Some(known(span.start)?.saturating_add(known(span.duration)?)));
        let duration = whole.or_else(|| start.zip(ends.max()).map(|(start, end)| end.saturating_sub(start)));
        let to = &mut self.traces;
        to.pk.push(row.trace_pk as u32);
        to.tie.push(tie_of(&row.trace_key));
        to.members.push((member, spans.len() as u32));
        to.root.push(first + root as u32);
        to.bits.push(spans.iter().fold(0, |all, span| all | span.bits) as u16);
        to.start.push(start.unwrap_or(UNKNOWN));
        to.duration.push(duration.unwrap_or(UNKNOWN));
        to.ttft.push(spans.iter().filter_map(|span| known(span.ttft)).max().unwrap_or(UNKNOWN));
        to.input.push(own(&|span| span.usage.input_tokens()));
        to.output.push(own(&|span| span.usage.output_tokens()));
        to.cost.push(own(&|span| known(span.cost)));
        let calls = || spans.iter().enumerate().filter(|(_, span)| span.shape.kind() == Some(SpanKind::Llm));
        let call = calls().rfind(|(_, span)| span.bits & bit::ERROR == 0).or_else(|| calls().next()).or_else(|| {
            spans.iter().enumerate().find(|(_, span)| span.shape.request_model + span.shape.response_model != 0)
        });
        to.call.push(call.map_or(NOWHERE, |(at, _)| first + at as u32));
    }

    /// Position of a live span.
    pub(crate) fn span_position(&self, span_pk: i64) -> Option<usize> {
        position(&self.span_at, span_pk).filter(|at| self.live_spans.contains(*at))
    }

    /// Position of a live trace.
    pub(crate) fn trace_position(&self, trace_pk: i64) -> Option<usize> {
        position(&self.trace_at, trace_pk)
    }

    /// Positions of the spans of a trace, by start.
    pub(crate) fn spans_of(&self, trace: usize) -> &[u32] {
        let (first, n) = self.traces.members.get(trace).copied().unwrap_or_default();
        self.members.get(first as usize..(first + n) as usize).unwrap_or_default()
    }

    /// Text of a name; `None` for 0.
    pub(crate) fn name(&self, id: u32) -> Option<&str> {
        self.names.get(id)
    }

    /// How many names there are; ids are below or equal.
    pub(crate) fn n_names(&self) -> usize {
        self.names.ends.len()
    }
}

/// What a span has or inherits.
#[derive(Debug, Clone, Copy, Default)]
struct Who {
    tenant: u32,
    user: u32,
    feature: u32,
    conversation: u32,
    environment: u32,
    prompt: (u32, u32),
}

impl Who {
    fn own(span: &Loaded) -> Self {
        Self {
            tenant: span.shape.tenant as u32,
            user: span.user,
            feature: span.shape.feature as u32,
            conversation: span.conversation,
            environment: span.shape.environment as u32,
            prompt: (span.shape.prompt_name as u32, span.shape.prompt_version as u32),
        }
    }

    fn below(self, above: &Self) -> Self {
        let or = |own: u32, above: u32| if own == 0 { above } else { own };
        Self {
            tenant: or(self.tenant, above.tenant),
            user: or(self.user, above.user),
            feature: or(self.feature, above.feature),
            conversation: or(self.conversation, above.conversation),
            environment: or(self.environment, above.environment),
            prompt: if self.prompt == (0, 0) { above.prompt } else { self.prompt },
        }
    }
}

/// Own values, else those of the nearest span above, else the root's where a parent is missing.
fn effective(spans: &[Loaded], root_pk: Option<i64>) -> Vec<Who> {
    let mut by_key: Vec<(u64, usize)> = spans.iter().enumerate().map(|(at, span)| (span.key, at)).collect();
    by_key.sort_unstable();
    let parent = |at: usize| {
        let key = spans.get(at)?.parent?;
        by_key.binary_search_by_key(&key, |(key, _)| *key).ok().and_then(|found| by_key.get(found)).map(|(_, at)| *at)
    };
    let mut done: Vec<Option<Who>> = vec![None; spans.len()];
    let root = root_pk.and_then(|pk| spans.iter().position(|span| i64::from(span.pk) == pk));
    let of_root = root.and_then(|root| spans.get(root)).map(Who::own).unwrap_or_default();
    let mut path = Vec::new();
    for start in 0..spans.len() {
        let mut next = Some(start);
        let mut above = of_root;
        while let Some(at) = next {
            if let Some(Some(known)) = done.get(at) {
                above = *known;
                break;
            }
            path.push(at);
            // A circle of parents has no end of its own.
            next = if path.len() > spans.len() { None } else { parent(at) };
        }
        while let Some(at) = path.pop() {
            if let Some(span) = spans.get(at) {
                above = Who::own(span).below(&above);
            }
            if let Some(slot) = done.get_mut(at) {
                *slot = Some(above);
            }
        }
    }
    done.into_iter().map(Option::unwrap_or_default).collect()
}

fn position(at: &[u32], pk: i64) -> Option<usize> {
    let at = *at.get(usize::try_from(pk).ok()?)?;
    (at != NOWHERE).then_some(at as usize)
}

fn place(at: &mut Vec<u32>, pk: usize, position: u32) {
    if at.len() <= pk {
        at.resize(pk + 1 + pk / 4, NOWHERE);
    }
    if let Some(slot) = at.get_mut(pk) {
        *slot = position;
    }
}

/// A number that identifies a key: its bytes where it is W3C-shaped, else a hash. Decides between equal sort keys, and is
/// the same in every process.
pub(crate) fn tie_of(key: &[u8]) -> u128 {
    match key.len() {
        16 | 8 => key.iter().fold(0, |number, byte| (number << 8) | u128::from(*byte)),
        _ => {
            let hash = blake3::hash(key);
            hash.as_bytes().iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
        }
    }
}
