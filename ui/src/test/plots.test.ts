/// The plots with a made-up module in place of WebAssembly: what it is handed, what it asks for, and what stands without it.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Drawing } from "$lib/charts";
import { openPage, press, settle, violations, type Page } from "./page";

class FakeDrawing implements Drawing {
  static last: FakeDrawing | null = null;
  readonly told: string[] = [];
  readonly plots: string[] = [];
  readonly values: number[][] = [];
  frames = 0;
  closed = false;
  next: number[] = [];

  constructor() {
    FakeDrawing.last = this;
  }
  begin(...range: number[]): void {
    this.plots.length = 0;
    this.values.length = 0;
    this.told.push(`begin ${(range[1] ?? 0) - (range[0] ?? 0)} ${range[2]}`);
  }
  plot(title: string, unit: string): void {
    this.plots.push(`${title} ${unit}`);
  }
  series(_name: string, _bar: boolean, _colour: number, _at: Float64Array, values: Float64Array): void {
    this.values.push([...values]);
  }
  palette(words: Uint32Array): void {
    this.told.push(`palette ${words.length}`);
  }
  place(): void {}
  show(...marks: number[]): void {
    this.told.push(`show ${marks.map((mark) => (Number.isNaN(mark) ? "-" : "n")).join("")}`);
  }
  moved(): void {}
  button(_x: number, _y: number, button: number, pressed: boolean): void {
    this.told.push(`button ${button} ${pressed}`);
  }
  left(): void {}
  frame(): number {
    this.frames += 1;
    return Infinity;
  }
  asked(): Float64Array {
    return Float64Array.from(this.next.splice(0));
  }
  close(): void {
    this.closed = true;
  }
  free(): void {}
}

let page: Page;
afterEach(async () => {
  await page.close();
  vi.restoreAllMocks();
});

async function open(withDrawing: boolean): Promise<void> {
  localStorage.clear();
  HTMLElement.prototype.setPointerCapture = () => undefined;
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  vi.spyOn(HTMLElement.prototype, "getBoundingClientRect").mockReturnValue({ left: 0, top: 0, right: 900, bottom: 600, width: 900, height: 600, x: 0, y: 0, toJSON: () => "" });
  page = await openPage();
  page.host.drawing = withDrawing ? FakeDrawing : null;
  page.app.go("metrics");
  await settle();
  await new Promise((done) => setTimeout(done, 50));
}

function drawing(): FakeDrawing {
  if (!FakeDrawing.last) throw new Error("nothing is mounted");
  return FakeDrawing.last;
}

describe("plots on a canvas", () => {
  it("are handed the numbers of the table, with what is unknown as no number", async () => {
    await open(true);
    expect(document.querySelector(".plots svg")).toBeNull();
    expect(drawing().plots).toEqual(["requests and errors count", "latency and first token ms", "tokens count", "cost usd_nanos"]);
    expect(drawing().values[0]).toEqual([12, 13, 14, 0, 16]);
    expect(drawing().values.at(-1)).toEqual([362_000, 362_000, Number.NaN, Number.NaN, 362_000]);
    expect(drawing().told).toContain("begin 18000000 3600000");
    expect(drawing().told).toContain("palette 12");
    expect(await violations()).toEqual([]);
  });

  it("narrow the query by what is brushed, and rest when nothing changes", async () => {
    await open(true);
    const canvas = document.querySelector("canvas");
    const [first = 0] = page.app.metrics.moments;
    drawing().next = [2, first, first + 7_200_000];
    canvas?.dispatchEvent(new MouseEvent("pointerup", { bubbles: true }));
    await settle();
    expect(page.app.metrics.query).toContain(`time:${new Date(first).toISOString()}..`);
    await new Promise((done) => setTimeout(done, 60));
    const { frames } = drawing();
    await new Promise((done) => setTimeout(done, 100));
    expect(drawing().frames).toBe(frames);
    await page.app.searchFor(page.app.metrics.query);
    expect(page.app.search.query).toContain("time:");
  });

  it("take new colours with the theme and go with the view", async () => {
    await open(true);
    const before = drawing().told.filter((line) => line.startsWith("palette")).length;
    page.app.settings.setTheme("contrast");
    await settle();
    expect(drawing().told.filter((line) => line.startsWith("palette")).length).toBeGreaterThan(before);
    page.app.go("traces");
    await settle();
    expect(drawing().closed).toBe(true);
  });

  it("leave the keys of the page to the page", async () => {
    await open(true);
    await press("m");
    expect(document.activeElement?.getAttribute("role")).toBe("slider");
    await press("ArrowRight");
    await press("Shift+ArrowRight");
    expect(page.app.metrics.query).toBe("");
    expect(document.activeElement?.getAttribute("aria-valuetext")).toContain("requests and errors requests 13");
    await press("Enter");
    expect(page.app.metrics.query).toContain("time:");
    await press("/");
    expect(document.activeElement?.tagName).toBe("INPUT");
  });
});

describe("plots without WebAssembly", () => {
  it("are SVG, say so, and take the same keys", async () => {
    await open(false);
    expect(document.querySelectorAll(".plots svg").length).toBeGreaterThanOrEqual(4);
    expect(document.querySelector(".hint")?.textContent).toContain("WebAssembly was not built");
    await press("m");
    await press("ArrowRight");
    await press("Shift+ArrowRight");
    await press("Enter");
    expect(page.app.metrics.query).toContain("time:");
    expect(await violations()).toEqual([]);
  });

  it("take over when the canvas cannot be had", async () => {
    await open(false);
    page.app.go("traces");
    await settle();
    page.host.drawing = class extends FakeDrawing {
      constructor() {
        super();
        throw new Error("there is no WebGL");
      }
    };
    page.app.go("metrics");
    await settle();
    expect(document.querySelectorAll(".plots svg").length).toBeGreaterThanOrEqual(4);
    expect(document.querySelector(".hint")?.textContent).toContain("gives no canvas");
  });
});
