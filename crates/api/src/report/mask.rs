//! Masks for personal data in texts that leave the program: e-mail addresses, telephone numbers, IBANs, payment cards and
//! IP addresses become typed placeholders (`⟦EMAIL_1⟧`), the same one for the same value throughout a report.
//!
//! What could be something else is left alone: dates, times, versions, ids, amounts. IBANs and cards must pass their check
//! digits. Secrets are holes since the import and are not looked for here.

use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Replaces personal data and remembers what got which placeholder.
#[derive(Debug, Default, Clone)]
pub struct Masker {
    seen: BTreeMap<(Kind, String), usize>,
    counts: BTreeMap<Kind, usize>,
}

/// What was replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// E-mail address.
    Email,
    /// IBAN.
    Iban,
    /// Payment card.
    Card,
    /// IP address.
    Ip,
    /// Telephone number.
    Phone,
}

impl Kind {
    /// The word in a placeholder.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Iban => "IBAN",
            Self::Card => "CARD",
            Self::Ip => "IP",
            Self::Phone => "PHONE",
        }
    }
}

impl Masker {
    /// The text with placeholders.
    pub fn mask(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (kind, pattern, is_one) in RULES.iter() {
            text = self.replace(*kind, pattern, *is_one, &text);
        }
        text
    }

    /// How many distinct values of each kind were replaced.
    pub fn counts(&self) -> impl Iterator<Item = (Kind, usize)> {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    fn replace(&mut self, kind: Kind, pattern: &Regex, is_one: fn(&str) -> bool, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for found in pattern.find_iter(text) {
            let (before, after) =
                (text.get(..found.start()).unwrap_or_default(), text.get(found.end()..).unwrap_or_default());
            if !stands_alone(kind, before, after) || !is_one(found.as_str()) {
                continue;
            }
            out.push_str(text.get(from..found.start()).unwrap_or_default());
            out.push_str(&self.placeholder(kind, found.as_str()));
            from = found.end();
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    }

    fn placeholder(&mut self, kind: Kind, value: &str) -> String {
        let folded: String = match kind {
            Kind::Email | Kind::Ip => value.to_lowercase(),
            _ => value.chars().filter(|c| c.is_alphanumeric()).collect(),
        };
        let n = *self.seen.entry((kind, folded)).or_insert_with(|| {
            let count = self.counts.entry(kind).or_default();
            *count += 1;
            *count
        });
        format!("⟦{}_{n}⟧", kind.as_str())
    }
}

type Rule = (Kind, Regex, fn(&str) -> bool);

static RULES: LazyLock<[Rule; 6]> = LazyLock::new(|| {
    let rule = |kind, pattern: &str, is_one: fn(&str) -> bool| {
        (kind, Regex::new(pattern).expect("a pattern of ours compiles"), is_one)
    };
    [
        rule(
            Kind::Email,
            r"[\p{L}\p{N}._%+'-]*[\p{L}\p{N}_%+-]@[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?\.[\p{L}]{2,24}",
            |_| true,
        ),
        rule(
            Kind::Iban,
            r"[A-Za-z]{2}[0-9]{2}(?:[ \u{a0}]?[A-Za-z0-9]{4}){2,7}(?:[ \u{a0}]?[A-Za-z0-9]{1,3})?",
            is_iban,
        ),
        rule(Kind::Card, r"[0-9](?:[ \u{a0}-]?[0-9]){12,18}", is_card),
        rule(Kind::Ip, r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}", is_ipv4),
        rule(Kind::Ip, r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.[0-9]{1,3}){0,3}", is_ipv6),
        rule(
            Kind::Phone,
            r"(?:\+|\b00)[0-9][0-9 ()./\u{a0}\u{2011}-]{5,20}[0-9]|\(?\b0[0-9]{1,5}\)?[ /\u{a0}-][0-9][0-9 /\u{a0}-]{3,14}[0-9]|(?:\([0-9]{3}\) ?|\b[0-9]{3}[-. ])[0-9]{3}[-. ][0-9]{4}",
            is_phone,
        ),
    ]
});

/// True when the match is no piece of a longer word, id or number.
fn stands_alone(kind: Kind, before: &str, after: &str) -> bool {
    let (before, after) = (before.chars().next_back(), after.chars().next());
    match kind {
        Kind::Email => true,
        Kind::Ip => {
            !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | ':' | '-' | '_'))
                && !after.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '-')
        }
        _ => {
            !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | ':' | '-' | '_' | '/' | '#'))
                && !after.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
        }
    }
}

