//! The workspace: one SQLite file, its tables, search and result sets. All SQL of the product is in this crate.
//!
//! Facts are what importers emit and never change; claims say which batch brought them; what people see is a projection
//! that is made anew from the sorted facts of an entity. See [`Workspace::append`] for the way of a record.
//! The crate knows no format: mapping a stored body again and merging the facts of one span are asked of a [`Projector`].

pub mod error;
pub mod projector;
pub mod rows;
mod stubs;
mod workspace;

pub use error::{Result, StoreError};
pub use projector::{MappedFact, Projector};
pub use rows::*;
pub use workspace::{BatchHandle, FileNo, OpenMode, Workspace};
