//! Structural difference of two JSON values: numbers equal by value (25 = 25.0), object keys in any order, arrays
//! aligned by their longest common subsequence, elements that only changed place reported as moves.
//!
//! Law, kept by `tests/laws.rs`: changes and removals are addressed in the first value, additions and the targets of
//! moves in the second, and carrying them out on the first gives the second (up to the order of keys).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};
use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::collections::HashMap;
use std::fmt::Write as _;

/// What happened at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonOp {
    /// Only in the second value.
    Add,
    /// Only in the first value.
    Remove,
    /// Another value.
    Change,
    /// The same array element at another place.
    Move,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JsonChange {
    /// What happened.
    pub op: JsonOp,
    /// JSON pointer; in the first value, for an addition in the second.
    pub path: String,
    /// The same path as people write it: `items[2].price`; the whole value is `$`.
    pub readable: String,
    /// JSON pointer in the second value, where the thing is on both sides and its place differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Value on the first side; absent for an addition.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub a: Option<Value>,
    /// Value on the second side; absent for a removal.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub b: Option<Value>,
}

/// Keeps a JSON `null` apart from an absent side.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Every difference, in the order of the second value, removals where they stood.
pub fn diff(a: &Value, b: &Value) -> Vec<JsonChange> {
    let mut changes = Vec::new();
    compare_at(&Place::default(), &Place::default(), a, b, &mut changes);
    changes
}

/// Equality by value: key order does not count, 25 equals 25.0.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number_equal(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

/// A text that is the same for equal values and for no others: sorted keys, numbers by value.
pub fn canonical(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

/// Reads an answer as JSON: the whole text, or the one fenced block that it holds. `None` when it is neither.
pub fn parse_answer(text: &str) -> Option<Value> {
    let text = text.trim();
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    serde_json::from_str(fenced_block(text)?.trim()).ok()
}

/// Content of the only fenced code block of a text. `None` when there is none, more than one, or it is left open.
fn fenced_block(text: &str) -> Option<&str> {
    let mut parts = text.split("```");
    let (Some(_), Some(block), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    // The first line of a block names its language.
    let (first, rest) = block.split_once('\n')?;
    if first.trim().chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '+' | '_')) {
        Some(rest)
    } else {
        Some(block)
    }
}

fn number_equal(a: &Number, b: &Number) -> bool {
    match (a.as_i64(), b.as_i64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b || decimal(&a.to_string()) == decimal(&b.to_string()),
    }
}

/// Sign, digits without outer zeros, and the power of ten of the last digit: equal for equal numbers of any length.
fn decimal(text: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (negative, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = format!("{whole}{fraction}");
    // An exponent beyond i64 is no number that anybody wrote on purpose; it saturates.
    let written: i64 = exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN / 2 } else { i64::MAX / 2 });
    let mut exponent = written.saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX));
    while digits.ends_with('0') {
        digits.pop();
        exponent = exponent.saturating_add(1);
    }
    let digits = digits.trim_start_matches('0').to_owned();
    if digits.is_empty() { (false, digits, 0) } else { (negative, digits, exponent) }
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => {
            let (negative, digits, exponent) = decimal(&number.to_string());
            let _ = write!(out, "{}{digits}e{exponent}", if negative { "-" } else { "" });
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            out.push('{');
            for key in keys {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(map.get(key).unwrap_or(&Value::Null), out);
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// Where a walk stands, in both spellings.
#[derive(Debug, Default, Clone)]
struct Place {
    pointer: String,
    readable: String,
}

impl Place {
    fn key(&self, key: &str) -> Self {
        let plain = key.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_alphanumeric() || c == '_');
        let readable = match (plain, self.readable.is_empty()) {
            (true, true) => key.to_owned(),
            (true, false) => format!("{}.{key}", self.readable),
            (false, _) => format!("{}[{}]", self.readable, Value::from(key)),
        };
        Self { pointer: format!("{}/{}", self.pointer, key.replace('~', "~0").replace('/', "~1")), readable }
    }

    fn index(&self, index: usize) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), readable: format!("{}[{index}]", self.readable) }
    }

    fn change(&self, op: JsonOp, to: Option<&Self>, a: Option<&Value>, b: Option<&Value>) -> JsonChange {
        JsonChange {
            op,
            path: self.pointer.clone(),
            readable: if self.readable.is_empty() { "$".to_owned() } else { self.readable.clone() },
            to: to.filter(|to| to.pointer != self.pointer).map(|to| to.pointer.clone()),
            a: a.cloned(),
            b: b.cloned(),
        }
    }
}

