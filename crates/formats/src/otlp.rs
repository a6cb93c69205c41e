//! OpenTelemetry traces and logs, as JSON and as protobuf, decoded into the published message types.
//!
//! Source of truth: opentelemetry-proto 1.x and the OTLP/JSON rules, read leniently: ids in any case, in base64 or with
//! `0x`, integers as numbers or strings, enums by number or name, field names in camel or snake case. Both encodings of a
//! record have the same content hash, and both are kept as OTLP/JSON.

mod decode;
mod encode;
mod group;
pub mod json;
pub mod protobuf;
pub(crate) mod record;
mod shape;

pub(crate) use encode::base64 as base64_of;
pub use encode::{Writer, log_record_json, span_json};

/// A stored record as one line of OTLP/JSON. Records of this format are requests already; those of others travel within a
/// span or log record that names their format, and are taken out of it again on import.
pub fn request_line(format: &str, kind: retake_model::FactKind, body: &[u8]) -> Vec<u8> {
    if format == record::BODY_FORMAT && kind != retake_model::FactKind::Rejected {
        // Line breaks of a pretty-printed source can only stand between tokens.
        return body.iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }).collect();
    }
    record::enclose(format, kind, body)
}
