//! What can go wrong between a span and a take. No variant can hold a key.

use retake_model::{Code, Coded, Fidelity, counted};

/// An error of the provider or on the way to it. What was received before it is kept by the run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProviderError {
    /// It answered with an error.
    #[error("{connection:?} answered {status}: {message}")]
    Refused {
        /// Connection.
        connection: String,
        /// HTTP status.
        status: u16,
        /// The provider's own code.
        code: Option<String>,
        /// The provider's own message.
        message: String,
        /// The body as it came, cut at 64 KiB.
        body: String,
    },
    /// It answered 429.
    #[error("{connection:?} answered 429{}: {message}", .after_ms.map(|ms| format!(", try again in {} s", ms.div_ceil(1000))).unwrap_or_default())]
    RateLimited {
        /// Connection.
        connection: String,
        /// What it asked to wait.
        after_ms: Option<u64>,
        /// The provider's own message.
        message: String,
        /// The body as it came, cut at 64 KiB.
        body: String,
    },
    /// It rejected the key. The provider's words are left out, since some repeat parts of the key.
    #[error("{connection:?} rejected the key (status {status})")]
    KeyRejected {
        /// Connection.
        connection: String,
        /// 401 or 403.
        status: u16,
    },
    /// No connection.
    #[error("{connection:?} cannot be reached: {why}")]
    Unreachable {
        /// Connection.
        connection: String,
        /// Why.
        why: String,
    },
    /// The first token did not come in time.
    #[error("{connection:?} sent no first token within {after_ms} ms")]
    FirstTokenTimeout {
        /// Connection.
        connection: String,
        /// The deadline.
        after_ms: u64,
    },
    /// The answer did not end in time.
    #[error("{connection:?} did not end its answer within {after_ms} ms")]
    Timeout {
        /// Connection.
        connection: String,
        /// The deadline.
        after_ms: u64,
    },
    /// The stream ended before its end mark.
    #[error("the stream of {connection:?} ended before its last event, {} kept{}", counted(.events, "event"), .why.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    CutShort {
        /// Connection.
        connection: String,
        /// Events that came.
        events: usize,
        /// The network's words.
        why: Option<String>,
    },
    /// The provider reported an error within the stream.
    #[error("{connection:?} reported an error within the stream: {message}")]
    InStream {
        /// Connection.
        connection: String,
        /// The provider's own code.
        code: Option<String>,
        /// The provider's own message.
        message: String,
    },
    /// What it sent is no answer of this API.
    #[error("the answer of {connection:?} cannot be read: {why}")]
    BadAnswer {
        /// Connection.
        connection: String,
        /// Why.
        why: String,
    },
    /// There is no recording for the request.
    #[error("there is no recorded answer for this request")]
    RecordingMissing,
    /// The destination is not on the run's list.
    #[error("{destination} is not among the destinations that this run may contact")]
    NotAllowed {
        /// `host:port`.
        destination: String,
    },
    /// The connection cannot be used as it is.
    #[error("{connection:?} cannot be used: {why}")]
    Connection {
        /// Connection.
        connection: String,
        /// Why.
        why: String,
    },
    /// The ledger or the log could not be written, so nothing was sent.
    #[error("nothing was sent, since it could not be kept: {why}")]
    NotKept {
        /// Why.
        why: String,
        /// Its code.
        code: Code,
    },
    /// The key cannot be put into a header.
    #[error("the key of {connection:?} holds characters that no header can carry")]
    KeyInvalid {
        /// Connection.
        connection: String,
    },
}

