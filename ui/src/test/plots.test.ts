/// The plots with a made-up module in place of WebAssembly: what it is handed, what it asks for, and what stands without it.
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Drawing } from "$lib/charts";
import { openPage, press, settle, violations, type Page } from "./page";

class FakeDrawing implements Drawing {
  static last: FakeDrawing | null = null;
  readonly told: string[] = [];
  readonly plots: string[] = [];
  readonly values: number[][] = [];
  marks: number[][] = [];
  /** Numbers of the plot and of the mark that are drawn as pointed at. */
  pointed: number[] = [];
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
  calls(marks: Float64Array): void {
    this.marks = Array.from({ length: marks.length / 6 }, (_, i) => [...marks.subarray(i * 6, i * 6 + 6)]);
  }
  palette(words: Uint32Array): void {
    this.told.push(`palette ${words.length}`);
  }
  place(): void {}
  show(...marks: number[]): void {
    this.told.push(`show ${marks.map((mark) => (Number.isNaN(mark) ? "-" : "n")).join("")}`);
  }
  point(...at: number[]): void {
    this.pointed = at.slice(1);
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
  Element.prototype.setPointerCapture = () => undefined;
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
    expect(drawing().plots).toEqual(["requests and errors count", "latency and first token ms", "tokens count", "cost usd_nanos", "single calls by latency ms"]);
    expect(drawing().values[0]).toEqual([12, 13, 14, 0, 16]);
    expect(drawing().values.at(-1)).toEqual([362_000, 362_000, Number.NaN, Number.NaN, 362_000]);
    expect(drawing().told).toContain("begin 18000000 3600000");
    expect(drawing().told).toContain("palette 12");
    expect(await violations()).toEqual([]);
  });

  it("are handed each call and cell, what failed last, and a click opens one or looks closer", async () => {
    await open(true);
    const { marks } = drawing();
    expect(marks.length).toBe(29);
    expect(marks.map((mark) => mark[5])).toEqual([...Array<number>(26).fill(0), 6, 6, 6]);
    const canvas = document.querySelector("canvas");
    const click = async (mark: number) => {
      drawing().next = [5, 4, mark];
      canvas?.dispatchEvent(new MouseEvent("pointerup", { bubbles: true }));
      await new Promise((done) => setTimeout(done, 200));
    };
    await click(marks.findIndex((mark) => (mark[4] ?? 0) > 1));
    expect(page.app.view).toBe("metrics");
    const view = page.app.metrics.view;
    expect(view && view.to - view.from).toBe(40 * 60_000);
    expect(page.host.calls.findLast((call) => call.name === "metrics_calls")?.request).toMatchObject({ from_ns: expect.any(String), measure: "latency_ms" });
    await click(0);
    expect(page.app.view).toBe("traces");
    expect(page.app.trace.spanId).not.toBeNull();
  });

  it("feed the readout of the call that is pointed at on the canvas", async () => {
    await open(true);
    const point = async (mark: number) => {
      drawing().next = [6, 4, mark];
      document.querySelector("canvas")?.dispatchEvent(new MouseEvent("pointerup", { bubbles: true }));
      await settle();
    };
    await point(28);
    expect(document.querySelector("figure.wide .caption")?.textContent).toContain("failed ·");
    expect(drawing().pointed).toEqual([4, 28]);
    await point(Number.NaN);
    expect(page.app.metrics.pointed.mark).toBeNull();
    expect(drawing().pointed).toEqual([Number.NaN, Number.NaN]);
  });

  it("measure calls by what is asked, and have the highest as a table with the way to each", async () => {
    await open(true);
    await press("y");
    await settle();
    expect(page.host.calls.findLast((call) => call.name === "metrics_calls")?.request).toMatchObject({ measure: "ttft_ms" });
    expect(document.querySelector(".plots")?.textContent).toContain("of 77 carry it");
    const rows = document.querySelectorAll("table[aria-label='Calls with the highest values'] tbody tr");
    expect(rows.length).toBe(10);
    rows[0]?.querySelector("button")?.click();
    await settle();
    expect(page.app.view).toBe("traces");
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

  it("have calls and cells that a click reaches", async () => {
    await open(false);
    const plot = document.querySelector(".plots .wide svg");
    expect(plot?.querySelectorAll("circle.bar").length).toBe(28);
    const dot = plot?.querySelector("circle.s6");
    const at = { clientX: Number(dot?.getAttribute("cx")), clientY: Number(dot?.getAttribute("cy")), button: 0, bubbles: true };
    plot?.dispatchEvent(new MouseEvent("pointerdown", at));
    plot?.dispatchEvent(new MouseEvent("pointerup", at));
    await settle();
    expect(page.app.view).toBe("traces");
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
