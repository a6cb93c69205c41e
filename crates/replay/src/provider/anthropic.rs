//! Anthropic's Messages API.

use super::{Call, EventSink, Provider, Way, http};
use crate::ProviderError;
use futures_util::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use retake_model::{Answer, Request};
use retake_wire::{Encoded, api};
use secrecy::ExposeSecret;
use serde_json::json;

/// Version of the API that the codec was written for.
const VERSION: &str = "2023-06-01";

/// Anthropic.
pub(super) struct Anthropic;

impl Provider for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }
    fn title(&self) -> &'static str {
        "Anthropic"
    }
    fn default_base_url(&self) -> Option<&'static str> {
        Some("https://api.anthropic.com")
    }
    fn key_variables(&self) -> &'static [&'static str] {
        &["ANTHROPIC_API_KEY"]
    }
    fn encode(&self, request: &Request, stream: bool) -> Encoded {
        let mut encoded = retake_wire::anthropic::encode_request(request);
        if let Some(body) = encoded.body.as_object_mut()
            && (stream || body.contains_key("stream"))
        {
            body.insert("stream".into(), json!(stream));
        }
        encoded
    }
    fn send<'a>(
        &'a self,
        call: &'a Call,
        way: &'a Way,
        sink: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, ProviderError>> {
        Box::pin(async move {
            let body = self.encode(&call.request, call.stream).body;
            let api = api::by_name(retake_wire::anthropic::NAME).expect("the registry has Anthropic's API");
            http::exchange(call, way, api, url(call, "messages"), headers(call)?, &body, sink).await
        })
    }
    fn models<'a>(&'a self, call: &'a Call, way: &'a Way) -> BoxFuture<'a, Result<Vec<String>, ProviderError>> {
        Box::pin(async move { http::models(call, way, url(call, "models"), headers(call)?).await })
    }
}

/// The base URL may end in `/v1` or not.
fn url(call: &Call, endpoint: &str) -> String {
    let base = call.base_url.trim_end_matches('/');
    let base = base.strip_suffix("/v1").unwrap_or(base);
    format!("{base}/v1/{endpoint}")
}

fn headers(call: &Call) -> Result<HeaderMap, ProviderError> {
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("anthropic-version"), HeaderValue::from_static(VERSION));
    if let Some(key) = &call.key {
        headers.insert(HeaderName::from_static("x-api-key"), http::secret_header(call, key.expose_secret())?);
    }
    Ok(headers)
}
