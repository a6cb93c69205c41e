//! What is plotted, as the window hands it over.

/// A part of the time axis, in milliseconds since the epoch; the end is not of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// First moment.
    pub from_ms: f64,
    /// Moment after the last.
    pub to_ms: f64,
}

impl Range {
    /// How long it is; at least a millisecond, so that it can be divided by.
    pub fn length_ms(self) -> f64 {
        (self.to_ms - self.from_ms).max(1.0)
    }

    /// Moved and shortened so that it lies in `whole`.
    pub fn within(self, whole: Self) -> Self {
        let length = self.length_ms().min(whole.length_ms());
        let from_ms = self.from_ms.clamp(whole.from_ms, (whole.to_ms - length).max(whole.from_ms));
        Self { from_ms, to_ms: from_ms + length }
    }
}

/// What the numbers of a plot count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Milliseconds.
    Ms,
    /// Nano-dollars.
    UsdNanos,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A bar for each bucket.
    Bar,
    /// A line through the buckets.
    Line,
}

/// The value of a bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Start of the bucket.
    pub at_ms: f64,
    /// `None` is not known.
    pub value: Option<f64>,
}

/// Values of one kind over time, in the order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// How it is drawn.
    pub kind: Kind,
    /// Number of its colour in the palette.
    pub colour: usize,
    /// Its values.
    pub points: Vec<Point>,
}

/// A single call, or where they lie too close to be told apart a cell of several: from the first to the last moment, from
/// the lowest to the highest value. Both are exact: what stands out at either end is never averaged away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Its first moment.
    pub from_ms: f64,
    /// Its last moment; the first one for a single call.
    pub to_ms: f64,
    /// Lowest value.
    pub low: f64,
    /// Highest value.
    pub high: f64,
    /// How many calls it stands for.
    pub n: u64,
    /// Number of its colour in the palette.
    pub colour: usize,
}

impl Mark {
    /// Whether it stands for one call.
    pub fn is_single(&self) -> bool {
        self.n <= 1
    }
}

/// One plot.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// What it is called.
    pub title: String,
    /// Unit of all its series.
    pub unit: Unit,
    /// The first lies lowest.
    pub series: Vec<Series>,
    /// Single calls, in any order; the first lies lowest.
    pub marks: Vec<Mark>,
}

/// Everything that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Data {
    /// Plots, one below or beside the other.
    pub plots: Vec<Plot>,
    /// From the first call to the last.
    pub whole: Range,
    /// Length of a bucket.
    pub bucket_ms: f64,
    /// How far the shown zone is ahead of UTC.
    pub offset_ms: f64,
}

impl Default for Data {
    fn default() -> Self {
        let whole = Range { from_ms: 0.0, to_ms: 1.0 };
        Self { plots: Vec::new(), whole, bucket_ms: 1.0, offset_ms: 0.0 }
    }
}

impl Data {
    /// Whether any plot has something to show.
    pub fn has_values(&self) -> bool {
        let mut points = self.plots.iter().flat_map(|plot| &plot.series).flat_map(|series| &series.points);
        points.any(|point| point.value.is_some_and(|value| value > 0.0))
            || self.plots.iter().any(|plot| !plot.marks.is_empty())
    }

    /// Start of the bucket that a moment lies in.
    pub fn bucket_at(&self, at_ms: f64) -> f64 {
        let from = self.whole.from_ms;
        from + ((at_ms - from) / self.bucket_ms).floor() * self.bucket_ms
    }

    /// Whole buckets between two moments, each in either order.
    pub fn buckets(&self, a_ms: f64, b_ms: f64) -> Range {
        let (from, to) = (a_ms.min(b_ms), a_ms.max(b_ms));
        Range { from_ms: self.bucket_at(from), to_ms: self.bucket_at(to) + self.bucket_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_moved_before_it_is_cut() {
        let whole = Range { from_ms: 100.0, to_ms: 200.0 };
        let within = |from_ms, to_ms| Range { from_ms, to_ms }.within(whole);
        assert_eq!(within(90.0, 120.0), Range { from_ms: 100.0, to_ms: 130.0 });
        assert_eq!(within(190.0, 220.0), Range { from_ms: 170.0, to_ms: 200.0 });
        assert_eq!(within(0.0, 900.0), whole);
    }

    #[test]
    fn what_is_dragged_over_is_whole_buckets() {
        let data = Data { bucket_ms: 10.0, ..Data::default() };
        assert_eq!(data.buckets(37.0, 12.0), Range { from_ms: 10.0, to_ms: 40.0 });
        assert_eq!(data.buckets(12.0, 13.0), Range { from_ms: 10.0, to_ms: 20.0 });
    }
}