impl Coded for ProviderError {
    fn code(&self) -> Code {
        match self {
            Self::Refused { .. } | Self::InStream { .. } => Code::ProviderRefused,
            Self::RateLimited { .. } => Code::ProviderRateLimited,
            Self::KeyRejected { .. } => Code::ProviderKeyRejected,
            Self::Unreachable { .. } => Code::ProviderUnreachable,
            Self::FirstTokenTimeout { .. } | Self::Timeout { .. } => Code::ProviderTimeout,
            Self::CutShort { .. } => Code::ProviderCutShort,
            Self::BadAnswer { .. } => Code::ProviderBadAnswer,
            Self::RecordingMissing => Code::RecordingMissing,
            Self::NotAllowed { .. } => Code::DestinationNew,
            Self::Connection { .. } => Code::ConnectionInvalid,
            Self::KeyInvalid { .. } => Code::KeyInvalid,
            Self::NotKept { code, .. } => *code,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::KeyRejected { connection, .. } => {
                let variable = crate::secrets::variable_of(connection);
                Some(format!("Store a valid key with `retake secret set {connection}`, or set {variable}."))
            }
            Self::NotAllowed { destination } => Some(format!("Allow it with `--allow-destination {destination}`.")),
            Self::CutShort { .. } => None,
            _ => Some(self.code().remedy().to_owned()),
        }
    }
}

/// An error before anything is sent, or of the run as a whole.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReplayError {
    /// A variant that cannot be read or applied.
    #[error("the variant cannot be used: {why}")]
    VariantInvalid {
        /// What, naming the key.
        why: String,
        /// Place in the text that the user wrote, in characters.
        span: Option<(usize, usize)>,
    },
    /// A template variable without a value.
    #[error("the template has the variable {name:?}, and the trace has no value for it")]
    VariableMissing {
        /// The variable.
        name: String,
        /// Variables that the trace has.
        known: Vec<String>,
    },
    /// No such prompt or version.
    #[error("there is no prompt {name:?}")]
    PromptUnknown {
        /// As written: `NAME@VERSION`.
        name: String,
    },
    /// A document that a variant names does not stand in the prompt.
    #[error("document {document:?} does not stand in the prompt")]
    DocumentNotPlaced {
        /// Its id.
        document: String,
        /// Documents that do.
        placed: Vec<String>,
    },
    /// The request could not be rebuilt well enough.
    #[error("the request of span {span:?} is rebuilt as {level} only: {why}", level = .level.as_str())]
    FidelityTooLow {
        /// Span.
        span: String,
        /// Level.
        level: Fidelity,
        /// The worst fields.
        why: String,
    },
    /// The request holds what the redactor removed.
    #[error("the request holds removed secrets at {paths}", paths = .paths.join(", "))]
    RequestRedacted {
        /// Where.
        paths: Vec<String>,
    },
    /// Nothing that could be sent.
    #[error("there is nothing to replay: {why}")]
    NothingToReplay {
        /// Why.
        why: String,
    },
    /// A provider that does not exist.
    #[error("there is no provider {name:?}")]
    ProviderUnknown {
        /// As written.
        name: String,
    },
    /// A connection that does not exist.
    #[error("there is no connection {name:?}")]
    ConnectionUnknown {
        /// As written.
        name: String,
    },
    /// A connection that cannot be used.
    #[error("{name:?} cannot be used as a connection: {why}")]
    ConnectionInvalid {
        /// Connection.
        name: String,
        /// Why.
        why: String,
    },
    /// A destination that was not allowed yet.
    #[error("the run would send to {destinations}, which is new", destinations = .destinations.join(", "))]
    DestinationNew {
        /// `host:port`, each.
        destinations: Vec<String>,
    },
    /// A model without a price.
    #[error("there is no price for {models}", models = .models.join(", "))]
    PriceUnknown {
        /// Models.
        models: Vec<String>,
    },
    /// Spending without a limit.
    #[error("the run would spend up to {} and has no limit", usd(*usd_nanos))]
    SpendingUnlimited {
        /// Estimated cost.
        usd_nanos: i64,
    },
    /// The next call would pass the limit.
    #[error("the next call would pass the limit of {}", usd(*limit_usd_nanos))]
    SpendingLimit {
        /// The limit.
        limit_usd_nanos: i64,
    },
    /// Stopped by the user.
    #[error("the run was stopped")]
    Cancelled,
    /// The log of the run could not be written: nothing is sent that could not be kept.
    #[error("the run's log cannot be written: {why}")]
    Log {
        /// Why.
        why: String,
        /// Its code.
        code: Code,
    },
    /// No keyring answers.
    #[error("no system keyring answers: {why}")]
    KeyringMissing {
        /// Why.
        why: String,
        /// Variable that can be set instead.
        variable: String,
    },
    /// No key for a connection.
    #[error("there is no key for the connection {connection:?}")]
    KeyMissing {
        /// Connection.
        connection: String,
        /// Variables that are looked at.
        variables: Vec<String>,
    },
    /// A key that no header can carry.
    #[error("the key for {connection:?} holds characters that no header can carry")]
    KeyInvalid {
        /// Connection.
        connection: String,
    },
    /// A pasted text that holds no request.
    #[error("the text holds no request: {why}")]
    PasteUnreadable {
        /// What was tried.
        why: String,
    },
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

