//! Golden sets: a folder of cases in the user's own repository, the assertions that judge an answer, promotion of a
//! trace or take into a case, and the check that gates CI.
//!
//! Needs no workspace and no database. The form of the files is documented by [`schema`]; the way of a check is
//! [`set::load`] → [`check::check`] → [`check::CheckReport`] → [`output`].
//! Units are in the names (`_ms`, `_usd_nanos`); offsets are characters; unknown is `None` and fails an assertion that
//! needs it.

pub mod assertion;
pub mod baseline;
pub mod bench;
pub mod case;
pub mod cassette;
pub mod check;
pub mod doubt;
pub mod error;
mod gate;
pub mod output;
pub mod promote;
pub mod schema;
pub mod set;
mod stats;
pub mod suggest;
pub mod yaml;

pub use assertion::{Assertion, AssertionResult, Subject};
pub use case::{Case, CaseDocument, Origin};
pub use cassette::RecordedAnswer;
pub use check::{AnswerError, Answers, Attempt, CheckOptions, CheckReport, Verdict, check};
pub use doubt::{Doubt, Doubtful};
pub use error::GoldenError;
pub use promote::{Promoted, Promotion, promote};
pub use set::{FileError, LoadedCase, LoadedSet, SetFile, load};
pub use suggest::{SuggestInput, Suggested, Suggestion, suggest};
