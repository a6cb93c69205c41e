//! OTLP protobuf: one export request of traces or logs, or a Collector file with each request behind its length (four
//! bytes, big-endian), each possibly zstd on its own. Requests of traces and of logs have the same outer shape: what a
//! record is, is told by its own fields.

use super::encode;
use super::record::{BODY_FORMAT, Emitter, Record, Signal, Surroundings};
use super::shape::{ZSTD, first_record, is_framed, is_json_text, signal_of};
use crate::raw::{self, PART_BYTES, RawRecord};
use crate::sink::{FormatError, Input, Sink, Stop};
use crate::splitter::Place;
use crate::{Context, Format, Head, MAX_RECORD_BYTES, Strength, Verdict};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use prost::Message;
use retake_model::{Code, Mapped};
use std::io::Read;

/// The format.
pub struct OtlpProtobuf;

impl Format for OtlpProtobuf {
    fn name(&self) -> &'static str {
        "otlp-protobuf"
    }
    fn title(&self) -> &'static str {
        "OpenTelemetry traces and logs (OTLP protobuf, Collector files)"
    }
    fn signals(&self) -> &'static [&'static str] {
        &["traces", "logs", "messages", "tool_calls", "documents", "usage", "audit"]
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["pb", "bin", "binpb"]
    }
    fn lacks(&self) -> &'static [&'static str] {
        &["message content, unless the instrumentation was told to record it", "cost"]
    }

    fn detect(&self, head: &Head<'_>) -> Verdict {
        let bytes = head.bytes();
        if is_json_text(head) {
            return Verdict::not_mine("JSON text, no protobuf");
        }
        if is_framed(bytes, head.is_whole()) {
            return Verdict::mine(Strength::Exact, "requests behind their lengths");
        }
        if bytes.first() != Some(&0x0A) {
            return Verdict::not_mine("does not begin with a protobuf field 1");
        }
        match first_record(bytes, 3) {
            Some(record) => match signal_of(record) {
                Some(Signal::Spans) => Verdict::mine(Strength::Exact, "a request with spans"),
                Some(Signal::Logs) => Verdict::mine(Strength::Exact, "a request with log records"),
                None => Verdict::near("protobuf, but neither spans nor log records", 2),
            },
            None => Verdict::not_mine("no records in the protobuf fields"),
        }
    }

    fn parse(&self, input: Input<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), FormatError> {
        let mut emitter = Emitter { context: *context, sink };
        let reader = Box::new(std::io::BufReader::with_capacity(256 << 10, input.reader));
        let mut stream = Stream { reader, offset: 0 };
        let mut first = [0; 5];
        let n = stream.fill(&mut first)?;
        let framed = is_framed(first.get(..n).unwrap_or_default(), false);
        let mut stream =
            Stream { reader: Box::new(std::io::Cursor::new(first[..n].to_vec()).chain(stream.reader)), offset: 0 };
        if framed {
            return frames(&mut stream, &mut emitter);
        }
        let outcome = request(&mut stream, u64::MAX, input.reopen.as_deref(), &mut emitter);
        finish(outcome, &mut emitter, stream.offset)
    }

    fn remap(&self, body: &[u8], _mapping: Option<&str>) -> Mapped {
        super::record::remap(body)
    }
}

fn finish(outcome: Result<(), End>, emitter: &mut Emitter<'_, '_>, offset: u64) -> Result<(), FormatError> {
    let place = Place { offset, line: 0 };
    match outcome {
        Ok(()) => Ok(()),
        Err(End::Stopped) => Err(FormatError::Stopped),
        Err(End::Read(error)) => Err(error.into()),
        Err(End::Ended) => {
            emitter.warn(Code::RecordTruncated, "the file ends within a message; the records before are kept", place);
            Ok(())
        }
        Err(End::Garbage) => {
            emitter.warn(Code::RecordUnreadable, "the bytes are no protobuf fields from here on", place);
            Ok(())
        }
    }
}

enum End {
    Ended,
    Garbage,
    Stopped,
    Read(std::io::Error),
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Read(error)
    }
}

