//! Numbers as people and spreadsheets write them: `1,416.50` here, `1.416,50` there. Which mark is which cannot be told of
//! one number (`1,416` is both), so a mapping says it; a proposal is made where the values allow one reading alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands before the decimals. The other mark, blanks and apostrophes then stand between groups of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecimalMark {
    /// `1,416.50`
    Point,
    /// `1.416,50`
    Comma,
}

impl DecimalMark {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Point, Self::Comma];

    /// The word in mapping files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }

    /// The mark of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.as_str() == word)
    }

    fn sign(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }

    /// A written number in the plain form that a parser takes; `None` when it is not written so.
    pub(crate) fn plain(self, text: &str) -> Option<String> {
        let text = text.trim().trim_matches(['$', '€', '£']).trim();
        let (whole, decimals) = text.split_once(self.sign()).unwrap_or((text, ""));
        let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
        let is_between = |c: char| {
            matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’') || (matches!(c, '.' | ',') && c != self.sign())
        };
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let groups: Vec<&str> = whole.split(is_between).collect();
        let grouped = match groups.as_slice() {
            [one] => !one.is_empty() || !decimals.is_empty(),
            // Groups of two stand before the last of three where lakhs are counted.
            [first, between @ .., last] => {
                (1..=3).contains(&first.len())
                    && between.iter().all(|group| (2..=3).contains(&group.len()))
                    && last.len() == 3
            }
            [] => false,
        };
        // An exponent belongs to the decimals: `1,5e-3`.
        let (fraction, exponent) = decimals.split_once(['e', 'E']).unwrap_or((decimals, "0"));
        let is_exponent = digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)) && !exponent.is_empty();
        if !grouped || !groups.iter().all(|group| digits(group)) || !digits(fraction) || !is_exponent {
            return None;
        }
        let decimals = if decimals.is_empty() { String::new() } else { format!(".{decimals}") };
        Some(format!("{sign}{}{decimals}", groups.concat()))
    }
}

/// The only way in which these texts are numbers, where there is just one: a text that a parser takes as it is says nothing.
pub(crate) fn only_mark<'t>(texts: impl IntoIterator<Item = &'t str>) -> Option<DecimalMark> {
    let mut only = None;
    for text in texts {
        if text.trim().parse::<f64>().is_ok() {
            continue;
        }
        let [point, comma] = DecimalMark::ALL.map(|mark| mark.plain(text).is_some());
        let mark = match (point, comma) {
            (true, false) => DecimalMark::Point,
            (false, true) => DecimalMark::Comma,
            _ => continue,
        };
        if only.is_some_and(|other| other != mark) {
            return None;
        }
        only = Some(mark);
    }
    only
}

/// Whether a text is a number in some way of writing.
pub(crate) fn is_written_number(text: &str) -> bool {
    // Groups between points alone are as well an address or a version.
    text.contains(',') && DecimalMark::ALL.iter().any(|mark| mark.plain(text).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_reads_its_own_numbers_and_no_other() {
        use DecimalMark::{Comma, Point};
        for (text, point, comma) in [
            ("1,416.50", Some("1416.50"), None),
            ("1.416,50", None, Some("1416.50")),
            ("1,416", Some("1416"), Some("1.416")),
            ("0,00042", None, Some("0.00042")),
            ("$0.00042", Some("0.00042"), None),
            ("3,5e-4", None, Some("3.5e-4")),
            ("1 234 567", Some("1234567"), Some("1234567")),
            ("1'234.5", Some("1234.5"), None),
            ("12,34,567", Some("1234567"), None),
            ("-7,25", None, Some("-7.25")),
            (",5", None, Some(".5")),
            ("1,2,3", None, None),
            ("12.11.2026", None, None),
            ("1.2.3", None, None),
            ("", None, None),
            (",", None, None),
            ("1,5e", None, None),
            ("twelve", None, None),
        ] {
            assert_eq!(Point.plain(text).as_deref(), point, "{text} with a point");
            assert_eq!(Comma.plain(text).as_deref(), comma, "{text} with a comma");
        }
    }

    #[test]
    fn a_mark_is_proposed_where_the_values_leave_no_other() {
        assert_eq!(only_mark(["1,416", "0,00042"]), Some(DecimalMark::Comma));
        assert_eq!(only_mark(["1,416", "1,416.5"]), Some(DecimalMark::Point));
        assert_eq!(only_mark(["1,416", "12"]), None, "it may be either");
        assert_eq!(only_mark(["0,5", "1,416.5"]), None, "they contradict each other");
    }
}
