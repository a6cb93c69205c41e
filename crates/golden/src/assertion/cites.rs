//! `cites`: the answer names a document of its context.
//!
//! Citations are found generally: items in square or lenticular brackets that are a document's id or look like one
//! (`[KB-17]`, `[KB-17, KB-18]`, `[^KB-17]`, `[source: KB-17]`, `【KB-17】`), known ids in round brackets, numbers in
//! square brackets as positions in the context (`[2]`), and known ids with a digit that stand free in the text. `form` replaces all that by one pattern. A citation
//! resolves when a document of this id is in the context and is not known to have been left out of the prompt.

use super::locate::Range;
use super::{AssertionType, Cache, Expectation, Observation, OneOrMany, Subject, field, quoted, read};
use ::regex::Regex;
use retake_compare::DocumentFacts;
use retake_model::JsonMap;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::{Arc, LazyLock};

pub(super) const TYPE: AssertionType = AssertionType {
    name: "cites",
    about: "The answer cites a document of its context: any, or one of `document`; `every` wants each citation to resolve.",
    example: "cites:KB-17",
    main_field: "document",
    from_value: |value| if matches!(value, "" | "*") { Ok(JsonMap::new()) } else { Ok(field("document", value)) },
    prepare,
    schema: |generator| generator.subschema_for::<Fields>(),
};

/// Fields of `cites`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CitesFields")]
struct Fields {
    /// Id of the document, or several of which one must be cited; any document when left out.
    document: Option<OneOrMany>,
    /// Whether every citation in the answer must resolve.
    every: Option<bool>,
    /// Pattern of a citation, its first group is the id; found generally when left out.
    form: Option<String>,
}

struct Cites {
    documents: Vec<String>,
    every: bool,
    form: Option<Arc<Regex>>,
}

/// One citation in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// As written.
    pub text: String,
    /// Id of the document that it names; `None` when the context has none such.
    pub document_id: Option<String>,
    /// Where it stands, brackets left out.
    pub range: Range,
}

fn prepare(fields: JsonMap, cache: &mut Cache) -> Result<Box<dyn Expectation>, String> {
    let fields: Fields = read(fields)?;
    Ok(Box::new(Cites {
        documents: fields.document.map(|ids| ids.as_slice().to_vec()).unwrap_or_default(),
        every: fields.every.unwrap_or(false),
        form: fields.form.as_deref().map(|form| cache.pattern(form)).transpose()?,
    }))
}

impl Expectation for Cites {
    fn expected(&self, not: bool) -> String {
        let verb = if not { "does not cite" } else { "cites" };
        let what = match self.documents.as_slice() {
            [] => "a document of its context".to_owned(),
            [one] => format!("\"{one}\" from its context"),
            several => format!("one of {} from its context", quoted(several, ", ")),
        };
        let every = if self.every { " and nothing that is not in it" } else { "" };
        format!("the answer {verb} {what}{every}")
    }

    fn observe(&self, subject: &Subject<'_>) -> Observation {
        let Some(answer) = subject.take.output_text.as_deref() else {
            return Observation::unknown("the answer's text");
        };
        let Some(documents) = subject.documents else { return Observation::unknown("the documents of the context") };
        let cited = citations(answer, documents, self.form.as_deref());
        let wanted = |citation: &&Citation| {
            citation.document_id.as_ref().is_some_and(|id| {
                self.documents.is_empty() || self.documents.iter().any(|wanted| wanted.eq_ignore_ascii_case(id))
            })
        };
        let hits: Vec<&Citation> = cited.iter().filter(wanted).collect();
        let stray: Vec<&Citation> = cited.iter().filter(|citation| citation.document_id.is_none()).collect();
        let held = !hits.is_empty() && (!self.every || stray.is_empty());
        let evidence = if held { &hits } else { &cited.iter().collect::<Vec<_>>() };
        let evidence = evidence.iter().map(|citation| citation.range).collect();
        Observation::new(held, describe(&cited, documents), evidence)
    }
}

fn describe(cited: &[Citation], documents: &[DocumentFacts]) -> String {
    if cited.is_empty() {
        return "the answer has no citation".to_owned();
    }
    let list = |resolved: bool| -> Vec<String> {
        let mut texts: Vec<String> =
            cited.iter().filter(|c| c.document_id.is_some() == resolved).map(|c| c.text.clone()).collect();
        texts.dedup();
        texts
    };
    let (good, stray) = (list(true), list(false));
    let unplaced = |text: &str| {
        documents.iter().any(|document| {
            document.document_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(text))
                && document.placed == Some(false)
        })
    };
    let mut clauses = Vec::new();
    if !good.is_empty() {
        clauses.push(format!("the answer cites {}", quoted(&good, ", ")));
    }
    if !stray.is_empty() {
        let why =
            if stray.iter().all(|text| unplaced(text)) { "not placed in the prompt" } else { "not in the context" };
        let lead = if good.is_empty() { "the answer cites " } else { "and " };
        clauses.push(format!("{lead}{}, {why}", quoted(&stray, ", ")));
    }
    clauses.join(" ")
}

