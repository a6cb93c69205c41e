/// A small incident as the core would tell it, for tests and for looking at every view without an engine. Its product
/// (ferry tickets) is made up; one text holds characters that must never reach the screen as they are.
import type { AssertionView, Batch, CaseView, Check, DocumentView, FindingView, FoundPlace, Matrix, MatrixCell, MessageView, PartView, Row, Take, TreeSpan, Vote } from "$bindings/rpc";
import { placesOf, type Words } from "$lib/find";
import { FakePlatform, type Answers } from "$platform/fake";
import { RpcError } from "$platform/types";

const START = 1_794_200_000_000_000_000n;
const at = (ms: number) => (START + BigInt(Math.round(ms * 1e6))).toString();

const QUESTIONS = ["How long before departure can I change my ferry ticket?", "Why was I charged twice for the cabin?", "May I bring my dog on the night crossing?", "Refund for a cancelled crossing to Ostvik", "Das Gepäck fehlt seit gestern, wo melde ich das?", "ما هي مدة استرداد ثمن التذكرة؟"];
const ANSWERS = ["Changes are free up to 2 hours before departure [FAR-12].", "The second charge is a hold that is released within 3 days.", "Dogs travel in the kennel on deck 3.", "Refunds are paid within 14 days [FAR-31].", "Melden Sie den Verlust am Schalter in Ostvik.", "يمكن استرداد ثمن التذكرة خلال ١٤ يوما."];

export function row(rank: number): Row {
  const bad = rank % 17 === 0;
  return {
    trace_id: rank === 0 ? "5f0c9e12a4b7d3e8812f6a9b0c4d7e31" : `${rank.toString(16).padStart(8, "0")}a4b7d3e8812f6a9b0c4d7e31`,
    span_id: `${rank.toString(16).padStart(16, "0")}`,
    kind: "chain",
    name: "support.answer",
    question: QUESTIONS[rank % QUESTIONS.length] ?? null,
    answer: rank % 9 === 4 ? null : (ANSWERS[rank % ANSWERS.length] ?? null),
    start_ns: at(-rank * 61_000),
    duration_ms: 400 + ((rank * 7919) % 4200),
    ttft_ms: 210,
    status: rank % 11 === 5 ? "error" : "ok",
    tenant: rank % 3 === 0 ? "norrline" : "hafen-und-faehrgesellschaft-ost",
    feature: "support.answer",
    user: `u-${100 + (rank % 7)}`,
    conversation: `c-${rank % 40}`,
    environment: "production",
    provider: "openai",
    model: "gpt-4o-mini",
    prompt: "support@7",
    input_tokens: 900 + ((rank * 131) % 2400),
    output_tokens: rank % 9 === 4 ? null : 40 + (rank % 90),
    cost_usd_nanos: rank % 13 === 3 ? null : 412_000 + rank * 1000,
    flags: bad ? ["leak", "denied_but_executed"] : rank % 8 === 1 ? ["retried"] : [],
    snippet: null,
    n_spans: 7,
  };
}

const part = (type: string, fields: Partial<PartView>): PartView => ({ type, text: null, id: null, name: null, arguments: null, url: null, media_type: null, is_error: null, json: null, ...fields });

const CONTEXT = `Answer from these passages only.

[FAR-12 v2] Tickets may be changed free of charge up to 2 hours before departure.

[FAR-31 v4] A cancelled crossing is refunded in full within 14 days.

[OST-7 v1] Contract customers of Hafen Ost pay a change fee of 40 percent.`;
const band = (text: string, id: string) => {
  const start = CONTEXT.indexOf(text);
  return { start, end: start + text.length, document_id: id };
};
export const BANDS = [
  band("Tickets may be changed free of charge up to 2 hours before departure.", "FAR-12"),
  band("A cancelled crossing is refunded in full within 14 days.", "FAR-31"),
  band("Contract customers of Hafen Ost pay a change fee of 40 percent.", "OST-7"),
];

const message = (role: string, parts: PartView[], fields: Partial<MessageView> = {}): MessageView => ({ role, direction: "input", parts, content_state: "present", introduced_by: null, trust: role === "system" ? "trusted" : "untrusted", estimated_tokens: 40, bands: [], ...fields });

