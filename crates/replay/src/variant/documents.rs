//! Dropping, exchanging and reordering documents within the messages.

use super::Variant;
use crate::ReplayError;
use crate::placement::{self, Found, How, block_of};
use retake_model::{Document, Message};

/// Applies the variant's document edits: drop, replace, order.
///
/// # Errors
/// `RTK-R014` for a document that does not stand in the prompt.
pub(super) fn edit(
    variant: &Variant,
    documents: &[Document],
    messages: &mut [Message],
    changes: &mut Vec<String>,
) -> Result<(), ReplayError> {
    for id in &variant.drop_docs {
        drop(id, documents, messages)?;
        changes.push(format!("without document {id}"));
    }
    for (id, content) in &variant.replace_docs {
        replace(id, content, documents, messages)?;
        changes.push(format!("document {id} exchanged"));
    }
    if !variant.order_docs.is_empty() {
        order(&variant.order_docs, documents, messages)?;
        changes.push(format!("documents in the order {}", variant.order_docs.join(", ")));
    }
    Ok(())
}

/// Drops and exchanges documents where they stand; elsewhere nothing happens.
pub(super) fn edit_where_placed(variant: &Variant, documents: &[Document], messages: &mut [Message]) {
    for id in &variant.drop_docs {
        let _elsewhere = drop(id, documents, messages);
    }
    for (id, content) in &variant.replace_docs {
        let _elsewhere = replace(id, content, documents, messages);
    }
}

/// Every place of a document, with the record that was found there.
fn find<'a>(
    id: &str,
    documents: &'a [Document],
    messages: &[Message],
) -> Result<Vec<(Found, std::borrow::Cow<'a, Document>)>, ReplayError> {
    let mut found: Vec<(Found, std::borrow::Cow<'a, Document>)> = Vec::new();
    let named: Vec<&Document> =
        documents.iter().filter(|document| document.document_id.as_deref() == Some(id)).collect();
    for document in named {
        for place in placement::locate(messages, document) {
            let overlaps = |other: &Found| {
                (other.message, other.part) == (place.message, place.part)
                    && other.range.start < place.range.end
                    && place.range.start < other.range.end
            };
            // An id in front of a line is a guess; a record of the same id found by its content is none.
            if !found.iter().any(|(other, _)| overlaps(other)) {
                found.push((place, std::borrow::Cow::Borrowed(document)));
            }
        }
    }
    if found.iter().any(|(place, _)| place.how != How::Label) {
        found.retain(|(place, _)| place.how != How::Label);
    }
    if found.is_empty() {
        // Not among the retrieved ones: the application may have put it there itself.
        let bare = Document { document_id: Some(id.to_owned()), ..Document::default() };
        found = placement::locate(messages, &bare)
            .into_iter()
            .map(|place| (place, std::borrow::Cow::Owned(bare.clone())))
            .collect();
    }
    if found.is_empty() {
        return Err(ReplayError::DocumentNotPlaced { document: id.to_owned(), placed: placed(documents, messages) });
    }
    Ok(found)
}

fn placed(documents: &[Document], messages: &[Message]) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for (document, places) in documents.iter().zip(placement::find_placements(messages, documents)) {
        if let Some(id) = document.document_id.as_ref().filter(|id| !places.placements.is_empty() && !ids.contains(id))
        {
            ids.push(id.clone());
        }
    }
    ids
}

fn drop(id: &str, documents: &[Document], messages: &mut [Message]) -> Result<(), ReplayError> {
    let mut found = find(id, documents, messages)?;
    // From the back, so that earlier places keep their offsets.
    found.sort_by_key(|(place, _)| std::cmp::Reverse((place.message, place.part, place.range.start)));
    let mut taken: Option<(usize, usize, usize)> = None;
    for (place, document) in &found {
        let Some(text) = text_at(messages, place) else { continue };
        let outer = block_of(text, place, document).outer;
        // Two places in one block (content twice in one element) are taken out once.
        if taken.is_some_and(|(m, p, start)| (m, p) == (place.message, place.part) && outer.end > start) {
            continue;
        }
        taken = Some((place.message, place.part, outer.start));
        text.replace_range(outer, "");
    }
    Ok(())
}

