//! The one command of the page: a name and a request to the handlers, their document or coded error back.

use retake_api::{ApiError, Core, schema};
use serde_json::Value;
use std::sync::Arc;
use tauri::State;

/// The workspace, or why it could not be opened.
pub struct Opened(pub Result<Arc<Core>, ApiError>);

/// Calls a handler.
#[tauri::command]
pub async fn rpc(opened: State<'_, Opened>, name: String, payload: Value) -> Result<Value, ApiError> {
    let core = opened.0.clone()?;
    let result = schema::dispatch(core, &name, payload).await;
    if let Err(error) = &result
        && error.code == retake_model::Code::Internal
    {
        // The page shows the error; a defect is also kept, with the command that met it.
        tracing::error!(command = name, message = error.message, "a handler failed");
    }
    result
}
