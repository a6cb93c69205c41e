//! The rules: literals that hint at a secret, and what must stand around them to be one.

use super::assigned;
use std::ops::Range;

/// A secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub range: Range<usize>,
    pub rule: &'static str,
    /// How much the rule's name says; a key's own prefix says more than the header that it stands in.
    pub says: u8,
}

/// What a check saw.
pub(super) struct Candidate {
    pub found: Option<Found>,
    /// Where it begins.
    pub from: usize,
    /// True when more text could change the verdict.
    pub reaches_end: bool,
}

/// Kind of a hint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hint {
    Sk,
    Aws,
    Google,
    Github,
    GithubPat,
    Slack,
    Langsmith,
    Jwt,
    Bearer,
    PrivateKey,
    /// A header or field name: rule, shortest value.
    Field(&'static str, usize),
}

const AUTHORIZATION: Hint = Hint::Field("authorization_header", 8);
const API_KEY_HEADER: Hint = Hint::Field("api_key_header", 8);
const COOKIE: Hint = Hint::Field("cookie", 8);
const API_KEY: Hint = Hint::Field("api_key_field", 8);
const TOKEN: Hint = Hint::Field("token_field", 8);
const PASSWORD: Hint = Hint::Field("password_field", 1);
const PWD: Hint = Hint::Field("pwd_field", 6);

/// Literals, ASCII case folded. Names of fields end where the literal ends.
pub(super) const HINTS: &[(&str, Hint)] = &[
    ("sk-", Hint::Sk),
    ("AKIA", Hint::Aws),
    ("ASIA", Hint::Aws),
    ("AIza", Hint::Google),
    ("ghp_", Hint::Github),
    ("gho_", Hint::Github),
    ("ghu_", Hint::Github),
    ("ghs_", Hint::Github),
    ("ghr_", Hint::Github),
    ("github_pat_", Hint::GithubPat),
    ("xox", Hint::Slack),
    ("lsv2_", Hint::Langsmith),
    ("eyJ", Hint::Jwt),
    ("bearer ", Hint::Bearer),
    ("-----BEGIN ", Hint::PrivateKey),
    ("authorization", AUTHORIZATION),
    ("x-api-key", API_KEY_HEADER),
    ("x_api_key", API_KEY_HEADER),
    ("api-key", API_KEY_HEADER),
    ("x-goog-api-key", API_KEY_HEADER),
    ("x-amz-security-token", API_KEY_HEADER),
    ("x-auth-token", API_KEY_HEADER),
    ("cookie", COOKIE),
    ("api_key", API_KEY),
    ("apikey", API_KEY),
    ("secret_key", API_KEY),
    ("secretkey", API_KEY),
    ("aws_secret_access_key", API_KEY),
    ("access_token", TOKEN),
    ("accesstoken", TOKEN),
    ("refresh_token", TOKEN),
    ("id_token", TOKEN),
    ("client_secret", TOKEN),
    ("clientsecret", TOKEN),
    ("password", PASSWORD),
    ("passwd", PASSWORD),
    ("pwd", PWD),
    ("api_secret", API_KEY),
    ("apisecret", API_KEY),
];

pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'+' | b'=' | b'~' | b':' | b'"' | b'\\')
}

/// Looks around a hint.
pub(super) fn check(hint: Hint, bytes: &[u8], start: usize, end: usize) -> Option<Candidate> {
    match hint {
        Hint::Field(rule, min) => field(bytes, start, end, rule, min),
        Hint::Bearer => bearer(bytes, start, end),
        Hint::PrivateKey => private_key(bytes, start, end),
        _ => key(hint, bytes, start, end),
    }
}

