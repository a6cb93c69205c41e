//! Where retrieved documents stand in the prompts of a trace, and whether an answer cites them. The search itself is
//! the replay's, so that what is shown as placed is what a variant can drop. Offsets are characters of the message's text.

use retake_model::{Document, Message, Part, Placement, Span};
use retake_replay::placement::{DocumentPlacements, find_placements};

/// Places of each document in the prompt of a model call, in the order of `documents`. `None` when the call's messages
/// were not recorded: nothing can be said then.
pub fn placements(call: &Span, documents: &[Document]) -> Option<Vec<DocumentPlacements>> {
    let messages = call.input.as_deref().filter(|messages| messages.iter().any(|message| !message.parts.is_empty()))?;
    let mut found = vec![DocumentPlacements::default(); documents.len()];
    let candidates: Vec<usize> = (0..documents.len())
        .filter(|at| documents.get(*at).is_some_and(|document| may_stand_in(messages, document)))
        .collect();
    let wanted: Vec<Document> = candidates
        .iter()
        .filter_map(|at| documents.get(*at))
        .map(|document| Document {
            document_id: document.document_id.clone(),
            content: document.content.clone(),
            ..Document::default()
        })
        .collect();
    for (at, places) in candidates.into_iter().zip(find_placements(messages, &wanted)) {
        if let Some(slot) = found.get_mut(at) {
            *slot = places;
        }
    }
    Some(found)
}

/// A quick no: however a document is put into a prompt, a word of its beginning or its id stands there. Most documents of
/// a long trace stand in few of its prompts, and looking properly is slow.
fn may_stand_in(messages: &[Message], document: &Document) -> bool {
    let beginning: String = document.content.as_deref().unwrap_or_default().trim_start().chars().take(20).collect();
    // Other characters may be escaped.
    let word = beginning.split(|c: char| !c.is_ascii_alphanumeric()).max_by_key(|word| word.len()).unwrap_or_default();
    let id = document.document_id.as_deref().filter(|id| !id.is_empty());
    if word.is_empty() {
        return true;
    }
    let texts = messages.iter().flat_map(|message| message.parts.iter().map(Part::plain_text));
    texts.into_iter().any(|text| text.contains(word) || id.is_some_and(|id| text.contains(id)))
}

/// A place with the model call that it is in.
#[derive(Debug, Clone, PartialEq)]
pub struct PlacedIn<'a> {
    /// Model call.
    pub call: &'a Span,
    /// Place.
    pub place: Placement,
}

/// Every place of one document in the given model calls; `None` when none of them recorded its messages.
pub fn placed_in<'a>(calls: &[&'a Span], document: &Document) -> Option<Vec<PlacedIn<'a>>> {
    let mut known = false;
    let mut out = Vec::new();
    for call in calls {
        let Some(found) = placements(call, std::slice::from_ref(document)) else { continue };
        known = true;
        out.extend(found.into_iter().flat_map(|found| found.placements).map(|place| PlacedIn { call, place }));
    }
    known.then_some(out)
}

/// True when an answer cites a document: by the policy's form (`[ID]`), else by its id as a word of its own.
pub fn cites(answer: &str, document_id: &str, form: Option<&str>) -> bool {
    if document_id.is_empty() {
        return false;
    }
    if let Some(form) = form {
        return answer.contains(&form.replacen("ID", document_id, 1));
    }
    answer.match_indices(document_id).any(|(at, _)| {
        let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let before = answer.get(..at).and_then(|head| head.chars().next_back());
        let after = answer.get(at + document_id.len()..).and_then(|tail| tail.chars().next());
        // A short id of digits only (`3`) is a number more often than a citation.
        let telling = document_id.len() > 3
            || document_id.chars().any(char::is_alphabetic)
            || (before == Some('[') && after == Some(']'));
        telling && !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}
