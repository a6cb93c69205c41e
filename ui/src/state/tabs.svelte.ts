/// The tabs of the window. Each is a place of its own: its view, its trace, its workbench, where that was scrolled to, and
/// what it can go back to. The list, its marks and what the workspace holds are one for all of them.
import type { Anchor } from "$lib/anchored";
import { oneLine } from "$lib/marks";
import { VIEWS, type View } from "$lib/views";
import type { Platform } from "$platform/types";
import { Bench, type Target } from "./bench.svelte";
import { Trace, TABS, type Tab } from "./trace.svelte";

export { VIEWS, type View };

const TITLES: Record<View, string> = { traces: "Traces", runs: "Runs", replay: "Replay", prompts: "Prompts", golden: "Golden sets", metrics: "Metrics", sources: "Sources", settings: "Settings" };

/** A place that can be gone back to. */
interface Place {
  view: View;
  traceId: string | null;
  spanId: string | null;
  tab: Tab;
  full: boolean;
}

/** What is kept of a tab over a start of the window. */
export interface KeptTab extends Place {
  title: string;
  runId: string | null;
  targets: readonly Target[];
  /** Variants as they were being edited. */
  variants: readonly unknown[];
}

/** Places that a tab can go back to. */
const PLACES = 100;
/** Tabs that can be opened again. */
const CLOSED = 20;

export class OpenTab {
  readonly key: number;
  readonly trace: Trace;
  readonly bench: Bench;
  view = $state<View>("traces");
  /** The trace takes the whole window. */
  full = $state(false);
  /** What it is called until what it shows was read. */
  called = $state("");
  /** Where its lists and its texts are scrolled to, by what they show. */
  readonly scrolled = new Map<string, number>();
  readonly anchors = new Map<string, Anchor>();
  /** The data changed while another tab was looked at. */
  outdated = false;
  #back = $state.raw<readonly Place[]>([]);
  #forward = $state.raw<readonly Place[]>([]);
  #unread: (() => Promise<unknown>) | null = null;

  constructor(key: number, host: Platform) {
    this.key = key;
    this.trace = new Trace(host);
    this.bench = new Bench(host);
  }

  get title(): string {
    if (this.view === "replay") {
      const question = this.bench.target?.question ?? "";
      return question ? `Replay: ${oneLine(question, 80)}` : oneLine(this.called, 80) || TITLES.replay;
    }
    if (this.view !== "traces" || !this.full) return TITLES[this.view];
    const summary = this.trace.tree.value?.summary;
    return oneLine(summary?.question ?? summary?.name ?? this.called, 80) || TITLES.traces;
  }

  /** Reads what it shows when it is first looked at. */
  later(read: () => Promise<unknown>): void {
    this.#unread = read;
  }

  /** It is looked at: reads what it shows, or what changed of it. */
  async looked(): Promise<void> {
    const unread = this.#unread;
    this.#unread = null;
    if (unread) {
      this.outdated = false;
      await unread();
    } else if (this.view === "traces" && this.trace.traceId !== null) await this.#show(this.trace.traceId, null);
  }

  /** Shows a trace; reads it again if it may have changed while something else was looked at. */
  async #show(traceId: string, spanId: string | null): Promise<void> {
    const again = this.outdated;
    this.outdated = false;
    await this.trace.open(traceId, spanId, again);
  }

  // Places

  get #place(): Place {
    return { view: this.view, traceId: this.trace.traceId, spanId: this.trace.spanId, tab: this.trace.tab, full: this.full };
  }

  #leave(): void {
    this.#back = [...this.#back, this.#place].slice(-PLACES);
    this.#forward = [];
  }

  /** Goes to a view, so that Back comes back. */
  go(view: View, full = false): boolean {
    if (view === this.view && full === this.full) return false;
    this.#leave();
    this.view = view;
    this.full = full;
    if (view === "traces" && this.outdated && this.trace.traceId !== null) void this.#show(this.trace.traceId, null);
    return true;
  }

  async openTrace(traceId: string, spanId: string | null, full: boolean): Promise<void> {
    if (this.trace.traceId !== null && (this.trace.traceId !== traceId || this.view !== "traces" || full !== this.full)) this.#leave();
    this.view = "traces";
    this.full = full;
    await this.#show(traceId, spanId);
  }

  get canBack(): boolean {
    return this.#back.length > 0;
  }

  get canForward(): boolean {
    return this.#forward.length > 0;
  }

  back(): boolean {
    const place = this.#back.at(-1);
    if (!place) return false;
    this.#back = this.#back.slice(0, -1);
    this.#forward = [...this.#forward, this.#place];
    this.#restore(place);
    return true;
  }

  forward(): boolean {
    const place = this.#forward.at(-1);
    if (!place) return false;
    this.#forward = this.#forward.slice(0, -1);
    this.#back = [...this.#back, this.#place];
    this.#restore(place);
    return true;
  }

  #restore(place: Place): void {
    this.view = place.view;
    this.full = place.full;
    if (place.traceId !== null) {
      this.trace.tab = place.tab;
      if (place.view === "traces") void this.#show(place.traceId, place.spanId);
      else void this.trace.open(place.traceId, place.spanId);
    }
  }

  // Over a start of the window

  get kept(): KeptTab {
    return { ...this.#place, title: this.title, runId: this.bench.runId, targets: this.bench.targets, variants: $state.snapshot(this.bench.variants) };
  }

  /** Becomes what was kept; it is read when it is looked at. */
  restore(kept: KeptTab): void {
    this.view = kept.view;
    this.full = kept.full;
    this.called = kept.title;
    this.trace.tab = kept.tab;
    this.later(async () => {
      const { runId, traceId } = kept;
      if (traceId !== null) await this.trace.open(traceId, kept.spanId);
      if (runId !== null) await this.bench.openRun(runId);
      else if (kept.targets.length > 0) await this.bench.open(kept.targets);
      if (this.bench.targets.length > 0) this.bench.takeVariants(kept.variants);
    });
  }
}

