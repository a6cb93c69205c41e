//! The request that a variant would send, as a program of one's own: curl, Python, TypeScript. Keys are names of variables.

use super::plan;
use crate::dto::investigate::Text;
use crate::dto::replay::ReplaySnippetRequest;
use crate::{ApiError, Core};
use retake_model::Code;
use retake_replay::snippet::Language;
use retake_replay::{Target, snippet, variant};
use std::sync::Arc;

/// The first request of a replay, changed by its first variant, in a language.
///
/// # Errors
/// Those of the variant and the request; `RTK-A001` for another language.
pub async fn replay_snippet(core: Arc<Core>, request: ReplaySnippetRequest) -> Result<Text, ApiError> {
    core.blocking(move |core| {
        let language = Language::parse(&request.language).ok_or_else(|| {
            ApiError::new(Code::UsageInvalid, format!("{:?} is none of curl, python, typescript", request.language))
        })?;
        let (source, variant) = plan::first(core, &request.replay)?;
        let prompts = |name: &str, at: &str| plan::prompt_text(core, name, at);
        let changed = variant::request_of(&variant, &source, &prompts)?;
        let connections = |name: &str| plan::named_connection(core, name);
        let target = Target::of(&variant, source.provider.as_deref(), source.api_base.as_deref(), &connections)?;
        Ok(Text { text: snippet::snippet(&changed, &target, language)? })
    })
    .await
}
