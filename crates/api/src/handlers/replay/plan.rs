//! From a request of the window or command line to a plan.

use super::super::connect::{connection, price_table};
use super::super::{investigate, parse_query};
use crate::dto::replay::{Estimate, LeftOutView, LossView, ReplayRequest, VariantInput};
use crate::{ApiError, Core};
use retake_model::{Code, Fidelity, Message, counted};
use retake_replay::run::{LeftOut, Permissions, Plan, PlanInput};
use retake_replay::{Connection, Source, Variant, run, variant};
use retake_store::RunRow;
use retake_wire::pricing::PriceTable;

/// Calls at once when nobody says.
const DEFAULT_CONCURRENCY: u32 = 4;

/// A plan and what it was asked with.
pub(super) struct Planned {
    pub(super) plan: Plan,
    pub(super) permissions: Permissions,
    pub(super) prices: PriceTable,
    /// Traces of a query that were left out, since their messages were not recorded.
    pub(super) skipped: usize,
}

/// Plans what a request asks for.
pub(super) fn plan_request(core: &Core, request: &ReplayRequest) -> Result<Planned, ApiError> {
    let (sources, skipped) = sources(core, request)?;
    let sources: Vec<(Source, Option<String>)> = sources.into_iter().map(|source| (source, None)).collect();
    plan_sources(core, &sources, request, skipped)
}

/// A connection of the workspace, as a target is made of it.
pub(super) fn named_connection(core: &Core, name: &str) -> Option<Connection> {
    let row = connection(core, name).ok()?;
    Some(Connection { name: row.name, kind: row.kind, base_url: row.base_url })
}

/// The text of a prompt's version or label.
pub(super) fn prompt_text(core: &Core, name: &str, at: &str) -> Option<String> {
    core.workspace().ok()?.prompt_version(name, at).ok().map(|version| version.text)
}

/// Plans given sources.
pub(super) fn plan_sources(
    core: &Core,
    sources: &[(Source, Option<String>)],
    request: &ReplayRequest,
    skipped: usize,
) -> Result<Planned, ApiError> {
    let prices = if core.workspace().is_ok() { price_table(core)? } else { PriceTable::builtin().clone() };
    let variants = variants(core, request, sources)?;
    let max_usd_nanos = request.max_usd.map(usd_nanos).transpose()?;
    let mut destinations = if core.workspace().is_ok() { super::allowed_destinations(core)? } else { Vec::new() };
    destinations.extend(request.allow_destinations.iter().cloned());
    let connections = |name: &str| named_connection(core, name);
    let prompts = |name: &str, at: &str| prompt_text(core, name, at);
    let plan = run::plan(&PlanInput {
        sources,
        variants: &variants,
        repeats: request.repeats.unwrap_or(1),
        concurrency: request.concurrency.unwrap_or(DEFAULT_CONCURRENCY),
        max_usd_nanos,
        allowed_destinations: destinations.clone(),
        connections: &connections,
        prompts: &prompts,
        prices: &prices,
        now_ns: core.host().now_ns(),
    })?;
    let fidelity = request.accept_fidelity.as_deref().map(level).transpose()?;
    let permissions = Permissions { destinations, unpriced: request.allow_unpriced, fidelity };
    Ok(Planned { plan, permissions, prices, skipped })
}

fn level(word: &str) -> Result<Fidelity, ApiError> {
    Fidelity::parse(word).ok_or_else(|| {
        ApiError::new(Code::UsageInvalid, format!("{word:?} is no level of fidelity"))
            .with_hint("Use verbatim, verbatim_redacted, exact, derived, assumed or lost.")
    })
}

