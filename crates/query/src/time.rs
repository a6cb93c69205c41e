//! Times of a query: days are whole, clock times are moments. The result is a half-open range of nanoseconds since the
//! epoch, left end in, right end out.

use crate::parser::ParseContext;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

pub(crate) const FITS: &str = "Write a day as 2026-11-01, a time as 2026-11-01T09:30 (with Z or an offset if needed), \
    a range as 2026-11-01..2026-11-12, a comparison as >2026-11-01, or today, yesterday, 7d, 24h.";

/// A stretch of time that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    start_ns: i64,
    end_ns: i64,
    /// A clock time: as a right end it is out.
    clock: bool,
}

/// A half-open range of times; an open end is `None`.
pub(crate) type Range = (Option<i64>, Option<i64>);

/// Reads the value of `time:`.
pub(crate) fn parse(text: &str, context: &ParseContext) -> Result<Range, String> {
    if text == "*" {
        return Ok((None, None));
    }
    if let Some((left, right)) = text.split_once("..") {
        let end = |text: &str| if text.is_empty() { Ok(None) } else { stretch(text, context).map(Some) };
        let (left, right) = (end(left)?, end(right)?);
        if left.is_none() && right.is_none() {
            return Err("the range has no ends".to_owned());
        }
        let from = left.map(|left| left.start_ns);
        let to = right.map(|right| if right.clock { right.start_ns } else { right.end_ns });
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err("the range ends before it begins".to_owned());
        }
        return Ok((from, to));
    }
    let one = |text: &str| stretch(text, context);
    if let Some(rest) = text.strip_prefix(">=") {
        return Ok((Some(one(rest)?.start_ns), None));
    }
    if let Some(rest) = text.strip_prefix("<=") {
        let right = one(rest)?;
        return Ok((None, Some(if right.clock { right.start_ns.saturating_add(1) } else { right.end_ns })));
    }
    if let Some(rest) = text.strip_prefix('>') {
        let left = one(rest)?;
        return Ok((Some(if left.clock { left.start_ns.saturating_add(1) } else { left.end_ns }), None));
    }
    if let Some(rest) = text.strip_prefix('<') {
        return Ok((None, Some(one(rest)?.start_ns)));
    }
    if let Some(span) = ago(text) {
        return Ok((Some(context.now_ns.saturating_sub(span)), None));
    }
    let whole = one(text.strip_prefix('=').unwrap_or(text))?;
    Ok((Some(whole.start_ns), Some(whole.end_ns)))
}

/// Prints a range so that [`parse`] reads the same in any zone.
pub(crate) fn print((from, to): Range) -> String {
    match (from, to) {
        (Some(from), Some(to)) => format!("{}..{}", moment(from), moment(to)),
        (Some(from), None) => format!(">={}", moment(from)),
        (None, Some(to)) => format!("<{}", moment(to)),
        (None, None) => "*".to_owned(),
    }
}

fn moment(ns: i64) -> String {
    Timestamp::from_nanosecond(i128::from(ns)).map_or_else(|_| ns.to_string(), |time| time.to_string())
}

/// `7d`, `24h`, `30m`: nanoseconds.
fn ago(text: &str) -> Option<i64> {
    let unit = text.chars().next_back()?;
    let number: i64 = text.strip_suffix(unit)?.parse().ok().filter(|number| *number >= 0)?;
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        'w' => 604_800,
        _ => return None,
    };
    number.checked_mul(seconds)?.checked_mul(1_000_000_000)
}

fn stretch(text: &str, context: &ParseContext) -> Result<Stretch, String> {
    let unreadable = || format!("{text:?} is no day or time");
    match text {
        "" => return Err("the time is missing".to_owned()),
        "now" => {
            return Ok(Stretch { start_ns: context.now_ns, end_ns: context.now_ns.saturating_add(1), clock: true });
        }
        "today" | "yesterday" => {
            let now = Timestamp::from_nanosecond(i128::from(context.now_ns)).map_err(|_| unreadable())?;
            let mut day = now.to_zoned_datetime(context.zone.clone()).date();
            if text == "yesterday" {
                day = day.yesterday().map_err(|_| unreadable())?;
            }
            return days(day, Span::new().days(1), &context.zone).ok_or_else(unreadable);
        }
        _ => {}
    }
    if text.len() >= 17 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let ns: i64 = text.parse().map_err(|_| unreadable())?;
        return Ok(Stretch { start_ns: ns, end_ns: ns.saturating_add(1), clock: true });
    }
    match text.split_once(['T', 't', ' ']) {
        Some((day, clock)) => clock_time(day, clock, context).ok_or_else(unreadable),
        None => whole_days(text, context).ok_or_else(unreadable),
    }
}

