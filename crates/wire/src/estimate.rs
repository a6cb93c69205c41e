//! Tokens of a request before it is sent, for estimates and reservations. No tokenizer, no network.
//!
//! Method: a token of the larger byte-pair vocabularies is about four characters of English prose, of smaller ones three
//! and a half, and about one character of scripts without spaces; so ASCII letters and blanks count 1/3, ASCII digits and
//! punctuation 2/3, other alphabetic scripts (Cyrillic, Greek, Arabic, Indic, accented letters) 2/3, and Chinese, Japanese,
//! Korean, Thai and symbols 1 each.
//! Each message adds 4, a picture 1,600 (the most that one costs at the larger vendors at normal detail), tools and schemas
//! count as their JSON text. The result is rounded up: for prose it lies above the real number, which is what a spending
//! limit needs; it is an estimate all the same, and the settled cost uses the provider's own count.

use retake_model::{Part, Request};
use serde_json::Value;

/// Output tokens that are assumed when a request sets no limit.
pub const ASSUMED_OUTPUT_TOKENS: i64 = 4096;
const MESSAGE_TOKENS: u64 = 4;
const PICTURE_TOKENS: u64 = 1600;

/// Estimated input tokens.
pub fn input_tokens(request: &Request) -> i64 {
    let mut thirds: u64 = 0;
    for message in &request.messages {
        thirds += MESSAGE_TOKENS * 3;
        for part in &message.parts {
            thirds += match part {
                Part::Text { text } | Part::Reasoning { text } | Part::ToolResult { text, .. } => thirds_of(text),
                Part::ToolCall { name, arguments, .. } => thirds_of(name) + thirds_of_json(arguments),
                Part::Image { .. } => PICTURE_TOKENS * 3,
                Part::File { url, .. } => thirds_of_file(url),
                Part::Opaque { json, .. } => thirds_of_json(json),
            };
        }
    }
    for tool in &request.tools {
        let description = tool.description.as_deref().unwrap_or_default();
        thirds += match &tool.raw {
            Some(raw) => thirds_of_json(raw),
            None => thirds_of(&tool.name) + thirds_of(description) + thirds_of_json(&tool.parameters),
        };
    }
    for key in ["response_format", "tool_choice"] {
        thirds += request.params.get(key).map_or(0, thirds_of_json);
    }
    i64::try_from(thirds.div_ceil(3)).unwrap_or(i64::MAX)
}

/// The most output tokens that a request allows, times its number of choices, and whether that is stated (`true`) or
/// [`ASSUMED_OUTPUT_TOKENS`].
pub fn max_output_tokens(request: &Request) -> (i64, bool) {
    let stated = ["max_completion_tokens", "max_tokens", "max_output_tokens"]
        .into_iter()
        .filter_map(|key| request.params.get(key)?.as_i64())
        .find(|n| *n >= 0);
    let choices = request.params.get("n").and_then(Value::as_i64).filter(|n| *n > 1).unwrap_or(1);
    (stated.unwrap_or(ASSUMED_OUTPUT_TOKENS).saturating_mul(choices), stated.is_some())
}

fn thirds_of(text: &str) -> u64 {
    text.chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | ' ' => 1,
            '\u{0}'..='\u{7f}' => 2,
            '\u{80}'..='\u{dff}' => 2,
            _ => 3,
        })
        .sum()
}

fn thirds_of_json(value: &Value) -> u64 {
    if value.is_null() { 0 } else { thirds_of(&value.to_string()) }
}

/// A document of which we hold the bytes costs about a token for three characters of base64; one that we do not hold is
/// counted like a picture.
fn thirds_of_file(url: &str) -> u64 {
    match crate::fields::data_url(url) {
        Some((_, data)) => data.len() as u64,
        None => PICTURE_TOKENS * 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use retake_model::{Message, Role};

    #[test]
    fn prose_is_estimated_from_above_and_not_wildly() {
        let text = "The support assistant answers in one short sentence and keeps the numbers as they are. ".repeat(20);
        let request = Request { messages: vec![Message::text(Role::User, text.clone())], ..Request::default() };
        let words = text.split_whitespace().count() as i64;
        let estimate = input_tokens(&request);
        assert!(estimate >= words, "{estimate} for {words} words");
        assert!(estimate <= words * 5 / 2, "{estimate} for {words} words");
    }

    #[test]
    fn scripts_without_spaces_count_by_character() {
        let request =
            Request { messages: vec![Message::text(Role::User, "退款期限是三十天")], ..Request::default() };
        assert_eq!(input_tokens(&request), 8 + 4);
    }

    #[test]
    fn the_limit_is_stated_or_assumed() {
        let mut request = Request::default();
        assert_eq!(max_output_tokens(&request), (ASSUMED_OUTPUT_TOKENS, false));
        request.params.insert("max_tokens".into(), 60.into());
        request.params.insert("n".into(), 3.into());
        assert_eq!(max_output_tokens(&request), (180, true));
    }
}
