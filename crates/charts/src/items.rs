//! What a plot is drawn with: bars, lines that end where a value is unknown, and dots where a line would have no length.
//! Tests compare this as text; what draws adds nothing to it but colour.

use crate::data::{Kind, Mark, Plot, Point, Range, Series};
use std::fmt;

/// Something that is drawn.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields are those of the series, and pairs of moment and value")]
pub enum Item {
    /// Bars: middle, height.
    Bars { series: String, colour: usize, width_ms: f64, bars: Vec<[f64; 2]> },
    /// A line through moments with known values.
    Line { series: String, colour: usize, points: Vec<[f64; 2]> },
    /// Values with nothing known on either side.
    Dots { series: String, colour: usize, points: Vec<[f64; 2]> },
    /// Single calls of one colour: moment, value.
    Calls { colour: usize, points: Vec<[f64; 2]> },
    /// Several calls that lie close together: moments and values that they span, and how much of its colour it has, 0 to 1.
    Cell { colour: usize, from_ms: f64, to_ms: f64, low: f64, high: f64, share: f32 },
}

/// Pixels that a bar is wide at most: few buckets are no walls.
const WIDEST: f64 = 28.0;
/// How much of its colour a cell of two calls has.
const PALEST: f32 = 0.35;

/// What of a plot lies in `view`, `width` pixels wide. A line goes on to the first point outside, so that it does not end
/// before the edge.
pub fn items(plot: &Plot, view: Range, bucket_ms: f64, width: f64) -> Vec<Item> {
    let ms_per_pixel = view.length_ms() / width.max(1.0);
    let mut all: Vec<Item> =
        plot.series.iter().flat_map(|series| of_series(series, view, bucket_ms, ms_per_pixel)).collect();
    all.extend(of_marks(&plot.marks, view));
    all
}

/// Marks in `view`: cells below, single calls of each colour above. A cell has more of its colour the more calls it holds,
/// by their logarithm: one beside thousands is seen as well.
fn of_marks(marks: &[Mark], view: Range) -> Vec<Item> {
    let seen = || marks.iter().filter(|mark| in_view(mark, view));
    let most = seen().map(|mark| mark.n).max().unwrap_or(1).max(2) as f32;
    let mut all: Vec<Item> = seen()
        .filter(|mark| !mark.is_single())
        .map(|mark| {
            let share = PALEST + (1.0 - PALEST) * (mark.n as f32).ln() / most.ln();
            let Mark { from_ms, to_ms, low, high, colour, .. } = *mark;
            Item::Cell { colour, from_ms, to_ms, low, high, share }
        })
        .collect();
    let singles = || seen().filter(|mark| mark.is_single());
    let mut colours: Vec<usize> = singles().map(|mark| mark.colour).collect();
    colours.sort_unstable();
    colours.dedup();
    for colour in colours {
        let points = singles().filter(|mark| mark.colour == colour).map(|mark| [mark.from_ms, mark.high]).collect();
        all.push(Item::Calls { colour, points });
    }
    all
}

fn in_view(mark: &Mark, view: Range) -> bool {
    mark.to_ms >= view.from_ms && mark.from_ms < view.to_ms
}

/// The largest value that a plot shows in `view`.
pub fn largest(plot: &Plot, view: Range, bucket_ms: f64) -> f64 {
    let points = plot.series.iter().flat_map(|series| seen(&series.points, view, bucket_ms, 0));
    let marks = plot.marks.iter().filter(|mark| in_view(mark, view)).map(|mark| mark.high);
    points.filter_map(|point| point.value).chain(marks).fold(0.0, f64::max)
}

/// Points of buckets that touch `view`, with `beside` more on each side.
fn seen(points: &[Point], view: Range, bucket_ms: f64, beside: usize) -> &[Point] {
    let from = points.partition_point(|point| point.at_ms + bucket_ms <= view.from_ms).saturating_sub(beside);
    let to = (points.partition_point(|point| point.at_ms < view.to_ms) + beside).min(points.len());
    points.get(from..to).unwrap_or_default()
}

fn of_series(series: &Series, view: Range, bucket_ms: f64, ms_per_pixel: f64) -> Vec<Item> {
    let (name, colour, middle) = (&series.name, series.colour, bucket_ms / 2.0);
    match series.kind {
        Kind::Bar => {
            let known = seen(&series.points, view, bucket_ms, 0).iter();
            let bars: Vec<[f64; 2]> = known
                .filter_map(|point| point.value.filter(|value| *value > 0.0).map(|value| [point.at_ms + middle, value]))
                .collect();
            let width_ms = (bucket_ms - ms_per_pixel).min(WIDEST * ms_per_pixel).max(bucket_ms.min(ms_per_pixel));
            if bars.is_empty() {
                return Vec::new();
            }
            vec![Item::Bars { series: name.clone(), colour, width_ms, bars }]
        }
        Kind::Line => {
            let points = seen(&series.points, view, bucket_ms, 1);
            let mut out = Vec::new();
            let mut dots = Vec::new();
            for run in points.split(|point| point.value.is_none()) {
                let run: Vec<[f64; 2]> =
                    run.iter().filter_map(|point| Some([point.at_ms + middle, point.value?])).collect();
                match run.len() {
                    0 => {}
                    1 => dots.extend(run),
                    _ => out.push(Item::Line { series: name.clone(), colour, points: run }),
                }
            }
            if !dots.is_empty() {
                out.push(Item::Dots { series: name.clone(), colour, points: dots });
            }
            out
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, series, colour, points) = match self {
            Self::Bars { series, colour, bars, .. } => ("bars", series, colour, bars),
            Self::Line { series, colour, points } => ("line", series, colour, points),
            Self::Dots { series, colour, points } => ("dots", series, colour, points),
            Self::Calls { colour, points } => {
                write!(f, "calls colour {colour}:")?;
                return points.iter().try_for_each(|[at, value]| write!(f, " {at}={value}"));
            }
            Self::Cell { colour, from_ms, to_ms, low, high, share } => {
                return write!(f, "cell colour {colour} share {share:.2}: {from_ms}..{to_ms}={low}..{high}");
            }
        };
        write!(f, "{word} {series:?} colour {colour}:")?;
        points.iter().try_for_each(|[at, value]| write!(f, " {at}={value}"))
    }
}
