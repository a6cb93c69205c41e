import { describe, expect, it } from "vitest";
import { LIMIT, ScrollAxis } from "./scroll";

function axis(total: number): ScrollAxis {
  const axis = new ScrollAxis(28);
  axis.resize(total, 560);
  return axis;
}

describe("ScrollAxis", () => {
  it("is one to one while the list is short enough", () => {
    const short = axis(1000);
    short.scrolledTo(2800);
    expect(short.height).toBe(28_000);
    expect(short.range(0)).toEqual({ from: 100, to: 120 });
    expect(short.offset(100)).toBe(2800);
  });

  it("reaches the last of ten million rows and never grows too tall", () => {
    const long = axis(10_000_000);
    expect(long.height).toBe(LIMIT);
    long.scrolledTo(LIMIT - 560);
    expect(long.range(0).to).toBe(10_000_000);
    expect(long.offset(9_999_999)).toBeLessThan(LIMIT);
  });

  it("shows the middle rank when the thumb is in the middle", () => {
    const long = axis(1_000_000);
    long.scrolledTo((LIMIT - 560) / 2);
    const { from, to } = long.range(0);
    expect(Math.abs((from + to) / 2 - 500_000)).toBeLessThan(2);
  });

  it("moves by pixels with the wheel, also when scaled", () => {
    const long = axis(1_000_000);
    long.moveTo(14_000_000);
    long.moveTo(long.top + 28);
    expect(long.range(0).from).toBe(500_001);
    // The scroll event that follows from our own scrollTop does not move it again.
    long.scrolledTo(long.scrollTop);
    expect(long.top).toBe(14_000_028);
  });

  it("moves no further than needed to show a row", () => {
    const list = axis(1000);
    list.reveal(10);
    expect(list.top).toBe(0);
    list.reveal(30);
    expect(list.top).toBe(31 * 28 - 560);
    list.reveal(5);
    expect(list.top).toBe(140);
  });

  it("stays inside when the list shrinks", () => {
    const list = axis(1000);
    list.moveTo(20_000);
    list.resize(10, 560);
    expect(list.top).toBe(0);
  });
});
