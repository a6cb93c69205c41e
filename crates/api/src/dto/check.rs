//! `check` and the golden sets.

use super::document;

document! {
    /// Verdict on one assertion.
    pub struct AssertionResult {
        /// Type.
        #[serde(rename = "type")]
        #[ts(rename = "type")]
        pub kind: String,
        /// Its value, as in the case file.
        #[ts(type = "unknown")]
        pub value: serde_json::Value,
        /// Passed.
        pub passed: bool,
        /// 0 to 1.
        pub score: f64,
        /// Why it failed; for a pass, what it saw, when there is something to say.
        pub reason: Option<String>,
        /// Where in the answer: `[start, end)` in characters.
        pub evidence: Vec<[usize; 2]>,
    }

    /// Verdict on one case.
    pub struct CaseResult {
        /// Case.
        pub case_id: String,
        /// `pass`, `fail`, `error`.
        pub verdict: String,
        /// Weighted share of assertions passed; `null` when nothing could be judged.
        pub score: Option<f64>,
        /// Whether repeats disagree.
        pub flaky: bool,
        /// Variant; `original` for the recorded answer.
        pub variant: String,
        /// Why nothing could be judged.
        pub error: Option<String>,
        /// Assertions.
        pub assertions: Vec<AssertionResult>,
        /// The answer that was judged, in which evidence stands; `null` where several were.
        pub answer: Option<String>,
    }

    /// A place in a file that cannot be read.
    pub struct FileError {
        /// Stable code.
        pub code: String,
        /// File.
        pub file: String,
        /// Line from 1.
        pub line: Option<u64>,
        /// Column from 1.
        pub column: Option<u64>,
        /// What is wrong.
        pub message: String,
    }

    /// Verdict on one set.
    pub struct SetResult {
        /// Name.
        pub name: String,
        /// Folder.
        pub path: String,
        /// Weighted share of cases passed.
        pub score: Option<f64>,
        /// Threshold.
        pub threshold: f64,
        /// `pass`, `fail`, `inconclusive`, `error`.
        pub verdict: String,
        /// Cases.
        pub cases: Vec<CaseResult>,
        /// Cases that passed in the baseline and fail now.
        pub regressions: Vec<String>,
        /// Files that cannot be read.
        pub errors: Vec<FileError>,
        /// Why the verdict is what it is, one sentence each; none for a pass.
        pub reasons: Vec<String>,
    }

    /// A check.
    pub struct Check {
        /// `pass`, `fail`, `inconclusive`, `error`.
        pub verdict: String,
        /// Sets.
        pub sets: Vec<SetResult>,
    }

    /// What to check.
    pub struct CheckRequest {
        /// Folders.
        pub sets: Vec<String>,
        /// Ask the provider anew.
        #[serde(default)]
        pub live: bool,
        /// Variants for a live check.
        #[serde(default)]
        pub variants: Vec<super::replay::VariantInput>,
        /// Judge the takes of this run instead of the recorded answers.
        #[serde(default)]
        pub takes: Option<String>,
        /// Threshold instead of the set's.
        #[serde(default)]
        pub threshold: Option<f64>,
        /// Baseline file instead of the set's.
        #[serde(default)]
        pub baseline: Option<String>,
        /// Write the results as the new baseline.
        #[serde(default)]
        pub update_baseline: bool,
        /// Repeats of a live check.
        #[serde(default)]
        pub repeats: Option<u32>,
        /// Spending limit in dollars.
        #[serde(default)]
        pub max_usd: Option<f64>,
        /// Destinations that may be contacted.
        #[serde(default)]
        pub allow_destinations: Vec<String>,
        /// Whether models without a price may be called.
        #[serde(default)]
        pub allow_unpriced: bool,
        /// Write JUnit here.
        #[serde(default)]
        pub junit: Option<String>,
        /// Write a Markdown summary here.
        #[serde(default)]
        pub markdown: Option<String>,
    }

    /// A golden set that this workspace knows.
    pub struct GoldenSetView {
        /// Name.
        pub name: String,
        /// Folder.
        pub path: String,
        /// Cases.
        pub cases: Vec<GoldenCaseView>,
        /// Files that cannot be read.
        pub errors: Vec<FileError>,
    }

    /// A case of a set.
    pub struct GoldenCaseView {
        /// Case.
        pub case_id: String,
        /// File.
        pub path: String,
        /// The file as it is.
        pub text: String,
        /// Number of assertions.
        pub n_assertions: u32,
        /// `pass` or `fail` as the set's baseline has it; `null` for a case that is not in it.
        pub baseline: Option<String>,
    }

    /// Sets.
    pub struct GoldenSets {
        /// Sets.
        pub sets: Vec<GoldenSetView>,
    }

    /// A case file to write back.
    pub struct CaseSaveRequest {
        /// Folder of the set.
        pub set: String,
        /// Case.
        pub case_id: String,
        /// The file's new text.
        pub text: String,
    }

    /// A text that is to be a case.
    pub struct CaseTextRequest {
        /// Text.
        pub text: String,
    }

    /// A text that is to be a case, as people read it.
    pub struct CaseRead {
        /// What is wrong with it, with the places; empty for a case.
        pub errors: Vec<FileError>,
        /// The case.
        pub case: Option<CaseView>,
    }

    /// A case as people read it.
    pub struct CaseView {
        /// Name.
        pub name: Option<String>,
        /// Free words.
        pub tags: Vec<String>,
        /// Why it was made.
        pub why: Option<String>,
        /// What it was made of: an import's format, a gateway, a run.
        pub source: Option<String>,
        /// Trace that it was made of.
        pub trace_id: Option<String>,
        /// Its span.
        pub span_id: Option<String>,
        /// Take, when a replayed answer was promoted.
        pub take_id: Option<String>,
        /// Model asked for.
        pub model: Option<String>,
        /// What is asked.
        pub messages: Vec<CaseMessage>,
        /// Names of the tools that are offered.
        pub tools: Vec<String>,
        /// Documents of the context, frozen; `null` when they were not recorded.
        pub documents: Option<Vec<CaseDocumentView>>,
        /// What is expected.
        pub assertions: Vec<super::promote::AssertionView>,
    }

    /// A message of a case.
    pub struct CaseMessage {
        /// Author.
        pub role: String,
        /// Its text.
        pub text: String,
    }

    /// A frozen document of a case.
    pub struct CaseDocumentView {
        /// Id in the knowledge base.
        pub document_id: Option<String>,
        /// Version as the source wrote it.
        pub version: Option<String>,
        /// Whether it stood in the prompt; `null` when that cannot be told.
        pub placed: Option<bool>,
        /// The passage.
        pub content: Option<String>,
    }

    /// The form of a file that people write.
    pub struct FileSchema {
        /// JSON Schema, 2020-12.
        #[ts(type = "unknown")]
        pub schema: serde_json::Value,
    }

    /// Folders of golden sets to remember.
    pub struct GoldenAddRequest {
        /// Folder.
        pub path: String,
    }
}
