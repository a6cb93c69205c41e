/// The time axis that all plots share: what is pointed at, what is marked, and the keys that do what a pointer does.
import { msOf } from "$lib/format";
import { closer, inside, type Range } from "$lib/plot";
import { keyOf, type KeyPress } from "$lib/keys";
import type { Metrics } from "./metrics.svelte";

/** The shortest part that is shown. */
export const LEAST_MS = 10 * 60_000;

export class TimeAxis {
  /** Start of the bucket that is pointed at, by pointer or key. */
  at = $state<number | null>(null);
  /** The part that is marked and not yet asked for. */
  brush = $state.raw<Range | null>(null);
  /** Where marking by keys began. */
  #anchor: number | null = null;
  readonly #metrics: Metrics;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** What is shown of the axis. */
  get view(): Range | null {
    return this.#metrics.view ?? this.#metrics.extent;
  }

  point(at: number | null): void {
    this.at = at;
    if (at === null) this.pointAt(null);
  }

  /** Points at a single call, by its number among the marks that are drawn. */
  pointAt(mark: number | null): void {
    this.#metrics.pointed.point(mark === null ? null : (this.#metrics.calls.value?.marks[mark] ?? null));
  }

  /** Where the line stands that goes through all plots: the time of the call that is pointed at, else the middle of the bucket. */
  get cursor(): number | null {
    const { mark } = this.#metrics.pointed;
    const [from, to] = [msOf(mark?.from_ns), msOf(mark?.to_ns)];
    if (from !== null && to !== null) return (from + to) / 2;
    return this.at === null ? null : this.at + this.#metrics.bucketMs / 2;
  }

  /** Marks buckets; when it is done, asks for them only. */
  mark(range: Range | null, done: boolean): void {
    this.brush = done ? null : range;
    if (!done || range === null) return;
    this.#anchor = null;
    this.at = null;
    void this.#metrics.narrow(range.from, range.to);
  }

  /** Shows a part of the axis; all of it for `null`. Where all is shown already, the last narrowing is taken back. */
  look(range: Range | null): void {
    if (range === null && this.#metrics.view === null && this.#metrics.extent !== null) return void this.#metrics.widen();
    const whole = this.#metrics.extent;
    // Nothing is shown at all: it can only be another time.
    if (whole === null) return range === null ? void this.#metrics.whole() : undefined;
    const all = range === null || range.to - range.from >= whole.to - whole.from;
    this.#metrics.look(all ? null : inside(range, whole));
  }

  /** Asks for what is shown only: the part becomes the query's time. `false` where all is shown. */
  take(): boolean {
    const shown = this.#metrics.view;
    this.mark(shown, true);
    return shown !== null;
  }

  zoom(factor: number): void {
    const [view, whole] = [this.view, this.#metrics.extent];
    if (view === null || whole === null) return;
    const around = this.at === null ? (view.from + view.to) / 2 : this.at + this.#metrics.bucketMs / 2;
    this.look(closer(view, whole, factor, around, LEAST_MS));
  }

  /** Moves what is shown by a share of its length. */
  pan(share: number): void {
    const view = this.view;
    if (view === null) return;
    const by = (view.to - view.from) * share;
    this.look({ from: view.from + by, to: view.to + by });
  }

  /** Does what a key asks for while the plots have the focus; `false` leaves it to the page. */
  press(press: KeyPress): boolean {
    const key = keyOf(press);
    const step = { Left: -1, Right: 1, "Shift+Left": -1, "Shift+Right": 1, Home: -Infinity, End: Infinity, "Shift+Home": -Infinity, "Shift+End": Infinity }[key ?? ""];
    if (step !== undefined) return this.#step(step, press.shiftKey);
    if (key === "Enter" && this.brush !== null) {
      this.mark(this.brush, true);
      return true;
    }
    if (key === "Escape" && (this.brush !== null || this.at !== null)) {
      this.#anchor = null;
      if (this.brush === null) this.at = null;
      this.brush = null;
      return true;
    }
    return false;
  }

  #step(by: number, marks: boolean): boolean {
    this.pointAt(null);
    const moments = this.#shown();
    if (moments.length === 0) return true;
    const now = this.at === null ? -1 : moments.indexOf(this.at);
    const first = by > 0 ? 0 : moments.length - 1;
    const next = Math.min(moments.length - 1, Math.max(0, now === -1 && Number.isFinite(by) ? first : now + by));
    const at = moments[next] ?? null;
    if (marks && at !== null) {
      this.#anchor ??= this.at ?? at;
      this.brush = { from: Math.min(this.#anchor, at), to: Math.max(this.#anchor, at) + this.#metrics.bucketMs };
    } else {
      this.#anchor = null;
      this.brush = null;
    }
    this.at = at;
    return true;
  }

  /** Buckets that lie in what is shown. */
  #shown(): readonly number[] {
    const view = this.view;
    return view === null ? [] : this.#metrics.moments.filter((at) => at + this.#metrics.bucketMs > view.from && at < view.to);
  }
}
