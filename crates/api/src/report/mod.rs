//! Reports that leave the program: the incident report of a trace, redacted, with nothing in it that could become markup.

pub mod incident;
pub mod markdown;
pub mod mask;

pub use incident::{IncidentReport, TakeFact, incident_markdown};

#[cfg(test)]
mod tests;
