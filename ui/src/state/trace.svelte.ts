/// One trace: its tree, the span that is selected, and what each tab shows of it, read when it is looked at.
import type { Audit, Context, FindingView, FoundPlace, MessageView, Messages, Raw, Report, RequestView, SpanDetail, Takes, Tree, TreeSpan } from "$bindings/rpc";
import { msBetween } from "$lib/format";
import { outline, type Extent, type TimeWindow } from "$lib/tree";
import { RpcError, type Platform } from "$platform/types";
import { SvelteSet } from "svelte/reactivity";
import { Find } from "./find.svelte";
import { Loaded } from "./loaded.svelte";

export const TABS = ["messages", "context", "audit", "request", "takes", "raw"] as const;
export type Tab = (typeof TABS)[number];

/** Kinds whose own input and output say more than the prompt of a model call beside them. */
const OWN_CONTENT = new Set(["tool", "retriever", "reranker", "embedding", "guardrail", "evaluator", "http"]);

/** Spans that come with the trace; of a larger one the others follow. */
const FIRST = 400;
/** Spans that follow at once. */
const NEXT = 5000;

/** The axis goes a little beyond the last end, so that what happens there can be seen. */
const EDGE = 1.02;

export class Trace {
  traceId = $state<string | null>(null);
  spanId = $state<string | null>(null);
  tab = $state<Tab>("messages");
  /** Document that is selected, in all tabs. */
  documentId = $state<string | null>(null);
  readonly folded = new SvelteSet<string>();
  /** What was opened by hand: carried history, tall and long texts. Named by what shows it. */
  readonly opened = new SvelteSet<string>();
  /** Part of the time axis that is shown; all of it when `null`. */
  zoom = $state.raw<TimeWindow | null>(null);

  readonly tree = new Loaded<Tree>();
  /** Spans that were read, in the order of the core. */
  spans = $state.raw<readonly TreeSpan[]>([]);
  /** Further spans are being read. */
  partial = $state(false);
  readonly messages = new Loaded<Messages>();
  readonly context = new Loaded<Context>();
  /** Context of the trace as a whole: its findings stay while calls are stepped through. */
  readonly whole = new Loaded<Context>();
  readonly audit = new Loaded<Audit>();
  readonly request = new Loaded<RequestView>();
  readonly takes = new Loaded<Takes>();
  readonly raw = new Loaded<Raw>();
  readonly detail = new Loaded<SpanDetail>();
  readonly report = new Loaded<Report>();
  readonly find: Find;
  readonly #host: Platform;

  constructor(host: Platform) {
    this.#host = host;
    this.find = new Find(host);
  }

