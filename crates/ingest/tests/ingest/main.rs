//! The pipeline on real workspaces: counts of real exports, the laws of the store, fixtures, bad input.

mod real;
mod support;
