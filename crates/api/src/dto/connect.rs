//! `connect`, `secret`, `pricing`, `policy`.

use super::{Ns, document};

document! {
    /// A connection. A key is never part of it.
    pub struct Connection {
        /// Name.
        pub name: String,
        /// `openai`, `openai-compatible`, `anthropic`.
        pub kind: String,
        /// Base URL.
        pub base_url: String,
        /// Whether a key is stored or in the environment.
        pub has_key: bool,
    }

    /// Connections by name.
    pub struct Connections {
        /// Connections.
        pub connections: Vec<Connection>,
    }

    /// A connection to add.
    pub struct ConnectAddRequest {
        /// Name.
        pub name: String,
        /// Kind.
        pub kind: String,
        /// Base URL.
        pub base_url: String,
    }

    /// A connection to try. It sends one request for the list of models.
    pub struct ConnectTestRequest {
        /// Name.
        pub name: String,
        /// Destinations that may be contacted.
        #[serde(default)]
        pub allow_destinations: Vec<String>,
    }

    /// Result of a test.
    pub struct ConnectTest {
        /// Name.
        pub name: String,
        /// Whether it answered as it should.
        pub ok: bool,
        /// What it said.
        pub message: String,
        /// Models that it offers.
        pub models: Vec<String>,
        /// Time to answer.
        pub latency_ms: Option<f64>,
        /// Code of what failed.
        pub code: Option<String>,
    }

    /// A model server that answers on this machine.
    pub struct LocalServer {
        /// What usually listens there.
        pub name: String,
        /// Base URL for a connection.
        pub base_url: String,
        /// Models that it offers.
        pub models: Vec<String>,
        /// Connection that has this address already.
        pub connection: Option<String>,
    }

    /// Model servers of this machine.
    pub struct LocalServers {
        /// Those that answered.
        pub servers: Vec<LocalServer>,
        /// Ports that were looked at.
        pub ports: Vec<u16>,
    }

    /// A named thing.
    pub struct NameRequest {
        /// Name.
        pub name: String,
    }

    /// A key to store. Only the keyring ever holds it.
    pub struct SecretSetRequest {
        /// Connection.
        pub name: String,
        /// Key.
        pub key: String,
    }

    /// Which connections have a key, and where it comes from.
    pub struct SecretInfo {
        /// Connection.
        pub name: String,
        /// `keyring`, `environment`, or `null`.
        pub source: Option<String>,
        /// Environment variables that are looked at.
        pub variables: Vec<String>,
    }

    /// Keys, without the keys.
    pub struct Secrets {
        /// By connection.
        pub secrets: Vec<SecretInfo>,
    }

    /// A price, in nano-dollars per million tokens.
    pub struct Price {
        /// Model.
        pub model: String,
        /// Provider.
        pub provider: Option<String>,
        /// Input.
        pub input_usd_nanos_per_mtok: Option<i64>,
        /// Output.
        pub output_usd_nanos_per_mtok: Option<i64>,
        /// Cache read.
        pub cache_read_usd_nanos_per_mtok: Option<i64>,
        /// Cache write.
        pub cache_write_usd_nanos_per_mtok: Option<i64>,
        /// Since when.
        pub from_ns: Option<Ns>,
    }

    /// Price table.
    pub struct Pricing {
        /// Date of the table.
        pub as_of: String,
        /// Prices.
        pub prices: Vec<Price>,
    }

    /// What a price import brought.
    pub struct PricingImported {
        /// Models with a price.
        pub models: u32,
    }

    /// A policy file.
    pub struct PolicySetRequest {
        /// Text of the file.
        pub text: String,
    }

    /// The policy of the workspace.
    pub struct PolicyView {
        /// Text as set; `null` when there is none.
        pub text: Option<String>,
        /// The policy as it was understood.
        #[ts(type = "unknown")]
        pub policy: Option<serde_json::Value>,
        /// What it names and the workspace does not know.
        pub warnings: Vec<String>,
    }
}
