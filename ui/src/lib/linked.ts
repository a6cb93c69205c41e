/// Columns that scroll together: to the same share of their heights, so that columns of any length begin and end together.

/** The part of an element that scrolling needs. */
export type Scroller = Pick<HTMLElement, "scrollTop" | "scrollHeight" | "clientHeight">;

const rangeOf = (node: Scroller) => Math.max(0, node.scrollHeight - node.clientHeight);

export class Linked {
  /** Where an element was put: the event that follows is an echo and moves nothing. */
  readonly #put = new WeakMap<Scroller, number>();

  /** Scrolls one element, and it alone. */
  put(node: Scroller, top: number): void {
    node.scrollTop = Math.min(Math.max(0, top), rangeOf(node));
    this.#put.set(node, node.scrollTop);
  }

  /** An element was scrolled: `true` if by somebody, and not by [`Linked.put`]. */
  moved(node: Scroller): boolean {
    const put = this.#put.get(node);
    if (put !== undefined && Math.abs(put - node.scrollTop) < 1.5) return false;
    this.#put.delete(node);
    return true;
  }

  /** Brings all others to where this one is. */
  follow(from: Scroller, all: Iterable<Scroller>): void {
    const range = rangeOf(from);
    if (range === 0) return;
    for (const other of all) if (other !== from) this.put(other, (from.scrollTop / range) * rangeOf(other));
  }
}
