// Written by `cargo xtask bindings` from crates/api. Do not edit.

export type AssertionResult = { 
/**
 * Type.
 */
type: string, 
/**
 * Its value, as in the case file.
 */
value: unknown, 
/**
 * Passed.
 */
passed: boolean, 
/**
 * 0 to 1.
 */
score: number, 
/**
 * Why it failed; for a pass, what it saw, when there is something to say.
 */
reason: string | null, 
/**
 * Where in the answer: `[start, end)` in characters.
 */
evidence: Array<[number, number]>, };

export type AssertionView = { 
/**
 * Type.
 */
type: string, 
/**
 * Its value, as in the case file.
 */
value: unknown, 
/**
 * Evidence for it; `null` for one that was given.
 */
because: string | null, 
/**
 * The whole assertion as JSON, to hand back to `promote`.
 */
spec: string, };

export type Audit = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Events.
 */
events: Array<AuditView>, 
/**
 * Gaps.
 */
missing: Array<MissingAudit>, };

export type AuditView = { 
/**
 * Time.
 */
time_ns: Ns | null, 
/**
 * Who.
 */
actor: string | null, 
/**
 * Role.
 */
role: string | null, 
/**
 * What.
 */
action: string | null, 
/**
 * To what.
 */
resource: string | null, 
/**
 * `allowed`, `denied`, `asked`, `unknown`.
 */
decision: string, 
/**
 * Tenant.
 */
tenant: string | null, 
/**
 * `trace_id`, `request_id`, `actor_and_time`.
 */
joined_by: string, 
/**
 * The log's own id.
 */
event_id: string | null, 
/**
 * Why.
 */
reason: string | null, 
/**
 * Span that it is about.
 */
span_id: string | null, };

export type Band = { 
/**
 * First character.
 */
start: number, 
/**
 * One past the last.
 */
end: number, 
/**
 * Document.
 */
document_id: string | null, };

export type Batch = { 
/**
 * Id.
 */
batch_id: string, 
/**
 * When.
 */
at_ns: Ns, 
/**
 * `done`, `cancelled`, `interrupted`, `running`.
 */
state: string, 
/**
 * Paths as named.
 */
sources: Array<string>, 
/**
 * Size read.
 */
bytes: number, 
/**
 * Traces.
 */
traces: number, 
/**
 * Spans.
 */
spans: number, 
/**
 * Log records.
 */
log_records: number, 
/**
 * Messages.
 */
messages: number, 
/**
 * Tool calls.
 */
tool_calls: number, 
/**
 * Documents.
 */
documents: number, 
/**
 * Audit events.
 */
audit_events: number, 
/**
 * Scores.
 */
scores: number, 
/**
 * Exchanges.
 */
exchanges: number, 
/**
 * Already there.
 */
duplicates: number, 
/**
 * Kept raw only.
 */
rejected: number, 
/**
 * Warnings of all files, by code.
 */
warnings: Array<Warning>, 
/**
 * Files.
 */
files: Array<ImportFile>, 
/**
 * Skipped files.
 */
skipped: Array<Skipped>, };

export type Batches = { 
/**
 * Batches.
 */
batches: Array<Batch>, };

export type Call = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Span.
 */
span_id: string, 
/**
 * When it began.
 */
start_ns: Ns | null, 
/**
 * What was measured, in the unit that the measure's name carries.
 */
value: number, 
/**
 * It failed.
 */
error: boolean, 
/**
 * For whom.
 */
tenant: string | null, 
/**
 * Feature of the product.
 */
feature: string | null, 
/**
 * The model that answered, else the one that was asked.
 */
model: string | null, 
/**
 * `name@version`.
 */
prompt: string | null, };

export type CallMark = { 
/**
 * Start of the first.
 */
from_ns: Ns, 
/**
 * Start of the last.
 */
to_ns: Ns, 
/**
 * Lowest value.
 */
low: number, 
/**
 * Highest value.
 */
high: number, 
/**
 * How many.
 */
n: number, 
/**
 * Of which failed.
 */
errors: number, 
/**
 * Trace of the one with the highest value.
 */
trace_id: string, 
/**
 * Its span.
 */
span_id: string, };

export type Calls = { 
/**
 * What was measured.
 */
measure: string, 
/**
 * Calls with a time and a value.
 */
known: number, 
/**
 * Calls without one of them.
 */
unknown: number, 
/**
 * Each call, or cells of them where they are more than were asked for; those that failed stand last.
 */
marks: Array<CallMark>, 
/**
 * Those with the highest values, the highest first.
 */
highest: Array<Call>, };

export type CallsRequest = { 
/**
 * Query over traces.
 */
query: string | null, 
/**
 * `latency_ms`, `ttft_ms`, `tokens` or `cost_usd_nanos`.
 */
measure: string, 
/**
 * Only calls that began at this moment or later.
 */
from_ns: Ns | null, 
/**
 * Only calls that began before this moment.
 */
to_ns: Ns | null, 
/**
 * Calls up to which each is given by itself: 1,500, and 5,000 at most. More are given as cells.
 */
singles: number | null, 
/**
 * How many of the highest: 10, and 5,000 at most.
 */
highest: number | null, };

export type CaseDocumentView = { 
/**
 * Id in the knowledge base.
 */
document_id: string | null, 
/**
 * Version as the source wrote it.
 */
version: string | null, 
/**
 * Whether it stood in the prompt; `null` when that cannot be told.
 */
placed: boolean | null, 
/**
 * The passage.
 */
content: string | null, };

export type CaseMessage = { 
/**
 * Author.
 */
role: string, 
/**
 * Its text.
 */
text: string, };

export type CaseRead = { 
/**
 * What is wrong with it, with the places; empty for a case.
 */
errors: Array<FileError>, 
/**
 * The case.
 */
case: CaseView | null, };

export type CaseResult = { 
/**
 * Case.
 */
case_id: string, 
/**
 * `pass`, `fail`, `error`.
 */
verdict: string, 
/**
 * Weighted share of assertions passed; `null` when nothing could be judged.
 */
score: number | null, 
/**
 * Whether repeats disagree.
 */
flaky: boolean, 
/**
 * Variant; `original` for the recorded answer.
 */
variant: string, 
/**
 * Why nothing could be judged.
 */
error: string | null, 
/**
 * Assertions.
 */
assertions: Array<AssertionResult>, 
/**
 * The answer that was judged, in which evidence stands; `null` where several were.
 */
answer: string | null, };

export type CaseSaveRequest = { 
/**
 * Folder of the set.
 */
set: string, 
/**
 * Case.
 */
case_id: string, 
/**
 * The file's new text.
 */
text: string, };

export type CaseTextRequest = { 
/**
 * Text.
 */
text: string, };

export type CaseView = { 
/**
 * Name.
 */
name: string | null, 
/**
 * Free words.
 */
tags: Array<string>, 
/**
 * Why it was made.
 */
why: string | null, 
/**
 * What it was made of: an import's format, a gateway, a run.
 */
source: string | null, 
/**
 * Trace that it was made of.
 */
trace_id: string | null, 
/**
 * Its span.
 */
span_id: string | null, 
/**
 * Take, when a replayed answer was promoted.
 */
take_id: string | null, 
/**
 * Model asked for.
 */
model: string | null, 
/**
 * What is asked.
 */
messages: Array<CaseMessage>, 
/**
 * Names of the tools that are offered.
 */
tools: Array<string>, 
/**
 * Documents of the context, frozen; `null` when they were not recorded.
 */
documents: Array<CaseDocumentView> | null, 
/**
 * What is expected.
 */
assertions: Array<AssertionView>, };

export type Changes = { 
/**
 * Grows with every change.
 */
data_version: number, };

export type Check = { 
/**
 * `pass`, `fail`, `inconclusive`, `error`.
 */
verdict: string, 
/**
 * Sets.
 */
sets: Array<SetResult>, };

export type CheckRequest = { 
/**
 * Folders.
 */
sets: Array<string>, 
/**
 * Ask the provider anew.
 */
live: boolean, 
/**
 * Variants for a live check.
 */
variants: Array<VariantInput>, 
/**
 * Judge the takes of this run instead of the recorded answers.
 */
takes: string | null, 
/**
 * Threshold instead of the set's.
 */
threshold: number | null, 
/**
 * Baseline file instead of the set's.
 */
baseline: string | null, 
/**
 * Write the results as the new baseline.
 */
update_baseline: boolean, 
/**
 * Repeats of a live check.
 */
repeats: number | null, 
/**
 * Spending limit in dollars.
 */
max_usd: number | null, 
/**
 * Destinations that may be contacted.
 */
allow_destinations: Array<string>, 
/**
 * Whether models without a price may be called.
 */
allow_unpriced: boolean, 
/**
 * Write JUnit here.
 */
junit: string | null, 
/**
 * Write a Markdown summary here.
 */
markdown: string | null, };

