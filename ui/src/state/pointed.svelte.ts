/// The single call that is pointed at in a plot: what the plot itself knows at once, and once the pointer rests for whom it
/// was and by which model.
import type { CallMark, Row } from "$bindings/rpc";
import type { Platform } from "$platform/types";
import { Loaded } from "./loaded.svelte";

/** How long the core is not asked while the pointer still moves. */
const REST_MS = 150;

export class PointedCall {
  /** The call, or a cell of several. */
  mark = $state.raw<CallMark | null>(null);
  readonly #row = new Loaded<Row | null>();
  readonly #host: Platform;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(host: Platform) {
    this.#host = host;
  }

  /** Span of the call, as lists have it; `null` while it is not known, and for a cell. */
  get row(): Row | null {
    return this.#row.key === this.mark?.span_id ? this.#row.value : null;
  }

  point(mark: CallMark | null): void {
    if (mark === this.mark) return;
    this.mark = mark;
    clearTimeout(this.#later);
    if (mark?.n === 1) this.#later = setTimeout(() => void this.#read(mark.span_id), REST_MS);
  }

  async #read(span: string): Promise<void> {
    await this.#row.readFor(span, async () => {
      const { rows } = await this.#host.rpc("search", { query: `id:${span}`, of: "spans", limit: 8 });
      return rows.find((row) => row.span_id === span) ?? null;
    });
  }
}
