//! From the events of a take to chunks on disk: filtered, numbered, committed in groups, then announced.

use super::{Chunk, Filters, LogError, RunEvent, RunLog, TextFilter};
use crate::egress::{Ledger, LedgerEntry, LedgerEvent};
use crate::provider::EventSink;
use futures_util::future::BoxFuture;
use retake_model::{Answer, ChunkKind};
use retake_wire::StreamEvent;
use retake_wire::stream::Collector;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// Chunks of this long are committed together.
const GROUP: Duration = Duration::from_millis(30);

/// What the committer takes.
pub(super) enum Item {
    Chunk(Chunk),
    Ledger(LedgerEvent),
    /// Answered when everything before it is on disk.
    Flush(oneshot::Sender<()>),
}

/// Commits until every sender is gone. An error ends it; senders notice by their flushes.
pub(super) async fn commit(
    mut items: mpsc::UnboundedReceiver<Item>,
    log: &dyn RunLog,
    announce: &(dyn Fn(RunEvent) + Send + Sync),
) -> Result<(), LogError> {
    while let Some(first) = items.recv().await {
        let mut group = Group::default();
        group.take(first);
        let until = Instant::now() + GROUP;
        while group.flushes.is_empty() {
            match tokio::time::timeout_at(until, items.recv()).await {
                Ok(Some(item)) => group.take(item),
                Ok(None) | Err(_) => break,
            }
        }
        while let Ok(item) = items.try_recv() {
            group.take(item);
        }
        group.commit(log, announce).await?;
    }
    Ok(())
}

#[derive(Default)]
struct Group {
    chunks: Vec<Chunk>,
    ledger: Vec<LedgerEvent>,
    flushes: Vec<oneshot::Sender<()>>,
}

impl Group {
    fn take(&mut self, item: Item) {
        match item {
            Item::Chunk(chunk) => self.chunks.push(chunk),
            Item::Ledger(event) => self.ledger.push(event),
            Item::Flush(done) => self.flushes.push(done),
        }
    }

    async fn commit(self, log: &dyn RunLog, announce: &(dyn Fn(RunEvent) + Send + Sync)) -> Result<(), LogError> {
        for event in &self.ledger {
            log.ledger(event).await?;
        }
        if !self.chunks.is_empty() {
            log.chunks(&self.chunks).await?;
            announce(RunEvent::Chunks(self.chunks));
        }
        for flush in self.flushes {
            // Whoever asked may have been cancelled.
            let _gone = flush.send(());
        }
        Ok(())
    }
}

/// The ledger of a run: lines go straight to the log, what came back goes with the next group.
pub(super) struct RunLedger {
    pub log: Arc<dyn RunLog>,
    pub items: mpsc::WeakUnboundedSender<Item>,
}

impl Ledger for RunLedger {
    fn sent(&self, entry: LedgerEntry) -> BoxFuture<'_, Result<(), LogError>> {
        Box::pin(async move { self.log.ledger(&LedgerEvent::Sent(entry)).await })
    }

    fn unsent(&self, entry: LedgerEntry) {
        if let Some(items) = self.items.upgrade() {
            // The committer ended with an error, which the run reports.
            let _ended = items.send(Item::Ledger(LedgerEvent::Unsent(entry)));
        }
    }

    fn received(&self, entry_id: &str, bytes_received: u64) {
        if let Some(items) = self.items.upgrade() {
            let event = LedgerEvent::Received { entry_id: entry_id.to_owned(), bytes_received };
            // The committer ended with an error, which the run reports.
            let _ended = items.send(Item::Ledger(event));
        }
    }
}

/// Takes a call's events: keeps the times, filters the texts, numbers the chunks.
pub(super) struct Recorder {
    take_id: String,
    items: mpsc::UnboundedSender<Item>,
    filters: Filters,
    streams: BTreeMap<(Stream, u32), Box<dyn TextFilter>>,
    collector: Collector,
    seq: u32,
    sent: Option<Instant>,
    first_token: Option<Instant>,
    pub attempts: u32,
}

/// The texts of an answer that are filtered apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stream {
    Text,
    Reasoning,
    Arguments,
}

impl Recorder {
    pub(super) fn new(take_id: &str, items: mpsc::UnboundedSender<Item>, filters: Filters) -> Self {
        Self {
            take_id: take_id.to_owned(),
            items,
            filters,
            streams: BTreeMap::new(),
            collector: Collector::default(),
            seq: 0,
            sent: None,
            first_token: None,
            attempts: 0,
        }
    }

    /// Ends the texts, waits until every chunk is on disk. `false` when the log failed.
    pub(super) async fn finish(&mut self) -> bool {
        self.end_texts();
        let (done, ended) = oneshot::channel();
        self.items.send(Item::Flush(done)).is_ok() && ended.await.is_ok()
    }

