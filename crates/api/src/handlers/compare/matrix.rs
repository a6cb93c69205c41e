//! A run as cases by variants: each cell says how its takes differ from the recorded answer.

use super::super::investigate::Located;
use super::super::replay::{TakeView, facts_of, planned_view, read_plan, recorded, run_id, takes_by_slot};
use crate::dto::compare::{Deltas, Matrix, MatrixCell, MatrixRow};
use crate::run_log::slot_number;
use crate::{ApiError, Core};
use retake_compare::{self as diff, CallOp, TakeFacts};
use retake_model::{Request, Role};
use retake_replay::run::{Plan, PlannedTake, Slot};
use retake_store::TakeRow;
use std::collections::{BTreeMap, HashMap};

/// What is kept of a question.
const QUESTION_CHARS: usize = 240;

/// The matrix of a run.
pub(super) fn of_run(core: &Core, id: &str) -> Result<Matrix, ApiError> {
    let run_id = run_id(core, id)?;
    let row = core.workspace()?.run(&run_id)?;
    let status = row.status.as_str().to_owned();
    let Some(plan) = read_plan(&row) else {
        return Ok(Matrix { run_id, status, variants: Vec::new(), rows: Vec::new() });
    };
    let taken = takes_by_slot(core, &run_id)?;
    let planned: HashMap<Slot, &PlannedTake> = plan.takes.iter().map(|take| (take.slot.clone(), take)).collect();
    let known = Known { core, plan: &plan, planned, taken };
    let cases = u32::try_from(plan.cases.len()).unwrap_or(u32::MAX);
    let rows = (0..cases).map(|case| known.row(case)).collect::<Result<_, ApiError>>()?;
    let variants = plan.variants.iter().map(|variant| variant.name.clone()).collect();
    Ok(Matrix { run_id, status, variants, rows })
}

/// A run, its plan by slot and its takes by slot.
struct Known<'a> {
    core: &'a Core,
    plan: &'a Plan,
    planned: HashMap<Slot, &'a PlannedTake>,
    taken: BTreeMap<u32, TakeRow>,
}

impl Known<'_> {
    fn row(&self, case: u32) -> Result<MatrixRow, ApiError> {
        let about = self.plan.cases.get(case as usize);
        let (trace_id, span_id) = about.map_or((None, None), |case| (case.trace_id.clone(), case.span_id.clone()));
        // The span may be gone with its batch; then there is nothing to compare with.
        let original = match (&trace_id, &span_id) {
            (Some(trace_id), Some(span_id)) => {
                let at = Located { trace_id: trace_id.to_string(), span_id: Some(span_id.to_string()) };
                recorded(self.core, &at).ok()
            }
            _ => None,
        };
        let variants = u32::try_from(self.plan.variants.len()).unwrap_or(u32::MAX);
        let facts = original.as_ref().filter(|view| view.take.output_text.is_some()).map(facts_of);
        let mut cells = Vec::new();
        let mut differences = Vec::new();
        for variant in 0..variants {
            let takes = self.takes(case, variant)?;
            let found = takes.first().map(|first| cell(first, &takes, facts.as_ref()));
            differences.extend(found.as_ref().and_then(|(_, difference)| *difference));
            cells.push(found.map(|(cell, _)| cell));
        }
        let asked = original.as_ref().and_then(|view| view.request.as_ref()).or_else(|| {
            let mut takes = (0..variants).filter_map(|variant| self.planned.get(&Slot { case, variant, repeat: 0 }));
            takes.next().map(|take| &take.request)
        });
        Ok(MatrixRow {
            trace_id: trace_id.map(|id| id.to_string()),
            span_id: span_id.map(|id| id.to_string()),
            question: asked.and_then(question),
            cells,
            disagreement: mean(&differences),
        })
    }

    /// The takes of a case under a variant, by repeat.
    fn takes(&self, case: u32, variant: u32) -> Result<Vec<TakeView>, ApiError> {
        let slots = (0..self.plan.repeats).map(|repeat| Slot { case, variant, repeat });
        let rows = slots.filter_map(|slot| Some((self.taken.get(&slot_number(self.plan, &slot))?, slot)));
        rows.map(|(row, slot)| planned_view(self.core, row, self.planned.get(&slot).copied())).collect()
    }
}

