//! A small JSON tree that borrows from its text: keeps repeated keys and numbers as written, and takes the `NaN` and
//! `Infinity` that some writers emit. Depth is bounded by [`crate::MAX_DEPTH`].

use std::borrow::Cow;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    /// As written: `1`, `-0.5e3`, `NaN`.
    Number(&'a str),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// Why a text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Malformed at this byte.
    At(usize, &'static str),
    /// Nested too deep.
    TooDeep,
    /// Not UTF-8, at this byte.
    NotUtf8(usize),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(at, what) => write!(f, "{what} at byte {at} of the record"),
            Self::TooDeep => write!(f, "nested more than {} levels deep", crate::MAX_DEPTH),
            Self::NotUtf8(at) => write!(f, "byte {at} of the record is not UTF-8"),
        }
    }
}

/// A value, the first repeated key and the first number that is not finite, if any.
pub(crate) struct Parsed<'a> {
    pub value: Json<'a>,
    pub repeated_key: Option<String>,
    pub not_finite: Option<&'a str>,
}

impl<'a> Json<'a> {
    /// Parses one value with nothing but white space around it.
    pub fn parse(bytes: &'a [u8]) -> Result<Parsed<'a>, Fault> {
        let text = std::str::from_utf8(bytes).map_err(|e| Fault::NotUtf8(e.valid_up_to()))?;
        let mut parser = Parser { text, at: 0, repeated_key: None, not_finite: None };
        parser.space();
        let value = parser.value(0)?;
        parser.space();
        if parser.at < text.len() {
            return Err(parser.fault("something follows the value"));
        }
        Ok(Parsed { value, repeated_key: parser.repeated_key, not_finite: parser.not_finite })
    }

    /// Last value of a key; `None` when absent, null, or no object.
    pub fn get(&self, key: &str) -> Option<&Json<'a>> {
        match self {
            Self::Object(fields) => {
                fields.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v).filter(|v| !matches!(v, Self::Null))
            }
            _ => None,
        }
    }

    /// Last value of the first key that is there.
    pub fn any(&self, keys: &[&str]) -> Option<&Json<'a>> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list.
    pub fn list(&self) -> &[Json<'a>] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The same as `serde_json` sees it. Numbers that are not finite become null.
    pub fn to_value(&self) -> serde_json::Value {
        use serde_json::Value;
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Number(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            Self::Text(text) => Value::String(text.to_string()),
            Self::List(items) => Value::Array(items.iter().map(Json::to_value).collect()),
            Self::Object(fields) => Value::Object(fields.iter().map(|(k, v)| (k.to_string(), v.to_value())).collect()),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    repeated_key: Option<String>,
    not_finite: Option<&'a str>,
}

impl<'a> Parser<'a> {
    fn fault(&self, what: &'static str) -> Fault {
        Fault::At(self.at, what)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, Fault> {
        if depth > crate::MAX_DEPTH {
            return Err(Fault::TooDeep);
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(_) => self.word(),
            None => Err(self.fault("the value ends early")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, Fault> {
        self.at += 1;
        let mut fields: Vec<(Cow<'a, str>, Json<'a>)> = Vec::new();
        self.space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Json::Object(fields));
        }
        loop {
            self.space();
            if self.peek() != Some(b'"') {
                return Err(self.fault("expected a key"));
            }
            let key = self.string()?;
            self.space();
            if self.peek() != Some(b':') {
                return Err(self.fault("expected `:`"));
            }
            self.at += 1;
            self.space();
            let value = self.value(depth + 1)?;
            fields.push((key, value));
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    self.note_repeated(&fields);
                    return Ok(Json::Object(fields));
                }
                _ => return Err(self.fault("expected `,` or `}`")),
            }
        }
    }

    fn note_repeated(&mut self, fields: &[(Cow<'a, str>, Json<'a>)]) {
        if self.repeated_key.is_some() || fields.len() < 2 {
            return;
        }
        if fields.len() <= 24 {
            for (i, (key, _)) in fields.iter().enumerate() {
                if fields.iter().take(i).any(|(other, _)| other == key) {
                    self.repeated_key = Some(key.to_string());
                    return;
                }
            }
            return;
        }
        let mut seen = std::collections::HashSet::with_capacity(fields.len());
        self.repeated_key = fields.iter().find(|(key, _)| !seen.insert(key.as_ref())).map(|(key, _)| key.to_string());
    }

    fn list(&mut self, depth: usize) -> Result<Json<'a>, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Json::List(items));
        }
        loop {
            self.space();
            items.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(Json::List(items));
                }
                _ => return Err(self.fault("expected `,` or `]`")),
            }
        }
    }

    fn word(&mut self) -> Result<Json<'a>, Fault> {
        let start = self.at;
        while matches!(self.peek(), Some(b) if b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.')) {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        match word {
            "null" => Ok(Json::Null),
            "true" => Ok(Json::Bool(true)),
            "false" => Ok(Json::Bool(false)),
            "NaN" | "Infinity" | "-Infinity" | "-NaN" => {
                self.not_finite.get_or_insert(word);
                Ok(Json::Number(word))
            }
            _ if is_number(word) => Ok(Json::Number(word)),
            _ => {
                self.at = start;
                Err(self.fault("expected a value"))
            }
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.at += 1;
        let bytes = self.text.as_bytes();
        let start = self.at;
        let rest = bytes.get(start..).unwrap_or_default();
        let Some(end) = memchr::memchr2(b'"', b'\\', rest) else {
            return Err(self.fault("a string does not end"));
        };
        if rest.get(..end).is_some_and(|s| s.iter().any(|b| *b < 0x20)) {
            return Err(self.fault("a string holds a control character"));
        }
        if rest.get(end) == Some(&b'"') {
            self.at = start + end + 1;
            return Ok(Cow::Borrowed(&self.text[start..start + end]));
        }
        self.escaped(start, start + end)
    }

    fn escaped(&mut self, start: usize, first: usize) -> Result<Cow<'a, str>, Fault> {
        let bytes = self.text.as_bytes();
        let mut out = String::with_capacity(first - start + 32);
        out.push_str(&self.text[start..first]);
        self.at = first;
        loop {
            let rest = bytes.get(self.at..).unwrap_or_default();
            let Some(n) = memchr::memchr2(b'"', b'\\', rest) else {
                return Err(self.fault("a string does not end"));
            };
            let plain = &self.text[self.at..self.at + n];
            if plain.bytes().any(|b| b < 0x20) {
                return Err(self.fault("a string holds a control character"));
            }
            out.push_str(plain);
            self.at += n + 1;
            if rest.get(n) == Some(&b'"') {
                return Ok(Cow::Owned(out));
            }
            let escape = self.peek().ok_or(Fault::At(self.at, "a string does not end"))?;
            self.at += 1;
            match escape {
                b'"' | b'\\' | b'/' => out.push(char::from(escape)),
                b'n' => out.push('\n'),
                b't' => out.push('\t'),
                b'r' => out.push('\r'),
                b'b' => out.push('\u{8}'),
                b'f' => out.push('\u{c}'),
                b'u' => out.push(self.unicode()?),
                _ => return Err(self.fault("an unknown escape")),
            }
        }
    }

    /// A lone surrogate becomes U+FFFD: JavaScript writers cut strings in the middle of a pair.
    fn unicode(&mut self) -> Result<char, Fault> {
        let high = self.hex4()?;
        if (0xD800..0xDC00).contains(&high) && self.text.as_bytes().get(self.at..self.at + 2) == Some(b"\\u") {
            let back = self.at;
            self.at += 2;
            let low = self.hex4()?;
            if (0xDC00..0xE000).contains(&low) {
                return Ok(char::from_u32(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).unwrap_or('\u{FFFD}'));
            }
            self.at = back;
        }
        Ok(char::from_u32(high).unwrap_or('\u{FFFD}'))
    }

    fn hex4(&mut self) -> Result<u32, Fault> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).and_then(|d| std::str::from_utf8(d).ok());
        let value = digits
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .ok_or(Fault::At(self.at, "a bad \\u escape"))?;
        self.at += 4;
        Ok(value)
    }
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    digits.bytes().next().is_some_and(|b| b.is_ascii_digit()) && word.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> serde_json::Value {
        Json::parse(text.as_bytes()).map(|p| p.value.to_value()).expect("valid")
    }

    #[test]
    fn agrees_with_serde_json() {
        for text in [
            r#"{"a":[1,-2.5e3,true,null,"x\n\u00e9\ud83d\ude00\/"],"b":{}}"#,
            "[]",
            "\"\"",
            " 9007199254740993 ",
            r#"{"k":"日本"}"#,
        ] {
            assert_eq!(value(text), serde_json::from_str::<serde_json::Value>(text).expect("valid"), "{text}");
        }
    }

    #[test]
    fn last_of_a_repeated_key_wins_and_is_told() {
        let parsed = Json::parse(br#"{"a":1,"b":2,"a":3}"#).expect("valid");
        assert_eq!(parsed.repeated_key.as_deref(), Some("a"));
        assert_eq!(parsed.value.get("a"), Some(&Json::Number("3")));
    }

    #[test]
    fn faults_have_a_place() {
        assert_eq!(Json::parse(b"{\"a\" 1}").err(), Some(Fault::At(5, "expected `:`")));
        assert_eq!(Json::parse(b"\"\xff\"").err(), Some(Fault::NotUtf8(1)));
        assert_eq!(Json::parse("[".repeat(200).as_bytes()).err(), Some(Fault::TooDeep));
        assert!(Json::parse(b"{} x").is_err() && Json::parse(b"01x").is_err() && Json::parse(b"\"a\nb\"").is_err());
        assert_eq!(value("[\"\\ud800x\"]"), serde_json::json!(["\u{FFFD}x"]));
    }
}
