//! The plan of a run: every call, what it costs at most, where it goes, what is lost on the way.

use crate::variant::{self, FindPrompt};
use crate::{Connection, ReplayError, Source, Target, Variant};
use retake_model::{Code, Coded, Fidelity, Id, Request};
use retake_wire::{Loss, PriceTable, estimate};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// What a take answers: one case under one variant, one repeat.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// Index of the case in the plan.
    pub case: u32,
    /// Index of the variant in the plan.
    pub variant: u32,
    /// Repeat, from 0.
    pub repeat: u32,
}

/// What is replayed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Trace; `None` for a pasted request or a golden case.
    pub trace_id: Option<Id>,
    /// Span.
    pub span_id: Option<Id>,
    /// A golden case's id.
    pub case_id: Option<String>,
    /// The fields that are known worst, a clause each; empty when all are well known.
    #[serde(default)]
    pub weakest: Vec<String>,
}

/// One call of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlannedTake {
    /// Take, a UUIDv7.
    pub take_id: String,
    /// What it answers.
    pub slot: Slot,
    /// Where it goes.
    pub target: Target,
    /// `host:port`; `None` offline.
    pub destination: Option<String>,
    /// What is asked.
    pub request: Request,
    /// Whether a stream is asked for.
    pub stream: bool,
    /// How well the request is known.
    pub fidelity: Fidelity,
    /// Estimated input.
    pub input_tokens: i64,
    /// Output at most, stated or assumed.
    pub output_tokens: i64,
    /// Cost at most; `None` without a price. 0 offline.
    pub estimated_usd_nanos: Option<i64>,
    /// Deadline of the first token.
    pub first_token_timeout_ms: Option<u64>,
    /// Deadline of the answer.
    pub timeout_ms: Option<u64>,
    /// Attempts after the first.
    pub retries: u32,
}

impl PlannedTake {
    /// The body that would go out.
    ///
    /// # Errors
    /// `RTK-P008` for an unknown provider.
    pub fn body(&self) -> Result<Value, ReplayError> {
        Ok(self.target.provider()?.encode(&self.request, self.stream).body)
    }
}

/// A loss and the variant that it happens in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VariantLoss {
    /// Name of the variant.
    pub variant: String,
    /// The loss.
    pub loss: Loss,
}

/// A call of a plan that cannot be sent, beside others that can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Index of the case in the plan.
    pub case: u32,
    /// Trace.
    pub trace_id: Option<Id>,
    /// Span.
    pub span_id: Option<Id>,
    /// A golden case's id.
    pub case_id: Option<String>,
    /// Name of the variant.
    pub variant: String,
    /// Code.
    pub code: Code,
    /// Why.
    pub why: String,
}

/// The sums of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Estimate {
    /// Calls.
    pub calls: u64,
    /// Input, estimated.
    pub input_tokens: i64,
    /// Output at most.
    pub output_tokens: i64,
    /// Cost at most; `None` when a model has no price.
    pub cost_usd_nanos: Option<i64>,
    /// Cost at most of the calls that have a price.
    pub priced_usd_nanos: i64,
    /// `host:port`, each once.
    pub destinations: Vec<String>,
    /// Models without a price, each once.
    pub unpriced: Vec<String>,
}

/// A run before it starts. Its takes stand in the order of sending: case by case, variant by variant, repeat by repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Run, a UUIDv7.
    pub run_id: String,
    /// Cases.
    pub cases: Vec<Case>,
    /// Variants.
    pub variants: Vec<Variant>,
    /// Repeats of each.
    pub repeats: u32,
    /// Calls.
    pub takes: Vec<PlannedTake>,
    /// What conversions lose.
    pub losses: Vec<VariantLoss>,
    /// Calls that cannot be sent; [`Self::takes`] has none of them.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// Spending limit.
    pub max_usd_nanos: Option<i64>,
    /// Calls at once.
    pub concurrency: u32,
    /// Destinations that the run may contact (`host` or `host:port`), kept for a resume.
    pub allowed_destinations: Vec<String>,
}