export type Chunk = { 
/**
 * Number.
 */
seq: number, 
/**
 * Since sending.
 */
at_ms: number, 
/**
 * `text`, `reasoning`, `tool_arguments`, `event`.
 */
kind: string, 
/**
 * Which tool call.
 */
index: number, 
/**
 * Text.
 */
text: string, };

export type Chunks = { 
/**
 * In order.
 */
chunks: Array<Chunk>, 
/**
 * Last number.
 */
last_seq: number | null, 
/**
 * State of the take.
 */
status: string, };

export type ChunksRequest = { 
/**
 * Take.
 */
take_id: string, 
/**
 * Last number seen; `null` from the start.
 */
seen: number | null, };

export type CompareRequest = { 
/**
 * Takes; a span's id stands for its recorded answer.
 */
takes: Array<string>, 
/**
 * `word` (default) or `line`.
 */
unit: string | null, };

export type Comparison = { 
/**
 * Takes in the order given.
 */
takes: Array<Take>, 
/**
 * Text.
 */
text: TextDiff, 
/**
 * JSON, when both answers are JSON.
 */
json: Array<JsonChange> | null, 
/**
 * Tool calls.
 */
tool_calls: Array<ToolCallPair>, 
/**
 * Deltas.
 */
deltas: Deltas, 
/**
 * The first take against each further one.
 */
pairs: Array<Pair>, 
/**
 * The vote in force on exactly these takes, in whatever order.
 */
vote: Vote | null, };

export type CompleteRequest = { 
/**
 * Text.
 */
text: string, 
/**
 * Cursor in characters.
 */
cursor: number, };

export type Completion = { 
/**
 * Text that replaces `from..to`.
 */
insert: string, 
/**
 * What it is, for people.
 */
detail: string, 
/**
 * How many rows have it, for values.
 */
n: number | null, };

export type Completions = { 
/**
 * First character to replace.
 */
from: number, 
/**
 * One past the last.
 */
to: number, 
/**
 * Offers, best first.
 */
items: Array<Completion>, };

export type ConnectAddRequest = { 
/**
 * Name.
 */
name: string, 
/**
 * Kind.
 */
kind: string, 
/**
 * Base URL.
 */
base_url: string, };

export type ConnectTest = { 
/**
 * Name.
 */
name: string, 
/**
 * Whether it answered as it should.
 */
ok: boolean, 
/**
 * What it said.
 */
message: string, 
/**
 * Models that it offers.
 */
models: Array<string>, 
/**
 * Time to answer.
 */
latency_ms: number | null, 
/**
 * Code of what failed.
 */
code: string | null, };

export type ConnectTestRequest = { 
/**
 * Name.
 */
name: string, 
/**
 * Destinations that may be contacted.
 */
allow_destinations: Array<string>, };

export type Connection = { 
/**
 * Name.
 */
name: string, 
/**
 * `openai`, `openai-compatible`, `anthropic`.
 */
kind: string, 
/**
 * Base URL.
 */
base_url: string, 
/**
 * Whether a key is stored or in the environment.
 */
has_key: boolean, };

export type Connections = { 
/**
 * Connections.
 */
connections: Array<Connection>, };

export type Context = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Model call whose prompt is meant.
 */
span_id: string | null, 
/**
 * The question to the retriever.
 */
query: string | null, 
/**
 * Documents by rank.
 */
documents: Array<DocumentView>, 
/**
 * Findings on this trace.
 */
findings: Array<FindingView>, };

export type Copied = { 
/**
 * File; nothing when the dialog was dismissed.
 */
path: string | null, 
/**
 * Its size.
 */
bytes: number | null, };

export type CopyRequest = { 
/**
 * File, where none may be yet. Without it the host asks for one.
 */
path: string | null, };

export type Deltas = { 
/**
 * Cost.
 */
cost_usd_nanos: number | null, 
/**
 * Latency.
 */
latency_ms: number | null, 
/**
 * First token.
 */
ttft_ms: number | null, 
/**
 * Input and output tokens together.
 */
tokens: number | null, };

export type Doctor = { 
/**
 * Checks.
 */
checks: Array<DoctorCheck>, };

export type DoctorCheck = { 
/**
 * Check.
 */
id: string, 
/**
 * Whether it passed.
 */
ok: boolean, 
/**
 * What was seen.
 */
message: string, 
/**
 * What to do.
 */
hint: string | null, };

export type DocumentView = { 
/**
 * Id.
 */
document_id: string | null, 
/**
 * 1 is the first.
 */
rank: number, 
/**
 * Rank after reranking.
 */
rerank: number | null, 
/**
 * Score of the retriever.
 */
score: number | null, 
/**
 * What the score is.
 */
score_kind: string | null, 
/**
 * Score of the reranker.
 */
rerank_score: number | null, 
/**
 * Version.
 */
version: string | null, 
/**
 * Newest version that the workspace knows, when it is another one.
 */
newer_version: string | null, 
/**
 * Last change.
 */
updated_ns: Ns | null, 
/**
 * Owner.
 */
tenant: string | null, 
/**
 * Title.
 */
title: string | null, 
/**
 * Collection.
 */
source: string | null, 
/**
 * Passage.
 */
content: string | null, 
/**
 * Placements in the prompt of the model call.
 */
placed: Array<PlacedView>, 
/**
 * Whether it was cut.
 */
truncated: boolean, 
/**
 * Whether the answer names it.
 */
cited: boolean, 
/**
 * Whether it belongs to another tenant.
 */
foreign: boolean, 
/**
 * Whether its source is written by users, as the policy says.
 */
untrusted: boolean, 
/**
 * Span that retrieved it.
 */
span_id: string, };

export type Empty = Record<symbol, never>;

export type Estimate = { 
/**
 * Calls.
 */
calls: number, 
/**
 * Input tokens, estimated.
 */
input_tokens: number, 
/**
 * Output tokens at most.
 */
output_tokens: number, 
/**
 * Cost at most; `null` when a model has no price.
 */
cost_usd_nanos: number | null, 
/**
 * `host:port` that would be contacted.
 */
destinations: Array<string>, 
/**
 * Destinations that this workspace has not been allowed before.
 */
new_destinations: Array<string>, 
/**
 * Models without a price.
 */
unpriced: Array<string>, 
/**
 * What conversions lose.
 */
losses: Array<LossView>, 
/**
 * Calls that cannot be sent and are left out of the run.
 */
left_out?: Array<LeftOutView>, 
/**
 * Lowest fidelity of the requests.
 */
fidelity: string | null, 
/**
 * The plan in a sentence.
 */
sentence: string, };

export type ExportRequest = { 
/**
 * Query over traces.
 */
query: string, 
/**
 * `otlp-json`, `jsonl`, `canonical`.
 */
format: string, 
/**
 * File.
 */
path: string, };

export type Exported = { 
/**
 * Records.
 */
records: number, 
/**
 * Path; `null` for standard output.
 */
path: string | null, };

export type FacetValue = { 
/**
 * Value; `null` is unknown.
 */
value: string | null, 
/**
 * Rows that have it.
 */
n: number, };

export type Facets = { 
/**
 * By field.
 */
facets: { [key in string]: Array<FacetValue> }, };

export type FidelityView = { 
/**
 * Worst level that matters.
 */
level: string, 
/**
 * By field.
 */
fields: Array<FieldFidelityView>, };

export type FieldFidelityView = { 
/**
 * Path in the body.
 */
path: string, 
/**
 * `verbatim` … `lost`.
 */
state: string, 
/**
 * Why.
 */
why: string, };

export type FileError = { 
/**
 * Stable code.
 */
code: string, 
/**
 * File.
 */
file: string, 
/**
 * Line from 1.
 */
line: number | null, 
/**
 * Column from 1.
 */
column: number | null, 
/**
 * What is wrong.
 */
message: string, };

export type FileSchema = { 
/**
 * JSON Schema, 2020-12.
 */
schema: unknown, };

export type FindRequest = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * What is looked for, as it stands.
 */
text: string, 
/**
 * Capitals and small letters are two.
 */
match_case: boolean, 
/**
 * Nothing of a word beside it.
 */
whole_word: boolean, 
/**
 * Hits to leave out.
 */
from: number, 
/**
 * Hits to give, 500 at most.
 */
count: number, };

export type FindingView = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Span.
 */
span_id: string, 
/**
 * Rule.
 */
code: string, 
/**
 * `high`, `medium`, `low`, `info`.
 */
