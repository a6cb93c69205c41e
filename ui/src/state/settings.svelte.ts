/// How the window looks, kept on this machine. Nothing here changes what the core does.
import type { TimeMode } from "$lib/format";
import { COMMAND_IDS, commandInfo, type CommandId } from "./commands";

export type Theme = "system" | "dark" | "light" | "contrast";

const THEMES: readonly Theme[] = ["system", "dark", "light", "contrast"];

/** Zoom in per cent. */
export const ZOOMS = [50, 67, 75, 80, 90, 100, 110, 125, 150, 175, 200] as const;
/** Ways to tell a time, with their names. */
export const TIMES: readonly { id: TimeMode; title: string }[] = [
  { id: "local", title: "local" },
  { id: "utc", title: "UTC" },
  { id: "relative", title: "how long ago" },
];

/** A query under a name, with the columns that it was looked at with. */
export interface SavedView {
  name: string;
  query: string;
  columns: readonly Column[];
}

export type Keys = Partial<Record<CommandId, readonly string[]>>;

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
  /** Markdown in messages is rendered; its source is what the model saw. */
  markdown = $state(false);
  /** The native menu has its bar, where that is a choice. */
  menuBar = $state(false);
  /** Workspace that shows the way through the sample. */
  sampleStrip = $state("");
  /** The strip of the sample was hidden by hand. */
  readonly sampleHidden: boolean;
  #workspace = "";
  #history = $state.raw<readonly string[]>([]);
  #saved = $state.raw<readonly SavedView[]>([]);
  /** Keys that were given to commands by hand. */
  #keys = $state.raw<Keys>({});

  constructor() {
    this.theme = THEMES.find((theme) => theme === read("theme")) ?? "system";
    this.times = TIMES.find(({ id }) => id === read("times"))?.id ?? "local";
    this.zoom = ZOOMS.find((zoom) => String(zoom) === read("zoom")) ?? 100;
    this.facets = read("facets") !== "no";
    this.markdown = read("markdown") === "yes";
    this.menuBar = read("menuBar") === "yes";
    this.sampleStrip = read("sampleStrip") ?? "";
    this.sampleHidden = read("sampleStrip") === "";
    this.#history = list("history");
    this.#saved = savedViews();
    this.#keys = keptKeys();
    this.#applyTheme();
    MORE?.addEventListener("change", () => this.#applyTheme());
  }

  get history(): readonly string[] {
    return this.#history;
  }

  get saved(): readonly SavedView[] {
    return this.#saved;
  }

  /** Keys of a command: those that it was given, else its own. */
  keysOf(id: CommandId): readonly string[] {
    return this.#keys[id] ?? commandInfo(id).keys;
  }

  /** Whether a command was given other keys than its own. */
  isRebound(id: CommandId): boolean {
    return this.#keys[id] !== undefined;
  }

  get keysAreFirst(): boolean {
    return Object.keys(this.#keys).length === 0;
  }

  /** Gives a command its keys; `null` gives back its own. */
  setKeys(id: CommandId, keys: readonly string[] | null): void {
    const others = Object.fromEntries(Object.entries(this.#keys).filter(([other]) => other !== id));
    const own = commandInfo(id).keys.join("|") === keys?.join("|");
    this.#keys = keys === null || own ? others : { ...others, [id]: keys };
    write("keys", JSON.stringify(this.#keys));
  }

  resetKeys(): void {
    this.#keys = {};
    localStorage.removeItem("retake:keys");
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
    this.setTimes(next(TIMES.map(({ id }) => id), this.times));
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

  toggleMarkdown(): void {
    this.markdown = !this.markdown;
    write("markdown", this.markdown ? "yes" : "no");
  }

  toggleMenuBar(): void {
    this.menuBar = !this.menuBar;
    write("menuBar", this.menuBar ? "yes" : "no");
  }

  /** Shows the way through the sample in a workspace; in none with an empty name. */
  showSampleStrip(workspace: string): void {
    this.sampleStrip = workspace;
    write("sampleStrip", workspace);
  }

  /** Steps of the sample that were done in a workspace. */
  sampleSteps(workspace: string): string[] {
    return list(`sampleSteps ${workspace}`);
  }

  setSampleSteps(workspace: string, steps: readonly string[]): void {
    write(`sampleSteps ${workspace}`, JSON.stringify(steps));
  }

  /** The tabs that were open in a workspace. */
  tabs(workspace: string): string | null {
    return read(`tabs ${workspace}`);
  }

  setTabs(workspace: string, kept: string | null): void {
    if (kept === null) localStorage.removeItem(`retake:tabs ${workspace}`);
    else write(`tabs ${workspace}`, kept);
  }

  /** Texts that were written and not kept yet, by what they are about. */
  drafts(workspace: string): [string, string][] {
    return parsed(`drafts ${workspace}`).flatMap((entry): [string, string][] => {
      const [key, text]: unknown[] = Array.isArray(entry) ? entry : [];
      return typeof key === "string" && typeof text === "string" ? [[key, text]] : [];
    });
  }

  setDrafts(workspace: string, drafts: readonly (readonly [string, string])[]): void {
    if (drafts.length === 0) localStorage.removeItem(`retake:drafts ${workspace}`);
    else write(`drafts ${workspace}`, JSON.stringify(drafts));
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

  /** Whether the query is kept under a name. */
  isSaved(query: string): boolean {
    return this.#saved.some((view) => view.query === query);
  }

  /** Keeps a query with the columns of now under a name; one of the same name is replaced. */
  save(name: string, query: string): void {
    const called = name.trim() || query;
    const rest = this.#saved.filter((view) => view.name !== called && view.query !== query);
    this.#keepSaved([{ name: called, query, columns: this.columns }, ...rest]);
  }

  /** Takes a view away; returns what puts it back. */
  unsave(query: string): () => void {
    const before = this.#saved;
    this.#keepSaved(before.filter((view) => view.query !== query));
    return () => this.#keepSaved(before);
  }

  #keepSaved(saved: readonly SavedView[]): void {
    this.#saved = saved;
    write("saved", JSON.stringify(saved));
  }

  /** Shows the columns of a saved view. */
  useColumns(columns: readonly Column[]): void {
    if (!columns.includes("question")) return;
    this.columns = columns;
    this.#keepColumns();
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
  return parsed(name).filter((item) => typeof item === "string");
}

/** Saved views; before they had names they were their queries. */
function savedViews(): SavedView[] {
  return parsed("saved").flatMap((item): SavedView[] => {
    if (typeof item === "string") return [{ name: item, query: item, columns: [] }];
    if (typeof item !== "object" || item === null) return [];
    const [name, query, columns]: unknown[] = ["name", "query", "columns"].map((field) => Reflect.get(item, field));
    if (typeof name !== "string" || typeof query !== "string") return [];
    const known = Array.isArray(columns) ? columns.flatMap((one: unknown): Column[] => COLUMNS.filter((column) => column === one)) : [];
    return [{ name, query, columns: [...new Set(known)] }];
  });
}

function keptKeys(): Keys {
  const kept = object("keys");
  const known = COMMAND_IDS.flatMap((id): [CommandId, string[]][] => {
    const keys = kept[id];
    return Array.isArray(keys) ? [[id, keys.filter((key) => typeof key === "string")]] : [];
  });
  return Object.fromEntries(known);
}

function parsed(name: string): unknown[] {
  try {
    const value: unknown = JSON.parse(read(name) ?? "[]");
    return Array.isArray(value) ? value : [];
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
