//! One file a noun: request to response over a [`crate::Core`]. Every check that matters is made here, in the core.

pub mod compare;
pub mod connect;
pub mod golden;
pub mod import;
pub mod investigate;
pub mod job;
pub mod mapping;
pub mod metrics;
pub mod prompt;
pub mod replay;
pub mod search;
pub mod workspace;

use crate::{ApiError, Core};
use retake_query::{ParseContext, Query};

/// Reads a query; days without an offset are those of `offset_minutes` east of UTC.
pub(crate) fn parse_query(core: &Core, text: &str, offset_minutes: Option<i32>) -> Result<Query, ApiError> {
    let zone = offset_minutes
        .and_then(|minutes| jiff::tz::Offset::from_seconds(minutes.saturating_mul(60)).ok())
        .map_or(jiff::tz::TimeZone::UTC, jiff::tz::TimeZone::fixed);
    Ok(retake_query::parse(text, &ParseContext { zone, now_ns: core.host().now_ns() })?)
}
