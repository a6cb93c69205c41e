/// Making a golden case of a call or a take: what would be written is shown first, whether or not the folder can be used; each
/// assertion can be taken out, then it is written and checked at once.
import type { Check, Promoted, Take } from "$bindings/rpc";
import { besideOf } from "$lib/format";
import { RpcError, type Platform } from "$platform/types";
import { SvelteSet } from "svelte/reactivity";
import { Loaded } from "./loaded.svelte";
import { textsOf } from "./session";

/** A line of the user's own that is no assertion. */
export interface Unreadable {
  /** From 1, as it stands in the field. */
  line: number;
  error: RpcError;
}

/** What would be written. */
interface Preview extends Promoted {
  /** What it was asked for. */
  asked: string;
  /** Why it cannot be written into the folder that is named; the rest is then as in a new one. */
  refused: RpcError | null;
  /** Lines that the rest is without. */
  unreadable: readonly Unreadable[];
}

/** Of an assertion that cannot be read. */
const UNREADABLE = "RTK-G006";

/** What the sheet begins with. */
export interface Filled {
  /** Folder of the set; where none is known, one beside the workspace is proposed. */
  set: string;
  /** File of the workspace. */
  workspace: string;
  reason?: string;
}

/** The key that the draft of a case is kept by. */
export const draftOf = (id: string) => `promote ${id}`;

export class Promote {
  /** Span or take. */
  readonly id: string;
  readonly title: string;
  set = $state("");
  /** As it was typed; `null` until then, and the case is called by its question. */
  name = $state<string | null>(null);
  reason = $state("");
  /** Assertions of the user's own, one a line. */
  own = $state("");
  /** Suggestions that were taken out, by their text. */
  readonly left = new SvelteSet<string>();
  readonly preview = new Loaded<Preview>();
  /** Folder beside the workspace; empty where the workspace has no file yet. */
  readonly proposed: string;
  written = $state.raw<Promoted | null>(null);
  error = $state.raw<RpcError | null>(null);
  writing = $state(false);
  /** A folder is being chosen. */
  picking = $state(false);
  readonly check = new Loaded<Check>();
  /** What is promoted. */
  readonly take = new Loaded<Take>();
  readonly filled: Filled;

  readonly #host: Platform;
  readonly #untouched: string;
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** With a draft, as it was left. */
  constructor(host: Platform, id: string, title: string, filled: Filled, draft: string | null = null) {
    this.#host = host;
    this.id = id;
    this.title = title;
    this.filled = filled;
    this.proposed = filled.workspace && besideOf(filled.workspace, "golden");
    this.set = filled.set || this.proposed;
    this.reason = filled.reason ?? "";
    this.#untouched = this.draft;
    if (draft !== null) this.#takeUp(draft);
    void this.take.read(() => host.rpc("take_get", { id }));
    this.previewSoon(0);
  }

  /** What was typed and ticked, to be had again. */
  get draft(): string {
    return JSON.stringify({ set: this.set, name: this.name ?? "", reason: this.reason, own: this.own, left: [...this.left].join("\n") });
  }

  /** Whether anything is otherwise than the sheet came up. */
  get touched(): boolean {
    return this.draft !== this.#untouched;
  }

