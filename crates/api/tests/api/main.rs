//! The handlers over a workspace in a temporary folder: no window, no command line.

mod host;
mod incidents;
mod mapping;
mod matrix;
mod promotion;
mod prompts;
mod runs;
mod settings;
