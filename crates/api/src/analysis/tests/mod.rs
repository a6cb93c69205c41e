//! Tests of the investigation over whole traces: made-up incidents of several shapes, and the real one where it is there.

mod context;
mod denied;
mod incident;
mod join;
mod laws;
mod leak;
mod made;
mod missing_audit;
mod otlp;
mod policy;

pub(crate) use made::{Made, document, event, retriever, root, tool};
pub(crate) use otlp::real_incident;
