import { describe, expect, it } from "vitest";
import { bytes, compact, duration, fullTime, msBetween, shortId, signed, time, usd, usdInColumn, percent } from "./format";

describe("numbers for people", () => {
  it("says unknown, never 0", () => {
    for (const show of [duration, usd, bytes, compact]) expect(show(null)).toBe("—");
    expect(signed(null, duration)).toBe("—");
    expect(time(null, "utc", 0)).toBe("—");
  });

  it.each([
    [0.42, "0.4 ms"],
    [84, "84 ms"],
    [999.6, "1 s"],
    [3110, "3.11 s"],
    [9999, "10 s"],
    [61_000, "1 m 01 s"],
    [3_723_000, "1 h 02 m"],
    [-270, "−270 ms"],
  ])("writes %d ms as %s", (ms, text) => expect(duration(ms)).toBe(text));

  it.each([
    [0, "$0"],
    [412_000, "$0.00041"],
    [420, "$0.00000042"],
    [1_234_000_000, "$1.23"],
    [-50_000, "−$0.000050"],
  ])("writes %d nano-dollars as %s", (nanos, text) => expect(usd(nanos)).toBe(text));

  it("puts the points of a column of money below each other", () => {
    const column = [0, 420_000, 12_100_000, 1_234_000_000, 4_200].map(usdInColumn);
    expect(column).toEqual(["$0\u2008\u2007\u2007\u2007\u2007\u2007\u2007", "$0.00042\u2007", "$0.012\u2007\u2007\u2007", "$1.23\u2007\u2007\u2007\u2007", "$0.0000042"]);
    expect(usdInColumn(null)).toBe("—");
  });

  it("keeps small counts whole and rounds large ones down", () => {
    expect(compact(99_999)).toBe("99,999");
    expect(compact(412_900)).toBe("412 k");
    expect(compact(1_029_999)).toBe("1.02 M");
    expect(bytes(1_842_119)).toBe("1.8 MB");
  });

  it("keeps nanoseconds exact before it rounds", () => {
    expect(msBetween("1794200000000000001", "1794200000001000001")).toBe(1);
    expect([msBetween("1794200000001000001", "1794200000000000001"), msBetween("999999999999999", "1000000000000001"), msBetween("-5000000", "5000000"), msBetween("1794199999999999999", "1794200000000000001")]).toEqual([-1, 0.000002, 10, 0.000002]);
    expect(fullTime("1794482413062000000", "utc")).toBe("12 Nov 2026 11:20:13.062 UTC");
  });

  it("shows the day only when it is not today", () => {
    const now = Date.UTC(2026, 10, 12, 15);
    expect(time("1794482413000000000", "utc", now)).toBe("11:20:13");
    expect(time("1794382413000000000", "utc", now)).toBe("11 Nov 07:33:33");
    expect(time("1762946413000000000", "utc", now)).toBe("12 Nov 2025 11:20");
    expect(time("1794482413000000000", "relative", 1_794_482_413_000 + 7_200_000)).toBe("2 h ago");
  });

  it("shortens ids to their ends", () => {
    expect(shortId("5f0c9e12a4b7d3e8812f6a9b0c4d7e31")).toBe("5f0c9e…7e31");
    expect(shortId("short")).toBe("short");
  });

  it("tells a small share from none and a large one from all", () => {
    expect([0, 0.0039, 0.0056, 0.05, 0.123, 0.5, 0.996, 0.9999, 1, 0.00001, null].map(percent)).toEqual(["0 %", "0.39 %", "0.56 %", "5 %", "12 %", "50 %", "99.6 %", "99.9 %", "100 %", "< 0.01 %", "—"]);
  });
});
