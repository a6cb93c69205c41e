//! `baseline.json`: the accepted results of a set. A case that passed there and fails now is a regression.

use crate::error::GoldenError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Newest version that this program reads, and the one that it writes.
pub const VERSION: u64 = 1;

/// The file. Cases are sorted by id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// Version of this form, 1.
    pub version: u64,
    /// Name of the set.
    pub set: String,
    /// Result by case id.
    pub cases: BTreeMap<String, Accepted>,
}

/// Accepted result of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// Repeats that passed.
    pub passed: u32,
    /// Repeats that were judged.
    pub repeats: u32,
}

impl Accepted {
    /// Whether the case passed as a whole, every repeat of it.
    pub fn is_pass(self) -> bool {
        self.repeats > 0 && self.passed == self.repeats
    }
}

/// Reads a file; `None` when there is none.
///
/// # Errors
/// [`GoldenError::BaselineUnreadable`] with the place, for a newer version too.
pub fn read(path: &Path) -> Result<Option<Baseline>, GoldenError> {
    let unreadable = |why: String| GoldenError::BaselineUnreadable { path: path.to_owned(), why };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error.to_string())),
    };
    let baseline: Baseline = serde_json::from_slice(&bytes).map_err(|error| {
        match serde_json::from_slice::<crate::cassette::VersionOnly>(&bytes) {
            Ok(file) if file.version > VERSION => unreadable(crate::cassette::newer(file.version)),
            _ => unreadable(error.to_string()),
        }
    })?;
    if baseline.version > VERSION {
        return Err(unreadable(crate::cassette::newer(baseline.version)));
    }
    Ok(Some(baseline))
}

/// Writes a file, whole or not at all.
///
/// # Errors
/// [`GoldenError::Unwritable`].
pub fn write(path: &Path, baseline: &Baseline) -> Result<(), GoldenError> {
    let mut text = serde_json::to_string_pretty(baseline).unwrap_or_default();
    text.push('\n');
    crate::promote::write_whole(path, &text)
}