severity: string, 
/**
 * What it is about.
 */
subject: string, 
/**
 * One sentence.
 */
message: string, 
/**
 * Facts.
 */
evidence: unknown, };

export type Findings = { 
/**
 * Findings, worst first.
 */
findings: Array<FindingView>, };

export type FindingsRequest = { 
/**
 * Query over traces; all when absent.
 */
query: string | null, };

export type FormatInfo = { 
/**
 * Name, as `--format` takes it.
 */
name: string, 
/**
 * Title for people.
 */
title: string, 
/**
 * `traces`, `logs`, `audit`, `exchanges`.
 */
signals: Array<string>, 
/**
 * Usual extensions; detection looks at the content only.
 */
extensions: Array<string>, 
/**
 * What files of this kind usually lack.
 */
lacks: Array<string>, };

export type Formats = { 
/**
 * Formats by name.
 */
formats: Array<FormatInfo>, };

export type Found = { 
/**
 * Those that were asked for.
 */
places: Array<FoundPlace>, 
/**
 * How many there are.
 */
total: number, };

export type FoundPlace = { 
/**
 * Span.
 */
span_id: string, 
/**
 * `name`, `status`, `message`, `tools`, `input`, `output`, `attributes`, `document`.
 */
section: string, 
/**
 * Index of the message; id of the document.
 */
at: string | null, 
/**
 * Part of the message.
 */
part: number | null, 
/**
 * `text`, `name`, `title` or `json`.
 */
field: string, 
/**
 * JSON pointer of the member whose key or value it is.
 */
path: string | null, 
/**
 * Which of those there, from 0.
 */
nth: number, };

export type GoldenAddRequest = { 
/**
 * Folder.
 */
path: string, };

export type GoldenCaseView = { 
/**
 * Case.
 */
case_id: string, 
/**
 * File.
 */
path: string, 
/**
 * The file as it is.
 */
text: string, 
/**
 * Number of assertions.
 */
n_assertions: number, 
/**
 * `pass` or `fail` as the set's baseline has it; `null` for a case that is not in it.
 */
baseline: string | null, };

export type GoldenSetView = { 
/**
 * Name.
 */
name: string, 
/**
 * Folder.
 */
path: string, 
/**
 * Cases.
 */
cases: Array<GoldenCaseView>, 
/**
 * Files that cannot be read.
 */
errors: Array<FileError>, };

export type GoldenSets = { 
/**
 * Sets.
 */
sets: Array<GoldenSetView>, };

export type Histogram = { 
/**
 * Buckets.
 */
buckets: Array<HistogramBucket>, };

export type HistogramBucket = { 
/**
 * Start, included.
 */
from_ns: Ns, 
/**
 * End, excluded.
 */
to_ns: Ns, 
/**
 * Traces that start in it.
 */
n: number, 
/**
 * Of which with an error.
 */
errors: number, };

export type HistogramRequest = { 
/**
 * Query.
 */
query: string, 
/**
 * How many buckets.
 */
buckets: number, };

export type IdRequest = { 
/**
 * Id in full or as a unique prefix.
 */
id: string, };

export type ImportFile = { 
/**
 * Path; members of an archive after `!`.
 */
path: string, 
/**
 * Format that read it.
 */
format: string, 
/**
 * Size read.
 */
bytes: number, 
/**
 * Traces.
 */
traces: number, 
/**
 * Spans.
 */
spans: number, 
/**
 * Log records.
 */
log_records: number, 
/**
 * Messages of model calls.
 */
messages: number, 
/**
 * Tool calls, distinct by trace and call id.
 */
tool_calls: number, 
/**
 * Documents, one per retrieval or rerank span and rank.
 */
documents: number, 
/**
 * Audit events.
 */
audit_events: number, 
/**
 * Scores.
 */
scores: number, 
/**
 * Recorded exchanges.
 */
exchanges: number, 
/**
 * Records that were already there.
 */
duplicates: number, 
/**
 * Records kept raw only.
 */
rejected: number, 
/**
 * Removed secrets by rule.
 */
redactions: { [key in string]: number }, 
/**
 * Warnings.
 */
warnings: Array<Warning>, 
/**
 * For audit logs: which column or word was taken for what.
 */
mapping: unknown, };

export type ImportRequest = { 
/**
 * Files, folders, archives; `-` is standard input on the command line.
 */
paths: Array<string>, 
/**
 * Name of a format, to skip detection.
 */
format: string | null, 
/**
 * Path of a mapping file.
 */
map: string | null, 
/**
 * Count only.
 */
dry_run: boolean, };

export type ImportTextRequest = { 
/**
 * The text.
 */
text: string, };

export type Job = { 
/**
 * Id.
 */
job_id: string, 
/**
 * `import`, `run`, `check`.
 */
kind: string, 
/**
 * One line for people.
 */
title: string, 
/**
 * `running`, `done`, `failed`, `cancelled`, `interrupted`.
 */
state: string, 
/**
 * Start.
 */
started_ns: Ns, 
/**
 * End.
 */
ended_ns: Ns | null, 
/**
 * Last progress.
 */
progress: Progress, 
/**
 * Result document, or error.
 */
result: unknown, };

export type JobEvent = { 
/**
 * Number.
 */
seq: number, 
/**
 * When.
 */
at_ns: Ns, 
/**
 * Document.
 */
event: unknown, };

export type JobEvents = { 
/**
 * In order.
 */
events: Array<JobEvent>, 
/**
 * The job now.
 */
job: Job, };

export type JobEventsRequest = { 
/**
 * Job.
 */
job_id: string, 
/**
 * Last number seen.
 */
after_seq: number | null, };

export type JobStarted = { 
/**
 * Job.
 */
job_id: string, };

export type Jobs = { 
/**
 * Jobs.
 */
jobs: Array<Job>, };

export type JsonChange = { 
/**
 * JSON pointer in the first value; of an addition, in the second.
 */
path: string, 
/**
 * JSON pointer in the second value, where it stands at another place there.
 */
to?: string, 
/**
 * `add`, `remove`, `change`, `move`.
 */
op: string, 
/**
 * Value in the first.
 */
a: unknown, 
/**
 * Value in the second.
 */
b: unknown, };

export type Kept = { 
/**
 * Batch.
 */
batch_id: string, 
/**
 * Records.
 */
records: Array<KeptView>, 
/**
 * How many there are.
 */
total: number, };

export type KeptRequest = { 
/**
 * Batch.
 */
id: string, 
/**
 * So many are passed over.
 */
from: number, 
/**
 * So many are given; 100 when absent.
 */
limit: number | null, };

export type KeptView = { 
/**
 * File.
 */
path: string, 
/**
 * Offset in the unpacked file.
 */
byte_offset: number, 
/**
 * Format that it was read as.
 */
source: string, 
/**
 * Its size.
 */
bytes: number, 
/**
 * Its beginning as text, redacted; bytes that are no UTF-8 are shown as such.
 */
text: string, 
/**
 * Whether there is more of it than `text`.
 */
truncated: boolean, };

export type LabelMoveView = { 
/**
 * Label.
 */
label: string, 
/**
 * Before.
 */
from_version: number | null, 
/**
 * Since.
 */
to_version: number | null, 
/**
 * When.
 */
at_ns: Ns, };

export type LatencyPercentiles = { 
/**
 * Median.
 */
p50: number | null, 
/**
 * 95th.
 */
p95: number | null, 
/**
 * 99th.
 */
p99: number | null, };

export type Ledger = { 
/**
 * Calls since midnight UTC.
 */
calls_today: number, 
/**
 * Bytes sent in their bodies.
 */
bytes_sent_today: number, 
/**
 * Entries.
 */
entries: Array<LedgerEntry>, };

export type LedgerEntry = { 
/**
 * When.
 */
at_ns: Ns, 
/**
 * `host:port`.
 */
destination: string, 
/**
 * Why.
 */
why: string, 
/**
 * Bytes sent.
 */
bytes_sent: number, 
/**
 * Bytes received.
 */
bytes_received: number, 
/**
 * Take.
 */
take_id: string | null, };

export type LeftOutView = { 
/**
 * Trace.
 */
trace_id: string | null, 
/**
 * Span.
 */
span_id: string | null, 
/**
 * Variant.
 */
variant: string, 
/**
 * Code: `RTK-R004` for a removed secret, `RTK-R005` where nothing was recorded.
 */
code: string, 
/**
 * Why, in words.
 */
message: string, };

export type LocalServer = { 
/**
 * What usually listens there.
 */
name: string, 
/**
 * Base URL for a connection.
 */
base_url: string, 
/**
 * Models that it offers.
 */
models: Array<string>, 
/**
 * Connection that has this address already.
 */
connection: string | null, };

