//! Records of a JSON file: one a line, the elements of an array, or of the list within one object. One at a time.

use crate::detect::Outline;
use crate::json::Json;
use crate::otlp::record::{code_of, repeated};
use crate::raw;
use crate::sink::{FormatError, Sink, WarningAt};
use crate::splitter::{Broken, Cut, Keys, Place, Window};
use crate::{Context, MAX_DEPTH};
use retake_model::{Code, Fact, JsonMap};
use serde_json::Value;
use std::io::Read;

/// Makes a fact of one record: its object, its bytes, its place; the list takes problems worth a warning.
pub(crate) type MakeFact<'f> =
    &'f mut dyn FnMut(JsonMap, &[u8], Place, &mut Vec<(Code, String)>) -> Result<Fact, (Code, String)>;

/// Reads a file of JSON objects and pushes the fact that `make` makes of each; what cannot be read is kept raw and warned of.
pub(crate) fn each_object<'a>(
    reader: Box<dyn Read + 'a>,
    wrappers: &[&str],
    format: &'static str,
    context: &Context<'_>,
    sink: &mut dyn Sink,
    make: MakeFact<'_>,
) -> Result<(), FormatError> {
    each_json(reader, wrappers, format, context, sink, &mut |bytes, place, sink| {
        let mut issues = Vec::new();
        let made = match Json::parse(bytes) {
            Ok(parsed) => {
                if let Some(key) = parsed.repeated_key {
                    issues.push(repeated(&key));
                }
                if let Some(number) = parsed.not_finite {
                    issues.push((Code::NumberNotFinite, format!("a number is {number}")));
                }
                match parsed.value.to_value() {
                    Value::Object(object) => make(object, bytes, place, &mut issues),
                    _ => Err((Code::RecordUnreadable, "the record is no JSON object".to_owned())),
                }
            }
            Err(fault) => Err((code_of(fault), fault.to_string())),
        };
        let kept = match made {
            Ok(fact) => sink.fact(fact),
            Err(issue) => {
                issues.push(issue);
                raw::keep(context, format, bytes, place, sink)
            }
        };
        for (code, message) in issues {
            sink.warning(WarningAt { code, message, line: Some(place.line), byte_offset: place.offset });
        }
        Ok(kept?)
    })
}

