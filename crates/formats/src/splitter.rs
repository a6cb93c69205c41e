//! A window over a stream of JSON that knows depth and strings, so that one record at a time can be cut out of a document
//! of any size. It checks brackets and quotes only; a record's own grammar is checked when it is decoded.
//!
//! Memory is one buffer plus what is held of the record being cut out, which [`Keep`] bounds.

use crate::raw::PART_BYTES;
use crate::sink::Stop;
use std::io::Read;

const BUFFER: usize = 256 << 10;

/// Why the window cannot go on within the current value.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The bytes end within a value.
    Ended,
    /// What stands here is no JSON.
    Garbage(&'static str),
    /// The source failed.
    Read(std::io::Error),
    /// Who takes what is spilled wants no more.
    Stopped,
}

impl From<Stop> for Broken {
    fn from(_: Stop) -> Self {
        Self::Stopped
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Read(error)
    }
}

/// A place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub offset: u64,
    pub line: u64,
}

/// A value cut out of the stream.
#[derive(Debug)]
pub(crate) struct Cut {
    pub bytes: Vec<u8>,
    pub place: Place,
    /// Its deepest nesting.
    pub depth: usize,
    /// Its whole length; more than `bytes` when it was over the limit.
    pub len: u64,
}

impl Cut {
    /// Nothing yet of the value that begins here.
    pub fn at(place: Place) -> Self {
        Self { bytes: Vec::new(), place, depth: 0, len: 0 }
    }

    /// Whether not all of it is in `bytes`.
    pub fn is_spilled(&self) -> bool {
        self.len > self.bytes.len() as u64
    }
}

/// Takes what is held of a cut.
pub(crate) type Spill<'k> = dyn FnMut(&mut Cut) -> Result<(), Stop> + 'k;

/// How much of a value is held, and who takes it when there is more.
pub(crate) struct Keep<'k> {
    /// So many bytes are held at most.
    pub limit: usize,
    /// Takes what is held when it would be more, again and again; without it the rest is passed over.
    pub spill: Option<&'k mut Spill<'k>>,
}

impl Keep<'_> {
    /// The first bytes only.
    fn first(limit: usize) -> Self {
        Self { limit, spill: None }
    }
}

pub(crate) struct Window<'a> {
    reader: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    /// Offset in the file of `buffer[0]`.
    base: u64,
    /// Line breaks before `counted`.
    lines: u64,
    counted: usize,
    ended: bool,
    /// One value a line: a line break within a value is a broken value.
    pub one_per_line: bool,
}

/// Keys of one object that is passed over, to tell one that stands twice. Objects around records have few: the first
/// [`Keys::MOST`] are remembered, whatever a file may hold.
#[derive(Default)]
pub(crate) struct Keys(Vec<String>);

impl Keys {
    const MOST: usize = 64;

    /// Notes a key; true when the object had it before.
    pub fn repeats(&mut self, key: &str) -> bool {
        let known = self.0.iter().any(|other| other == key);
        if !known && self.0.len() < Self::MOST {
            self.0.push(key.to_owned());
        }
        known
    }
}

impl<'a> Window<'a> {
    /// From a reader that stands at `offset` of the file.
    pub fn new(reader: Box<dyn Read + 'a>, offset: u64) -> Self {
        Self {
            reader,
            buffer: vec![0; BUFFER],
            at: 0,
            end: 0,
            base: offset,
            lines: 0,
            counted: 0,
            ended: false,
            one_per_line: false,
        }
    }

    /// From a reader that stands at a place of the file.
    pub fn from_place(reader: Box<dyn Read + 'a>, place: Place) -> Self {
        Self { lines: place.line.saturating_sub(1), ..Self::new(reader, place.offset) }
    }

    /// Offset of the next byte.
    pub fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    /// Place of the next byte.
    pub fn place(&mut self) -> Place {
        let passed = self.buffer.get(self.counted..self.at).unwrap_or_default();
        self.lines += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.counted = self.at;
        Place { offset: self.offset(), line: self.lines + 1 }
    }

