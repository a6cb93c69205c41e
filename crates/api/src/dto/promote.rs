//! `promote`.

use super::document;

document! {
    /// A suggested or given assertion.
    pub struct AssertionView {
        /// Type.
        #[serde(rename = "type")]
        #[ts(rename = "type")]
        pub kind: String,
        /// Its value, as in the case file.
        #[ts(type = "unknown")]
        pub value: serde_json::Value,
        /// Evidence for it; `null` for one that was given.
        pub because: Option<String>,
        /// The whole assertion as JSON, to hand back to `promote`.
        pub spec: String,
    }

    /// What to promote.
    pub struct PromoteRequest {
        /// Span or take.
        pub id: String,
        /// Folder of the set.
        pub set: String,
        /// Name of the case.
        #[serde(default)]
        pub name: Option<String>,
        /// Assertions: `TYPE:VALUE`, `not-TYPE:VALUE` or JSON.
        #[serde(default)]
        pub asserts: Vec<String>,
        /// Leave out the suggestions.
        #[serde(default)]
        pub no_suggest: bool,
        /// Why.
        #[serde(default)]
        pub reason: Option<String>,
        /// Show only; write nothing.
        #[serde(default)]
        pub preview: bool,
    }

    /// What was (or would be) written.
    pub struct Promoted {
        /// Absolute path of the case file.
        pub path: String,
        /// Id of the case.
        pub case_id: String,
        /// Assertions.
        pub assertions: Vec<AssertionView>,
        /// Masked values.
        pub redactions: u64,
        /// Cases that are nearly the same.
        pub near_duplicates: Vec<String>,
        /// What to know before it is committed, in sentences: outdated documents, another tenant's or users' own in its
        /// context, suggestions that were left out for them, and that an empty answer passes.
        pub notes: Vec<String>,
        /// The command that a CI runs.
        pub command: String,
    }
}
