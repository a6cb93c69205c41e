//! Credentials that are assigned in text: `password=hunter2`, `passwd: hunter2`, `client_secret = "…"`. People also write
//! sentences about passwords, so what stands behind the sign has to look like a credential, and more so behind a colon.

use super::rules::{Candidate, Found, is_secret, run};

/// Names whose values go, ASCII case folded.
const NAMES: [&str; 7] = ["password", "passwd", "pwd", "client_secret", "clientsecret", "api_secret", "apisecret"];
/// Shorter values are words of a sentence more often than credentials.
const MIN_BYTES: usize = 6;
/// What is said of a credential in its place.
const WORDS: [&str; 18] = [
    "required",
    "optional",
    "missing",
    "incorrect",
    "invalid",
    "expired",
    "forgotten",
    "unknown",
    "changed",
    "string",
    "varchar",
    "default",
    "enabled",
    "disabled",
    "strong",
    "plaintext",
    "encrypted",
    "protected",
];
/// How a credential is stored, which has letters and digits as one has.
const SCHEMES: [&str; 9] = ["sha1", "sha256", "sha384", "sha512", "aes128", "aes256", "base64", "argon2", "pbkdf2"];

/// Whether a field of this name may be assigned in text.
pub(super) fn is_name(literal: &[u8]) -> bool {
    NAMES.iter().any(|name| literal.eq_ignore_ascii_case(name.as_bytes()))
}

/// Looks at what stands behind a name that ends at `end` without a double quote.
pub(super) fn check(bytes: &[u8], name_from: usize, end: usize) -> Option<Candidate> {
    let open = || Some(Candidate { found: None, from: name_from, reaches_end: true });
    let blank = |at: usize| run(bytes, at, |b| matches!(b, b' ' | b'\t'));
    let sign_at = blank(end + usize::from(bytes.get(end) == Some(&b'\'')));
    let prose = match bytes.get(sign_at) {
        Some(b'=') => false,
        Some(b':') => true,
        Some(_) => return None,
        None => return open(),
    };
    let begin = blank(sign_at + 1);
    let quote = run(bytes, begin, |b| b == b'\\');
    let (from, quoted) = match bytes.get(quote) {
        Some(b'"' | b'\'') => (quote + 1, true),
        Some(_) if quote == begin => (begin, false),
        Some(_) => return None,
        None => return open(),
    };
    let stop = run(bytes, from, |b| !ends_value(b));
    let value = bytes.get(from..stop)?;
    let kept = value.iter().rev().take_while(|b| matches!(b, b'.' | b':')).count();
    let value = value.get(..value.len() - kept)?;
    let is_one = if quoted {
        // Several words in quotes are a sentence.
        matches!(bytes.get(stop), Some(b'"' | b'\'' | b'\\')) && is_credential(value)
    } else {
        is_credential(value) && (!prose || is_no_prose(value))
    };
    let range = from..from + value.len();
    let found = is_one.then_some(Found { range, rule: "assigned_credential", says: 1 });
    Some(Candidate { found, from: name_from, reaches_end: stop == bytes.len() })
}

fn ends_value(byte: u8) -> bool {
    byte.is_ascii_whitespace()
        || matches!(byte, b'"' | b'\'' | b'`' | b'\\' | b',' | b';' | b'&' | b'<' | b'>' | b')' | b']' | b'}' | b'|')
}

/// Whether a value can be a credential: no path, no name of a variable, no word about credentials.
fn is_credential(value: &[u8]) -> bool {
    if value.len() < MIN_BYTES || !is_secret(value, MIN_BYTES, "password_field") {
        return false;
    }
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let code = text.starts_with(['=', ':', '/', '.', '~', '$', '%', '@', '-', '{', '[']) || text.contains('(');
    let name = text.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'_' | b'.'))
        && (text.contains(['_', '.']) || ["pass", "secret", "pwd"].iter().any(|part| text.contains(part)));
    !code && !name && !WORDS.contains(&text.as_str())
}

