//! `doctor`, `copy`, `schema`, `completions`.

use crate::args::Cli;
use crate::output::Output;
use clap::CommandFactory;
use retake_api::dto::Empty;
use retake_api::dto::workspace::{CopyRequest, DoctorCheck};
use retake_api::{ApiError, Core, handlers, schema::documents};
use retake_model::{Code, Exit};
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// `retake doctor`.
pub async fn run(core: Arc<Core>, output: &Output) -> Result<Exit, ApiError> {
    let doctor = handlers::workspace::doctor(core, Empty {}).await?;
    output.document("doctor", &doctor, |text| {
        for check in &doctor.checks {
            let state = match (check.ok, is_needed(check)) {
                (true, _) => "ok  ",
                (false, true) => "FAIL",
                (false, false) => "none",
            };
            let _ = writeln!(text, "{state} {:<20} {}", check.id, check.message);
            if let Some(hint) = check.hint.as_deref().filter(|_| !check.ok) {
                let _ = writeln!(text, "     {hint}");
            }
        }
    });
    Ok(if doctor.checks.iter().all(|check| check.ok || !is_needed(check)) { Exit::Done } else { Exit::Workspace })
}

/// False for what the workspace does without: keys can come from the environment.
fn is_needed(check: &DoctorCheck) -> bool {
    check.id != handlers::workspace::KEYRING_CHECK
}

/// `retake copy`.
pub async fn copy(core: Arc<Core>, file: &Path, output: &Output) -> Result<Exit, ApiError> {
    let request = CopyRequest { path: Some(file.display().to_string()) };
    let copied = handlers::workspace::workspace_copy(core, request).await?;
    output.document("workspace-copy", &copied, |text| {
        let _ =
            writeln!(text, "{} bytes in {}", copied.bytes.unwrap_or_default(), copied.path.as_deref().unwrap_or("—"));
    });
    Ok(Exit::Done)
}

/// `retake schema`.
pub fn schema(name: Option<&str>, output: &Output) -> Result<Exit, ApiError> {
    let Some(name) = name else {
        let mut names: Vec<&str> = documents::NAMES.iter().chain(handlers::golden::FILE_SCHEMAS).copied().collect();
        names.sort_unstable();
        output.plain(&names.join("\n"));
        return Ok(Exit::Done);
    };
    let schema = handlers::golden::file_schema(name).or_else(|| documents::json_schema(name));
    match schema {
        Some(schema) => {
            output.plain(&format!("{schema:#}"));
            Ok(Exit::Done)
        }
        None => Err(ApiError::new(Code::SchemaUnknown, format!("there is no document {name:?}"))),
    }
}

/// `retake completions`.
pub fn completions(shell: clap_complete::Shell, output: &Output) -> Result<Exit, ApiError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "retake", &mut script);
    output.plain(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
