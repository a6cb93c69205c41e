//! How a list is sorted: `FIELD[:asc|desc]`, the names being those of the language.

use crate::error::{Place, QueryError};
use crate::field::{FIELDS, Field};
use retake_model::Code;

/// A sort. The default is newest first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sort {
    /// By which field.
    pub field: Field,
    /// Name of the score, for [`Field::Score`].
    pub name: Option<String>,
    /// Greatest first. Unknown values come last either way.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { field: Field::Time, name: None, descending: true }
    }
}

impl Sort {
    /// As [`parse_sort`] reads it.
    pub fn print(&self) -> String {
        let direction = if self.descending { "desc" } else { "asc" };
        match &self.name {
            Some(name) => format!("{}.{name}:{direction}", self.field.name()),
            None => format!("{}:{direction}", self.field.name()),
        }
    }
}

/// Reads `FIELD[:asc|desc]`. Without a direction numbers and times go down, texts go up.
pub fn parse_sort(text: &str) -> Result<Sort, QueryError> {
    let text = text.trim();
    let (name, direction) = match text.rsplit_once(':') {
        Some((name, direction)) => (name, Some(direction)),
        None => (text, None),
    };
    let lower = name.to_ascii_lowercase();
    let (field, score) = match lower.strip_prefix("score.") {
        Some(score) if !score.is_empty() => (Some(Field::Score), Some(name["score.".len()..].to_owned())),
        _ => (Field::parse(&lower), None),
    };
    let sortable = field.filter(|field| field.info().sortable && (*field != Field::Score || score.is_some()));
    let Some(field) = sortable else {
        let names: Vec<&str> = FIELDS.iter().filter(|info| info.sortable).map(|info| info.name).collect();
        return Err(QueryError {
            code: Code::QuerySortUnknown,
            span: Place { start: 0, end: name.chars().count() },
            message: format!("a list cannot be sorted by {name:?}"),
            hint: format!("Use one of: {} (score as score.NAME).", names.join(", ")),
        });
    };
    let descending = match direction {
        Some("asc") => false,
        Some("desc") => true,
        None => !matches!(field.info().takes, crate::Takes::Text | crate::Takes::Words(_)),
        Some(other) => {
            let start = name.chars().count() + 1;
            return Err(QueryError {
                code: Code::QueryBadValue,
                span: Place { start, end: start + other.chars().count() },
                message: format!("{other:?} is no direction"),
                hint: "Use asc or desc.".to_owned(),
            });
        }
    };
    Ok(Sort { field, name: score, descending })
}