fn compare_at(at_a: &Place, at_b: &Place, a: &Value, b: &Value, out: &mut Vec<JsonChange>) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => compare_objects(at_a, at_b, a, b, out),
        (Value::Array(a), Value::Array(b)) => compare_arrays(at_a, at_b, a, b, out),
        _ if equal(a, b) => {}
        _ => out.push(at_a.change(JsonOp::Change, Some(at_b), Some(a), Some(b))),
    }
}

fn compare_objects(
    at_a: &Place,
    at_b: &Place,
    a: &Map<String, Value>,
    b: &Map<String, Value>,
    out: &mut Vec<JsonChange>,
) {
    for (key, old) in a.iter().filter(|(key, _)| !b.contains_key(*key)) {
        out.push(at_a.key(key).change(JsonOp::Remove, None, Some(old), None));
    }
    for (key, new) in b {
        match a.get(key) {
            Some(old) => compare_at(&at_a.key(key), &at_b.key(key), old, new, out),
            None => out.push(at_b.key(key).change(JsonOp::Add, None, None, Some(new))),
        }
    }
}

fn compare_arrays(at_a: &Place, at_b: &Place, a: &[Value], b: &[Value], out: &mut Vec<JsonChange>) {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut number = |value: &Value| {
        let next = numbers.len();
        *numbers.entry(canonical(value)).or_insert(next)
    };
    let left: Vec<usize> = a.iter().map(&mut number).collect();
    let right: Vec<usize> = b.iter().map(&mut number).collect();

    // Gaps between common runs: elements of each side that have no equal in order.
    let mut gaps: Vec<(Vec<usize>, Vec<usize>)> = vec![Default::default()];
    for op in capture_diff_slices(Algorithm::RawMyers, &left, &right) {
        if let DiffOp::Equal { .. } = op {
            gaps.push(Default::default());
        } else if let Some((old, new)) = gaps.last_mut() {
            old.extend(op.old_range());
            new.extend(op.new_range());
        }
    }
    // The same element in another gap has moved; what is left of a gap is compared in order.
    let mut waiting: HashMap<usize, Vec<usize>> = HashMap::new();
    for &i in gaps.iter().flat_map(|(old, _)| old).rev() {
        waiting.entry(left[i]).or_default().push(i);
    }
    let mut moved_from: HashMap<usize, usize> = HashMap::new();
    for &j in gaps.iter().flat_map(|(_, new)| new) {
        if let Some(i) = waiting.get_mut(&right[j]).and_then(Vec::pop) {
            moved_from.insert(j, i);
        }
    }
    let gone: std::collections::HashSet<usize> = moved_from.values().copied().collect();
    for (old, new) in gaps {
        let old: Vec<usize> = old.into_iter().filter(|i| !gone.contains(i)).collect();
        let fresh: Vec<usize> = new.iter().copied().filter(|j| !moved_from.contains_key(j)).collect();
        for &i in old.iter().skip(fresh.len()) {
            out.push(at_a.index(i).change(JsonOp::Remove, None, a.get(i), None));
        }
        let mut partners = old.iter();
        for j in new {
            let to = at_b.index(j);
            if let Some(&i) = moved_from.get(&j) {
                out.push(at_a.index(i).change(JsonOp::Move, Some(&to), a.get(i), b.get(j)));
            } else if let Some(&i) = partners.next() {
                compare_at(&at_a.index(i), &to, &a[i], &b[j], out);
            } else {
                out.push(to.change(JsonOp::Add, None, None, b.get(j)));
            }
        }
    }
}
