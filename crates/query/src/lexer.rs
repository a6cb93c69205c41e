//! Characters of a query: what separates, what a bare word may hold, how quotes are read. Shared by parser, printer and
//! completion, so that they agree.

use crate::complete::{Completion, Position};
use crate::field::{FIELDS, Field, Takes};

/// Ends a bare word.
pub(crate) fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"')
}

/// Where the name of a field ends in a run (position of its colon), if the run begins like `name:`.
pub(crate) fn field_end(run: &[char]) -> Option<usize> {
    let colon = run.iter().position(|c| *c == ':')?;
    let name = run.get(..colon)?;
    let first = name.first()?;
    let is_name =
        first.is_ascii_alphabetic() && name.iter().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-'));
    // An address is no field.
    let address = run.get(colon + 1..colon + 3) == Some(&['/', '/']);
    (is_name && !address).then_some(colon)
}

/// Whether a text can stand as a bare word and be read back as the same.
pub(crate) fn is_bare_word(text: &str) -> bool {
    let run: Vec<char> = text.chars().collect();
    !text.is_empty()
        && !text.starts_with('-')
        && !text.contains('*')
        && !run.iter().any(|c| ends_word(*c))
        && !matches!(text, "OR" | "AND" | "NOT")
        && field_end(&run).is_none()
}

/// Whether a text can stand unquoted after a colon.
pub(crate) fn is_bare_value(text: &str) -> bool {
    !text.is_empty() && !text.starts_with(['<', '>', '=']) && !text.chars().any(|c| ends_word(c) || c == '*')
}

/// A text in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Reads a quoted text that begins at `at` (the quote): the text and the position after the closing quote, or `None` when
/// it is not closed.
pub(crate) fn read_quoted(chars: &[char], at: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut next = at + 1;
    loop {
        match (chars.get(next)?, chars.get(next + 1)) {
            ('\\', Some(escaped @ ('"' | '\\'))) => {
                text.push(*escaped);
                next += 2;
            }
            ('"', _) => return Some((text, next + 1)),
            (c, _) => {
                text.push(*c);
                next += 1;
            }
        }
    }
}

/// See [`crate::complete()`].
pub(crate) fn complete(text: &str, cursor: usize) -> Completion {
    let chars: Vec<char> = text.chars().collect();
    let cursor = cursor.min(chars.len());
    let mut at = 0;
    let mut start = 0;
    while at < cursor {
        match chars.get(at) {
            Some('"') => match read_quoted(&chars, at) {
                Some((_, end)) if end <= cursor => at = end,
                _ => {
                    let typed = chars.get(at + 1..cursor).unwrap_or_default().iter().collect();
                    return Completion { position: Position::Quoted, start: at, end: cursor, typed, words: Vec::new() };
                }
            },
            Some(c) => {
                at += 1;
                if ends_word(*c) {
                    start = at;
                }
            }
            None => break,
        }
    }
    while chars.get(start) == Some(&'-') && start < cursor {
        start += 1;
    }
    let mut end = cursor;
    while chars.get(end).is_some_and(|c| !ends_word(*c)) {
        end += 1;
    }
    let typed: Vec<char> = chars.get(start..cursor).unwrap_or_default().to_vec();
    if let Some(colon) = field_end(&typed) {
        let name: String = typed.get(..colon).unwrap_or_default().iter().collect();
        let lower = name.to_lowercase();
        let (field, score) = match lower.strip_prefix("score.") {
            Some(_) => (Some(Field::Score), name.get("score.".len()..).map(str::to_owned)),
            None => (Field::parse(&lower), None),
        };
        if let Some(field) = field {
            let value: String = typed.get(colon + 1..).unwrap_or_default().iter().collect();
            let words = match field.info().takes {
                Takes::Words(words) => words.iter().copied().filter(|word| begins(word, &value)).collect(),
                _ => Vec::new(),
            };
            let position = Position::Value { field, name: score };
            return Completion { position, start: start + colon + 1, end, typed: value, words };
        }
    }
    let typed: String = typed.into_iter().collect();
    let words = FIELDS.iter().map(|info| info.name).filter(|name| begins(name, &typed)).collect();
    Completion { position: Position::FieldOrWord, start, end, typed, words }
}

fn begins(word: &str, typed: &str) -> bool {
    word.starts_with(&typed.to_lowercase())
}
