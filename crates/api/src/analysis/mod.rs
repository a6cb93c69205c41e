//! Investigation: what one trace's spans and the audit log say together. Pure functions over the nouns of the model and
//! the policy: no store, no clock, no I/O.
//!
//! The way of a trace: its spans, the audit events that [`join`] gives it, the [`policy`], and what the whole workspace
//! says ([`survey`]) make an [`Evidence`]; [`findings`], [`context`], [`messages`] and the report read that.

pub mod event;
pub mod evidence;
pub mod findings;
pub mod join;
pub mod naming;
pub mod placement;
pub mod policy;
pub mod rows;
pub mod survey;
pub mod tenant;
pub mod tool_run;
