/// A host for tests: answers from functions that the test gives, and keeps what was asked.
import type { DrawingOn } from "$lib/charts";
import { RpcError, type Change, type Command, type DropHandler, type NativeMenu, type Platform, type RecentWorkspace, type Request, type Response, type Updating } from "./types";

export type Answers = { [N in Command]?: (request: Request<N>) => Response<N> | Promise<Response<N>> };

export class FakePlatform implements Platform {
  /** What the page called, in order. */
  readonly calls: { name: Command; request: unknown }[] = [];
  copied: string | null = null;
  zoomed = 1;
  /** What draws on a canvas; without it plots are SVG. */
  drawing: DrawingOn | null = null;
  readonly #answers: Answers;
  #seen: ((change: Change) => void)[] = [];
  #drops: DropHandler[] = [];

  constructor(answers: Answers = {}) {
    this.#answers = answers;
  }

  /** Sets or replaces an answer. */
  answer<N extends Command>(name: N, answer: Answers[N]): this {
    this.#answers[name] = answer;
    return this;
  }

  async rpc<N extends Command>(name: N, request: Request<N>): Promise<Response<N>> {
    this.calls.push({ name, request });
    const answer = this.#answers[name] as ((request: Request<N>) => Response<N> | Promise<Response<N>>) | undefined;
    if (!answer) throw new RpcError("RTK-A001", `the test gives no answer to ${name}`);
    try {
      return await answer(request);
    } catch (thrown) {
      throw RpcError.from(thrown);
    }
  }

  onChange(seen: (change: Change) => void): () => void {
    this.#seen.push(seen);
    return () => (this.#seen = this.#seen.filter((other) => other !== seen));
  }

  onDrop(handler: DropHandler): () => void {
    this.#drops.push(handler);
    return () => (this.#drops = this.#drops.filter((other) => other !== handler));
  }

  async copy(text: string): Promise<void> {
    this.copied = text;
  }

  async zoom(factor: number): Promise<void> {
    this.zoomed = factor;
  }

  /** Links of the windows that were opened. */
  readonly windows: (string | null)[] = [];
  /** Workspaces that were opened. */
  readonly opened: ({ recent: string } | "open" | "create")[] = [];
  recent: RecentWorkspace[] = [];
  menu: NativeMenu | null = null;
  #links: ((link: string) => void)[] = [];
  #chosen: ((command: string) => void)[] = [];

  async openWindow(link: string | null): Promise<void> {
    this.windows.push(link);
  }

  async recentWorkspaces(): Promise<RecentWorkspace[]> {
    return this.recent;
  }

  async openWorkspace(which: { recent: string } | "open" | "create"): Promise<void> {
    this.opened.push(which);
  }

  /** Steps of an update, one for each question. */
  updates: Updating[] = [];

  async updating(): Promise<Updating | null> {
    return this.updates.shift() ?? null;
  }

  ended = false;

  async quit(): Promise<void> {
    this.ended = true;
  }

  onLink(seen: (link: string) => void): () => void {
    this.#links.push(seen);
    return () => (this.#links = this.#links.filter((other) => other !== seen));
  }

  async setMenu(menu: NativeMenu): Promise<void> {
    this.menu = menu;
  }

  onMenu(seen: (command: string) => void): () => void {
    this.#chosen.push(seen);
    return () => (this.#chosen = this.#chosen.filter((other) => other !== seen));
  }

  /** The system hands over a link. */
  link(text: string): void {
    for (const seen of this.#links) seen(text);
  }

  /** A command is chosen in the native menu. */
  choose(command: string): void {
    for (const seen of this.#chosen) seen(command);
  }

  async charts(): Promise<DrawingOn | null> {
    return this.drawing;
  }

  /** Pushes a change to the page. */
  push(topic: string, id = ""): void {
    for (const seen of this.#seen) seen({ topic, id });
  }

  /** Drops files on the page. */
  drop(paths: string[]): void {
    for (const handler of this.#drops) handler.drop(paths);
  }
}
