//! Small readings that both codecs share: typed fields, data URLs, money, and the recorded forms of messages.

use crate::WireError;
use retake_model::{JsonMap, Message};
use serde_json::Value;

/// The body as an object, or an error that says what it is instead.
pub(crate) fn object<'a>(body: &'a Value, path: &str) -> Result<&'a JsonMap, WireError> {
    body.as_object().ok_or_else(|| WireError::shape(path, format!("is {} and no object", kind(body))))
}

/// The field as a list, or an error that names it.
pub(crate) fn list<'a>(object: &'a JsonMap, key: &str) -> Result<&'a Vec<Value>, WireError> {
    match object.get(key) {
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(WireError::shape(key, format!("is {} and no list", kind(other)))),
        None => Err(WireError::shape(key, "is missing")),
    }
}

/// A text field that is there and not empty.
pub(crate) fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A count. A float that is whole counts too, as some gateways write `12.0`.
pub(crate) fn count(value: &Value, key: &str) -> Option<i64> {
    let number = value.get(key)?;
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "bounded on the line above")]
        (float.fract() == 0.0 && float.abs() < 9e15).then_some(float as i64)
    })
}

/// Dollars as nano-dollars; `None` for what is no finite number.
pub(crate) fn usd_nanos(value: &Value) -> Option<i64> {
    let usd = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the filter")]
    (usd.is_finite() && usd.abs() < 9e9).then(|| (usd * 1e9).round_ties_even() as i64)
}

/// What a value is, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Media type and data of a base64 `data:` URL.
pub(crate) fn data_url(url: &str) -> Option<(&str, &str)> {
    let (media_type, data) = url.strip_prefix("data:")?.split_once(";base64,")?;
    Some((media_type, data))
}

/// The recorded forms of a request's messages, looked up by what they decode to.
///
/// Two recorded forms can decode to the same message (an empty content and none): the forms are in the order of the
/// messages, so the search goes on from the last one found.
pub(crate) struct RecordedForms<'a> {
    forms: Vec<(Message, &'a Value)>,
    next: usize,
}

impl<'a> RecordedForms<'a> {
    pub(crate) fn new(forms: &'a [Value], decode: impl Fn(&Value) -> Option<Message>) -> Self {
        Self { forms: forms.iter().filter_map(|form| Some((decode(form)?, form))).collect(), next: 0 }
    }

    /// The form of a message that is still as it was recorded.
    pub(crate) fn of(&mut self, message: &Message) -> Option<&'a Value> {
        let n = self.forms.len();
        let at = (self.next..n)
            .chain(0..self.next.min(n))
            .find(|&at| self.forms.get(at).is_some_and(|f| f.0 == *message))?;
        self.next = at + 1;
        self.forms.get(at).map(|form| form.1)
    }
}

/// The forms to keep: those that `encode` would not give back, and all that decode to the same message as one of these.
pub(crate) fn forms_to_keep(decoded: &[(Message, Value)], encode: impl Fn(&Message) -> Option<Value>) -> Vec<Value> {
    let differs: Vec<bool> = decoded.iter().map(|(message, form)| encode(message).as_ref() != Some(form)).collect();
    let twin =
        |message: &Message| decoded.iter().zip(&differs).any(|((other, _), differs)| *differs && other == message);
    decoded
        .iter()
        .zip(&differs)
        .filter(|((message, _), differs)| **differs || twin(message))
        .map(|((_, form), _)| form.clone())
        .collect()
}
