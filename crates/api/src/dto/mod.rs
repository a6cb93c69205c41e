//! Documents: what crosses to the window and what the command line prints with `--json`. Domain types stay inside.
//!
//! Contract: field names, types and units never change their meaning; epoch times are nanoseconds in strings ([`Ns`]),
//! durations are milliseconds, money is integer nano-dollars, `null` is unknown.

pub mod check;
pub mod compare;
pub mod connect;
pub mod import;
pub mod investigate;
pub mod job;
pub mod mapping;
pub mod metrics;
pub mod promote;
pub mod prompt;
pub mod replay;
pub mod search;
pub mod workspace;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Derives that every document carries.
macro_rules! document {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$fmeta:meta])* pub $field:ident : $type:ty),* $(,)? })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema, ts_rs::TS)]
            pub struct $name { $($(#[$fmeta])* pub $field: $type),* }
        )*
    };
}
pub(crate) use document;

/// Nanoseconds since the epoch, UTC, as a decimal string: JSON numbers lose them above 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, TS)]
#[ts(type = "string")]
pub struct Ns(pub i64);

impl Serialize for Ns {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Ns {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map(Ns).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Ns {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ns".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^-?[0-9]+$",
            "description": "Nanoseconds since the epoch, UTC."
        })
    }
}

document! {
    /// Nothing to say.
    pub struct Empty {}

    /// An id.
    pub struct IdRequest {
        /// Id in full or as a unique prefix.
        pub id: String,
    }
}
