//! Plots of the metrics over one time axis, by egui: data in, drawing and gestures out. What is drawn is what the window's
//! state says; the crate reads no clock, file or environment and keeps nothing but what a pointer has begun.
//!
//! Times are milliseconds since the epoch, as `f64`. An unknown value is `None` and drawn as a gap, never as zero.

mod axis;
mod board;
mod data;
mod draw;
mod items;
mod palette;
#[cfg(target_arch = "wasm32")]
mod web;

pub use board::{At, Board, Event};
pub use data::{Data, Kind, Mark, Plot, Point, Range, Series, Unit};
pub use draw::fonts;
pub use items::{Item, items};
pub use palette::Palette;
