/// A scroll axis for more rows than an element can be tall. Engines cut elements near 33 million pixels, so above
/// `LIMIT` the axis is scaled: the thumb covers the whole list, the wheel still moves by pixels.

/** Tallest element that is used. */
export const LIMIT = 8_000_000;

export class ScrollAxis {
  readonly rowHeight: number;
  total = 0;
  viewport = 0;
  /** Distance of the view's upper edge from the first row, in pixels of the whole list. */
  top = 0;

  constructor(rowHeight: number) {
    this.rowHeight = rowHeight;
  }

  /** Height of all rows. */
  get full(): number {
    return this.total * this.rowHeight;
  }

  /** Height of the element that is scrolled. */
  get height(): number {
    return Math.min(this.full, LIMIT);
  }

  get scaled(): boolean {
    return this.full > LIMIT;
  }

  get #travel(): number {
    return Math.max(0, this.full - this.viewport);
  }

  get #scrolled(): number {
    return Math.max(0, this.height - this.viewport);
  }

  /** `scrollTop` that belongs to `top`. */
  get scrollTop(): number {
    if (!this.scaled) return this.top;
    return this.#travel === 0 ? 0 : (this.top / this.#travel) * this.#scrolled;
  }

  resize(total: number, viewport: number): void {
    this.total = total;
    this.viewport = viewport;
    this.moveTo(this.top);
  }

  moveTo(top: number): void {
    this.top = Math.min(Math.max(0, top), this.#travel);
  }

  /** The element was scrolled, by the thumb say. */
  scrolledTo(scrollTop: number): void {
    if (!this.scaled) this.moveTo(scrollTop);
    else if (Math.abs(scrollTop - this.scrollTop) > 1) this.moveTo(this.#scrolled === 0 ? 0 : (scrollTop / this.#scrolled) * this.#travel);
  }

  /** Moves as little as needed to show the row. */
  reveal(rank: number): void {
    const upper = rank * this.rowHeight;
    const lower = upper + this.rowHeight;
    if (upper < this.top) this.moveTo(upper);
    else if (lower > this.top + this.viewport) this.moveTo(lower - this.viewport);
  }

  /** Ranks to render, with some rows beyond both edges. */
  range(beyond = 4): { from: number; to: number } {
    const first = Math.floor(this.top / this.rowHeight);
    const last = Math.ceil((this.top + this.viewport) / this.rowHeight);
    return { from: Math.max(0, first - beyond), to: Math.min(this.total, last + beyond) };
  }

  /** Place of a row within the scrolled element. */
  offset(rank: number): number {
    return rank * this.rowHeight - this.top + this.scrollTop;
  }
}
