//! Takes side by side, votes on them, and a run as cases by variants.

mod matrix;
mod vote;

pub(crate) use vote::{of_run as votes_of_run, of_takes as votes_of_takes};
pub use vote::{vote_set, vote_undo};

use super::replay::{TakeView, facts_of, take_or_recorded};
use crate::dto::IdRequest;
use crate::dto::compare::{
    CompareRequest, Comparison, Deltas, JsonChange, Matrix, Pair, TextDiff, TextOp, ToolCallPair,
};
use crate::dto::replay::ToolCallView;
use crate::{ApiError, Core};
use retake_compare as diff;
use retake_model::{Code, counted};
use std::sync::Arc;

/// Takes that can stand side by side.
const MOST_TAKES: usize = 8;

/// Compares two to eight takes; a span stands for its recorded answer.
///
/// # Errors
/// Unknown or ambiguous ids, or another number of takes.
pub async fn compare(core: Arc<Core>, request: CompareRequest) -> Result<Comparison, ApiError> {
    core.blocking(move |core| {
        let takes = takes_of(core, &request.takes)?;
        let facts: Vec<diff::TakeFacts> = takes.iter().map(facts_of).collect();
        let lines = match request.unit.as_deref() {
            None | Some("word") => false,
            Some("line") => true,
            Some(other) => {
                return Err(ApiError::new(Code::UsageInvalid, format!("a diff is by word or line, not by {other:?}")));
            }
        };
        let pairs: Vec<Pair> = diff::compare(&facts)
            .pairs
            .into_iter()
            .map(|pair| {
                let text = |at: usize| facts.get(at).and_then(|take| take.output_text.clone()).unwrap_or_default();
                let (a, b) = (text(pair.a), text(pair.b));
                // A missing text is compared as an empty one: the joins of the steps stay the two texts.
                let text = if lines {
                    diff::diff_lines(&a, &b)
                } else {
                    pair.text.unwrap_or_else(|| diff::diff_words(&a, &b))
                };
                Pair {
                    take_id: takes.get(pair.b).map(|take| take.take.take_id.clone()).unwrap_or_default(),
                    text: text.into(),
                    json: pair.json.map(|changes| changes.into_iter().map(JsonChange::from).collect()),
                    tool_calls: pair.tool_calls.unwrap_or_default().into_iter().map(ToolCallPair::from).collect(),
                    deltas: pair.deltas.into(),
                }
            })
            .collect();
        let vote = vote::on(core, &takes)?;
        let first = pairs.first().cloned().ok_or_else(|| ApiError::internal("a comparison without a pair"))?;
        Ok(Comparison {
            takes: takes.into_iter().map(|take| take.take).collect(),
            text: first.text,
            json: first.json,
            tool_calls: first.tool_calls,
            deltas: first.deltas,
            pairs,
            vote,
        })
    })
    .await
}

/// The takes that are named, if so many can stand side by side.
fn takes_of(core: &Core, ids: &[String]) -> Result<Vec<TakeView>, ApiError> {
    if !(2..=MOST_TAKES).contains(&ids.len()) {
        return Err(ApiError::new(Code::UsageInvalid, format!("{} cannot be compared", counted(ids.len(), "take")))
            .with_hint("Name two to eight takes."));
    }
    ids.iter().map(|id| take_or_recorded(core, id)).collect()
}

/// A run as cases by variants, each against the recorded answer.
///
/// # Errors
/// `RTK-S010` for an unknown run.
pub async fn run_matrix(core: Arc<Core>, request: IdRequest) -> Result<Matrix, ApiError> {
    core.blocking(move |core| matrix::of_run(core, &request.id)).await
}

impl From<diff::TextDiff> for TextDiff {
    fn from(text: diff::TextDiff) -> Self {
        let op = |op: diff::TextOp| TextOp {
            op: match op.op {
                diff::Op::Equal => "equal",
                diff::Op::Delete => "delete",
                diff::Op::Insert => "insert",
                diff::Op::Replace => "replace",
            }
            .to_owned(),
            a: op.a,
            b: op.b,
        };
        Self { similarity: text.similarity, ops: text.ops.into_iter().map(op).collect() }
    }
}

impl From<diff::JsonChange> for JsonChange {
    fn from(change: diff::JsonChange) -> Self {
        let op = match change.op {
            diff::JsonOp::Add => "add",
            diff::JsonOp::Remove => "remove",
            diff::JsonOp::Change => "change",
            diff::JsonOp::Move => "move",
        };
        Self { path: change.path, to: change.to, op: op.to_owned(), a: change.a, b: change.b }
    }
}

impl From<diff::CallRow> for ToolCallPair {
    fn from(row: diff::CallRow) -> Self {
        let op = match row.op {
            diff::CallOp::Equal => "equal",
            diff::CallOp::Changed => "changed",
            diff::CallOp::OnlyA => "only_a",
            diff::CallOp::OnlyB => "only_b",
        };
        Self {
            op: op.to_owned(),
            a: row.a.map(ToolCallView::from),
            b: row.b.map(ToolCallView::from),
            changes: row.arguments.into_iter().map(JsonChange::from).collect(),
        }
    }
}

impl From<diff::Deltas> for Deltas {
    fn from(deltas: diff::Deltas) -> Self {
        Self {
            cost_usd_nanos: deltas.cost_usd_nanos,
            latency_ms: deltas.latency_ms,
            ttft_ms: deltas.ttft_ms,
            tokens: deltas.tokens,
        }
    }
}