/// A day, month or year, with an offset or without.
fn whole_days(text: &str, context: &ParseContext) -> Option<Stretch> {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    if shape == "9999" {
        return days(Date::new(text.parse().ok()?, 1, 1).ok()?, Span::new().years(1), &context.zone);
    }
    if shape == "9999-99" {
        let (year, month) = text.split_once('-')?;
        return days(Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?, Span::new().months(1), &context.zone);
    }
    let (day, offset) = text.split_at_checked(10)?;
    let zone = zone_of(offset, context)?;
    days(day_of(day)?, Span::new().days(1), &zone)
}

fn day_of(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let digits = |text: &str, n: usize| text.len() == n && text.bytes().all(|byte| byte.is_ascii_digit());
    if parts.next().is_some() || !digits(year, 4) || !digits(month, 2) || !digits(day, 2) {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn days(first: Date, length: Span, zone: &TimeZone) -> Option<Stretch> {
    let after = first.checked_add(length).ok()?;
    let (start_ns, end_ns) = (ns_of(first.at(0, 0, 0, 0), zone)?, ns_of(after.at(0, 0, 0, 0), zone)?);
    Some(Stretch { start_ns, end_ns, clock: false })
}

/// A time of a day: `09`, `09:30`, `09:30:15`, `09:30:15.25`, each with an offset or zone, or without.
fn clock_time(day: &str, clock: &str, context: &ParseContext) -> Option<Stretch> {
    let day = day_of(day)?;
    let at = clock.find(['Z', 'z', '+', '-', '[']).unwrap_or(clock.len());
    let (clock, offset) = clock.split_at_checked(at)?;
    let zone = zone_of(offset, context)?;
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    let number = |at: usize| -> Option<i8> {
        match parts.get(at) {
            None => Some(0),
            Some(text) if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
            Some(_) => None,
        }
    };
    let (hour, minute, second) = (number(0)?, number(1)?, number(2)?);
    let mut nanosecond = 0;
    let mut length = match parts.len() {
        1 => 3_600_000_000_000,
        2 => 60_000_000_000,
        3 => 1_000_000_000,
        _ => return None,
    };
    if let Some(fraction) = fraction {
        if parts.len() != 3
            || fraction.is_empty()
            || fraction.len() > 9
            || !fraction.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        nanosecond = format!("{fraction:0<9}").parse().ok()?;
        length = 10_i64.pow(9 - u32::try_from(fraction.len()).ok()?);
    }
    let time = day.to_datetime(jiff::civil::Time::new(hour, minute, second, nanosecond).ok()?);
    let start_ns = ns_of(time, &zone)?;
    Some(Stretch { start_ns, end_ns: start_ns.checked_add(length)?, clock: true })
}

/// The zone of an offset (`Z`, `+02:00`, `-0530`) or a name in brackets; the context's when nothing is written.
fn zone_of(text: &str, context: &ParseContext) -> Option<TimeZone> {
    match text {
        "" => return Some(context.zone.clone()),
        "Z" | "z" => return Some(TimeZone::UTC),
        _ => {}
    }
    if let Some(name) = text.strip_prefix('[') {
        return TimeZone::get(name.strip_suffix(']')?).ok();
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits: String = text.get(1..)?.chars().filter(|c| *c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 = digits.get(2..).filter(|text| !text.is_empty()).map_or(Some(0), |text| text.parse().ok())?;
    let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    (minutes < 60).then(|| TimeZone::fixed(offset))
}

fn ns_of(time: DateTime, zone: &TimeZone) -> Option<i64> {
    // A time that the clock skips or shows twice is taken as most calendars do.
    let timestamp = zone.to_ambiguous_timestamp(time).compatible().ok()?;
    i64::try_from(timestamp.as_nanosecond()).ok()
}