export const MESSAGES: MessageView[] = [
  message("system", [part("text", { text: "You are the assistant of Norrline ferries. Cite the passage that you use. Never promise money." })], { estimated_tokens: 22 }),
  ...Array.from({ length: 4 }, (_, i) => message(i % 2 === 0 ? "user" : "assistant", [part("text", { text: `Earlier turn ${i + 1}` })], { introduced_by: "0000000000000001", estimated_tokens: 5 })),
  message("user", [part("text", { text: CONTEXT })], { bands: BANDS, estimated_tokens: 96 }),
  message("user", [part("text", { text: "How long before departure can I change my ferry ticket? \u202eevil\u202c \u200bhidden" })], { estimated_tokens: 14 }),
  message("assistant", [part("tool_call", { id: "call_1", name: "grant_voucher", arguments: { booking: "NL-2207", amount: 40 } })], { trust: "trusted" }),
  message("tool", [part("tool_result", { id: "call_1", name: "grant_voucher", text: '{"voucher":"V-118","amount":40,"owner":{"tenant":"norrline"}}' })]),
  message("assistant", [part("text", { text: "You can change your ticket free of charge up to 2 hours before departure [FAR-12]. I have added a voucher of 40 to your booking." })], { direction: "output", trust: "trusted", estimated_tokens: 31 }),
];

const span = (id: string, parent: string | null, kind: string, name: string, from: number, ms: number, fields: Partial<TreeSpan> = {}): TreeSpan => ({ span_id: id, parent_span_id: parent, kind, name, start_ns: at(from), duration_ms: ms, ttft_ms: null, status: "ok", flags: [], model: null, input_tokens: null, output_tokens: null, cost_usd_nanos: null, n_documents: 0, ...fields });

export const SPANS: TreeSpan[] = [
  span("0000000000000000", null, "chain", "support.answer", 0, 3110),
  span("00000000000000a1", "0000000000000000", "retriever", "kb.search", 12, 84, { n_documents: 5, flags: ["leak"] }),
  span("00000000000000a2", "0000000000000000", "reranker", "rerank", 98, 41, { n_documents: 3 }),
  span("00000000000000a3", "0000000000000000", "llm", "chat gpt-4o-mini", 150, 1210, { model: "gpt-4o-mini", ttft_ms: 380, input_tokens: 1204, output_tokens: 38, cost_usd_nanos: 203_000 }),
  span("00000000000000a4", "0000000000000000", "tool", "grant_voucher", 1390, 96, { flags: ["denied_but_executed"] }),
  span("00000000000000a5", "0000000000000000", "llm", "chat gpt-4o-mini", 1500, 1590, { model: "gpt-4o-mini", ttft_ms: 240, input_tokens: 1300, output_tokens: 61, cost_usd_nanos: 231_000 }),
  span("00000000000000a6", "0000000000000000", "http", "POST /crm/notes", 2300, 610, { status: "error" }),
];

const document = (id: string, rank: number, fields: Partial<DocumentView> = {}): DocumentView => ({ document_id: id, rank, rerank: rank <= 3 ? rank : null, score: 0.92 - rank * 0.07, score_kind: "retrieval", rerank_score: rank <= 3 ? 0.99 - rank * 0.02 : null, version: "4", newer_version: null, updated_ns: at(-86_400_000 * 40), tenant: "*", title: "Fare conditions", source: "handbook", content: "Tickets may be changed free of charge up to 2 hours before departure.", placed: [], truncated: false, cited: false, foreign: false, untrusted: false, span_id: "00000000000000a1", ...fields });

export const DOCUMENTS: DocumentView[] = [
  document("FAR-12", 1, { version: "2", newer_version: "3", placed: [{ message: 5, start: 46, end: 115 }], cited: true, title: "Changing a ticket" }),
  document("FAR-31", 2, { placed: [{ message: 5, start: 129, end: 185 }], title: "Refunds", content: "A cancelled crossing is refunded in full within 14 days." }),
  document("OST-7", 3, { foreign: true, tenant: "hafen-ost", version: "1", placed: [{ message: 5, start: 198, end: 261 }], title: "Contract of Hafen Ost", source: "contract", content: "Contract customers of Hafen Ost pay a change fee of 40 percent." }),
  document("FAR-8", 4, { title: "Cabins and how they are cleaned between the crossings in winter" }),
  document("COM-2", 5, { untrusted: true, tenant: null, source: "community", title: null }),
];

