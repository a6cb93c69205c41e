//! Times of many shapes to nanoseconds since the epoch. A time without a zone is in the zone that is given, else UTC.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

/// Reads a JSON value: a number (seconds, milliseconds, microseconds or nanoseconds, told by its size) or a text.
pub fn ns_from_value(value: &Value, zone: Option<&TimeZone>) -> Option<i64> {
    match value {
        Value::Number(n) => ns_from_number(&n.to_string()),
        Value::String(text) => ns_from_text(text, zone),
        _ => None,
    }
}

/// Reads a text: RFC 3339, the same with a blank for `T` or without a zone, a date alone, RFC 2822, the form of web server
/// logs, day-first and month-name forms that are not ambiguous, or a number.
pub fn ns_from_text(text: &str, zone: Option<&TimeZone>) -> Option<i64> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    // `20261112080622`: no count of this length is near our time.
    if text.len() == 14
        && text.bytes().all(|b| b.is_ascii_digit())
        && let Ok(parsed) = jiff::fmt::strtime::parse("%Y%m%d%H%M%S", text)
    {
        return in_zone(parsed.to_datetime().ok()?, zone.cloned().unwrap_or(TimeZone::UTC));
    }
    if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'))
        && text.bytes().filter(|b| *b == b'-').count() < 2
    {
        return ns_from_number(text);
    }
    let zone_or_utc = || zone.cloned().unwrap_or(TimeZone::UTC);
    if let Ok(at) = text.parse::<Timestamp>() {
        return ns(at);
    }
    if let Ok(at) = text.parse::<jiff::ZonedDateTime>() {
        return ns(at.timestamp());
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return in_zone(at, zone_or_utc());
    }
    if let Ok(day) = text.parse::<Date>() {
        return in_zone(day.to_datetime(jiff::civil::Time::midnight()), zone_or_utc());
    }
    if let Ok(at) = jiff::fmt::rfc2822::parse(text) {
        return ns(at.timestamp());
    }
    // A comma before the fraction, as Python's logging writes it.
    if let Some((before, after)) = text.rsplit_once(',')
        && after.len() <= 9
        && !after.is_empty()
        && after.bytes().all(|b| b.is_ascii_digit())
    {
        return ns_from_text(&format!("{before}.{after}"), zone);
    }
    if let Some(ns) = with_zone(text).or_else(|| without_zone(text).and_then(|at| in_zone(at, zone_or_utc()))) {
        return Some(ns);
    }
    let (bare, zone) = zone_at_end(text)?;
    ns_from_text(bare, Some(&zone))
}

/// `2026-11-12 08:06:22.223 UTC`, `12.11.2026 09:06 CET`, `… +01`: the text before, and the zone.
fn zone_at_end(text: &str) -> Option<(&str, TimeZone)> {
    let bare = text.trim_end_matches(')');
    let sign = bare.rfind(['+', '-']).filter(|at| bare.get(..*at).is_some_and(|before| before.contains(':')));
    if let Some(at) = sign {
        let (before, offset) = bare.split_at_checked(at)?;
        let digits = offset.bytes().filter(u8::is_ascii_digit).count();
        let plain = offset.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b':');
        let before = before.trim_end().trim_end_matches("UTC").trim_end_matches("GMT").trim_end();
        return (plain && matches!(digits, 2 | 4) && !before.contains('+')).then_some((before, zone(offset)?));
    }
    let (before, name) = bare.rsplit_once([' ', '('])?;
    let hours = match name {
        "UTC" | "GMT" | "Z" | "WET" => 0,
        "CET" | "BST" | "WEST" | "MEZ" => 1,
        "CEST" | "EET" | "MESZ" => 2,
        "EEST" | "MSK" => 3,
        "JST" | "KST" => 9,
        "EST" => -5,
        "EDT" => -4,
        "CDT" => -5,
        "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        name if name.contains('/') => return Some((before.trim_end(), zone(name)?)),
        _ => return None,
    };
    Some((before.trim_end(), jiff::tz::Offset::from_seconds(hours * 3600).ok().map(TimeZone::fixed)?))
}

