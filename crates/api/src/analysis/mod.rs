//! Investigation: what one trace's spans and the audit log say together. Pure functions over the nouns of the model and
//! the policy: no store, no clock, no I/O.
//!
//! The way of a trace: its spans, the audit events that [`join`] gives it, the [`policy`], and what the whole workspace
//! says ([`survey`]) make an [`Evidence`]; [`findings`], [`context`], [`messages`], [`audit`] and the report read that.

pub mod ancestry;
pub mod audit;
pub mod bucket;
pub mod calls;
pub mod context;
pub mod event;
pub mod evidence;
pub mod find;
pub mod findings;
pub mod join;
pub mod messages;
pub mod metrics;
pub mod naming;
pub mod placement;
pub mod policy;
pub mod rows;
pub mod survey;
pub mod tenant;
pub mod tool_run;

pub use evidence::Evidence;
pub use policy::{Policy, PolicyError, policy_schema};
pub use survey::Survey;

#[cfg(test)]
pub(crate) mod tests;
