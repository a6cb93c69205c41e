/// A canvas that the plots in WebAssembly draw on: hands over what is to be drawn and what the pointer does, draws when
/// something changed, and rests otherwise. It never takes the focus, so keys go where they went before.
import { onTheme, tokenWords } from "./colours";
import type { Drawing, DrawingOn } from "./charts";
import type { PlotData, Range } from "./plot";

/** What the pointer asked for. */
export interface Asked {
  hover(at: number | null): void;
  brush(range: Range, done: boolean): void;
  view(range: Range | null): void;
  /** Closer by the factor, around what is pointed at. */
  zoom(factor: number): void;
  /** A mark of a plot is pointed at; none any more when it is `null`. */
  pointed(plot: number, mark: number | null): void;
  /** A mark of a plot was clicked. */
  chosen(plot: number, mark: number): void;
  /** The graphics card took the canvas away. */
  lost(): void;
}

/** What is drawn over the data. */
export interface Marks {
  view: Range | null;
  brush: Range | null;
  /** Start of the bucket that is pointed at. */
  at: number | null;
  /** The mark that is pointed at, by the numbers of its plot and of itself. */
  mark: readonly [plot: number, mark: number] | null;
}

/** A frame that is asked for within this many seconds is drawn at once. */
const SOON = 0.5;

export class PlotCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #areas: readonly HTMLElement[];
  readonly #drawing: Drawing;
  readonly #asked: Asked;
  readonly #end = new AbortController();
  readonly #stops: (() => void)[] = [];
  #next: number | null = null;
  /** Something changed since the last frame. */
  #changed = false;

  /** Throws where there is no WebGL. `areas` are where the plots lie, in their order. */
  constructor(canvas: HTMLCanvasElement, areas: readonly HTMLElement[], on: DrawingOn, asked: Asked) {
    this.#canvas = canvas;
    this.#areas = areas;
    this.#asked = asked;
    // Whoever asks for the context first says how it is: the plots smooth by themselves.
    canvas.getContext("webgl2", { antialias: false, alpha: false });
    this.#drawing = new on(canvas);
    this.#drawing.palette(tokenWords(canvas.parentElement ?? document.body));
    this.#listen();
    const sizes = new ResizeObserver(() => this.request());
    for (const node of [canvas, ...areas]) sizes.observe(node);
    this.#stops.push(() => sizes.disconnect(), onTheme(() => this.#recolour()));
  }

  data(data: PlotData): void {
    const { range, bucketMs, offsetMs, plots } = data;
    this.#drawing.begin(range.from, range.to, bucketMs, offsetMs);
    for (const plot of plots) {
      this.#drawing.plot(plot.title, plot.unit);
      for (const series of plot.series) {
        const at = Float64Array.from(series.points, (point) => point.at);
        const values = Float64Array.from(series.points, (point) => point.value ?? Number.NaN);
        this.#drawing.series(series.name, series.kind === "bar", series.colour, at, values);
      }
      if (plot.marks?.length) this.#drawing.calls(Float64Array.from(plot.marks.flatMap((mark) => [mark.from, mark.to, mark.low, mark.high, mark.n, mark.colour])));
    }
    this.request();
  }

  marks({ view, brush, at, mark }: Marks): void {
    const none = Number.NaN;
    this.#drawing.show(view?.from ?? none, view?.to ?? none, brush?.from ?? none, brush?.to ?? none);
    this.#drawing.point(at ?? none, mark?.[0] ?? none, mark?.[1] ?? none);
    this.request();
  }

  /** Draws with the next frame of the page. A hidden page has none. */
  request(): void {
    this.#changed = true;
    this.#schedule();
  }

  #schedule(): void {
    this.#next ??= requestAnimationFrame(() => this.#draw());
  }

  close(): void {
    this.#end.abort();
    for (const stop of this.#stops) stop();
    if (this.#next !== null) cancelAnimationFrame(this.#next);
    this.#next = 0;
    try {
      this.#drawing.close();
      this.#drawing.free();
    } catch {
      // It stopped before; what it held went with it.
    }
  }

  #recolour(): void {
    this.#drawing.palette(tokenWords(this.#canvas.parentElement ?? document.body));
    this.request();
  }

  #draw(): void {
    if (this.#end.signal.aborted) return;
    if (this.#next !== null) cancelAnimationFrame(this.#next);
    this.#next = null;
    // WebKitGTK may show what was drawn only with the frame after it: the last change is drawn twice.
    const again = this.#changed;
    this.#changed = false;
    const ratio = devicePixelRatio;
    const box = this.#canvas.getBoundingClientRect();
    if (box.width < 1 || box.height < 1) return;
    const [width, height] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const sides = this.#areas.flatMap((area) => {
      const place = area.getBoundingClientRect();
      return [place.left - box.left, place.top - box.top, place.width, place.height];
    });
    try {
      this.#drawing.place(Float32Array.from(sides));
      const wait = this.#drawing.frame(box.width, box.height, ratio, performance.now() / 1000);
      if (wait < SOON || again) this.#schedule();
      this.#tell(this.#drawing.asked());
    } catch {
      // What stopped there does not draw again.
      this.#asked.lost();
    }
  }

  #tell(asked: Float64Array): void {
    for (let i = 0; i + 2 < asked.length; i += 3) {
      const [kind, from = Number.NaN, to = Number.NaN] = asked.subarray(i, i + 3);
      if (kind === 0) this.#asked.hover(Number.isNaN(from) ? null : from);
      else if (kind === 1 || kind === 2) this.#asked.brush({ from, to }, kind === 2);
      else if (kind === 6) this.#asked.pointed(from, Number.isNaN(to) ? null : to);
      else if (kind === 5) this.#asked.chosen(from, to);
      else this.#asked.view(kind === 3 ? { from, to } : null);
    }
  }

  #listen(): void {
    const canvas = this.#canvas;
    const { signal } = this.#end;
    const place = (event: MouseEvent): [number, number] => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    // A press is drawn at once: one that came and went within a frame would have been no press.
    const press = (event: PointerEvent, down: boolean) => {
      if (down) canvas.setPointerCapture(event.pointerId);
      const [x, y] = place(event);
      this.#drawing.moved(x, y, event.shiftKey);
      this.#drawing.button(x, y, event.button, down, event.shiftKey);
      this.#changed = true;
      this.#draw();
    };
    canvas.addEventListener("pointerdown", (event) => press(event, true), { signal });
    canvas.addEventListener("pointerup", (event) => press(event, false), { signal });
    canvas.addEventListener(
      "pointermove",
      (event) => {
        this.#drawing.moved(...place(event), event.shiftKey);
        this.request();
      },
      { signal },
    );
    const gone = () => {
      this.#drawing.left();
      this.#changed = true;
      this.#draw();
      this.#asked.hover(null);
    };
    canvas.addEventListener("pointerleave", gone, { signal });
    canvas.addEventListener("pointercancel", gone, { signal });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault(), { signal });
    canvas.addEventListener("webglcontextlost", () => this.#asked.lost(), { signal });
    canvas.addEventListener("wheel", (event) => zoomBy(event, this.#asked.zoom.bind(this.#asked)), { signal, passive: false });
  }
}

/** A wheel that is turned with Ctrl held zooms; else it scrolls what it always did. */
export function zoomBy(event: WheelEvent, zoom: (factor: number) => void): void {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const pixels = event.deltaY * (event.deltaMode === 0 ? 1 : 40);
  zoom(Math.exp(-pixels * 0.003));
}
