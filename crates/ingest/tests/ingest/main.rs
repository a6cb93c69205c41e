//! The pipeline on real workspaces: counts of real exports, the laws of the store, fixtures, bad input.

mod archives;
mod bad_input;
mod fixtures;
mod hostile;
mod locks;
mod log_records;
mod mapped;
mod paths;
mod real;
mod support;
