/// The line at the lower left that says what happened. What was done goes by itself after as long as it takes to read, but
/// not from under the pointer or the focus. What failed stays until it is dismissed or answered; something else that is said
/// meanwhile stands before it, and it comes back after that.

export interface Notice {
  text: string;
  kind: "done" | "failed";
  action: { title: string; run: () => void } | null;
}

/** How long a line stays: a moment to see it, the time to read it, and a while to take what it offers. */
const SEEN_MS = 2_500;
const LETTER_MS = 60;
const OFFER_MS = 4_000;

export class Notices {
  current = $state.raw<Notice | null>(null);
  /** Pixels at the lower left that a line may not cover: buttons stand there. */
  floor = $state(0);
  /** What failed and was not read when something else was said. */
  #unread: readonly Notice[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;
  #held = false;

  say(notice: Notice): void {
    const failed = this.current?.kind === "failed" ? [this.current] : [];
    this.#unread = [...this.#unread, ...failed].filter((other) => other.text !== notice.text);
    this.current = notice;
    this.#goLater();
  }

  dismiss(): void {
    this.current = this.#unread.at(-1) ?? null;
    this.#unread = this.#unread.slice(0, -1);
    this.#held = false;
    this.#goLater();
  }

  /** The pointer or the focus is on it: it stays. */
  hold(held: boolean): void {
    this.#held = held;
    this.#goLater();
  }

  #goLater(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const notice = this.current;
    if (notice === null || notice.kind === "failed" || this.#held) return;
    const stays = SEEN_MS + notice.text.length * LETTER_MS + (notice.action === null ? 0 : OFFER_MS);
    this.#timer = setTimeout(() => this.dismiss(), stays);
  }
}