export type LocalServers = { 
/**
 * Those that answered.
 */
servers: Array<LocalServer>, 
/**
 * Ports that were looked at.
 */
ports: Array<number>, };

export type LossView = { 
/**
 * Variant.
 */
variant: string, 
/**
 * Path in the request.
 */
path: string, 
/**
 * What happens to it.
 */
what: string, 
/**
 * Why.
 */
why: string, };

export type MappingColumn = { 
/**
 * Name, or path with dots.
 */
path: string, 
/**
 * Records of the sample in which it has something.
 */
filled: number, 
/**
 * `time`, `number`, `boolean`, `json`, `text` or `empty`.
 */
looks: string, 
/**
 * First different values, redacted and cut.
 */
examples: Array<string>, };

export type MappingDraft = { 
/**
 * `traces` or `audit`.
 */
kind: string, 
/**
 * Delimiter of a table; found by itself when `null`.
 */
delimiter: string | null, 
/**
 * What stands before the decimals of written numbers: `point` or `comma`; plain numbers only when `null`.
 */
decimal: string | null, 
/**
 * How times are written, in `strptime` directives; common forms are known when `null`.
 */
time_format: string | null, 
/**
 * Zone of times that name none; UTC when `null`.
 */
time_zone: string | null, 
/**
 * Column or path by field, `time` among them.
 */
fields: { [key in string]: string }, 
/**
 * Value by field, where its column has nothing or none is named.
 */
values: { [key in string]: string }, 
/**
 * What the words of an audit log mean: `allowed`, `denied`, `asked`, `unknown`.
 */
decisions: { [key in string]: string }, };

export type MappingPreview = { 
/**
 * File.
 */
path: string, 
/**
 * `traces` or `audit`.
 */
kind: string, 
/**
 * Format that reads it.
 */
format: string, 
/**
 * Fields that some row has, in order.
 */
fields: Array<string>, 
/**
 * The records.
 */
rows: Array<PreviewRow>, 
/**
 * Warnings about no one record.
 */
warnings: Array<PreviewWarning>, 
/**
 * Required fields that no record has.
 */
missing: Array<string>, 
/**
 * Whether the file goes on.
 */
more: boolean, 
/**
 * The text of the mapping file.
 */
text: string, };

export type MappingPreviewRequest = { 
/**
 * A file; the member of an archive after `!`.
 */
path: string, 
/**
 * The mapping.
 */
draft: MappingDraft, 
/**
 * So many records at most; 20 when `null`.
 */
limit: number | null, };

export type MappingSample = { 
/**
 * File.
 */
path: string, 
/**
 * `csv` or `json`.
 */
form: string, 
/**
 * Delimiter of a table.
 */
delimiter: string | null, 
/**
 * Records that were looked at.
 */
records: number, 
/**
 * Columns and paths, in the order in which they come.
 */
columns: Array<MappingColumn>, 
/**
 * Fields that there are.
 */
targets: Array<MappingTarget>, 
/**
 * The proposal.
 */
draft: MappingDraft, 
/**
 * The proposal as the text of a mapping file.
 */
text: string, 
/**
 * Where its file would be kept: beside the log.
 */
save_as: string, };

export type MappingSampleRequest = { 
/**
 * A file; the member of an archive after `!`.
 */
path: string, 
/**
 * `traces` or `audit`; told by the columns when `null`.
 */
kind: string | null, 
/**
 * Delimiter of a table; found by itself when `null`.
 */
delimiter: string | null, };

export type MappingSaveRequest = { 
/**
 * Where; a name that ends in `.yaml` or `.yml`.
 */
path: string, 
/**
 * The mapping.
 */
draft: MappingDraft, 
/**
 * Replace a mapping that is there.
 */
replace: boolean, };

export type MappingSaved = { 
/**
 * Where, as an absolute path.
 */
path: string, 
/**
 * Its text.
 */
text: string, };

export type MappingTarget = { 
/**
 * Name in the file.
 */
name: string, 
/**
 * What it is.
 */
about: string, 
/**
 * `identity`, `time`, `who`, `what`, `message`, `model`, `usage`, `tool`.
 */
group: string, 
/**
 * Kinds of log that have it.
 */
kinds: Array<string>, 
/**
 * `required`, `one_of` (one of those marked so is needed) or `optional`.
 */
need: string, };

export type Matrix = { 
/**
 * Run.
 */
run_id: string, 
/**
 * State of the run.
 */
status: string, 
/**
 * Variants in the order of the plan.
 */
variants: Array<string>, 
/**
 * Cases in the order of the plan.
 */
rows: Array<MatrixRow>, };

export type MatrixCell = { 
/**
 * The take of the first repeat.
 */
take_id: string, 
/**
 * State: `done` when every repeat is, else of the first repeat that is not.
 */
status: string, 
/**
 * Repeats.
 */
repeats: number, 
/**
 * Repeats that say the same as the recorded answer; `null` while none can be compared.
 */
same: number | null, 
/**
 * `same`, `words`, `tool_calls` (which weigh more than words); `null` when it cannot be compared.
 */
verdict: string | null, 
/**
 * Words that differ, of the repeat that differs most.
 */
words: number | null, 
/**
 * Tool calls that differ, of the repeat that differs most.
 */
tool_calls: number | null, 
/**
 * Means over the repeats; `null` when one is unknown.
 */
deltas: Deltas, };

export type MatrixRow = { 
/**
 * Trace.
 */
trace_id: string | null, 
/**
 * Span.
 */
span_id: string | null, 
/**
 * The last that the user said.
 */
question: string | null, 
/**
 * One cell a variant; `null` where the call was left out.
 */
cells: Array<MatrixCell | null>, 
/**
 * 0 (every variant says what was recorded) to 1 (no word in common, or other tool calls, or failed): the mean
 * over the variants; `null` while nothing can be compared.
 */
disagreement: number | null, };

export type MessageEdit = { 
/**
 * Index in the request.
 */
index: number, 
/**
 * New text.
 */
text: string, };

export type MessageView = { 
/**
 * `system`, `user`, `assistant`, `tool`.
 */
role: string, 
/**
 * `input` or `output`.
 */
direction: string, 
/**
 * Parts in order.
 */
parts: Array<PartView>, 
/**
 * `present`, `absent`, `redacted`, `truncated`, `external`.
 */
content_state: string, 
/**
 * Span that first carried the message in this conversation; `null` when it is this one.
 */
introduced_by: string | null, 
/**
 * `trusted` or `untrusted`.
 */
trust: string, 
/**
 * Size, estimated.
 */
estimated_tokens: number, 
/**
 * Retrieved passages within the joined text.
 */
bands: Array<Band>, };

export type Messages = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Model call.
 */
span_id: string, 
/**
 * Model calls of the trace in order, for stepping.
 */
calls: Array<string>, 
/**
 * Messages: input, then output.
 */
messages: Array<MessageView>, 
/**
 * Tools that were offered.
 */
tools: Array<ToolView>, };

export type Metrics = { 
/**
 * Groups.
 */
rows: Array<MetricsRow>, 
/**
 * Length of a bucket, where there are buckets.
 */
bucket_ms: number | null, };

export type MetricsRequest = { 
/**
 * Query over traces.
 */
query: string | null, 
/**
 * Dimensions.
 */
by: Array<string>, 
/**
 * `1m`, `5m`, `15m`, `1h`, `6h`, `1d`, `1w`, or `auto`: the smallest that gives no more than `points`.
 */
bucket: string | null, 
/**
 * Points of a series over the range, at most, for `auto`; 500 when it is left out.
 */
points: number | null, 
/**
 * Only calls that began at this moment or later.
 */
from_ns: Ns | null, 
/**
 * Only calls that began before this moment.
 */
to_ns: Ns | null, 
/**
 * Only so many groups, those with the most calls.
 */
largest: number | null, };

export type MetricsRow = { 
/**
 * Dimensions; `bucket_ns` among them when buckets were asked for.
 */
dims: { [key in string]: string | null }, 
/**
 * Model calls.
 */
requests: number, 
/**
 * Of which failed.
 */
errors: number, 
/**
 * Share of failed ones.
 */
error_rate: number | null, 
/**
 * Latency.
 */
latency_ms: LatencyPercentiles, 
/**
 * First token.
 */
ttft_ms: TtftPercentiles, 
/**
 * Input.
 */
input_tokens: number | null, 
/**
 * Output.
 */
output_tokens: number | null, 
/**
 * Cost.
 */
cost_usd_nanos: number | null, 
/**
 * Share of calls that carry each signal.
 */
coverage: { [key in string]: number }, };

