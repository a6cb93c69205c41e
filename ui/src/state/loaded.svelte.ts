/// Something that is read from the core: the last good answer, the error of the last try, and whether one is under way.
/// The old answer stays while the next is read. An answer that was overtaken by a later question is dropped.
import { RpcError } from "$platform/types";

export class Loaded<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<RpcError | null>(null);
  loading = $state(false);
  /** What the value belongs to; see [`Loaded.readFor`]. */
  key = $state<string | null>(null);
  /** The value may have changed since: the next [`Loaded.readFor`] asks again and shows the old one meanwhile. */
  outdated = false;
  #asked = 0;

  /** Asks; resolves to the answer, or to `null` when it failed or was overtaken. */
  async read(ask: () => Promise<T>): Promise<T | null> {
    this.#asked += 1;
    const mine = this.#asked;
    this.loading = true;
    try {
      const value = await ask();
      if (mine !== this.#asked) return null;
      this.value = value;
      this.error = null;
      this.outdated = false;
      return value;
    } catch (thrown) {
      if (mine === this.#asked) this.error = RpcError.from(thrown);
      return null;
    } finally {
      if (mine === this.#asked) this.loading = false;
    }
  }

  /** Asks only when the value belongs to something else. The old value goes at once: it would be shown for the wrong thing. */
  async readFor(key: string, ask: () => Promise<T>): Promise<T | null> {
    if (this.key === key && this.error === null && !this.outdated) return this.value;
    if (this.key !== key) this.clear();
    this.key = key;
    return this.read(ask);
  }

  clear(): void {
    this.#asked += 1;
    this.value = null;
    this.error = null;
    this.loading = false;
    this.key = null;
    this.outdated = false;
  }
}
