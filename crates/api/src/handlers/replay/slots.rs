//! Takes of one slot: a call that was interrupted or failed may be sent again by a further take, and one of them counts.

use crate::dto::replay::RunCounts;
use crate::{ApiError, Core};
use retake_model::TakeStatus;
use retake_store::TakeRow;
use std::collections::BTreeMap;

/// True for a take that waits to be sent.
pub(super) fn is_unsent(row: &TakeRow) -> bool {
    row.status == TakeStatus::Pending && row.started_ns.is_none()
}

/// Takes without those that wait for ever, since a later take of the same slot was sent in their place.
pub(super) fn without_replaced(mut rows: Vec<TakeRow>) -> Vec<TakeRow> {
    let mut last: BTreeMap<(String, u32), String> = BTreeMap::new();
    for row in &rows {
        let last = last.entry((row.run_id.clone(), row.slot)).or_default();
        // Ids grow with time.
        if *last < row.take_id {
            last.clone_from(&row.take_id);
        }
    }
    rows.retain(|row| !is_unsent(row) || last.get(&(row.run_id.clone(), row.slot)) == Some(&row.take_id));
    rows
}

/// Slots by what is known of them: an interrupted or cancelled take leaves its slot pending.
pub(crate) fn counts(rows: &[TakeRow]) -> RunCounts {
    let slots = standing(rows.iter());
    let number = |wanted: &dyn Fn(TakeStatus) -> bool| {
        u32::try_from(slots.values().filter(|row| wanted(row.status)).count()).unwrap_or(u32::MAX)
    };
    RunCounts {
        done: number(&|status| status == TakeStatus::Done),
        failed: number(&|status| status == TakeStatus::Failed),
        pending: number(&|status| !matches!(status, TakeStatus::Done | TakeStatus::Failed)),
    }
}

/// The take of each slot that counts, of takes in the order in which they were planned: one that is done; else the newest
/// that failed, waits or runs, since one that failed may be sent again; else the newest.
pub(super) fn standing<'r>(rows: impl IntoIterator<Item = &'r TakeRow>) -> BTreeMap<u32, &'r TakeRow> {
    let rank = |status: TakeStatus| match status {
        TakeStatus::Done => 2,
        TakeStatus::Failed | TakeStatus::Pending => 1,
        _ => 0,
    };
    let mut by_slot: BTreeMap<u32, &TakeRow> = BTreeMap::new();
    for row in rows {
        if by_slot.get(&row.slot).is_none_or(|kept| rank(row.status) >= rank(kept.status)) {
            by_slot.insert(row.slot, row);
        }
    }
    by_slot
}

/// The takes of a run that count, by slot.
pub(crate) fn takes_by_slot(core: &Core, run_id: &str) -> Result<BTreeMap<u32, TakeRow>, ApiError> {
    let rows = core.workspace()?.takes_of_run(run_id)?;
    Ok(standing(&rows).into_iter().map(|(slot, row)| (slot, row.clone())).collect())
}
