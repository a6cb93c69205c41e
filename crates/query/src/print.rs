//! Printer.
use crate::ast::Query;

/// The query as text, such that parsing it gives the same query.
pub fn print(query: &Query) -> String {
    let _ = query;
    String::new()
}
