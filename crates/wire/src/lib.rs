//! Bodies of model APIs to and from the canonical request and answer, and the price table. Pure: no I/O, no clock.
//!
//! One file per API, the same for importers of recordings, providers and pasted requests. Look a codec up with
//! [`api::by_name`], or let [`api::detect_request`] recognise a body.

pub mod anthropic;
pub mod api;
pub mod error;
pub mod estimate;
mod fields;
pub mod openai_chat;
pub mod openai_completions;
pub mod openai_responses;
pub mod pricing;
pub mod sse;
pub mod stream;
mod tool_choice;

pub use api::Api;
pub use error::{ProviderMessage, WireError, provider_message};
pub use pricing::{PriceTable, cost_usd_nanos};
pub use stream::{CutReason, CutShort, Decode, StreamEnd, StreamEvent};

use serde_json::Value;

/// A body ready to be sent, and what it cannot carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoded {
    /// The body.
    pub body: Value,
    /// What was dropped, changed or invented, in the order of the body. Empty when the request was recorded in this API.
    pub losses: Vec<Loss>,
}

/// One thing that a target API cannot carry as it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Loss {
    /// Path in the canonical request: `params.seed`, `messages[3].parts[0]`.
    pub path: String,
    /// `dropped`, `changed` or `invented`.
    pub what: String,
    /// Why, one clause.
    pub why: String,
}

impl Loss {
    pub(crate) fn dropped(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), what: "dropped".into(), why: why.into() }
    }
    pub(crate) fn changed(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), what: "changed".into(), why: why.into() }
    }
    pub(crate) fn invented(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), what: "invented".into(), why: why.into() }
    }
}