/// Whether a value behind a colon is more than the next word of a sentence. What follows it does not count: of an answer
/// that is still being written it has not come yet.
fn is_no_prose(value: &[u8]) -> bool {
    let digits = value.iter().filter(|b| b.is_ascii_digit()).count();
    let letters = value.iter().any(u8::is_ascii_alphabetic);
    let symbol = value.iter().any(|b| matches!(b, b'!' | b'@' | b'#' | b'$' | b'%' | b'^'));
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    if SCHEMES.iter().any(|scheme| text.starts_with(scheme)) || (text.contains(['-', '/']) && !symbol) {
        return false;
    }
    (digits > 0 && letters) || digits == value.len() || (symbol && letters && !text.ends_with('!'))
}

#[cfg(test)]
mod tests {
    use crate::redact::{StreamingRedactor, has_secret, hole, redact_text, secrets};

    /// The first word is what has to go.
    const CREDENTIALS: [(&str, &str); 17] = [
        ("hunter2", "password=hunter2"),
        ("hunter2", "the old one was passwd: hunter2"),
        ("hunter2", "Passwd: hunter2\nnext line"),
        ("Hunter2!", "DB_PASSWORD = Hunter2!, then restart"),
        ("correcthorse", "pwd=correcthorse"),
        ("hunter2", "Your password: hunter2 and the name is ada"),
        ("482913", "password: 482913"),
        ("s3cr3t-value", "client_secret=s3cr3t-value"),
        ("abcdef", "api_secret: \"abcdef\""),
        ("hunter2", "{'password': 'hunter2'}"),
        ("hunter2", "{\"text\":\"password=hunter2\\nbye\"}"),
        ("hunter2", "{\"text\":\"password = \\\"hunter2\\\"\"}"),
        ("hunter2", "https://example.org/login?user=ada&password=hunter2&x=1"),
        ("Sommer2026", "mysql --password=Sommer2026 -u root"),
        ("pa$$w0rd", "password: pa$$w0rd"),
        ("hunter2", "apisecret='hunter2'"),
        ("hunter2", "{\"pwd\":\"hunter2\"}"),
    ];

    #[test]
    fn credentials_that_are_assigned_go() {
        for (secret, text) in CREDENTIALS {
            let redacted = redact_text(text);
            assert_eq!(secrets(text).len(), 1, "{text}");
            assert!(!redacted.contains(secret) && redacted.contains("⟦redacted:"), "{redacted}");
            assert!(!has_secret(&redacted), "{redacted}");
        }
        assert_eq!(redact_text("password=hunter2."), format!("password={}.", hole("assigned_credential")));
    }

    #[test]
    fn sentences_about_passwords_lose_no_word() {
        for text in [
            "password: must be 12 characters",
            "password: required",
            "The password: 12-character minimum, 8-64 characters allowed",
            "Password: please choose one",
            "your password is hunter2hunter2",
            "password: \"please choose\"",
            "Passwords: SHA256 hashed; password: sha256-hashed",
            "password: incorrect!",
            "login(username=username, password=password)",
            "password=settings.db_pass",
            "password=getpass(prompt)",
            "password=$DB_PASSWORD password=${PASSWORD} password={{password}} password=<redacted>",
            "if password == expected or password != given",
            "pwd=/home/ada OLDPWD=/var/log PWD=~/work pwd: /srv",
            "{\"pwd\":\"/home/ada\"}",
            "{\"text\":\"Enter your password:\",\"next\":\"abcdefgh1\"}",
            "password: see the handbook on page 12",
            "the password:\n  1. open the page",
            "std::password::hash1234",
        ] {
            assert!(secrets(text).is_empty(), "{text}: {}", redact_text(text));
        }
    }

    #[test]
    fn cuts_of_a_stream_show_no_credential() {
        for (secret, text) in CREDENTIALS {
            let whole = redact_text(text);
            for n in 1..8 {
                let mut stream = StreamingRedactor::default();
                let pieces: Vec<char> = text.chars().collect();
                let mut shown: String =
                    pieces.chunks(n).map(|piece| stream.push(&piece.iter().collect::<String>())).collect();
                shown.push_str(&stream.finish());
                assert_eq!(shown, whole, "{secret} in pieces of {n}");
            }
        }
    }
}
