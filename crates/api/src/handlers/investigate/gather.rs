//! Everything that is known about one trace, read from the workspace for the analysis.

use super::super::connect;
use crate::analysis::join::{TraceKeys, audit_keys, keys_of};
use crate::analysis::{Evidence, Policy, Survey};
use crate::{ApiError, Core};
use retake_model::{AuditEvent, Code, Id, Span};
use retake_store::AuditRow;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What was read about one trace.
pub(crate) struct Gathered {
    /// Trace.
    pub(crate) trace_id: Id,
    /// Spans with content.
    pub(crate) spans: Vec<Span>,
    events: Vec<AuditEvent>,
    others: Vec<TraceKeys>,
    policy: Arc<Policy>,
    survey: Arc<Survey>,
}

impl Gathered {
    /// The evidence that the analysis reads.
    pub(crate) fn evidence(&self) -> Result<Evidence<'_>, ApiError> {
        Evidence::gather(&self.spans, &self.events, &self.others, &self.policy, &self.survey)
            .ok_or_else(|| ApiError::new(Code::IdUnknown, "the trace has no spans"))
    }
}

/// What the workspace as a whole says: policy and survey, kept until the data changes.
pub(crate) struct Whole {
    pub(crate) policy: Arc<Policy>,
    pub(crate) survey: Arc<Survey>,
}

/// Tenants that only a policy's attribute names tell are looked for in the spans that retrieved, up to this many; beyond,
/// the tenants are those that the importer took.
const SURVEYED_SPANS: usize = 20_000;

/// Policy and survey of the workspace.
pub(crate) fn whole(core: &Core) -> Result<Whole, ApiError> {
    let version = core.workspace()?.data_version()?;
    if let Some((policy, survey)) = core.cached_survey(version) {
        return Ok(Whole { policy, survey });
    }
    let policy = Arc::new(connect::policy(core)?.unwrap_or_default());
    let survey = Arc::new(survey(core, &policy)?);
    core.cache_survey(version, Arc::clone(&policy), Arc::clone(&survey));
    Ok(Whole { policy, survey })
}

fn survey(core: &Core, policy: &Policy) -> Result<Survey, ApiError> {
    let workspace = core.workspace()?;
    let mut survey = Survey::default();
    for tenant in workspace.tenants()? {
        survey.see_tenant(&tenant);
    }
    workspace.each_document(&mut |document| survey.see_document(&document))?;
    if !policy.who.tenant.0.is_empty()
        && let Some(spans) = workspace.spans_with_documents(SURVEYED_SPANS)?
    {
        for (trace_id, span_id) in spans {
            if let Some(mut span) = workspace.span(&trace_id, &span_id)? {
                policy.apply_who(&mut span);
                survey.see_span(&span);
            }
        }
    }
    for row in workspace.audit_events_all()? {
        survey.see_event(&row.event);
    }
    survey.finish();
    Ok(survey)
}

/// Reads one trace, or has it from the last time.
///
/// # Errors
/// `RTK-S010` for an unknown trace.
pub(crate) fn gather(core: &Core, trace_id: &str) -> Result<Arc<Gathered>, ApiError> {
    let version = core.workspace()?.data_version()?;
    core.gathered(version, trace_id, || gather_with(core, trace_id, &whole(core)?))
}

/// Reads one trace, with what is known of the whole workspace.
pub(crate) fn gather_with(core: &Core, trace_id: &str, whole: &Whole) -> Result<Gathered, ApiError> {
    let workspace = core.workspace()?;
    let trace_id = Id::new(trace_id.to_owned());
    let mut spans = workspace.spans_full(&trace_id)?;
    if spans.is_empty() {
        return Err(ApiError::new(Code::IdUnknown, format!("there is no trace {trace_id}")));
    }
    for span in &mut spans {
        whole.policy.apply_who(span);
    }
    let rows = workspace.audit_events(&audit_keys(&keys_of(&spans), &whole.policy))?;
    let others = neighbours(core, &trace_id, &rows, &whole.policy)?;
    Ok(Gathered {
        trace_id,
        spans,
        events: rows.into_iter().map(|row| row.event).collect(),
        others,
        policy: Arc::clone(&whole.policy),
        survey: Arc::clone(&whole.survey),
    })
}

/// Other traces that rows without any id could belong to: such a row goes to the one that it fits best.
fn neighbours(core: &Core, trace_id: &Id, rows: &[AuditRow], policy: &Policy) -> Result<Vec<TraceKeys>, ApiError> {
    let loose: Vec<AuditRow> =
        rows.iter().filter(|row| row.event.trace_id.is_none() && row.event.request_id.is_none()).cloned().collect();
    if loose.is_empty() {
        return Ok(Vec::new());
    }
    let workspace = core.workspace()?;
    let window_ms = i64::try_from(policy.audit_join.window_ms).unwrap_or(i64::MAX);
    let traces: BTreeSet<Id> = workspace.traces_touching(&loose, window_ms)?.into_iter().collect();
    let mut keys = Vec::new();
    for other in traces.iter().filter(|other| *other != trace_id) {
        let mut spans = workspace.spans_full(other)?;
        for span in &mut spans {
            policy.apply_who(span);
        }
        keys.push(keys_of(&spans));
    }
    Ok(keys)
}
