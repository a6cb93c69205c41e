//! Recognising a file by its first bytes. Every format gives a verdict with its reason; the strongest claim wins, a tie
//! is an error that names both, and a file that nobody claims is told which formats came nearest.

use crate::Format;
use std::collections::BTreeMap;

/// How sure a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Columns or keys that many logs have.
    Generic,
    /// The shape of a record of this format.
    Shape,
    /// A name that only this format has.
    Exact,
}

/// What a format says about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Its own.
    Mine {
        /// How sure.
        strength: Strength,
        /// Why, one clause.
        reason: String,
    },
    /// Not its own.
    NotMine {
        /// Why, one clause.
        reason: String,
        /// How many of its marks were seen; orders the nearest formats.
        nearness: u8,
    },
}

impl Verdict {
    /// A claim.
    pub fn mine(strength: Strength, reason: impl Into<String>) -> Self {
        Self::Mine { strength, reason: reason.into() }
    }

    /// A refusal of a file with nothing of the format in it.
    pub fn not_mine(reason: impl Into<String>) -> Self {
        Self::NotMine { reason: reason.into(), nearness: 0 }
    }

    /// A refusal of a file that has some marks of the format.
    pub fn near(reason: impl Into<String>, nearness: u8) -> Self {
        Self::NotMine { reason: reason.into(), nearness }
    }
}

/// Why a format declined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    /// Format.
    pub format: &'static str,
    /// Why.
    pub why: String,
}

