//! What belongs to a document in a prompt besides its content: the label before it, the element or JSON object around it,
//! its separator. Taking a document out takes all of that; the rest stays byte for byte.

use super::{Found, How};
use retake_model::Document;
use serde_json::Value;
use std::ops::Range;

/// A longer text before a content is prose and no label.
const LONGEST_LABEL_BYTES: usize = 160;
/// Lines between an opening tag and the content.
const DEEPEST_HEAD_LINES: usize = 8;

/// A document in a text, bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Label and content, without the line break after it: what moves when documents are reordered.
    pub core: Range<usize>,
    /// What is taken out: the core and its separator.
    pub outer: Range<usize>,
}

/// The block of a placement.
pub(crate) fn block_of(text: &str, found: &Found, document: &Document) -> Block {
    if matches!(found.how, How::Exact | How::Escaped)
        && let Some(block) = json_block(text, &found.range)
    {
        return block;
    }
    let start = line_start(text, found.range.start);
    let end = line_end(text, found.range.end);
    let before = text.get(start..found.range.start).unwrap_or_default();
    let after = text.get(found.range.end..end).unwrap_or_default();
    if !is_label(before, document) || !is_closing(after) {
        return inline_block(text, &found.range, before, document);
    }
    let lines = grow(text, start..end, document);
    Block { outer: with_separator(text, &lines), core: lines }
}

/// Lines of a text without their line breaks.
pub(super) fn lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut from = 0;
    for line in text.split('\n') {
        lines.push(from..from + line.len());
        from += line.len() + 1;
    }
    lines
}

/// A line without indentation and the bullet or number that it begins with.
pub(super) fn without_bullet(line: &str) -> &str {
    let line = line.trim_start();
    let bullet = line.strip_prefix(['-', '*', '•', '>', '–']).filter(|rest| rest.starts_with(' '));
    if let Some(rest) = bullet {
        return rest.trim_start();
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = line.get(digits..).filter(|_| digits > 0).and_then(|rest| rest.strip_prefix(['.', ')']));
    match numbered.filter(|rest| rest.starts_with(' ')) {
        Some(rest) => rest.trim_start(),
        None => line,
    }
}

/// Whether the text before a content on its line is its label: its id or title, a bullet, a number, a tag, or a short
/// head that ends like one.
fn is_label(before: &str, document: &Document) -> bool {
    let trimmed = before.trim();
    if trimmed.is_empty() || without_bullet(before).trim().is_empty() {
        return true;
    }
    if before.len() > LONGEST_LABEL_BYTES {
        return false;
    }
    let named = [&document.document_id, &document.title].into_iter().flatten().any(|name| names(trimmed, name));
    named || trimmed.ends_with([':', ']', ')', '|', '>', '-', '–', '"', '\'', '`', '.'])
}

/// Whether what follows a content on its line only closes it.
fn is_closing(after: &str) -> bool {
    let after = after.trim();
    after.is_empty()
        || after.starts_with("</")
        || after.chars().all(|c| matches!(c, '"' | '\'' | '`' | ')' | ']' | ',' | ';' | '.'))
}

/// Whether a name stands in a text as a word of its own.
fn names(text: &str, name: &str) -> bool {
    if name.trim().is_empty() {
        return false;
    }
    text.match_indices(name).any(|(at, found)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|tail| tail.chars().next());
        let joins = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// Takes in the lines around that belong to the document: an element's tags, heads that name it.
fn grow(text: &str, mut block: Range<usize>, document: &Document) -> Range<usize> {
    for _ in 0..DEEPEST_HEAD_LINES {
        if let Some(larger) = element_around(text, &block)
            .or_else(|| head_above(text, &block, document))
            .or_else(|| foot_below(text, &block, document))
        {
            block = larger;
        } else {
            break;
        }
    }
    block
}

/// The element of which a block is the end of the content: its closing tag is the next line, its opening tag a few lines
/// above, with metadata between.
fn element_around(text: &str, block: &Range<usize>) -> Option<Range<usize>> {
    let below = line_below(text, block.end)?;
    let tag = text.get(below.clone())?.trim().strip_prefix("</")?.strip_suffix('>')?;
    let opening = format!("<{tag}");
    let mut start = block.start;
    for _ in 0..DEEPEST_HEAD_LINES {
        let above = line_above(text, start)?;
        let line = text.get(above.clone())?.trim();
        if line.starts_with(&format!("</{tag}>")) {
            return None;
        }
        let opens = line.strip_prefix(&opening).is_some_and(|rest| rest.starts_with(['>', ' ', '\t']));
        // The tag that holds all documents is not one document's: between it and the content stands another one.
        if opens && !line.contains("</") {
            let heads: Vec<&str> = text
                .get(above.end..block.start)
                .unwrap_or_default()
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .collect();
            let own_tag = text.get(block.clone()).and_then(tag_of);
            let only_heads =
                heads.iter().all(|line| (tag_of(line).is_some() && tag_of(line) != own_tag) || is_metadata(line));
            // What is an element already stands in another one as its content only beside metadata; alone, in a list.
            let is_list = (tag.ends_with('s') && !line.contains('=')) || (own_tag.is_some() && heads.is_empty());
            return (only_heads && !is_list).then_some(above.start..below.end);
        }
        start = above.start;
    }
    None
}

/// Name of the element that a text begins with.
fn tag_of(text: &str) -> Option<&str> {
    let name = text.trim_start().strip_prefix('<')?;
    let end = name.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | ':')))?;
    name.get(..end).filter(|name| !name.is_empty())
}

