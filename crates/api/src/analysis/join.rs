//! Which audit events belong to a trace: by trace id, else by request id, else by actor and time. The basis is kept.
//!
//! A row's best key decides: one that carries the trace id or the request id of another trace never joins by a weaker
//! one. Within the trace a row is assigned to the span that it is about, by span id, tool call, resource and time.

use super::event::{Act, act_of, decision_of, tool_of};
use super::policy::Policy;
use super::tenant::{TenantNames, fold_tenant};
use super::tool_run::{ToolRun, tool_runs};
use retake_model::{AuditEvent, Decision, Id, JoinBasis, Span};
use retake_store::rows::AuditKeys;
use std::collections::{BTreeSet, HashMap, HashSet};

/// An audit event of a trace.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinedEvent {
    /// The event.
    pub event: AuditEvent,
    /// Why it is here.
    pub basis: JoinBasis,
    /// Span that it is about; `None` when it is about the request as a whole.
    pub span_id: Option<Id>,
    /// Tool that it is about, by the trace's own name of it.
    pub tool: Option<String>,
    /// What kind of act it records.
    pub act: Act,
    /// What was decided.
    pub decision: Decision,
}

/// By what a trace is found from audit events, and found again from them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TraceKeys {
    /// Trace.
    pub trace_id: Option<Id>,
    /// Ids that the application gave the request.
    pub request_ids: Vec<String>,
    /// Who asked.
    pub users: Vec<String>,
    /// Whose data.
    pub tenant: Option<String>,
    /// Start of the root span, of all spans when no root was recorded.
    pub start_ns: Option<i64>,
    /// End of it.
    pub end_ns: Option<i64>,
    /// Tools that ran: name, start, end.
    pub tools: Vec<(String, i64, i64)>,
}

/// Which traces an audit event can touch; the inverse of [`audit_keys`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventKeys {
    /// The one trace that it names.
    pub trace_id: Option<Id>,
    /// Traces of this request.
    pub request_id: Option<String>,
    /// Traces of these users whose root span overlaps the time.
    pub users: Vec<String>,
    /// From, in.
    pub from_ns: i64,
    /// To, in.
    pub to_ns: i64,
}

/// Keys of a trace.
pub fn keys_of(spans: &[Span]) -> TraceKeys {
    let ids: BTreeSet<&Id> = spans.iter().filter_map(|span| span.span_id.as_ref()).collect();
    let is_root = |span: &&Span| span.parent_span_id.as_ref().is_none_or(|parent| !ids.contains(parent));
    let roots: Vec<&Span> = spans.iter().filter(|span| span.parent_span_id.is_none()).collect();
    let roots = if roots.is_empty() { spans.iter().filter(is_root).collect() } else { roots };
    let distinct = |field: fn(&Span) -> Option<&String>| -> Vec<String> {
        let mut seen = Vec::new();
        for value in roots.iter().copied().chain(spans).filter_map(field) {
            if !seen.contains(value) {
                seen.push(value.clone());
            }
        }
        seen
    };
    let start_ns = roots.iter().filter_map(|span| span.start_ns).min();
    let end_ns = roots.iter().filter_map(|span| span.end_ns.or(span.start_ns)).max();
    TraceKeys {
        trace_id: spans.iter().find_map(|span| span.trace_id.clone()),
        request_ids: distinct(|span| span.request_id.as_ref()),
        users: distinct(|span| span.user.as_ref()),
        tenant: tenant_of(spans).map(str::to_owned),
        start_ns: start_ns.or_else(|| spans.iter().filter_map(|span| span.start_ns).min()),
        end_ns: end_ns.or_else(|| spans.iter().filter_map(|span| span.end_ns).max()),
        tools: tool_runs(spans)
            .into_iter()
            .filter_map(|run| Some((run.name, run.start_ns?, run.end_ns.or(run.start_ns)?)))
            .collect(),
    }
}

/// Whose data a trace works on: the root's tenant, else the first that a span names.
pub fn tenant_of(spans: &[Span]) -> Option<&str> {
    let root = spans.iter().filter(|span| span.parent_span_id.is_none()).find_map(|span| span.tenant.as_deref());
    root.or_else(|| {
        let mut named: Vec<&Span> = spans.iter().filter(|span| span.tenant.is_some()).collect();
        named.sort_by_key(|span| span.start_ns);
        named.first().and_then(|span| span.tenant.as_deref())
    })
}

