//! A provider on loopback: speaks OpenAI chat completions and Anthropic messages, streamed and whole, as it is told.
//!
//! It paces tokens, waits before the first, cuts the connection within a byte count, splits bytes as wished, answers
//! with errors and headers, sends broken bodies, stalls, and keeps every request it received. It runs on a thread of its
//! own, so that tests with and without a runtime can use it, and ends when it is dropped.
//!
//! ```no_run
//! use retake_testkit::loopback::{Loopback, Reply};
//! let provider = Loopback::start(vec![Reply::status(429).header("retry-after", "0"), Reply::text("Twelve days.")]);
//! // … send two requests to provider.base_url() + "/chat/completions" …
//! assert_eq!(provider.requests().len(), 2);
//! ```

mod pieces;
mod reply;
mod server;

pub use reply::{Cut, Reply, ToolCall};
pub use server::{Options, Received};

use server::State;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// A running provider. The replies are used in order, one a request; the last is repeated.
pub struct Loopback {
    address: SocketAddr,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Starts on a free port of 127.0.0.1.
    pub fn start(replies: Vec<Reply>) -> Self {
        Self::with(Options { replies, ..Options::default() }).expect("a port of 127.0.0.1 is free")
    }

    /// Starts with a function from the request to its reply.
    pub fn answering(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::with(Options { answer: Some(Box::new(answer)), ..Options::default() })
            .expect("a port of 127.0.0.1 is free")
    }

    /// Starts as told.
    pub fn with(options: Options) -> anyhow::Result<Self> {
        let port = options.port;
        let state = Arc::new(State::new(options));
        let listener = std::net::TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&state);
        let thread = std::thread::Builder::new().name("loopback".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime of one thread can be built");
            runtime.block_on(server::serve(listener, served, stopped));
            // Streams that stall must not keep the thread.
            runtime.shutdown_background();
        })?;
        Ok(Self { address, state, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:PORT/v1`, what a variant's `base-url` takes.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Every request to one of the two APIs so far, in order of arrival.
    pub fn requests(&self) -> Vec<Received> {
        self.state.requests()
    }

    /// How many there were.
    pub fn count(&self) -> usize {
        self.state.requests().len()
    }

    /// The largest number of requests that were answered at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state.most_at_once()
    }

    /// Adds a reply after those that are left.
    pub fn then(&self, reply: Reply) {
        self.state.then(reply);
    }

    /// Waits for the process to be ended: what the binary does.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Loopback {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
