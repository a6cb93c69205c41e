//! For tests and benchmarks only: a provider on loopback, fixtures, stable output, seeded corpora.

pub mod args;
pub mod corpus;

mod fixtures;
pub mod loopback;
mod stable;

pub use fixtures::{Fixture, each, fixtures, has, root};
pub use stable::{stable, stable_text};

/// Whether `RETAKE_REQUIRE`, a comma-separated list, names what a test needs. A test that cannot run skips with a
/// word, unless it is required.
pub fn required(name: &str) -> bool {
    std::env::var("RETAKE_REQUIRE").is_ok_and(|list| list.split(',').any(|word| word.trim() == name))
}

/// Says that a test is skipped and why; fails it when it is required.
pub fn skip(name: &str, why: &str) {
    assert!(!required(name), "{name} is required here, but {why}");
    eprintln!("skipped, {why}");
}