/// What a plan is made of.
pub struct PlanInput<'a> {
    /// Sources, with a golden case's id where there is one.
    pub sources: &'a [(Source, Option<String>)],
    /// Variants; none is the call as it was.
    pub variants: &'a [Variant],
    /// Repeats of each, at least 1.
    pub repeats: u32,
    /// Calls at once, at least 1.
    pub concurrency: u32,
    /// Spending limit.
    pub max_usd_nanos: Option<i64>,
    /// Destinations that may be contacted.
    pub allowed_destinations: Vec<String>,
    /// Named connections.
    pub connections: &'a dyn Fn(&str) -> Option<Connection>,
    /// Prompt versions.
    pub prompts: FindPrompt<'a>,
    /// Prices.
    pub prices: &'a PriceTable,
    /// Now, for prices.
    pub now_ns: i64,
}

/// Plans a run. Nothing is sent and nothing is asked of anybody. A call whose record has a hole (`RTK-R004`, `RTK-R005`)
/// is left out and named as long as another one can be sent.
///
/// # Errors
/// What [`variant::request_of`] and [`Target::of`] give; the first one that is no hole of one record ends it, a hole only
/// when nothing is left.
pub fn plan(input: &PlanInput<'_>) -> Result<Plan, ReplayError> {
    if input.sources.is_empty() {
        return Err(ReplayError::NothingToReplay { why: "there is no model call".into() });
    }
    let variants = if input.variants.is_empty() { vec![Variant::original()] } else { input.variants.to_vec() };
    let repeats = input.repeats.max(1);
    let mut takes = Vec::new();
    let mut losses = BTreeSet::new();
    let mut left_out = Vec::new();
    let mut hole = None;
    for (case, (source, case_id)) in input.sources.iter().enumerate() {
        for (at, variant) in variants.iter().enumerate() {
            let (planned, lost) = match plan_call(input, source, variant) {
                Ok(planned) => planned,
                Err(error) if is_hole(&error) => {
                    left_out.push(LeftOut {
                        case: number(case),
                        trace_id: source.trace_id.clone(),
                        span_id: source.span_id.clone(),
                        case_id: case_id.clone(),
                        variant: variant.name.clone(),
                        code: error.code(),
                        why: error.to_string(),
                    });
                    // Of several reasons the removed secret is the one to act upon.
                    if !matches!(hole, Some(ReplayError::RequestRedacted { .. })) {
                        hole = Some(error);
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            losses.extend(lost.into_iter().map(|loss| VariantLoss { variant: variant.name.clone(), loss }));
            for repeat in 0..repeats {
                let slot = Slot { case: number(case), variant: number(at), repeat };
                takes.push(PlannedTake { take_id: new_id(), slot, ..planned.clone() });
            }
        }
    }
    if let Some(hole) = hole.filter(|_| takes.is_empty()) {
        return Err(hole);
    }
    let cases = input.sources.iter().map(|(source, case_id)| Case {
        trace_id: source.trace_id.clone(),
        span_id: source.span_id.clone(),
        case_id: case_id.clone(),
        weakest: source.rebuilt.weakest(),
    });
    Ok(Plan {
        run_id: new_id(),
        cases: cases.collect(),
        variants,
        repeats,
        takes,
        losses: losses.into_iter().collect(),
        left_out,
        max_usd_nanos: input.max_usd_nanos,
        concurrency: input.concurrency.max(1),
        allowed_destinations: input.allowed_destinations.clone(),
    })
}

/// Whether an error is of one record, so that the others of a run can be sent without it.
fn is_hole(error: &ReplayError) -> bool {
    use ReplayError::{DocumentNotPlaced, NothingToReplay, RequestRedacted, VariableMissing};
    matches!(error, RequestRedacted { .. } | NothingToReplay { .. } | VariableMissing { .. } | DocumentNotPlaced { .. })
}

fn plan_call(
    input: &PlanInput<'_>,
    source: &Source,
    variant: &Variant,
) -> Result<(PlannedTake, Vec<Loss>), ReplayError> {
    let request = variant::request_of(variant, source, input.prompts)?;
    let target = Target::of(variant, source.provider.as_deref(), source.api_base.as_deref(), input.connections)?;
    let provider = target.provider()?;
    let stream = variant.stream.unwrap_or(true);
    let losses = provider.encode(&request, stream).losses;
    let input_tokens = estimate::input_tokens(&request);
    let (output_tokens, _stated) = estimate::max_output_tokens(&request);
    let estimated_usd_nanos = if provider.is_offline() {
        Some(0)
    } else {
        let usage = retake_model::Usage {
            uncached_input_tokens: Some(input_tokens),
            output_text_tokens: Some(output_tokens),
            ..retake_model::Usage::default()
        };
        let price = input.prices.lookup(price_provider(&target), None, request.model.as_deref(), input.now_ns);
        price.and_then(|price| price.cost_usd_nanos(&usage))
    };
    let planned = PlannedTake {
        take_id: String::new(),
        slot: Slot { case: 0, variant: 0, repeat: 0 },
        destination: target.destination()?,
        target,
        stream,
        fidelity: source.rebuilt.level,
        input_tokens,
        output_tokens,
        estimated_usd_nanos,
        first_token_timeout_ms: variant.first_token_timeout_ms,
        timeout_ms: variant.timeout_ms,
        retries: variant.retries.unwrap_or(variant::DEFAULT_RETRIES),
        request,
    };
    Ok((planned, losses))
}

/// The provider as price tables name it; whoever speaks OpenAI's language has anybody's models.
pub(super) fn price_provider(target: &Target) -> Option<&str> {
    (target.provider != "openai-compatible").then_some(target.provider.as_str())
}

impl Plan {
    /// The sums, over the takes that are in it.
    pub fn estimate(&self) -> Estimate {
        let destinations: BTreeSet<&String> = self.takes.iter().filter_map(|take| take.destination.as_ref()).collect();
        let unpriced: BTreeSet<String> = self
            .takes
            .iter()
            .filter(|take| take.estimated_usd_nanos.is_none())
            .map(|take| take.request.model.clone().unwrap_or_else(|| "a model without a name".into()))
            .collect();
        let costs = || self.takes.iter().map(|take| take.estimated_usd_nanos);
        Estimate {
            calls: self.takes.len() as u64,
            input_tokens: self.takes.iter().map(|take| take.input_tokens).sum(),
            output_tokens: self.takes.iter().map(|take| take.output_tokens).sum(),
            cost_usd_nanos: costs().sum(),
            priced_usd_nanos: costs().flatten().sum(),
            destinations: destinations.into_iter().cloned().collect(),
            unpriced: unpriced.into_iter().collect(),
        }
    }

    /// The lowest fidelity of a request.
    pub fn fidelity(&self) -> Option<Fidelity> {
        self.takes.iter().map(|take| take.fidelity).max()
    }

    /// The plan with what is left to do: takes of unfinished slots, as new takes, since what was in flight when the program
    /// ended stays as it is. `finished` are the slots that stay as they are.
    pub fn resume(&self, finished: &BTreeSet<Slot>) -> Plan {
        let left = self.takes.iter().filter(|take| !finished.contains(&take.slot));
        let takes = left.map(|take| PlannedTake { take_id: new_id(), ..take.clone() }).collect();
        Plan { takes, ..self.clone() }
    }

    /// Name of a take's variant.
    pub fn variant_name(&self, slot: &Slot) -> &str {
        self.variants.get(slot.variant as usize).map_or("", |variant| variant.name.as_str())
    }
}

/// A new id of a run or take.
pub(crate) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
