//! Markdown of text that others wrote: it may hold anything and must stay text.
//!
//! Imported text stands in code spans and fences whose ticks are longer than any in the text, or is escaped. Control and
//! direction characters, which can make a line read as another one, are replaced by visible marks.

use std::fmt::Write as _;

/// Text as a code span, on one line. Empty text is a dash.
pub fn code(text: &str) -> String {
    let text = one_line(text);
    if text.is_empty() {
        return "—".to_owned();
    }
    let ticks = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

/// Text as a code span within a table's cell, where a bar would end the cell.
pub fn cell_code(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Text as a fenced block.
pub fn fence(text: &str) -> String {
    let text = visible(text.trim_end_matches(['\n', '\r']), true);
    let ticks = "`".repeat(longest_run(&text, '`').max(2) + 1);
    format!("{ticks}text\n{text}\n{ticks}\n")
}

/// Text as words of a sentence: escaped, on one line.
pub fn escape(text: &str) -> String {
    let text = one_line(text);
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    let mut previous = None;
    while let Some(c) = chars.next() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // Trackers turn these into mentions of people and links to other tickets.
            '@' => out.push_str("&#64;"),
            // Within a word an underscore marks nothing.
            '_' if previous.is_some_and(char::is_alphanumeric) && chars.peek().is_some_and(|c| c.is_alphanumeric()) => {
                out.push(c)
            }
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '$' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
        previous = Some(c);
    }
    // A bare address would become a link.
    out.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
}

/// A table; cells must be Markdown already. Empty when there are no rows.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut out = format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}

/// At most `limit` characters, cut with a mark that says how much is left out.
pub fn shorten(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((at, _)) => {
            let rest = text.get(at..).map_or(0, |rest| rest.chars().count());
            format!("{}… ({rest} more characters)", text.get(..at).unwrap_or_default().trim_end())
        }
        None => text.to_owned(),
    }
}

fn one_line(text: &str) -> String {
    visible(text, false).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn visible(text: &str, lines: bool) -> String {
    text.chars()
        .filter(|c| *c != '\r')
        .map(|c| match c {
            '\n' | '\t' if lines => c,
            c if c.is_whitespace() && !matches!(c, '\u{2028}' | '\u{2029}') => {
                if lines && c != '\u{b}' && c != '\u{c}' { c } else { ' ' }
            }
            '\u{2028}' | '\u{2029}' => {
                if lines {
                    '\n'
                } else {
                    ' '
                }
            }
            c if c.is_control() || is_direction(c) => '\u{fffd}',
            c => c,
        })
        .collect()
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for c in text.chars() {
        run = if c == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imported_text_cannot_end_its_code() {
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`x`"), "`` `x` ``");
        assert_eq!(code("a\n\n# b"), "`a # b`");
        assert_eq!(code(" \n "), "—");
        assert_eq!(fence("x\n```\ny\n"), "````text\nx\n```\ny\n````\n");
        assert_eq!(fence("`````"), "``````text\n`````\n``````\n");
        assert_eq!(cell_code("a|b"), "`a\\|b`");
        assert!(!code("safe\u{202e}evil").contains('\u{202e}'));
    }

    #[test]
    fn words_of_a_sentence_are_no_markup() {
        assert_eq!(escape("<b>*x*</b> @you #1"), "&lt;b&gt;\\*x\\*&lt;/b&gt; &#64;you \\#1");
        assert_eq!(escape("see https://evil.example"), "see https:&#47;&#47;evil.example");
        assert_eq!(escape("[a](b)"), "\\[a\\](b)");
        assert_eq!(escape("apply_credit _x_"), "apply_credit \\_x\\_");
    }

    #[test]
    fn a_cut_says_how_much() {
        assert_eq!(shorten("äöüß", 2), "äö… (2 more characters)");
        assert_eq!(shorten("äö", 2), "äö");
    }
}
