//! OTLP/JSON: one document, Collector files with one document a line, arrays of documents, and the wrappers of query APIs
//! (`batches`, `trace`, `result`). One span at a time, whatever the size of the document.

mod around;

use super::group::Group;
use super::record;
use super::record::{BODY_FORMAT, Emitter, Signal};
use crate::raw;
use crate::sink::{FormatError, Input, Sink, Stop};
use crate::splitter::{Broken, Cut, Keys, Place, Window};
use crate::{Context, Format, Head, MAX_RECORD_BYTES, Strength, Verdict};
use retake_model::{Code, Mapped};

/// The format.
pub struct OtlpJson;

const GROUPS: [(&str, Signal); 6] = [
    ("resourceSpans", Signal::Spans),
    ("resource_spans", Signal::Spans),
    ("batches", Signal::Spans),
    ("resourceLogs", Signal::Logs),
    ("resource_logs", Signal::Logs),
    ("instrumentationLibraryLogs", Signal::Logs),
];
const WRAPPERS: [&str; 6] = ["trace", "traces", "result", "data", "payload", "message"];
const SCOPES: [&str; 6] = [
    "scopeSpans",
    "scope_spans",
    "instrumentationLibrarySpans",
    "scopeLogs",
    "scope_logs",
    "instrumentationLibraryLogs",
];
/// What may stand beside them and holds no records.
const BESIDE: [&str; 6] = ["resource", "scope", "instrumentationLibrary", "schemaUrl", "schema_url", "attributes"];
const RECORDS: [&str; 4] = ["spans", "logRecords", "log_records", "logs"];

impl Format for OtlpJson {
    fn name(&self) -> &'static str {
        "otlp-json"
    }
    fn title(&self) -> &'static str {
        "OpenTelemetry traces and logs (OTLP/JSON, Collector files)"
    }
    fn signals(&self) -> &'static [&'static str] {
        &["traces", "logs", "messages", "tool_calls", "documents", "usage", "audit"]
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["json", "jsonl", "ndjson"]
    }
    fn lacks(&self) -> &'static [&'static str] {
        &["message content, unless the instrumentation was told to record it", "cost"]
    }

    fn detect(&self, head: &Head<'_>) -> Verdict {
        let outline = head.outline();
        if !outline.is_json() {
            return Verdict::not_mine("not JSON");
        }
        for prefix in
            std::iter::once(String::new()).chain(WRAPPERS.iter().flat_map(|w| [format!("{w}."), format!("{w}[].")]))
        {
            for (key, _) in GROUPS {
                let path = format!("{prefix}{key}");
                if !outline.has(&path) {
                    continue;
                }
                let inside = SCOPES.iter().any(|scope| outline.has(&format!("{path}[].{scope}")))
                    || outline.has(&format!("{path}[].resource"));
                if inside || key != "batches" {
                    return Verdict::mine(Strength::Exact, format!("objects have `{path}`"));
                }
            }
        }
        if outline.has("resourceMetrics") || outline.has("resource_metrics") {
            return Verdict::near("holds `resourceMetrics`: metrics are not imported, only traces and logs", 3);
        }
        let near = outline.count(&["traceId", "spanId", "trace_id", "span_id", "startTimeUnixNano"]);
        Verdict::near("objects have no `resourceSpans` or `resourceLogs`", u8::try_from(near).unwrap_or(2))
    }

    fn parse(&self, input: Input<'_>, context: &Context<'_>, sink: &mut dyn Sink) -> Result<(), FormatError> {
        let Input { reader, reopen } = input;
        let mut file = File {
            window: Window::new(reader, 0),
            reopen,
            emitter: Emitter { context: *context, sink },
            told_of_end: false,
            kept: false,
        };
        file.documents()
    }

    fn remap(&self, body: &[u8], _mapping: Option<&str>) -> Mapped {
        record::remap(body)
    }
}

/// Why a document ended early.
enum End {
    Broken(Broken),
    Stopped,
}

