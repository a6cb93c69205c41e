//! `export`.

use crate::args::Export as Args;
use crate::output::Output;
use retake_api::{ApiError, Core, handlers};
use retake_model::{Exit, counted};
use std::sync::Arc;

/// `retake export`.
pub async fn run(core: Arc<Core>, args: &Args, output: &Output) -> Result<Exit, ApiError> {
    let (query, format, path) = (args.query.clone(), args.format.clone(), args.output.clone());
    match path {
        Some(path) => {
            let request = retake_api::dto::workspace::ExportRequest { query, format, path: path.display().to_string() };
            let exported = handlers::workspace::export(core, request).await?;
            output.document("export", &exported, |text| {
                text.push_str(&format!("{} to {}\n", counted(exported.records, "record"), path.display()));
            });
        }
        None => {
            core.blocking(move |core| {
                handlers::workspace::export_to(core, &query, &format, &mut std::io::stdout().lock())
            })
            .await?;
        }
    }
    Ok(Exit::Done)
}
