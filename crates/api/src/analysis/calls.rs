//! Single calls over time. Few of them are given one by one; more than a plot has room for are put into the cells of a
//! grid, each with its count and with the first and last moment and the lowest and highest value that lie in it. So the
//! ends stay exact at every level of detail, and an answer is as large as the plot and not as the workspace.

use super::metrics::CallPoint;
use std::collections::BTreeMap;

/// What is measured of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Milliseconds from request to the end of the answer.
    Latency,
    /// Milliseconds to the first token.
    FirstToken,
    /// Input and output tokens together.
    Tokens,
    /// Nano-dollars.
    Cost,
}

impl Measure {
    /// Every measure.
    pub const ALL: [Self; 4] = [Self::Latency, Self::FirstToken, Self::Tokens, Self::Cost];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Latency => "latency_ms",
            Self::FirstToken => "ttft_ms",
            Self::Tokens => "tokens",
            Self::Cost => "cost_usd_nanos",
        }
    }

    /// Inverse of [`Measure::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == word.trim())
    }

    /// Its value for a call; `None` where the call does not tell.
    pub fn of(self, call: &CallPoint) -> Option<f64> {
        let value = match self {
            Self::Latency => call.latency_ms,
            Self::FirstToken => call.ttft_ms,
            Self::Tokens => call.input_tokens.zip(call.output_tokens).map(|(input, output)| (input + output) as f64),
            Self::Cost => call.cost_usd_nanos.map(|nanos| nanos as f64),
        };
        value.filter(|value| value.is_finite())
    }
}

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Marks up to which calls are given one by one.
    pub singles: usize,
    /// Cells of the grid over time.
    pub columns: usize,
    /// Cells of the grid over the values, from 0 to the highest.
    pub rows: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self { singles: 1_500, columns: 120, rows: 24 }
    }
}

/// A call, or several in one cell. Positions are those in the slice that was given.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the words are the command line's contract; units are in the names")]
pub struct Mark {
    pub from_ns: i64,
    pub to_ns: i64,
    pub low: f64,
    pub high: f64,
    pub n: u64,
    pub errors: u64,
    /// Position of the call with the highest value; of two, the earlier one.
    pub highest: usize,
}

/// Calls over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calls {
    /// What failed last, so that it is drawn above the rest; else by time, cells by column and then by row.
    pub marks: Vec<Mark>,
    /// Calls that carry a time and a value.
    pub known: u64,
    /// Calls that lack either.
    pub unknown: u64,
}

/// Marks of calls over the range from the first moment to the last. What failed and what did not are never in one cell: a
/// failure among thousands is seen.
pub fn calls(points: &[CallPoint], measure: Measure, range: Option<(i64, i64)>, room: Room) -> Calls {
    let known = || {
        let all = points.iter().enumerate();
        all.filter_map(|(at, call)| Some((at, call.start_ns?, measure.of(call)?, u64::from(call.is_error()))))
    };
    let (mut n, mut first, mut last, mut top) = (0_usize, i64::MAX, i64::MIN, 0.0_f64);
    for (_, start, value, _) in known() {
        (n, first, last, top) = (n + 1, first.min(start), last.max(start), top.max(value));
    }
    let single = |(at, start, value, errors)| {
        (Mark { from_ns: start, to_ns: start, low: value, high: value, n: 1, errors, highest: at }, start, value)
    };
    let marks = if n <= room.singles {
        let mut marks: Vec<Mark> = known().map(|call| single(call).0).collect();
        marks.sort_by_key(|mark| (mark.errors, mark.from_ns, mark.highest));
        marks
    } else {
        let (from, to) = range.unwrap_or((first, last));
        let column =
            |start: i64| share(start.saturating_sub(from) as f64, to.saturating_sub(from) as f64, room.columns);
        let mut cells: BTreeMap<(u64, usize, usize), Mark> = BTreeMap::new();
        for (mark, start, value) in known().map(single) {
            let place = (mark.errors, column(start), share(value, top, room.rows));
            cells.entry(place).and_modify(|cell| cell.add(mark)).or_insert(mark);
        }
        cells.into_values().collect()
    };
    Calls { marks, known: n as u64, unknown: (points.len() - n) as u64 }
}

