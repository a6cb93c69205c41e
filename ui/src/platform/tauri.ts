/// The window's host. The only file that may import from Tauri.
import { invoke } from "@tauri-apps/api/core";
import { listen, TauriEvent } from "@tauri-apps/api/event";
import { loadCharts, type DrawingOn } from "$lib/charts";
import { RpcError, type Change, type Command, type DropHandler, type Platform, type Request, type Response } from "./types";

/** Subscribes; the returned function works also before the host has confirmed. */
function subscribe<T>(event: string, seen: (payload: T) => void): () => void {
  let stop: (() => void) | null = null;
  let stopped = false;
  void listen<T>(event, ({ payload }) => seen(payload)).then((unlisten) => {
    if (stopped) unlisten();
    else stop = unlisten;
  });
  return () => {
    stopped = true;
    stop?.();
  };
}

export class TauriPlatform implements Platform {
  async rpc<N extends Command>(name: N, request: Request<N>): Promise<Response<N>> {
    try {
      return await invoke<Response<N>>("rpc", { name, payload: request });
    } catch (thrown) {
      throw RpcError.from(thrown);
    }
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
