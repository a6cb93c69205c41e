//! The pipeline on real workspaces: counts of real exports, the laws of the store, fixtures, bad input.

mod bad_input;
mod fixtures;
mod log_records;
mod paths;
mod real;
mod support;
