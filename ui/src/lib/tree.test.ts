import { describe, expect, it } from "vitest";
import { extentOf, outline, place, ticks, type OutlineSpan } from "./tree";

const span = (id: string, parent: string | null, start: number | null = 0, ms: number | null = 1): OutlineSpan => ({ span_id: id, parent_span_id: parent, start_ns: start === null ? null : String(start * 1_000_000), duration_ms: ms });
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
  it("spans the first start to the last end, exactly", () => {
    const extent = extentOf([span("a", null, 10, 5), span("b", "a", 12, 20), span("u", "a", null, null)]);
    expect(extent).toEqual({ start_ns: "10000000", ms: 22 });
    expect(extentOf([])).toEqual({ start_ns: null, ms: 0 });
  });

  it("places and clips bars in the window", () => {
    expect(place({ from: 0, to: 100 }, 25, 50)).toEqual({ left: 25, width: 50 });
    expect(place({ from: 50, to: 100 }, 25, 50)).toEqual({ left: 0, width: 50 });
    expect(place({ from: 50, to: 100 }, 0, 10)).toBeNull();
  });

  it("has round ticks", () => {
    expect(ticks({ from: 0, to: 3110 }, 4)).toEqual([0, 1000, 2000, 3000]);
    expect(ticks({ from: 0, to: 0 })).toEqual([]);
  });
});
