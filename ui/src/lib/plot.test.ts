import { describe, expect, it } from "vitest";
import { linePath, lonePoints, tickLabel, ticksTo, timeTicks, nearestMark, shareOf, type Mark } from "./plot";

describe("plots", () => {
  it("marks round numbers up to the largest value", () => {
    expect(ticksTo(9, 4)).toEqual([0, 5, 10]);
    expect(ticksTo(0.042, 4)).toEqual([0, 0.02, 0.04, 0.06]);
    expect(ticksTo(0, 4)).toEqual([0]);
    expect(ticksTo(65_000, 3, "ms")).toEqual([0, 30_000, 60_000, 90_000]);
    expect(ticksTo(24_000, 3, "ms")).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it("marks round hours of the zone that is shown", () => {
    const from = Date.UTC(2026, 10, 19, 9, 20);
    const ticks = timeTicks(from, from + 5 * 3_600_000, 5, 2 * 3_600_000);
    expect(ticks.map((at) => new Date(at).toISOString())[0]).toBe("2026-11-19T10:00:00.000Z");
    expect(ticks).toHaveLength(5);
  });

  it("lifts a line where nothing is known", () => {
    const points = [{ at: 0, value: 1 }, { at: 1, value: 2 }, { at: 2, value: null }, { at: 3, value: 4 }];
    expect(linePath(points, (at) => at, (value) => value)).toBe("M0.0 1.0L1.0 2.0M3.0 4.0");
    expect(lonePoints(points)).toEqual([{ at: 3, value: 4 }]);
  });

  it("names the day where one begins and the time of day elsewhere, in the zone that is shown", () => {
    const midnight = Date.UTC(2026, 10, 18);
    expect(tickLabel(midnight, 0)).toBe("18 Nov");
    expect(tickLabel(midnight + 3 * 3_600_000, 0)).toBe("03:00");
    expect(tickLabel(midnight - 3_600_000, 3_600_000)).toBe("18 Nov");
  });
});

describe("marks", () => {
  const mark = (from: number, to: number, low: number, high: number): Mark => ({ from, to, low, high, n: from === to ? 1 : 9, colour: 0 });
  const same = (value: number) => value;
  it("are meant by a click near them, the one above first", () => {
    const marks = [mark(100, 100, 50, 50), mark(104, 104, 50, 50), mark(200, 260, 40, 80), mark(104, 104, 50, 50)];
    const down = (value: number) => 100 - value;
    expect(nearestMark(marks, same, down, { x: 97, y: 50 })).toBe(0);
    expect(nearestMark(marks, same, down, { x: 106, y: 50 })).toBe(3);
    expect(nearestMark(marks, same, down, { x: 230, y: 30 })).toBe(2);
    expect(nearestMark(marks, same, down, { x: 150, y: 50 })).toBeNull();
    expect([shareOf(2, 2), shareOf(1, 1000) < shareOf(10, 1000)]).toEqual([1, true]);
  });
});
