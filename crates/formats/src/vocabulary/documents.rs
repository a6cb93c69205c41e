//! Retrieved documents in the shapes that retrievers write them, and what their metadata says of them.

use super::attributes::{json_in, scalar_text};
use crate::time::ns_from_value;
use retake_model::{Document, JsonMap};
use serde_json::Value;

const ID: &[&str] = &["id", "document_id", "documentId", "doc_id", "docId", "chunk_id", "chunkId", "uuid", "key"];
const CONTENT: &[&str] =
    &["content", "page_content", "pageContent", "text", "passage", "body", "chunk", "document", "snippet"];
const SCORE: &[&str] = &["score", "relevance_score", "relevanceScore", "rerank_score", "similarity", "_score"];
const DISTANCE: &[&str] = &["distance"];
const VERSION: &[&str] = &["version", "revision", "rev", "doc_version", "document_version", "documentVersion"];
const UPDATED: &[&str] = &[
    "updated_at",
    "updatedAt",
    "updated",
    "last_updated",
    "lastUpdated",
    "last_modified",
    "lastModified",
    "modified_at",
    "modifiedAt",
    "modified",
    "updated_ns",
];
const TENANT: &[&str] = &[
    "tenant",
    "tenant_id",
    "tenantId",
    "tenant.id",
    "owner",
    "owner_id",
    "ownerId",
    "customer",
    "customer_id",
    "customerId",
    "organization",
    "organization_id",
    "org",
    "org_id",
];
const TITLE: &[&str] = &["title", "name", "heading", "document_title"];
const SOURCE: &[&str] = &["source", "collection", "index", "origin", "corpus", "url", "uri", "path", "file_name"];
const META: &[&str] = &["metadata", "meta", "attributes", "payload", "_source", "fields"];

/// Documents of a list, or of the list within an object (`{"documents": […]}`, `{"results": […]}`). A list of plain texts is
/// a list of passages. `None` when the value is no list of documents.
pub(crate) fn documents_of(value: &Value, score_kind: &str) -> Option<Vec<Document>> {
    let list = match value {
        Value::Array(list) => list,
        Value::Object(object) => ["documents", "results", "hits", "matches", "nodes", "source_documents", "chunks"]
            .iter()
            .find_map(|key| match object.get(*key) {
                Some(Value::Array(list)) => Some(list),
                Some(Value::Object(inner)) => inner.get("hits").and_then(Value::as_array),
                _ => None,
            })?,
        _ => return None,
    };
    let looks = |item: &Value| match item {
        Value::String(_) => true,
        Value::Object(object) => {
            let inner = object.get("document").or_else(|| object.get("node")).and_then(Value::as_object);
            [Some(object), inner]
                .into_iter()
                .flatten()
                .any(|o| ID.iter().chain(CONTENT).any(|key| o.get(*key).is_some_and(|v| !v.is_null())))
        }
        _ => false,
    };
    if !list.iter().all(looks) {
        return None;
    }
    Some(list.iter().zip(1..).map(|(item, rank)| document_of(item, rank, score_kind)).collect())
}

/// One document. Its own fields stand before those of its metadata.
pub(crate) fn document_of(item: &Value, place: u32, score_kind: &str) -> Document {
    let mut document = Document { rank: place, ..Document::default() };
    let Value::Object(outer) = item else {
        document.content = scalar_text(item);
        return document;
    };
    // `{document: {…}, score}` of rerankers and `{node: {…}, score}` of LlamaIndex.
    let inner = ["document", "node", "doc"].iter().find_map(|key| match outer.get(*key) {
        Some(Value::Object(inner)) => Some(inner),
        _ => None,
    });
    let metas: Vec<Value> = [Some(outer), inner]
        .into_iter()
        .flatten()
        .flat_map(|object| META.iter().filter_map(|key| object.get(*key)))
        .filter_map(json_in)
        .collect();
    let mut levels: Vec<&JsonMap> = [Some(outer), inner].into_iter().flatten().collect();
    levels.extend(metas.iter().filter_map(Value::as_object));

    document.document_id = find(&levels, ID).and_then(scalar_text);
    document.content = find(&levels, CONTENT).and_then(text_of);
    document.title = find(&levels, TITLE).and_then(scalar_text);
    document.version = find(&levels, VERSION).and_then(scalar_text);
    document.updated_ns = find(&levels, UPDATED).and_then(|value| ns_from_value(value, None));
    document.tenant = find(&levels, TENANT).and_then(scalar_text);
    document.source = find(&levels, SOURCE).and_then(scalar_text);
    if let Some(score) = find(&levels, SCORE).and_then(number) {
        document.score = Some(score);
        document.score_kind = Some(score_kind.to_owned());
    } else if let Some(distance) = find(&levels, DISTANCE).and_then(number) {
        document.score = Some(distance);
        document.score_kind = Some("distance".to_owned());
    }
    let known =
        [ID, CONTENT, SCORE, DISTANCE, VERSION, UPDATED, TENANT, TITLE, SOURCE, META, &["document", "node", "doc"]];
    for level in &levels {
        for (key, value) in level.iter() {
            let taken = known.iter().any(|names| names.contains(&key.as_str()));
            if !taken && !value.is_null() && !document.metadata.contains_key(key) {
                document.metadata.insert(key.clone(), value.clone());
            }
        }
    }
    document
}

fn find<'v>(levels: &[&'v JsonMap], names: &[&str]) -> Option<&'v Value> {
    levels.iter().find_map(|level| names.iter().find_map(|name| level.get(*name).filter(|value| !value.is_null())))
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(object) => object.get("text").and_then(scalar_text),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|x: &f64| x.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn many_shapes_are_one_document() {
        let shapes = [
            json!([{"id": "D-1", "content": "words", "score": 0.5, "version": 3, "updated_at": "2026-07-01", "tenant": "north"}]),
            json!({"documents": [{"page_content": "words", "metadata": {"id": "D-1", "score": 0.5, "version": "3",
                   "lastModified": "2026-07-01T00:00:00Z", "tenantId": "north"}}]}),
            json!([{"score": 0.5, "document": {"doc_id": "D-1", "text": "words",
                   "metadata": "{\"rev\": 3, \"updated\": \"2026-07-01\", \"customer\": \"north\"}"}}]),
        ];
        for shape in &shapes {
            let found = documents_of(shape, "retrieval").expect("documents");
            let document = &found[0];
            assert_eq!(document.document_id.as_deref(), Some("D-1"), "{shape}");
            assert_eq!(document.content.as_deref(), Some("words"), "{shape}");
            assert_eq!((document.score, document.version.as_deref()), (Some(0.5), Some("3")), "{shape}");
            assert_eq!(document.tenant.as_deref(), Some("north"), "{shape}");
            assert_eq!(document.updated_ns, Some(1_782_864_000_000_000_000), "{shape}");
        }
    }

    #[test]
    fn other_lists_are_no_documents() {
        assert!(documents_of(&json!([{"role": "user"}]), "retrieval").is_none());
        assert!(documents_of(&json!([1, 2]), "retrieval").is_none());
        assert!(documents_of(&json!({"plan": "annual"}), "retrieval").is_none());
    }
}