fn with_zone(text: &str) -> Option<i64> {
    const FORMS: [&str; 5] = [
        "%Y-%m-%d %H:%M:%S%.f %z",
        "%Y-%m-%dT%H:%M:%S%.f%z",
        "%Y-%m-%d %H:%M:%S%.f%z",
        "%d/%b/%Y:%H:%M:%S %z",
        "%a %b %d %H:%M:%S %z %Y",
    ];
    FORMS.iter().find_map(|form| {
        let parsed = jiff::fmt::strtime::parse(form, text).ok()?;
        ns(parsed.to_timestamp().ok()?)
    })
}

fn without_zone(text: &str) -> Option<DateTime> {
    const FORMS: [&str; 19] = [
        "%Y/%m/%d %H:%M:%S%.f",
        "%Y/%m/%d %H:%M",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
        "%d.%m.%Y %H:%M:%S%.f",
        "%d.%m.%Y, %H:%M:%S%.f",
        "%d-%b-%Y %H:%M:%S%.f",
        "%d/%b/%Y %H:%M:%S%.f",
        "%Y.%m.%d %H:%M:%S%.f",
        "%Y%m%d %H:%M:%S%.f",
        "%d.%m.%Y %H:%M",
        "%d %b %Y %H:%M:%S%.f",
        "%d %b %Y, %H:%M:%S%.f",
        "%b %d %Y %H:%M:%S%.f",
        "%b %d, %Y %H:%M:%S%.f",
        "%b %d, %Y, %I:%M:%S %p",
        "%b %d, %Y %I:%M:%S %p",
        "%Y%m%dT%H%M%S",
        "%a %b %d %H:%M:%S %Y",
    ];
    if let Some(at) = FORMS.iter().find_map(|form| jiff::fmt::strtime::parse(form, text).ok()?.to_datetime().ok()) {
        return Some(at);
    }
    for form in ["%d.%m.%Y", "%d %b %Y", "%b %d, %Y", "%Y/%m/%d"] {
        if let Some(day) = jiff::fmt::strtime::parse(form, text).ok().and_then(|parsed| parsed.to_date().ok()) {
            return Some(day.to_datetime(jiff::civil::Time::midnight()));
        }
    }
    slashed(text, DayOrder::of(text)?)
}

/// Which part of `11/12/2026` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOrder {
    /// `31/12/2026`.
    DayFirst,
    /// `12/31/2026`.
    MonthFirst,
}

impl DayOrder {
    /// What a date with slashes proves: only a part above 12 does.
    pub fn of(text: &str) -> Option<Self> {
        let mut parts = text.trim().split('/').map(str::parse::<u8>);
        match (parts.next()?.ok()? > 12, parts.next()?.ok()? > 12) {
            (true, false) => Some(Self::DayFirst),
            (false, true) => Some(Self::MonthFirst),
            _ => None,
        }
    }
}

/// Reads a date with slashes whose order other rows of its file have proven.
pub fn ns_in_order(text: &str, order: DayOrder, zone: Option<&TimeZone>) -> Option<i64> {
    let text = text.trim();
    if let Some(at) = slashed(text, order) {
        return in_zone(at, zone.cloned().unwrap_or(TimeZone::UTC));
    }
    let (bare, zone) = zone_at_end(text)?;
    in_zone(slashed(bare, order)?, zone)
}

/// Reads a text by a format of `strptime` directives; the zone is for formats without an offset, UTC when absent.
pub fn ns_in_format(text: &str, format: &str, zone: Option<&TimeZone>) -> Option<i64> {
    let parsed = jiff::fmt::strtime::parse(format, text.trim()).ok()?;
    if parsed.timestamp().is_some() || parsed.offset().is_some() {
        return ns(parsed.to_timestamp().ok()?);
    }
    let at = match parsed.hour() {
        Some(_) => parsed.to_datetime().ok()?,
        None => parsed.to_date().ok()?.to_datetime(jiff::civil::Time::midnight()),
    };
    in_zone(at, zone.cloned().unwrap_or(TimeZone::UTC))
}

