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

/// A text that may stand in the bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    pub text_id: i64,
    pub text: &'a str,
}

/// The recipe of some bytes: what is written, and the texts that it needs (one entry a use).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub bytes: Vec<u8>,
    pub uses: Vec<i64>,
}

/// Takes the known texts out of `bytes`. The first place of each is taken, in the order of places.
pub(crate) fn make(bytes: &[u8], known: &[Known<'_>]) -> Recipe {
    let mut places: Vec<(usize, usize, i64, Escape)> = Vec::new();
    for text in known {
        find_all(bytes, text, &mut places);
    }
    places.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
    let mut out = Vec::with_capacity(bytes.len());
    let (mut literals, mut head, mut uses) = (Vec::with_capacity(bytes.len()), Vec::new(), Vec::new());
    let mut at = 0;
    for (start, end, text_id, escape) in places {
        if start < at {
            continue;
        }
        let literal = bytes.get(at..start).unwrap_or_default();
        put(&mut head, literal.len() as u64);
        put(&mut head, text_id.unsigned_abs());
        head.push(escape as u8);
        literals.extend_from_slice(literal);
        uses.push(text_id);
        at = end;
    }
    literals.extend_from_slice(bytes.get(at..).unwrap_or_default());
    put(&mut out, uses.len() as u64);
    out.extend_from_slice(&head);
    out.extend_from_slice(&literals);
    Recipe { bytes: out, uses }
}

fn find_all(bytes: &[u8], known: &Known<'_>, places: &mut Vec<(usize, usize, i64, Escape)>) {
    let finder = |needle: &str, places: &mut Vec<(usize, usize, i64, Escape)>, escape: Escape| {
        let before = places.len();
        for start in find_iter(bytes, needle.as_bytes()) {
            places.push((start, start + needle.len(), known.text_id, escape));
        }
        places.len() > before
    };
    let mut tried: Vec<Cow<'_, str>> = Vec::new();
    for escape in ESCAPES {
        let needle = escaped(known.text, escape);
        if tried.contains(&needle) {
            continue;
        }
        finder(&needle, places, escape);
        tried.push(needle);
    }
}

fn find_iter(haystack: &[u8], needle: &[u8]) -> Vec<usize> {
    if needle.is_empty() || needle.len() > haystack.len() {
        return Vec::new();
    }
    memchr::memmem::find_iter(haystack, needle).collect()
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
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if u32::from(c) < 0x20 || (ascii && !c.is_ascii()) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Rebuilds the bytes. `text` gives a text by its id.
pub(crate) fn rebuild(recipe: &[u8], text: &mut dyn FnMut(i64) -> Result<String>) -> Result<Vec<u8>> {
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
            let known: Vec<Known<'_>> =
                texts.iter().enumerate().map(|(at, text)| Known { text_id: at as i64 + 1, text }).collect();
            let recipe = make(&whole, &known);
            prop_assert_eq!(&uses(&recipe.bytes).unwrap(), &recipe.uses);
            let back = rebuild(&recipe.bytes, &mut |id| Ok(texts[id as usize - 1].clone())).unwrap();
            prop_assert_eq!(back, whole);
        }

        #[test]
        fn damaged_recipes_are_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = rebuild(&bytes, &mut |_| Ok("text".to_owned()));
            let _ = uses(&bytes);
        }
    }
}
