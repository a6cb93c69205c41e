//! Plain rows that cross the border of this crate. Integers of the workspace (`*_pk`) stay inside the process: documents use ids.

mod import;
mod run;
mod search;
mod settings;
mod trace;

pub use import::*;
pub use run::*;
pub use search::*;
pub use settings::*;
pub use trace::*;