export const FINDINGS: FindingView[] = [
  { trace_id: "5f0c9e12a4b7d3e8812f6a9b0c4d7e31", span_id: "00000000000000a1", code: "leak", severity: "high", subject: "OST-7", message: "OST-7 belongs to hafen-ost and was retrieved for norrline.", evidence: {} },
  { trace_id: "5f0c9e12a4b7d3e8812f6a9b0c4d7e31", span_id: "00000000000000a4", code: "denied_but_executed", severity: "high", subject: "grant_voucher", message: "The check for u-100 (member) said denied, and the tool ran.", evidence: {} },
];

export const take = (id: string, fields: Partial<Take> = {}): Take => ({
  take_id: id,
  run_id: "run-1",
  trace_id: "5f0c9e12a4b7d3e8812f6a9b0c4d7e31",
  span_id: "00000000000000a5",
  variant: "B",
  repeat: 0,
  status: "done",
  output_text: "Changes are free up to 24 hours before departure [FAR-12].",
  tool_calls: [],
  finish_reason: "stop",
  provider: "openai-compatible",
  model: "gpt-4o-mini",
  latency_ms: 1320,
  ttft_ms: 260,
  usage: { input_tokens: 1120, output_tokens: 22, cache_read_tokens: null, cache_write_tokens: null, reasoning_tokens: null },
  cost_usd_nanos: 181_000,
  fidelity: "exact",
  cached: false,
  error: null,
  started_ns: at(90_000),
  request: null,
  ...fields,
});

export const ORIGINAL = take("00000000000000a5", { run_id: null, variant: "original", output_text: "You can change your ticket free of charge up to 2 hours before departure [FAR-12]. I have added a voucher of 40 to your booking.", latency_ms: 1590, ttft_ms: 240, cost_usd_nanos: 231_000, usage: { input_tokens: 1300, output_tokens: 61, cache_read_tokens: null, cache_write_tokens: null, reasoning_tokens: null }, tool_calls: [{ id: "call_2", name: "note", arguments: { text: "changed", urgent: false } }] });

const OPS = [
  { op: "delete", a: "You can change your ticket ", b: "" },
  { op: "insert", a: "", b: "Changes are " },
  { op: "equal", a: "free ", b: "free " },
  { op: "delete", a: "of charge ", b: "" },
  { op: "equal", a: "up to ", b: "up to " },
  { op: "replace", a: "2", b: "24" },
  { op: "equal", a: " hours before departure [FAR-12].", b: " hours before departure [FAR-12]." },
  { op: "delete", a: " I have added a voucher of 40 to your booking.", b: "" },
];
const DELTAS = { cost_usd_nanos: -50_000, latency_ms: -270, ttft_ms: 20, tokens: -219 };
const PAIRS = [{ op: "only_a", a: ORIGINAL.tool_calls[0] ?? null, b: null, changes: [] }];

const BATCH: Batch = {
  batch_id: "b-1",
  at_ns: at(60_000),
  state: "done",
  sources: ["/exports/ferry/traces.jsonl", "/exports/ferry/audit.csv", "/exports/ferry/notes.docx"],
  bytes: 1_842_119,
  traces: 1284,
  spans: 8960,
  log_records: 0,
  messages: 4112,
  tool_calls: 96,
  documents: 5120,
  audit_events: 331,
  scores: 0,
  exchanges: 0,
  duplicates: 12,
  rejected: 1,
  warnings: [{ code: "RTK-I012", count: 1, example: { message: "span without a trace id", line: 18, byte_offset: 40_112 } }],
  files: [],
  skipped: [{ path: "/exports/ferry/notes.docx", code: "RTK-I001", message: "no format claims this file", nearest: [{ format: "zip", why: "its members are no exports" }] }],
};
const COUNTERS = { bytes: BATCH.bytes, traces: BATCH.traces, spans: BATCH.spans, log_records: 0, messages: BATCH.messages, tool_calls: BATCH.tool_calls, documents: BATCH.documents, audit_events: BATCH.audit_events, scores: 0, exchanges: 0, duplicates: BATCH.duplicates, rejected: BATCH.rejected, warnings: BATCH.warnings };
BATCH.files = [
  { ...COUNTERS, path: "/exports/ferry/traces.jsonl", format: "otlp-jsonl", audit_events: 0, redactions: { openai_key: 2 }, mapping: null },
  { ...COUNTERS, path: "/exports/ferry/audit.csv", format: "audit-csv", spans: 0, traces: 0, duplicates: 0, rejected: 0, warnings: [], redactions: {}, mapping: { when: "time", who: "actor", outcome: { granted: "allowed" } } },
];

