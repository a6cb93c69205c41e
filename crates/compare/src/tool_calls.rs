//! Alignment of two lists of tool calls: by name and arguments first, then by order (Needleman–Wunsch over the name and
//! the share of equal arguments). A call that is equal but stands elsewhere is paired and marked as moved.

use crate::json::{self, JsonChange};
use retake_model::ToolCall;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashMap;

/// How a row's two calls relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOp {
    /// Same name, arguments equal by value.
    Equal,
    /// Same name, other arguments.
    Changed,
    /// In the first list only.
    OnlyA,
    /// In the second list only.
    OnlyB,
}

/// One row of the alignment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRow {
    /// How the two relate.
    pub op: CallOp,
    /// Call of the first list.
    pub a: Option<ToolCall>,
    /// Call of the second list.
    pub b: Option<ToolCall>,
    /// Position of `a` in the first list, from 0.
    pub a_index: Option<usize>,
    /// Position of `b` in the second list, from 0.
    pub b_index: Option<usize>,
    /// True when the pair stands in another order than its neighbours.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moved: bool,
    /// What differs in the arguments of a changed call.
    pub arguments: Vec<JsonChange>,
}

/// Aligns two lists. Every call stands in exactly one row; rows keep the order of the first list, and of the second
/// where nothing moved.
pub fn align(a: &[ToolCall], b: &[ToolCall]) -> Vec<CallRow> {
    let left: Vec<Shape> = a.iter().map(Shape::of).collect();
    let right: Vec<Shape> = b.iter().map(Shape::of).collect();
    let pairs = needleman_wunsch(&left, &right);
    let pairs = pair_moved(pairs, &left, &right);
    pairs
        .into_iter()
        .map(|Pair { a: i, b: j, moved }| {
            let (call_a, call_b) = (i.and_then(|i| a.get(i)), j.and_then(|j| b.get(j)));
            let arguments = match (call_a, call_b) {
                (Some(a), Some(b)) => json::diff(&a.arguments, &b.arguments),
                _ => Vec::new(),
            };
            let op = match (call_a, call_b) {
                (Some(_), Some(_)) if arguments.is_empty() => CallOp::Equal,
                (Some(_), Some(_)) => CallOp::Changed,
                (Some(_), None) => CallOp::OnlyA,
                (None, _) => CallOp::OnlyB,
            };
            CallRow { op, a: call_a.cloned(), b: call_b.cloned(), a_index: i, b_index: j, moved, arguments }
        })
        .collect()
}

/// Name and leaves of a call, prepared once for all comparisons.
struct Shape<'a> {
    name: &'a str,
    leaves: HashMap<String, String>,
}

impl<'a> Shape<'a> {
    fn of(call: &'a ToolCall) -> Self {
        let mut leaves = HashMap::new();
        flatten(&call.arguments, String::new(), &mut leaves);
        Self { name: &call.name, leaves }
    }

    /// `None` for another tool, else 1 (nothing in common) to 2 (equal arguments).
    #[expect(clippy::cast_precision_loss, reason = "argument counts are small")]
    fn affinity(&self, other: &Self) -> Option<f64> {
        if self.name != other.name {
            return None;
        }
        let whole = self.leaves.len() + other.leaves.len();
        let common = self.leaves.iter().filter(|(path, leaf)| other.leaves.get(*path) == Some(*leaf)).count();
        Some(1.0 + if whole == 0 { 1.0 } else { 2.0 * common as f64 / whole as f64 })
    }
}

fn flatten(value: &Value, path: String, out: &mut HashMap<String, String>) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                flatten(value, format!("{path}/{key}"), out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (i, value) in items.iter().enumerate() {
                flatten(value, format!("{path}/{i}"), out);
            }
        }
        leaf => {
            out.insert(path, json::canonical(leaf));
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Pair {
    a: Option<usize>,
    b: Option<usize>,
    moved: bool,
}

/// Global alignment without a gap cost: only calls of the same tool can be paired, so a pair is never worse than a gap.
fn needleman_wunsch(a: &[Shape<'_>], b: &[Shape<'_>]) -> Vec<Pair> {
    let width = b.len() + 1;
    // best[i * width + j]: the best total for what is left from a[i], b[j].
    let mut best = vec![0.0_f64; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            let skip = best[(i + 1) * width + j].max(best[i * width + j + 1]);
            let pair = a[i].affinity(&b[j]).map_or(f64::MIN, |score| score + best[(i + 1) * width + j + 1]);
            best[i * width + j] = skip.max(pair);
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    while i < a.len() || j < b.len() {
        let here = if i < a.len() && j < b.len() { a[i].affinity(&b[j]) } else { None };
        let paired = here.is_some_and(|score| score + best[(i + 1) * width + j + 1] >= best[i * width + j]);
        if paired {
            pairs.push(Pair { a: Some(i), b: Some(j), moved: false });
            i += 1;
            j += 1;
        } else if i < a.len() && (j >= b.len() || best[(i + 1) * width + j] >= best[i * width + j + 1]) {
            pairs.push(Pair { a: Some(i), b: None, moved: false });
            i += 1;
        } else {
            pairs.push(Pair { a: None, b: Some(j), moved: false });
            j += 1;
        }
    }
    pairs
}

/// Pairs what is alone on both sides and equal: the same call in another order.
fn pair_moved(mut pairs: Vec<Pair>, a: &[Shape<'_>], b: &[Shape<'_>]) -> Vec<Pair> {
    let alone: Vec<usize> = pairs.iter().filter(|pair| pair.a.is_none()).filter_map(|pair| pair.b).collect();
    for j in alone {
        let twin = pairs.iter_mut().find(|pair| {
            pair.b.is_none() && pair.a.is_some_and(|i| a[i].affinity(&b[j]).is_some_and(|score| score >= 2.0))
        });
        if let Some(twin) = twin {
            twin.b = Some(j);
            twin.moved = true;
            pairs.retain(|pair| pair.a.is_some() || pair.b != Some(j));
        }
    }
    pairs
}