  get #parts(): readonly Loaded<unknown>[] {
    return [this.messages, this.context, this.whole, this.audit, this.request, this.takes, this.raw, this.detail, this.report];
  }

  readonly #failed = $derived.by(() => new Set(this.spans.filter((span) => span.status === "error").map((span) => span.span_id)));
  /** The selected span if it failed: an attempt that is selected stands on a row of its own. Others do not bring the rows about anew. */
  readonly #attempt = $derived.by(() => (this.spanId !== null && this.#failed.has(this.spanId) ? this.spanId : null));
  readonly rows = $derived.by(() => outline(this.spans, this.folded, this.#attempt));
  /** Time of the whole trace, also while not all spans were read. */
  readonly extent = $derived.by((): Extent => {
    const start = this.tree.value?.start_ns ?? null;
    return { start_ns: start, ms: msBetween(start, this.tree.value?.end_ns) ?? 0 };
  });
  readonly window = $derived.by((): TimeWindow => this.zoom ?? { from: 0, to: Math.max(this.extent.ms * EDGE, 0.001) });

  get span(): TreeSpan | null {
    return this.spans.find((span) => span.span_id === this.spanId) ?? null;
  }

  get findings(): readonly FindingView[] {
    return this.whole.value?.findings ?? [];
  }

  /** Model calls in order. */
  get calls(): readonly TreeSpan[] {
    return this.spans.filter((span) => span.kind === "llm");
  }

  /** The model call that the selected span leads to: itself, the last below it, the next after it, or the last. */
  get callId(): string | null {
    const span = this.span;
    const calls = this.calls;
    if (!span) return calls.at(-1)?.span_id ?? null;
    if (span.kind === "llm") return span.span_id;
    const below = calls.filter((call) => this.#isBelow(call, span.span_id)).at(-1);
    if (below) return below.span_id;
    const start = span.start_ns === null ? null : BigInt(span.start_ns);
    const after = calls.find((call) => start !== null && call.start_ns !== null && BigInt(call.start_ns) >= start);
    return (after ?? calls.at(-1))?.span_id ?? null;
  }

  /** Whether the selected span is shown by its own input and output. */
  get showsOwn(): boolean {
    const span = this.span;
    return span !== null && (OWN_CONTENT.has(span.kind) || this.callId === null);
  }

  #isBelow(span: TreeSpan, ancestor: string): boolean {
    const parents = this.#parents;
    let at = span.parent_span_id;
    for (let i = 0; at !== null && i < 10_000; i += 1) {
      if (at === ancestor) return true;
      at = parents.get(at) ?? null;
    }
    return false;
  }

  readonly #parents = $derived.by(() => new Map(this.spans.map((span) => [span.span_id, span.parent_span_id])));

  /** Opens a trace; the same one is read again only when `again`. */
  async open(traceId: string, spanId: string | null = null, again = false): Promise<void> {
    // A prefix of what is open is what is open.
    const other = this.traceId === null || !this.traceId.startsWith(traceId);
    if (!other && this.traceId !== null) traceId = this.traceId;
    for (const part of this.#parts) part.outdated ||= again;
    if (other) {
      this.traceId = traceId;
      this.spanId = spanId;
      this.zoom = null;
      this.documentId = null;
      this.folded.clear();
      this.opened.clear();
      this.find.close();
      this.#clear();
    } else if (spanId !== null) this.spanId = spanId;
    const tree = other || again ? await this.tree.read(() => this.#host.rpc("trace_get", { id: traceId, spans: FIRST })) : null;
    if (this.traceId !== traceId) return;
    // It may have been named by a prefix: what is asked next goes by the whole id.
    if (this.tree.value) this.traceId = this.tree.value.trace_id;
    const reading = tree === null ? null : this.#readSpans(tree);
    this.load();
    await reading;
  }

  /** Shows the first spans of a trace, and reads the others. What was shown of it before stays until there is more. */
  async #readSpans(tree: Tree): Promise<void> {
    const current = () => this.tree.value === tree;
    const all = [...tree.spans];
    const wanted = tree.summary.n_spans;
    this.partial = all.length < wanted && all.length >= FIRST;
    if (this.spans.length <= all.length || !this.partial) this.spans = tree.spans;
    if (!this.partial) return;
    try {
      while (all.length < wanted) {
        const { spans } = await this.#host.rpc("trace_spans", { trace_id: tree.trace_id, from: all.length, count: NEXT });
        if (!current()) return;
        if (spans.length === 0) break;
        all.push(...spans);
        // The outline is made anew each time: a few times in all, however many there are.
        if (all.length >= 4 * this.spans.length) this.spans = [...all];
      }
      this.spans = all;
      this.partial = false;
      this.load();
    } catch (thrown) {
      if (current()) this.tree.error = RpcError.from(thrown);
    }
  }

  #clear(): void {
    this.tree.clear();
    this.spans = [];
    this.partial = false;
    for (const part of this.#parts) part.clear();
  }

  /** Nothing is selected any more. */
  close(): void {
    this.traceId = null;
    this.spanId = null;
    this.find.close();
    this.#clear();
  }

  select(spanId: string): void {
    this.spanId = spanId;
    this.load();
  }

  show(tab: Tab): void {
    this.tab = tab;
    this.load();
  }

  /** Reads what the tab shows, and what stands on all of them (findings, audit events). */
  load(): void {
    const traceId = this.traceId;
    if (traceId === null || this.tree.value === null) return;
    // Which call a span leads to is known when all were read.
    if (this.partial && this.span?.kind !== "llm") return;
    const call = this.callId;
    const at = (spanId: string | null) => ({ trace_id: traceId, span_id: spanId });
    void this.context.readFor(`${traceId} ${call}`, () => this.#host.rpc("span_context", at(call)));
    void this.whole.readFor(traceId, () => this.#host.rpc("span_context", at(null)));
    void this.audit.readFor(traceId, () => this.#host.rpc("span_audit", at(null)));
    const span = this.spanId ?? this.spans[0]?.span_id ?? null;
    if ((this.tab === "messages" && this.showsOwn) || this.tab === "raw") void this.detail.readFor(`${traceId} ${span}`, () => this.#host.rpc("span_get", at(span)));
    if (this.tab === "raw") void this.raw.readFor(`${traceId} ${span}`, () => this.#host.rpc("span_raw", at(span)));
    if (call === null) return;
    if (this.tab === "messages" || this.tab === "context") void this.messages.readFor(`${traceId} ${call}`, () => this.#host.rpc("span_messages", at(call)));
    if (this.tab === "request") void this.request.readFor(`${traceId} ${call}`, () => this.#host.rpc("span_request", at(call)));
    void this.takes.readFor(`${traceId} ${call}`, () => this.#host.rpc("span_takes", at(call)));
  }

  async loadReport(): Promise<Report | null> {
    const traceId = this.traceId;
    return traceId === null ? null : this.report.readFor(traceId, () => this.#host.rpc("report", { id: traceId }));
  }

  async snippet(language: "curl" | "python" | "typescript"): Promise<string> {
    const { text } = await this.#host.rpc("span_snippet", { trace_id: this.traceId ?? "", span_id: this.callId, language });
    return text;
  }

  fold(spanId: string, folded: boolean): void {
    if (folded) this.folded.add(spanId);
    else this.folded.delete(spanId);
  }

  /** Opens a text or a fold, or closes it again. */
  toggle(name: string): void {
    if (!this.opened.delete(name)) this.opened.add(name);
  }

  stepCall(step: 1 | -1): boolean {
    const calls = this.calls;
    const at = calls.findIndex((call) => call.span_id === this.callId);
    const next = calls[at + step];
    if (next) this.select(next.span_id);
    return next !== undefined;
  }

  stepFinding(step: 1 | -1): boolean {
    const findings = this.findings;
    if (findings.length === 0) return false;
    const at = findings.findIndex((finding) => finding.span_id === this.spanId && (this.documentId === null || finding.subject === this.documentId));
    const next = findings[(at + step + findings.length) % findings.length] ?? findings[0];
    if (next) this.showFinding(next);
    return true;
  }

  /** Goes to what a finding is about. */
  showFinding(finding: FindingView): void {
    const isDocument = [this.whole, this.context].some((part) => part.value?.documents.some((document) => document.document_id === finding.subject));
    this.documentId = isDocument ? finding.subject : null;
    this.spanId = finding.span_id;
    this.tab = isDocument ? "context" : finding.code === "leak" ? "messages" : "audit";
    this.load();
  }

  // Find

  /** Looks for what is in the field, from the selected span on. */
  async askFind(): Promise<void> {
    const ids = this.spans.map((span) => span.span_id);
    if (this.traceId !== null) await this.find.ask(this.traceId, ids, this.spanId);
  }

  /** Goes to where found words stand: the span in its tab. */
  goTo(place: FoundPlace): void {
    const parents = this.#parents;
    let above = parents.get(place.span_id) ?? null;
    for (let i = 0; above !== null && i < 10_000; i += 1) {
      this.folded.delete(above);
      above = parents.get(above) ?? null;
    }
    this.spanId = place.span_id;
    if (place.section === "document") {
      this.tab = "context";
      this.documentId = place.at;
    } else if (place.section === "attributes" && !this.showsOwn) this.tab = "raw";
    else if (place.section !== "name") this.tab = "messages";
    this.load();
  }

  /** Whether what a place stands in was read. */
  isRead(place: FoundPlace): boolean {
    if (place.section === "name") return true;
    const of = place.section === "document" ? this.context : place.section === "message" || place.section === "tools" ? this.messages : this.detail;
    return of.value !== null && !of.loading;
  }

  /** Opens what hides a place: carried history, a tall or a long text. */
  openTo(place: FoundPlace): void {
    const key = this.messages.key;
    if (place.section === "tools") this.opened.add(`${key} tools`);
    if (place.section !== "message" || place.at === null) return;
    const at = Number(place.at);
    const messages = this.messages.value?.messages ?? [];
    let start = at;
    for (let message = messages[start - 1]; message && isCarried(message); message = messages[start - 1]) start -= 1;
    for (const name of [`${key} ${start}`, `${key} ${at} tall`, `${key} ${at} whole`]) this.opened.add(name);
  }

  /** The pointer of a place within the tree that shows it. */
  pathOf(place: FoundPlace): string {
    return place.section === "attributes" && this.tab === "raw" ? `/attributes${place.path ?? ""}` : (place.path ?? "");
  }

  /** Moves the time axis: zoom by a factor around the selected span, or pan by a share of what is shown. */
  moveTime(factor: number, shift: number): void {
    const whole = Math.max(this.extent.ms * EDGE, 0.001);
    const now = this.window;
    const width = Math.min(whole, Math.max(whole / 100_000, (now.to - now.from) * factor));
    const centre = (now.from + now.to) / 2 + shift * (now.to - now.from);
    const from = Math.min(Math.max(0, centre - width / 2), whole - width);
    this.zoom = width >= whole * 0.999 ? null : { from, to: from + width };
  }
}

/** Whether a message was carried along from an earlier call; the system text stands in its place always. */
export function isCarried(message: MessageView): boolean {
  return message.introduced_by !== null && message.role !== "system" && message.direction === "input";
}
