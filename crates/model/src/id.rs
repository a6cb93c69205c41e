//! Ids of traces, spans and other entities, and the key that makes two records the same entity.

use serde::{Deserialize, Serialize};

/// A native id as people read it: W3C-shaped ids in lower-case hex, others as the source wrote them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// Takes an id as a source wrote it. Hex of 16 or 32 digits is folded to lower case; anything else is kept.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        if is_w3c_hex(&text) && text.bytes().any(|b| b.is_ascii_uppercase()) {
            return Self(text.to_ascii_lowercase());
        }
        Self(text)
    }

    /// Hex of the bytes of an OTLP protobuf id.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(bytes.len() * 2);
        for b in bytes {
            text.push(char::from(HEX[usize::from(b >> 4)]));
            text.push(char::from(HEX[usize::from(b & 15)]));
        }
        Self(text)
    }

    /// The text, as printed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compact form for a column: the 16 or 8 bytes of a W3C-shaped id, else `0x00` and the UTF-8 text.
    pub fn to_blob(&self) -> Vec<u8> {
        if is_w3c_hex(&self.0) {
            let digits = self.0.as_bytes();
            return digits.chunks_exact(2).map(|pair| (nibble(pair[0]) << 4) | nibble(pair[1])).collect();
        }
        let mut blob = Vec::with_capacity(self.0.len() + 1);
        blob.push(0);
        blob.extend_from_slice(self.0.as_bytes());
        blob
    }

    /// Inverse of [`Id::to_blob`]. Text that is not UTF-8 is replaced, as it can only come from a damaged file.
    pub fn from_blob(blob: &[u8]) -> Self {
        match (blob.len(), blob.first()) {
            (16 | 8, _) if !looks_like_text(blob) => Self::from_bytes(blob),
            (_, Some(0)) => Self(String::from_utf8_lossy(&blob[1..]).into_owned()),
            _ => Self::from_bytes(blob),
        }
    }

    /// True for 32 (trace) or 16 (span) hex digits that are not all zero.
    pub fn is_w3c(&self) -> bool {
        is_w3c_hex(&self.0) && self.0.bytes().any(|b| b != b'0')
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Id {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

fn is_w3c_hex(text: &str) -> bool {
    matches!(text.len(), 16 | 32) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A text id of 7 or 15 characters makes a blob as long as a W3C one; its leading zero and UTF-8 tail tell it apart
/// unless a real id starts with a zero byte and is otherwise printable, which is why such ids are never all printable ASCII.
fn looks_like_text(blob: &[u8]) -> bool {
    blob.first() == Some(&0) && blob[1..].iter().all(|b| (0x20..0x7f).contains(b))
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

/// What makes two records the same entity: a span, an audit event, a log record.
///
/// W3C-shaped ids stand alone, whatever the source; other ids are bound to the kind of source; records without ids
/// use a keyed content hash and an ordinal. A path of a file is never part of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EntityKey(pub Vec<u8>);

impl EntityKey {
    /// A span. `source` is used only when the ids are not W3C-shaped.
    pub fn span(source: &str, trace_id: &Id, span_id: &Id) -> Self {
        let mut key = vec![b's'];
        if trace_id.is_w3c() && span_id.is_w3c() {
            key.extend(trace_id.to_blob());
            key.extend(span_id.to_blob());
        } else {
            push_text(&mut key, source);
            push_text(&mut key, trace_id.as_str());
            push_text(&mut key, span_id.as_str());
        }
        Self(key)
    }

    /// An audit event by its own id. Event ids are taken as one namespace of a workspace: two exports of one log agree.
    pub fn audit(event_id: &str) -> Self {
        let mut key = vec![b'a'];
        push_text(&mut key, event_id);
        Self(key)
    }

    /// A record without an id: a (keyed) content hash and the ordinal among equal records of one file.
    pub fn content(kind: u8, hash: &[u8], ordinal: u32) -> Self {
        let mut key = vec![b'h', kind];
        key.extend_from_slice(&hash[..hash.len().min(16)]);
        key.extend_from_slice(&ordinal.to_be_bytes());
        Self(key)
    }
}

fn push_text(key: &mut Vec<u8>, text: &str) {
    key.extend_from_slice(text.as_bytes());
    key.push(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_column() {
        for text in ["5B8EFFF798038103D269B633813FC60C", "00f067aa0ba902b7", "lf-trace-7", "abcdefg", "run_01H", "日本"]
        {
            let id = Id::new(text);
            assert_eq!(Id::from_blob(&id.to_blob()), id, "{text}");
        }
    }
}
