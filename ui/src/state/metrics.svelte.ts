/// Numbers of model calls over time: a query, its groups and buckets as the core counts them. What `retake metrics` prints.
import type { Calls, Metrics as Answer, MetricsRow } from "$bindings/rpc";
import { msOf } from "$lib/format";
import type { Mark, Plot, Range, Series } from "$lib/plot";
import { anytime, split, within } from "$lib/query";
import type { Platform } from "$platform/types";
import { Loaded } from "./loaded.svelte";
import { PointedCall } from "./pointed.svelte";

export const DIMENSIONS = ["tenant", "feature", "model", "prompt", "provider", "environment"] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Sizes of buckets, and their words; the core has the same. */
export const BUCKETS = { auto: "what fits", "1m": "minute", "5m": "5 minutes", "15m": "15 minutes", "1h": "hour", "6h": "6 hours", "1d": "day", "1w": "week" } as const;
export type Bucket = keyof typeof BUCKETS;

/** What single calls are measured by, and the word and unit of it; the core has the same. */
export const MEASURES = {
  latency_ms: { word: "latency", unit: "ms" },
  ttft_ms: { word: "first token", unit: "ms" },
  tokens: { word: "tokens", unit: "count" },
  cost_usd_nanos: { word: "cost", unit: "usd_nanos" },
} as const;
export type Measure = keyof typeof MEASURES;
/** Colour of what failed. */
const FAILED = 6;

/** Lines of one plot, at most: more cannot be told apart. */
const GROUPS = 6;
/** Points of a line, at most, whatever size is chosen. */
const MOST_POINTS = 2000;
/** Pixels that a bucket should have at least. */
const PIXELS = 4;
/** Calls of the list below the plots. */
const HIGHEST = 10;
/** How long the core is not asked while the view still moves. */
const REST_MS = 150;

type Read = (row: MetricsRow) => number | null;

export class Metrics {
  query = $state("");
  draft = $state("");
  by = $state<Dimension | null>(null);
  bucket = $state<Bucket>("auto");
  /** What single calls are measured by. */
  measure = $state<Measure>("latency_ms");
  /** The part of the axis that is shown; all of it when there is none. */
  view = $state.raw<Range | null>(null);
  /** From the first call of the query to the last, while only a part is shown. */
  #whole = $state.raw<Range | null>(null);
  /** Points that a plot has room for. */
  #points = 150;
  #later: ReturnType<typeof setTimeout> | undefined;
  /** Over time. */
  readonly buckets = new Loaded<Answer>();
  /** Single calls, or cells of many. */
  readonly calls = new Loaded<Calls>();
  /** Whole groups, for the table. */
  readonly groups = new Loaded<Answer>();
  /** Of the single calls, the one that is pointed at. */
  readonly pointed: PointedCall;
  readonly #host: Platform;

  #wider: readonly { before: string; after: string }[] = [];
  /** The list's query when it was last taken over. */
  #followed: string | null = null;

  constructor(host: Platform) {
    this.#host = host;
    this.pointed = new PointedCall(host);
  }

  /** Asks another query. What is being typed and was not asked yet stays where the time alone is another one. */
  async open(query: string): Promise<void> {
    const typing = this.draft !== this.query && anytime(query) === anytime(this.query) && query !== this.draft;
    this.query = query;
    if (!typing) this.draft = query;
    this.view = null;
    await this.read();
  }

