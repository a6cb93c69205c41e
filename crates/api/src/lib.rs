//! Handlers, documents and the host seam that the window and the command line share.
//!
//! A host (the Tauri application, the `retake` command, a test) makes a [`Core`] and calls handlers, by name through
//! [`schema::dispatch`] or as functions. Every command is checked here, never in the window.

pub mod analysis;
pub mod dto;
pub mod error;
pub mod handlers;
pub mod host;
pub mod jobs;
pub mod log;
mod output;
pub mod recent;
pub mod report;
pub mod run_log;
pub mod schema;

pub use error::ApiError;
pub use host::{Core, Host, default_workspace};
pub use retake_replay::variant::KEYS as VARIANT_KEYS;
