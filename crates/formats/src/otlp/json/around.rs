//! What stands around the records of OTLP/JSON: the resource and the scope, which may follow gigabytes of them.

use super::super::group::{Group, Wanted};
use super::super::{decode, record};
use super::{End, File};
use crate::MAX_RECORD_BYTES;
use crate::json::Json;
use crate::sink::Stop;
use crate::splitter::{Broken, Cut, Place, Window};

impl File<'_, '_, '_> {
    /// Looks further on for what a group waits for; a pipe goes on without.
    pub(super) fn look_ahead(
        &mut self,
        group: &mut Group,
        wanted: Wanted,
        group_at: Place,
        scope_at: Place,
    ) -> Result<(), End> {
        let Some(reopen) = self.reopen.as_deref() else {
            group.give_up(&mut self.emitter, wanted, group_at)?;
            return Ok(());
        };
        let field = |from: Place, names: &[&str]| -> Result<Option<Cut>, Broken> {
            let mut window = Window::new(reopen(from.offset)?, from.offset);
            window.expect(b'{', "expected an object")?;
            while let Some(key) = window.key()? {
                if names.contains(&key.as_str()) {
                    return window.cut(MAX_RECORD_BYTES).map(Some);
                }
                window.skip()?;
            }
            Ok(None)
        };
        let found = |outcome: Result<Option<Cut>, Broken>| match outcome {
            Ok(found) => Ok(found),
            Err(Broken::Read(error)) => Err(End::from(error)),
            Err(_) => Ok(None),
        };
        let scope = if wanted.scope { found(field(scope_at, &["scope", "instrumentationLibrary"]))? } else { None };
        let resource = if wanted.resource { found(field(group_at, &["resource"]))? } else { None };
        if wanted.scope {
            match scope {
                Some(cut) => self.set_scope(group, &cut)?,
                None => group.scope(&mut self.emitter, |_| {})?,
            }
        }
        if wanted.resource {
            match resource {
                Some(cut) => self.set_resource(group, &cut)?,
                None => group.resource(&mut self.emitter, |_| {})?,
            }
        }
        Ok(())
    }

    pub(super) fn set_resource(&mut self, group: &mut Group, cut: &Cut) -> Result<(), Stop> {
        let mut issues = Vec::new();
        let resource = match Json::parse(&cut.bytes) {
            Ok(parsed) => {
                issues.extend(parsed.repeated_key.as_deref().map(record::repeated));
                Some(decode::resource(&parsed.value, &mut issues))
            }
            Err(fault) => {
                self.emitter.warn(record::code_of(fault), format!("a resource cannot be read: {fault}"), cut.place);
                None
            }
        };
        for (code, message) in issues {
            self.emitter.warn(code, message, cut.place);
        }
        group.resource(&mut self.emitter, |around| {
            if let Some(resource) = resource {
                around.set_resource(resource, cut.bytes.clone());
            }
        })
    }

    pub(super) fn set_scope(&mut self, group: &mut Group, cut: &Cut) -> Result<(), Stop> {
        let mut issues = Vec::new();
        let scope = match Json::parse(&cut.bytes) {
            Ok(parsed) => {
                issues.extend(parsed.repeated_key.as_deref().map(record::repeated));
                Some(decode::scope(&parsed.value, &mut issues))
            }
            Err(fault) => {
                self.emitter.warn(record::code_of(fault), format!("a scope cannot be read: {fault}"), cut.place);
                None
            }
        };
        for (code, message) in issues {
            self.emitter.warn(code, message, cut.place);
        }
        group.scope(&mut self.emitter, |around| {
            if let Some(scope) = scope {
                around.set_scope(scope, cut.bytes.clone());
            }
        })
    }
}
