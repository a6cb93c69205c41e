//! Round numbers and moments, and how they are written at an axis.

use crate::data::{Range, Unit};

const SECOND: f64 = 1_000.0;
const MINUTE: f64 = 60.0 * SECOND;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;
const STEPS: [f64; 19] = [
    SECOND,
    5.0 * SECOND,
    15.0 * SECOND,
    30.0 * SECOND,
    MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    3.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    7.0 * DAY,
    30.0 * DAY,
    90.0 * DAY,
    365.0 * DAY,
];
/// Steps of long durations.
const LONG: [f64; 10] = [
    15_000.0,
    30_000.0,
    MINUTE,
    2.0 * MINUTE,
    5.0 * MINUTE,
    10.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    2.0 * HOUR,
];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Round numbers from 0 to at least `largest`, about `n` steps of them: the step, and how many. Durations above some
/// seconds are round in minutes and hours, not in thousands.
pub fn steps_to(largest: f64, n: f64, unit: Unit) -> (f64, usize) {
    if largest <= 0.0 || !largest.is_finite() {
        let one = match unit {
            Unit::Count => 1.0,
            Unit::Ms => 1e3,
            Unit::UsdNanos => 1e9,
        };
        return (one, 1);
    }
    let rough = largest / n;
    if let Some(step) = LONG.into_iter().find(|step| unit == Unit::Ms && rough > 10_000.0 && *step >= rough) {
        return (step, ((largest / step - 1e-9).ceil() as usize).max(1));
    }
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|unit| unit * power).into_iter().find(|unit| *unit >= rough).unwrap_or(rough);
    // Things come whole.
    let step = if unit == Unit::Count { step.max(1.0) } else { step };
    (step, ((largest / step - 1e-9).ceil() as usize).max(1))
}

/// Moments on round hours and days of the shown zone, at most about `n`, and the step between them.
pub fn moments(range: Range, n: f64, offset_ms: f64) -> (f64, Vec<f64>) {
    let rough = range.length_ms() / n.max(1.0);
    let step = STEPS.into_iter().find(|step| *step >= rough).unwrap_or(365.0 * DAY);
    let first = ((range.from_ms + offset_ms) / step).ceil() * step - offset_ms;
    let count = ((range.to_ms - first) / step).floor().clamp(-1.0, 1_000.0) as i32 + 1;
    (step, (0..count).map(|i| first + f64::from(i) * step).collect())
}

/// What stands at a moment: the day where one begins, else the time of day.
pub fn moment_label(at_ms: f64, offset_ms: f64) -> String {
    let local = at_ms + offset_ms;
    let day = (local / DAY).floor();
    let second = ((local - day * DAY) / SECOND).round() as i64;
    let minute = second / 60;
    if second % 60 > 0 {
        return format!("{:02}:{:02}:{:02}", minute / 60, minute % 60, second % 60);
    }
    if minute > 0 {
        return format!("{:02}:{:02}", minute / 60, minute % 60);
    }
    let (month, of_month) = month_and_day(day as i64);
    format!("{of_month} {}", MONTHS.get(month).unwrap_or(&""))
}

/// Month from 0 and day from 1 of a day since the epoch, in the Gregorian calendar: years begin with March here, so
/// that the day of a leap year is the last.
fn month_and_day(day: i64) -> (usize, i64) {
    let day = (day + 719_468).rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    (((from_march + 2) % 12) as usize, of_year - (153 * from_march + 2) / 5 + 1)
}

/// A number as it stands at the axis.
pub fn value_label(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Count => count(value),
        Unit::Ms => duration(value),
        Unit::UsdNanos => format!("${}", two_places(value / 1e9)),
    }
}

fn count(value: f64) -> String {
    if value >= 1e6 {
        return format!("{} M", trimmed(value / 1e6, 2));
    }
    if value >= 1e5 {
        return format!("{} k", trimmed(value / 1e3, 0));
    }
    let whole = trimmed(value, 2);
    match whole.len() {
        4 | 5 if !whole.contains('.') => format!("{},{}", &whole[..whole.len() - 3], &whole[whole.len() - 3..]),
        _ => whole,
    }
}

fn duration(ms: f64) -> String {
    match ms {
        ms if ms < 1e3 => format!("{} ms", trimmed(ms, 1)),
        ms if ms < MINUTE => format!("{} s", trimmed(ms / 1e3, 2)),
        ms if ms < HOUR => format!("{} min", trimmed(ms / MINUTE, 1)),
        ms => format!("{} h", trimmed(ms / HOUR, 1)),
    }
}

/// With as many places as two digits that are not 0 need.
fn two_places(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    let places = (1.0 - value.log10().floor()).max(0.0) as usize;
    trimmed(value, places)
}

fn trimmed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_round_and_reach_the_largest() {
        assert_eq!(steps_to(0.0, 3.0, Unit::Count), (1.0, 1));
        assert_eq!(steps_to(7.0, 3.0, Unit::Count), (5.0, 2));
        assert_eq!(steps_to(2.0, 3.0, Unit::Count), (1.0, 2));
        assert_eq!(steps_to(1_284.0, 3.0, Unit::Count), (500.0, 3));
        assert_eq!(steps_to(24_000.0, 3.0, Unit::Ms), (10_000.0, 3));
        assert_eq!(steps_to(65_000.0, 3.0, Unit::Ms), (30_000.0, 3));
        let labels = [0.0, 60.0, 5_000.0, 12_000.0, 400_000.0, 2_500_000.0].map(|n| value_label(n, Unit::Count));
        assert_eq!(labels, ["0", "60", "5,000", "12,000", "400 k", "2.5 M"]);
        let labels = [0.0, 500.0, 2_500.0, 120_000.0, 7_200_000.0].map(|n| value_label(n, Unit::Ms));
        assert_eq!(labels, ["0 ms", "500 ms", "2.5 s", "2 min", "2 h"]);
        let labels = [0.0, 200_000.0, 5e7, 2e9, 2e12].map(|n| value_label(n, Unit::UsdNanos));
        assert_eq!(labels, ["$0", "$0.0002", "$0.05", "$2", "$2000"]);
    }

    #[test]
    fn moments_are_round_in_the_shown_zone() {
        let day = Range { from_ms: 0.0, to_ms: DAY };
        let (step, at) = moments(day, 5.0, 2.0 * HOUR);
        assert_eq!((step, at.len()), (6.0 * HOUR, 4));
        assert_eq!(
            at.iter().map(|at| moment_label(*at, 2.0 * HOUR)).collect::<Vec<_>>(),
            ["06:00", "12:00", "18:00", "2 Jan"]
        );
        let (step, at) = moments(Range { from_ms: 0.0, to_ms: MINUTE }, 5.0, 0.0);
        assert_eq!((step, at.get(1).map(|at| moment_label(*at, 0.0))), (15.0 * SECOND, Some("00:00:15".to_owned())));
        for (at, label) in [(951_782_400_000.0, "29 Feb"), (1_795_046_400_000.0, "19 Nov"), (-86_400_000.0, "31 Dec")] {
            assert_eq!(moment_label(at, 0.0), label);
        }
    }
}
