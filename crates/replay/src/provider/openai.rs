//! OpenAI's chat completions.

use super::{Call, EventSink, Provider, Way, http};
use crate::ProviderError;
use futures_util::future::BoxFuture;
use reqwest::header::{AUTHORIZATION, HeaderMap};
use retake_model::{Answer, Request};
use retake_wire::{Encoded, Loss, api, openai_chat};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// OpenAI itself.
pub(super) struct OpenAi;

impl Provider for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }
    fn title(&self) -> &'static str {
        "OpenAI"
    }
    fn default_base_url(&self) -> Option<&'static str> {
        Some("https://api.openai.com/v1")
    }
    fn key_variables(&self) -> &'static [&'static str] {
        &["OPENAI_API_KEY"]
    }
    fn encode(&self, request: &Request, stream: bool) -> Encoded {
        let mut encoded = encode(request, stream);
        rename_limit(&mut encoded);
        encoded
    }
    fn send<'a>(
        &'a self,
        call: &'a Call,
        way: &'a Way,
        sink: &'a mut dyn EventSink,
    ) -> BoxFuture<'a, Result<Answer, ProviderError>> {
        send(call, way, self.encode(&call.request, call.stream).body, sink)
    }
    fn models<'a>(&'a self, call: &'a Call, way: &'a Way) -> BoxFuture<'a, Result<Vec<String>, ProviderError>> {
        models(call, way)
    }
}

/// The body as recorded, but for how the answer travels: a stream with its usage, unless a whole answer is asked for.
pub(super) fn encode(request: &Request, stream: bool) -> Encoded {
    let mut encoded = openai_chat::encode_request(request);
    let Some(body) = encoded.body.as_object_mut() else { return encoded };
    if stream {
        body.insert("stream".into(), json!(true));
        match body.get_mut("stream_options") {
            Some(Value::Object(options)) => {
                options.insert("include_usage".into(), json!(true));
            }
            _ => {
                body.insert("stream_options".into(), json!({"include_usage": true}));
            }
        }
    } else {
        // Options of a stream without a stream are refused.
        body.shift_remove("stream_options");
        if body.contains_key("stream") {
            body.insert("stream".into(), json!(false));
        }
    }
    encoded
}

/// OpenAI's reasoning models refuse `max_tokens` and take the same limit under its newer name.
fn rename_limit(encoded: &mut Encoded) {
    let Some(body) = encoded.body.as_object_mut() else { return };
    let model = body.get("model").and_then(Value::as_str).unwrap_or_default();
    let reasons = model.starts_with("gpt-5")
        || model.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if !reasons || body.contains_key("max_completion_tokens") {
        return;
    }
    if let Some(limit) = body.shift_remove("max_tokens") {
        body.insert("max_completion_tokens".into(), limit);
        encoded.losses.push(Loss {
            path: "params.max_tokens".into(),
            what: "changed".into(),
            why: "this model takes the limit as `max_completion_tokens`".into(),
        });
    }
}

pub(super) fn send<'a>(
    call: &'a Call,
    way: &'a Way,
    body: Value,
    sink: &'a mut dyn EventSink,
) -> BoxFuture<'a, Result<Answer, ProviderError>> {
    Box::pin(async move {
        let api = api::by_name(openai_chat::NAME).expect("the registry has OpenAI's API");
        let url = format!("{}/chat/completions", call.base_url.trim_end_matches('/'));
        http::exchange(call, way, api, url, headers(call)?, &body, sink).await
    })
}

pub(super) fn models<'a>(call: &'a Call, way: &'a Way) -> BoxFuture<'a, Result<Vec<String>, ProviderError>> {
    Box::pin(async move {
        let url = format!("{}/models", call.base_url.trim_end_matches('/'));
        http::models(call, way, url, headers(call)?).await
    })
}

fn headers(call: &Call) -> Result<HeaderMap, ProviderError> {
    let mut headers = HeaderMap::new();
    if let Some(key) = &call.key {
        headers.insert(AUTHORIZATION, http::secret_header(call, &format!("Bearer {}", key.expose_secret()))?);
    }
    Ok(headers)
}
