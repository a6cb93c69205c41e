/// What is kept while one types: written at most every 300 ms, since each write is of the whole, and at once when the page
/// is hidden or goes. Of several under one name the last one counts.

const EVERY_MS = 300;

export class LateWrites {
  readonly #waiting = new Map<string, () => void>();
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** Writes soon; what waits under this name is dropped. */
  put(name: string, write: () => void): void {
    this.#waiting.set(name, write);
    this.#timer ??= setTimeout(() => this.flush(), EVERY_MS);
  }

  /** Writes what waits now. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const writes = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const write of writes) write();
  }

  /** Writes when the page is hidden or goes, until the returned function is called, which writes too. */
  watch(): () => void {
    const hidden = () => document.visibilityState === "hidden" && this.flush();
    const gone = () => this.flush();
    document.addEventListener("visibilitychange", hidden);
    window.addEventListener("pagehide", gone);
    return () => {
      document.removeEventListener("visibilitychange", hidden);
      window.removeEventListener("pagehide", gone);
      this.flush();
    };
  }
}