/// Where the audit events of a trace are looked for. A superset: [`join`] decides.
pub fn audit_keys(keys: &TraceKeys, policy: &Policy) -> AuditKeys {
    let window_ns = window_ns(policy);
    let by_time = keys
        .start_ns
        .zip(keys.end_ns)
        .map(|(start, end)| (start.saturating_sub(window_ns), end.saturating_add(window_ns)));
    AuditKeys {
        trace_ids: keys.trace_id.iter().flat_map(trace_id_forms).collect(),
        request_ids: keys.request_ids.clone(),
        actors: by_time
            .iter()
            .flat_map(|(from, to)| actor_names(keys, policy).into_iter().map(|actor| (actor, *from, *to)))
            .collect(),
    }
}

/// Which traces an event can touch: those whose findings are to be judged again when it comes or goes.
pub fn event_keys(event: &AuditEvent, policy: &Policy) -> EventKeys {
    let mut keys = EventKeys::default();
    if let Some(id) = &event.trace_id {
        keys.trace_id = Some(plain_trace_id(id));
        return keys;
    }
    keys.request_id = event.request_id.clone();
    if let (Some(actor), Some(time_ns)) = (&event.actor, event.time_ns) {
        keys.users = vec![bare_actor(actor).to_owned(), actor.clone()];
        keys.users.extend(policy.who.actors.get(actor).cloned());
        keys.users.dedup();
        keys.from_ns = time_ns.saturating_sub(window_ns(policy));
        keys.to_ns = time_ns.saturating_add(window_ns(policy));
    }
    keys
}

/// Joins audit events to a trace, by time. `others` are the keys of other traces of the same users around it (see
/// [`audit_keys`]); a row without ids that fits one of them better is theirs. It may be empty.
pub fn join(
    spans: &[Span],
    runs: &[ToolRun],
    events: &[AuditEvent],
    others: &[TraceKeys],
    names: TenantNames<'_>,
) -> Vec<JoinedEvent> {
    let keys = keys_of(spans);
    let own: BTreeSet<&str> = runs.iter().map(|run| run.name.as_str()).collect();
    let of_others = others.iter().flat_map(|other| other.tools.iter().map(|(name, ..)| name.as_str()));
    let elsewhere: BTreeSet<&str> = of_others.chain(names.policy.tools.keys().map(String::as_str)).collect();
    let (own, elsewhere): (Vec<&str>, Vec<&str>) = (own.into_iter().collect(), elsewhere.into_iter().collect());
    let mut joined: Vec<JoinedEvent> = events
        .iter()
        .filter_map(|event| {
            // The trace's own name of a tool comes first: the policy may write it otherwise.
            let tool = tool_of(event, &own).or_else(|| tool_of(event, &elsewhere));
            let basis = basis(event, tool, &keys, others, names)?;
            Some(JoinedEvent {
                event: event.clone(),
                basis,
                span_id: None,
                tool: tool.map(str::to_owned),
                act: act_of(event),
                decision: decision_of(event),
            })
        })
        .collect();
    joined.sort_by_key(|row| row.event.time_ns.map_or((1, 0), |time| (0, time)));
    let places = Places::of(spans, runs);
    for row in &mut joined {
        row.span_id = places.of_row(row);
    }
    joined
}

fn basis(
    event: &AuditEvent,
    tool: Option<&str>,
    keys: &TraceKeys,
    others: &[TraceKeys],
    names: TenantNames<'_>,
) -> Option<JoinBasis> {
    for basis in &names.policy.audit_join.order {
        match basis {
            JoinBasis::TraceId => {
                if let Some(id) = &event.trace_id {
                    let same = keys.trace_id.as_ref().is_some_and(|own| same_trace(own, id));
                    return same.then_some(JoinBasis::TraceId);
                }
            }
            JoinBasis::RequestId => {
                if let Some(id) = event.request_id.as_ref().filter(|_| !keys.request_ids.is_empty()) {
                    let same = keys.request_ids.iter().any(|own| own.trim() == id.trim());
                    return same.then_some(JoinBasis::RequestId);
                }
            }
            JoinBasis::ActorAndTime => {
                let mine = fit(event, tool, keys, names);
                if let Some(mine) = mine {
                    let better = others
                        .iter()
                        .filter(|other| other.trace_id != keys.trace_id)
                        .filter_map(|other| Some((fit(event, tool, other, names)?, &other.trace_id)))
                        .any(|theirs| theirs < (mine, &keys.trace_id));
                    return (!better).then_some(JoinBasis::ActorAndTime);
                }
            }
        }
    }
    None
}