fn usd_nanos(usd: f64) -> Result<i64, ApiError> {
    let nanos = usd * 1e9;
    if !nanos.is_finite() || !(0.0..9e18).contains(&nanos) {
        return Err(ApiError::new(Code::UsageInvalid, format!("{usd} is no spending limit"))
            .with_hint("Give dollars, as in `--max-usd 0.10`."));
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked above; a limit is cut down, never up")]
    Ok(nanos.floor() as i64)
}

/// What is replayed: named traces and spans, the traces of a query, or a pasted request.
fn sources(core: &Core, request: &ReplayRequest) -> Result<(Vec<Source>, usize), ApiError> {
    if let Some(text) = &request.request {
        let pasted = retake_replay::paste::recognise(text)?;
        return Ok((vec![Source::of_request(pasted.request, pasted.base_url)], 0));
    }
    if request.ids.is_empty() && request.query.is_none() {
        return Err(ApiError::new(Code::UsageInvalid, "nothing is named that could be replayed")
            .with_hint("Name traces or spans, or give `--query QUERY` or `--request FILE`."));
    }
    let mut found = Vec::new();
    let mut skipped = 0;
    for id in &request.ids {
        let at = investigate::locate(core, id)?;
        found.push(source_at(core, &at)?);
    }
    if let Some(query) = &request.query {
        let query = parse_query(core, query, None)?;
        for trace_id in core.workspace()?.traces_matching(&query)? {
            match source_at(core, &investigate::Located { trace_id: trace_id.to_string(), span_id: None }) {
                Ok(source) if source.rebuilt.request.messages.is_empty() => skipped += 1,
                Ok(source) => found.push(source),
                Err(error) if error.code == Code::NothingToReplay => skipped += 1,
                Err(error) => return Err(error),
            }
        }
    }
    if found.is_empty() {
        let why = if skipped > 0 {
            "no trace of the query holds a recorded model call"
        } else {
            "there is no model call to replay"
        };
        return Err(ApiError::new(Code::NothingToReplay, why));
    }
    Ok((found, skipped))
}

/// What is replayed first, and the variant that changes it.
pub(super) fn first(core: &Core, request: &ReplayRequest) -> Result<(Source, Variant), ApiError> {
    let (sources, _) = sources(core, request)?;
    let named: Vec<(Source, Option<String>)> = sources.into_iter().map(|source| (source, None)).collect();
    let variant = variants(core, request, &named)?.into_iter().next().unwrap_or_else(Variant::original);
    let (source, _) = named.into_iter().next().ok_or_else(|| ApiError::internal("no source was found"))?;
    Ok((source, variant))
}

fn source_at(core: &Core, at: &investigate::Located) -> Result<Source, ApiError> {
    let (span, trace) = investigate::model_call(core, at)?;
    Ok(Source::of(&span, &trace))
}

fn variants(
    core: &Core,
    request: &ReplayRequest,
    sources: &[(Source, Option<String>)],
) -> Result<Vec<Variant>, ApiError> {
    let read = |path: &str| core.host().read_file(path).map_err(|why| format!("{why}: {path}"));
    if let Some(plan) = &request.plan {
        return Ok(variant::parse_plan(plan, &read)?);
    }
    let mut variants = Vec::new();
    for input in &request.variants {
        let mut made = variant::parse_spec(input.spec.as_deref().unwrap_or("original"), &read)?;
        edit(&mut made, input, sources)?;
        variants.push(made);
    }
    Ok(variants)
}

/// What the window edits beside the SPEC: messages by index, parameters.
fn edit(variant: &mut Variant, input: &VariantInput, sources: &[(Source, Option<String>)]) -> Result<(), ApiError> {
    for change in &input.messages {
        let index = usize::try_from(change.index).map_err(ApiError::internal)?;
        let old = sources.first().and_then(|(source, _)| source.rebuilt.request.messages.get(index));
        let old =
            old.ok_or_else(|| ApiError::new(Code::VariantInvalid, format!("the request has no message {index}")))?;
        variant
            .messages
            .insert(index, Message { name: old.name.clone(), ..Message::text(old.role, change.text.clone()) });
    }
    match &input.params {
        None | Some(serde_json::Value::Null) => {}
        Some(serde_json::Value::Object(params)) => variant.params.extend(params.clone()),
        Some(_) => return Err(ApiError::new(Code::VariantInvalid, "parameters are an object")),
    }
    if let Some(name) = &input.name {
        variant.name.clone_from(name);
    }
    Ok(())
}

/// The plan as people read it before they say yes.
pub(super) fn estimate(core: &Core, planned: &Planned) -> Result<Estimate, ApiError> {
    let plan = &planned.plan;
    let sums = plan.estimate();
    let losses = plan.losses.iter().map(|lost| LossView {
        variant: lost.variant.clone(),
        path: lost.loss.path.clone(),
        what: lost.loss.what.clone(),
        why: lost.loss.why.clone(),
    });
    let new_destinations = run::new_destinations(plan, &planned.permissions.destinations);
    let tokens = sums.input_tokens.saturating_add(sums.output_tokens);
    let where_to =
        if sums.destinations.is_empty() { "recordings".to_owned() } else { places(core, plan, &sums.destinations) };
    let cost = match sums.cost_usd_nanos {
        Some(nanos) => format!("{} at most", dollars(nanos)),
        None => format!("no price for {}", sums.unpriced.join(", ")),
    };
    let plural = |n: usize, word: &str| counted(grouped(n), word);
    let mut left_out = match planned.skipped {
        0 => String::new(),
        1 => " 1 trace is left out: its messages were not recorded.".to_owned(),
        n => format!(" {n} traces are left out: their messages were not recorded."),
    };
    if let Some(first) = plan.left_out.first() {
        let calls = plan.left_out.len().saturating_mul(plan.repeats as usize);
        let are = if calls == 1 { "is" } else { "are" };
        left_out.push_str(&format!(" {} {are} left out: {}", plural(calls, "call"), named(first)));
        left_out.push_str(if plan.left_out.len() > 1 { ", and others." } else { "." });
    }
    let cases = plan.takes.iter().map(|take| take.slot.case).collect::<std::collections::BTreeSet<_>>().len();
    let variants = plan.variants.len();
    let sentence = format!(
        "{} × {} × {} = {} to {where_to}, about {}, {cost}.{left_out}",
        plural(cases, "request"),
        plural(variants, "variant"),
        plan.repeats,
        plural(plan.takes.len(), "call"),
        counted(grouped(tokens), "token"),
    );
    Ok(Estimate {
        calls: u32::try_from(sums.calls).unwrap_or(u32::MAX),
        input_tokens: u64::try_from(sums.input_tokens).unwrap_or(0),
        output_tokens: u64::try_from(sums.output_tokens).unwrap_or(0),
        cost_usd_nanos: sums.cost_usd_nanos,
        destinations: sums.destinations,
        new_destinations,
        unpriced: sums.unpriced,
        losses: losses.collect(),
        left_out: left_out_views(plan),
        fidelity: plan.fidelity().map(|level| level.as_str().to_owned()),
        sentence,
    })
}

/// Destinations as people know them: by the connection that goes there, where there is one.
fn places(core: &Core, plan: &Plan, destinations: &[String]) -> String {
    let place = |destination: &String| {
        let there = plan.takes.iter().filter(|take| take.destination.as_ref() == Some(destination));
        let names: std::collections::BTreeSet<&str> = there.map(|take| take.target.connection.as_str()).collect();
        match names.into_iter().find(|name| connection(core, name).is_ok()) {
            Some(name) => format!("{name} ({destination})"),
            None => destination.clone(),
        }
    };
    destinations.iter().map(place).collect::<Vec<_>>().join(", ")
}

/// Nano-dollars with as many digits as the size asks for.
fn dollars(nanos: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
    let dollars = nanos as f64 / 1e9;
    let digits = match dollars {
        0.0 => 0,
        dollars if dollars >= 0.1 => 2,
        dollars if dollars >= 0.001 => 4,
        _ => 6,
    };
    format!("${dollars:.digits$}")
}

/// A whole number as people read it: 1,234,567.
fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A call that is left out, in words.
fn named(left_out: &LeftOut) -> String {
    let what = match (&left_out.span_id, &left_out.case_id) {
        (_, Some(case)) => format!("case {case}"),
        (Some(span), None) => format!("span {span}"),
        (None, None) => "the request".to_owned(),
    };
    format!("{what} under {}: {}", left_out.variant, left_out.why)
}

/// The calls of a plan that cannot be sent.
pub(super) fn left_out_views(plan: &Plan) -> Vec<LeftOutView> {
    let view = |left_out: &LeftOut| LeftOutView {
        trace_id: left_out.trace_id.as_ref().map(ToString::to_string),
        span_id: left_out.span_id.as_ref().map(ToString::to_string),
        variant: left_out.variant.clone(),
        code: left_out.code.as_str().to_owned(),
        message: named(left_out),
    };
    plan.left_out.iter().map(view).collect()
}

/// The plan of a run as it was kept.
pub(crate) fn read_plan(row: &RunRow) -> Option<Plan> {
    serde_json::from_value(row.plan.get("plan")?.clone()).ok()
}

#[cfg(test)]
mod tests {
    use super::{dollars, grouped};

    #[test]
    fn money_has_the_digits_that_it_needs() {
        let shown = [0, 12_345, 420_000, 2_340_000, 20_000_000, 250_000_000, 12_500_000_000].map(dollars);
        assert_eq!(shown, ["$0", "$0.000012", "$0.000420", "$0.0023", "$0.0200", "$0.25", "$12.50"]);
    }

    #[test]
    fn thousands_are_set_apart() {
        let shown = [0_i64, 999, 1_000, 12_345, 1_234_567, -100, -123_456].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "12,345", "1,234,567", "-100", "-123,456"]);
    }
}
