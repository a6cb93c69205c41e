/// A run as cases by variants: read from the core, ordered here by any of its numbers.
import type { Matrix, MatrixCell, MatrixRow } from "$bindings/rpc";
import type { Platform } from "$platform/types";
import { SvelteMap } from "svelte/reactivity";
import { Loaded } from "./loaded.svelte";

/** What the columns of variants are sorted by. */
export const MEASURES = ["difference", "latency", "cost", "tokens"] as const;
export type Measure = (typeof MEASURES)[number];

/** The plan's order, the question, the disagreement, or a variant by its place. */
export type SortBy = "plan" | "case" | "disagreement" | number;

/** Number that a cell is sorted by; `null` when it is not known. */
function measured(cell: MatrixCell | null | undefined, measure: Measure): number | null {
  if (!cell) return null;
  if (measure === "latency") return cell.deltas.latency_ms;
  if (measure === "cost") return cell.deltas.cost_usd_nanos;
  if (measure === "tokens") return cell.deltas.tokens;
  // A tool call that differs weighs more than any number of words.
  return cell.verdict === null ? null : (cell.tool_calls ?? 0) * 1e9 + (cell.words ?? 0);
}

export class RunMatrix {
  readonly loaded = new Loaded<Matrix>();
  by = $state<SortBy>("disagreement");
  down = $state(true);
  measure = $state<Measure>("difference");
  /** Rank of the row that is chosen. */
  active = $state(0);
  /** What was heard of takes while they had no result: that one was sent, then that more of it came. */
  readonly #heard = new SvelteMap<string, "running" | "streaming">();
  readonly #takes = $derived.by(() => new Set(this.rows.flatMap((row) => row.cells.map((cell) => cell?.take_id))));
  readonly #host: Platform;

  constructor(host: Platform) {
    this.#host = host;
  }

  get rows(): readonly MatrixRow[] {
    return this.loaded.value?.rows ?? [];
  }

  get variants(): readonly string[] {
    return this.loaded.value?.variants ?? [];
  }

  /** More than one case: then the run is a matrix first, and takes when a row is opened. */
  get many(): boolean {
    return this.rows.length > 1;
  }

  async read(runId: string): Promise<Matrix | null> {
    return this.loaded.read(() => this.#host.rpc("run_matrix", { id: runId }));
  }

  /** A take of this run has changed. */
  hear(takeId: string): void {
    if (this.#takes.has(takeId)) this.#heard.set(takeId, this.#heard.has(takeId) ? "streaming" : "running");
  }

  /** How far a take is. A run of another process is not heard of: then nothing is said of what it has not written. */
  stateOf(cell: MatrixCell): string {
    if (cell.status !== "pending" || this.loaded.value?.status !== "running") return cell.status;
    return this.#heard.get(cell.take_id) ?? (this.#heard.size > 0 ? "waiting" : "pending");
  }

  clear(): void {
    this.loaded.clear();
    this.#heard.clear();
    this.active = 0;
  }

  /** Places of rows in the plan, in the order that is shown. Rows without the number come last. */
  readonly order = $derived.by((): readonly number[] => {
    const places = this.rows.map((_, at) => at);
    const { by, measure } = this;
    const sign = this.down ? -1 : 1;
    if (by === "plan") return places;
    if (by === "case") return places.sort((a, b) => sign * (this.rows[a]?.question ?? "").localeCompare(this.rows[b]?.question ?? "") || a - b);
    const value = (at: number) => (by === "disagreement" ? (this.rows[at]?.disagreement ?? null) : measured(this.rows[at]?.cells[by], measure));
    return places.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === null || y === null) return x === y ? a - b : x === null ? 1 : -1;
      return sign * (x - y) || a - b;
    });
  });

  /** Sorts by this, the largest first; again: the smallest first; again: as planned. Texts begin at their start. */
  sort(by: SortBy): void {
    const first = by !== "case";
    if (this.by !== by) [this.by, this.down] = [by, first];
    else if (this.down === first) this.down = !first;
    else [this.by, this.down] = ["plan", false];
    this.active = 0;
  }

  nextMeasure(): void {
    this.measure = MEASURES[(MEASURES.indexOf(this.measure) + 1) % MEASURES.length] ?? "difference";
    if (typeof this.by !== "number") this.by = 0;
    this.down = true;
    this.active = 0;
  }

  /** Moves to another row; `false` at the ends. */
  move(by: number): boolean {
    const next = Math.min(Math.max(0, this.active + by), this.rows.length - 1);
    if (next === this.active) return false;
    this.active = next;
    return true;
  }

  /** Place in the plan of the row that is chosen. */
  get chosen(): number | null {
    return this.order[this.active] ?? null;
  }
}
