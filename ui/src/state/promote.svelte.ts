/// Making a golden case of a call or a take: what would be written is shown first, whether or not the folder can be used; each
/// assertion can be taken out, then it is written and checked at once.
import type { Check, Promoted } from "$bindings/rpc";
import { besideOf } from "$lib/format";
import { RpcError, type Platform } from "$platform/types";
import { SvelteSet } from "svelte/reactivity";
import { Loaded } from "./loaded.svelte";

/** What would be written. */
interface Preview extends Promoted {
  /** Why it cannot be written into the folder that is named; the rest is then as in a new one. */
  refused: RpcError | null;
}

/** What the sheet begins with. */
export interface Filled {
  /** Folder of the set; where none is known, one beside the workspace is proposed. */
  set: string;
  /** File of the workspace. */
  workspace: string;
  name?: string | null;
  reason?: string;
  own?: string;
}

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
  readonly check = new Loaded<Check>();

  readonly #host: Platform;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(host: Platform, id: string, title: string, { set, workspace, name = null, reason = "", own = "" }: Filled) {
    this.#host = host;
    this.id = id;
    this.title = title;
    this.proposed = workspace && besideOf(workspace, "golden");
    this.set = set || this.proposed;
    this.name = name;
    this.reason = reason;
    this.own = own;
    this.previewSoon(0);
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
    this.#timer = setTimeout(() => void this.preview.read(() => this.#look()), delayMs);
  }

  async #look(): Promise<Preview> {
    const rest = { id: this.id, name: this.name?.trim() || null, asserts: this.ownAsserts, reason: this.reason.trim() || null, preview: true };
    const look = async (set: string, refused: RpcError | null) => ({ ...(await this.#host.rpc("promote", { ...rest, set })), refused });
    const set = this.set.trim();
    // A look writes nothing: any new folder tells what the case would be.
    const anywhere = besideOf(this.proposed || "golden", "golden-new");
    if (!set) return look(anywhere, null);
    try {
      return await look(set, null);
    } catch (thrown) {
      const refused = RpcError.from(thrown);
      return look(anywhere, refused).catch(() => Promise.reject(refused));
    }
  }

  /** Whether there is a case to write, and where. */
  get ready(): boolean {
    return this.set.trim() !== "" && !this.writing && this.preview.value?.refused === null && this.preview.error === null;
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
    if (!this.ready) return false;
    this.writing = true;
    this.error = null;
    try {
      this.written = await this.#host.rpc("promote", {
        id: this.id,
        set: this.set.trim(),
        name: this.name?.trim() || null,
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
