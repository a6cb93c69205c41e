//! Runs, takes, prompts, jobs and what else the workspace keeps beside traces.

use crate::made::{self, DAY, query, workspace};
use retake_model::{ChunkKind, Code, Coded, RunStatus, TakeStatus};
use retake_store::{
    ChunkRow, ConnectionRow, LedgerRow, PricingRow, RunRow, SearchRequest, TakeRow, ViewRow, Workspace,
};
use serde_json::json;

fn run(id: &str, max_usd_nanos: Option<i64>) -> RunRow {
    RunRow {
        run_id: id.to_owned(),
        status: RunStatus::Running,
        started_ns: DAY,
        plan: json!({"version": 1}),
        max_usd_nanos,
        spent_usd_nanos: 0,
    }
}

fn take(run_id: &str, id: &str, slot: u32) -> TakeRow {
    TakeRow {
        take_id: id.to_owned(),
        run_id: run_id.to_owned(),
        slot,
        trace_id: Some(made::trace_id(1)),
        span_id: Some(made::span_id(1, 2)),
        variant: "original".to_owned(),
        repeat: 0,
        status: TakeStatus::Pending,
        started_ns: None,
        result: None,
    }
}

fn chunk(seq: u32, text: &str) -> ChunkRow {
    let kind = if seq.is_multiple_of(2) { ChunkKind::Text } else { ChunkKind::Event };
    ChunkRow { seq, at_us: i64::from(seq) * 1000 - 300, kind, index: seq / 2, bytes: text.as_bytes().to_vec() }
}

#[test]
fn pieces_of_a_take_are_there_before_and_after_it_ends() {
    let made = workspace();
    made.workspace.create_run(&run("run-a", None), &[take("run-a", "take-a", 0)]).unwrap();
    made.workspace.start_take("take-a", DAY).unwrap();
    let pieces: Vec<ChunkRow> = (0..50).map(|seq| chunk(seq, &format!("piece {seq} \u{1F600}"))).collect();
    made.workspace.append_chunks(&[("take-a".to_owned(), pieces[..20].to_vec())]).unwrap();
    made.workspace.append_chunks(&[("take-a".to_owned(), pieces[20..].to_vec())]).unwrap();
    assert_eq!(made.workspace.chunks("take-a", None).unwrap(), pieces);
    assert_eq!(made.workspace.chunks("take-a", Some(44)).unwrap(), pieces[45..]);
    let mut done = take("run-a", "take-a", 0);
    (done.status, done.result) = (TakeStatus::Done, Some(json!({"output_text": "all of it"})));
    made.workspace.finish_take(&done).unwrap();
    assert_eq!(made.workspace.chunks("take-a", None).unwrap(), pieces, "packed and whole");
    assert_eq!(made.workspace.chunks("take-a", Some(44)).unwrap(), pieces[45..]);
    let read = made.workspace.take("take-").unwrap();
    assert_eq!((read.status, read.started_ns, read.result), (TakeStatus::Done, Some(DAY), done.result));
    assert_eq!(made.workspace.takes_of(&made::trace_id(1), None).unwrap().len(), 1);
    assert_eq!(made.workspace.takes_of(&made::trace_id(1), Some(&made::span_id(1, 3))).unwrap().len(), 0);
    assert_eq!(made.workspace.take("nope").unwrap_err().code(), Code::IdUnknown);
    assert_eq!(made.workspace.chunks("nope", None).unwrap_err().code(), Code::IdUnknown);
}

