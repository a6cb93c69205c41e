/// Holds what is read in its place. Lengths above it change after it was scrolled to: texts fold once they were measured, a
/// pane gets its size, letters grow. So the place is an element and where it stands in the view, and not a sum of pixels.

/** A place in a text. */
export interface Anchor {
  /** Pixels from the top, for as long as the element is not there. */
  top: number;
  /** Number of the first child that is in view. */
  at: number;
  /** How far below the upper edge of the view it begins. */
  offset: number;
}

export const START: Anchor = { top: 0, at: 0, offset: 0 };

export class Anchored {
  readonly #view: HTMLElement;
  /** Its children are what can be held. */
  readonly #content: HTMLElement;
  #anchor = START;
  /** Where the view was put: the event that follows is an echo, and nobody's wish. */
  #put = 0;

  constructor(view: HTMLElement, content: HTMLElement) {
    this.#view = view;
    this.#content = content;
  }

  #offsetOf(child: Element): number {
    return child.getBoundingClientRect().top - this.#view.getBoundingClientRect().top;
  }

  #scroll(top: number): void {
    this.#view.scrollTop = top;
    this.#put = this.#view.scrollTop;
  }

  /** Goes to a place, and stays there until somebody scrolls. */
  goTo(anchor: Anchor): void {
    this.#anchor = anchor;
    this.#scroll(anchor.top);
    this.settle();
  }

  /** Something was laid out anew. */
  settle(): void {
    const { top, at, offset } = this.#anchor;
    if (top === 0) return;
    const child = this.#content.children[at];
    this.#scroll(child ? this.#view.scrollTop + this.#offsetOf(child) - offset : top);
  }

  /** The view was scrolled: the place that it is at now, or `null` if it was only put there. */
  moved(): Anchor | null {
    const top = this.#view.scrollTop;
    if (Math.abs(top - this.#put) < 1.5) return null;
    const edge = this.#view.getBoundingClientRect().top;
    const at = Math.max(0, [...this.#content.children].findIndex((child) => child.getBoundingClientRect().bottom > edge));
    const child = this.#content.children[at];
    this.#anchor = { top, at, offset: child ? this.#offsetOf(child) : 0 };
    this.#put = top;
    return this.#anchor;
  }
}
