//! Findings as they are kept: made anew for the traces that an import, an undo or a policy touched.

use super::gather::{gather_with, whole};
use crate::analysis::findings::{RULES_VERSION, judge};
use crate::{ApiError, Core};
use retake_model::{Code, Decision, Finding, Id};
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
    let judged = super::parse_query(core, "has:document OR has:tool OR has:finding", None)?;
    let traces = core.workspace()?.traces_matching(&judged)?;
    refresh_findings(core, &traces)
}

/// Makes the findings of some traces. Only those with documents or tools can have any.
pub(crate) fn refresh_findings(core: &Core, traces: &[Id]) -> Result<(), ApiError> {
    let workspace = core.workspace()?;
    workspace.set_setting(MADE_SETTING, Some("making"))?;
    if !traces.is_empty() {
        let judged = super::parse_query(core, "has:document OR has:tool OR has:finding", None)?;
        let with_subjects: BTreeSet<Id> = workspace.traces_matching(&judged)?.into_iter().collect();
        let traces: Vec<&Id> = traces.iter().filter(|trace| with_subjects.contains(trace)).collect();
        let whole = whole(core)?;
        for slice in traces.chunks(SLICE) {
            let mut made: Vec<(Id, Vec<Finding>)> = Vec::with_capacity(slice.len());
            for trace_id in slice {
                let gathered = match gather_with(core, trace_id.as_str(), &whole) {
                    Ok(gathered) => gathered,
                    // Another process took the batch back in the meantime.
                    Err(error) if error.code == Code::IdUnknown => continue,
                    Err(error) => return Err(error),
                };
                let evidence = gathered.evidence()?;
                let joined: Vec<(Option<Id>, Decision)> =
                    evidence.events.iter().map(|row| (row.span_id.clone(), row.decision)).collect();
                workspace.set_audit_joined(trace_id, &joined)?;
                made.push(((*trace_id).clone(), judge(&evidence)));
            }
            workspace.replace_findings_all(&made)?;
        }
    }
    workspace.set_setting(MADE_SETTING, Some(&RULES_VERSION.to_string()))?;
    Ok(())
}
