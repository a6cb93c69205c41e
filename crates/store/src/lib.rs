//! The workspace: one SQLite file, its tables, search and result sets. All SQL of the product is in this crate.
//!
//! Facts are what importers emit and never change; claims say which batch brought them; what people see is a projection
//! that is made anew from the sorted facts of an entity. See `docs/decisions` and the doc comments of [`Writer::append`].
//! The crate knows no format: mapping a stored body again and merging the facts of one span are asked of a [`Projector`].

pub mod projector;
pub mod rows;

pub use projector::{MappedFact, Projector};
