//! Words within one trace.

use super::gather::gather;
use crate::analysis::find::{Hit, Words, find};
use crate::dto::investigate::{FindRequest, Found, FoundPlace};
use crate::{ApiError, Core};
use std::sync::Arc;

/// Places in one answer, at most.
const PLACES: u32 = 500;

/// Places of a trace where words stand.
///
/// # Errors
/// `RTK-S010` for an unknown trace.
pub async fn trace_find(core: Arc<Core>, request: FindRequest) -> Result<Found, ApiError> {
    core.blocking(move |core| {
        let gathered = gather(core, &request.trace_id)?;
        let words = Words::new(&request.text, request.match_case, request.whole_word);
        let (from, count) = (request.from as usize, request.count.min(PLACES) as usize);
        let found = find(&gathered.spans, &words, from, count);
        Ok(Found { total: found.total as u64, places: found.hits.into_iter().map(FoundPlace::from).collect() })
    })
    .await
}

impl From<Hit> for FoundPlace {
    fn from(hit: Hit) -> Self {
        Self {
            span_id: hit.span_id,
            section: hit.section.to_owned(),
            at: hit.at,
            part: hit.part,
            field: hit.field.to_owned(),
            path: hit.path,
            nth: hit.nth,
        }
    }
}
