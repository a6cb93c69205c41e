/// Words within the trace that is open: what is looked for, where it stands, and at which place one is.
import type { Found, FoundPlace } from "$bindings/rpc";
import type { Words } from "$lib/find";
import type { Platform } from "$platform/types";
import { Loaded } from "./loaded.svelte";

/** Places that are asked for at a time. */
const PAGE = 200;

export class Find {
  open = $state(false);
  text = $state("");
  matchCase = $state(false);
  wholeWord = $state(false);
  /** Which place one is at; `null` before the first answer. */
  at = $state<number | null>(null);
  /** Grows with every step, so that a step to the same place is one too. */
  steps = $state(0);
  readonly found = new Loaded<Found>();
  #from = $state(0);
  readonly #host: Platform;

  constructor(host: Platform) {
    this.#host = host;
  }

  get total(): number | null {
    return this.found.value?.total ?? null;
  }

  get words(): Words {
    return { text: this.text, matchCase: this.matchCase, wholeWord: this.wholeWord };
  }

  get place(): FoundPlace | null {
    return this.at === null ? null : (this.found.value?.places[this.at - this.#from] ?? null);
  }

  /** Looks for what is in the field; goes to the first place from the selected span on. */
  async ask(traceId: string, spanIds: readonly string[], selected: string | null): Promise<void> {
    this.at = null;
    if (!this.text) {
      this.found.clear();
      return;
    }
    const found = await this.#read(traceId, 0);
    if (!found || found.total === 0) return;
    const order = new Map(spanIds.map((id, i) => [id, i]));
    const here = selected === null ? 0 : (order.get(selected) ?? 0);
    const first = found.places.findIndex((place) => (order.get(place.span_id) ?? 0) >= here);
    this.#goTo(Math.max(0, first));
  }

  async #read(traceId: string, from: number): Promise<Found | null> {
    const { text, matchCase: match_case, wholeWord: whole_word } = this;
    const found = await this.found.read(() => this.#host.rpc("trace_find", { trace_id: traceId, text, match_case, whole_word, from, count: PAGE }));
    if (found) this.#from = from;
    return found;
  }

  /** Goes to the next place or the one before, and round at the ends. */
  async step(traceId: string, by: 1 | -1): Promise<boolean> {
    const total = this.total ?? 0;
    if (total === 0 || this.at === null) return false;
    const to = (this.at + by + total) % total;
    const isRead = to >= this.#from && to < this.#from + (this.found.value?.places.length ?? 0);
    if (!isRead && !(await this.#read(traceId, Math.floor(to / PAGE) * PAGE))) return false;
    this.#goTo(to);
    return true;
  }

  #goTo(at: number): void {
    this.at = at;
    this.steps += 1;
  }

  close(): void {
    this.open = false;
    this.at = null;
    this.found.clear();
  }
}
