//! What OTLP protobuf looks like without decoding it: framing, the way down to the first record, and whether that is a span
//! or a log record.

use super::record::Signal;
use crate::Head;

/// First bytes of a zstd frame.
pub(super) const ZSTD: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// True for length, then a message or a zstd frame. With the whole file at hand the frames must chain to its end.
pub(super) fn is_framed(bytes: &[u8], whole: bool) -> bool {
    let Some(&[a, b, c, d]) = bytes.first_chunk::<4>() else { return false };
    let len = u32::from_be_bytes([a, b, c, d]) as usize;
    let starts =
        bytes.get(4) == Some(&0x0A) || bytes.get(4..8) == Some(&ZSTD[..]) || bytes.get(4..5) == Some(&ZSTD[..1]);
    len > 1 && starts && (!whole || len <= bytes.len() - 4 || bytes.len() > 64)
}

/// True for JSON, which is text from its first bracket on. A protobuf message may begin with a line break and a bracket
/// too, but its tags (`0x12` for a second field) are no characters of a text.
pub(super) fn is_json_text(head: &Head<'_>) -> bool {
    let first = head.bytes().get(..64).unwrap_or(head.bytes());
    head.outline().is_json() && !first.iter().any(|b| b.is_ascii_control() && !b.is_ascii_whitespace())
}

/// The first record within `levels` nested messages, as far as a cut head shows it.
pub(super) fn first_record(mut bytes: &[u8], levels: usize) -> Option<&[u8]> {
    for level in 0..levels {
        let wanted = if level == 0 { 1 } else { 2 };
        loop {
            let (field, wire, used) = tag(bytes)?;
            let rest = bytes.get(used..)?;
            match wire {
                2 => {
                    let (len, used) = varint(rest)?;
                    let inner = rest.get(used..)?;
                    let end = usize::try_from(len).ok()?.min(inner.len());
                    if field == wanted {
                        bytes = inner.get(..end)?;
                        break;
                    }
                    bytes = inner.get(end..)?;
                }
                0 => bytes = rest.get(varint(rest)?.1..)?,
                1 => bytes = rest.get(8..)?,
                5 => bytes = rest.get(4..)?,
                _ => return None,
            }
        }
    }
    Some(bytes)
}

/// Whether a message is a span or a log record: both have ids, in different fields.
pub(super) fn signal_of(mut bytes: &[u8]) -> Option<Signal> {
    let (mut span, mut log) = (0, 0);
    while let Some((field, wire, used)) = tag(bytes) {
        let rest = bytes.get(used..)?;
        let (len, rest) = match wire {
            2 => {
                let Some((len, used)) = varint(rest) else { break };
                let Some(inner) = rest.get(used..) else { break };
                (usize::try_from(len).unwrap_or(usize::MAX), inner)
            }
            0 => (0, rest.get(varint(rest).map_or(rest.len(), |(_, used)| used)..).unwrap_or_default()),
            1 => (8, rest),
            5 => (4, rest),
            _ => break,
        };
        match (field, wire, len) {
            (1, 2, 16) | (2 | 4, 2, 8) | (7 | 8, 1, _) => span += 1,
            (1 | 11, 1, _) | (9, 2, 16) | (10, 2, 8) | (2, 0, _) => log += 1,
            _ => {}
        }
        bytes = rest.get(len.min(rest.len())..).unwrap_or_default();
    }
    match (span, log) {
        (0, 0) => None,
        (span, log) if span >= log && span > 1 => Some(Signal::Spans),
        (_, log) if log > 0 => Some(Signal::Logs),
        _ => None,
    }
}

fn tag(bytes: &[u8]) -> Option<(u64, u8, usize)> {
    let (key, used) = varint(bytes)?;
    (key >> 3 > 0).then_some((key >> 3, (key & 7) as u8, used))
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7F).checked_shl(7 * at as u32)?;
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}