/// Positions of the `n` calls with the highest values, the highest first; of two alike, the earlier one.
pub fn highest(points: &[CallPoint], measure: Measure, n: usize) -> Vec<usize> {
    let mut all: Vec<(f64, usize)> =
        points.iter().enumerate().filter_map(|(at, call)| Some((measure.of(call)?, at))).collect();
    let order = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
    if n > 0 && all.len() > n {
        all.select_nth_unstable_by(n - 1, order);
    }
    all.truncate(n);
    all.sort_by(order);
    all.into_iter().map(|(_, at)| at).collect()
}

impl Mark {
    fn add(&mut self, other: Self) {
        if other.high > self.high {
            self.highest = other.highest;
        }
        self.from_ns = self.from_ns.min(other.from_ns);
        self.to_ns = self.to_ns.max(other.to_ns);
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.n += other.n;
        self.errors += other.errors;
    }
}

/// Which of `parts` equal parts of `whole` something lies in.
fn share(at: f64, whole: f64, parts: usize) -> usize {
    if whole <= 0.0 {
        return 0;
    }
    ((at / whole * parts as f64).max(0.0) as usize).min(parts.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call(start_ns: i64, latency_ms: Option<f64>, error: bool) -> CallPoint {
        let status = if error { "error" } else { "ok" };
        CallPoint { start_ns: Some(start_ns), latency_ms, status, ..CallPoint::default() }
    }

    #[test]
    fn few_calls_are_given_one_by_one_and_what_is_not_known_is_counted() {
        let points = [call(20, Some(7.0), true), call(10, Some(3.0), false), call(15, None, false)];
        let found = calls(&points, Measure::Latency, None, Room::default());
        let marks: Vec<_> =
            found.marks.iter().map(|mark| (mark.from_ns, mark.high, mark.errors, mark.highest)).collect();
        assert_eq!(marks, [(10, 3.0, 0, 1), (20, 7.0, 1, 0)]);
        assert_eq!((found.known, found.unknown), (2, 1));
    }

    #[test]
    fn a_failure_among_thousands_has_a_cell_of_its_own() {
        let mut points: Vec<CallPoint> = (0..5_000).map(|at| call(at, Some(100.0), false)).collect();
        points[2_500] = call(2_500, Some(100.0), true);
        let found = calls(&points, Measure::Latency, None, Room { singles: 100, columns: 4, rows: 4 });
        let failed: Vec<_> =
            found.marks.iter().filter(|mark| mark.errors > 0).map(|mark| (mark.n, mark.highest)).collect();
        assert_eq!(failed, [(1, 2_500)]);
    }

    proptest! {
        /// No call is lost at any level of detail, no cell spans more than its part of the grid, the ends are exact, and the
        /// answer is bounded.
        #[test]
        fn every_call_lies_in_one_mark(
            values in prop::collection::vec((0_i64..1_000_000, prop::option::of(0.0f64..1e5), any::<bool>()), 0..400),
            singles in 0_usize..200,
            columns in 1_usize..20,
            rows in 1_usize..20,
        ) {
            let points: Vec<CallPoint> = values.iter().map(|(at, value, error)| call(*at, *value, *error)).collect();
            let found = calls(&points, Measure::Latency, None, Room { singles, columns, rows });
            let known: Vec<_> = values.iter().filter_map(|(at, value, error)| Some((*at, (*value)?, *error))).collect();
            prop_assert_eq!(found.marks.iter().map(|mark| mark.n).sum::<u64>(), known.len() as u64);
            prop_assert_eq!(found.known + found.unknown, values.len() as u64);
            let errors = known.iter().filter(|(.., error)| *error).count() as u64;
            prop_assert_eq!(found.marks.iter().map(|mark| mark.errors).sum::<u64>(), errors);
            prop_assert!(found.marks.len() <= singles.max(2 * columns * rows));
            let top = known.iter().map(|(_, value, _)| *value).fold(0.0, f64::max);
            let highest = found.marks.iter().map(|mark| mark.high).fold(0.0, f64::max);
            prop_assert_eq!(top, highest);
            for mark in &found.marks {
                prop_assert_eq!(points[mark.highest].latency_ms, Some(mark.high));
                prop_assert!(mark.high - mark.low <= top / rows as f64 + 1e-6);
            }
            let slowest = super::highest(&points, Measure::Latency, 3);
            prop_assert_eq!(slowest.len(), known.len().min(3));
            prop_assert!(slowest.first().is_none_or(|at| points[*at].latency_ms == Some(top)));
        }
    }
}
