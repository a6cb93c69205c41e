//! One call over HTTP: attempts, deadlines, the stream, and errors in the provider's own words without the key.

use super::{Call, EventSink, Way, recorded::events_of};
use crate::egress::{Incoming, Outgoing};
use crate::{ProviderError, retry};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use retake_model::Answer;
use retake_wire::{Api, CutReason, StreamEnd, StreamEvent, WireError, provider_message};
use secrecy::ExposeSecret;
use serde_json::Value;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

const ERROR_BODY_BYTES: usize = 64 << 10;
const ANSWER_BODY_BYTES: usize = 64 << 20;
/// Most that is kept of a provider's own words, in bytes.
const ERROR_MESSAGE_BYTES: usize = 4 << 10;
/// A text is not cut within a word of up to so many bytes.
const LONGEST_WORD_BYTES: usize = 1 << 10;

/// A failed attempt, and whether another can help.
struct Failure {
    error: ProviderError,
    again: bool,
    after: Option<Duration>,
}

impl From<ProviderError> for Failure {
    fn from(error: ProviderError) -> Self {
        Self { error, again: false, after: None }
    }
}

/// Sends a call, again where that can help and nothing was received yet.
pub(super) async fn exchange(
    call: &Call,
    way: &Way,
    api: &Api,
    url: String,
    headers: HeaderMap,
    body: &Value,
    sink: &mut dyn EventSink,
) -> Result<Answer, ProviderError> {
    let bytes =
        serde_json::to_vec(body).map_err(|why| bad_answer(call, format!("the body cannot be written: {why}")))?;
    let mut headers = headers;
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(take) = HeaderValue::from_str(&call.take_id) {
        headers.insert(HeaderName::from_static("x-retake-take-id"), take);
    }
    let mut attempt = 0;
    loop {
        sink.sending(attempt);
        tracing::info!(take_id = %call.take_id, connection = %call.connection, attempt, bytes = bytes.len(), "sending");
        let outgoing = Outgoing {
            url: url.clone(),
            headers: headers.clone(),
            body: Some(bytes.clone()),
            why: "take",
            take_id: Some(&call.take_id),
            connection: &call.connection,
        };
        let failure = match attempt_once(call, way, api, outgoing, sink).await {
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        attempt += 1;
        let wait = failure.after.unwrap_or_else(|| retry::backoff(attempt, rand::random()));
        if !failure.again || attempt > call.retries || wait > retry::LONGEST_WAIT {
            return Err(failure.error);
        }
        tracing::info!(take_id = %call.take_id, connection = %call.connection, attempt, wait_ms = wait.as_millis() as u64, "waiting before another attempt");
        tokio::time::sleep(wait).await;
    }
}

async fn attempt_once(
    call: &Call,
    way: &Way,
    api: &Api,
    out: Outgoing<'_>,
    sink: &mut dyn EventSink,
) -> Result<Answer, Failure> {
    let deadlines = Deadlines::from_now(call);
    let sent = deadlines.before_first_token(way.egress.send(out)).await?;
    // Nothing was answered, so nothing is paid twice.
    let mut incoming = sent.map_err(|error| Failure {
        again: matches!(error, ProviderError::Unreachable { .. }),
        after: None,
        error,
    })?;
    if !(200..300).contains(&incoming.status()) {
        let failure = deadlines.before_first_token(refusal(call, &mut incoming)).await?;
        return Err(failure);
    }
    let content_type = incoming.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if content_type.contains("json") && !content_type.contains("event-stream") {
        return whole(call, api, &mut incoming, &deadlines, sink).await.map_err(Failure::from);
    }
    streamed(call, api, &mut incoming, &deadlines, sink).await.map_err(Failure::from)
}

/// Deadlines of an attempt, counted from its sending.
struct Deadlines<'a> {
    call: &'a Call,
    first_token: Option<Instant>,
    whole: Option<Instant>,
}

impl<'a> Deadlines<'a> {
    fn from_now(call: &'a Call) -> Self {
        let now = Instant::now();
        Self {
            call,
            first_token: call.first_token_timeout.map(|after| now + after),
            whole: call.timeout.map(|after| now + after),
        }
    }

    async fn before_first_token<T>(&self, work: impl Future<Output = T>) -> Result<T, ProviderError> {
        match (self.first_token, self.whole) {
            (Some(first), whole) if whole.is_none_or(|whole| first <= whole) => {
                tokio::time::timeout_at(first, work).await.map_err(|_| self.first_token_passed())
            }
            _ => self.before_end(work).await,
        }
    }

