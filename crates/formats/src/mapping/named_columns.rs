//! Whether the columns and paths that a mapping names are there at all: a mistake in a name must not pass for a log without
//! that field.

use super::Mapping;
use super::path::place_of;
use retake_model::JsonMap;

/// The columns that a mapping names and that no record had so far, by field.
#[derive(Default)]
pub(crate) struct NamedColumns {
    wanted: Vec<(&'static str, String)>,
    unseen: Vec<(&'static str, String)>,
}

impl NamedColumns {
    pub fn new(mapping: Option<&Mapping>) -> Self {
        let columns = mapping.map(Mapping::columns).unwrap_or_default();
        let wanted: Vec<_> = columns.into_iter().map(|(field, column)| (field, column.to_owned())).collect();
        Self { unseen: wanted.clone(), wanted }
    }

    /// Remembers what this record has.
    pub fn look_at(&mut self, record: &JsonMap) {
        self.unseen.retain(|(_, column)| place_of(record, column).is_none());
    }

    /// What no record had.
    pub fn unseen(&self) -> &[(&'static str, String)] {
        &self.unseen
    }

    /// An error for a column that a table does not have.
    pub fn check<S: AsRef<str>>(&self, columns: &[S]) -> Result<(), String> {
        // Fields beyond those of the header are called so.
        let beyond = |name: &str| name.strip_prefix("column_").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
        let there = |name: &str| columns.iter().any(|own| own.as_ref() == name);
        // A path may go on into JSON that a field holds.
        let within = |name: &str| name.match_indices('.').any(|(at, _)| name.get(..at).is_some_and(there));
        let missing = self.wanted.iter().find(|(_, name)| !beyond(name) && !there(name) && !within(name));
        let Some((field, column)) = missing else { return Ok(()) };
        let shown: Vec<String> = columns.iter().take(40).map(|own| format!("{:?}", own.as_ref())).collect();
        let more = if columns.len() > shown.len() { ", …" } else { "" };
        Err(format!(
            "it takes {field} from the column {column:?}, which the file does not have; its columns are {}{more}",
            shown.join(", ")
        ))
    }
}
