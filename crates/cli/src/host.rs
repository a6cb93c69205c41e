//! The command line as a host: the real clock and environment; nobody watches, nobody is asked by a dialog.

use retake_api::Host;
use std::path::PathBuf;

/// The process.
pub struct Process;

impl Host for Process {
    fn now_ns(&self) -> i64 {
        i64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or(i64::MAX)
    }

    fn emit(&self, _topic: &str, _id: &str) {}

    fn pick(&self, _what: &str) -> Vec<PathBuf> {
        Vec::new()
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }

    fn read_file(&self, path: &str) -> std::io::Result<String> {
        std::fs::read_to_string(path)
    }

    fn sample_folder(&self) -> Option<PathBuf> {
        retake_api::handlers::workspace::find_sample(self.variable("RETAKE_SAMPLE"))
    }

    fn log_path(&self) -> Option<PathBuf> {
        retake_api::log::default_path()
    }
}