/// How badly a row without ids fits a trace: (names a tool that did not run in it, distance in time). `None`: not at all.
fn fit(event: &AuditEvent, tool: Option<&str>, keys: &TraceKeys, names: TenantNames<'_>) -> Option<(bool, u64)> {
    let (time_ns, start, end) = (event.time_ns?, keys.start_ns?, keys.end_ns?);
    let actor = event.actor.as_deref()?;
    let alias = names.policy.who.actors.get(actor).map(String::as_str);
    let same_actor =
        keys.users.iter().any(|user| same_actor(user, actor) || alias.is_some_and(|alias| same_actor(user, alias)));
    let other_tenant = match (&event.tenant, &keys.tenant) {
        (Some(theirs), Some(own)) => !names.same(theirs, own) && names.is_known(theirs) && names.is_known(own),
        _ => false,
    };
    let window_ns = window_ns(names.policy);
    let inside = time_ns >= start.saturating_sub(window_ns) && time_ns <= end.saturating_add(window_ns);
    if !same_actor || other_tenant || !inside {
        return None;
    }
    let distance = |from: i64, to: i64| (from - time_ns).max(time_ns - to).max(0).unsigned_abs();
    let Some(tool) = tool else { return Some((false, distance(start, end))) };
    let nearest = keys.tools.iter().filter(|(name, ..)| name == tool).map(|(_, from, to)| distance(*from, *to)).min();
    Some((nearest.is_none(), nearest.unwrap_or_else(|| distance(start, end))))
}

/// Spans of a trace by what a row may say of them.
struct Places<'a> {
    spans: HashSet<&'a Id>,
    runs_by_span: HashMap<&'a Id, &'a ToolRun>,
    runs_by_call: HashMap<&'a str, &'a ToolRun>,
    runs_by_tool: HashMap<&'a str, Vec<&'a ToolRun>>,
    root: Option<&'a Span>,
}

impl<'a> Places<'a> {
    fn of(spans: &'a [Span], runs: &'a [ToolRun]) -> Self {
        let mut places = Self {
            spans: spans.iter().filter_map(|span| span.span_id.as_ref()).collect(),
            runs_by_span: HashMap::new(),
            runs_by_call: HashMap::new(),
            runs_by_tool: HashMap::new(),
            root: spans.iter().find(|span| span.parent_span_id.is_none()),
        };
        for run in runs {
            places.runs_by_span.extend(run.also.iter().chain([&run.span_id]).map(|id| (id, run)));
            places.runs_by_call.extend(run.call_id.as_deref().map(|id| (id, run)));
            places.runs_by_tool.entry(&run.name).or_default().push(run);
        }
        places
    }

    /// The span that a row is about.
    fn of_row(&self, row: &JoinedEvent) -> Option<Id> {
        if let Some(id) = row.event.span_id.as_ref().filter(|id| self.spans.contains(id)) {
            return Some(self.runs_by_span.get(id).map_or_else(|| id.clone(), |run| run.span_id.clone()));
        }
        if let Some(run) = row.event.tool_call_id.as_deref().and_then(|id| self.runs_by_call.get(id)) {
            return Some(run.span_id.clone());
        }
        if let Some(tool) = &row.tool {
            let runs = self.runs_by_tool.get(tool.as_str())?;
            return nearest_run(runs, row).map(|run| run.span_id.clone());
        }
        let name = self.root.and_then(|span| span.name.as_deref());
        let about_root = name.is_some() && row.event.resource.as_deref() == name;
        self.root.filter(|_| about_root).and_then(|span| span.span_id.clone())
    }
}

