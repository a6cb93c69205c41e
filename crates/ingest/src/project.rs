//! From the facts of one span to the span: field by field the better record wins.

use retake_model::{Mapped, Span, SpanKind, SpanStatus, ToolExecution};
use retake_store::{MappedFact, Projector};
use retake_wire::PriceTable;
use std::borrow::Cow;

/// Maps records again and merges them, with a price table for the computed cost.
#[derive(Clone)]
pub struct RetakeProjector {
    prices: Cow<'static, PriceTable>,
}

impl Default for RetakeProjector {
    /// With the price table that comes with the program.
    fn default() -> Self {
        Self { prices: Cow::Borrowed(PriceTable::builtin()) }
    }
}

impl RetakeProjector {
    /// With this price table.
    pub fn new(prices: PriceTable) -> Self {
        Self { prices: Cow::Owned(prices) }
    }

    /// The price table.
    pub fn prices(&self) -> &PriceTable {
        &self.prices
    }
}

impl Projector for RetakeProjector {
    fn remap(&self, format: &str, body: &[u8], mapping: Option<&str>) -> Mapped {
        retake_formats::by_name(format).map_or(Mapped::Raw, |format| format.remap(body, mapping))
    }

    fn merge(&self, mut facts: Vec<MappedFact>) -> Span {
        // Best first: rank, a record of the span itself before those about it, then the later update, then what the
        // record says, so that neither the order of files nor the workspace (whose key is in the content hash) matters.
        let earliest = about(&facts).filter_map(|span| span.start_ns).min();
        if facts.len() > 1 {
            facts.sort_by_cached_key(|fact| {
                let said = serde_json::to_string(&fact.mapped).unwrap_or_default();
                std::cmp::Reverse((fact.rank, is_own(fact), fact.updated_ns, said))
            });
        }
        let mut spans = facts.into_iter().filter_map(|fact| match fact.mapped {
            Mapped::Span(span) => Some(*span),
            _ => None,
        });
        let mut span = spans.next().unwrap_or_default();
        for other in spans {
            fill(&mut span, other);
        }
        retake_formats::vocabulary::finish(&mut span);
        if span.kind.is_none() {
            // No record of its own says when it began or what it is: the first log record about it does.
            span.start_ns = earliest;
            span.kind = (span.input.is_some() || span.output.is_some()).then_some(SpanKind::Llm);
        }
        if span.is_model_call() && span.computed_usd_nanos.is_none() {
            span.computed_usd_nanos = self.cost(&span);
        }
        span
    }
}

impl RetakeProjector {
    fn cost(&self, span: &Span) -> Option<i64> {
        let at_ns = span.start_ns.unwrap_or_default();
        let price = self.prices.lookup(
            span.provider.as_deref(),
            span.response_model.as_deref(),
            span.request_model.as_deref(),
            at_ns,
        )?;
        price.cost_usd_nanos(&span.usage)
    }
}

/// Records about a span, mapped.
fn about(facts: &[MappedFact]) -> impl Iterator<Item = &Span> {
    facts.iter().filter_map(|fact| match &fact.mapped {
        Mapped::Span(span) => Some(&**span),
        _ => None,
    })
}

/// Whether a record is the span's own: only those know its kind.
fn is_own(fact: &MappedFact) -> bool {
    matches!(&fact.mapped, Mapped::Span(span) if span.kind.is_some())
}

