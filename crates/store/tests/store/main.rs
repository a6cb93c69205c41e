//! Behaviour of the store as its readers see it, with made-up facts.

mod columns;
mod crash;
mod laws;
mod made;
mod open;
mod reads;
mod runs;
mod search;