/// Among several runs of one tool: a check or a confirmation comes before its run (the next one that has not ended), an
/// invocation is written while or after it runs.
fn nearest_run<'r>(runs: &[&'r ToolRun], row: &JoinedEvent) -> Option<&'r ToolRun> {
    let Some(time_ns) = row.event.time_ns else { return runs.first().copied() };
    let reach = super::event::time_resolution_ns(time_ns);
    let span_of = |run: &ToolRun| Some((run.start_ns?, run.end_ns.or(run.start_ns)?));
    let distance = |run: &ToolRun| {
        // A time that was cut to seconds lies anywhere in the second that it names.
        span_of(run).map_or(u64::MAX, |(start, end)| (start - time_ns - reach).max(time_ns - end).max(0).unsigned_abs())
    };
    let next = runs
        .iter()
        .filter(|run| span_of(run).is_some_and(|(_, end)| end + reach >= time_ns))
        .min_by_key(|run| run.start_ns);
    match row.act {
        Act::Check | Act::Confirmation if next.is_some() => next.copied(),
        _ => runs.iter().min_by_key(|run| distance(run)).copied(),
    }
}

/// Names under which the users of a trace may stand in an audit log.
fn actor_names(keys: &TraceKeys, policy: &Policy) -> Vec<String> {
    let mut names = BTreeSet::new();
    for user in &keys.users {
        names.insert(user.clone());
        names.insert(user.to_lowercase());
        names.insert(bare_actor(user).to_owned());
        for prefix in ACTOR_PREFIXES {
            names.insert(format!("{prefix}{}", bare_actor(user)));
        }
        for (actor, alias) in &policy.who.actors {
            if same_actor(alias, user) {
                names.insert(actor.clone());
            }
        }
    }
    names.into_iter().collect()
}

const ACTOR_PREFIXES: [&str; 5] = ["user:", "user/", "users/", "User:", "principal:"];

fn bare_actor(actor: &str) -> &str {
    let actor = actor.trim();
    ACTOR_PREFIXES.iter().find_map(|prefix| actor.strip_prefix(prefix)).unwrap_or(actor)
}

/// True when two words name one actor, with or without `user:` before it.
pub(super) fn same_actor(a: &str, b: &str) -> bool {
    bare_actor(a).eq_ignore_ascii_case(bare_actor(b)) && !bare_actor(a).is_empty()
}

fn window_ns(policy: &Policy) -> i64 {
    i64::try_from(policy.audit_join.window_ms).unwrap_or(i64::MAX / 1_000_000).saturating_mul(1_000_000)
}

/// True when two trace ids are one: as written, in a `traceparent`, or with the dashes of a UUID.
fn same_trace(a: &Id, b: &Id) -> bool {
    plain_trace_id(a) == plain_trace_id(b)
}

fn plain_trace_id(id: &Id) -> Id {
    let text = id.as_str();
    let parts: Vec<&str> = text.split('-').collect();
    if let [version, trace, span, _] = parts.as_slice()
        && (version.len(), trace.len(), span.len()) == (2, 32, 16)
    {
        return Id::new(*trace);
    }
    let joined: String = parts.concat();
    let is_uuid = parts.len() == 5 && joined.len() == 32 && joined.bytes().all(|b| b.is_ascii_hexdigit());
    if is_uuid { Id::new(joined) } else { id.clone() }
}

/// Forms in which an audit log may write a trace id.
fn trace_id_forms(id: &Id) -> Vec<Id> {
    let plain = plain_trace_id(id);
    let mut forms = vec![id.clone()];
    if plain != *id {
        forms.push(plain.clone());
    }
    if plain.is_w3c() && plain.as_str().len() == 32 {
        let text = plain.as_str();
        let uuid = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| text.get(range).unwrap_or_default()).join("-");
        forms.push(Id::new(uuid));
    }
    forms
}

/// Tenants that the joined events name, folded, for a trace that does not say whose data it works on.
pub fn tenant_of_events(events: &[JoinedEvent]) -> Option<&str> {
    let named: BTreeSet<String> =
        events.iter().filter_map(|row| row.event.tenant.as_deref()).map(fold_tenant).collect();
    (named.len() == 1).then(|| events.iter().find_map(|row| row.event.tenant.as_deref())).flatten()
}