/// A line of `key: value` with a key that describes documents.
fn is_metadata(line: &str) -> bool {
    const KEYS: [&str; 14] = [
        "id", "source", "title", "score", "url", "version", "date", "updated", "rank", "tenant", "document", "name",
        "path", "metadata",
    ];
    line.split_once(':').is_some_and(|(key, _)| KEYS.contains(&key.trim().to_lowercase().as_str()))
}

/// A line directly above that names the document or only numbers it.
fn head_above(text: &str, block: &Range<usize>, document: &Document) -> Option<Range<usize>> {
    let above = line_above(text, block.start)?;
    let line = text.get(above.clone())?.trim();
    if line.is_empty() || line.len() > LONGEST_LABEL_BYTES {
        return None;
    }
    let titles =
        || [&document.document_id, &document.title].into_iter().flatten().filter(|name| !name.trim().is_empty());
    let named = |text: &str| titles().any(|name| names(text, name));
    let bare = |text: &str| text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    // Another document's line may mention this one: a head begins with the name or a mark of a heading, and ends there.
    let alone = titles().any(|name| bare(name) == bare(line));
    let marked = (line.starts_with(['#', '<']) || line.ends_with([':', '>', '*'])) && !line.starts_with(['[', '(']);
    let bracketed =
        line.starts_with('[') && line.ends_with([']', ':', ')']) && line.split(']').next().is_some_and(named);
    let keyed = line.split_once([':', '=']).is_some_and(|(key, value)| {
        key.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '*'))
            && key.len() <= 24
            && titles().any(|name| bare(value) == bare(name))
    });
    let words = ["document", "passage", "source", "chunk", "context", "result", "article", "excerpt", "snippet"];
    let number = |text: &str| bare(text).parse::<u32>().is_ok();
    let heading = line.starts_with(['#', '[', '<', '*']) || line.ends_with([':', ']', ')']);
    let counted =
        words.iter().any(|word| bare(line).strip_prefix(word).is_some_and(number)) || (heading && number(line));
    (alone || (named(line) && marked) || bracketed || keyed || counted).then_some(above.start..block.end)
}

/// A line directly below that only names the document: `Source: ID`.
fn foot_below(text: &str, block: &Range<usize>, document: &Document) -> Option<Range<usize>> {
    let below = line_below(text, block.end)?;
    let line = text.get(below.clone())?.trim();
    let bare = |text: &str| text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let titles = [&document.document_id, &document.title].into_iter().flatten().filter(|name| !name.trim().is_empty());
    let (key, value) = line.split_once(':')?;
    let keyed = key.len() <= 24 && key.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '(' | '*' | '-'));
    (keyed && titles.into_iter().any(|name| bare(value) == bare(name))).then_some(block.start..below.end)
}

