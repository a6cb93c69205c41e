//! Quantities: durations as nanoseconds, money as nano-dollars, counts. Read and printed exactly.

use crate::field::Takes;

const DURATIONS: [(&str, i64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];
const NANOS_A_DOLLAR: i64 = 1_000_000_000;

/// Reads a quantity of a field into its unit; the error says what would fit.
pub(crate) fn parse(text: &str, takes: Takes) -> Result<i64, String> {
    match takes {
        Takes::Duration => duration(text),
        Takes::Money => money(text),
        _ => count(text),
    }
}

/// What a field takes, for a hint.
pub(crate) fn fits(takes: Takes) -> &'static str {
    match takes {
        Takes::Duration => {
            "Write a duration with a unit, such as 2s, 350ms, 1.5m or 1h; a comparison as >2s, a range as 1s..3s."
        }
        Takes::Money => "Write US dollars, such as 0.01; a comparison as >0.01, a range as 0.01..0.5.",
        _ => "Write a whole number, such as 1000 or 4k; a comparison as >1000, a range as 100..500.",
    }
}

/// Prints a quantity so that [`parse`] reads the same.
pub(crate) fn print(value: i64, takes: Takes) -> String {
    match takes {
        Takes::Duration => {
            if value == 0 {
                return "0s".to_owned();
            }
            let units = [
                ("h", 3_600_000_000_000),
                ("m", 60_000_000_000),
                ("s", 1_000_000_000),
                ("ms", 1_000_000),
                ("us", 1_000),
            ];
            match units.into_iter().find(|(_, size)| value % size == 0) {
                Some((unit, size)) => format!("{}{unit}", value / size),
                None => format!("{value}ns"),
            }
        }
        Takes::Money => {
            let sign = if value < 0 { "-" } else { "" };
            let (whole, rest) = (value.unsigned_abs() / 1_000_000_000, value.unsigned_abs() % 1_000_000_000);
            let fraction = format!("{rest:09}");
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
        }
        _ => value.to_string(),
    }
}

fn duration(text: &str) -> Result<i64, String> {
    let at = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    if unit.is_empty() {
        return match decimal(number, 1) {
            Some(0) => Ok(0),
            Some(_) => Err(format!("{text:?} needs a unit such as {number}s")),
            None => Err(format!("{text:?} is no duration")),
        };
    }
    let unit = unit.to_lowercase();
    let size = DURATIONS.into_iter().find(|(name, _)| *name == unit).map(|(_, size)| size);
    let size = size.ok_or_else(|| format!("{unit:?} is no unit of time that we know"))?;
    decimal(number, size).ok_or_else(|| format!("{text:?} is no duration"))
}

fn money(text: &str) -> Result<i64, String> {
    let bare = text.strip_prefix('$').unwrap_or(text);
    let bare = bare.strip_suffix("usd").or_else(|| bare.strip_suffix("USD")).unwrap_or(bare);
    decimal(bare, NANOS_A_DOLLAR).ok_or_else(|| format!("{text:?} is no amount of dollars"))
}

fn count(text: &str) -> Result<i64, String> {
    let (number, size) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (text.get(..at).unwrap_or_default(), 1_000),
        Some((at, 'm' | 'M')) => (text.get(..at).unwrap_or_default(), 1_000_000),
        _ => (text, 1),
    };
    let whole = size > 1 || !number.contains('.');
    decimal(number, size).filter(|_| whole).ok_or_else(|| format!("{text:?} is no whole number"))
}

/// A decimal number times `size`, exactly; `None` when it is none, does not fit, or has finer parts than one.
fn decimal(text: &str, size: i64) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if (whole.is_empty() && fraction.is_empty()) || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut total: i64 = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()?.checked_mul(size)? };
    let mut unit = size;
    for digit in fraction.bytes() {
        let digit = i64::from(digit - b'0');
        if unit % 10 != 0 {
            // Units that are not powers of ten (minutes): the rest is rounded to the finest part.
            let rest = fraction.trim_end_matches('0');
            let scale = 10_i64.checked_pow(u32::try_from(rest.len()).ok()?)?;
            let part = i128::from(rest.parse::<i64>().ok()?) * i128::from(size);
            let whole = if whole.is_empty() { 0 } else { whole.parse::<i64>().ok()?.checked_mul(size)? };
            let total = i128::from(whole) + part / i128::from(scale);
            return i64::try_from(total).ok()?.checked_mul(sign);
        }
        unit /= 10;
        total = total.checked_add(digit.checked_mul(unit)?)?;
    }
    total.checked_mul(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_exact() {
        let read = |text, takes| parse(text, takes);
        assert_eq!(read("2s", Takes::Duration), Ok(2_000_000_000));
        assert_eq!(read("1.5m", Takes::Duration), Ok(90_000_000_000));
        assert_eq!(read("0.25ms", Takes::Duration), Ok(250_000));
        assert_eq!(read("0.01", Takes::Money), Ok(10_000_000));
        assert_eq!(read("$12", Takes::Money), Ok(12_000_000_000));
        assert_eq!(read("4k", Takes::Count), Ok(4000));
        assert_eq!(read("1.5k", Takes::Count), Ok(1500));
        assert!(read("2", Takes::Duration).unwrap_err().contains("unit such as 2s"));
        for (text, takes) in [
            ("2 parsecs", Takes::Duration),
            ("", Takes::Money),
            ("1.5", Takes::Count),
            (".", Takes::Money),
            ("99999999999999999999", Takes::Count),
            ("é", Takes::Count),
        ] {
            assert!(read(text, takes).is_err(), "{text}");
        }
        for value in [0, 1, 999, 1_000, 61_000_000_000, 3_600_000_000_000, -5_000_000, i64::MAX, i64::MIN + 1] {
            for takes in [Takes::Duration, Takes::Money, Takes::Count] {
                assert_eq!(parse(&print(value, takes), takes), Ok(value), "{value} {takes:?}");
            }
        }
    }
}
