//! The search language of Retake: one meaning on the command line, in the window, for replay selections and metrics.
//!
//! Source of truth: the *Query* paragraph of the command line's contract. [`parse`] turns text into a [`Query`], and
//! [`print`] turns it back so that `parse(print(q)) == q`; neither panics on any text. Errors carry the place in
//! characters and what would fit. The crate knows no database: what a term *matches* is decided by the store.
//! Times are nanoseconds since the epoch, money nano-dollars, durations nanoseconds.

pub mod ast;
pub mod complete;
pub mod error;
pub mod field;
pub mod hint;
mod lexer;
mod parser;
mod print;
mod quantity;
pub mod sort;
mod time;

pub use ast::{Compare, Expr, FieldTerm, Form, Pattern, Query, Term, Test, Words};
pub use complete::{Completion, Position, complete};
pub use error::{Place, QueryError};
pub use field::{FIELDS, Field, FieldInfo, Takes};
pub use hint::hints;
pub use parser::{ParseContext, distance, parse};
pub use print::print;
pub use sort::{Sort, parse_sort};
