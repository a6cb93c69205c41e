//! `compare`, and the votes on what is compared.

use crate::args::Compare;
use crate::output::Output;
use retake_api::dto::compare::{CompareRequest, Comparison, Vote, VoteRequest, VoteUndoRequest};
use retake_api::{ApiError, Core, handlers};
use retake_model::{Code, Exit};
use std::fmt::Write;
use std::sync::Arc;

/// `retake compare`.
pub async fn run(core: Arc<Core>, args: &Compare, output: &Output) -> Result<Exit, ApiError> {
    if let Some(which) = &args.vote {
        vote(Arc::clone(&core), args, which).await?;
    }
    let request = CompareRequest { takes: args.takes.clone(), unit: args.lines.then(|| "line".to_owned()) };
    let comparison = handlers::compare::compare(core, request).await?;
    output.document("compare", &comparison, |text| {
        comparison.takes.iter().for_each(|take| super::replay::write_take(text, take));
        for pair in &comparison.pairs {
            let _ = writeln!(text, "against {}: {:.0} % alike", pair.take_id, pair.text.similarity * 100.0);
            for op in &pair.text.ops {
                match op.op.as_str() {
                    "equal" => text.push_str(&op.a),
                    "delete" => {
                        let _ = write!(text, "[-{}-]", op.a);
                    }
                    "insert" => {
                        let _ = write!(text, "{{+{}+}}", op.b);
                    }
                    _ => {
                        let _ = write!(text, "[-{}-]{{+{}+}}", op.a, op.b);
                    }
                }
            }
            text.push('\n');
            for call in pair.tool_calls.iter().filter(|call| call.op != "equal") {
                let name = call.a.as_ref().or(call.b.as_ref()).map_or("", |call| call.name.as_str());
                let _ = writeln!(text, "tool call {name}: {}", call.op);
            }
        }
        if let Some(vote) = &comparison.vote {
            let _ = writeln!(text, "{}", vote_words(vote, &comparison));
        }
    });
    Ok(Exit::Done)
}

/// Keeps a vote on the takes, or takes the last one back.
async fn vote(core: Arc<Core>, args: &Compare, which: &str) -> Result<(), ApiError> {
    let takes = args.takes.clone();
    if which == "undo" {
        return handlers::compare::vote_undo(core, VoteUndoRequest { takes }).await.map(drop);
    }
    let place = which.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
    let (choice, winner) = match (which, place.and_then(|place| takes.get(place))) {
        ("tie", _) => ("tie", None),
        ("both-bad", _) => ("both_bad", None),
        (_, Some(winner)) => ("take", Some(winner.clone())),
        _ => {
            return Err(ApiError::new(Code::UsageInvalid, format!("{which:?} is no vote on {} takes", takes.len()))
                .with_hint("Use the place of the better take (1, 2 …), `tie`, `both-bad` or `undo`."));
        }
    };
    let request = VoteRequest { takes, choice: choice.to_owned(), winner, note: args.note.clone(), blind: false };
    handlers::compare::vote_set(core, request).await.map(drop)
}

fn vote_words(vote: &Vote, comparison: &Comparison) -> String {
    let place = comparison.takes.iter().position(|take| Some(&take.take_id) == vote.winner.as_ref());
    let chosen = match (vote.choice.as_str(), place) {
        ("tie", _) => "a tie".to_owned(),
        ("both_bad", _) => "both bad".to_owned(),
        (_, Some(place)) => format!("{} is better", place + 1),
        (_, None) => vote.winner.clone().unwrap_or_default(),
    };
    let note = vote.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
    format!("vote: {chosen}{note}")
}
