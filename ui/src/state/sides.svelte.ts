/// Takes side by side: how they differ from the first, where one is among the differences, which column stands alone, and
/// the vote on them.
import type { Comparison, Pair, Take, Voted } from "$bindings/rpc";
import { oneLine } from "$lib/marks";
import { differencesOf, type Differences, type Unit } from "$lib/differences";
import { shuffled } from "$lib/shuffle";
import { RpcError, type Platform } from "$platform/types";
import { Loaded } from "./loaded.svelte";
import type { TakeStream } from "./take.svelte";

/** One column of takes. */
export interface Column {
  key: string;
  title: string;
  stream: TakeStream | null;
  take: Take | null;
  /** Why it stands here although it is not the run's own last word: `superseded`, `earlier`. */
  note?: string | undefined;
}

/** What can be voted for: the place of a column from 0, or a word for all of them. */
export type Ballot = number | "tie" | "both_bad";

/** Takes that the core sets side by side at most. */
const MOST = 8;

export class Sides {
  readonly comparison = new Loaded<Comparison>();
  /** Also differences in nothing but whitespace. */
  whitespace = $state(true);
  /** Columns scroll together. */
  linked = $state(true);
  /** Column that stands alone. */
  solo = $state<number | null>(null);
  /** The difference that is stepped to. */
  current = $state<number | null>(null);
  /** Names are hidden and sides shuffled until the vote. */
  blind = $state(false);
  note = $state("");
  error = $state.raw<RpcError | null>(null);

  #voted = $state(false);
  #unit = $state<Unit | null>(null);
  readonly #host: Platform;
  readonly #columns: () => readonly Column[];
  readonly #seed: () => string;

  constructor(host: Platform, columns: () => readonly Column[], seed: () => string) {
    this.#host = host;
    this.#columns = columns;
    this.#seed = seed;
  }

  /** Forgets what was about other takes. */
  reset(): void {
    this.comparison.clear();
    this.solo = null;
    this.current = null;
    this.note = "";
    this.error = null;
    this.#voted = false;
  }