fn replace(id: &str, content: &str, documents: &[Document], messages: &mut [Message]) -> Result<(), ReplayError> {
    let mut found = find(id, documents, messages)?;
    found.sort_by_key(|(place, _)| std::cmp::Reverse((place.message, place.part, place.range.start)));
    for (place, document) in &found {
        let Some(text) = text_at(messages, place) else { continue };
        let mut range = place.range.clone();
        let mut new = content.to_owned();
        match place.how {
            How::Escaped => new = placement::json_inner(content).unwrap_or(new),
            // The line was found by its label, which stays.
            How::Label => {
                let line = text.get(range.clone()).unwrap_or_default();
                let after_id =
                    document.document_id.as_deref().and_then(|id| line.find(id).map(|at| at + id.len())).unwrap_or(0);
                let rest = line.get(after_id..).unwrap_or_default();
                let label =
                    rest.len() - rest.trim_start_matches([']', ')', '>', ':', '"', '|', ' ', '\t', '.', '*']).len();
                range.start += after_id + label;
            }
            How::Exact if quoted(text, &range) => new = placement::json_inner(content).unwrap_or(new),
            _ => {}
        }
        text.replace_range(range, &new);
    }
    Ok(())
}

/// Whether an exact place is the whole of a JSON string.
fn quoted(text: &str, range: &std::ops::Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let before = range.start.checked_sub(1).and_then(|at| bytes.get(at));
    before == Some(&b'"') && bytes.get(range.end) == Some(&b'"')
}

/// Fills the places of the placed documents, in order, with the named ones first and the others as they stood.
fn order(ids: &[String], documents: &[Document], messages: &mut [Message]) -> Result<(), ReplayError> {
    let mut places: Vec<(String, Found, std::borrow::Cow<'_, Document>)> = Vec::new();
    for id in ids {
        places
            .extend(find(id, documents, messages)?.into_iter().map(|(place, document)| (id.clone(), place, document)));
    }
    for id in placed(documents, messages).into_iter().filter(|id| !ids.contains(id)) {
        places
            .extend(find(&id, documents, messages)?.into_iter().map(|(place, document)| (id.clone(), place, document)));
    }
    let mut texts: Vec<(usize, usize)> = places.iter().map(|(_, place, _)| (place.message, place.part)).collect();
    texts.sort_unstable();
    texts.dedup();
    for (message, part) in texts {
        let here: Vec<_> =
            places.iter().filter(|(_, place, _)| (place.message, place.part) == (message, part)).collect();
        let Some(text) =
            messages.get_mut(message).and_then(|m| m.parts.get_mut(part)).and_then(placement::searchable_mut)
        else {
            continue;
        };
        // `places` has the wanted order of the documents; one document's several places stay in the order of the text.
        let mut wanted: Vec<(usize, std::ops::Range<usize>)> = here
            .iter()
            .map(|(id, place, document)| {
                let rank = ids.iter().position(|other| other == id).unwrap_or(usize::MAX);
                (rank, block_of(text, place, document).core)
            })
            .collect();
        wanted.sort_by_key(|(rank, core)| (*rank, core.start));
        let mut slots: Vec<_> = wanted.iter().map(|(_, core)| core.clone()).collect();
        slots.sort_by_key(|core| core.start);
        if slots.windows(2).any(|pair| matches!(pair, [a, b] if a.end > b.start)) {
            return Err(ReplayError::variant("`order-docs` cannot tell the documents of the prompt apart"));
        }
        let mut new = String::with_capacity(text.len());
        let mut from = 0;
        for (slot, (_, core)) in slots.iter().zip(&wanted) {
            new.push_str(text.get(from..slot.start).unwrap_or_default());
            new.push_str(text.get(core.clone()).unwrap_or_default());
            from = slot.end;
        }
        new.push_str(text.get(from..).unwrap_or_default());
        *text = new;
    }
    Ok(())
}

fn text_at<'a>(messages: &'a mut [Message], place: &Found) -> Option<&'a mut String> {
    messages.get_mut(place.message)?.parts.get_mut(place.part).and_then(placement::searchable_mut)
}
