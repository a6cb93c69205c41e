//! The built `retake` as people and programs use it: real files, bad input, two processes at once, crashes, runs
//! against a provider on loopback. What one crate can tell by itself is tested there.

mod bad_input;
mod checking;
mod commands;
mod contract;
mod corpus;
mod crash;
mod human;
mod importing;
mod incident;
mod laws;
mod mapping;
mod queries;
mod replaying;
mod runs;
mod secrets;
mod variants;
mod votes;
