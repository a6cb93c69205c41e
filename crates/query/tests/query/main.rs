//! The language as its users see it.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use retake_model::Code;
use retake_query::{
    Compare, Expr, FIELDS, Field, FieldTerm, Form, ParseContext, Pattern, Position, Query, Takes, Term, Test, Words,
    complete, parse, parse_sort, print,
};

const NOW: i64 = 1_794_470_400_000_000_000; // 2026-11-12T08:00:00Z

fn utc() -> ParseContext {
    ParseContext { zone: TimeZone::UTC, now_ns: NOW }
}

fn read(text: &str) -> Query {
    parse(text, &utc()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn time(text: &str) -> (Option<i64>, Option<i64>) {
    match read(&format!("time:{text}")).expr {
        Expr::Term(Term::Field(FieldTerm { test: Test::Time(from, to), .. })) => (from, to),
        other => panic!("{other:?}"),
    }
}

fn at(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().expect("a time");
    Some(time.as_nanosecond() as i64)
}

#[test]
fn a_long_query_is_read_whole() {
    let text = r#"tenant:acme feature:support.answer model:gpt-4o* status:error latency:>2s cost:>0.01 tool:refund tool.status:denied doc:kb-17 score.thumbs:<0 has:leak span(model:gpt-4o* latency:>2s) time:2026-11-01..2026-11-12 "thirty days" -staging"#;
    let Expr::And(members) = read(text).expr else { panic!("a conjunction") };
    assert_eq!(members.len(), 15);
    assert_eq!(read(&print(&read(text))), read(text));
}

#[test]
fn days_are_whole_and_clock_times_are_not() {
    let day = |a, b| (at(a), at(b));
    assert_eq!(time("2026-11-01..2026-11-12"), day("2026-11-01T00:00:00Z", "2026-11-13T00:00:00Z"));
    assert_eq!(time("2026-11-01"), day("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"));
    assert_eq!(time("2026-11"), day("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"));
    assert_eq!(time("2026-11-01T10:00..2026-11-01T11:00"), day("2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z"));
    assert_eq!(time("2026-11-01T10:00+02:00..2026-11-01"), day("2026-11-01T08:00:00Z", "2026-11-02T00:00:00Z"));
    assert_eq!(time("2026-11-01+02:00"), day("2026-10-31T22:00:00Z", "2026-11-01T22:00:00Z"));
    assert_eq!(time("2026-11-01T10:00"), day("2026-11-01T10:00:00Z", "2026-11-01T10:01:00Z"));
    assert_eq!(time(">2026-11-01"), (at("2026-11-02T00:00:00Z"), None));
    assert_eq!(time(">=2026-11-01"), (at("2026-11-01T00:00:00Z"), None));
    assert_eq!(time("<=2026-11-01"), (None, at("2026-11-02T00:00:00Z")));
    assert_eq!(time("<2026-11-01T12:00:00.5Z"), (None, at("2026-11-01T12:00:00.5Z")));
    assert_eq!(time("yesterday"), day("2026-11-11T00:00:00Z", "2026-11-12T00:00:00Z"));
    assert_eq!(time("24h"), (at("2026-11-11T08:00:00Z"), None));
    let berlin = ParseContext { zone: TimeZone::fixed(jiff::tz::offset(1)), now_ns: NOW };
    let Expr::Term(Term::Field(term)) = parse("time:2026-11-01", &berlin).unwrap().expr else { panic!("a field") };
    assert_eq!(term.test, Test::Time(at("2026-10-31T23:00:00Z"), at("2026-11-01T23:00:00Z")));
}

#[test]
fn errors_name_the_place_and_what_fits() {
    let wrong = |text: &str| parse(text, &utc()).expect_err(text);
    let error = wrong("acme tenat:x");
    assert_eq!((error.code, error.span.start, error.span.end), (Code::QueryUnknownField, 5, 10));
    assert!(error.hint.contains("Did you mean tenant?"), "{}", error.hint);
    let error = wrong("é latency:>2");
    assert_eq!((error.code, error.span.start, error.span.end), (Code::QueryBadValue, 10, 12));
    assert!(error.message.contains("needs a unit such as 2s"), "{error}");
    let error = wrong("status:eror");
    assert!(error.message.contains("did you mean error") && error.hint.contains("ok, error"), "{error} {}", error.hint);
    for (text, start, end) in [
        ("a \"open", 2, 7),
        ("(a b", 0, 4),
        ("a ) b", 2, 3),
        ("a OR", 2, 4),
        ("OR a", 0, 2),
        ("a - b", 2, 3),
        ("span()", 5, 6),
        ("re*und", 2, 3),
    ] {
        let error = wrong(text);
        assert_eq!((error.code, error.span.start, error.span.end), (Code::QuerySyntax, start, end), "{text}: {error}");
    }
    for text in [
        "time:tomorrowish",
        "time:2026-13-01",
        "cost:>cheap",
        "tokens:1..x",
        "time:2026-11-12..2026-11-01",
        "tenant:",
        "tenant:>a",
        "score:1",
        "has:everything",
        "time:..",
    ] {
        assert!(matches!(wrong(text).code, Code::QueryBadValue | Code::QueryUnknownField), "{text}");
    }
}

#[test]
fn words_keep_what_identifies() {
    let word = |text: &str, form| Query { expr: Expr::Term(Term::Words(Words { text: text.to_owned(), form })) };
    assert_eq!(read("order_id=AB-123"), word("order_id=AB-123", Form::Word));
    assert_eq!(read("kb-17"), word("kb-17", Form::Word));
    assert_eq!(read("refund*"), word("refund", Form::Prefix));
    assert_eq!(read(r#""say \"hi\"""#), word("say \"hi\"", Form::Phrase));
    assert_eq!(read("https://a.example/x"), word("https://a.example/x", Form::Word));
    assert_eq!(read("12:30"), word("12:30", Form::Word));
    assert_eq!(read("退款"), word("退款", Form::Word));
    for text in ["", "  ", "\"\"", "*"] {
        assert_eq!(read(text), Query::all(), "{text:?}");
    }
    assert_eq!(read("(a OR b) c").expr, Expr::and(vec![read("a OR b").expr, read("c").expr]));
    assert_eq!(read("a NOT b"), read("a -b"));
    assert_eq!(read("a AND b"), read("a b"));
}

#[test]
fn patterns_fold_case() {
    let pattern = |pieces: &[&str]| Pattern { pieces: pieces.iter().map(|piece| (*piece).to_owned()).collect() };
    assert!(pattern(&["gpt-4o", ""]).matches("GPT-4o-mini") && !pattern(&["gpt-4o", ""]).matches("my-gpt-4o"));
    assert!(pattern(&["Acme"]).matches("acme") && !pattern(&["acme"]).matches("acme2"));
    assert!(pattern(&["", "mid", ""]).matches("amidst") && pattern(&["a", "a"]).matches("aa"));
    assert!(!pattern(&["a", "a"]).matches("a"), "the ends do not overlap");
    assert!(pattern(&["", ""]).matches(""));
}

#[test]
fn sorts_are_read_and_refused() {
    assert!(parse_sort("latency").unwrap().descending && !parse_sort("tenant").unwrap().descending);
    assert!(!parse_sort("cost:asc").unwrap().descending);
    assert_eq!(parse_sort("score.thumbs:asc").unwrap().name.as_deref(), Some("thumbs"));
    assert_eq!(parse_sort("doc").unwrap_err().code, Code::QuerySortUnknown);
    assert_eq!(parse_sort("latency:up").unwrap_err().span.start, 8);
    for info in FIELDS.iter().filter(|info| info.sortable && info.field != Field::Score) {
        let sort = parse_sort(info.name).unwrap();
        assert_eq!(parse_sort(&sort.print()).unwrap(), sort);
    }
}

#[test]
fn completion_knows_where_the_cursor_is() {
    let found = complete("status:error te", 15);
    assert_eq!((found.position, found.start, found.words), (Position::FieldOrWord, 13, vec!["tenant"]));
    let found = complete("a has:le", 8);
    assert_eq!(found.position, Position::Value { field: Field::Has, name: None });
    assert_eq!((found.start, found.end, found.words), (6, 8, vec!["leak"]));
    assert_eq!(complete("\"open", 3).position, Position::Quoted);
    assert_eq!(complete("", 9).position, Position::FieldOrWord);
}

fn text_value() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9.-]{1,8}", "\\PC{1,6}", "[a\"\\\\ ()*<>=:-]{1,5}"]
}

fn term() -> impl Strategy<Value = Term> {
    let words = (text_value(), prop_oneof![Just(Form::Phrase), Just(Form::Prefix)])
        .prop_filter("something to find", |(text, _)| !text.trim().is_empty())
        .prop_map(|(text, form)| Term::Words(Words { text, form }));
    let texts: Vec<Field> = FIELDS.iter().filter(|info| info.takes == Takes::Text).map(|info| info.field).collect();
    let text = (proptest::sample::select(texts), text_value())
        .prop_map(|(field, text)| Term::Field(FieldTerm { field, name: None, test: Test::Text(Pattern::exact(text)) }));
    let amounts: Vec<Field> = FIELDS
        .iter()
        .filter(|info| matches!(info.takes, Takes::Duration | Takes::Money | Takes::Count))
        .map(|info| info.field)
        .collect();
    let compare = prop_oneof![Just(Compare::Equal), Just(Compare::Greater), Just(Compare::LessEqual)];
    let amount = (proptest::sample::select(amounts), compare, any::<i32>()).prop_map(|(field, compare, n)| {
        Term::Field(FieldTerm { field, name: None, test: Test::Quantity(compare, i64::from(n) * 977) })
    });
    let when = (any::<u32>(), any::<u32>()).prop_map(|(a, b)| {
        let (a, b) = (i64::from(a.min(b)) * 1_000_000_007, i64::from(a.max(b)) * 1_000_000_007);
        Term::Field(FieldTerm { field: Field::Time, name: None, test: Test::Time(Some(a), Some(b)) })
    });
    let score = ("[a-z_]{1,6}", any::<f64>().prop_filter("finite", |n| n.is_finite())).prop_map(|(name, n)| {
        Term::Field(FieldTerm { field: Field::Score, name: Some(name), test: Test::Number(Compare::Less, n) })
    });
    prop_oneof![words, text, amount, when, score]
}

fn expr() -> impl Strategy<Value = Expr> {
    term().prop_map(Expr::Term).prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::and),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Expr::or),
            inner.clone().prop_map(|member| Expr::Not(Box::new(member))),
            inner.prop_map(|member| Expr::Term(Term::Span(Box::new(member)))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same(expr in expr()) {
        let query = Query { expr };
        let text = print(&query);
        let back = parse(&text, &utc());
        prop_assert_eq!(back.as_ref().ok(), Some(&query), "{} {:?}", text, back);
    }

    #[test]
    fn no_text_is_a_panic(text in "\\PC{0,40}|[a-z:\"()* <>=.0-9OR-]{0,30}", cursor in 0_usize..50) {
        let length = text.chars().count();
        match parse(&text, &utc()) {
            Ok(query) => prop_assert_eq!(parse(&print(&query), &utc()).ok(), Some(query)),
            Err(error) => prop_assert!(error.span.start <= error.span.end && error.span.end <= length, "{}: {:?}", text, error),
        }
        complete(&text, cursor);
    }
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = format!("{}a{}", "(".repeat(5000), ")".repeat(5000));
    assert_eq!(parse(&deep, &utc()).unwrap_err().code, Code::QuerySyntax);
    assert_eq!(parse(&"-".repeat(5000), &utc()).unwrap_err().code, Code::QuerySyntax);
}
