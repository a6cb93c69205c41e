//! Findings as they are kept: made anew for the traces that an import, an undo or a policy touched.

use super::gather::{Whole, gather_with, whole};
use crate::analysis::findings::{RULES_VERSION, judge};
use crate::{ApiError, Core};
use retake_model::{Code, Id};
use retake_store::Judged;
use std::collections::BTreeSet;

/// Set while findings are being made, and left with the version of the rules that made them: an import that was killed in
/// between, or a newer program, makes them again.
const MADE_SETTING: &str = "findings.made";
/// Traces judged between two writes.
const SLICE: usize = 200;

/// Traces that a batch can have changed: those of its spans, and those that its audit events join.
pub(crate) fn traces_of_batch(core: &Core, batch_id: &str) -> Result<Vec<Id>, ApiError> {
    let workspace = core.workspace()?;
    let mut traces: BTreeSet<Id> = workspace.traces_of_batch(batch_id)?.into_iter().collect();
    let events = workspace.audit_events_of_batch(batch_id)?;
    if !events.is_empty() {
        let policy = super::super::connect::policy(core)?.unwrap_or_default();
        let window_ms = i64::try_from(policy.audit_join.window_ms).unwrap_or(i64::MAX);
        traces.extend(workspace.traces_touching(&events, window_ms)?);
    }
    Ok(traces.into_iter().collect())
}

/// Makes the findings of the traces that a batch touched. An audit log changes what its silence means for every tool
/// call of its time, so that a batch with audit events touches all traces.
pub(crate) fn refresh_findings_of_batch(core: &Core, batch_id: &str) -> Result<(), ApiError> {
    if batch_id.is_empty() {
        return Ok(());
    }
    if core.workspace()?.audit_events_of_batch(batch_id)?.is_empty() {
        refresh_findings(core, &traces_of_batch(core, batch_id)?)
    } else {
        refresh_all_findings(core)
    }
}

/// Makes findings again when those that are there were not made to the end, or by other rules.
pub(crate) fn refresh_stale(core: &Core) -> Result<(), ApiError> {
    let made = core.workspace()?.setting(MADE_SETTING)?;
    match made.as_deref() {
        None => Ok(()),
        Some(version) if version == RULES_VERSION.to_string() => Ok(()),
        Some(_) => refresh_all_findings(core),
    }
}

/// Makes the findings of all traces.
pub(crate) fn refresh_all_findings(core: &Core) -> Result<(), ApiError> {
    let traces = core.workspace()?.all_with_subjects()?;
    refresh_findings(core, &traces)
}

/// Makes the findings of some traces. Only those with documents or tools can have any.
pub(crate) fn refresh_findings(core: &Core, traces: &[Id]) -> Result<(), ApiError> {
    let workspace = core.workspace()?;
    workspace.set_setting(MADE_SETTING, Some("making"))?;
    if !traces.is_empty() {
        let whole = whole(core)?;
        for slice in traces.chunks(SLICE) {
            let judged = judge_all(core, &workspace.with_subjects(slice)?, &whole)?;
            workspace.replace_judged(&judged)?;
        }
    }
    workspace.set_setting(MADE_SETTING, Some(&RULES_VERSION.to_string()))?;
    Ok(())
}

/// Judges traces, on as many threads as there are cores: reading them is most of the work.
fn judge_all(core: &Core, traces: &[Id], whole: &Whole) -> Result<Vec<Judged>, ApiError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = traces.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = traces
            .chunks(share)
            .map(|traces| {
                scope.spawn(move || traces.iter().filter_map(|id| judge_one(core, id, whole).transpose()).collect())
            })
            .collect();
        let mut judged = Vec::with_capacity(traces.len());
        for thread in threads {
            let part: Result<Vec<Judged>, ApiError> =
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            judged.extend(part?);
        }
        Ok(judged)
    })
}

/// Judges a trace; `None` when it is gone.
fn judge_one(core: &Core, trace_id: &Id, whole: &Whole) -> Result<Option<Judged>, ApiError> {
    let gathered = match gather_with(core, trace_id.as_str(), whole) {
        Ok(gathered) => gathered,
        // Another process took the batch back in the meantime.
        Err(error) if error.code == Code::IdUnknown => return Ok(None),
        Err(error) => return Err(error),
    };
    let evidence = gathered.evidence()?;
    let joined = evidence.events.iter().map(|row| (row.span_id.clone(), row.decision)).collect();
    Ok(Some(Judged { trace_id: trace_id.clone(), joined, findings: judge(&evidence) }))
}
