//! The ways in which a document's content is looked for in a text. Ranges are bytes of the text.

use std::ops::Range;

/// A shorter beginning says nothing: documents of one kind begin alike.
const SHORTEST_CUT_CHARS: usize = 24;
/// A beginning of this length counts even when it is less than half of the document.
const LONG_CUT_CHARS: usize = 200;
const ELLIPSES: [&str; 5] = ["…", "...", "[...]", "[…]", "[truncated]"];

/// The content as it is. A very short one must stand between other than letters and digits.
pub(super) fn exact(text: &str, content: &str) -> Vec<Range<usize>> {
    let short = content.chars().count() < 12;
    let alone = |range: &Range<usize>| {
        let before = text.get(..range.start).and_then(|head| head.chars().next_back());
        let after = text.get(range.end..).and_then(|tail| tail.chars().next());
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    };
    text.match_indices(content).map(|(at, found)| at..at + found.len()).filter(|range| !short || alone(range)).collect()
}

/// The content as it stands inside a JSON string.
pub(super) fn escaped(text: &str, content: &str) -> Vec<Range<usize>> {
    let Some(inner) = json_inner(content).filter(|inner| inner != content) else { return Vec::new() };
    let mut found = exact(text, &inner);
    if found.is_empty() {
        // Python's json.dumps writes ASCII only.
        found = exact(text, &ascii_escaped(&inner));
    }
    found
}

/// The content with any white space between its words.
pub(super) fn spaced(text: &str, content: &str) -> Vec<Range<usize>> {
    let wanted = Folded::of(content);
    let folded = Folded::of(text);
    if wanted.text.is_empty() {
        return Vec::new();
    }
    exact(&folded.text, &wanted.text).into_iter().filter_map(|range| folded.original(&range)).collect()
}

/// The longest beginning of the content that stands in the text and was cut there: by an ellipsis, or at the end of a
/// line, element or text after a good part of it.
pub(super) fn cut(text: &str, content: &str) -> Option<Range<usize>> {
    let wanted = Folded::of(content);
    let folded = Folded::of(text);
    let ends: Vec<usize> = wanted.text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let head = |chars: usize| chars.checked_sub(1).and_then(|at| ends.get(at)).and_then(|end| wanted.text.get(..*end));
    let stands = |chars: usize| head(chars).is_some_and(|head| folded.text.contains(head));
    if ends.len() <= SHORTEST_CUT_CHARS || !stands(SHORTEST_CUT_CHARS) {
        return None;
    }
    // If a beginning stands in the text, every shorter one does.
    let (mut low, mut high) = (SHORTEST_CUT_CHARS, ends.len());
    while low + 1 < high {
        let middle = low.midpoint(high);
        if stands(middle) { low = middle } else { high = middle }
    }
    let found = head(low)?.trim_end();
    let at = folded.text.find(found)?;
    let mut range = folded.original(&(at..at + found.len()))?;
    let rest = text.get(range.end..)?;
    let ellipsis = ELLIPSES.into_iter().find(|mark| rest.trim_start_matches(' ').starts_with(mark));
    let ends_here =
        rest.trim_start_matches(' ').is_empty() || rest.trim_start_matches(' ').starts_with(['\n', '\r', '<', '"']);
    let enough = low * 2 >= ends.len() || low >= LONG_CUT_CHARS;
    match ellipsis {
        Some(mark) => {
            range.end += rest.find(mark)? + mark.len();
            Some(range)
        }
        None => (ends_here && enough).then_some(range),
    }
}

/// Lines that begin with the id, after bullets, numbers and brackets: `- [ID] …`, `ID: …`, `<document id="ID">`.
/// Lines that go on a labelled one belong to it, up to an empty line or the next label of the same form.
pub(super) fn labelled(text: &str, id: &str) -> Vec<Range<usize>> {
    let lines = super::block::lines(text);
    let mut found = Vec::new();
    for (n, line) in lines.iter().enumerate() {
        let Some(content) = text.get(line.clone()) else { continue };
        let Some(opening) = label_opening(content, id) else { continue };
        let mut end = line.end;
        for next in lines.iter().skip(n + 1) {
            let following = text.get(next.clone()).unwrap_or_default();
            if following.trim().is_empty()
                || opening.is_empty()
                || super::block::without_bullet(following).starts_with(opening)
            {
                break;
            }
            end = next.end;
        }
        let indent = content.len() - content.trim_start().len();
        let bullet = content.trim_start().len() - super::block::without_bullet(content).len();
        found.push(line.start + indent + bullet..end);
    }
    found
}

/// What stands before the id, when the line begins with it.
fn label_opening<'a>(line: &'a str, id: &str) -> Option<&'a str> {
    let line = super::block::without_bullet(line);
    let at = line.find(id)?;
    let (before, after) = (line.get(..at)?, line.get(at + id.len()..)?);
    let whole = after.chars().next().is_none_or(|c| !(c.is_alphanumeric() || c == '-' || c == '_'));
    let bracketed = before.chars().all(|c| matches!(c, '[' | '(' | '<' | '{' | '"' | '\'' | '*' | '#' | ' '));
    let bare = before.is_empty() && after.starts_with([':', ' ', '|', '\t', '.', ')', ']']);
    let tag = before.starts_with('<') && before.ends_with(['"', '\'', '=', ':']);
    (whole && ((bracketed && !before.is_empty()) || bare || tag)).then_some(before)
}

/// The inside of the JSON string of a text.
pub(crate) fn json_inner(text: &str) -> Option<String> {
    let quoted = serde_json::to_string(text).ok()?;
    quoted.get(1..quoted.len().checked_sub(1)?).map(str::to_owned)
}

/// Escapes what is not ASCII as `\uXXXX`.
pub(super) fn ascii_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

/// A text with every run of white space as one blank, and where its bytes come from.
struct Folded {
    text: String,
    /// Byte of the original at which each byte of `text` begins.
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Folded {
    fn of(text: &str) -> Self {
        let mut folded = Self { text: String::with_capacity(text.len()), starts: Vec::new(), ends: Vec::new() };
        let mut blank = false;
        for (at, c) in text.trim().char_indices() {
            let at = at + (text.len() - text.trim_start().len());
            if c.is_whitespace() {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) {
                folded.push(' ', at, at);
            }
            folded.push(c, at, at + c.len_utf8());
        }
        folded
    }

    fn push(&mut self, c: char, start: usize, end: usize) {
        self.text.push(c);
        for _ in 0..c.len_utf8() {
            self.starts.push(start);
            self.ends.push(end);
        }
    }

    fn original(&self, range: &Range<usize>) -> Option<Range<usize>> {
        Some(*self.starts.get(range.start)?..*self.ends.get(range.end.checked_sub(1)?)?)
    }
}
