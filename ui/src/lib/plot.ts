/// Scales and ticks of plots over time. Pure: data in, pixels out.

/** A line or a row of bars; `null` is a gap: unknown is not zero. */
export interface Series {
  name: string;
  kind: "bar" | "line";
  /** Number of its colour, from 0. */
  colour: number;
  /** Start of the bucket in ms since the epoch, and the value. */
  points: readonly { at: number; value: number | null }[];
}

/** A single call, or several that lie too close to be told apart: the moments and values that they span. Both ends are exact. */
export interface Mark {
  from: number;
  to: number;
  low: number;
  high: number;
  n: number;
  /** Number of its colour, from 0. */
  colour: number;
}

/** A plot: what it shows, and the unit of its numbers. */
export interface Plot {
  id: string;
  title: string;
  unit: "count" | "ms" | "usd_nanos";
  series: readonly Series[];
  /** Single calls; the first lies lowest. */
  marks?: readonly Mark[];
}

/** Pixels around a mark in which a click means it; the crate `charts` has the same. */
const REACH = 8;

/** Number of the mark that a click means: the nearest within reach, of two alike the one that lies above; else `null`. */
export function nearestMark(marks: readonly Mark[], x: (at: number) => number, y: (value: number) => number, at: { x: number; y: number }): number | null {
  const beside = (from: number, to: number, point: number) => Math.max(0, from - point, point - to);
  let found: number | null = null;
  let least = REACH;
  marks.forEach((mark, i) => {
    const distance = Math.hypot(beside(x(mark.from), x(mark.to), at.x), beside(y(mark.high), y(mark.low), at.y));
    if (distance <= least) [found, least] = [i, distance];
  });
  return found;
}

/** How much of its colour a cell has: more, the more calls it holds; one beside thousands is seen as well. */
export function shareOf(n: number, most: number): number {
  return 0.35 + (0.65 * Math.log(Math.max(1, n))) / Math.log(Math.max(2, most));
}

/** A part of the time axis in ms since the epoch; its end is not of it. */
export interface Range {
  from: number;
  to: number;
}

/** All that is drawn over one axis. */
export interface PlotData {
  plots: readonly Plot[];
  /** All of the axis. */
  range: Range;
  bucketMs: number;
  /** How far the shown zone is ahead of UTC. */
  offsetMs: number;
}

/** A range moved and shortened so that it lies in another. */
export function inside(range: Range, whole: Range): Range {
  const length = Math.min(range.to - range.from, whole.to - whole.from);
  const from = Math.max(whole.from, Math.min(range.from, whole.to - length));
  return { from, to: from + length };
}

/** A range that is shown closer by a factor; the moment stays where it is. Less than `least` is not shown. */
export function closer(view: Range, whole: Range, factor: number, around: number, least: number): Range {
  const now = view.to - view.from;
  const length = Math.min(whole.to - whole.from, Math.max(least, now / factor));
  const from = around - ((around - view.from) / now) * length;
  return inside({ from, to: from + length }, whole);
}

/** Steps of long durations, in ms; the crate `charts` has the same. */
const LONG = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200].map((seconds) => seconds * 1000);

/** Round numbers from 0 to at least `max`, about `n` of them; durations above some seconds are round in minutes and hours. */
export function ticksTo(max: number, n: number, unit: Plot["unit"] = "usd_nanos"): number[] {
  if (!(max > 0)) return [0];
  const rough = max / n;
  const power = 10 ** Math.floor(Math.log10(rough));
  const long = unit === "ms" && rough > 10_000 ? LONG.find((step) => step >= rough) : undefined;
  const step = long ?? [1, 2, 5, 10].map((unit) => unit * power).find((unit) => unit >= rough) ?? rough;
  return Array.from({ length: Math.ceil(max / step - 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY];

/** Moments on round hours and days of the zone that is `offsetMs` ahead of UTC, about `n` of them. */
export function timeTicks(from: number, to: number, n: number, offsetMs: number): number[] {
  const step = STEPS.find((one) => one >= (to - from) / n) ?? 365 * DAY;
  const first = Math.ceil((from + offsetMs) / step) * step - offsetMs;
  const out: number[] = [];
  for (let at = first; at <= to; at += step) out.push(at);
  return out;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** What stands at a moment of the axis: the day where one begins, else the time of day. */
export function tickLabel(at: number, offsetMs: number): string {
  const moment = new Date(at + offsetMs);
  const two = (n: number) => String(n).padStart(2, "0");
  const [hour, minute, second] = [moment.getUTCHours(), moment.getUTCMinutes(), moment.getUTCSeconds()];
  if (second > 0) return `${two(hour)}:${two(minute)}:${two(second)}`;
  return hour === 0 && minute === 0 ? `${moment.getUTCDate()} ${MONTHS[moment.getUTCMonth()] ?? ""}` : `${two(hour)}:${two(minute)}`;
}

type Point = Series["points"][number];

/** SVG path of a line, lifted where a value is unknown. */
export function linePath(points: readonly Point[], x: (at: number) => number, y: (value: number) => number): string {
  let out = "";
  let drawn = false;
  for (const { at, value } of points) {
    if (value !== null) out += `${drawn ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
    drawn = value !== null;
  }
  return out;
}

/** Points with nothing known on either side: a line through them has no length. */
export function lonePoints(points: readonly Point[]): Point[] {
  return points.filter((point, i) => point.value !== null && (points[i - 1]?.value ?? null) === null && (points[i + 1]?.value ?? null) === null);
}
