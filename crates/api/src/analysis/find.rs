//! Words within one trace: every place of its spans that a view shows and that holds them, in the order of the spans.
//!
//! A place is told as the page can find it again: the span, what of it, and which occurrence there. A message that
//! an earlier call of the trace carried is not told again: it is one text, and stands where it first came up.

use retake_model::{JsonMap, Message, Part, Span, SpanKind};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Deeper than this no tree of JSON is shown.
const DEEPEST: usize = 200;
/// Longer text is not shown as a tree, JSON or not.
const LONGEST_JSON: usize = 1_000_000;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Words {
    needle: String,
    match_case: bool,
    whole_word: bool,
}

impl Words {
    /// Capitals and small letters are one unless `match_case`.
    pub fn new(text: &str, match_case: bool, whole_word: bool) -> Self {
        let needle = if match_case { text.to_owned() } else { folded(text) };
        Self { needle, match_case, whole_word }
    }

    /// How many times they stand in a text; they do not overlap.
    pub fn count(&self, text: &str) -> usize {
        if self.needle.is_empty() {
            return 0;
        }
        let folded = if self.match_case { None } else { Some(folded(text)) };
        let hay = folded.as_deref().unwrap_or(text);
        hay.match_indices(&self.needle)
            .filter(|(at, found)| {
                let before = hay[..*at].chars().next_back();
                let after = hay[at + found.len()..].chars().next();
                !self.whole_word || !(before.is_some_and(is_of_word) || after.is_some_and(is_of_word))
            })
            .count()
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Small letters, one for one: what becomes several letters stays.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars()
        .map(|letter| {
            let mut lower = letter.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(small), None) => small,
                _ => letter,
            }
        })
        .collect()
}

/// Where words stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Span.
    pub span_id: String,
    /// `name`, `status`, `message`, `tools`, `input`, `output`, `attributes`, `document`.
    pub section: &'static str,
    /// Index of the message; id of the document.
    pub at: Option<String>,
    /// Part of the message.
    pub part: Option<u32>,
    /// `text`, `name`, `title` or `json`.
    pub field: &'static str,
    /// JSON pointer of the member whose key or value it is.
    pub path: Option<String>,
    /// Which of those there, from 0.
    pub nth: u32,
}

/// Hits of a trace, of which a window is kept.
pub struct Hits<'a> {
    words: &'a Words,
    from: usize,
    count: usize,
    /// Hits in the window.
    pub hits: Vec<Hit>,
    /// All there are.
    pub total: usize,
}

/// Looks through the spans of a trace, in their order; keeps `count` hits from the `from`th on.
pub fn find<'a>(spans: &[Span], words: &'a Words, from: usize, count: usize) -> Hits<'a> {
    let mut found = Hits { words, from, count, hits: Vec::new(), total: 0 };
    let has_calls = spans.iter().any(|span| span.kind == Some(SpanKind::Llm));
    let mut messages = BTreeSet::new();
    let mut documents = BTreeSet::new();
    for span in spans {
        let place = |section, field| Hit {
            span_id: span.span_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            section,
            at: None,
            part: None,
            field,
            path: None,
            nth: 0,
        };
        found.text(&place("name", "text"), span.name.as_deref());
        if span.kind == Some(SpanKind::Llm) {
            found.call(span, &mut messages, &place);
        } else if shows_own(span.kind) || !has_calls {
            found.own(span, &place);
        }
        for document in span.retrieval.iter().flat_map(|retrieval| &retrieval.documents) {
            let Some(id) = &document.document_id else { continue };
            if documents.insert((id.clone(), document.content.clone())) {
                let place = |field| Hit { at: Some(id.clone()), ..place("document", field) };
                found.text(&place("title"), Some(document.title.as_deref().unwrap_or(id)));
                found.text(&place("text"), document.content.as_deref());
            }
        }
        found.members(&place("attributes", "json"), &span.attributes, "", 0);
    }
    found
}

/// Kinds that are shown by their own input and output; others by the model call that they lead to.
fn shows_own(kind: Option<SpanKind>) -> bool {
    !matches!(kind, None | Some(SpanKind::Llm | SpanKind::Agent | SpanKind::Chain | SpanKind::Prompt | SpanKind::Other))
}

