//! Server-sent events, bytes in any pieces. Source of truth: the HTML standard's event stream format; departures from it
//! are what real providers need: a last event without a blank line is delivered by [`SseParser::finish`].

use crate::WireError;

/// Longest line that is read. No provider writes longer ones; a broken server must not fill the memory.
const LINE_LIMIT_BYTES: usize = 64 << 20;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event:` field; `None` is a plain message.
    pub event: Option<String>,
    /// The `data:` lines, joined by a line break.
    pub data: String,
}

/// Parser of one stream.
#[derive(Debug, Default)]
pub struct SseParser {
    line: Vec<u8>,
    started: bool,
    after_cr: bool,
    event: Option<String>,
    data: Option<String>,
}

impl SseParser {
    /// Takes the next bytes and returns the events that they complete. Comments, `id` and `retry` are passed over.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<SseEvent>, WireError> {
        let mut events = Vec::new();
        for &byte in bytes {
            let after_cr = std::mem::take(&mut self.after_cr);
            match byte {
                b'\n' if after_cr => {}
                b'\n' => self.end_line(&mut events),
                b'\r' => {
                    self.after_cr = true;
                    self.end_line(&mut events);
                }
                _ if self.line.len() >= LINE_LIMIT_BYTES => {
                    return Err(WireError::EventTooLarge { limit_bytes: LINE_LIMIT_BYTES });
                }
                _ => self.line.push(byte),
            }
        }
        Ok(events)
    }

    /// The last event, when the stream ended without the blank line that closes it.
    pub fn finish(&mut self) -> Option<SseEvent> {
        let mut events = Vec::new();
        if !self.line.is_empty() {
            self.end_line(&mut events);
        }
        self.end_line(&mut events);
        events.pop()
    }

    fn end_line(&mut self, events: &mut Vec<SseEvent>) {
        let bytes = std::mem::take(&mut self.line);
        let mut line: &[u8] = &bytes;
        if !std::mem::replace(&mut self.started, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            let event = self.event.take();
            if let Some(data) = self.data.take() {
                events.push(SseEvent { event, data });
            }
            return;
        }
        // The line is whole, so a character is never cut here; bytes that are no UTF-8 are the server's.
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whole(bytes: &[u8]) -> Vec<SseEvent> {
        let mut parser = SseParser::default();
        let mut events = parser.push(bytes).expect("short lines");
        events.extend(parser.finish());
        events
    }

    #[test]
    fn every_line_end_comment_and_bom_is_understood() {
        let want =
            vec![SseEvent { event: Some("a".into()), data: "1\n2".into() }, SseEvent { event: None, data: "é".into() }];
        for end in ["\n", "\r\n", "\r"] {
            let text =
                ["\u{feff}: hello", "event: a", "data: 1", "data:2", "", ":", "id: 7", "retry: 3", "data: é"].join(end);
            assert_eq!(whole(text.as_bytes()), want, "{end:?}");
        }
        assert_eq!(whole(b""), vec![]);
        assert_eq!(whole(b"\n\n\r\n"), vec![]);
    }

    proptest! {
        /// However the network cuts the bytes, the events are the same.
        #[test]
        fn cuts_do_not_change_events(text in "(\u{feff})?((data|event|:|id)?[:]? ?[aé😀]{0,3}(\n|\r|\r\n|\n\n)){0,12}", cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
            at.sort_unstable();
            let mut parser = SseParser::default();
            let mut got = Vec::new();
            let mut from = 0;
            for to in at.into_iter().chain([bytes.len()]) {
                got.extend(parser.push(&bytes[from..to]).expect("short lines"));
                from = to;
            }
            got.extend(parser.finish());
            prop_assert_eq!(got, whole(bytes));
        }
    }
}
