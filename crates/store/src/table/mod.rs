//! One file a table: its migrations, rows, reads and writes. Questions over several tables stand in `query`.

use crate::migration::Migration;

pub(crate) mod audit;
pub(crate) mod batch;
pub(crate) mod connection;
pub(crate) mod document;
pub(crate) mod fact;
pub(crate) mod finding;
pub(crate) mod job;
pub(crate) mod lease;
pub(crate) mod ledger;
pub(crate) mod message;
pub(crate) mod meta;
pub(crate) mod name;
pub(crate) mod pricing;
pub(crate) mod prompt;
pub(crate) mod run;
pub(crate) mod score;
pub(crate) mod setting;
pub(crate) mod span;
pub(crate) mod text;
pub(crate) mod tool_call;
pub(crate) mod trace;
pub(crate) mod vote;

/// Migrations of every table.
pub(crate) const MIGRATIONS: &[&[Migration]] = &[
    audit::MIGRATIONS,
    batch::MIGRATIONS,
    crate::blob::MIGRATIONS,
    connection::MIGRATIONS,
    document::MIGRATIONS,
    fact::MIGRATIONS,
    finding::MIGRATIONS,
    job::MIGRATIONS,
    ledger::MIGRATIONS,
    lease::MIGRATIONS,
    message::MIGRATIONS,
    meta::MIGRATIONS,
    name::MIGRATIONS,
    pricing::MIGRATIONS,
    prompt::MIGRATIONS,
    run::MIGRATIONS,
    score::MIGRATIONS,
    setting::MIGRATIONS,
    span::MIGRATIONS,
    text::MIGRATIONS,
    tool_call::MIGRATIONS,
    trace::MIGRATIONS,
    vote::MIGRATIONS,
];