/// ISO 13616: the rearranged number is 1 modulo 97.
fn is_iban(text: &str) -> bool {
    let bare: String = text.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_uppercase()).collect();
    if !(15..=34).contains(&bare.len()) {
        return false;
    }
    let (head, tail) = bare.split_at(4);
    let remainder = tail.chars().chain(head.chars()).fold(0_u32, |sum, c| match c.to_digit(36) {
        Some(digit) if digit < 10 => (sum * 10 + digit) % 97,
        Some(digit) => (sum * 100 + digit) % 97,
        None => sum,
    });
    remainder == 1
}

/// Thirteen to nineteen digits that pass the Luhn check and begin as cards do.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(n, digit)| {
            if n % 2 == 0 {
                *digit
            } else if *digit > 4 {
                digit * 2 - 9
            } else {
                digit * 2
            }
        })
        .sum();
    (13..=19).contains(&digits.len())
        && sum.is_multiple_of(10)
        && digits.first().is_some_and(|first| (2..=6).contains(first))
}

/// An address that can belong to a person: not loopback, not unspecified.
fn is_ipv4(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| !ip.is_loopback() && !ip.is_unspecified() && !ip.is_broadcast())
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok_and(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

/// Seven to fifteen digits that are no date.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits) && !DATE.is_match(text)
}

static DATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^(?:[0-9]{4}[-./ ][0-9]{1,2}[-./ ][0-9]{1,2}|[0-9]{1,2}[-./ ][0-9]{1,2}[-./ ][0-9]{4})(?:[ T][0-9 ]*)?$",
    )
    .expect("a pattern of ours compiles")
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_data_gets_typed_placeholders() {
        let mut masker = Masker::default();
        for (text, expected) in [
            ("Write to Ana.Lima+x@shop.example, or ana.lima+x@SHOP.example.", "Write to ⟦EMAIL_1⟧, or ⟦EMAIL_1⟧."),
            ("Call +49 (30) 123-4567 or 030 7654321.", "Call ⟦PHONE_1⟧ or ⟦PHONE_2⟧."),
            ("US: (415) 555-2671, 415-555-2671", "US: ⟦PHONE_3⟧, ⟦PHONE_3⟧"),
            ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN ⟦IBAN_1⟧ please"),
            ("card 4111 1111 1111 1111.", "card ⟦CARD_1⟧."),
            ("from 203.0.113.9 and 2001:db8::7", "from ⟦IP_1⟧ and ⟦IP_2⟧"),
            ("\"mail\":\"bo@x.example\"", "\"mail\":\"⟦EMAIL_2⟧\""),
        ] {
            assert_eq!(masker.mask(text), expected);
        }
    }

    #[test]
    fn what_could_be_something_else_is_left_alone() {
        for text in [
            "2026-11-12 11:30:13.079",
            "12.11.2026, 01-02-2026, 2026/10/01",
            "ACC-1007 and CR-5538 and KB-114",
            "92272e4b700196fb2ce6e5b638a79d82",
            "1794483013079050222",
            "version 4.2.1, 1.45.2",
            "A refund within 45 days costs 1,299.00 EUR",
            "order 4111111111111112",
            "at 11:30:13",
            "127.0.0.1:8080",
            "user@host",
            "3704-0044",
            "ratio 0 1 2 3 4",
        ] {
            assert_eq!(Masker::default().mask(text), text);
        }
    }
}
