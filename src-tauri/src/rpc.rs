//! The one command of the page that reaches the handlers: a name and a request, their document or coded error back.

use crate::window::Windows;
use retake_api::{ApiError, schema};
use serde_json::Value;
use serde_json::value::RawValue;
use std::time::Instant;
use tauri::{Manager, State, WebviewWindow};

/// Calls a handler on the workspace of the window that asks.
#[tauri::command]
pub async fn rpc(
    window: WebviewWindow,
    windows: State<'_, Windows>,
    name: String,
    payload: Value,
) -> Result<Box<RawValue>, ApiError> {
    let core = windows.of(window.label())?.core(window.app_handle()).await?;
    let asked = Instant::now();
    let result = schema::dispatch(core, &name, payload).await;
    tracing::debug!(command = name, ms = asked.elapsed().as_millis(), "answered");
    if let Err(error) = &result
        && error.code == retake_model::Code::Internal
    {
        // The page shows the error; a defect is also kept, with the command that met it.
        tracing::error!(command = name, message = error.message, "a handler failed");
    }
    result.map_err(ApiError::in_window)
}
