/// A trace as an outline: spans in the order of the tree, with depth, what can be folded, and where their bars stand.
import { msBetween } from "./format";

/** What the outline needs of a span. */
export interface OutlineSpan {
  span_id: string;
  parent_span_id: string | null;
  start_ns: string | null;
  duration_ms: number | null;
  name: string;
  kind: string;
  status: string;
}

/** One row of the outline. */
export interface OutlineRow<S extends OutlineSpan> {
  span: S;
  depth: number;
  /** Number of spans below it. */
  below: number;
  /** Its parent is not in the trace. */
  orphan: boolean;
  /** Spans right below it, by start. */
  children: readonly S[];
  /** Failed attempts of the same thing that came before it and stand on its row. */
  attempts: readonly S[];
}

/** Time of the whole trace. */
export interface Extent {
  start_ns: string | null;
  ms: number;
}

/** Rows in the order of the tree; spans in a circle are shown as roots, none is lost. */
export function outline<S extends OutlineSpan>(spans: readonly S[], folded: ReadonlySet<string>, selected: string | null = null): OutlineRow<S>[] {
  const ids = new Set(spans.map((span) => span.span_id));
  const children = new Map<string | null, S[]>();
  for (const span of spans) {
    const parent = span.parent_span_id !== null && span.parent_span_id !== span.span_id && ids.has(span.parent_span_id) ? span.parent_span_id : null;
    const list = children.get(parent);
    if (list) list.push(span);
    else children.set(parent, [span]);
  }
  for (const list of children.values()) list.sort(byStart);
  const attempts = attemptsOf(children, folded, selected);
  const stacked = new Set([...attempts.values()].flat().map((span) => span.span_id));
  const rows: OutlineRow<S>[] = [];
  const seen = new Set<string>();
  // Without recursion: a trace may be as deep as it is long.
  const visit = (root: S) => {
    const stack: { span: S; depth: number; hidden: boolean; row: OutlineRow<S> | null; next: number }[] = [];
    const enter = (span: S, depth: number, hidden: boolean) => {
      seen.add(span.span_id);
      const orphan = span.parent_span_id !== null && !ids.has(span.parent_span_id);
      const row = { span, depth, below: 0, orphan, children: children.get(span.span_id) ?? [], attempts: attempts.get(span.span_id) ?? [] };
      if (!hidden && !stacked.has(span.span_id)) rows.push(row);
      stack.push({ span, depth, hidden, row, next: 0 });
    };
    enter(root, 0, false);
    while (stack.length > 0) {
      const top = stack.at(-1);
      if (!top) break;
      const child = children.get(top.span.span_id)?.[top.next];
      if (child) {
        top.next += 1;
        if (!seen.has(child.span_id)) enter(child, top.depth + 1, top.hidden || folded.has(top.span.span_id));
        continue;
      }
      stack.pop();
      const parent = stack.at(-1);
      if (parent?.row && top.row) parent.row.below += top.row.below + 1;
    }
  };
  for (const span of children.get(null) ?? []) visit(span);
  for (const span of spans) if (!seen.has(span.span_id)) visit(span);
  return rows;
}

/** Name under which the attempts of a span are unfolded in the set of what is folded. */
export function attemptsKey(spanId: string): string {
  return `attempts ${spanId}`;
}

/**
 * Failed attempts by the span that came of them: siblings without children, of one kind and name, one after the other, each
 * but the last failed. Those that were unfolded, or hold the selected span, are left as rows.
 */
function attemptsOf<S extends OutlineSpan>(children: ReadonlyMap<string | null, readonly S[]>, unfolded: ReadonlySet<string>, selected: string | null): Map<string, S[]> {
  const out = new Map<string, S[]>();
  for (const list of children.values()) {
    let run: S[] = [];
    const follows = (before: S, after: S) => {
      if (before.name !== after.name || before.kind !== after.kind || before.status !== "error") return false;
      const gap = msBetween(before.start_ns, after.start_ns);
      return gap !== null && gap >= (before.duration_ms ?? 0) - 1;
    };
    const end = () => {
      const last = run.at(-1);
      const earlier = run.slice(0, -1);
      if (last && earlier.length > 0 && !unfolded.has(attemptsKey(last.span_id)) && !earlier.some((span) => span.span_id === selected)) out.set(last.span_id, earlier);
      run = [];
    };
    for (const span of list) {
      const before = run.at(-1);
      const leaf = !children.has(span.span_id);
      if (!leaf || (before && !follows(before, span))) end();
      if (leaf) run.push(span);
    }
    end();
  }
  return out;
}

