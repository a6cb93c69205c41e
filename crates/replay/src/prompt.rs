//! Prompt templates: variables, rendering, content address.
//!
//! A variable is a name in single or double braces: `{name}`, `{{name}}`, `{{ name }}`; a name begins with a letter or `_`
//! and goes on with letters, digits, `_`, `-` and `.` (a dot also reaches into an object). Every other brace is text and
//! stays as it is, so JSON examples survive. There is no escape: text that looks like a variable is one, and rendering
//! without its value is an error and never a silent hole.

use crate::ReplayError;
use retake_model::JsonMap;
use serde_json::Value;
use std::ops::Range;

/// Address of a template by its content: lower-case hex of blake3.
pub fn content_address(template: &str) -> String {
    blake3::hash(template.as_bytes()).to_hex().to_string()
}

/// Names of the variables, in order of first use.
pub fn variables(template: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (_, name) in places(template) {
        if !names.iter().any(|seen| seen == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Pours values into a template. Text values go in as they are, others as compact JSON; what was poured in is not searched
/// for variables again.
///
/// # Errors
/// `RTK-R002` naming the first variable without a value (`null` is none).
pub fn render(template: &str, values: &JsonMap) -> Result<String, ReplayError> {
    let mut text = String::with_capacity(template.len());
    let mut from = 0;
    for (place, name) in places(template) {
        let value = value_of(values, name).ok_or_else(|| ReplayError::VariableMissing {
            name: name.to_owned(),
            known: values.keys().cloned().collect(),
        })?;
        text.push_str(template.get(from..place.start).unwrap_or_default());
        match value {
            Value::String(value) => text.push_str(value),
            other => text.push_str(&other.to_string()),
        }
        from = place.end;
    }
    text.push_str(template.get(from..).unwrap_or_default());
    Ok(text)
}

fn value_of<'a>(values: &'a JsonMap, name: &str) -> Option<&'a Value> {
    let whole = values.get(name);
    let nested = || {
        let mut names = name.split('.');
        let first = values.get(names.next()?)?;
        names.try_fold(first, |value, key| value.get(key))
    };
    whole.or_else(nested).filter(|value| !value.is_null())
}

/// Variables with their place, braces included.
fn places(template: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = template.get(at..).and_then(|rest| rest.find('{')).map(|offset| at + offset) {
        let rest = template.get(open..).unwrap_or_default();
        let braces = rest.bytes().take_while(|b| *b == b'{').count();
        // The innermost pair decides; more braces than two around it are text.
        let inner = braces.min(2);
        let start = open + braces - inner;
        match variable_at(template, start, inner) {
            Some((end, name)) => {
                found.push((start..end, name));
                at = end;
            }
            None => at = open + braces,
        }
    }
    found
}

fn variable_at(template: &str, start: usize, braces: usize) -> Option<(usize, &str)> {
    let body = template.get(start + braces..)?;
    let close = body.find('}')?;
    let name = body.get(..close)?;
    let name_alone = if braces == 2 { name.trim() } else { name };
    let mut characters = name_alone.chars();
    let begins = characters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    let goes_on = characters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !begins || !goes_on {
        return None;
    }
    let closing = body.get(close..)?.bytes().take_while(|b| *b == b'}').count();
    (closing >= braces).then_some((start + braces + close + braces, name_alone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn values(value: Value) -> JsonMap {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn both_forms_are_variables_and_other_braces_survive() {
        let template = "{a} {{b}} {{ c }} {\"x\": {\"y\": 1}} { d } {} {{}} {a b} {9} {list}";
        assert_eq!(variables(template), ["a", "b", "c", "list"]);
        let got = render(template, &values(json!({"a": "{b}", "b": 2, "c": true, "list": [1]}))).expect("all values");
        assert_eq!(got, "{b} 2 true {\"x\": {\"y\": 1}} { d } {} {{}} {a b} {9} [1]");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = render("x {who}", &values(json!({"what": 1, "who": null}))).expect_err("no value");
        assert!(matches!(error, ReplayError::VariableMissing { ref name, .. } if name == "who"), "{error}");
    }

    #[test]
    fn dots_reach_into_objects_and_whole_keys_go_first() {
        let map = values(json!({"user": {"name": "Ada"}, "a.b": 1, "a": {"b": 2}}));
        assert_eq!(render("{user.name} {a.b}", &map).expect("both"), "Ada 1");
        assert_eq!(render("{{{user.name}}}", &map).expect("triple"), "{Ada}");
    }

    proptest! {
        /// Text without variables is its own rendering.
        #[test]
        fn text_is_left_alone(text in "[ -~é\n]{0,60}") {
            prop_assume!(variables(&text).is_empty());
            prop_assert_eq!(render(&text, &JsonMap::new()).expect("no variables"), text);
        }
    }
}
