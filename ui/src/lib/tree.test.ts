import { describe, expect, it } from "vitest";
import { attemptsKey, labelPlace, outline, type OutlineSpan, place, selfTime, ticks } from "./tree";

const span = (id: string, parent: string | null, start: number | null = 0, ms: number | null = 1): OutlineSpan => ({ span_id: id, parent_span_id: parent, start_ns: start === null ? null : String(start * 1_000_000), duration_ms: ms, name: "call", kind: "llm", status: "ok" });
const shape = (spans: OutlineSpan[], folded: string[] = []) => outline(spans, new Set(folded)).map((row) => `${"·".repeat(row.depth)}${row.span.span_id}`);

describe("outline", () => {
  it("orders children by start, whatever the order of arrival", () => {
    expect(shape([span("c", "a", 9), span("b", "a", 2), span("a", null, 0), span("d", "b", 3)])).toEqual(["a", "·b", "··d", "·c"]);
  });

  it("hides what is folded and counts it", () => {
    const rows = outline([span("a", null), span("b", "a", 1), span("c", "b", 2)], new Set(["a"]));
    expect(rows.map((row) => [row.span.span_id, row.below])).toEqual([["a", 2]]);
  });

  it("loses no span: missing parents, circles, a parent of itself", () => {
    expect(shape([span("x", "gone", 1), span("s", "s", 2)])).toEqual(["x", "s"]);
    expect(shape([span("p", "q", 1), span("q", "p", 2)]).length).toBe(2);
    expect(outline([span("x", "gone")], new Set())[0]?.orphan).toBe(true);
  });

  it("takes a chain of 100,000 spans", () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => span(String(i), i === 0 ? null : String(i - 1), i));
    const rows = outline(chain, new Set());
    expect(rows.at(-1)?.depth).toBe(99_999);
    expect(rows[0]?.below).toBe(99_999);
  });
});

describe("time axis", () => {
  it("places and clips bars in the window", () => {
    expect(place({ from: 0, to: 100 }, 25, 50)).toEqual({ left: 25, width: 50 });
    expect(place({ from: 50, to: 100 }, 25, 50)).toEqual({ left: 0, width: 50 });
    expect(place({ from: 50, to: 100 }, 0, 10)).toBeNull();
  });

  it("has round ticks", () => {
    expect(ticks({ from: 0, to: 3110 }, 4)).toEqual([0, 1000, 2000, 3000]);
    expect(ticks({ from: 0, to: 0 })).toEqual([]);
  });

  it("stacks failed attempts on the row of the one that came of them, until they are unfolded or selected", () => {
    const failed = { status: "error" };
    const spans = [span("root", null, 0, 20), { ...span("a", "root", 0, 2), ...failed }, { ...span("b", "root", 3, 2), ...failed }, span("c", "root", 6, 5), span("d", "root", 12, 2)];
    const stacked = outline(spans, new Set());
    expect(stacked.map((row) => [row.span.span_id, row.attempts.map((one) => one.span_id).join()])).toEqual([["root", ""], ["c", "a,b"], ["d", ""]]);
    expect(stacked[0]?.below).toBe(4);
    expect(outline(spans, new Set([attemptsKey("c")])).length).toBe(5);
    expect(outline(spans, new Set(), "b").length).toBe(5);
    // Two at once are no attempts of one thing, nor are two of another name.
    expect(outline([span("root", null), { ...span("a", "root", 0, 5), ...failed }, span("b", "root", 1, 5)], new Set()).length).toBe(3);
    expect(outline([span("root", null), { ...span("a", "root", 0, 1), ...failed, name: "other" }, span("b", "root", 2, 5)], new Set()).length).toBe(3);
  });

  it("puts a label behind a bar, before it or within its end, and never over a tick", () => {
    expect(labelPlace({ left: 10, width: 30 }, [], 10)).toEqual({ side: "behind", at: 40, inside: false });
    expect(labelPlace({ left: 10, width: 30 }, [20, 45, 50, 80], 10)).toEqual({ side: "behind", at: 50, inside: false });
    expect(labelPlace({ left: 60, width: 38 }, [55, 97], 10)).toEqual({ side: "before", at: 55, inside: false });
    expect(labelPlace({ left: 0, width: 97 }, [0], 10)).toEqual({ side: "before", at: 100, inside: true });
    expect(labelPlace({ left: 0, width: 97 }, [95, 2, 88], 10)).toEqual({ side: "before", at: 88, inside: true });
  });

  it("tells the time of a span from that of what it called, which may overlap and outlive it", () => {
    const extent = { start_ns: "0", ms: 20 };
    const windows = selfTime(extent, span("a", null, 0, 20), [span("b", "a", 2, 5), span("c", "a", 4, 6), span("d", "a", 15, 50)]);
    expect(windows).toEqual([{ from: 0, to: 2 }, { from: 10, to: 15 }]);
    expect(selfTime(extent, span("a", null, 0, 20), [])).toEqual([{ from: 0, to: 20 }]);
    expect(selfTime(extent, span("a", null, null, 20), [])).toEqual([]);
  });
});
