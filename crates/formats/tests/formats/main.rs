//! The parsers on damaged files.

mod damaged;
