//! `promote`.

use crate::args::Promote;
use crate::output::Output;
use retake_api::dto::promote::PromoteRequest;
use retake_api::{ApiError, Core, handlers};
use retake_model::Exit;
use std::fmt::Write;
use std::sync::Arc;

/// `retake promote`.
pub async fn run(core: Arc<Core>, args: &Promote, output: &Output) -> Result<Exit, ApiError> {
    let request = PromoteRequest {
        id: args.id.clone(),
        set: args.set.clone(),
        name: args.name.clone(),
        asserts: args.asserts.clone(),
        no_suggest: args.no_suggest,
        reason: args.reason.clone(),
        preview: false,
    };
    let promoted = handlers::golden::promote(core, request).await?;
    output.document("promote", &promoted, |text| {
        let _ = writeln!(text, "{}", promoted.path);
        for assertion in &promoted.assertions {
            let _ = writeln!(text, "  {} {}", assertion.kind, assertion.value);
            if let Some(because) = &assertion.because {
                let _ = writeln!(text, "    because {because}");
            }
        }
        for near in &promoted.near_duplicates {
            let _ = writeln!(text, "nearly the same as {near}");
        }
        for note in &promoted.notes {
            let _ = writeln!(text, "note: {note}");
        }
        let _ = writeln!(text, "{}", promoted.command);
    });
    Ok(Exit::Done)
}
