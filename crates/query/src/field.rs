//! The fields of the language: one table for the parser, the completion, the sort and the facets.

/// A field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words are the language's own, see `FIELDS`")]
pub enum Field {
    Tenant,
    Feature,
    User,
    Conversation,
    Model,
    Provider,
    Prompt,
    Environment,
    Name,
    Kind,
    Status,
    Tool,
    ToolStatus,
    Doc,
    Score,
    Has,
    Id,
    Batch,
    Latency,
    Ttft,
    Cost,
    Tokens,
    Input,
    Output,
    Time,
}

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A text, with `*`.
    Text,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A duration with a unit.
    Duration,
    /// US dollars.
    Money,
    /// A whole number.
    Count,
    /// A number or a label.
    Score,
    /// A day, a time, a range.
    Time,
}

/// All about a field.
#[derive(Debug, Clone, Copy)]
pub struct FieldInfo {
    /// The field.
    pub field: Field,
    /// As written before the colon; `score` is followed by `.NAME`.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// One line for people.
    pub about: &'static str,
    /// A list can be sorted by it.
    pub sortable: bool,
    /// Its values can be counted.
    pub facetable: bool,
    /// Spans below the one that carries it inherit it.
    pub inherited: bool,
}

const KINDS: &[&str] = &[
    "llm",
    "embedding",
    "retriever",
    "reranker",
    "tool",
    "agent",
    "chain",
    "guardrail",
    "evaluator",
    "prompt",
    "http",
    "other",
];
const STATUSES: &[&str] = &["ok", "error", "unset"];
const TOOL_STATUSES: &[&str] = &["ok", "error", "allowed", "denied", "asked"];
const HAS: &[&str] = &[
    "leak",
    "tool_without_audit",
    "denied_but_executed",
    "finding",
    "error",
    "retry",
    "tool",
    "document",
    "audit",
    "take",
    "score",
    "no_content",
    "parent_missing",
    "log_only",
    "clock_skew",
    "cost",
    "prompt",
];

macro_rules! fields {
    ($($field:ident $name:literal $takes:expr, $about:literal, $($flag:ident)*;)*) => {
        /// Every field, in the order in which completion offers them.
        pub const FIELDS: &[FieldInfo] = &[$(FieldInfo {
            field: Field::$field,
            name: $name,
            takes: $takes,
            about: $about,
            sortable: has_flag(&[$(stringify!($flag)),*], "sortable"),
            facetable: has_flag(&[$(stringify!($flag)),*], "facetable"),
            inherited: has_flag(&[$(stringify!($flag)),*], "inherited"),
        }),*];
    };
}

fields! {
    Tenant "tenant" Takes::Text, "whose data", sortable facetable inherited;
    Feature "feature" Takes::Text, "product function", sortable facetable inherited;
    User "user" Takes::Text, "who asked", sortable facetable inherited;
    Conversation "conversation" Takes::Text, "conversation, session or thread id", sortable facetable inherited;
    Model "model" Takes::Text, "model asked for or answering", sortable facetable;
    Provider "provider" Takes::Text, "provider of the model", sortable facetable;
    Prompt "prompt" Takes::Text, "prompt name, or name@version", sortable facetable inherited;
    Environment "environment" Takes::Text, "production, staging, …", sortable facetable inherited;
    Name "name" Takes::Text, "operation name of a span", sortable facetable;
    Kind "kind" Takes::Words(KINDS), "kind of a span", sortable facetable;
    Status "status" Takes::Words(STATUSES), "outcome", sortable facetable;
    Tool "tool" Takes::Text, "tool that was called or ran", facetable;
    ToolStatus "tool.status" Takes::Words(TOOL_STATUSES), "outcome of a tool call", facetable;
    Doc "doc" Takes::Text, "id of a retrieved document", facetable;
    Score "score" Takes::Score, "score.NAME: an evaluation or feedback", sortable;
    Has "has" Takes::Words(HAS), "findings, errors, tools, documents, …", facetable;
    Id "id" Takes::Text, "beginning of a trace or span id", ;
    Batch "batch" Takes::Text, "beginning of the id of an import", ;
    Latency "latency" Takes::Duration, "duration", sortable;
    Ttft "ttft" Takes::Duration, "time to the first token", sortable;
    Cost "cost" Takes::Money, "cost in US dollars", sortable;
    Tokens "tokens" Takes::Count, "tokens in and out", sortable;
    Input "input" Takes::Count, "tokens in", sortable;
    Output "output" Takes::Count, "tokens out", sortable;
    Time "time" Takes::Time, "when it started", sortable;
}

const fn has_flag(flags: &[&str], wanted: &str) -> bool {
    let mut at = 0;
    while at < flags.len() {
        if equal(flags[at].as_bytes(), wanted.as_bytes()) {
            return true;
        }
        at += 1;
    }
    false
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

impl Field {
    /// All about it.
    pub fn info(self) -> &'static FieldInfo {
        // The table holds every variant in the order of declaration; a test keeps it so.
        FIELDS.iter().find(|info| info.field == self).unwrap_or(&FIELDS[0])
    }

    /// As written before the colon.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Reads a name without the `.NAME` of a score.
    pub fn parse(name: &str) -> Option<Self> {
        FIELDS.iter().find(|info| info.name == name).map(|info| info.field)
    }
}
