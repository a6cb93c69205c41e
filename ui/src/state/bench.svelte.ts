/// The workbench of replay and compare: one call (or several), variants of it, the run that sends them, and its takes.
/// A is the recorded answer; it is never sent. A run of several calls is a matrix, and each of its rows is takes.
import type { Connections, DocumentView, Estimate, Messages, Prompts, RequestView, Run, Take } from "$bindings/rpc";
import { oneLine } from "$lib/marks";
import { RpcError, type Platform } from "$platform/types";
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { Loaded } from "./loaded.svelte";
import { RunMatrix } from "./matrix.svelte";
import { Sides, type Column } from "./sides.svelte";
import { TakeStream } from "./take.svelte";
import { goodBefore, ranVariants, supersededIn, whenWritten, type RanVariant } from "./takes";
import { differences, emptyVariant, goesTo, letter, nameOf, readVariant, variantInput, type Variant } from "./variant";

/** What is replayed. */
export interface Target {
  traceId: string;
  spanId: string;
  question: string;
}

/** A message that is edited: of which variant, and which of its inputs. */
export interface Editing {
  key: number;
  message: number;
}

const ENDED = new Set(["done", "failed", "cancelled", "stopped", "interrupted"]);

export class Bench {
  targets = $state.raw<readonly Target[]>([]);
  variants = $state<Variant[]>([]);
  selected = $state(0);
  repeats = $state(1);
  maxUsd = $state("");
  readonly allowed = new SvelteSet<string>();
  allowUnpriced = $state(false);
  acceptFidelity = $state(false);
  /** A pasted request instead of recorded calls. */
  pasted = $state.raw<string | null>(null);
  /** Of several calls, the one whose takes are shown; `null` shows the matrix. */
  row = $state<number | null>(null);
  /** The message that is edited beside its original. */
  editing = $state.raw<Editing | null>(null);

  /** Recorded answers of other calls that the first is compared with. */
  others = $state.raw<readonly Column[]>([]);
  /** A run that was opened is shown with its own variants; new ones are a draft that is begun by hand. */
  drafting = $state(true);
  /** Good takes of this call before this run, newest first. */
  #earlier = $state.raw<readonly Take[]>([]);
  /** Takes of other variants that stay beside one that is tried again. */
  #carried = $state.raw<readonly Take[]>([]);
  /** Variants that the run was sent with: their keys by the names of its takes. */
  #sent: ReadonlyMap<string, number> = new Map();
  /** Destinations that were allowed by sending: nothing is to be asked about them any more. */
  readonly #sentTo = new SvelteSet<string>();

  readonly estimate = new Loaded<Estimate>();
  readonly request = new Loaded<RequestView>();
  readonly messages = new Loaded<Messages>();
  readonly documents = new Loaded<readonly DocumentView[]>();
  readonly original = new Loaded<Take | null>();
  readonly connections = new Loaded<Connections>();
  readonly prompts = new Loaded<Prompts>();
  readonly run = new Loaded<Run>();
  readonly streams = new SvelteMap<string, TakeStream>();
  readonly sides: Sides;
  readonly matrix: RunMatrix;
  startError = $state.raw<RpcError | null>(null);
  starting = $state(false);

  readonly #host: Platform;
  #keys = 1;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #estimateTimer: ReturnType<typeof setTimeout> | null = null;
  #matrixAgain = 0;

  constructor(host: Platform) {
    this.#host = host;
    this.matrix = new RunMatrix(host);
    this.sides = new Sides(host, () => this.columns, () => `${this.runId ?? ""} ${this.target?.spanId ?? ""}`);
  }

  /** The call whose takes are shown. */
  get target(): Target | null {
    return this.targets[this.row ?? 0] ?? null;
  }

  /** The run is shown as cases by variants. */
  get showsMatrix(): boolean {
    return this.matrix.many && this.row === null;
  }

  /** Letter of a variant: A is the recorded answer, where there is one. */
  letterOf(index: number): string {
    return letter(this.pasted === null ? index + 1 : index);
  }

  get runId(): string | null {
    return this.run.value?.run_id ?? null;
  }

