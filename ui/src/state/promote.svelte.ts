/// Making a golden case of a call or a take: what would be written is shown first, each assertion can be taken out, then it
/// is written and checked at once.
import type { Check, Promoted } from "$bindings/rpc";
import { RpcError, type Platform } from "$platform/types";
import { SvelteSet } from "svelte/reactivity";
import { Loaded } from "./loaded.svelte";

export class Promote {
  /** Span or take. */
  readonly id: string;
  readonly title: string;
  set = $state("");
  name = $state("");
  reason = $state("");
  /** Assertions of the user's own, one a line. */
  own = $state("");
  /** Suggestions that were taken out, by their text. */
  readonly left = new SvelteSet<string>();
  readonly preview = new Loaded<Promoted>();
  written = $state.raw<Promoted | null>(null);
  error = $state.raw<RpcError | null>(null);
  writing = $state(false);
  readonly check = new Loaded<Check>();

  readonly #host: Platform;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(host: Platform, id: string, title: string, set: string) {
    this.#host = host;
    this.id = id;
    this.title = title;
    this.set = set;
    if (set) this.previewSoon(0);
  }

  /** What was typed, to be had again. */
  get typed() {
    return { id: this.id, title: this.title, set: this.set, name: this.name, reason: this.reason, own: this.own };
  }

  get ownAsserts(): string[] {
    return this.own.split("\n").map((line) => line.trim()).filter(Boolean);
  }

  /** Shows what would be written, once the hands rest. */
  previewSoon(delayMs = 250): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (!this.set.trim()) return;
    this.#timer = setTimeout(() => {
      void this.preview.read(() =>
        this.#host.rpc("promote", { id: this.id, set: this.set.trim(), name: this.name.trim() || null, asserts: this.ownAsserts, reason: this.reason.trim() || null, preview: true }),
      );
    }, delayMs);
  }

  async pickFolder(): Promise<void> {
    try {
      const { paths } = await this.#host.rpc("pick", { what: "folder" });
      if (paths[0]) {
        this.set = paths[0];
        this.previewSoon(0);
      }
    } catch (thrown) {
      this.error = RpcError.from(thrown);
    }
  }

  /** Assertions that will be written. */
  get chosen(): readonly string[] {
    return (this.preview.value?.assertions ?? []).map((assertion) => assertion.spec).filter((spec) => !this.left.has(spec));
  }

  async write(): Promise<boolean> {
    if (this.writing || !this.set.trim()) return false;
    this.writing = true;
    this.error = null;
    try {
      this.written = await this.#host.rpc("promote", {
        id: this.id,
        set: this.set.trim(),
        name: this.name.trim() || null,
        asserts: [...this.chosen],
        no_suggest: true,
        reason: this.reason.trim() || null,
        preview: false,
      });
      await this.#host.rpc("golden_add", { path: this.set.trim() });
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
}
