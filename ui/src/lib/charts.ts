/// The plots in WebAssembly (the crate `charts`), where they were built: `cargo xtask wasm` puts them into `src/charts`,
/// and without it the folder is not there.

/** Plots on one canvas, as `web.rs` of the crate has them. Places are in CSS pixels, times in ms; what is no number is not there. */
export interface Drawing {
  begin(fromMs: number, toMs: number, bucketMs: number, offsetMs: number): void;
  plot(title: string, unit: string): void;
  series(name: string, bar: boolean, colour: number, atMs: Float64Array, values: Float64Array): void;
  /** Gives the last plot its marks: from, to, low, high, n and colour of each. */
  calls(marks: Float64Array): void;
  palette(words: Uint32Array): void;
  place(sides: Float32Array): void;
  show(viewFrom: number, viewTo: number, brushFrom: number, brushTo: number): void;
  /** The bucket that is pointed at, and the mark, by the numbers of its plot and of itself. */
  point(hoverMs: number, plot: number, mark: number): void;
  moved(x: number, y: number, shift: boolean): void;
  button(x: number, y: number, button: number, pressed: boolean, shift: boolean): void;
  left(): void;
  /** Draws; returns after how many seconds another frame is needed. */
  frame(width: number, height: number, ratio: number, now: number): number;
  /** What the pointer asked for: kind, from, to of each. */
  asked(): Float64Array;
  close(): void;
  free(): void;
}

/** Takes a canvas; throws where there is no WebGL. */
export type DrawingOn = new (canvas: HTMLCanvasElement) => Drawing;

interface Module {
  default(input: { module_or_path: ArrayBuffer }): Promise<unknown>;
  Charts: DrawingOn;
}

// A pattern, so that the page is built with and without what it may find.
const scripts = import.meta.glob<Module>("../charts/charts.js");
const modules = import.meta.glob<string>("../charts/charts_bg.wasm", { query: "?url", import: "default" });

let loading: Promise<DrawingOn | null> | null = null;

/** Fetches them once; `null` where they were not built. */
export function loadCharts(): Promise<DrawingOn | null> {
  loading ??= load(Object.values(scripts)[0], Object.values(modules)[0]);
  return loading;
}

async function load(script: (() => Promise<Module>) | undefined, address: (() => Promise<string>) | undefined): Promise<DrawingOn | null> {
  if (!script || !address) return null;
  const [module, url] = await Promise.all([script(), address()]);
  // Bytes and not the answer itself: compiling from a stream asks for a type that not every host gives.
  const bytes = await (await fetch(url)).arrayBuffer();
  await module.default({ module_or_path: bytes });
  return module.Charts;
}
