/// The window's host. The only file that may import from Tauri.
import { invoke } from "@tauri-apps/api/core";
import { TauriEvent } from "@tauri-apps/api/event";
import { getCurrentWebviewWindow } from "@tauri-apps/api/webviewWindow";
import { loadCharts, type DrawingOn } from "$lib/charts";
import { RpcError, type Change, type Command, type DropHandler, type NativeMenu, type Platform, type RecentWorkspace, type Request, type Response, type Updating } from "./types";

/** Subscribes; the returned function works also before the host has confirmed. */
function subscribe<T>(event: string, seen: (payload: T) => void): () => void {
  let stop: (() => void) | null = null;
  let stopped = false;
  // Of this window alone: another one may show another workspace.
  void getCurrentWebviewWindow().listen<T>(event, ({ payload }) => seen(payload)).then((unlisten) => {
    if (stopped) unlisten();
    else stop = unlisten;
  });
  return () => {
    stopped = true;
    stop?.();
  };
}

/** Asks the host; whatever it throws is an error of the core. */
async function call<T>(command: string, args: Record<string, unknown>): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (thrown) {
    throw RpcError.from(thrown);
  }
}

export class TauriPlatform implements Platform {
  async rpc<N extends Command>(name: N, request: Request<N>): Promise<Response<N>> {
    return call<Response<N>>("rpc", { name, payload: request });
  }

  onChange(seen: (change: Change) => void): () => void {
    return subscribe<Change[]>("changed", (changes) => changes.forEach(seen));
  }

  onDrop(handler: DropHandler): () => void {
    const stops = [
      subscribe(TauriEvent.DRAG_ENTER, () => handler.hover(true)),
      subscribe(TauriEvent.DRAG_LEAVE, () => handler.hover(false)),
      subscribe<{ paths: string[] }>(TauriEvent.DRAG_DROP, ({ paths }) => {
        handler.hover(false);
        handler.drop(paths);
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }

  async openWindow(link: string | null): Promise<void> {
    await call("open_window", { link });
  }

  async recentWorkspaces(): Promise<RecentWorkspace[]> {
    return call<RecentWorkspace[]>("recent_workspaces", {});
  }

  async openWorkspace(which: { recent: string } | "open" | "create"): Promise<void> {
    await call("open_workspace", typeof which === "string" ? { how: which } : { how: "recent", path: which.recent });
  }

  updating(): Promise<Updating | null> {
    return call("updating", {});
  }

  async quit(): Promise<void> {
    await call("quit", {});
  }

  onLink(seen: (link: string) => void): () => void {
    return subscribe<string>("link", seen);
  }

  async setMenu(menu: NativeMenu): Promise<void> {
    await call("set_menu", { menu });
  }

  onMenu(seen: (command: string) => void): () => void {
    return subscribe<string>("menu", seen);
  }

  async zoom(factor: number): Promise<void> {
    await invoke("plugin:webview|set_webview_zoom", { value: factor });
  }

  charts(): Promise<DrawingOn | null> {
    return loadCharts();
  }

  async copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // WebKitGTK refuses the clipboard to a page that has lost the focus: the old way still works then.
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "visually-hidden";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  }
}
