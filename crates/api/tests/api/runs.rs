//! Runs that are over, and what a resume makes of them.

use crate::host::core;
use retake_api::dto::replay::{ReplayRequest, ResumeRequest, RunRequest, VariantInput};
use retake_api::dto::{Empty, IdRequest};
use retake_api::handlers::replay::{egress_ledger, resume_to_end, run_get, run_resume, run_to_end};
use retake_model::Code;
use retake_testkit::loopback::{Loopback, Reply};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A pasted request that goes to `server`, `repeats` times, one after the other.
fn request(server: &Loopback, repeats: u32) -> ReplayRequest {
    let variant = VariantInput {
        name: None,
        spec: Some(format!("provider=openai-compatible,base-url={},retries=0", server.base_url())),
        messages: Vec::new(),
        params: None,
    };
    ReplayRequest {
        ids: Vec::new(),
        query: None,
        request: Some(r#"{"model":"small","messages":[{"role":"user","content":"hi"}]}"#.to_owned()),
        variants: vec![variant],
        plan: None,
        repeats: Some(repeats),
        max_usd: None,
        concurrency: Some(1),
        accept_fidelity: None,
        allow_destinations: vec![format!("127.0.0.1:{}", server.port())],
        allow_unpriced: true,
    }
}

/// What has no finished take.
fn rest(run_id: &str) -> ResumeRequest {
    ResumeRequest { id: run_id.to_owned(), failed: false, take_id: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn resuming_what_is_over_sends_nothing_and_leaves_its_end_as_it_was() {
    let server = Loopback::start(vec![Reply::status(400)]);
    let folder = tempfile::tempdir().expect("a folder");
    let core = core(folder.path());
    let never = CancellationToken::new();
    let run = run_to_end(Arc::clone(&core), request(&server, 1), never, &|_, _, _| {}).await.expect("a run");
    assert_eq!((run.status.as_str(), server.count()), ("failed", 1));
    let id = || IdRequest { id: run.run_id.clone() };
    run_resume(Arc::clone(&core), rest(&run.run_id)).await.expect("a job");
    for _ in 0..25 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let again = run_get(Arc::clone(&core), RunRequest { id: id().id, span_id: None }).await.expect("the run");
        assert_eq!((again.status.as_str(), again.takes.len()), ("failed", 1));
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_failed_are_sent_again_when_that_is_asked_for() {
    let bad = || Reply::status(400);
    let server = Loopback::start(vec![bad(), bad(), Reply::text("one"), Reply::text("two"), bad(), Reply::text("end")]);
    let folder = tempfile::tempdir().expect("a folder");
    let core = core(folder.path());
    let never = CancellationToken::new;
    let run = run_to_end(Arc::clone(&core), request(&server, 3), never(), &|_, _, _| {}).await.expect("a run");
    assert_eq!((run.status.as_str(), run.counts.done, run.counts.failed), ("failed", 1, 2));
    let failed = run.takes.iter().find(|take| take.status == "failed").expect("it failed");
    let go = async |request: ResumeRequest| {
        resume_to_end(Arc::clone(&core), request, never(), &|_, _, _| {}).await.expect("a run")
    };
    let one = go(ResumeRequest { take_id: Some(failed.take_id.clone()), ..rest(&run.run_id) }).await;
    assert_eq!((one.status.as_str(), one.counts.done, one.counts.failed), ("failed", 2, 1), "the other one is left");
    assert!(
        one.takes.iter().any(|take| take.take_id == failed.take_id && take.status == "failed"),
        "what failed stays"
    );
    let all = || ResumeRequest { failed: true, ..rest(&run.run_id) };
    let worse = go(all()).await;
    assert_eq!((worse.status.as_str(), worse.counts.done, worse.counts.failed), ("failed", 2, 1));
    let good = go(all()).await;
    assert_eq!((good.status.as_str(), good.counts.done, good.counts.failed, server.count()), ("done", 3, 0, 6));
    let unknown = ResumeRequest { take_id: Some("none".to_owned()), ..rest(&run.run_id) };
    assert_eq!(run_resume(Arc::clone(&core), unknown).await.expect_err("no such take").code, Code::IdUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumed_run_has_each_take_once_and_the_failure_that_came_before() {
    let slow = |text: &str| Reply::text(text).delay_ms(300);
    let server = Loopback::start(vec![Reply::status(400), slow("one"), slow("two"), slow("three")]);
    let folder = tempfile::tempdir().expect("a folder");
    let core = core(folder.path());
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let after_the_first = move |_: &str, ended: u32, _: u32| {
        if ended == 1 {
            stop.cancel();
        }
    };
    let run = run_to_end(Arc::clone(&core), request(&server, 3), cancel, &after_the_first).await.expect("a run");
    assert_eq!(run.status, "cancelled");
    let waiting = |status: &str| -> Vec<String> {
        run.takes.iter().filter(|take| take.status == status).map(|take| take.take_id.clone()).collect()
    };
    let resumed = resume_to_end(Arc::clone(&core), rest(&run.run_id), CancellationToken::new(), &|_, _, _| {})
        .await
        .expect("a run");
    assert_eq!((resumed.counts.done, resumed.counts.failed, resumed.counts.pending), (2, 1, 0));
    assert_eq!(resumed.status, "failed", "one of its calls failed before");
    assert_eq!(resumed.takes.len(), 3 + waiting("cancelled").len(), "what was stopped while it was under way stays");
    for take_id in waiting("pending") {
        let take = resumed.takes.iter().find(|take| take.take_id == take_id).expect("the take that waited");
        assert_eq!(take.status, "done");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_call_that_left_counts_once_and_one_that_met_no_server_does_not() {
    let server = Loopback::start(vec![Reply::text("one"), Reply::text("two")]);
    let folder = tempfile::tempdir().expect("a folder");
    let core = core(folder.path());
    let never = CancellationToken::new;
    run_to_end(Arc::clone(&core), request(&server, 2), never(), &|_, _, _| {}).await.expect("a run");
    let ledger = egress_ledger(Arc::clone(&core), Empty {}).await.expect("the ledger");
    let sent: u64 = ledger.entries.iter().map(|entry| entry.bytes_sent).sum();
    assert_eq!((ledger.calls_today, ledger.bytes_sent_today), (2, sent), "{:?}", ledger.entries);
    assert!(sent > 0);

    // Nobody listens there any more.
    let refused = request(&server, 1);
    drop(server);
    let run = run_to_end(Arc::clone(&core), refused, never(), &|_, _, _| {}).await.expect("a run");
    assert_eq!(run.status, "failed");
    let after = egress_ledger(core, Empty {}).await.expect("the ledger");
    assert_eq!((after.calls_today, after.bytes_sent_today), (2, sent), "{:?}", after.entries);
    assert!(after.entries.iter().any(|entry| entry.why.contains("nothing left") && entry.bytes_sent == 0));
}
