//! Whether a plan may be carried out: asked before anything is sent, every time.

use super::Plan;
use crate::{ReplayError, egress, fidelity};
use retake_model::Fidelity;

/// What the user allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions {
    /// Destinations (`host` or `host:port`).
    pub destinations: Vec<String>,
    /// Whether models without a price may be called.
    pub unpriced: bool,
    /// Lowest fidelity; `None` is [`fidelity::ACCEPTED_LEVEL`].
    pub fidelity: Option<Fidelity>,
}

/// Checks fidelity, destinations, prices and spending, in this order.
///
/// # Errors
/// `RTK-R003`, `RTK-R006`, `RTK-R008`, `RTK-R007`, `RTK-R009`.
pub fn check(plan: &Plan, allowed: &Permissions) -> Result<(), ReplayError> {
    let accepted = allowed.fidelity.unwrap_or(fidelity::ACCEPTED_LEVEL);
    if let Some(take) = plan.takes.iter().find(|take| take.fidelity > accepted) {
        let case = plan.cases.get(take.slot.case as usize);
        let span =
            case.and_then(|case| case.span_id.as_ref()).map_or_else(|| "of the case".to_owned(), ToString::to_string);
        let why = case.map(|case| case.weakest.join("; ")).unwrap_or_default();
        return Err(ReplayError::FidelityTooLow { span, level: take.fidelity, why });
    }
    let estimate = plan.estimate();
    let new = new_destinations(plan, &allowed.destinations);
    if !new.is_empty() {
        return Err(ReplayError::DestinationNew { destinations: new });
    }
    if !estimate.unpriced.is_empty() && !allowed.unpriced {
        return Err(ReplayError::PriceUnknown { models: estimate.unpriced });
    }
    match plan.max_usd_nanos {
        // What has no price and was allowed to go without counts as nothing here.
        None if estimate.priced_usd_nanos > 0 => {
            Err(ReplayError::SpendingUnlimited { usd_nanos: estimate.priced_usd_nanos })
        }
        _ => Ok(()),
    }
}

/// Destinations of a plan that a list does not cover.
pub fn new_destinations(plan: &Plan, allowed: &[String]) -> Vec<String> {
    let covered = |destination: &String| allowed.iter().any(|entry| egress::is_allowed(entry, destination));
    plan.estimate().destinations.into_iter().filter(|destination| !covered(destination)).collect()
}
