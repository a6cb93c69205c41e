//! Providers: one module each, one line in [`all`]. Bytes belong to `wire`; a provider is address, headers and limits.

use crate::egress::Egress;
use crate::{ProviderError, ReplayError};
use futures_util::future::BoxFuture;
use retake_model::{Answer, Request};
use retake_wire::{Encoded, StreamEvent};
use secrecy::SecretString;
use std::sync::Arc;
use std::time::Duration;

mod anthropic;
mod http;
mod openai;
mod openai_compatible;
mod recorded;

/// One provider.
pub trait Provider: Send + Sync {
    /// Name, as variants and connections have it.
    fn name(&self) -> &'static str;
    /// Title for people.
    fn title(&self) -> &'static str;
    /// Base URL when none is given; `None` when one must be.
    fn default_base_url(&self) -> Option<&'static str>;
    /// The vendor's usual environment variables for a key.
    fn key_variables(&self) -> &'static [&'static str];
    /// True when nothing leaves the machine.
    fn is_offline(&self) -> bool {
        false
    }
    /// The body that would go out, and what it cannot carry. `stream` asks for a stream.
    fn encode(&self, request: &Request, stream: bool) -> Encoded;
    /// Sends a call and gives its events to `sink` as they come. What came before an error is in the sink.
    fn send<'a>(
        &'a self,
        call: &'a Call,
        way: &'a Way,
        sink: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, ProviderError>>;
    /// Names of the models that the connection offers: a way to test it.
    fn models<'a>(&'a self, call: &'a Call, way: &'a Way) -> BoxFuture<'a, Result<Vec<String>, ProviderError>>;
}

/// One call. `Debug` does not show the key.
#[derive(Debug, Clone)]
pub struct Call {
    /// Take that it is for; goes out as `x-retake-take-id`.
    pub take_id: String,
    /// Connection, for messages.
    pub connection: String,
    /// Base URL.
    pub base_url: String,
    /// Key; `None` for servers that need none.
    pub key: Option<SecretString>,
    /// What is asked.
    pub request: Request,
    /// Whether a stream is asked for.
    pub stream: bool,
    /// Deadline of the first token, from sending.
    pub first_token_timeout: Option<Duration>,
    /// Deadline of the whole answer, from sending.
    pub timeout: Option<Duration>,
    /// Attempts after the first, before the first token only.
    pub retries: u32,
}

/// Answers of recordings, by [`crate::request_hash`].
pub type Recordings = Arc<dyn Fn(&str) -> Option<Answer> + Send + Sync>;

/// How a call gets its answer: the network, or recordings.
#[derive(Clone)]
pub struct Way {
    /// The way out.
    pub egress: Egress,
    /// Recorded answers.
    pub recordings: Recordings,
}

/// Takes what a call says.
pub trait EventSink: Send {
    /// An attempt begins; times count from here. 0 is the first.
    fn sending(&mut self, attempt: u32);
    /// Something came.
    fn event(&mut self, event: StreamEvent);
}

const ALL: &[&dyn Provider] =
    &[&openai::OpenAi, &openai_compatible::OpenAiCompatible, &anthropic::Anthropic, &recorded::Recorded];

/// Every provider.
pub fn all() -> &'static [&'static dyn Provider] {
    ALL
}

/// A provider by its name.
///
/// # Errors
/// `RTK-P008` for a name that is none.
pub fn by_name(name: &str) -> Result<&'static dyn Provider, ReplayError> {
    ALL.iter()
        .copied()
        .find(|provider| provider.name() == name)
        .ok_or_else(|| ReplayError::ProviderUnknown { name: name.to_owned() })
}