/** Stretches of a span in which nothing below it ran, in ms from the start of the trace: the time that is its own. */
export function selfTime(extent: Extent, span: OutlineSpan, children: readonly OutlineSpan[]): TimeWindow[] {
  const from = offsetOf(extent, span.start_ns);
  if (from === null || span.duration_ms === null) return [];
  const to = from + span.duration_ms;
  const out: TimeWindow[] = [];
  let at = from;
  for (const child of children) {
    const start = offsetOf(extent, child.start_ns);
    if (start === null) continue;
    if (start > at) out.push({ from: at, to: Math.min(start, to) });
    at = Math.max(at, start + (child.duration_ms ?? 0));
    if (at >= to) break;
  }
  if (at < to) out.push({ from: at, to });
  return out;
}

function byStart(a: OutlineSpan, b: OutlineSpan): number {
  if (a.start_ns === b.start_ns) return 0;
  if (a.start_ns === null) return 1;
  if (b.start_ns === null) return -1;
  return before(a.start_ns, b.start_ns) ? -1 : 1;
}

/** Whether a time is the earlier one. Decimals of one length are in the order of their characters, which is far quicker to tell. */
function before(a: string, b: string): boolean {
  return a.length === b.length && a[0] !== "-" && b[0] !== "-" ? a < b : BigInt(a) < BigInt(b);
}

/** A window onto the time axis, in milliseconds from the start of the trace. */
export interface TimeWindow {
  from: number;
  to: number;
}

/** Where something stands in the window, in per cent; `null` when it is outside. */
export function place(window: TimeWindow, from: number, ms: number): { left: number; width: number } | null {
  const span = window.to - window.from;
  if (span <= 0) return { left: 0, width: 100 };
  const left = ((from - window.from) / span) * 100;
  const right = ((from + ms - window.from) / span) * 100;
  if (right < 0 || left > 100) return null;
  const clipped = Math.max(0, left);
  return { left: clipped, width: Math.min(100, right) - clipped };
}

/** Where a label beside a bar stands, in per cent: it begins behind the place, or ends before it. */
export interface LabelPlace {
  side: "behind" | "before";
  at: number;
  /** Over the bar itself, which takes all of the room. */
  inside: boolean;
}

/** The place of a label that needs so much room: behind the bar, else before it, else within its end; never over a tick. */
export function labelPlace(bar: { left: number; width: number }, marks: readonly number[], room: number): LabelPlace {
  const end = bar.left + bar.width;
  const ascending = [...marks].sort((a, b) => a - b);
  let from = end;
  for (const mark of ascending) if (mark >= from && mark < from + room) from = mark;
  if (from + room <= 100) return { side: "behind", at: from, inside: false };
  const before = (edge: number) => ascending.reduceRight((to, mark) => (mark <= to && mark > to - room ? mark : to), edge);
  const to = before(bar.left);
  if (to - room >= 0) return { side: "before", at: to, inside: false };
  return { side: "before", at: before(100), inside: true };
}

/** Offset of a time from the start of the trace in milliseconds. */
export function offsetOf(extent: Extent, ns: string | null | undefined): number | null {
  return msBetween(extent.start_ns, ns);
}

/** Round steps for an axis: about `aim` of them. */
export function ticks(window: TimeWindow, aim = 5): number[] {
  const span = window.to - window.from;
  if (!(span > 0)) return [];
  const raw = span / aim;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw) ?? raw;
  const out: number[] = [];
  for (let at = Math.ceil(window.from / step) * step; at <= window.to + step / 1e6; at += step) out.push(at);
  return out;
}