export class Tabs {
  all = $state.raw<readonly OpenTab[]>([]);
  #key = $state(0);
  #closed = $state.raw<readonly { tab: OpenTab; at: number }[]>([]);
  #keys = 0;
  readonly #host: Platform;

  constructor(host: Platform) {
    this.#host = host;
    this.all = [this.#make()];
  }

  #make(): OpenTab {
    return new OpenTab(this.#keys++, this.#host);
  }

  readonly #active = $derived.by(() => this.all.find((tab) => tab.key === this.#key) ?? this.all[0]);

  get active(): OpenTab {
    const tab = this.#active;
    if (!tab) throw new Error("a window has a tab");
    return tab;
  }

  get at(): number {
    return this.all.indexOf(this.active);
  }

  /** Opens a tab at the end, in front of the others or behind the one that is looked at. */
  open(fill: (tab: OpenTab) => void, behind = false): OpenTab {
    const tab = this.#make();
    fill(tab);
    this.all = [...this.all, tab];
    if (!behind) this.choose(tab);
    return tab;
  }

  choose(tab: OpenTab | undefined): boolean {
    if (!tab) return false;
    this.#key = tab.key;
    void tab.looked();
    return true;
  }

  step(by: 1 | -1): boolean {
    if (this.all.length < 2) return false;
    return this.choose(this.all[(this.at + by + this.all.length) % this.all.length]);
  }

  /** Closes a tab; the last one stays. Its neighbour is looked at next. */
  close(tab = this.active): boolean {
    const at = this.all.indexOf(tab);
    if (this.all.length < 2 || at < 0) return false;
    const wasActive = tab === this.active;
    this.#closed = [...this.#closed, { tab, at }].slice(-CLOSED);
    this.all = this.all.filter((other) => other !== tab);
    if (wasActive) this.choose(this.all[Math.min(at, this.all.length - 1)]);
    return true;
  }

  get canReopen(): boolean {
    return this.#closed.length > 0;
  }

  /** Opens the tab that was closed last, where and as it was. */
  reopen(): boolean {
    const last = this.#closed.at(-1);
    if (!last) return false;
    this.#closed = this.#closed.slice(0, -1);
    last.tab.outdated = true;
    this.all = this.all.toSpliced(last.at, 0, last.tab);
    return this.choose(last.tab);
  }

  /** Moves a tab to a place among the others. */
  move(tab: OpenTab, to: number): boolean {
    const at = this.all.indexOf(tab);
    const place = Math.min(this.all.length - 1, Math.max(0, to));
    if (at < 0 || at === place) return false;
    this.all = this.all.toSpliced(at, 1).toSpliced(place, 0, tab);
    return true;
  }

  /** What is kept of them. */
  get kept(): string {
    return JSON.stringify({ at: this.at, tabs: this.all.map((tab) => tab.kept) });
  }

  /** Opens what was kept. Whatever is no tab is left out. */
  restore(text: string | null): void {
    const { at, tabs } = read(text);
    if (tabs.length === 0) return;
    this.all = tabs.map((kept) => {
      const tab = this.#make();
      tab.restore(kept);
      return tab;
    });
    this.choose(this.all[at] ?? this.all[0]);
  }
}

function read(text: string | null): { at: number; tabs: KeptTab[] } {
  const nothing = { at: 0, tabs: [] };
  try {
    const value: unknown = JSON.parse(text ?? "null");
    if (typeof value !== "object" || value === null || !("tabs" in value) || !Array.isArray(value.tabs)) return nothing;
    const at = "at" in value && typeof value.at === "number" ? value.at : 0;
    return { at, tabs: value.tabs.flatMap((tab: unknown) => readTab(tab) ?? []) };
  } catch {
    return nothing;
  }
}

function readTab(value: unknown): KeptTab | null {
  if (typeof value !== "object" || value === null) return null;
  const text = (name: string) => {
    const field: unknown = Reflect.get(value, name);
    return typeof field === "string" ? field : null;
  };
  const view = VIEWS.find((other) => other === text("view"));
  if (!view) return null;
  const targets: unknown = Reflect.get(value, "targets");
  const variants: unknown = Reflect.get(value, "variants");
  return {
    view,
    traceId: text("traceId"),
    spanId: text("spanId"),
    tab: TABS.find((other) => other === text("tab")) ?? "messages",
    full: Reflect.get(value, "full") === true,
    title: text("title") ?? "",
    runId: text("runId"),
    targets: Array.isArray(targets) ? targets.flatMap((target: unknown) => readTarget(target) ?? []) : [],
    variants: Array.isArray(variants) ? variants : [],
  };
}

function readTarget(value: unknown): Target | null {
  if (typeof value !== "object" || value === null || !("traceId" in value) || !("spanId" in value)) return null;
  const { traceId, spanId } = value;
  const question = "question" in value && typeof value.question === "string" ? value.question : "";
  return typeof traceId === "string" && typeof spanId === "string" ? { traceId, spanId, question } : null;
}