/// True when no word goes on to the left of `at`. The letter of an escape (`\n`, `\u0022`) is no word.
pub(super) fn begins_word(bytes: &[u8], at: usize) -> bool {
    let Some(previous) = at.checked_sub(1).and_then(|at| bytes.get(at)) else { return true };
    if !(previous.is_ascii_alphanumeric() || matches!(previous, b'_' | b'-')) {
        return true;
    }
    if matches!(previous, b'n' | b't' | b'r' | b'b' | b'f') && at >= 2 && bytes.get(at - 2) == Some(&b'\\') {
        return true;
    }
    at >= 6
        && bytes.get(at - 6..at - 4) == Some(b"\\u")
        && bytes.get(at - 4..at).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

pub(super) fn run(bytes: &[u8], from: usize, allowed: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().position(|b| !allowed(*b)).unwrap_or(rest.len())
}

fn key(hint: Hint, bytes: &[u8], start: usize, end: usize) -> Option<Candidate> {
    let literal = bytes.get(start..end)?;
    // The search folds case, these prefixes do not.
    let exact: &[&[u8]] = match hint {
        Hint::Aws => &[b"AKIA", b"ASIA"],
        Hint::Google => &[b"AIza"],
        Hint::Jwt => &[b"eyJ"],
        _ => &[],
    };
    let lower = literal.iter().all(|b| !b.is_ascii_uppercase());
    if !(begins_word(bytes, start) && (exact.contains(&literal) || (exact.is_empty() && lower))) {
        return None;
    }
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let (stop, verdict) = match hint {
        Hint::Sk => {
            let stop = run(bytes, end, word);
            let body = bytes.get(end..stop)?;
            (stop, sk(body))
        }
        Hint::Aws => {
            let stop = run(bytes, end, |b| b.is_ascii_alphanumeric());
            let body = bytes.get(end..stop)?;
            let fits = body.len() == 16 && body.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            (stop, fits.then_some("aws_key"))
        }
        Hint::Google => {
            let stop = run(bytes, end, word);
            (stop, (stop - end >= 35).then_some("google_key"))
        }
        Hint::Github => {
            let stop = run(bytes, end, |b| b.is_ascii_alphanumeric());
            (stop, (stop - end >= 36).then_some("github_token"))
        }
        Hint::GithubPat => {
            let stop = run(bytes, end, |b| b.is_ascii_alphanumeric() || b == b'_');
            (stop, (stop - end >= 22).then_some("github_token"))
        }
        Hint::Slack => {
            let stop = run(bytes, end, word);
            let body = bytes.get(end..stop)?;
            let fits = body.len() >= 12
                && matches!(body.first(), Some(b'a' | b'b' | b'e' | b'p' | b'r' | b's'))
                && body.get(1) == Some(&b'-')
                && body.iter().any(u8::is_ascii_digit);
            (stop, fits.then_some("slack_token"))
        }
        Hint::Langsmith => {
            let stop = run(bytes, end, |b| b.is_ascii_alphanumeric() || b == b'_');
            let body = bytes.get(end..stop)?;
            let fits = body.len() >= 35 && body.iter().any(u8::is_ascii_digit);
            (stop, fits.then_some("langsmith_key"))
        }
        Hint::Jwt => jwt(bytes, end),
        _ => return None,
    };
    let found = verdict.map(|rule| Found { range: start..stop, rule, says: 3 });
    Some(Candidate { found, from: start, reaches_end: stop == bytes.len() })
}

/// The body behind `sk-`. Words joined by dashes (`sk-learn-contrib`) are none: a key has digits, and a long run or both
/// cases.
fn sk(body: &[u8]) -> Option<&'static str> {
    let digits = body.iter().any(u8::is_ascii_digit);
    if body.len() < 16 || !digits {
        return None;
    }
    if body.starts_with(b"lf-") {
        return Some("langfuse_key");
    }
    if body.starts_with(b"ant-") {
        return Some("anthropic_key");
    }
    if [b"proj-".as_slice(), b"svcacct-", b"admin-", b"or-v1-", b"None-"].iter().any(|p| body.starts_with(p)) {
        return Some("openai_key");
    }
    let long_run = body.split(|b| matches!(b, b'-' | b'_')).any(|part| {
        part.len() >= 16 && part.iter().any(u8::is_ascii_digit) && part.iter().any(u8::is_ascii_alphabetic)
    });
    let both_cases = body.iter().any(u8::is_ascii_uppercase) && body.iter().any(u8::is_ascii_lowercase);
    (long_run || (both_cases && body.len() >= 20)).then_some("openai_key")
}

fn jwt(bytes: &[u8], end: usize) -> (usize, Option<&'static str>) {
    let part = |from: usize| run(bytes, from, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let first = part(end);
    if first - end < 8 || bytes.get(first) != Some(&b'.') || bytes.get(first + 1..first + 4) != Some(b"eyJ") {
        let cut = bytes.len() <= first + 3;
        return (if cut { bytes.len() } else { first }, None);
    }
    let second = part(first + 1);
    if second - first < 10 || bytes.get(second) != Some(&b'.') {
        return (second, None);
    }
    (part(second + 1), Some("jwt"))
}

fn bearer(bytes: &[u8], start: usize, end: usize) -> Option<Candidate> {
    if !begins_word(bytes, start) {
        return None;
    }
    let from = run(bytes, end, |b| b == b' ');
    let stop =
        run(bytes, from, |b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'='));
    let body = bytes.get(from..stop)?;
    let fits = body.len() >= 16 && body.iter().any(u8::is_ascii_digit) && body.iter().any(u8::is_ascii_alphabetic);
    let found = fits.then_some(Found { range: from..stop, rule: "bearer_token", says: 2 });
    Some(Candidate { found, from: start, reaches_end: stop == bytes.len() })
}

