/// Live text of one take. Truth is on disk: a push only says that there is more, and the stream reads it by `seq`.
import type { Take } from "$bindings/rpc";
import { RpcError, type Platform } from "$platform/types";

/** A tool call as it streams in. */
export interface StreamedCall {
  index: number;
  name: string | null;
  arguments: string;
}

export class TakeStream {
  readonly takeId: string;
  /** Grows by appending; never rebuilt from all chunks. */
  text = $state("");
  reasoning = $state("");
  calls = $state<StreamedCall[]>([]);
  /** When the first token came, since sending. */
  firstMs = $state<number | null>(null);
  lastMs = $state<number | null>(null);
  status = $state("pending");
  error = $state.raw<RpcError | null>(null);
  /** The take as a whole, once it is finished. */
  take = $state.raw<Take | null>(null);

  readonly #host: Platform;
  #seen: number | null = null;
  #reading = false;
  #again = false;

  constructor(host: Platform, takeId: string) {
    this.#host = host;
    this.takeId = takeId;
  }

  get live(): boolean {
    return this.status === "pending";
  }

  /** Reads page after page until nothing is new. One reader at a time; a push while reading asks for one page more. */
  async more(): Promise<void> {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    try {
      do {
        this.#again = false;
        const page = await this.#host.rpc("take_chunks", { take_id: this.takeId, seen: this.#seen });
        for (const chunk of page.chunks) this.#append(chunk.kind, chunk.text, chunk.index, chunk.at_ms);
        this.#seen = page.chunks.at(-1)?.seq ?? page.last_seq ?? this.#seen;
        this.status = page.status;
        this.error = null;
        if (page.chunks.length > 0) this.#again = true;
      } while (this.#again);
      if (!this.live && this.take === null) this.take = await this.#host.rpc("take_get", { id: this.takeId });
    } catch (thrown) {
      this.error = RpcError.from(thrown);
    } finally {
      this.#reading = false;
    }
  }

  /** Starts over: a take that was interrupted is sent again with a new stream. */
  reset(): void {
    this.text = "";
    this.reasoning = "";
    this.calls = [];
    this.firstMs = null;
    this.lastMs = null;
    this.take = null;
    this.status = "pending";
    this.#seen = null;
  }

  #append(kind: string, text: string, index: number, atMs: number): void {
    this.lastMs = atMs;
    if (kind === "event") {
      this.#event(text, index);
      return;
    }
    this.firstMs ??= atMs;
    if (kind === "text") this.text += text;
    else if (kind === "reasoning") this.reasoning += text;
    else if (kind === "tool_arguments") this.#call(index).arguments += text;
  }

  #call(index: number): StreamedCall {
    const known = this.calls.find((call) => call.index === index);
    if (known) return known;
    this.calls.push({ index, name: null, arguments: "" });
    return this.calls.find((call) => call.index === index) ?? { index, name: null, arguments: "" };
  }

  /** Events are JSON; of them only the start of a tool call is shown while it streams. */
  #event(text: string, index: number): void {
    try {
      const event: unknown = JSON.parse(text);
      if (typeof event === "object" && event !== null && "name" in event && typeof event.name === "string") this.#call(index).name = event.name;
    } catch {
      // An event that cannot be read loses nothing: the finished take is read as a whole.
    }
  }
}
