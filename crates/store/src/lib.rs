//! The workspace: one SQLite file, its tables, search and result sets. All SQL of the product is in this crate.
//!
//! Facts are what importers emit and never change; claims say which batch brought them; what people see is a projection
//! that is made anew from the sorted facts of an entity. See [`Workspace::append`] for the way of a record.
//! The crate knows no format: mapping a stored body again and merging the facts of one span are asked of a [`Projector`].

mod append;
mod blob;
mod create;
mod doctor;
pub mod error;
mod gather;
mod inspect;
mod introduce;
mod migration;
mod opened;
mod pack;
mod prepare;
mod project;
pub mod projector;
mod query;
mod recipe;
mod rest;
mod rollup;
pub mod rows;
mod search;
mod segment;
mod table;
mod trees;
mod undo;
mod workspace;

pub use error::{Result, StoreError};
pub use inspect::Update;
pub use opened::is_open_workspace;
pub use prepare::{Prepared, Preparer};
pub use projector::{MappedFact, Projector};
pub use rows::*;
pub use workspace::{BatchHandle, FileNo, OpenMode, Workspace};
