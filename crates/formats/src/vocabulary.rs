//! From decoded OpenTelemetry records to spans: what each instrumentation's attribute names mean.
//!
//! A record may mix vocabularies (OpenLLMetry writes `gen_ai.*` beside its own keys), so every vocabulary that finds its
//! marks is applied, in the order of [`all`], and fills only what none before it has filled. Adding one is a file and a
//! line. Sources of truth: OpenTelemetry GenAI semantic conventions in all generations, OpenInference, OpenLLMetry.

pub(crate) mod attributes;
mod documents;
pub(crate) mod draft;
mod genai;
mod log;
pub(crate) mod messages;
mod openinference;
mod openllmetry;
pub(crate) mod who;

pub(crate) use attributes::Attributes;
pub(crate) use documents::documents_of;
pub use draft::finish;
pub(crate) use draft::map_span;
pub(crate) use log::{audit_of_log, map_log};

use draft::Draft;

/// One set of attribute names.
pub(crate) trait Vocabulary: Sync {
    /// True when the record has marks of it.
    fn claims(&self, attributes: &Attributes) -> bool;
    /// Fills what is still unknown.
    fn apply(&self, draft: &mut Draft<'_>);
}

/// Every vocabulary, the more explicit first.
pub(crate) fn all() -> [&'static dyn Vocabulary; 3] {
    [&openinference::OpenInference, &openllmetry::OpenLlmetry, &genai::GenAi]
}
