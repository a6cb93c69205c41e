import { beforeEach, describe, expect, it } from "vitest";
import { Anchored, START } from "./anchored";

/** A view of 100 pixels over children of these heights, laid out by hand. */
let heights: number[];
let view: HTMLElement;
let content: HTMLElement;

function open() {
  view = document.createElement("div");
  content = document.createElement("div");
  let top = 0;
  const whole = () => heights.reduce((sum, height) => sum + height, 0);
  Object.defineProperty(view, "scrollTop", { get: () => Math.min(top, Math.max(0, whole() - 100)), set: (value: number) => (top = Math.min(Math.max(0, value), Math.max(0, whole() - 100))) });
  view.getBoundingClientRect = () => new DOMRect(0, 0, 0, 0);
  heights.forEach((_, i) => {
    const child = document.createElement("p");
    child.getBoundingClientRect = () => {
      const start = heights.slice(0, i).reduce((sum, height) => sum + height, 0) - view.scrollTop;
      return { top: start, bottom: start + (heights[i] ?? 0) } as DOMRect;
    };
    content.append(child);
  });
  return new Anchored(view, content);
}

describe("a place in a text", () => {
  beforeEach(() => (heights = [200, 300, 50, 400]));

  it("is an element and where it stands", () => {
    const kept = open();
    view.scrollTop = 520;
    expect(kept.moved()).toEqual({ top: 520, at: 2, offset: -20 });
  });

  it("is held while texts above it fold, and once the end is there", () => {
    const anchor = { top: 520, at: 2, offset: -20 };
    const kept = open();
    kept.goTo(anchor);
    expect(view.scrollTop).toBe(520);
    heights[1] = 150;
    kept.settle();
    expect(view.scrollTop).toBe(370);
    expect(kept.moved()).toBeNull();

    heights = [100, 0, 0, 0];
    const early = open();
    early.goTo(anchor);
    heights = [200, 300, 50, 400];
    early.settle();
    expect(view.scrollTop).toBe(520);
  });

  it("is the reader's own choice after that, and the top stays the top", () => {
    const kept = open();
    kept.goTo({ top: 520, at: 2, offset: -20 });
    view.scrollTop = 210;
    expect(kept.moved()).toEqual({ top: 210, at: 1, offset: -10 });
    heights[0] = 260;
    kept.settle();
    expect(view.scrollTop).toBe(270);
    kept.goTo(START);
    heights[0] = 100;
    kept.settle();
    expect(view.scrollTop).toBe(0);
  });
});