/// A cell, and how much its takes differ from the original, 0 to 1.
fn cell(first: &TakeView, takes: &[TakeView], original: Option<&TakeFacts>) -> (MatrixCell, Option<f64>) {
    let compared: Vec<Compared> = original
        .map(|original| {
            takes.iter().filter(|view| view.take.status == "done").map(|view| against(original, view)).collect()
        })
        .unwrap_or_default();
    let failed = takes.iter().filter(|view| view.take.status == "failed").count();
    let same = compared.iter().filter(|compared| compared.words == 0 && compared.tool_calls == 0).count();
    let most = compared.iter().max_by_key(|compared| (compared.tool_calls, compared.words));
    let verdict = most.map(|most| match (most.tool_calls, most.words) {
        (0, 0) => "same",
        (0, _) => "words",
        _ => "tool_calls",
    });
    let differences: Vec<f64> =
        compared.iter().map(|compared| compared.difference).chain(std::iter::repeat_n(1.0, failed)).collect();
    let all = |of: fn(&diff::Deltas) -> Option<f64>| -> Option<f64> {
        let known: Option<Vec<f64>> = compared.iter().map(|compared| of(&compared.deltas)).collect();
        mean(&known?)
    };
    #[expect(clippy::cast_precision_loss, reason = "nano-dollars and tokens of one call are far below 2^53")]
    let deltas = Deltas {
        cost_usd_nanos: all(|deltas| deltas.cost_usd_nanos.map(|n| n as f64)).map(rounded),
        latency_ms: all(|deltas| deltas.latency_ms),
        ttft_ms: all(|deltas| deltas.ttft_ms),
        tokens: all(|deltas| deltas.tokens.map(|n| n as f64)).map(rounded),
    };
    let unfinished = takes.iter().find(|view| view.take.status != "done").unwrap_or(first);
    let cell = MatrixCell {
        take_id: first.take.take_id.clone(),
        status: unfinished.take.status.clone(),
        repeats: number(takes.len()),
        same: most.map(|_| number(same)),
        verdict: verdict.map(str::to_owned),
        words: most.map(|most| number(most.words)),
        tool_calls: most.map(|most| number(most.tool_calls)),
        deltas,
    };
    (cell, mean(&differences))
}

/// A take against the recorded answer.
struct Compared {
    words: usize,
    tool_calls: usize,
    difference: f64,
    deltas: diff::Deltas,
}

fn against(original: &TakeFacts, view: &TakeView) -> Compared {
    let comparison = diff::compare(&[original.clone(), facts_of(view)]);
    let pair = comparison.pairs.into_iter().next();
    let text = pair.as_ref().and_then(|pair| pair.text.as_ref());
    let calls = pair.as_ref().and_then(|pair| pair.tool_calls.as_deref()).unwrap_or_default();
    let tool_calls = calls.iter().filter(|call| call.op != CallOp::Equal).count();
    let apart = text.map_or(0.0, |text| 1.0 - text.similarity);
    Compared {
        words: text.map_or(0, diff::TextDiff::changed_words),
        tool_calls,
        difference: if tool_calls > 0 { 1.0 } else { apart },
        deltas: pair.map(|pair| pair.deltas).unwrap_or_default(),
    }
}

/// The last that the user said, its beginning.
fn question(request: &Request) -> Option<String> {
    let asked = request.messages.iter().rev().find(|message| message.role == Role::User)?;
    let text = asked.joined_text();
    let text = text.trim();
    (!text.is_empty()).then(|| text.chars().take(QUESTION_CHARS).collect())
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[expect(clippy::cast_possible_truncation, reason = "a mean of whole numbers lies between them")]
fn rounded(value: f64) -> i64 {
    value.round() as i64
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