/// Outcome of a detection.
pub enum Detection {
    /// One format.
    Found(&'static dyn Format),
    /// Two or more with equal strength.
    Ambiguous(Vec<(&'static str, String)>),
    /// None; the nearest first.
    Unknown(Vec<Declined>),
}

/// Asks every format.
pub fn detect(head: &Head<'_>) -> Detection {
    let mut claims = Vec::new();
    let mut declined = Vec::new();
    for format in crate::all() {
        match format.detect(head) {
            Verdict::Mine { strength, reason } => claims.push((strength, *format, reason)),
            Verdict::NotMine { reason, nearness } => declined.push((nearness, *format, reason)),
        }
    }
    let Some(best) = claims.iter().map(|(strength, ..)| *strength).max() else {
        declined.sort_by_key(|(nearness, ..)| std::cmp::Reverse(*nearness));
        let nearest = declined.into_iter().take(3).map(|(_, format, why)| Declined { format: format.name(), why });
        return Detection::Unknown(nearest.collect());
    };
    claims.retain(|(strength, ..)| *strength == best);
    match claims.as_slice() {
        [(_, format, _)] => Detection::Found(*format),
        _ => Detection::Ambiguous(claims.into_iter().map(|(_, format, reason)| (format.name(), reason)).collect()),
    }
}

/// The first bytes of an unpacked file, up to 64 KiB, without a byte order mark.
pub struct Head<'a> {
    bytes: &'a [u8],
    /// True when these are all bytes of the file.
    whole: bool,
    outline: Outline,
}

impl<'a> Head<'a> {
    /// How many bytes a head should have when the file is longer.
    pub const BYTES: usize = 64 << 10;

    /// From the first bytes; `whole` when the file ends there.
    pub fn new(bytes: &'a [u8], whole: bool) -> Self {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        Self { bytes, whole, outline: Outline::of(bytes) }
    }

    /// The bytes.
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Whether that is all.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Keys of the JSON in it.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// The text, cut at the last whole character; the lines before one that is not UTF-8, since one bad row does not make
    /// the others something else. `None` for bytes that are no text.
    pub fn text(&self) -> Option<&'a str> {
        if memchr::memchr(0, self.bytes).is_some() {
            return None;
        }
        match std::str::from_utf8(self.bytes) {
            Ok(text) => Some(text),
            Err(e) => {
                let text = std::str::from_utf8(self.bytes.get(..e.valid_up_to())?).ok()?;
                let cut_short = e.error_len().is_none() && !self.whole;
                if cut_short { Some(text) } else { text.get(..=text.rfind('\n')?) }
            }
        }
    }

    /// Whole lines within the head (the last one too when the file ends there), without their line breaks.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> {
        let end = if self.whole { self.bytes.len() } else { memchr::memrchr(b'\n', self.bytes).map_or(0, |at| at + 1) };
        let whole_lines = self.bytes.get(..end).unwrap_or_default();
        whole_lines
            .split(|b| *b == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .filter(|l| !l.is_empty())
    }
}

/// Paths of keys in the JSON values of a head, as `resourceSpans[].scopeSpans[].spans[].traceId`, with the first short
/// string that stood there. Works on a head that ends anywhere. An array around the records is not part of a path.
#[derive(Debug, Default)]
pub struct Outline {
    paths: BTreeMap<String, Option<String>>,
    n_values: usize,
}

const MAX_PATHS: usize = 4096;

impl Outline {
    /// Of the first bytes of a file.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Self {
        Self::of(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes))
    }

    fn of(bytes: &[u8]) -> Self {
        let mut outline = Self::default();
        let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
        if !matches!(first, Some(b'{' | b'[')) {
            return outline;
        }
        let mut at = 0;
        while let Some(next) = outline.value(bytes, at) {
            at = next;
        }
        outline
    }

    /// True when the head holds JSON objects.
    pub fn is_json(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Top-level values begun in the head.
    pub fn n_values(&self) -> usize {
        self.n_values
    }

    /// True when some value has this path.
    pub fn has(&self, path: &str) -> bool {
        self.paths.contains_key(path)
    }

    /// True when some path ends with this, at a step.
    pub fn has_anywhere(&self, path: &str) -> bool {
        self.paths
            .keys()
            .any(|own| own.strip_suffix(path).is_some_and(|before| before.is_empty() || before.ends_with('.')))
    }

    /// How many of these paths are there.
    pub fn count(&self, paths: &[&str]) -> usize {
        paths.iter().filter(|path| self.has(path)).count()
    }

    /// True when some path begins with this.
    pub fn has_under(&self, prefix: &str) -> bool {
        self.paths.range(prefix.to_owned()..).next().is_some_and(|(path, _)| path.starts_with(prefix))
    }

    /// The first short string at a path.
    pub fn string(&self, path: &str) -> Option<&str> {
        self.paths.get(path)?.as_deref()
    }

    /// Every path.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.keys().map(String::as_str)
    }

    /// Walks one top-level value from `at`; gives the place after it, `None` at the end or at garbage.
    fn value(&mut self, bytes: &[u8], mut at: usize) -> Option<usize> {
        let mut path = String::new();
        // Each open bracket: whether it is an object, and the length of `path` outside it.
        let mut open: Vec<(bool, usize)> = Vec::new();
        let mut key_next = false;
        loop {
            at += bytes.get(at..)?.iter().position(|b| !b.is_ascii_whitespace())?;
            match bytes.get(at)? {
                b'{' | b'[' => {
                    let object = bytes.get(at) == Some(&b'{');
                    if open.is_empty() {
                        self.n_values += 1;
                    }
                    open.push((object, path.len()));
                    if object {
                        if !path.is_empty() {
                            path.push('.');
                        }
                    } else if !path.is_empty() {
                        path.push_str("[]");
                    }
                    key_next = object;
                    at += 1;
                }
                b'}' | b']' => {
                    let (_, outside) = open.pop()?;
                    path.truncate(outside);
                    at += 1;
                    if open.is_empty() {
                        return Some(at);
                    }
                }
                b',' => {
                    key_next = open.last()?.0;
                    if let Some((true, outside)) = open.last() {
                        let separator = usize::from(*outside > 0);
                        path.truncate(outside + separator);
                    }
                    at += 1;
                }
                b':' => at += 1,
                b'"' => {
                    let (text, end) = raw_string(bytes, at)?;
                    at = end;
                    if key_next {
                        key_next = false;
                        if let Some((true, outside)) = open.last() {
                            path.truncate(outside + usize::from(*outside > 0));
                        }
                        path.push_str(&String::from_utf8_lossy(text));
                        self.note(&path, None, open.len());
                    } else {
                        self.note(&path, Some(text), open.len());
                    }
                }
                _ if open.is_empty() => return None,
                _ => at += 1,
            }
        }
    }

    fn note(&mut self, path: &str, text: Option<&[u8]>, depth: usize) {
        if depth > 12 || path.len() > 256 || (self.paths.len() >= MAX_PATHS && !self.paths.contains_key(path)) {
            return;
        }
        let slot = self.paths.entry(path.to_owned()).or_default();
        if slot.is_none() {
            *slot = text.filter(|t| t.len() <= 128).and_then(|t| String::from_utf8(t.to_vec()).ok());
        }
    }
}

/// The raw text of a string that starts at `at`, and the place after it.
fn raw_string(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let mut end = at + 1;
    loop {
        let hit = end + memchr::memchr2(b'"', b'\\', bytes.get(end..)?)?;
        if bytes.get(hit) == Some(&b'"') {
            return Some((bytes.get(at + 1..hit)?, hit + 1));
        }
        end = hit + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlines_name_paths_even_of_a_cut_head() {
        let head = Head::new(br#"[{"a":{"b":[{"c":"x"},{"d":1}]},"e":"y"},{"f":[[{"g":"#, false);
        for path in ["a", "a.b", "a.b[].c", "a.b[].d", "e", "f", "f[][].g"] {
            assert!(head.outline().has(path), "{path} in {:?}", head.outline().paths().collect::<Vec<_>>());
        }
        assert_eq!(head.outline().string("a.b[].c"), Some("x"));
        assert_eq!(head.outline().string("e"), Some("y"));
    }

    #[test]
    fn lines_of_a_cut_head_are_whole() {
        let cut: Vec<&[u8]> = Head::new(b"a,b\r\n1,2\n3,", false).lines().collect();
        assert_eq!(cut, [b"a,b".as_slice(), b"1,2"]);
    }
}