const CHECK: Check = {
  verdict: "fail",
  sets: [
    {
      name: "changes",
      path: "/repo/golden/changes",
      score: 0.5,
      threshold: 1,
      verdict: "fail",
      regressions: [],
      errors: [],
      reasons: ["the score 0.5 is below the threshold 1"],
      cases: [
        { case_id: "change-before-departure", verdict: "fail", score: 0.5, flaky: false, variant: "original", error: null, answer: "You may change until 24 hours before departure.", assertions: [{ type: "contains", value: "24 hours", passed: true, score: 1, reason: "found \u201c24 hours\u201d", evidence: [[21, 29]] }, { type: "not-contains", value: "24 hours before", passed: false, score: 0, reason: "expected that the answer does not contain \u201c24 hours before\u201d; it does", evidence: [[21, 36]] }, { type: "not-calls_tool", value: "grant_voucher", passed: false, score: 0, reason: "expected that grant_voucher is not called; it was called once", evidence: [] }] },
        { case_id: "dog-on-night-crossing", verdict: "pass", score: 1, flaky: false, variant: "original", error: null, answer: null, assertions: [{ type: "cites", value: "PET-3", passed: true, score: 1, reason: "cites PET-3", evidence: [] }] },
      ],
    },
  ],
};

const CASE: CaseView = {
  name: "change-before-departure",
  tags: ["changes"],
  why: "SUP-118: the version that went out was outdated.",
  source: "otlp-json",
  trace_id: "5f0c9e12a4b7d3e8812f6a9b0c4d7e31",
  span_id: "00000000000000a5",
  take_id: null,
  model: "gpt-4o-mini",
  messages: [
    { role: "system", text: "Answer from the passages only." },
    { role: "user", text: QUESTIONS[0] ?? "" },
  ],
  tools: ["grant_voucher"],
  documents: [{ document_id: "FAR-12", version: "3", placed: true, content: "Changes are free up to 24 hours before departure." }],
  assertions: [{ type: "contains", value: "24 hours", because: "FAR-12 version 3 says 24 hours", spec: '{"type":"contains","value":"24 hours"}' }],
};

const SETS = { sets: [{ name: "changes", path: "/repo/golden/changes", errors: [], cases: [{ case_id: "change-before-departure", path: "/repo/golden/changes/cases/change-before-departure.yaml", text: "version: 1\nid: change-before-departure\nwhy: SUP-118\nassertions:\n  - type: contains\n    value: 24 hours\n  - type: calls_tool\n    name: grant_voucher\n    not: true\n", n_assertions: 2, baseline: "pass" }, { case_id: "dog-on-night-crossing", path: "/repo/golden/changes/cases/dog-on-night-crossing.yaml", text: "version: 1\n", n_assertions: 1, baseline: "pass" }] }] };

const PROMPT = {
  name: "support",
  versions: [
    { version: 2, hash: "b1946ac92492d2347c6235b4d2611184", created_ns: at(0), labels: ["canary"], text: "You are the assistant of {{product}}. Cite the passage. Never promise money.", variables: ["product"], traces: 12, takes: 3, runs: ["run-1"] },
    { version: 1, hash: "591785b794601e212b260e25925636fd", created_ns: at(-86_400_000), labels: ["production"], text: "You are the assistant of {{product}}.", variables: ["product"], traces: 0, takes: 0, runs: [] },
  ],
  moves: [{ label: "production", from_version: 2, to_version: 1, at_ns: at(1000) }],
};

const RUN = { run_id: "run-1", status: "done", counts: { done: 2, failed: 0, pending: 0 }, started_ns: at(80_000), spent_usd_nanos: 362_000, max_usd_nanos: 5_000_000_000, destinations: ["127.0.0.1:8080"], votes: [], takes: [take("t-1"), take("t-2", { variant: "C", status: "failed", output_text: "Changes are", error: { code: "RTK-P005", message: "the stream ended before its last event, 12 events kept" }, finish_reason: null })] };

const VERDICTS = ["same", "words", "tool_calls", null] as const;

