//! Runs as a whole: order on disk, cancel, limits, resume, filters.

use crate::common::{at, chunk_text, doing, plan, run_plan};
use futures_util::future::BoxFuture;
use retake_model::{Code, Coded, RunStatus, TakeStatus};
use retake_replay::egress::LedgerEvent;
use retake_replay::run::{
    self, Chunk, LogError, MemoryLog, Plan, RunEvent, RunLog, Slot, TakeResult, TakeStart, TextFilter,
};
use retake_testkit::loopback::{Cut, Loopback, Reply};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn chunks_are_on_disk_before_they_are_announced() {
    let server = Loopback::start(vec![Reply::tokens(["a ", "b ", "c ", "d"]).pace_ms(40)]);
    let log = Arc::new(MemoryLog::default());
    let groups = Arc::new(Mutex::new(0));
    let (seen, read) = (Arc::clone(&groups), Arc::clone(&log));
    let announce = move |event: RunEvent| {
        if let RunEvent::Chunks(chunks) = event {
            for chunk in &chunks {
                assert!(read.chunks_of(&chunk.take_id).contains(chunk), "announced before it was kept");
            }
            *seen.lock().expect("no panic before") += 1;
        }
    };
    let outcome = run::execute(
        &plan("q", at(&server.base_url()), 1, None),
        &run::Doing { announce: Arc::new(announce), ..doing(&log) },
    )
    .await
    .expect("a run");
    assert_eq!(outcome.status, RunStatus::Done);
    assert!(*groups.lock().expect("no panic before") >= 3, "tokens that come apart are shown apart");
    let ledger = log.ledger_events();
    assert!(
        matches!(ledger.as_slice(), [LedgerEvent::Sent(sent), LedgerEvent::Received { entry_id, bytes_received }] if sent.entry_id == *entry_id && sent.bytes_sent > 0 && *bytes_received > 0),
        "{ledger:?}"
    );
}

#[tokio::test]
async fn cancelling_keeps_what_came_and_leaves_the_rest_pending() {
    let server = Loopback::start(vec![Reply::tokens(["one ", "two ", "three"]).cut(Cut::Stall(500))]);
    let mut plan = plan("q", at(&server.base_url()), 3, None);
    plan.concurrency = 1;
    let log = Arc::new(MemoryLog::default());
    let doing = doing(&log);
    let cancel = doing.cancel.clone();
    let announce = move |event: RunEvent| {
        if matches!(&event, RunEvent::Chunks(chunks) if chunks.iter().any(|chunk| chunk.kind == retake_model::ChunkKind::Text))
        {
            cancel.cancel();
        }
    };
    let outcome = run::execute(&plan, &run::Doing { announce: Arc::new(announce), ..doing }).await.expect("a run");
    assert_eq!(
        (outcome.status, outcome.error.map(|error| error.code())),
        (RunStatus::Cancelled, Some(Code::Cancelled))
    );
    assert_eq!(outcome.results.iter().map(|take| take.status).collect::<Vec<_>>(), [TakeStatus::Cancelled]);
    let take = outcome.results.first().expect("one take");
    assert!(!take.answer.output_text().is_empty());
    assert_eq!(chunk_text(&log, &take.take_id), take.answer.output_text());
    assert_eq!(log.status(), Some(RunStatus::Cancelled));
}

#[tokio::test]
async fn a_limit_is_never_passed_by_calls_at_once() {
    // Each call really costs 1,000 × 150 + 100 × 600 nano-dollars, far more than the estimate from its text.
    let cost = 210_000;
    for affordable in [1, 7, 20] {
        let server = Loopback::start(vec![Reply::text("yes").usage(1000, 100)]);
        let limit = cost * affordable + cost / 2;
        let plan = plan("q", at(&server.base_url()), 50, Some(limit));
        let (outcome, log) = run_plan(&plan).await;
        assert!(log.spent_usd_nanos() <= limit, "{} of {limit}", log.spent_usd_nanos());
        assert_eq!(log.spent_usd_nanos(), cost * server.count() as i64);
        assert_eq!((outcome.status, outcome.results.len() as i64), (RunStatus::Stopped, affordable));
        let error = outcome.error.expect("the limit");
        assert_eq!((error.code(), error.code().exit()), (Code::SpendingLimit, retake_model::Exit::Refused));
    }
}

