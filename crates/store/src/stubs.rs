//! Reads and writes whose bodies follow; removed one by one.
#![expect(clippy::missing_errors_doc, unused_variables, reason = "bodies follow")]

use crate::error::{Result, StoreError};
use crate::rows::*;
use crate::{BatchHandle, FileNo, Projector, Workspace};
use retake_model::{Fact, Finding, FindingCode, Id, RunStatus, Span};
use retake_query::{Query, Sort};
use serde_json::Value;
use std::io::Write;

fn later<T>() -> Result<T> {
    Err(StoreError::Failed("not there yet".to_owned()))
}

/// Import.
impl Workspace {
    /// Begins a batch. `mapping` is the text of the mapping file of the import, kept so that records can be mapped again.
    pub fn begin_batch(&self, sources: &[String], rules_version: u32, mapping: Option<&str>, at_ns: i64) -> Result<BatchHandle> { later() }
    /// Names a file of the batch, archive members after `!`.
    pub fn add_file(&self, batch: &mut BatchHandle, path: &str) -> Result<FileNo> { later() }
    /// Adds records of one file and projects what they touch. Call it with some hundred records at a time.
    pub fn append(&self, batch: &mut BatchHandle, file: FileNo, facts: Vec<Fact>, projector: &dyn Projector) -> Result<Appended> { later() }
    /// Ends a batch: `row` is its report (its `batch_id` is the handle's).
    pub fn finish_batch(&self, batch: BatchHandle, row: &BatchRow) -> Result<()> { later() }
    /// Takes back exactly what a batch brought.
    pub fn undo_batch(&self, batch_id: &str, projector: &dyn Projector, cancel: &Cancel) -> Result<Removed> { later() }
    /// All batches, newest first.
    pub fn batches(&self) -> Result<Vec<BatchRow>> { later() }
    /// A batch by its id or a unique prefix.
    pub fn batch(&self, prefix: &str) -> Result<BatchRow> { later() }
}

/// Search.
impl Workspace {
    /// A page of what matches.
    pub fn search(&self, query: &Query, request: &SearchRequest) -> Result<SearchPage> { later() }
    /// Runs a query once and keeps the sorted ids, so that rows can be asked for by rank. The oldest of 16 is forgotten.
    pub fn open_result(&self, query: &Query, of: Of, sort: &Sort, cancel: &Cancel) -> Result<ResultSet> { later() }
    /// Rows `from..from + n` of a result; rows that were removed since are left out.
    pub fn result_rows(&self, result_id: u64, from: u64, n: usize) -> Result<Vec<ListRow>> { later() }
    /// Rank of a trace (or span, by its own id) in a result.
    pub fn result_rank(&self, result_id: u64, trace_id: &Id, span_id: Option<&Id>) -> Result<Option<u64>> { later() }
    /// Counted values of fields over a result.
    pub fn result_facets(&self, result_id: u64, fields: &[String]) -> Result<Vec<(String, Vec<(String, u64)>)>> { later() }
    /// Forgets a result.
    pub fn close_result(&self, result_id: u64) { }
    /// Traces over time, in `buckets` equal parts of the time that the result covers.
    pub fn histogram(&self, query: &Query, buckets: usize) -> Result<Vec<HistogramBucket>> { later() }
    /// Values of a field that begin with `typed`, most frequent first, for completion.
    pub fn values_of(&self, field: &str, typed: &str, limit: usize) -> Result<Vec<(String, u64)>> { later() }
    /// Ids of all traces that match, newest first.
    pub fn traces_matching(&self, query: &Query) -> Result<Vec<Id>> { later() }
    /// (trace, span) of all spans that match, oldest first.
    pub fn spans_matching(&self, query: &Query) -> Result<Vec<(Id, Id)>> { later() }
    /// One point per model call that matches, oldest first.
    pub fn metric_points(&self, query: &Query) -> Result<std::vec::IntoIter<MetricPoint>> { later() }
}

