//! Diffs of answers: text by words or lines, JSON by structure, tool calls by name and arguments; and the comparison of
//! whole takes with the deltas of cost, latency and tokens.
//!
//! Pure: no I/O, no clock, no randomness; the same input gives the same output, and swapping the two sides mirrors it.
//! Offsets are characters (Unicode scalar values), as everywhere in Retake.

mod anchors;
pub mod json;
pub mod take;
pub mod text;
pub mod tool_calls;

pub use json::{JsonChange, JsonOp};
pub use take::{Comparison, Deltas, DocumentFacts, Pair, TakeFacts, compare};
pub use text::{Op, TextDiff, TextOp, diff_lines, diff_words, similarity};
pub use tool_calls::{CallOp, CallRow};
