//! A way to send a request: what a variant says, and the request that follows from it.
//!
//! A SPEC is `key=value,key=value` (quote with `'…'` where a value holds a comma), or the word `original`. The keys and
//! their meaning are those of the command line's reference; an unknown one is an error that names it.

use crate::{ReplayError, Source};
use retake_model::{JsonMap, Message, Request};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod apply;
mod context;
mod documents;
mod spec;

pub use apply::{Applied, apply};
pub use context::{documents_after, variables_after};
pub use spec::{KEYS, parse_plan, parse_spec};

/// Reads a file that a variant names (`@FILE`), or says why not.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> Result<String, String>;
/// Finds a prompt's template by name and version number or label.
pub type FindPrompt<'a> = &'a dyn Fn(&str, &str) -> Option<String>;

/// A variant. The default is the call as it was.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Variant {
    /// Name; the SPEC's text when none is given.
    pub name: String,
    /// `openai`, `openai-compatible`, `anthropic`, `recorded`.
    pub provider: Option<String>,
    /// Named connection.
    pub connection: Option<String>,
    /// Base URL.
    pub base_url: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Prompt name, and version number or label.
    pub prompt: Option<(String, String)>,
    /// Text in place of the system text.
    pub system: Option<String>,
    /// Parameters to set; `null` removes one. `temperature`, `top_p`, `max_tokens`, `seed` and any other.
    pub params: JsonMap,
    /// Ids of documents to take out.
    pub drop_docs: Vec<String>,
    /// Ids of documents and their new content.
    pub replace_docs: Vec<(String, String)>,
    /// Ids of documents in their new order; the others follow.
    pub order_docs: Vec<String>,
    /// Messages to put in place of those at an index, before everything else.
    pub messages: BTreeMap<usize, Message>,
    /// Deadline of the first token.
    pub first_token_timeout_ms: Option<u64>,
    /// Deadline of the whole answer.
    pub timeout_ms: Option<u64>,
    /// Attempts after the first.
    pub retries: Option<u32>,
    /// `Some(false)` asks for a whole answer, `None` for a stream.
    pub stream: Option<bool>,
}

/// Attempts after the first when a variant does not say.
pub const DEFAULT_RETRIES: u32 = 2;

impl Variant {
    /// The call as it was.
    pub fn original() -> Self {
        Self { name: "original".into(), ..Self::default() }
    }

    /// True when it changes nothing that is sent, wherever it is sent.
    pub fn keeps_request(&self) -> bool {
        let bare = Self {
            name: self.name.clone(),
            provider: self.provider.clone(),
            connection: self.connection.clone(),
            base_url: self.base_url.clone(),
            first_token_timeout_ms: self.first_token_timeout_ms,
            timeout_ms: self.timeout_ms,
            retries: self.retries,
            stream: self.stream,
            ..Self::default()
        };
        *self == bare
    }
}

/// What a variant makes of a source, ready to be planned.
///
/// # Errors
/// As [`apply`], and `RTK-R004` when the result still holds a removed secret, `RTK-R005` when it holds no message.
pub fn request_of(variant: &Variant, source: &Source, prompts: FindPrompt<'_>) -> Result<Request, ReplayError> {
    let Applied { request, .. } = apply(variant, source, prompts)?;
    if request.messages.is_empty() {
        return Err(ReplayError::NothingToReplay { why: "the messages of the call were not recorded".into() });
    }
    let paths = crate::fidelity::redacted_paths(&request);
    if !paths.is_empty() {
        return Err(ReplayError::RequestRedacted { paths });
    }
    Ok(request)
}
