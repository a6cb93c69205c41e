//! What a variant makes of the documents and prompt variables of a call, for whoever keeps its answer: the case of a take
//! that was sent without a document must not say that the document was there.

use super::{Variant, documents};
use retake_model::{Document, JsonMap, Message, Part, Role};
use serde_json::Value;

/// The documents of a call after the edits of a variant. One that was exchanged has no version that is known.
pub fn documents_after(variant: &Variant, documents: &[Document]) -> Vec<Document> {
    let named = |document: &Document, id: &String| document.document_id.as_ref() == Some(id);
    let mut after: Vec<Document> =
        documents.iter().filter(|document| !variant.drop_docs.iter().any(|id| named(document, id))).cloned().collect();
    for (id, content) in &variant.replace_docs {
        for document in after.iter_mut().filter(|document| named(document, id)) {
            document.content = Some(content.clone());
            document.version = None;
            document.updated_ns = None;
        }
    }
    after
}

/// The prompt variables of a call after the edits of a variant: a passage leaves each text that holds it.
pub fn variables_after(variant: &Variant, documents: &[Document], variables: &JsonMap) -> JsonMap {
    let mut after = variables.clone();
    after.values_mut().for_each(|value| edit(variant, documents, value));
    after
}

fn edit(variant: &Variant, known: &[Document], value: &mut Value) {
    match value {
        Value::String(text) => {
            let mut messages = [Message::text(Role::User, std::mem::take(text))];
            documents::edit_where_placed(variant, known, &mut messages);
            if let [message] = messages
                && let Some(Part::Text { text: edited }) = message.parts.into_iter().next()
            {
                *text = edited;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| edit(variant, known, item)),
        Value::Object(map) => map.values_mut().for_each(|item| edit(variant, known, item)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{documents_after, variables_after};
    use crate::Variant;
    use retake_model::Document;
    use serde_json::json;

    fn document(id: &str, content: &str) -> Document {
        Document {
            document_id: Some(id.into()),
            version: Some("2".into()),
            content: Some(content.into()),
            ..Document::default()
        }
    }

    #[test]
    fn a_dropped_document_leaves_the_list_and_the_variables() {
        let documents = [document("A-1", "Open on Monday."), document("A-2", "Closed on Sunday.")];
        let variant = Variant { drop_docs: vec!["A-1".into()], ..Variant::original() };
        let left = documents_after(&variant, &documents);
        assert_eq!(left, [documents[1].clone()]);
        let variables = json!({"passages": "[A-1] Open on Monday.\n[A-2] Closed on Sunday.", "n": 3, "list": ["x"]});
        let after = variables_after(&variant, &documents, variables.as_object().unwrap());
        assert_eq!(json!(after), json!({"passages": "[A-2] Closed on Sunday.", "n": 3, "list": ["x"]}));
    }

    #[test]
    fn an_exchanged_document_has_its_new_text_and_no_version() {
        let documents = [document("A-1", "Open on Monday.")];
        let variant = Variant { replace_docs: vec![("A-1".into(), "Open daily.".into())], ..Variant::original() };
        let after = documents_after(&variant, &documents);
        assert_eq!((after[0].content.as_deref(), &after[0].version), (Some("Open daily."), &None));
        let variables = json!({"passages": "[A-1] Open on Monday."});
        let after = variables_after(&variant, &documents, variables.as_object().unwrap());
        assert_eq!(json!(after), json!({"passages": "[A-1] Open daily."}));
    }
}