#[tokio::test]
async fn a_generous_limit_stops_nothing() {
    let server = Loopback::start(vec![Reply::text("yes").usage(10, 1).delay_ms(30)]);
    let (outcome, log) = run_plan(&plan("q", at(&server.base_url()), 50, Some(1_000_000_000))).await;
    assert_eq!((outcome.status, outcome.results.len(), server.count()), (RunStatus::Done, 50, 50));
    assert!(server.most_at_once() > 10, "{}", server.most_at_once());
    assert_eq!(log.spent_usd_nanos(), 50 * (1500 + 600));
}

#[tokio::test]
async fn unknown_cost_counts_as_what_was_reserved() {
    let mut silent = Reply::text("yes");
    silent.no_usage = true;
    let server = Loopback::start(vec![silent]);
    let plan = plan("q", at(&server.base_url()), 3, Some(1_000_000_000));
    let (outcome, log) = run_plan(&plan).await;
    assert_eq!(outcome.results.iter().filter_map(|take| take.cost_usd_nanos).count(), 0, "unknown is not zero");
    assert!(log.spent_usd_nanos() > 0);
}

#[tokio::test]
async fn concurrency_is_kept() {
    let server = Loopback::start(vec![Reply::text("yes").delay_ms(20)]);
    let mut plan = plan("q", at(&server.base_url()), 12, None);
    plan.concurrency = 3;
    let (outcome, _log) = run_plan(&plan).await;
    assert_eq!((outcome.results.len(), server.most_at_once()), (12, 3));
    let slots: Vec<u32> = outcome.results.iter().map(|take| take.slot.repeat).collect();
    assert_eq!(slots, (0..12).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_resumed_run_sends_what_is_not_finished_and_nothing_twice() {
    let server = Loopback::start(vec![Reply::text("yes").delay_ms(10)]);
    let mut plan = plan("q", at(&server.base_url()), 30, None);
    plan.concurrency = 4;
    let log = Arc::new(MemoryLog::default());
    {
        // Dropping the run in its middle is what a kill leaves on disk.
        let doing = doing(&log);
        let run = run::execute(&plan, &doing);
        tokio::pin!(run);
        while log.results().len() < 10 {
            tokio::select! {
                _ = &mut run => break,
                () = tokio::time::sleep(std::time::Duration::from_millis(5)) => {}
            }
        }
    }
    let finished: BTreeSet<Slot> = log.results().into_iter().map(|take| take.slot).collect();
    let in_flight = log.started().len() - finished.len();
    let rest = plan.resume(&finished);
    assert_eq!(rest.takes.len(), 30 - finished.len());
    let old: BTreeSet<&String> = plan.takes.iter().map(|take| &take.take_id).collect();
    assert!(rest.takes.iter().all(|take| !old.contains(&take.take_id)), "interrupted takes stay as they are");
    let outcome = run::execute(&rest, &doing(&log)).await.expect("a run");
    assert_eq!(outcome.status, RunStatus::Done);
    let all: BTreeSet<Slot> = log.results().into_iter().map(|take| take.slot).collect();
    assert_eq!((all.len(), log.results().len()), (30, 30));
    assert!(server.count() <= 30 + in_flight, "{} calls, {in_flight} were in flight", server.count());
    let nothing = rest.resume(&all);
    let before = server.count();
    assert_eq!(run::execute(&nothing, &doing(&log)).await.expect("a run").results.len(), 0);
    assert_eq!(server.count(), before);
}

/// Hides a word even when it comes in pieces, as the redactor does: holds back what may begin it.
struct Hide(String);
impl TextFilter for Hide {
    fn push(&mut self, text: &str) -> String {
        self.0.push_str(text);
        self.0 = self.0.replace("secret", "⟦redacted:word⟧");
        let keep = (0..="secret".len()).rev().find(|n| self.0.ends_with(&"secret"[..*n])).unwrap_or(0);
        let rest = self.0.split_off(self.0.len() - keep);
        std::mem::replace(&mut self.0, rest)
    }
    fn finish(&mut self) -> String {
        std::mem::take(&mut self.0)
    }
}

#[tokio::test]
async fn what_a_provider_sends_is_filtered_before_it_is_kept() {
    let server = Loopback::start(vec![Reply::tokens(["the s", "ec", "ret is sec"]).tool_call(
        "c",
        "tell",
        serde_json::json!({"what": "secret"}),
    )]);
    let log = Arc::new(MemoryLog::default());
    let filters: run::Filters = Arc::new(|| Box::new(Hide(String::new())));
    let outcome = run::execute(&plan("q", at(&server.base_url()), 1, None), &run::Doing { filters, ..doing(&log) })
        .await
        .expect("a run");
    let take = outcome.results.first().expect("one take");
    assert_eq!(take.answer.output_text(), "the ⟦redacted:word⟧ is sec");
    assert_eq!(chunk_text(&log, &take.take_id), take.answer.output_text());
    assert_eq!(
        take.answer.tool_calls().first().map(|call| call.arguments.clone()),
        Some(serde_json::json!({"what": "⟦redacted:word⟧"}))
    );
    let bytes: Vec<u8> = log.chunks_of(&take.take_id).into_iter().flat_map(|chunk| chunk.bytes).collect();
    assert!(!String::from_utf8_lossy(&bytes).contains("secret"));
}

#[tokio::test]
async fn the_words_of_an_error_are_filtered_before_they_are_kept() {
    let server = Loopback::start(vec![Reply { status: 500, ..Reply::body("<p>the secret of the upstream</p>") }]);
    let log = Arc::new(MemoryLog::default());
    let filters: run::Filters = Arc::new(|| Box::new(Hide(String::new())));
    let mut variant = at(&server.base_url());
    variant.retries = Some(0);
    let outcome =
        run::execute(&plan("q", variant, 1, None), &run::Doing { filters, ..doing(&log) }).await.expect("a run");
    let error = outcome.results.first().and_then(|take| take.error.clone()).expect("an error");
    for kept in [Some(error.message), error.body] {
        assert!(kept.as_ref().is_some_and(|text| text.contains("⟦redacted:word⟧ of the upstream")), "{kept:?}");
    }
}

/// A log on a full disk: takes `left` groups of chunks and then nothing.
struct Full {
    inner: MemoryLog,
    left: Mutex<u32>,
}
impl RunLog for Full {
    fn planned<'a>(&'a self, plan: &'a Plan) -> BoxFuture<'a, Result<(), LogError>> {
        self.inner.planned(plan)
    }
    fn take_started<'a>(&'a self, start: &'a TakeStart) -> BoxFuture<'a, Result<(), LogError>> {
        self.inner.take_started(start)
    }
    fn chunks<'a>(&'a self, chunks: &'a [Chunk]) -> BoxFuture<'a, Result<(), LogError>> {
        let mut left = self.left.lock().expect("no panic before");
        if *left == 0 {
            return Box::pin(async { Err(LogError { why: "the disk is full".into(), code: Code::DiskFull }) });
        }
        *left -= 1;
        self.inner.chunks(chunks)
    }
    fn take_finished<'a>(&'a self, result: &'a TakeResult) -> BoxFuture<'a, Result<(), LogError>> {
        self.inner.take_finished(result)
    }
    fn reserve<'a>(
        &'a self,
        run_id: &'a str,
        take_id: &'a str,
        usd_nanos: i64,
    ) -> BoxFuture<'a, Result<bool, LogError>> {
        self.inner.reserve(run_id, take_id, usd_nanos)
    }
    fn settle<'a>(&'a self, run_id: &'a str, take_id: &'a str, usd_nanos: i64) -> BoxFuture<'a, Result<(), LogError>> {
        self.inner.settle(run_id, take_id, usd_nanos)
    }
    fn ledger<'a>(&'a self, event: &'a LedgerEvent) -> BoxFuture<'a, Result<(), LogError>> {
        self.inner.ledger(event)
    }
    fn run_finished<'a>(&'a self, run_id: &'a str, status: RunStatus) -> BoxFuture<'a, Result<(), LogError>> {
        self.inner.run_finished(run_id, status)
    }
}

#[tokio::test]
async fn a_log_that_cannot_be_written_ends_the_run_with_its_own_code() {
    let server = Loopback::start(vec![Reply::tokens(["a ", "b ", "c ", "d "]).pace_ms(60)]);
    let mut plan = plan("q", at(&server.base_url()), 5, None);
    plan.concurrency = 1;
    let log = Arc::new(Full { inner: MemoryLog::default(), left: Mutex::new(1) });
    let doing = run::Doing { log: Arc::clone(&log) as Arc<dyn RunLog>, ..doing(&Arc::default()) };
    let error = run::execute(&plan, &doing).await.expect_err("a full disk");
    assert_eq!((error.code(), server.count()), (Code::DiskFull, 1), "nothing more is sent");
}