export type MissingAudit = { 
/**
 * Tool span.
 */
span_id: string, 
/**
 * Tool.
 */
tool: string, 
/**
 * When it ran.
 */
time_ns: Ns | null, 
/**
 * Actions that are missing.
 */
actions: Array<string>, };

export type NameRequest = { 
/**
 * Name.
 */
name: string, };

export type NamedPrompt = { 
/**
 * Name, with the version where they have one.
 */
prompt: string, 
/**
 * Traces that name it.
 */
traces: number, };

export type Nearest = { 
/**
 * Format.
 */
format: string, 
/**
 * Why not.
 */
why: string, };

export type Ns = string;

export type OpenResult = { 
/**
 * Id for `search_rows`.
 */
result_id: number, 
/**
 * Rows.
 */
total: number, 
/**
 * Whether `total` is final.
 */
total_exact: boolean, };

export type Pair = { 
/**
 * The other take.
 */
take_id: string, 
/**
 * Text.
 */
text: TextDiff, 
/**
 * JSON, when both answers are JSON.
 */
json: Array<JsonChange> | null, 
/**
 * Tool calls.
 */
tool_calls: Array<ToolCallPair>, 
/**
 * Deltas.
 */
deltas: Deltas, };

export type PartView = { 
/**
 * `text`, `image`, `tool_call`, `tool_result`, `reasoning`, `file`, `opaque`.
 */
type: string, 
/**
 * Text, for text, reasoning and tool results.
 */
text: string | null, 
/**
 * Id of a tool call.
 */
id: string | null, 
/**
 * Tool or file name.
 */
name: string | null, 
/**
 * Arguments of a tool call.
 */
arguments: unknown, 
/**
 * Address of an image or file.
 */
url: string | null, 
/**
 * Media type.
 */
media_type: string | null, 
/**
 * Whether a tool reported an error.
 */
is_error: boolean | null, 
/**
 * A vendor's block, as recorded.
 */
json: unknown, };

export type PickRequest = { 
/**
 * `files`, `folder`, `workspace`; `save:NAME` for a place to write to.
 */
what: string, };

export type Picked = { 
/**
 * Absolute paths; empty when the dialog was dismissed.
 */
paths: Array<string>, };

export type PlacedView = { 
/**
 * Message index.
 */
message: number, 
/**
 * First character.
 */
start: number, 
/**
 * One past the last.
 */
end: number, };

export type PolicySetRequest = { 
/**
 * Text of the file.
 */
text: string, };

export type PolicyView = { 
/**
 * Text as set; `null` when there is none.
 */
text: string | null, 
/**
 * The policy as it was understood.
 */
policy: unknown, 
/**
 * What it names and the workspace does not know.
 */
warnings: Array<string>, };

export type PreviewCell = { 
/**
 * Field.
 */
field: string, 
/**
 * Value, cut.
 */
value: string, };

export type PreviewRow = { 
/**
 * Line from 1, where the file has lines.
 */
line: number | null, 
/**
 * Byte offset in the unpacked file.
 */
byte_offset: number, 
/**
 * Whether it became something; else it is kept as it came.
 */
understood: boolean, 
/**
 * Its fields, those that have something.
 */
cells: Array<PreviewCell>, 
/**
 * What is wrong with it.
 */
warnings: Array<PreviewWarning>, 
/**
 * The record as it came, redacted and cut.
 */
record: string, };

export type PreviewWarning = { 
/**
 * Code, as `RTK-I022`.
 */
code: string, 
/**
 * What exactly.
 */
message: string, };

export type Price = { 
/**
 * Model.
 */
model: string, 
/**
 * Provider.
 */
provider: string | null, 
/**
 * Input.
 */
input_usd_nanos_per_mtok: number | null, 
/**
 * Output.
 */
output_usd_nanos_per_mtok: number | null, 
/**
 * Cache read.
 */
cache_read_usd_nanos_per_mtok: number | null, 
/**
 * Cache write.
 */
cache_write_usd_nanos_per_mtok: number | null, 
/**
 * Since when.
 */
from_ns: Ns | null, };

export type Pricing = { 
/**
 * Date of the table.
 */
as_of: string, 
/**
 * Prices.
 */
prices: Array<Price>, };

export type PricingImported = { 
/**
 * Models with a price.
 */
models: number, };

export type Progress = { 
/**
 * Done, in `unit`.
 */
done: number | null, 
/**
 * Of this many.
 */
total: number | null, 
/**
 * `bytes`, `calls`, `cases`.
 */
unit: string, 
/**
 * Records so far.
 */
records: number | null, 
/**
 * Records a second.
 */
rate: number | null, 
/**
 * Time left.
 */
left_ms: number | null, };

export type PromoteRequest = { 
/**
 * Span or take.
 */
id: string, 
/**
 * Folder of the set.
 */
set: string, 
/**
 * Name of the case.
 */
name: string | null, 
/**
 * Assertions: `TYPE:VALUE`, `not-TYPE:VALUE` or JSON.
 */
asserts: Array<string>, 
/**
 * Leave out the suggestions.
 */
no_suggest: boolean, 
/**
 * Why.
 */
reason: string | null, 
/**
 * Show only; write nothing.
 */
preview: boolean, };

export type Promoted = { 
/**
 * Absolute path of the case file.
 */
path: string, 
/**
 * Id of the case.
 */
case_id: string, 
/**
 * Assertions.
 */
assertions: Array<AssertionView>, 
/**
 * Masked values.
 */
redactions: number, 
/**
 * Cases that are nearly the same.
 */
near_duplicates: Array<string>, 
/**
 * What to know before it is committed, in sentences: outdated documents, another tenant's or users' own in its
 * context, suggestions that were left out for them, and that an empty answer passes.
 */
notes: Array<string>, 
/**
 * The command that a CI runs.
 */
command: string, };

export type Prompt = { 
/**
 * Name.
 */
name: string, 
/**
 * Versions, newest first.
 */
versions: Array<PromptVersion>, };

export type PromptDetail = { 
/**
 * Name.
 */
name: string, 
/**
 * Versions with text, newest first.
 */
versions: Array<PromptVersion>, 
/**
 * Label history, newest first.
 */
moves: Array<LabelMoveView>, };

export type PromptDiff = { 
/**
 * Name.
 */
name: string, 
/**
 * First version.
 */
a: number, 
/**
 * Second version.
 */
b: number, 
/**
 * Diff.
 */
text: TextDiff, };

export type PromptDiffRequest = { 
/**
 * Name.
 */
name: string, 
/**
 * Version or label.
 */
a: string, 
/**
 * Version or label.
 */
b: string, };

export type PromptGetRequest = { 
/**
 * Name.
 */
name: string, 
/**
 * Version or label.
 */
at: string, };

export type PromptLabelRequest = { 
/**
 * Name.
 */
name: string, 
/**
 * Version or label to move to; `null` for a rollback to where it stood before.
 */
at: string | null, 
/**
 * Label.
 */
label: string, };

export type PromptNew = { 
/**
 * Name.
 */
name: string, 
/**
 * Version.
 */
version: number, 
/**
 * Content address.
 */
hash: string, 
/**
 * False when the same text was already a version.
 */
created: boolean, };

export type PromptNewRequest = { 
/**
 * Name; `NAME@7` gives the version its number, above all others.
 */
name: string, 
/**
 * Template.
 */
text: string, };

export type PromptText = { 
/**
 * Name.
 */
name: string, 
/**
 * Version.
 */
version: number, 
/**
 * Text.
 */
text: string, };

export type PromptVersion = { 
/**
 * Counts from 1.
 */
version: number, 
/**
 * Content address.
 */
hash: string, 
/**
 * When it was made.
 */
created_ns: Ns, 
/**
 * Labels on it.
 */
labels: Array<string>, 
/**
 * Template; only where one prompt is asked for.
 */
text: string | null, 
/**
 * Variables of the template.
 */
variables: Array<string>, 
/**
 * Traces that used it; only where one prompt is asked for.
 */
traces: number | null, 
/**
 * Takes that were answered under it; only where one prompt is asked for.
 */
takes: number | null, 
/**
 * Runs of those takes, newest first.
 */
runs: Array<string>, };

export type Prompts = { 
/**
 * Prompts.
 */
prompts: Array<Prompt>, 
/**
 * Those that traces name beside them, most traces first.
 */
named: Array<NamedPrompt>, };

export type Raw = { 
/**
 * Records.
 */
records: Array<RawView>, };

