//! Secrets out of text, before anything touches the disk: keys by their prefix, tokens by their shape, values by the name
//! of the header or field that they stand in. What is removed leaves a typed hole, `⟦redacted:RULE⟧`, that keeps JSON valid
//! at any nesting of JSON within strings. One secret counts once, however many rules it meets.
//!
//! Clean text costs one pass of a literal search.

mod assigned;
mod rules;

use aho_corasick::{AhoCorasick, MatchKind};
use rules::{Found, Hint};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

/// Version of the rules, kept per batch.
pub const RULES_VERSION: u32 = 2;

/// A redacted text and what was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redacted {
    /// The text with its holes.
    pub bytes: Vec<u8>,
    /// Removed secrets by rule.
    pub counts: BTreeMap<&'static str, u64>,
}

/// Redacts; `None` when there is nothing to remove.
pub fn redact_bytes(bytes: &[u8]) -> Option<Redacted> {
    let scan = scan(bytes, true);
    if scan.found.is_empty() {
        return None;
    }
    let mut counts = BTreeMap::new();
    for found in &scan.found {
        *counts.entry(found.rule).or_insert(0) += 1;
    }
    Some(Redacted { bytes: with_holes(bytes, &scan.found), counts })
}

/// Redacts a text.
pub fn redact_text(text: &str) -> String {
    match redact_bytes(text.as_bytes()) {
        Some(redacted) => String::from_utf8_lossy(&redacted.bytes).into_owned(),
        None => text.to_owned(),
    }
}

/// True when the text holds something that a rule removes.
pub fn has_secret(text: &str) -> bool {
    !scan(text.as_bytes(), true).found.is_empty()
}

/// Secrets in a text: where and by which rule, in order.
pub fn secrets(text: &str) -> Vec<(Range<usize>, &'static str)> {
    scan(text.as_bytes(), true).found.into_iter().map(|found| (found.range, found.rule)).collect()
}

/// The hole that a rule leaves.
pub fn hole(rule: &str) -> String {
    format!("⟦redacted:{rule}⟧")
}

/// True when the text has a hole.
pub fn has_hole(text: &str) -> bool {
    text.contains("⟦redacted:")
}

struct Scan {
    /// Disjoint, in order.
    found: Vec<Found>,
    /// Where something begins that may become a secret with more text.
    open_from: Option<usize>,
}

fn hints() -> &'static (AhoCorasick, Vec<Hint>) {
    static HINTS: OnceLock<(AhoCorasick, Vec<Hint>)> = OnceLock::new();
    HINTS.get_or_init(|| {
        let (literals, hints): (Vec<&str>, Vec<Hint>) = rules::HINTS.iter().copied().unzip();
        let search = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .build(literals)
            .expect("the literals are few and short");
        (search, hints)
    })
}

/// `whole` is false for a text that goes on.
fn scan(bytes: &[u8], whole: bool) -> Scan {
    let (search, hints) = hints();
    let mut found: Vec<Found> = Vec::new();
    let mut open_from: Option<usize> = None;
    for hit in search.find_overlapping_iter(bytes) {
        let Some(hint) = hints.get(hit.pattern().as_usize()) else { continue };
        match rules::check(*hint, bytes, hit.start(), hit.end()) {
            None => {}
            Some(candidate) if !whole && candidate.reaches_end => {
                open_from = Some(open_from.map_or(candidate.from, |from| from.min(candidate.from)));
            }
            Some(candidate) => found.extend(candidate.found),
        }
    }
    found.sort_by_key(|f| (f.range.start, std::cmp::Reverse(f.range.end)));
    let mut disjoint: Vec<Found> = Vec::with_capacity(found.len());
    for next in found {
        match disjoint.last_mut() {
            Some(last) if next.range.start < last.range.end => {
                // One secret that two rules see: the whole of it goes, under the name that says most.
                last.range.end = last.range.end.max(next.range.end);
                if next.says > last.says {
                    (last.rule, last.says) = (next.rule, next.says);
                }
            }
            _ => disjoint.push(next),
        }
    }
    Scan { found: disjoint, open_from }
}

