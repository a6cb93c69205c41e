//! How bytes are kept that mostly repeat texts of the workspace: a recipe of literals and references, packed with zstd.
//!
//! Used for the records as they came and for what a span says besides its columns. A recipe is rebuilt and compared when
//! it is written; bytes that do not come back the same are kept whole.
//!
//! Form, before packing: number of references, then for each the length of the literal before it, the text's id and how
//! it was escaped; then all literals. Numbers are LEB128.

use crate::error::{Result, StoreError};
use std::borrow::Cow;

/// How a text stands in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// As it is.
    Raw = 0,
    /// Inside a JSON string.
    Json = 1,
    /// Inside a JSON string with only ASCII.
    Ascii = 2,
    /// Inside a JSON string inside a JSON string.
    JsonJson = 3,
    /// Inside an ASCII JSON string inside a JSON string.
    AsciiJson = 4,
}

const ESCAPES: [Escape; 5] = [Escape::Raw, Escape::Json, Escape::Ascii, Escape::JsonJson, Escape::AsciiJson];
/// So many characters of a text are looked for; the rest is compared.
const PROBE_CHARS: usize = 48;

/// Where a text stands in the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    start: usize,
    end: usize,
    /// Which of the texts.
    pub text: usize,
    escape: Escape,
}

/// The recipe of some bytes: what is written, and the texts that it needs (one entry a use).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub bytes: Vec<u8>,
    pub uses: Vec<i64>,
}

/// Where the texts stand in `bytes`: in order, without overlaps; of two that begin together the longer.
pub(crate) fn places(bytes: &[u8], texts: &[&str]) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    for (text, content) in texts.iter().enumerate() {
        find_all(bytes, text, content, &mut all);
    }
    all.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
    let mut at = 0;
    all.retain(|place| {
        let free = place.start >= at;
        if free {
            at = place.end;
        }
        free
    });
    all
}

/// The recipe with these places taken out; `ids` are those of the texts.
pub(crate) fn make(bytes: &[u8], places: &[Place], ids: &[i64]) -> Recipe {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut literals, mut head, mut uses) = (Vec::with_capacity(bytes.len()), Vec::new(), Vec::new());
    let mut at = 0;
    for place in places {
        let Some(text_id) = ids.get(place.text) else { continue };
        let literal = bytes.get(at..place.start).unwrap_or_default();
        put(&mut head, literal.len() as u64);
        put(&mut head, text_id.unsigned_abs());
        head.push(place.escape as u8);
        literals.extend_from_slice(literal);
        uses.push(*text_id);
        at = place.end;
    }
    literals.extend_from_slice(bytes.get(at..).unwrap_or_default());
    put(&mut out, uses.len() as u64);
    out.extend_from_slice(&head);
    out.extend_from_slice(&literals);
    Recipe { bytes: out, uses }
}

fn find_all(bytes: &[u8], text: usize, content: &str, places: &mut Vec<Place>) {
    let special = content.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\');
    for escape in ESCAPES {
        // Forms that cannot differ from an earlier one are not looked for again.
        let differs = match escape {
            Escape::Raw => true,
            Escape::Json | Escape::JsonJson => special,
            Escape::Ascii | Escape::AsciiJson => !content.is_ascii(),
        };
        if !differs {
            continue;
        }
        // Most forms are not there: the whole is only written once its beginning was seen.
        let head =
            content.char_indices().nth(PROBE_CHARS).map_or(content, |(end, _)| content.get(..end).unwrap_or(content));
        let probe = escaped(head, escape);
        let mut starts = memchr::memmem::find_iter(bytes, probe.as_bytes()).peekable();
        if probe.is_empty() || starts.peek().is_none() {
            continue;
        }
        let needle = escaped(content, escape);
        let needle = needle.as_bytes();
        let mut from = 0;
        for start in starts {
            if start >= from && bytes.get(start..start + needle.len()) == Some(needle) {
                places.push(Place { start, end: start + needle.len(), text, escape });
                from = start + needle.len();
            }
        }
    }
}

fn escaped(text: &str, escape: Escape) -> Cow<'_, str> {
    let json = |text: &str| escape_json(text, false);
    match escape {
        Escape::Raw => Cow::Borrowed(text),
        Escape::Json => json_or_same(text, false),
        Escape::Ascii => json_or_same(text, true),
        Escape::JsonJson => Cow::Owned(json(&json(text))),
        Escape::AsciiJson => Cow::Owned(json(&escape_json(text, true))),
    }
}

