/// All that the page may ask of its host. Whoever runs the page (the window, a test) implements this and no more.
import type { RpcSchema } from "$bindings/rpc";
import type { DrawingOn } from "$lib/charts";

/** Name of a command of the core. */
export type Command = keyof RpcSchema;

/** Fields that the core fills in by itself may be left out: those that can be unknown, lists, switches. */
type Optional<T> = { [K in keyof T]: null extends T[K] ? K : T[K] extends readonly unknown[] ? K : T[K] extends boolean ? K : never }[keyof T];
type Loose<T> = Omit<T, Optional<T>> & Partial<Pick<T, Optional<T>>>;
type Deep<T> = T extends readonly (infer U)[] ? (U extends object ? Loose<U>[] : U[]) : T;

export type Request<N extends Command> = Loose<{ [K in keyof RpcSchema[N]["request"]]: Deep<RpcSchema[N]["request"][K]> }>;
export type Response<N extends Command> = RpcSchema[N]["response"];

/** Something changed: read it again. Carries no content, so a lost one costs a moment and nothing else. */
export interface Change {
  topic: string;
  id: string;
}

/** Place in a text that the user wrote, in characters (Unicode scalar values). */
export interface TextSpan {
  start: number;
  end: number;
}

/** An error as it left the core. */
export class RpcError extends Error {
  readonly code: string;
  readonly hint: string | null;
  readonly span: TextSpan | null;

  constructor(code: string, message: string, hint: string | null = null, span: TextSpan | null = null) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.hint = hint;
    this.span = span;
  }

  /** Reads whatever was thrown; what is no error of the core is a defect and is named as one. */
  static from(thrown: unknown): RpcError {
    if (thrown instanceof RpcError) return thrown;
    if (typeof thrown === "object" && thrown !== null && "code" in thrown && "message" in thrown) {
      const { code, message } = thrown;
      const hint = "hint" in thrown && typeof thrown.hint === "string" ? thrown.hint : null;
      const span = "span" in thrown ? readSpan(thrown.span) : null;
      return new RpcError(String(code), String(message), hint, span);
    }
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new RpcError("RTK-A003", message, "Report it with the copied details.");
  }
}

function readSpan(value: unknown): TextSpan | null {
  if (typeof value !== "object" || value === null || !("start" in value) || !("end" in value)) return null;
  const { start, end } = value;
  return typeof start === "number" && typeof end === "number" ? { start, end } : null;
}

/** What a drag of files over the window does. */
export interface DropHandler {
  /** Files are held over the window, or have left it. */
  hover(over: boolean): void;
  /** Files were let go: their absolute paths. */
  drop(paths: string[]): void;
}

/** A workspace that was open before. */
export interface RecentWorkspace {
  path: string;
  name: string;
  /** The file is still there. */
  exists: boolean;
}

/** How far an update is that is made before a workspace of an earlier version can be read. */
export interface Updating {
  workspace: string;
  /** Where it is copied to, as it was. */
  copy: string;
  bytes: number;
  copiedBytes: number;
}

/** The native menu: data from the one registry of commands. */
export interface NativeMenu {
  /** Whether the bar is shown, where the system leaves that to the program. */
  bar: boolean;
  menus: readonly { title: string; items: readonly { id: string; title: string; key: string | null }[] }[];
}

export interface Platform {
  /** Calls a command of the core. Rejects with [`RpcError`] only. */
  rpc<N extends Command>(name: N, request: Request<N>): Promise<Response<N>>;
  /** Hears of changes until the returned function is called. */
  onChange(seen: (change: Change) => void): () => void;
  /** Hears of files dragged over the window until the returned function is called. */
  onDrop(handler: DropHandler): () => void;
  /** Puts text on the clipboard. */
  copy(text: string): Promise<void>;
  /** Shows the page larger or smaller; 1 is its own size. */
  zoom(factor: number): Promise<void>;
  /** Opens a further window on this workspace, at a link if one is given. */
  openWindow(link: string | null): Promise<void>;
  /** Workspaces that were open before, the last one first. */
  recentWorkspaces(): Promise<RecentWorkspace[]>;
  /** Opens a window on another workspace: one of the recent, or (`open`, `create`) one that the user names in a dialog. */
  openWorkspace(which: { recent: string } | "open" | "create"): Promise<void>;
  /** The update that the window waits for; `null` once its workspace is open. */
  updating(): Promise<Updating | null>;
  /** Ends the program: what runs is interrupted, what was written is kept. */
  quit(): Promise<void>;
  /** Hears of links that the system hands over until the returned function is called. */
  onLink(seen: (link: string) => void): () => void;
  /** Puts the commands into the window's native menu; shows or hides its bar where that is a choice. */
  setMenu(menu: NativeMenu): Promise<void>;
  /** Hears of commands that were chosen in the native menu until the returned function is called. */
  onMenu(seen: (command: string) => void): () => void;
  /** The plots in WebAssembly; `null` where they were not built. */
  charts(): Promise<DrawingOn | null>;
}
