//! Ordinary confirmations.

use crate::args::Global;
use retake_api::ApiError;
use retake_model::Code;
use std::io::{BufRead, IsTerminal, Write};

/// Asks; `--yes` answers, and without a terminal and without it nothing is done.
pub fn confirm(question: &str, global: &Global) -> Result<(), ApiError> {
    if global.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(ApiError::new(Code::ConfirmationNeeded, format!("{question} Nothing was done.")));
    }
    eprint!("{question} [y/N] ");
    let _flushed = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    if read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(ApiError::new(Code::ConfirmationNeeded, "not confirmed, nothing was done"))
}