fn json_or_same(text: &str, ascii: bool) -> Cow<'_, str> {
    let plain = text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\' && (!ascii || b < 0x7f));
    if plain { Cow::Borrowed(text) } else { Cow::Owned(escape_json(text, ascii)) }
}

fn escape_json(text: &str, ascii: bool) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len() + text.len() / 8 + 16);
    // Most of a text needs no escape: it is copied in runs.
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|b| b < 0x20 || b == b'"' || b == b'\\' || (ascii && b >= 0x80)) {
        let (run, special) = rest.split_at(at);
        out.push_str(run);
        let mut chars = special.chars();
        let Some(c) = chars.next() else { break };
        rest = chars.as_str();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push_str(rest);
    out
}

/// Rebuilds the bytes. `text` gives a text by its id.
pub(crate) fn rebuild<'t>(recipe: &[u8], text: &mut dyn FnMut(i64) -> Result<Cow<'t, str>>) -> Result<Vec<u8>> {
    let mut at = 0;
    let n = take(recipe, &mut at)?;
    let mut references = Vec::new();
    for _ in 0..n {
        let literal = usize::try_from(take(recipe, &mut at)?).map_err(|_| damaged())?;
        let text_id = i64::try_from(take(recipe, &mut at)?).map_err(|_| damaged())?;
        let escape = recipe.get(at).and_then(|code| ESCAPES.get(usize::from(*code))).ok_or_else(damaged)?;
        at += 1;
        references.push((literal, text_id, *escape));
    }
    let mut out = Vec::with_capacity(recipe.len() * 2);
    for (literal, text_id, escape) in references {
        let end = at.checked_add(literal).ok_or_else(damaged)?;
        out.extend_from_slice(recipe.get(at..end).ok_or_else(damaged)?);
        at = end;
        out.extend_from_slice(escaped(&text(text_id)?, escape).as_bytes());
    }
    out.extend_from_slice(recipe.get(at..).ok_or_else(damaged)?);
    Ok(out)
}

/// Texts that a recipe needs, one entry a use.
pub(crate) fn uses(recipe: &[u8]) -> Result<Vec<i64>> {
    let mut at = 0;
    let n = take(recipe, &mut at)?;
    let mut uses = Vec::new();
    for _ in 0..n {
        take(recipe, &mut at)?;
        uses.push(i64::try_from(take(recipe, &mut at)?).map_err(|_| damaged())?);
        at += 1;
    }
    Ok(uses)
}

/// Writes a number.
pub(crate) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number as u8 & 0x7f) | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads a number.
pub(crate) fn take(bytes: &[u8], at: &mut usize) -> Result<u64> {
    let (mut number, mut shift) = (0_u64, 0_u32);
    loop {
        let byte = *bytes.get(*at).ok_or_else(damaged)?;
        *at += 1;
        number |= u64::from(byte & 0x7f).checked_shl(shift).ok_or_else(damaged)?;
        if byte < 0x80 {
            return Ok(number);
        }
        shift += 7;
    }
}

fn damaged() -> StoreError {
    StoreError::Damaged { path: Default::default(), why: "a record's recipe cannot be read".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..200), texts in proptest::collection::vec("\\PC{1,12}|[\"\\\\\n a]{1,6}", 0..5)) {
            let mut whole = bytes;
            for (at, text) in texts.iter().enumerate() {
                let escape = ESCAPES[at % ESCAPES.len()];
                whole.extend_from_slice(escaped(text, escape).as_bytes());
                whole.push(b',');
            }
            let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
            let ids: Vec<i64> = (1..=texts.len() as i64).collect();
            let recipe = make(&whole, &places(&whole, &borrowed), &ids);
            prop_assert_eq!(&uses(&recipe.bytes).unwrap(), &recipe.uses);
            let back = rebuild(&recipe.bytes, &mut |id| Ok(texts[id as usize - 1].as_str().into())).unwrap();
            prop_assert_eq!(back, whole);
        }

        #[test]
        fn damaged_recipes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = rebuild(&bytes, &mut |_| Ok("text".into()));
            let _ = uses(&bytes);
        }
    }
}
