/// The list: a query, its open result in the core, and the rows of it that were read, by rank.
/// The result is frozen when it is opened: what arrives later is offered, and never moves rows under the pointer.
import type { Facets, FacetValue, Histogram, OpenResult, Row } from "$bindings/rpc";
import { term, toggleTerm } from "$lib/query";
import { RpcError, type Platform } from "$platform/types";
import { SvelteSet } from "svelte/reactivity";
import { Loaded } from "./loaded.svelte";

/** Rows a page. */
const PAGE = 100;
/** Pages that are kept. */
const KEPT = 40;
/** Marked traces that are looked for in another list, at most. */
const MOST_ASKED = 200;

export type Of = "traces" | "spans";

export const FACETS = ["has", "status", "tenant", "feature", "model", "prompt", "environment", "tool"] as const;

export class Search {
  /** What is in the field. */
  draft = $state("");
  /** What the rows answer. */
  query = $state("");
  of = $state<Of>("traces");
  /** `FIELD:asc|desc`, or the core's own order. */
  sort = $state<string | null>(null);
  result = $state.raw<OpenResult | null>(null);
  error = $state.raw<RpcError | null>(null);
  /** The query that `error` is about. */
  failed = $state<string | null>(null);
  loading = $state(false);
  #active = $state<number | null>(null);
  /** Rank that was selected last: the keyboard goes on from there. */
  #place = $state<number | null>(null);
  /** Traces that are marked. */
  readonly marked = new SvelteSet<string>();
  /** Of them, those that the list of now does not hold. */
  readonly #elsewhere = new SvelteSet<string>();
  /** A newer result of the same query, when it has other rows. */
  fresh = $state.raw<OpenResult | null>(null);
  readonly facets = new Loaded<Facets>();
  readonly histogram = new Loaded<Histogram>();

  readonly #host: Platform;
  #pages = new Map<number, readonly Row[]>();
  #wanted = new Set<number>();
  /** Ranks that are on screen. */
  #seen = { from: 0, to: PAGE };
  #version = $state(0);
  #opened = 0;

  constructor(host: Platform) {
    this.#host = host;
  }

  get total(): number {
    return this.result?.total ?? 0;
  }

  /** Rank that is selected. */
  get active(): number | null {
    return this.#active;
  }

  set active(rank: number | null) {
    this.#active = rank;
    if (rank !== null) this.#place = rank;
  }