    async fn before_end<T>(&self, work: impl Future<Output = T>) -> Result<T, ProviderError> {
        match self.whole {
            Some(whole) => tokio::time::timeout_at(whole, work).await.map_err(|_| self.passed()),
            None => Ok(work.await),
        }
    }

    fn first_token_passed(&self) -> ProviderError {
        ProviderError::FirstTokenTimeout {
            connection: self.call.connection.clone(),
            after_ms: ms(self.call.first_token_timeout),
        }
    }

    fn passed(&self) -> ProviderError {
        ProviderError::Timeout { connection: self.call.connection.clone(), after_ms: ms(self.call.timeout) }
    }
}

/// An answer that is not streamed, as its events.
async fn whole(
    call: &Call,
    api: &Api,
    incoming: &mut Incoming,
    deadlines: &Deadlines<'_>,
    sink: &mut dyn EventSink,
) -> Result<Answer, ProviderError> {
    let body = deadlines.before_end(incoming.body(ANSWER_BODY_BYTES)).await?;
    let body =
        body.map_err(|why| ProviderError::CutShort { connection: call.connection.clone(), events: 0, why: Some(why) })?;
    whole_body(call, api, &body, sink)
}

/// A body that is one JSON object.
fn whole_body(call: &Call, api: &Api, body: &[u8], sink: &mut dyn EventSink) -> Result<Answer, ProviderError> {
    let value: Value = serde_json::from_slice(body).map_err(|why| bad_answer(call, format!("it is no JSON: {why}")))?;
    let answer = (api.decode_answer)(&value).map_err(|why| match why {
        WireError::ErrorBody { code, message } => in_stream(call, code, &message),
        other => bad_answer(call, scrub(call, &other.to_string())),
    })?;
    events_of(&answer).into_iter().for_each(|event| sink.event(event));
    Ok(answer)
}

async fn streamed(
    call: &Call,
    api: &Api,
    incoming: &mut Incoming,
    deadlines: &Deadlines<'_>,
    sink: &mut dyn EventSink,
) -> Result<Answer, ProviderError> {
    let mut decoder = (api.stream)();
    let mut received = 0;
    let mut first = false;
    let mut head = Vec::new();
    let broken = loop {
        let next = incoming.chunk();
        let chunk = if first { deadlines.before_end(next).await? } else { deadlines.before_first_token(next).await? };
        let bytes = match chunk {
            Ok(Some(bytes)) => bytes,
            Ok(None) => break None,
            Err(why) => break Some(why),
        };
        if received == 0 && head.len() < ERROR_BODY_BYTES {
            head.extend_from_slice(&bytes);
        }
        let mut events = Vec::new();
        let read = decoder.push(&bytes, &mut events);
        for event in events {
            received += 1;
            first |= is_token(&event);
            sink.event(scrubbed(call, event));
        }
        read.map_err(|why| bad_answer(call, scrub(call, &why.to_string())))?;
    };
    // The last line of a stream may lack its end. One that was cut in its middle is no event, and the end mark is missing
    // then.
    let mut events = Vec::new();
    let torn = decoder.push(b"\n\n", &mut events).is_err();
    for event in events {
        received += 1;
        sink.event(scrubbed(call, event));
    }
    let end = if torn || broken.is_some() { StreamEnd::Broken } else { StreamEnd::Closed };
    match (decoder.finish(end), broken) {
        (Ok(answer), _) => Ok(answer),
        // Servers that cannot stream, or fail before they do, send JSON under the name of a stream.
        (Err(_), None) if received == 0 && head.trim_ascii_start().starts_with(b"{") => {
            whole_body(call, api, &head, sink)
        }
        (Err(cut), why) => Err(match cut.why {
            CutReason::Error { code, message } => in_stream(call, code, &message),
            CutReason::Ended if received == 0 && why.is_none() => {
                // A page of a gateway under a status of success: only its words say where it comes from.
                let page = scrub(call, String::from_utf8_lossy(&head).trim());
                let said = if page.is_empty() { page } else { format!(": {}", shortened(&page)) };
                bad_answer(call, format!("it holds no event of a stream{said}"))
            }
            CutReason::Ended => ProviderError::CutShort { connection: call.connection.clone(), events: received, why },
        }),
    }
}

/// Whether an event is what a reader would call the first token.
fn is_token(event: &StreamEvent) -> bool {
    matches!(
        event,
        StreamEvent::Text { .. }
            | StreamEvent::Reasoning { .. }
            | StreamEvent::ToolCallStart { .. }
            | StreamEvent::ToolArguments { .. }
    )
}

