//! The egress ledger as people read it. Its lines are never changed: what came back, and that nothing left, are lines of
//! their own, which are told here with the call that they are about.

use crate::dto::replay::{Ledger, LedgerEntry};
use crate::dto::{Empty, Ns};
use crate::run_log::{ANSWER_TO, UNSENT};
use crate::{ApiError, Core};
use retake_store::LedgerRow;
use std::sync::Arc;

/// Lines that are looked at.
const MAX_LINES: usize = 1_000;

/// What was sent to where.
///
/// # Errors
/// Those of the database.
pub async fn egress_ledger(core: Arc<Core>, _: Empty) -> Result<Ledger, ApiError> {
    core.blocking(|core| {
        const DAY_NS: i64 = 86_400_000_000_000;
        let midnight_ns = core.host().now_ns().div_euclid(DAY_NS) * DAY_NS;
        let rows = told(core.workspace()?.ledger(MAX_LINES)?);
        // What did not leave is no call.
        let is_call = |row: &&LedgerRow| row.at_ns >= midnight_ns && is_sent(row) && row.why != UNSENT;
        let calls = || rows.iter().filter(is_call);
        let (calls_today, bytes_sent_today) = (calls().count() as u64, calls().map(|row| bytes(row.bytes_sent)).sum());
        let entries = rows.iter().map(|row| LedgerEntry {
            at_ns: Ns(row.at_ns),
            destination: row.destination.clone(),
            why: row.why.clone(),
            bytes_sent: bytes(row.bytes_sent),
            bytes_received: row.bytes_received,
            take_id: row.take_id.clone(),
        });
        Ok(Ledger { calls_today, bytes_sent_today, entries: entries.collect() })
    })
    .await
}

/// A line of a call, and not one about another line.
fn is_sent(row: &LedgerRow) -> bool {
    !row.destination.is_empty()
}

/// Calls with what came back, or as unsent; the newest line stands first, and lines about a call are newer than it. A line
/// whose call is not among these stays one of its own.
fn told(rows: Vec<LedgerRow>) -> Vec<LedgerRow> {
    let mut all: Vec<LedgerRow> = Vec::with_capacity(rows.len());
    let mut about: Vec<LedgerRow> = Vec::new();
    for mut row in rows {
        if !is_sent(&row) {
            about.push(row);
            continue;
        }
        if let Some(at) = about.iter().position(|line| is_about(line, &row)) {
            let line = about.remove(at);
            row.bytes_received += line.bytes_received;
            if line.why == UNSENT {
                row.why = line.why;
                row.bytes_sent = 0;
            }
        }
        all.push(row);
    }
    let at = |row: &LedgerRow| std::cmp::Reverse(row.at_ns);
    all.extend(about);
    all.sort_by_key(at);
    all
}

/// Whether a line is about this call. Answers name the take, or why it was sent, and a number.
fn is_about(line: &LedgerRow, call: &LedgerRow) -> bool {
    if line.why == UNSENT {
        return line.take_id == call.take_id && line.bytes_sent == -call.bytes_sent;
    }
    let named = line.why.strip_prefix(ANSWER_TO).and_then(|entry| entry.rsplit_once('-'));
    named.is_some_and(|(named, _)| named == call.take_id.as_deref().unwrap_or(&call.why))
}

fn bytes(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_one_line_with_what_became_of_it() {
        let row = |at_ns: i64, destination: &str, why: &str, bytes: [i64; 2], take: &str| LedgerRow {
            at_ns,
            destination: destination.to_owned(),
            why: why.to_owned(),
            bytes_sent: bytes[0],
            bytes_received: u64::try_from(bytes[1]).unwrap_or_default(),
            take_id: (!take.is_empty()).then(|| take.to_owned()),
        };
        let rows = vec![
            row(9, "", "answer to models-0", [0, 70], ""),
            row(8, "", "answer to gone-4", [0, 5], ""),
            row(7, "", UNSENT, [-9, 0], "b"),
            row(6, "127.0.0.1:81", "models", [0, 0], ""),
            row(5, "127.0.0.1:9", "take", [9, 0], "b"),
            row(4, "", "answer to a-1", [0, 30], ""),
            row(3, "127.0.0.1:80", "take", [9, 0], "a"),
        ];
        let told: Vec<_> =
            told(rows).into_iter().map(|row| (row.destination, row.why, row.bytes_sent, row.bytes_received)).collect();
        let line = |destination: &str, why: &str, sent: i64, received: u64| {
            (destination.to_owned(), why.to_owned(), sent, received)
        };
        let expected = [
            line("", "answer to gone-4", 0, 5),
            line("127.0.0.1:81", "models", 0, 70),
            line("127.0.0.1:9", UNSENT, 0, 0),
            line("127.0.0.1:80", "take", 9, 30),
        ];
        assert_eq!(told, expected);
    }
}
