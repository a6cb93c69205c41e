//! The contract of the command line, field by field: what every document has to hold, of which type and in which unit,
//! and that it is valid against the schema that `retake schema` prints. Runs over the sample.

use crate::replaying::allowed;
use retake_testkit::loopback::{Loopback, Reply};
use retake_tests::{Home, Run, in_repository, json};
use serde_json::Value;

/// A home with the sample, its policy, prompts, two takes of its bad answer, and the id of the run.
struct Sample {
    home: Home,
    provider: Loopback,
    trace: String,
    span: String,
    import: Value,
    run: Value,
}

fn sample() -> Sample {
    let home = Home::new();
    let truth = json(&in_repository("fixtures/sample/truth.json")).unwrap();
    let file = |name: &str| in_repository("fixtures/sample").join(name).to_str().unwrap().to_owned();
    let junk = home.file("notes.txt", "nothing that anybody understands");
    let broken =
        home.file("broken.jsonl", "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"spanId\":\"\"}]}]}]}\n");
    let import = home
        .retake(&[
            "import",
            &file("traces.jsonl"),
            &file("audit.jsonl"),
            &file("recordings.jsonl"),
            junk.to_str().unwrap(),
            broken.to_str().unwrap(),
        ])
        .ok();
    home.retake(&["policy", "set", &file("policy.yaml")]).ok();
    let provider = Loopback::answering(|_| {
        Reply::text("{\"hours\": 12}").usage(100, 9).tool_call(
            "call-1",
            "get_consignment",
            serde_json::json!({"id": 1}),
        )
    });
    let trace = truth["bad"]["trace_id"].as_str().unwrap().to_owned();
    let span = truth["bad"]["answer_span"].as_str().unwrap().to_owned();
    let variant = |name: &str, more: &str| {
        format!("name={name},provider=openai-compatible,base-url={}{more}", provider.base_url())
    };
    let (one, two) = (variant("one", ""), variant("two", ",drop-doc=SOP-204"));
    let mut args = vec!["replay".to_owned(), span.clone(), "--variant".into(), one, "--variant".into(), two];
    args.extend(allowed(&provider));
    let run = home.retake(&args.iter().map(String::as_str).collect::<Vec<_>>()).ok();
    Sample { home, provider, trace, span, import, run }
}

/// What stands at a path such as `rows[].trace_id`; `[]` is every element, `{}` every value.
fn at<'a>(document: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut here = vec![document];
    for step in path.split('.') {
        let bare = step.trim_end_matches("[]").trim_end_matches("{}");
        let mut next = Vec::new();
        for value in here {
            let Some(found) = value.get(bare) else {
                next.push(&Value::Null);
                continue;
            };
            match found {
                Value::Array(list) if step.ends_with("[]") => next.extend(list),
                Value::Object(map) if step.ends_with("{}") => next.extend(map.values()),
                other => next.push(other),
            }
        }
        here = next;
    }
    here
}

fn is_there(document: &Value, path: &str) -> bool {
    let (parents, field) = path.rsplit_once('.').unwrap_or(("", path));
    let bare = field.trim_end_matches("[]").trim_end_matches("{}");
    let parents = if parents.is_empty() { vec![document] } else { at(document, parents) };
    !parents.is_empty() && parents.iter().all(|parent| parent.get(bare).is_some())
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "bool" => value.is_boolean(),
        "ns" => value.as_str().is_some_and(|text| text.len() >= 18 && text.parse::<i64>().is_ok()),
        "object" => value.is_object(),
        "list" => value.is_array(),
        "any" => true,
        other => panic!("no kind {other}"),
    }
}

