//! A variant applied to a source.

use super::{FindPrompt, Variant, documents};
use crate::{ReplayError, Source, prompt};
use retake_model::{JsonMap, Message, Part, Request, Role};
use serde_json::Value;

/// A changed request and what was changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The request.
    pub request: Request,
    /// What differs from the recorded one, a clause each.
    pub changes: Vec<String>,
}

/// Applies a variant: messages, system text or prompt, documents, then parameters. Everything else stays as recorded.
///
/// # Errors
/// `RTK-R001` for a message that is not there, `RTK-R002` for a variable without a value, `RTK-R013` for an unknown
/// prompt, `RTK-R014` for a document that does not stand in the prompt.
pub fn apply(variant: &Variant, source: &Source, prompts: FindPrompt<'_>) -> Result<Applied, ReplayError> {
    let mut request = source.rebuilt.request.clone();
    let mut changes = Vec::new();
    for (at, message) in &variant.messages {
        let n = request.messages.len();
        let place = request
            .messages
            .get_mut(*at)
            .ok_or_else(|| ReplayError::variant(format!("it changes message {at}, and the request has {n}")))?;
        if place != message {
            place.clone_from(message);
            changes.push(format!("message {at}"));
        }
    }
    if let Some((name, at)) = &variant.prompt {
        let whole = format!("{name}@{at}");
        let template = prompts(name, at).ok_or_else(|| ReplayError::PromptUnknown { name: whole.clone() })?;
        let none = JsonMap::new();
        let text = prompt::render(&template, source.prompt_variables.as_ref().unwrap_or(&none))?;
        set_system(&mut request, text);
        changes.push(format!("prompt {whole}"));
    }
    if let Some(text) = &variant.system {
        set_system(&mut request, text.clone());
        changes.push("system text".into());
    }
    documents::edit(variant, &source.documents, &mut request.messages, &mut changes)?;
    if let Some(model) = &variant.model {
        request.model = Some(model.clone());
        changes.push(format!("model {model}"));
    }
    for (key, value) in &variant.params {
        set_param(&mut request.params, key, value);
        changes.push(if value.is_null() { format!("without {key}") } else { format!("{key} {value}") });
    }
    Ok(Applied { request, changes })
}

/// Puts a text in place of the system text: of the first system message, or a new one in front.
fn set_system(request: &mut Request, text: String) {
    match request.messages.iter_mut().find(|message| message.role == Role::System) {
        Some(message) => {
            message.parts = vec![Part::Text { text }];
            message.content_state = Default::default();
        }
        None => request.messages.insert(0, Message::text(Role::System, text)),
    }
}

/// Sets a parameter under the name that the request already uses for it.
fn set_param(params: &mut JsonMap, key: &str, value: &Value) {
    let names: &[&str] = match key {
        "max_tokens" => &["max_tokens", "max_completion_tokens", "max_output_tokens"],
        _ => &[],
    };
    let known = names.iter().find(|name| params.contains_key(**name)).copied().unwrap_or(key);
    if value.is_null() {
        params.shift_remove(known);
    } else {
        params.insert(known.to_owned(), value.clone());
    }
}
