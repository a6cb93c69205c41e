//! Suggested assertions: expected properties of an answer, each with the evidence that it rests on.
//!
//! Everything comes from structure (citations that resolve, quantities that also stand in a document of the prompt, tool
//! calls, the shape of a JSON answer), nothing from any product's words. When an assertion that the user wrote fails on
//! the answer, it is taken as the bad example: what it says is then not held up as expected. With another answer beside
//! it, what only the bad one of the two says, calls or was given is expected not to come back.
//! A document that is outdated, another tenant's or written by users is no evidence: what only it bears out is left out.
//! Ceilings of latency and cost depend on the machine and the price list: they are suggested with weight 0, shown but not
//! scored until someone gives them weight.

use crate::assertion::{Assertion, Cache, Citation, Subject, citations, sentences, shorten};
use crate::doubt::{Doubtful, LeftOut, is_sound, name_of};
use regex::Regex;
use retake_compare::{DocumentFacts, TakeFacts, json};
use retake_model::{JsonMap, Request};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Most suggestions of one kind: a case must stay readable.
const MOST: usize = 6;
/// Longest argument that is expected literally, in characters: longer ones are prose that differs each time.
const LITERAL_CHARS: usize = 64;
/// A recorded answer is given in less, and says nothing about a model's latency.
const SHORTEST_MS: f64 = 1.0;
/// Allowed over the recorded latency.
const LATENCY_FACTOR: f64 = 3.0;
/// Allowed over the recorded cost.
const COST_FACTOR: f64 = 1.5;

/// What suggestions are drawn from.
pub struct SuggestInput<'a> {
    /// The request.
    pub request: &'a Request,
    /// Documents of its context with their placement; `None` when not recorded.
    pub documents: Option<&'a [DocumentFacts]>,
    /// The answer that is being promoted.
    pub answer: &'a TakeFacts,
    /// Another answer to the same question, if there is one. Which of the two is the good one follows from what the
    /// user expects; unless that says otherwise it is the one that is being promoted.
    pub comparison: Option<&'a TakeFacts>,
    /// What the user expects already.
    pub explicit: &'a [Assertion],
    /// Documents that nothing should be expected of.
    pub doubts: &'a [Doubtful],
}

/// A suggested assertion; its `because` is set.
pub type Suggestion = Assertion;

/// What was suggested, and what was not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Suggested {
    /// In the order in which they are shown. Those that the user expects already are left out.
    pub suggestions: Vec<Suggestion>,
    /// What only a doubtful document bears out.
    pub left_out: Vec<LeftOut>,
}

/// Suggestions for an answer.
pub fn suggest(input: &SuggestInput<'_>) -> Suggested {
    let (good, bad) = match (meets(input, input.answer), input.comparison) {
        (true, comparison) => (Some(input.answer), comparison),
        (false, Some(comparison)) if meets(input, comparison) => (Some(comparison), Some(input.answer)),
        (false, _) => (None, Some(input.answer)),
    };
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    if let Some(good) = good {
        let documents = good.documents.as_deref().or(input.documents).unwrap_or_default();
        said(good, &Evidence { documents, doubts: input.doubts }, &mut found, &mut left_out);
        called(good, input.request, &mut found);
        if let Some(bad) = bad {
            let evidence = Evidence { documents, doubts: input.doubts };
            differs(bad, good, bad.documents.as_deref().or(input.documents), &evidence, &mut found);
        }
    }
    shape(good.unwrap_or(input.answer), &mut found);
    ceilings(good.unwrap_or(input.answer), &mut found);
    let same = |a: &Assertion, b: &Assertion| a.kind == b.kind && a.not == b.not && a.fields == b.fields;
    let mut kept: Vec<Suggestion> = Vec::new();
    for suggestion in found {
        if !input.explicit.iter().chain(&kept).any(|other| same(other, &suggestion)) {
            kept.push(suggestion);
        }
    }
    left_out.retain(|left| !input.explicit.iter().any(|other| same(other, &left.assertion)));
    Suggested { suggestions: kept, left_out }
}

/// Documents of an answer's context, and what speaks against some of them.
struct Evidence<'a> {
    documents: &'a [DocumentFacts],
    doubts: &'a [Doubtful],
}

