/// Numbers of model calls over time: a query, its groups and buckets as the core counts them. What `retake metrics` prints.
import type { Metrics as Answer, MetricsRow } from "$bindings/rpc";
import { msOf } from "$lib/format";
import type { Series } from "$lib/plot";
import { within } from "$lib/query";
import type { Platform } from "$platform/types";
import { Loaded } from "./loaded.svelte";

export const DIMENSIONS = ["tenant", "feature", "model", "prompt", "provider", "environment"] as const;
export type Dimension = (typeof DIMENSIONS)[number];
export type Bucket = "1h" | "1d";

/** Lines of one plot, at most: more cannot be told apart. */
const GROUPS = 6;
/** A range of more opens by days. */
const MOST_HOURS = 24 * 31;
/** Points of a line, at most, that are drawn without a call behind them. */
const MOST_MOMENTS = 2000;
const BUCKET_MS: Record<Bucket, number> = { "1h": 3_600_000, "1d": 86_400_000 };

/** A plot: what it shows, and the unit of its numbers. */
export interface Plot {
  id: "requests" | "latency" | "tokens" | "cost";
  title: string;
  unit: "count" | "ms" | "usd_nanos";
  series: readonly Series[];
}

type Read = (row: MetricsRow) => number | null;

export class Metrics {
  query = $state("");
  draft = $state("");
  by = $state<Dimension | null>(null);
  bucket = $state<Bucket>("1h");
  /** Over time. */
  readonly buckets = new Loaded<Answer>();
  /** Whole groups, for the table. */
  readonly groups = new Loaded<Answer>();
  readonly #host: Platform;

  constructor(host: Platform) {
    this.#host = host;
  }

  /** Asks another query. */
  async open(query: string): Promise<void> {
    this.query = query;
    this.draft = query;
    await this.read();
    // Hours of years cannot be told apart: such a range opens by days.
    const extent = this.extent;
    if (this.bucket === "1h" && extent !== null && extent.to - extent.from > MOST_HOURS * BUCKET_MS["1h"]) await this.setBucket("1d");
  }

  /** Asks again; what is being typed stays. */
  async read(): Promise<void> {
    const query = this.query;
    const by = this.by === null ? [] : [this.by];
    await Promise.all([
      this.buckets.read(() => this.#host.rpc("metrics", { query, by, bucket: this.bucket })),
      this.groups.read(() => this.#host.rpc("metrics", { query, by })),
    ]);
  }

  async groupBy(by: Dimension | null): Promise<void> {
    this.by = by;
    await this.read();
  }

  async setBucket(bucket: Bucket): Promise<void> {
    this.bucket = bucket;
    await this.read();
  }

  /** Narrows to a time, in ms since the epoch. */
  async narrow(from: number, to: number): Promise<void> {
    await this.open(within(this.query, from, to));
  }

  get bucketMs(): number {
    return BUCKET_MS[this.bucket];
  }

  /** First and last moment that is shown; null when nothing is. */
  readonly extent = $derived.by((): { from: number; to: number } | null => {
    const at = (this.buckets.value?.rows ?? []).flatMap((row) => msOf(row.dims["bucket_ns"]) ?? []);
    return at.length === 0 ? null : { from: Math.min(...at), to: Math.max(...at) + this.bucketMs };
  });

  /** Buckets, the empty ones between too. */
  readonly moments = $derived.by((): readonly number[] => {
    const extent = this.extent;
    if (extent === null) return [];
    const n = Math.round((extent.to - extent.from) / this.bucketMs);
    if (n <= MOST_MOMENTS) return Array.from({ length: n }, (_, i) => extent.from + i * this.bucketMs);
    // Years of empty hours are not drawn one by one: each bucket that has calls, and the empty ones beside it.
    const known = (this.buckets.value?.rows ?? []).flatMap((row) => msOf(row.dims["bucket_ns"]) ?? []);
    return [...new Set(known.flatMap((at) => [at - this.bucketMs, at, at + this.bucketMs]))].filter((at) => at >= extent.from && at < extent.to).sort((a, b) => a - b);
  });

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
    const each = (kind: Series["kind"], empty: number | null, read: Read) => this.drawn.map((group, i) => series(group, group, kind, i, empty, read));
    const tokens: Read = (row) => (row.input_tokens === null || row.output_tokens === null ? null : row.input_tokens + row.output_tokens);
    if (this.by !== null)
      return [
        { id: "requests", title: "requests", unit: "count", series: each("line", 0, (row) => row.requests) },
        { id: "latency", title: "latency p95", unit: "ms", series: each("line", null, (row) => row.latency_ms.p95) },
        { id: "tokens", title: "tokens", unit: "count", series: each("line", null, tokens) },
        { id: "cost", title: "cost", unit: "usd_nanos", series: each("line", null, (row) => row.cost_usd_nanos) },
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
    ];
  });
}