  /** Asks again; what is being typed stays. */
  async read(): Promise<void> {
    const query = this.query;
    const by = this.by === null ? [] : [this.by];
    await Promise.all([this.#readBuckets(query, by), this.groups.read(() => this.#host.rpc("metrics", { query, by }))]);
  }

  /** The part of the axis that is asked for. */
  #part(): { from_ns?: string; to_ns?: string } {
    const ns = (ms: number) => `${Math.round(ms)}000000`;
    return this.view === null ? {} : { from_ns: ns(this.view.from), to_ns: ns(this.view.to) };
  }

  async #readBuckets(query: string, by: string[]): Promise<void> {
    clearTimeout(this.#later);
    const view = this.view;
    const part = this.#part();
    const points = this.bucket === "auto" ? this.#points : MOST_POINTS;
    if (view === null) this.#whole = null;
    await Promise.all([
      this.buckets.read(() => this.#host.rpc("metrics", { query, by, bucket: this.bucket, points, largest: GROUPS, ...part })),
      this.#readCalls(query, part),
    ]);
  }

  async #readCalls(query: string, part: { from_ns?: string; to_ns?: string }): Promise<void> {
    const answer = await this.calls.read(() => this.#host.rpc("metrics_calls", { query, measure: this.measure, highest: HIGHEST, ...part }));
    if (answer !== null) this.pointed.point(null);
  }

  /** Measures single calls by something else. */
  async measureBy(measure: Measure): Promise<void> {
    this.measure = measure;
    await this.#readCalls(this.query, this.#part());
  }

  /** Single calls and cells as they are drawn; the core puts what failed last. */
  readonly marks = $derived.by((): readonly Mark[] =>
    (this.calls.value?.marks ?? []).map((mark) => ({ from: msOf(mark.from_ns) ?? 0, to: msOf(mark.to_ns) ?? 0, low: mark.low, high: mark.high, n: mark.n, colour: mark.errors > 0 ? FAILED : 0 })),
  );

  /** Shows a part of the axis. What is there is drawn at once; finer buckets follow when it rests. */
  look(view: Range | null): void {
    if (view === null && this.view === null) return;
    this.#whole ??= this.extent;
    this.view = view;
    clearTimeout(this.#later);
    this.#later = setTimeout(() => void this.#readBuckets(this.query, this.by === null ? [] : [this.by]), REST_MS);
  }

  /** Says how wide a plot is: a bucket has a few pixels. */
  fit(pixels: number): void {
    this.#points = Math.round(Math.min(500, Math.max(60, pixels / PIXELS)));
  }

  async groupBy(by: Dimension | null): Promise<void> {
    this.by = by;
    this.#coloured = new Map();
    await this.read();
  }

  async setBucket(bucket: Bucket): Promise<void> {
    this.bucket = bucket;
    await this.read();
  }

  /** Narrows to a time, in ms since the epoch. */
  async narrow(from: number, to: number): Promise<void> {
    const before = this.query;
    await this.open(within(before, from, to));
    this.#wider = [...this.#wider, { before, after: this.query }].slice(-20);
  }

  /** Takes the last narrowing back; `false` when the query was not narrowed here, or was changed since. */
  async widen(): Promise<boolean> {
    const last = this.#wider.at(-1);
    this.#wider = this.#wider.slice(0, -1);
    if (!last || last.after !== this.query) return false;
    await this.open(last.before);
    return true;
  }

  /** Asks for the whole time again: what was before the last narrowing, else the query without its time. */
  async whole(): Promise<void> {
    if (!(await this.widen()) && this.hasTime) await this.open(anytime(this.query));
  }

  /** The query names a time. */
  get hasTime(): boolean {
    return split(this.query).some((part) => part.startsWith("time:"));
  }

  /** Asks the list's query when that was changed since it was last followed; else what was asked here. */
  async follow(query: string): Promise<void> {
    const next = query === this.#followed ? this.query : query;
    this.#followed = query;
    await this.open(next);
  }

  /** Length of the buckets that are drawn: the core chose it, or kept to what was chosen. */
  get bucketMs(): number {
    return this.buckets.value?.bucket_ms ?? 3_600_000;
  }

  /** First moment and last that can be shown; null when nothing can. */
  readonly extent = $derived.by((): Range | null => {
    const at = this.#starts;
    const whole = this.#whole;
    if (whole !== null) {
      // From where a bucket begins: those that are drawn now may be of another size than those that it was found by.
      const from = at[0] ?? whole.from;
      return { from: from + Math.floor((whole.from - from) / this.bucketMs) * this.bucketMs, to: whole.to };
    }
    return at.length === 0 ? null : { from: at.reduce((a, b) => Math.min(a, b)), to: at.reduce((a, b) => Math.max(a, b)) + this.bucketMs };
  });

  readonly #starts = $derived.by((): readonly number[] => (this.buckets.value?.rows ?? []).flatMap((row) => msOf(row.dims["bucket_ns"]) ?? []));

  /** Buckets, the empty ones between too. */
  readonly moments = $derived.by((): readonly number[] => {
    const extent = this.extent;
    if (extent === null) return [];
    const range = this.#asked(extent);
    const size = this.bucketMs;
    const first = extent.from + Math.floor((range.from - extent.from) / size) * size;
    const n = Math.min(2 * MOST_POINTS, Math.max(0, Math.ceil((range.to - first) / size)));
    return Array.from({ length: n }, (_, i) => first + i * size);
  });

  /** The part that the rows are of: what is shown, and what was shown when they were asked for. */
  #asked(extent: Range): Range {
    const at = this.#starts;
    const rows = at.length === 0 ? extent : { from: at.reduce((a, b) => Math.min(a, b)), to: at.reduce((a, b) => Math.max(a, b)) + this.bucketMs };
    if (this.view === null) return rows;
    return { from: Math.max(extent.from, Math.min(rows.from, this.view.from)), to: Math.min(extent.to, Math.max(rows.to, this.view.to)) };
  }

  /** Rows of a group by the start of their bucket. */
  readonly #byGroup = $derived.by(() => {
    const out = new Map<string, Map<number, MetricsRow>>();
    for (const row of this.buckets.value?.rows ?? []) {
      const at = msOf(row.dims["bucket_ns"]);
      const group = this.by === null ? "" : (row.dims[this.by] ?? "—");
      if (at !== null) out.set(group, (out.get(group) ?? new Map<number, MetricsRow>()).set(at, row));
    }
    return out;
  });