/// Checks a document: valid against its schema, and each field of the list (`path kind`, a `?` for one that may be
/// unknown) is there, of its kind, at least once known.
#[track_caller]
fn holds(home: &Home, document: &Value, name: &str, fields: &str) {
    let (first, schema) = document.as_object().and_then(|map| map.iter().next()).expect("a document is an object");
    assert!(first == "schema" && *schema == format!("retake.{name}/1"), "{name} begins with {first}: {schema}");
    let printed = Run::of(home.bare(&["schema", name])).ok();
    let validator = jsonschema::validator_for(&printed).unwrap_or_else(|error| panic!("{name}: {error}"));
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{} {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{document:#}");
    let mut wrong = Vec::new();
    for line in fields.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (paths, kind) = line.rsplit_once(' ').expect("a line is a path and a kind");
        let (kind, optional) = kind.strip_suffix('?').map_or((kind, false), |kind| (kind, true));
        for path in expand(paths) {
            let values = at(document, &path);
            let known: Vec<&&Value> = values.iter().filter(|value| !value.is_null()).collect();
            if !is_there(document, &path) {
                wrong.push(format!("{path} is missing"));
            } else if values.is_empty() || (!optional && known.len() < values.len()) {
                wrong.push(format!("{path} is empty or null"));
            } else if let Some(value) = known.iter().find(|value| !is(kind, value)) {
                wrong.push(format!("{path} is no {kind}: {value}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{name}: {wrong:#?}\n{document:#}");
}

/// `a[]{b c}` is `a[].b` and `a[].c`.
fn expand(paths: &str) -> Vec<String> {
    match paths.split_once('(') {
        Some((prefix, names)) => {
            names.trim_end_matches(')').split_whitespace().map(|name| format!("{prefix}{name}")).collect()
        }
        None => paths.split_whitespace().map(str::to_owned).collect(),
    }
}

const COUNTERS: &str =
    "traces spans log_records messages tool_calls documents audit_events scores exchanges duplicates rejected";

const TAKE: &str = "
    takes[].(take_id variant status output_text finish_reason fidelity) string
    takes[].(trace_id span_id) string
    takes[].repeat integer
    takes[].tool_calls[].(id name) string
    takes[].tool_calls[].arguments object
    takes[].(latency_ms ttft_ms) number
    takes[].usage.(input_tokens output_tokens) integer
    takes[].usage.(cache_read_tokens cache_write_tokens reasoning_tokens) integer?
    takes[].cost_usd_nanos integer?
    takes[].cached bool
    takes[].error object?";

#[test]
fn documents_of_reading_hold_the_fields_of_the_contract() {
    let Sample { home, trace, span, import, .. } = sample();
    let counters = |prefix: &str| format!("{prefix}.({COUNTERS}) integer\n");
    let files = format!(
        "{}files[].(path format) string\nfiles[].bytes integer\nfiles[].redactions object\n",
        counters("files[]")
    );
    let totals =
        format!("{}totals.redactions object\ntotals.elapsed_ms number\ntotals.bytes integer\n", counters("totals"));
    let more = "batch_id string
        files[].warnings[].code string\nfiles[].warnings[].count integer\nfiles[].warnings[].example.message string
        files[].warnings[].example.line integer?\nfiles[].warnings[].example.byte_offset integer
        files[].redactions{} integer\ntotals.redactions{} integer
        skipped[].(path code message) string\nskipped[].nearest[].(format why) string";
    holds(&home, &import, "import", &format!("{files}{totals}{more}"));
    let batches = format!(
        "{}batches[].batch_id string\nbatches[].at_ns ns\nbatches[].sources[] string\nbatches[].warnings list",
        counters("batches[]")
    );
    let batch = import["batch_id"].as_str().unwrap();
    for args in [&["batches", "list"][..], &["batches", "show", batch], &["batches", "show", &format!("batch:{batch}")]]
    {
        holds(&home, &home.retake(args).ok(), "batches", &batches);
    }
    let formats = "formats[].(name title) string\nformats[].signals[] string\nformats[].extensions[] string\nformats[].lacks list";
    holds(&home, &Run::of(home.bare(&["--json", "formats"])).ok(), "formats", formats);
    let rows = "rows[].(trace_id span_id kind name status) string
        rows[].(question tenant feature user conversation provider model prompt snippet) string?
        rows[].start_ns ns\nrows[].(duration_ms) number?\nrows[].(input_tokens output_tokens cost_usd_nanos) integer?
        rows[].flags list\ntotal integer\ntotal_exact bool\nfacets.tenant[].value string?\nfacets.tenant[].n integer
        facets.model[].n integer\nnext string?\nhints list";
    for of in ["traces", "spans"] {
        let page = home.retake(&["search", "quarantine", "--of", of, "--facets", "tenant,model", "--limit", "3"]).ok();
        holds(&home, &page, "search", rows);
        assert!(
            page["rows"].to_string().to_lowercase().contains("quarantine"),
            "a snippet or question shows it: {page:#}"
        );
    }
    let tree = "trace_id string\nspans[].(span_id kind name status) string\nspans[].parent_span_id string?
        spans[].start_ns ns\nspans[].duration_ms number?\nspans[].flags list";
    let messages = "messages[].(role content_state) string\nmessages[].introduced_by string?
        messages[].parts[].type string\nmessages[].parts[].text string?";
    let request = "fidelity.level string\nfidelity.fields[].(path state why) string\nrequest object";
    let findings = "findings[].(trace_id span_id code severity subject message) string\nfindings[].evidence object";
    let context = format!(
        "documents[].document_id string\ndocuments[].rank integer\ndocuments[].score number\ndocuments[].(score_kind version tenant) string?
        documents[].updated_ns ns?\ndocuments[].placed[].(message start end) integer\ndocuments[].truncated bool\n{findings}"
    );
    let audit = "events[].time_ns ns\nevents[].(decision joined_by) string\nevents[].(actor role action resource tenant) string?";
    let raw = "records[].(batch_id path source) string\nrecords[].byte_offset integer\nrecords[].body any";
    for (view, id, fields) in [
        ("tree", &trace, tree),
        ("messages", &span, messages),
        ("messages", &trace, messages),
        ("request", &span, request),
        ("context", &trace, context.as_str()),
        ("audit", &trace, audit),
        ("takes", &span, TAKE),
        ("raw", &span, raw),
    ] {
        holds(&home, &home.retake(&["show", id, "--as", view]).ok(), &format!("show-{view}"), fields);
    }
    for id in
        [trace.clone(), format!("trace:{trace}"), span.clone(), format!("span:{}", &span[..9]), trace.to_uppercase()]
    {
        holds(&home, &home.retake(&["context", &id]).ok(), "context", &context);
    }
    holds(&home, &home.retake(&["findings"]).ok(), "findings", findings);
    holds(&home, &home.retake(&["findings", "--query", "tenant:larkmed"]).ok(), "findings", findings);
    let metrics = "rows[].dims.tenant string?\nrows[].dims.model string?\nrows[].(requests errors) integer\nrows[].error_rate number?
        rows[].latency_ms.(p50 p95 p99) number?\nrows[].ttft_ms.(p50 p95) number?\nrows[].(input_tokens output_tokens cost_usd_nanos) integer?
        rows[].coverage{} number\nbucket_ms number?";
    for size in ["1m", "1d", "1w", "auto"] {
        let by = ["metrics", "--by", "tenant,model", "--bucket", size];
        holds(&home, &home.retake(&by).ok(), "metrics", metrics);
    }
    let call =
        "(trace_id span_id) string\nstart_ns ns?\nvalue number\nerror bool\n(tenant feature model prompt) string?";
    let calls: String = call.lines().map(|line| format!("highest[].{line}\n")).collect();
    let marks = "marks[].(from_ns to_ns) ns\nmarks[].(low high) number\nmarks[].(n errors) integer\nmarks[].(trace_id span_id) string";
    for measure in ["latency_ms", "ttft_ms", "tokens", "cost_usd_nanos"] {
        let document = home.retake(&["metrics", "--calls", measure, "--limit", "3"]).ok();
        holds(&home, &document, "metrics-calls", &format!("measure string\n(known unknown) integer\n{marks}\n{calls}"));
        assert_eq!(document["measure"], measure);
        assert!(document["highest"].as_array().is_some_and(|calls| calls.len() <= 3), "{document}");
    }
    holds(&home, &home.retake(&["report", &trace]).ok(), "report", "trace_id string\ntext string");
    holds(
        &home,
        &home.retake(&["doctor"]).ok(),
        "doctor",
        "checks[].(id message) string\nchecks[].ok bool\nchecks[].hint string?",
    );
    let canonical = ["export", "--query", "", "--format", "canonical", "-o", "c.jsonl"];
    holds(&home, &home.retake(&canonical).ok(), "export", "records integer\npath string");
    let undone = home.retake(&["batches", "undo", batch, "--yes"]).ok();
    holds(&home, &undone, "batches-undo", "batch_id string\n(records spans traces audit_events) integer");
    assert_eq!(undone["spans"], import["totals"]["spans"], "{undone:#}");
}

#[test]
fn documents_of_replay_hold_the_fields_of_the_contract() {
    let Sample { home, provider, trace, span, run, .. } = sample();
    let fields = format!("(run_id status) string\ncounts.(done failed pending) integer\n{TAKE}");
    holds(&home, &run, "replay", &fields);
    let id = run["run_id"].as_str().unwrap();
    for command in ["show", "resume", "cancel"] {
        holds(&home, &home.retake(&["runs", command, &format!("run:{}", &id[..12]), "--yes"]).ok(), "replay", &fields);
    }
    assert_eq!(provider.count(), 2, "a finished run sends nothing");
    let runs = "runs[].(run_id status) string\nruns[].started_ns ns\nruns[].counts.(done failed pending) integer";
    holds(&home, &home.retake(&["runs", "list"]).ok(), "runs", runs);
    let anthropic =
        format!("name=c,provider=anthropic,base-url={},model=claude-x,max-tokens=12000", provider.base_url());
    let estimate = home.retake(&["replay", &span, "--variant", &anthropic, "--estimate"]).ok();
    let fields = "(calls input_tokens output_tokens) integer\ncost_usd_nanos integer?\ndestinations[] string\nlosses[].(variant path what why) string";
    holds(&home, &estimate, "estimate", fields);
    assert!(estimate["sentence"].as_str().unwrap().contains("about 12,"), "thousands are set apart: {estimate:#}");

    let take = |n: usize| format!("take:{}", run["takes"][n]["take_id"].as_str().unwrap());
    let compared = "takes[].(take_id status) string\ntext.similarity number\ntext.ops[].(op a b) string\njson list\ntool_calls[].op string
        deltas.cost_usd_nanos integer?\ndeltas.latency_ms number\ndeltas.tokens integer";
    let comparison = home.retake(&["compare", &take(0), &take(1)]).ok();
    holds(&home, &comparison, "compare", compared);
    let comparison = home.retake(&["compare", &span, &take(0)]).ok();
    let joined = |side: &str| {
        let ops = comparison["text"]["ops"].as_array().unwrap();
        ops.iter().map(|op| op[side].as_str().unwrap()).collect::<String>()
    };
    let text = |n: usize| comparison["takes"][n]["output_text"].as_str().unwrap().to_owned();
    assert_eq!((joined("a"), joined("b")), (text(0), text(1)), "{comparison:#}");

    let promoted = "(path case_id) string\nassertions[].type string\nassertions[].value any\nassertions[].because string?\nredactions integer\nnotes list";
    let case = home
        .retake(&["promote", &take(0), "--set", "golden", "--name", "dock", "--assert", "contains:12", "--yes"])
        .ok();
    holds(&home, &case, "promote", promoted);
    home.retake(&[
        "promote",
        &trace_span(&span),
        "--set",
        "golden",
        "--name",
        "recorded",
        "--no-suggest",
        "--assert",
        "contains:hours",
    ])
    .ok();
    std::fs::write(home.path("golden/cases/broken.yaml"), "assertions: [").unwrap();
    let check = Run::of(home.bare(&["--json", "check", "golden"]));
    assert_eq!(check.exit, 1, "{check}");
    let checked = "verdict string\nsets[].(name verdict) string\nsets[].(score threshold) number\nsets[].cases[].(case_id verdict) string
        sets[].cases[].score number\nsets[].cases[].flaky bool\nsets[].cases[].assertions[].(type reason) string
        sets[].reasons[] string\nsets[].cases[].assertions[].passed bool\nsets[].cases[].assertions[].score number\nsets[].regressions list
        sets[].errors[].(code file message) string\nsets[].errors[].(line column) integer";
    holds(&home, &check.document(), "check", checked);
    drop(trace);
}

fn trace_span(span: &str) -> String {
    format!("span:{span}")
}

#[test]
fn documents_of_settings_hold_the_fields_of_the_contract() {
    let home = Home::new();
    let template = home.file("p.txt", "Be kind to {{name}}.");
    let file = template.to_str().unwrap();
    let new = home.retake(&["prompt", "new", "kind", "--file", file]).ok();
    holds(&home, &new, "prompt-new", "(name hash) string\nversion integer\ncreated bool");
    let again = home.retake_with_input(&["prompt", "new", "kind", "--file", "-"], b"Be very kind to {{name}}.").ok();
    assert_eq!((&again["version"], &again["created"]), (&2.into(), &true.into()), "{again:#}");
    home.retake(&["prompt", "label", "kind@1", "live"]).ok();
    let versions =
        "versions[].version integer\nversions[].hash string\nversions[].created_ns ns\nversions[].labels list";
    let prompts: String = versions.lines().map(|line| format!("prompts[].{}\n", line.trim())).collect();
    holds(&home, &home.retake(&["prompt", "list"]).ok(), "prompt", &format!("prompts[].name string\n{prompts}"));
    holds(&home, &home.retake(&["prompt", "show", "kind"]).ok(), "prompt-show", &format!("name string\n{versions}"));
    holds(&home, &home.retake(&["prompt", "label", "kind@2", "live"]).ok(), "prompt-show", versions);
    let mut get = home.bare(&["--workspace"]);
    get.arg(home.workspace()).args(["prompt", "get", "kind@live"]);
    assert_eq!(Run::of(get).stdout, "Be very kind to {{name}}.", "the bare text");
    home.retake(&["prompt", "rollback", "kind", "live"]).ok();
    assert_eq!(home.retake(&["prompt", "get", "kind@live"]).ok()["version"], 1);
    holds(&home, &home.retake(&["prompt", "diff", "kind", "1", "2"]).ok(), "prompt-diff", "text.ops[].(op a b) string");

    let connections = "connections[].(name kind base_url) string\nconnections[].has_key bool";
    let add = ["connect", "add", "lo", "--kind", "openai-compatible", "--base-url", "http://127.0.0.1:9/v1"];
    holds(&home, &home.retake(&add).ok(), "connect", connections);
    holds(&home, &home.retake(&["connect", "list"]).ok(), "connect", connections);
    holds(
        &home,
        &home.retake(&["secret", "list"]).ok(),
        "secret",
        "secrets[].name string\nsecrets[].source string?\nsecrets[].variables[] string",
    );
    home.retake(&["connect", "test", "lo"]).error(2);
    let test = home.retake(&["connect", "test", "lo", "--allow-destination", "127.0.0.1:9"]);
    assert_eq!(test.error(4)["code"], "RTK-P003", "{test}");
    holds(
        &home,
        &test.document(),
        "connect-test",
        "(name message) string\nok bool\nmodels list\ncode string\nlatency_ms number",
    );
    holds(&home, &home.retake(&["connect", "remove", "lo"]).ok(), "connect", "connections list");
    holds(
        &home,
        &home.retake(&["pricing", "list"]).ok(),
        "pricing",
        "as_of string\nprices[].model string\nprices[].input_usd_nanos_per_mtok integer?",
    );
    let policy = in_repository("fixtures/sample/policy.yaml");
    holds(
        &home,
        &home.retake(&["policy", "set", policy.to_str().unwrap()]).ok(),
        "policy-show",
        "text string\npolicy object\nwarnings list",
    );
    holds(&home, &home.retake(&["policy", "show"]).ok(), "policy-show", "text string\npolicy object\nwarnings list");
    let cleared = home.retake(&["policy", "clear"]).ok();
    assert_eq!((&cleared["text"], &cleared["policy"]), (&Value::Null, &Value::Null), "{cleared:#}");
}

#[test]
fn every_name_of_a_schema_gives_a_schema() {
    let home = Home::new();
    let names = Run::of(home.bare(&["schema"]));
    assert_eq!(names.exit, 0, "{names}");
    let names: Vec<&str> = names.stdout.split_whitespace().collect();
    for name in ["import", "replay", "error", "policy", "mapping", "case", "set", "show-tree"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    for name in names {
        let schema = Run::of(home.bare(&["schema", name])).ok();
        assert!(jsonschema::validator_for(&schema).is_ok(), "{name}: {schema:#}");
    }
    let error = Run::of(home.bare(&["--json", "schema", "no-such-document"]));
    let code = error.error(2);
    assert!(code["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{error}");
}