impl From<Stop> for End {
    fn from(_: Stop) -> Self {
        Self::Stopped
    }
}

struct Stream<'a> {
    reader: Box<dyn Read + 'a>,
    offset: u64,
}

impl Stream<'_> {
    /// Reads as many bytes as there are, up to the length of `out`.
    fn fill(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let mut n = 0;
        while let Some(room) = out.get_mut(n..).filter(|room| !room.is_empty()) {
            match self.reader.read(room) {
                Ok(0) => break,
                Ok(read) => n += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.offset += n as u64;
        Ok(n)
    }

    fn byte(&mut self) -> Result<Option<u8>, End> {
        let mut byte = [0];
        Ok((self.fill(&mut byte)? == 1).then_some(byte[0]))
    }

    /// A varint; `None` at the end of the file before its first byte.
    fn varint(&mut self) -> Result<Option<u64>, End> {
        let mut value = 0u64;
        for at in 0..10u32 {
            let Some(byte) = self.byte()? else { return if at == 0 { Ok(None) } else { Err(End::Ended) } };
            value |= u64::from(byte & 0x7F) << (7 * at).min(63);
            if byte & 0x80 == 0 {
                return Ok(Some(value));
            }
        }
        Err(End::Garbage)
    }

    fn take(&mut self, len: u64, limit: usize) -> Result<Vec<u8>, End> {
        let wanted = usize::try_from(len).unwrap_or(usize::MAX).min(limit);
        let mut bytes = Vec::new();
        let read = (&mut self.reader).take(wanted as u64).read_to_end(&mut bytes)?;
        self.offset += read as u64;
        if read < wanted {
            return Err(End::Ended);
        }
        self.skip(len - wanted as u64)?;
        Ok(bytes)
    }

    fn skip(&mut self, len: u64) -> Result<(), End> {
        let copied = std::io::copy(&mut (&mut self.reader).take(len), &mut std::io::sink())?;
        self.offset += copied;
        if copied < len { Err(End::Ended) } else { Ok(()) }
    }

    /// Passes over a field that is no message.
    fn skip_field(&mut self, wire: u8) -> Result<(), End> {
        match wire {
            0 => self.varint()?.map(|_| ()).ok_or(End::Ended),
            1 => self.skip(8),
            2 => {
                let len = self.varint()?.ok_or(End::Ended)?;
                self.skip(len)
            }
            5 => self.skip(4),
            _ => Err(End::Garbage),
        }
    }

    /// The next field of a message that ends at `end`: its number, wire type and, for messages, the length.
    fn field(&mut self, end: u64) -> Result<Option<(u64, u8, u64)>, End> {
        if self.offset >= end {
            return Ok(None);
        }
        let Some(key) = self.varint()? else { return if end == u64::MAX { Ok(None) } else { Err(End::Ended) } };
        let wire = (key & 7) as u8;
        let len = if wire == 2 { self.varint()?.ok_or(End::Ended)? } else { 0 };
        if key >> 3 == 0 || (wire == 2 && len > end.saturating_sub(self.offset)) {
            return Err(End::Garbage);
        }
        Ok(Some((key >> 3, wire, len)))
    }

    fn other(&mut self, wire: u8, len: u64) -> Result<(), End> {
        if wire == 2 { self.skip(len) } else { self.skip_field(wire) }
    }
}

type Reopened<'r, 'a> = Option<&'r crate::sink::Reopen<'a>>;

fn request(
    stream: &mut Stream<'_>,
    end: u64,
    reopen: Reopened<'_, '_>,
    emitter: &mut Emitter<'_, '_>,
) -> Result<(), End> {
    while let Some((field, wire, len)) = stream.field(end)? {
        if field == 1 && wire == 2 {
            let end = stream.offset + len;
            group(stream, end, reopen, emitter)?;
        } else {
            stream.other(wire, len)?;
        }
        emitter.sink.progress(stream.offset)?;
    }
    Ok(())
}

/// One field 1 of a message in the same bytes, looked for from `offset`, when a writer put it behind field 2.
fn look_ahead(reopen: Reopened<'_, '_>, offset: u64, end: u64) -> Option<Vec<u8>> {
    let mut stream = Stream { reader: reopen?(offset).ok()?, offset };
    while let Ok(Some((field, wire, len))) = stream.field(end) {
        if field == 1 && wire == 2 {
            return stream.take(len, MAX_RECORD_BYTES).ok();
        }
        stream.other(wire, len).ok()?;
    }
    None
}

fn group(
    stream: &mut Stream<'_>,
    end: u64,
    reopen: Reopened<'_, '_>,
    emitter: &mut Emitter<'_, '_>,
) -> Result<(), End> {
    let start = stream.offset;
    let mut around = Surroundings::default();
    let mut known = false;
    while let Some((field, wire, len)) = stream.field(end)? {
        match (field, wire) {
            (1, 2) => {
                let bytes = stream.take(len, MAX_RECORD_BYTES)?;
                set_resource(&mut around, &bytes, emitter, stream.offset - len);
                known = true;
            }
            (2, 2) => {
                if !known {
                    // Writers follow the order of the fields; for one that does not, the rest of the group is read twice.
                    if let Some(bytes) = look_ahead(reopen, start, end) {
                        set_resource(&mut around, &bytes, emitter, start);
                    }
                    known = true;
                }
                let end = stream.offset + len;
                scope(stream, end, reopen, &mut around, emitter)?;
            }
            _ => stream.other(wire, len)?,
        }
    }
    Ok(())
}

fn set_resource(around: &mut Surroundings, bytes: &[u8], emitter: &mut Emitter<'_, '_>, offset: u64) {
    match Resource::decode(bytes) {
        Ok(resource) => {
            let resource = Resource { entity_refs: Vec::new(), dropped_attributes_count: 0, ..resource };
            let json = encode::resource_json(&resource);
            around.set_resource(resource, json);
        }
        Err(error) => {
            let place = Place { offset, line: 0 };
            emitter.warn(Code::RecordUnreadable, format!("a resource cannot be read: {error}"), place);
        }
    }
}

fn scope(
    stream: &mut Stream<'_>,
    end: u64,
    reopen: Reopened<'_, '_>,
    around: &mut Surroundings,
    emitter: &mut Emitter<'_, '_>,
) -> Result<(), End> {
    let start = stream.offset;
    around.set_scope(InstrumentationScope::default(), Vec::new());
    let mut known = false;
    while let Some((field, wire, len)) = stream.field(end)? {
        match (field, wire) {
            (1, 2) => {
                let bytes = stream.take(len, MAX_RECORD_BYTES)?;
                set_scope(around, &bytes);
                known = true;
            }
            (2, 2) => {
                if !known {
                    if let Some(bytes) = look_ahead(reopen, start, end) {
                        set_scope(around, &bytes);
                    }
                    known = true;
                }
                record(stream, len, around, emitter)?;
                emitter.sink.progress(stream.offset)?;
            }
            _ => stream.other(wire, len)?,
        }
    }
    Ok(())
}

fn set_scope(around: &mut Surroundings, bytes: &[u8]) {
    if let Ok(scope) = InstrumentationScope::decode(bytes) {
        let scope = InstrumentationScope { dropped_attributes_count: 0, ..scope };
        let json = encode::scope_json(&scope);
        around.set_scope(scope, json);
    }
}

fn record(stream: &mut Stream<'_>, len: u64, around: &Surroundings, emitter: &mut Emitter<'_, '_>) -> Result<(), End> {
    let place = Place { offset: stream.offset, line: 0 };
    if len > MAX_RECORD_BYTES as u64 {
        emitter.warn(Code::RecordTooLarge, raw::too_large(len), place);
        let mut record = RawRecord::new(BODY_FORMAT, place);
        let mut left = len;
        while left > 0 {
            let part = left.min(PART_BYTES as u64);
            match stream.take(part, PART_BYTES) {
                Ok(bytes) => record.push(&emitter.context, &bytes, emitter.sink)?,
                Err(end) => {
                    record.finish(&emitter.context, emitter.sink)?;
                    return Err(end);
                }
            }
            left -= part;
        }
        return Ok(record.finish(&emitter.context, emitter.sink)?);
    }
    let bytes = stream.take(len, MAX_RECORD_BYTES)?;
    let decoded = match signal_of(&bytes) {
        Some(Signal::Logs) => LogRecord::decode(bytes.as_slice()).map(|log| {
            let body = log.body.filter(|body| body.value.is_some());
            Record::Log(Box::new(LogRecord { body, ..log }))
        }),
        _ => Span::decode(bytes.as_slice()).map(|span| {
            let status = span.status.filter(|status| *status != Status::default());
            Record::Span(Box::new(Span { status, ..span }))
        }),
    };
    match decoded {
        Ok(record) => {
            let body = match &record {
                Record::Span(span) => around.document(Signal::Spans, &encode::span_json(span)),
                Record::Log(log) => around.document(Signal::Logs, &encode::log_record_json(log)),
            };
            emitter.emit(record, around, body, place, Vec::new())?;
        }
        Err(error) => {
            let text = error.to_string();
            let code = if text.contains("UTF-8") { Code::InvalidUtf8 } else { Code::RecordUnreadable };
            emitter.warn(code, format!("a record cannot be decoded: {text}"), place);
            raw::keep(&emitter.context, BODY_FORMAT, &bytes, place, emitter.sink)?;
        }
    }
    Ok(())
}

fn frames(stream: &mut Stream<'_>, emitter: &mut Emitter<'_, '_>) -> Result<(), FormatError> {
    loop {
        let start = stream.offset;
        let mut length = [0; 4];
        match stream.fill(&mut length)? {
            0 => return Ok(()),
            4 => {}
            _ => return finish(Err(End::Ended), emitter, start),
        }
        let len = u64::from(u32::from_be_bytes(length));
        let mut first = [0; 4];
        let wanted = usize::try_from(len).unwrap_or(4).min(4);
        let n = stream.fill(&mut first[..wanted])?;
        let compressed = n == 4 && first == ZSTD;
        // The frame is read through a reader of its own, so that a broken one costs itself only.
        let rest = (&mut stream.reader).take(len - n as u64);
        let chained = std::io::Cursor::new(first[..n].to_vec()).chain(rest);
        let mut counted = Counted { inner: chained, n: 0 };
        let outcome = if compressed {
            match crate::otlp::protobuf::zstd_reader(&mut counted) {
                Ok(reader) => {
                    let mut inner = Stream { reader: Box::new(reader), offset: 0 };
                    request(&mut inner, u64::MAX, None, emitter)
                }
                Err(error) => Err(End::Read(error)),
            }
        } else {
            let mut inner = Stream { reader: Box::new(&mut counted), offset: start + 4 };
            request(&mut inner, start + 4 + len, None, emitter)
        };
        // What the request left of its frame.
        std::io::copy(&mut counted, &mut std::io::sink())?;
        let whole = counted.n == len;
        drop(counted);
        stream.offset = start + 4 + len;
        let outcome = match outcome {
            // zstd reports damage as a read error of its own.
            Err(End::Read(_)) if compressed => Err(End::Garbage),
            other => other,
        };
        if !whole {
            return finish(Err(End::Ended), emitter, start);
        }
        finish(outcome, emitter, start)?;
        emitter.sink.progress(stream.offset)?;
    }
}

struct Counted<R> {
    inner: R,
    n: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(out)?;
        self.n += n as u64;
        Ok(n)
    }
}

/// A zstd frame, with the window that a hostile frame can ask for bounded to 64 MiB.
pub(crate) fn zstd_reader<'a>(reader: impl Read + 'a) -> std::io::Result<impl Read + 'a> {
    let mut decoder = zstd::stream::read::Decoder::new(reader)?;
    decoder.window_log_max(26)?;
    Ok(decoder)
}