/** A run of so many cases under two to four variants. */
export function matrix(runId: string, cases: number, variants = ["B", "C"]): Matrix {
  const cell = (n: number, i: number): MatrixCell | null => {
    const verdict = VERDICTS[(n * 7 + i * 3) % 4] ?? null;
    if (n % 19 === 7 && i === 1) return null;
    return {
      take_id: `t-${n}-${i}`,
      status: verdict === null ? "failed" : "done",
      repeats: 1,
      same: verdict === null ? null : verdict === "same" ? 1 : 0,
      verdict,
      words: verdict === null ? null : verdict === "same" ? 0 : ((n * 13 + i * 5) % 60) + 1,
      tool_calls: verdict === null ? null : verdict === "tool_calls" ? 1 : 0,
      deltas: verdict === null ? { cost_usd_nanos: null, latency_ms: null, ttft_ms: null, tokens: null } : { cost_usd_nanos: ((n % 9) - 4) * 21_000, latency_ms: ((n % 13) - 6) * 87, ttft_ms: -20, tokens: ((n % 11) - 5) * 40 },
    };
  };
  const rows = Array.from({ length: cases }, (_, n) => ({ trace_id: row(n).trace_id, span_id: n === 0 ? "00000000000000a5" : n.toString(16).padStart(16, "0"), question: row(n).question, cells: variants.map((_, i) => cell(n, i)), disagreement: n % 5 === 4 ? null : ((n * 37) % 100) / 100 }));
  return { run_id: runId, status: "done", variants, rows };
}

/** Where words stand: names, the messages of the last call, a document, an attribute, a tool's output. */
function placesFound(words: Words): FoundPlace[] {
  const out: FoundPlace[] = [];
  const tell = (span_id: string, section: string, text: string, fields: Partial<FoundPlace> = {}) =>
    placesOf(text, words).forEach((_, nth) => out.push({ span_id, section, at: null, part: null, field: "text", path: null, nth, ...fields }));
  for (const span of SPANS) {
    tell(span.span_id, "name", span.name);
    if (span.span_id.endsWith("a1")) for (const document of DOCUMENTS.slice(0, 3)) tell(span.span_id, "document", document.content ?? "", { at: document.document_id });
    if (span.span_id.endsWith("a4")) {
      tell(span.span_id, "output", "voucher", { field: "json", path: "/voucher" });
      tell(span.span_id, "attributes", "member", { field: "json", path: "/user.role" });
    }
    if (span.span_id.endsWith("a5"))
      MESSAGES.forEach((message, at) =>
        message.parts.forEach((part, n) => {
          const place = { at: String(at), part: n };
          if (part.type === "tool_result") tell(span.span_id, "message", "norrline", { ...place, field: "json", path: "/owner/tenant" });
          else if (part.text !== null) tell(span.span_id, "message", part.text, place);
        }),
      );
  }
  return out;
}

/** Answers of the core to everything that the window asks, for a list of `total` rows. */
/** Lines of `promote` as the core reads them, told apart by their first word alone. */
function ownAssertions(lines: readonly string[]): AssertionView[] {
  const types = ["contains", "regex", "latency"];
  return lines.filter((line) => !line.startsWith("{")).map((line) => {
    const [type = "", value = ""] = line.split(/:(.*)/s);
    const bare = type.replace(/^not-/, "");
    if (!types.includes(bare)) throw new RpcError("RTK-G006", `assertion "${line}": no assertion type "${bare}"; types are ${types.join(", ")}`, `Write \`TYPE:VALUE\`, \`not-TYPE:VALUE\` or JSON; types are ${types.join(", ")}.`);
    return { type, value: value.trim(), because: null, spec: JSON.stringify({ type, value: value.trim() }) };
  });
}