export type RawView = { 
/**
 * Batch.
 */
batch_id: string, 
/**
 * File.
 */
path: string, 
/**
 * Offset.
 */
byte_offset: number, 
/**
 * Format.
 */
source: string, 
/**
 * `span`, `log_record`, `exchange`, `audit_event`, `score`, `rejected`.
 */
kind: string, 
/**
 * The record; JSON when it is.
 */
body: unknown, };

export type ReplayRequest = { 
/**
 * Traces or spans, in full or as a unique prefix.
 */
ids: Array<string>, 
/**
 * Query over traces instead.
 */
query: string | null, 
/**
 * A pasted request (JSON body, curl command) instead.
 */
request: string | null, 
/**
 * Variants.
 */
variants: Array<VariantInput>, 
/**
 * A plan file's text instead of variants.
 */
plan: string | null, 
/**
 * Repeats.
 */
repeats: number | null, 
/**
 * Spending limit in dollars.
 */
max_usd: number | null, 
/**
 * Calls at once.
 */
concurrency: number | null, 
/**
 * Lowest fidelity that is accepted.
 */
accept_fidelity: string | null, 
/**
 * Destinations that may be contacted.
 */
allow_destinations: Array<string>, 
/**
 * Whether models without a price may be called.
 */
allow_unpriced: boolean, };

export type ReplaySnippetRequest = { 
/**
 * What is replayed, and under which variant; the first of each counts.
 */
replay: ReplayRequest, 
/**
 * `curl`, `python`, `typescript`.
 */
language: string, };

export type Report = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * `md`.
 */
format: string, 
/**
 * The text.
 */
text: string, };

export type RequestView = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Model call.
 */
span_id: string, 
/**
 * Fidelity.
 */
fidelity: FidelityView, 
/**
 * The body.
 */
request: unknown, };

export type ResumeRequest = { 
/**
 * Id in full or as a unique prefix.
 */
id: string, 
/**
 * Calls that failed are sent again as well.
 */
failed: boolean, 
/**
 * Only the call of this take, and also when it failed.
 */
take_id: string | null, };

export type Row = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Span: the root or only model call of the trace in a list of traces.
 */
span_id: string, 
/**
 * Kind.
 */
kind: string, 
/**
 * Operation name.
 */
name: string, 
/**
 * First words of the last user message.
 */
question: string | null, 
/**
 * First words of the answer.
 */
answer: string | null, 
/**
 * Start.
 */
start_ns: Ns | null, 
/**
 * Duration.
 */
duration_ms: number | null, 
/**
 * Until the first token.
 */
ttft_ms: number | null, 
/**
 * `ok`, `error`, `unset`.
 */
status: string, 
/**
 * Tenant.
 */
tenant: string | null, 
/**
 * Feature.
 */
feature: string | null, 
/**
 * User.
 */
user: string | null, 
/**
 * Conversation.
 */
conversation: string | null, 
/**
 * Environment.
 */
environment: string | null, 
/**
 * Provider.
 */
provider: string | null, 
/**
 * Model.
 */
model: string | null, 
/**
 * Prompt as `name@version`.
 */
prompt: string | null, 
/**
 * Input, cache included.
 */
input_tokens: number | null, 
/**
 * Output, reasoning included.
 */
output_tokens: number | null, 
/**
 * Reported cost, else computed.
 */
cost_usd_nanos: number | null, 
/**
 * Findings by code, then structural flags.
 */
flags: Array<string>, 
/**
 * Text around the first match.
 */
snippet: string | null, 
/**
 * Spans of the trace.
 */
n_spans: number, };

export type Rows = { 
/**
 * Rows in order of rank.
 */
rows: Array<Row>, };

export type RowsRequest = { 
/**
 * Open result.
 */
result_id: number, 
/**
 * First rank, from 0.
 */
from: number, 
/**
 * How many, at most 500.
 */
count: number, };

export type Run = { 
/**
 * Id.
 */
run_id: string, 
/**
 * `running`, `done`, `failed`, `interrupted`, `cancelled`, `stopped`.
 */
status: string, 
/**
 * Counts.
 */
counts: RunCounts, 
/**
 * Start.
 */
started_ns: Ns, 
/**
 * Spent so far; `null` when a call that was paid for has no known price.
 */
spent_usd_nanos: number | null, 
/**
 * Limit.
 */
max_usd_nanos: number | null, 
/**
 * Destinations.
 */
destinations: Array<string>, 
/**
 * Takes in the order of the plan.
 */
takes: Array<Take>, 
/**
 * Calls that cannot be sent and have no take.
 */
left_out?: Array<LeftOutView>, 
/**
 * Votes in force on its takes, newest first.
 */
votes: Array<Vote>, };

export type RunCounts = { 
/**
 * Finished.
 */
done: number, 
/**
 * Failed.
 */
failed: number, 
/**
 * Without a finished take.
 */
pending: number, };

export type RunRequest = { 
/**
 * Id in full or as a unique prefix.
 */
id: string, 
/**
 * Only the takes of this span; the counts are of the whole run.
 */
span_id: string | null, };

export type RunSummary = { 
/**
 * Id.
 */
run_id: string, 
/**
 * State.
 */
status: string, 
/**
 * Start.
 */
started_ns: Ns, 
/**
 * Counts.
 */
counts: RunCounts, 
/**
 * Names of its variants.
 */
variants: Array<string>, };

export type Runs = { 
/**
 * Runs.
 */
runs: Array<RunSummary>, };

export type SavedReport = { 
/**
 * File; nothing when the dialog was dismissed.
 */
path: string | null, };

export type SearchPage = { 
/**
 * Rows.
 */
rows: Array<Row>, 
/**
 * Rows of the whole result.
 */
total: number, 
/**
 * False while the total is still being counted.
 */
total_exact: boolean, 
/**
 * Facets by field.
 */
facets: { [key in string]: Array<FacetValue> }, 
/**
 * Cursor of the next page.
 */
next: string | null, 
/**
 * What the query may have been meant to say.
 */
hints: Array<string>, };

export type SearchRequest = { 
/**
 * Query.
 */
query: string, 
/**
 * `traces` or `spans`.
 */
of: string | null, 
/**
 * `FIELD[:asc|desc]`.
 */
sort: string | null, 
/**
 * Rows a page.
 */
limit: number | null, 
/**
 * Cursor.
 */
after: string | null, 
/**
 * Facet fields.
 */
facets: Array<string>, 
/**
 * Minutes east of UTC for days in the query; UTC when absent.
 */
utc_offset_minutes: number | null, };

export type SecretInfo = { 
/**
 * Connection.
 */
name: string, 
/**
 * `keyring`, `environment`, or `null`.
 */
source: string | null, 
/**
 * Environment variables that are looked at.
 */
variables: Array<string>, };

export type SecretSetRequest = { 
/**
 * Connection.
 */
name: string, 
/**
 * Key.
 */
key: string, };

export type Secrets = { 
/**
 * By connection.
 */
secrets: Array<SecretInfo>, };

export type SetResult = { 
/**
 * Name.
 */
name: string, 
/**
 * Folder.
 */
path: string, 
/**
 * Weighted share of cases passed.
 */
score: number | null, 
/**
 * Threshold.
 */
threshold: number, 
/**
 * `pass`, `fail`, `inconclusive`, `error`.
 */
verdict: string, 
/**
 * Cases.
 */
cases: Array<CaseResult>, 
/**
 * Cases that passed in the baseline and fail now.
 */
regressions: Array<string>, 
/**
 * Files that cannot be read.
 */
errors: Array<FileError>, 
/**
 * Why the verdict is what it is, one sentence each; none for a pass.
 */
reasons: Array<string>, };

export type Setting = { 
/**
 * Name.
 */
key: string, 
/**
 * Value.
 */
value: unknown, };

export type SettingRequest = { 
/**
 * Name.
 */
key: string, };

export type SettingSetRequest = { 
/**
 * Name.
 */
key: string, 
/**
 * Value.
 */
value: unknown, };

export type Skipped = { 
/**
 * Path.
 */
path: string, 
/**
 * Code.
 */
code: string, 
/**
 * Why.
 */
message: string, 
/**
 * Formats that came nearest.
 */
nearest: Array<Nearest>, };

export type SnippetRequest = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Span.
 */
span_id: string | null, 
/**
 * `curl`, `python`, `typescript`.
 */
language: string, };

export type SpanDetail = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Span.
 */
span_id: string, 
/**
 * Name.
 */
name: string, 
/**
 * Kind.
 */
kind: string, 
/**
 * Status message.
 */
status_message: string | null, 
/**
 * Error class.
 */
error_type: string | null, 
/**
 * Input of a span that is no model call.
 */
input_value: string | null, 
/**
 * Output of a span that is no model call.
 */
output_value: string | null, 
/**
 * Attributes.
 */