  /** Names of the groups that are drawn, the largest first. */
  readonly drawn = $derived.by(() => {
    const size = (rows: Map<number, MetricsRow>) => [...rows.values()].reduce((sum, row) => sum + row.requests, 0);
    return [...this.#byGroup].sort((a, b) => size(b[1]) - size(a[1])).slice(0, GROUPS).map(([name]) => name);
  });

  /** Colours by group. One that was drawn keeps its colour when a brush makes another one larger, or brings it back. */
  readonly #colours = $derived.by((): ReadonlyMap<string, number> => {
    const taken = new Map<string, number>();
    for (const group of this.drawn) {
      const before = this.#coloured.get(group);
      if (before !== undefined && ![...taken.values()].includes(before)) taken.set(group, before);
    }
    const free = Array.from({ length: GROUPS }, (_, i) => i).filter((i) => ![...taken.values()].includes(i));
    for (const group of this.drawn) if (!taken.has(group)) taken.set(group, free.shift() ?? 0);
    this.#coloured = new Map([...this.#coloured, ...taken]);
    return taken;
  });
  #coloured: ReadonlyMap<string, number> = new Map();

  readonly plots = $derived.by((): readonly Plot[] => {
    const none: ReadonlyMap<number, MetricsRow> = new Map();
    const series = (group: string, name: string, kind: Series["kind"], colour: number, empty: number | null, read: Read): Series => {
      const rows = this.#byGroup.get(group) ?? none;
      const value = (at: number) => {
        const row = rows.get(at);
        return row ? read(row) : empty;
      };
      return { name, kind, colour, points: this.moments.map((at) => ({ at, value: value(at) })) };
    };
    const each = (kind: Series["kind"], empty: number | null, read: Read) => this.drawn.map((group) => series(group, group, kind, this.#colours.get(group) ?? 0, empty, read));
    const { word, unit } = MEASURES[this.measure];
    const calls: Plot = { id: "calls", title: `single calls by ${word}`, unit, series: [], marks: this.marks };
    const tokens: Read = (row) => (row.input_tokens === null || row.output_tokens === null ? null : row.input_tokens + row.output_tokens);
    if (this.by !== null)
      return [
        { id: "requests", title: "requests", unit: "count", series: each("line", 0, (row) => row.requests) },
        { id: "latency", title: "latency p95", unit: "ms", series: each("line", null, (row) => row.latency_ms.p95) },
        { id: "tokens", title: "tokens", unit: "count", series: each("line", null, tokens) },
        { id: "cost", title: "cost", unit: "usd_nanos", series: each("line", null, (row) => row.cost_usd_nanos) },
        calls,
      ];
    return [
      { id: "requests", title: "requests and errors", unit: "count", series: [series("", "requests", "bar", 0, 0, (row) => row.requests), series("", "errors", "bar", 6, 0, (row) => row.errors)] },
      {
        id: "latency",
        title: "latency and first token",
        unit: "ms",
        series: [
          series("", "p99", "line", 3, null, (row) => row.latency_ms.p99),
          series("", "p95", "line", 1, null, (row) => row.latency_ms.p95),
          series("", "p50", "line", 0, null, (row) => row.latency_ms.p50),
          series("", "first token p50", "line", 2, null, (row) => row.ttft_ms.p50),
        ],
      },
      { id: "tokens", title: "tokens", unit: "count", series: [series("", "input", "line", 0, null, (row) => row.input_tokens), series("", "output", "line", 1, null, (row) => row.output_tokens)] },
      { id: "cost", title: "cost", unit: "usd_nanos", series: [series("", "cost", "bar", 2, null, (row) => row.cost_usd_nanos)] },
      calls,
    ];
  });
}
