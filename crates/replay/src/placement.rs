//! Where retrieved documents stand in a prompt, and how to take one out, exchange it or move it without touching the rest.
//!
//! A document is looked for by its content: as it is, JSON-escaped, with other white space, as a beginning that was cut;
//! or, when the content is not recorded, by its id at the head of a line. Offsets are characters of the message's text (see [`text_of`]). Answers of the
//! model are not searched, since a quotation is no placement.

use retake_model::{Document, Message, Part, Placement, Role};
use std::ops::Range;

mod block;
mod search;

pub(crate) use block::block_of;
pub(crate) use search::json_inner;

/// Where one document stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DocumentPlacements {
    /// Places, in the order of the messages.
    pub placements: Vec<Placement>,
    /// True when only its beginning stands there.
    pub truncated: bool,
}

/// How a document was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// Its content as it is.
    Exact,
    /// Its content inside a JSON text.
    Escaped,
    /// Its content with other white space.
    Spaced,
    /// The beginning of its content.
    Cut,
    /// A line that begins with its id.
    Label,
}

/// One place, in bytes of one part's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub message: usize,
    pub part: usize,
    pub range: Range<usize>,
    pub how: How,
}

/// A way to look for a document in a text: the ranges that it found.
type Search<'a> = &'a dyn Fn(&str) -> Vec<Range<usize>>;

/// The text of a message in which placements are counted: its text parts and tool results, joined by a line break.
pub fn text_of(message: &Message) -> String {
    let texts: Vec<&str> = message.parts.iter().filter_map(searchable).collect();
    texts.join("\n")
}

/// Finds every placement of each document, in the order of `documents`.
pub fn find_placements(messages: &[Message], documents: &[Document]) -> Vec<DocumentPlacements> {
    documents
        .iter()
        .map(|document| {
            let found = locate(messages, document);
            let truncated = found.iter().any(|place| place.how == How::Cut);
            let placements = found.iter().filter_map(|place| to_placement(messages, place)).collect();
            DocumentPlacements { placements, truncated }
        })
        .collect()
}

/// Finds a document; the first way that finds anything decides.
pub(crate) fn locate(messages: &[Message], document: &Document) -> Vec<Found> {
    let parts = || {
        messages.iter().enumerate().filter(|(_, message)| message.role != Role::Assistant).flat_map(|(m, message)| {
            message.parts.iter().enumerate().filter_map(move |(p, part)| Some((m, p, searchable(part)?)))
        })
    };
    let content = document.content.as_deref().map(str::trim).filter(|content| !content.is_empty());
    // An id says nothing about which version stands there, so it counts only where the content is not known.
    let id = document.document_id.as_deref().filter(|_| content.is_none());
    let ways: [(How, Search<'_>); 5] = [
        (How::Exact, &|text| content.map_or_else(Vec::new, |content| search::exact(text, content))),
        (How::Escaped, &|text| content.map_or_else(Vec::new, |content| search::escaped(text, content))),
        (How::Spaced, &|text| content.map_or_else(Vec::new, |content| search::spaced(text, content))),
        (How::Cut, &|text| content.and_then(|content| search::cut(text, content)).into_iter().collect()),
        (How::Label, &|text| id.map_or_else(Vec::new, |id| search::labelled(text, id))),
    ];
    for (how, find) in ways {
        let found: Vec<Found> = parts()
            .flat_map(|(message, part, text)| {
                find(text).into_iter().map(move |range| Found { message, part, range, how })
            })
            .collect();
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

pub(crate) fn searchable(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text } | Part::ToolResult { text, .. } => Some(text),
        _ => None,
    }
}

pub(crate) fn searchable_mut(part: &mut Part) -> Option<&mut String> {
    match part {
        Part::Text { text } | Part::ToolResult { text, .. } => Some(text),
        _ => None,
    }
}

fn to_placement(messages: &[Message], found: &Found) -> Option<Placement> {
    let message = messages.get(found.message)?;
    let before: usize =
        message.parts.iter().take(found.part).filter_map(searchable).map(|text| text.chars().count() + 1).sum();
    let text = message.parts.get(found.part).and_then(searchable)?;
    let chars = |to: usize| text.get(..to).map(|head| before + head.chars().count());
    Some(Placement {
        message: u32::try_from(found.message).ok()?,
        start: u32::try_from(chars(found.range.start)?).ok()?,
        end: u32::try_from(chars(found.range.end)?).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(id: &str, content: &str) -> Document {
        Document { document_id: Some(id.into()), content: Some(content.into()), ..Document::default() }
    }

    fn place(text: &str, document: Document) -> DocumentPlacements {
        let messages = [Message::text(Role::System, text), Message::text(Role::Assistant, text)];
        find_placements(&messages, &[document]).remove(0)
    }

    #[test]
    fn offsets_are_characters_of_the_message() {
        let found = place("Ünïcode: [A-1] Die Tür ist zu.\n[A-2] Offen.", document("A-1", "Die Tür ist zu."));
        assert_eq!(found.placements, [Placement { message: 0, start: 15, end: 30 }]);
        assert!(!found.truncated);
    }

    #[test]
    fn white_space_may_differ() {
        let found = place("Passages:\n  The tide turns\n  at six.  Go.", document("T", "The tide turns at  six."));
        assert_eq!(found.placements, [Placement { message: 0, start: 12, end: 36 }]);
    }

    #[test]
    fn a_cut_document_is_found_and_said() {
        let long =
            "The northern ferry leaves at seven from pier four and returns before midnight on all days but Sunday.";
        let found = place(
            "[F-1] The northern ferry leaves at seven from pier four and returns before midni…\n[F-2] x",
            document("F-1", long),
        );
        assert!(found.truncated);
        assert_eq!(found.placements.len(), 1);
    }

    #[test]
    fn another_version_with_the_same_beginning_is_not_this_document() {
        let prompt = "[P-1] Parcels can be returned within the time limit of 30 days after they came.";
        let other = document("P-9", "Parcels can be returned within the time limit of 14 days after they came.");
        assert_eq!(place(prompt, other).placements, []);
    }

    #[test]
    fn json_in_the_prompt_is_searched_in_its_own_form() {
        let content = "He said \"no\"\nand left.";
        let json = serde_json::json!([{"id": "J", "text": content}]).to_string();
        let found = place(&format!("Documents: {json}"), document("J", content));
        assert_eq!(found.placements.len(), 1);
    }

    #[test]
    fn a_document_without_content_is_found_by_its_label() {
        let bare = Document { document_id: Some("K-7".into()), ..Document::default() };
        assert_eq!(
            place("- [K-70] seventy\n- [K-7] seven\n- [K-8] eight", bare).placements,
            [Placement { message: 0, start: 19, end: 30 }]
        );
    }
}