  /** Rank that keys are about: the selected one, else where one was in this list. */
  get cursor(): number | null {
    return this.active ?? (this.#place === null || this.total === 0 ? null : Math.min(this.#place, this.total - 1));
  }

  /** The row that keys are about; in a list in which one was nowhere yet, the first. */
  pointed(): Row | undefined {
    if (this.cursor === null && this.total > 0) this.#place = 0;
    return this.cursorRow;
  }

  get cursorRow(): Row | undefined {
    return this.cursor === null ? undefined : this.row(this.cursor);
  }

  /** Asks the query in the field. Keeps the old rows until the new ones are there, and on an error. */
  async open(query = this.draft): Promise<boolean> {
    this.#opened += 1;
    const mine = this.#opened;
    this.draft = query;
    this.loading = true;
    try {
      const result = await this.#host.rpc("search_open", this.#request(query));
      const first = await this.#host.rpc("search_rows", { result_id: result.result_id, from: 0, count: PAGE });
      if (mine !== this.#opened) return false;
      const same = query === this.query;
      const selected = this.#selectedId();
      this.query = query;
      this.clearError();
      this.#take(result, first.rows);
      if (!same) this.#place = null;
      this.active = same ? this.#find(first.rows, selected) : null;
      this.loadAround();
      void this.#lookForMarked();
      return true;
    } catch (thrown) {
      if (mine === this.#opened) {
        this.error = RpcError.from(thrown);
        this.failed = query;
      }
      return false;
    } finally {
      if (mine === this.#opened) this.loading = false;
    }
  }

  clearError(): void {
    this.error = null;
    this.failed = null;
  }

  /** Facets and histogram of the query. */
  loadAround(): void {
    const query = this.query;
    void this.facets.read(() => this.#host.rpc("search_facets", { ...this.#request(query), facets: [...FACETS] }));
    void this.histogram.read(() => this.#host.rpc("search_histogram", { query, buckets: 60 }));
  }

  /** The data changed: looks whether the list would, and either shows it or offers it. */
  async refresh(reading: boolean): Promise<void> {
    if (!this.result || this.loading) return;
    const mine = this.#opened;
    try {
      const next = await this.#host.rpc("search_open", this.#request(this.query));
      if (mine !== this.#opened) return;
      if (next.total === this.total) await this.#exchange(next);
      else if (reading && next.total > this.total) this.fresh = next;
      else await this.showFresh(next);
    } catch (thrown) {
      if (mine === this.#opened) this.error = RpcError.from(thrown);
    }
  }

  /** Takes a newer result with as many rows: what they show may have changed (findings come after the traces). */
  async #exchange(next: OpenResult): Promise<void> {
    const pages = [...this.#pages.keys()].filter((page) => (page + 1) * PAGE > this.#seen.from && page * PAGE < this.#seen.to);
    const answers = await Promise.all(pages.map((page) => this.#host.rpc("search_rows", { result_id: next.result_id, from: page * PAGE, count: PAGE })));
    this.result = next;
    this.#pages = new Map(pages.map((page, i) => [page, answers[i]?.rows ?? []]));
    this.#wanted.clear();
    this.#version += 1;
    this.loadAround();
  }

  /** Takes the newer result; the selected row stays selected where it is among the first. */
  async showFresh(result = this.fresh): Promise<void> {
    if (!result) return;
    const selected = this.#selectedId();
    const first = await this.#host.rpc("search_rows", { result_id: result.result_id, from: 0, count: PAGE });
    this.#take(result, first.rows);
    this.active = this.#find(first.rows, selected);
    this.loadAround();
  }

  /** Puts the cursor on the row of a trace that is looked at; nowhere where its row was not read. */
  goTo(traceId: string): void {
    for (const [page, rows] of this.#pages) {
      const at = rows.findIndex((row) => row?.trace_id === traceId);
      if (at >= 0) return void (this.active = page * PAGE + at);
    }
    this.active = null;
  }

  /** The row of a rank, when it was read. */
  row(rank: number): Row | undefined {
    void this.#version;
    return this.#pages.get(Math.floor(rank / PAGE))?.[rank % PAGE];
  }

  get activeRow(): Row | undefined {
    return this.active === null ? undefined : this.row(this.active);
  }

  /** Reads the pages of these ranks that are not there yet. */
  ensure(from: number, to: number): void {
    const result = this.result;
    if (!result || to <= from) return;
    this.#seen = { from, to };
    for (let page = Math.floor(from / PAGE); page <= Math.floor((to - 1) / PAGE); page += 1) {
      if (this.#pages.has(page) || this.#wanted.has(page)) continue;
      this.#wanted.add(page);
      void this.#readPage(result, page);
    }
  }

  async #readPage(result: OpenResult, page: number): Promise<void> {
    try {
      const { rows } = await this.#host.rpc("search_rows", { result_id: result.result_id, from: page * PAGE, count: PAGE });
      if (this.result !== result) return;
      this.#pages.set(page, rows);
      this.#forget(page);
      this.#version += 1;
    } catch (thrown) {
      if (this.result === result) this.error = RpcError.from(thrown);
    } finally {
      this.#wanted.delete(page);
    }
  }

  /** Drops the pages that are furthest away. */
  #forget(page: number): void {
    if (this.#pages.size <= KEPT) return;
    const furthest = [...this.#pages.keys()].sort((a, b) => Math.abs(b - page) - Math.abs(a - page))[0];
    if (furthest !== undefined) this.#pages.delete(furthest);
  }

  /** Selects the first or the last row. */
  moveToEnd(last: boolean): void {
    if (this.total > 0) this.active = last ? this.total - 1 : 0;
  }

  move(step: number): void {
    if (this.total === 0) return;
    const from = this.cursor;
    this.active = from === null ? 0 : Math.min(this.total - 1, Math.max(0, from + step));
  }

  /** Marks a row, or takes the mark away. */
  toggleMark(traceId: string): void {
    if (!this.marked.delete(traceId)) this.marked.add(traceId);
  }

  /** How many are marked that the list of now does not hold. */
  get markedElsewhere(): number {
    return [...this.marked].filter((id) => this.#elsewhere.has(id)).length;
  }

  /** Asks which of the marked answer the query. What is marked from then on is in the list. */
  async #lookForMarked(): Promise<void> {
    const mine = this.#opened;
    const ids = [...this.marked].slice(0, MOST_ASKED);
    this.#elsewhere.clear();
    if (ids.length === 0 || !this.query.trim()) return;
    try {
      const query = `(${this.query}) (${ids.map((id) => term("id", id)).join(" OR ")})`;
      const { rows } = await this.#host.rpc("search", { query, limit: ids.length });
      if (mine !== this.#opened) return;
      const there = new Set(rows.map((row) => row.trace_id));
      for (const id of ids) if (!there.has(id)) this.#elsewhere.add(id);
    } catch {
      // How many are elsewhere is not known then, and not said.
    }
  }

  /** Marks all rows between two ranks that were read. */
  markRange(from: number, to: number): void {
    for (let rank = Math.min(from, to); rank <= Math.max(from, to); rank += 1) {
      const row = this.row(rank);
      if (row) this.marked.add(row.trace_id);
    }
  }

  /** Filters by a value, or excludes it; asked again it is taken back. */
  async filter(field: string, value: string, exclude = false): Promise<void> {
    await this.open(toggleTerm(this.draft, field, value, exclude));
  }

  /** Sorts by a field: as it is mostly asked for, then the other way, then as the core does. */
  async sortBy(field: string, first: "asc" | "desc" = "desc"): Promise<void> {
    const second = first === "asc" ? "desc" : "asc";
    this.sort = this.sort === `${field}:${first}` ? `${field}:${second}` : this.sort === `${field}:${second}` ? null : `${field}:${first}`;
    await this.open(this.query);
  }

  facetValues(field: string): readonly FacetValue[] {
    return this.facets.value?.facets[field] ?? [];
  }

  #request(query: string) {
    return { query, of: this.of, sort: this.sort };
  }

  #take(result: OpenResult, first: readonly Row[]): void {
    this.result = result;
    this.fresh = null;
    this.#pages = new Map([[0, first]]);
    this.#wanted.clear();
    this.#version += 1;
  }

  #selectedId(): string | null {
    const row = this.activeRow;
    return row ? `${row.trace_id} ${row.span_id}` : null;
  }

  #find(rows: readonly Row[], id: string | null): number | null {
    const at = rows.findIndex((row) => `${row.trace_id} ${row.span_id}` === id);
    return at < 0 ? null : at;
  }
}