impl<'a> Evidence<'a> {
    /// The first document of a choice against which nothing speaks. `Err` is one that was chosen and is doubtful.
    fn first_sound(
        &self,
        chosen: impl Iterator<Item = &'a DocumentFacts>,
    ) -> Option<Result<&'a DocumentFacts, &'a DocumentFacts>> {
        let mut doubtful = None;
        for document in chosen {
            if is_sound(document, self.doubts) {
                return Some(Ok(document));
            }
            doubtful = doubtful.or(Some(document));
        }
        doubtful.map(Err)
    }
}

/// True when all that the user expects holds for an answer.
fn meets(input: &SuggestInput<'_>, answer: &TakeFacts) -> bool {
    let mut cache = Cache::default();
    let subject = Subject::new(answer, input.documents);
    input
        .explicit
        .iter()
        .filter(|assertion| assertion.weight != Some(0.0))
        .filter_map(|assertion| assertion.prepare(&mut cache).ok())
        .all(|assertion| assertion.judge(&subject).passed)
}

/// Citations that resolve, quantities that a placed document bears out, and the documents behind both.
fn said(answer: &TakeFacts, evidence: &Evidence<'_>, out: &mut Vec<Suggestion>, left_out: &mut Vec<LeftOut>) {
    let documents = evidence.documents;
    let text = answer.output_text.as_deref().unwrap_or_default();
    let cited = citations(text, documents, None);
    let mut supporting: Vec<(&DocumentFacts, String)> = Vec::new();
    let mut phrases: Vec<String> = Vec::new();
    for sentence in sentences(text) {
        for phrase in quantities(sentence) {
            if phrases.contains(&phrase) || phrases.len() >= MOST {
                continue;
            }
            let Some(found) = evidence.first_sound(bearing(&phrase, sentence, documents)) else { continue };
            let contains = Assertion::of("contains", phrase.as_str());
            match found {
                Ok(document) => {
                    let name = name_of(document);
                    out.push(contains.because(format!("\"{phrase}\" stands in {name}")));
                    remember(&mut supporting, document, format!("\"{phrase}\" of the answer stands in it"));
                }
                Err(document) => left_out.push(LeftOut { assertion: contains, document: name_of(document) }),
            }
            phrases.push(phrase);
        }
    }
    for (id, citation) in distinct(&cited).into_iter().take(MOST) {
        let named = documents.iter().filter(|document| document.document_id.as_deref() == Some(id));
        let Some(found) = evidence.first_sound(named) else { continue };
        let cites = Assertion::of("cites", id);
        let document = match found {
            Ok(document) => document,
            Err(document) => {
                left_out.push(LeftOut { assertion: cites, document: name_of(document) });
                continue;
            }
        };
        let stood = match document.placed {
            Some(true) => "which stood in the prompt",
            _ => "which was retrieved",
        };
        let name = name_of(document);
        out.push(cites.because(format!("the answer cites {}: {name}, {stood}", citation.text)));
        remember(&mut supporting, document, "the answer cites it".to_owned());
    }
    for (document, why) in supporting.into_iter().take(MOST) {
        let Some(id) = &document.document_id else { continue };
        let mut holds = Assertion::of("context_holds", id.as_str()).because(why);
        if let Some(version) = &document.version {
            holds.fields.insert("version".to_owned(), version.as_str().into());
        }
        out.push(holds);
    }
    let refuses = Assertion::with("refuses", JsonMap::new());
    let subject = Subject::new(answer, Some(documents));
    if let Ok(prepared) = refuses.prepare(&mut Cache::default())
        && prepared.judge(&subject).passed
    {
        let begins = sentences(text).first().map_or_else(String::new, |first| shorten(first, 100));
        out.push(refuses.because(format!("the answer declines: \"{begins}\"")));
    }
}

fn remember<'a>(list: &mut Vec<(&'a DocumentFacts, String)>, document: &'a DocumentFacts, why: String) {
    if !list.iter().any(|(known, _)| known.document_id == document.document_id && known.version == document.version) {
        list.push((document, why));
    }
}

/// The first citation of each document that resolves.
fn distinct(cited: &[Citation]) -> Vec<(&str, &Citation)> {
    let mut list: Vec<(&str, &Citation)> = Vec::new();
    for citation in cited {
        if let Some(id) = citation.document_id.as_deref()
            && !list.iter().any(|(known, _)| *known == id)
        {
            list.push((id, citation));
        }
    }
    list
}