/// Why a format cannot read times: it must read back a day that it wrote itself.
pub fn format_fault(format: &str) -> Option<String> {
    let day = jiff::civil::date(2026, 11, 23).at(8, 6, 22, 0).to_zoned_datetime(TimeZone::UTC).ok()?;
    let written = match jiff::fmt::strtime::format(format, &day) {
        Ok(written) => written,
        Err(error) => return Some(error.to_string()),
    };
    if let Err(error) = jiff::fmt::strtime::parse(format, &written) {
        return Some(error.to_string());
    }
    ns_in_format(&written, format, None)
        .is_none()
        .then(|| "it holds no whole day (day, month and year are `%d`, `%m` and `%Y`)".to_owned())
}

/// `11/12/2026 08:06` is month first in one country and day first in the next: taken only when one of the two cannot be.
fn slashed(text: &str, order: DayOrder) -> Option<DateTime> {
    let date = match order {
        DayOrder::DayFirst => "%d/%m/%Y",
        DayOrder::MonthFirst => "%m/%d/%Y",
    };
    ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"]
        .iter()
        .find_map(|time| jiff::fmt::strtime::parse(format!("{date} {time}"), text).ok()?.to_datetime().ok())
}

fn in_zone(at: DateTime, zone: TimeZone) -> Option<i64> {
    ns(at.to_zoned_datetime(zone).ok()?.timestamp())
}

fn ns(at: Timestamp) -> Option<i64> {
    i64::try_from(at.as_nanosecond()).ok()
}

/// Nanoseconds from 10^17 on, then microseconds, milliseconds and seconds, each a thousand times less.
fn ns_from_number(text: &str) -> Option<i64> {
    if let Ok(whole) = text.parse::<i64>() {
        let factor: i64 = match whole {
            100_000_000_000_000_000.. => 1,
            100_000_000_000_000.. => 1_000,
            100_000_000_000.. => 1_000_000,
            1.. => 1_000_000_000,
            _ => return None,
        };
        return whole.checked_mul(factor);
    }
    // Digits as written, not through a float: microseconds of seconds must survive.
    if let Some((whole, fraction)) = text.split_once('.')
        && let Ok(whole) = whole.parse::<i64>()
        && whole >= 0
        && !fraction.is_empty()
        && fraction.bytes().all(|b| b.is_ascii_digit())
    {
        let unit: i64 = match whole {
            100_000_000_000_000_000.. => 1,
            100_000_000_000_000.. => 1_000,
            100_000_000_000.. => 1_000_000,
            _ => 1_000_000_000,
        };
        let digits = fraction.get(..fraction.len().min(9)).unwrap_or_default();
        let part: i64 = format!("{digits:0<9}").parse().ok()?;
        let ns = whole.checked_mul(unit)?.checked_add(part / (1_000_000_000 / unit))?;
        return Some(ns).filter(|ns| *ns > 0);
    }
    // An exponent.
    let float = text.parse::<f64>().ok().filter(|x| x.is_finite() && *x >= 1.0 && *x < 9.2e18)?;
    ns_from_number(&(float as i64).to_string())
}