/// Every citation of an answer, in order.
pub fn citations(answer: &str, documents: &[DocumentFacts], form: Option<&Regex>) -> Vec<Citation> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    if let Some(form) = form {
        found
            .extend(form.captures_iter(answer).filter_map(|groups| {
                groups.get(1).or_else(|| groups.get(0)).map(|group| (group.start(), group.end()))
            }));
    } else {
        bracketed(answer, documents, &mut found);
        for id in documents.iter().filter_map(|document| document.document_id.as_deref()) {
            free_standing(answer, id, &mut found);
        }
    }
    found.sort_unstable();
    found.dedup();
    // A known id within another one (`KB-1` in `KB-1/a`) is no citation of its own.
    let outer = found.clone();
    found.retain(|&(start, end)| !outer.iter().any(|&(s, e)| s <= start && end <= e && (s, e) != (start, end)));
    found
        .into_iter()
        .map(|(start, end)| {
            let text = answer.get(start..end).unwrap_or_default();
            Citation {
                text: text.to_owned(),
                document_id: resolve(text, documents),
                range: Range::of_bytes(answer, start, end),
            }
        })
        .collect()
}

fn resolve(text: &str, documents: &[DocumentFacts]) -> Option<String> {
    let in_prompt = |document: &&DocumentFacts| document.placed != Some(false);
    let named = documents
        .iter()
        .filter(in_prompt)
        .filter_map(|document| document.document_id.as_deref())
        .find(|id| id.eq_ignore_ascii_case(text));
    if let Some(id) = named {
        return Some(id.to_owned());
    }
    // A number is a position among the documents of the prompt, the first being 1.
    let position: usize = text.parse().ok()?;
    documents.iter().filter(in_prompt).nth(position.checked_sub(1)?)?.document_id.clone()
}

/// Items of bracket groups that are an id or look like one.
fn bracketed(answer: &str, documents: &[DocumentFacts], found: &mut Vec<(usize, usize)>) {
    static GROUP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\[([^\[\]\n]{1,200})\]|【([^【】\n]{1,200})】|\(([^()\n]{1,200})\)").expect("a constant pattern")
    });
    static LABEL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)^(?:\^|#|(?:doc|docs|document|source|sources|ref|reference|cite|citation|id)s?\s*[:=#]?\s+|(?:doc|document|source|ref|cite|id)\s*[:=#]\s*)")
            .expect("a constant pattern")
    });
    let known =
        |item: &str| documents.iter().any(|d| d.document_id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case(item)));
    for groups in GROUP.captures_iter(answer) {
        // Round brackets hold all sorts of asides: there only an id that the context knows is a citation.
        let round = groups.get(3);
        let Some(group) = groups.get(1).or_else(|| groups.get(2)).or(round) else { continue };
        let mut at = group.start();
        for item in group.as_str().split_inclusive([',', ';']) {
            let inner = item.trim_end_matches([',', ';']);
            let start = at + (inner.len() - inner.trim_start().len());
            at += item.len();
            let inner = inner.trim();
            let (start, inner) = match LABEL.find(inner) {
                Some(label) if !known(inner) => (start + label.end(), inner.get(label.end()..).unwrap_or_default()),
                _ => (start, inner),
            };
            if known(inner) || (round.is_none() && looks_like_id(inner)) {
                found.push((start, start + inner.len()));
            }
        }
    }
}

/// One word with a digit: `KB-17`, `doc_3`, `12`. A checkbox or a word in brackets is none.
fn looks_like_id(text: &str) -> bool {
    !text.is_empty()
        && text.chars().any(|c| c.is_ascii_digit())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | '/' | '#' | '@' | '†'))
}

/// A known id that stands free in the text. Only ids that no ordinary text holds by chance: with a digit and a letter.
fn free_standing(answer: &str, id: &str, found: &mut Vec<(usize, usize)>) {
    if id.len() < 3 || !id.chars().any(|c| c.is_ascii_digit()) || !id.chars().any(char::is_alphabetic) {
        return;
    }
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    for (start, part) in answer.match_indices(id) {
        let end = start + part.len();
        let before = answer.get(..start).and_then(|head| head.chars().next_back());
        let after = answer.get(end..).and_then(|tail| tail.chars().next());
        if !before.is_some_and(inside) && !after.is_some_and(inside) {
            found.push((start, end));
        }
    }
}
