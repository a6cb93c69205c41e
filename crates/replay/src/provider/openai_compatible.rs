//! Any server that speaks OpenAI's chat completions: llama.cpp, vLLM, LiteLLM, OpenRouter, Groq, Mistral, a gateway.
//! It differs from OpenAI in that its address must be given and that it may need no key.

use super::{Call, EventSink, Provider, Way, openai};
use crate::ProviderError;
use futures_util::future::BoxFuture;
use retake_model::{Answer, Request};
use retake_wire::Encoded;

/// A compatible server.
pub(super) struct OpenAiCompatible;

impl Provider for OpenAiCompatible {
    fn name(&self) -> &'static str {
        "openai-compatible"
    }
    fn title(&self) -> &'static str {
        "OpenAI-compatible server"
    }
    fn default_base_url(&self) -> Option<&'static str> {
        None
    }
    // A key for OpenAI is not for whoever speaks its language.
    fn key_variables(&self) -> &'static [&'static str] {
        &[]
    }
    fn encode(&self, request: &Request, stream: bool) -> Encoded {
        openai::encode(request, stream)
    }
    fn send<'a>(
        &'a self,
        call: &'a Call,
        way: &'a Way,
        sink: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, ProviderError>> {
        openai::send(call, way, self.encode(&call.request, call.stream).body, sink)
    }
    fn models<'a>(&'a self, call: &'a Call, way: &'a Way) -> BoxFuture<'a, Result<Vec<String>, ProviderError>> {
        openai::models(call, way)
    }
}
