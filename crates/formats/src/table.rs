//! Tables with a header: the delimiter, the rows and where they stand, each row as an object. What a row means is told by
//! who reads them ([`Reading`]). Quoted fields may hold line breaks; a row that does not end is kept raw in bounded memory.

use crate::audit::names::{n_told, normalised};
use crate::raw::{RawRecord, rejected};
use crate::sink::{FormatError, Sink, Stop, WarningAt};
use crate::splitter::Place;
use crate::time::DayOrder;
use crate::{Context, Head, MAX_RECORD_BYTES};
use csv::{ByteRecord, ReaderBuilder, WriterBuilder};
use retake_model::{Code, Fact, JsonMap};
use serde_json::Value;
use std::borrow::Cow;
use std::cell::Cell;
use std::io::{BufRead, BufReader, Read};
use std::rc::Rc;

/// Rows that are looked at to recognise a file.
pub(crate) const SAMPLES: usize = 20;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What the rows of a table mean.
pub(crate) trait Reading {
    /// What one row says.
    type Said;
    /// Name of the format.
    fn name(&self) -> &'static str;
    /// The delimiter, when it is told.
    fn delimiter(&self) -> Option<u8>;
    /// Looks at the first rows before any is read; gives the order of their dates, when some prove it.
    fn look_ahead(&mut self, rows: &[JsonMap]) -> Option<DayOrder>;
    /// An error when the table lacks a column that is named.
    fn check(&self, columns: &[Cow<'_, str>]) -> Result<(), String>;
    /// Reads a row.
    fn read(&mut self, record: &JsonMap, issues: &mut Vec<(Code, String)>) -> Result<Self::Said, (Code, String)>;
    /// The fact of what a row says.
    fn fact(&self, context: &Context<'_>, said: Self::Said, body: Vec<u8>, place: Place) -> Fact;
}

/// A row that was kept with its header, so that it can be read by itself.
pub(crate) struct StoredRow {
    /// The order of dates that other rows of its file proved.
    pub order: Option<DayOrder>,
    pub record: JsonMap,
}

/// Reads a kept row.
pub(crate) fn stored_row(body: &[u8], delimiter: Option<u8>) -> Option<StoredRow> {
    let order = [DayOrder::DayFirst, DayOrder::MonthFirst].into_iter().find(|one| body.starts_with(note_of(*one)));
    let body = order.map_or(body, |one| body.get(note_of(one).len()..).unwrap_or_default());
    let delimiter = delimiter.unwrap_or_else(|| header_of(body, None).0);
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(body);
    let mut records = reader.byte_records();
    let (Some(Ok(header)), Some(Ok(row))) = (records.next(), records.next()) else { return None };
    Some(StoredRow { order, record: record_of(&header, &row)? })
}

/// Stands before a row whose date only other rows of its file explain, so that it can be read again by itself.
fn note_of(order: DayOrder) -> &'static [u8] {
    match order {
        DayOrder::DayFirst => b"# dates of this file have the day first\n",
        DayOrder::MonthFirst => b"# dates of this file have the month first\n",
    }
}

/// What stands before the header: a byte order mark, `#` comments, the `sep=;` of a spreadsheet. Gives the rest, and the
/// delimiter when that line names it.
pub(crate) fn preamble(bytes: &[u8]) -> (&[u8], Option<u8>) {
    let mut rest = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let mut delimiter = None;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let line = rest.get(..end).unwrap_or_default().trim_ascii();
        match line {
            [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', one] => delimiter = Some(*one),
            [b'#', ..] | [] => {}
            _ => break,
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    (rest, delimiter)
}

/// The columns of a table as they are written; `None` where the first line names less than two.
pub(crate) fn columns(text: &str, delimiter: Option<u8>) -> Option<Vec<String>> {
    let (rest, told) = preamble(text.as_bytes());
    let delimiter = delimiter.unwrap_or_else(|| header_of(rest, told).0);
    let (header, _) = table(rest, delimiter, true);
    (header.len() >= 2).then_some(header)
}

/// The columns as they are written, and whether the first rows have as many fields as there are columns, none of which is
/// a number.
pub(crate) fn table(bytes: &[u8], delimiter: u8, whole: bool) -> (Vec<String>, bool) {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(bytes);
    let rows: Vec<ByteRecord> = reader.byte_records().filter_map(Result::ok).take(SAMPLES + 1).collect();
    let Some((header, mut rows)) = rows.split_first() else { return (Vec::new(), false) };
    if !whole && rows.len() < SAMPLES {
        // The last row may be cut.
        rows = rows.split_last().map_or(rows, |(_, before)| before);
    }
    let header: Vec<String> = header.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let named = header.iter().all(|name| !name.is_empty() && name.len() <= 64 && name.parse::<f64>().is_err());
    let regular = named && !rows.is_empty() && rows.iter().all(|row| row.len() == header.len());
    (header, regular)
}

/// The first rows as objects.
pub(crate) fn samples(bytes: &[u8], delimiter: u8, most: usize) -> Vec<JsonMap> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(bytes);
    let mut rows = reader.byte_records();
    let Some(Ok(header)) = rows.next() else { return Vec::new() };
    rows.take(most).filter_map(Result::ok).filter_map(|row| record_of(&header, &row)).collect()
}

/// The delimiter and the column names, from the first bytes.
pub(crate) fn header_of(bytes: &[u8], told: Option<u8>) -> (u8, Vec<String>) {
    let columns = |delimiter: u8| -> Vec<String> {
        let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(bytes);
        let mut header = ByteRecord::new();
        match reader.read_byte_record(&mut header) {
            Ok(true) => header.iter().map(|name| normalised(&String::from_utf8_lossy(name))).collect(),
            _ => Vec::new(),
        }
    };
    let mut best = (b',', Vec::new(), (0, 0));
    if let Some(delimiter) = told {
        return (delimiter, columns(delimiter));
    }
    for delimiter in DELIMITERS {
        let names = columns(delimiter);
        let rank = (n_told(&names), names.len());
        if rank > best.2 {
            best = (delimiter, names, rank);
        }
    }
    (best.0, best.1)
}

/// Ends a stream whose record goes on without end: an unclosed quote must not take the memory.
struct Bounded<R> {
    inner: R,
    read: u64,
    record_from: Rc<Cell<u64>>,
    cut: Rc<Cell<bool>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.read.saturating_sub(self.record_from.get()) > MAX_RECORD_BYTES as u64 {
            self.cut.set(true);
            return Ok(0);
        }
        let n = self.inner.read(out)?;
        self.read += n as u64;
        Ok(n)
    }
}

/// Reads a whole table.
pub(crate) fn read_rows<R: Reading>(
    reader: Box<dyn Read + '_>,
    context: &Context<'_>,
    sink: &mut dyn Sink,
    reading: &mut R,
) -> Result<(), FormatError> {
    let (mut head, mut reader) = (Vec::new(), reader);
    reader.by_ref().take(Head::BYTES as u64).read_to_end(&mut head)?;
    let at_hand = head.as_slice();
    let (rest, told) = preamble(at_hand);
    let skipped = at_hand.len() - rest.len();
    let skipped_lines = memchr::memchr_iter(b'\n', at_hand.get(..skipped).unwrap_or_default()).count() as u64;
    let delimiter = reading.delimiter().unwrap_or_else(|| header_of(rest, told).0);
    let order = reading.look_ahead(&samples(rest, delimiter, usize::MAX));
    let mut buffered = BufReader::with_capacity(64 << 10, head.get(skipped..).unwrap_or_default().chain(reader));
    let mut rows = Rows {
        header: ByteRecord::new(),
        delimiter,
        order,
        place: Place { offset: skipped as u64, line: skipped_lines },
    };
    while let Some(rest) = rows.part(buffered, context, sink, reading)? {
        buffered = rest;
    }
    Ok(())
}

/// Rows of a file, and where they begin.
struct Rows {
    header: ByteRecord,
    delimiter: u8,
    order: Option<DayOrder>,
    place: Place,
}

impl Rows {
    /// Reads rows to the end of the file, or to one that is too large. Then what follows that row's line is given back.
    fn part<S: BufRead, R: Reading>(
        &mut self,
        source: S,
        context: &Context<'_>,
        sink: &mut dyn Sink,
        reading: &mut R,
    ) -> Result<Option<S>, FormatError> {
        let (record_from, cut) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
        let bounded = Bounded { inner: source, read: 0, record_from: Rc::clone(&record_from), cut: Rc::clone(&cut) };
        let delimiter = self.delimiter;
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(bounded);
        if self.header.is_empty() {
            if !reader.read_byte_record(&mut self.header).map_err(read_error)? {
                return Ok(None);
            }
            let columns: Vec<_> = self.header.iter().map(|name| String::from_utf8_lossy(name.trim_ascii())).collect();
            reading.check(&columns).map_err(FormatError::Mapping)?;
        }
        let mut row = ByteRecord::new();
        loop {
            record_from.set(reader.position().byte());
            let more = reader.read_byte_record(&mut row).map_err(read_error)?;
            let at = row.position().map_or((0, 0), |at| (at.byte(), at.line()));
            let place = Place { offset: at.0 + self.place.offset, line: at.1 + self.place.line };
            if cut.get() {
                let mut raw = self.too_large(&row, place, context, sink, reading.name())?;
                let n_lines = reader.position().line();
                let Bounded { mut inner, read, .. } = reader.into_inner();
                let passed = pass_line(&mut inner, &mut |bytes| raw.push(context, bytes, sink))?;
                raw.finish(context, sink)?;
                self.place.offset += read + passed;
                self.place.line += n_lines;
                return Ok(Some(inner));
            }
            if !more {
                return Ok(None);
            }
            if !row.iter().all(<[u8]>::is_empty) {
                self.row(&row, place, context, sink, reading)?;
            }
        }
    }

    fn too_large(
        &self,
        row: &ByteRecord,
        place: Place,
        context: &Context<'_>,
        sink: &mut dyn Sink,
        format: &'static str,
    ) -> Result<RawRecord, FormatError> {
        let message = "the row does not end within 64 MiB, perhaps for a quote that is never closed; its fields are kept up to \
                       the end of that line, and what follows is read";
        let (line, byte_offset) = (Some(place.line), place.offset);
        sink.warning(WarningAt { code: Code::RecordTooLarge, message: message.to_owned(), line, byte_offset });
        let mut raw = RawRecord::new(format, place);
        raw.push(context, &one_row(&self.header, row, self.delimiter), sink)?;
        Ok(raw)
    }

    fn row<R: Reading>(
        &self,
        row: &ByteRecord,
        place: Place,
        context: &Context<'_>,
        sink: &mut dyn Sink,
        reading: &mut R,
    ) -> Result<(), FormatError> {
        let mut body = self.order.map(|order| note_of(order).to_vec()).unwrap_or_default();
        body.extend(one_row(&self.header, row, self.delimiter));
        let mut issues = Vec::new();
        let said = match record_of(&self.header, row) {
            Some(record) => reading.read(&record, &mut issues),
            None => Err((Code::InvalidUtf8, "a field of the row is not UTF-8".to_owned())),
        };
        if row.len() > self.header.len() {
            let message = format!("the row has {} fields, the header {}", row.len(), self.header.len());
            issues.push((Code::RecordUnreadable, message));
        }
        // A quote that is never closed takes the rest of the file into its field.
        let open_ended =
            row.len() < self.header.len() && row.iter().next_back().is_some_and(|last| last.contains(&b'\n'));
        let said = if open_ended {
            let message = "a quote of the row is not closed, so that it takes what follows with it";
            Err((Code::RecordTruncated, message.to_owned()))
        } else {
            said
        };
        let fact = match said {
            Ok(said) => reading.fact(context, said, body, place),
            Err(issue) => {
                issues.push(issue);
                rejected(context, reading.name(), body, place)
            }
        };
        for (code, message) in issues {
            sink.warning(WarningAt { code, message, line: Some(place.line), byte_offset: place.offset });
        }
        sink.fact(fact)?;
        Ok(sink.progress(place.offset)?)
    }
}

/// Passes over the rest of a line; gives its bytes with the line break.
fn pass_line(
    reader: &mut impl BufRead,
    passing: &mut dyn FnMut(&[u8]) -> Result<(), Stop>,
) -> Result<u64, FormatError> {
    let mut passed = 0;
    loop {
        let at_hand = reader.fill_buf()?;
        let end = memchr::memchr(b'\n', at_hand);
        let n = end.map_or(at_hand.len(), |end| end + 1);
        passing(at_hand.get(..n).unwrap_or_default())?;
        reader.consume(n);
        passed += n as u64;
        if end.is_some() || n == 0 {
            return Ok(passed);
        }
    }
}

fn read_error(error: csv::Error) -> FormatError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => FormatError::Read(std::io::Error::other(format!("{other:?}"))),
    }
}

/// A row as an object; `None` when it is not UTF-8. Empty fields are absent.
fn record_of(header: &ByteRecord, row: &ByteRecord) -> Option<JsonMap> {
    let mut record = JsonMap::new();
    for (at, field) in row.iter().enumerate() {
        let value = std::str::from_utf8(field).ok()?;
        let name = match header.get(at) {
            Some(name) => std::str::from_utf8(name).ok()?.trim().to_owned(),
            None => format!("column_{}", at + 1),
        };
        if !value.is_empty() {
            record.insert(name, Value::from(value));
        }
    }
    Some(record)
}

/// The header and one row.
fn one_row(header: &ByteRecord, row: &ByteRecord, delimiter: u8) -> Vec<u8> {
    let mut writer = WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_byte_record(header);
    let _ = writer.write_byte_record(row);
    writer.into_inner().unwrap_or_default()
}