fn private_key(bytes: &[u8], start: usize, end: usize) -> Option<Candidate> {
    let line = run(bytes, end, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
    let name = bytes.get(end..line)?;
    if !name.ends_with(b"PRIVATE KEY") && !name.ends_with(b"PRIVATE KEY BLOCK") {
        let found = None;
        return Some(Candidate { found, from: start, reaches_end: line == bytes.len() });
    }
    let rest = bytes.get(line..)?;
    let end_mark = memchr::memmem::find(rest, b"-----END ");
    // A key whose end was cut off ends with the text that it stands in.
    let inner = |b: u8| {
        b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'\\' | b':' | b',' | b' ' | b'\n' | b'\r')
    };
    let natural = run(bytes, line, inner);
    let (stop, reaches_end) = match end_mark {
        Some(at) if line + at <= natural => {
            let name = run(bytes, line + at + 9, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
            let stop = run(bytes, name, |b| b == b'-');
            (stop, stop < name + 5 && stop == bytes.len())
        }
        _ => {
            let stop = if bytes.get(natural) == Some(&b'"') && natural > line {
                // The backslashes before a quote belong to the quote.
                line + bytes.get(line..natural)?.iter().rposition(|b| *b != b'\\').map_or(0, |at| at + 1)
            } else {
                natural
            };
            (stop, natural == bytes.len())
        }
    };
    Some(Candidate {
        found: Some(Found { range: start..stop, rule: "private_key", says: 3 }),
        from: start,
        reaches_end,
    })
}

/// A value that stands behind the name of a header or field: in JSON (`"name": "value"`, at any depth of escaping), as an
/// attribute (`"key": "….name", "value": {"stringValue": "value"}`), in a URL (`?name=value`), in a header line.
fn field(bytes: &[u8], start: usize, end: usize, rule: &'static str, min: usize) -> Option<Candidate> {
    // `proxy-authorization`, `set-cookie`, `http.request.header.cookie`, `openai_api_key`: a longer name ends with it.
    let name_from = start
        - bytes
            .get(..start)?
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
            .count();
    // `OLDPWD`, and three letters within a word, are no such name.
    if rule == "pwd_field"
        && bytes.get(..start).is_some_and(|before| before.last().is_some_and(u8::is_ascii_alphanumeric))
        && !begins_word(bytes, start)
    {
        return None;
    }
    let mut at = run(bytes, end, |b| b == b'\\');
    if bytes.get(at) != Some(&b'"') {
        return if at == end { unquoted(bytes, name_from, start, end, rule) } else { None };
    }
    at += 1;
    let space = |at: usize| run(bytes, at, |b| b.is_ascii_whitespace());
    at = space(at);
    if bytes.get(at) == Some(&b',') && rule != "password_field" {
        at = attribute_value(bytes, at)?;
    } else {
        if bytes.get(at) != Some(&b':') {
            return open(name_from, at >= bytes.len());
        }
        at = space(at + 1);
        if bytes.get(at) == Some(&b'[') {
            at = space(at + 1);
        }
    }
    let quote = run(bytes, at, |b| b == b'\\');
    let escapes = quote - at;
    if bytes.get(quote) != Some(&b'"') {
        return open(name_from, quote >= bytes.len());
    }
    let from = quote + 1;
    let stop = end_of_string(bytes, from, escapes);
    let (stop, ended) = match stop {
        Some(stop) => (stop, true),
        None => (bytes.len(), false),
    };
    let value = bytes.get(from..stop)?;
    let found = is_secret(value, min, rule).then(|| Found { range: value_range(value, from, stop), rule, says: 1 });
    Some(Candidate { found, from: name_from, reaches_end: !ended })
}

fn open(from: usize, reaches_end: bool) -> Option<Candidate> {
    reaches_end.then_some(Candidate { found: None, from, reaches_end })
}

/// The scheme of an authorization stays readable.
fn value_range(value: &[u8], from: usize, stop: usize) -> Range<usize> {
    for scheme in [b"Bearer ".as_slice(), b"Basic ", b"Token ", b"Digest ", b"bearer ", b"basic ", b"token "] {
        if value.starts_with(scheme) && value.len() > scheme.len() {
            return from + scheme.len()..stop;
        }
    }
    from..stop
}

/// From the comma behind an attribute's key to the quote of its value.
fn attribute_value(bytes: &[u8], comma: usize) -> Option<usize> {
    let rest = bytes.get(comma..(comma + 120).min(bytes.len()))?;
    let text = std::str::from_utf8(rest).unwrap_or_default();
    let squeezed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '\\').take(60).collect();
    if !squeezed.starts_with(",\"value\":{\"") {
        return None;
    }
    let value = memchr::memmem::find(rest, b"tringValue").or_else(|| memchr::memmem::find(rest, b"tring_value"))?;
    let colon = value + rest.get(value..)?.iter().position(|b| *b == b':')?;
    Some(run(bytes, comma + colon + 1, |b| b.is_ascii_whitespace()))
}