/// The documents of the prompt that hold a phrase: those that the sentence cites before others.
fn bearing<'a>(
    phrase: &str,
    sentence: &str,
    documents: &'a [DocumentFacts],
) -> impl Iterator<Item = &'a DocumentFacts> {
    let holds = |document: &&DocumentFacts| {
        document.placed != Some(false)
            && document.content.as_deref().is_some_and(|content| holds_phrase(content, phrase))
    };
    let cited = citations(sentence, documents, None);
    let is_cited = |document: &&DocumentFacts| {
        cited.iter().any(|c| c.document_id.is_some() && c.document_id == document.document_id)
    };
    let (first, others): (Vec<_>, Vec<_>) = documents.iter().filter(holds).partition(is_cited);
    first.into_iter().chain(others)
}

fn holds_phrase(text: &str, phrase: &str) -> bool {
    let Ok(contains) = Assertion::with("contains", {
        let mut fields = JsonMap::new();
        fields.insert("value".to_owned(), phrase.into());
        fields.insert("case_sensitive".to_owned(), false.into());
        fields
    })
    .prepare(&mut Cache::default()) else {
        return false;
    };
    let take = TakeFacts { output_text: Some(text.to_owned()), ..TakeFacts::default() };
    contains.judge(&Subject::new(&take, None)).passed
}

/// Numbers with a unit, as they stand in a text: `45 days`, `$20`, `3.5 %`, `45天`. Parts of identifiers, list numbers
/// and bare numbers are none.
fn quantities(text: &str) -> Vec<String> {
    static QUANTITY: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?x)
            (?P<money> [\p{Sc}]\s?\d[\d.,']* (?:\s?(?:million|billion|bn|[kKmM])\b)? )
            | (?P<number> \d+(?:[.,'\u{a0}]\d+)* ) (?: \s?(?:%|‰|°[CF]?|\p{Sc}) | [\s\u{a0}-]? (?P<unit> [\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}] | \p{L}[\p{L}\p{M}]* ) )",
        )
        .expect("a constant pattern")
    });
    let mut found = Vec::new();
    for groups in QUANTITY.captures_iter(text) {
        let Some(whole) = groups.get(0) else { continue };
        let before = text.get(..whole.start()).and_then(|head| head.chars().next_back());
        // `KB-17 days`: the number belongs to an identifier.
        if before.is_some_and(|c| {
            c.is_alphanumeric() && c.is_ascii() || matches!(c, '-' | '_' | '#' | '/' | '.' | '[' | '@' | ':')
        }) {
            continue;
        }
        // A unit of one Latin letter is a size or a variable (`3 x`), unless it clings to the number (`5s`, `2h`).
        let unit = groups.name("unit").map_or("", |unit| unit.as_str());
        let phrase = whole.as_str().trim_end_matches(['.', ',', '\'']);
        if unit.len() == 1 && phrase.contains(char::is_whitespace) {
            continue;
        }
        if !found.iter().any(|known| known == phrase) {
            found.push(phrase.to_owned());
        }
    }
    found
}

fn called(answer: &TakeFacts, request: &Request, out: &mut Vec<Suggestion>) {
    let Some(calls) = &answer.tool_calls else { return };
    for call in calls.iter().take(MOST) {
        let mut assertion = Assertion::of("calls_tool", call.name.as_str());
        let literal: JsonMap = call
            .arguments
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, value)| value.to_string().chars().count() <= LITERAL_CHARS)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let with = if literal.is_empty() { "" } else { " with these arguments" };
        if !literal.is_empty() {
            assertion.fields.insert("arguments".to_owned(), Value::Object(literal));
        }
        out.push(assertion.because(format!("the answer calls {}{with}", call.name)));
    }
    let unused: Vec<&str> = request
        .tools
        .iter()
        .map(|tool| tool.name.as_str())
        .filter(|name| calls.iter().all(|call| call.name != *name))
        .collect();
    if calls.is_empty() {
        for name in unused.into_iter().take(MOST) {
            let reason = format!("{name} was offered and the answer does not call it");
            out.push(Assertion::of("calls_tool", name).negated().because(reason));
        }
    }
}

