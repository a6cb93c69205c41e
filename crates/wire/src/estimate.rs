//! Tokens of a request before it is sent, for estimates and reservations. No tokenizer, no network.
//!
//! Method: a token of the common byte-pair vocabularies is about four characters of Latin text and about one character of
//! scripts without spaces; so ASCII letters and blanks count 1/4, ASCII digits and punctuation 1/2, other alphabetic
//! scripts (Cyrillic, Greek, Arabic, Indic, accented letters) 1/2, and Chinese, Japanese, Korean, Thai and symbols 1 each.
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
    let mut quarters: u64 = 0;
    for message in &request.messages {
        quarters += MESSAGE_TOKENS * 4;
        for part in &message.parts {
            quarters += match part {
                Part::Text { text } | Part::Reasoning { text } | Part::ToolResult { text, .. } => quarters_of(text),
                Part::ToolCall { name, arguments, .. } => quarters_of(name) + quarters_of_json(arguments),
                Part::Image { .. } => PICTURE_TOKENS * 4,
                Part::File { url, .. } => quarters_of_file(url),
                Part::Opaque { json, .. } => quarters_of_json(json),
            };
        }
    }
    for tool in &request.tools {
        let description = tool.description.as_deref().unwrap_or_default();
        quarters += match &tool.raw {
            Some(raw) => quarters_of_json(raw),
            None => quarters_of(&tool.name) + quarters_of(description) + quarters_of_json(&tool.parameters),
        };
    }
    for key in ["response_format", "tool_choice"] {
        quarters += request.params.get(key).map_or(0, quarters_of_json);
    }
    i64::try_from(quarters.div_ceil(4)).unwrap_or(i64::MAX)
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

fn quarters_of(text: &str) -> u64 {
    text.chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | ' ' => 1,
            '\u{0}'..='\u{7f}' => 2,
            '\u{80}'..='\u{dff}' => 2,
            _ => 4,
        })
        .sum()
}

fn quarters_of_json(value: &Value) -> u64 {
    if value.is_null() { 0 } else { quarters_of(&value.to_string()) }
}

/// A document of which we hold the bytes costs about a token for three characters of base64; one that we do not hold is
/// counted like a picture.
fn quarters_of_file(url: &str) -> u64 {
    match crate::fields::data_url(url) {
        Some((_, data)) => (data.len() as u64).saturating_mul(4) / 3,
        None => PICTURE_TOKENS * 4,
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
        assert!(estimate <= words * 2, "{estimate} for {words} words");
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
