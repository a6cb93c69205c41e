//! Retrieved documents.

use crate::JsonMap;
use serde::{Deserialize, Serialize};

/// One passage that a retriever or reranker gave.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Document {
    /// Id in the knowledge base; `None` when the source has none.
    pub document_id: Option<String>,
    /// 1 is the first.
    pub rank: u32,
    /// Score as reported; its meaning is `score_kind`.
    pub score: Option<f64>,
    /// `retrieval`, `rerank`, or the source's own word.
    pub score_kind: Option<String>,
    /// Version as the source wrote it.
    pub version: Option<String>,
    /// When the document was last changed.
    pub updated_ns: Option<i64>,
    /// Owner; `*` is everybody.
    pub tenant: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Collection or origin: handbook, community, …
    pub source: Option<String>,
    /// The passage; `None` when the source did not record it.
    pub content: Option<String>,
    /// What else the source said.
    #[serde(default, skip_serializing_if = "JsonMap::is_empty")]
    pub metadata: JsonMap,
}

/// One query to a retriever or reranker and its ranked documents.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Retrieval {
    /// The query text.
    pub query: Option<String>,
    /// Documents by rank. For a reranker these are its *output*.
    pub documents: Vec<Document>,
    /// A reranker's input, when recorded apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_documents: Vec<Document>,
}

/// Where a document stands in a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    /// Index of the message in the model call's input.
    pub message: u32,
    /// First character (Unicode scalar values) within the message's joined text.
    pub start: u32,
    /// One past the last character.
    pub end: u32,
}
