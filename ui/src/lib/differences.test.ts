import type { Deltas, Pair, TextOp, ToolCallPair } from "$bindings/rpc";
import { describe, expect, it } from "vitest";
import { differencesOf } from "./differences";
import { Linked } from "./linked";
import { pathOf, seenOf } from "./minimap";
import { shuffled } from "./shuffle";

const DELTAS: Deltas = { cost_usd_nanos: null, latency_ms: null, ttft_ms: null, tokens: null };
const pair = (take_id: string, ops: TextOp[], fields: Partial<Pair> = {}): Pair => ({ take_id, text: { similarity: 0, ops }, json: null, tool_calls: [], deltas: DELTAS, ...fields });
const op = (word: string, a: string, b = a): TextOp => ({ op: word, a, b });

describe("differences", () => {
  it("are one where several takes changed the same place", () => {
    const b = pair("b", [op("equal", "free "), op("replace", "2", "24"), op("equal", " hours")]);
    const c = pair("c", [op("equal", "free "), op("replace", "2 hours", "one day")]);
    const found = differencesOf([b, c], "word", true);
    expect(found.total).toBe(1);
    expect(found.first.ranges).toEqual([{ start: 5, end: 12, kind: "delete", id: "diff-0" }]);
    expect(found.others.get("b")?.ranges).toEqual([{ start: 5, end: 7, kind: "insert", id: "diff-0" }]);
    expect(found.others.get("c")?.ranges).toEqual([{ start: 5, end: 12, kind: "insert", id: "diff-0" }]);
  });

  it("take a removal and what came in its place as one, and mark where nothing stands", () => {
    const found = differencesOf([pair("b", [op("delete", "You can ", ""), op("insert", "", "Do "), op("equal", "go"), op("insert", "", " now")])], "word", true);
    expect(found.total).toBe(2);
    expect(found.others.get("b")?.ranges.map(({ start, end }) => [start, end])).toEqual([[0, 3], [5, 9]]);
    expect(found.first.ranges.map(({ start, end }) => [start, end])).toEqual([[0, 8], [10, 10]]);
  });

  it("count characters, not halves of them", () => {
    const found = differencesOf([pair("b", [op("equal", "🎬🎬"), op("replace", "a", "b")])], "word", true);
    expect(found.first.ranges[0]).toMatchObject({ start: 2, end: 3 });
  });

  it("leave whitespace out when asked", () => {
    const ops = [op("equal", "a"), op("replace", " ", "\n\n"), op("equal", "b "), op("replace", "c", "d")];
    expect([differencesOf([pair("b", ops)], "word", true).total, differencesOf([pair("b", ops)], "word", false).total]).toEqual([2, 1]);
  });

  it("are paths where both answers are JSON, at their place on each side", () => {
    const json = [
      { path: "/hours", op: "change", a: 2, b: 24 },
      { path: "/items/0", to: "/items/1", op: "move", a: "x", b: "x" },
      { path: "/items/0", op: "add", a: null, b: "y" },
      { path: "/old", op: "remove", a: 1, b: null },
    ];
    const one = pair("b", [op("replace", "{}", "[]")], { json });
    const found = differencesOf([one], "path", true);
    expect(found.total).toBe(4);
    expect([...found.first.paths.keys()]).toEqual(["/hours", "/items/0", "/old"]);
    expect([...(found.others.get("b")?.paths ?? [])].map(([path, mark]) => [path, mark.kind])).toEqual([["/hours", "change"], ["/items/1", "change"], ["/items/0", "insert"]]);
    expect(differencesOf([one], "word", true)).toMatchObject({ total: 1, first: { paths: new Map() } });
  });

  it("number tool calls by their place in the first take", () => {
    const call = (word: string, a: boolean, b: boolean): ToolCallPair => ({ op: word, a: a ? { id: null, name: "x", arguments: {} } : null, b: b ? { id: null, name: "x", arguments: {} } : null, changes: [] });
    const found = differencesOf([pair("b", [], { tool_calls: [call("equal", true, true), call("only_b", false, true), call("changed", true, true)] }), pair("c", [], { tool_calls: [call("equal", true, true), call("changed", true, true)] })], "word", true);
    expect(found.total).toBe(2);
    expect(found.others.get("b")?.calls).toEqual([null, "diff-0", "diff-1"]);
    expect(found.others.get("c")?.calls).toEqual([null, "diff-1"]);
    expect([found.first.calls, found.rows.length]).toEqual([[null, "diff-0", "diff-1"], 3]);
  });
});

describe("shuffled", () => {
  it("is the same for the same seed, loses nothing, and mixes", () => {
    const items = ["a", "b", "c", "d"];
    expect(shuffled(items, "run-1")).toEqual(shuffled(items, "run-1"));
    expect([...shuffled(items, "run-1")].sort()).toEqual(items);
    const first = Array.from({ length: 400 }, (_, i) => shuffled(["a", "b"], `run-${i}`)[0]).filter((item) => item === "a").length;
    expect(first).toBeGreaterThan(150);
    expect(first).toBeLessThan(250);
  });
});

describe("linked columns", () => {
  const column = (scrollHeight: number) => ({ scrollTop: 0, scrollHeight, clientHeight: 100 });
  it("go to the same share, of whatever length they are", () => {
    const linked = new Linked();
    const [long, short, fits] = [column(1100), column(300), column(80)];
    long.scrollTop = 500;
    expect(linked.moved(long)).toBe(true);
    linked.follow(long, [long, short, fits]);
    expect([short.scrollTop, fits.scrollTop]).toEqual([100, 0]);
    // The event of what was put there is an echo; a hand that moves it on is not.
    expect(linked.moved(short)).toBe(false);
    short.scrollTop = 140;
    expect(linked.moved(short)).toBe(true);
  });
});

describe("the map", () => {
  it("draws what overlaps as one box, and the smallest so that it is seen", () => {
    expect(pathOf([{ from: 0.5, to: 0.5 }, { from: 0.1, to: 0.2 }, { from: 0.19, to: 0.3 }], 100, 3, 3)).toBe("M3 10h3V30h-3zM3 50h3V52h-3z");
    expect(pathOf([{ from: 1, to: 1 }], 100, 0, 3)).toBe("M0 98h3V100h-3z");
    expect(pathOf([], 100, 0, 3)).toBe("");
  });
  it("knows the part that is seen", () => {
    expect(seenOf({ scrollTop: 50, scrollHeight: 200, clientHeight: 100 })).toEqual({ from: 0.25, to: 0.75 });
    expect(seenOf({ scrollTop: 0, scrollHeight: 0, clientHeight: 100 })).toEqual({ from: 0, to: 1 });
  });
});
