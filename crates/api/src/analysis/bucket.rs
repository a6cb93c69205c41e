//! Buckets of time: which sizes there are, which of them a range is shown by, and where one begins.
//!
//! Level of detail is made here: whatever is asked for, an answer holds a few hundred points a series and not the calls.

/// Sizes by their words, the smallest first. Each is a whole number of the one before, so that what is drawn by one stays
/// in its place when another takes over.
pub const SIZES: [(&str, i64); 7] = [
    ("1m", MINUTE_NS),
    ("5m", 5 * MINUTE_NS),
    ("15m", 15 * MINUTE_NS),
    ("1h", 60 * MINUTE_NS),
    ("6h", 360 * MINUTE_NS),
    ("1d", DAY_NS),
    ("1w", 7 * DAY_NS),
];

/// Asks for the size that fits the range.
pub const AUTO: &str = "auto";

/// Points of a series when nothing is said of them.
pub const POINTS: u32 = 500;

const MINUTE_NS: i64 = 60_000_000_000;
const DAY_NS: i64 = 1_440 * MINUTE_NS;
/// The epoch is a Thursday; weeks begin with Monday.
const MONDAY_NS: i64 = -3 * DAY_NS;

/// How calls are put into buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// Of this length.
    Of(i64),
    /// Of the smallest length that gives no more points than this over the range.
    Fitting(u32),
}

impl Bucket {
    /// Reads the word of a size, or [`AUTO`]; `points` is how many points a series may have then.
    pub fn parse(word: &str, points: Option<u32>) -> Option<Self> {
        let word = word.trim();
        if word == AUTO {
            return Some(Self::Fitting(points.unwrap_or(POINTS).clamp(1, 4 * POINTS)));
        }
        SIZES.iter().find(|(name, _)| *name == word).map(|(_, ns)| Self::Of(*ns))
    }

    /// Length of a bucket over a range from the first moment to the last.
    pub fn length_ns(self, range: Option<(i64, i64)>) -> i64 {
        let points = match self {
            Self::Of(ns) => return ns,
            Self::Fitting(points) => i64::from(points),
        };
        let (from, to) = range.unwrap_or_default();
        let fits = |ns: i64| start(to, ns).saturating_sub(start(from, ns)) / ns < points;
        SIZES.iter().map(|(_, ns)| *ns).find(|ns| fits(*ns)).unwrap_or_else(|| many_weeks(from, to, points))
    }
}

/// Whole weeks for a range that is longer than points of one.
fn many_weeks(from: i64, to: i64, points: i64) -> i64 {
    let week = 7 * DAY_NS;
    let weeks = to.saturating_sub(from) / week / points.max(2).saturating_sub(1) + 1;
    weeks.saturating_mul(week)
}

/// Start of the bucket that a moment lies in, UTC.
pub fn start(at_ns: i64, bucket_ns: i64) -> i64 {
    let zero = if bucket_ns % (7 * DAY_NS) == 0 { MONDAY_NS } else { 0 };
    let Some(from_zero) = at_ns.checked_sub(zero) else { return at_ns };
    from_zero.div_euclid(bucket_ns).saturating_mul(bucket_ns).saturating_add(zero)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_those_that_a_range_needs() {
        let length = |range: i64, points| Bucket::Fitting(points).length_ns(Some((0, range)));
        assert_eq!(length(60 * MINUTE_NS, 500), MINUTE_NS);
        assert_eq!(length(DAY_NS, 500), 5 * MINUTE_NS);
        assert_eq!(length(31 * DAY_NS, 500), 6 * 60 * MINUTE_NS);
        assert_eq!(length(365 * DAY_NS, 500), DAY_NS);
        assert_eq!(length(3_650 * DAY_NS, 500), 14 * DAY_NS);
        assert_eq!(Bucket::Fitting(10).length_ns(None), MINUTE_NS);
        assert_eq!(Bucket::parse("1d", None), Some(Bucket::Of(DAY_NS)));
        assert_eq!((Bucket::parse("auto", Some(0)), Bucket::parse("2h", None)), (Some(Bucket::Fitting(1)), None));
    }

    #[test]
    fn weeks_begin_with_monday() {
        // Thursday 1970-01-08.
        assert_eq!(start(7 * DAY_NS, 7 * DAY_NS), 4 * DAY_NS);
        assert_eq!(start(-1, MINUTE_NS), -MINUTE_NS);
    }

    proptest! {
        /// A series has no more points than were asked for, and a moment lies in its bucket.
        #[test]
        fn a_range_has_few_buckets(from in -DAY_NS * 40_000..DAY_NS * 40_000, length in 0..DAY_NS * 40_000, points in 2u32..2_000) {
            let to = from + length;
            let ns = Bucket::Fitting(points).length_ns(Some((from, to)));
            prop_assert!((start(to, ns) - start(from, ns)) / ns < i64::from(points) + 1);
            prop_assert!(start(from, ns) <= from && from < start(from, ns) + ns);
            for (_, size) in SIZES.iter().filter(|(_, size)| *size > ns) {
                prop_assert!((start(from, *size)) % ns == 0 || size % ns == 0);
            }
        }
    }
}