  #takeUp(draft: string): void {
    const field = textsOf(parsed(draft));
    if (field === null) return;
    this.set = field("set");
    this.name = field("name") || null;
    this.reason = field("reason");
    this.own = field("own");
    for (const spec of field("left").split("\n")) if (spec) this.left.add(spec);
  }

  /** The user's own assertions, with the line that each stands in. */
  get #ownLines(): { line: number; text: string }[] {
    return this.own.split("\n").flatMap((text, i) => (text.trim() ? { line: i + 1, text: text.trim() } : []));
  }

  /** Shows what would be written, once the hands rest. */
  previewSoon(delayMs = 250): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    // It was about what stood there before.
    this.error = null;
    this.#timer = setTimeout(() => void this.#lookNow(), delayMs);
  }

  async #lookNow(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.preview.read(() => this.#look());
  }

  /** What decides what would be written. */
  get #asked(): string {
    return JSON.stringify([this.set.trim(), this.name, this.own]);
  }

  /** What is shown is of what stands in the fields now. */
  get #seen(): boolean {
    return this.preview.value?.asked === this.#asked && this.preview.error === null;
  }

  async #look(): Promise<Preview> {
    const asked = this.#asked;
    const lines = this.#ownLines;
    const rest = { id: this.id, name: this.name?.trim() || null, reason: this.reason.trim() || null, preview: true };
    const ask = (set: string, asserts: string[]) => this.#host.rpc("promote", { ...rest, set, asserts });
    // A look writes nothing: any new folder tells what the case would be.
    const anywhere = besideOf(this.proposed || "golden", "golden-new");
    let set = this.set.trim() || anywhere;
    let refused: RpcError | null = null;
    let unreadable: Unreadable[] = [];
    for (;;) {
      const readable = lines.filter(({ line }) => !unreadable.some((one) => one.line === line)).map(({ text }) => text);
      try {
        const promoted = await ask(set, readable);
        const specs = new Map(promoted.assertions.map((assertion) => [assertion.spec, assertion]));
        return { ...promoted, asked, assertions: [...specs.values()], refused, unreadable };
      } catch (thrown) {
        const error = RpcError.from(thrown);
        if (error.code === UNREADABLE && unreadable.length === 0) {
          // All are refused for one: which it is, each tells alone.
          const tried = lines.map(({ line, text }) => ask(anywhere, [text]).then(() => [], (why: unknown) => [{ line, error: RpcError.from(why) }]));
          unreadable = (await Promise.all(tried)).flat().filter((one) => one.error.code === UNREADABLE);
          if (unreadable.length === 0) throw error;
        } else if (set !== anywhere) {
          refused = error;
          set = anywhere;
        } else throw refused ?? error;
      }
    }
  }

  /** Why nothing can be written yet. */
  get obstacle(): string | null {
    const preview = this.preview.value;
    if (!this.set.trim()) return "Name the folder of the set first";
    if (this.picking) return "A folder is being chosen";
    if (this.preview.error !== null) return "What is wrong stands above";
    if (preview === null || !this.#seen) return "Looking at what would be written …";
    if (preview.refused !== null) return "What is wrong stands above";
    const [wrong, ...others] = preview.unreadable;
    if (wrong) return others.length > 0 ? `${others.length + 1} lines of your own cannot be read` : `Line ${wrong.line} of your own cannot be read`;
    if (!this.chosen.some((spec) => weightOf(spec) > 0)) return "Nothing that is ticked counts: a case needs an assertion with a weight above 0";
    return null;
  }

  /** Whether there is a case to write, and where. */
  get ready(): boolean {
    return !this.writing && this.obstacle === null;
  }

  async pickFolder(): Promise<void> {
    this.picking = true;
    try {
      const { paths } = await this.#host.rpc("pick", { what: "folder" });
      if (paths[0]) {
        this.set = paths[0];
        this.previewSoon(0);
      }
    } catch (thrown) {
      this.error = RpcError.from(thrown);
    } finally {
      this.picking = false;
    }
  }

  /** Assertions that will be written. */
  get chosen(): readonly string[] {
    return (this.preview.value?.assertions ?? []).map((assertion) => assertion.spec).filter((spec) => !this.left.has(spec));
  }

  /** Writes what is shown; what was typed last is looked at before, so that nothing is left out that was not seen. */
  async write(): Promise<boolean> {
    if (this.writing || this.picking) return false;
    this.writing = true;
    this.error = null;
    try {
      if (!this.#seen) await this.#lookNow();
      if (this.obstacle !== null) return false;
      this.written = await this.#host.rpc("promote", {
        id: this.id,
        set: this.set.trim(),
        name: this.name?.trim() || null,
        asserts: [...this.chosen],
        no_suggest: true,
        reason: this.reason.trim() || null,
        preview: false,
      });
      return true;
    } catch (thrown) {
      this.error = RpcError.from(thrown);
      return false;
    } finally {
      this.writing = false;
    }
  }

  async runCheck(): Promise<void> {
    await this.check.read(() => this.#host.rpc("check", { sets: [this.set.trim()] }));
  }

  /** Verdict on the case that was written. */
  get verdict(): string | null {
    return this.check.value?.sets.flatMap((set) => set.cases).find((result) => result.case_id === this.written?.case_id)?.verdict ?? null;
  }
}

/** Weight of an assertion by its text: one with 0 is shown and never judged. */
export function weightOf(spec: string): number {
  const value = parsed(spec);
  const weight: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "weight") : null;
  return typeof weight === "number" ? weight : 1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
