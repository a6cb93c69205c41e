//! What each query of the table finds.

use retake_tests::queries::Table;
use retake_tests::traces::{Call, lines};
use retake_tests::{Home, Run};
use serde_json::Value;

/// A home with the traces of the table.
fn home(table: &Table) -> Home {
    let home = Home::new();
    for file in table.files(&home) {
        let import = home.retake(&["import", file.to_str().unwrap()]).ok();
        assert_eq!(import["totals"]["warnings"].as_array().map_or(0, Vec::len), 0, "{import:#}");
    }
    home
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["rows"].as_array().expect("a page has rows");
    let mut ids: Vec<String> = rows.iter().map(|row| row["trace_id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

fn search(home: &Home, more: &[&str], query: &str) -> Run {
    let mut args = vec!["search", "--limit", "1000"];
    args.extend(more);
    args.extend(["--", query]);
    home.retake(&args)
}

#[test]
fn every_query_finds_exactly_its_traces() {
    let table = Table::read().unwrap();
    let home = home(&table);
    assert!(table.expected.len() >= 60);
    let mut wrong = Vec::new();
    for row in &table.expected {
        let run = search(&home, &[], &row.query);
        let found = if run.exit == 0 { ids(&run.document()) } else { vec![run.stderr.clone()] };
        let total = if run.exit == 0 { run.document()["total"].as_u64() } else { None };
        if found != row.trace_ids || total != Some(row.trace_ids.len() as u64) {
            wrong.push(format!("{:?}\n  expected {:?}\n  found    {found:?}", row.query, row.trace_ids));
        }
    }
    assert!(wrong.is_empty(), "{} of {} queries:\n{}", wrong.len(), table.expected.len(), wrong.join("\n"));
}

#[test]
fn a_wrong_query_is_refused_at_its_place() {
    let table = Table::read().unwrap();
    let home = home(&table);
    let mut wrong = Vec::new();
    for row in &table.refused {
        let run = search(&home, &[], &row.query);
        let error = run.error(2);
        let span = (error["span"]["start"].as_u64(), error["span"]["end"].as_u64());
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{run}");
        if span != (Some(row.span.0), Some(row.span.1)) || error["code"] != *row.code {
            wrong.push(format!("{:?} {:?} {}: {error}", row.query, row.span, row.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pages_hold_every_trace_once_in_the_order_asked_for() {
    let table = Table::read().unwrap();
    let home = home(&table);
    for sort in ["time:asc", "cost:desc", "latency", "tenant:asc", "tokens"] {
        let whole = search(&home, &["--sort", sort], "").ok();
        let order = |page: &Value| -> Vec<Value> {
            page["rows"].as_array().unwrap().iter().map(|row| row["trace_id"].clone()).collect()
        };
        let mut paged = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut args = vec!["search", "--limit", "5", "--sort", sort];
            if let Some(after) = &after {
                args.extend(["--after", after]);
            }
            args.extend(["--", ""]);
            let page = home.retake(&args).ok();
            assert!(page["rows"].as_array().unwrap().len() <= 5, "{page:#}");
            paged.extend(order(&page));
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                break;
            }
        }
        assert_eq!(paged, order(&whole), "{sort}");
    }
}

#[test]
fn a_batch_finds_what_it_brought_until_it_is_undone() {
    let table = Table::read().unwrap();
    let home = home(&table);
    let one = retake_tests::traces::Call::new(1, "Where is my batch?", "Here.");
    let path = home.file("one.jsonl", retake_tests::traces::lines(std::slice::from_ref(&one)));
    let batch = home.retake(&["import", path.to_str().unwrap()]).ok()["batch_id"].as_str().unwrap().to_owned();
    assert_eq!(ids(&search(&home, &[], &format!("batch:{batch}")).ok()), vec![one.trace_id()]);
    assert_eq!(ids(&search(&home, &[], &format!("-batch:{batch} \"my batch\"")).ok()), Vec::<String>::new());
    home.retake(&["batches", "undo", &batch, "--yes"]).ok();
    assert_eq!(ids(&search(&home, &[], "\"my batch\"").ok()), Vec::<String>::new());
}

#[test]
fn a_word_that_looks_like_a_field_is_searched_and_asked_about() {
    let home = Home::new();
    let path = home.file("a.jsonl", lines(&[Call::new(1, "Where is order_id=AB-123?", "tenant=north has it")]));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    let hints = |query: &str| {
        let page = home.retake(&["search", query]).ok();
        let hints: Vec<String> = serde_json::from_value(page["hints"].clone()).unwrap();
        (page["total"].as_u64().unwrap(), hints.join("\n"))
    };
    assert_eq!(hints("order_id=AB-123"), (1, String::new()), "a word stays a word");
    assert_eq!(hints("tenant=north"), (1, "tenant=north is searched as words; did you mean tenant:north?".into()));
    assert!(hints("latency>2s").1.ends_with("did you mean latency:>2s?"));
    assert!(hints("span(latency>=2s tool.status=error)").1.contains("tool.status:error"));
    assert_eq!(hints("\"tenant=north\" tenant:north tenant>north score=1").1, "");
    let mut command = home.bare(&["--workspace"]);
    command.arg(home.workspace()).args(["search", "tenant=north"]);
    let said = Run::of(command);
    assert!(said.stderr.contains("did you mean tenant:north?") && !said.stdout.contains("did you mean"), "{said}");
}

#[test]
fn a_wrong_sort_is_told_as_one_and_not_as_a_place_in_the_query() {
    let home = Home::new();
    let path = home.file("a.jsonl", lines(&[Call::new(1, "Where?", "There.")]));
    home.retake(&["import", path.to_str().unwrap()]).ok();
    for sort in ["foo", "cost:down"] {
        let run = home.retake(&["search", "where", "--sort", sort]);
        let error = run.error(2);
        assert_eq!(error.get("span").unwrap_or(&serde_json::Value::Null), &serde_json::Value::Null, "{run}");
        assert!(error["message"].as_str().unwrap().contains(&format!("--sort {sort:?}")), "{run}");
    }
    let hint = home.retake(&["search", "--sort", "foo"]).error(2)["hint"].to_string();
    assert!(hint.contains("cost") && hint.contains("latency"), "{hint}");
}