  /** Columns in the order in which they are shown. */
  readonly columns = $derived.by((): readonly Column[] => {
    const all = this.#columns();
    return this.blind ? shuffled(all, this.#seed()) : all;
  });

  /** Columns that are on screen. */
  readonly shown = $derived(this.solo === null ? this.columns : this.columns.filter((_, at) => at === this.solo));

  /** Names must not be seen yet. */
  get hidden(): boolean {
    return this.blind && !this.#voted;
  }

  titleOf(column: Column): string {
    return this.hidden ? `Take ${this.columns.findIndex((other) => other.key === column.key) + 1}` : oneLine(column.title, 80);
  }

  pairOf(column: Column): Pair | undefined {
    return this.comparison.value?.pairs.find((pair) => pair.take_id === column.take?.take_id);
  }

  /** Whether the others are compared with this one. */
  isFirst(column: Column): boolean {
    const first = this.comparison.value?.takes[0]?.take_id;
    return first !== undefined && first === column.take?.take_id;
  }

  /** Ways to compare what is here: paths where an answer is JSON. */
  readonly units = $derived.by((): readonly Unit[] => (this.comparison.value?.pairs.some((pair) => pair.json !== null) ? ["path", "word", "line"] : ["word", "line"]));

  get unit(): Unit {
    return this.#unit !== null && this.units.includes(this.#unit) ? this.#unit : (this.units[0] ?? "word");
  }

  /** The next way to compare. Lines are another diff of the core; paths and words are one. */
  async nextUnit(): Promise<void> {
    const at = this.units.indexOf(this.unit);
    const before = this.unit;
    this.#unit = this.units[(at + 1) % this.units.length] ?? "word";
    this.current = null;
    if ((before === "line") !== (this.unit === "line")) await this.compare();
  }

  /** What differs among the columns that are shown; of one that stands alone, against the first. */
  readonly differences = $derived.by((): Differences => {
    const pairs = this.comparison.value?.pairs ?? [];
    const here = pairs.filter((pair) => this.shown.some((column) => column.take?.take_id === pair.take_id));
    return differencesOf(here.length > 0 ? here : pairs, this.unit, this.whitespace);
  });

  /** Goes to another difference, round the ends; `false` when there is none. */
  step(by: 1 | -1): boolean {
    const { total } = this.differences;
    if (total === 0) return false;
    this.current = this.current === null || this.current >= total ? (by === 1 ? 0 : total - 1) : (this.current + by + total) % total;
    return true;
  }

  /** One column alone, or all again; `false` when there is none. */
  alone(at: number): boolean {
    if (at >= this.columns.length) return false;
    this.solo = this.solo === at ? null : at;
    this.current = null;
    return true;
  }

  toggleWhitespace(): void {
    this.whitespace = !this.whitespace;
    this.current = null;
  }

  /** Compares the first take that is done with the others. */
  async compare(): Promise<void> {
    const ids = this.#done().slice(0, MOST);
    if (ids.length < 2) return;
    await this.comparison.read(() => this.#host.rpc("compare", { takes: ids, unit: this.unit === "line" ? "line" : "word" }));
  }

  #done(): string[] {
    return this.columns.flatMap((column) => (column.take?.status === "done" ? [column.take.take_id] : []));
  }

  // Votes

  /** Takes that a vote is about, in the order in which they are shown. */
  get ballot(): readonly Take[] {
    return this.comparison.value?.takes ?? [];
  }

  /** What was chosen: a take's id, `tie` or `both_bad`; `null` without a vote. A blind vote hides an earlier one. */
  get chosen(): string | null {
    const vote = this.comparison.value?.vote ?? null;
    return vote === null || this.hidden ? null : (vote.winner ?? vote.choice);
  }

  /** Sides are shuffled by the run, so that the same run is always seen in the same order. */
  async toggleBlind(): Promise<void> {
    this.blind = !this.blind;
    this.#voted = false;
    this.solo = null;
    this.current = null;
    await this.compare();
  }

  /** Votes; `false` when there is nothing to vote on, or not for this. */
  async vote(ballot: Ballot): Promise<boolean> {
    const takes = this.ballot.map((take) => take.take_id);
    const winner = typeof ballot === "number" ? (this.columns[ballot]?.take?.take_id ?? null) : null;
    if (takes.length < 2 || (typeof ballot === "number" && (winner === null || !takes.includes(winner)))) return false;
    const choice = typeof ballot === "number" ? "take" : ballot;
    return this.#change(() => this.#host.rpc("vote_set", { takes, choice, winner, note: this.note.trim() || null, blind: this.blind }));
  }

  /** Keeps another note with the vote that is there. */
  async keepNote(): Promise<boolean> {
    const vote = this.comparison.value?.vote ?? null;
    const note = this.note.trim() || null;
    if (vote === null || this.hidden || note === vote.note) return false;
    const takes = this.ballot.map((take) => take.take_id);
    return this.#change(() => this.#host.rpc("vote_set", { takes, choice: vote.choice, winner: vote.winner, note, blind: vote.blind }));
  }

  /** Takes the vote back; one that was made before it is there again. */
  async undoVote(): Promise<boolean> {
    const takes = this.ballot.map((take) => take.take_id);
    if ((this.comparison.value?.vote ?? null) === null) return false;
    return this.#change(() => this.#host.rpc("vote_undo", { takes }));
  }

  async #change(ask: () => Promise<Voted>): Promise<boolean> {
    const of = this.comparison.value;
    try {
      const { vote } = await ask();
      if (of !== null && this.comparison.value === of) this.comparison.value = { ...of, vote };
      this.#voted = vote !== null;
      this.note = vote?.note ?? "";
      this.error = null;
      return true;
    } catch (thrown) {
      this.error = RpcError.from(thrown);
      return false;
    }
  }
}
