//! Search: one executor over in-memory columns.

/// State of the search.
#[derive(Debug, Default)]
pub(crate) struct SearchState {}
