//! Finding texts in an answer and quoting the part of it that matters. Offsets are characters.

use serde::{Deserialize, Serialize};

/// Longest quotation in a reason, in characters.
const QUOTE_CHARS: usize = 160;

/// A range of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range {
    /// First character.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

impl Range {
    /// From byte offsets of `text`.
    pub(super) fn of_bytes(text: &str, start: usize, end: usize) -> Self {
        let before = text.get(..start).map_or(0, |head| head.chars().count());
        let inside = text.get(start..end).map_or(0, |part| part.chars().count());
        Self { start: before, end: before + inside }
    }
}

/// A text prepared for searching: whitespace runs are one space, case folded on wish; each character remembers where it
/// came from.
pub(super) struct Folded {
    chars: Vec<char>,
    origin: Vec<usize>,
}

impl Folded {
    pub(super) fn new(text: &str, case_sensitive: bool) -> Self {
        let mut folded = Self { chars: Vec::with_capacity(text.len()), origin: Vec::with_capacity(text.len()) };
        let mut space = false;
        for (i, c) in text.chars().enumerate() {
            if c.is_whitespace() {
                if !space {
                    folded.push(' ', i);
                }
                space = true;
                continue;
            }
            space = false;
            // Typographic forms that writers and models mix freely.
            let c = match c {
                '\u{2018}' | '\u{2019}' => '\'',
                '\u{201c}' | '\u{201d}' => '"',
                '\u{2010}' | '\u{2011}' => '-',
                other => other,
            };
            if case_sensitive {
                folded.push(c, i);
            } else {
                for lower in c.to_lowercase() {
                    folded.push(lower, i);
                }
            }
        }
        folded
    }

    fn push(&mut self, c: char, origin: usize) {
        self.chars.push(c);
        self.origin.push(origin);
    }

    /// Every place of `needle`, without overlaps. A number is found whole only: `45 days` is not in `145 days`.
    pub(super) fn find(&self, needle: &Self) -> Vec<Range> {
        let n = needle.chars.len();
        let (Some(&first), true) = (needle.chars.first(), n <= self.chars.len()) else { return Vec::new() };
        let mut found = Vec::new();
        let mut at = 0;
        while at + n <= self.chars.len() {
            if self.chars[at] == first && self.chars[at..at + n] == needle.chars[..] && self.numbers_whole(at, at + n) {
                found.push(Range { start: self.origin[at], end: self.origin[at + n - 1] + 1 });
                at += n;
            } else {
                at += 1;
            }
        }
        found
    }

    /// False where `start..end` would cut a number in two.
    fn numbers_whole(&self, start: usize, end: usize) -> bool {
        let digit = |i: Option<usize>| i.and_then(|i| self.chars.get(i)).is_some_and(char::is_ascii_digit);
        let point = |i: Option<usize>| i.and_then(|i| self.chars.get(i)).is_some_and(|c| matches!(c, '.' | ','));
        let before = start.checked_sub(1);
        let cut_before = digit(Some(start)) && (digit(before) || (point(before) && digit(start.checked_sub(2))));
        let cut_after = digit(end.checked_sub(1)) && (digit(Some(end)) || (point(Some(end)) && digit(Some(end + 1))));
        !cut_before && !cut_after
    }
}

/// Quotes the part of `answer` that comes nearest to `wanted` (the sentence or line with most words in common), or its
/// beginning. A clause: `the answer says "…"`.
pub(super) fn says(answer: &str, wanted: &[&str]) -> String {
    if answer.trim().is_empty() {
        return "the answer is empty".to_owned();
    }
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
    };
    let wanted: Vec<String> = wanted.iter().flat_map(|text| words(text)).collect();
    let common = |sentence: &str| {
        let own = words(sentence);
        wanted.iter().filter(|word| own.contains(word)).count()
    };
    let parts = sentences(answer);
    let mut best: Option<(&str, usize)> = None;
    for part in &parts {
        let score = common(part);
        if score > best.map_or(0, |(_, score)| score) {
            best = Some((part, score));
        }
    }
    format!("the answer says \"{}\"", shorten(best.map_or(answer.trim(), |(part, _)| part), QUOTE_CHARS))
}

/// Sentences and lines of a text, trimmed, empty ones left out.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().copied();
        let end = match c {
            '\n' | '。' | '！' | '？' | '।' | '؟' => true,
            // A dot within a number or a name is none: the next character must be a space.
            '.' | '!' | '?' | '…' => next.is_none_or(|(_, c)| c.is_whitespace()),
            _ => false,
        };
        if end {
            let stop = at + c.len_utf8();
            parts.push(text.get(start..stop).unwrap_or_default().trim());
            start = stop;
        }
    }
    parts.push(text.get(start..).unwrap_or_default().trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// A text on one line, cut to `limit` characters.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    let line = super::one_line(text);
    if line.chars().count() <= limit {
        return line;
    }
    let mut cut: String = line.chars().take(limit.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
