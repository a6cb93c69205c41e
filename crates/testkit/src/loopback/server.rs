//! The HTTP side: picks the reply, sends its pieces, keeps what was received.

use super::pieces::{self, Api, Asked, Piece};
use super::reply::{Cut, Reply};
use axum::body::{Body, Bytes};
use axum::extract::State as AxumState;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// A function from a request to its reply.
type Answer = Box<dyn Fn(&Received) -> Reply + Send + Sync>;

/// How a provider runs.
#[derive(Default)]
pub struct Options {
    /// Port of 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Replies in order; the last is repeated. Without any: `OK`.
    pub replies: Vec<Reply>,
    /// Decides instead of `replies`.
    pub answer: Option<Answer>,
    /// Refuses requests that do not bring this key, with 401.
    pub key: Option<String>,
    /// Appends each request to this file, one JSON object a line.
    pub log: Option<PathBuf>,
}

/// A request as it came.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Received {
    /// Milliseconds since the provider started.
    pub at_ms: u64,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body; null when it is not JSON.
    pub body: Value,
    /// The body's bytes as text.
    pub body_text: String,
    /// Whether the whole reply went out. False while it streams, and for good when the client went away or it was cut.
    pub answered: bool,
}

/// What the handlers share.
pub(super) struct State {
    started: Instant,
    options: Options,
    inner: Mutex<Inner>,
}

struct Inner {
    replies: VecDeque<Reply>,
    received: Vec<Received>,
    now: usize,
    most: usize,
}

impl State {
    pub fn new(mut options: Options) -> Self {
        let replies = std::mem::take(&mut options.replies).into();
        let inner = Inner { replies, received: Vec::new(), now: 0, most: 0 };
        Self { started: Instant::now(), options, inner: Mutex::new(inner) }
    }

    pub fn requests(&self) -> Vec<Received> {
        self.lock().received.clone()
    }

    pub fn most_at_once(&self) -> usize {
        self.lock().most
    }

    pub fn then(&self, reply: Reply) {
        self.lock().replies.push_back(reply);
    }

    /// A test that panicked elsewhere must still be able to look at the log.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reply_to(&self, received: &Received) -> Reply {
        if self.options.key.as_ref().is_some_and(|key| !brings_key(received, key)) {
            return Reply::status(401).message("Incorrect API key provided");
        }
        if let Some(answer) = &self.options.answer {
            return answer(received);
        }
        let mut inner = self.lock();
        let fits = |reply: &&Reply| reply.when.as_ref().is_some_and(|text| received.body_text.contains(text.as_str()));
        if let Some(reply) = inner.replies.iter().find(fits) {
            return reply.clone();
        }
        let Some(next) = inner.replies.iter().position(|reply| reply.when.is_none()) else {
            return Reply::text("OK");
        };
        let is_last = inner.replies.iter().filter(|reply| reply.when.is_none()).count() == 1;
        let reply = if is_last { inner.replies.get(next).cloned() } else { inner.replies.remove(next) };
        reply.unwrap_or_else(|| Reply::text("OK"))
    }
}

fn brings_key(received: &Received, key: &str) -> bool {
    let bearer = received.headers.get("authorization").and_then(|value| value.strip_prefix("Bearer "));
    bearer == Some(key) || received.headers.get("x-api-key").map(String::as_str) == Some(key)
}

/// Serves until told to stop; streams that are under way are dropped then.
pub(super) async fn serve(listener: std::net::TcpListener, state: Arc<State>, stopped: oneshot::Receiver<()>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
    let routes = Router::new()
        .route("/v1/chat/completions", post(openai))
        .route("/v1/messages", post(anthropic))
        .route("/v1/models", get(models))
        .route("/loopback/requests", get(requests))
        .with_state(state);
    tokio::select! {
        served = axum::serve(listener, routes) => { let _ = served; }
        _ = stopped => {}
    }
}

async fn models() -> Json<Value> {
    Json(
        json!({"object": "list", "data": [{"id": "loopback", "object": "model", "created": 1_790_000_000, "owned_by": "loopback"}]}),
    )
}

async fn requests(AxumState(state): AxumState<Arc<State>>) -> Json<Value> {
    Json(json!({"requests": state.requests(), "most_at_once": state.most_at_once()}))
}

async fn openai(AxumState(state): AxumState<Arc<State>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(state, Api::OpenAi, &uri, &headers, &body).await
}

async fn anthropic(AxumState(state): AxumState<Arc<State>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(state, Api::Anthropic, &uri, &headers, &body).await
}

async fn answer(state: Arc<State>, api: Api, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Response {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let received = Received {
        at_ms: u64::try_from(state.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        path: uri.to_string(),
        headers: headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect(),
        body: serde_json::from_slice(body).unwrap_or(Value::Null),
        body_text: String::from_utf8_lossy(body).into_owned(),
        answered: false,
    };
    let reply = state.reply_to(&received);
    append_to_log(&state, &received);
    let asked_body = received.body.clone();
    let flight = Flight::begin(state, received);
    let asked = Asked { api, body: &asked_body, body_bytes: body.len(), number: flight.index + 1 };
    let pieces = pieces::shape(pieces::pieces(&reply, &asked), reply.split_bytes, reply.cut.map(Cut::after_bytes));
    tokio::time::sleep(Duration::from_millis(reply.delay_ms)).await;

    let is_stream = asked.streams() && reply.status < 400;
    let kind = if is_stream { "text/event-stream" } else { "application/json" };
    let mut response = Response::new(body_of(pieces, reply.cut, flight));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let out = response.headers_mut();
    out.insert("content-type", HeaderValue::from_static(kind));
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            out.insert(name, value);
        }
    }
    response
}

fn append_to_log(state: &State, received: &Received) {
    let Some(path) = &state.options.log else { return };
    let line = serde_json::to_string(received).unwrap_or_default();
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    if let Err(error) = file.and_then(|mut file| writeln!(file, "{line}")) {
        eprintln!("loopback: {}: {error}", path.display());
    }
}

/// A request under way: counted, and marked as answered if its body goes out to the end.
struct Flight {
    state: Arc<State>,
    index: usize,
    complete: bool,
}

impl Flight {
    fn begin(state: Arc<State>, received: Received) -> Self {
        let mut inner = state.lock();
        let index = inner.received.len();
        inner.received.push(received);
        inner.now += 1;
        inner.most = inner.most.max(inner.now);
        drop(inner);
        Self { state, index, complete: false }
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut inner = self.state.lock();
        inner.now -= 1;
        if let Some(received) = inner.received.get_mut(self.index) {
            received.answered = self.complete;
        }
    }
}

/// The body as a stream of its pieces, with the end that was told.
fn body_of(pieces: Vec<Piece>, cut: Option<Cut>, flight: Flight) -> Body {
    let states = (pieces.into_iter(), flight);
    Body::from_stream(stream::unfold(Some(states), move |states| async move {
        let (mut pieces, mut flight) = states?;
        if let Some(piece) = pieces.next() {
            if !piece.wait.is_zero() {
                tokio::time::sleep(piece.wait).await;
            }
            return Some((Ok(Bytes::from(piece.bytes)), Some((pieces, flight))));
        }
        match cut {
            Some(Cut::Break(_)) => {
                // Lets the last bytes leave before the connection is reset.
                tokio::time::sleep(Duration::from_millis(20)).await;
                let broken = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "loopback was told to break");
                Some((Err(broken), None))
            }
            Some(Cut::Stall(_)) => std::future::pending().await,
            Some(Cut::End(_)) => None,
            None => {
                flight.complete = true;
                None
            }
        }
    }))
}
