//! Records of one `resourceSpans` (or `resourceLogs`) object. The order of keys in JSON is free: a `resource` may follow
//! gigabytes of its spans. Records wait for it up to [`WAITING_BYTES`]; then the same bytes are opened a second time to
//! look for it, and where that cannot be done (a pipe) the records go on without it, with a warning.

use super::record::{Emitter, Signal, Surroundings};
use crate::sink::Stop;
use crate::splitter::{Cut, Place};
use retake_model::Code;

/// How much may wait.
pub(crate) const WAITING_BYTES: usize = 16 << 20;

/// What is known of a part of the surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    NotYet,
    Yes,
}

/// State of one group.
pub(crate) struct Group {
    signal: Signal,
    around: Surroundings,
    resource: Known,
    scope: Known,
    waiting: Vec<(Option<Surroundings>, Cut)>,
    waiting_bytes: usize,
    scope_from: usize,
}

/// What must be looked for further on in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub resource: bool,
    pub scope: bool,
}

impl Group {
    pub fn new(signal: Signal) -> Self {
        Self {
            signal,
            around: Surroundings::default(),
            resource: Known::NotYet,
            scope: Known::NotYet,
            waiting: Vec::new(),
            waiting_bytes: 0,
            scope_from: 0,
        }
    }

    /// The resource is this, or there is none.
    pub fn resource(&mut self, emitter: &mut Emitter<'_, '_>, set: impl FnOnce(&mut Surroundings)) -> Result<(), Stop> {
        set(&mut self.around);
        self.resource = Known::Yes;
        let around = &self.around;
        for (own, _) in &mut self.waiting {
            if let Some(own) = own {
                let scope = std::mem::take(&mut own.scope);
                let scope_json = std::mem::take(&mut own.scope_json);
                let mut whole = around.clone();
                whole.set_scope(scope, scope_json);
                *own = whole;
            }
        }
        self.flush(emitter)
    }

    pub fn has_resource(&self) -> bool {
        self.resource == Known::Yes
    }

    pub fn begin_scope(&mut self) {
        self.scope = Known::NotYet;
        self.around.set_scope(Default::default(), Vec::new());
        self.scope_from = self.waiting.len();
    }

    pub fn has_scope(&self) -> bool {
        self.scope == Known::Yes
    }

    /// The scope of the records from [`Group::begin_scope`] on is this, or there is none.
    pub fn scope(&mut self, emitter: &mut Emitter<'_, '_>, set: impl FnOnce(&mut Surroundings)) -> Result<(), Stop> {
        set(&mut self.around);
        self.scope = Known::Yes;
        for (own, _) in self.waiting.iter_mut().skip(self.scope_from) {
            *own = Some(self.around.clone());
        }
        self.flush(emitter)
    }

    /// A record.
    pub fn record(&mut self, emitter: &mut Emitter<'_, '_>, cut: Cut) -> Result<Option<Wanted>, Stop> {
        if self.has_resource() && self.has_scope() {
            emitter.json(self.signal, &self.around, cut)?;
            return Ok(None);
        }
        self.waiting_bytes += cut.bytes.len() + 256;
        let own = self.has_scope().then(|| self.around.clone());
        self.waiting.push((own, cut));
        let wanted = Wanted { resource: !self.has_resource(), scope: !self.has_scope() };
        Ok((self.waiting_bytes > WAITING_BYTES).then_some(wanted))
    }

    /// The file cannot be read a second time: what waits goes on without.
    pub fn give_up(&mut self, emitter: &mut Emitter<'_, '_>, wanted: Wanted, place: Place) -> Result<(), Stop> {
        let what = if wanted.resource { "resource" } else { "scope" };
        emitter.warn(
            Code::RecordUnreadable,
            format!("the {what} follows more than {WAITING_BYTES} bytes of its records, and a pipe cannot be read twice; they are kept without it"),
            place,
        );
        if wanted.scope {
            self.scope(emitter, |_| {})?;
        }
        if wanted.resource {
            self.resource(emitter, |_| {})?;
        }
        Ok(())
    }

    fn flush(&mut self, emitter: &mut Emitter<'_, '_>) -> Result<(), Stop> {
        if !self.has_resource() || self.waiting.iter().any(|(own, _)| own.is_none()) {
            return Ok(());
        }
        self.waiting_bytes = 0;
        self.scope_from = 0;
        for (own, cut) in std::mem::take(&mut self.waiting) {
            if let Some(around) = own {
                emitter.json(self.signal, &around, cut)?;
            }
        }
        Ok(())
    }

    pub fn end_scope(&mut self, emitter: &mut Emitter<'_, '_>) -> Result<(), Stop> {
        if self.has_scope() { Ok(()) } else { self.scope(emitter, |_| {}) }
    }

    /// The group ended, also when its file is broken here: what waits goes on with what is known.
    pub fn end(&mut self, emitter: &mut Emitter<'_, '_>) -> Result<(), Stop> {
        self.end_scope(emitter)?;
        if self.has_resource() { Ok(()) } else { self.resource(emitter, |_| {}) }
    }
}