/// Adds the separator of a block: its line break (the one before it at the end of the text), and one of two empty or
/// ruled lines that would otherwise meet.
fn with_separator(text: &str, lines: &Range<usize>) -> Range<usize> {
    let mut outer = lines.clone();
    if text.as_bytes().get(outer.end) == Some(&b'\n') {
        outer.end += 1;
        let line = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let above = line_above(text, outer.start);
        let below = line_below(text, lines.end).filter(|below| is_gap(line(below)));
        match (above, below) {
            // A rule separates documents; the empty line after the last one separates them from the rest.
            (Some(above), Some(below))
                if is_gap(line(&above)) && !line(&above).trim().is_empty() && line(&below).trim().is_empty() =>
            {
                outer.start = above.start;
            }
            (above, Some(below)) if above.as_ref().is_none_or(|above| is_gap(line(above))) => {
                outer.end = (below.end + 1).min(text.len());
            }
            _ => {}
        }
    } else if let Some(start) = outer.start.checked_sub(1) {
        outer.start = start;
        // The last of several paragraphs takes the empty line before it along.
        if let Some(above) =
            line_above(text, lines.start).filter(|above| is_gap(text.get(above.clone()).unwrap_or_default()))
        {
            outer.start = above.start.saturating_sub(1);
        }
    }
    outer
}

fn is_gap(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || (line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '=' | '*' | '_')))
}

/// A content within a sentence: itself, a label directly before it, and one of the two blanks around it.
fn inline_block(text: &str, range: &Range<usize>, before: &str, document: &Document) -> Block {
    let mut core = range.clone();
    // `… first passage second passage …` on one line: the label is the last bracket before the content.
    let bracket = before.trim_end().strip_suffix([']', ')']).and_then(|head| head.rfind(['[', '(']));
    if let Some(at) = bracket.filter(|at| {
        let label = before.get(*at..).unwrap_or_default();
        document.document_id.as_deref().is_some_and(|id| names(label, id))
    }) {
        core.start = range.start - before.len() + at;
    }
    let mut outer = core.clone();
    if text.as_bytes().get(outer.end) == Some(&b' ')
        && (outer.start == 0 || text.as_bytes().get(outer.start - 1).is_some_and(u8::is_ascii_whitespace))
    {
        outer.end += 1;
    }
    Block { core, outer }
}

/// The JSON object (or the element of a list of texts) that holds a content, with its comma.
fn json_block(text: &str, range: &Range<usize>) -> Option<Block> {
    let quoted = text.as_bytes().get(range.start.checked_sub(1)?) == Some(&b'"')
        && text.as_bytes().get(range.end) == Some(&b'"');
    if !quoted {
        return None;
    }
    let string = range.start - 1..range.end + 1;
    let opened = text.get(..string.start)?.trim_end();
    let core = if opened.ends_with(':') { object_around(text, &string)? } else { string };
    let after = text.get(core.end..)?;
    let before = text.get(..core.start)?;
    let in_list = before.trim_end().ends_with(['[', ',']) && after.trim_start().starts_with([']', ',']);
    let lines = text.get(line_start(text, core.start)..core.start)?.trim().is_empty()
        && after.lines().next().is_none_or(|rest| rest.trim().is_empty());
    if !in_list && !lines {
        return None;
    }
    let mut outer = core.clone();
    if let Some(rest) = after.trim_start().strip_prefix(',') {
        outer.end = text.len() - rest.trim_start().len();
    } else if let Some(rest) = before.trim_end().strip_suffix(',') {
        outer.start = rest.len();
    } else if lines {
        outer = with_separator(text, &(line_start(text, core.start)..line_end(text, core.end)));
    }
    Some(Block { core, outer })
}

/// The smallest JSON object that holds a range.
fn object_around(text: &str, range: &Range<usize>) -> Option<Range<usize>> {
    let mut until = range.start;
    for _ in 0..64 {
        let start = text.get(..until)?.rfind('{')?;
        let mut values = serde_json::Deserializer::from_str(text.get(start..)?).into_iter::<Value>();
        if let Some(Ok(Value::Object(_))) = values.next() {
            let end = start + values.byte_offset();
            if end >= range.end {
                return Some(start..end);
            }
        }
        until = start;
    }
    None
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|head| head.rfind('\n')).map_or(0, |at| at + 1)
}

fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|tail| tail.find('\n')).map_or(text.len(), |offset| at + offset)
}

/// The line before the one that begins at `start`.
fn line_above(text: &str, start: usize) -> Option<Range<usize>> {
    let end = start.checked_sub(1)?;
    Some(line_start(text, end)..end)
}

/// The line after the one that ends at `end`.
fn line_below(text: &str, end: usize) -> Option<Range<usize>> {
    (text.as_bytes().get(end) == Some(&b'\n')).then(|| end + 1..line_end(text, end + 1))
}
