//! Laws of the diffs, over any input, and the readings that people expect.
#![expect(clippy::unwrap_used, reason = "a test may end where an expectation of its own does not hold")]

use proptest::prelude::*;
use retake_compare::json::{self, JsonChange, JsonOp};
use retake_compare::{CallOp, Op, TakeFacts, TextDiff, compare, diff_lines, diff_words, tool_calls};
use retake_model::{ToolCall, Usage};
use serde_json::{Value, json};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab ]{0,30}",
        "([a-c]{1,3}[ .,\n]){0,40}",
        "[退款天内可以在 ab。\n]{0,20}",
        any::<String>(),
        proptest::collection::vec("[a-d ]{0,6}\n", 0..30).prop_map(|lines| lines.concat()),
    ]
}

/// Pairs that share a lot, as two answers do.
fn pair() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        (text(), text()),
        (text(), text(), text(), text()).prop_map(|(a, b, c, d)| (format!("{a}{b}{c}"), format!("{a}{d}{c}"))),
    ]
}

fn check_text(a: &str, b: &str, diff: &TextDiff) -> Result<(), TestCaseError> {
    prop_assert_eq!(diff.ops.iter().map(|op| op.a.as_str()).collect::<String>(), a);
    prop_assert_eq!(diff.ops.iter().map(|op| op.b.as_str()).collect::<String>(), b);
    prop_assert!((0.0..=1.0).contains(&diff.similarity));
    prop_assert_eq!(diff.similarity >= 1.0, a == b);
    let (chars_a, chars_b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    for op in &diff.ops {
        prop_assert_eq!(chars_a[op.a_start..op.a_end].iter().collect::<String>(), op.a.clone());
        prop_assert_eq!(chars_b[op.b_start..op.b_end].iter().collect::<String>(), op.b.clone());
        let kind = match (op.a == op.b, op.a.is_empty(), op.b.is_empty()) {
            (true, false, false) => op.op == Op::Equal || op.op == Op::Replace,
            (_, false, true) => op.op == Op::Delete,
            (_, true, false) => op.op == Op::Insert,
            (false, false, false) => op.op == Op::Replace,
            (_, true, true) => false,
        };
        prop_assert!(kind, "{op:?}");
    }
    for pair in diff.ops.windows(2) {
        prop_assert!((pair[0].op == Op::Equal) != (pair[1].op == Op::Equal), "{pair:?}");
    }
    Ok(())
}

fn swapped(diff: &TextDiff) -> TextDiff {
    let mut diff = diff.clone();
    for op in &mut diff.ops {
        std::mem::swap(&mut op.a, &mut op.b);
        std::mem::swap(&mut op.a_start, &mut op.b_start);
        std::mem::swap(&mut op.a_end, &mut op.b_end);
        op.op = match op.op {
            Op::Insert => Op::Delete,
            Op::Delete => Op::Insert,
            other => other,
        };
    }
    diff
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_i64..4).prop_map(Value::from),
        (0_i64..4).prop_map(|n| serde_json::from_str(&format!("{n}.0")).unwrap()),
        "[ab~/]{0,2}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec(("[ab~/]{0,2}", inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Carries the changes out as the module's head says: changes and removals in the first value, then additions and the
/// targets of moves in the order of the second.
fn apply(a: &Value, changes: &[JsonChange]) -> Value {
    let mut value = a.clone();
    let moved: Vec<(String, Value)> = changes
        .iter()
        .filter_map(|c| Some((c.to.clone().filter(|_| c.op == JsonOp::Move).unwrap_or(c.path.clone()), c.b.clone()?)))
        .collect();
    for change in changes.iter().filter(|change| change.op == JsonOp::Change) {
        *value.pointer_mut(&change.path).unwrap() = change.b.clone().unwrap();
    }
    let mut gone: Vec<&str> =
        changes.iter().filter(|c| matches!(c.op, JsonOp::Remove | JsonOp::Move)).map(|c| c.path.as_str()).collect();
    gone.sort_by_key(|path| std::cmp::Reverse(steps(path)));
    for path in gone {
        let (parent, last) = path.rsplit_once('/').unwrap();
        match value.pointer_mut(parent).unwrap() {
            Value::Array(items) => drop(items.remove(last.parse().unwrap())),
            Value::Object(map) => drop(map.shift_remove(&last.replace("~1", "/").replace("~0", "~"))),
            _ => unreachable!(),
        }
    }
    for (change, (path, new)) in changes.iter().filter(|c| c.b.is_some()).zip(moved) {
        if !matches!(change.op, JsonOp::Add | JsonOp::Move) {
            continue;
        }
        let (parent, last) = path.rsplit_once('/').unwrap();
        match value.pointer_mut(parent).unwrap() {
            Value::Array(items) => items.insert(last.parse().unwrap(), new),
            Value::Object(map) => drop(map.insert(last.replace("~1", "/").replace("~0", "~"), new)),
            _ => unreachable!(),
        }
    }
    value
}

/// Indices compare as numbers.
fn steps(path: &str) -> Vec<(usize, String)> {
    path.split('/').map(|step| (step.parse().unwrap_or(0), step.to_owned())).collect()
}

fn calls() -> impl Strategy<Value = Vec<ToolCall>> {
    let call = ("[fgh]", 0_i64..3, 0_i64..3).prop_map(|(name, x, y)| ToolCall {
        id: None,
        name,
        arguments: json!({ "x": x, "y": y }),
    });
    prop::collection::vec(call, 0..7)
}

proptest! {
    #[test]
    fn words_join_to_the_texts((a, b) in pair()) {
        let diff = diff_words(&a, &b);
        check_text(&a, &b, &diff)?;
        prop_assert_eq!(swapped(&diff), diff_words(&b, &a), "the sides have symmetric roles");
    }

    #[test]
    fn lines_join_to_the_texts((a, b) in pair()) {
        let diff = diff_lines(&a, &b);
        check_text(&a, &b, &diff)?;
        prop_assert_eq!(swapped(&diff), diff_lines(&b, &a));
    }

    #[test]
    fn json_changes_lead_to_the_second_value(a in json_value(), b in json_value()) {
        let changes = json::diff(&a, &b);
        prop_assert_eq!(changes.is_empty(), json::equal(&a, &b));
        prop_assert_eq!(json::equal(&a, &b), json::canonical(&a) == json::canonical(&b));
        let got = apply(&a, &changes);
        prop_assert!(json::equal(&got, &b), "{a}\n{b}\n{got}\n{changes:#?}");
    }

    #[test]
    fn each_call_stands_in_one_row(a in calls(), b in calls()) {
        let rows = tool_calls::align(&a, &b);
        let mut left: Vec<usize> = rows.iter().filter_map(|row| row.a_index).collect();
        let mut right: Vec<usize> = rows.iter().filter_map(|row| row.b_index).collect();
        left.sort_unstable();
        right.sort_unstable();
        prop_assert_eq!(left, (0..a.len()).collect::<Vec<_>>());
        prop_assert_eq!(right, (0..b.len()).collect::<Vec<_>>());
        for row in &rows {
            let same = row.a.as_ref().zip(row.b.as_ref()).map(|(a, b)| a.name == b.name && json::equal(&a.arguments, &b.arguments));
            let expected = match (&row.a, &row.b, same) {
                (Some(_), Some(_), Some(true)) => CallOp::Equal,
                (Some(_), Some(_), _) => CallOp::Changed,
                (Some(_), None, _) => CallOp::OnlyA,
                _ => CallOp::OnlyB,
            };
            prop_assert_eq!(row.op, expected);
            prop_assert_eq!(row.arguments.is_empty(), row.op != CallOp::Changed);
        }
        // Nothing equal is left alone on both sides.
        let alone = |op| rows.iter().filter(move |row| row.op == op);
        for a in alone(CallOp::OnlyA).filter_map(|row| row.a.as_ref()) {
            prop_assert!(alone(CallOp::OnlyB).filter_map(|row| row.b.as_ref()).all(|b| a.name != b.name || !json::equal(&a.arguments, &b.arguments)));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    /// Long texts go through anchors and keep the same laws.
    #[test]
    fn long_texts_join_too(parts in prop::collection::vec(pair(), 30..60), n in 1_usize..20) {
        let a: String = parts.iter().map(|(a, _)| format!("{a} ")).collect::<String>().repeat(n);
        let b: String = parts.iter().map(|(_, b)| format!("{b} ")).collect();
        let diff = diff_words(&a, &b);
        prop_assert_eq!(swapped(&diff), diff_words(&b, &a));
        check_text(&a, &b, &diff)?;
    }
}

fn shown(diff: &TextDiff) -> String {
    diff.ops
        .iter()
        .map(|op| match op.op {
            Op::Equal => op.a.clone(),
            Op::Delete => format!("[-{}-]", op.a),
            Op::Insert => format!("{{+{}+}}", op.b),
            Op::Replace => format!("[-{}-]{{+{}+}}", op.a, op.b),
        })
        .collect()
}

#[test]
fn words_read_as_people_expect() {
    for (a, b, expected) in [
        ("within 17 days.", "within 45 days.", "within [-17-]{+45+} days."),
        ("one two three end", "uno dos tres end", "[-one two three-]{+uno dos tres+} end"),
        ("可以在17天内退款。", "可以在45天内退货。", "可以在[-17-]{+45+}天内退[-款-]{+货+}。"),
        ("a b", "a b c", "a b{+ c+}"),
        ("", "x", "{+x+}"),
        ("same", "same", "same"),
        ("คืนเงิน", "คืนของ", "คืน[-เงิน-]{+ของ+}"),
    ] {
        assert_eq!(shown(&diff_words(a, b)), expected);
    }
}

#[test]
fn json_reads_as_people_expect() {
    let list = |a: Value, b: Value| {
        json::diff(&a, &b)
            .into_iter()
            .map(|c| format!("{:?} {} {}", c.op, c.readable, c.to.unwrap_or_default()).trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(list(json!({"a": 25, "b": [1]}), serde_json::from_str(r#"{"b":[1.0],"a":2.5e1}"#).unwrap()).is_empty());
    assert_eq!(
        list(json!({"items": [{"p": 1}, {"p": 2}]}), json!({"items": [{"p": 1}, {"p": 3}]})),
        ["Change items[1].p"]
    );
    assert_eq!(list(json!(["x", "y", "z"]), json!(["y", "z", "x"])), ["Move [0] /2"]);
    assert_eq!(list(json!([1, 2, 3]), json!([1, 3])), ["Remove [1]"]);
    assert_eq!(list(json!({"a b": 1}), json!({"a b": null})), [r#"Change ["a b"]"#]);
    assert_eq!(list(json!(1), json!("1")), ["Change $"]);
    assert!(!list(json!(9_007_199_254_740_993_i64), json!(9_007_199_254_740_992_i64)).is_empty());
}

#[test]
fn a_fenced_answer_is_json() {
    assert_eq!(json::parse_answer("```json\n{\"a\": 1}\n```"), Some(json!({"a": 1})));
    assert_eq!(json::parse_answer("Here it is:\n```\n[1]\n```\nDone."), Some(json!([1])));
    assert_eq!(json::parse_answer("```json\n{\"a\": 1}"), None);
    assert_eq!(json::parse_answer("no"), None);
}

#[test]
fn tool_calls_are_paired_by_name_and_arguments_then_by_order() {
    let call = |name: &str, x: i64| ToolCall { id: None, name: name.to_owned(), arguments: json!({ "x": x, "y": 0 }) };
    let rows = |a: &[ToolCall], b: &[ToolCall]| {
        tool_calls::align(a, b).iter().map(|row| (row.op, row.a_index, row.b_index, row.moved)).collect::<Vec<_>>()
    };
    assert_eq!(
        rows(&[call("f", 1), call("g", 1)], &[call("g", 1), call("f", 2)]),
        [
            (CallOp::OnlyA, Some(0), None, false),
            (CallOp::Equal, Some(1), Some(0), false),
            (CallOp::OnlyB, None, Some(1), false)
        ]
    );
    assert_eq!(
        rows(&[call("f", 1), call("g", 1)], &[call("g", 1), call("f", 1)]).iter().filter(|row| row.3).count(),
        1,
        "an equal call in another order is one row"
    );
    assert_eq!(
        rows(&[call("f", 1), call("f", 2)], &[call("f", 2)]),
        [(CallOp::OnlyA, Some(0), None, false), (CallOp::Equal, Some(1), Some(0), false)]
    );
}

#[test]
fn deltas_are_second_minus_first_and_unknown_stays_unknown() {
    let take = |cost: Option<i64>, ms: Option<f64>, tokens: Option<i64>| TakeFacts {
        output_text: Some("x".to_owned()),
        cost_usd_nanos: cost,
        latency_ms: ms,
        usage: Usage { uncached_input_tokens: tokens, output_text_tokens: tokens, ..Usage::default() },
        ..TakeFacts::default()
    };
    let result = compare(&[take(Some(5), Some(10.0), Some(3)), take(Some(2), None, Some(4)), TakeFacts::default()]);
    assert_eq!(result.pairs.len(), 2);
    let deltas = result.pairs[0].deltas;
    assert_eq!((deltas.cost_usd_nanos, deltas.latency_ms, deltas.tokens), (Some(-3), None, Some(2)));
    assert_eq!(result.pairs[0].tool_calls, None);
    assert_eq!(result.pairs[1].text, None);
}

#[test]
fn words_that_differ_are_counted_on_the_longer_side() {
    let words = |a: &str, b: &str| diff_words(a, b).changed_words();
    assert_eq!(words("up to 2 hours", "up to 2 hours"), 0);
    assert_eq!(words("up to 2 hours", "up to 24 hours"), 1);
    assert_eq!(words("free of charge", "free"), 2);
    assert_eq!(words("", "three more words"), 3);
    assert_eq!(words("a b", "a  b"), 1, "a change of spaces alone is one");
}
