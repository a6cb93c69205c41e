//! What the words of a log's decision column mean. Source of truth: the model's list of common words; here are stems, HTTP
//! status codes and the letters of yes and no.

use retake_model::Decision;

pub(super) fn is_yes_no(word: &str) -> bool {
    matches!(word.trim().to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "1" | "0" | "y" | "n")
}

/// The meaning of a log's word: the model's list, then stems and HTTP status codes.
pub(super) fn decision_of(word: &str) -> Option<Decision> {
    if let Some(decision) = Decision::parse(word) {
        return Some(decision);
    }
    let word = word.trim().to_lowercase();
    if let Ok(code) = word.parse::<u16>() {
        return match code {
            1 | 200..=299 => Some(Decision::Allowed),
            0 | 401 | 403 => Some(Decision::Denied),
            _ => Some(Decision::Unknown),
        };
    }
    let begins = |stems: &[&str]| stems.iter().any(|stem| word.starts_with(stem));
    if matches!(word.as_str(), "n" | "f") {
        return Some(Decision::Denied);
    }
    if matches!(word.as_str(), "y" | "t") {
        return Some(Decision::Allowed);
    }
    if begins(&[
        "den",
        "refus",
        "block",
        "forbid",
        "reject",
        "prohib",
        "unauth",
        "disallow",
        "not allow",
        "not_allow",
        "not permit",
        "not_permit",
        "not grant",
        "no access",
        "no_access",
        "declin",
        "fail",
        "veto",
        "revok",
        "insufficient",
    ]) {
        return Some(Decision::Denied);
    }
    if begins(&[
        "allow",
        "grant",
        "permit",
        "approv",
        "accept",
        "authori",
        "success",
        "confirmed",
        "complet",
        "done",
        "executed",
    ]) {
        return Some(Decision::Allowed);
    }
    if begins(&["ask", "pend", "challeng", "confirm", "review", "await", "escalat"]) {
        return Some(Decision::Asked);
    }
    matches!(word.as_str(), "unknown" | "none" | "n/a" | "-" | "not applicable" | "info").then_some(Decision::Unknown)
}