  get running(): boolean {
    const run = this.run.value;
    return run !== null && !ENDED.has(run.status);
  }

  /** Columns: the recorded answer, then the takes of the first target in the order of the plan. */
  readonly columns = $derived.by((): Column[] => {
    const run = this.run.value;
    const target = this.target;
    const original = this.original.value;
    const first: Column[] = original ? [{ key: "original", title: "A recorded", stream: null, take: original }] : [];
    const mine = (run?.takes ?? []).filter((take) => target === null || take.span_id === null || take.span_id === target.spanId);
    const repeated = mine.some((take) => take.repeat > 0);
    const superseded = supersededIn(mine);
    const good = goodBefore(mine, this.#earlier);
    const finished = (take: Take, note?: string): Column => ({ key: take.take_id, title: take.variant, stream: null, take, note });
    return [
      ...first,
      ...this.others,
      ...mine.flatMap((take): Column[] => {
        const stream = this.streams.get(take.take_id) ?? null;
        const note = superseded.has(take.take_id) ? "superseded" : undefined;
        const own: Column = { key: take.take_id, title: repeated ? `${take.variant} · ${take.repeat + 1}` : take.variant, stream, take: stream?.take ?? take, note };
        const before = mine.findLast((other) => other.variant === take.variant) === take ? good.filter((other) => other.variant === take.variant) : [];
        return [own, ...before.map((other) => finished(other, "earlier"))];
      }),
      ...this.#carried.map((take) => finished(take)),
    ];
  });

  /** Variants of the run that was opened. */
  get ran(): readonly RanVariant[] {
    return this.run.value === null ? [] : ranVariants(this.run.value, this.matrix.variants);
  }

  /** Opens the bench on a request that was pasted: a JSON body or a curl command. */
  async openRequest(text: string): Promise<void> {
    await this.open([]);
    this.pasted = text;
    this.drafting = true;
    this.variants = [emptyVariant(this.#keys++)];
    await this.readChoices();
    this.estimateSoon(0);
  }

  /** Opens the bench on calls. The same call keeps its variants. */
  async open(targets: readonly Target[]): Promise<void> {
    this.others = [];
    this.pasted = null;
    const same = targets.map((target) => target.spanId).join() === this.targets.map((target) => target.spanId).join();
    if (same && targets.length > 0 && this.variants.length > 0) return;
    this.#stop();
    this.targets = targets;
    this.drafting = true;
    this.variants = [emptyVariant(this.#keys++)];
    this.selected = 0;
    this.allowed.clear();
    this.allowUnpriced = false;
    this.acceptFidelity = false;
    this.startError = null;
    this.#forgetRun();
    this.estimate.clear();
    this.documents.clear();
    this.messages.clear();
    this.request.clear();
    this.original.clear();
    if (targets.length === 0) return;
    await this.#loadTarget();
    this.estimateSoon(0);
  }

  async #loadTarget(): Promise<void> {
    const target = this.target;
    if (!target) return;
    const at = { trace_id: target.traceId, span_id: target.spanId };
    await Promise.all([
      this.#loadOriginal(),
      this.request.read(() => this.#host.rpc("span_request", at)),
      this.messages.read(() => this.#host.rpc("span_messages", at)),
      this.documents.read(async () => {
        const { documents } = await this.#host.rpc("span_context", at);
        const placed = documents.filter((document) => document.placed.length > 0 && document.document_id !== null);
        return [...new Map(placed.map((document) => [document.document_id, document])).values()];
      }),
      this.readChoices(),
    ]);
  }

  /** What a variant can choose from. */
  async readChoices(): Promise<void> {
    await Promise.all([this.connections.read(() => this.#host.rpc("connections_list", {})), this.prompts.read(() => this.#host.rpc("prompts_list", {}))]);
  }

  async #loadOriginal(): Promise<void> {
    const target = this.target;
    if (!target) return;
    await this.original.read(async () => {
      const { takes } = await this.#host.rpc("span_takes", { trace_id: target.traceId, span_id: target.spanId });
      this.#earlier = takes.filter((take) => take.run_id !== null && take.status === "done");
      return takes.find((take) => take.run_id === null) ?? null;
    });
  }

  /** A recorded parameter as text; nothing where none was recorded, or the cases differ. */
  recorded(name: string): string | null {
    const request: unknown = this.targets.length === 1 ? this.request.value?.request : null;
    const value: unknown = typeof request === "object" && request !== null ? Reflect.get(request, name) : null;
    return typeof value === "number" || typeof value === "string" ? String(value) : null;
  }

  #forgetRun(): void {
    this.run.clear();
    this.streams.clear();
    this.sides.reset();
    this.matrix.clear();
    this.row = null;
    this.editing = null;
    this.#carried = [];
    this.#sent = new Map();
  }

  /** Sets the recorded answers of several calls side by side. */
  async openRecorded(targets: readonly Target[]): Promise<void> {
    const [first, ...rest] = targets;
    if (!first) return;
    await this.open([first]);
    const others = await Promise.all(
      rest.map(async (target): Promise<Column[]> => {
        const { takes } = await this.#host.rpc("span_takes", { trace_id: target.traceId, span_id: target.spanId });
        const take = takes.find((other) => other.run_id === null);
        return take ? [{ key: target.spanId, title: oneLine(target.question, 40) || "recorded", stream: null, take }] : [];
      }),
    );
    this.others = others.flat();
    await this.sides.compare();
  }

  /** Takes variants that were kept in place of the one that opening made. */
  takeVariants(kept: readonly unknown[]): void {
    const variants = kept.flatMap((one) => readVariant(one, this.#keys++) ?? []);
    if (variants.length === 0) return;
    this.variants = variants;
    this.drafting ||= variants.some((variant) => differences(variant).length > 0);
    this.estimateSoon(0);
  }

  /** Opens a run that is there already, with what it replayed and its own variants. */
  async openRun(runId: string): Promise<void> {
    this.#stop();
    this.#forgetRun();
    const matrix = await this.matrix.read(runId);
    const targets = (matrix?.rows ?? []).flatMap((row) => (row.trace_id && row.span_id ? [{ traceId: row.trace_id, spanId: row.span_id, question: row.question ?? "" }] : []));
    this.targets = targets;
    this.pasted = null;
    this.others = [];
    this.drafting = false;
    this.variants = [emptyVariant(this.#keys++)];
    this.selected = 0;
    this.estimate.clear();
    this.startError = null;
    const run = await this.run.read(() => this.#host.rpc("run_get", this.#runRequest(runId)));
    if (!run) return;
    this.#followTakes(run);
    await this.#loadTarget();
    await this.poll();
    this.estimateSoon(0);
  }

  /** Of a run of several calls only the takes of one are read. */
  #runRequest(id: string) {
    return { id, span_id: this.targets.length > 1 ? (this.target?.spanId ?? null) : null };
  }

  /** Shows the takes of one call of the run. */
  async openRow(at: number): Promise<void> {
    const id = this.runId;
    if (id === null || !this.targets[at]) return;
    this.row = at;
    this.sides.reset();
    this.streams.clear();
    this.original.clear();
    const [run] = await Promise.all([this.run.read(() => this.#host.rpc("run_get", this.#runRequest(id))), this.#loadOriginal()]);
    if (!run || this.row !== at) return;
    this.#followTakes(run);
    await this.poll();
  }

  /** The next or previous call in the order of the matrix. */
  stepRow(by: 1 | -1): boolean {
    if (this.row === null || !this.matrix.move(by)) return false;
    const at = this.matrix.chosen;
    if (at !== null) void this.openRow(at);
    return true;
  }

  /** Back to the matrix. */
  closeRow(): boolean {
    if (this.row === null) return false;
    this.row = null;
    this.sides.reset();
    // Votes may have been cast meanwhile.
    void this.poll();
    return true;
  }

  /** Begins variants of one's own for the calls of a run that was opened. */
  draft(): void {
    this.drafting = true;
  }

  add(): void {
    if (!this.drafting) return this.draft();
    const from = this.variants[this.selected];
    this.variants.push({ ...(from ?? emptyVariant(0)), key: this.#keys++, name: "" });
    this.selected = this.variants.length - 1;
    this.estimateSoon();
  }

  remove(index: number): void {
    if (this.variants.length < 2) return;
    if (this.editing?.key === this.variants[index]?.key) this.editing = null;
    this.variants.splice(index, 1);
    this.selected = Math.min(this.selected, this.variants.length - 1);
    this.estimateSoon();
  }

  edit(index: number, change: Partial<Variant>): void {
    const variant = this.variants[index];
    if (!variant) return;
    this.variants[index] = { ...variant, ...change };
    // What was asked about another destination or model must not be answered for this one.
    if (["connection", "provider", "baseUrl", "model"].some((field) => field in change)) this.estimate.clear();
    this.estimateSoon();
  }

  toggleDrop(index: number, documentId: string): void {
    const drop = this.variants[index]?.drop ?? [];
    this.edit(index, { drop: drop.includes(documentId) ? drop.filter((id) => id !== documentId) : [...drop, documentId] });
  }

  #plan(only: string | null = null) {
    const maxUsd = Number(this.maxUsd);
    const variants = this.variants.map((variant, i) => variantInput(variant, this.letterOf(i)));
    return {
      ids: this.targets.map((target) => `span:${target.spanId}`),
      request: this.pasted,
      variants: only === null ? variants : variants.filter((variant) => variant.name === only),
      repeats: this.repeats,
      max_usd: this.maxUsd.trim() && Number.isFinite(maxUsd) ? maxUsd : null,
      allow_destinations: [...this.allowed],
      allow_unpriced: this.allowUnpriced,
      accept_fidelity: this.acceptFidelity ? (this.estimate.value?.fidelity ?? null) : null,
    };
  }

  /** The request that a variant would send, in a language; keys are names of variables. */
  async snippet(variant: Variant, letter: string, language: string): Promise<string> {
    const replay = { ...this.#plan(), variants: [variantInput(variant, letter)], query: null, plan: null, concurrency: null };
    const { text } = await this.#host.rpc("replay_snippet", { replay, language });
    return text;
  }

  /** Plans anew once the hands rest. */
  estimateSoon(delayMs = 250): void {
    if (this.#estimateTimer !== null) clearTimeout(this.#estimateTimer);
    this.#estimateTimer = setTimeout(() => void this.estimate.read(() => this.#host.rpc("replay_estimate", this.#plan())), delayMs);
  }

  /** Destinations that this workspace has not sent to before, allowed by now or not. */
  get asked(): readonly string[] {
    const estimate = this.estimate.value;
    return (estimate?.destinations ?? []).filter((destination) => !this.#sentTo.has(destination) && (estimate?.new_destinations.includes(destination) || this.allowed.has(destination)));
  }

  /** Destinations that were not allowed yet. */
  get unconfirmed(): readonly string[] {
    return (this.estimate.value?.new_destinations ?? []).filter((destination) => !this.allowed.has(destination) && !this.#sentTo.has(destination));
  }

  /** Why the run cannot start, in words; `null` when it can. */
  get obstacle(): string | null {
    const estimate = this.estimate.value;
    if (this.estimate.error) return this.estimate.error.message;
    if (!estimate) return "The plan is being made.";
    if (this.unconfirmed.length > 0) return `Confirm the destination ${this.unconfirmed.join(", ")}.`;
    if (estimate.unpriced.length > 0 && !this.allowUnpriced) return `Allow ${estimate.unpriced.join(", ")}, which has no price.`;
    if (estimate.fidelity === "lost" && !this.acceptFidelity) return "Accept that part of the request is lost.";
    return null;
  }

  /** What a take would be sent again as, and what is in the way of that. It is the variant that the take came of, however that
      was changed since; without a name where its run sends it again just as it did. */
  retryOf(take: Take): { name: string | null; words: string; obstacle: string | null } | null {
    const ownRun = take.run_id === this.runId ? { name: null, words: "as it was sent", obstacle: this.running ? "The run goes on." : null } : null;
    if (!this.drafting || this.targets.length > 1) return ownRun;
    const key = this.#sent.get(take.variant);
    const at = this.variants.findIndex((variant, i) => (key === undefined ? nameOf(variant, this.letterOf(i)) === take.variant : variant.key === key));
    const variant = this.variants[at];
    return variant ? { name: nameOf(variant, this.letterOf(at)), words: goesTo(variant), obstacle: this.running ? "The run goes on." : this.obstacle } : ownRun;
  }

  /** Sends one take again: its variant as a run of its own, with the good takes of the others beside it, or within its run. */
  async retry(take: Take): Promise<void> {
    const again = this.retryOf(take);
    if (again === null || again.obstacle !== null) return;
    if (again.name === null) return this.resume({ take_id: take.take_id });
    const others = this.columns.flatMap((column) => (column.take?.run_id && column.take.status === "done" && column.take.variant !== take.variant ? [column.take] : []));
    await this.start(again.name, others);
  }

  /** Starts a run of all variants, or of `only` one while takes of others are carried over. */
  async start(only: string | null = null, carried: readonly Take[] = []): Promise<void> {
    if (this.starting || this.running) return;
    this.starting = true;
    this.startError = null;
    try {
      const plan = this.#plan(only);
      const sent = new Map(this.variants.map((variant, i) => [nameOf(variant, this.letterOf(i)), variant.key]));
      const { run_id } = await this.#host.rpc("replay_start", plan);
      for (const destination of plan.allow_destinations) this.#sentTo.add(destination);
      const good = this.columns.flatMap((column) => (column.take?.run_id && column.take.status === "done" ? [column.take] : []));
      this.#earlier = [...good, ...this.#earlier];
      this.#forgetRun();
      this.#carried = carried;
      this.#sent = sent;
      await this.run.read(() => whenWritten(() => this.#host.rpc("run_get", this.#runRequest(run_id))));
      if (this.targets.length > 1) await this.matrix.read(run_id);
      this.starting = false;
      await this.poll();
    } catch (thrown) {
      this.startError = RpcError.from(thrown);
    } finally {
      this.starting = false;
    }
  }

  async cancel(): Promise<void> {
    const id = this.runId;
    if (id === null) return;
    await this.run.read(() => this.#host.rpc("run_cancel", { id }));
    await this.poll();
  }

  /** Goes on with the run: what has no finished take; with `failed` also what failed, with `take_id` only the call of that. */
  async resume(also: { failed?: boolean; take_id?: string } = {}): Promise<void> {
    const id = this.runId;
    if (id === null) return;
    this.startError = null;
    try {
      await this.#host.rpc("run_resume", { id, ...also });
      for (const stream of this.streams.values()) if (stream.status !== "done" && stream.status !== "failed") stream.reset();
      await this.poll();
    } catch (thrown) {
      this.startError = RpcError.from(thrown);
    }
  }

  /** A take has more: reads it, if it is one of ours. */
  takeChanged(takeId: string): void {
    if (this.streams.has(takeId)) void this.streams.get(takeId)?.more();
    else if (this.showsMatrix) this.matrix.hear(takeId);
    else if (this.running) void this.poll();
  }

  #followTakes(run: Run): void {
    if (this.showsMatrix) return;
    for (const take of run.takes) if (!this.streams.has(take.take_id)) this.streams.set(take.take_id, new TakeStream(this.#host, take.take_id));
  }

  /** Reads the run and its takes, and again soon while it runs. */
  async poll(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const id = this.runId;
    if (id === null) return;
    const run = await this.run.read(() => this.#host.rpc("run_get", this.#runRequest(id)));
    if (!run) return;
    this.#followTakes(run);
    await Promise.all([...this.streams.values()].filter((stream) => stream.live || stream.take === null).map((stream) => stream.more()));
    if (this.matrix.many) await this.#readMatrix(id);
    if (this.running) this.#timer = setTimeout(() => void this.poll(), 250);
    else if (!this.showsMatrix) await this.sides.compare();
  }

  /** Reads the matrix again while it grows, at most a quarter of the time, and once it is whole. */
  async #readMatrix(id: string): Promise<void> {
    if (this.running && performance.now() < this.#matrixAgain) return;
    if (!this.running && this.matrix.loaded.value?.status === this.run.value?.status) return;
    const from = performance.now();
    await this.matrix.read(id);
    this.#matrixAgain = performance.now() + Math.max(1000, (performance.now() - from) * 3);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