/// Nano-dollars as dollars, without zeros that say nothing.
fn usd(usd_nanos: i64) -> String {
    let text = format!("{}.{:09}", usd_nanos / 1_000_000_000, usd_nanos % 1_000_000_000);
    let short = text.trim_end_matches('0');
    let decimals = short.rsplit_once('.').map_or(0, |(_, decimals)| decimals.len());
    format!("${short}{}", "0".repeat(2usize.saturating_sub(decimals)))
}

impl ReplayError {
    pub(crate) fn variant(why: impl Into<String>) -> Self {
        Self::VariantInvalid { why: why.into(), span: None }
    }
}

impl Coded for ReplayError {
    fn code(&self) -> Code {
        match self {
            Self::VariantInvalid { .. } => Code::VariantInvalid,
            Self::VariableMissing { .. } => Code::VariableMissing,
            Self::PromptUnknown { .. } => Code::PromptUnknown,
            Self::DocumentNotPlaced { .. } => Code::DocumentNotPlaced,
            Self::FidelityTooLow { .. } => Code::FidelityTooLow,
            Self::RequestRedacted { .. } => Code::RequestRedacted,
            Self::NothingToReplay { .. } => Code::NothingToReplay,
            Self::ProviderUnknown { .. } => Code::ProviderUnknown,
            Self::ConnectionUnknown { .. } => Code::ConnectionUnknown,
            Self::ConnectionInvalid { .. } => Code::ConnectionInvalid,
            Self::DestinationNew { .. } => Code::DestinationNew,
            Self::PriceUnknown { .. } => Code::PriceUnknown,
            Self::SpendingUnlimited { .. } => Code::SpendingUnlimited,
            Self::SpendingLimit { .. } => Code::SpendingLimit,
            Self::Cancelled => Code::Cancelled,
            Self::Log { code, .. } => *code,
            Self::KeyringMissing { .. } => Code::KeyringMissing,
            Self::KeyMissing { .. } => Code::KeyMissing,
            Self::KeyInvalid { .. } => Code::KeyInvalid,
            Self::PasteUnreadable { .. } => Code::BodyUnreadable,
            Self::Provider(error) => error.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        let list = |items: &[String]| items.join(", ");
        match self {
            Self::VariableMissing { known, .. } if !known.is_empty() => {
                Some(format!("Use a template with the variables that the trace has: {}.", list(known)))
            }
            Self::DocumentNotPlaced { placed, .. } if !placed.is_empty() => {
                Some(format!("Name one that does: {}.", list(placed)))
            }
            Self::FidelityTooLow { level, .. } => {
                Some(format!("Accept it with `--accept-fidelity {}`.", level.as_str()))
            }
            Self::DestinationNew { destinations } => {
                let options: Vec<String> = destinations.iter().map(|d| format!("--allow-destination {d}")).collect();
                Some(format!("Allow it with `{}`.", options.join(" ")))
            }
            Self::KeyringMissing { variable, .. } => Some(format!("Set the environment variable {variable} instead.")),
            Self::KeyMissing { connection, variables } => {
                Some(format!("Store it with `retake secret set {connection}`, or set {}.", variables.join(" or ")))
            }
            Self::Provider(error) => error.hint(),
            _ => Some(self.code().remedy().to_owned()),
        }
    }

    fn span(&self) -> Option<(usize, usize)> {
        match self {
            Self::VariantInvalid { span, .. } => *span,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_in_dollars() {
        for (nanos, want) in [(0, "$0.00"), (1_500_000_000, "$1.50"), (2_100_000, "$0.0021"), (1, "$0.000000001")] {
            assert_eq!(usd(nanos), want);
        }
    }
}