/// A status other than 2xx: the body is kept, the provider's own message found in it.
async fn refusal(call: &Call, incoming: &mut Incoming) -> Failure {
    let status = incoming.status();
    let bytes = incoming.body(ERROR_BODY_BYTES).await.unwrap_or_default();
    let body = scrub(call, &String::from_utf8_lossy(&bytes));
    let value: Value = serde_json::from_str(&body).unwrap_or_default();
    let advice = retry::advice(status, &|name| incoming.header(name), &value, SystemTime::now());
    let connection = call.connection.clone();
    let own = provider_message(&value);
    let message = own.as_ref().map_or_else(|| plain_message(status, &body), |own| own.message.clone());
    let error = match status {
        401 | 403 => ProviderError::KeyRejected { connection, status },
        429 => ProviderError::RateLimited {
            connection,
            after_ms: advice.after.map(|after| after.as_millis().try_into().unwrap_or(u64::MAX)),
            message: shortened(&message),
            body,
        },
        _ => ProviderError::Refused {
            connection,
            status,
            code: own.and_then(|own| own.code),
            message: shortened(&message),
            body,
        },
    };
    Failure { error, again: advice.again, after: advice.after }
}

/// Words for a body without a known error: its text as it came (a gateway's page says which gateway it was), or what
/// the status means.
fn plain_message(status: u16, body: &str) -> String {
    let text = body.trim();
    if text.is_empty() {
        let meaning = reqwest::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        return meaning.unwrap_or("no message").to_owned();
    }
    text.to_owned()
}

fn shortened(text: &str) -> String {
    if text.len() <= ERROR_MESSAGE_BYTES {
        text.to_owned()
    } else {
        let cut = text.get(..text.floor_char_boundary(ERROR_MESSAGE_BYTES)).unwrap_or_default();
        // Between words where there is one near: the filter of secrets would not know half of one.
        let between = cut.rfind(char::is_whitespace).filter(|at| cut.len() - at <= LONGEST_WORD_BYTES);
        format!("{}…", between.map_or(cut, |at| cut.get(..at).unwrap_or_default()))
    }
}

/// Names of the models of a connection: both vendors list them under `data[].id`.
pub(super) async fn models(
    call: &Call,
    way: &Way,
    url: String,
    headers: HeaderMap,
) -> Result<Vec<String>, ProviderError> {
    let deadlines = Deadlines::from_now(call);
    let outgoing = Outgoing { url, headers, body: None, why: "models", take_id: None, connection: &call.connection };
    let mut incoming = deadlines.before_end(way.egress.send(outgoing)).await??;
    if !(200..300).contains(&incoming.status()) {
        return Err(refusal(call, &mut incoming).await.error);
    }
    let body = deadlines.before_end(incoming.body(ANSWER_BODY_BYTES)).await?;
    let body =
        body.map_err(|why| ProviderError::CutShort { connection: call.connection.clone(), events: 0, why: Some(why) })?;
    let value: Value =
        serde_json::from_slice(&body).map_err(|why| bad_answer(call, format!("it is no JSON: {why}")))?;
    let list = value
        .get("data")
        .and_then(Value::as_array)
        .ok_or_else(|| bad_answer(call, "it has no list of models".into()))?;
    Ok(list.iter().filter_map(|model| model.get("id")?.as_str().map(str::to_owned)).collect())
}

/// A header that no log shows.
pub(super) fn secret_header(call: &Call, text: &str) -> Result<HeaderValue, ProviderError> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| ProviderError::KeyInvalid { connection: call.connection.clone() })?;
    value.set_sensitive(true);
    Ok(value)
}

/// A text without the key: some gateways repeat it in their errors.
fn scrub(call: &Call, text: &str) -> String {
    match &call.key {
        Some(key) if !key.expose_secret().is_empty() => text.replace(key.expose_secret(), "⟦key⟧"),
        _ => text.to_owned(),
    }
}

fn scrubbed(call: &Call, event: StreamEvent) -> StreamEvent {
    match event {
        StreamEvent::Error { code, message } => StreamEvent::Error { code, message: scrub(call, &message) },
        other => other,
    }
}

fn in_stream(call: &Call, code: Option<String>, message: &str) -> ProviderError {
    ProviderError::InStream { connection: call.connection.clone(), code, message: shortened(&scrub(call, message)) }
}

fn bad_answer(call: &Call, why: String) -> ProviderError {
    ProviderError::BadAnswer { connection: call.connection.clone(), why }
}

fn ms(duration: Option<Duration>) -> u64 {
    duration.map_or(0, |duration| duration.as_millis().try_into().unwrap_or(u64::MAX))
}
