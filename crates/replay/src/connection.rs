//! Where a variant sends to: a named connection, or what the variant and the span say.

use crate::provider::{self, Provider};
use crate::{ReplayError, Variant, egress};
use serde::{Deserialize, Serialize};

/// A named provider or gateway. The key is not part of it: it is looked up by the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Name.
    pub name: String,
    /// Provider: `openai`, `openai-compatible`, `anthropic`.
    pub kind: String,
    /// Base URL; the provider's own when empty.
    pub base_url: String,
}

/// Where one take goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Name of the provider.
    pub provider: String,
    /// Name of the connection, for the key and for messages; the provider's name when no connection is named.
    pub connection: String,
    /// Base URL; empty for `recorded`.
    pub base_url: String,
}

impl Target {
    /// The provider.
    ///
    /// # Errors
    /// `RTK-P008` for a name that is none.
    pub fn provider(&self) -> Result<&'static dyn Provider, ReplayError> {
        provider::by_name(&self.provider)
    }

    /// `host:port` that is contacted; `None` offline.
    ///
    /// # Errors
    /// `RTK-C002` for a base URL that is none.
    pub fn destination(&self) -> Result<Option<String>, ReplayError> {
        if self.provider()?.is_offline() {
            return Ok(None);
        }
        egress::destination_of(&self.base_url)
            .map(Some)
            .map_err(|why| ReplayError::ConnectionInvalid { name: self.connection.clone(), why })
    }

    /// Where a variant sends: what it says itself, then its connection, then what the span recorded.
    ///
    /// # Errors
    /// An unknown provider or connection; a compatible provider without a base URL.
    pub fn of(
        variant: &Variant,
        span_provider: Option<&str>,
        span_api_base: Option<&str>,
        connections: &dyn Fn(&str) -> Option<Connection>,
    ) -> Result<Self, ReplayError> {
        let connection = match &variant.connection {
            Some(name) => Some(connections(name).ok_or_else(|| ReplayError::ConnectionUnknown { name: name.clone() })?),
            None => None,
        };
        let name = match (&variant.provider, &connection, &variant.base_url) {
            (Some(name), ..) => name.clone(),
            (None, Some(connection), _) => connection.kind.clone(),
            (None, None, base_url) => {
                let anthropic = span_provider.is_some_and(|p| p.eq_ignore_ascii_case("anthropic"));
                let own_address = base_url.as_deref().or(span_api_base).is_some_and(|url| !is_openai(url));
                let name = if anthropic {
                    "anthropic"
                } else if own_address {
                    "openai-compatible"
                } else {
                    "openai"
                };
                name.to_owned()
            }
        };
        let provider = provider::by_name(&name)?;
        if provider.is_offline() {
            return Ok(Self { connection: name.clone(), provider: name, base_url: String::new() });
        }
        let of_connection = connection.as_ref().map(|c| c.base_url.clone()).filter(|url| !url.is_empty());
        // The recorded address belongs to the recorded provider; a variant that names another one means another place.
        let recorded = span_api_base.filter(|_| variant.provider.is_none() && connection.is_none());
        let base_url = variant
            .base_url
            .clone()
            .or(of_connection)
            .or(recorded.map(str::to_owned))
            .or(provider.default_base_url().map(str::to_owned))
            .ok_or_else(|| ReplayError::variant(format!("provider {name:?} needs a `base-url` or a `connection`")))?;
        let connection = connection.map_or_else(|| name.clone(), |c| c.name);
        let target = Self { provider: name, connection, base_url };
        target.destination()?;
        Ok(target)
    }
}

fn is_openai(url: &str) -> bool {
    egress::destination_of(url).is_ok_and(|destination| destination.starts_with("api.openai.com:"))
}