fn with_holes(bytes: &[u8], found: &[Found]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for secret in found {
        out.extend_from_slice(bytes.get(at..secret.range.start).unwrap_or_default());
        out.extend_from_slice(hole(secret.rule).as_bytes());
        at = secret.range.end;
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    out
}

/// Longest tail that is held back while it may still become a secret.
const HELD_BYTES: usize = 64 << 10;
/// So much of what was shown is kept, for rules that look to the left; no name of a field is longer.
const CONTEXT_BYTES: usize = 64;

/// Where bytes can be parted, as late as may be: what stands before holds each of its secrets whole, whatever follows.
/// Never within a character. More than the bytes' beginning, unless they are fewer than [`HELD_BYTES`].
pub(crate) fn parting(bytes: &[u8]) -> usize {
    let scan = scan(bytes, false);
    let mut cut = bytes.len().min(scan.open_from.unwrap_or(usize::MAX)).min(begun(bytes));
    if bytes.len() - cut > HELD_BYTES {
        cut = bytes.len();
    }
    // Bytes that are no UTF-8 may go on like a character for ever; a character is four bytes at most.
    let within = (0..4).find(|n| bytes.get(cut.saturating_sub(*n)).is_none_or(|byte| byte & 0xC0 != 0x80)).unwrap_or(0);
    if cut < bytes.len() {
        cut = cut.saturating_sub(within);
    } else if let Some(start) = open_character(bytes) {
        cut = start;
    }
    match scan.found.iter().find(|found| found.range.contains(&cut) && found.range.start < cut) {
        Some(secret) => secret.range.start,
        None => cut,
    }
}

/// Where the last character begins, if it does not end.
fn open_character(bytes: &[u8]) -> Option<usize> {
    let tail = bytes.len().saturating_sub(3);
    let start = (tail..bytes.len()).rev().find(|at| bytes.get(*at).is_some_and(|byte| *byte >= 0xC0))?;
    let wanted = match bytes.get(start)? {
        0xF0.. => 4,
        0xE0.. => 3,
        _ => 2,
    };
    (bytes.len() - start < wanted).then_some(start)
}

/// Redacts a text that arrives in pieces, as an answer streams in. Only what could be the beginning of a secret is held
/// back, until more of it is there: ordinary words are shown as they come.
#[derive(Debug, Default)]
pub struct StreamingRedactor {
    /// The end of what was shown, as it came.
    context: String,
    held: String,
    counts: BTreeMap<&'static str, u64>,
}

impl StreamingRedactor {
    /// Takes a piece; gives the text that is safe to show.
    pub fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let known = self.context.len();
        let text = format!("{}{}", self.context, self.held);
        let cut = parting(text.as_bytes());
        self.give(cut.saturating_sub(known))
    }

    /// The rest.
    pub fn finish(&mut self) -> String {
        self.give(self.held.len())
    }

    /// Removed secrets by rule.
    pub fn counts(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    fn give(&mut self, cut: usize) -> String {
        let rest = self.held.split_off(cut);
        let safe = std::mem::replace(&mut self.held, rest);
        let known = self.context.len();
        self.context.push_str(&safe);
        let mut found = scan(self.context.as_bytes(), true).found;
        found.retain(|secret| secret.range.end > known);
        for secret in &mut found {
            secret.range = secret.range.start.max(known) - known..secret.range.end - known;
            *self.counts.entry(secret.rule).or_default() += 1;
        }
        let mut keep = self.context.len().saturating_sub(CONTEXT_BYTES);
        while !self.context.is_char_boundary(keep) {
            keep += 1;
        }
        self.context.drain(..keep);
        if found.is_empty() { safe } else { String::from_utf8_lossy(&with_holes(safe.as_bytes(), &found)).into_owned() }
    }
}

/// Where a hint may have begun that is not whole yet, or a field's name whose value is still to come; the end of the text
/// when nothing has. The run of token characters before it goes with it: rules look at what a name ends.
fn begun(bytes: &[u8]) -> usize {
    let window = bytes.len().saturating_sub(CONTEXT_BYTES);
    let tail = bytes.get(window..).unwrap_or_default();
    let is_begun = rules::HINTS.iter().any(|(literal, hint)| {
        let literal = literal.as_bytes();
        let same = |at: usize, n: usize| {
            tail.get(at..at + n).is_some_and(|part| part.eq_ignore_ascii_case(literal.get(..n).unwrap_or_default()))
        };
        let field = matches!(hint, Hint::Field(..));
        let partly = (1..=literal.len().min(tail.len())).any(|n| {
            let at = tail.len() - n;
            same(at, n) && (field || rules::begins_word(bytes, window + at))
        });
        // A whole name before quotes and escapes: what follows decides.
        let named = field && {
            let end = tail.iter().rposition(|b| !matches!(b, b'"' | b'\\' | b':' | b'=' | b' ')).map_or(0, |at| at + 1);
            end >= literal.len() && end < tail.len() && same(end - literal.len(), literal.len())
        };
        partly || named
    });
    if !is_begun {
        return bytes.len();
    }
    let run = tail.iter().rev().take_while(|b| rules::is_token_byte(**b)).count();
    // A name before `: ` ends before the space.
    let spaces = if run == 0 { tail.iter().rev().take_while(|b| **b == b' ').count() } else { 0 };
    let before = tail.get(..tail.len() - spaces).unwrap_or_default();
    let run = before.iter().rev().take_while(|b| rules::is_token_byte(**b)).count();
    bytes.len() - spaces - run
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rules_of(text: &str) -> Vec<&'static str> {
        secrets(text).into_iter().map(|(_, rule)| rule).collect()
    }

    /// Made of parts, so that no scanner takes this file for a leak.
    fn key(prefix: &str, body: &str) -> String {
        format!("{prefix}{body}")
    }

    #[test]
    fn each_rule_finds_its_secret_once() {
        let jwt = key("eyJ", "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dGhpcyBpcyBhIHNpZ25hdHVyZQ");
        for (text, rule) in [
            (key("the key sk-", "abcDEF1234567890abcDEF1234567890 leaked"), "openai_key"),
            (key("sk-proj-", "a1B2c3D4e5F6g7H8i9J0k1L2"), "openai_key"),
            (key("sk-ant-api03-", "a1B2c3D4e5-F6g7_H8i9J0k1L2"), "anthropic_key"),
            (key("sk-lf-", "12345678-1234-1234-1234-123456789abc"), "langfuse_key"),
            (key("AKIA", "IOSFODNN7EXAMPLE"), "aws_key"),
            (key("AIza", "SyA1234567890abcdefghijklmnopqrstuvw"), "google_key"),
            (key("ghp_", "abcdefghijklmnopqrstuvwxyz0123456789"), "github_token"),
            (key("xoxb-", "123456789012-abcdefGHIJKL"), "slack_token"),
            (key("lsv2_pt_", "0123456789abcdef0123456789abcdef_0123456789"), "langsmith_key"),
            (jwt.clone(), "jwt"),
            (format!("Authorization: Bearer {jwt}"), "jwt"),
            ("Authorization: Bearer abcdef0123456789abcdef".into(), "bearer_token"),
            (format!("Authorization: Bearer {}", key("sk-", "abcDEF1234567890abcDEF1234567890")), "openai_key"),
            ("{\"authorization\": \"Basic dXNlcjpwYXNzd29yZA==\"}".into(), "authorization_header"),
            ("{\\\"x-api-key\\\": \\\"0a1b2c3d4e5f6a7b8c9d\\\"}".into(), "api_key_header"),
            ("{\"headers\":{\"cookie\":\"session=0123abcd; theme=dark\"}}".into(), "cookie"),
            ("{\"api_key\": \"0a1b2c3d-4e5f-6a7b\"}".into(), "api_key_field"),
            (
                "{\"key\":\"http.request.header.authorization\",\"value\":{\"stringValue\":\"Token 0a1b2c3d4e5f\"}}"
                    .into(),
                "authorization_header",
            ),
            ("https://example.org/v1?api_key=0a1b2c3d4e5f6a7b8c9d&x=1".into(), "api_key_field"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\\nMIIEow\\nabc\\n-----END RSA PRIVATE KEY----- tail".into(),
                "private_key",
            ),
        ] {
            assert_eq!(rules_of(&text), [rule], "{text}");
            let redacted = redact_text(&text);
            assert!(redacted.contains(&hole(rule)), "{redacted}");
            assert!(!has_secret(&redacted), "{redacted}");
        }
    }

    #[test]
    fn benign_text_is_left_alone() {
        for text in [
            "</task-notification> and a desk-1234567890abcdef1234 in the disk-space-analyser-2000-version",
            "we use sk-learn-contrib and sk-learn 1.5, not sk-retake-local",
            "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "trace 5b8efff798038103d269b633813fc60c, request req-0001, chatcmpl-2CJGjs09NqsDOrUtJtOYhnWBXWFB59Yh",
            "call_id 7fyNqaBnjFuJZ59l0338bgUVLNadRNbh and toolu_01A09q90qw90lq917835lq9",
            "the bearer of this letter; Bearer authentication is required for administrators",
            "{\"api_key\": \"88dc28d0f030c55ed4ab77ed8faf098196cb1c05df778539800c9f1243fe6b4b\"}",
            "{\"user_api_key_hash\": \"litellm_proxy_master_key\", \"api_key\": null, \"password\": \"\"}",
            "{\"authorization\": \"<redacted>\", \"x-api-key\": \"FILTERED\", \"cookie\": \"***\"}",
            "{\"properties\": {\"password\": {\"type\": \"string\"}, \"api_key\": {\"type\": \"string\"}}}",
            "Cookie recipes: authorization of a refund needs the owner's password.",
            "Set the api_key: see the handbook. authorization: denied",
            "eyJust a word. eyJ.eyJ.x",
            "AKIAR is a name, ASIA is a continent, xoxo",
            "pk-lf-12345678-1234-1234-1234-123456789abc is public",
        ] {
            assert_eq!(rules_of(text), Vec::<&str>::new(), "{text}");
        }
    }

    /// An answer is read while it is written: a word is shown before the word after next has come.
    #[test]
    fn ordinary_words_are_shown_as_they_come() {
        for text in ["It arrives on Friday the sixth, as agreed", "Es kommt am Freitag, bitte klingeln"] {
            let words: Vec<&str> = text.split_inclusive(' ').collect();
            let mut stream = StreamingRedactor::default();
            let mut shown = String::new();
            for (at, word) in words.iter().enumerate() {
                shown.push_str(&stream.push(word));
                let due: usize = words.iter().take(at).map(|word| word.len()).sum();
                assert!(shown.len() >= due, "{shown:?} after {at} words of {text:?}");
            }
        }
    }

    #[test]
    fn json_stays_json() {
        let secret = key("sk-", "abcDEF1234567890abcDEF1234567890");
        let inner = serde_json::json!({"note": format!("line\n{secret}"), "headers": {"Authorization": format!("Bearer {secret}")}});
        let middle = serde_json::json!({"input": inner.to_string()});
        let outer = serde_json::json!({"body": middle.to_string(), "key": secret}).to_string();
        let redacted = redact_bytes(outer.as_bytes()).expect("secrets");
        assert_eq!(redacted.counts.values().sum::<u64>(), 3);
        let text = String::from_utf8(redacted.bytes).expect("text");
        assert!(!text.contains("abcDEF"), "{text}");
        let back: serde_json::Value = serde_json::from_str(&text).expect("still JSON");
        let middle: serde_json::Value = serde_json::from_str(back["body"].as_str().expect("text")).expect("still JSON");
        serde_json::from_str::<serde_json::Value>(middle["input"].as_str().expect("text")).expect("still JSON");
    }

    proptest! {
        /// However an answer is cut, the same text is shown and no secret is in it.
        #[test]
        fn cuts_do_not_change_what_is_shown(
            words in proptest::collection::vec("[a-z ]{0,12}", 1..6),
            cuts in proptest::collection::vec(1usize..9, 1..40),
        ) {
            let secret = key("sk-", "abcDEF1234567890abcDEF1234567890");
            let text = words.join(&format!(" {secret} "));
            let mut stream = StreamingRedactor::default();
            let (mut shown, mut rest, mut at) = (String::new(), text.as_str(), 0);
            while !rest.is_empty() {
                let n = cuts[at % cuts.len()].min(rest.len());
                let (piece, after) = rest.split_at(n);
                shown.push_str(&stream.push(piece));
                rest = after;
                at += 1;
            }
            shown.push_str(&stream.finish());
            prop_assert_eq!(shown, redact_text(&text));
        }

        /// The same for names of fields and headers, which are told by what stands around them.
        #[test]
        fn cuts_do_not_change_what_fields_show(
            parts in proptest::collection::vec(0usize..9, 1..12),
            cuts in proptest::collection::vec(1usize..9, 1..40),
        ) {
            let pieces = [
                "desk ", "the owner's password is ", "{\"api_key\": \"0a1b2c3d-4e5f-6a7b\"} ", "authorization of refunds, ",
                "{\\\"x-api-key\\\": \\\"0a1b2c3d4e5f6a7b8c9d\\\"} ", "Bearer abcdef0123456789abcdef ", "xoxo ",
                "https://example.org/v1?api_key=0a1b2c3d4e5f6a7b8c9d&x=1 ", "It arrives on Friday. ",
            ];
            let text: String = parts.iter().map(|at| pieces[*at]).collect();
            let mut stream = StreamingRedactor::default();
            let (mut shown, mut rest, mut at) = (String::new(), text.as_str(), 0);
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(cuts[at % cuts.len()].min(rest.len()));
                shown.push_str(&stream.push(piece));
                (rest, at) = (after, at + 1);
            }
            shown.push_str(&stream.finish());
            prop_assert_eq!(shown, redact_text(&text));
        }

        /// Redacted text holds no rule's match.
        #[test]
        fn redacted_text_is_clean(text in "[a-zA-Z0-9\"\\\\:{}, \\-_.=/?&]{0,200}") {
            prop_assert!(!has_secret(&redact_text(&text)), "{}", redact_text(&text));
        }
    }
}
