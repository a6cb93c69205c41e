/// How the window looks, kept on this machine. Nothing here changes what the core does.
import type { TimeMode } from "$lib/format";

export type Theme = "system" | "dark" | "light" | "contrast";

const THEMES: readonly Theme[] = ["system", "dark", "light", "contrast"];

/** Zoom in per cent. */
export const ZOOMS = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200] as const;
const TIMES: readonly TimeMode[] = ["local", "utc", "relative"];

/** Columns of the list in the order in which they are offered. */
export const COLUMNS = ["time", "tenant", "question", "name", "feature", "model", "prompt", "user", "flags", "tokens", "cost", "latency"] as const;
export type Column = (typeof COLUMNS)[number];
export type Widths = Partial<Record<Column, number>>;
const FIRST: readonly Column[] = ["time", "tenant", "question", "flags", "tokens", "cost", "latency"];

/** The system asks for more contrast. */
const MORE = typeof matchMedia === "function" ? matchMedia("(prefers-contrast: more)") : null;

export class Settings {
  theme = $state<Theme>("system");
  times = $state<TimeMode>("local");
  zoom = $state(100);
  /** Columns of the list in their order; what stands in a list by its question is always among them. */
  columns = $state.raw<readonly Column[]>(FIRST);
  /** Widths in pixels that were set by hand. */
  widths = $state.raw<Widths>({});
  facets = $state(true);
  /** Workspace that shows the way through the sample. */
  sampleStrip = $state("");
  /** The strip of the sample was hidden by hand. */
  readonly sampleHidden: boolean;
  #workspace = "";
  #history = $state.raw<readonly string[]>([]);
  #saved = $state.raw<readonly string[]>([]);

  constructor() {
    this.theme = THEMES.find((theme) => theme === read("theme")) ?? "system";
    this.times = TIMES.find((mode) => mode === read("times")) ?? "local";
    this.zoom = ZOOMS.find((zoom) => String(zoom) === read("zoom")) ?? 100;
    this.facets = read("facets") !== "no";
    this.sampleStrip = read("sampleStrip") ?? "";
    this.sampleHidden = read("sampleStrip") === "";
    this.#history = list("history");
    this.#saved = list("saved");
    this.#applyTheme();
    MORE?.addEventListener("change", () => this.#applyTheme());
  }

  get history(): readonly string[] {
    return this.#history;
  }

  get saved(): readonly string[] {
    return this.#saved;
  }

  nextTheme(): void {
    this.setTheme(next(THEMES, this.theme));
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    write("theme", theme);
    this.#applyTheme();
  }

  setZoom(zoom: number): void {
    this.zoom = zoom;
    write("zoom", String(zoom));
  }

  nextTimes(): void {
    this.setTimes(next(TIMES, this.times));
  }

  setTimes(mode: TimeMode): void {
    this.times = mode;
    write("times", mode);
  }

  /** Takes what is kept for a workspace. */
  use(workspace: string): void {
    if (workspace === this.#workspace) return;
    this.#workspace = workspace;
    const kept = object(`columns ${workspace}`);
    const order = Array.isArray(kept["order"]) ? kept["order"] : [];
    const columns = order.flatMap((name: unknown) => COLUMNS.find((column) => column === name) ?? []);
    this.columns = columns.includes("question") ? [...new Set(columns)] : FIRST;
    const widths: unknown = kept["widths"];
    const known = COLUMNS.flatMap((column): [Column, number][] => {
      const width: unknown = typeof widths === "object" && widths !== null ? Reflect.get(widths, column) : null;
      return typeof width === "number" && Number.isFinite(width) ? [[column, width]] : [];
    });
    this.widths = Object.fromEntries(known);
  }

  #keepColumns(): void {
    write(`columns ${this.#workspace}`, JSON.stringify({ order: this.columns, widths: this.widths }));
  }

  /** Shows a column or takes it away. It comes where it is offered: after the ones that are offered before it. */
  toggleColumn(column: Column): void {
    if (column === "question") return;
    if (this.columns.includes(column)) this.columns = this.columns.filter((other) => other !== column);
    else {
      const before = COLUMNS.slice(0, COLUMNS.indexOf(column));
      this.columns = this.columns.toSpliced(this.columns.findLastIndex((other) => before.includes(other)) + 1, 0, column);
    }
    this.#keepColumns();
  }

  /** Moves a column to the place of another. */
  moveColumn(column: Column, to: Column): boolean {
    const [at, place] = [this.columns.indexOf(column), this.columns.indexOf(to)];
    if (at < 0 || place < 0 || at === place) return false;
    this.columns = this.columns.toSpliced(at, 1).toSpliced(place, 0, column);
    this.#keepColumns();
    return true;
  }

  /** Sets the width of a column. */
  sizeColumn(column: Column, width: number): void {
    this.widths = { ...this.widths, [column]: Math.round(width) };
    this.#keepColumns();
  }

  /** Whether the columns are as at first. */
  get columnsAreFirst(): boolean {
    return this.columns.join() === FIRST.join() && Object.keys(this.widths).length === 0;
  }

  resetColumns(): void {
    this.columns = FIRST;
    this.widths = {};
    localStorage.removeItem(`retake:columns ${this.#workspace}`);
  }

  toggleFacets(): void {
    this.facets = !this.facets;
    write("facets", this.facets ? "yes" : "no");
  }

  /** Shows the way through the sample in a workspace; in none with an empty name. */
  showSampleStrip(workspace: string): void {
    this.sampleStrip = workspace;
    write("sampleStrip", workspace);
  }

  /** The tabs that were open in a workspace. */
  tabs(workspace: string): string | null {
    return read(`tabs ${workspace}`);
  }

  setTabs(workspace: string, kept: string | null): void {
    if (kept === null) localStorage.removeItem(`retake:tabs ${workspace}`);
    else write(`tabs ${workspace}`, kept);
  }

  /** Folder of the golden set that was last written from a workspace. */
  lastSet(workspace: string): string {
    return read(`lastSet ${workspace}`) ?? "";
  }

  setLastSet(workspace: string, path: string): void {
    write(`lastSet ${workspace}`, path);
  }

  /** Remembers a query that was asked. */
  remember(query: string): void {
    if (!query.trim()) return;
    this.#history = [query, ...this.#history.filter((other) => other !== query)].slice(0, 100);
    write("history", JSON.stringify(this.#history));
  }

  toggleSaved(query: string): void {
    this.#saved = this.#saved.includes(query) ? this.#saved.filter((other) => other !== query) : [query, ...this.#saved];
    write("saved", JSON.stringify(this.#saved));
  }

  #applyTheme(): void {
    const { dataset } = document.documentElement;
    if (this.theme === "dark" || this.theme === "light") dataset["theme"] = this.theme;
    else delete dataset["theme"];
    if (this.theme === "contrast" || MORE?.matches) dataset["contrast"] = "more";
    else delete dataset["contrast"];
  }
}

function next<T>(all: readonly T[], now: T): T {
  return all[(all.indexOf(now) + 1) % all.length] ?? now;
}

function read(name: string): string | null {
  return localStorage.getItem(`retake:${name}`);
}

function write(name: string, value: string): void {
  localStorage.setItem(`retake:${name}`, value);
}

function list(name: string): string[] {
  try {
    const value: unknown = JSON.parse(read(name) ?? "[]");
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  } catch {
    return [];
  }
}

function object(name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(read(name) ?? "{}");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
