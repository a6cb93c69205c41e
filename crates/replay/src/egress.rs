//! The only way out: makes the HTTP clients, contacts nothing but allowed destinations, counts what leaves and comes back.
//!
//! Redirects are never followed, since a key must not travel to a place that nobody allowed; loopback is never reached
//! through a proxy.

use crate::ProviderError;
use crate::error::ReplayError;
use crate::run::LogError;
use futures_util::future::BoxFuture;
use retake_model::Code;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Something that left the machine, written before it leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Names the entry, for what comes back later.
    pub entry_id: String,
    /// When.
    pub at_ns: i64,
    /// `host:port`.
    pub destination: String,
    /// Why: `take`, `models`.
    pub why: String,
    /// Bytes of the body.
    pub bytes_sent: u64,
    /// Take that it was sent for.
    pub take_id: Option<String>,
}

/// Keeps what left and what came back.
pub trait Ledger: Send + Sync {
    /// Keeps a line; returns when it is on disk. An error stops the sending.
    fn sent(&self, entry: LedgerEntry) -> BoxFuture<'_, Result<(), LogError>>;
    /// Nothing of an entry left after all: no connection was made. Called where it cannot wait.
    fn unsent(&self, entry: LedgerEntry);
    /// So many bytes came back for an entry. Called when the connection is given up, so it cannot wait.
    fn received(&self, entry_id: &str, bytes_received: u64);
}

/// A line of the ledger, or what came back for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerEvent {
    /// A body is about to leave.
    Sent(LedgerEntry),
    /// No connection was made: nothing of it left.
    Unsent(LedgerEntry),
    /// So much came back.
    Received {
        /// The entry.
        entry_id: String,
        /// Bytes of the answer's body.
        bytes_received: u64,
    },
}

/// Reads the clock: nanoseconds since the epoch.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The way out of one run.
#[derive(Clone)]
pub struct Egress {
    loopback: reqwest::Client,
    outside: reqwest::Client,
    allowed: Arc<[String]>,
    ledger: Arc<dyn Ledger>,
    now_ns: Now,
    number: Arc<AtomicU64>,
}

/// What is sent.
pub(crate) struct Outgoing<'a> {
    pub url: String,
    pub headers: reqwest::header::HeaderMap,
    /// `None` is a GET.
    pub body: Option<Vec<u8>>,
    pub why: &'a str,
    pub take_id: Option<&'a str>,
    pub connection: &'a str,
}

/// An answer whose bytes are counted.
pub(crate) struct Incoming {
    response: reqwest::Response,
    entry_id: String,
    bytes_received: u64,
    ledger: Arc<dyn Ledger>,
}

impl Egress {
    /// A way out to `allowed` (`host` or `host:port`) only.
    ///
    /// # Errors
    /// `RTK-P003` when TLS cannot be set up on this system.
    pub fn new(
        allowed: impl IntoIterator<Item = String>,
        now_ns: Now,
        ledger: Arc<dyn Ledger>,
    ) -> Result<Self, ReplayError> {
        let builder = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("retake/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(Duration::from_secs(30))
        };
        let failed = |why: reqwest::Error| ReplayError::Log {
            why: format!("the HTTP client cannot be set up: {}", chain(&why)),
            code: Code::ProviderUnreachable,
        };
        Ok(Self {
            loopback: builder().no_proxy().build().map_err(failed)?,
            outside: builder().build().map_err(failed)?,
            allowed: allowed.into_iter().collect(),
            ledger,
            now_ns,
            number: Arc::new(AtomicU64::new(0)),
        })
    }

    /// Sends, if the destination is allowed.
    pub(crate) async fn send(&self, out: Outgoing<'_>) -> Result<Incoming, ProviderError> {
        let connection = || out.connection.to_owned();
        let destination =
            destination_of(&out.url).map_err(|why| ProviderError::Connection { connection: connection(), why })?;
        if !self.allowed.iter().any(|allowed| is_allowed(allowed, &destination)) {
            return Err(ProviderError::NotAllowed { destination });
        }
        let client = if is_loopback(&destination) { &self.loopback } else { &self.outside };
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let to = destination.clone();
        let entry_id = format!("{}-{number}", out.take_id.unwrap_or(out.why));
        let entry = LedgerEntry {
            entry_id: entry_id.clone(),
            at_ns: (self.now_ns)(),
            destination,
            why: out.why.to_owned(),
            bytes_sent: out.body.as_ref().map_or(0, |body| body.len() as u64),
            take_id: out.take_id.map(str::to_owned),
        };
        self.ledger
            .sent(entry.clone())
            .await
            .map_err(|error| ProviderError::NotKept { why: error.why, code: error.code })?;
        let request = match out.body {
            Some(body) => client.post(&out.url).body(body),
            None => client.get(&out.url),
        };
        let response = request.headers(out.headers).send().await.map_err(|why| {
            if why.is_connect() {
                self.ledger.unsent(entry);
            }
            ProviderError::Unreachable {
                connection: out.connection.to_owned(),
                why: unreachable(&why.without_url(), &to),
            }
        })?;
        Ok(Incoming { response, entry_id, bytes_received: 0, ledger: Arc::clone(&self.ledger) })
    }
}