    /// The answer as it was kept.
    pub(super) fn answer(&self) -> Answer {
        self.collector.so_far()
    }

    /// Milliseconds from sending until now; `None` when nothing was sent.
    pub(super) fn latency_ms(&self) -> Option<f64> {
        self.sent.map(|sent| sent.elapsed().as_secs_f64() * 1000.0)
    }

    /// Milliseconds from sending to the first token.
    pub(super) fn ttft_ms(&self) -> Option<f64> {
        Some(self.first_token?.duration_since(self.sent?).as_secs_f64() * 1000.0)
    }

    /// Whether anything came.
    pub(super) fn received(&self) -> bool {
        self.first_token.is_some() || self.seq > 0
    }

    fn text(&mut self, kind: Stream, index: u32, text: &str) {
        self.first_token.get_or_insert_with(Instant::now);
        let filter = self.streams.entry((kind, index)).or_insert_with(|| (self.filters)());
        let safe = filter.push(text);
        self.keep(kind, index, safe);
    }

    /// What the filters held back comes out; more text begins anew.
    fn end_texts(&mut self) {
        for ((kind, index), mut filter) in std::mem::take(&mut self.streams) {
            let rest = filter.finish();
            self.keep(kind, index, rest);
        }
    }

    fn keep(&mut self, kind: Stream, index: u32, text: String) {
        if text.is_empty() {
            return;
        }
        let (chunk_kind, event) = match kind {
            Stream::Text => (ChunkKind::Text, StreamEvent::Text { block: index, text: text.clone() }),
            Stream::Reasoning => (ChunkKind::Reasoning, StreamEvent::Reasoning { block: index, text: text.clone() }),
            Stream::Arguments => (ChunkKind::ToolArguments, StreamEvent::ToolArguments { index, text: text.clone() }),
        };
        self.collector.take(&event);
        self.chunk(chunk_kind, index, text.into_bytes());
    }

    fn note(&mut self, index: u32, json: &Value) {
        self.chunk(ChunkKind::Event, index, json.to_string().into_bytes());
    }

    fn chunk(&mut self, kind: ChunkKind, index: u32, bytes: Vec<u8>) {
        let at_us = self.sent.map_or(0, |sent| u64::try_from(sent.elapsed().as_micros()).unwrap_or(u64::MAX));
        let chunk = Chunk { take_id: self.take_id.clone(), seq: self.seq, at_us, kind, index, bytes };
        self.seq += 1;
        // The committer ended with an error, which the run reports.
        let _ended = self.items.send(Item::Chunk(chunk));
    }

    fn filtered_whole(&self, text: &str) -> String {
        let mut filter = (self.filters)();
        let mut safe = filter.push(text);
        safe.push_str(&filter.finish());
        safe
    }
}

impl EventSink for Recorder {
    fn sending(&mut self, attempt: u32) {
        self.attempts = attempt + 1;
        self.sent = Some(Instant::now());
        self.first_token = None;
    }

    fn event(&mut self, event: StreamEvent) {
        match event {
            StreamEvent::Text { block, text } => return self.text(Stream::Text, block, &text),
            StreamEvent::Reasoning { block, text } => return self.text(Stream::Reasoning, block, &text),
            StreamEvent::ToolArguments { index, text } => return self.text(Stream::Arguments, index, &text),
            StreamEvent::ToolCallStart { index, ref id, ref name } => {
                self.first_token.get_or_insert_with(Instant::now);
                self.note(index, &json!({"type": "tool_call", "id": id, "name": name}));
            }
            StreamEvent::Opaque { vendor, json } => {
                let safe = serde_json::from_str(&self.filtered_whole(&json.to_string())).unwrap_or(Value::Null);
                self.note(0, &json!({"type": "opaque", "vendor": vendor, "json": safe}));
                return self.collector.take(&StreamEvent::Opaque { vendor, json: safe });
            }
            StreamEvent::Finish(ref reason) => {
                self.end_texts();
                self.note(0, &json!({"type": "finish", "reason": reason.as_str()}));
            }
            StreamEvent::Usage(ref usage) => self.note(0, &json!({"type": "usage", "usage": usage})),
            StreamEvent::Cost(usd_nanos) => self.note(0, &json!({"type": "cost", "usd_nanos": usd_nanos})),
            StreamEvent::Id(ref id) => self.note(0, &json!({"type": "id", "id": id})),
            StreamEvent::Model(ref model) => self.note(0, &json!({"type": "model", "model": model})),
            StreamEvent::Error { ref code, ref message } => {
                let message = self.filtered_whole(message);
                self.note(0, &json!({"type": "error", "code": code, "message": message}));
            }
        }
        self.collector.take(&event);
    }
}