/// A zone by its name (`Europe/Berlin`), `UTC`, or an offset (`+01:00`).
pub fn zone(name: &str) -> Option<TimeZone> {
    let name = name.trim();
    if matches!(name, "UTC" | "utc" | "Z" | "GMT") {
        return Some(TimeZone::UTC);
    }
    if let Some(rest) = name.strip_prefix('+').or_else(|| name.strip_prefix('-')) {
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        let hours: i32 = digits.get(..2)?.parse().ok()?;
        let minutes: i32 = digits.get(2..4).map_or(Some(0), |m| m.parse().ok())?;
        let seconds = (hours * 60 + minutes) * 60 * if name.starts_with('-') { -1 } else { 1 };
        return jiff::tz::Offset::from_seconds(seconds).ok().map(TimeZone::fixed);
    }
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_moment_in_many_shapes() {
        const NS: i64 = 1_794_470_782_223_000_000;
        for text in [
            "2026-11-12T08:06:22.223Z",
            "2026-11-12T09:06:22.223+01:00",
            "2026-11-12 08:06:22.223",
            "2026-11-12 08:06:22,223",
            "2026-11-12 08:06:22.223 UTC",
            "2026-11-12 08:06:22.223 GMT",
            "2026-11-12 09:06:22.223 +0100",
            "2026/11/12 08:06:22.223",
            "2026-11-12 09:06:22.223+01",
            "2026-11-12 09:06:22.223 CET",
            "2026-11-12 09:06:22.223 Europe/Berlin",
            "12.11.2026, 08:06:22.223",
            "12.11.2026 09:06:22.223 +01:00",
            "2026-11-12 03:06:22.223 (EST)",
            "Nov 12 2026 08:06:22.223 UTC",
            "12.11.2026 08:06:22.223",
            "12 Nov 2026 08:06:22.223",
            "1794470782.223",
            "1794470782223",
            "1794470782223000",
            "1794470782223000000",
        ] {
            let got = ns_from_text(text, None).map(|ns| (ns - NS).abs() < 1_000);
            assert_eq!(got, Some(true), "{text}: {:?}", ns_from_text(text, None));
        }
        let berlin = zone("Europe/Berlin").expect("a zone");
        assert_eq!(ns_from_text("2026-11-12 09:06:22.223", Some(&berlin)), Some(NS));
        assert_eq!(ns_from_text("12/Nov/2026:08:06:22 +0000", None), Some(NS - 223_000_000));
        assert_eq!(ns_from_text("Thu, 12 Nov 2026 08:06:22 +0000", None), Some(NS - 223_000_000));
    }

    #[test]
    fn a_format_is_read_and_a_wrong_one_is_told() {
        const NS: i64 = 1_794_470_782_000_000_000;
        let berlin = zone("Europe/Berlin").expect("a zone");
        assert_eq!(ns_in_format("12/11/2026 08:06:22", "%d/%m/%Y %H:%M:%S", None), Some(NS));
        assert_eq!(ns_in_format("12/11/2026 09:06:22", "%d/%m/%Y %H:%M:%S", Some(&berlin)), Some(NS));
        assert_eq!(ns_in_format("12/11/2026 10:06:22 +0200", "%d/%m/%Y %H:%M:%S %z", Some(&berlin)), Some(NS));
        assert_eq!(ns_in_format("2026-11-12T08:06:22Z", "%d/%m/%Y %H:%M:%S", None), None);
        for good in ["%d/%m/%Y %H:%M:%S", "%m/%d/%y %I:%M:%S %p", "%d.%m.%Y", "%s", "%Y-%m-%dT%H:%M:%S%.f%z"] {
            assert_eq!(format_fault(good), None, "{good}");
        }
        for wrong in ["%d/%m/%Y %!", "dd/MM/yyyy", "%H:%M:%S", "", "%"] {
            assert!(format_fault(wrong).is_some(), "{wrong}");
        }
        assert_eq!(ns_in_order("12/11/2026 08:06:22", DayOrder::DayFirst, None), Some(NS));
        assert_eq!(ns_in_order("11/12/2026 09:06:22 CET", DayOrder::MonthFirst, None), Some(NS));
        assert_eq!(DayOrder::of("11/12/2026"), None);
        assert_eq!(DayOrder::of("13/12/2026"), Some(DayOrder::DayFirst));
    }

    #[test]
    fn what_cannot_be_told_is_unknown() {
        for text in ["", "yesterday", "11/12/2026 08:06", "2026-13-45", "-5", "0"] {
            assert_eq!(ns_from_text(text, None), None, "{text}");
        }
        assert!(ns_from_text("13/12/2026 08:06", None).is_some());
    }
}
