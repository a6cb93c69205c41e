//! Documents of a call that a golden case should not ask for: outdated ones, another tenant's, those that users write.

use super::super::replay::TakeView;
use super::gather::gather;
use crate::analysis::context::newer_version;
use crate::analysis::tenant::Owner;
use crate::{ApiError, Core};
use retake_golden::{Doubt, Doubtful};
use retake_model::{Code, Document};

/// What speaks against documents of a take and of the trace that it replays. A document counts as outdated when the
/// workspace knows a newer version at all: a case is for tomorrow's answers, whatever was current when the trace ran.
pub(crate) fn doubtful_documents(core: &Core, take: &TakeView) -> Result<Vec<Doubtful>, ApiError> {
    let Some(trace_id) = &take.take.trace_id else { return Ok(Vec::new()) };
    let gathered = match gather(core, trace_id) {
        Ok(gathered) => gathered,
        // The trace may be gone with its batch; nothing is known of its documents then.
        Err(error) if error.code == Code::IdUnknown => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let evidence = gathered.evidence()?;
    let policy = evidence.policy();
    let retrieved = evidence
        .retrievals()
        .into_iter()
        .filter_map(|span| span.retrieval.as_ref())
        .flat_map(|retrieval| retrieval.documents.iter().chain(&retrieval.input_documents));
    let mut doubts: Vec<Doubtful> = Vec::new();
    for document in retrieved.chain(take.documents.iter().flatten()) {
        let outdated = newer_version(document, None, evidence.survey(), policy)
            .map(|newer_version| Doubt::Outdated { newer_version });
        let own = evidence.tenant.as_deref();
        let foreign = own.is_some_and(|own| matches!(evidence.names.owner_of(document, own), Owner::Foreign { .. }));
        let untrusted =
            document.source.as_ref().is_some_and(|source| policy.documents.untrusted_sources.contains(source));
        let found = [outdated, foreign.then_some(Doubt::Foreign), untrusted.then_some(Doubt::Untrusted)];
        for doubt in found.into_iter().flatten() {
            let doubtful = doubtful(document, doubt);
            if !doubts.contains(&doubtful) {
                doubts.push(doubtful);
            }
        }
    }
    Ok(doubts)
}

fn doubtful(document: &Document, doubt: Doubt) -> Doubtful {
    Doubtful {
        document_id: document.document_id.clone(),
        version: document.version.clone(),
        content: document.content.clone(),
        doubt,
    }
}