attributes: Record<string, unknown>, 
/**
 * Resource.
 */
resource: Record<string, unknown>, 
/**
 * Events.
 */
events: unknown, };

export type SpanRequest = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Span; for views of a model call the nearest one is taken when absent.
 */
span_id: string | null, };

export type Spans = { 
/**
 * Those that were asked for; none beyond the last.
 */
spans: Array<TreeSpan>, };

export type SpansRequest = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Spans to leave out, in the order of the tree's.
 */
from: number, 
/**
 * Spans to give, 20,000 at most.
 */
count: number, };

export type Started = { 
/**
 * Run.
 */
run_id: string, 
/**
 * Job.
 */
job_id: string, };

export type Take = { 
/**
 * Id; for a recorded answer the span's id.
 */
take_id: string, 
/**
 * Run; `null` for a recorded answer.
 */
run_id: string | null, 
/**
 * Trace that it replays.
 */
trace_id: string | null, 
/**
 * Span that it replays.
 */
span_id: string | null, 
/**
 * Variant.
 */
variant: string, 
/**
 * Repeat, from 0.
 */
repeat: number, 
/**
 * `done`, `failed`, `interrupted`, `cancelled`, `pending`.
 */
status: string, 
/**
 * Answer text; what was committed of an unfinished one.
 */
output_text: string | null, 
/**
 * Tool calls.
 */
tool_calls: Array<ToolCallView>, 
/**
 * Why it ended.
 */
finish_reason: string | null, 
/**
 * Provider.
 */
provider: string | null, 
/**
 * Model.
 */
model: string | null, 
/**
 * From sending to the end.
 */
latency_ms: number | null, 
/**
 * From sending to the first token.
 */
ttft_ms: number | null, 
/**
 * Tokens.
 */
usage: UsageView, 
/**
 * Cost.
 */
cost_usd_nanos: number | null, 
/**
 * Fidelity of the request.
 */
fidelity: string | null, 
/**
 * Whether a cache answered.
 */
cached: boolean, 
/**
 * Error.
 */
error: TakeError | null, 
/**
 * When it was sent.
 */
started_ns: Ns | null, 
/**
 * The body that was sent.
 */
request: unknown, };

export type TakeError = { 
/**
 * Code.
 */
code: string, 
/**
 * Message.
 */
message: string, 
/**
 * What to do, where that depends on the take: which connection's key, say.
 */
hint?: string, };

export type Takes = { 
/**
 * Takes, newest first; the recorded answer last, as variant `original`.
 */
takes: Array<Take>, 
/**
 * Votes in force that any of them stands in, newest first.
 */
votes: Array<Vote>, };

export type Text = { 
/**
 * The text.
 */
text: string, };

export type TextDiff = { 
/**
 * 0 to 1.
 */
similarity: number, 
/**
 * Steps.
 */
ops: Array<TextOp>, };

export type TextOp = { 
/**
 * `equal`, `delete`, `insert`, `replace`.
 */
op: string, 
/**
 * Piece of the first text.
 */
a: string, 
/**
 * Piece of the second text.
 */
b: string, };

export type ToolCallPair = { 
/**
 * `equal`, `changed`, `only_a`, `only_b`.
 */
op: string, 
/**
 * Call of the first.
 */
a: ToolCallView | null, 
/**
 * Call of the second.
 */
b: ToolCallView | null, 
/**
 * Differences of the arguments.
 */
changes: Array<JsonChange>, };

export type ToolCallView = { 
/**
 * Vendor's id.
 */
id: string | null, 
/**
 * Tool.
 */
name: string, 
/**
 * Arguments as a JSON value.
 */
arguments: unknown, };

export type ToolView = { 
/**
 * Name.
 */
name: string, 
/**
 * Description.
 */
description: string | null, 
/**
 * JSON Schema of the arguments.
 */
parameters: unknown, };

export type TraceRequest = { 
/**
 * Its id, or what leads to it.
 */
id: string, 
/**
 * Spans to give at most; all without it. `trace_spans` gives the others.
 */
spans: number | null, };

export type Tree = { 
/**
 * Trace.
 */
trace_id: string, 
/**
 * Roll-ups.
 */
summary: Row, 
/**
 * Request id of the application.
 */
request_id: string | null, 
/**
 * Role of who asked.
 */
user_role: string | null, 
/**
 * Earliest start of all its spans: where the time axis begins.
 */
start_ns: Ns | null, 
/**
 * Latest end of all its spans.
 */
end_ns: Ns | null, 
/**
 * Spans by start: all, or the first of them where the question bounds them (`summary.n_spans` is how many there are).
 */
spans: Array<TreeSpan>, };

export type TreeSpan = { 
/**
 * Id.
 */
span_id: string, 
/**
 * Parent; `null` is a root.
 */
parent_span_id: string | null, 
/**
 * Kind.
 */
kind: string, 
/**
 * Operation name.
 */
name: string, 
/**
 * Start.
 */
start_ns: Ns | null, 
/**
 * Duration.
 */
duration_ms: number | null, 
/**
 * Until the first token.
 */
ttft_ms: number | null, 
/**
 * `ok`, `error`, `unset`.
 */
status: string, 
/**
 * Findings and structural flags.
 */
flags: Array<string>, 
/**
 * Model.
 */
model: string | null, 
/**
 * Input tokens.
 */
input_tokens: number | null, 
/**
 * Output tokens.
 */
output_tokens: number | null, 
/**
 * Cost.
 */
cost_usd_nanos: number | null, 
/**
 * Documents retrieved.
 */
n_documents: number, };

export type TtftPercentiles = { 
/**
 * Median.
 */
p50: number | null, 
/**
 * 95th.
 */
p95: number | null, };

export type Undone = { 
/**
 * Batch.
 */
batch_id: string, 
/**
 * Records that no other batch claims.
 */
records: number, 
/**
 * Spans.
 */
spans: number, 
/**
 * Traces.
 */
traces: number, 
/**
 * Audit events.
 */
audit_events: number, 
/**
 * Size of the workspace that was given back.
 */
bytes: number, };

export type UsageView = { 
/**
 * Input, cache included.
 */
input_tokens: number | null, 
/**
 * Output, reasoning included.
 */
output_tokens: number | null, 
/**
 * Read from a cache.
 */
cache_read_tokens: number | null, 
/**
 * Written to a cache.
 */
cache_write_tokens: number | null, 
/**
 * Reasoning.
 */
reasoning_tokens: number | null, };

export type VariantInput = { 
/**
 * Name.
 */
name: string | null, 
/**
 * SPEC of the command line (`provider=…,drop-doc=…`), or `original`.
 */
spec: string | null, 
/**
 * Messages replaced, by index.
 */
messages: Array<MessageEdit>, 
/**
 * Parameters set (`null` removes).
 */
params: Record<string, unknown>, };

export type Vote = { 
/**
 * Id.
 */
vote_id: string, 
/**
 * When.
 */
at_ns: Ns, 
/**
 * The takes in the order in which they were shown; a span's id stands for its recorded answer.
 */
takes: Array<string>, 
/**
 * `take` (one is better), `tie`, `both_bad`.
 */
choice: string, 
/**
 * The better take.
 */
winner: string | null, 
/**
 * Why, in the voter's words.
 */
note: string | null, 
/**
 * Whether the names of the takes were hidden.
 */
blind: boolean, };

export type VoteRequest = { 
/**
 * Takes in the order in which they were shown; a span's id stands for its recorded answer.
 */
takes: Array<string>, 
/**
 * `take`, `tie`, `both_bad`.
 */
choice: string, 
/**
 * The better one of the takes, for `take`.
 */
winner: string | null, 
/**
 * Why.
 */
note: string | null, 
/**
 * Whether the names of the takes were hidden.
 */
blind: boolean, };

export type VoteUndoRequest = { 
/**
 * Its takes, in any order.
 */
takes: Array<string>, };

export type Voted = { 
/**
 * The vote; `null` when there is none.
 */
vote: Vote | null, };

export type Warning = { 
/**
 * Code, as `RTK-I012`.
 */
code: string, 
/**
 * How often.
 */
count: number, 
/**
 * First example.
 */
example: WarningExample, };

export type WarningExample = { 
/**
 * What exactly.
 */
message: string, 
/**
 * Line from 1, where the format has lines.
 */
line: number | null, 
/**
 * Byte offset in the unpacked file.
 */
byte_offset: number, };

