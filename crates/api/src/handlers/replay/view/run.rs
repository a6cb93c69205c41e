//! A run as a document.

use super::super::super::compare;
use super::super::plan::{left_out_views, read_plan};
use super::super::slots::{counts, without_replaced};
use super::{planned_by_slot, planned_view};
use crate::dto::Ns;
use crate::dto::replay::{Run, Take};
use crate::{ApiError, Core};
use retake_replay::run::PlannedTake;
use retake_store::TakeRow;

/// A run: every try of every slot, in the order of the plan; of one span only, when it is named.
pub(in crate::handlers::replay) fn run(core: &Core, id: &str, span_id: Option<&str>) -> Result<Run, ApiError> {
    let workspace = core.workspace()?;
    let row = workspace.run(id)?;
    let plan = read_plan(&row);
    let rows = without_replaced(workspace.takes_of_run(&row.run_id)?);
    let wanted =
        |row: &&TakeRow| span_id.is_none_or(|span_id| row.span_id.as_ref().is_some_and(|id| id.as_str() == span_id));
    let shown: Vec<&TakeRow> = rows.iter().filter(wanted).collect();
    let planned = planned_by_slot(plan.as_ref());
    let of = |row: &TakeRow| planned.get(&row.slot).copied();
    let takes: Vec<Take> =
        shown.iter().map(|row| Ok(planned_view(core, row, of(row))?.take)).collect::<Result<_, ApiError>>()?;
    let spent_is_known = !shown.iter().zip(&takes).any(|(row, take)| is_cost_unknown(of(row), row, take));
    Ok(Run {
        run_id: row.run_id.clone(),
        status: row.status.as_str().to_owned(),
        counts: counts(&rows),
        started_ns: Ns(row.started_ns),
        spent_usd_nanos: spent_is_known.then_some(row.spent_usd_nanos),
        max_usd_nanos: row.max_usd_nanos,
        left_out: plan.as_ref().map(left_out_views).unwrap_or_default(),
        destinations: plan.map(|plan| plan.estimate().destinations).unwrap_or_default(),
        takes,
        votes: compare::votes_of_run(core, &row.run_id)?,
    })
}

/// Whether a take cost what nobody can tell. One that ended badly may have cost something too; where its model has a
/// price, what was reserved for it counts as spent.
fn is_cost_unknown(planned: Option<&PlannedTake>, row: &TakeRow, take: &Take) -> bool {
    let is_priced = || planned.is_some_and(|planned| planned.estimated_usd_nanos.is_some());
    let was_sent = row.started_ns.is_some() && !take.cached;
    was_sent && take.cost_usd_nanos.is_none() && (take.status == "done" || !is_priced())
}