/// Reads.
impl Workspace {
    /// What an id, or a unique prefix of at least four characters, names. `trace:…`, `span:…`, `take:…`, `run:…`, `batch:…` name the kind.
    pub fn resolve(&self, text: &str) -> Result<Named> { later() }
    /// A trace with its spans, without contents.
    pub fn trace(&self, trace_id: &Id) -> Result<Option<TraceRow>> { later() }
    /// A span with everything, its who inherited.
    pub fn span(&self, trace_id: &Id, span_id: &Id) -> Result<Option<Span>> { later() }
    /// All spans of a trace with everything, in the order of [`Workspace::trace`].
    pub fn spans_full(&self, trace_id: &Id) -> Result<Vec<Span>> { later() }
    /// For each input message of a span, then for each output message: the earlier span of the conversation that carried it first; `None` when this one did.
    pub fn introduced_by(&self, trace_id: &Id, span_id: &Id) -> Result<Vec<Option<(Id, Id)>>> { later() }
    /// The records behind a span, best first.
    pub fn raw_records(&self, trace_id: &Id, span_id: &Id) -> Result<Vec<RawRecord>> { later() }
    /// The records behind an audit event.
    pub fn audit_raw_records(&self, audit_pk: i64) -> Result<Vec<RawRecord>> { later() }
    /// Audit events that one of the keys reaches, by time.
    pub fn audit_events(&self, keys: &AuditKeys) -> Result<Vec<AuditRow>> { later() }
    /// Every audit event, by time.
    pub fn audit_events_all(&self) -> Result<Vec<AuditRow>> { later() }
    /// Traces that a batch or an audit event can have changed: by trace id, request id, or user and time (`window_ms`).
    pub fn traces_touching(&self, events: &[AuditRow], window_ms: i64) -> Result<Vec<Id>> { later() }
    /// Traces whose spans or audit events a batch touched.
    pub fn traces_of_batch(&self, batch_id: &str) -> Result<Vec<Id>> { later() }
    /// Audit events that a batch touched.
    pub fn audit_events_of_batch(&self, batch_id: &str) -> Result<Vec<AuditRow>> { later() }
    /// Findings of the traces that match, most severe first.
    pub fn findings(&self, query: &Query) -> Result<Vec<Finding>> { later() }
    /// Findings of one trace.
    pub fn findings_of_trace(&self, trace_id: &Id) -> Result<Vec<Finding>> { later() }
    /// Replaces the findings of a trace.
    pub fn replace_findings(&self, trace_id: &Id, findings: &[Finding]) -> Result<()> { later() }
    /// Replaces the findings of many traces in one go.
    pub fn replace_findings_all(&self, findings: &[(Id, Vec<Finding>)]) -> Result<()> { later() }
    /// Says that audit events were joined to a trace, for `has:audit` and `tool.status:denied`: (span or None for the trace, decisions).
    pub fn set_audit_joined(&self, trace_id: &Id, joined: &[(Option<Id>, retake_model::Decision)]) -> Result<()> { later() }
    /// Newest version of every document, by id.
    pub fn newest_document_versions(&self) -> Result<Vec<DocumentVersion>> { later() }
    /// Writes the canonical form of what matches: JSON lines, one per entity with `kind`, sorted. Returns the number of lines.
    pub fn export_canonical(&self, query: &Query, out: &mut dyn Write) -> Result<u64> { later() }
}

/// Runs and takes.
impl Workspace {
    /// Writes a run and its pending takes before anything is sent; durable.
    pub fn create_run(&self, run: &RunRow, takes: &[TakeRow]) -> Result<()> { later() }
    /// A run by id or unique prefix.
    pub fn run(&self, prefix: &str) -> Result<RunRow> { later() }
    /// All runs, newest first.
    pub fn runs(&self) -> Result<Vec<RunRow>> { later() }
    /// Sets the state of a run.
    pub fn set_run_status(&self, run_id: &str, status: RunStatus) -> Result<()> { later() }
    /// Adds a take (a new try of a slot after an interruption).
    pub fn add_take(&self, take: &TakeRow) -> Result<()> { later() }
    /// Says that a take was sent.
    pub fn start_take(&self, take_id: &str, started_ns: i64) -> Result<()> { later() }
    /// Commits pieces of live takes in one transaction.
    pub fn append_chunks(&self, chunks: &[(String, Vec<ChunkRow>)]) -> Result<()> { later() }
    /// Pieces of a take from `after_seq` on (`None`: from the first). After the end they come from the compacted body.
    pub fn chunks(&self, take_id: &str, after_seq: Option<u32>) -> Result<Vec<ChunkRow>> { later() }
    /// Ends a take: state and result; its pieces are compacted into one body.
    pub fn finish_take(&self, take: &TakeRow) -> Result<()> { later() }
    /// A take by id or unique prefix.
    pub fn take(&self, prefix: &str) -> Result<TakeRow> { later() }
    /// Takes of a run by slot, earlier tries of a slot first.
    pub fn takes_of_run(&self, run_id: &str) -> Result<Vec<TakeRow>> { later() }
    /// Takes that replay a trace (and span), newest first.
    pub fn takes_of(&self, trace_id: &Id, span_id: Option<&Id>) -> Result<Vec<TakeRow>> { later() }
    /// Marks takes in flight of runs that no living process holds as interrupted, and their runs. Returns the ids of the takes.
    pub fn interrupt_orphans(&self) -> Result<Vec<String>> { later() }
    /// Reserves money before a call; false when it would pass the run's limit. Durable.
    pub fn reserve(&self, run_id: &str, usd_nanos: i64) -> Result<bool> { later() }
    /// Replaces a reservation by what the call cost. Durable.
    pub fn settle(&self, run_id: &str, reserved_usd_nanos: i64, actual_usd_nanos: i64) -> Result<()> { later() }
    /// Takes the lease `name` for this process; `LeaseHeld` while another living one has it.
    pub fn lease(&self, name: &str, now_ns: i64) -> Result<()> { later() }
    /// Renews it.
    pub fn heartbeat(&self, name: &str, now_ns: i64) -> Result<()> { later() }
    /// Gives it back.
    pub fn release(&self, name: &str) -> Result<()> { later() }
    /// Writes what was sent to where.
    pub fn append_ledger(&self, row: &LedgerRow) -> Result<()> { later() }
    /// All of it, newest first.
    pub fn ledger(&self, limit: usize) -> Result<Vec<LedgerRow>> { later() }
}