#[test]
fn a_limit_is_never_passed_by_fifty_at_once() {
    let made = workspace();
    made.workspace.create_run(&run("run-a", Some(1000)), &[]).unwrap();
    let granted: i64 = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50)
            .map(|n| {
                let workspace = made.workspace.clone();
                scope.spawn(move || {
                    let granted = workspace.reserve("run-a", 90).unwrap();
                    if granted && n % 2 == 0 {
                        workspace.settle("run-a", 90, 80).unwrap();
                    }
                    i64::from(granted)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let spent = made.workspace.run("run-a").unwrap().spent_usd_nanos;
    assert!(spent <= 1000 && granted >= 11, "{spent} {granted}");
    made.workspace.settle("run-a", spent, 0).unwrap();
    assert_eq!(made.workspace.run("run-a").unwrap().spent_usd_nanos, 0);
    assert!(!made.workspace.reserve("run-a", 1001).unwrap());
}

#[test]
fn takes_of_a_dead_process_are_interrupted_with_what_was_committed() {
    let made = workspace();
    let pending = [take("run-a", "take-a", 0), take("run-a", "take-b", 1)];
    made.workspace.create_run(&run("run-a", None), &pending).unwrap();
    made.workspace.start_take("take-a", DAY).unwrap();
    made.workspace.append_chunks(&[("take-a".to_owned(), vec![chunk(0, "as far as it came")])]).unwrap();
    assert!(made.workspace.interrupt_orphans().unwrap().is_empty(), "this process lives");
    let other = rusqlite::Connection::open(made.workspace.path()).unwrap();
    // No process has this number.
    other.execute("UPDATE run SET pid = 4194305", []).unwrap();
    assert_eq!(made.workspace.interrupt_orphans().unwrap(), vec!["take-a"]);
    let takes = made.workspace.takes_of_run("run-a").unwrap();
    assert_eq!(
        takes.iter().map(|take| take.status).collect::<Vec<_>>(),
        vec![TakeStatus::Interrupted, TakeStatus::Pending]
    );
    assert_eq!(made.workspace.chunks("take-a", None).unwrap()[0].bytes, b"as far as it came");
    assert_eq!(made.workspace.run("run-a").unwrap().status, RunStatus::Interrupted);
    made.workspace.add_take(&take("run-a", "take-c", 0)).unwrap();
    let slots: Vec<String> =
        made.workspace.takes_of_run("run-a").unwrap().into_iter().map(|take| take.take_id).collect();
    assert_eq!(slots, vec!["take-a", "take-c", "take-b"]);
}

#[test]
fn a_lease_is_held_by_one_living_process() {
    let made = workspace();
    made.workspace.lease("run:a", DAY).unwrap();
    made.workspace.lease("run:a", DAY).unwrap();
    let other = rusqlite::Connection::open(made.workspace.path()).unwrap();
    // The parent of every process lives.
    other.execute("UPDATE lease SET pid = 1", []).unwrap();
    assert_eq!(made.workspace.lease("run:a", DAY).unwrap_err().code(), Code::RunBusy);
    other.execute("UPDATE lease SET pid = 4194305", []).unwrap();
    made.workspace.lease("run:a", DAY).unwrap();
    made.workspace.heartbeat("run:a", DAY + 1).unwrap();
    made.workspace.release("run:a").unwrap();
}

#[test]
fn labels_move_and_keep_their_moves() {
    let made = workspace();
    let add = |text: &str| made.workspace.add_prompt_version("support", text, None, DAY).unwrap().unwrap().version;
    assert_eq!((add("one"), add("two"), add("two"), add("one")), (1, 2, 2, 1));
    made.workspace.set_label("support", "production", 1, DAY).unwrap();
    let moved = made.workspace.set_label("support", "production", 2, DAY).unwrap();
    assert_eq!((moved.from_version, moved.to_version), (Some(1), Some(2)));
    let get = |at: &str| made.workspace.prompt_version("support", at).map(|row| row.text);
    assert_eq!((get("production").unwrap(), get("1").unwrap()), ("two".to_owned(), "one".to_owned()));
    made.workspace.set_label("support", "production", 1, DAY).unwrap();
    assert_eq!(get("production").unwrap(), "one");
    assert_eq!(made.workspace.prompts().unwrap()[0].labels, vec!["production"]);
    assert_eq!(made.workspace.label_moves("support").unwrap().len(), 3);
    for (name, at) in [("support", "3"), ("support", "canary"), ("other", "1")] {
        assert_eq!(made.workspace.prompt_version(name, at).unwrap_err().code(), Code::PromptUnknown);
    }
    assert_eq!(made.workspace.set_label("support", "x", 9, DAY).unwrap_err().code(), Code::PromptUnknown);
}

#[test]
fn jobs_survive_a_reload() {
    let made = workspace();
    let id = made.workspace.start_job("import", "two files", DAY).unwrap();
    assert_eq!(made.workspace.job_progress(&id, DAY, &json!({"bytes": 1})).unwrap(), 0);
    assert_eq!(made.workspace.job_progress(&id, DAY, &json!({"bytes": 2})).unwrap(), 1);
    let again = Workspace::open(made.workspace.path(), retake_store::OpenMode::Existing).unwrap();
    assert_eq!(again.job(&id).unwrap().unwrap().progress, json!({"bytes": 2}));
    assert_eq!(again.job_events(&id, Some(0)).unwrap().len(), 1);
    made.workspace.end_job(&id, "done", DAY, &json!({"spans": 2})).unwrap();
    let job = again.jobs(10).unwrap().remove(0);
    assert_eq!((job.state.as_str(), job.result), ("done", Some(json!({"spans": 2}))));
    let lost = made.workspace.start_job("run", "a run", DAY + 1).unwrap();
    let other = rusqlite::Connection::open(made.workspace.path()).unwrap();
    other.execute("UPDATE job SET pid = 4194305 WHERE job_id = ?1", [&lost]).unwrap();
    assert_eq!(made.workspace.job(&lost).unwrap().unwrap().state, "interrupted");
    assert!(made.workspace.job_progress("nope", DAY, &json!(1)).is_err());
}

#[test]
fn small_things_are_kept() {
    let made = workspace();
    let row = ConnectionRow {
        name: "local".to_owned(),
        kind: "openai-compatible".to_owned(),
        base_url: "http://127.0.0.1:1/v1".to_owned(),
    };
    made.workspace.set_connection(&row).unwrap();
    assert_eq!(made.workspace.connections().unwrap(), vec![row]);
    made.workspace.remove_connection("local").unwrap();
    assert_eq!(made.workspace.remove_connection("local").unwrap_err().code(), Code::ConnectionUnknown);
    made.workspace.set_policy(Some("version: 1")).unwrap();
    assert_eq!(made.workspace.policy().unwrap().as_deref(), Some("version: 1"));
    made.workspace.set_policy(None).unwrap();
    assert_eq!(made.workspace.policy().unwrap(), None);
    let view = ViewRow { name: "bad".to_owned(), query: "status:error".to_owned(), sort: "time:desc".to_owned() };
    made.workspace.set_view(&view).unwrap();
    assert_eq!(made.workspace.views().unwrap(), vec![view]);
    made.workspace.remove_view("bad").unwrap();
    let prices = PricingRow { date: "2026-11-01".to_owned(), source: "mine".to_owned(), json: "{}".to_owned() };
    made.workspace.set_pricing(&prices).unwrap();
    assert_eq!(made.workspace.pricing().unwrap(), vec![prices]);
    let sent = LedgerRow {
        at_ns: DAY,
        destination: "127.0.0.1".to_owned(),
        why: "replay".to_owned(),
        bytes_sent: 5,
        bytes_received: 7,
        take_id: None,
    };
    made.workspace.append_ledger(&sent).unwrap();
    assert_eq!(made.workspace.ledger(5).unwrap(), vec![sent]);
}

#[test]
fn replayed_traces_are_searchable() {
    let made = workspace();
    made::import(&made.workspace, made::facts(&made::refund(1, "acme", "How long?", "Long.")), 9);
    let total = |text: &str| made.workspace.search(&query(text), &SearchRequest::default()).unwrap().total;
    assert_eq!(total("has:take"), 0);
    made.workspace.create_run(&run("run-a", None), &[take("run-a", "take-a", 0)]).unwrap();
    assert_eq!((total("has:take"), total("span(has:take kind:llm)")), (1, 1));
}