    fn fill(&mut self) -> std::io::Result<bool> {
        if self.at < self.end {
            return Ok(true);
        }
        if self.ended {
            return Ok(false);
        }
        self.place();
        self.base += self.end as u64;
        (self.at, self.end, self.counted) = (0, 0, 0);
        loop {
            match self.reader.read(&mut self.buffer) {
                Ok(0) => {
                    self.ended = true;
                    return Ok(false);
                }
                Ok(n) => {
                    self.end = n;
                    return Ok(true);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..self.end).unwrap_or_default()
    }

    /// The next byte; `None` at the end.
    pub fn peek(&mut self) -> std::io::Result<Option<u8>> {
        self.fill()?;
        Ok(self.rest().first().copied())
    }

    /// Passes over one byte.
    pub fn bump(&mut self) {
        self.at = (self.at + 1).min(self.end);
    }

    /// The next byte that is no white space, within a value.
    pub fn inner(&mut self) -> Result<u8, Broken> {
        loop {
            match self.peek()? {
                None => return Err(Broken::Ended),
                Some(b'\n') if self.one_per_line => return Err(Broken::Garbage("the line ends within the record")),
                Some(byte) if is_space(byte) => self.bump(),
                Some(byte) => return Ok(byte),
            }
        }
    }

    /// Passes over white space and commas between values; the next byte, `None` at the end.
    pub fn outer(&mut self) -> std::io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | 0x1e) => self.bump(),
                other => return Ok(other),
            }
        }
    }

    /// Passes over this byte, which must be next.
    pub fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Broken> {
        if self.inner()? == byte {
            self.bump();
            return Ok(());
        }
        Err(Broken::Garbage(what))
    }

    /// After `{` or after a field: the next key with its `:` passed, or `None` when the object ended.
    pub fn key(&mut self) -> Result<Option<String>, Broken> {
        let mut next = self.inner()?;
        if next == b',' {
            self.bump();
            next = self.inner()?;
        }
        match next {
            b'}' => {
                self.bump();
                Ok(None)
            }
            b'"' => {
                let cut = self.cut(4096)?;
                self.expect(b':', "expected `:`")?;
                Ok(Some(serde_json::from_slice(&cut.bytes).unwrap_or_default()))
            }
            _ => Err(Broken::Garbage("expected a key or `}`")),
        }
    }

    /// After `[` or after an element: true when another element follows, false when the array ended.
    pub fn element(&mut self) -> Result<bool, Broken> {
        let mut next = self.inner()?;
        if next == b',' {
            self.bump();
            next = self.inner()?;
        }
        if next == b']' {
            self.bump();
            return Ok(false);
        }
        Ok(true)
    }

    /// Passes over a value.
    pub fn skip(&mut self) -> Result<(), Broken> {
        self.cut(0).map(|_| ())
    }

    /// Cuts out the next value; keeps at most `limit` bytes of it.
    pub fn cut(&mut self, limit: usize) -> Result<Cut, Broken> {
        let mut cut = Cut::at(Place { offset: 0, line: 0 });
        self.cut_into(&mut Keep::first(limit), &mut cut)?;
        Ok(cut)
    }

    /// As [`Window::cut`], into a cut that holds what was read also when the value is broken.
    pub fn cut_into(&mut self, keep: &mut Keep<'_>, cut: &mut Cut) -> Result<(), Broken> {
        let first = self.inner()?;
        cut.place = self.place();
        match first {
            b'{' | b'[' => self.cut_nested(keep, cut),
            b'"' => {
                self.take(1, keep, cut)?;
                self.cut_string(keep, cut)
            }
            b'}' | b']' | b',' | b':' => Err(Broken::Garbage("expected a value")),
            _ => self.cut_word(keep, cut),
        }
    }

    fn take(&mut self, n: usize, keep: &mut Keep<'_>, cut: &mut Cut) -> Result<(), Broken> {
        let taken = self.rest().get(..n).unwrap_or_default();
        if cut.bytes.len() + taken.len() > keep.limit
            && let Some(spill) = keep.spill.as_deref_mut()
        {
            spill(cut)?;
            keep.limit = PART_BYTES;
        }
        let room = keep.limit.saturating_sub(cut.bytes.len());
        cut.bytes.extend_from_slice(taken.get(..room.min(n)).unwrap_or(taken));
        cut.len += n as u64;
        self.at = (self.at + n).min(self.end);
        Ok(())
    }

    fn cut_nested(&mut self, keep: &mut Keep<'_>, cut: &mut Cut) -> Result<(), Broken> {
        // One bit an open bracket: object or array. Beyond the depth limit only the count is kept.
        let (mut kinds, mut depth): (u128, usize) = (0, 0);
        loop {
            if !self.fill()? {
                return Err(Broken::Ended);
            }
            let rest = self.rest();
            let lines = self.one_per_line;
            let stop =
                rest.iter().position(|b| matches!(b, b'"' | b'{' | b'}' | b'[' | b']') || (lines && *b == b'\n'));
            let Some(at) = stop else {
                let n = rest.len();
                self.take(n, keep, cut)?;
                continue;
            };
            let byte = rest.get(at).copied().unwrap_or_default();
            if byte == b'\n' {
                self.take(at, keep, cut)?;
                return Err(Broken::Garbage("the line ends within the record"));
            }
            self.take(at + 1, keep, cut)?;
            match byte {
                b'"' => self.cut_string(keep, cut)?,
                b'{' | b'[' => {
                    if depth < 128 {
                        kinds = (kinds & !(1 << depth)) | (u128::from(byte == b'{') << depth);
                    }
                    depth += 1;
                    cut.depth = cut.depth.max(depth);
                }
                _ => {
                    depth -= 1;
                    if depth < 128 && (kinds >> depth) & 1 != u128::from(byte == b'}') {
                        return Err(Broken::Garbage("a bracket is closed by the wrong one"));
                    }
                    if depth == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn cut_string(&mut self, keep: &mut Keep<'_>, cut: &mut Cut) -> Result<(), Broken> {
        loop {
            if !self.fill()? {
                return Err(Broken::Ended);
            }
            let rest = self.rest();
            let hit = if self.one_per_line {
                memchr::memchr3(b'"', b'\\', b'\n', rest)
            } else {
                memchr::memchr2(b'"', b'\\', rest)
            };
            let Some(at) = hit else {
                let n = rest.len();
                self.take(n, keep, cut)?;
                continue;
            };
            match rest.get(at) {
                Some(b'"') => {
                    self.take(at + 1, keep, cut)?;
                    return Ok(());
                }
                Some(b'\n') => {
                    self.take(at, keep, cut)?;
                    return Err(Broken::Garbage("the line ends within a string"));
                }
                _ => {
                    self.take(at + 1, keep, cut)?;
                    if !self.fill()? {
                        return Err(Broken::Ended);
                    }
                    if self.rest().first() != Some(&b'\n') || !self.one_per_line {
                        self.take(1, keep, cut)?;
                    }
                }
            }
        }
    }

    fn cut_word(&mut self, keep: &mut Keep<'_>, cut: &mut Cut) -> Result<(), Broken> {
        loop {
            if !self.fill()? {
                return Ok(());
            }
            let rest = self.rest();
            // JSON's whitespace alone, as before a value: else a word could be empty, and reading words would not end.
            let stop = rest.iter().position(|b| is_space(*b) || matches!(b, b',' | b'}' | b']' | b':' | b'"'));
            let n = stop.unwrap_or(rest.len());
            self.take(n, keep, cut)?;
            if stop.is_some() {
                return Ok(());
            }
        }
    }

    /// What is buffered from the next byte on.
    pub fn at_hand(&mut self) -> std::io::Result<&[u8]> {
        self.fill()?;
        Ok(self.rest())
    }

    /// Whether the second line of what is at hand begins an object with such a key: a file with one document a line, even
    /// when its first line is broken. Never within an array, be it within an object (`{"data":[`): it goes on over the
    /// lines of its elements.
    pub fn second_line_is(&mut self, known: impl Fn(&str) -> bool) -> std::io::Result<bool> {
        self.fill()?;
        let first = self.rest().trim_ascii_start().split(|b| *b == b'\n').next().unwrap_or_default().trim_ascii_end();
        if first.starts_with(b"[") || (opens_list(first) && matches!(first.last(), Some(b'[' | b','))) {
            return Ok(false);
        }
        let second = self.rest().split(|b| *b == b'\n').nth(1).unwrap_or_default();
        let key = second.trim_ascii_start().strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
        let key = key.and_then(|rest| rest.strip_prefix(b"\"")).and_then(|rest| rest.split(|b| *b == b'"').next());
        Ok(key.and_then(|key| std::str::from_utf8(key).ok()).is_some_and(known))
    }

    /// Passes over the rest of the line; false at the end of the file.
    pub fn next_line(&mut self) -> std::io::Result<bool> {
        loop {
            if !self.fill()? {
                return Ok(false);
            }
            match memchr::memchr(b'\n', self.rest()) {
                Some(at) => {
                    self.at += at + 1;
                    return Ok(true);
                }
                None => self.at = self.end,
            }
        }
    }

    /// Takes the rest of the line.
    pub fn rest_of_line(&mut self, keep: &mut Keep<'_>, cut: &mut Cut) -> Result<(), Broken> {
        while self.fill()? {
            let rest = self.rest();
            let stop = memchr::memchr(b'\n', rest);
            let n = stop.unwrap_or(rest.len());
            self.take(n, keep, cut)?;
            if stop.is_some() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether a line begins an object whose first value is a list.
fn opens_list(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"{") else { return false };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b"\"") else { return false };
    let rest = rest.iter().position(|b| *b == b'"').and_then(|end| rest.get(end + 1..)).unwrap_or_default();
    let value = rest.trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
    value.is_some_and(|value| value.starts_with(b"["))
}

/// The whitespace of JSON (RFC 8259).
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Drip<'a>(&'a [u8], usize);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let n = self.1.min(self.0.len()).min(out.len());
            out[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn cuts_values_however_the_bytes_arrive() {
        let text = r#" {"a":"}\"]\\","b":[1,{"c":null}]} [1,2]  "x\"y" 12.5 true"#.as_bytes();
        for step in 1..20 {
            let mut window = Window::new(Box::new(Drip(text, step)), 0);
            let mut values = Vec::new();
            while window.outer().expect("reads").is_some() {
                values.push(String::from_utf8(window.cut(1 << 20).expect("whole").bytes).expect("text"));
            }
            assert_eq!(values, [r#"{"a":"}\"]\\","b":[1,{"c":null}]}"#, "[1,2]", r#""x\"y""#, "12.5", "true"]);
        }
    }

    #[test]
    fn a_wrong_bracket_and_an_early_end_are_told() {
        let mut window = Window::new(Box::new(&b"{\"a\":[}"[..]), 0);
        assert!(matches!(window.cut(100), Err(Broken::Garbage(_))));
        let mut window = Window::new(Box::new(&b"{\"a\":[1"[..]), 0);
        assert!(matches!(window.cut(100), Err(Broken::Ended)));
    }

    #[test]
    fn only_the_limit_is_kept() {
        let text = format!("[\"{}\"]", "x".repeat(1 << 20));
        let mut window = Window::new(Box::new(text.as_bytes()), 0);
        let cut = window.cut(10).expect("whole");
        assert_eq!((cut.bytes.len(), cut.len, cut.depth), (10, text.len() as u64, 1));
    }
}