impl From<Broken> for End {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<FormatError> for End {
    fn from(error: FormatError) -> Self {
        match error {
            FormatError::Read(error) => error.into(),
            FormatError::Stopped | FormatError::Mapping(_) => Self::Stopped,
        }
    }
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(Broken::Read(error))
    }
}

impl From<Stop> for End {
    fn from(_: Stop) -> Self {
        Self::Stopped
    }
}

/// Keeps what stands next raw.
type KeepRaw = fn(&mut Window<'_>, &Context<'_>, &'static str, &mut dyn Sink, &mut Cut) -> Result<(), Broken>;

struct File<'a, 'c, 's> {
    window: Window<'a>,
    reopen: Option<Box<crate::sink::Reopen<'a>>>,
    emitter: Emitter<'c, 's>,
    /// A warning of the early end was given already.
    told_of_end: bool,
    /// What broke the document was kept already.
    kept: bool,
}

impl File<'_, '_, '_> {
    fn documents(&mut self) -> Result<(), FormatError> {
        let begin = self.window.place();
        let mark = [0xEF, 0xBB, 0xBF];
        let mut marked = 0;
        while mark.get(marked).is_some_and(|byte| matches!(self.window.peek(), Ok(Some(next)) if next == *byte)) {
            self.window.bump();
            marked += 1;
        }
        if (1..mark.len()).contains(&marked) {
            self.emitter.warn(Code::RecordUnreadable, "the file begins with a part of a byte order mark", begin);
        }
        self.window.one_per_line =
            self.window.second_line_is(|key| GROUPS.iter().any(|(name, _)| *name == key) || WRAPPERS.contains(&key))?;
        let mut n_documents = 0u64;
        while let Some(next) = self.window.outer()? {
            let place = self.window.place();
            let outcome = if matches!(next, b'{' | b'[') { self.document(next) } else { self.stray() };
            match outcome {
                Ok(()) => {
                    n_documents += 1;
                    // Two documents on two lines: one a line from here on, so that a broken line costs itself only.
                    let line = self.window.place().line;
                    if n_documents == 1 && line == place.line && !self.window.one_per_line {
                        self.window.one_per_line = self.another_line()?;
                    }
                }
                Err(End::Stopped | End::Broken(Broken::Stopped)) => return Err(FormatError::Stopped),
                Err(End::Broken(Broken::Read(error))) => return Err(error.into()),
                Err(End::Broken(Broken::Ended)) => {
                    if !self.told_of_end {
                        let message = "the file ends within a document; the records before are kept";
                        self.emitter.warn(Code::RecordTruncated, message, place);
                    }
                    return Ok(());
                }
                Err(End::Broken(Broken::Garbage(what))) => {
                    if std::mem::take(&mut self.kept) {
                        let here = self.window.place();
                        self.emitter.warn(Code::RecordUnreadable, what, here);
                    } else {
                        self.keep_again(what, place, raw::keep_line)?;
                    }
                    // What follows a broken place is looked at line by line.
                    self.window.one_per_line = true;
                    if self.window.peek()? != Some(b'\n') && !self.window.next_line()? {
                        return Ok(());
                    }
                }
            }
            self.emitter.sink.progress(self.window.offset())?;
        }
        Ok(())
    }

    fn another_line(&mut self) -> Result<bool, FormatError> {
        while let Some(byte) = self.window.peek()? {
            match byte {
                b'\n' => return Ok(true),
                b' ' | b'\t' | b'\r' => self.window.bump(),
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// A line that is no document.
    fn stray(&mut self) -> Result<(), End> {
        let mut cut = Cut::at(self.window.place());
        let Emitter { context, sink } = &mut self.emitter;
        raw::keep_line(&mut self.window, context, BODY_FORMAT, *sink, &mut cut)?;
        self.emitter.warn(Code::RecordUnreadable, "the line is no JSON document", cut.place);
        Ok(())
    }

    fn document(&mut self, next: u8) -> Result<(), End> {
        if next == b'[' {
            self.window.bump();
            while self.window.element()? {
                match self.window.inner()? {
                    b'{' => self.whole_envelope()?,
                    _ => self.unread("an entry is no document with traces or logs")?,
                }
            }
            return Ok(());
        }
        self.whole_envelope()
    }

    /// A document; one that holds nothing of ours is kept as what it is.
    fn whole_envelope(&mut self) -> Result<(), End> {
        let place = self.window.place();
        if self.envelope(0)? {
            return Ok(());
        }
        Ok(self.keep_again("the document has neither traces nor logs", place, raw::keep_value)?)
    }

    /// Warns of what cannot be read, and keeps it: it is read again where the file can be.
    fn keep_again(&mut self, what: &'static str, place: Place, keep: KeepRaw) -> Result<(), FormatError> {
        self.emitter.warn(Code::RecordUnreadable, what, place);
        let Some(reopen) = self.reopen.as_deref() else { return Ok(()) };
        let mut window = Window::from_place(reopen(place.offset)?, place);
        let Emitter { context, sink } = &mut self.emitter;
        match keep(&mut window, context, BODY_FORMAT, *sink, &mut Cut::at(place)) {
            Err(Broken::Read(error)) => Err(error.into()),
            Err(Broken::Stopped) => Err(FormatError::Stopped),
            Ok(()) | Err(Broken::Ended | Broken::Garbage(_)) => Ok(()),
        }
    }

    /// A value that stands where something else belongs is kept as it is.
    fn unread(&mut self, what: &'static str) -> Result<(), End> {
        let mut cut = Cut::at(self.window.place());
        let Emitter { context, sink } = &mut self.emitter;
        let outcome = raw::keep_value(&mut self.window, context, BODY_FORMAT, *sink, &mut cut);
        if cut.len > 0 {
            self.kept = outcome.is_err();
            self.emitter.warn(Code::RecordUnreadable, what, cut.place);
        }
        Ok(outcome?)
    }

    /// Whether the object, or one that it wraps, holds lists of traces or logs.
    fn envelope(&mut self, level: usize) -> Result<bool, End> {
        let mut ours = false;
        self.window.expect(b'{', "expected an object")?;
        let mut keys = Keys::default();
        while let Some(key) = self.window.key()? {
            self.note(&mut keys, &key);
            let next = self.window.inner()?;
            if let Some((_, signal)) = GROUPS.iter().find(|(name, _)| *name == key) {
                ours = true;
                if next != b'[' {
                    self.unread("what should be a list of resources is none")?;
                    continue;
                }
                self.window.bump();
                while self.window.element()? {
                    self.group(*signal)?;
                }
            } else if WRAPPERS.contains(&key.as_str()) && level < 3 && matches!(next, b'{' | b'[') {
                if next == b'{' {
                    ours |= self.envelope(level + 1)?;
                } else {
                    self.window.bump();
                    while self.window.element()? {
                        match self.window.inner()? {
                            b'{' => ours |= self.envelope(level + 1)?,
                            _ => self.window.skip()?,
                        }
                    }
                }
            } else {
                // Metrics are known, and not imported.
                ours |= matches!(key.as_str(), "resourceMetrics" | "resource_metrics");
                self.window.skip()?;
            }
        }
        Ok(ours)
    }

    /// Tells a key that stands twice in an object around the records.
    fn note(&mut self, keys: &mut Keys, key: &str) {
        if !keys.repeats(key) {
            return;
        }
        let lists = GROUPS.iter().any(|(name, _)| *name == key)
            || [&WRAPPERS[..], &SCOPES, &RECORDS].iter().any(|names| names.contains(&key));
        let (code, message) = record::repeated(key);
        let place = self.window.place();
        let taken = if lists { "both are read" } else { "the first is taken" };
        self.emitter.warn(code, format!("{message}; {taken}"), place);
    }

    fn group(&mut self, signal: Signal) -> Result<(), End> {
        if self.window.inner()? != b'{' {
            return self.unread("what should be a resource with its spans is no object");
        }
        let start = self.window.place();
        let mut group = Group::new(signal);
        let outcome = self.group_fields(&mut group, start);
        if !matches!(outcome, Err(End::Stopped)) {
            group.end(&mut self.emitter)?;
        }
        outcome
    }

    fn group_fields(&mut self, group: &mut Group, start: Place) -> Result<(), End> {
        self.window.expect(b'{', "expected an object")?;
        let (mut holds, mut unknown) = (false, false);
        let mut keys = Keys::default();
        while let Some(key) = self.window.key()? {
            self.note(&mut keys, &key);
            if key == "resource" && !group.has_resource() {
                let cut = self.window.cut(MAX_RECORD_BYTES)?;
                self.set_resource(group, &cut)?;
            } else if SCOPES.contains(&key.as_str()) {
                holds = true;
                if self.window.inner()? != b'[' {
                    self.unread("what should be a list of scopes is none")?;
                    continue;
                }
                self.window.bump();
                while self.window.element()? {
                    self.scope(group, start)?;
                }
            } else {
                unknown |= !BESIDE.contains(&key.as_str());
                self.window.skip()?;
            }
        }
        if unknown && !holds {
            let what = "a resource has no list of scopes, and something that is not known";
            self.keep_again(what, start, raw::keep_value)?;
        }
        Ok(())
    }

    fn scope(&mut self, group: &mut Group, group_start: Place) -> Result<(), End> {
        if self.window.inner()? != b'{' {
            return self.unread("what should be a scope with its spans is no object");
        }
        let scope_start = self.window.place();
        group.begin_scope();
        let (mut holds, mut unknown) = (false, false);
        self.window.expect(b'{', "expected an object")?;
        let mut keys = Keys::default();
        while let Some(key) = self.window.key()? {
            self.note(&mut keys, &key);
            if matches!(key.as_str(), "scope" | "instrumentationLibrary") && !group.has_scope() {
                let cut = self.window.cut(MAX_RECORD_BYTES)?;
                self.set_scope(group, &cut)?;
            } else if RECORDS.contains(&key.as_str()) {
                holds = true;
                if self.window.inner()? != b'[' {
                    self.unread("what should be a list of records is none")?;
                    continue;
                }
                self.window.bump();
                while self.window.element()? {
                    self.record(group, group_start, scope_start)?;
                }
            } else {
                unknown |= !BESIDE.contains(&key.as_str());
                self.window.skip()?;
            }
        }
        if unknown && !holds {
            let what = "a scope has no list of records, and something that is not known";
            self.keep_again(what, scope_start, raw::keep_value)?;
        }
        group.end_scope(&mut self.emitter)?;
        Ok(())
    }

    fn record(&mut self, group: &mut Group, group_start: Place, scope_start: Place) -> Result<(), End> {
        let mut cut = Cut::at(self.window.place());
        let Emitter { context, sink } = &mut self.emitter;
        let outcome = raw::cut_into(&mut self.window, context, BODY_FORMAT, *sink, &mut cut);
        let (spilled, place) = (cut.is_spilled(), cut.place);
        if spilled {
            self.emitter.warn(Code::RecordTooLarge, raw::too_large(cut.len), place);
        } else if outcome.is_err() {
            raw::keep(context, BODY_FORMAT, &cut.bytes, place, *sink)?;
        }
        if matches!(outcome, Err(Broken::Ended)) {
            self.told_of_end = true;
            self.emitter.warn(Code::RecordTruncated, "the file ends within this record", place);
        }
        self.kept |= matches!(outcome, Err(Broken::Garbage(_)));
        outcome?;
        if !spilled && let Some(wanted) = group.record(&mut self.emitter, cut)? {
            self.look_ahead(group, wanted, group_start, scope_start)?;
        }
        self.emitter.sink.progress(self.window.offset())?;
        Ok(())
    }
}