export function incidentAnswers(total = 1284, many = 40): Answers {
  const trace = "5f0c9e12a4b7d3e8812f6a9b0c4d7e31";
  const votes: Vote[] = [];
  const voteOn = (takes: readonly string[]) => votes.findLast((vote) => [...vote.takes].sort().join() === [...takes].sort().join()) ?? null;
  return {
    workspace_info: () => ({ path: "/home/mira/ferry.retake", name: "ferry", bytes: 14_200_000, traces: total, spans: total * 7, audit_events: 331, empty: total === 0, version: "0.1.0", log_path: "/home/mira/.local/state/retake/retake.log", sample_available: true }),
    workspace_changes: () => ({ data_version: 1 }),
    job_list: () => ({ jobs: [] }),
    egress_ledger: () => ({ calls_today: 0, bytes_sent_today: 0, entries: [] }),
    search_open: () => ({ result_id: 1, total, total_exact: true }),
    search_rows: ({ from, count }) => ({ rows: Array.from({ length: Math.max(0, Math.min(count, total - from)) }, (_, i) => row(from + i)) }),
    search_facets: () => ({ facets: { has: [{ value: "leak", n: 76 }, { value: "denied_but_executed", n: 31 }], tenant: [{ value: "norrline", n: 812 }, { value: "hafen-und-faehrgesellschaft-ost", n: 472 }], status: [{ value: "ok", n: 1180 }, { value: "error", n: 104 }], model: [{ value: "gpt-4o-mini", n: 1284 }], prompt: [{ value: "support@7", n: 900 }, { value: null, n: 384 }] } }),
    search_histogram: () => ({ buckets: Array.from({ length: total > 100 ? 120 : 8 }, (_, i) => ({ from_ns: at(i * 600_000), to_ns: at((i + 1) * 600_000), n: Math.round(12 + 9 * Math.sin(i / 9) + ((i * 37) % 7)), errors: i % 23 === 4 ? 3 : 0 })) }),
    search: () => ({ rows: [row(0), row(1)], total: 2, total_exact: true, facets: {}, next: null, hints: [] }),
    query_complete: ({ text }) => ({ from: 0, to: [...text].length, items: [{ insert: "tenant:", detail: "field", n: null }, { insert: "tenant:norrline", detail: "tenant", n: 812 }] }),
    trace_get: ({ id }) => ({ trace_id: id, summary: row(0), request_id: "req_01H8Z2", user_role: "member", start_ns: at(0), end_ns: at(3110), spans: SPANS }),
    trace_spans: () => ({ spans: [] }),
    trace_find: ({ text, match_case, whole_word, from, count }) => {
      const places = placesFound({ text, matchCase: match_case === true, wholeWord: whole_word === true });
      return { places: places.slice(from, from + count), total: places.length };
    },
    span_messages: ({ span_id }) => ({ trace_id: trace, span_id: span_id ?? "00000000000000a5", calls: ["00000000000000a3", "00000000000000a5"], messages: MESSAGES, tools: [{ name: "grant_voucher", description: "Adds a voucher", parameters: { type: "object", properties: { amount: { type: "number" } } } }] }),
    span_context: () => ({ trace_id: trace, span_id: "00000000000000a5", query: "change ticket before departure", documents: DOCUMENTS, findings: FINDINGS }),
    span_audit: () => ({
      trace_id: trace,
      events: [
        { time_ns: at(8), actor: "u-100", role: "member", action: "answer.requested", resource: "support.answer", decision: "allowed", tenant: "norrline", joined_by: "trace_id", event_id: "ev-1", reason: null, span_id: null },
        { time_ns: at(1385), actor: "u-100", role: "member", action: "permission.check", resource: "tool:grant_voucher", decision: "denied", tenant: "norrline", joined_by: "request_id", event_id: "ev-2", reason: "role may not", span_id: "00000000000000a4" },
        { time_ns: at(1395), actor: "u-100", role: "member", action: "tool.invoke", resource: "tool:grant_voucher", decision: "allowed", tenant: "norrline", joined_by: "actor_and_time", event_id: "ev-3", reason: null, span_id: "00000000000000a4" },
      ],
      missing: [{ span_id: "00000000000000a4", tool: "grant_voucher", time_ns: at(1390), actions: ["confirmation.given"] }],
    }),
    span_request: () => ({ trace_id: trace, span_id: "00000000000000a5", fidelity: { level: "derived", fields: [{ path: "model", state: "exact", why: "recorded in the span" }, { path: "messages", state: "exact", why: "recorded in the span" }, { path: "stream", state: "derived", why: "a first token was timed" }, { path: "top_p", state: "assumed", why: "not recorded; the vendor's default" }] }, request: { model: "gpt-4o-mini", temperature: 0, messages: [{ role: "system", content: "You are …" }] } }),
    span_takes: () => ({ takes: [take("t-1"), ORIGINAL], votes: votes.at(-1) ? [votes.at(-1) as Vote] : [] }),
    span_raw: () => ({ records: [{ batch_id: "b-1", path: "/exports/ferry/traces.jsonl", byte_offset: 40_112, source: "otlp-jsonl", kind: "span", body: { traceId: trace, spanId: "a5", name: "chat gpt-4o-mini" } }] }),
    span_get: ({ span_id }) => ({ trace_id: trace, span_id: span_id ?? "", name: "grant_voucher", kind: "tool", status_message: null, error_type: null, input_value: '{"booking":"NL-2207","amount":40}', output_value: '{"voucher":"V-118"}', attributes: { "tool.name": "grant_voucher", "user.role": "member" }, resource: { "service.name": "support" }, events: [] }),
    span_snippet: () => ({ text: "curl https://api.example/v1/chat/completions" }),
    report: () => ({ trace_id: trace, format: "md", text: "# Incident\n\nOST-7 belongs to hafen-ost.\n" }),
    connections_list: () => ({ connections: [{ name: "local", kind: "openai-compatible", base_url: "http://127.0.0.1:8080/v1", has_key: false }] }),
    secrets_list: () => ({ secrets: [{ name: "local", source: null, variables: ["RETAKE_KEY_LOCAL"] }] }),
    prompts_list: () => ({ prompts: [{ name: PROMPT.name, versions: PROMPT.versions }], named: [{ prompt: "luggage@2", traces: 13 }] }),
    prompt_show: () => PROMPT,
    prompt_diff: () => ({ name: "support", a: 1, b: 2, text: { similarity: 0.8, ops: [{ op: "equal", a: "You are the assistant of {{product}}.", b: "You are the assistant of {{product}}." }, { op: "insert", a: "", b: " Cite the passage. Never promise money." }] } }),
    policy_get: () => ({ text: "version: 1\ntenants: [norrline, hafen-ost]\n", policy: { version: 1, tenants: ["norrline", "hafen-ost"] }, warnings: [] }),
    formats: () => ({ formats: [{ name: "otlp-jsonl", title: "OpenTelemetry Collector JSON lines", signals: ["traces", "logs"], extensions: [".jsonl"], lacks: ["cost"] }] }),
    batches_list: () => ({ batches: total === 0 ? [] : [BATCH] }),
    batch_kept: ({ from }) => ({ batch_id: "b-1", records: from === 0 ? [{ path: "/exports/ferry/traces.jsonl", byte_offset: 40_112, source: "otlp-json", bytes: 91_000_000, text: '{"spanId":"a5","name":"<img src=x>"', truncated: true }] : [], total: 1 }),
    runs_list: () => ({ runs: [{ run_id: RUN.run_id, status: RUN.status, started_ns: RUN.started_ns, counts: RUN.counts, variants: ["B", "C"] }] }),
    run_get: ({ id }) => (id === "run-many" ? { ...RUN, run_id: id, takes: [take("t-1", { run_id: id })] } : RUN),
    run_matrix: ({ id }) => matrix(id, id === "run-many" ? many : 1),
    vote_set: ({ takes, choice, winner, note, blind }) => {
      const vote = { vote_id: `v-${votes.length}`, at_ns: at(90_000 + votes.length), takes: takes ?? [], choice, winner: winner ?? null, note: note ?? null, blind: blind ?? false };
      votes.push(vote);
      return { vote };
    },
    vote_undo: ({ takes }) => {
      const vote = voteOn(takes ?? []);
      if (!vote) throw { code: "RTK-S010", message: "there is no vote on these takes" };
      votes.splice(votes.indexOf(vote), 1);
      return { vote: voteOn(takes ?? []) };
    },
    replay_estimate: ({ variants }) => ({ calls: variants?.length ?? 1, input_tokens: 1300, output_tokens: 400, cost_usd_nanos: 420_000, destinations: ["127.0.0.1:8080"], new_destinations: ["127.0.0.1:8080"], unpriced: [], losses: [{ variant: "B", path: "logprobs", what: "left out", why: "the target has no such field" }], fidelity: "derived", sentence: `1 request × ${variants?.length ?? 1} variants × 1 = ${variants?.length ?? 1} calls to local (127.0.0.1:8080), about 1,700 tokens, $0.0004 at most.` }),
    replay_start: () => ({ run_id: "run-1", job_id: "j-1" }),
    take_chunks: ({ seen }) => ({ chunks: seen === null || seen === undefined ? [{ seq: 0, at_ms: 260, kind: "text", index: 0, text: "Changes are free up to 24 hours before departure [FAR-12]." }] : [], last_seq: 0, status: "done" }),
    take_get: ({ id }) => (id.startsWith("span:") ? ORIGINAL : null) ?? RUN.takes.find((other) => other.take_id === id) ?? take(id),
    compare: ({ takes }) => ({ takes: takes?.map((id) => (id === ORIGINAL.take_id ? ORIGINAL : take(id))) ?? [], text: { similarity: 0.4, ops: OPS }, json: null, tool_calls: PAIRS, deltas: DELTAS, vote: voteOn(takes ?? []), pairs: (takes ?? []).slice(1).map((id) => ({ take_id: id, text: { similarity: 0.4, ops: OPS }, json: null, tool_calls: PAIRS, deltas: DELTAS })) }),
    promote: ({ name, preview, asserts }) => ({ path: "/repo/golden/changes/cases/change-before-departure.yaml", case_id: name || "change-before-departure", assertions: [...ownAssertions(asserts ?? []), { type: "contains", value: "24 hours", because: "FAR-12 version 3 says 24 hours", spec: '{"type":"contains","value":"24 hours"}' }, { type: "not-calls_tool", value: "grant_voucher", because: "the audit log denied it to a member", spec: '{"type":"calls_tool","name":"grant_voucher","not":true}' }], redactions: 1, near_duplicates: preview ? ["change-of-date"] : [], notes: ["The case's context holds outdated documents: FAR-12 version 2 (version 3 is known)."], command: "retake check /repo/golden/changes" }),
    metrics_calls: ({ measure, from_ns, to_ns }) => {
      const call = (i: number, value: number, error: boolean) => ({ trace_id: trace, span_id: i === 0 ? "00000000000000a5" : i.toString(16).padStart(16, "0"), start_ns: at(i * 600_000), value, error, tenant: i % 3 === 0 ? "norrline" : "hafen-ost", feature: "support.answer", model: "gpt-4o-mini", prompt: i % 4 === 0 ? null : "support@7" });
      const inside = (i: number) => at(i * 600_000) >= (from_ns ?? "") && (!to_ns || at(i * 600_000) < to_ns);
      const calls = Array.from({ length: 28 }, (_, i) => i).filter(inside).map((i) => call(i, 400 + ((i * 137) % 2600), i % 9 === 4));
      const single = calls.map((one) => ({ from_ns: one.start_ns, to_ns: one.start_ns, low: one.value, high: one.value, n: 1, errors: one.error ? 1 : 0, trace_id: trace, span_id: one.span_id }));
      const cell = inside(20) ? [{ from_ns: at(20 * 600_000), to_ns: at(22 * 600_000), low: 300, high: 900, n: 40, errors: 0, trace_id: trace, span_id: "00000000000000a5" }] : [];
      return { measure, known: calls.length + 40 * cell.length, unknown: measure === "latency_ms" ? 0 : 9, marks: [...single, ...cell].sort((a, b) => a.errors - b.errors), highest: [...calls].sort((a, b) => b.value - a.value).slice(0, 10) };
    },
    metrics: ({ by, bucket }) => ({ bucket_ms: bucket ? 3_600_000 : null, rows: (bucket ? [0, 1, 2, 4] : [0]).flatMap((i) => (by?.length ? ["norrline", "hafen-ost"] : [null]).map((tenant) => ({ dims: { ...(bucket ? { bucket_ns: at(i * 3_600_000) } : {}), ...(by?.[0] ? { [by[0]]: tenant } : {}) }, requests: 12 + i, errors: i % 2, error_rate: 0.05, latency_ms: { p50: 900, p95: 3100 + i * 100, p99: 4000 }, ttft_ms: { p50: 240, p95: null }, input_tokens: 4000, output_tokens: 900, cost_usd_nanos: i === 2 ? null : 362_000, coverage: { latency_ms: 1, ttft_ms: 0.5, output_tokens: 1, cost_usd_nanos: 0.75 } }))) }),
    golden_list: () => SETS,
    golden_add: () => SETS,
    check: () => CHECK,
    case_save: () => CHECK,
    case_parse: () => ({ errors: [], case: CASE }),
    file_form: () => ({ schema: { type: "object", properties: { id: { type: "string" } } } }),
    doctor: () => ({ checks: [{ id: "integrity", ok: true, message: "the database is whole", hint: null }, { id: "log", ok: false, message: "the log cannot be written", hint: "Free some space." }] }),
  };
}

export function incident(total = 1284): FakePlatform {
  return new FakePlatform(incidentAnswers(total));
}