/// Fills what `better` does not state from `other`; lists of occurrences are united.
fn fill(better: &mut Span, other: Span) {
    macro_rules! take {
        ($($field:ident),* $(,)?) => { $( if better.$field.is_none() { better.$field = other.$field; } )* };
    }
    if better.kind.is_none_or(|kind| kind == SpanKind::Other) && other.kind.is_some() {
        better.kind = other.kind;
    }
    if better.status == SpanStatus::Unset {
        better.status = other.status;
    }
    if better.request_body.is_none() {
        better.request_body = other.request_body;
        better.body_verbatim = other.body_verbatim;
    }
    take!(
        trace_id,
        span_id,
        parent_span_id,
        name,
        start_ns,
        end_ns,
        status_message,
        error_type,
        tenant,
        user,
        user_role,
        feature,
        conversation,
        environment,
        request_id,
        service,
        prompt_name,
        prompt_version,
        prompt_template,
        prompt_variables,
        provider,
        request_model,
        response_model,
        response_id,
        api_base,
        input,
        output,
        tools,
        input_value,
        output_value,
        finish_reason,
        ttft_ns,
        streamed,
        reported_usd_nanos,
        cache_hit,
        request,
    );
    match (&mut better.params, other.params) {
        (Some(params), Some(more)) => {
            for (key, value) in more {
                params.entry(key).or_insert(value);
            }
        }
        (slot @ None, more) => *slot = more,
        _ => {}
    }
    if better.usage.is_empty() {
        better.usage = other.usage;
    }
    match (&mut better.retrieval, other.retrieval) {
        (Some(found), Some(more)) => {
            if found.query.is_none() {
                found.query = more.query;
            }
            if found.documents.is_empty() {
                found.documents = more.documents;
            }
            if found.input_documents.is_empty() {
                found.input_documents = more.input_documents;
            }
        }
        (slot @ None, more) => *slot = more,
        _ => {}
    }
    match (&mut better.tool, other.tool) {
        (Some(tool), Some(more)) => fill_tool(tool, more),
        (slot @ None, more) => *slot = more,
        _ => {}
    }
    for score in other.scores {
        if !better.scores.contains(&score) {
            better.scores.push(score);
        }
    }
    let n_events = better.events.len();
    for event in other.events {
        if !better.events.contains(&event) {
            better.events.push(event);
        }
    }
    if better.events.len() > n_events {
        better.events.sort_by_cached_key(|event| {
            (event.time_ns, event.name.clone(), serde_json::to_string(&event.attributes).unwrap_or_default())
        });
    }
    for link in other.links {
        if !better.links.contains(&link) {
            better.links.push(link);
        }
    }
    for (key, value) in other.attributes {
        better.attributes.entry(key).or_insert(value);
    }
    for (key, value) in other.resource {
        better.resource.entry(key).or_insert(value);
    }
}

fn fill_tool(tool: &mut ToolExecution, more: ToolExecution) {
    if tool.name.is_empty() {
        tool.name = more.name;
    }
    tool.call_id = tool.call_id.take().or(more.call_id);
    tool.arguments = tool.arguments.take().or(more.arguments);
    tool.result = tool.result.take().or(more.result);
    tool.description = tool.description.take().or(more.description);
}

#[cfg(test)]
mod tests {
    use super::*;
    use retake_model::{FactRank, Message, Role, SpanEvent};

    fn fact(rank: FactRank, updated_ns: i64, hash: u8, span: Span) -> MappedFact {
        MappedFact { rank, updated_ns, content_hash: [hash; 16], mapped: Mapped::Span(Box::new(span)) }
    }

    #[test]
    fn the_better_record_wins_field_by_field_in_any_order() {
        let summary = Span { name: Some("row".into()), tenant: Some("north".into()), ..Span::default() };
        let full = Span {
            name: Some("call".into()),
            input: Some(vec![Message::text(Role::User, "hello")]),
            events: vec![SpanEvent { time_ns: 2, name: "b".into(), attributes: Default::default() }],
            ..Span::default()
        };
        let later = Span {
            name: Some("call, renamed".into()),
            events: vec![SpanEvent { time_ns: 1, name: "a".into(), attributes: Default::default() }],
            ..Span::default()
        };
        let facts = [
            fact(FactRank::Summary, 9, 1, summary),
            fact(FactRank::FullExport, 1, 2, full),
            fact(FactRank::FullExport, 2, 3, later),
        ];
        let projector = RetakeProjector::default();
        let merged = projector.merge(facts.to_vec());
        assert_eq!(merged.name.as_deref(), Some("call, renamed"));
        assert_eq!(merged.tenant.as_deref(), Some("north"));
        assert_eq!(merged.input.as_ref().map(Vec::len), Some(1));
        let names: Vec<&str> = merged.events.iter().map(|event| event.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(projector.merge(order.iter().map(|at| facts[*at].clone()).collect()), merged);
        }
    }
}