/// What makes two messages one text.
fn key(message: &Message) -> String {
    format!("{} {:?}", message.role.as_str(), message.parts)
}

impl Hits<'_> {
    /// Tools and messages of a model call, without the messages that an earlier call had.
    fn call(&mut self, span: &Span, seen: &mut BTreeSet<String>, place: &dyn Fn(&'static str, &'static str) -> Hit) {
        for (at, tool) in span.tools.iter().flatten().enumerate() {
            let shown = json!({ "name": tool.name, "description": tool.description, "parameters": tool.parameters });
            self.json(&place("tools", "json"), &shown, &format!("/{at}"), None, 0);
        }
        let messages: Vec<&Message> = span.input.iter().chain(&span.output).flatten().collect();
        let keys: Vec<String> = messages.iter().map(|message| key(message)).collect();
        for (at, message) in messages.iter().enumerate().filter(|(at, _)| !seen.contains(&keys[*at])) {
            for (part, content) in message.parts.iter().enumerate() {
                let part = u32::try_from(part).ok();
                self.part(content, &|field| Hit { at: Some(at.to_string()), part, ..place("message", field) });
            }
        }
        seen.extend(keys);
    }

    /// What went into a span that is no model call, what came out, and how it failed.
    fn own(&mut self, span: &Span, place: &dyn Fn(&'static str, &'static str) -> Hit) {
        let (kind, message) = (span.error_type.as_deref(), span.status_message.as_deref());
        let status = format!("{} {}", kind.unwrap_or(""), message.unwrap_or(""));
        self.text(&place("status", "text"), Some(&status));
        self.maybe_json(span.input_value.as_deref(), &|field| place("input", field));
        self.maybe_json(span.output_value.as_deref(), &|field| place("output", field));
    }

    fn text(&mut self, place: &Hit, text: Option<&str>) {
        self.counted(place, 0, text.map_or(0, |text| self.words.count(text)));
    }

    /// Tells `n` hits at a place, of which `before` were told.
    fn counted(&mut self, place: &Hit, before: usize, n: usize) {
        for nth in before..before + n {
            if (self.from..self.from.saturating_add(self.count)).contains(&self.total) {
                self.hits.push(Hit { nth: u32::try_from(nth).unwrap_or(u32::MAX), ..place.clone() });
            }
            self.total += 1;
        }
    }

    fn part(&mut self, part: &Part, place: &dyn Fn(&'static str) -> Hit) {
        match part {
            Part::Text { text } | Part::Reasoning { text } => self.text(&place("text"), Some(text)),
            Part::ToolCall { name, arguments, .. } => {
                self.text(&place("name"), Some(name));
                match arguments {
                    Value::Object(_) | Value::Array(_) => self.json(&place("json"), arguments, "", None, 0),
                    other => self.text(&place("text"), Some(&scalar(other))),
                }
            }
            Part::ToolResult { name, text, .. } => {
                self.text(&place("name"), name.as_deref());
                self.maybe_json(Some(text), place);
            }
            Part::Image { url, .. } if !url.starts_with("data:") => self.text(&place("text"), Some(url)),
            Part::File { name, .. } => self.text(&place("name"), name.as_deref()),
            Part::Opaque { json, .. } => self.json(&place("json"), json, "", None, 0),
            Part::Image { .. } => {}
        }
    }

    /// A text that is shown as a tree when it is JSON.
    fn maybe_json(&mut self, text: Option<&str>, place: &dyn Fn(&'static str) -> Hit) {
        let Some(text) = text else { return };
        let is_tree = text.len() <= LONGEST_JSON && text.trim_start().starts_with(['{', '[']);
        match is_tree.then(|| serde_json::from_str::<Value>(text)) {
            Some(Ok(value)) => self.json(&place("json"), &value, "", None, 0),
            _ => self.text(&place("text"), Some(text)),
        }
    }

    fn json(&mut self, place: &Hit, value: &Value, path: &str, key: Option<&str>, depth: usize) {
        let here = Hit { path: Some(path.to_owned()), ..place.clone() };
        let in_key = key.map_or(0, |key| self.words.count(key));
        self.counted(&here, 0, in_key);
        match value {
            _ if depth >= DEEPEST => {}
            Value::Object(members) => self.members(place, members, path, depth),
            Value::Array(members) => {
                for (at, member) in members.iter().enumerate() {
                    self.json(place, member, &format!("{path}/{at}"), None, depth + 1);
                }
            }
            other => self.counted(&here, in_key, self.words.count(&scalar(other))),
        }
    }

    fn members(&mut self, place: &Hit, members: &JsonMap, path: &str, depth: usize) {
        for (name, member) in members {
            let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.json(place, member, &path, Some(name), depth + 1);
        }
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Hit, Words, find};
    use retake_model::{Document, Id, Message, Retrieval, Role, Span, SpanKind};
    use serde_json::json;

    fn says(role: Role, text: &str) -> Message {
        Message::text(role, text)
    }

    fn call(id: &str, input: Vec<Message>, output: &str) -> Span {
        Span {
            span_id: Some(Id::new(id)),
            kind: Some(SpanKind::Llm),
            name: Some("chat".to_owned()),
            input: Some(input),
            output: Some(vec![says(Role::Assistant, output)]),
            ..Span::default()
        }
    }

    fn told(spans: &[Span], text: &str) -> Vec<String> {
        let words = Words::new(text, false, false);
        let tell = |hit: Hit| {
            let parts = [Some(hit.span_id), Some(hit.section.to_owned()), hit.at, hit.path, Some(hit.nth.to_string())];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        };
        find(spans, &words, 0, 100).hits.into_iter().map(tell).collect()
    }

    #[test]
    fn capitals_and_whole_words() {
        let count =
            |needle, case, word| Words::new(needle, case, word).count("Refund the refunds, REFUND_ID; Ärger, ärger");
        assert_eq!(count("refund", false, false), 3);
        assert_eq!(count("refund", true, false), 1);
        assert_eq!(count("refund", false, true), 1);
        assert_eq!(count("ÄRGER", false, true), 2);
        assert_eq!(count("", false, false), 0);
    }

    #[test]
    fn carried_messages_are_told_where_they_came_up() {
        let question = says(Role::User, "When is the ferry? The ferry!");
        let first = call("a", vec![question.clone()], "At noon.");
        let second =
            call("b", vec![question, says(Role::Assistant, "At noon."), says(Role::User, "Which ferry?")], "F7");
        assert_eq!(
            told(&[first.clone(), second.clone()], "ferry"),
            ["a message 0 0", "a message 0 1", "b message 2 0"]
        );
        assert_eq!(told(&[first, second], "noon"), ["a message 1 0"]);
    }

    #[test]
    fn json_is_told_by_its_members_and_documents_once() {
        let document = Document {
            document_id: Some("D-1".to_owned()),
            content: Some("a fee of 40".to_owned()),
            ..Document::default()
        };
        let retrieval = Retrieval { documents: vec![document], ..Retrieval::default() };
        let mut tool = Span { span_id: Some(Id::new("t")), kind: Some(SpanKind::Tool), ..Span::default() };
        tool.input_value = Some(r#"{"fee": "fee", "list": [{"a/b": "no fee"}]}"#.to_owned());
        tool.attributes = json!({"kind": "fee"}).as_object().cloned().unwrap_or_default();
        let search = Span {
            span_id: Some(Id::new("r")),
            kind: Some(SpanKind::Retriever),
            retrieval: Some(retrieval.clone()),
            ..Span::default()
        };
        let again = Span { span_id: Some(Id::new("k")), kind: Some(SpanKind::Reranker), ..search.clone() };
        assert_eq!(
            told(&[search, again, tool], "fee"),
            ["r document D-1 0", "t input /fee 0", "t input /fee 1", "t input /list/0/a~1b 0", "t attributes /kind 0"]
        );
    }

    #[test]
    fn a_window_of_the_hits_is_kept_and_all_are_counted() {
        let words = Words::new("a", false, false);
        let found = find(&[call("a", Vec::new(), &"a ".repeat(50))], &words, 10, 3);
        // The first is in the name of the span.
        assert_eq!(found.total, 51);
        assert_eq!(found.hits.iter().map(|hit| hit.nth).collect::<Vec<_>>(), [9, 10, 11]);
    }
}
