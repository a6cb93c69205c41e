/// The line at the lower right that says what happened. One that offers something stays until it is answered or something
/// else is said; others go by themselves, but not from under the pointer or the focus.

export interface Notice {
  text: string;
  kind: "done" | "failed";
  action: { title: string; run: () => void } | null;
}

/** How long a line without an action stays. */
const STAYS_MS = 4_000;

export class Notices {
  current = $state.raw<Notice | null>(null);
  #timer: ReturnType<typeof setTimeout> | null = null;
  #held = false;

  say(notice: Notice): void {
    this.current = notice;
    this.#goLater();
  }

  dismiss(): void {
    this.current = null;
    this.#held = false;
    this.#stop();
  }

  /** The pointer or the focus is on it: it stays. */
  hold(held: boolean): void {
    this.#held = held;
    this.#goLater();
  }

  #goLater(): void {
    this.#stop();
    if (this.current === null || this.current.action !== null || this.#held) return;
    this.#timer = setTimeout(() => this.dismiss(), STAYS_MS);
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
