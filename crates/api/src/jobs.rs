//! Long work: start, progress, cancel. The truth is in the database and survives a reload; this table holds only what
//! a running process needs: the cancel tokens.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// Cancel tokens of the jobs of this process, by job id.
#[derive(Default)]
pub(crate) struct JobTable {
    running: Mutex<HashMap<String, CancellationToken>>,
}

impl JobTable {
    /// Registers a job and gives its token.
    pub(crate) fn register(&self, job_id: &str) -> CancellationToken {
        let token = CancellationToken::new();
        self.lock().insert(job_id.to_owned(), token.clone());
        token
    }

    /// Registers work that has its token already: a run, under the name of its lease.
    pub(crate) fn adopt(&self, name: &str, token: CancellationToken) {
        self.lock().insert(name.to_owned(), token);
    }

    /// Cancels a job; false when it does not run in this process.
    pub(crate) fn cancel(&self, job_id: &str) -> bool {
        match self.lock().get(job_id) {
            Some(token) => {
                token.cancel();
                true
            }
            None => false,
        }
    }

    /// Forgets a job that has ended.
    pub(crate) fn finish(&self, job_id: &str) {
        self.lock().remove(job_id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, CancellationToken>> {
        // The map stays consistent whatever a panicking holder did: every write is one call.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
