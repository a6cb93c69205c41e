//! Documents that an expectation should not rest on: outdated, another tenant's, written by users. Who knows that is
//! the caller; here is what follows for suggestions, and what promotion says of it.

use crate::assertion::{Assertion, Cache, Subject};
use retake_compare::{DocumentFacts, TakeFacts};

/// What speaks against a document.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// A newer version of it is known.
    Outdated {
        /// That version, as its source wrote it.
        newer_version: String,
    },
    /// It belongs to another tenant than the one that asked.
    Foreign,
    /// Its source is written by users.
    Untrusted,
}

/// A document and what speaks against it; one with two doubts stands in two of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubtful {
    /// Id in the knowledge base.
    pub document_id: Option<String>,
    /// Version as the source wrote it.
    pub version: Option<String>,
    /// The passage; `None` stands for every passage of the document.
    pub content: Option<String>,
    /// The doubt.
    pub doubt: Doubt,
}

impl Doubtful {
    /// True when it speaks of this document. A version that is not known is another one than any that is.
    fn is_about(&self, document: &DocumentFacts) -> bool {
        let passage = self.content.is_none() || document.content.is_none() || self.content == document.content;
        self.document_id == document.document_id
            && self.version == document.version
            && passage
            && (document.document_id.is_some() || document.content.is_some())
    }
}

/// A suggestion that was not made, since only a doubtful document bears it out.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// The assertion.
    pub assertion: Assertion,
    /// Id and version of the document.
    pub document: String,
}

/// True when nothing speaks against a document.
pub(crate) fn is_sound(document: &DocumentFacts, doubts: &[Doubtful]) -> bool {
    !doubts.iter().any(|doubtful| doubtful.is_about(document))
}

/// A document in words: id and version.
pub(crate) fn name_of(document: &DocumentFacts) -> String {
    let id = document.document_id.as_deref().unwrap_or("a document without id");
    match &document.version {
        Some(version) => format!("{id} version {version}"),
        None => id.to_owned(),
    }
}

/// What should be known before a case is committed: doubtful documents of its context, suggestions that were left out,
/// and that an empty answer would pass. Whole sentences.
pub(crate) fn notes(
    documents: Option<&[DocumentFacts]>,
    doubts: &[Doubtful],
    left_out: &[LeftOut],
    assertions: &[Assertion],
) -> Vec<String> {
    let mut notes = of_context(documents.unwrap_or_default(), doubts);
    let mut about: Vec<&str> = left_out.iter().map(|left| left.document.as_str()).collect();
    about.dedup();
    for document in about {
        let list: Vec<String> = left_out
            .iter()
            .filter(|left| left.document == document)
            .map(|left| format!("{} {}", left.assertion.kind, left.assertion.value()))
            .collect();
        notes.push(format!("Not suggested, since it would ask for {document}: {}.", list.join(", ")));
    }
    notes.extend(of_signs(documents, assertions));
    notes
}

fn of_context(documents: &[DocumentFacts], doubts: &[Doubtful]) -> Vec<String> {
    let (mut outdated, mut foreign, mut untrusted) = (Vec::new(), Vec::new(), Vec::new());
    for document in documents {
        for doubtful in doubts.iter().filter(|doubtful| doubtful.is_about(document)) {
            let name = name_of(document);
            let (list, entry) = match &doubtful.doubt {
                Doubt::Outdated { newer_version } => {
                    (&mut outdated, format!("{name} (version {newer_version} is known)"))
                }
                Doubt::Foreign => (&mut foreign, name),
                Doubt::Untrusted => (&mut untrusted, name),
            };
            if !list.contains(&entry) {
                list.push(entry);
            }
        }
    }
    let sentence = |what: &str, list: Vec<String>| {
        (!list.is_empty()).then(|| format!("The case's context holds {what}: {}.", list.join(", ")))
    };
    [
        sentence("outdated documents", outdated),
        sentence("documents of another tenant", foreign),
        sentence("documents from a source that users write", untrusted),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Whether the scored assertions ask anything of the answer.
fn of_signs(documents: Option<&[DocumentFacts]>, assertions: &[Assertion]) -> Option<String> {
    let scored: Vec<&Assertion> = assertions.iter().filter(|assertion| assertion.weight != Some(0.0)).collect();
    if scored.is_empty() {
        return None;
    }
    let empty = TakeFacts { output_text: Some(String::new()), tool_calls: Some(Vec::new()), ..TakeFacts::default() };
    let (subject, mut cache) = (Subject::new(&empty, documents), Cache::default());
    let passes = scored
        .iter()
        .all(|assertion| assertion.prepare(&mut cache).is_ok_and(|prepared| prepared.judge(&subject).passed));
    let negative = scored.iter().all(|assertion| assertion.not);
    match (negative, passes) {
        (true, true) => Some(
            "Every scored assertion is negative (not-…): an empty answer passes this case. Add one that says what the \
             answer holds."
                .to_owned(),
        ),
        (true, false) => {
            Some("Every scored assertion is negative (not-…): none says what the answer holds.".to_owned())
        }
        (false, true) => {
            Some("No scored assertion asks for anything in the answer: an empty answer passes this case.".to_owned())
        }
        (false, false) => None,
    }
}
