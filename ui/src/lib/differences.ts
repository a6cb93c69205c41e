/// Differences of takes against the first of them, as one list that can be stepped through. What several takes changed at
/// one place of the first text is one difference. Offsets are in characters.
import type { Pair } from "$bindings/rpc";
import { lengthOf, type Range } from "./marks";

/** How answers are compared: by the paths of their JSON, by word or by line. */
export type Unit = "path" | "word" | "line";

/** A marked path of a JSON answer. */
export interface PathMark {
  kind: "delete" | "insert" | "change";
  id: string;
}

/** What is marked in one take. */
export interface Marks {
  ranges: Range[];
  /** By JSON pointer. */
  paths: ReadonlyMap<string, PathMark>;
  /** Mark of each row of aligned tool calls; `null` where both sides are equal. */
  calls: readonly (string | null)[];
}

export interface Differences {
  total: number;
  /** Marks of the first take, against all others. */
  first: Marks;
  /** Marks of the others by take id. */
  others: ReadonlyMap<string, Marks>;
  /** Rows of tool calls as the first take shows them: those of the other that differs from it most. */
  rows: Pair["tool_calls"];
}

/** Id of the marks of a difference. */
export const markId = (at: number) => `diff-${at}`;

interface Change {
  start: number;
  end: number;
  take: string;
  from: number;
  to: number;
}

const bare = (text: string) => text.replace(/\s+/gu, "");

/** Changes of one text, with their place in the first text and in the other. */
function changesOf(pair: Pair, whitespace: boolean): Change[] {
  const out: Change[] = [];
  let a = 0;
  let b = 0;
  for (const op of pair.text.ops) {
    const [start, from] = [a, b];
    a += lengthOf(op.a);
    b += lengthOf(op.b);
    if (op.op === "equal" || (!whitespace && bare(op.a) === bare(op.b))) continue;
    out.push({ start, end: a, take: pair.take_id, from, to: b });
  }
  return out;
}

/** Groups of changes that touch the same place of the first text, in its order. */
function placesOf(changes: Change[]): Change[][] {
  const groups: Change[][] = [];
  let end = -1;
  for (const change of changes.sort((x, y) => x.start - y.start || x.end - y.end)) {
    const group = groups.at(-1);
    if (group && change.start <= end) group.push(change);
    else groups.push([change]);
    end = Math.max(end, change.end);
  }
  return groups;
}

/** Places of a group in the other texts; what touches is one. Where nothing stands is told only if nothing else does. */
function byTake(group: Change[]): Map<string, [number, number][]> {
  const out = new Map<string, [number, number][]>();
  for (const { take, from, to } of [...group].sort((x, y) => x.from - y.from)) {
    const places = out.get(take) ?? [];
    const last = places.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else places.push([from, to]);
    out.set(take, places);
  }
  for (const [take, places] of out) {
    const real = places.filter(([from, to]) => to > from);
    if (real.length > 0) out.set(take, real);
  }
  return out;
}

interface Draft {
  ranges: Range[];
  paths: Map<string, PathMark>;
  calls: (string | null)[];
}
const draft = (): Draft => ({ ranges: [], paths: new Map(), calls: [] });

/** Lists what differs. Whether a pair is compared by its paths depends on both answers being JSON. */
export function differencesOf(pairs: readonly Pair[], unit: Unit, whitespace: boolean): Differences {
  const first = draft();
  const others = new Map(pairs.map((pair) => [pair.take_id, draft()]));
  const of = (take: string) => others.get(take) ?? draft();
  let total = 0;

  const byPath = (pair: Pair) => unit === "path" && pair.json !== null;
  for (const group of placesOf(pairs.filter((pair) => !byPath(pair)).flatMap((pair) => changesOf(pair, whitespace)))) {
    const id = markId(total++);
    const start = Math.min(...group.map((change) => change.start));
    const end = Math.max(...group.map((change) => change.end));
    first.ranges.push({ start, end, kind: "delete", id });
    for (const [take, places] of byTake(group)) for (const [from, to] of places) of(take).ranges.push({ start: from, end: to, kind: "insert", id });
  }

  const paths = new Map<string, string>();
  for (const pair of pairs.filter(byPath))
    for (const change of pair.json ?? []) {
      const key = change.op === "add" ? `+${change.path}` : change.path;
      const id = paths.get(key) ?? markId(total++);
      paths.set(key, id);
      if (change.op !== "add") first.paths.set(change.path, { kind: change.op === "remove" ? "delete" : "change", id });
      if (change.op !== "remove") of(pair.take_id).paths.set(change.to ?? change.path, { kind: change.op === "add" ? "insert" : "change", id });
    }

  const calls = new Map<string, string>();
  const differ = (pair: Pair) => pair.tool_calls.filter((row) => row.op !== "equal").length;
  const most = [...pairs].sort((x, y) => differ(y) - differ(x))[0];
  for (const pair of pairs) {
    // The place in the first take: its n-th call, or what only the other has after it.
    let nth = 0;
    let more = 0;
    for (const row of pair.tool_calls) {
      if (row.a === null) more += 1;
      else [nth, more] = [nth + 1, 0];
      const key = `${nth} ${more}`;
      const id = row.op === "equal" ? null : (calls.get(key) ?? markId(total++));
      if (id !== null) calls.set(key, id);
      of(pair.take_id).calls.push(id);
      if (pair === most) first.calls.push(id);
    }
  }
  return { total, first, others, rows: most?.tool_calls ?? [] };
}