/// The object of a stored record.
pub(crate) fn object_of(body: &[u8]) -> Option<JsonMap> {
    match Json::parse(body).ok()?.value.to_value() {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// Takes the bytes of one record.
type Each<'f> = dyn FnMut(&[u8], Place, &mut dyn Sink) -> Result<(), FormatError> + 'f;

/// Gives each record's bytes to `each`; what is broken is kept raw, warned of and passed over.
fn each_json<'a>(
    reader: Box<dyn Read + 'a>,
    wrappers: &[&str],
    format: &'static str,
    context: &Context<'_>,
    sink: &mut dyn Sink,
    each: &mut Each<'_>,
) -> Result<(), FormatError> {
    let mut file = Records { window: Window::new(reader, 0), format, context, sink, each };
    file.run(wrappers)
}

struct Records<'a, 'c, 's, 'f> {
    window: Window<'a>,
    format: &'static str,
    context: &'c Context<'c>,
    sink: &'s mut dyn Sink,
    each: &'f mut Each<'f>,
}

enum End {
    Broken(Broken),
    Format(FormatError),
}

impl From<Broken> for End {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<std::io::Error> for End {
    fn from(error: std::io::Error) -> Self {
        Self::Format(error.into())
    }
}

impl From<FormatError> for End {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl Records<'_, '_, '_, '_> {
    fn run(&mut self, wrappers: &[&str]) -> Result<(), FormatError> {
        if self.window.peek()? == Some(0xEF) {
            for mark in [0xEF, 0xBB, 0xBF] {
                if self.window.peek()? == Some(mark) {
                    self.window.bump();
                }
            }
        }
        let outline = Outline::of_bytes(self.window.at_hand()?);
        let wrapper = wrappers.iter().copied().find(|name| outline.has_under(&format!("{name}[].")));
        // Records on lines of their own unless the first spreads over several.
        self.window.one_per_line = wrapper.is_none() && first_line_is_whole(self.window.at_hand()?);
        while let Some(next) = self.window.outer()? {
            let place = self.window.place();
            let outcome = match (next, wrapper) {
                (b'{', Some(wrapper)) => self.wrapped(wrapper),
                (b'{', None) => self.record(),
                (b'[', _) => self.array(),
                _ => self.stray(),
            };
            match outcome {
                Ok(()) => {}
                Err(End::Format(error)) => return Err(error),
                Err(End::Broken(Broken::Read(error))) => return Err(error.into()),
                Err(End::Broken(Broken::Stopped)) => return Err(FormatError::Stopped),
                Err(End::Broken(Broken::Ended)) => {
                    self.warn(Code::RecordTruncated, "the file ends within a record; those before are kept", place);
                    return Ok(());
                }
                Err(End::Broken(Broken::Garbage(what))) => {
                    self.warn(Code::RecordUnreadable, what, place);
                    self.window.one_per_line = true;
                    if self.window.peek()? != Some(b'\n') && !self.window.next_line()? {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn warn(&mut self, code: Code, message: impl Into<String>, place: Place) {
        let warning = WarningAt { code, message: message.into(), line: Some(place.line), byte_offset: place.offset };
        self.sink.warning(warning);
    }

    fn stray(&mut self) -> Result<(), End> {
        let mut cut = Cut::at(self.window.place());
        raw::keep_line(&mut self.window, self.context, self.format, self.sink, &mut cut)?;
        self.warn(Code::RecordUnreadable, "the line is no JSON record", cut.place);
        Ok(())
    }

    fn keep_raw(&mut self, cut: &Cut) -> Result<(), End> {
        Ok(raw::keep(self.context, self.format, &cut.bytes, cut.place, self.sink).map_err(FormatError::from)?)
    }

    fn wrapped(&mut self, wrapper: &str) -> Result<(), End> {
        self.window.expect(b'{', "expected an object")?;
        let mut keys = Keys::default();
        while let Some(key) = self.window.key()? {
            if keys.repeats(&key) {
                let (code, message) = repeated(&key);
                let place = self.window.place();
                self.warn(code, message, place);
            }
            if key == wrapper && self.window.inner()? == b'[' {
                self.array()?;
            } else {
                self.window.skip()?;
            }
        }
        Ok(())
    }

    fn array(&mut self) -> Result<(), End> {
        self.window.bump();
        while self.window.element()? {
            match self.window.inner()? {
                b'{' => self.record()?,
                _ => self.window.skip()?,
            }
        }
        Ok(())
    }

    fn record(&mut self) -> Result<(), End> {
        let mut cut = Cut::at(self.window.place());
        let outcome = raw::cut_into(&mut self.window, self.context, self.format, self.sink, &mut cut);
        if cut.is_spilled() {
            self.warn(Code::RecordTooLarge, raw::too_large(cut.len), cut.place);
            return Ok(outcome?);
        }
        if let Err(broken) = outcome {
            self.keep_raw(&cut)?;
            return Err(broken.into());
        }
        if cut.depth > MAX_DEPTH {
            self.warn(Code::NestingTooDeep, format!("a record is nested {} levels deep", cut.depth), cut.place);
            return self.keep_raw(&cut);
        }
        (self.each)(&cut.bytes, cut.place, self.sink)?;
        self.sink.progress(self.window.offset()).map_err(FormatError::from)?;
        Ok(())
    }
}

fn first_line_is_whole(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    let Some(at) = memchr::memchr(b'\n', bytes) else { return false };
    let line = bytes.get(..at).unwrap_or_default().trim_ascii();
    line.starts_with(b"{") && line.ends_with(b"}") && line.len() > 2
}

/// The first whole records within a head: lines, elements of an array, or of the list within an object.
pub(crate) fn first_records(bytes: &[u8], wrappers: &[&str], most: usize) -> Vec<JsonMap> {
    let bytes = bytes.trim_ascii_start();
    if bytes.first() == Some(&b'[') {
        return elements(bytes, most);
    }
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().take(most) {
        match value {
            Ok(Value::Object(object)) => match wrappers.iter().find_map(|name| object.get(*name)?.as_array()) {
                Some(list) => found.extend(list.iter().take(most).filter_map(Value::as_object).cloned()),
                None => found.push(object),
            },
            _ => break,
        }
    }
    if found.is_empty() {
        // One object that goes on past the head: look into its list.
        let list = wrappers.iter().find_map(|name| {
            let after = memchr::memmem::find(bytes, format!("\"{name}\"").as_bytes())? + name.len() + 2;
            let rest = bytes.get(after..)?.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
            rest.starts_with(b"[").then_some(rest)
        });
        found = list.map(|rest| elements(rest, most)).unwrap_or_default();
    }
    found
}

fn elements(bytes: &[u8], most: usize) -> Vec<JsonMap> {
    let mut found = Vec::new();
    let mut at = 1;
    while let Some(rest) = bytes.get(at..).filter(|_| found.len() < most) {
        let mut stream = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
        let Some(Ok(Value::Object(object))) = stream.next() else { break };
        found.push(object);
        at += stream.byte_offset();
        let after = bytes.get(at..).unwrap_or_default();
        at += after.len() - after.trim_ascii_start().len();
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at += 1;
    }
    found
}
