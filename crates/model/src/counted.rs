//! Numbers of things in sentences for people.

use std::fmt::Display;

/// `1 call`, `2 calls`: a number with its word, which takes an s unless there is exactly one.
pub fn counted(n: impl Display, word: &str) -> String {
    let n = n.to_string();
    let s = if n == "1" { "" } else { "s" };
    format!("{n} {word}{s}")
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn one_alone_is_singular() {
        let shown = [0, 1, 2, 11].map(|n| counted(n, "audit event"));
        assert_eq!(shown, ["0 audit events", "1 audit event", "2 audit events", "11 audit events"]);
    }
}
