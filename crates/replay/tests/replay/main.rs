//! Replay against real servers on loopback, variants over prompts of many shapes, and the recorded incident where it is
//! at hand.

mod common;
mod documents;
mod incident;
mod providers;
mod runs;
mod variants;