/// The quote that closes a string whose own quotes are written with `escapes` backslashes.
fn end_of_string(bytes: &[u8], from: usize, escapes: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let hit = at + memchr::memchr(b'"', bytes.get(at..)?)?;
        let before = bytes.get(from..hit)?.iter().rev().take_while(|b| **b == b'\\').count();
        let closes = if escapes == 0 { before % 2 == 0 } else { before <= escapes };
        if closes {
            return Some(hit - before.min(escapes));
        }
        at = hit + 1;
    }
}

/// `name=value` in a URL or form, `name: value` in a header line; some names are assigned anywhere in text.
fn unquoted(bytes: &[u8], name_from: usize, start: usize, end: usize, rule: &'static str) -> Option<Candidate> {
    if bytes.get(start..end).is_some_and(assigned::is_name) {
        return assigned::check(bytes, name_from, end);
    }
    match bytes.get(end) {
        Some(b'=') => {
            let before = name_from.checked_sub(1).and_then(|at| bytes.get(at));
            if !matches!(before, Some(b'?' | b'&')) {
                return None;
            }
            let stop = run(bytes, end + 1, |b| {
                b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'%' | b'+')
            });
            let value = bytes.get(end + 1..stop)?;
            let found = (is_secret(value, 8, rule) && value.iter().any(u8::is_ascii_digit)).then_some(Found {
                range: end + 1..stop,
                rule,
                says: 1,
            });
            Some(Candidate { found, from: name_from, reaches_end: stop == bytes.len() })
        }
        Some(b':') if matches!(rule, "authorization_header" | "api_key_header" | "cookie") => {
            // A header line: the name begins a line, and what follows is a token, not a sentence.
            let before = name_from.checked_sub(1).and_then(|at| bytes.get(at));
            let begins_line = matches!(before, None | Some(b'\n' | b'\r' | b'\'' | b'"'))
                || (name_from >= 2 && begins_word(bytes, name_from) && bytes.get(name_from - 2) == Some(&b'\\'));
            if !begins_line {
                return None;
            }
            let from = run(bytes, end + 1, |b| b == b' ');
            let stop = run(bytes, from, |b| !matches!(b, b'\n' | b'\r' | b'"' | b'\'' | b'\\'));
            let value = bytes.get(from..stop)?;
            let range = value_range(value, from, stop);
            let token = bytes.get(range.clone())?;
            let like_token = token.len() >= 8
                && token.iter().any(u8::is_ascii_digit)
                && (rule == "cookie" && token.contains(&b'=') || !token.contains(&b' '));
            let found = (like_token && is_secret(token, 8, rule)).then_some(Found { range, rule, says: 1 });
            Some(Candidate { found, from: name_from, reaches_end: stop == bytes.len() })
        }
        None => open(start.min(name_from), true),
        _ => None,
    }
}

/// Values that are no secret: placeholders, holes, hashes (a gateway writes the hash of a key under its name), templates.
pub(super) fn is_secret(value: &[u8], min: usize, rule: &str) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return value.len() >= min };
    let text = text.trim();
    if text.len() < min {
        return false;
    }
    let bare = text.to_ascii_lowercase();
    let placeholder = ["redacted", "filtered", "masked", "hidden", "<", "${", "{{", "***", "xxx", "⟦", "%s", "["]
        .iter()
        .any(|mark| bare.starts_with(mark))
        || matches!(
            bare.as_str(),
            "null" | "none" | "undefined" | "true" | "false" | "string" | "not-needed" | "unused"
        )
        || bare.contains("redacted")
        || text.bytes().all(|b| matches!(b, b'*' | b'x' | b'X' | b'.' | b'-'));
    if placeholder {
        return false;
    }
    let hash = matches!(text.len(), 32 | 40 | 64 | 128) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if hash && rule == "api_key_field" {
        return false;
    }
    // The shell's working folder has the same name.
    if rule == "pwd_field" && (text.starts_with(['/', '~', '.', '\\']) || text.contains(":\\")) {
        return false;
    }
    // A sentence is no secret.
    rule == "cookie" || rule == "password_field" || text.split_whitespace().count() <= 2
}