impl Incoming {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.response.headers().get(name)?.to_str().ok().map(str::to_owned)
    }

    /// The next bytes of the body; `None` at its end, an error in words.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Vec<u8>>, String> {
        let chunk = self.response.chunk().await.map_err(|why| chain(&why.without_url()))?;
        self.bytes_received += chunk.as_ref().map_or(0, |bytes| bytes.len() as u64);
        Ok(chunk.map(|bytes| bytes.to_vec()))
    }

    /// The whole body, at most `limit_bytes` of it.
    pub(crate) async fn body(&mut self, limit_bytes: usize) -> Result<Vec<u8>, String> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() >= limit_bytes {
                body.truncate(limit_bytes);
                break;
            }
        }
        Ok(body)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        self.ledger.received(&self.entry_id, self.bytes_received);
    }
}

/// `host:port` of a URL, the port always written. An error is a clause.
pub fn destination_of(url: &str) -> Result<String, String> {
    let parsed = reqwest::Url::parse(url).map_err(|why| match url.contains("://") {
        true => format!("the address {url:?} cannot be read: {why}"),
        false => format!("the address {url:?} does not begin with http:// or https://"),
    })?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(format!("the address {url:?} is neither http nor https"));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("the address holds a user name or password; keys belong into the keyring".to_owned());
    }
    let host = parsed.host_str().ok_or_else(|| format!("the address {url:?} has no host"))?;
    let port = parsed.port_or_known_default().ok_or_else(|| format!("the address {url:?} has no port"))?;
    Ok(format!("{}:{port}", host.to_ascii_lowercase()))
}

/// Whether an entry of an allow-list (`host` or `host:port`) covers a destination.
pub fn is_allowed(allowed: &str, destination: &str) -> bool {
    let allowed = allowed.trim();
    let host = destination.rsplit_once(':').map_or(destination, |(host, _)| host);
    allowed.eq_ignore_ascii_case(destination) || allowed.eq_ignore_ascii_case(host)
}

/// Whether a destination is this machine.
pub fn is_loopback(destination: &str) -> bool {
    let host = destination.rsplit_once(':').map_or(destination, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Why a destination was not reached, in words where the system's are a number.
fn unreachable(error: &(dyn std::error::Error + 'static), destination: &str) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let kind = causes.filter_map(|cause| cause.downcast_ref::<std::io::Error>()).last().map(std::io::Error::kind);
    match kind {
        Some(std::io::ErrorKind::ConnectionRefused) => format!("nothing answers at {destination}"),
        Some(std::io::ErrorKind::ConnectionReset) => format!("{destination} ended the connection"),
        Some(std::io::ErrorKind::TimedOut) => format!("{destination} does not answer"),
        Some(std::io::ErrorKind::HostUnreachable | std::io::ErrorKind::NetworkUnreachable) => {
            format!("there is no way to {destination}")
        }
        _ => chain(error),
    }
}

/// An error with its causes, innermost last: the outer words alone say nothing about the reason.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !words.contains(&text) {
            words.push_str(": ");
            words.push_str(&text);
        }
        cause = inner.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_always_have_a_port() {
        for (url, want) in [
            ("https://api.openai.com/v1", "api.openai.com:443"),
            ("http://127.0.0.1:18080/v1", "127.0.0.1:18080"),
            ("http://LocalHost/v1", "localhost:80"),
            ("http://[::1]:9/v1", "[::1]:9"),
        ] {
            assert_eq!(destination_of(url).as_deref(), Ok(want));
        }
        for url in ["", "api.openai.com", "file:///etc/passwd", "https://me:secret@host/v1"] {
            let error = destination_of(url).expect_err(url);
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_host_covers_its_ports_and_nothing_else() {
        assert!(is_allowed("127.0.0.1", "127.0.0.1:18080"));
        assert!(is_allowed("127.0.0.1:18080", "127.0.0.1:18080"));
        assert!(!is_allowed("127.0.0.1:18081", "127.0.0.1:18080"));
        assert!(!is_allowed("openai.com", "api.openai.com:443"));
        assert!(is_loopback("127.0.0.1:1") && is_loopback("[::1]:1") && is_loopback("localhost:1"));
        assert!(!is_loopback("127.0.0.1.example.com:1"));
    }
}