/// What the other answer says and does that this one does not, where no sound document of this one's context bears it out.
fn differs(
    bad: &TakeFacts,
    good: &TakeFacts,
    bad_context: Option<&[DocumentFacts]>,
    evidence: &Evidence<'_>,
    out: &mut Vec<Suggestion>,
) {
    let phrases = |take: &TakeFacts| quantities(take.output_text.as_deref().unwrap_or_default());
    let right = phrases(good);
    let good_context = evidence.documents;
    for phrase in phrases(bad).iter().filter(|phrase| !right.contains(phrase)).take(MOST) {
        let why = match evidence.first_sound(bearing(phrase, "", good_context)) {
            Some(Ok(_)) => continue,
            Some(Err(doubtful)) => {
                format!("of this one's prompt only {} says so, which is in doubt", name_of(doubtful))
            }
            None => "in no document of this one's prompt".to_owned(),
        };
        let reason = format!("\"{phrase}\" is in the other answer only, and {why}");
        out.push(Assertion::of("contains", phrase.as_str()).negated().because(reason));
    }
    if let (Some(bad_calls), Some(good_calls)) = (&bad.tool_calls, &good.tool_calls) {
        for call in bad_calls.iter().filter(|call| good_calls.iter().all(|good| good.name != call.name)).take(MOST) {
            let reason = format!("the other answer calls {} and this one does not", call.name);
            out.push(Assertion::of("calls_tool", call.name.as_str()).negated().because(reason));
        }
    }
    let (Some(had), true) = (bad_context, good.documents.is_some() || bad.documents.is_some()) else { return };
    for document in had {
        // An exchanged document has no version that is known: whether it is the same one cannot be told.
        let gone = good_context.iter().all(|d| {
            d.document_id != document.document_id
                || d.version.as_ref().is_some_and(|v| Some(v) != document.version.as_ref())
        });
        if let (true, Some(id)) = (gone, &document.document_id) {
            let mut holds = Assertion::of("context_holds", id.as_str()).negated();
            if let Some(version) = &document.version {
                holds.fields.insert("version".to_owned(), version.as_str().into());
            }
            out.push(holds.because("it is in the context of the other answer only"));
        }
    }
}

/// The shape of a JSON answer, one level deep.
fn shape(answer: &TakeFacts, out: &mut Vec<Suggestion>) {
    let Some(value) = answer.output_text.as_deref().and_then(json::parse_answer) else { return };
    let schema = match &value {
        Value::Object(map) => {
            let properties: JsonMap =
                map.iter().map(|(key, value)| (key.clone(), json!({ "type": kind_of(value) }))).collect();
            let required: Vec<&String> = map.keys().collect();
            json!({ "type": "object", "required": required, "properties": properties })
        }
        Value::Array(items) => {
            let mut kinds: Vec<&str> = items.iter().map(kind_of).collect();
            kinds.sort_unstable();
            kinds.dedup();
            match kinds.as_slice() {
                [one] => json!({ "type": "array", "items": { "type": one } }),
                _ => json!({ "type": "array" }),
            }
        }
        _ => return,
    };
    out.push(Assertion::of("json_schema", schema).because("the answer is JSON of this shape"));
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[expect(clippy::cast_precision_loss, reason = "amounts below 9 million dollars are exact")]
fn ceilings(answer: &TakeFacts, out: &mut Vec<Suggestion>) {
    let advisory = |assertion: Assertion| Assertion { weight: Some(0.0), ..assertion };
    if let Some(ms) = answer.latency_ms.filter(|ms| *ms >= SHORTEST_MS) {
        let ceiling = (ms * LATENCY_FACTOR / 100.0).ceil() * 100.0;
        let reason =
            format!("{LATENCY_FACTOR} times the recorded {} ms; shown, not scored until it has a weight", ms.round());
        out.push(advisory(Assertion::of("latency", crate::assertion::number_value(ceiling)).because(reason)));
    }
    if let Some(nanos) = answer.cost_usd_nanos.filter(|nanos| *nanos > 0) {
        let usd = nanos as f64 / 1e9;
        // Two significant digits are enough for a ceiling.
        let scale = 10_f64.powf((usd * COST_FACTOR).log10().floor() - 1.0);
        let ceiling: f64 =
            format!("{:.12}", (usd * COST_FACTOR / scale).ceil() * scale).parse().unwrap_or(usd * COST_FACTOR);
        let reason = format!("{COST_FACTOR} times the recorded ${usd}; shown, not scored until it has a weight");
        out.push(advisory(Assertion::of("cost", crate::assertion::number_value(ceiling)).because(reason)));
    }
}
