//! Replaying a recorded model call: rebuilding the request, changing it, sending it, keeping what comes back.
//!
//! The way of a take: [`fidelity::rebuild`] makes a request of a span, [`variant::apply`] changes it, [`run::Plan`] says
//! what would be sent to where and at what cost, [`run::check`] refuses what was not allowed, and [`run::execute`] sends it
//! through a [`provider::Provider`] and writes to a [`run::RunLog`] before anything is announced. The crate knows no store.

pub mod connection;
pub mod egress;
pub mod error;
pub mod fidelity;
pub mod paste;
pub mod placement;
pub mod prompt;
pub mod provider;
pub mod request_hash;
pub mod retry;
pub mod run;
pub mod secrets;
pub mod snippet;
pub mod source;
pub mod variant;

pub use connection::{Connection, Target};
pub use error::{ProviderError, ReplayError};
pub use fidelity::{Rebuilt, rebuild};
pub use request_hash::request_hash;
pub use source::Source;
pub use variant::Variant;
