/// How the window looks, kept on this machine. Nothing here changes what the core does.
import type { TimeMode } from "$lib/format";

export type Theme = "system" | "dark" | "light";

const THEMES: readonly Theme[] = ["system", "dark", "light"];
const TIMES: readonly TimeMode[] = ["local", "utc", "relative"];

/** Columns of the list in their order; the first three cannot be taken away. */
export const COLUMNS = ["time", "tenant", "question", "name", "feature", "model", "prompt", "user", "flags", "tokens", "cost", "latency"] as const;
export type Column = (typeof COLUMNS)[number];
const FIRST: readonly Column[] = ["time", "tenant", "question", "flags", "tokens", "cost", "latency"];

export class Settings {
  theme = $state<Theme>("system");
  times = $state<TimeMode>("local");
  columns = $state.raw<readonly Column[]>(FIRST);
  facets = $state(true);
  /** Workspace that shows the way through the sample. */
  sampleStrip = $state("");
  /** The strip of the sample was hidden by hand. */
  readonly sampleHidden: boolean;
  #history = $state.raw<readonly string[]>([]);
  #saved = $state.raw<readonly string[]>([]);

  constructor() {
    this.theme = THEMES.find((theme) => theme === read("theme")) ?? "system";
    this.times = TIMES.find((mode) => mode === read("times")) ?? "local";
    const columns = list("columns");
    if (columns.length > 0) this.columns = COLUMNS.filter((column) => columns.includes(column));
    this.facets = read("facets") !== "no";
    this.sampleStrip = read("sampleStrip") ?? "";
    this.sampleHidden = read("sampleStrip") === "";
    this.#history = list("history");
    this.#saved = list("saved");
    this.#applyTheme();
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

  nextTimes(): void {
    this.setTimes(next(TIMES, this.times));
  }

  setTimes(mode: TimeMode): void {
    this.times = mode;
    write("times", mode);
  }

  toggleColumn(column: Column): void {
    const without = this.columns.filter((other) => other !== column);
    this.columns = without.length < this.columns.length ? without : COLUMNS.filter((other) => other === column || this.columns.includes(other));
    write("columns", JSON.stringify(this.columns));
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
    if (this.theme === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.theme;
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