/// Prompts, connections, prices, policy, jobs, settings.
impl Workspace {
    /// Adds a version; the same text as the newest version makes none and gives that one back.
    pub fn add_prompt_version(&self, name: &str, text: &str, at_ns: i64) -> Result<PromptVersionRow> { later() }
    /// All versions of all prompts, by name and version.
    pub fn prompts(&self) -> Result<Vec<PromptVersionRow>> { later() }
    /// A version by `VERSION` or label.
    pub fn prompt_version(&self, name: &str, version_or_label: &str) -> Result<PromptVersionRow> { later() }
    /// Puts a label on a version.
    pub fn set_label(&self, name: &str, label: &str, version: u32, at_ns: i64) -> Result<LabelMove> { later() }
    /// Puts a label back to where it stood before its last move.
    pub fn rollback_label(&self, name: &str, label: &str, at_ns: i64) -> Result<LabelMove> { later() }
    /// Moves of the labels of a prompt, newest first.
    pub fn label_moves(&self, name: &str) -> Result<Vec<LabelMove>> { later() }
    /// Adds or replaces a connection.
    pub fn set_connection(&self, row: &ConnectionRow) -> Result<()> { later() }
    /// All connections by name.
    pub fn connections(&self) -> Result<Vec<ConnectionRow>> { later() }
    /// Removes one; `ConnectionUnknown` if there is none.
    pub fn remove_connection(&self, name: &str) -> Result<()> { later() }
    /// Adds or replaces a price table of a date and source.
    pub fn set_pricing(&self, row: &PricingRow) -> Result<()> { later() }
    /// All price tables by date.
    pub fn pricing(&self) -> Result<Vec<PricingRow>> { later() }
    /// Sets the policy's text (`None` clears).
    pub fn set_policy(&self, text: Option<&str>) -> Result<()> { later() }
    /// The policy's text.
    pub fn policy(&self) -> Result<Option<String>> { later() }
    /// A setting.
    pub fn setting(&self, key: &str) -> Result<Option<String>> { later() }
    /// Sets a setting (`None` removes).
    pub fn set_setting(&self, key: &str, value: Option<&str>) -> Result<()> { later() }
    /// Saved views by name.
    pub fn views(&self) -> Result<Vec<ViewRow>> { later() }
    /// Adds or replaces a saved view.
    pub fn set_view(&self, row: &ViewRow) -> Result<()> { later() }
    /// Removes a saved view.
    pub fn remove_view(&self, name: &str) -> Result<()> { later() }
    /// Begins a job.
    pub fn start_job(&self, kind: &str, title: &str, at_ns: i64) -> Result<String> { later() }
    /// Adds an event and sets the last progress.
    pub fn job_progress(&self, job_id: &str, at_ns: i64, event: &Value) -> Result<u32> { later() }
    /// Ends a job: `done`, `failed`, `cancelled`, `interrupted`.
    pub fn end_job(&self, job_id: &str, state: &str, at_ns: i64, result: &Value) -> Result<()> { later() }
    /// A job.
    pub fn job(&self, job_id: &str) -> Result<Option<JobRow>> { later() }
    /// Newest jobs.
    pub fn jobs(&self, limit: usize) -> Result<Vec<JobRow>> { later() }
    /// Events after `after_seq` (`None`: all).
    pub fn job_events(&self, job_id: &str, after_seq: Option<u32>) -> Result<Vec<JobEventRow>> { later() }
    /// Checks the file: integrity, foreign keys, text index, references to texts.
    pub fn doctor(&self) -> Result<Vec<Check>> { later() }
}
