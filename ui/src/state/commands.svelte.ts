/// Which commands apply now, and what they do. What is on screen provides its commands while it is there; what came last
/// is asked first.
import { KeySequence, keyOf, writesText, type KeyPress } from "$lib/keys";
import { untrack } from "svelte";
import { SvelteMap } from "svelte/reactivity";
import { COMMAND_IDS, commandInfo, type CommandId } from "./commands";

/** Does the command; `false` says that it does not apply here after all. */
export type Handler = () => boolean | void;
export type Handlers = Partial<Record<CommandId, Handler>>;

/** How long letters do nothing after a field was left by Enter, and after each such letter. */
const REST_MS = 250;
/** Keys that go through rows, as one does at once after a search. */
const STEPS = new Set(["j", "k"]);

export class Commands {
  /** Keys of a command: those that the user gave it, else its own. */
  readonly keysOf: (id: CommandId) => readonly string[];
  readonly #handlers = new SvelteMap<CommandId, readonly Handler[]>();
  readonly #sequence = new KeySequence();
  #resting = 0;

  constructor(keysOf: (id: CommandId) => readonly string[] = (id) => commandInfo(id).keys) {
    this.keysOf = keysOf;
  }

  /** A title with the first key of a command, as tooltips say it: `Replay  r`. */
  hint(id: CommandId, title: string = commandInfo(id).title): string {
    const key = this.keysOf(id)[0];
    return key === undefined ? title : `${title}  ${key}`;
  }

  /** Adds handlers until the returned function is called. An effect that provides depends on nothing here. */
  provide(handlers: Handlers): () => void {
    const mine: [CommandId, Handler][] = [];
    for (const id of COMMAND_IDS) {
      const handler = handlers[id];
      if (handler) mine.push([id, handler]);
    }
    const change = (next: (now: readonly Handler[], handler: Handler) => readonly Handler[]) =>
      untrack(() => {
        for (const [id, handler] of mine) this.#handlers.set(id, next(this.#handlers.get(id) ?? [], handler));
      });
    change((now, handler) => [...now, handler]);
    return () => change((now, handler) => now.filter((other) => other !== handler));
  }

  applies(id: CommandId): boolean {
    return (this.#handlers.get(id)?.length ?? 0) > 0;
  }

  /** Does the command; `false` when nothing on screen provides it. */
  run(id: CommandId): boolean {
    for (const handler of [...(this.#handlers.get(id) ?? [])].reverse()) if (handler() !== false) return true;
    return false;
  }

  /** Commands for the palette. */
  get listed(): CommandId[] {
    return COMMAND_IDS.filter((id) => this.applies(id) && !commandInfo(id).hidden);
  }

  /** Handles a key; `true` when it was one of ours. */
  /** Letters do nothing for a moment: the focus went from a field in which one may be writing still. */
  rest(nowMs: number): void {
    this.#resting = nowMs + REST_MS;
  }

  press(press: KeyPress, inField: boolean, nowMs: number): boolean {
    const key = keyOf(press);
    if (key === null) return false;
    if (!inField && nowMs < this.#resting && /^[a-z]$/i.test(key) && !STEPS.has(key)) {
      this.rest(nowMs);
      return true;
    }
    const candidates = inField ? [key] : this.#sequence.press(key, nowMs);
    for (const candidate of candidates)
      for (const id of COMMAND_IDS) {
        if (!this.keysOf(id).includes(candidate)) continue;
        // In a field only keys that write nothing are commands.
        if (inField && (!commandInfo(id).inFields || writesText(candidate))) continue;
        if (this.run(id)) {
          this.#sequence.clear();
          return true;
        }
      }
    return false;
  }
}
