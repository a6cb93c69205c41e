//! Votes on takes side by side. In the workspace a recorded answer goes by its trace and span; in documents by its span,
//! as every take does.

use super::takes_of;
use crate::dto::Ns;
use crate::dto::compare::{Vote, VoteRequest, VoteUndoRequest, Voted};
use crate::dto::replay::Take;
use crate::handlers::replay::TakeView;
use crate::{ApiError, Core};
use retake_model::{Code, VoteChoice};
use retake_store::VoteRow;
use std::sync::Arc;

/// Longest note that is kept.
const MAX_NOTE_CHARS: usize = 4_000;

/// Keeps a vote. It takes the place of an earlier one on the same takes.
///
/// # Errors
/// Unknown takes, a choice that is none, a winner that is not among them.
pub async fn vote_set(core: Arc<Core>, request: VoteRequest) -> Result<Voted, ApiError> {
    core.blocking(move |core| {
        let views = takes_of(core, &request.takes)?;
        let choice = VoteChoice::parse(&request.choice).ok_or_else(|| {
            ApiError::new(Code::UsageInvalid, format!("{:?} is no vote", request.choice))
                .with_hint("Vote for a take, `tie` or `both_bad`.")
        })?;
        let takes: Vec<String> = views.iter().map(|view| name_of(&view.take)).collect();
        let winner = match choice {
            VoteChoice::Take => Some(winner(&request, &views, &takes)?),
            VoteChoice::Tie | VoteChoice::BothBad => None,
        };
        let note = request.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
        let row = VoteRow {
            vote_id: uuid::Uuid::now_v7().to_string(),
            at_ns: core.host().now_ns(),
            choice,
            winner,
            note: note.map(|note| note.chars().take(MAX_NOTE_CHARS).collect()),
            blind: request.blind,
            takes,
        };
        core.workspace()?.add_vote(&row)?;
        Ok(Voted { vote: Some(row.into()) })
    })
    .await
}

/// Takes the vote in force back; the one before it is in force again.
///
/// # Errors
/// Unknown takes, or none that was voted on.
pub async fn vote_undo(core: Arc<Core>, request: VoteUndoRequest) -> Result<Voted, ApiError> {
    core.blocking(move |core| {
        let views = takes_of(core, &request.takes)?;
        let takes: Vec<String> = views.iter().map(|view| name_of(&view.take)).collect();
        if !core.workspace()?.undo_vote(&takes)? {
            return Err(ApiError::new(Code::IdUnknown, "there is no vote on these takes"));
        }
        Ok(Voted { vote: core.workspace()?.vote_on(&takes)?.map(Vote::from) })
    })
    .await
}

/// The name of the better take: the request names it as it named the takes, or by its id.
fn winner(request: &VoteRequest, views: &[TakeView], names: &[String]) -> Result<String, ApiError> {
    let wanted = request.winner.as_deref().unwrap_or_default();
    let at = request.takes.iter().position(|id| id == wanted);
    let at = at.or_else(|| views.iter().position(|view| view.take.take_id == wanted));
    at.and_then(|at| names.get(at)).cloned().ok_or_else(|| {
        ApiError::new(Code::UsageInvalid, format!("{wanted:?} is none of the takes")).with_hint("Name the better take.")
    })
}

/// The vote in force on exactly these takes.
pub(super) fn on(core: &Core, views: &[TakeView]) -> Result<Option<Vote>, ApiError> {
    let takes: Vec<String> = views.iter().map(|view| name_of(&view.take)).collect();
    Ok(core.workspace()?.vote_on(&takes)?.map(Vote::from))
}

/// Votes in force on takes of a run, newest first.
pub(crate) fn of_run(core: &Core, run_id: &str) -> Result<Vec<Vote>, ApiError> {
    Ok(core.workspace()?.votes_of_run(run_id)?.into_iter().map(Vote::from).collect())
}

/// Votes in force that any of these takes stands in, newest first.
pub(crate) fn of_takes(core: &Core, takes: &[Take]) -> Result<Vec<Vote>, ApiError> {
    let names: Vec<String> = takes.iter().map(name_of).collect();
    Ok(core.workspace()?.votes_with(&names)?.into_iter().map(Vote::from).collect())
}

/// A take as the workspace's votes call it. A span's id is its own only within its trace.
fn name_of(take: &Take) -> String {
    match (&take.run_id, &take.trace_id, &take.span_id) {
        (None, Some(trace_id), Some(span_id)) => format!("span:{trace_id}/{span_id}"),
        _ => take.take_id.clone(),
    }
}

/// The id of a take as documents have it.
fn id_of(name: String) -> String {
    match name.strip_prefix("span:").and_then(|rest| rest.split_once('/')) {
        Some((_, span_id)) => span_id.to_owned(),
        None => name,
    }
}

impl From<VoteRow> for Vote {
    fn from(row: VoteRow) -> Self {
        Self {
            vote_id: row.vote_id,
            at_ns: Ns(row.at_ns),
            takes: row.takes.into_iter().map(id_of).collect(),
            choice: row.choice.as_str().to_owned(),
            winner: row.winner.map(id_of),
            note: row.note,
            blind: row.blind,
        }
    }
}
