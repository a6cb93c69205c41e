//! `prompt`.

use super::{Ns, document};

document! {
    /// A version.
    pub struct PromptVersion {
        /// Counts from 1.
        pub version: u32,
        /// Content address.
        pub hash: String,
        /// When it was made.
        pub created_ns: Ns,
        /// Labels on it.
        pub labels: Vec<String>,
        /// Template; only where one prompt is asked for.
        pub text: Option<String>,
        /// Variables of the template.
        pub variables: Vec<String>,
        /// Traces that used it; only where one prompt is asked for.
        pub traces: Option<u64>,
        /// Takes that were answered under it; only where one prompt is asked for.
        pub takes: Option<u64>,
        /// Runs of those takes, newest first.
        pub runs: Vec<String>,
    }

    /// A prompt.
    pub struct Prompt {
        /// Name.
        pub name: String,
        /// Versions, newest first.
        pub versions: Vec<PromptVersion>,
    }

    /// A prompt that traces name and that has no text here.
    pub struct NamedPrompt {
        /// Name, with the version where they have one.
        pub prompt: String,
        /// Traces that name it.
        pub traces: u64,
    }

    /// Prompts by name.
    pub struct Prompts {
        /// Prompts.
        pub prompts: Vec<Prompt>,
        /// Those that traces name beside them, most traces first.
        pub named: Vec<NamedPrompt>,
    }

    /// A move of a label.
    pub struct LabelMoveView {
        /// Label.
        pub label: String,
        /// Before.
        pub from_version: Option<u32>,
        /// Since.
        pub to_version: Option<u32>,
        /// When.
        pub at_ns: Ns,
    }

    /// One prompt in full.
    pub struct PromptDetail {
        /// Name.
        pub name: String,
        /// Versions with text, newest first.
        pub versions: Vec<PromptVersion>,
        /// Label history, newest first.
        pub moves: Vec<LabelMoveView>,
    }

    /// A new version.
    pub struct PromptNewRequest {
        /// Name; `NAME@7` gives the version its number, above all others.
        pub name: String,
        /// Template.
        pub text: String,
    }

    /// What `prompt new` did.
    pub struct PromptNew {
        /// Name.
        pub name: String,
        /// Version.
        pub version: u32,
        /// Content address.
        pub hash: String,
        /// False when the same text was already a version.
        pub created: bool,
    }

    /// Version as a number, or a label.
    pub struct PromptGetRequest {
        /// Name.
        pub name: String,
        /// Version or label.
        pub at: String,
    }

    /// A version's text.
    pub struct PromptText {
        /// Name.
        pub name: String,
        /// Version.
        pub version: u32,
        /// Text.
        pub text: String,
    }

    /// Two versions.
    pub struct PromptDiffRequest {
        /// Name.
        pub name: String,
        /// Version or label.
        pub a: String,
        /// Version or label.
        pub b: String,
    }

    /// Diff of two versions.
    pub struct PromptDiff {
        /// Name.
        pub name: String,
        /// First version.
        pub a: u32,
        /// Second version.
        pub b: u32,
        /// Diff.
        pub text: super::compare::TextDiff,
    }

    /// Move a label.
    pub struct PromptLabelRequest {
        /// Name.
        pub name: String,
        /// Version or label to move to; `null` for a rollback to where it stood before.
        pub at: Option<String>,
        /// Label.
        pub label: String,
    }
}