export type WorkspaceInfo = { 
/**
 * Path.
 */
path: string, 
/**
 * Name for the title.
 */
name: string, 
/**
 * Size of the file.
 */
bytes: number, 
/**
 * Traces.
 */
traces: number, 
/**
 * Spans.
 */
spans: number, 
/**
 * Audit events.
 */
audit_events: number, 
/**
 * Whether nothing has been imported yet.
 */
empty: boolean, 
/**
 * Version of the program.
 */
version: string, 
/**
 * Where the log lies.
 */
log_path: string | null, 
/**
 * Whether a sample can be opened.
 */
sample_available: boolean, };

/** Every command of the core: what it takes and what it gives. */
export interface RpcSchema {
  /** The open workspace. */
  workspace_info: { request: Empty; response: WorkspaceInfo };
  /** Grows when anything changed, by whatever process. Cheap; poll it. */
  workspace_changes: { request: Empty; response: Changes };
  /** A setting of the window. */
  setting_get: { request: SettingRequest; response: Setting };
  /** Writes a setting. */
  setting_set: { request: SettingSetRequest; response: Setting };
  /** Checks the workspace. */
  doctor: { request: Empty; response: Doctor };
  /** Writes a copy of the workspace, as of now. */
  workspace_copy: { request: CopyRequest; response: Copied };
  /** Opens the host's dialog. */
  pick: { request: PickRequest; response: Picked };
  /** Imports the sample into the open workspace, as a job. */
  sample_open: { request: Empty; response: JobStarted };
  /** Writes an export. */
  export: { request: ExportRequest; response: Exported };
  /** Imports files, as a job. */
  import_start: { request: ImportRequest; response: JobStarted };
  /** Imports a pasted text, as a job. */
  import_text: { request: ImportTextRequest; response: JobStarted };
  /** What is understood. */
  formats: { request: Empty; response: Formats };
  /** Batches, newest first. */
  batches_list: { request: Empty; response: Batches };
  /** Records of a batch that could not be read. */
  batch_kept: { request: KeptRequest; response: Kept };
  /** Removes exactly what a batch brought. */
  batch_undo: { request: IdRequest; response: Undone };
  /** The first records of a chosen file, and a mapping that is proposed for it. */
  mapping_sample: { request: MappingSampleRequest; response: MappingSample };
  /** What a mapping makes of the first records of a chosen file. */
  mapping_preview: { request: MappingPreviewRequest; response: MappingPreview };
  /** Keeps a mapping as a file. */
  mapping_save: { request: MappingSaveRequest; response: MappingSaved };
  /** Jobs, newest first. */
  job_list: { request: Empty; response: Jobs };
  /** Events of a job that the caller has not seen. */
  job_events: { request: JobEventsRequest; response: JobEvents };
  /** Asks a job to stop. */
  job_cancel: { request: IdRequest; response: Empty };
  /** One page, with facets and a cursor. */
  search: { request: SearchRequest; response: SearchPage };
  /** Opens a result that is read by rank. */
  search_open: { request: SearchRequest; response: OpenResult };
  /** Rows of an open result by rank. */
  search_rows: { request: RowsRequest; response: Rows };
  /** Facets of a query. */
  search_facets: { request: SearchRequest; response: Facets };
  /** A query's rows over time. */
  search_histogram: { request: HistogramRequest; response: Histogram };
  /** What fits at the cursor of a query. */
  query_complete: { request: CompleteRequest; response: Completions };
  /** A trace as a tree. */
  trace_get: { request: TraceRequest; response: Tree };
  /** Further spans of a large trace. */
  trace_spans: { request: SpansRequest; response: Spans };
  /** Words within a trace. */
  trace_find: { request: FindRequest; response: Found };
  /** A span with its attributes. */
  span_get: { request: SpanRequest; response: SpanDetail };
  /** Messages of a model call as the model saw them. */
  span_messages: { request: SpanRequest; response: Messages };
  /** Retrieved documents and where they stand. */
  span_context: { request: SpanRequest; response: Context };
  /** The rebuilt request with its fidelity. */
  span_request: { request: SpanRequest; response: RequestView };
  /** Audit events of the trace. */
  span_audit: { request: SpanRequest; response: Audit };
  /** Raw records. */
  span_raw: { request: SpanRequest; response: Raw };
  /** Takes of a model call. */
  span_takes: { request: SpanRequest; response: Takes };
  /** The request as a program. */
  span_snippet: { request: SnippetRequest; response: Text };
  /** Findings of the traces of a query. */
  findings_list: { request: FindingsRequest; response: Findings };
  /** The incident report of a trace. */
  report: { request: IdRequest; response: Report };
  /** Writes the incident report to a file that the host asks for. */
  report_save: { request: IdRequest; response: SavedReport };
  /** Numbers of the model calls of a query. */
  metrics: { request: MetricsRequest; response: Metrics };
  /** Single calls over time. */
  metrics_calls: { request: CallsRequest; response: Calls };
  /** The request of a variant as curl, Python, TypeScript. */
  replay_snippet: { request: ReplaySnippetRequest; response: Text };
  /** What a run would send, to where, at what cost. Nothing is sent. */
  replay_estimate: { request: ReplayRequest; response: Estimate };
  /** Starts a run. */
  replay_start: { request: ReplayRequest; response: Started };
  /** Runs, newest first. */
  runs_list: { request: Empty; response: Runs };
  /** A run with its takes. */
  run_get: { request: RunRequest; response: Run };
  /** Stops a run. */
  run_cancel: { request: IdRequest; response: Run };
  /** Goes on with a run. */
  run_resume: { request: ResumeRequest; response: Started };
  /** Chunks of a take that the caller has not seen. Cheap; call it after a push or a gap. */
  take_chunks: { request: ChunksRequest; response: Chunks };
  /** A take. */
  take_get: { request: IdRequest; response: Take };
  /** What was sent to where. */
  egress_ledger: { request: Empty; response: Ledger };
  /** Takes side by side. */
  compare: { request: CompareRequest; response: Comparison };
  /** Keeps a vote on takes side by side. */
  vote_set: { request: VoteRequest; response: Voted };
  /** Takes the vote in force back; the one before it is in force again. */
  vote_undo: { request: VoteUndoRequest; response: Voted };
  /** A run as cases by variants, each against the recorded answer. */
  run_matrix: { request: IdRequest; response: Matrix };
  /** Prompts. */
  prompts_list: { request: Empty; response: Prompts };
  /** One prompt with its versions and label history. */
  prompt_show: { request: NameRequest; response: PromptDetail };
  /** A new version; the same text makes none. */
  prompt_new: { request: PromptNewRequest; response: PromptNew };
  /** A version's text. */
  prompt_get: { request: PromptGetRequest; response: PromptText };
  /** Two versions. */
  prompt_diff: { request: PromptDiffRequest; response: PromptDiff };
  /** Moves a label, or rolls it back. */
  prompt_label: { request: PromptLabelRequest; response: PromptDetail };
  /** Makes a golden case, or shows what it would be. */
  promote: { request: PromoteRequest; response: Promoted };
  /** Golden sets that this workspace knows. */
  golden_list: { request: Empty; response: GoldenSets };
  /** Remembers a folder of golden cases. */
  golden_add: { request: GoldenAddRequest; response: GoldenSets };
  /** Writes a case file back, if it can be read. */
  case_save: { request: CaseSaveRequest; response: Check };
  /** What is wrong with a text that is to be a case. */
  case_parse: { request: CaseTextRequest; response: CaseRead };
  /** The form of a file that people write (`case`, `policy`, `mapping` …), for an editor's completion. */
  file_form: { request: NameRequest; response: FileSchema };
  /** Checks golden sets. */
  check: { request: CheckRequest; response: Check };
  /** Connections. */
  connections_list: { request: Empty; response: Connections };
  /** Adds a connection. */
  connection_add: { request: ConnectAddRequest; response: Connections };
  /** Looks for model servers on their usual ports of this machine. */
  connections_local: { request: Empty; response: LocalServers };
  /** Removes a connection. */
  connection_remove: { request: NameRequest; response: Connections };
  /** Asks a connection for its models. */
  connection_test: { request: ConnectTestRequest; response: ConnectTest };
  /** Stores a key in the keyring. */
  secret_set: { request: SecretSetRequest; response: Secrets };
  /** Which connections have a key. */
  secrets_list: { request: Empty; response: Secrets };
  /** Removes a key. */
  secret_remove: { request: NameRequest; response: Secrets };
  /** Prices. */
  pricing_list: { request: Empty; response: Pricing };
  /** Imports prices from a file. */
  pricing_import: { request: IdRequest; response: PricingImported };
  /** Sets the policy. */
  policy_set: { request: PolicySetRequest; response: PolicyView };
  /** Shows the policy. */
  policy_get: { request: Empty; response: PolicyView };
  /** Removes the policy. */
  policy_clear: { request: Empty; response: PolicyView };
}
